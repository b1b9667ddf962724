// Standard output: held back for a pager, or written at once.
#include "cli/screen.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

// The terminal ------------------------------------------------------------------------------------

// A size that the user has set; 0: none.
static size_t size_of_env(const char *name) {
    uint64_t n;
    enum { MOST = 10000 };
    const char *text = getenv(name);
    return text != NULL && pond_sv_to_uint(pond_sv_of(text), &n) && n <= MOST ? (size_t)n : 0;
}

static bool is_dumb(void) {
    const char *term = getenv("TERM");
    return term == NULL || term[0] == '\0' || strcmp(term, "dumb") == 0;
}

void cli_screen_init(cli_screen *s, FILE *to) {
    struct winsize size = {0};
    *s = (cli_screen){.to = to, .is_terminal = fileno(to) >= 0 && isatty(fileno(to))};
    if (!s->is_terminal)
        return;
    if (ioctl(fileno(to), TIOCGWINSZ, &size) != 0)
        size = (struct winsize){0};
    s->columns = size_of_env("COLUMNS");
    s->lines = size_of_env("LINES");
    if (s->columns == 0)
        s->columns = size.ws_col;
    if (s->lines == 0)
        s->lines = size.ws_row;
    const char *no_colour = getenv("NO_COLOR");
    s->has_colour = !is_dumb() && (no_colour == NULL || no_colour[0] == '\0');
}

const char *cli_screen_colour(const cli_screen *s, const char *sgr) {
    return s->has_colour ? sgr : "";
}

// The pager ---------------------------------------------------------------------------------------

#define DEFAULT_PAGER "less -FRSX"

static bool is_in_path(pond_sv name) {
    const char *path = getenv("PATH");
    pond_sv rest = pond_sv_of(path == NULL ? "/usr/bin:/bin" : path), dir;
    char file[4096];
    if (pond_sv_find_char(name, '/') >= 0)
        rest = POND_SV(".");
    while (pond_sv_split(&rest, ':', &dir)) {
        if (name.p[0] == '/')
            dir = POND_SV("");
        int n = snprintf(file, sizeof file, "%.*s/%.*s", POND_SV_ARG(dir), POND_SV_ARG(name));
        if (n > 0 && (size_t)n < sizeof file && access(file, X_OK) == 0)
            return true;
    }
    return false;
}

// Whether a command line can run, as far as its first word says. What only a shell understands is
// left to that.
static bool can_run(pond_sv line) {
    size_t n = 0;
    while (n < line.n && line.p[n] != ' ') {
        if (strchr("\"'\\$=`(){}[]*?~;&|<>", line.p[n]) != NULL)
            return true;
        n++;
    }
    return is_in_path(pond_sv_sub(line, 0, n));
}

// Empty: none is wanted, or none is there. `cat` would do what is done without one.
static pond_sv find_pager(void) {
    static const char *const names[] = {"POND_PAGER", "PAGER"};
    pond_sv line = POND_SV(DEFAULT_PAGER);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (getenv(names[i]) != NULL) {
            line = pond_sv_trim(pond_sv_of(getenv(names[i])));
            break;
        }
    return line.n > 0 && !pond_sv_is(line, "cat") && can_run(line) ? line : POND_SV("");
}

void cli_screen_page(cli_screen *s) {
    pond_sv pager = s->is_terminal && s->lines > 1 && !is_dumb() ? find_pager() : POND_SV("");
    s->is_held = pager.n > 0 && pager.n < sizeof s->program;
    if (s->is_held)
        memcpy(s->program, pager.p, pager.n);
}

// The pager reads the keys, also the one that interrupts. But when it has ended before the command,
// that key is for the command again.
static void pager_ended(int signal_number) {
    (void)signal_number;
    signal(SIGINT, SIG_DFL);
}

static _Noreturn void exec_pager(const cli_screen *s, int from) {
    dup2(from, STDIN_FILENO);
    close(from);
    signal(SIGPIPE, SIG_DFL);
    execl("/bin/sh", "sh", "-c", s->program, (char *)NULL);
    _exit(127);
}

