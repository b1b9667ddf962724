// Names of types and states, ids.
#include "room.h"

#include "store/store_internal.h"

static void every_type_has_its_name(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool is_dir, is_queryable, is_dynamic;
    } expected[] = {
        {"directory", true, false, false},    {"dynamic-directory", true, false, true},
        {"symlink", false, false, false},     {"data", false, false, false},
        {"data:series", false, false, false}, {"data:dynamic", false, false, true},
        {"table", false, true, false},        {"table:series", false, true, false},
        {"table:dynamic", false, true, true},
    };
    assert_int_equal(sizeof expected / sizeof *expected, POND_N_TYPES);
    for (int i = 0; i < POND_N_TYPES; i++) {
        pond_type t = (pond_type)i, back;
        assert_string_equal(pond_type_name(t), expected[i].name);
        assert_int_equal(pond_type_is_dir(t), expected[i].is_dir);
        assert_int_equal(pond_type_is_queryable(t), expected[i].is_queryable);
        assert_int_equal(pond_type_is_dynamic(t), expected[i].is_dynamic);
        assert_true(store_type_from_name(pond_sv_of(expected[i].name), &back));
        assert_int_equal(back, t);
    }
    pond_type none;
    assert_false(store_type_from_name(POND_SV("file:series"), &none));
    assert_false(store_type_from_name(POND_SV(""), &none));
}

static void every_state_has_its_name(void **state) {
    (void)state;
    static const char *const expected[] = {"INCOMPLETE", "COMMITTED", "FAILED"};
    pond_txn_state back;
    for (int i = 0; i < POND_N_TXN_STATES; i++) {
        assert_string_equal(pond_txn_state_name((pond_txn_state)i), expected[i]);
        assert_true(store_state_from_name(pond_sv_of(expected[i]), &back));
        assert_int_equal(back, i);
    }
    assert_false(store_state_from_name(POND_SV("DONE"), &back));
}

static void ids_have_a_text_and_a_tail(void **state) {
    (void)state;
    pond_id id;
    for (int i = 0; i < 16; i++)
        id.bytes[i] = (uint8_t)(i * 17);
    char text[37], tail[13];
    pond_id_text(&id, text);
    pond_id_tail(&id, tail);
    assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
    assert_string_equal(tail, "aabbccddeeff");
}

static void new_ids_are_uuids_of_version_7_that_sort_by_age(void **state) {
    (void)state;
    pond_id a, b;
    int64_t before_ms = pond_now_us() / 1000;
    assert_int_equal(store_new_id(&a, NULL), POND_OK);
    int64_t after_ms = pond_now_us() / 1000, ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | a.bytes[i];
    assert_true(before_ms <= ms && ms <= after_ms);
    assert_int_equal(a.bytes[6] >> 4, 7);
    assert_int_equal(a.bytes[8] >> 6, 2);
    assert_int_equal(store_new_id(&b, NULL), POND_OK);
    assert_false(pond_id_eq(a, b));
    assert_true(memcmp(a.bytes, b.bytes, 6) <= 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_its_name),
        cmocka_unit_test(every_state_has_its_name),
        cmocka_unit_test(ids_have_a_text_and_a_tail),
        cmocka_unit_test(new_ids_are_uuids_of_version_7_that_sort_by_age),
    };
    return cmocka_run_group_tests_name("store/types", tests, NULL, NULL);
}
