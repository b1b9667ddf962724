// Text: views, copies, conversions, suggestions, buffers.
#include "base/str.h"

#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

// Views -------------------------------------------------------------------------------------------

int pond_sv_cmp(pond_sv a, pond_sv b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

bool pond_sv_starts(pond_sv s, pond_sv prefix) {
    return s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0;
}

bool pond_sv_ends(pond_sv s, pond_sv suffix) {
    return s.n >= suffix.n && memcmp(s.p + s.n - suffix.n, suffix.p, suffix.n) == 0;
}

enum { STRETCH = 32 };

// Whether the needle may begin in the STRETCH bytes at `p`: whether its first and last byte occur
// anywhere there at the right distance. Compilers turn the loop into vector instructions.
static bool may_begin_in(const char *p, char first, const char *q, char last) {
    unsigned char any = 0;
    for (int i = 0; i < STRETCH; i++)
        any |= (p[i] == first) & (q[i] == last);
    return any != 0;
}

// memmem prepares a table at each call, which costs more than the search when the needle is near.
// So it searches only the end of the text, and texts with many false candidates, because its time
// is linear for all texts.
ptrdiff_t pond_sv_find(pond_sv s, pond_sv needle) {
    if (needle.n == 0)
        return 0;
    size_t at = 0, n_compared = 0, tail = needle.n - 1; // n_compared: bytes
    char first = needle.p[0], last = needle.p[tail];
    for (; s.n >= STRETCH + tail && at <= s.n - STRETCH - tail; at += STRETCH) {
        const char *p = s.p + at;
        if (!may_begin_in(p, first, p + tail, last))
            continue;
        for (size_t i = 0; i < STRETCH; i++) {
            if (p[i] != first || p[i + tail] != last)
                continue;
            if (memcmp(p + i, needle.p, needle.n) == 0)
                return (ptrdiff_t)(at + i);
            n_compared += needle.n;
        }
        if (n_compared > 4096 + at)
            break;
    }
    const char *hit = at == s.n ? NULL : memmem(s.p + at, s.n - at, needle.p, needle.n);
    return hit == NULL ? -1 : hit - s.p;
}

bool pond_sv_has_nocase(pond_sv s, const char *word) {
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.n; i++)
        if (strncasecmp(s.p + i, word, n) == 0)
            return true;
    return false;
}

ptrdiff_t pond_sv_find_char(pond_sv s, char c) {
    const char *hit = s.n == 0 ? NULL : memchr(s.p, c, s.n);
    return hit == NULL ? -1 : hit - s.p;
}

ptrdiff_t pond_sv_rfind_char(pond_sv s, char c) {
    const char *hit = s.n == 0 ? NULL : memrchr(s.p, c, s.n);
    return hit == NULL ? -1 : hit - s.p;
}

pond_sv pond_sv_sub(pond_sv s, size_t from, size_t to) {
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return (pond_sv){s.p + from, to - from};
}

