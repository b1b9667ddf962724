// The export directory: opening, locking, syncing, and removing what is empty.
#include "export/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// Names -------------------------------------------------------------------------------------------

pond_code export_dir_init(export_dir *d, pond_arena *a, const char *path, pond_err *err) {
    char *absolute;
    POND_TRY(pond_path_absolute(a, path, &absolute, err));
    *d = (export_dir){.arena = a,
                      .path = absolute,
                      .root = POND_BELOW_CLOSED,
                      .meta = POND_BELOW_CLOSED,
                      .drafts = POND_BELOW_CLOSED,
                      .lock_fd = -1};
    d->tmp = pond_path_join(a, d->path, ".pond/tmp");
    return POND_OK;
}

// File systems put the files of a directory beside each other, and may look at each file that was
// there a moment ago before they make one: ext4 without a journal does so for five seconds to
// minutes. So many files are spread over directories. Where one cannot be made, files go to tmp
// itself, and what is wrong shows when they are made.
enum { FILES_BESIDE = 16 };

static const char *spread(export_dir *d) {
    if (d->n_tmp % FILES_BESIDE > 0)
        return d->tmp_now;
    const char *dir = pond_printf(d->arena, "%s/%" PRIu64, d->tmp, d->n_tmp / FILES_BESIDE);
    bool is_made =
        d->drafts.fd >= 0 && d->n_tmp > 0 &&
        pond_below_mkdir(&d->root, export_dir_name(d, dir), POND_NO_SYNC, NULL) == POND_OK;
    return is_made ? dir : d->tmp;
}

char *export_dir_tmp_path(export_dir *d, const char *suffix) {
    d->tmp_now = spread(d);
    return pond_printf(d->arena, "%s/%" PRIu64 "%s", d->tmp_now, d->n_tmp++, suffix);
}

char *export_dir_file(const export_dir *d, pond_arena *a, pond_sv file) {
    return pond_path_join(a, d->path, pond_cstr(a, file));
}

const char *export_dir_name(const export_dir *d, const char *path) {
    size_t n = strlen(d->path);
    POND_DCHECK(strncmp(path, d->path, n) == 0);
    return path + n + (d->path[n - 1] != '/'); // DIR may be "/"
}

const pond_below *export_dir_of(const export_dir *d, const char *path, const char **name) {
    size_t n = strlen(d->tmp);
    bool is_draft = d->drafts.fd >= 0 && strncmp(path, d->tmp, n) == 0 && path[n] == '/';
    *name = is_draft ? path + n + 1 : export_dir_name(d, path);
    return is_draft ? &d->drafts : &d->root;
}

// Locks -------------------------------------------------------------------------------------------

