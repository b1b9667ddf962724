// str: text, as views that borrow it and buffers that own it.
//
// pond_sv is a pointer and a length. It borrows its bytes, is not necessarily NUL-terminated, and
// is never freed; it is the type of parameters that are text. pond_buf owns its bytes, grows, and
// always has a NUL after the last byte; the caller frees it, or moves it into an arena with
// pond_buf_keep.
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
// A view of a string literal.
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
// Compares by bytes, as memcmp does; a prefix comes first.
int pond_sv_cmp(pond_sv a, pond_sv b);
bool pond_sv_starts(pond_sv s, pond_sv prefix);
bool pond_sv_ends(pond_sv s, pond_sv suffix);
// The offset of the first (or last) occurrence, or -1.
ptrdiff_t pond_sv_find(pond_sv s, pond_sv needle);
bool pond_sv_has_nocase(pond_sv s, const char *word); // anywhere; letters of ASCII in any case
ptrdiff_t pond_sv_find_char(pond_sv s, char c);
ptrdiff_t pond_sv_rfind_char(pond_sv s, char c);
pond_sv pond_sv_sub(pond_sv s, size_t from, size_t to); // bytes from..to, clamped to the text
pond_sv pond_sv_trim(pond_sv s);                        // without ASCII blanks at both ends
// Removes `c` from the start of *s; false when another character is there.
static inline bool pond_sv_cut_char(pond_sv *s, char c) {
    if (s->n == 0 || s->p[0] != c)
        return false;
    *s = (pond_sv){s->p + 1, s->n - 1};
    return true;
}
// Splits at `sep`: each call removes the text up to the next `sep` from *rest and stores it in
// *piece. After the last piece *rest is {NULL, 0}, and the next call returns false. So "a,,b" has
// three pieces and "" has one.
bool pond_sv_split(pond_sv *rest, char sep, pond_sv *piece);

// Copies that live in `a`, NUL-terminated.
pond_sv pond_sv_dup(pond_arena *a, pond_sv s);
pond_sv pond_sv_lower(pond_arena *a, pond_sv s); // with ASCII letters in lower case
char *pond_cstr(pond_arena *a, pond_sv s);
char *pond_printf(pond_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
pond_sv pond_svf(pond_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// Conversions of a whole text; false when it holds anything else or is out of range.
bool pond_sv_to_int(pond_sv s, int64_t *out);
bool pond_sv_to_uint(pond_sv s, uint64_t *out);
bool pond_sv_to_double(pond_sv s, double *out); // correctly rounded; always with '.'

// The edit distance (Damerau-Levenshtein, optimal string alignment), for "did you mean"; more than
// `most` when it exceeds that, or when a text is longer than 64 bytes.
size_t pond_sv_distance(pond_sv a, pond_sv b, size_t most);
// The candidate nearest to `name`, if it is near enough to be a suggestion; else empty.
pond_sv pond_nearest(pond_sv name, const pond_sv *candidates, size_t n);

typedef struct pond_buf {
    char *p; // NULL only while empty; p[n] is NUL
    size_t n, cap;
} pond_buf;

#define POND_BUF_EMPTY ((pond_buf){NULL, 0, 0})
void pond_buf_free(pond_buf *b);
void pond_buf_clear(pond_buf *b); // keeps its memory
// Copies the text into `a`, NUL-terminated, and frees the buffer, which is then empty.
pond_sv pond_buf_keep(pond_arena *a, pond_buf *b);
void pond_buf_grow(pond_buf *b, size_t more_bytes);
// Makes sure that so many bytes and a NUL can be added without a further allocation.
static inline void pond_buf_reserve(pond_buf *b, size_t more_bytes) {
    if (more_bytes >= b->cap - b->n)
        pond_buf_grow(b, more_bytes);
}
void pond_buf_append(pond_buf *b, const void *p, size_t n);
void pond_buf_printf(pond_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pond_buf_vprintf(pond_buf *b, const char *fmt, va_list args);
void pond_buf_fill(pond_buf *b, char c, size_t n); // n times
// Without a check: the caller has reserved the memory.
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

// The offset of the first byte that is not part of valid UTF-8 (RFC 3629: no surrogates, no overlong
// forms, nothing above U+10FFFF), or -1.
ptrdiff_t pond_utf8_find_bad(pond_sv s);
// Whether it is text: UTF-8 without a NUL.
bool pond_sv_is_text(pond_sv s);
// The number of characters of valid UTF-8.
static inline size_t pond_utf8_count(pond_sv s) {
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++)
        n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
    return n;
}

// Text for people -------------------------------------------------------------------------------
// A terminal obeys control characters, and names and values may be somebody else's. These functions
// append text in which each one is an escape: \n, \t, \r, \x1b, \u0085; also bytes that are not
// UTF-8, and what turns the direction of text or breaks lines (\u202e, \u2028).

typedef enum pond_keep {
    POND_KEEP_NOTHING,
    POND_KEEP_TABS,
    POND_KEEP_LINES, // tabs and newlines
    POND_KEEP_TEXT,  // and a carriage return before a newline
} pond_keep;
void pond_buf_visible(pond_buf *b, pond_sv s, pond_keep keep);
// printf whose arguments become visible. Newlines of the format stay, whatever `keep` says.
void pond_buf_vprintf_visible(pond_buf *b, pond_keep keep, const char *fmt, va_list args);

// Appends an SQL string ('text') or an SQL identifier ("name"), with quotes inside doubled.
void pond_buf_sql_string(pond_buf *b, pond_sv s);
void pond_buf_sql_name(pond_buf *b, pond_sv s);
// Writes the decimal digits of `u` so that they end directly before `end`, and returns where they
// begin. At most 20 bytes are written.
char *pond_digits(uint64_t u, char *end);
// The same, forwards: writes the digits to `out` and returns how many they are. All of the room may
// be written to.
enum { POND_DIGITS_ROOM = 20 };
size_t pond_digits_at(uint64_t u, char *out);
// Writes n bytes as lower-case hex digits, and a NUL; `out` has room for 2n + 1.
void pond_hex(const uint8_t *bytes, size_t n, char *out);
// Appends the value of an option as the URL of a file can hold it: with %26 for an ampersand, and %23
// for a hash.
void pond_buf_url_value(pond_buf *url, pond_sv value);
int pond_hex_digit(char c); // its value, in upper or lower case; -1: it is none

#endif
