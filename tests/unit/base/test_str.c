// Text: views, conversions, suggestions, buffers.
#include "base/str.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static pond_sv sv(const char *text) {
    return pond_sv_of(text);
}

// Views -------------------------------------------------------------------------------------------

static void comparing(void **state) {
    (void)state;
    assert_true(pond_sv_eq(sv("ab"), POND_SV("ab")));
    assert_false(pond_sv_eq(sv("ab"), sv("abc")));
    assert_true(pond_sv_eq((pond_sv){NULL, 0}, sv("")));
    assert_true(pond_sv_cmp(sv("a"), sv("b")) < 0);
    assert_true(pond_sv_cmp(sv("b"), sv("a")) > 0);
    assert_true(pond_sv_cmp(sv("a"), sv("aa")) < 0);
    assert_true(pond_sv_cmp(sv(""), (pond_sv){NULL, 0}) == 0);
    assert_true(pond_sv_cmp(sv("\xC3\xA9"), sv("z")) > 0); // bytes are unsigned
    assert_true(pond_sv_starts(sv("abc"), sv("ab")));
    assert_true(pond_sv_starts(sv("abc"), sv("")));
    assert_false(pond_sv_starts(sv("ab"), sv("abc")));
    assert_true(pond_sv_ends(sv("abc"), sv("bc")));
    assert_false(pond_sv_ends(sv("bc"), sv("abc")));
}

static void finding(void **state) {
    (void)state;
    assert_int_equal(pond_sv_find(sv("abcabc"), sv("ca")), 2);
    assert_int_equal(pond_sv_find(sv("abc"), sv("d")), -1);
    assert_int_equal(pond_sv_find(sv("abc"), sv("")), 0);
    assert_int_equal(pond_sv_find(sv(""), sv("a")), -1);
    assert_int_equal(pond_sv_find_char(sv("a/b/c"), '/'), 1);
    assert_int_equal(pond_sv_rfind_char(sv("a/b/c"), '/'), 3);
    assert_int_equal(pond_sv_find_char(sv("abc"), '/'), -1);
    assert_int_equal(pond_sv_rfind_char(sv(""), '/'), -1);
    assert_int_equal(pond_sv_find_char(POND_SV("a\0b"), 'b'), 2);
    assert_true(pond_sv_has_nocase(sv("Local Date (UTC)"), "date"));
    assert_true(pond_sv_has_nocase(sv("epoch"), "EPOCH"));
    assert_false(pond_sv_has_nocase(sv("dat"), "date"));
    assert_false(pond_sv_has_nocase(sv(""), "date"));
}

// Texts of few letters, so that much looks like the needle, against comparing everywhere.
static void finding_in_all_kinds_of_texts(void **state) {
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        char text[200], needle[40];
        size_t n = (seed = seed * 1103515245u + 12345u) >> 16 & 127, n_needle;
        n_needle = 1 + ((seed = seed * 1103515245u + 12345u) >> 16) % (round % 2 == 0 ? 3 : 39);
        char letters = (char)(round % 3 + 1);
        for (size_t i = 0; i < n; i++)
            text[i] =
                (char)('a' + (char)((seed = seed * 1103515245u + 12345u) >> 16 & 7) / letters);
        for (size_t i = 0; i < n_needle; i++)
            needle[i] =
                (char)('a' + (char)((seed = seed * 1103515245u + 12345u) >> 16 & 3) / letters);
        if (n > n_needle && round % 5 == 0) // one that is there, perhaps at the very end
            memcpy(needle, text + n - n_needle, n_needle);
        ptrdiff_t expected = -1;
        for (size_t i = 0; expected < 0 && i + n_needle <= n; i++)
            if (memcmp(text + i, needle, n_needle) == 0)
                expected = (ptrdiff_t)i;
        char *exact = malloc(n + 1); // so that a sanitizer sees a read past the end
        memcpy(exact, text, n);
        exact = realloc(exact, n > 0 ? n : 1);
        assert_int_equal(pond_sv_find((pond_sv){exact, n}, (pond_sv){needle, n_needle}), expected);
        free(exact);
    }
}

