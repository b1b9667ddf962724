// Starts programs by posix_spawn: a process with much memory need not be copied for that.
#include "base/child.h"

#include "base/time.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static pond_code spawn(const char *const *argv, int out, int errors, pid_t *pid, pond_err *err) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); // it should end when nobody reads
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    // The words are not changed; POSIX has no const here for reasons of history.
    char *const *words = (char *const *)(uintptr_t)argv;
    int failed = posix_spawnp(pid, argv[0], &actions, &attributes, words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (failed == 0)
        return POND_OK;
    errno = failed;
    return pond_fail_errno(err, "Failed to spawn '%s'", argv[0]);
}

pond_code pond_child_start(const char *const *argv, pond_child *out, pond_err *err) {
    int ends[2];
    *out = (pond_child){.name = argv[0], .out = -1, .err = -1};
    out->err = memfd_create("errors of a child", MFD_CLOEXEC);
    if (out->err < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        pond_code rc = pond_fail_errno(err, "cannot make a pipe for '%s'", argv[0]);
        pond_child_close(out);
        return rc;
    }
    out->out = ends[0];
    pond_code rc = spawn(argv, ends[1], out->err, &out->pid, err);
    close(ends[1]);
    if (rc != POND_OK) {
        out->pid = 0;
        pond_child_close(out);
    }
    return rc;
}

pond_code pond_child_read(pond_child *c, void *to, size_t room, int64_t patience_us, size_t *n,
                          pond_err *err) {
    struct pollfd p = {.fd = c->out, .events = POLLIN};
    int64_t patience_ms = patience_us / POND_US_PER_MS;
    for (;;) {
        int ready = poll(&p, 1, patience_ms > INT32_MAX ? INT32_MAX : (int)patience_ms);
        if (ready == 0)
            return pond_fail(err, POND_ERR_IO, "'%s' has printed nothing for %lld ms", c->name,
                             (long long)patience_ms);
        ssize_t got = ready < 0 ? -1 : read(c->out, to, room);
        if (got >= 0) {
            *n = (size_t)got;
            return POND_OK;
        }
        if (errno != EINTR)
            return pond_fail_errno(err, "cannot read what '%s' prints", c->name);
    }
}

// The last lines of what it wrote to standard error, on one line.
static pond_code fail_with_errors(const pond_child *c, const char *how, pond_err *err) {
    char text[400];
    off_t size = lseek(c->err, 0, SEEK_END);
    size_t n = size < 0 ? 0 : size < (off_t)sizeof text ? (size_t)size : sizeof text;
    ssize_t got = pread(c->err, text, n, size - (off_t)n);
    pond_sv said = pond_sv_trim((pond_sv){text, got < 0 ? 0 : (size_t)got});
    for (size_t i = 0; i < said.n; i++)
        if (text[said.p - text + (ptrdiff_t)i] == '\n')
            text[said.p - text + (ptrdiff_t)i] = ' ';
    if (said.n == 0)
        said = POND_SV("it says nothing");
    return pond_fail(err, POND_ERR_IO, "%s failed (%s): %.*s", c->name, how, POND_SV_ARG(said));
}

pond_code pond_child_wait(pond_child *c, pond_err *err) {
    int status;
    char how[40];
    while (waitpid(c->pid, &status, 0) < 0)
        if (errno != EINTR)
            return pond_fail_errno(err, "cannot wait for '%s'", c->name);
    c->pid = 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return POND_OK;
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "killed by signal %d", WTERMSIG(status));
    else
        snprintf(how, sizeof how, "exit %d", WEXITSTATUS(status));
    return fail_with_errors(c, how, err);
}

void pond_child_close(pond_child *c) {
    if (c->pid > 0) {
        kill(c->pid, SIGKILL);
        while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    if (c->out >= 0)
        close(c->out);
    if (c->err >= 0)
        close(c->err);
    *c = (pond_child){.name = c->name, .out = -1, .err = -1};
}
