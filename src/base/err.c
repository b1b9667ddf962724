// Errors: filling, adding context, printing.
#include "base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int exit_status;
} codes[] = {
    [POND_OK] = {"OK", 0},
#define ERR(name, status, meaning) [POND_ERR_##name] = {#name, status},
#include "errors.def"
#undef ERR
};
_Static_assert(sizeof codes / sizeof *codes == POND_N_CODES, "a row for each code");

const char *pond_code_name(pond_code code) {
    return code < POND_N_CODES ? codes[code].name : "?";
}

int pond_code_exit_status(pond_code code) {
    return code < POND_N_CODES ? codes[code].exit_status : 70;
}

// A message that is cut must not end inside a UTF-8 sequence, which a terminal cannot show.
static void cut_at_character(char *text, size_t size) {
    size_t n = size - 4;
    while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
        n--;
    memcpy(text + n, "...", 4);
}

static void format_into(char *out, size_t size, const char *fmt, va_list args) {
    int n = vsnprintf(out, size, fmt, args);
    if (n >= 0 && (size_t)n >= size)
        cut_at_character(out, size);
}

void pond_err_clear(pond_err *err) {
    err->code = POND_OK;
    err->where.file[0] = err->msg[0] = err->detail[0] = '\0';
    err->where.line = err->where.column = 0;
    err->n_ctx = 0;
}

// The arguments may point into the error that is replaced, so the message is formatted before that
// is cleared.
static void raise_error(pond_err *err, pond_code code, const char *fmt, va_list args) {
    char msg[POND_ERR_MSG];
    format_into(msg, sizeof msg, fmt, args);
    pond_err_clear(err);
    err->code = code;
    memcpy(err->msg, msg, sizeof msg);
}

pond_code pond_fail(pond_err *err, pond_code code, const char *fmt, ...) {
    if (err == NULL)
        return code;
    va_list args;
    va_start(args, fmt);
    raise_error(err, code, fmt, args);
    va_end(args);
    return code;
}

pond_code pond_vfail_at(pond_err *err, pond_code code, const char *file, size_t file_len,
                        uint64_t line, size_t column, const char *fmt, va_list args) {
    if (err == NULL)
        return code;
    raise_error(err, code, fmt, args);
    int n = file_len < sizeof err->where.file ? (int)file_len : (int)sizeof err->where.file - 1;
    snprintf(err->where.file, sizeof err->where.file, "%.*s", n, file);
    err->where.line = line < UINT32_MAX ? (uint32_t)line : UINT32_MAX;
    err->where.column = column < UINT32_MAX ? (uint32_t)column : UINT32_MAX;
    return code;
}

pond_code pond_fail_at(pond_err *err, pond_code code, const char *file, uint32_t line,
                       uint32_t column, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pond_vfail_at(err, code, file, strlen(file), line, column, fmt, args);
    va_end(args);
    return code;
}

pond_code pond_fail_errno(pond_err *err, const char *fmt, ...) {
    int saved = errno;
    pond_code code = saved == ENOENT   ? POND_ERR_NOT_FOUND
                     : saved == EEXIST ? POND_ERR_EXISTS
                                       : POND_ERR_IO;
    if (err == NULL)
        return code;
    char msg[POND_ERR_MSG];
    va_list args;
    va_start(args, fmt);
    format_into(msg, sizeof msg, fmt, args);
    va_end(args);
    return pond_fail(err, code, "%s: %s", msg, strerror(saved));
}

// Writes newlines as \n, and as blanks when the text has no more room.
static void join_lines(char *text, size_t size) {
    size_t n = strlen(text);
    for (char *at; (at = strchr(text, '\n')) != NULL;) {
        *at = ' ';
        if (n + 1 >= size)
            continue;
        memmove(at + 2, at + 1, n - (size_t)(at - text));
        memcpy(at, "\\n", 2);
        n++;
    }
}

void pond_err_detail(pond_err *err, const char *fmt, ...) {
    if (err == NULL)
        return;
    size_t used = strlen(err->detail);
    if (used + 8 >= sizeof err->detail)
        return;
    char *added = err->detail + used;
    size_t size = sizeof err->detail - used - 1;
    va_list args;
    va_start(args, fmt);
    format_into(added, size, fmt, args);
    va_end(args);
    if (strcmp(fmt, "%s") != 0 && strchr(fmt, '\n') == NULL)
        join_lines(added, size);
    used = strlen(err->detail);
    if (used > 0 && err->detail[used - 1] != '\n')
        memcpy(err->detail + used, "\n", 2);
}

void pond_err_caret(pond_err *err, const char *line, size_t line_len, uint32_t column,
                    uint32_t width) {
    enum { MAX_LINE = 400 };
    if (err == NULL || line_len > MAX_LINE)
        return;
    char pad[MAX_LINE + 1], carets[MAX_LINE + 1];
    size_t n = 0, chars = 0;
    // A tab in the line is a tab in the padding, so that the caret is below its token for every
    // tab width.
    for (size_t i = 0; i < line_len && chars + 1 < column; i++) {
        if (((unsigned char)line[i] & 0xC0) == 0x80)
            continue;
        pad[n++] = line[i] == '\t' ? '\t' : ' ';
        chars++;
    }
    pad[n] = '\0';
    size_t w = width == 0 ? 1 : width;
    if (w > MAX_LINE - n)
        w = MAX_LINE - n;
    memset(carets, '^', w);
    carets[w] = '\0';
    pond_err_detail(err, "    %.*s\n    %s%s", (int)line_len, line, pad, carets);
}

pond_code pond_wrap(pond_err *err, pond_code code, const char *fmt, ...) {
    if (err == NULL || code == POND_OK || err->n_ctx == POND_ERR_MAX_CTX)
        return code;
    va_list args;
    va_start(args, fmt);
    format_into(err->ctx[err->n_ctx], POND_ERR_CTX, fmt, args);
    va_end(args);
    err->n_ctx++;
    return code;
}

__attribute__((format(printf, 3, 4))) static size_t add_to_line(char *out, size_t at,
                                                                const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(out + at, POND_ERR_LINE - at, fmt, args);
    va_end(args);
    size_t end = at + (n < 0 ? 0 : (size_t)n);
    return end < POND_ERR_LINE ? end : POND_ERR_LINE - 1;
}

void pond_err_line(const pond_err *err, char out[POND_ERR_LINE]) {
    size_t at = 0;
    for (int i = err->n_ctx - 1; i >= 0; i--)
        at = add_to_line(out, at, "%s: ", err->ctx[i]);
    if (err->where.file[0] != '\0' && err->where.line > 0 && err->where.column > 0)
        at =
            add_to_line(out, at, "%s:%u:%u: ", err->where.file, err->where.line, err->where.column);
    else if (err->where.file[0] != '\0' && err->where.line > 0)
        at = add_to_line(out, at, "%s:%u: ", err->where.file, err->where.line);
    else if (err->where.file[0] != '\0')
        at = add_to_line(out, at, "%s: ", err->where.file);
    add_to_line(out, at, "%s", err->msg);
}

void pond_err_print(const pond_err *err, const char *program, FILE *out) {
    char line[POND_ERR_LINE];
    pond_err_line(err, line);
    fprintf(out, "%s: %s\n%s", program, line, err->detail);
}

_Noreturn void pond_assert_failed(const char *cond, const char *file, int line) {
    fprintf(stderr, "pond: internal error: %s (%s:%d)\n", cond, file, line);
    abort();
}

_Noreturn void pond_out_of_memory(size_t size_bytes) {
    fprintf(stderr, "pond: out of memory (asked for %zu bytes)\n", size_bytes);
    abort();
}