static void decimal_digits(void **state) {
    (void)state;
    char room[24], wanted[24], *end = room + sizeof room;
    uint64_t u = 0;
    for (int i = 0; i < 200; i++, u = u * 3 + (uint64_t)i) {
        const char *begin = pond_digits(i % 2 == 0 ? u : UINT64_MAX - u, end);
        snprintf(wanted, sizeof wanted, "%llu",
                 (unsigned long long)(i % 2 == 0 ? u : UINT64_MAX - u));
        assert_int_equal(end - begin, strlen(wanted));
        assert_memory_equal(begin, wanted, strlen(wanted));
    }
}

static void decimal_digits_forwards(void **state) {
    (void)state;
    char text[POND_DIGITS_ROOM + 1], wanted[24];
    uint64_t power = 1;
    for (int digits = 1; digits <= 20; digits++, power *= 10) // up to 10^19
        for (uint64_t d = 0; d < 300; d++) {
            uint64_t u = d < 100 ? power - 50 + d : power + (power / 201) * (d - 100);
            text[pond_digits_at(u, text)] = '\0';
            snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)u);
            assert_string_equal(text, wanted);
        }
}

static void cutting(void **state) {
    (void)state;
    assert_true(pond_sv_is(pond_sv_sub(sv("abcdef"), 2, 4), "cd"));
    assert_true(pond_sv_is(pond_sv_sub(sv("abc"), 2, 99), "c"));
    assert_true(pond_sv_is(pond_sv_sub(sv("abc"), 7, 9), ""));
    assert_true(pond_sv_is(pond_sv_sub(sv("abc"), 2, 1), ""));
    assert_true(pond_sv_is(pond_sv_trim(sv(" \t a b \r\n")), "a b"));
    assert_true(pond_sv_is(pond_sv_trim(sv("  ")), ""));
    pond_arena a;
    pond_arena_init(&a);
    assert_string_equal(pond_sv_lower(&a, sv("Az[Z]\xc3\x84 ")).p, "az[z]\xc3\x84 ");
    assert_int_equal(pond_sv_lower(&a, sv("")).n, 0);
    pond_arena_deinit(&a);
}

static void check_pieces(const char *text, const char *const *pieces) {
    pond_sv rest = sv(text), piece;
    for (; *pieces != NULL; pieces++) {
        assert_true(pond_sv_split(&rest, ',', &piece));
        assert_true(pond_sv_is(piece, *pieces));
    }
    assert_false(pond_sv_split(&rest, ',', &piece));
}

static void splitting(void **state) {
    (void)state;
    check_pieces("a,,b", (const char *[]){"a", "", "b", NULL});
    check_pieces("", (const char *[]){"", NULL});
    check_pieces(",", (const char *[]){"", "", NULL});
    check_pieces("a", (const char *[]){"a", NULL});
}

static void copying(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    char text[] = "abcdef";
    pond_sv copy = pond_sv_dup(&a, (pond_sv){text + 1, 3});
    memset(text, 'x', 6);
    assert_true(pond_sv_is(copy, "bcd"));
    assert_int_equal(copy.p[copy.n], '\0');
    assert_string_equal(pond_cstr(&a, (pond_sv){NULL, 0}), "");
    assert_string_equal(pond_printf(&a, "%d-%s", 7, "x"), "7-x");
    pond_sv f = pond_svf(&a, "%0*d", 5000, 1);
    assert_int_equal(f.n, 5000);
    assert_int_equal(f.p[4999], '1');
    pond_arena_deinit(&a);
}

// Conversions -------------------------------------------------------------------------------------

