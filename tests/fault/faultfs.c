// faultfs: makes file system calls of a program fail on purpose. It is loaded with LD_PRELOAD.
//
//     POND_FAULT=ACTION:CALL:N   do ACTION at the N-th CALL, counted from 1
//     POND_FAULT_DIR=PATH        count only calls on files below PATH
//     POND_FAULT_FIRED=PATH      a file outside of that directory, made when the fault happens
//
//     ACTION  eio, enospc   the call does nothing and fails; with N+ all later calls fail too
//             short         a write writes half of its bytes and returns that number
//             kill          SIGKILL before the call
//             tear          a write writes half of its bytes, then SIGKILL
//             lose          a power failure before the call: everything that was not synced is
//                           lost, then SIGKILL
//     CALL    open read write fsync rename close truncate unlink mkdir, or any;
//             with lose also exit: after the program has ended with success
//
// The real calls are made by their numbers, so that the order in which libraries are loaded does not
// matter. Only syscall() itself, by which programs call openat2, has to be looked up. Calls inside libc (stdio) and mapped memory are not seen.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef long (*syscall_function)(long, ...);

static long real_syscall(long number, long a, long b, long c, long d, long e, long f) {
    static _Atomic(syscall_function) real; // static, as all state of a preloaded library
    if (real == NULL) {
        // ISO C has no conversion from a pointer to an object to one to a function.
        void *found = dlsym(RTLD_NEXT, "syscall");
        syscall_function function;
        memcpy(&function, &found, sizeof function);
        real = function;
    }
    return real(number, a, b, c, d, e, f);
}

// Which files are watched -------------------------------------------------------------------------------------------

static bool is_below(const char *path) {
    const char *dir = getenv("POND_FAULT_DIR");
    size_t n = dir == NULL ? 0 : strlen(dir);
    return n > 0 && strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

// Whether the target of a link in /proc, with `name` after it, is watched.
static bool link_is_watched(const char *link, const char *name) {
    char path[2 * PATH_MAX];
    ssize_t n = readlink(link, path, PATH_MAX);
    if (n < 0)
        return false;
    snprintf(path + n, sizeof path - (size_t)n, "%s%s", name[0] == '\0' ? "" : "/", name);
    return is_below(path);
}

static bool fd_is_watched_with(int fd, const char *name) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return link_is_watched(link, name);
}

static bool fd_is_watched(int fd) {
    return fd_is_watched_with(fd, "");
}

static bool path_is_watched(int dir_fd, const char *path) {
    if (path[0] == '/')
        return is_below(path);
    return dir_fd == AT_FDCWD ? link_is_watched("/proc/self/cwd", path)
                              : fd_is_watched_with(dir_fd, path);
}

// What a power failure loses -----------------------------------------------------------------

// This is the worst that a file system may do. Bytes that were written after the last fsync of
// their file are cut off. A name that was made after the last fsync of its directory is gone, with
// everything below it: a renamed file has its old name again, and a file that it replaced is back.
// Overwritten bytes and removed files are not modelled.

enum { MOST_PATH = 512, MOST_ENTRIES = 1024 };

typedef struct entry {
    char path[MOST_PATH];
    char from[MOST_PATH]; // of a name: its name before a rename, or empty
    char old[MOST_PATH];  // a second name of the file that this one replaced, or empty
    off_t synced_bytes;   // of a file
} entry;

// All that is not synced yet; empty in the run of any other action.
static struct {
    atomic_flag is_taken;
    entry names[MOST_ENTRIES], files[MOST_ENTRIES]; // oldest first
    size_t n_names, n_files;
} unsynced = {.is_taken = ATOMIC_FLAG_INIT};

static bool is_losing(void) {
    const char *plan = getenv("POND_FAULT");
    return plan != NULL && strncmp(plan, "lose:", 5) == 0;
}

static void take(void) {
    while (atomic_flag_test_and_set(&unsynced.is_taken))
        ;
}

static void give_back(void) {
    atomic_flag_clear(&unsynced.is_taken);
}

static bool path_of(int fd, char path[MOST_PATH]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, MOST_PATH - 1);
    path[n < 0 ? 0 : n] = '\0';
    return n > 0;
}

