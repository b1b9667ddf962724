// Reads JSON piece by piece.
#include "value/pull.h"

#include "value/value_internal.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { WINDOW_BYTES = 1 << 18, N_ZEROS = 8 };

typedef struct level {
    bool is_object;
    bool has_any; // members or items so far
} level;

struct pond_pull {
    int fd;
    const char *name;
    char *window; // [p, end) is what was read from the file and not used yet; zeros follow
    char *p, *end;
    size_t cap;
    uint64_t n_read;
    uint64_t n_lines; // that end before p
    bool is_at_end;
    bool is_begun; // the whole value
    bool is_bad;
    bool is_decoded; // the last string had escapes: it lies in the scratch arena
    int failure;     // errno of a read
    size_t depth;
    level levels[POND_JSON_MAX_DEPTH];
    pond_arena scratch; // of what has to be decoded, until the next value
};

static bool fail(pond_pull *p) {
    p->is_bad = true;
    p->p = p->end;
    return false;
}

// The window -------------------------------------------------------------------------------------

// Moves what is left to the front of the window, which grows if it is all of it, and reads more.
// False at the end of the file.
static bool read_more(pond_pull *p) {
    if (p->is_at_end || p->is_bad)
        return false;
    size_t left = (size_t)(p->end - p->p);
    memmove(p->window, p->p, left);
    if (left == p->cap) {
        p->cap *= 2;
        p->window = pond_xrealloc(p->window, p->cap + N_ZEROS);
    }
    ssize_t n;
    do
        n = read(p->fd, p->window + left, p->cap - left);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        p->failure = errno;
    p->is_at_end = n <= 0;
    p->p = p->window;
    p->end = p->window + left + (n > 0 ? (size_t)n : 0);
    memset(p->end, 0, N_ZEROS);
    p->n_read += n > 0 ? (uint64_t)n : 0;
    // What pond_json_parse does not take.
    return p->n_read >= UINT32_MAX ? fail(p) : n > 0;
}

pond_pull *pond_pull_new_with(int fd, const char *name, size_t window_bytes) {
    const pond_sv byte_order_mark = POND_SV("\xEF\xBB\xBF"); // as pond_json_parse
    pond_pull *p = pond_xmalloc(sizeof *p);
    *p = (pond_pull){.fd = fd, .name = name, .cap = window_bytes};
    p->window = p->p = p->end = pond_xmalloc(window_bytes + N_ZEROS);
    pond_arena_init(&p->scratch);
    while (p->end - p->p < 3 && read_more(p))
        ;
    if (pond_sv_starts((pond_sv){p->p, (size_t)(p->end - p->p)}, byte_order_mark))
        p->p += byte_order_mark.n;
    return p;
}

pond_pull *pond_pull_new(int fd, const char *name) {
    return pond_pull_new_with(fd, name, WINDOW_BYTES);
}

pond_pull *pond_pull_new_for_texts(void) {
    pond_pull *p = pond_xmalloc(sizeof *p);
    *p = (pond_pull){.fd = -1, .name = "", .is_at_end = true, .is_bad = true};
    p->window = p->p = p->end = pond_xmalloc(N_ZEROS);
    memset(p->window, 0, N_ZEROS);
    pond_arena_init(&p->scratch);
    return p;
}

void pond_pull_text(pond_pull *p, pond_sv text) {
    if (text.n > p->cap) {
        p->cap = 2 * text.n;
        p->window = pond_xrealloc(p->window, p->cap + N_ZEROS);
    }
    if (text.n > 0)
        memcpy(p->window, text.p, text.n);
    p->p = p->window;
    p->end = p->window + text.n;
    memset(p->end, 0, N_ZEROS);
    p->depth = 0;
    p->n_lines = 0;
    p->is_begun = p->is_bad = false;
}

uint64_t pond_pull_line(const pond_pull *p) {
    return p->n_lines + 1;
}

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r'); // as yajl, which takes \v and \f for blanks, too
}

