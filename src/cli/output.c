// Writes to standard output and standard error, and makes control characters visible on terminals.
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
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

void cli_print_text(const cli *c, pond_sv text) {
    if (c->is_terminal)
        write_visible(stdout, text, POND_KEEP_TEXT);
    else if (text.n > 0)
        fwrite(text.p, 1, text.n, stdout);
}

// Files ---------------------------------------------------------------------------------------------

enum { CHUNK = 1 << 16, MOST_HELD = 1 << 20 };

// Prints the whole lines of what was read; a character or an escape may be cut at its end. A line
// that is very long is not waited for.
static void print_lines(const cli *c, pond_buf *held) {
    pond_sv text = pond_buf_view(held);
    ptrdiff_t newline = pond_sv_rfind_char(text, '\n');
    size_t n = newline >= 0 ? (size_t)newline + 1 : held->n > MOST_HELD ? held->n : 0;
    cli_print_text(c, pond_sv_sub(text, 0, n));
    memmove(held->p, held->p + n, held->n - n + 1);
    held->n -= n;
}

pond_code cli_print_file(const cli *c, const char *path, pond_err *err) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return pond_fail_errno(err, "cannot open '%s'", path);
    pond_buf held = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    for (ssize_t n = 1; n > 0 && rc == POND_OK && !ferror(stdout);) {
        pond_buf_reserve(&held, CHUNK);
        n = read(fd, held.p + held.n, CHUNK);
        if (n < 0)
            rc = pond_fail_errno(err, "cannot read '%s'", path);
        if (n <= 0)
            break;
        held.n += (size_t)n;
        held.p[held.n] = '\0';
        if (c->is_terminal) {
            print_lines(c, &held);
        } else {
            cli_print_text(c, pond_buf_view(&held));
            pond_buf_clear(&held);
        }
    }
    cli_print_text(c, pond_buf_view(&held));
    pond_buf_free(&held);
    close(fd);
    return rc;
}

// Errors ------------------------------------------------------------------------------------------

void cli_print_warnings(const cli *c) {
    const pond_warning_vec *warnings = pond_session_warnings(c->session);
    for (size_t i = 0; i < warnings->n; i++)
        fprintf(stderr, "pond: %.*s\n", POND_SV_ARG(warnings->items[i])); // visible already
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
