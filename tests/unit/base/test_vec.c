// Growing arrays.
#include "base/vec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

typedef struct point {
    int x, y;
} point;

static void vectors_grow(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    POND_VEC(point) points = {0};
    for (int i = 0; i < 10000; i++) {
        point *p = pond_vec_push(&a, &points);
        assert_ptr_equal(p, &points.items[i]);
        *p = (point){i, -i};
    }
    assert_int_equal(points.n, 10000);
    assert_true(points.cap >= points.n);
    for (int i = 0; i < 10000; i++) {
        assert_int_equal(points.items[i].x, i);
        assert_int_equal(points.items[i].y, -i);
    }
    pond_arena_deinit(&a);
}

static int by_x(const void *a, const void *b) {
    return ((const point *)a)->x - ((const point *)b)->x;
}

static void sorting_takes_any_order(void **state) {
    (void)state;
    static const int orders[][4] = {
        {1, 2, 3, 4}, {4, 3, 2, 1}, {1, 2, 4, 3}, {2, 1, 3, 4}, {2, 2, 1, 1}};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        for (size_t n = 0; n <= 4; n++) {
            point points[4];
            int sum = 0;
            for (size_t k = 0; k < n; k++) {
                points[k] = (point){orders[i][k], 10 * orders[i][k]};
                sum += orders[i][k];
            }
            pond_sort(points, n, sizeof *points, by_x);
            for (size_t k = 0; k < n; k++) {
                assert_true(k == 0 || points[k - 1].x <= points[k].x);
                assert_int_equal(points[k].y, 10 * points[k].x);
                sum -= points[k].x;
            }
            assert_int_equal(sum, 0);
        }
}

static void growing_doubles(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    size_t cap = 0;
    int *p = pond_vec_grow(&a, NULL, &cap, sizeof *p);
    assert_int_equal(cap, 8);
    for (int i = 0; i < 8; i++)
        p[i] = i;
    p = pond_vec_grow(&a, p, &cap, sizeof *p);
    assert_int_equal(cap, 16);
    for (int i = 0; i < 8; i++)
        assert_int_equal(p[i], i);
    pond_arena_deinit(&a);
}

static void reserving_makes_room(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    POND_VEC(int) v = {0};
    for (int i = 0; i < 3; i++)
        *pond_vec_push(&a, &v) = i;
    pond_vec_reserve(&a, &v, 100);
    assert_int_equal(v.cap, 103);
    const int *items = v.items;
    pond_vec_reserve(&a, &v, 100); // there is room already
    assert_ptr_equal(v.items, items);
    pond_vec_reserve(&a, &v, 101);
    assert_int_equal(v.cap, 206);
    for (int i = 0; i < 3; i++)
        assert_int_equal(v.items[i], i);
    pond_arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_grow),
        cmocka_unit_test(growing_doubles),
        cmocka_unit_test(sorting_takes_any_order),
        cmocka_unit_test(reserving_makes_room),
    };
    return cmocka_run_group_tests_name("base/vec", tests, NULL, NULL);
}