// The next byte that is not blank, without using it; 0 at the end.
static char peek(pond_pull *p) {
    for (;;) {
        while (is_blank(*p->p))
            p->n_lines += *p->p++ == '\n';
        if (p->p < p->end)
            return *p->p;
        if (!read_more(p))
            return '\0';
    }
}

static bool take(pond_pull *p, char c) {
    if (peek(p) != c)
        return fail(p);
    p->p++;
    return true;
}

// Strings -----------------------------------------------------------------------------------------

// How many of eight bytes come before the first one of a string that means more than itself: a
// quote, a backslash, a control character, or a byte of a character that is not ASCII. The top bit
// of a byte says so; what is above the first such bit may be wrong.
static size_t count_plain(const char *p) {
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word, quote, backslash;
    memcpy(&word, p, sizeof word);
    word = le64toh(word);
    quote = word ^ each * '"';
    backslash = word ^ each * '\\';
    uint64_t found =
        ((word - each * 0x20) | (quote - each) | (backslash - each) | word) & each * 0x80;
    return found == 0 ? 8 : (size_t)__builtin_ctzll(found) / 8;
}

// The text of a string with escapes, or NULL.
static const char *decode(pond_pull *p, pond_sv token, pond_sv *out) {
    pond_value v;
    pond_arena_rewind(&p->scratch);
    if (pond_json_parse(&p->scratch, token, p->name, &v, NULL) != POND_OK || v.kind != POND_STRING)
        return NULL;
    *out = pond_value_sv(v);
    return out->p;
}

// Scans to the end of the string whose quote is at p->p, and uses it. The text lies in the window
// or in the scratch arena.
static bool string(pond_pull *p, pond_sv *out) {
    bool has_escapes = false, is_ascii = true;
    size_t i = 1; // in bytes from the quote: reading more moves the text
    for (;;) {
        size_t n = count_plain(p->p + i); // the zeros after the window are not plain
        i += n;
        if (n == 8)
            continue;
        unsigned char c = (unsigned char)p->p[i];
        if (c == '"')
            break;
        bool is_at_end = p->p + i + (c == '\\') >= p->end;
        if (is_at_end ? !read_more(p) : c < 0x20)
            return fail(p);
        if (is_at_end)
            continue;
        has_escapes |= c == '\\';
        is_ascii &= c < 0x80;
        i += c == '\\' ? 2 : 1;
    }
    const char *text = p->p;
    *out = (pond_sv){text + 1, i - 1};
    p->p += i + 1;
    p->is_begun = true;
    p->is_decoded = has_escapes;
    if (has_escapes)
        return decode(p, (pond_sv){text, i + 1}, out) != NULL || fail(p);
    return is_ascii || pond_utf8_find_bad(*out) < 0 || fail(p);
}

// Other values ------------------------------------------------------------------------------------

static bool is_of_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
           c == '-' || c == '.';
}

// A number, or a word such as `true`: all that may follow each other in one.
static bool word(pond_pull *p, pond_sv *out) {
    size_t n = 0;
    for (;;) {
        while (is_of_word(p->p[n]))
            n++;
        if (p->p + n < p->end || !read_more(p))
            break;
    }
    *out = (pond_sv){p->p, n};
    p->p += n;
    p->is_begun = true;
    return n > 0 || fail(p);
}

// Most numbers are integers of 64 bits that lie in the window. Uses the text if it is such a one;
// the others are words. One that begins with a zero is not JSON, but for zero itself; and -0 is a
// double.
static bool plain_int(pond_pull *p, int64_t *out) {
    enum { MOST_DIGITS = 19 }; // which fit 64 bits without a sign
    bool is_negative = *p->p == '-';
    const char *first = p->p + is_negative, *at = first;
    uint64_t v = 0;
    for (; *at >= '0' && *at <= '9' && at - first < MOST_DIGITS; at++)
        v = v * 10 + (uint64_t)(*at - '0');
    if (at == first || is_of_word(*at) || at == p->end || v > INT64_MAX ||
        (*first == '0' && (is_negative || at - first > 1)))
        return false;
    *out = is_negative ? -(int64_t)v : (int64_t)v;
    p->p += at - p->p;
    p->is_begun = true;
    return true;
}