pond_sv pond_sv_trim(pond_sv s) {
    while (s.n > 0 && isspace((unsigned char)s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n > 0 && isspace((unsigned char)s.p[s.n - 1]))
        s.n--;
    return s;
}

bool pond_sv_split(pond_sv *rest, char sep, pond_sv *piece) {
    if (rest->p == NULL)
        return false;
    ptrdiff_t at = pond_sv_find_char(*rest, sep);
    if (at < 0) {
        *piece = *rest;
        *rest = (pond_sv){NULL, 0};
    } else {
        *piece = (pond_sv){rest->p, (size_t)at};
        *rest = (pond_sv){rest->p + at + 1, rest->n - (size_t)at - 1};
    }
    return true;
}

// Copies ------------------------------------------------------------------------------------------

pond_sv pond_sv_lower(pond_arena *a, pond_sv s) {
    char *copy = pond_cstr(a, s);
    for (size_t i = 0; i < s.n; i++)
        if (copy[i] >= 'A' && copy[i] <= 'Z')
            copy[i] = (char)(copy[i] - 'A' + 'a');
    return (pond_sv){copy, s.n};
}

char *pond_cstr(pond_arena *a, pond_sv s) {
    char *p = pond_alloc(a, s.n + 1);
    if (s.n > 0)
        memcpy(p, s.p, s.n);
    p[s.n] = '\0';
    return p;
}

pond_sv pond_sv_dup(pond_arena *a, pond_sv s) {
    return (pond_sv){pond_cstr(a, s), s.n};
}

static pond_sv vformat(pond_arena *a, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    POND_ASSERT(n >= 0);
    char *p = pond_alloc(a, (size_t)n + 1);
    vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return (pond_sv){p, (size_t)n};
}

char *pond_printf(pond_arena *a, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pond_sv s = vformat(a, fmt, args);
    va_end(args);
    return (char *)(uintptr_t)s.p;
}

pond_sv pond_svf(pond_arena *a, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pond_sv s = vformat(a, fmt, args);
    va_end(args);
    return s;
}

// Conversions -------------------------------------------------------------------------------------

bool pond_sv_to_uint(pond_sv s, uint64_t *out) {
    uint64_t v = 0;
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10u, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
            return false;
    }
    *out = v;
    return true;
}

bool pond_sv_to_int(pond_sv s, int64_t *out) {
    bool negative = s.n > 0 && s.p[0] == '-';
    uint64_t v;
    if (!pond_sv_to_uint(negative ? pond_sv_sub(s, 1, s.n) : s, &v))
        return false;
    if (v > (uint64_t)INT64_MAX + (negative ? 1 : 0))
        return false;
    *out = negative ? (int64_t)(0 - v) : (int64_t)v;
    return true;
}

bool pond_sv_to_double(pond_sv s, double *out) {
    // The program never calls setlocale, so strtod reads '.'. Other forms that strtod accepts
    // (blanks, hex, "inf", "nan") are refused here.
    char small[64];
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (strchr("0123456789+-.eE", s.p[i]) == NULL || s.p[i] == '\0')
            return false;
    char *text = s.n < sizeof small ? small : pond_xmalloc(s.n + 1);
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    char *end;
    *out = strtod(text, &end);
    bool whole = end == text + s.n;
    if (text != small)
        free(text);
    return whole;
}

// "Did you mean" ----------------------------------------------------------------------------------

size_t pond_sv_distance(pond_sv a, pond_sv b, size_t most) {
    enum { MAX = 64 };
    if (a.n > MAX || b.n > MAX || (a.n > b.n ? a.n - b.n : b.n - a.n) > most)
        return most + 1;
    size_t rows[3][MAX + 1];
    for (size_t j = 0; j <= b.n; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *cur = rows[i % 3], *prev = rows[(i + 2) % 3], *prev2 = rows[(i + 1) % 3];
        cur[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            size_t d = prev[j - 1] + (a.p[i - 1] != b.p[j - 1]);
            d = prev[j] + 1 < d ? prev[j] + 1 : d;
            d = cur[j - 1] + 1 < d ? cur[j - 1] + 1 : d;
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1] &&
                prev2[j - 2] + 1 < d)
                d = prev2[j - 2] + 1;
            cur[j] = d;
        }
    }
    return rows[a.n % 3][b.n];
}

pond_sv pond_nearest(pond_sv name, const pond_sv *candidates, size_t n) {
    size_t best = name.n < 4 ? 1 : name.n < 8 ? 2 : 3;
    pond_sv found = {"", 0};
    for (size_t i = 0; i < n; i++) {
        size_t d = pond_sv_distance(name, candidates[i], best);
        if (d < best || (d == best && found.n == 0)) {
            best = d;
            found = candidates[i];
        }
    }
    return found;
}

// Buffers -----------------------------------------------------------------------------------------

void pond_buf_free(pond_buf *b) {
    free(b->p);
    *b = POND_BUF_EMPTY;
}

