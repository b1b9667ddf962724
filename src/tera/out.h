// out: writing to the output, and comparing, in whole words.
//
// A render writes many short pieces. Copying each with a call costs more than its bytes, so a piece
// is copied in words, past its end: the output has room for that (TERA_SLACK), and so has the
// source of a template, whose texts are copied the same way. While a render runs, the output has no
// NUL at its end; tera_end adds it.
#ifndef POND_TERA_OUT_H
#define POND_TERA_OUT_H

#include "base/str.h"

enum { TERA_SLACK = 64 };

// A part of a function that is kept out of it, so that the rest needs less of the stack and fewer
// registers to save.
#define TERA_RARE __attribute__((noinline))

// Where the next byte goes, with room for n bytes and TERA_SLACK more.
static inline char *tera_room(pond_buf *out, size_t n) {
    if (out->cap - out->n <= n + TERA_SLACK)
        pond_buf_grow(out, n + TERA_SLACK);
    return out->p + out->n;
}

// The functions below write at `to` and return where the next byte goes. The caller knows that there
// is room for what they write and TERA_SLACK more.

// A text of a template: TERA_SLACK bytes after it can be read. Copies of constant size are a few
// instructions.
static inline char *tera_put_text(char *to, pond_sv text) {
    enum { SMALL = TERA_SLACK / 4, FEW = 4 * TERA_SLACK };
    if (text.n <= SMALL) {
        memcpy(to, text.p, SMALL);
    } else if (text.n <= TERA_SLACK) {
        memcpy(to, text.p, TERA_SLACK);
    } else if (text.n <= FEW) {
        for (size_t i = 0; i < text.n; i += TERA_SLACK)
            memcpy(to + i, text.p + i, TERA_SLACK);
    } else {
        memcpy(to, text.p, text.n);
    }
    return to + text.n;
}

// The beginning and the end of a text of n bytes, of which `half` is half or more.
static inline void tera_put_halves(char *to, const char *p, size_t n, size_t half) {
    memcpy(to, p, half);
    memcpy(to + n - half, p + n - half, half);
}

// Any other text.
static inline char *tera_put_sv(char *to, pond_sv s) {
    if (s.n > 64)
        memcpy(to, s.p, s.n);
    else if (s.n >= 32)
        tera_put_halves(to, s.p, s.n, 32);
    else if (s.n >= 16)
        tera_put_halves(to, s.p, s.n, 16);
    else if (s.n >= 8)
        tera_put_halves(to, s.p, s.n, 8);
    else if (s.n >= 4)
        tera_put_halves(to, s.p, s.n, 4);
    else
        for (size_t i = 0; i < s.n; i++)
            to[i] = s.p[i];
    return to + s.n;
}

// No more than TERA_SLACK bytes.
static inline char *tera_put_int(char *to, int64_t i) {
    if (i < 0)
        *to++ = '-';
    uint64_t magnitude = i < 0 ? 0 - (uint64_t)i : (uint64_t)i; // that of INT64_MIN fits unsigned
    return to + pond_digits_at(magnitude, to);
}

// Escaped: no more than TERA_LONGEST_ENTITY bytes for each of s.
enum { TERA_LONGEST_ENTITY = 6 };
char *tera_put_escaped(char *to, pond_sv s);

static inline void tera_end(pond_buf *out) {
    if (out->p != NULL)
        out->p[out->n] = '\0';
}

// Whether two texts of n bytes, which are no more than TERA_FEW_BYTES, are the same.
enum { TERA_FEW_BYTES = 16 };
static inline bool tera_same_few(const char *a, const char *b, size_t n) {
    if (n >= 8) // two words, which may overlap
        return memcmp(a, b, 8) == 0 && memcmp(a + n - 8, b + n - 8, 8) == 0;
    if (n >= 4)
        return memcmp(a, b, 4) == 0 && memcmp(a + n - 4, b + n - 4, 4) == 0;
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

#endif
