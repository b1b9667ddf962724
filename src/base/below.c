// Files below an open directory: names are resolved by the kernel without links, and every change
// is made relative to the directory that was resolved.
#include "base/below.h"

#include "base/near.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Names -------------------------------------------------------------------------------------------

bool pond_below_is_name(pond_sv name) {
    pond_sv rest = name, part;
    if (name.n == 0 || name.n >= PATH_MAX || memchr(name.p, '\0', name.n) != NULL)
        return false;
    while (pond_sv_split(&rest, '/', &part))
        if (part.n == 0 || part.n > NAME_MAX || pond_sv_is(part, ".") || pond_sv_is(part, ".."))
            return false;
    return true;
}

bool pond_below_is_in(pond_sv name, pond_sv dir) {
    return pond_sv_starts(name, dir) && (name.n == dir.n || name.p[dir.n] == '/');
}

static bool is_self(const char *name) {
    return strcmp(name, ".") == 0;
}

// Reports the last failure of the system. Links get words of their own: what "too many levels of
// symbolic links" means here is that there is one.
static pond_code fail(const pond_below *d, const char *name, const char *what, pond_err *err) {
    if (errno == ELOOP)
        return pond_fail(err, POND_ERR_CONFLICT,
                         "cannot %s '%s/%s': a symbolic link is in its place or in the place of a "
                         "directory above it, and links are not followed there; remove the link",
                         what, d->path, name);
    return pond_fail_errno(err, "cannot %s '%s/%s'", what, d->path, name);
}

static pond_code check_name(const pond_below *d, const char *name, pond_err *err) {
    if (pond_below_is_name(pond_sv_of(name)))
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID, "'%s' cannot be the name of a file below '%s'", name,
                     d->path);
}

// Resolving ---------------------------------------------------------------------------------------

// For a kernel without openat2. These return a descriptor or -1 with errno: ELOOP for a link.
static int open_part(int dir_fd, const char *part, int flags) {
    int fd = openat(dir_fd, part, flags | O_NOFOLLOW | O_CLOEXEC, 0666);
    struct stat st;
    // With O_DIRECTORY a link is only reported as something else than a directory.
    if (fd < 0 && errno == ENOTDIR)
        errno = fstatat(dir_fd, part, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode)
                    ? ELOOP
                    : ENOTDIR;
    return fd;
}

static int open_stepwise(int dir_fd, const char *name, int flags) {
    char part[NAME_MAX + 1];
    int at = dir_fd;
    bool is_last = false;
    while (at >= 0 && !is_last) {
        size_t n = strcspn(name, "/");
        memcpy(part, name, n); // the name was checked: a part fits
        part[n] = '\0';
        is_last = name[n] == '\0';
        name += n + !is_last;
        int next = open_part(at, part, is_last ? flags : O_PATH | O_DIRECTORY), saved = errno;
        if (at != dir_fd)
            close(at);
        errno = saved;
        at = next;
    }
    return at;
}

// The same for any kernel.
static int open_below(int dir_fd, const char *name, int flags) {
    struct open_how how = {.flags = (unsigned)(flags | O_CLOEXEC),
                           .mode = flags & O_CREAT ? 0666 : 0,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
    for (;;) {
        long fd = syscall(SYS_openat2, dir_fd, name, &how, sizeof how);
        if (fd >= 0)
            return (int)fd;
        if (errno == EAGAIN) // something was renamed meanwhile
            continue;
        // Some sandboxes answer EPERM for calls that they do not know.
        return errno == ENOSYS || errno == EPERM ? open_stepwise(dir_fd, name, flags) : -1;
    }
}

// The directory that holds a name, open.
typedef struct parent {
    int fd;           // -1: failed, with errno
    const char *name; // the last part
    bool is_own;      // to be closed
} parent;

// The name without its last part. Returns that part, or NULL if there is no other.
static const char *split(const char *name, char dir[PATH_MAX]) {
    const char *slash = strrchr(name, '/');
    if (slash == NULL)
        return NULL;
    memcpy(dir, name, (size_t)(slash - name)); // the name was checked: it fits
    dir[slash - name] = '\0';
    return slash + 1;
}

static parent open_parent(const pond_below *d, const char *name) {
    char dir[PATH_MAX];
    const char *last = split(name, dir);
    return last == NULL ? (parent){d->fd, name, false}
                        : (parent){open_below(d->fd, dir, O_PATH | O_DIRECTORY), last, true};
}

// Keeps errno.
static void close_parent(parent p) {
    int saved = errno;
    if (p.is_own && p.fd >= 0)
        close(p.fd);
    errno = saved;
}

// Directories -------------------------------------------------------------------------------------

pond_code pond_below_open(const char *path, pond_below *out, pond_err *err) {
    *out = (pond_below){open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), path};
    if (out->fd >= 0)
        return POND_OK;
    pond_code rc = pond_fail_errno(err, "cannot open directory '%s'", path);
    pond_near_path(err, path);
    return rc;
}

