// Writes to standard output and standard error, and makes control characters visible on terminals.
#include "cli/output.h"

#include "base/file.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

void cli_output_init(cli *c) {
    c->is_terminal = isatty(STDOUT_FILENO);
    c->errors_to_terminal = isatty(STDERR_FILENO);
}

static void write_visible(FILE *to, pond_sv text, pond_keep keep) {
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_visible(&b, text, keep);
    if (b.n > 0)
        fwrite(b.p, 1, b.n, to);
    pond_buf_free(&b);
}

static void print_visible(FILE *to, pond_keep keep, const char *fmt, va_list args) {
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_vprintf_visible(&b, keep, fmt, args);
    if (b.n > 0)
        fwrite(b.p, 1, b.n, to);
    pond_buf_free(&b);
}

void cli_printf(const cli *c, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    if (c->is_terminal)
        print_visible(stdout, POND_KEEP_NOTHING, fmt, args);
    else
        vprintf(fmt, args);
    va_end(args);
}

void cli_eprintf(const cli *c, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    if (c->errors_to_terminal)
        print_visible(stderr, POND_KEEP_TABS, fmt, args); // tabs of a line of a template
    else
        vfprintf(stderr, fmt, args);
    va_end(args);
}

void cli_progress(const cli *c, const char *fmt, ...) {
    if (!c->errors_to_terminal)
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
    if (c->errors_to_terminal)
        fprintf(stderr, "\r\033[K");
}

void cli_print_text(const cli *c, pond_sv text) {
    if (c->is_terminal)
        write_visible(stdout, text, POND_KEEP_TEXT);
    else if (text.n > 0)
        fwrite(text.p, 1, text.n, stdout);
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
    return ferror(stdout) ? pond_fail(err, POND_ERR_IO, "cannot write to standard output")
                          : POND_OK;
}

pond_sink cli_stdout(cli *c) {
    return (pond_sink){write_stdout, c};
}

pond_code cli_stdout_done(cli *c, pond_code rc, pond_err *err) {
    cli_print_text(c, pond_buf_view(&c->held));
    pond_buf_free(&c->held);
    if (rc == POND_OK || !ferror(stdout))
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
    write_visible(stderr, pond_sv_of(err->detail), POND_KEEP_LINES);
}

pond_code cli_flush(pond_err *err) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return POND_OK;
    // If an earlier write failed, its errno is lost; poll still reports a pipe without a reader.
    struct pollfd out = {.fd = STDOUT_FILENO};
    if (errno == EPIPE || (poll(&out, 1, 0) == 1 && (out.revents & POLLERR)))
        return POND_OK;
    if (errno == 0)
        return pond_fail(err, POND_ERR_IO, "cannot write to standard output");
    return pond_fail_errno(err, "cannot write to standard output");
}
