// The tables of built-ins, the tests and the functions.

#include "builtins_test.h"

static void check_order(const pond_sv *names, size_t n) {
    for (size_t i = 1; i < n; i++)
        assert_true(pond_sv_cmp(names[i - 1], names[i]) < 0);
}

static void tables_are_sorted_and_found(void **state) {
    (void)state;
    const pond_sv *names;
    size_t n = tera_filter_names(&names);
    assert_int_equal(n, 48);
    check_order(names, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(tera_find_filter(names[i])->name, names[i].p);
        assert_null(tera_find_test(names[i])); // errors distinguish them by name
        assert_null(tera_find_function(names[i]));
    }
    n = tera_test_names(&names);
    assert_int_equal(n, 13);
    check_order(names, n);
    for (size_t i = 0; i < n; i++) {
        assert_string_equal(tera_find_test(names[i])->name, names[i].p);
        assert_null(tera_find_function(names[i]));
    }
    n = tera_function_names(&names);
    assert_int_equal(n, 5);
    check_order(names, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(tera_find_function(names[i])->name, names[i].p);
    assert_null(tera_find_filter(POND_SV("Upper")));
    assert_null(tera_find_filter(POND_SV("")));
}

// Whether the built-in fails with this message about an argument, for some input.
static bool says(pond_sv name, const char *args, const char *argument, const char *what) {
    static const char *const inputs[] = {"5", "\"x\"", "[{\"x\":1}]", "{}"};
    bool is_said = false;
    for (size_t i = 0; i < COUNT(inputs) && !is_said; i++) {
        bench b = {0};
        pond_arena_init(&b.arena);
        pond_value v;
        row r = {name.p, inputs[i], args, NULL};
        char wanted[100];
        snprintf(wanted, sizeof wanted, what, argument);
        is_said = run(&b, &r, &v) != POND_OK && strstr(b.err.msg, wanted) != NULL;
        pond_arena_deinit(&b.arena);
    }
    return is_said;
}

// The arguments in the tables, which lint uses, are those that the built-ins read.
static void check_arguments(pond_sv name, const char *arguments) {
    char words[100], needed[200] = "", *rest = NULL;
    snprintf(words, sizeof words, "%s", arguments);
    for (char *word = strtok_r(words, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        char args[300];
        if (word[0] != '[') {
            snprintf(args, sizeof args, "{%s}", needed);
            if (!says(name, args, word, "argument '%s' is missing"))
                fail_msg("%s does not need %s", name.p, word);
            size_t n = strlen(needed);
            snprintf(needed + n, sizeof needed - n, "%s\"%s\":1", n > 0 ? "," : "", word);
            continue;
        }
        word[strlen(word) - 1] = '\0';
        word++;
        const bool takes_anything = strcmp(word, "pretty") == 0 || strcmp(word, "value") == 0 ||
                                    (strcmp(word, "default") == 0 && name.p[0] == 'g');
        snprintf(args, sizeof args, "{\"%s\":{}%s}", word,
                 strcmp(word, "end") == 0 ? "" : ",\"end\":9"); // some need it
        if (!takes_anything && !says(name, args, word, "argument '%s' must be"))
            fail_msg("%s does not look at %s", name.p, word);
    }
}

static void arguments_are_as_the_tables_say(void **state) {
    (void)state;
    const pond_sv *names;
    size_t n = tera_filter_names(&names);
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i].p, "default") != 0) // which the renderer does
            check_arguments(names[i], tera_find_filter(names[i])->arguments);
    n = tera_function_names(&names);
    for (size_t i = 0; i < n; i++)
        check_arguments(names[i], tera_find_function(names[i])->arguments);
}

static void tests_give_true_or_false(void **state) {
    (void)state;
    static const row rows[] = {
        {"defined", "null", NULL, "true"},
        {"defined", NULL, NULL, "false"},
        {"undefined", NULL, NULL, "true"},
        {"odd", "5", NULL, "true"},
        {"odd", "-3", NULL, "true"},
        {"odd", "1.5", NULL, "true"},
        {"odd", "2.0", NULL, "false"},
        {"odd", "9007199254740993", NULL, "false"}, // numbers are doubles here, as in the reference
        {"even", "0", NULL, "true"},
        {"even", "1.5", NULL, "false"},
        {"string", "\"42\"", NULL, "true"},
        {"string", "42", NULL, "false"},
        {"number", "18446744073709551615", NULL, "true"},
        {"number", "\"1\"", NULL, "false"},
        {"iterable", "[]", NULL, "true"},
        {"iterable", "{}", NULL, "true"},
        {"iterable", "\"abc\"", NULL, "false"},
        {"object", "{}", NULL, "true"},
        {"object", "[]", NULL, "false"},
        {"divisibleby", "10", "[5]", "true"},
        {"divisibleby", "10", "[0]", "false"},
        {"divisibleby", "1.5", "[0.5]", "true"},
        {"starting_with", "\"hello\"", "[\"he\"]", "true"},
        {"starting_with", "\"hello\"", "[\"\"]", "true"},
        {"ending_with", "\"hello\"", "[\"lo\"]", "true"},
        {"ending_with", "\"lo\"", "[\"hello\"]", "false"},
        {"containing", "\"hello\"", "[\"ell\"]", "true"},
        {"containing", "[1,2]", "[2]", "true"},
        {"containing", "[1,2]", "[2.0]", "false"},
        {"containing", "[[1],[2]]", "[[2]]", "true"},
        {"containing", "{\"a\":null}", "[\"a\"]", "true"},
        {"containing", "{\"a\":null}", "[\"b\"]", "false"},
    };
    check_rows(rows, COUNT(rows));
}

