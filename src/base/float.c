// Doubles as decimal text: the shortest digits that read back as the same double, and of those the
// nearest to it. The algorithm is Schubfach (Raffaele Giulietti, "The Schubfach way to render
// doubles", 2020): three products of 64 x 128 bits and no loop.
#include "base/float.h"

#include "base/str.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

typedef struct pow10 {
    uint64_t high, low;
} pow10;

enum { POW10_MIN = -292, POW10_MAX = 324 };
static const pow10 powers[] = {
#define POW10(k, high, low) [(k)-POW10_MIN] = {high, low},
#include "base/pow10.def"
#undef POW10
};
_Static_assert(sizeof powers / sizeof *powers == POW10_MAX - POW10_MIN + 1, "a row for each power");

// An integer times a power of ten.
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

// Which of two equally short, equally near texts to take. Ryu takes the even one, Rust's Display
// the greater one.
typedef enum tie_rule { TIES_EVEN, TIES_UP } tie_rule;

// floor(log10(2^q)), or floor(log10(3/4 * 2^q)) for the narrower interval below a power of two;
// floor(log2(10^k)). Exact for all exponents that a double can have. A right shift of a negative
// number rounds down with every compiler we build with.
static int floor_log10_pow2(int q, bool is_narrow) {
    return (q * 1262611 - (is_narrow ? 524031 : 0)) >> 22;
}
static int floor_log2_pow10(int k) {
    return (k * 1741647) >> 19;
}

// floor(power * n / 2^128), with the lowest bit set if anything was cut off: enough to compare with
// a boundary exactly.
static uint64_t round_to_odd(pow10 power, uint64_t n) {
    __extension__ typedef unsigned __int128 u128;
    u128 low = (u128)power.low * n;
    u128 sum = (u128)power.high * n + (uint64_t)(low >> 64);
    return (uint64_t)(sum >> 64) | ((uint64_t)sum > 1);
}

// f is finite and above 0. Everything is scaled by 4, so that the boundaries half way to the
// neighbours are integers too, and by a power of ten such that the interval between the boundaries
// holds at least one multiple of 4 and at most one of 40.
static decimal to_decimal(double f, tie_rule ties) {
    uint64_t bits;
    memcpy(&bits, &f, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << 52) - 1);
    int biased = (int)(bits >> 52);
    uint64_t c = biased == 0 ? fraction : fraction | UINT64_C(1) << 52;
    int q = (biased == 0 ? 1 : biased) - 1075;

    bool is_narrow = fraction == 0 && biased > 1; // the neighbour below is nearer
    int k = floor_log10_pow2(q, is_narrow);
    int shift = q + floor_log2_pow10(-k) + 1;
    pow10 power = powers[-k - POW10_MIN];
    uint64_t lower = round_to_odd(power, (4 * c - 2 + is_narrow) << shift);
    uint64_t value = round_to_odd(power, (4 * c) << shift);
    uint64_t upper = round_to_odd(power, (4 * c + 2) << shift);
    // A boundary itself reads back as f only if f is even: strtod rounds halves to even.
    lower += c & 1;
    upper -= c & 1;

    uint64_t s = value / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        bool down = lower <= 40 * tens, up = 40 * tens + 40 <= upper;
        if (down != up)
            return (decimal){tens + up, k + 1};
    }
    bool down = lower <= 4 * s, up = 4 * s + 4 <= upper;
    if (down != up)
        return (decimal){s + up, k};
    uint64_t middle = 4 * s + 2;
    up = value > middle || (value == middle && (ties == TIES_UP || (s & 1)));
    return (decimal){s + up, k};
}

static int shortest_digits(double f, tie_rule ties, char *digits, int *exponent) {
    decimal d = to_decimal(fabs(f), ties);
    if (d.digits % 10 == 0) { // whole numbers and short fractions have many zeros
        while (d.digits % 100000000 == 0) {
            d.digits /= 100000000;
            d.exponent += 8;
        }
        while (d.digits % 10 == 0) {
            d.digits /= 10;
            d.exponent++;
        }
    }
    char room[20], *end = room + sizeof room;
    char *begin = pond_digits(d.digits, end);
    int n = (int)(end - begin);
    memcpy(digits, begin, (size_t)n);
    digits[n] = '\0';
    *exponent = d.exponent + n;
    return n;
}

int pond_shortest_digits(double f, char *digits, int *exponent) {
    return shortest_digits(f, TIES_EVEN, digits, exponent);
}

// Writing -----------------------------------------------------------------------------------------

static char *put(char *p, const char *text, size_t n) {
    memcpy(p, text, n);
    return p + n;
}

static char *put_sign(char *p, double f) {
    return put(p, "-", signbit(f) ? 1 : 0);
}

static char *put_zeros(char *p, int n) {
    memset(p, '0', (size_t)n);
    return p + n;
}

