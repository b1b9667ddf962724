// err: how a failure travels.
//
// Functions that can fail return a pond_code and take a `pond_err *err` last, which may be NULL.
// The place that knows raises once, with pond_fail; each layer on the way up may add one line of
// what it was doing, with pond_wrap; main alone prints. A pond_err is plain storage: it owns
// nothing and may be copied.
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

// Clang and gcc warn about a dropped result of a function declared with POND_MUST.
typedef pond_code_value pond_code;
#define POND_MUST __attribute__((warn_unused_result))

// Where in the *user's* text: a config, a template, a CSV. line and column count from 1, 0 means
// unknown.
typedef struct pond_loc {
    char file[192];
    uint32_t line, column;
} pond_loc;

enum { POND_ERR_MSG = 768, POND_ERR_DETAIL = 6144, POND_ERR_MAX_CTX = 8, POND_ERR_CTX = 224 };

typedef struct pond_err {
    pond_code code;
    pond_loc where;
    char msg[POND_ERR_MSG]; // what went wrong, with the offending value: lower case, no full stop
    char detail[POND_ERR_DETAIL]; // whole lines under it: the source line and a caret, a
                                  // difference, a chain of calls
    uint8_t n_ctx;                // what we were doing, innermost first
    char ctx[POND_ERR_MAX_CTX][POND_ERR_CTX];
} pond_err;

// Raises: fills *err (if not NULL), clearing what was there, and returns `code`.
pond_code pond_fail(pond_err *err, pond_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// The same with a place in the user's text. `file` is copied.
pond_code pond_fail_at(pond_err *err, pond_code code, const char *file, uint32_t line,
                       uint32_t column, const char *fmt, ...) __attribute__((format(printf, 6, 7)));
// Raises POND_ERR_IO (NOT_FOUND for ENOENT) with the text of errno behind the message.
pond_code pond_fail_errno(pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
// Adds whole lines below the message; a text that does not fit is cut and says so.
void pond_err_detail(pond_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// Adds the source line and a caret: column counts characters from 1, width is how many carets.
void pond_err_caret(pond_err *err, const char *line, size_t line_len, uint32_t column,
                    uint32_t width);
// Adds a line of context and returns `code`; does nothing for POND_OK.
pond_code pond_wrap(pond_err *err, pond_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void pond_err_clear(pond_err *err);

// "CONTEXT: CONTEXT: FILE:LINE:COL: message\n" and the detail lines, outermost context first.
void pond_err_print(const pond_err *err, const char *program, FILE *out);

const char *pond_code_name(pond_code code);
int pond_code_exit_status(pond_code code);

// Return at once, for functions that own nothing but arena memory.
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
// For functions that own something: one exit, at `label`.
#define POND_TRY_GOTO(rc, e, label)                                                                \
    do {                                                                                           \
        (rc) = (e);                                                                                \
        if ((rc) != POND_OK)                                                                       \
            goto label;                                                                            \
    } while (0)

// Our own mistakes. Always on; never for what a user, a file or a database says.
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

// Out of memory for our own bookkeeping: one line on standard error and abort (a transaction makes
// that safe).
_Noreturn void pond_out_of_memory(size_t size_bytes);

#endif
