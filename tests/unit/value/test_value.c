// Values: objects, arrays with attributes, equality.
#include "value/value.h"

#include <math.h>
#include <setjmp.h>
#include <cmocka.h>

static int set_up(void **state) {
    static pond_arena arena;
    pond_arena_init(&arena);
    *state = &arena;
    return 0;
}

static int tear_down(void **state) {
    pond_arena_deinit(*state);
    return 0;
}

static pond_value json(pond_arena *a, const char *text) {
    pond_value v;
    assert_int_equal(pond_json_parse(a, pond_sv_of(text), "test", &v, NULL), POND_OK);
    return v;
}

static void integers_have_one_form(void **state) {
    (void)state;
    assert_int_equal(pond_uint(5).kind, POND_INT);
    assert_int_equal(pond_uint(INT64_MAX).kind, POND_INT);
    assert_int_equal(pond_uint((uint64_t)INT64_MAX + 1).kind, POND_UINT);
}

static void numbers_as_doubles(void **state) {
    (void)state;
    assert_true(pond_number(pond_int(-3)) == -3.0);
    assert_true(pond_number(pond_uint(UINT64_MAX)) == 18446744073709551616.0);
    assert_true(pond_number(pond_float(0.5)) == 0.5);
    assert_true(pond_is_number(pond_uint(UINT64_MAX)));
    assert_false(pond_is_number(pond_bool(true)));
    assert_false(pond_is_number(pond_string_lit("1")));
}

static void objects_are_sorted(void **state) {
    pond_arena *a = *state;
    // Every length goes through the sort, descending and with each key twice: the later one stays.
    for (size_t n = 0; n <= 40; n++) {
        pond_entry *entries = POND_NEW_ARRAY(a, pond_entry, 2 * n);
        for (size_t i = 0; i < 2 * n; i++)
            entries[i] = (pond_entry){.key = pond_svf(a, "k%02zu", (2 * n - 1 - i) / 2),
                                      .value = pond_int((int64_t)i)};
        pond_value v = pond_object_sorted(entries, 2 * n);
        assert_int_equal(v.n, n);
        for (size_t k = 0; k < n; k++) {
            pond_sv key = pond_svf(a, "k%02zu", k);
            assert_true(pond_sv_eq(v.entries[k].key, key));
            assert_int_equal(v.entries[k].value.i, 2 * (n - 1 - k) + 1);
            assert_ptr_equal(pond_get(v, key), &v.entries[k].value);
        }
        assert_null(pond_get_lit(v, "k"));
        assert_null(pond_get_lit(v, "z"));
    }
}

static void keys_are_in_order_of_bytes(void **state) {
    pond_value v = json(*state, "{\"b\":1,\"B\":2,\"\xC3\xA9\":3,\"a\":4,\"aa\":5,\"\":6}");
    static const char *const order[] = {"", "B", "a", "aa", "b", "\xC3\xA9"};
    for (size_t i = 0; i < 6; i++)
        assert_true(pond_sv_is(v.entries[i].key, order[i]));
}

static void only_objects_have_members(void **state) {
    pond_value v = json(*state, "[{\"a\":1},\"a\",null]");
    assert_null(pond_get_lit(v, "a"));
    assert_null(pond_get_lit(v.items[1], "a"));
    assert_null(pond_get_lit(v.items[2], "a"));
    assert_int_equal(pond_get_lit(v.items[0], "a")->i, 1);
}

static void kinds_have_names(void **state) {
    pond_value v = json(*state, "[null,true,1,18446744073709551615,1.0,\"\",[],{}]");
    static const char *const names[] = {"null",  "bool",   "integer", "integer",
                                        "float", "string", "array",   "object"};
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(pond_kind_name(v.items[i]), names[i]);
}

static void arrays_may_answer_names(void **state) {
    pond_arena *a = *state;
    pond_value items[] = {pond_int(1), pond_int(2)};
    pond_value v = pond_array_with_attrs(a, items, 2, json(a, "{\"files\":7}"));
    items[0] = pond_null(); // the items were copied
    assert_true(pond_has_attrs(v));
    assert_int_equal(v.n, 2);
    assert_int_equal(v.items[0].i, 1);
    assert_int_equal(pond_get_lit(v, "files")->i, 7);
    assert_null(pond_get_lit(v, "schema"));
    assert_false(pond_has_attrs(pond_array(items, 2)));
    assert_int_equal(pond_array_with_attrs(a, NULL, 0, json(a, "{}")).n, 0);
}

static void equality(void **state) {
    pond_arena *a = *state;
    static const char *const texts[] = {
        "null",
        "false",
        "true",
        "0",
        "1",
        "1.0",
        "18446744073709551615",
        "\"\"",
        "\"1\"",
        "[]",
        "[1]",
        "[2]",
        "[1,2]",
        "{}",
        "{\"a\":1}",
        "{\"a\":2}",
        "{\"b\":1}",
        "{\"a\":1,\"b\":1}",
    };
    enum { N = sizeof texts / sizeof *texts };
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            assert_int_equal(pond_value_equal(json(a, texts[i]), json(a, texts[j])), i == j);
    assert_true(pond_value_equal(pond_float(NAN), pond_float(NAN)));
    pond_value plain = json(a, "[1]"),
               with = pond_array_with_attrs(a, plain.items, 1, json(a, "{}"));
    pond_value other = pond_array_with_attrs(a, plain.items, 1, json(a, "{\"k\":1}"));
    assert_true(pond_value_equal(with, with));
    assert_false(pond_value_equal(plain, with));
    assert_false(pond_value_equal(with, other));
}

static void objects_are_built_in_any_order(void **state) {
    pond_arena *a = *state;
    pond_object_builder o = {.arena = a};
    pond_value empty = pond_object_build(&o);
    assert_int_equal(empty.kind, POND_OBJECT);
    assert_int_equal(empty.n, 0);
    pond_object_put(&o, "z", pond_int(1));
    pond_object_put(&o, "a", pond_int(2));
    pond_object_put_sv(&o, POND_SV("m"), pond_int(3));
    pond_object_put(&o, "z", pond_int(4));
    pond_value v = pond_object_build(&o);
    assert_true(pond_value_equal(v, json(a, "{\"a\":2,\"m\":3,\"z\":4}")));
    assert_int_equal(pond_get_lit(v, "m")->i, 3);
    pond_object_put(&o, "x", pond_null()); // a second object does not touch the first
    assert_int_equal(pond_object_build(&o).n, 1);
    assert_int_equal(v.n, 3);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(integers_have_one_form),
        TEST(numbers_as_doubles),
        TEST(objects_are_sorted),
        TEST(keys_are_in_order_of_bytes),
        TEST(only_objects_have_members),
        TEST(kinds_have_names),
        TEST(arrays_may_answer_names),
        TEST(equality),
        TEST(objects_are_built_in_any_order),
    };
    return cmocka_run_group_tests_name("value/value", tests, NULL, NULL);
}
