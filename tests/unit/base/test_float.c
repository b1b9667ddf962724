// Floats as text: known texts, and properties of random doubles.
#include "base/float.h"

#include "base/str.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

// Known texts -------------------------------------------------------------------------------------

static const struct {
    double f;
    const char *json, *plain;
} known[] = {
    {0.0, "0.0", "0"},
    {-0.0, "-0.0", "-0"},
    {1.0, "1.0", "1"},
    {-1.5, "-1.5", "-1.5"},
    {0.1, "0.1", "0.1"},
    {0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"},
    {1.0 / 3.0, "0.3333333333333333", "0.3333333333333333"},
    {100.0, "100.0", "100"},
    {123456.789, "123456.789", "123456.789"},
    {1e15, "1000000000000000.0", "1000000000000000"},
    {1e16, "1e16", "10000000000000000"},
    {1.5e16, "1.5e16", "15000000000000000"},
    {9007199254740993.0, "9007199254740992.0", "9007199254740992"},
    {1e20, "1e20", "100000000000000000000"},
    {1e21, "1e21", "1000000000000000000000"},
    {1.5e300, "1.5e300", NULL},
    {0.001, "0.001", "0.001"},
    {1e-5, "0.00001", "0.00001"},
    {1.25e-5, "0.0000125", "0.0000125"},
    {1e-6, "1e-6", "0.000001"},
    {1e-7, "1e-7", "0.0000001"},
    {1.5e-7, "1.5e-7", "0.00000015"},
    {5e-324, "5e-324", NULL},
    {2.2250738585072014e-308, "2.2250738585072014e-308", NULL},
    {2.225073858507201e-308, "2.225073858507201e-308", NULL}, // the largest subnormal
    {DBL_MAX, "1.7976931348623157e308", NULL},
    {9.5367431640625e-7, "9.5367431640625e-7", "0.00000095367431640625"},
    {0x1p-44, "5.684341886080802e-14", "0.00000000000005684341886080802"}, // lopsided interval
    // Half way between two texts of the same length: Ryu and Display differ.
    {1097718834198879.25, "1097718834198879.2", "1097718834198879.3"},
    {0x1p-25, "2.9802322387695312e-8", "0.000000029802322387695313"},
    {NAN, "null", "NaN"},
    {INFINITY, "null", "inf"},
    {-INFINITY, "null", "-inf"},
};

static void known_texts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        char json[32], plain[352];
        assert_int_equal(pond_float_json(known[i].f, json), strlen(known[i].json));
        assert_string_equal(json, known[i].json);
        size_t n = pond_float_plain(known[i].f, plain);
        assert_int_equal(n, strlen(plain));
        if (known[i].plain != NULL)
            assert_string_equal(plain, known[i].plain);
    }
}

static void plain_form_has_room_for_the_longest(void **state) {
    (void)state;
    char out[352];
    assert_int_equal(pond_float_plain(-2.2250738585072014e-308, out), 327);
    assert_int_equal(pond_float_plain(-5e-324, out), 327);
    assert_int_equal(pond_float_plain(-1.2345678901234567e-307, out), 326);
    assert_int_equal(pond_float_plain(-DBL_MAX, out), 310);
}

static void digits_and_exponent(void **state) {
    (void)state;
    char digits[18];
    int exponent;
    assert_int_equal(pond_shortest_digits(-1200.0, digits, &exponent), 2);
    assert_string_equal(digits, "12");
    assert_int_equal(exponent, 4);
    assert_int_equal(pond_shortest_digits(0.00375, digits, &exponent), 3);
    assert_string_equal(digits, "375");
    assert_int_equal(exponent, -2);
}

// Properties --------------------------------------------------------------------------------------

