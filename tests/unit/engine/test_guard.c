// Limits of time and memory that hold for every query.
#include "engine_test.h"

#include <stdatomic.h>

// A query that runs for hours, and one that cannot be interrupted for seconds.
#define ENDLESS "SELECT sum(hash(a.i + b.i)) FROM range(9000000) a(i), range(9000000) b(i)"
#define DEAF "SELECT levenshtein(repeat('ab', 20000), repeat('ba', 20000))"

static atomic_int n_given_up;

static void give_up(void *user, const pond_err *err) {
    *(pond_err *)user = *err;
    atomic_fetch_add(&n_given_up, 1);
}

typedef struct guarded {
    fixture *f;
    pond_engine_guard *guard;
    pond_engine *e;
    pond_err told; // by give_up
} guarded;

static void open_guarded(guarded *g, fixture *f, const pond_limits *limits) {
    pond_limits l = *limits;
    l.user = &g->told;
    l.give_up = give_up;
    *g = (guarded){.f = f, .guard = pond_engine_guard_new(&l)};
    atomic_store(&n_given_up, 0);
    pond_engine_options o = {.dirs = f->dirs, .n_dirs = 1, .guard = g->guard};
    assert_ok(f, pond_engine_open(&o, &g->e, &f->err));
}

static void close_guarded(guarded *g) {
    pond_engine_close(g->e);
    pond_engine_guard_free(g->guard);
}

static pond_code run(guarded *g, const char *sql) {
    pond_buf out = POND_BUF_EMPTY;
    pond_code rc = rows_text(g->f, g->e, sql, &out);
    pond_buf_free(&out);
    return rc;
}

static void test_a_query_that_takes_too_long_is_stopped(void **state) {
    fixture *f = *state;
    guarded g;
    const char *stopped = "the query was stopped after 0.2 seconds (--timeout)";
    open_guarded(&g, f, &(pond_limits){.timeout_us = 200000});
    assert_ok(f, run(&g, "SELECT 1"));
    assert_fails(f, run(&g, ENDLESS), POND_ERR_LIMIT, stopped);
    assert_string_equal(f->err.detail,
                        "allow more time, or change the query so that it has less to do\n");
    assert_true(pond_engine_is_interrupted(g.e));
    assert_fails(f, run(&g, "SELECT 1"), POND_ERR_LIMIT, stopped); // and all later ones
    assert_int_equal(atomic_load(&n_given_up), 0);
    close_guarded(&g);
}

static void test_it_is_stopped_wherever_it_runs(void **state) {
    fixture *f = *state;
    guarded g;
    const char *stopped = "the query was stopped after 0.2 seconds (--timeout)";
    pond_parquet_stats stats;
    char *path = path_in(f, "never.parquet");
    open_guarded(&g, f, &(pond_limits){.timeout_us = 200000});
    assert_fails(f, pond_engine_write_parquet(g.e, POND_SV(ENDLESS), path, &stats, &f->err),
                 POND_ERR_LIMIT, stopped);
    assert_false(pond_path_exists(path));
    close_guarded(&g);
    // A COPY that reads from another statement of the same engine.
    pond_slice slice = {.lo_us = 0, .hi_us = INT64_MAX, .path = path};
    pond_slice_scan scan = {
        .select = POND_SV("SELECT make_timestamp(a.i) AS t FROM range(9000000) a(i), "
                          "range(9000000) b(i) WHERE hash(a.i + b.i) % 1000000000 = 7"),
        .time_us = POND_SV("epoch_us(t)"),
        .slices = &slice,
        .n = 1,
        .draft = path_in(f, "draft.parquet")};
    open_guarded(&g, f, &(pond_limits){.timeout_us = 200000});
    assert_fails(f, pond_engine_write_slices(g.e, &scan, &f->err), POND_ERR_LIMIT, stopped);
    assert_false(pond_path_exists(path));
    assert_false(pond_path_exists(scan.draft));
    close_guarded(&g);
}

static void test_memory_is_that_of_the_process(void **state) {
    fixture *f = *state;
    guarded g;
    // The engine counts nothing of these lists; its own limit is 1 GiB.
    pond_limits limits = {.memory_bytes = 200 << 20};
    strcpy(limits.memory_name, "--memory 200MB");
    open_guarded(&g, f, &limits);
    assert_ok(f, run(&g, "SELECT 1"));
    assert_int_equal(run(&g, "SELECT count(*) FROM (SELECT unnest(generate_series(1, 2e7::BIGINT)) "
                             "FROM range(100))"),
                     POND_ERR_LIMIT);
    assert_true(pond_sv_starts(pond_sv_of(f->err.msg),
                               POND_SV("the query was stopped: the process used 2")));
    assert_non_null(strstr(f->err.msg, " MB, more than --memory 200MB allows"));
    close_guarded(&g);
}

