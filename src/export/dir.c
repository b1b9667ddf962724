// The export directory: names, locking, syncing, and removing what is empty.
#include "export/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// Names -------------------------------------------------------------------------------------------

pond_code export_dir_init(export_dir *d, pond_arena *a, const char *path, pond_err *err) {
    char *absolute;
    POND_TRY(pond_path_absolute(a, path, &absolute, err));
    *d = (export_dir){.arena = a, .path = absolute, .fd = -1, .lock_fd = -1};
    d->meta = pond_path_join(a, d->path, ".pond");
    d->tmp = pond_path_join(a, d->meta, "tmp");
    return POND_OK;
}

char *export_dir_tmp_name(export_dir *d, const char *suffix) {
    return pond_printf(d->arena, "%s/%llu%s", d->tmp, (unsigned long long)d->n_tmp++, suffix);
}

char *export_dir_file(const export_dir *d, pond_arena *a, pond_sv file) {
    return pond_printf(a, "%s/%.*s", d->path, POND_SV_ARG(file));
}

char *export_dir_meta_file(const export_dir *d, const char *name) {
    return pond_path_join(d->arena, d->meta, name);
}

// Locks -------------------------------------------------------------------------------------------

static bool is_same_file(int fd, const char *path) {
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

// A run that makes no file removes its lock file and the directory around it. This can happen
// between our open and our flock, so a lock is valid only if the file still has its name. Each
// retry means that another run ended at that moment; this many retries mean another problem.
enum { MAX_LOCK_ATTEMPTS = 100 };

pond_code export_lock(pond_arena *a, const char *path, int operation, int *fd, pond_err *err) {
    const char *file = pond_path_join(a, path, "lock");
    for (int i = 0; i < MAX_LOCK_ATTEMPTS; i++) {
        POND_TRY(pond_mkdir_all(path, err));
        *fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (*fd < 0 && errno == ENOENT)
            continue;
        if (*fd < 0)
            return pond_fail_errno(err, "cannot open '%s'", file);
        int failure = flock(*fd, operation | LOCK_NB) == 0 ? 0 : errno;
        if (failure == 0 && is_same_file(*fd, file))
            return POND_OK;
        close(*fd);
        *fd = -1;
        errno = failure;
        if (failure == EWOULDBLOCK)
            return POND_ERR_BUSY;
        if (failure != 0)
            return pond_fail_errno(err, "cannot lock '%s'", file);
    }
    return pond_fail(err, POND_ERR_IO, "cannot lock '%s': it was removed at each of %d attempts",
                     file, MAX_LOCK_ATTEMPTS);
}

pond_code export_dir_open(export_dir *d, bool is_shared, pond_err *err) {
    d->is_new = !pond_path_exists(d->path);
    d->is_meta_new = !pond_path_exists(d->meta);
    pond_code rc = export_lock(d->arena, d->meta, is_shared ? LOCK_SH : LOCK_EX, &d->lock_fd, err);
    if (rc == POND_ERR_BUSY)
        return pond_fail(err, rc, "another export into '%s' is running", d->path);
    POND_TRY(rc);
    d->fd = open(d->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return d->fd >= 0 ? POND_OK : pond_fail_errno(err, "cannot open '%s'", d->path);
}

static bool holds_nothing(const export_dir *d) {
    return !pond_path_exists(export_dir_meta_file(d, "manifest.json")) &&
           !pond_path_exists(export_dir_meta_file(d, "journal.json")) &&
           !pond_path_exists(export_dir_meta_file(d, "parts"));
}

bool export_dir_close(export_dir *d) {
    bool is_removed = true;
    // Only with an exclusive lock: shards share the lock, and another one may be about to write.
    if (d->lock_fd >= 0 && flock(d->lock_fd, LOCK_EX | LOCK_NB) == 0 && d->is_meta_new &&
        holds_nothing(d) && unlink(export_dir_meta_file(d, "lock")) == 0 && rmdir(d->meta) == 0 &&
        d->is_new)
        is_removed = rmdir(d->path) == 0;
    if (d->fd >= 0)
        close(d->fd);
    if (d->lock_fd >= 0)
        close(d->lock_fd);
    d->fd = d->lock_fd = -1;
    return is_removed;
}

// Files -------------------------------------------------------------------------------------------

pond_code export_dir_make_tmp(export_dir *d, pond_err *err) {
    POND_TRY(pond_remove_tree(d->tmp, err));
    return pond_mkdir_all(d->tmp, err);
}

void export_dir_prune(const export_dir *d, pond_arena *a, const char *path) {
    for (char *dir = pond_path_parent(a, path); strlen(dir) > strlen(d->path);
         dir = pond_path_parent(a, dir))
        if (rmdir(dir) != 0)
            break; // not empty: it holds something else
}

pond_code export_sync_fs(const char *path, pond_err *err) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return pond_fail_errno(err, "cannot open '%s'", path);
    pond_code rc = syncfs(fd) == 0 ? POND_OK : pond_fail_errno(err, "cannot sync '%s'", path);
    close(fd);
    return rc;
}