static void integers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"007", 7},
        {"-12", -12},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    static const char *const bad[] = {"",    "-",   "+1",
                                      "1 ",  " 1",  "1a",
                                      "0x1", "--1", "9223372036854775808",
                                      "1.0", "1e3", "-9223372036854775809"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t v = 99;
        assert_true(pond_sv_to_int(sv(good[i].text), &v));
        assert_true(v == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t v = 99;
        assert_false(pond_sv_to_int(sv(bad[i]), &v));
        assert_int_equal(v, 99);
    }
    uint64_t u;
    assert_true(pond_sv_to_uint(sv("18446744073709551615"), &u));
    assert_true(u == UINT64_MAX);
    assert_false(pond_sv_to_uint(sv("18446744073709551616"), &u));
    assert_false(pond_sv_to_uint(sv("-1"), &u));
    assert_true(pond_sv_to_uint((pond_sv){"123", 2}, &u)); // only the view counts
    assert_int_equal(u, 12);
}

static void doubles(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double value;
    } good[] = {
        {"1", 1.0},
        {"-1.5e3", -1500.0},
        {".5", 0.5},
        {"5.", 5.0},
        {"+2", 2.0},
        {"1e-400", 0.0},
        {"0.1", 0.1},
        {"9007199254740993", 9007199254740992.0},
        {"2.2250738585072011e-308", 2.2250738585072011e-308},
    };
    static const char *const bad[] = {"",    ".",   "e5",  "1e",   "1 ",  " 1",
                                      "inf", "nan", "0x1", "1e5x", "1,5", "--1"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double v = 99;
        assert_true(pond_sv_to_double(sv(good[i].text), &v));
        assert_true(v == good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double v;
        if (pond_sv_to_double(sv(bad[i]), &v))
            fail_msg("'%s' is %g", bad[i], v);
    }
    double v;
    assert_false(pond_sv_to_double(POND_SV("1\0"), &v));
    char text[200]; // longer than the room on the stack
    memset(text, '0', sizeof text);
    text[0] = '1';
    assert_true(pond_sv_to_double((pond_sv){text, sizeof text}, &v));
    assert_true(v == 1e199);
    assert_true(pond_sv_to_double((pond_sv){"1.55", 3}, &v));
    assert_true(v == 1.5);
}

// "Did you mean" ----------------------------------------------------------------------------------

static void distances(void **state) {
    (void)state;
    static const struct {
        const char *a, *b;
        size_t distance;
    } cases[] = {
        {"", "", 0},
        {"abc", "abc", 0},
        {"abc", "", 3},
        {"abc", "abd", 1},
        {"abc", "ab", 1},
        {"ab", "ba", 1},
        {"pattren", "pattern", 1},
        {"kitten", "sitting", 3},
        {"ca", "abc", 3}, // optimal string alignment, which edits no place twice
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(pond_sv_distance(sv(cases[i].a), sv(cases[i].b), 9), cases[i].distance);
        assert_int_equal(pond_sv_distance(sv(cases[i].b), sv(cases[i].a), 9), cases[i].distance);
    }
    assert_true(pond_sv_distance(sv("abcdefgh"), sv(""), 3) > 3);
    char text[100];
    memset(text, 'x', sizeof text);
    assert_true(pond_sv_distance((pond_sv){text, 100}, (pond_sv){text, 100}, 3) > 3);
}

static void nearest_names(void **state) {
    (void)state;
    const pond_sv names[] = {POND_SV("in_pattern"), POND_SV("out_pattern"), POND_SV("sum"),
                             POND_SV("min"), POND_SV("max")};
    assert_true(pond_sv_is(pond_nearest(sv("in_patern"), names, 5), "in_pattern"));
    assert_true(pond_sv_is(pond_nearest(sv("outpattern"), names, 5), "out_pattern"));
    assert_true(pond_sv_is(pond_nearest(sv("mix"), names, 5), "min")); // the first of two
    assert_int_equal(pond_nearest(sv("avg"), names, 5).n, 0);          // a short name must be close
    assert_int_equal(pond_nearest(sv("something"), names, 5).n, 0);
    assert_int_equal(pond_nearest(sv("sum"), names, 0).n, 0);
}

// Buffers -----------------------------------------------------------------------------------------