static bool has_name(const pond_below *d, const char *name, int fd) {
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && pond_below_stat(d, name, &named) &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

// A run that makes no file removes its lock file and the directory around it. This can happen
// between our open and our flock, so a lock is valid only if the file still has its name. Each
// retry means that another run ended at that moment; this many retries mean another problem.
enum { MAX_LOCK_ATTEMPTS = 100 };

pond_code export_lock(const pond_below *d, pond_arena *a, const char *name, int operation, int *fd,
                      pond_err *err) {
    const char *file = pond_path_join(a, name, "lock");
    *fd = -1;
    for (int i = 0; i < MAX_LOCK_ATTEMPTS; i++) {
        POND_TRY(pond_below_mkdir(d, name, POND_SYNC, err));
        pond_code rc = pond_below_open_file(d, file, O_RDWR | O_CREAT, fd, err);
        if (rc == POND_ERR_NOT_FOUND)
            continue;
        POND_TRY(rc);
        int failure = flock(*fd, operation | LOCK_NB) == 0 ? 0 : errno;
        if (failure == 0 && has_name(d, file, *fd))
            return POND_OK;
        close(*fd);
        *fd = -1;
        errno = failure;
        if (failure == EWOULDBLOCK)
            return POND_ERR_BUSY;
        if (failure != 0)
            return pond_fail_errno(err, "cannot lock '%s/%s'", d->path, file);
    }
    return pond_fail(err, POND_ERR_IO, "cannot lock '%s/%s': it was removed at each of %d attempts",
                     d->path, file, MAX_LOCK_ATTEMPTS);
}

// Syncing -----------------------------------------------------------------------------------------

pond_code export_sync_fs(const export_dir *d, pond_err *err) {
    return syncfs(d->root.fd) == 0 ? POND_OK : pond_fail_errno(err, "cannot sync '%s'", d->path);
}

static void sync_beside(void *user) {
    export_dir *d = user;
    d->sync_failure = syncfs(d->root.fd) == 0 ? 0 : errno;
}

void export_sync_begin(export_dir *d) {
    d->is_syncing = true;
    pond_task_start(&d->sync, sync_beside, d);
}

static void join_sync(export_dir *d) {
    if (d->is_syncing)
        pond_task_join(&d->sync);
    d->is_syncing = false;
}

pond_code export_sync_end(export_dir *d, pond_err *err) {
    if (!d->is_syncing)
        return export_sync_fs(d, err);
    join_sync(d);
    errno = d->sync_failure;
    return errno == 0 ? POND_OK : pond_fail_errno(err, "cannot sync '%s'", d->path);
}

// Opening and closing -----------------------------------------------------------------------------

static void find_new(export_dir *d) {
    char *above = pond_path_parent(d->arena, d->path);
    d->is_new = !pond_path_exists(d->path);
    while (!pond_path_exists(above) && strcmp(above, "/") != 0)
        above = pond_path_parent(d->arena, above);
    d->above = above;
}

pond_code export_dir_open(export_dir *d, bool is_shared, pond_err *err) {
    find_new(d);
    POND_TRY(pond_mkdir_all(d->path, err));
    POND_TRY(pond_below_open(d->path, &d->root, err));
    d->is_meta_new = !pond_below_exists(&d->root, ".pond");
    pond_code rc =
        export_lock(&d->root, d->arena, ".pond", is_shared ? LOCK_SH : LOCK_EX, &d->lock_fd, err);
    if (rc == POND_ERR_BUSY)
        return pond_fail(err, rc, "another export into '%s' is running", d->path);
    POND_TRY(rc);
    return pond_below_enter(&d->root, d->arena, ".pond", &d->meta, err);
}

static bool holds_nothing(const export_dir *d) {
    return !pond_below_exists(&d->meta, "manifest.json") &&
           !pond_below_exists(&d->meta, "journal.json") && !pond_below_exists(&d->meta, "parts");
}

// Removes DIR, which must be empty, and the directories above it that this run made.
static bool remove_dir(const export_dir *d) {
    if (rmdir(d->path) != 0)
        return false;
    for (char *above = pond_path_parent(d->arena, d->path);
         strcmp(above, d->above) != 0 && rmdir(above) == 0;
         above = pond_path_parent(d->arena, above))
        ;
    return true;
}

bool export_dir_close(export_dir *d) {
    bool is_removed = true;
    join_sync(d);
    // Only with an exclusive lock: shards share the lock, and another one may be about to write.
    if (d->lock_fd >= 0 && flock(d->lock_fd, LOCK_EX | LOCK_NB) == 0 && d->is_meta_new &&
        holds_nothing(d) && pond_below_remove(&d->root, ".pond/lock", NULL) == POND_OK) {
        pond_below_prune(&d->root, ".pond/lock");
        if (d->is_new)
            is_removed = remove_dir(d);
    }
    pond_below_close(&d->drafts);
    pond_below_close(&d->meta);
    pond_below_close(&d->root);
    if (d->lock_fd >= 0)
        close(d->lock_fd);
    d->lock_fd = -1;
    return is_removed;
}

// Files -------------------------------------------------------------------------------------------

pond_code export_dir_make_tmp(export_dir *d, pond_err *err) {
    const char *name = export_dir_name(d, d->tmp);
    POND_TRY(pond_below_remove_tree(&d->root, name, err));
    POND_TRY(pond_below_mkdir(&d->root, name, POND_SYNC, err));
    return pond_below_enter(&d->root, d->arena, name, &d->drafts, err);
}

pond_code export_dir_replace(export_dir *d, const char *name, pond_sv bytes, pond_err *err) {
    const char *tmp = export_dir_name(d, export_dir_tmp_path(d, ".tmp"));
    return pond_below_replace(&d->root, name, bytes, (pond_below_tmp){&d->root, tmp}, err);
}
