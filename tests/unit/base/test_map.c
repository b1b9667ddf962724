// Maps: lookups, growth, keys that collide.
#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void values_are_found_again(void **state) {
    (void)state;
    enum { N = 5000 };
    pond_arena a;
    pond_arena_init(&a);
    pond_map m;
    pond_map_init(&m, &a);
    assert_null(pond_map_get(&m, POND_SV("k0")));
    static int values[N];
    for (int i = 0; i < N; i++) {
        bool is_new = false;
        *pond_map_at(&m, pond_svf(&a, "k%d", i), &is_new) = &values[i];
        assert_true(is_new);
    }
    assert_int_equal(m.n, N);
    for (int i = 0; i < N; i++) {
        pond_sv key = pond_svf(&a, "k%d", i);
        assert_ptr_equal(pond_map_get(&m, key), &values[i]);
        assert_true(pond_sv_eq(m.entries[i].key, key)); // in the order of insertion
    }
    assert_null(pond_map_get(&m, POND_SV("k5000")));
    assert_null(pond_map_get(&m, POND_SV("")));
    pond_arena_deinit(&a);
}

static void a_second_insertion_finds_the_first(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    pond_map m;
    pond_map_init(&m, &a);
    int one, two;
    bool is_new;
    void **place = pond_map_at(&m, POND_SV("key"), &is_new);
    assert_null(*place);
    *place = &one;
    place = pond_map_at(&m, POND_SV("key"), &is_new);
    assert_false(is_new);
    assert_ptr_equal(*place, &one);
    *place = &two;
    assert_ptr_equal(pond_map_get(&m, POND_SV("key")), &two);
    assert_int_equal(m.n, 1);
    *pond_map_at(&m, POND_SV(""), NULL) = &one; // the empty key is a key
    assert_ptr_equal(pond_map_get(&m, POND_SV("")), &one);
    *pond_map_at(&m, POND_SV("a\0b"), NULL) = &one; // keys are views, not C strings
    assert_null(pond_map_get(&m, POND_SV("a")));
    assert_int_equal(m.n, 3);
    pond_arena_deinit(&a);
}

// The vectors of the paper's appendix and of the authors' program.
static void siphash_is_siphash(void **state) {
    (void)state;
    const uint64_t key[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    char bytes[15];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)i;
    assert_true(pond_siphash(key, (pond_sv){bytes, 15}) == 0xa129ca6149be45e5u);
    assert_true(pond_siphash(key, (pond_sv){bytes, 0}) == 0x726fdb47dd0e0e31u);
    assert_true(pond_siphash(key, (pond_sv){bytes, 8}) == 0x93f5f5799a932462u);
}

// Nobody can know which keys collide in a map that has many.
static void large_maps_have_hashes_of_their_own(void **state) {
    (void)state;
    enum { N = 1000 };
    pond_arena a;
    pond_arena_init(&a);
    pond_map m[2];
    for (int k = 0; k < 2; k++) {
        pond_map_init(&m[k], &a);
        for (int i = 0; i < N; i++) {
            *pond_map_at(&m[k], pond_svf(&a, "k%d", i), NULL) = &m[k];
            if (i == 100)
                assert_true(m[k].entries[i].hash == pond_hash64(POND_SV("k100")));
        }
    }
    int n_same = 0;
    for (int i = 0; i < N; i++) {
        n_same += m[0].entries[i].hash == m[1].entries[i].hash ||
                  m[0].entries[i].hash == pond_hash64(m[0].entries[i].key);
        assert_ptr_equal(pond_map_get(&m[0], m[1].entries[i].key), &m[0]);
    }
    assert_int_equal(n_same, 0);
    pond_arena_deinit(&a);
}

static void hashes_follow_content(void **state) {
    (void)state;
    char x[] = "abc", y[] = "abc";
    assert_true(pond_hash64(pond_sv_of(x)) == pond_hash64(pond_sv_of(y)));
    assert_true(pond_hash64(POND_SV("abc")) != pond_hash64(POND_SV("abd")));
    assert_true(pond_hash64(POND_SV("")) != pond_hash64(POND_SV("\0")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found_again),
        cmocka_unit_test(a_second_insertion_finds_the_first),
        cmocka_unit_test(hashes_follow_content),
        cmocka_unit_test(siphash_is_siphash),
        cmocka_unit_test(large_maps_have_hashes_of_their_own),
    };
    return cmocka_run_group_tests_name("base/map", tests, NULL, NULL);
}
