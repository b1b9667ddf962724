// Writes to standard output and standard error, and makes control characters visible on terminals.
#include "cli/output.h"

#include "base/file.h"
#include "base/time.h"

#include <inttypes.h>
#include <unistd.h>

void cli_output_init(cli *c) {
    c->screen = POND_NEW(c->arena, cli_screen);
    cli_screen_init(c->screen, stdout);
    c->is_terminal = c->screen->is_terminal;
    c->errors_to_terminal = isatty(STDERR_FILENO);
    c->began_us = pond_now_us();
}

void cli_printf(const cli *c, const char *fmt, ...) {
    pond_buf b = POND_BUF_EMPTY;
    va_list args;
    va_start(args, fmt);
    if (c->is_terminal)
        pond_buf_vprintf_visible(&b, POND_KEEP_NOTHING, fmt, args);
    else
        pond_buf_vprintf(&b, fmt, args);
    va_end(args);
    cli_screen_write(c->screen, pond_buf_view(&b));
    pond_buf_free(&b);
}

// To standard error.
static void error_visible(pond_sv text, pond_keep keep) {
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_visible(&b, text, keep);
    if (b.n > 0)
        fwrite(b.p, 1, b.n, stderr);
    pond_buf_free(&b);
}

static void print_error(const cli *c, const char *fmt, va_list args) {
    pond_buf b = POND_BUF_EMPTY;
    if (c->errors_to_terminal)
        pond_buf_vprintf_visible(&b, POND_KEEP_TABS, fmt, args); // tabs of a line of a template
    else
        pond_buf_vprintf(&b, fmt, args);
    if (b.n > 0)
        fwrite(b.p, 1, b.n, stderr);
    pond_buf_free(&b);
}

void cli_eprintf(const cli *c, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    print_error(c, fmt, args);
    va_end(args);
}

void cli_report(const cli *c, const char *fmt, ...) {
    if (c->is_quiet)
        return;
    va_list args;
    va_start(args, fmt);
    print_error(c, fmt, args);
    va_end(args);
}

void cli_trace(const cli *c, const char *fmt, ...) {
    if (!c->is_verbose)
        return;
    int64_t us = pond_now_us() - c->began_us;
    fprintf(stderr, "pond: %5" PRId64 ".%" PRId64 " ms  ", us / 1000, us / 100 % 10);
    va_list args;
    va_start(args, fmt);
    print_error(c, fmt, args);
    va_end(args);
    fputc('\n', stderr);
}

void cli_progress(const cli *c, const char *fmt, ...) {
    if (!c->errors_to_terminal || c->is_quiet)
        return;
    pond_buf line = POND_BUF_EMPTY;
    va_list args;
    va_start(args, fmt);
    pond_buf_vprintf_visible(&line, POND_KEEP_NOTHING, fmt, args);
    va_end(args);
    fprintf(stderr, "\r%s\033[K", line.p == NULL ? "" : line.p);
    fflush(stderr);
    pond_buf_free(&line);
}

void cli_progress_end(const cli *c) {
    if (c->errors_to_terminal && !c->is_quiet)
        fprintf(stderr, "\r\033[K");
}

void cli_print_text(const cli *c, pond_sv text) {
    if (!c->is_terminal) {
        cli_screen_write(c->screen, text);
        return;
    }
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_visible(&b, text, POND_KEEP_TEXT);
    cli_screen_write(c->screen, pond_buf_view(&b));
    pond_buf_free(&b);
}

void cli_print_line(const cli *c, const char *sgr, pond_sv line) {
    const char *colour = sgr == NULL ? "" : cli_screen_colour(c->screen, sgr);
    bool is_plain = colour[0] == '\0';
    if (!is_plain)
        cli_screen_write(c->screen, pond_svf(c->arena, "\033[%sm", colour));
    cli_print_text(c, line);
    cli_screen_write(c->screen, is_plain ? POND_SV("\n") : POND_SV("\033[0m\n"));
}

// Pieces ------------------------------------------------------------------------------------------

enum { MOST_HELD = 1 << 20 };

// Prints the whole lines of what is held for a terminal, since a piece may end within a character.
// A line that is very long is not waited for.
static void print_lines(cli *c) {
    pond_sv text = pond_buf_view(&c->held);
    ptrdiff_t newline = pond_sv_rfind_char(text, '\n');
    size_t n = newline >= 0 ? (size_t)newline + 1 : text.n > MOST_HELD ? text.n : 0;
    if (n == 0)
        return;
    cli_print_text(c, pond_sv_sub(text, 0, n));
    memmove(c->held.p, c->held.p + n, c->held.n - n);
    c->held.n -= n;
}

static pond_code write_stdout(void *user, pond_sv bytes, pond_err *err) {
    cli *c = user;
    if (c->is_terminal) {
        pond_buf_sv(&c->held, bytes);
        print_lines(c);
    } else {
        cli_print_text(c, bytes);
    }
    return cli_screen_is_closed(c->screen)
               ? pond_fail(err, POND_ERR_IO, "cannot write to standard output")
               : POND_OK;
}

pond_sink cli_stdout(cli *c) {
    return (pond_sink){write_stdout, c};
}

pond_code cli_stdout_done(cli *c, pond_code rc, pond_err *err) {
    cli_print_text(c, pond_buf_view(&c->held));
    pond_buf_free(&c->held);
    if (rc == POND_OK || !cli_screen_is_closed(c->screen))
        return rc;
    pond_err_clear(err);
    return POND_OK;
}

pond_code cli_print_file(cli *c, const char *path, pond_err *err) {
    int fd;
    POND_TRY(pond_file_open_input(path, &fd, err));
    pond_code rc = pond_fd_read_to(fd, path, cli_stdout(c), err);
    close(fd); // nothing was written, so no error can be lost
    return cli_stdout_done(c, rc, err);
}

// Errors ------------------------------------------------------------------------------------------

void cli_print_warnings_of(const pond_session *s) {
    const pond_warning_vec *warnings = pond_session_warnings(s);
    for (size_t i = 0; i < warnings->n; i++)
        fprintf(stderr, "pond: %.*s\n", POND_SV_ARG(warnings->items[i])); // visible already
}

void cli_print_warnings(const cli *c) {
    cli_print_warnings_of(c->session);
    if (c->host != NULL)
        cli_print_warnings_of(c->host);
}

void cli_print_error(const cli *c, const pond_err *err) {
    if (!c->errors_to_terminal) {
        pond_err_print(err, "pond", stderr);
        return;
    }
    char line[POND_ERR_LINE];
    pond_err_line(err, line);
    cli_eprintf(c, "pond: %s\n", line);
    error_visible(pond_sv_of(err->detail), POND_KEEP_LINES);
}

// Commands ----------------------------------------------------------------------------------------

void cli_shell_word(pond_buf *b, pond_sv word) {
    static const char special[] = " \t\n'\"\\$`*?;&|<>(){}[]#~!";
    bool is_plain = word.n > 0;
    for (size_t i = 0; i < word.n; i++)
        is_plain &= word.p[i] != '\0' && strchr(special, word.p[i]) == NULL;
    if (!is_plain)
        pond_buf_char(b, '\'');
    for (size_t i = 0; i < word.n; i++)
        if (word.p[i] == '\'')
            pond_buf_str(b, "'\\''");
        else
            pond_buf_char(b, word.p[i]);
    if (!is_plain)
        pond_buf_char(b, '\'');
}