// The engine does not look for an interrupt in the middle of one function.
static void test_the_guard_gives_up_when_nobody_listens(void **state) {
    fixture *f = *state;
    guarded g;
    open_guarded(&g, f, &(pond_limits){.timeout_us = 100000});
    assert_int_equal(run(&g, DEAF), POND_ERR_LIMIT);
    if (atomic_load(&n_given_up) > 0) // it took two seconds more
        assert_string_equal(g.told.msg, "the query was stopped after 0.1 seconds (--timeout)");
    assert_true(atomic_load(&n_given_up) <= 1);
    close_guarded(&g);
}

static void test_only_the_time_of_the_engine_counts(void **state) {
    fixture *f = *state;
    guarded g;
    pond_rows *rows;
    size_t n;
    open_guarded(&g, f, &(pond_limits){.timeout_us = 1500000});
    assert_ok(f, pond_engine_query(g.e, POND_SV("FROM range(10000)"), &rows, &f->err));
    for (int i = 0; i < 3; i++) {
        assert_ok(f, pond_rows_next(rows, &n, &f->err));
        usleep(600000); // whoever reads the rows takes their time
    }
    pond_rows_close(rows);
    assert_ok(f, run(&g, "SELECT 1"));
    assert_false(pond_engine_is_interrupted(g.e));
    close_guarded(&g);
}

static void test_statements_of_one_query_share_its_time(void **state) {
    fixture *f = *state;
    guarded g;
    const char *part = "SELECT sum(hash(i)) FROM range(3000000) t(i)";
    open_guarded(&g, f, &(pond_limits){.timeout_us = 800000});
    pond_code rc = POND_OK;
    int n = 0;
    for (; n < 1000 && rc == POND_OK; n++)
        rc = run(&g, part);
    assert_int_equal(rc, POND_ERR_LIMIT);
    close_guarded(&g);
    open_guarded(&g, f, &(pond_limits){.timeout_us = 800000});
    for (int i = 0; i < n; i++) {
        pond_engine_next_query(g.e);
        assert_ok(f, run(&g, part));
    }
    close_guarded(&g);
}

static void test_all_engines_of_a_guard_are_interrupted(void **state) {
    fixture *f = *state;
    guarded g;
    pond_engine *second, *third;
    open_guarded(&g, f, &(pond_limits){.timeout_us = 200000});
    pond_engine_options o = {.dirs = f->dirs, .n_dirs = 1, .guard = g.guard};
    assert_ok(f, pond_engine_open(&o, &second, &f->err));
    assert_int_equal(run(&g, ENDLESS), POND_ERR_LIMIT);
    assert_ok(f, pond_engine_open(&o, &third, &f->err)); // also one that comes later
    assert_true(pond_engine_is_interrupted(second));
    assert_true(pond_engine_is_interrupted(third));
    pond_engine_close(third);
    pond_engine_close(second);
    close_guarded(&g);
}

static void test_without_limits_nothing_is_guarded(void **state) {
    fixture *f = *state;
    guarded g;
    pond_dirent_vec before = {0}, after = {0};
    assert_ok(f, pond_dir_list(&f->a, "/proc/self/task", &before, &f->err));
    open_guarded(&g, f, &(pond_limits){0});
    assert_ok(f, pond_dir_list(&f->a, "/proc/self/task", &after, &f->err));
    assert_int_equal(after.n, before.n);
    assert_ok(f, run(&g, "SELECT 1"));
    pond_engine_next_query(NULL);
    close_guarded(&g);
    pond_engine_guard_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_query_that_takes_too_long_is_stopped),
        T(test_it_is_stopped_wherever_it_runs),
        T(test_memory_is_that_of_the_process),
        T(test_the_guard_gives_up_when_nobody_listens),
        T(test_only_the_time_of_the_engine_counts),
        T(test_statements_of_one_query_share_its_time),
        T(test_all_engines_of_a_guard_are_interrupted),
        T(test_without_limits_nothing_is_guarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
