// Runs the user's editor on a private file.
#include "cli/editor.h"

#include "base/file.h"
#include "cli/output.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

// The file ------------------------------------------------------------------------------------------

// A name of a node may hold anything; that of the file is one that every editor and shell takes.
static char *plain_name(pond_arena *a, pond_sv name) {
    static const char known[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    char *out = pond_cstr(a, name);
    for (char *p = out; *p != '\0'; p++)
        if (strchr(known, *p) == NULL && (*p != '-' || p == out))
            *p = '_';
    if (out[0] == '.')
        out[0] = '_';
    return out;
}

pond_code cli_edit_begin(cli *c, pond_sv name, pond_sv text, cli_edited *out, pond_err *err) {
    int fd;
    char *dir;
    *out = (cli_edited){.before = text};
    POND_TRY(pond_mkdir_temporary(c->arena, "pond-edit", &dir, err));
    out->dir = dir;
    out->path = pond_path_join(c->arena, dir, plain_name(c->arena, name));
    pond_code rc = pond_file_make(out->path, &fd, err);
    if (rc == POND_OK)
        rc = pond_file_made(fd, out->path, pond_fd_write_all(fd, out->path, text.p, text.n, err),
                            err);
    if (rc != POND_OK)
        cli_edit_end(c, out);
    return rc;
}

static pond_code read_file(cli *c, const cli_edited *e, pond_sv *out, pond_err *err) {
    pond_buf b = POND_BUF_EMPTY;
    pond_code rc = pond_file_read(e->path, &b, err);
    *out = pond_buf_keep(c->arena, &b);
    return rc;
}

void cli_edit_end(const cli *c, cli_edited *e) {
    if (e->dir != NULL && pond_remove_tree(e->dir, NULL) != POND_OK)
        cli_eprintf(c, "pond: cannot remove the temporary directory '%s'\n", e->dir);
    e->dir = e->path = NULL;
}

void cli_edit_keep(cli *c, cli_edited *e, pond_err *err) {
    pond_sv now;
    if (e->dir == NULL)
        return;
    if (read_file(c, e, &now, NULL) != POND_OK || pond_sv_eq(now, e->before))
        cli_edit_end(c, e);
    else
        pond_err_detail(err, "  nothing was changed; your text is kept in %s", e->path);
}

// The editor ----------------------------------------------------------------------------------------

static const char *editor(void) {
    static const char *const variables[] = {"VISUAL", "EDITOR"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL && pond_sv_trim(pond_sv_of(value)).n > 0)
            return value;
    }
    return "vi";
}

// Runs a command of the shell. An interrupt at the terminal is for the editor alone. This program
// ignores some signals, and what it starts would inherit that.
static int run_shell(char *const *argv, int *status) {
    posix_spawnattr_t attributes;
    sigset_t defaults;
    pid_t pid;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old_int, old_quit;
    sigemptyset(&ignore.sa_mask);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);
    sigaction(SIGINT, &ignore, &old_int);
    sigaction(SIGQUIT, &ignore, &old_quit);
    if (old_int.sa_handler != SIG_IGN) // as from nohup
        sigaddset(&defaults, SIGINT);
    if (old_quit.sa_handler != SIG_IGN)
        sigaddset(&defaults, SIGQUIT);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    int failure = posix_spawn(&pid, "/bin/sh", NULL, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    while (failure == 0 && waitpid(pid, status, 0) < 0)
        failure = errno == EINTR ? 0 : errno;
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGQUIT, &old_quit, NULL);
    return failure;
}

pond_code cli_edit_run(cli *c, const cli_edited *e, pond_sv *out, pond_err *err) {
    enum { NOT_FOUND_BY_SHELL = 127 };
    int status = 0;
    const char *name = editor();
    // "code --wait" has an argument, so a shell splits it; the path is never read by the shell.
    char *const argv[] = {(char *)(uintptr_t) "sh",
                          (char *)(uintptr_t) "-c",
                          pond_printf(c->arena, "%s \"$@\"", name),
                          (char *)(uintptr_t)name,
                          (char *)(uintptr_t)e->path,
                          NULL};
    fflush(stdout);
    int failure = run_shell(argv, &status);
    if (failure != 0) {
        errno = failure;
        return pond_fail_errno(err, "cannot run the editor '%s'", name);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND_BY_SHELL) {
        pond_fail(err, POND_ERR_INVALID, "the editor '%s' cannot be run", name);
        pond_err_detail(err, "  the environment variables VISUAL and EDITOR name another one");
        return POND_ERR_INVALID;
    }
    if (!WIFEXITED(status))
        return pond_fail(err, POND_ERR_INVALID, "the editor '%s' was ended by signal %d", name,
                         WTERMSIG(status));
    if (WEXITSTATUS(status) != 0)
        return pond_fail(err, POND_ERR_INVALID, "the editor '%s' failed with exit status %d", name,
                         WEXITSTATUS(status));
    return pond_wrap(err, read_file(c, e, out, err), "the editor '%s' left no file", name);
}

bool cli_edit_ask(const cli *c, const char *question) {
    char answer[64];
    if (!isatty(STDIN_FILENO) || !c->errors_to_terminal)
        return false;
    cli_eprintf(c, "%s [Y/n] ", question);
    fflush(stderr);
    return fgets(answer, sizeof answer, stdin) != NULL && answer[0] != 'n' && answer[0] != 'N';
}
