// ISO 8601 and RFC 3339. Every field of a file may be asked whether it is such a text, so the
// common form has fixed positions, and eight characters are looked at at a time.
#include "text/when_internal.h"

#include <endian.h>

// Parts -------------------------------------------------------------------------------------------

size_t text_take_fraction(pond_sv s, int32_t *ns, uint8_t *n_digits) {
    size_t n = 0;
    int32_t value = 0;
    for (; n < s.n && n < 9 && text_is_digit(s.p[n]); n++)
        value = value * 10 + (s.p[n] - '0');
    *n_digits = (uint8_t)n;
    for (size_t i = n; i < 9; i++)
        value *= 10;
    *ns = value;
    return n;
}

// Two digits; more than 99 when they are none.
static inline uint32_t two_digits(const char *p) {
    uint32_t tens = (uint32_t)p[0] - '0', ones = (uint32_t)p[1] - '0';
    return tens < 10 && ones < 10 ? tens * 10 + ones : 100;
}

size_t text_take_offset(pond_sv s, int32_t *offset_s) {
    *offset_s = 0;
    if (s.n > 0 && (s.p[0] == 'Z' || s.p[0] == 'z'))
        return 1;
    if (s.n < 3 || (s.p[0] != '+' && s.p[0] != '-'))
        return 0;
    size_t n = 3;
    uint32_t hours = two_digits(s.p + 1), minutes = 0;
    if (s.n >= 6 && s.p[3] == ':' && text_is_digit(s.p[4])) {
        minutes = two_digits(s.p + 4);
        n = 6;
    } else if (s.n >= 5 && text_is_digit(s.p[3])) {
        minutes = two_digits(s.p + 3);
        n = 5;
    }
    if (hours > 23 || minutes > 59)
        return 0;
    int32_t seconds = (int32_t)(hours * 60 + minutes) * 60;
    *offset_s = s.p[0] == '-' ? -seconds : seconds;
    return n;
}

// Eight characters at a time ----------------------------------------------------------------------

// In a number of eight characters the first one is the lowest byte. Combined with their pattern by
// exclusive or, the digits are 0 to 9, the other characters 0; anything else is more. Adding what
// the highest bit lacks shows which bytes are too large.
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
enum { DIGIT = 0x7F - 9, SAME = 0x7F };

static uint64_t load(const char *p) {
    uint64_t eight;
    memcpy(&eight, p, sizeof eight);
    return le64toh(eight);
}

static bool is_any_too_large(uint64_t eight, uint64_t room) {
    return (((eight + room) | eight) & EACH(0x80)) != 0;
}

// Of eight digits: each byte becomes the number of two digits that begins there.
static uint64_t pairs(uint64_t digits) {
    return digits * 10 + (digits >> 8);
}

static uint32_t byte_at(uint64_t eight, int i) {
    return (uint32_t)(eight >> (8 * i)) & 0xFF;
}

#define BYTES(a, b, c, d, e, f, g, h)                                                              \
    ((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 |              \
     (uint64_t)(e) << 32 | (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)

// "2024-01-"
static inline bool read_month(const char *p, text_civil *c) {
    uint64_t digits = load(p) ^ BYTES('0', '0', '0', '0', '-', '0', '0', '-');
    uint64_t two = pairs(digits);
    c->year = byte_at(two, 0) * 100 + byte_at(two, 2);
    c->month = byte_at(two, 5);
    return !is_any_too_large(digits, BYTES(DIGIT, DIGIT, DIGIT, DIGIT, SAME, DIGIT, DIGIT, SAME));
}

// "31T10:00"
static inline bool read_day_and_minute(const char *p, text_civil *c) {
    bool is_separated = p[2] == 'T' || p[2] == ' ' || p[2] == 't';
    uint64_t digits = load(p) ^ BYTES('0', '0', 0, '0', '0', ':', '0', '0');
    digits &= ~BYTES(0, 0, 0xFF, 0, 0, 0, 0, 0);
    uint64_t two = pairs(digits);
    c->day = byte_at(two, 0);
    c->hour = byte_at(two, 3);
    c->minute = byte_at(two, 6);
    return is_separated &&
           !is_any_too_large(digits, BYTES(DIGIT, DIGIT, SAME, DIGIT, DIGIT, SAME, DIGIT, DIGIT));
}

// Whole texts -------------------------------------------------------------------------------------

enum { DATE_BYTES = 10, MINUTE_BYTES = 16, SECOND_BYTES = 19 };

// ".123456789+02:00", what follows the second or, without a fraction, the minute.
static bool read_tail(pond_sv s, bool has_second, text_civil *c, pond_when *w, int32_t *offset_s) {
    if (has_second && (s.p[0] == '.' || s.p[0] == ',')) {
        size_t n = text_take_fraction((pond_sv){s.p + 1, s.n - 1}, &c->ns, &w->digits);
        if (n == 0)
            return false;
        s = (pond_sv){s.p + 1 + n, s.n - 1 - n};
        if (s.n == 0)
            return true;
    }
    (void)pond_sv_cut_char(&s, ' ');
    w->kind = POND_WHEN_ZONED;
    return s.n > 0 && text_take_offset(s, offset_s) == s.n;
}

bool pond_when_iso(pond_sv text, pond_when *out) {
    const char *p = text.p;
    text_civil c;
    if (text.n < DATE_BYTES || p[4] != '-' || !read_month(p, &c))
        return false;
    c.hour = c.minute = c.second = 0;
    c.ns = 0;
    pond_when w = {.kind = POND_WHEN_LOCAL};
    int32_t offset_s = 0;
    if (text.n == DATE_BYTES) {
        w.kind = POND_WHEN_DATE;
        c.day = two_digits(p + 8);
    } else {
        if (text.n < MINUTE_BYTES || !read_day_and_minute(p + 8, &c))
            return false;
        bool has_second = text.n >= SECOND_BYTES && p[MINUTE_BYTES] == ':';
        size_t n = has_second ? SECOND_BYTES : MINUTE_BYTES;
        c.second = has_second ? two_digits(p + MINUTE_BYTES + 1) : 0;
        if (text.n > n && !read_tail((pond_sv){p + n, text.n - n}, has_second, &c, &w, &offset_s))
            return false;
    }
    if (!text_civil_seconds(&c, &w.s))
        return false;
    w.s -= offset_s;
    w.ns = c.ns;
    *out = w;
    return true;
}