static void add_entry(entry *list, size_t *n, const char *path, const char *from, const char *old,
                      off_t bytes) {
    if (*n == MOST_ENTRIES)
        abort(); // otherwise a test with more entries would pass unchecked
    entry *e = &list[(*n)++];
    snprintf(e->path, sizeof e->path, "%s", path);
    snprintf(e->from, sizeof e->from, "%s", from);
    snprintf(e->old, sizeof e->old, "%s", old);
    e->synced_bytes = bytes;
}

// The absolute path of a name in an open directory.
static void full_path(int dir_fd, const char *name, char path[MOST_PATH]) {
    char dir[MOST_PATH] = "";
    if (name[0] != '/' && dir_fd != AT_FDCWD && path_of(dir_fd, dir)) {
        size_t n = strlen(dir);
        dir[n] = '/';
        dir[n + 1] = '\0';
    }
    snprintf(path, MOST_PATH, "%s", dir);
    snprintf(path + strlen(path), MOST_PATH - strlen(path), "%s", name);
}

static void note_name(const char *path, const char *from, const char *old) {
    take();
    add_entry(unsynced.names, &unsynced.n_names, path, from, old, 0);
    for (size_t i = 0; i < unsynced.n_files; i++)
        if (from[0] != '\0' && strcmp(unsynced.files[i].path, from) == 0)
            snprintf(unsynced.files[i].path, MOST_PATH, "%s", path);
    give_back();
}

static void note_write(int fd) {
    char path[MOST_PATH];
    struct stat st;
    if (!path_of(fd, path) || fstat(fd, &st) != 0)
        return;
    take();
    size_t i = 0;
    while (i < unsynced.n_files && strcmp(unsynced.files[i].path, path) != 0)
        i++;
    if (i == unsynced.n_files)
        add_entry(unsynced.files, &unsynced.n_files, path, "", "", st.st_size);
    give_back();
}

static bool is_in(const char *path, const char *dir) {
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - path);
    return strlen(dir) == n && strncmp(path, dir, n) == 0;
}

// A sync covers the bytes of a file, or the names in a directory.
static void note_sync(int fd) {
    char path[MOST_PATH];
    if (!path_of(fd, path))
        return;
    take();
    size_t n_files = 0, n_names = 0;
    for (size_t i = 0; i < unsynced.n_files; i++)
        if (strcmp(unsynced.files[i].path, path) != 0)
            unsynced.files[n_files++] = unsynced.files[i];
    for (size_t i = 0; i < unsynced.n_names; i++)
        if (!is_in(unsynced.names[i].path, path))
            unsynced.names[n_names++] = unsynced.names[i];
    unsynced.n_files = n_files;
    unsynced.n_names = n_names;
    give_back();
}

static void lose_unsynced(void) {
    const char *fired = getenv("POND_FAULT_FIRED");
    for (size_t i = 0; i < unsynced.n_files; i++)
        syscall(SYS_truncate, unsynced.files[i].path, unsynced.files[i].synced_bytes);
    for (size_t i = unsynced.n_names; i-- > 0;) {
        const entry *e = &unsynced.names[i];
        char away[MOST_PATH];
        snprintf(away, sizeof away, "%s.lost.%zu", fired == NULL ? "" : fired, i);
        const char *to = e->from[0] != '\0' ? e->from : away;
        syscall(SYS_renameat2, AT_FDCWD, e->path, AT_FDCWD, to, 0);
        if (e->old[0] != '\0')
            syscall(SYS_renameat2, AT_FDCWD, e->old, AT_FDCWD, e->path, 0);
    }
}

// Which call fails, and how -----------------------------------------------------------------------------------

typedef enum fault { NONE, FAIL, SHORT, TEAR } fault;

static void die(void) {
    syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

static void tell(void) {
    const char *path = getenv("POND_FAULT_FIRED");
    if (path == NULL)
        return;
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT, 0666);
    if (fd >= 0)
        syscall(SYS_close, (int)fd);
}

