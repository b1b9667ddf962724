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

// Where a value goes. With indent 0 everything stays on one line.
typedef struct writer {
    pond_buf *out;
    int indent;
    pond_json_memo *memo; // may be NULL
} writer;

static void new_line(const writer *w, int depth) {
    if (w->indent == 0)
        return;
    pond_buf_char(w->out, '\n');
    pond_buf_fill(w->out, ' ', (size_t)w->indent * (size_t)depth);
}

static void write_integer(pond_buf *out, uint64_t magnitude, bool is_negative) {
    pond_buf_reserve(out, POND_DIGITS_ROOM + 1);
    out->p[out->n] = '-';
    out->n += is_negative;
    out->n += pond_digits_at(magnitude, out->p + out->n);
    out->p[out->n] = '\0';
}

static void write_value(const writer *w, pond_value v, int depth);

static void write_array(const writer *w, pond_value v, int depth) {
    pond_buf_char(w->out, '[');
    for (size_t i = 0; i < v.n; i++) {
        if (i > 0)
            pond_buf_char(w->out, ',');
        new_line(w, depth + 1);
        write_value(w, v.items[i], depth + 1);
    }
    if (v.n > 0)
        new_line(w, depth);
    pond_buf_char(w->out, ']');
}

static void write_entries(const writer *w, pond_value v, int depth) {
    pond_buf_char(w->out, '{');
    for (size_t i = 0; i < v.n; i++) {
        if (i > 0)
            pond_buf_char(w->out, ',');
        new_line(w, depth + 1);
        pond_json_string(w->out, v.entries[i].key);
        pond_buf_char(w->out, ':');
        if (w->indent > 0)
            pond_buf_char(w->out, ' ');
        write_value(w, v.entries[i].value, depth + 1);
    }
    if (v.n > 0)
        new_line(w, depth);
    pond_buf_char(w->out, '}');
}

static void write_object(const writer *w, pond_value v, int depth) {
    if (w->memo == NULL || depth >= POND_JSON_MEMO_DEPTH || v.n == 0) {
        write_entries(w, v, depth);
        return;
    }
    pond_buf *text = &w->memo->at[depth].text;
    bool came_before = w->memo->at[depth].entries == v.entries && w->memo->at[depth].n == v.n;
    if (came_before && text->n > 0) {
        pond_buf_sv(w->out, pond_buf_view(text));
        return;
    }
    size_t from = w->out->n;
    write_entries(w, v, depth);
    pond_buf_clear(text);
    if (came_before) // most objects never do, so the first time copies nothing
        pond_buf_append(text, w->out->p + from, w->out->n - from);
    w->memo->at[depth].entries = v.entries;
    w->memo->at[depth].n = v.n;
}

static void write_value(const writer *w, pond_value v, int depth) {
    switch (v.kind) {
    case POND_NULL:
        pond_buf_str(w->out, "null");
        break;
    case POND_BOOL:
        pond_buf_str(w->out, v.b ? "true" : "false");
        break;
    case POND_INT:
        write_integer(w->out, v.i < 0 ? 0 - (uint64_t)v.i : (uint64_t)v.i, v.i < 0);
        break;
    case POND_UINT:
        write_integer(w->out, v.u, false);
        break;
    case POND_FLOAT:
        pond_buf_reserve(w->out, 32);
        w->out->n += pond_float_json(v.f, w->out->p + w->out->n);
        break;
    case POND_STRING:
        pond_json_string(w->out, pond_value_sv(v));
        break;
    case POND_ARRAY:
        if (pond_has_attrs(v))
            write_object(w, pond_attrs(v), depth);
        else
            write_array(w, v, depth);
        break;
    default:
        write_object(w, v, depth);
    }
}

void pond_json_write(pond_buf *out, pond_value v, int indent) {
    write_value(&(writer){out, indent, NULL}, v, 0);
}

void pond_json_write_like(pond_buf *out, pond_value v, pond_json_memo *memo) {
    write_value(&(writer){out, 0, memo}, v, 0);
}

void pond_json_memo_free(pond_json_memo *memo) {
    for (size_t i = 0; i < POND_JSON_MEMO_DEPTH; i++)
        pond_buf_free(&memo->at[i].text);
}