static void tests_say_what_they_need(void **state) {
    (void)state;
    static const row rows[] = {
        {"odd", "\"x\"", NULL, "!test 'odd': the value must be a number, got string \"x\""},
        {"odd", NULL, NULL, "!test 'odd': the name is not defined"},
        {"odd", "1", "[1]", "!test 'odd' takes no arguments, got 1"},
        {"divisibleby", "1", "[1,2]", "!test 'divisibleby' takes one argument, got 2"},
        {"divisibleby", "1", NULL, "!test 'divisibleby' needs an argument, a number"},
        {"divisibleby", "1", "[true]",
         "!test 'divisibleby': the argument must be a number, got bool true"},
        {"starting_with", "[1,{\"a\":null}]", "[\"a\"]",
         "!test 'starting_with': the value must be a string, got array [1,{\"a\":null}]"},
        {"ending_with", "\"a\"", "[null]",
         "!test 'ending_with': the argument must be a string, got null"},
        {"containing", "1", "[1]",
         "!test 'containing': the value must be a string, an array or an object, got integer 1"},
        {"containing", "[]", NULL, "!test 'containing' needs an argument, a string"},
        {"containing", "{}", "[1]",
         "!test 'containing': the argument must be a string, got integer 1"},
    };
    check_rows(rows, COUNT(rows));
}

static void long_values_are_cut_in_messages(void **state) {
    (void)state;
    static const row rows[] = {
        {"upper", "[\"aaaaaaaaaaaaaaaaaaaa\",\"bbbbbbbbbbbbbbbbbbbb\",\"cccccccccccccccccccc\"]",
         NULL,
         "!filter 'upper': the value must be a string, got array "
         "[\"aaaaaaaaaaaaaaaaaaaa\",\"bbbbbbbbbbbbbbbbbbbb\",\"cccccccccccc…"},
        {"abs", "\"éééééééééééééééééééééééééééééééééééé\"", NULL,
         "!filter 'abs': the value must be a number, got string "
         "\"ééééééééééééééééééééééééééééé…"},
    };
    check_rows(rows, COUNT(rows));
}

static void matching_is_a_regular_expression(void **state) {
    (void)state;
    static const row rows[] = {
        {"matching", "\"hello world\"", "[\"^h.*d$\"]", "true"},
        {"matching", "\"日本語\"", "[\"^.{3}$\"]", "true"},
        {"matching", "\"a\\nb\"", "[\"^b\"]", "false"},
        {"matching", "\"a\\nb\"", "[\"(?m)^b\"]", "true"},
        {"matching", "\"a\\n\"", "[\"(?m)a\\n^$\"]", "true"},
        {"matching", "\"b\\n\"", "[\"b$\"]", "false"}, // $ is the very end
        {"matching", "\"a-]\"", "[\"^[[:alpha:]][^]a][^a\\\\[]$\"]", "true"},
        {"matching", "\"[\"", "[\"^\\\\[[\\\\[&-]*$\"]", "true"},
        {"matching", "\"a\"", "[\"[a-z&&[^x]]\"]",
         "!test 'matching': the regular expression string \"[a-z&&[^x]]\" has a nested class or "
         "a set operation at byte 4; list the characters instead"},
        {"matching", "\"a\"", "[\"^[a[bc]]\"]",
         "!test 'matching': the regular expression string \"^[a[bc]]\" has a nested class or a set "
         "operation at byte 3; list the characters instead"},
        {"matching", "\"É\"", "[\"(?i)^é$\"]", "true"},
        {"matching", "\"٣\"", "[\"^\\\\d$\"]", "true"},
        {"matching", "\"x\"", "[\"(\"]",
         "!test 'matching': the regular expression string \"(\" is invalid at byte 1: missing "
         "closing parenthesis"},
        {"matching", "1", "[\"1\"]", "!test 'matching': the value must be a string, got integer 1"},
        {"matching", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"",
         "[\"^(a+)+$\"]",
         "!test 'matching': matching the regular expression string \"^(a+)+$\" takes too "
         "long: match limit exceeded"},
    };
    check_rows(rows, COUNT(rows));
}