static bool scalar(pond_pull *p, pond_value *out) {
    pond_sv text;
    int64_t i;
    if (plain_int(p, &i)) {
        *out = pond_int(i);
        return true;
    }
    if (!word(p, &text))
        return false;
    bool is_true = POND_KEY_IS(text, "true"), is_null = POND_KEY_IS(text, "null");
    if (is_true || is_null || POND_KEY_IS(text, "false")) {
        *out = is_null ? pond_null() : pond_bool(is_true);
        return true;
    }
    pond_arena_rewind(&p->scratch);
    return pond_json_parse(&p->scratch, text, p->name, out, NULL) == POND_OK || fail(p);
}

static bool open_level(pond_pull *p, bool is_object) {
    if (p->depth == POND_JSON_MAX_DEPTH)
        return fail(p);
    p->p++; // the bracket was peeked at
    p->is_begun = true;
    p->levels[p->depth++] = (level){.is_object = is_object};
    return true;
}

// Whether the innermost array or object goes on; else it is closed.
static bool goes_on(pond_pull *p, char close) {
    level *l = &p->levels[p->depth - 1];
    char c = peek(p);
    if (p->is_bad)
        return false;
    if (c == close) {
        p->p++;
        p->depth--;
        return false;
    }
    if (l->has_any)
        return take(p, ',');
    l->has_any = true;
    return true;
}

bool pond_pull_item(pond_pull *p) {
    return !p->is_bad && goes_on(p, ']');
}

// Takes a key that is written as most are: `,"key":` without blanks and escapes, all of it in the
// window. False if it is not; then nothing was used.
static bool simple_key(pond_pull *p, pond_sv *key) {
    level *l = &p->levels[p->depth - 1];
    const char *quote = p->p + l->has_any; // within the zeros, if not in the window
    if ((l->has_any && *p->p != ',') || *quote != '"')
        return false;
    size_t n = 0, plain;
    do
        n += plain = count_plain(quote + 1 + n);
    while (plain == 8);
    const char *end = quote + 1 + n; // the first zero after the window at the latest
    if (end >= p->end || *end != '"' || end[1] != ':')
        return false;
    *key = (pond_sv){quote + 1, n};
    p->p += end + 2 - p->p;
    l->has_any = true;
    return true;
}

bool pond_pull_key(pond_pull *p, pond_sv *key) {
    if (p->is_bad)
        return false;
    if (simple_key(p, key))
        return true;
    if (!goes_on(p, '}'))
        return false;
    if (peek(p) != '"')
        return fail(p);
    if (!string(p, key))
        return false;
    // Mostly the colon is there, and then the key stays where it is.
    if (*p->p != ':' && !p->is_decoded) {
        pond_arena_rewind(&p->scratch);
        *key = pond_sv_dup(&p->scratch, *key);
    }
    return take(p, ':');
}

static bool is_next(pond_pull *p, char c) {
    return peek(p) == c && !p->is_bad;
}

bool pond_pull_object(pond_pull *p) {
    if (is_next(p, '{'))
        return open_level(p, true);
    pond_pull_skip(p);
    return false;
}

bool pond_pull_array(pond_pull *p) {
    if (is_next(p, '['))
        return open_level(p, false);
    pond_pull_skip(p);
    return false;
}

bool pond_pull_string(pond_pull *p, pond_sv *out) {
    if (is_next(p, '"'))
        return string(p, out);
    pond_pull_skip(p);
    return false;
}

bool pond_pull_int(pond_pull *p, int64_t *out) {
    pond_value v;
    char c = peek(p);
    if (c != '-' && (c < '0' || c > '9')) {
        pond_pull_skip(p);
        return false;
    }
    if (!scalar(p, &v) || v.kind != POND_INT)
        return false;
    *out = v.i;
    return true;
}