static void buffers_grow_and_end_in_nul(void **state) {
    (void)state;
    pond_buf b = POND_BUF_EMPTY;
    assert_true(pond_sv_is(pond_buf_view(&b), ""));
    for (int i = 0; i < 10000; i++) {
        pond_buf_char(&b, (char)('a' + i % 26));
        if (b.p[b.n] != '\0')
            fail_msg("no end at %d", i);
    }
    assert_int_equal(b.n, 10000);
    assert_int_equal(b.p[9999], 'a' + 9999 % 26);
    pond_buf_clear(&b);
    assert_string_equal(b.p, "");
    pond_buf_append(&b, NULL, 0);
    pond_buf_append(&b, "a\0b", 3);
    pond_buf_str(&b, "-c");
    pond_buf_sv(&b, (pond_sv){"deft", 2});
    pond_buf_printf(&b, "%s%d", "=", 42);
    assert_true(pond_sv_eq(pond_buf_view(&b), POND_SV("a\0b-cde=42")));
    assert_int_equal(b.p[b.n], '\0');
    pond_buf_free(&b);
    assert_null(b.p);
    pond_buf_free(&b);
}

static void a_buffer_moves_into_an_arena(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_str(&b, "text");
    pond_sv kept = pond_buf_keep(&a, &b), empty = pond_buf_keep(&a, &b);
    assert_null(b.p);
    assert_int_equal(b.n, 0);
    assert_string_equal(kept.p, "text");
    assert_int_equal(kept.n, 4);
    assert_string_equal(empty.p, "");
    pond_arena_deinit(&a);
}

static void assert_bad(const char *text, size_t n, ptrdiff_t want) {
    // At every distance from a boundary of eight bytes, before and after other text.
    char room[64];
    for (size_t at = 0; at < 20; at++)
        for (size_t after = 0; after < 20; after++) {
            memset(room, 'x', sizeof room);
            memcpy(room + at, text, n);
            ptrdiff_t got = pond_utf8_find_bad((pond_sv){room, at + n + after});
            if (got != (want < 0 ? -1 : (ptrdiff_t)at + want))
                fail_msg("%td instead of %td, %zu bytes in", got, want, at);
        }
}