void pond_buf_clear(pond_buf *b) {
    b->n = 0;
    if (b->p != NULL)
        b->p[0] = '\0';
}

pond_sv pond_buf_keep(pond_arena *a, pond_buf *b) {
    pond_sv kept = pond_sv_dup(a, pond_buf_view(b));
    pond_buf_free(b);
    return kept;
}

void pond_buf_grow(pond_buf *b, size_t more_bytes) {
    if (more_bytes > SIZE_MAX / 4 - b->n)
        pond_out_of_memory(more_bytes);
    size_t want = b->n + more_bytes + 1;
    size_t cap = b->cap == 0 ? 64 : b->cap * 2;
    if (cap < want)
        cap = want;
    b->p = pond_xrealloc(b->p, cap);
    b->cap = cap;
}

void pond_buf_append(pond_buf *b, const void *p, size_t n) {
    pond_buf_reserve(b, n);
    if (n > 0)
        pond_buf_append_unsafe(b, p, n);
    b->p[b->n] = '\0';
}

void pond_buf_fill(pond_buf *b, char c, size_t n) {
    pond_buf_reserve(b, n);
    memset(b->p + b->n, c, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void pond_buf_vprintf(pond_buf *b, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    pond_buf_reserve(b, 0);
    size_t room = b->cap - b->n; // mostly enough
    int n = vsnprintf(b->p + b->n, room, fmt, args);
    POND_ASSERT(n >= 0);
    if ((size_t)n >= room) {
        pond_buf_reserve(b, (size_t)n);
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
    }
    b->n += (size_t)n;
    va_end(again);
}

void pond_buf_printf(pond_buf *b, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pond_buf_vprintf(b, fmt, args);
    va_end(args);
}

// UTF-8 -------------------------------------------------------------------------------------------

// The character at the start of `s`, which is not empty; 0 bytes if it is not UTF-8.
static size_t decode_utf8(pond_sv s, uint32_t *out) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)s.p[0];
    size_t n = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    *out = n < 2 ? first : first & (0x7Fu >> n);
    if (n > s.n || first > 0xF4)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if (((unsigned char)s.p[i] & 0xC0) != 0x80)
            return 0;
        *out = *out << 6 | ((unsigned char)s.p[i] & 0x3F);
    }
    bool is_surrogate = *out >= 0xD800 && *out <= 0xDFFF;
    return *out < least[n] || *out > 0x10FFFF || is_surrogate ? 0 : n;
}

// The bytes of ASCII at the start, eight at a time.
static size_t count_ascii(const char *p, size_t n) {
    size_t i = 0;
    for (uint64_t eight; i + sizeof eight <= n; i += sizeof eight) {
        memcpy(&eight, p + i, sizeof eight);
        if ((eight & UINT64_C(0x8080808080808080)) != 0)
            break;
    }
    while (i < n && (unsigned char)p[i] < 0x80)
        i++;
    return i;
}

ptrdiff_t pond_utf8_find_bad(pond_sv s) {
    for (size_t i = 0; i < s.n;) {
        i += count_ascii(s.p + i, s.n - i);
        while (i < s.n && (unsigned char)s.p[i] >= 0x80) {
            uint32_t c;
            size_t n = decode_utf8((pond_sv){s.p + i, s.n - i}, &c);
            if (n == 0)
                return (ptrdiff_t)i;
            i += n;
        }
    }
    return -1;
}

bool pond_sv_is_text(pond_sv s) {
    return pond_utf8_find_bad(s) < 0 && pond_sv_find_char(s, '\0') < 0;
}

// Text for people -------------------------------------------------------------------------------

