// Cutting units into shards, over relations that only say how much there is to read.
#include "fixture.h"

#include "export/shard/spread.h"

// Days are partitions; day i has i * growth + rows rows.
typedef struct fake_relation {
    pond_relation base;
    int64_t rows, growth;
} fake_relation;

static int64_t fake_rows(pond_session *s, pond_relation *base, pond_range range) {
    (void)s;
    const fake_relation *r = (const fake_relation *)base;
    return r->rows + range.lo_us / POND_US_PER_DAY * r->growth;
}

static const pond_relation_ops fake_ops = {.table_rows = fake_rows};

typedef struct spread_fixture {
    pond_arena arena;
    export_run run;
    export_units units;
    int64_t loads[8];
} spread_fixture;

static void setup_spread(spread_fixture *f) {
    *f = (spread_fixture){0};
    pond_arena_init(&f->arena);
    f->run.arena = &f->arena;
}

static fake_relation relation(int64_t rows, int64_t growth) {
    return (fake_relation){
        .base = {.ops = &fake_ops, .slicing = POND_SLICES_ALWAYS}, .rows = rows, .growth = growth};
}

static void add_days(spread_fixture *f, export_target *t, int n_days) {
    for (int i = 0; i < n_days; i++) {
        int64_t lo = i * POND_US_PER_DAY;
        *pond_vec_push(&f->arena, &f->units) =
            (export_unit){.target = t, .range = {lo, lo + POND_US_PER_DAY, false}, .start_us = lo};
    }
}

static void neighbours_stay_together_and_shards_are_alike(void **state) {
    (void)state;
    spread_fixture f;
    setup_spread(&f);
    fake_relation even = relation(9000, 0), growing = relation(0, 1000);
    export_target a = {.relation = &even.base, .is_partitioned = true},
                  b = {.relation = &growing.base, .is_partitioned = true};
    add_days(&f, &a, 20);
    add_days(&f, &b, 40);
    const spread_share *s = spread_units(&f.run, &f.units, 4, f.loads);
    // 20 * 10,000 + (0 + … + 39) * 1000 + 40 * 1000 = 1,020,000
    int64_t sums[4] = {0}, total = 0;
    int n_changes = 0;
    for (size_t i = 0; i < f.units.n; i++) {
        sums[s[i].shard] += s[i].work;
        n_changes += i > 0 && s[i].shard != s[i - 1].shard;
    }
    assert_int_equal(n_changes, 3);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(f.loads[i], sums[i]);
        assert_in_range(sums[i], 215000, 295000); // a quarter, and a unit more or less
        total += sums[i];
    }
    assert_int_equal(total, 1020000);
    pond_arena_deinit(&f.arena);
}

static void what_is_done_weighs_nothing(void **state) {
    (void)state;
    spread_fixture f;
    setup_spread(&f);
    fake_relation even = relation(9000, 0);
    export_target a = {.relation = &even.base, .is_partitioned = true};
    add_days(&f, &a, 100);
    for (int i = 0; i < 90; i++)
        f.units.items[i].is_done = true;
    const spread_share *s = spread_units(&f.run, &f.units, 5, f.loads);
    for (int i = 0; i < 5; i++)
        assert_int_equal(f.loads[i], 20000);
    for (int i = 90; i < 100; i++)
        assert_int_equal(s[i].shard, (i - 90) / 2);
    pond_arena_deinit(&f.arena);
}

static void resolutions_of_a_partition_share_a_shard_and_its_rows(void **state) {
    (void)state;
    spread_fixture f;
    setup_spread(&f);
    const int source = 0;
    fake_relation by_hour = relation(50000, 0), by_day = by_hour;
    by_hour.base.table_key = by_day.base.table_key = &source;
    export_target a = {.relation = &by_hour.base, .is_partitioned = true},
                  b = {.relation = &by_day.base, .is_partitioned = true};
    add_days(&f, &a, 6);
    add_days(&f, &b, 6);
    const spread_share *s = spread_units(&f.run, &f.units, 3, f.loads);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(s[i].shard, i / 2);
        assert_int_equal(s[i + 6].shard, i / 2);
        assert_int_equal(s[i].work, 51000);
        assert_int_equal(s[i + 6].work, 1000);
    }
    pond_arena_deinit(&f.arena);
}

static void later_stages_fill_up_what_earlier_ones_left(void **state) {
    (void)state;
    spread_fixture f;
    setup_spread(&f);
    fake_relation large = relation(99000, 0);
    export_target whole = {.relation = &large.base};
    // One unit goes to one shard, and the next to another.
    for (int i = 0; i < 3; i++) {
        f.units.n = 0;
        add_days(&f, &whole, 1);
        const spread_share *s = spread_units(&f.run, &f.units, 3, f.loads);
        assert_int_equal(s[0].shard, i);
    }
    for (int i = 0; i < 3; i++)
        assert_int_equal(f.loads[i], 100000);
    pond_arena_deinit(&f.arena);
}

static void more_shards_than_units_leave_some_without_work(void **state) {
    (void)state;
    spread_fixture f;
    setup_spread(&f);
    fake_relation huge = relation(INT64_MAX, 0); // an estimate may be any number
    export_target a = {.relation = &huge.base, .is_partitioned = true};
    add_days(&f, &a, 2);
    const spread_share *s = spread_units(&f.run, &f.units, 8, f.loads);
    assert_int_not_equal(s[0].shard, s[1].shard);
    f.units.n = 0;
    (void)spread_units(&f.run, &f.units, 8, f.loads);
    pond_arena_deinit(&f.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_stay_together_and_shards_are_alike),
        cmocka_unit_test(what_is_done_weighs_nothing),
        cmocka_unit_test(resolutions_of_a_partition_share_a_shard_and_its_rows),
        cmocka_unit_test(later_stages_fill_up_what_earlier_ones_left),
        cmocka_unit_test(more_shards_than_units_leave_some_without_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
