// Objects: files that are named after the hash of their bytes.
#include "store/store_internal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// Paths -------------------------------------------------------------------------------------------

pond_sv pond_object_path(const pond_store *s, pond_arena *a, const pond_sha256 *object) {
    char name[STORE_OBJECT_NAME];
    store_object_name(object, name);
    return pond_svf(a, "%s/%s", s->objects_path, name);
}

// Placing -----------------------------------------------------------------------------------------

// A disk takes milliseconds to sync an object and the directory that it is in. So only the first
// few of a process are synced one by one. When more come, they are synced together with everything
// else on their file system, before a transaction commits that names them: that takes as long as
// other programs have written much, and so is wrong for a few.
static pond_sync sync_of_next(pond_store *s) {
    enum { MOST_ONE_BY_ONE = 16 };
    if (s->n_synced < MOST_ONE_BY_ONE) {
        s->n_synced++;
        return POND_SYNC;
    }
    s->has_unsynced = true;
    return POND_NO_SYNC;
}

pond_code store_objects_sync(pond_store *s, pond_err *err) {
    if (!s->has_unsynced)
        return POND_OK;
    if (syncfs(s->objects.fd) != 0)
        return pond_fail_errno(err, "cannot sync '%s'", s->objects_path);
    s->has_unsynced = false;
    return POND_OK;
}

// Makes the directory of an object, and makes sure that its name is on disk: an object is lost if
// its directory is not synced.
static pond_code make_fanout(pond_store *s, const pond_sha256 *object, const char *dir,
                             pond_sync sync, pond_err *err) {
    bool *is_synced = &s->is_fanout_synced[object->bytes[0]];
    if (*is_synced)
        return POND_OK;
    if (!pond_below_exists(&s->objects, dir))
        POND_TRY(pond_below_mkdir(&s->objects, dir, sync, err));
    else if (sync == POND_SYNC) // the process that made it may have died before the sync
        POND_TRY(pond_below_sync(&s->objects, ".", err));
    *is_synced = true;
    return POND_OK;
}

// Where an object belongs: its directory below objects/, open, and its name there.
typedef struct place {
    pond_arena arena;
    pond_below dir;
    char full_name[STORE_OBJECT_NAME];
    const char *name;
    bool is_there; // the object is in its place already, complete and durable
} place;

static void leave(place *p) {
    pond_below_close(&p->dir);
    pond_arena_deinit(&p->arena);
}

static pond_code look_around(pond_store *s, const pond_sha256 *object, pond_sync sync, place *p,
                             pond_err *err) {
    char dir[3] = {p->full_name[0], p->full_name[1], '\0'};
    bool found;
    POND_TRY(make_fanout(s, object, dir, sync, err));
    POND_TRY(pond_below_enter(&s->objects, &p->arena, dir, &p->dir, err));
    if (!pond_below_exists(&p->dir, p->name))
        return POND_OK;
    POND_TRY(store_intact_check(s, object, &p->is_there, &found, err));
    // The process that wrote it may have died before its sync. Then a power failure would lose the
    // object of the version that is about to name it.
    return p->is_there && sync == POND_SYNC ? pond_below_sync(&p->dir, ".", err) : POND_OK;
}

// Goes to the place of an object. If it is not there, it can be put there: one that was damaged is
// then replaced. After success the caller leaves.
static pond_code enter(pond_store *s, const pond_sha256 *object, pond_sync sync, place *out,
                       pond_err *err) {
    *out = (place){.dir = POND_BELOW_CLOSED};
    pond_arena_init(&out->arena);
    store_object_name(object, out->full_name);
    out->name = pond_path_name(out->full_name);
    pond_code rc = look_around(s, object, sync, out, err);
    if (rc != POND_OK)
        leave(out);
    return rc;
}

// Remembers that the object was just put there with its bytes.
static void remember(pond_store *s, const pond_sha256 *object, const place *p) {
    struct stat st;
    if (pond_below_stat(&p->dir, p->name, &st)) // otherwise the next reader reports it
        store_intact_add(s, object, &st);
}

static pond_code put_there(pond_store *s, const char *tmp, const place *p, pond_sync sync,
                           pond_err *err) {
    const pond_below *from = &s->tmp->dir;
    if (p->is_there)
        return pond_below_remove(from, tmp, err);
    return sync == POND_SYNC ? pond_below_publish(from, tmp, &p->dir, p->name, err)
                             : pond_below_rename(from, tmp, &p->dir, p->name, err);
}

// Moves the finished file `tmp` into its place. Unless that fails, `tmp` is gone afterwards.
static pond_code move_to_place(pond_store *s, const char *tmp, const pond_sha256 *object,
                               pond_err *err) {
    place p;
    pond_sync sync = sync_of_next(s);
    POND_TRY(enter(s, object, sync, &p, err));
    pond_code rc = put_there(s, tmp, &p, sync, err);
    if (rc == POND_OK && !p.is_there)
        remember(s, object, &p);
    leave(&p);
    return rc;
}

// Writing -----------------------------------------------------------------------------------------