// Whether a terminal shows the character, and shows it where it is.
static bool is_visible(uint32_t c) {
    static const struct {
        uint32_t from, to;
    } hidden[] = {
        {0x00, 0x1F},       // C0
        {0x7F, 0x9F},       // DEL, C1
        {0x061C, 0x061C},   // the direction of text
        {0x200E, 0x200F},   //
        {0x2028, 0x202E},   // line and paragraph separators; embeddings and overrides of direction
        {0x2066, 0x2069},   // isolates
        {0xFEFF, 0xFEFF},   // byte order mark
        {0xFFF9, 0xFFFB},   // interlinear annotations
        {0xE0000, 0xE007F}, // tags
    };
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (c >= hidden[i].from && c <= hidden[i].to)
            return false;
    return true;
}

static bool is_kept(pond_sv rest, pond_keep keep) {
    char c = rest.p[0];
    return (keep >= POND_KEEP_TABS && c == '\t') || (keep >= POND_KEEP_LINES && c == '\n') ||
           (keep >= POND_KEEP_TEXT && c == '\r' && rest.n > 1 && rest.p[1] == '\n');
}

static void append_escape(pond_buf *b, uint32_t c, bool is_byte) {
    if (c == '\n' || c == '\t' || c == '\r')
        pond_buf_str(b, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
    else
        pond_buf_printf(b, is_byte ? "\\x%02x" : c > 0xFFFF ? "\\U%08x" : "\\u%04x", c);
}

void pond_buf_visible(pond_buf *b, pond_sv s, pond_keep keep) {
    for (size_t i = 0; i < s.n;) {
        size_t plain = i;
        while (plain < s.n && s.p[plain] >= ' ' && s.p[plain] < 0x7F)
            plain++;
        pond_buf_append(b, s.p + i, plain - i);
        if (plain == s.n)
            return;
        uint32_t c;
        pond_sv rest = pond_sv_sub(s, plain, s.n);
        size_t n = decode_utf8(rest, &c);
        if (n > 0 && (is_visible(c) || is_kept(rest, keep)))
            pond_buf_append(b, rest.p, n);
        else
            append_escape(b, n == 0 ? (unsigned char)rest.p[0] : c, n < 2);
        i = plain + (n == 0 ? 1 : n);
    }
}

// The text with `mark` in place of the newlines of the format.
static void format_marked(pond_buf *b, char mark, const char *fmt, va_list args) {
    pond_buf marked = POND_BUF_EMPTY;
    pond_buf_str(&marked, fmt);
    for (size_t i = 0; i < marked.n; i++)
        if (marked.p[i] == '\n')
            marked.p[i] = mark;
    if (marked.n > 0)
        pond_buf_vprintf(b, marked.p, args);
    pond_buf_free(&marked);
}

// Which newlines are those of the format? The text is made with two different marks in their place;
// only there the two texts differ.
void pond_buf_vprintf_visible(pond_buf *b, pond_keep keep, const char *fmt, va_list args) {
    va_list again;
    va_copy(again, args);
    pond_buf one = POND_BUF_EMPTY, two = POND_BUF_EMPTY;
    format_marked(&one, '\1', fmt, args);
    format_marked(&two, '\2', fmt, again);
    va_end(again);
    size_t from = 0;
    for (size_t i = 0; i <= one.n; i++) {
        if (i < one.n && one.p[i] == two.p[i])
            continue;
        pond_buf_visible(b, pond_sv_sub(pond_buf_view(&one), from, i), keep);
        if (i < one.n)
            pond_buf_char(b, '\n');
        from = i + 1;
    }
    pond_buf_free(&one);
    pond_buf_free(&two);
}

static void append_quoted(pond_buf *b, pond_sv s, char quote) {
    pond_buf_char(b, quote);
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == quote)
            pond_buf_char(b, quote);
        pond_buf_char(b, s.p[i]);
    }
    pond_buf_char(b, quote);
}

void pond_buf_sql_string(pond_buf *b, pond_sv s) {
    append_quoted(b, s, '\'');
}

void pond_buf_sql_name(pond_buf *b, pond_sv s) {
    append_quoted(b, s, '"');
}

