// Objects: files that are named after the hash of their bytes, and the temporary directory in which
// they are written before the hash is known.
#include "store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// The temporary directory -------------------------------------------------------------------------
//
//     DIR/tmp/<id>/    of one process, which holds a lock on it while it lives
//
// A writer removes the directories whose process has died. It looks at the lock and not at a
// process number, because numbers are reused, and those of another container are unknown here.

static bool lock_dir(const char *path, int *fd) {
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) == 0)
        return true;
    int saved = errno;
    if (*fd >= 0)
        close(*fd);
    errno = saved;
    *fd = -1;
    return false;
}

// False with errno. A writer may remove the directory after it is made and before it is locked;
// then it is made again.
static bool make_tmp(const pond_store *s) {
    enum { TRIES = 10 }; // a writer clears tmp/ once, so a second time is unlikely already
    store_tmp *tmp = s->tmp;
    for (int i = 0; i < TRIES && tmp->fd < 0; i++) {
        if (mkdir(tmp->dir, 0777) != 0 && errno != EEXIST)
            return false;
        if (lock_dir(tmp->dir, &tmp->fd) && !pond_path_is_dir(tmp->dir)) {
            close(tmp->fd);
            tmp->fd = -1;
        }
    }
    return tmp->fd >= 0;
}

const char *pond_store_tmp_dir(const pond_store *s) {
    // In a pond that can only be read this fails. A later attempt to write there reports the error.
    if (s->tmp->fd < 0)
        (void)make_tmp(s);
    return s->tmp->dir;
}

char *pond_store_tmp_name(pond_store *s, pond_arena *a, const char *suffix) {
    const char *dir = pond_store_tmp_dir(s);
    return pond_printf(a, "%s/%" PRIu64 "%s", dir, ++s->tmp->n_names, suffix);
}

void store_tmp_close(store_tmp *tmp) {
    if (tmp->fd < 0)
        return;
    pond_code rc = pond_remove_tree(tmp->dir, NULL);
    (void)rc; // the next writer removes what remains
    close(tmp->fd);
    tmp->fd = -1;
}

pond_code store_tmp_clear(const pond_store *s, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_dirent_vec found = {0};
    pond_code rc = pond_dir_list(&a, s->tmp_root, &found, err);
    for (size_t i = 0; rc == POND_OK && i < found.n; i++) {
        char *path = pond_path_join(&a, s->tmp_root, pond_cstr(&a, found.items[i].name));
        int fd = -1;
        if (found.items[i].is_dir && !lock_dir(path, &fd) && errno == EWOULDBLOCK)
            continue; // in use, by us or by a reader
        rc = pond_remove_tree(path, err);
        if (fd >= 0)
            close(fd);
    }
    pond_arena_deinit(&a);
    return rc;
}

static pond_code open_tmp(pond_store *s, pond_arena *a, char **path, int *fd, pond_err *err) {
    if (s->tmp->fd < 0 && !make_tmp(s))
        return pond_fail_errno(err, "cannot make a temporary directory in '%s'", s->tmp_root);
    *path = pond_store_tmp_name(s, a, "");
    *fd = open(*path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return *fd >= 0 ? POND_OK : pond_fail_errno(err, "cannot create '%s'", *path);
}

// Placing -----------------------------------------------------------------------------------------

pond_sv pond_object_path(const pond_store *s, pond_arena *a, const pond_sha256 *object) {
    char hex[65];
    pond_sha256_hex(object, hex);
    return pond_svf(a, "%s/%.2s/%s", s->objects_dir, hex, hex + 2);
}

static bool has_size(const char *path, uint64_t size_bytes) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size_bytes;
}

// Makes the directory of an object, and makes sure that its name is on disk: an object is lost if
// its directory is not synced.
static pond_code make_fanout(pond_store *s, const pond_sha256 *object, const char *dir,
                             pond_err *err) {
    bool *is_synced = &s->is_fanout_synced[object->bytes[0]];
    if (*is_synced)
        return POND_OK;
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return pond_fail_errno(err, "cannot make directory '%s'", dir);
    // Also if it exists: the process that made it may have died before the sync.
    POND_TRY(pond_fsync_path(s->objects_dir, err));
    *is_synced = true;
    return POND_OK;
}

// Whether the object is in its place already, complete and durable. If not, it can be put there
// afterwards, since its directory is made.
static pond_code find_object(pond_store *s, const pond_sha256 *object, uint64_t size_bytes,
                             const char *path, bool *is_there, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    const char *dir = pond_path_parent(&a, path);
    pond_code rc = make_fanout(s, object, dir, err);
    *is_there = rc == POND_OK && has_size(path, size_bytes);
    // The process that wrote it may have died before its sync. Then a power failure would lose the
    // object of the version that is about to name it.
    if (*is_there)
        rc = pond_fsync_path(dir, err);
    pond_arena_deinit(&a);
    return rc;
}