// Opens a new file below tmp.
static pond_code open_tmp(pond_store *s, pond_arena *a, char **name, int *fd, pond_err *err) {
    *fd = -1;
    POND_TRY(store_tmp_new(s, a, name, err));
    return pond_below_open_file(&s->tmp->dir, *name, O_WRONLY | O_CREAT | O_EXCL, fd, err);
}

pond_code pond_object_write_fd(pond_store *s, int fd, const char *name, pond_sha256 *out,
                               uint64_t *size_bytes, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    char *tmp = NULL;
    int tmp_fd;
    pond_hashing copy;
    pond_code rc = open_tmp(s, &a, &tmp, &tmp_fd, err);
    POND_GOTO_IF(rc, done);
    const char *tmp_path = pond_path_join(&a, s->tmp->dir.path, tmp);
    pond_fd_target to = {tmp_fd, tmp_path};
    rc = pond_fd_read_to(fd, name, pond_sink_hashing(&copy, pond_sink_to_fd(&to)), err);
    if (close(tmp_fd) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot close '%s'", tmp_path);
    *out = pond_hasher_finish(copy.hasher);
    if (size_bytes != NULL)
        *size_bytes = copy.size_bytes;
    if (rc == POND_OK)
        rc = move_to_place(s, tmp, out, err);
    if (rc != POND_OK)
        pond_store_tmp_drop(s, tmp);
done:
    pond_arena_deinit(&a);
    return rc;
}

static pond_code write_there(pond_store *s, pond_sv bytes, place *p, pond_err *err) {
    char *tmp;
    POND_TRY(store_tmp_new(s, &p->arena, &tmp, err));
    return pond_below_replace(&p->dir, p->name, bytes, (pond_below_tmp){&s->tmp->dir, tmp}, err);
}

pond_code pond_object_write(pond_store *s, pond_sv bytes, pond_sha256 *out, pond_err *err) {
    place p;
    pond_code rc = POND_OK;
    // Bytes in memory can be hashed before anything is written.
    *out = pond_sha256_of(bytes);
    POND_TRY(enter(s, out, POND_SYNC, &p, err));
    if (!p.is_there) {
        rc = write_there(s, bytes, &p, err);
        if (rc == POND_OK)
            remember(s, out, &p);
    }
    leave(&p);
    return rc;
}

pond_code pond_object_adopt(pond_store *s, const char *tmp_path, pond_sha256 *out,
                            uint64_t *size_bytes, pond_err *err) {
    const char *tmp = pond_path_name(tmp_path);
    int fd;
    POND_TRY(pond_below_open_file(&s->tmp->dir, tmp, O_RDONLY, &fd, err));
    pond_code rc = pond_sha256_fd(fd, tmp_path, out, size_bytes, err);
    close(fd); // nothing was written, so no error can be lost
    return rc == POND_OK ? move_to_place(s, tmp, out, err) : rc;
}

// Reading -----------------------------------------------------------------------------------------

static pond_code fail_object(const pond_store *s, const pond_sha256 *object, bool is_there,
                             pond_err *err) {
    char name[STORE_OBJECT_NAME];
    store_object_name(object, name);
    return pond_fail(err, POND_ERR_CORRUPT,
                     "the object '%s/%s' is %s: copy its source into the pond again, or restore it "
                     "from a copy of the pond",
                     s->objects_path, name,
                     is_there ? "damaged, since its SHA-256 is not its name" : "missing");
}

pond_code pond_object_verify(pond_store *s, const pond_sha256 *object, pond_err *err) {
    bool is_intact, found;
    if (store_intact_was_checked(s, object))
        return POND_OK;
    POND_TRY(store_intact_check(s, object, &is_intact, &found, err));
    if (is_intact)
        return POND_OK;
    return fail_object(s, object, found, err);
}

pond_code pond_object_open(pond_store *s, pond_arena *a, const pond_sha256 *object, pond_sv *path,
                           pond_err *err) {
    *path = pond_object_path(s, a, object);
    return pond_object_verify(s, object, err);
}

pond_code pond_object_stream(pond_store *s, const pond_sha256 *object, pond_sink sink,
                             pond_err *err) {
    char name[STORE_OBJECT_NAME];
    int fd;
    store_object_name(object, name);
    pond_code rc = pond_below_open_file(&s->objects, name, O_RDONLY, &fd, err);
    if (rc != POND_OK)
        return rc == POND_ERR_NOT_FOUND ? fail_object(s, object, false, err) : rc;
    pond_hashing h;
    rc = pond_fd_read_to(fd, name, pond_sink_hashing(&h, sink), err);
    close(fd); // nothing was written, so no error can be lost
    pond_sha256 sum = pond_hasher_finish(h.hasher);
    return rc == POND_OK && !pond_sha256_eq(&sum, object) ? fail_object(s, object, true, err) : rc;
}

pond_code pond_object_read(pond_store *s, const pond_sha256 *object, pond_buf *out, pond_err *err) {
    return pond_object_stream(s, object, pond_sink_to_buf(out), err);
}
