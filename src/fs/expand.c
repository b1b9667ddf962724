// Inserting captures into text, where it refers to them as $0, $1 …
#include "fs/glob.h"

// A piece of a text: literal text, and the reference after it, if there is one.
typedef struct piece {
    pond_sv literal;
    bool is_reference;
    size_t index;      // of the capture; SIZE_MAX if the number is too large
    pond_sv reference; // "$12"
} piece;

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Removes one piece from the front of *rest; false at the end of the text.
static bool next_piece(pond_sv *rest, piece *out) {
    if (rest->n == 0)
        return false;
    *out = (piece){.literal = *rest};
    for (size_t i = 0; i + 1 < rest->n; i++) {
        if (rest->p[i] != '$')
            continue;
        if (rest->p[i + 1] == '$') {
            out->literal = pond_sv_sub(*rest, 0, i + 1); // the first of the two stays
            *rest = pond_sv_sub(*rest, i + 2, rest->n);
            return true;
        }
        size_t end = i + 1;
        while (end < rest->n && is_digit(rest->p[end]))
            end++;
        if (end == i + 1)
            continue;
        uint64_t number;
        bool fits = pond_sv_to_uint(pond_sv_sub(*rest, i + 1, end), &number) && number < SIZE_MAX;
        out->literal = pond_sv_sub(*rest, 0, i);
        out->is_reference = true;
        out->index = fits ? (size_t)number : SIZE_MAX;
        out->reference = pond_sv_sub(*rest, i, end);
        *rest = pond_sv_sub(*rest, end, rest->n);
        return true;
    }
    *rest = pond_sv_sub(*rest, rest->n, rest->n);
    return true;
}

static pond_code fail_out_of_range(pond_err *err, const piece *p, pond_sv pattern, size_t n) {
    if (n == 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' in '%.*s' refers to a capture, but there are none",
                         POND_SV_ARG(p->reference), POND_SV_ARG(pattern));
    return pond_fail(err, POND_ERR_INVALID,
                     "'%.*s' in '%.*s' is out of range: there %s %zu capture%s, the last is $%zu",
                     POND_SV_ARG(p->reference), POND_SV_ARG(pattern), n == 1 ? "is" : "are", n,
                     n == 1 ? "" : "s", n - 1);
}

pond_code pond_expand_captures(pond_arena *a, pond_sv pattern, const pond_sv *captures, size_t n,
                               pond_sv *out, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    pond_sv rest = pattern;
    for (piece p; rc == POND_OK && next_piece(&rest, &p);) {
        pond_buf_sv(&text, p.literal);
        if (!p.is_reference)
            continue;
        if (p.index < n)
            pond_buf_sv(&text, captures[p.index]);
        else
            rc = fail_out_of_range(err, &p, pattern, n);
    }
    *out = pond_buf_keep(a, &text);
    return rc;
}

size_t pond_captures_needed(pond_sv pattern) {
    size_t needed = 0;
    for (piece p; next_piece(&pattern, &p);) {
        if (!p.is_reference)
            continue;
        size_t wants = p.index == SIZE_MAX ? SIZE_MAX : p.index + 1;
        needed = wants > needed ? wants : needed;
    }
    return needed;
}
