// How many columns of a terminal a text takes.
#include "tera/width.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void expect_width(const char *text, size_t width) {
    assert_int_equal(pond_text_width(pond_sv_of(text)), width);
}

static void test_widths(void **state) {
    (void)state;
    expect_width("", 0);
    expect_width("flow.series", 11);
    expect_width("Größe µm °C", 11);
    expect_width("e\u0301", 1); // a letter and an accent
    expect_width("日本語", 6);
    expect_width("ｱ", 1);                                          // half-width kana
    expect_width("\uac00", 2);                                     // a syllable of Hangul …
    expect_width("\u1100\u1161", 2);                               // … and its parts
    expect_width("\U0001F600", 2);                                 // a picture
    expect_width("\U0001F468\u200D\U0001F469\u200D\U0001F466", 2); // a family, joined to one
    expect_width("\U0001F1E9\U0001F1EA", 2);                       // a flag
    expect_width("\u2764\uFE0F", 2);                               // a heart as a picture
    expect_width("a\u200Bb", 2);                                   // a blank without width
    expect_width("\u2026", 1);
}

static void expect_fit(const char *text, size_t most, const char *part, size_t width) {
    size_t found;
    pond_sv fit = pond_text_fit(pond_sv_of(text), most, &found);
    assert_true(pond_sv_is(fit, part));
    assert_int_equal(found, width);
}

static void test_what_fits(void **state) {
    (void)state;
    expect_fit("", 5, "", 0);
    expect_fit("abc", 0, "", 0);
    expect_fit("abc", 2, "ab", 2);
    expect_fit("abc", 3, "abc", 3);
    expect_fit("日本語", 5, "日本", 4);
    expect_fit("日本語", 1, "", 0);
    expect_fit("e\u0301e\u0301", 1, "e\u0301", 1); // with its accent
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_what_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
