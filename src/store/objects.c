// Content: bytes under the name of their hash. And the place where they are written until they
// have one.
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
// A writer clears what has no living owner. It cannot ask by process number: numbers come round
// again, and another container's look dead.

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

// False with errno. Somebody who clears may take the directory between its birth and its lock; then
// it is made again.
static bool make_tmp(const pond_store *s) {
    enum { TRIES = 10 };
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
    // A pond that may only be read has none. Its name is given all the same, and whoever tries to
    // write there learns why not.
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
    (void)rc; // what remains is litter, which the next writer clears
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
            continue; // in use: by us, or by a reader that spills
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

// Into place --------------------------------------------------------------------------------------

pond_sv pond_object_path(const pond_store *s, pond_arena *a, const pond_sha256 *object) {
    char hex[65];
    pond_sha256_hex(object, hex);
    return pond_svf(a, "%s/%.2s/%s", s->objects_dir, hex, hex + 2);
}

static bool has_size(const char *path, uint64_t size_bytes) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && (uint64_t)st.st_size == size_bytes;
}

// The directory of an object, and its own name on disk. An object that is synced in a directory
// that is not would be lost with it.
static pond_code make_fanout(pond_store *s, const pond_sha256 *object, const char *dir,
                             pond_err *err) {
    bool *is_synced = &s->is_fanout_synced[object->bytes[0]];
    if (*is_synced)
        return POND_OK;
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return pond_fail_errno(err, "cannot make directory '%s'", dir);
    // Also when it was there: its maker may have died before the sync.
    POND_TRY(pond_fsync_path(s->objects_dir, err));
    *is_synced = true;
    return POND_OK;
}

// Whether the object stands in its place, whole and for good. `dir` is its directory.
static pond_code find_object(pond_store *s, const pond_sha256 *object, uint64_t size_bytes,
                             const char *path, const char *dir, bool *is_there, pond_err *err) {
    POND_TRY(make_fanout(s, object, dir, err));
    *is_there = has_size(path, size_bytes);
    // Its writer may have died between the rename and this sync, and a later power failure would
    // then take it from under the version that is about to name it.
    return *is_there ? pond_fsync_path(dir, err) : POND_OK;
}

// Takes the finished file `tmp`, which is gone afterwards unless that fails.
static pond_code place(pond_store *s, const char *tmp, const pond_sha256 *object,
                       uint64_t size_bytes, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    bool is_there = false;
    const char *path = pond_object_path(s, &a, object).p;
    pond_code rc =
        find_object(s, object, size_bytes, path, pond_path_parent(&a, path), &is_there, err);
    if (rc == POND_OK && !is_there)
        rc = pond_file_publish(tmp, path, err);
    else if (rc == POND_OK && unlink(tmp) != 0)
        rc = pond_fail_errno(err, "cannot remove '%s'", tmp);
    pond_arena_deinit(&a);
    return rc;
}

// Writing -----------------------------------------------------------------------------------------

// Copies `from` to its end into `to`, counting and hashing on the way.
static pond_code copy_hashed(int from, const char *from_name, int to, const char *to_name,
                             pond_hasher *h, uint64_t *size_bytes, pond_err *err) {
    enum { CHUNK = 1 << 18 };
    char *chunk = pond_xmalloc(CHUNK);
    pond_code rc = POND_OK;
    *size_bytes = 0;
    while (rc == POND_OK) {
        ssize_t got = read(from, chunk, CHUNK);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            rc = pond_fail_errno(err, "cannot read '%s'", from_name);
        if (got <= 0)
            break;
        pond_hasher_add(h, chunk, (size_t)got);
        *size_bytes += (uint64_t)got;
        rc = pond_fd_write_all(to, to_name, chunk, (size_t)got, err);
    }
    free(chunk);
    return rc;
}

pond_code pond_object_write_fd(pond_store *s, int fd, const char *name, pond_sha256 *out,
                               uint64_t *size_bytes, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    char *tmp = NULL;
    int to = -1;
    uint64_t size = 0;
    pond_code rc = open_tmp(s, &a, &tmp, &to, err);
    POND_TRY_GOTO(rc, rc, done);
    pond_hasher *h = pond_hasher_new();
    rc = copy_hashed(fd, name, to, tmp, h, &size, err);
    *out = pond_hasher_finish(h);
    if (close(to) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot close '%s'", tmp);
    if (rc == POND_OK)
        rc = place(s, tmp, out, size, err);
    if (rc != POND_OK)
        unlink(tmp);
    if (size_bytes != NULL)
        *size_bytes = size;
done:
    pond_arena_deinit(&a);
    return rc;
}

pond_code pond_object_write(pond_store *s, pond_sv bytes, pond_sha256 *out, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    *out = pond_sha256_of(bytes);
    const char *path = pond_object_path(s, &a, out).p;
    char *dir = pond_path_parent(&a, path), *tmp = NULL;
    int fd = -1;
    bool is_there = false;
    // Bytes in memory can be hashed before anything is written.
    pond_code rc = find_object(s, out, bytes.n, path, dir, &is_there, err);
    if (rc != POND_OK || is_there)
        goto done;
    POND_TRY_GOTO(rc, open_tmp(s, &a, &tmp, &fd, err), done);
    rc = pond_fd_write_all(fd, tmp, bytes.p, bytes.n, err);
    if (close(fd) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot close '%s'", tmp);
    if (rc == POND_OK)
        rc = pond_file_publish(tmp, path, err);
    if (rc != POND_OK)
        unlink(tmp);
done:
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
        rc =
            pond_fail(err, POND_ERR_CORRUPT,
                      "content is missing: '%s' is gone; restore it from a copy of the pond", path);
    if (rc == POND_OK) {
        pond_sha256 sum = pond_sha256_of((pond_sv){out->p + before, out->n - before});
        if (memcmp(sum.bytes, object->bytes, sizeof sum.bytes) != 0)
            rc = pond_fail(err, POND_ERR_CORRUPT,
                           "content is damaged: '%s' does not have the SHA-256 that names it; "
                           "restore it from a copy of the pond",
                           path);
    }
    pond_arena_deinit(&a);
    return rc;
}
