// Filters of numbers, arrays and objects.

#include "builtins_test.h"

static void rounding(void **state) {
    (void)state;
    static const row rows[] = {
        {"round", "5", NULL, "5.0"},
        {"round", "2.5", NULL, "3.0"},
        {"round", "-2.5", NULL, "-3.0"},
        {"round", "-2.5", "{\"method\":\"ceil\"}", "-2.0"},
        {"round", "2.1", "{\"method\":\"floor\"}", "2.0"},
        {"round", "1.005", "{\"precision\":2}", "1.0"},
        {"round", "123.456", "{\"precision\":-1}", "120.0"},
        {"round", "1000000000000000.5", "{\"precision\":1}", "1000000000000000.4"},
        {"round", "9007199254740993", NULL, "9007199254740992.0"},
        {"round", "1e300", "{\"precision\":100}", "null"},
        {"round", "1", "{\"precision\":\"x\"}",
         "!filter 'round': argument 'precision' must be an integer, got string \"x\""},
        {"round", "1", "{\"precision\":3000000000}",
         "!filter 'round': argument 'precision' must be from -2147483648 to 2147483647, got "
         "3000000000"},
        {"round", "1", "{\"method\":\"up\"}",
         "!filter 'round': argument 'method' must be \"common\", \"ceil\" or \"floor\", got string "
         "\"up\""},
        {"round", "\"1\"", NULL, "!filter 'round': the value must be a number, got string \"1\""},
    };
    check_rows(rows, COUNT(rows));
}

static void reading_numbers(void **state) {
    (void)state;
    static const row rows[] = {
        {"int", "\"42\"", NULL, "42"},
        {"int", "\" \\n7\\t\"", NULL, "7"},
        {"int", "\"-0x1F\"", "{\"base\":16}", "0"},
        {"int", "\"0x0x1f\"", "{\"base\":16}", "31"},
        {"int", "\"0b0b1\"", "{\"base\":36}", "513613"},
        {"int", "\"-9223372036854775808\"", NULL, "-9223372036854775808"},
        {"int", "\"9223372036854775808\"", "{\"default\":-1}", "-1"},
        {"int", "\"5.9\"", NULL, "5"},
        {"int", "\"1e3\"", NULL, "0"}, // no point, no fraction
        {"int", "\"1.5e3\"", NULL, "1500"},
        {"int", "\"NaN\"", NULL, "0"},
        {"int", "\"\"", NULL, "0"},
        {"int", "\"+\"", NULL, "0"},
        {"int", "1.9", NULL, "1"},
        {"int", "-1e19", NULL, "-9223372036854775808"},
        {"int", "9007199254740993", NULL, "9007199254740992"},
        {"int", "true", NULL,
         "!filter 'int': the value must be a number or a string, got bool true"},
        {"int", "\"1\"", "{\"base\":1}",
         "!filter 'int': argument 'base' must be from 2 to 36, got 1"},
        {"float", "\"3.75\"", NULL, "3.75"},
        {"float", "\".5\"", NULL, "0.5"},
        {"float", "\"5.\"", NULL, "5.0"},
        {"float", "\"0x1\"", "{\"default\":0.5}", "0.5"},
        {"float", "\"-Infinity\"", NULL, "null"},
        {"float", "\"nan\"", NULL, "null"},
        {"float", "\"nano\"", NULL, "0.0"},
        {"float", "7", NULL, "7.0"},
        {"abs", "-3", NULL, "3"},
        {"abs", "-9223372036854775808", NULL, "9223372036854775808"},
        {"abs", "-0.5", NULL, "0.5"},
    };
    check_rows(rows, COUNT(rows));
}

static void sizes_and_plurals(void **state) {
    (void)state;
    static const row rows[] = {
        {"filesizeformat", "0", NULL, "\"0 B\""},
        {"filesizeformat", "1023", NULL, "\"1023 B\""},
        {"filesizeformat", "1024", NULL, "\"1 kB\""},
        {"filesizeformat", "1025", "{\"binary\":true}", "\"1.00 KiB\""},
        {"filesizeformat", "1048575", NULL, "\"1024.00 kB\""},
        {"filesizeformat", "123456789", NULL, "\"117.74 MB\""},
        {"filesizeformat", "18446744073709551615", NULL, "\"16 EB\""},
        {"filesizeformat", "-1", NULL,
         "!filter 'filesizeformat': the value must be an integer of at least 0, got integer -1"},
        {"pluralize", "1", NULL, "\"\""},
        {"pluralize", "-1.0", NULL, "\"\""},
        {"pluralize", "0", NULL, "\"s\""},
        {"pluralize", "2", "{\"plural\":\"ies\",\"singular\":\"y\"}", "\"ies\""},
    };
    check_rows(rows, COUNT(rows));
}

