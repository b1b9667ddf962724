// Meters: what they count, and when they ask to be drawn.
#include "base/meter.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

typedef struct drawn {
    int n;
    uint64_t last;
} drawn;

static void draw(void *user, const pond_meter *m) {
    drawn *d = user;
    d->n++;
    d->last = atomic_load(&m->done);
}

static void counts_and_draws_seldom(void **state) {
    (void)state;
    drawn d = {0};
    pond_meter m = {.draw = draw, .user = &d};
    pond_meter_begin(&m, "reading", false, 100);
    pond_meter_add(&m, 40);
    assert_int_equal(d.n, 1);
    assert_int_equal(d.last, 40);
    for (int i = 0; i < 10; i++)
        pond_meter_add(&m, 2);
    assert_true(d.n <= 2); // no tenth of a second has passed, or one has
    assert_int_equal(atomic_load(&m.done), 60);
    atomic_store(&m.next_us, 0);
    pond_meter_reach(&m, 100);
    assert_int_equal(d.last, 100);
    assert_string_equal(atomic_load(&m.what), "reading");
}

static void each_part_begins_at_nothing(void **state) {
    (void)state;
    drawn d = {0};
    pond_meter m = {.draw = draw, .user = &d};
    pond_meter_begin(&m, "unpacking", false, 0);
    pond_meter_add(&m, 7);
    int64_t began = atomic_load(&m.began_us);
    pond_meter_begin(&m, "writing", true, 12);
    assert_int_equal(atomic_load(&m.done), 0);
    assert_int_equal(atomic_load(&m.total), 12);
    assert_true(atomic_load(&m.counts_rows));
    assert_true(atomic_load(&m.began_us) >= began);
}

static void nobody_may_look(void **state) {
    (void)state;
    pond_meter_begin(NULL, "reading", false, 1);
    pond_meter_add(NULL, 1);
    pond_meter_reach(NULL, 1);
}

static void *add_many(void *meter) {
    for (int i = 0; i < 10000; i++)
        pond_meter_add(meter, 1);
    return NULL;
}

static void several_threads_count(void **state) {
    (void)state;
    enum { THREADS = 4 };
    drawn d = {0};
    pond_meter m = {.draw = draw, .user = &d};
    pthread_t threads[THREADS];
    pond_meter_begin(&m, "reading", false, 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &m), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&m.done), THREADS * 10000);
    assert_true(d.n >= 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_and_draws_seldom),
        cmocka_unit_test(each_part_begins_at_nothing),
        cmocka_unit_test(nobody_may_look),
        cmocka_unit_test(several_threads_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