// The digits with the point after `point` of them, zeros filled in on either side.
static char *put_positional(char *p, const char *digits, int n, int point) {
    if (point <= 0) {
        p = put_zeros(put(p, "0.", 2), -point);
        return put(p, digits, (size_t)n);
    }
    if (point >= n)
        return put_zeros(put(p, digits, (size_t)n), point - n);
    p = put(put(p, digits, (size_t)point), ".", 1);
    return put(p, digits + point, (size_t)(n - point));
}

static char *put_scientific(char *p, const char *digits, int n, int point) {
    *p++ = digits[0];
    if (n > 1)
        p = put(put(p, ".", 1), digits + 1, (size_t)(n - 1));
    return p + snprintf(p, 8, "e%d", point - 1);
}

static size_t finish(char *out, char *end) {
    *end = '\0';
    return (size_t)(end - out);
}

size_t pond_float_json(double f, char out[32]) {
    if (!isfinite(f))
        return finish(out, put(out, "null", 4));
    char *p = put_sign(out, f), digits[18];
    if (f == 0.0)
        return finish(out, put(p, "0.0", 3));
    int point, n = pond_shortest_digits(f, digits, &point);
    if (point <= -5 || point > 16)
        return finish(out, put_scientific(p, digits, n, point));
    p = put_positional(p, digits, n, point);
    return finish(out, put(p, ".0", point >= n ? 2 : 0));
}

size_t pond_float_plain(double f, char out[352]) {
    if (isnan(f))
        return finish(out, put(out, "NaN", 3));
    char *p = put_sign(out, f), digits[18];
    if (isinf(f))
        return finish(out, put(p, "inf", 3));
    if (f == 0.0)
        return finish(out, put(p, "0", 1));
    int point, n = shortest_digits(f, TIES_UP, digits, &point);
    return finish(out, put_positional(p, digits, n, point));
}

// Reading -----------------------------------------------------------------------------------------

// Up to 2^53, and the powers of ten up to 10^22, are doubles without an error, so their product or
// quotient has only the error of one operation (W. D. Clinger, "How to Read Floating Point Numbers
// Accurately", 1990).
static bool read_exactly(uint64_t digits, int exponent, double *out) {
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (digits > UINT64_C(1) << 53 || exponent < -22 || exponent > 22)
        return false;
    *out = exponent < 0 ? (double)digits / tens[-exponent] : (double)digits * tens[exponent];
    return true;
}

enum { FRACTION_BITS = 52, BIAS = 1023, INFINITE = 0x7ff };

// The algorithm is Eisel-Lemire (Daniel Lemire, "Number Parsing at a Gigabyte per Second", 2021):
// the digits times the leading 128 bits of the power of ten, of which the highest 54 decide.
bool pond_float_of_decimal(uint64_t digits, int exponent, double *out) {
    __extension__ typedef unsigned __int128 u128;
    if (read_exactly(digits, exponent, out))
        return true;
    if (digits == 0 || exponent < POW10_MIN || exponent > 308)
        return false;
    // The rows of the table are rounded up, where the power is not exact; above 1 the algorithm needs
    // them cut off.
    pow10 power = powers[exponent - POW10_MIN];
    if (exponent > 55) {
        power.high -= power.low == 0;
        power.low--;
    }
    int zeros = __builtin_clzll(digits);
    uint64_t w = digits << zeros;
    u128 product = (u128)w * power.high;
    enum { SPARE = 64 - FRACTION_BITS - 3 };
    if (((uint64_t)(product >> 64) & ((UINT64_C(1) << SPARE) - 1)) ==
        (UINT64_C(1) << SPARE) - 1) // the lower half may carry into what decides
        product += ((u128)w * power.low) >> 64;
    uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
    if (low == UINT64_MAX && (exponent < -27 || exponent > 55))
        return false;
    int upper = (int)(high >> 63);
    uint64_t fraction = high >> (upper + SPARE);
    int power2 = floor_log2_pow10(exponent) + 63 + upper - zeros + BIAS;
    if (power2 <= 0)
        return false;
    // Half way between two doubles: only where 5^exponent divides what 64 bits can hold.
    if (low <= 1 && exponent >= -4 && exponent <= 23 && (fraction & 3) == 1 &&
        fraction << (upper + SPARE) == high)
        fraction &= ~UINT64_C(1);
    fraction = (fraction + (fraction & 1)) >> 1;
    if (fraction >> (FRACTION_BITS + 1) != 0) {
        fraction >>= 1;
        power2++;
    }
    if (power2 >= INFINITE)
        return false;
    uint64_t bits =
        (uint64_t)power2 << FRACTION_BITS | (fraction & ((UINT64_C(1) << FRACTION_BITS) - 1));
    memcpy(out, &bits, sizeof bits);
    return true;
}
