// The JSON writer.
#include "value/value.h"

#include "base/float.h"

// What follows the backslash for a byte that needs an escape; 'u' begins \u00XX.
static const char escapes[256] = {
    [0x00] = 'u', [0x01] = 'u', [0x02] = 'u', [0x03] = 'u',  [0x04] = 'u', [0x05] = 'u',
    [0x06] = 'u', [0x07] = 'u', ['\b'] = 'b', ['\t'] = 't',  ['\n'] = 'n', [0x0b] = 'u',
    ['\f'] = 'f', ['\r'] = 'r', [0x0e] = 'u', [0x0f] = 'u',  [0x10] = 'u', [0x11] = 'u',
    [0x12] = 'u', [0x13] = 'u', [0x14] = 'u', [0x15] = 'u',  [0x16] = 'u', [0x17] = 'u',
    [0x18] = 'u', [0x19] = 'u', [0x1a] = 'u', [0x1b] = 'u',  [0x1c] = 'u', [0x1d] = 'u',
    [0x1e] = 'u', [0x1f] = 'u', ['"'] = '"',  ['\\'] = '\\',
};

// Whether none of eight bytes needs an escape. Each byte is compared with a constant by the top bit
// of a difference.
static inline bool is_plain_word(const char *p) {
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word, quote, backslash;
    memcpy(&word, p, sizeof word);
    quote = word ^ each * '"';
    backslash = word ^ each * '\\';
    uint64_t found = ((word - each * 0x20) & ~word) | ((quote - each) & ~quote) |
                     ((backslash - each) & ~backslash);
    return (found & each * 0x80) == 0;
}

static char *put_escape(char *to, unsigned char c) {
    *to++ = '\\';
    *to++ = escapes[c];
    if (escapes[c] != 'u')
        return to;
    memcpy(to, "00", 2);
    pond_hex(&c, 1, to + 2);
    return to + 4;
}

// Copies what is left of a text from `i` on, fewer than eight bytes, if none of the last eight, or of
// all, needs an escape. These may be copied for the second time.
static inline bool put_plain_rest(char *to, pond_sv s, size_t i) {
    char word[8];
    size_t n = s.n - i;
    if (s.n >= 8) {
        if (!is_plain_word(s.p + s.n - 8))
            return false;
        memcpy(to + n - 8, s.p + s.n - 8, 8);
        return true;
    }
    if (s.n < 4 || i > 0)
        return false;
    memcpy(word, s.p, 4);
    memcpy(word + 4, s.p + n - 4, 4);
    if (!is_plain_word(word))
        return false;
    memcpy(to, word, 4);
    memcpy(to + n - 4, word + 4, 4);
    return true;
}

// Checks and copies eight bytes at a time, as long as none needs an escape.
void pond_json_string(pond_buf *out, pond_sv s) {
    pond_buf_reserve(out, s.n + 2);
    char *to = out->p + out->n;
    *to++ = '"';
    for (size_t i = 0; i < s.n; i++) {
        for (; i + 8 <= s.n && is_plain_word(s.p + i); i += 8, to += 8)
            memcpy(to, s.p + i, 8);
        if (i == s.n)
            break;
        if (s.n - i < 8 && put_plain_rest(to, s, i)) {
            to += s.n - i;
            break;
        }
        unsigned char c = (unsigned char)s.p[i];
        if (escapes[c] == 0) {
            *to++ = (char)c;
            continue;
        }
        out->n = (size_t)(to - out->p);
        pond_buf_reserve(out, s.n - i + 8); // the rest, this escape, the quote
        to = put_escape(out->p + out->n, c);
    }
    *to++ = '"';
    *to = '\0';
    out->n = (size_t)(to - out->p);
}

// With indent 0 everything stays on one line.
static void new_line(pond_buf *out, int indent, int depth) {
    if (indent == 0)
        return;
    pond_buf_char(out, '\n');
    pond_buf_fill(out, ' ', (size_t)indent * (size_t)depth);
}

static void write_integer(pond_buf *out, uint64_t magnitude, bool is_negative) {
    pond_buf_reserve(out, POND_DIGITS_ROOM + 1);
    out->p[out->n] = '-';
    out->n += is_negative;
    out->n += pond_digits_at(magnitude, out->p + out->n);
    out->p[out->n] = '\0';
}

static void write_value(pond_buf *out, pond_value v, int indent, int depth);

static void write_array(pond_buf *out, pond_value v, int indent, int depth) {
    pond_buf_char(out, '[');
    for (size_t i = 0; i < v.n; i++) {
        if (i > 0)
            pond_buf_char(out, ',');
        new_line(out, indent, depth + 1);
        write_value(out, v.items[i], indent, depth + 1);
    }
    if (v.n > 0)
        new_line(out, indent, depth);
    pond_buf_char(out, ']');
}

static void write_object(pond_buf *out, pond_value v, int indent, int depth) {
    pond_buf_char(out, '{');
    for (size_t i = 0; i < v.n; i++) {
        if (i > 0)
            pond_buf_char(out, ',');
        new_line(out, indent, depth + 1);
        pond_json_string(out, v.entries[i].key);
        pond_buf_char(out, ':');
        if (indent > 0)
            pond_buf_char(out, ' ');
        write_value(out, v.entries[i].value, indent, depth + 1);
    }
    if (v.n > 0)
        new_line(out, indent, depth);
    pond_buf_char(out, '}');
}

static void write_value(pond_buf *out, pond_value v, int indent, int depth) {
    switch (v.kind) {
    case POND_NULL:
        pond_buf_str(out, "null");
        break;
    case POND_BOOL:
        pond_buf_str(out, v.b ? "true" : "false");
        break;
    case POND_INT:
        write_integer(out, v.i < 0 ? 0 - (uint64_t)v.i : (uint64_t)v.i, v.i < 0);
        break;
    case POND_UINT:
        write_integer(out, v.u, false);
        break;
    case POND_FLOAT:
        pond_buf_reserve(out, 32);
        out->n += pond_float_json(v.f, out->p + out->n);
        break;
    case POND_STRING:
        pond_json_string(out, pond_value_sv(v));
        break;
    case POND_ARRAY:
        if (pond_has_attrs(v))
            write_object(out, pond_attrs(v), indent, depth);
        else
            write_array(out, v, indent, depth);
        break;
    default:
        write_object(out, v, indent, depth);
    }
}

void pond_json_write(pond_buf *out, pond_value v, int indent) {
    write_value(out, v, indent, 0);
}