static void range_counts(void **state) {
    (void)state;
    static const row rows[] = {
        {"range", NULL, "{\"end\":3}", "[0,1,2]"},
        {"range", NULL, "{\"end\":0}", "[]"},
        {"range", NULL, "{\"start\":1,\"end\":10,\"step_by\":4}", "[1,5,9]"},
        {"range", NULL, "{\"end\":3,\"step_by\":100}", "[0]"},
        {"range", NULL, "{\"start\":18446744073709551613,\"end\":18446744073709551615}",
         "[18446744073709551613,18446744073709551614]"},
        {"range", NULL, "{}", "!function 'range': the argument 'end' is missing"},
        {"range", NULL, "{\"end\":1.0}",
         "!function 'range': argument 'end' must be an integer of at least 0, got float 1.0"},
        {"range", NULL, "{\"end\":-1}",
         "!function 'range': argument 'end' must be an integer of at least 0, got integer -1"},
        {"range", NULL, "{\"end\":3,\"step_by\":0}",
         "!function 'range': argument 'step_by' must be an integer of at least 1, got integer 0"},
        {"range", NULL, "{\"start\":5,\"end\":1}",
         "!function 'range': start must not be greater than end, got 5 and 1"},
        {"range", NULL, "{\"end\":10000001}",
         "!function 'range': 10000001 items exceed the limit of 10000000"},
    };
    check_rows(rows, COUNT(rows));
}

static void other_functions(void **state) {
    (void)state;
    assert_int_equal(setenv("POND_TEST_TERA", "wet", 1), 0);
    assert_int_equal(unsetenv("POND_TEST_NONE"), 0);
    static const row rows[] = {
        {"throw", NULL, "{\"message\":\"boom\"}", "!boom"},
        {"throw", NULL, "{\"message\":1}",
         "!function 'throw': argument 'message' must be a string, got integer 1"},
        {"get_env", NULL, "{\"name\":\"POND_TEST_TERA\"}", "\"wet\""},
        {"get_env", NULL, "{\"name\":\"POND_TEST_NONE\",\"default\":[1]}", "[1]"},
        {"get_env", NULL, "{\"name\":\"POND_TEST_NONE\"}",
         "!function 'get_env': there is no environment variable 'POND_TEST_NONE'; give the "
         "argument 'default' for that case"},
        {"get_random", NULL, "{\"start\":7,\"end\":8}", "7"},
        {"get_random", NULL, "{\"start\":-9223372036854775808,\"end\":-9223372036854775807}",
         "-9223372036854775808"},
        {"get_random", NULL, "{\"end\":0}",
         "!function 'get_random': start must be less than end, got 0 and 0"},
        {"now", NULL, "{\"timestamp\":1}",
         "!function 'now': argument 'timestamp' must be true or false, got integer 1"},
    };
    check_rows(rows, COUNT(rows));
}

static void random_numbers_stay_in_range(void **state) {
    (void)state;
    bench b = {0};
    pond_arena_init(&b.arena);
    row r = {"get_random", NULL, "{\"start\":-2,\"end\":3}", NULL};
    bool seen[5] = {false};
    for (int i = 0; i < 2000; i++) {
        pond_value v = pond_null();
        assert_int_equal(run(&b, &r, &v), POND_OK);
        assert_in_range(v.i + 2, 0, 4);
        seen[v.i + 2] = true;
    }
    for (int i = 0; i < 5; i++)
        assert_true(seen[i]); // fails by chance once in 10^193 runs
    pond_arena_deinit(&b.arena);
}

static void now_is_rfc_3339(void **state) {
    (void)state;
    bench b = {0};
    pond_arena_init(&b.arena);
    assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
    row local = {"now", NULL, "{}", NULL}, utc = {"now", NULL, "{\"utc\":true}", NULL};
    pond_value v = pond_null();
    assert_int_equal(run(&b, &local, &v), POND_OK);
    assert_true(pond_sv_ends(pond_value_sv(v), POND_SV("+09:00")));
    assert_int_equal(v.s[10], 'T');
    assert_int_equal(run(&b, &utc, &v), POND_OK);
    assert_true(pond_sv_ends(pond_value_sv(v), POND_SV("+00:00")));
    assert_int_equal(unsetenv("TZ"), 0);
    pond_arena_deinit(&b.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_sorted_and_found),
        cmocka_unit_test(arguments_are_as_the_tables_say),
        cmocka_unit_test(tests_give_true_or_false),
        cmocka_unit_test(tests_say_what_they_need),
        cmocka_unit_test(long_values_are_cut_in_messages),
        cmocka_unit_test(matching_is_a_regular_expression),
        cmocka_unit_test(range_counts),
        cmocka_unit_test(other_functions),
        cmocka_unit_test(random_numbers_stay_in_range),
        cmocka_unit_test(now_is_rfc_3339),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
