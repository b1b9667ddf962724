// Paths, files and directories of the operating system.
#include "base/file.h"

#include "base/near.h"
#include "base/time.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_CHUNK = 1 << 16 };

// Paths -------------------------------------------------------------------------------------------

bool pond_path_exists(const char *path) {
    struct stat st;
    return stat(path, &st) == 0;
}

bool pond_path_is_dir(const char *path) {
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *pond_path_join(pond_arena *a, const char *dir, const char *name) {
    size_t n = strlen(dir);
    const char *slash = n == 0 || dir[n - 1] == '/' ? "" : "/";
    return pond_printf(a, "%s%s%s", dir, slash, name);
}

char *pond_path_parent(pond_arena *a, const char *path) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return pond_cstr(a, POND_SV("."));
    size_t n = slash == path ? 1 : (size_t)(slash - path);
    return pond_cstr(a, (pond_sv){path, n});
}

bool pond_path_up(pond_sv *path) {
    ptrdiff_t slash = pond_sv_rfind_char(*path, '/');
    if (slash > 0)
        path->n = (size_t)slash;
    return slash > 0;
}

const char *pond_path_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

pond_code pond_path_absolute(pond_arena *a, const char *path, char **out, pond_err *err) {
    pond_buf full = POND_BUF_EMPTY;
    if (path[0] != '/') {
        char *cwd = getcwd(NULL, 0);
        if (cwd == NULL)
            return pond_fail_errno(err, "cannot determine the current directory");
        pond_buf_str(&full, cwd);
        free(cwd);
    }
    pond_sv rest = pond_sv_of(path), part;
    while (pond_sv_split(&rest, '/', &part)) {
        if (part.n == 0 || pond_sv_is(part, "."))
            continue;
        if (pond_sv_is(part, "..")) {
            ptrdiff_t slash = pond_sv_rfind_char(pond_buf_view(&full), '/');
            full.n = slash < 0 ? 0 : (size_t)slash;
            continue;
        }
        if (full.n == 0 || full.p[full.n - 1] != '/') // the current directory may be "/"
            pond_buf_char(&full, '/');
        pond_buf_sv(&full, part);
    }
    *out = full.n == 0 ? pond_cstr(a, POND_SV("/")) : pond_cstr(a, pond_buf_view(&full));
    pond_buf_free(&full);
    return POND_OK;
}

// Reading and writing -----------------------------------------------------------------------------

