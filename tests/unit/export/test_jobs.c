// Grouping units into jobs, over relations that only say in what order their rows are.
#include "fixture.h"

#include "export/jobs.h"

// Days are partitions. Rows of the days [unordered_from, unordered_to) came late.
typedef struct fake_relation {
    pond_relation base;
    int64_t unordered_from, unordered_to;
    pond_order order; // of the other days
    int64_t rows_a_day, work_a_day;
    bool is_promised;
} fake_relation;

static pond_order fake_order(pond_session *s, pond_relation *base, pond_range range) {
    (void)s;
    const fake_relation *r = (const fake_relation *)base;
    bool is_unordered = r->unordered_from < r->unordered_to &&
                        range.lo_us < r->unordered_to * POND_US_PER_DAY &&
                        range.hi_us > r->unordered_from * POND_US_PER_DAY;
    return is_unordered ? POND_UNORDERED : r->order;
}

static int64_t fake_rows(pond_session *s, pond_relation *base, pond_range range) {
    (void)s;
    const fake_relation *r = (const fake_relation *)base;
    return (range.hi_us - range.lo_us) / POND_US_PER_DAY * r->rows_a_day;
}

static int64_t fake_work(pond_session *s, pond_relation *base, pond_range range) {
    (void)s;
    const fake_relation *r = (const fake_relation *)base;
    return (range.hi_us - range.lo_us) / POND_US_PER_DAY * r->work_a_day;
}

static pond_code fake_is_promised(pond_session *s, pond_relation *base, bool *out, pond_err *err) {
    (void)s;
    (void)err;
    *out = ((const fake_relation *)base)->is_promised;
    return POND_OK;
}

static const pond_relation_ops fake_ops = {.order = fake_order,
                                           .table_rows = fake_rows,
                                           .work = fake_work,
                                           .is_promised = fake_is_promised};

// A stored series whose rows are in order, one column.
static fake_relation stored_series(void) {
    static const pond_column column = {.name = {"x", 1}, .type = {"DOUBLE", 6}};
    fake_relation r = {
        .base = {.ops = &fake_ops, .slicing = POND_SLICES_ALWAYS, .is_table_of_rows = true},
        .order = POND_ORDERED,
        .rows_a_day = 1};
    r.base.schema = (pond_schema){&column, 1};
    return r;
}

typedef struct jobs_fixture {
    pond_arena arena;
    export_run run;
    export_units units;
    export_jobs jobs;
} jobs_fixture;

static void setup_jobs(jobs_fixture *f) {
    *f = (jobs_fixture){0};
    pond_arena_init(&f->arena);
    f->run.arena = &f->arena;
}

static export_target *add_days(jobs_fixture *f, fake_relation *r, int64_t from, int64_t to) {
    export_target *t = POND_NEW(&f->arena, export_target);
    *t = (export_target){.relation = &r->base, .is_partitioned = true};
    for (int64_t day = from; day < to; day++) {
        int64_t lo = day * POND_US_PER_DAY;
        *pond_vec_push(&f->arena, &f->units) =
            (export_unit){.target = t, .range = {lo, lo + POND_US_PER_DAY, false}, .start_us = lo};
    }
    return t;
}

static void add_all_of(jobs_fixture *f, fake_relation *r, bool is_partitioned) {
    export_target *t = POND_NEW(&f->arena, export_target);
    *t = (export_target){.relation = &r->base, .is_partitioned = is_partitioned};
    *pond_vec_push(&f->arena, &f->units) =
        (export_unit){.target = t, .range = POND_RANGE_ALL, .is_whole = is_partitioned};
}

// "stream 3 of 0-3, single 1 of all": the jobs, how many units they have, and the days of these.
static const char *group(jobs_fixture *f, int n_workers) {
    static const char *const kinds[] = {
        [JOB_SINGLE] = "single", [JOB_STREAM] = "stream", [JOB_TABLE] = "shared"};
    char *text = "";
    f->jobs = (export_jobs){0};
    assert_int_equal(export_group_units(&f->run, &f->units, n_workers, &f->jobs, NULL), POND_OK);
    for (size_t i = 0; i < f->jobs.n; i++) {
        const export_job *j = f->jobs.items[i];
        text = pond_printf(&f->arena, "%s%s%s %zu of", text, i == 0 ? "" : ", ", kinds[j->kind],
                           j->units.n);
        text = j->range.lo_us == INT64_MIN ? pond_printf(&f->arena, "%s all", text)
                                           : pond_printf(&f->arena, "%s %d-%d", text,
                                                         (int)(j->range.lo_us / POND_US_PER_DAY),
                                                         (int)(j->range.hi_us / POND_US_PER_DAY));
    }
    return text;
}

static void partitions_in_order_are_one_scan(void **state) {
    (void)state;
    jobs_fixture f;
    setup_jobs(&f);
    fake_relation r = stored_series();
    r.base.table_key = &r;
    add_days(&f, &r, 0, 10);
    assert_string_equal(group(&f, 1), "stream 10 of 0-10");
    assert_string_equal(group(&f, 2), "stream 10 of 0-10"); // a few rows: two scans would cost more
    r.rows_a_day = 122880;
    // Enough jobs that no worker is left without work.
    assert_string_equal(group(&f, 2), "stream 2 of 0-2, stream 2 of 2-4, stream 2 of 4-6, "
                                      "stream 2 of 6-8, stream 2 of 8-10");
    pond_arena_deinit(&f.arena);
}