pond_code pond_below_enter(const pond_below *d, pond_arena *a, const char *name, pond_below *out,
                           pond_err *err) {
    *out = POND_BELOW_CLOSED;
    POND_TRY(check_name(d, name, err));
    out->path = pond_path_join(a, d->path, name);
    out->fd = open_below(d->fd, name, O_RDONLY | O_DIRECTORY);
    return out->fd >= 0 ? POND_OK : fail(d, name, "open directory", err);
}

void pond_below_close(pond_below *d) {
    if (d->fd >= 0)
        close(d->fd);
    d->fd = -1;
}

static pond_code fail_mkdir(const pond_below *d, const char *name, pond_err *err) {
    struct stat st;
    if (errno != ENOTDIR || !pond_below_stat(d, name, &st))
        return fail(d, name, "make directory", err);
    return pond_fail(err, POND_ERR_EXISTS,
                     "cannot make directory '%s/%s': it exists and is not a directory", d->path,
                     name);
}

// Makes one directory. *is_missing is true if what should hold it is not there, or no directory.
static pond_code make_one(const pond_below *d, const char *name, pond_sync sync, bool *is_missing,
                          pond_err *err) {
    parent p = open_parent(d, name);
    bool is_made = p.fd >= 0 && mkdirat(p.fd, p.name, 0777) == 0;
    bool is_there = p.fd >= 0 && !is_made && errno == EEXIST;
    *is_missing = p.fd < 0 && (errno == ENOENT || errno == ENOTDIR);
    close_parent(p);
    if (is_made)
        return sync == POND_SYNC ? pond_below_sync_parent(d, name, err) : POND_OK;
    if (!is_there)
        return fail_mkdir(d, name, err);
    int fd = open_below(d->fd, name, O_PATH | O_DIRECTORY);
    if (fd < 0)
        return fail_mkdir(d, name, err);
    close(fd);
    return POND_OK;
}

// From the last part on upwards: mostly only that is missing.
static pond_code make_all(const pond_below *d, const char *name, pond_sync sync, pond_err *err) {
    char dir[PATH_MAX];
    bool is_missing;
    pond_code rc = make_one(d, name, sync, &is_missing, err);
    if (!is_missing || split(name, dir) == NULL)
        return rc;
    POND_TRY(make_all(d, dir, sync, err));
    return make_one(d, name, sync, &is_missing, err);
}

pond_code pond_below_mkdir(const pond_below *d, const char *name, pond_sync sync, pond_err *err) {
    POND_TRY(check_name(d, name, err));
    // Mostly it is there already.
    int fd = open_below(d->fd, name, O_PATH | O_DIRECTORY);
    if (fd < 0)
        return make_all(d, name, sync, err);
    close(fd);
    return POND_OK;
}

pond_code pond_below_mkdir_parent(const pond_below *d, const char *name, pond_sync sync,
                                  pond_err *err) {
    char dir[PATH_MAX];
    POND_TRY(check_name(d, name, err));
    return split(name, dir) == NULL ? POND_OK : pond_below_mkdir(d, dir, sync, err);
}

pond_code pond_below_list(const pond_below *d, pond_arena *a, const char *name,
                          pond_dirent_vec *out, pond_err *err) {
    if (!is_self(name))
        POND_TRY(check_name(d, name, err));
    int fd = open_below(d->fd, name, O_RDONLY | O_DIRECTORY);
    if (fd < 0)
        return fail(d, name, "open directory", err);
    return pond_fd_list(a, fd, pond_path_join(a, d->path, name), out, err);
}

// Files -------------------------------------------------------------------------------------------