static void bytes_that_are_not_utf8(void **state) {
    (void)state;
    static const struct {
        const char *text;
        ptrdiff_t bad;
    } rows[] = {
        {"", -1},
        {"\xC3\xA4", -1},
        {"\xE2\x82\xAC", -1},
        {"\xF0\x9F\x98\x80", -1},
        {"\xF4\x8F\xBF\xBF", -1},
        {"\xEF\xBB\xBF", -1},
        {"\xED\x9F\xBF\xEE\x80\x80", -1},
        {"\xC3\xA4\xFF", 2},
        {"\x80", 0},
        {"\xC3", 0},
        {"\xC0\x80", 0},
        {"\xC1\xBF", 0},
        {"\xE0\x9F\xBF", 0},
        {"\xE2\x82", 0},
        {"\xED\xA0\x80", 0},
        {"\xED\xBF\xBF", 0},
        {"\xF0\x8F\xBF\xBF", 0},
        {"\xF0\x9F\x98", 0},
        {"\xF4\x90\x80\x80", 0},
        {"\xF5\x80\x80\x80", 0},
        {"\xFE", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_bad(rows[i].text, strlen(rows[i].text), rows[i].bad);
    assert_int_equal(pond_utf8_find_bad(POND_SV("01234567\0")), -1);
}

static void quoting_for_sql(void **state) {
    (void)state;
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_sql_string(&b, sv("it's \"x\""));
    pond_buf_sql_name(&b, sv("it's \"x\""));
    pond_buf_sql_string(&b, sv(""));
    assert_string_equal(b.p, "'it''s \"x\"'\"it's \"\"x\"\"\"''");
    pond_buf_free(&b);
}

static void assert_visible(const char *text, size_t n, pond_keep keep, const char *want) {
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_visible(&b, (pond_sv){text, n}, keep);
    assert_string_equal(b.p == NULL ? "" : b.p, want);
    pond_buf_free(&b);
}

static void control_characters_become_visible(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", ""},
        {"plain text\\n, caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xe2\x80\x8d",
         "plain text\\n, caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xe2\x80\x8d"},
        {"\x1b]0;owned\a\x1b[31m", "\\x1b]0;owned\\x07\\x1b[31m"},
        {"a\nb\tc\rd\x7f", "a\\nb\\tc\\rd\\x7f"},
        {"\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "\\u0080\\u009b\\u009f\xc2\xa0"}, // C1
        {"\x9b\x85\xff\xc3", "\\x9b\\x85\\xff\\xc3"},                          // raw bytes
        {"\xc0\x9b\xe0\x80\x9b", "\\xc0\\x9b\\xe0\\x80\\x9b"},                 // overlong
        {"\xed\xa0\x80\xf4\x90\x80\x80", "\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80"},
        {"\xe2\x80\xae"
         "txt\xe2\x80\xaa\xe2\x81\xa6\xe2\x81\xa9",
         "\\u202etxt\\u202a\\u2066\\u2069"},
        {"\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c\xe2\x80\xa8", "\\u200e\\u200f\\u061c\\u2028"},
        {"\xef\xbb\xbf\xf3\xa0\x81\x81", "\\ufeff\\U000e0041"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_visible(cases[i].text, strlen(cases[i].text), POND_KEEP_NOTHING, cases[i].want);
    assert_visible("a\0b", 3, POND_KEEP_NOTHING, "a\\x00b");
    assert_visible("a\nb\tc\r", 6, POND_KEEP_TABS, "a\\nb\tc\\r");
    assert_visible("a\r\nb\tc\rd\x1b\n", 10, POND_KEEP_LINES, "a\\r\nb\tc\\rd\\x1b\n");
    assert_visible("a\r\nb\tc\rd\x1b\n", 10, POND_KEEP_TEXT, "a\r\nb\tc\\rd\\x1b\n");
}

__attribute__((format(printf, 3, 4))) static void assert_formats(pond_keep keep, const char *want,
                                                                 const char *fmt, ...) {
    pond_buf b = POND_BUF_EMPTY;
    va_list args;
    va_start(args, fmt);
    pond_buf_vprintf_visible(&b, keep, fmt, args);
    va_end(args);
    assert_string_equal(b.p == NULL ? "" : b.p, want);
    pond_buf_free(&b);
}

static void newlines_of_a_format_stay(void **state) {
    (void)state;
    assert_formats(POND_KEEP_NOTHING, "a\\nb\n\\x01\\x02 7\n\n", "%s\n%s %d\n\n", "a\nb", "\1\2",
                   7);
    assert_formats(POND_KEEP_NOTHING, "\\n\n\\n", "%s\n%s", "\n", "\n");
    assert_formats(POND_KEEP_TABS, "a:\n\tb\\n", "%s:\n\t%s", "a", "b\n");
    assert_formats(POND_KEEP_LINES, "a\nb\n", "%s\n", "a\nb");
    assert_formats(POND_KEEP_NOTHING, "", "%s", "");
}

static void hex(void **state) {
    (void)state;
    char out[9];
    pond_hex((const uint8_t[]){0x00, 0x0f, 0xa0, 0xff}, 4, out);
    assert_string_equal(out, "000fa0ff");
    pond_hex(NULL, 0, out);
    assert_string_equal(out, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing),
        cmocka_unit_test(finding),
        cmocka_unit_test(finding_in_all_kinds_of_texts),
        cmocka_unit_test(decimal_digits),
        cmocka_unit_test(decimal_digits_forwards),
        cmocka_unit_test(cutting),
        cmocka_unit_test(splitting),
        cmocka_unit_test(copying),
        cmocka_unit_test(integers),
        cmocka_unit_test(doubles),
        cmocka_unit_test(distances),
        cmocka_unit_test(nearest_names),
        cmocka_unit_test(buffers_grow_and_end_in_nul),
        cmocka_unit_test(a_buffer_moves_into_an_arena),
        cmocka_unit_test(bytes_that_are_not_utf8),
        cmocka_unit_test(quoting_for_sql),
        cmocka_unit_test(control_characters_become_visible),
        cmocka_unit_test(newlines_of_a_format_stay),
        cmocka_unit_test(hex),
    };
    return cmocka_run_group_tests_name("base/str", tests, NULL, NULL);
}