// Counts a watched call and returns its fault. For FAIL, errno is set.
static fault next_fault(const char *call) {
    static atomic_long n_calls; // static, because a preloaded library has no other place for state
    const char *plan = getenv("POND_FAULT");
    char action[16], which[16], every = '\0';
    long at = 0;
    if (plan == NULL || sscanf(plan, "%15[^:]:%15[^:]:%ld%c", action, which, &at, &every) < 3)
        return NONE;
    if (strcmp(which, "any") != 0 && strcmp(which, call) != 0)
        return NONE;
    long n = atomic_fetch_add(&n_calls, 1) + 1;
    if (n < at || (n > at && every != '+'))
        return NONE;
    tell();
    bool is_write = strcmp(call, "write") == 0;
    if (strcmp(action, "lose") == 0) {
        lose_unsynced();
        die();
    }
    if (strcmp(action, "short") == 0)
        return is_write ? SHORT : NONE;
    if (strcmp(action, "tear") == 0 && is_write)
        return TEAR;
    if (strcmp(action, "kill") == 0 || strcmp(action, "tear") == 0)
        die();
    errno = strcmp(action, "enospc") == 0 ? ENOSPC : EIO;
    return FAIL;
}

static bool path_fails(const char *call, int dir_fd, const char *path) {
    return path_is_watched(dir_fd, path) && next_fault(call) == FAIL;
}

static bool fd_fails(const char *call, int fd) {
    return fd_is_watched(fd) && next_fault(call) == FAIL;
}

__attribute__((destructor)) static void lose_at_exit(void) {
    const char *plan = getenv("POND_FAULT");
    if (plan == NULL || strcmp(plan, "lose:exit:1") != 0)
        return;
    tell();
    lose_unsynced();
}

// The calls ---------------------------------------------------------------------------------------

static int open_at(int dir_fd, const char *path, int flags, mode_t mode) {
    if (path_fails("open", dir_fd, path))
        return -1;
    bool is_new = is_losing() && (flags & O_CREAT) && path_is_watched(dir_fd, path) &&
                  syscall(SYS_faccessat, dir_fd, path, F_OK) != 0;
    int fd = (int)syscall(SYS_openat, dir_fd, path, flags, mode);
    char full[MOST_PATH];
    if (is_new && fd >= 0 && path_of(fd, full))
        note_name(full, "", "");
    return fd;
}

#define MODE_ARGUMENT(flags, mode)                                                                 \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode = va_arg(args, mode_t);                                                               \
        va_end(args);                                                                              \
    }

// openat2 is an open as any other. All other calls pass.
long syscall(long number, ...) {
    va_list args;
    va_start(args, number);
    long a[6];
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(args, long);
    va_end(args);
    const char *path = (const char *)a[1];
    const struct open_how *how = (const struct open_how *)a[2];
    if (number != SYS_openat2)
        return real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    int dir_fd = (int)a[0];
    if (path_fails("open", dir_fd, path))
        return -1;
    bool is_new = is_losing() && (how->flags & O_CREAT) && path_is_watched(dir_fd, path) &&
                  real_syscall(SYS_faccessat, dir_fd, a[1], F_OK, 0, 0, 0) != 0;
    long fd = real_syscall(number, a[0], a[1], a[2], a[3], 0, 0);
    char full[MOST_PATH];
    if (is_new && fd >= 0 && path_of((int)fd, full))
        note_name(full, "", "");
    return fd;
}