// Moves the finished file `tmp` into its place. Unless that fails, `tmp` is gone afterwards.
static pond_code place(pond_store *s, const char *tmp, const pond_sha256 *object,
                       uint64_t size_bytes, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    bool is_there = false;
    const char *path = pond_object_path(s, &a, object).p;
    pond_code rc = find_object(s, object, size_bytes, path, &is_there, err);
    if (rc == POND_OK && !is_there)
        rc = pond_file_publish(tmp, path, err);
    else if (rc == POND_OK && unlink(tmp) != 0)
        rc = pond_fail_errno(err, "cannot remove '%s'", tmp);
    pond_arena_deinit(&a);
    return rc;
}

// Writing -----------------------------------------------------------------------------------------

// A copy from one file descriptor to another.
typedef struct copying {
    int from, to;
    const char *from_name, *to_name; // for messages
    pond_sha256 sum;                 // of what was copied
    uint64_t size_bytes;
} copying;

static pond_code copy_hashed(copying *c, pond_err *err) {
    enum { CHUNK = 1 << 18 };
    char *chunk = pond_xmalloc(CHUNK);
    pond_hasher *h = pond_hasher_new();
    pond_code rc = POND_OK;
    while (rc == POND_OK) {
        ssize_t got = read(c->from, chunk, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = pond_fail_errno(err, "cannot read '%s'", c->from_name);
        if (got <= 0)
            break;
        pond_hasher_add(h, chunk, (size_t)got);
        c->size_bytes += (uint64_t)got;
        rc = pond_fd_write_all(c->to, c->to_name, chunk, (size_t)got, err);
    }
    c->sum = pond_hasher_finish(h);
    free(chunk);
    return rc;
}

pond_code pond_object_write_fd(pond_store *s, int fd, const char *name, pond_sha256 *out,
                               uint64_t *size_bytes, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    char *tmp = NULL;
    copying c = {.from = fd, .from_name = name};
    pond_code rc = open_tmp(s, &a, &tmp, &c.to, err);
    POND_GOTO_IF(rc, done);
    c.to_name = tmp;
    rc = copy_hashed(&c, err);
    if (close(c.to) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot close '%s'", tmp);
    if (rc == POND_OK)
        rc = place(s, tmp, &c.sum, c.size_bytes, err);
    if (rc != POND_OK)
        unlink(tmp);
    *out = c.sum;
    if (size_bytes != NULL)
        *size_bytes = c.size_bytes;
done:
    pond_arena_deinit(&a);
    return rc;
}

pond_code pond_object_write(pond_store *s, pond_sv bytes, pond_sha256 *out, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    *out = pond_sha256_of(bytes);
    const char *path = pond_object_path(s, &a, out).p;
    char *tmp = NULL;
    int fd = -1;
    bool is_there = false;
    // Bytes in memory can be hashed before anything is written.
    pond_code rc = find_object(s, out, bytes.n, path, &is_there, err);
    if (rc == POND_OK && !is_there)
        rc = open_tmp(s, &a, &tmp, &fd, err);
    if (rc == POND_OK && !is_there)
        rc = pond_fd_publish(fd, tmp, path, bytes, err);
    pond_arena_deinit(&a);
    return rc;
}

pond_code pond_object_adopt(pond_store *s, const char *tmp_path, pond_sha256 *out,
                            uint64_t *size_bytes, pond_err *err) {
    uint64_t size = 0;
    POND_TRY(pond_sha256_file(tmp_path, out, &size, err));
    if (size_bytes != NULL)
        *size_bytes = size;
    return place(s, tmp_path, out, size, err);
}

// Reading -----------------------------------------------------------------------------------------

pond_code pond_object_read(pond_store *s, const pond_sha256 *object, pond_buf *out, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    size_t before = out->n;
    const char *path = pond_object_path(s, &a, object).p;
    pond_code rc = pond_file_read(path, out, err);
    if (rc == POND_ERR_NOT_FOUND)
        rc = pond_fail(err, POND_ERR_CORRUPT,
                       "the object '%s' is missing: restore it from a copy of the pond", path);
    if (rc == POND_OK) {
        pond_sha256 sum = pond_sha256_of((pond_sv){out->p + before, out->n - before});
        if (!pond_sha256_eq(&sum, object))
            rc = pond_fail(err, POND_ERR_CORRUPT,
                           "the object '%s' is damaged, since its SHA-256 is not its name: restore "
                           "it from a copy of the pond",
                           path);
    }
    pond_arena_deinit(&a);
    return rc;
}