pond_kind pond_pull_kind(pond_pull *p) {
    char c = peek(p);
    return c == '{'                             ? POND_OBJECT
           : c == '['                           ? POND_ARRAY
           : c == '"'                           ? POND_STRING
           : c == 't' || c == 'f'               ? POND_BOOL
           : c == '-' || (c >= '0' && c <= '9') ? POND_INT
                                                : POND_NULL;
}

static size_t count_digits(pond_sv s, size_t at) {
    size_t n = 0;
    while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9')
        n++;
    return n;
}

// The grammar of RFC 8259.
static bool is_number(pond_sv s) {
    size_t at = s.n > 0 && s.p[0] == '-', n = count_digits(s, at);
    if (n == 0 || (n > 1 && s.p[at] == '0'))
        return false;
    at += n;
    if (at < s.n && s.p[at] == '.') {
        n = count_digits(s, at + 1);
        if (n == 0)
            return false;
        at += 1 + n;
    }
    if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
        at++;
        at += at < s.n && (s.p[at] == '-' || s.p[at] == '+');
        n = count_digits(s, at);
        if (n == 0)
            return false;
        at += n;
    }
    return at == s.n;
}

bool pond_pull_number(pond_pull *p, pond_sv *out) {
    if (pond_pull_kind(p) == POND_INT)
        return word(p, out) && (is_number(*out) || fail(p));
    pond_pull_skip(p);
    return false;
}

// Skips without recursion: values may be nested deeply.
void pond_pull_skip(pond_pull *p) {
    size_t depth = p->depth;
    pond_sv text;
    pond_value v;
    do {
        bool is_value = true;
        if (p->depth > depth)
            is_value =
                p->levels[p->depth - 1].is_object ? pond_pull_key(p, &text) : pond_pull_item(p);
        if (!is_value)
            continue;
        char c = peek(p);
        if (c == '"')
            string(p, &text);
        else if (c == '{' || c == '[')
            open_level(p, c == '{');
        else
            scalar(p, &v);
    } while (p->depth > depth && !p->is_bad);
}

// Trees -------------------------------------------------------------------------------------------

static bool array_value(pond_pull *p, pond_arena *a, pond_value *out) {
    POND_VEC(pond_value) items = {0};
    open_level(p, false);
    while (pond_pull_item(p)) {
        pond_value v;
        if (pond_pull_value(p, a, &v))
            *pond_vec_push(a, &items) = v;
    }
    *out = pond_array(items.items, items.n);
    return !p->is_bad;
}

static bool object_value(pond_pull *p, pond_arena *a, pond_value *out) {
    pond_object_builder o = {.arena = a};
    open_level(p, true);
    for (pond_sv key; pond_pull_key(p, &key);) {
        pond_value v;
        pond_sv kept = pond_sv_dup(a, key);
        if (pond_pull_value(p, a, &v))
            pond_object_put_sv(&o, kept, v);
    }
    *out = pond_object_build(&o);
    return !p->is_bad;
}

bool pond_pull_value(pond_pull *p, pond_arena *a, pond_value *out) {
    pond_sv text;
    char c = peek(p);
    *out = pond_null();
    if (c == '{' || c == '[') {
        if (p->depth == POND_JSON_MAX_DEPTH)
            return fail(p);
        return c == '{' ? object_value(p, a, out) : array_value(p, a, out);
    }
    if (c != '"')
        return scalar(p, out);
    if (!string(p, &text))
        return false;
    *out = pond_string(pond_sv_dup(a, text));
    return true;
}

bool pond_pull_is_bad(const pond_pull *p) {
    return p->is_bad;
}

bool pond_pull_is_done(pond_pull *p) {
    bool is_done = p->is_begun && !p->is_bad && p->depth == 0 && peek(p) == '\0' && p->p == p->end;
    return is_done && p->failure == 0 && !p->is_bad;
}

pond_code pond_pull_end(pond_pull *p, bool *is_json, pond_err *err) {
    *is_json = pond_pull_is_done(p);
    errno = p->failure;
    pond_code rc = p->failure == 0 ? POND_OK : pond_fail_errno(err, "cannot read '%s'", p->name);
    pond_arena_deinit(&p->scratch);
    free(p->window);
    free(p);
    return rc;
}