int open(const char *path, int flags, ...) {
    MODE_ARGUMENT(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int dir_fd, const char *path, int flags, ...) {
    MODE_ARGUMENT(flags, mode)
    return open_at(dir_fd, path, flags, mode);
}

static ssize_t write_at(int fd, const void *p, size_t n, off_t at, bool has_offset) {
    bool is_watched = fd_is_watched(fd);
    fault f = is_watched ? next_fault("write") : NONE;
    if (is_watched && is_losing())
        note_write(fd);
    if (f == FAIL)
        return -1;
    if (f != NONE && n > 1)
        n /= 2;
    ssize_t put = has_offset ? syscall(SYS_pwrite64, fd, p, n, at) : syscall(SYS_write, fd, p, n);
    if (f == TEAR)
        die();
    return put;
}

ssize_t write(int fd, const void *p, size_t n) {
    return write_at(fd, p, n, 0, false);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at) {
    return write_at(fd, p, n, at, true);
}

ssize_t read(int fd, void *p, size_t n) {
    return fd_fails("read", fd) ? -1 : syscall(SYS_read, fd, p, n);
}

ssize_t pread(int fd, void *p, size_t n, off_t at) {
    return fd_fails("read", fd) ? -1 : syscall(SYS_pread64, fd, p, n, at);
}

static int sync_by(long number, int fd) {
    if (fd_fails("fsync", fd))
        return -1;
    int rc = (int)syscall(number, fd);
    if (rc == 0 && is_losing())
        note_sync(fd);
    return rc;
}

int fsync(int fd) {
    return sync_by(SYS_fsync, fd);
}

int fdatasync(int fd) {
    return sync_by(SYS_fdatasync, fd);
}

int syncfs(int fd) {
    if (fd_fails("fsync", fd))
        return -1;
    int rc = (int)syscall(SYS_syncfs, fd);
    if (rc == 0 && is_losing()) {
        take();
        unsynced.n_files = unsynced.n_names = 0;
        give_back();
    }
    return rc;
}

// As in the kernel, the descriptor is closed even if close returns an error.
int close(int fd) {
    bool fails = fd_fails("close", fd);
    int saved = errno, rc = (int)syscall(SYS_close, fd);
    if (!fails)
        return rc;
    errno = saved;
    return -1;
}

int ftruncate(int fd, off_t n) {
    return fd_fails("truncate", fd) ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

// Gives the file at `path` a second name, outside the watched directory. Without a file `old` is
// empty.
static void keep_replaced(const char *path, char old[MOST_PATH]) {
    static atomic_long n_kept;
    const char *fired = getenv("POND_FAULT_FIRED");
    snprintf(old, MOST_PATH, "%s.replaced.%ld", fired == NULL ? "" : fired,
             atomic_fetch_add(&n_kept, 1));
    syscall(SYS_unlinkat, AT_FDCWD, old, 0); // of an earlier run
    if (syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, old, 0) != 0)
        old[0] = '\0';
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) {
    bool is_watched = path_is_watched(to_fd, to);
    if (is_watched && next_fault("rename") == FAIL)
        return -1;
    char old[MOST_PATH] = "", from_path[MOST_PATH], to_path[MOST_PATH];
    full_path(from_fd, from, from_path);
    full_path(to_fd, to, to_path);
    if (is_watched && is_losing())
        keep_replaced(to_path, old);
    int rc = (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
    if (rc == 0 && is_watched && is_losing())
        note_name(to_path, from_path, old);
    return rc;
}

int rename(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlinkat(int dir_fd, const char *path, int flags) {
    return path_fails("unlink", dir_fd, path) ? -1
                                              : (int)syscall(SYS_unlinkat, dir_fd, path, flags);
}

int unlink(const char *path) {
    return unlinkat(AT_FDCWD, path, 0);
}

int mkdirat(int dir_fd, const char *path, mode_t mode) {
    bool is_watched = path_is_watched(dir_fd, path);
    if (is_watched && next_fault("mkdir") == FAIL)
        return -1;
    int rc = (int)syscall(SYS_mkdirat, dir_fd, path, mode);
    char full[MOST_PATH];
    full_path(dir_fd, path, full);
    if (rc == 0 && is_watched && is_losing())
        note_name(full, "", "");
    return rc;
}

int mkdir(const char *path, mode_t mode) {
    return mkdirat(AT_FDCWD, path, mode);
}

// The names of these calls in programs that were compiled for large files.
int open64(const char *path, int flags, ...) {
    MODE_ARGUMENT(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}
int openat64(int dir_fd, const char *path, int flags, ...) {
    MODE_ARGUMENT(flags, mode)
    return open_at(dir_fd, path, flags, mode);
}
ssize_t pwrite64(int fd, const void *p, size_t n, off_t at) __attribute__((alias("pwrite")));
ssize_t pread64(int fd, void *p, size_t n, off_t at) __attribute__((alias("pread")));
int ftruncate64(int fd, off_t n) __attribute__((alias("ftruncate")));
