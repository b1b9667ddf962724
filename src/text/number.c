// Numbers: reads them in one pass, without copying.
#include "text/number.h"

#include "base/float.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

static bool is_digit(char c) {
    return (unsigned char)(c - '0') < 10;
}

// The most that another digit can follow in 64 bits.
static const uint64_t FULL = UINT64_C(999999999999999999);

static void add_digit(pond_written_number *n, char c) {
    if (n->digits <= FULL && !n->is_long)
        n->digits = n->digits * 10 + (uint64_t)(c - '0');
    else
        n->is_long = true;
}

// The digits before the fraction. Returns how many; 0: none, or wrong groups.
static size_t read_whole(pond_sv s, size_t *at, char thousands, pond_written_number *n) {
    size_t i = *at, begin = i, count = 0, group = 0;
    bool is_grouped = false;
    for (; i < s.n; i++) {
        if (is_digit(s.p[i])) {
            add_digit(n, s.p[i]);
            count++;
            group++;
        } else if (thousands != '\0' && s.p[i] == thousands && group > 0 &&
                   (is_grouped ? group == 3 : group <= 3)) {
            is_grouped = true;
            group = 0;
        } else {
            break;
        }
    }
    if (is_grouped && group != 3)
        return 0;
    n->has_leading_zero = count > 1 && s.p[begin] == '0';
    *at = i;
    return count;
}

static size_t read_fraction(pond_sv s, size_t *at, pond_written_number *n) {
    size_t i = *at, begin = i;
    for (; i < s.n && is_digit(s.p[i]); i++)
        add_digit(n, s.p[i]);
    n->exponent = -(int)(i - begin);
    *at = i;
    return i - begin;
}

// After the `e`. No double needs more than four digits.
static bool read_exponent(pond_sv s, size_t *at, pond_written_number *n) {
    size_t i = *at;
    bool is_negative = i < s.n && s.p[i] == '-';
    i += i < s.n && (s.p[i] == '-' || s.p[i] == '+');
    size_t begin = i;
    int e = 0;
    for (; i < s.n && is_digit(s.p[i]); i++)
        if (e < 100000)
            e = e * 10 + (s.p[i] - '0');
    n->exponent += is_negative ? -e : e;
    *at = i;
    return i > begin;
}

static bool read_any(pond_sv text, pond_number_form form, pond_written_number *out) {
    pond_written_number n = {0};
    size_t at = 0;
    n.is_negative = text.p[0] == '-';
    n.has_plus = text.p[0] == '+';
    at += n.is_negative || n.has_plus;
    size_t count = read_whole(text, &at, form.thousands, &n);
    n.is_whole = true;
    if (at < text.n && text.p[at] == form.decimal) {
        at++;
        count += read_fraction(text, &at, &n);
        n.is_whole = false;
    }
    if (count == 0)
        return false;
    if (at < text.n && (text.p[at] == 'e' || text.p[at] == 'E')) {
        at++;
        if (!read_exponent(text, &at, &n))
            return false;
        n.is_whole = false;
    }
    if (at != text.n)
        return false;
    *out = n;
    return true;
}

// Eight digits at once (Daniel Lemire, "Quickly parsing eight digits", 2018).
static inline bool read_eight(const char *p, const char *end, uint64_t *out) {
#if defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    uint64_t v;
    if (end - p < 8)
        return false;
    memcpy(&v, p, sizeof v);
    uint64_t high = UINT64_C(0xF0F0F0F0F0F0F0F0);
    if (((v & high) | (((v + UINT64_C(0x0606060606060606)) & high) >> 4)) !=
        UINT64_C(0x3333333333333333))
        return false;
    v -= UINT64_C(0x3030303030303030);
    v = v * 10 + (v >> 8);
    *out = (((v & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x000F424000000064)) +
            (((v >> 16) & UINT64_C(0x000000FF000000FF)) * UINT64_C(0x0000271000000001))) >>
           32;
    return true;
#else
    (void)p, (void)end, (void)out;
    return false;
#endif
}

static inline const char *read_digits(const char *p, const char *end, uint64_t *digits) {
    for (uint64_t eight; read_eight(p, end, &eight); p += 8)
        *digits = *digits * 100000000 + (uint32_t)eight;
    for (; p < end && is_digit(*p); p++)
        *digits = *digits * 10 + (uint64_t)(*p - '0');
    return p;
}

enum { MOST_DIGITS = 19 }; // that 64 bits hold, whichever they are

// What nearly all numbers are: few digits, no groups, no exponent. False: read_any decides.
static bool read_plain(pond_sv text, char decimal, pond_written_number *out) {
    const char *p = text.p, *end = p + text.n;
    bool is_negative = *p == '-', has_plus = *p == '+';
    p += is_negative || has_plus;
    uint64_t digits = 0;
    const char *begin = p;
    p = read_digits(p, end, &digits);
    size_t whole = (size_t)(p - begin), fraction = 0;
    if (p < end && *p == decimal) {
        const char *point = p;
        p = read_digits(p + 1, end, &digits);
        fraction = (size_t)(p - point) - 1;
    }
    if (p != end || whole + fraction == 0 || whole + fraction > MOST_DIGITS)
        return false;
    out->is_negative = is_negative;
    out->has_plus = has_plus;
    out->is_whole = p == begin + whole;
    out->has_leading_zero = whole > 1 && *begin == '0';
    out->is_long = false;
    out->digits = digits;
    out->exponent = -(int)fraction;
    return true;
}

bool pond_number_read(pond_sv text, pond_number_form form, pond_written_number *out) {
    enum { MOST_PLAIN = 18 + 2 }; // with a sign and a point
    if (text.n == 0 || text.n > INT16_MAX)
        return false;
    if (text.n <= MOST_PLAIN && form.thousands == '\0' && read_plain(text, form.decimal, out))
        return true;
    return read_any(text, form, out);
}

// With the point that strtod reads, and without groups.
static double read_slowly(pond_sv text, pond_number_form form) {
    char small[128], *copy = text.n < sizeof small ? small : pond_xmalloc(text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++)
        if (form.thousands == '\0' || text.p[i] != form.thousands)
            copy[n++] = text.p[i] == form.decimal ? '.' : text.p[i];
    copy[n] = '\0';
    double d = strtod(copy, NULL);
    if (copy != small)
        free(copy);
    return d;
}

double pond_number_double(const pond_written_number *n, pond_sv text, pond_number_form form) {
    double d;
    if (n->is_long || !pond_float_of_decimal(n->digits, n->exponent, &d))
        return read_slowly(text, form);
    return n->is_negative ? -d : d;
}

bool pond_number_int(const pond_written_number *n, int64_t *out) {
    uint64_t most = (uint64_t)INT64_MAX + n->is_negative;
    if (!n->is_whole || n->is_long || n->digits > most)
        return false;
    *out = (int64_t)(n->is_negative ? 0 - n->digits : n->digits);
    return true;
}

bool pond_number_word(pond_sv text, double *out) {
    static const struct {
        const char *word;
        double value;
    } words[] = {{"nan", NAN}, {"inf", INFINITY}, {"infinity", INFINITY}};
    bool is_negative = text.n > 0 && text.p[0] == '-';
    if (is_negative || (text.n > 0 && text.p[0] == '+'))
        text = (pond_sv){text.p + 1, text.n - 1};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (text.n == strlen(words[i].word) && strncasecmp(text.p, words[i].word, text.n) == 0) {
            *out = is_negative ? -words[i].value : words[i].value;
            return true;
        }
    return false;
}