static void ends_and_slices(void **state) {
    (void)state;
    static const row rows[] = {
        {"first", "[1,2,3]", NULL, "1"},
        {"first", "[]", NULL, "\"\""},
        {"last", "[1,2,3]", NULL, "3"},
        {"last", "[]", NULL, "\"\""},
        {"nth", "[1,2,3]", "{\"n\":2}", "3"},
        {"nth", "[1,2,3]", "{\"n\":3}", "\"\""},
        {"nth", "[1]", "{\"n\":-1}",
         "!filter 'nth': argument 'n' must be an integer of at least 0, got integer -1"},
        {"nth", "[1]", NULL, "!filter 'nth': the argument 'n' is missing"},
        {"first", "\"ab\"", NULL, "!filter 'first': the value must be an array, got string \"ab\""},
        {"slice", "[1,2,3]", NULL, "[1,2,3]"},
        {"slice", "[1,2,3]", "{\"start\":1,\"end\":-1}", "[2]"},
        {"slice", "[1,2,3]", "{\"start\":-2}", "[2,3]"},
        {"slice", "[1,2,3]", "{\"end\":-0.5}", "[1,2]"},
        {"slice", "[1,2,3]", "{\"start\":-100,\"end\":1e30}", "[1,2,3]"},
        {"slice", "[1,2,3]", "{\"start\":3}", "[]"},
        {"slice", "[]", "{\"end\":2}", "[]"},
        {"concat", "[1]", "{\"with\":[2,3]}", "[1,2,3]"},
        {"concat", "[1]", "{\"with\":null}", "[1,null]"},
        {"concat", "[]", "{\"with\":[]}", "[]"},
        {"concat", "[1]", "{}", "!filter 'concat': the argument 'with' is missing"},
        {"reverse", "[1,2,3]", NULL, "[3,2,1]"},
        {"reverse", "\"aé日\"", NULL, "\"日éa\""},
        {"reverse", "1", NULL,
         "!filter 'reverse': the value must be a string or an array, got integer 1"},
        {"length", "\"aé日\"", NULL, "3"},
        {"length", "{\"a\":1}", NULL, "1"},
        {"length", "null", NULL,
         "!filter 'length': the value must be a string, an array or an object, got null"},
        {"join", "[1,\"a\",null,1.0,[2]]", "{\"sep\":\"\\\\n\"}", "\"1\\na\\n\\n1\\n[2]\""},
        {"join", "[]", NULL, "\"\""},
    };
    check_rows(rows, COUNT(rows));
}

static void attributes(void **state) {
    (void)state;
    static const char items[] =
        "[{\"a\":\"x\",\"n\":1},{\"a\":null},{},{\"a\":\"y\"},{\"a\":\"x\"}]";
    static const row rows[] = {
        {"map", items, "{\"attribute\":\"a\"}", "[\"x\",\"y\",\"x\"]"},
        {"map", "[[1,2],[3]]", "{\"attribute\":\"1\"}", "[2]"},
        {"map", "[1]", NULL, "!filter 'map': the argument 'attribute' is missing"},
        {"map", "[]", NULL, "[]"},
        {"filter", items, "{\"attribute\":\"a\",\"value\":\"y\"}", "[{\"a\":\"y\"}]"},
        {"filter", items, "{\"attribute\":\"n\"}", "[{\"a\":\"x\",\"n\":1}]"},
        {"filter", items, "{\"attribute\":\"n\",\"value\":1.0}", "[]"},
        {"filter", items, "{\"attribute\":\"n\",\"value\":null}", "[{\"a\":\"x\",\"n\":1}]"},
        {"group_by", items, "{\"attribute\":\"a\"}",
         "{\"x\":[{\"a\":\"x\",\"n\":1},{\"a\":\"x\"}],\"y\":[{\"a\":\"y\"}]}"},
        {"group_by", "[3,1.5,3]", "{\"attribute\":\"\"}", "{\"1.5\":[1.5],\"3\":[3,3]}"},
        {"group_by", "[]", NULL, "{}"},
        {"group_by", "1", NULL, "!filter 'group_by': the value must be an array, got integer 1"},
    };
    check_rows(rows, COUNT(rows));
}

