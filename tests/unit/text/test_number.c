// Which texts are numbers, what they are worth, and which of them are more than numbers.
#include "text/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const pond_number_form POINT = {'.', '\0'}, COMMA = {',', '.'};

static void texts_that_are_numbers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        pond_number_form form;
        double value;
        bool is_whole, has_leading_zero, has_plus;
    } rows[] = {
        {"0", {'.', 0}, 0, true, false, false},
        {"-0", {'.', 0}, -0.0, true, false, false},
        {"15", {'.', 0}, 15, true, false, false},
        {"+15", {'.', 0}, 15, true, false, true},
        {"007", {'.', 0}, 7, true, true, false},
        {"-012.5", {'.', 0}, -12.5, false, true, false},
        {"0.5", {'.', 0}, 0.5, false, false, false},
        {".5", {'.', 0}, 0.5, false, false, false},
        {"5.", {'.', 0}, 5, false, false, false},
        {"1e3", {'.', 0}, 1000, false, false, false},
        {"1.5E-3", {'.', 0}, 0.0015, false, false, false},
        {"1e400", {'.', 0}, INFINITY, false, false, false},
        {"1e-400", {'.', 0}, 0, false, false, false},
        {"4.9e-324", {'.', 0}, 4.9e-324, false, false, false},
        {"0.1", {'.', 0}, 0.1, false, false, false},
        {"123456789012345678901234567890", {'.', 0}, 1.2345678901234568e29, true, false, false},
        {"1,5", {',', 0}, 1.5, false, false, false},
        {"1.234.567,8", {',', '.'}, 1234567.8, false, false, false},
        {"12.345", {',', '.'}, 12345, true, false, false},
        {"1 234", {'.', ' '}, 1234, true, false, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        pond_written_number n;
        pond_sv text = pond_sv_of(rows[i].text);
        if (!pond_number_read(text, rows[i].form, &n))
            fail_msg("'%s' is a number", rows[i].text);
        double d = pond_number_double(&n, text, rows[i].form);
        if (memcmp(&d, &rows[i].value, sizeof d) != 0)
            fail_msg("'%s' is %.17g, not %.17g", rows[i].text, rows[i].value, d);
        assert_int_equal(n.is_whole, rows[i].is_whole);
        assert_int_equal(n.has_leading_zero, rows[i].has_leading_zero);
        assert_int_equal(n.has_plus, rows[i].has_plus);
    }
}

static void texts_that_are_none(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",   "-",  "+",   ".",   "e", "1e", "1e+",   "--1",  "1-2",  "1.2.3", "0x10", "1_0",
        "1 ", " 1", "nan", "1,5", "½", "１", "10-11", "1.5f", "1e5e", "12:30", "1/2",  "∞"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        pond_written_number n;
        if (pond_number_read(pond_sv_of(rows[i]), POINT, &n))
            fail_msg("'%s' is no number", rows[i]);
    }
    static const char *const grouped[] = {"1.2345", "1234.567", ".123",
                                          "1..234", "12.34,5",  "1.23"};
    for (size_t i = 0; i < COUNT(grouped); i++) {
        pond_written_number n;
        if (pond_number_read(pond_sv_of(grouped[i]), COMMA, &n))
            fail_msg("'%s' has wrong groups", grouped[i]);
    }
}

static void whole_numbers_of_64_bits(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool fits;
        int64_t value;
    } rows[] = {
        {"9223372036854775807", true, INT64_MAX},  {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN}, {"-9223372036854775809", false, 0},
        {"18446744073709551616", false, 0},        {"99999999999999999999", false, 0},
        {"12345678901234567890123", false, 0},     {"1.0", false, 0},
        {"000000000000000000000012", true, 12},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        pond_written_number n;
        int64_t value = 0;
        assert_true(pond_number_read(pond_sv_of(rows[i].text), POINT, &n));
        if (pond_number_int(&n, &value) != rows[i].fits || value != rows[i].value)
            fail_msg("%s: %lld", rows[i].text, (long long)value);
    }
}

static void doubles_are_those_of_strtod(void **state) {
    (void)state;
    srand48(11);
    for (int i = 0; i < 300000; i++) {
        char text[64];
        uint64_t digits = ((uint64_t)lrand48() << 33 ^ (uint64_t)lrand48()) >> (lrand48() % 60);
        if (i % 3 == 0)
            snprintf(text, sizeof text, "%.17g",
                     drand48() * pow(10, (double)(lrand48() % 30 - 15)));
        else if (i % 3 == 1)
            snprintf(text, sizeof text, "%llu.%03lde%ld", (unsigned long long)digits,
                     lrand48() % 1000, lrand48() % 640 - 330);
        else
            snprintf(text, sizeof text, "-%ld.%ld", lrand48() % 100000, lrand48());
        pond_written_number n;
        pond_sv sv = pond_sv_of(text);
        assert_true(pond_number_read(sv, POINT, &n));
        double d = pond_number_double(&n, sv, POINT), want = strtod(text, NULL);
        if (memcmp(&d, &want, sizeof d) != 0)
            fail_msg("%s is %.17g, not %.17g", text, want, d);
    }
}

static void words(void **state) {
    (void)state;
    double d;
    assert_true(pond_number_word(POND_SV("NaN"), &d) && isnan(d));
    assert_true(pond_number_word(POND_SV("-inf"), &d) && d == -INFINITY);
    assert_true(pond_number_word(POND_SV("+Infinity"), &d) && d == INFINITY);
    assert_false(pond_number_word(POND_SV("na"), &d));
    assert_false(pond_number_word(POND_SV("nano"), &d));
    assert_false(pond_number_word(POND_SV("-"), &d));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_numbers),
        cmocka_unit_test(texts_that_are_none),
        cmocka_unit_test(whole_numbers_of_64_bits),
        cmocka_unit_test(doubles_are_those_of_strtod),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