static uint64_t next_random(uint64_t *state) { // xorshift64
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static double from_bits(uint64_t bits) {
    double f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

// Finite and above 0, of every kind: any bits, powers of two, subnormals, readings with a few
// decimals, whole numbers.
static double random_double(uint64_t *state) {
    for (;;) {
        uint64_t bits = next_random(state) >> 1, kind = next_random(state) % 8;
        double f = kind == 0   ? from_bits(bits & UINT64_C(0x7FF0000000000000))
                   : kind == 1 ? from_bits(bits >> (11 + next_random(state) % 50))
                   : kind == 2 ? (double)(bits % 100000000) / 1000.0
                   : kind == 3 ? (double)(bits >> next_random(state) % 60)
                   : kind == 4 ? (double)(bits % 1000000007) / 1e9
                               : from_bits(bits);
        if (isfinite(f) && f > 0.0)
            return f;
    }
}

static void texts_read_back(void **state) {
    (void)state;
    uint64_t seed = UINT64_C(88172645463325252);
    for (int i = 0; i < 200000; i++) {
        double f = random_double(&seed);
        char json[32], plain[352];
        pond_float_json(f, json);
        pond_float_plain(f, plain);
        if (strtod(json, NULL) != f || strtod(plain, NULL) != f)
            fail_msg("%a is written %s and %s", f, json, plain);
    }
}

// No text with fewer digits reads back, and of those with as many ours is the nearest. printf
// rounds the exact value, so it is an independent witness.
static void texts_are_shortest_and_nearest(void **state) {
    (void)state;
    uint64_t seed = UINT64_C(1442695040888963407);
    for (int i = 0; i < 100000; i++) {
        double f = random_double(&seed);
        char digits[18], exact[40], shorter[40], ours[40];
        int exponent, n = pond_shortest_digits(f, digits, &exponent);
        if (n > 1) {
            snprintf(shorter, sizeof shorter, "%.*e", n - 2, f);
            if (strtod(shorter, NULL) == f)
                fail_msg("%s is shorter than %s", shorter, digits);
        }
        snprintf(exact, sizeof exact, "%.*e", n - 1, f);
        snprintf(ours, sizeof ours, "%c%s%se%s%02d", digits[0], n > 1 ? "." : "", digits + 1,
                 exponent > 0 ? "+" : "-", abs(exponent - 1));
        int e;
        bool is_lopsided = frexp(f, &e) == 0.5; // the nearest text may then read back as another
        if (strcmp(exact, ours) != 0 && !(is_lopsided && strtod(exact, NULL) != f))
            fail_msg("%s is nearer than %s", exact, ours);
    }
}

// The table of powers -----------------------------------------------------------------------------

enum { LIMBS = 40 };
typedef struct big {
    uint32_t limbs[LIMBS]; // least first
} big;

static void multiply(big *b, uint32_t by) {
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        carry += (uint64_t)b->limbs[i] * by;
        b->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    assert_int_equal(carry, 0);
}

// b * 10^tens * 2^twos
static big scale(big b, int tens, int twos) {
    for (; tens > 0; tens--)
        multiply(&b, 10);
    for (; twos >= 16; twos -= 16)
        multiply(&b, 1 << 16);
    multiply(&b, 1u << twos);
    return b;
}

static big of_128(uint64_t high, uint64_t low) {
    return (big){{(uint32_t)low, (uint32_t)(low >> 32), (uint32_t)high, (uint32_t)(high >> 32)}};
}

static int compare(const big *a, const big *b) {
    for (int i = LIMBS - 1; i >= 0; i--)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

// g = ceil(10^k / 2^e) says (g - 1) * 2^e < 10^k <= g * 2^e, with negative powers on the other
// side.
static void powers_of_ten_are_exact(void **state) {
    (void)state;
    static const struct {
        int k;
        uint64_t high, low;
    } rows[] = {
#define POW10(k, high, low) {k, high, low},
#include "base/pow10.def"
#undef POW10
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int k = rows[i].k;
        assert_int_equal(k, (int)i - 292);
        assert_true(rows[i].high >> 63 == 1);
        int e = (int)floor(k * 3.321928094887362347870319429489390175864831393) - 127;
        big power = scale(of_128(0, 1), k > 0 ? k : 0, e < 0 ? -e : 0);
        big g = scale(of_128(rows[i].high, rows[i].low), k < 0 ? -k : 0, e > 0 ? e : 0);
        big below = scale(of_128(rows[i].high - (rows[i].low == 0), rows[i].low - 1),
                          k < 0 ? -k : 0, e > 0 ? e : 0);
        if (compare(&below, &power) >= 0 || compare(&power, &g) > 0)
            fail_msg("the row of 10^%d is wrong", k);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts),
        cmocka_unit_test(plain_form_has_room_for_the_longest),
        cmocka_unit_test(digits_and_exponent),
        cmocka_unit_test(texts_read_back),
        cmocka_unit_test(texts_are_shortest_and_nearest),
        cmocka_unit_test(powers_of_ten_are_exact),
    };
    return cmocka_run_group_tests_name("base/float", tests, NULL, NULL);
}
