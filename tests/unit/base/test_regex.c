// Regular expressions: what counts as a match, what a replacement makes, the limits.
#include "base/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static pond_regex *compiled(const char *pattern) {
    pond_regex *r = NULL;
    pond_err err;
    if (pond_regex_new(pond_sv_of(pattern), &r, &err) != POND_OK)
        fail_msg("%s %s", pattern, err.msg);
    return r;
}

static void first_occurrences_are_replaced(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *text, *replacement, *wanted; // NULL: no occurrence
    } cases[] = {
        {"^(.+) \\((.+)\\) \\(\\d+\\)$", "Depth (m) (771)", "${1}.${2}", "Depth.m"},
        {"^(.+) \\((.+)\\)$", "Temp (C)", "$1.$2", "Temp.C"},
        {"a", "banana", "o", "bonana"},
        {"x", "banana", "o", NULL},
        {"(?P<kind>\\w+)_(?<unit>\\w)", "flow_m", "$unit/${kind}", "m/flow"},
        {"(a)(b)?", "a", "<$1$2$3$0>", "<aa>"},
        {"(a)", "a", "$1_x|${1}_x|$$1|$|$-|${1|$", "|a_x|$1|$|$-|${1|$"},
        {"$", "a\n", "!", "a\n!"},
        {"^", "", "first", "first"},
        {"Größe", "die Größe", "size", "die size"},
    };
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_regex *r = compiled(cases[i].pattern);
        bool is_found;
        pond_sv out, text = pond_sv_of(cases[i].text);
        assert_int_equal(pond_regex_replace(r, &a, text, pond_sv_of(cases[i].replacement),
                                            &is_found, &out, NULL),
                         POND_OK);
        assert_int_equal(is_found, cases[i].wanted != NULL);
        assert_string_equal(pond_cstr(&a, out), is_found ? cases[i].wanted : cases[i].text);
        bool matches;
        assert_int_equal(pond_regex_matches(r, text, &matches, NULL), POND_OK);
        assert_int_equal(matches, is_found);
        pond_regex_free(r);
    }
    pond_arena_deinit(&a);
}

static void groups_that_are_lacking_are_found(void **state) {
    (void)state;
    pond_regex *r = compiled("(a)(?<b>b)");
    pond_sv group;
    assert_false(pond_regex_lacks_group(r, POND_SV("$0 $1 ${2} $b $$9 $"), &group));
    assert_true(pond_regex_lacks_group(r, POND_SV("$1 $1_x ${7}"), &group));
    assert_true(pond_sv_is(group, "1_x"));
    assert_true(pond_regex_lacks_group(r, POND_SV("$3"), &group));
    assert_true(pond_sv_is(group, "3"));
    assert_true(pond_regex_lacks_group(r, POND_SV("${}"), &group));
    pond_regex_free(r);
}

static void what_is_wrong_is_said(void **state) {
    (void)state;
    pond_err err;
    pond_regex *r;
    assert_int_equal(pond_regex_new(POND_SV("a(b"), &r, &err), POND_ERR_INVALID);
    assert_string_equal(err.msg, "is invalid at byte 3: missing closing parenthesis");
    assert_int_equal(pond_regex_new(POND_SV("[a-z&&[^x]]"), &r, &err), POND_ERR_INVALID);
    assert_non_null(strstr(err.msg, "at byte 4"));
    r = compiled("^(a+)+$");
    bool matches;
    assert_int_equal(
        pond_regex_matches(r, POND_SV("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), &matches, &err),
        POND_ERR_LIMIT);
    pond_regex_free(r);
    pond_regex_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_occurrences_are_replaced),
        cmocka_unit_test(groups_that_are_lacking_are_found),
        cmocka_unit_test(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests_name("base/regex", tests, NULL, NULL);
}
