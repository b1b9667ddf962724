// str: text as views and as owners.
//
// pond_sv borrows: pointer and length, not necessarily NUL-terminated, never freed. It is the
// argument type for text. pond_buf owns, grows, and always has a NUL past its end.
#ifndef POND_BASE_STR_H
#define POND_BASE_STR_H

#include "base/arena.h"

#include <stdarg.h>
#include <string.h>

typedef struct pond_sv {
    const char *p;
    size_t n; // bytes
} pond_sv;

// For printf("%.*s", POND_SV_ARG(sv)).
#define POND_SV_ARG(sv) (int)(sv).n, (sv).p
// A view of a string literal, usable in a static initialiser.
#define POND_SV(literal) ((pond_sv){(literal), sizeof(literal) - 1})

static inline pond_sv pond_sv_of(const char *text) {
    return (pond_sv){text, text == NULL ? 0 : strlen(text)};
}
static inline bool pond_sv_eq(pond_sv a, pond_sv b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool pond_sv_is(pond_sv a, const char *text) {
    return pond_sv_eq(a, pond_sv_of(text));
}
// Order of bytes, as memcmp.
int pond_sv_cmp(pond_sv a, pond_sv b);
bool pond_sv_starts(pond_sv s, pond_sv prefix);
bool pond_sv_ends(pond_sv s, pond_sv suffix);
// Offset of the first occurrence, or -1.
ptrdiff_t pond_sv_find(pond_sv s, pond_sv needle);
ptrdiff_t pond_sv_find_char(pond_sv s, char c);
ptrdiff_t pond_sv_rfind_char(pond_sv s, char c);
pond_sv pond_sv_sub(pond_sv s, size_t from, size_t to); // clamped to the text
pond_sv pond_sv_trim(pond_sv s);                        // ASCII blanks at both ends
// Cuts the text up to `sep` off the front of *rest and stores it in *piece; false when *rest.p is
// NULL. The last piece is followed by *rest = {NULL, 0}, so "a,,b" gives three pieces and "" gives
// one.
bool pond_sv_split(pond_sv *rest, char sep, pond_sv *piece);

// Copies that live in `a`, NUL-terminated.
pond_sv pond_sv_dup(pond_arena *a, pond_sv s);
char *pond_cstr(pond_arena *a, pond_sv s);
char *pond_printf(pond_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
pond_sv pond_svf(pond_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// Whole-string conversions; false when anything is left over or out of range.
bool pond_sv_to_int(pond_sv s, int64_t *out);
bool pond_sv_to_uint(pond_sv s, uint64_t *out);
bool pond_sv_to_double(pond_sv s, double *out); // correctly rounded, '.' whatever the locale

// Edit distance (Damerau-Levenshtein, optimal string alignment), at most `most`; for "did you
// mean".
size_t pond_sv_distance(pond_sv a, pond_sv b, size_t most);
// The candidate nearest to `name`, if near enough to be worth naming; else an empty view.
pond_sv pond_nearest(pond_sv name, const pond_sv *candidates, size_t n);

typedef struct pond_buf {
    char *p; // NULL only while empty; p[n] is NUL
    size_t n, cap;
} pond_buf;

#define POND_BUF_EMPTY ((pond_buf){NULL, 0, 0})
void pond_buf_free(pond_buf *b);
void pond_buf_clear(pond_buf *b); // keeps the memory
// Copies the text into `a`, NUL-terminated, and frees the buffer, which is then empty.
pond_sv pond_buf_keep(pond_arena *a, pond_buf *b);
void pond_buf_grow(pond_buf *b, size_t more_bytes);
// Room for so many bytes and a NUL behind them.
static inline void pond_buf_reserve(pond_buf *b, size_t more_bytes) {
    if (more_bytes >= b->cap - b->n)
        pond_buf_grow(b, more_bytes);
}
void pond_buf_append(pond_buf *b, const void *p, size_t n);
void pond_buf_printf(pond_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pond_buf_vprintf(pond_buf *b, const char *fmt, va_list args);
void pond_buf_fill(pond_buf *b, char c, size_t n); // n times
// The caller reserved the room.
static inline void pond_buf_append_unsafe(pond_buf *b, const void *p, size_t n) {
    memcpy(b->p + b->n, p, n);
    b->n += n;
}
static inline void pond_buf_char(pond_buf *b, char c) {
    if (b->n + 1 >= b->cap)
        pond_buf_reserve(b, 1);
    b->p[b->n++] = c;
    b->p[b->n] = '\0';
}
static inline void pond_buf_sv(pond_buf *b, pond_sv s) {
    pond_buf_append(b, s.p, s.n);
}
static inline void pond_buf_str(pond_buf *b, const char *text) {
    pond_buf_append(b, text, strlen(text));
}
static inline pond_sv pond_buf_view(const pond_buf *b) {
    return (pond_sv){b->p == NULL ? "" : b->p, b->n};
}

// 'text' as an SQL string, "name" as an SQL identifier, quotes doubled.
void pond_buf_sql_string(pond_buf *b, pond_sv s);
void pond_buf_sql_name(pond_buf *b, pond_sv s);
// The decimal digits of u, written so that they end before `end`, which has room for 20 bytes
// before it; returns where they begin.
char *pond_digits(uint64_t u, char *end);
// Lower-case hex of n bytes; out has room for 2n + 1.
void pond_hex(const uint8_t *bytes, size_t n, char *out);

#endif