pond_code pond_below_open_file(const pond_below *d, const char *name, int flags, int *fd,
                               pond_err *err) {
    struct stat st;
    *fd = -1;
    POND_TRY(check_name(d, name, err));
    // O_NONBLOCK, so that opening a FIFO returns; it has no effect on a regular file.
    int opened = open_below(d->fd, name, flags | O_NONBLOCK | O_NOCTTY);
    if (opened < 0 && errno == ENXIO) // a FIFO that nobody reads, or a socket
        return pond_fail(err, POND_ERR_INVALID, "'%s/%s' is not a regular file", d->path, name);
    if (opened < 0)
        return fail(d, name, flags & O_EXCL ? "create" : "open", err);
    pond_code rc = POND_OK;
    bool is_new = (flags & O_EXCL) != 0; // and so a regular file
    if (!is_new && fstat(opened, &st) != 0)
        rc = fail(d, name, "stat", err);
    else if (!is_new && !S_ISREG(st.st_mode))
        rc = pond_fail(err, POND_ERR_INVALID, "'%s/%s' is not a regular file", d->path, name);
    if (rc == POND_OK)
        *fd = opened;
    else
        close(opened);
    return rc;
}

pond_code pond_below_read(const pond_below *d, const char *name, pond_buf *out, pond_err *err) {
    int fd;
    POND_TRY(pond_below_open_file(d, name, O_RDONLY, &fd, err));
    pond_code rc = pond_fd_read_all(fd, name, out, err);
    close(fd); // nothing was written, so no error can be lost
    return rc;
}

bool pond_below_stat(const pond_below *d, const char *name, struct stat *out) {
    if (!pond_below_is_name(pond_sv_of(name))) {
        errno = EINVAL;
        return false;
    }
    parent p = open_parent(d, name);
    bool is_there = p.fd >= 0 && fstatat(p.fd, p.name, out, AT_SYMLINK_NOFOLLOW) == 0;
    close_parent(p);
    return is_there;
}

bool pond_below_exists(const pond_below *d, const char *name) {
    struct stat st;
    return pond_below_stat(d, name, &st);
}

// Renaming ----------------------------------------------------------------------------------------

// Returns 0, or the errno of the failure.
static int rename_at(const pond_below *from_dir, const char *from, const pond_below *to_dir,
                     const char *to, unsigned flags) {
    parent source = open_parent(from_dir, from), target = open_parent(to_dir, to);
    bool is_open = source.fd >= 0 && target.fd >= 0;
    int failure = 0;
    if (!is_open || renameat2(source.fd, source.name, target.fd, target.name, flags) != 0)
        failure = errno;
    // Network file systems do not support RENAME_NOREPLACE, but they support links.
    if (failure == EINVAL && flags != 0)
        failure = linkat(source.fd, source.name, target.fd, target.name, 0) == 0 &&
                          unlinkat(source.fd, source.name, 0) == 0
                      ? 0
                      : errno;
    close_parent(source);
    close_parent(target);
    return failure;
}

static pond_code fail_rename(const pond_below *from_dir, const char *from, const pond_below *to_dir,
                             const char *to, pond_err *err) {
    if (errno == ELOOP)
        return fail(to_dir, to, "write", err);
    return pond_fail_errno(err, "cannot rename '%s/%s' to '%s/%s'", from_dir->path, from,
                           to_dir->path, to);
}

pond_code pond_below_rename(const pond_below *from_dir, const char *from, const pond_below *to_dir,
                            const char *to, pond_err *err) {
    POND_TRY(check_name(from_dir, from, err));
    POND_TRY(check_name(to_dir, to, err));
    errno = rename_at(from_dir, from, to_dir, to, 0);
    return errno == 0 ? POND_OK : fail_rename(from_dir, from, to_dir, to, err);
}

pond_code pond_below_rename_new(const pond_below *from_dir, const char *from,
                                const pond_below *to_dir, const char *to, bool *is_taken,
                                pond_err *err) {
    POND_TRY(check_name(from_dir, from, err));
    POND_TRY(check_name(to_dir, to, err));
    errno = rename_at(from_dir, from, to_dir, to, RENAME_NOREPLACE);
    *is_taken = errno == EEXIST;
    return errno == 0 || *is_taken ? POND_OK : fail_rename(from_dir, from, to_dir, to, err);
}