pond_code pond_fd_read_all(int fd, const char *name, pond_buf *out, pond_err *err) {
    struct stat st;
    // The size of a file is only a hint: a pipe has none, and a file may grow while it is read.
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
        pond_buf_reserve(out, (size_t)st.st_size + 1);
    for (;;) {
        if (out->cap - out->n < 2)
            pond_buf_reserve(out, READ_CHUNK);
        ssize_t got = read(fd, out->p + out->n, out->cap - out->n - 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return pond_fail_errno(err, "cannot read '%s'", name);
        if (got == 0)
            break;
        out->n += (size_t)got;
    }
    out->p[out->n] = '\0';
    return POND_OK;
}

pond_code pond_fd_write_all(int fd, const char *name, const void *p, size_t n, pond_err *err) {
    const char *from = p;
    while (n > 0) {
        ssize_t put = write(fd, from, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return pond_fail_errno(err, "cannot write '%s'", name);
        from += put;
        n -= (size_t)put;
    }
    return POND_OK;
}

void pond_fd_write_back(int fd, uint64_t size_bytes) {
    enum { WORTH_IT = 1 << 20 };
    if (size_bytes >= WORTH_IT) // a failure is that of the sync, too
        (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

// Whether a path names a descriptor that this process has open.
static bool names_descriptor(const char *path, int *fd) {
    static const char *const dirs[] = {"/dev/fd/", "/proc/self/fd/"};
    pond_sv name = pond_sv_of(path);
    int64_t n = 0;
    bool is_named = pond_sv_is(name, "/dev/stdin");
    for (size_t i = 0; i < 2 && !is_named; i++)
        is_named = pond_sv_starts(name, pond_sv_of(dirs[i])) &&
                   pond_sv_to_int(pond_sv_sub(name, strlen(dirs[i]), name.n), &n);
    *fd = n >= 0 && n <= INT_MAX ? (int)n : -1;
    return is_named;
}

bool pond_path_is_descriptor(const char *path) {
    int fd;
    return names_descriptor(path, &fd);
}

// Files that happen to lie somewhere are opened with O_NONBLOCK, so that a FIFO among them returns.
static int open_as(const char *path, bool is_input) {
    struct stat st;
    int fd;
    // A socket cannot be opened by a name, and a named pipe whose writer is gone would wait for another.
    if (is_input && names_descriptor(path, &fd) && fstat(fd, &st) == 0 &&
        (S_ISSOCK(st.st_mode) || S_ISFIFO(st.st_mode)))
        return fcntl(fd, F_DUPFD_CLOEXEC, 0);
    bool waits = is_input && stat(path, &st) == 0 && S_ISFIFO(st.st_mode);
    return open(path, O_RDONLY | (waits ? 0 : O_NONBLOCK) | O_NOCTTY | O_CLOEXEC);
}

// Of what somebody named: a name beside it may have been meant.
static pond_code fail_to_open(const char *path, const char *what, pond_err *err) {
    pond_code rc = pond_fail_errno(err, "cannot open %s'%s'", what, path);
    pond_near_path(err, path);
    return rc;
}

// What comes to an end although it is no regular file: pipes, and a terminal when the user says so.
static bool is_stream(const struct stat *st, int fd) {
    return S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode) ||
           (S_ISCHR(st->st_mode) && isatty(fd) == 1);
}

static pond_code open_file(const char *path, bool is_input, int *fd, pond_err *err) {
    struct stat st;
    *fd = -1;
    int opened = open_as(path, is_input);
    if (opened < 0 && errno == ENXIO) // a socket, or a device without a driver
        return pond_fail(err, POND_ERR_INVALID, "'%s' is not a regular file", path);
    if (opened < 0)
        return fail_to_open(path, "", err);
    pond_code rc = POND_OK;
    bool is_open_stream = false;
    if (fstat(opened, &st) != 0)
        rc = pond_fail_errno(err, "cannot stat '%s'", path);
    else if (S_ISDIR(st.st_mode))
        rc = pond_fail(err, POND_ERR_INVALID, "'%s' is a directory, not a file", path);
    else if (!S_ISREG(st.st_mode) && !(is_open_stream = is_input && is_stream(&st, opened)))
        rc = pond_fail(err, POND_ERR_INVALID,
                       "'%s' is not a regular file, and only those are read; write its content to "
                       "a file first",
                       path);
    if (is_open_stream && !S_ISSOCK(st.st_mode) && fcntl(opened, F_SETFL, 0) != 0)
        rc = pond_fail_errno(err, "cannot read '%s'", path);
    if (rc == POND_OK)
        *fd = opened;
    else
        close(opened);
    return rc;
}

pond_code pond_file_open(const char *path, int *fd, pond_err *err) {
    return open_file(path, false, fd, err);
}

pond_code pond_file_make(const char *path, int *fd, pond_err *err) {
    *fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return *fd < 0 ? pond_fail_errno(err, "cannot make '%s'", path) : POND_OK;
}

pond_code pond_file_made(int fd, const char *path, pond_code rc, pond_err *err) {
    if (close(fd) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot write '%s'", path);
    return rc;
}

pond_code pond_file_open_input(const char *path, int *fd, pond_err *err) {
    return open_file(path, true, fd, err);
}

static pond_code read_file(const char *path, bool is_input, pond_buf *out, pond_err *err) {
    int fd;
    POND_TRY(open_file(path, is_input, &fd, err));
    pond_code rc = pond_fd_read_all(fd, path, out, err);
    close(fd); // nothing was written, so no error can be lost
    return rc;
}

pond_code pond_file_read(const char *path, pond_buf *out, pond_err *err) {
    return read_file(path, false, out, err);
}

pond_code pond_file_read_input(const char *path, pond_buf *out, pond_err *err) {
    return read_file(path, pond_path_is_descriptor(path), out, err);
}

// Durability --------------------------------------------------------------------------------------

pond_code pond_fsync_path(const char *path, pond_err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pond_fail_errno(err, "cannot open '%s' to sync it", path);
    pond_code rc = POND_OK;
    if (fsync(fd) != 0)
        rc = pond_fail_errno(err, "cannot sync '%s'", path);
    if (close(fd) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot close '%s'", path);
    return rc;
}

pond_code pond_fsync_parent(const char *path, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = pond_fsync_path(pond_path_parent(&a, path), err);
    pond_arena_deinit(&a);
    return rc;
}

static pond_code publish(const char *tmp, const char *path, pond_err *err) {
    POND_TRY(pond_fsync_path(tmp, err));
    if (rename(tmp, path) != 0)
        return pond_fail_errno(err, "cannot rename '%s' to '%s'", tmp, path);
    return pond_fsync_parent(path, err);
}

// Makes a new file beside `path`. Not mkstemp, because only the owner could read that file: a
// published file follows the umask of the user.
static pond_code open_beside(pond_arena *a, const char *path, char **tmp, int *fd, pond_err *err) {
    enum {
        TRIES = 100,    // a random name is hardly ever taken, so this many failures mean a bad disk
        NAME_ROOM = 240 // a name has at most 255 bytes, and 12 are added
    };
    const char *dir = pond_path_parent(a, path), *name = pond_path_name(path);
    for (int i = 0; i < TRIES; i++) {
        uint8_t random[3];
        char text[2 * sizeof random + 1];
        if (getrandom(random, sizeof random, 0) != sizeof random)
            return pond_fail_errno(err, "cannot get random bytes from the system");
        pond_hex(random, sizeof random, text);
        *tmp = pond_path_join(a, dir, pond_printf(a, ".%.*s.%s.tmp", NAME_ROOM, name, text));
        *fd = open(*tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (*fd >= 0)
            return POND_OK;
        if (errno != EEXIST)
            break;
    }
    return pond_fail_errno(err, "cannot create '%s'", *tmp);
}

static pond_code write_and_publish(int fd, const char *tmp, const char *path, pond_sv bytes,
                                   pond_err *err) {
    pond_code rc = pond_fd_write_all(fd, tmp, bytes.p, bytes.n, err);
    if (close(fd) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot close '%s'", tmp);
    if (rc == POND_OK)
        rc = publish(tmp, path, err);
    if (rc != POND_OK)
        unlink(tmp); // gone already if the rename succeeded and the sync after it failed
    return rc;
}

pond_code pond_file_replace(const char *path, pond_sv bytes, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    char *tmp = NULL;
    int fd = -1;
    pond_code rc = open_beside(&a, path, &tmp, &fd, err);
    if (rc == POND_OK)
        rc = write_and_publish(fd, tmp, path, bytes, err);
    pond_arena_deinit(&a);
    return rc;
}

// Directories -------------------------------------------------------------------------------------

pond_code pond_mkdir_all(const char *path, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = POND_OK;
    char *part = pond_cstr(&a, pond_sv_of(path));
    size_t n = strlen(part);
    while (n > 1 && part[n - 1] == '/')
        part[--n] = '\0';
    for (size_t i = 1; i <= n && rc == POND_OK; i++) {
        if ((part[i] != '/' && part[i] != '\0') || part[i - 1] == '/')
            continue;
        char cut = part[i];
        part[i] = '\0';
        if (mkdir(part, 0777) == 0)
            rc = pond_fsync_parent(part, err);
        else if (errno != EEXIST)
            rc = pond_fail_errno(err, "cannot make directory '%s'", part);
        else if (!pond_path_is_dir(part))
            rc = pond_fail(err, POND_ERR_EXISTS,
                           "cannot make directory '%s': it exists and is not a directory", part);
        part[i] = cut;
    }
    pond_arena_deinit(&a);
    return rc;
}

pond_code pond_mkdir_temporary(pond_arena *a, const char *prefix, char **out, pond_err *err) {
    const char *base = getenv("TMPDIR");
    bool is_given = base != NULL && base[0] == '/';
    *out = pond_printf(a, "%s/%s-XXXXXX", is_given ? base : "/tmp", prefix);
    if (mkdtemp(*out) != NULL)
        return POND_OK;
    pond_code rc = pond_fail_errno(err, "cannot make a temporary directory '%s'", *out);
    if (is_given) {
        pond_err_detail(err, "  the environment variable TMPDIR is '%s'", base);
        pond_near_path(err, base);
    }
    return rc;
}

// Works relative to open directories, so that a directory which is replaced by a symlink meanwhile
// is not followed.
pond_code pond_remove_tree_at(int dir_fd, const char *name, const char *path, pond_err *err) {
    if (unlinkat(dir_fd, name, 0) == 0 || errno == ENOENT)
        return POND_OK;
    if (errno != EISDIR)
        return pond_fail_errno(err, "cannot remove '%s'", path);
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        pond_code rc = pond_fail_errno(err, "cannot open directory '%s'", path);
        if (fd >= 0)
            close(fd);
        return rc;
    }
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = POND_OK;
    while (rc == POND_OK) {
        errno = 0;
        const struct dirent *e = readdir(dir);
        if (e == NULL) {
            if (errno != 0)
                rc = pond_fail_errno(err, "cannot list '%s'", path);
            break;
        }
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            rc = pond_remove_tree_at(fd, e->d_name, pond_path_join(&a, path, e->d_name), err);
    }
    closedir(dir);
    if (rc == POND_OK && unlinkat(dir_fd, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        rc = pond_fail_errno(err, "cannot remove directory '%s'", path);
    pond_arena_deinit(&a);
    return rc;
}

pond_code pond_remove_tree(const char *path, pond_err *err) {
    return pond_remove_tree_at(AT_FDCWD, path, path, err);
}

static int by_name(const void *a, const void *b) {
    return pond_sv_cmp(((const pond_dirent *)a)->name, ((const pond_dirent *)b)->name);
}

pond_code pond_fd_list(pond_arena *a, int fd, const char *path, pond_dirent_vec *out,
                       pond_err *err) {
    *out = (pond_dirent_vec){0};
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        pond_code failed = pond_fail_errno(err, "cannot open directory '%s'", path);
        close(fd);
        return failed;
    }
    pond_code rc = POND_OK;
    for (;;) {
        errno = 0;
        const struct dirent *e = readdir(dir);
        if (e == NULL) {
            if (errno != 0)
                rc = pond_fail_errno(err, "cannot list '%s'", path);
            break;
        }
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        // Not all file systems fill in d_type, which would make this call unnecessary.
        struct stat st;
        if (fstatat(dirfd(dir), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT) // removed since it was listed
                continue;
            rc = pond_fail_errno(err, "cannot stat '%s' in '%s'", e->d_name, path);
            break;
        }
        *pond_vec_push(a, out) = (pond_dirent){
            .name = pond_sv_dup(a, pond_sv_of(e->d_name)),
            .is_dir = S_ISDIR(st.st_mode),
            .is_file = S_ISREG(st.st_mode),
            .is_symlink = S_ISLNK(st.st_mode),
            .size_bytes = (uint64_t)st.st_size,
            .mtime_ns = pond_timespec_ns(st.st_mtim),
        };
    }
    closedir(dir);
    if (rc == POND_OK && out->n > 1)
        qsort(out->items, out->n, sizeof *out->items, by_name);
    return rc;
}

pond_code pond_dir_list(pond_arena *a, const char *path, pond_dirent_vec *out, pond_err *err) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return fail_to_open(path, "directory ", err);
    return pond_fd_list(a, fd, path, out, err);
}