static void sorting(void **state) {
    (void)state;
    static const row rows[] = {
        {"sort", "[3,1.5,-2,18446744073709551615]", NULL, "[-2,1.5,3,18446744073709551615]"},
        {"sort", "[0.0,-0.0,0]", NULL, "[-0.0,0.0,0]"},
        {"sort", "[\"b\",\"é\",\"B\",\"a\"]", NULL, "[\"B\",\"a\",\"b\",\"é\"]"},
        {"sort", "[true,false]", NULL, "[false,true]"},
        {"sort", "[[1,1],[2],[],[3]]", NULL, "[[],[2],[3],[1,1]]"},
        {"sort", "[{\"k\":2,\"i\":1},{\"k\":1,\"i\":2},{\"k\":2,\"i\":3}]", "{\"attribute\":\"k\"}",
         "[{\"i\":2,\"k\":1},{\"i\":1,\"k\":2},{\"i\":3,\"k\":2}]"},
        {"sort", "[]", "{\"attribute\":\"k\"}", "[]"},
        {"sort", "[1,\"a\"]", NULL,
         "!filter 'sort': all items must have one type, but item 0 is integer 1 and item 1 is "
         "string "
         "\"a\""},
        {"sort", "[null]", NULL,
         "!filter 'sort': only numbers, strings, booleans and arrays can be sorted, but item 0 is "
         "null"},
        {"sort", "[{\"k\":1},{}]", "{\"attribute\":\"k\"}",
         "!filter 'sort': item 1 has no attribute 'k'"},
        {"unique", "[\"a\",\"B\",\"A\",\"É\",\"é\"]", NULL, "[\"a\",\"B\",\"É\"]"},
        {"unique", "[\"a\",\"A\",\"a\"]", "{\"case_sensitive\":true}", "[\"a\",\"A\"]"},
        {"unique", "[3,1,3,-1]", NULL, "[3,1,-1]"},
        {"unique", "[true,false,true]", NULL, "[true,false]"},
        {"unique", "[{\"k\":1},{},{\"k\":1,\"j\":2}]", "{\"attribute\":\"k\"}", "[{\"k\":1}]"},
        {"unique", "[1.5]", NULL,
         "!filter 'unique': only strings, signed integers and booleans can be compared, got float "
         "1.5"},
        {"unique", "[1,\"1\"]", NULL,
         "!filter 'unique': all items must have one type, but item 0 is integer 1 and item 1 is "
         "string "
         "\"1\""},
        {"unique", "[{}]", "{\"attribute\":\"k\"}",
         "!filter 'unique': item 0 has no attribute 'k'"},
    };
    check_rows(rows, COUNT(rows));
}

// Every pair of equal keys keeps its order, whatever the size.
static void sort_is_stable(void **state) {
    (void)state;
    enum { N = 5000 };
    bench b = {0};
    pond_arena_init(&b.arena);
    pond_value *items = POND_NEW_ARRAY(&b.arena, pond_value, N);
    uint32_t random = 1;
    for (uint32_t i = 0; i < N; i++) {
        random = random * 1664525 + 1013904223;
        pond_value *pair = POND_NEW_ARRAY(&b.arena, pond_value, 2);
        pair[0] = pond_int(random >> 28);
        pair[1] = pond_int(i);
        items[i] = pond_array(pair, 2);
    }
    pond_sv names[] = {POND_SV("attribute")};
    pond_value values[] = {pond_string(POND_SV("0"))}, v = pond_null();
    pond_tera_args args = {names, values, 1};
    pond_tera_call c = {.arena = &b.arena, .name = POND_SV("sort"), .err = &b.err};
    assert_int_equal(tera_find_filter(c.name)->fn(&c, pond_array(items, N), &args, &v), POND_OK);
    assert_int_equal(v.n, N);
    for (uint32_t i = 1; i < N; i++) {
        const pond_value *x = v.items[i - 1].items, *y = v.items[i].items;
        assert_true(x[0].i < y[0].i || (x[0].i == y[0].i && x[1].i < y[1].i));
    }
    pond_arena_deinit(&b.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding),          cmocka_unit_test(reading_numbers),
        cmocka_unit_test(sizes_and_plurals), cmocka_unit_test(ends_and_slices),
        cmocka_unit_test(attributes),        cmocka_unit_test(sorting),
        cmocka_unit_test(sort_is_stable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
