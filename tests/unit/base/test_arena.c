// Arenas: allocations do not overlap, and resets free them.
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

// A size that visits small, block-sized and large allocations.
static size_t size_of(size_t i) {
    return i % 97 == 0 ? 300000 : i % 13 == 0 ? 5000 : i % 50;
}

// Fills every allocation with its own byte and looks at all of them afterwards: none overlap.
static void fill_and_check(pond_arena *a, size_t n) {
    unsigned char **p = calloc(n, sizeof *p);
    size_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        p[i] = pond_alloc(a, size_of(i));
        assert_int_equal((uintptr_t)p[i] % alignof(max_align_t), 0);
        memset(p[i], (int)(i % 251), size_of(i));
        sum += size_of(i);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < size_of(i); j++)
            if (p[i][j] != i % 251)
                fail_msg("allocation %zu was overwritten", i);
    assert_int_equal(a->used_bytes, sum);
    free(p);
}

static void allocations_do_not_overlap(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    fill_and_check(&a, 400);
    pond_arena_reset(&a);
    assert_int_equal(a.used_bytes, 0);
    assert_null(a.blocks);
    fill_and_check(&a, 400);
    pond_arena_rewind(&a);
    assert_int_equal(a.used_bytes, 0);
    fill_and_check(&a, 400);
    pond_arena_deinit(&a);
    pond_arena_deinit(&a); // twice does no harm
}

static void a_large_one_first(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    char *large = pond_alloc(&a, 1000000), *small = pond_alloc(&a, 10);
    memset(large, 1, 1000000);
    memset(small, 2, 10);
    assert_int_equal(large[999999], 1);
    pond_arena_deinit(&a);
}

static void rewinding_keeps_one_block(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    for (int i = 0; i < 1000; i++)
        pond_alloc(&a, 100);
    pond_arena_rewind(&a);
    pond_arena_block *kept = a.blocks;
    if (!a.is_stress)
        assert_non_null(kept);
    pond_alloc(&a, 100);
    if (!a.is_stress)
        assert_ptr_equal(a.blocks, kept);
    pond_arena_deinit(&a);
}

static void zeroed_memory_is_zero(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    memset(pond_alloc(&a, 3000), 0xFF, 3000);
    pond_arena_rewind(&a);
    uint64_t *n = POND_NEW_ARRAY(&a, uint64_t, 300);
    for (int i = 0; i < 300; i++)
        assert_int_equal(n[i], 0);
    assert_non_null(pond_alloc(&a, 0));
    pond_arena_deinit(&a);
}

static void begins_in_a_lent_room(void **state) {
    (void)state;
    pond_arena a, outer;
    alignas(max_align_t) char room[100];
    pond_arena_init(&outer);
    for (int is_first_large = 0; is_first_large < 2; is_first_large++) {
        pond_arena_init_in(&a, room, sizeof room, &outer);
        if (is_first_large) {
            memset(pond_alloc(&a, 100000), 1, 100000);
            char *p = pond_alloc(&a, 10);
            assert_true(outer.is_stress || p == room);
            pond_arena_reset(&a);
        }
        fill_and_check(&a, 200);
        pond_arena_rewind(&a);
        fill_and_check(&a, 200);
        pond_arena_deinit(&a);
    }
    pond_arena_deinit(&outer);
}

static void under_stress_each_is_a_malloc(void **state) {
    (void)state;
    const char *was = getenv("POND_ARENA_STRESS");
    setenv("POND_ARENA_STRESS", "1", 1);
    pond_arena a;
    pond_arena_init(&a);
    if (was == NULL)
        unsetenv("POND_ARENA_STRESS");
    assert_true(a.is_stress);
    fill_and_check(&a, 200);
    assert_null(a.next); // nothing is cut from a shared block
    pond_arena_rewind(&a);
    assert_null(a.blocks);
    assert_true(a.is_stress);
    fill_and_check(&a, 200);
    pond_arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_do_not_overlap),
        cmocka_unit_test(a_large_one_first),
        cmocka_unit_test(rewinding_keeps_one_block),
        cmocka_unit_test(zeroed_memory_is_zero),
        cmocka_unit_test(begins_in_a_lent_room),
        cmocka_unit_test(under_stress_each_is_a_malloc),
    };
    return cmocka_run_group_tests_name("base/arena", tests, NULL, NULL);
}
