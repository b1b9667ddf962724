// err: error codes, error messages, and how they reach the user.
//
// A function that can fail returns a pond_code and takes a `pond_err *err` as its last parameter,
// which may be NULL. The function that finds the failure fills it once, with pond_fail; each caller
// may add one line that says what it was doing, with pond_wrap; only main prints. A pond_err owns
// nothing and may be copied by assignment.
#ifndef POND_BASE_ERR_H
#define POND_BASE_ERR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum pond_code_value {
    POND_OK,
#define ERR(name, status, meaning) POND_ERR_##name,
#include "errors.def"
#undef ERR
    POND_N_CODES
} pond_code_value;

typedef pond_code_value pond_code;
// On a declaration: compilers warn when a caller ignores the result.
#define POND_MUST __attribute__((warn_unused_result))

// A place in the user's text: a config, a template, a CSV file. Line and column count from 1; 0
// means unknown.
typedef struct pond_loc {
    char file[192];
    uint32_t line, column;
} pond_loc;

enum { POND_ERR_MSG = 768, POND_ERR_DETAIL = 6144, POND_ERR_MAX_CTX = 8, POND_ERR_CTX = 224 };

typedef struct pond_err {
    pond_code code;
    pond_loc where;
    // What went wrong, with the offending value: lower case, no full stop.
    char msg[POND_ERR_MSG];
    // Whole lines printed below the message: the source line and a caret, a difference, a chain of
    // calls.
    char detail[POND_ERR_DETAIL];
    uint8_t n_ctx; // what the callers were doing, innermost first
    char ctx[POND_ERR_MAX_CTX][POND_ERR_CTX];
} pond_err;

// Fills *err, if it is not NULL, replacing what it held, and returns `code`.
pond_code pond_fail(pond_err *err, pond_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// The same with a place in the user's text. `file` is copied.
pond_code pond_fail_at(pond_err *err, pond_code code, const char *file, uint32_t line,
                       uint32_t column, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
// The same with the arguments of a caller that was given them, for a `file` of `file_len` bytes.
pond_code pond_vfail_at(pond_err *err, pond_code code, const char *file, size_t file_len,
                        uint64_t line, size_t column, const char *fmt, va_list args)
    __attribute__((format(printf, 7, 0)));
// The same for errno, whose text is added to the message. The code is NOT_FOUND for ENOENT, EXISTS
// for EEXIST, else IO.
pond_code pond_fail_errno(pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
// Adds whole lines to the detail. A text that does not fit is cut, and ends in "...". Newlines in
// arguments are written as \n, so that a name cannot look like a line of its own; but "%s" adds a
// text as it is.
void pond_err_detail(pond_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// Adds the source line and, below it, `width` carets. `column` counts characters from 1.
void pond_err_caret(pond_err *err, const char *line, size_t line_len, uint32_t column,
                    uint32_t width);
// Adds a line of context and returns `code`. Does nothing for POND_OK.
pond_code pond_wrap(pond_err *err, pond_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void pond_err_clear(pond_err *err);

// "CONTEXT: CONTEXT: FILE:LINE:COLUMN: message", the outermost context first; what is unknown is
// left out.
enum { POND_ERR_LINE = POND_ERR_MAX_CTX * (POND_ERR_CTX + 2) + 256 + POND_ERR_MSG };
void pond_err_line(const pond_err *err, char out[POND_ERR_LINE]);
// Prints "PROGRAM: CONTEXT: CONTEXT: FILE:LINE:COLUMN: message\n", the outermost context first, and
// the lines of the detail.
void pond_err_print(const pond_err *err, const char *program, FILE *out);

const char *pond_code_name(pond_code code);
int pond_code_exit_status(pond_code code);

// Return at once on a failure: for functions that own nothing but arena memory.
#define POND_TRY(e)                                                                                \
    do {                                                                                           \
        pond_code pond_try_rc_ = (e);                                                              \
        if (pond_try_rc_ != POND_OK)                                                               \
            return pond_try_rc_;                                                                   \
    } while (0)
#define POND_TRY_CTX(e, err, ...)                                                                  \
    do {                                                                                           \
        pond_code pond_try_rc_ = (e);                                                              \
        if (pond_try_rc_ != POND_OK)                                                               \
            return pond_wrap((err), pond_try_rc_, __VA_ARGS__);                                    \
    } while (0)
// For functions that own something, which have one exit, at `label`. The first calls and keeps the
// code in `rc`; the second is for a code that `rc` holds already.
#define POND_TRY_GOTO(rc, e, label)                                                                \
    do {                                                                                           \
        (rc) = (e);                                                                                \
        POND_GOTO_IF(rc, label);                                                                   \
    } while (0)
#define POND_GOTO_IF(rc, label)                                                                    \
    do {                                                                                           \
        if ((rc) != POND_OK)                                                                       \
            goto label;                                                                            \
    } while (0)

// For mistakes in this program, checked in all builds; never for what a user, a file or a database
// says. POND_DCHECK is the same for inner loops: only debug builds check it.
#define POND_ASSERT(cond)                                                                          \
    do {                                                                                           \
        if (!(cond))                                                                               \
            pond_assert_failed(#cond, __FILE__, __LINE__);                                         \
    } while (0)
#ifdef POND_DEBUG
#define POND_DCHECK(cond) POND_ASSERT(cond)
#else
#define POND_DCHECK(cond) ((void)0)
#endif
_Noreturn void pond_assert_failed(const char *cond, const char *file, int line);

// Prints one line to standard error and aborts. This is safe, because a transaction that was not
// committed leaves no trace.
_Noreturn void pond_out_of_memory(size_t size_bytes);

#endif