static void late_rows_and_gaps_cut_the_scan(void **state) {
    (void)state;
    jobs_fixture f;
    setup_jobs(&f);
    fake_relation r = stored_series();
    r.base.table_key = &r;
    r.unordered_from = 3;
    r.unordered_to = 5;
    add_days(&f, &r, 0, 8);
    assert_string_equal(group(&f, 1), "stream 3 of 0-3, stream 2 of 3-5, stream 3 of 5-8");
    f.units.items[1].is_done = true;
    assert_string_equal(group(&f, 1),
                        "stream 1 of 0-1, stream 1 of 2-3, stream 2 of 3-5, stream 3 of 5-8");
    for (size_t i = 0; i < f.units.n; i++)
        f.units.items[i].is_done = true;
    assert_string_equal(group(&f, 1), "");
    pond_arena_deinit(&f.arena);
}

static void rows_that_are_sorted_have_a_bounded_size(void **state) {
    (void)state;
    jobs_fixture f;
    setup_jobs(&f);
    fake_relation r = stored_series();
    r.base.table_key = &r;
    r.order = POND_UNORDERED;
    r.rows_a_day = (32 << 20) / 8 / 3; // a third of the bound each
    add_days(&f, &r, 0, 7);
    assert_string_equal(group(&f, 1), "stream 3 of 0-3, stream 3 of 3-6, stream 1 of 6-7");
    r.rows_a_day = 100 << 20; // one day is more
    assert_string_equal(group(&f, 1), "stream 1 of 0-1, stream 1 of 1-2, stream 1 of 2-3, "
                                      "stream 1 of 3-4, stream 1 of 4-5, stream 1 of 5-6, "
                                      "stream 1 of 6-7");
    pond_arena_deinit(&f.arena);
}

static void series_do_not_share_with_each_other(void **state) {
    (void)state;
    jobs_fixture f;
    setup_jobs(&f);
    fake_relation a = stored_series(), b = stored_series();
    a.base.table_key = &a;
    b.base.table_key = &b;
    add_days(&f, &a, 0, 2);
    add_days(&f, &b, 2, 4);
    assert_string_equal(group(&f, 1), "stream 2 of 0-2, stream 2 of 2-4");
    pond_arena_deinit(&f.arena);
}

static void resolutions_of_one_source_share_a_partition(void **state) {
    (void)state;
    jobs_fixture f;
    setup_jobs(&f);
    int source;
    fake_relation hours = stored_series(), days = stored_series();
    hours.base.table_key = days.base.table_key = &source;
    hours.base.is_table_of_rows = days.base.is_table_of_rows = false;
    hours.rows_a_day = days.rows_a_day = 20000;
    add_days(&f, &hours, 0, 3);
    add_days(&f, &days, 1, 4);
    static const char each_alone[] =
        "shared 1 of 0-1, shared 2 of 1-2, shared 2 of 2-3, shared 1 of 3-4";
    assert_string_equal(group(&f, 1), each_alone);
    // Small partitions share a table with their neighbours, target by target.
    hours.rows_a_day = days.rows_a_day = 5000;
    assert_string_equal(group(&f, 1), "shared 5 of 0-3, shared 1 of 3-4");
    const export_job *j = f.jobs.items[0];
    for (size_t i = 0; i < 5; i++) {
        assert_ptr_equal(j->units.items[i]->target->relation, i < 3 ? &hours.base : &days.base);
        assert_int_equal(j->units.items[i]->start_us,
                         (int64_t)(i < 3 ? i : i - 2) * POND_US_PER_DAY);
    }
    // What they are made from is bounded, too: two days of it fit.
    hours.work_a_day = days.work_a_day = 1 << 17;
    assert_string_equal(group(&f, 1), "shared 3 of 0-2, shared 3 of 2-4");
    hours.work_a_day = days.work_a_day = 0;
    // Where the last digits depend on the range, it is the partition.
    hours.base.sums_vary = days.base.sums_vary = true;
    assert_string_equal(group(&f, 1), each_alone);
    hours.base.sums_vary = days.base.sums_vary = false;
    // What a config only promises is checked slice by slice.
    hours.is_promised = days.is_promised = true;
    assert_string_equal(group(&f, 1), each_alone);
    pond_arena_deinit(&f.arena);
}

static void units_that_share_nothing_have_separate_jobs(void **state) {
    (void)state;
    jobs_fixture f;
    setup_jobs(&f);
    fake_relation query = stored_series(), stored = stored_series(), ties = stored_series();
    query.order = POND_UNORDERED;
    ties.order = POND_ASCENDING;
    stored.base.table_key = &stored;
    add_all_of(&f, &query, true);   // computed once, partitions found there
    add_all_of(&f, &stored, false); // copied as it is
    add_all_of(&f, &ties, false);   // the same, and ties are sorted
    assert_string_equal(group(&f, 1), "single 1 of all, stream 1 of all, stream 1 of all");
    pond_arena_deinit(&f.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partitions_in_order_are_one_scan),
        cmocka_unit_test(late_rows_and_gaps_cut_the_scan),
        cmocka_unit_test(rows_that_are_sorted_have_a_bounded_size),
        cmocka_unit_test(series_do_not_share_with_each_other),
        cmocka_unit_test(resolutions_of_one_source_share_a_partition),
        cmocka_unit_test(units_that_share_nothing_have_separate_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
