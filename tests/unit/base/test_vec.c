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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_grow),
        cmocka_unit_test(growing_doubles),
    };
    return cmocka_run_group_tests_name("base/vec", tests, NULL, NULL);
}