static void start_pager(cli_screen *s) {
    int ends[2];
    int out = fileno(s->to);
    s->is_held = false;
    if (fflush(s->to) != 0 || pipe(ends) != 0)
        return;
    setenv("LESS", "FRSX", 0); // before the fork: other threads may run, and hold locks of libc
    // The pager has the terminal; its end of the pipe must not stay open in it.
    signal(SIGCHLD, pager_ended);
    signal(SIGINT, SIG_IGN);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGCHLD, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        close(ends[1]);
        exec_pager(s, ends[0]);
    }
    close(ends[0]);
    if (pid > 0 && dup2(ends[1], out) >= 0) {
        s->pager = pid;
    } else {
        signal(SIGCHLD, SIG_DFL);
        signal(SIGINT, SIG_DFL);
    }
    close(ends[1]);
}

// False: the shell could not run it.
static bool wait_for_pager(cli_screen *s) {
    int status = 0;
    signal(SIGCHLD, SIG_DFL); // the command is done: the key stays the pager's
    signal(SIGINT, SIG_IGN);
    while (waitpid(s->pager, &status, 0) < 0)
        if (errno != EINTR)
            break;
    signal(SIGINT, SIG_DFL);
    s->pager = 0;
    return !WIFEXITED(status) || (WEXITSTATUS(status) != 127 && WEXITSTATUS(status) != 126);
}

// Writing -----------------------------------------------------------------------------------------

static void write_now(cli_screen *s, pond_sv text) {
    if (text.n == 0 || s->error != 0)
        return;
    errno = 0;
    if (fwrite(text.p, 1, text.n, s->to) != text.n)
        s->error = errno == 0 ? EIO : errno;
}

static void write_held(cli_screen *s) {
    write_now(s, pond_buf_view(&s->held));
    pond_buf_free(&s->held);
    s->is_held = false;
}

// A long line takes several. Colours and wide letters are counted roughly: a pager that begins a
// little early does no harm.
static size_t count_lines(const cli_screen *s, pond_sv text) {
    size_t n = 0, width = 0;
    for (size_t i = 0; i < text.n; i++) {
        bool is_end = text.p[i] == '\n';
        width = is_end ? 0 : width + 1;
        n += is_end || (s->columns > 0 && width > s->columns);
        width = s->columns > 0 && width > s->columns ? 1 : width;
    }
    return n;
}

void cli_screen_write(cli_screen *s, pond_sv text) {
    if (!s->is_held) {
        write_now(s, text);
        return;
    }
    pond_buf_sv(&s->held, text);
    s->n_held += count_lines(s, text);
    if (s->n_held < s->lines) // the prompt takes a line
        return;
    start_pager(s);
    write_held(s);
}

// A pipe without a reader. If an earlier write failed in stdio its errno is lost; poll still tells.
static bool has_no_reader(const cli_screen *s) {
    struct pollfd out = {.fd = fileno(s->to)};
    return s->error == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR));
}

bool cli_screen_is_closed(const cli_screen *s) {
    return s->error != 0;
}

pond_code cli_screen_end(cli_screen *s, pond_err *err) {
    bool was_paged = s->pager != 0;
    if (s->is_ended)
        return POND_OK;
    s->is_ended = true;
    if (s->is_held)
        write_held(s);
    errno = 0;
    if ((fflush(s->to) != 0 || ferror(s->to)) && s->error == 0)
        s->error = errno == 0 ? EIO : errno;
    bool is_left = s->error != 0 && has_no_reader(s);
    if (was_paged) {
        close(fileno(s->to)); // the pager sees the end
        if (!wait_for_pager(s))
            return pond_fail(err, POND_ERR_IO,
                             "the pager '%s' cannot be run; --no-pager prints without one",
                             s->program);
    }
    if (s->error == 0 || is_left)
        return POND_OK;
    errno = s->error;
    return pond_fail_errno(err, "cannot write to standard output");
}