pond_code pond_below_sync(const pond_below *d, const char *name, pond_err *err) {
    if (!is_self(name))
        POND_TRY(check_name(d, name, err));
    int fd = open_below(d->fd, name, O_RDONLY | O_NONBLOCK);
    if (fd < 0)
        return fail(d, name, "open", err);
    pond_code rc = fsync(fd) == 0 ? POND_OK : fail(d, name, "sync", err);
    if (close(fd) != 0 && rc == POND_OK)
        rc = fail(d, name, "close", err);
    return rc;
}

pond_code pond_below_sync_parent(const pond_below *d, const char *name, pond_err *err) {
    char dir[PATH_MAX];
    POND_TRY(check_name(d, name, err));
    return pond_below_sync(d, split(name, dir) == NULL ? "." : dir, err);
}

pond_code pond_below_publish(const pond_below *from_dir, const char *from, const pond_below *to_dir,
                             const char *to, pond_err *err) {
    POND_TRY(pond_below_sync(from_dir, from, err));
    POND_TRY(pond_below_rename(from_dir, from, to_dir, to, err));
    return pond_below_sync_parent(to_dir, to, err);
}

static pond_code remove_failed(const pond_below *d, const char *name, pond_code rc) {
    pond_code removed = rc == POND_OK ? rc : pond_below_remove(d, name, NULL);
    (void)removed; // gone already if a rename succeeded and the sync after it failed
    return rc;
}

pond_code pond_below_write_by(const pond_below *d, const char *name, pond_below_text text,
                              pond_err *err) {
    pond_fd_target to = {.name = name};
    POND_TRY(pond_below_remove(d, name, err));
    POND_TRY(pond_below_open_file(d, name, O_WRONLY | O_CREAT | O_EXCL, &to.fd, err));
    pond_code rc = text.write(text.user, pond_sink_to_fd(&to), err);
    if (close(to.fd) != 0 && rc == POND_OK)
        rc = fail(d, name, "close", err);
    return remove_failed(d, name, rc);
}

static pond_code write_bytes(void *user, pond_sink to, pond_err *err) {
    const pond_sv *bytes = user;
    return to.write(to.user, *bytes, err);
}

pond_code pond_below_write(const pond_below *d, const char *name, pond_sv bytes, pond_err *err) {
    return pond_below_write_by(d, name, (pond_below_text){write_bytes, &bytes}, err);
}

pond_code pond_below_replace(const pond_below *d, const char *name, pond_sv bytes,
                             pond_below_tmp tmp, pond_err *err) {
    POND_TRY(pond_below_write(tmp.dir, tmp.name, bytes, err));
    return remove_failed(tmp.dir, tmp.name, pond_below_publish(tmp.dir, tmp.name, d, name, err));
}

// Removing ----------------------------------------------------------------------------------------

pond_code pond_below_remove(const pond_below *d, const char *name, pond_err *err) {
    POND_TRY(check_name(d, name, err));
    parent p = open_parent(d, name);
    bool is_gone = p.fd >= 0 && unlinkat(p.fd, p.name, 0) == 0;
    close_parent(p);
    return is_gone || errno == ENOENT || errno == ENOTDIR ? POND_OK : fail(d, name, "remove", err);
}

pond_code pond_below_remove_tree(const pond_below *d, const char *name, pond_err *err) {
    POND_TRY(check_name(d, name, err));
    parent p = open_parent(d, name);
    if (p.fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return POND_OK;
    if (p.fd < 0)
        return fail(d, name, "remove", err);
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = pond_remove_tree_at(p.fd, p.name, pond_path_join(&a, d->path, name), err);
    pond_arena_deinit(&a);
    close_parent(p);
    return rc;
}

void pond_below_prune(const pond_below *d, const char *name) {
    char dir[PATH_MAX];
    if (!pond_below_is_name(pond_sv_of(name)))
        return;
    strcpy(dir, name); // a name is shorter than PATH_MAX
    for (char *slash; (slash = strrchr(dir, '/')) != NULL;) {
        *slash = '\0';
        parent p = open_parent(d, dir);
        bool is_gone = p.fd >= 0 && (unlinkat(p.fd, p.name, AT_REMOVEDIR) == 0 || errno == ENOENT);
        close_parent(p);
        if (!is_gone)
            break; // not empty: it holds something else
    }
}