// Two digits at a time, because division is the slow part.
static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
                                  "25262728293031323334353637383940414243444546474849"
                                  "50515253545556575859606162636465666768697071727374"
                                  "75767778798081828384858687888990919293949596979899";

char *pond_digits(uint64_t u, char *end) {
    for (; u >= 100; u /= 100)
        memcpy(end -= 2, digit_pairs + u % 100 * 2, 2);
    if (u >= 10)
        memcpy(end -= 2, digit_pairs + u * 2, 2);
    else
        *--end = (char)('0' + u);
    return end;
}

// The digits of a number below 100,000,000, one in each byte, the first in the lowest. The halves,
// then the pairs, then the digits are divided next to each other in one word; a division by a
// constant is a multiplication by its inverse, which is exact for numbers this small.
static inline uint64_t eight_digits(uint64_t u) {
    uint32_t small = (uint32_t)u;
    uint64_t fours = small / 10000 | (uint64_t)(small % 10000) << 32;
    uint64_t hundreds = fours * 10486 >> 20 & UINT64_C(0x7f0000007f);
    uint64_t pairs = (fours - hundreds * 100) << 16 | hundreds;
    uint64_t tens = pairs * 103 >> 10 & UINT64_C(0x000f000f000f000f);
    return (pairs - tens * 10) << 8 | tens;
}

// The same for a number below 10,000.
static inline uint32_t four_digits(uint32_t u) {
    uint32_t hundreds = u * 10486 >> 20;
    uint32_t pairs = (u - hundreds * 100) << 16 | hundreds;
    uint32_t tens = pairs * 103 >> 10 & 0x000f000f;
    return (pairs - tens * 10) << 8 | tens;
}

static inline void put_word(char *out, uint64_t digits) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    digits = __builtin_bswap64(digits);
#endif
    memcpy(out, &digits, sizeof digits);
}

// 1233 / 4096 is nearly the logarithm of 2, so n is the number of digits or one less. The number 0
// has one.
static inline unsigned count_digits(uint64_t u) {
    static const uint64_t powers[] = {
        0,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        10000000000000000000u,
    };
    unsigned bits = 64 - (unsigned)__builtin_clzll(u | 1), n = bits * 1233 >> 12;
    return n + (u >= powers[n]);
}

// The number of digits is counted and not found in the digits: what is written next begins after
// them, and need not wait for them then.
size_t pond_digits_at(uint64_t u, char *out) {
    const uint64_t limit = 100000000, zeros = UINT64_C(0x3030303030303030);
    unsigned n = count_digits(u);
    if (u < 10000) {
        put_word(out, (four_digits((uint32_t)u) | zeros) >> (4 - n) * 8);
    } else if (u < limit) {
        put_word(out, (eight_digits(u) | zeros) >> (8 - n) * 8);
    } else if (u < limit * limit) {
        put_word(out, (eight_digits(u / limit) | zeros) >> (16 - n) * 8);
        put_word(out + n - 8, eight_digits(u % limit) | zeros);
    } else {
        put_word(out, (eight_digits(u / limit / limit) | zeros) >> (24 - n) * 8);
        put_word(out + n - 16, eight_digits(u / limit % limit) | zeros);
        put_word(out + n - 8, eight_digits(u % limit) | zeros);
    }
    return n;
}

void pond_hex(const uint8_t *bytes, size_t n, char *out) {
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

int pond_hex_digit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

void pond_buf_url_value(pond_buf *url, pond_sv value) {
    for (size_t i = 0; i < value.n; i++) {
        char c = value.p[i];
        bool is_escape = c == '%' && i + 2 < value.n && pond_hex_digit(value.p[i + 1]) >= 0 &&
                         pond_hex_digit(value.p[i + 2]) >= 0;
        if (c == '&' || c == '#' || is_escape)
            pond_buf_printf(url, "%%%02X", (unsigned)c);
        else
            pond_buf_char(url, c);
    }
}
