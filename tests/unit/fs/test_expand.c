// Captures put back into text.
#include "fs/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { N_CAPTURES = 11 };
static const char *const texts[N_CAPTURES] = {"zero", "one", "$1", "",  "4",  "5",
                                              "6",    "7",   "8",  "9", "ten"};

// The first n of the texts.
static pond_code expand(pond_arena *a, const char *pattern, size_t n, pond_sv *out, pond_err *err) {
    pond_sv captures[N_CAPTURES];
    for (size_t i = 0; i < N_CAPTURES; i++)
        captures[i] = pond_sv_of(texts[i]);
    return pond_expand_captures(a, pond_sv_of(pattern), captures, n, out, err);
}

static void test_expand(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *text;
        size_t needed;
    } cases[] = {
        {"site=$0.md", "site=zero.md", 1},
        {"$1$0", "onezero", 2},
        {"$10", "ten", 11},   // not $1 and a zero
        {"$2", "$1", 3},      // what was put in is not looked at again
        {"[$3]", "[]", 4},    //
        {"$01", "one", 2},    //
        {"$$0", "$0", 0},     // a dollar
        {"$$$0", "$zero", 1}, //
        {"$", "$", 0},        // a dollar before anything else stays
        {"a$b ${0} $", "a$b ${0} $", 0},
        {"$-1", "$-1", 0},
        {"", "", 0},
        {"none", "none", 0},
    };
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_sv out;
        assert_int_equal(expand(&a, cases[i].pattern, N_CAPTURES, &out, NULL), POND_OK);
        assert_string_equal(pond_cstr(&a, out), cases[i].text);
        assert_int_equal(pond_captures_needed(pond_sv_of(cases[i].pattern)), cases[i].needed);
    }
    pond_arena_deinit(&a);
}

static void expect_error(const char *pattern, size_t n, const char *message) {
    pond_arena a;
    pond_arena_init(&a);
    pond_sv out;
    pond_err err;
    assert_int_equal(expand(&a, pattern, n, &out, &err), POND_ERR_INVALID);
    assert_string_equal(err.msg, message);
    pond_arena_deinit(&a);
}

static void test_out_of_range(void **state) {
    (void)state;
    expect_error("a$2.md", 2,
                 "'$2' in 'a$2.md' is out of range: there are 2 captures, the last is $1");
    expect_error("$10", 1, "'$10' in '$10' is out of range: there is 1 capture, the last is $0");
    expect_error("x$0", 0, "'$0' in 'x$0' refers to a capture, but there are none");
    expect_error("$99999999999999999999999", N_CAPTURES,
                 "'$99999999999999999999999' in '$99999999999999999999999' is out of range: there "
                 "are 11 captures, the last is $10");
    assert_true(pond_captures_needed(POND_SV("$18446744073709551615")) == SIZE_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expand),
        cmocka_unit_test(test_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
