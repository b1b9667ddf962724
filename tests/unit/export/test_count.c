// The rows of a target's files are the rows of its relation, or the export fails: with catalogs that
// are wrong, with series that an older program stored, and with queries that break their promise.
#include "fixture.h"

#include "export/count.h"

static const int64_t HOUR_US = INT64_C(3600000000);
static const int64_t JANUARY_US = INT64_C(1704067200000000); // 2024-01-01

// Ponds -------------------------------------------------------------------------------------------

// Adds the rows of a SELECT as a version of a series, with facts that were not measured.
static void add_version(export_fixture *f, const char *path, const char *select, pond_version v,
                        const char *facts) {
    fixture *p = &f->pond;
    pond_parquet_stats stats;
    char *tmp = pond_store_tmp_name(pond_session_store(p->session), &p->arena, ".parquet");
    CHECK_OK(p, pond_engine_write_parquet(engine_of(p), pond_sv_of(select), tmp, &stats, &p->err));
    CHECK_OK(p, pond_object_adopt(pond_session_store(p->session), tmp, &v.object, &v.size_bytes,
                                  &p->err));
    v.time_column = POND_SV("timestamp");
    v.facts = pond_sv_of(facts);
    CHECK_OK(p, pond_fs_write(pond_session_fs(p->session), pond_sv_of(path), POND_T_TABLE_SERIES,
                              &v, &p->err));
}

#define COLUMNS                                                                                    \
    "\"columns\":[{\"name\":\"timestamp\",\"type\":\"TIMESTAMP\",\"nulls\":0},"                    \
    "{\"name\":\"x\",\"type\":\"BIGINT\",\"nulls\":0}]"
// Sixty days from January on, a row every hour.
#define HOURS                                                                                      \
    "SELECT TIMESTAMP '2024-01-01' + to_hours(i) AS timestamp, i AS x FROM range(1440) t(i)"

// What an older program recorded of rows with infinite times: bounds of 1970, and days.
static void add_old_version(export_fixture *f, const char *path, const char *infinite) {
    const char *select = pond_printf(&f->pond.arena,
                                     "(" HOURS ") UNION ALL SELECT CAST(v AS TIMESTAMP), 7 FROM "
                                     "(VALUES %s) i(v) ORDER BY 1",
                                     infinite);
    bool has_early = strstr(infinite, "-infinity") != NULL,
         has_late = strstr(infinite, "'i") != NULL;
    add_version(f, path, select,
                (pond_version){.rows = 1440 + has_early + has_late,
                               .t_min_us = has_early ? 0 : JANUARY_US,
                               .t_max_us = has_late ? 0 : JANUARY_US + 1439 * HOUR_US},
                "{" COLUMNS ",\"order\":\"strict\",\"days\":[[19723,19782],[0,0]]}");
}

static void begin_write(export_fixture *f) {
    setup_pond(&f->pond);
    begin(&f->pond, POND_TXN_WRITE);
}

static void end_write(export_fixture *f) {
    end(&f->pond);
}

// The result of exporting one pattern by month, or not partitioned; the message is in the fixture.
static pond_code export_one(export_fixture *f, const char *pattern, int n_periods, int64_t *rows) {
    pond_export_result result;
    f->options = (pond_export_options){0};
    begin_export(f, (const char *[]){pattern, NULL}, n_periods);
    f->options.force = true;
    f->options.keep_stale = true;
    pond_err_clear(&f->pond.err);
    pond_code rc = pond_export_run(f->pond.session, &f->options, &result, &f->pond.err);
    *rows = rc == POND_OK ? (int64_t)result.rows : -1;
    end_export(f);
    return rc;
}

static void assert_refused(export_fixture *f, const char *pattern, int n_periods, pond_code code,
                           const char *message) {
    int64_t rows;
    pond_code rc = export_one(f, pattern, n_periods, &rows);
    if (rc != code || strstr(f->pond.err.msg, message) == NULL)
        fail_msg("%s: code %d, '%s' instead of '%s'", pattern, (int)rc, f->pond.err.msg, message);
    assert_false(pond_path_is_dir(pond_path_join(&f->pond.arena, f->options.dir, pattern + 1)));
}

static void assert_exported(export_fixture *f, const char *pattern, int n_periods, int64_t want) {
    int64_t rows;
    CHECK_OK(&f->pond, export_one(f, pattern, n_periods, &rows));
    assert_int_equal(rows, want);
}

// Catalogs that are wrong -------------------------------------------------------------------------

static void a_catalog_that_is_wrong_loses_no_rows(void **state) {
    (void)state;
    static const struct {
        const char *path, *days, *message;
        int64_t rows, n_hours; // as the catalog has them
    } cases[] = {
        {"/rows", "[[19723,19782]]", "'/rows' has 1441 rows, but its files would have 1440", 1441,
         1440},
        {"/end", "[[19723,19782]]", "'/end' has 1440 rows, but its files would have 744", 1440,
         700},
        {"/days", "[[19722,19722]]", "'/days' has 1440 rows, but its files would have 0", 1440,
         1440},
    };
    export_fixture f = {0};
    begin_write(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        add_version(&f, cases[i].path, HOURS,
                    (pond_version){.rows = cases[i].rows,
                                   .t_min_us = JANUARY_US,
                                   .t_max_us = JANUARY_US + (cases[i].n_hours - 1) * HOUR_US},
                    pond_printf(&f.pond.arena, "{" COLUMNS ",\"order\":\"strict\",\"days\":%s}",
                                cases[i].days));
    end_write(&f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(&f, cases[i].path, 2, POND_ERR_CORRUPT, cases[i].message);
    assert_refused(&f, "/rows", 0, POND_ERR_CORRUPT, "'/rows' has 1441 rows");
    // In a time range that holds all that the catalog knows of.
    pond_export_result result;
    f.options = (pond_export_options){0};
    begin_export(&f, (const char *[]){"/end", NULL}, 2);
    f.options.range.lo_us = JANUARY_US;
    assert_int_equal(pond_export_run(f.pond.session, &f.options, &result, &f.pond.err),
                     POND_ERR_CORRUPT);
    assert_non_null(strstr(f.pond.err.msg, "'/end' has 1440 rows, but its files would have 744"));
    end_export(&f);
    teardown_pond(&f.pond);
}

// An order that is wrong would put rows into the wrong slice of a scan, or skip them.
static void an_order_that_is_wrong_is_noticed(void **state) {
    (void)state;
    export_fixture f = {0};
    begin_write(&f);
    add_version(&f, "/s",
                "SELECT TIMESTAMP '2024-01-01' + to_hours((i * 7) % 1440) AS timestamp, i AS x "
                "FROM range(1440) t(i)",
                (pond_version){
                    .rows = 1440, .t_min_us = JANUARY_US, .t_max_us = JANUARY_US + 1439 * HOUR_US},
                "{" COLUMNS ",\"order\":\"strict\",\"days\":[[19723,19782]]}");
    end_write(&f);
    int64_t rows;
    assert_int_not_equal(export_one(&f, "/s", 2, &rows), POND_OK);
    teardown_pond(&f.pond);
}

static void files_that_stay_are_counted_too(void **state) {
    (void)state;
    export_fixture f = {0};
    begin_write(&f);
    append_version(&f.pond, "/s", POND_SV(HOURS));
    end_write(&f);
    assert_exported(&f, "/s", 2, 1440);
    begin(&f.pond, POND_TXN_WRITE);
    append_version(&f.pond, "/s",
                   POND_SV("SELECT TIMESTAMP '2024-03-01' AS timestamp, CAST(1 AS BIGINT) AS x"));
    end_write(&f);
    assert_exported(&f, "/s", 2, 1441);
    // A version whose rows lie elsewhere than its facts say.
    begin(&f.pond, POND_TXN_WRITE);
    add_version(&f, "/s", "SELECT TIMESTAMP '2024-01-05' AS timestamp, CAST(1 AS BIGINT) AS x",
                (pond_version){.rows = 1,
                               .t_min_us = JANUARY_US + 1440 * HOUR_US,
                               .t_max_us = JANUARY_US + 1440 * HOUR_US},
                "{" COLUMNS ",\"order\":\"strict\",\"days\":[[19783,19783]]}");
    end_write(&f);
    int64_t rows;
    assert_int_equal(export_one(&f, "/s", 2, &rows), POND_ERR_CORRUPT);
    assert_non_null(strstr(f.pond.err.msg, "'/s' has 1442 rows, but its files would have 1441"));
    teardown_pond(&f.pond);
}

// Infinite times of older programs ----------------------------------------------------------------

static int64_t rows_between(export_fixture *f, const char *path, int64_t lo_us, int64_t hi_us) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_relation *r = relation_at(&f->pond, path);
    CHECK_OK(&f->pond, pond_relation_sql(f->pond.session, r, (pond_range){lo_us, hi_us, false},
                                         &sql, &f->pond.err));
    int64_t n = number(&f->pond, "SELECT count(*) FROM (%s)", sql.p);
    pond_buf_free(&sql);
    return n;
}

static void infinite_times_of_older_programs_hide_no_rows(void **state) {
    (void)state;
    static const struct {
        const char *path, *infinite;
        int n_odd, n_late;
    } cases[] = {{"/late", "('infinity')", 1, 1},
                 {"/early", "('-infinity')", 1, 0},
                 {"/both", "('infinity'), ('-infinity')", 2, 1}};
    export_fixture f = {0};
    begin_write(&f);
    for (size_t i = 0; i < 3; i++)
        add_old_version(&f, cases[i].path, cases[i].infinite);
    make_node(&f.pond, "temporal-reduce", "/reduced",
              "in_pattern: /late\nout_pattern: all\ntime_column: timestamp\nresolutions: [1d]\n"
              "aggregations: [{type: count}]\n");
    end_write(&f);
    for (size_t i = 0; i < 3; i++) {
        begin(&f.pond, POND_TXN_READ);
        const char *path = cases[i].path;
        int64_t half_us = JANUARY_US + 720 * HOUR_US, after_us = JANUARY_US + 9999 * HOUR_US;
        assert_int_equal(rows_between(&f, path, INT64_MIN, INT64_MAX), 1440 + cases[i].n_odd);
        assert_int_equal(rows_between(&f, path, half_us, after_us), 720);
        assert_int_equal(rows_between(&f, path, half_us, INT64_MAX), 720 + cases[i].n_late);
        assert_int_equal(rows_between(&f, path, INT64_MIN, half_us),
                         720 + cases[i].n_odd - cases[i].n_late);
        end(&f.pond);
        assert_refused(&f, path, 2, POND_ERR_INVALID,
                       pond_printf(&f.pond.arena,
                                   "'%s' has %d row%s with a time that is not finite (infinity or "
                                   "-infinity) in the time column 'timestamp'",
                                   path, cases[i].n_odd, cases[i].n_odd == 1 ? "" : "s"));
        assert_exported(&f, path, 0, 1440 + cases[i].n_odd);
    }
    assert_refused(&f, "/reduced/all/res=1d.series", 2, POND_ERR_QUERY,
                   "'/late' has a time that is not finite in the column 'timestamp'");
    teardown_pond(&f.pond);
}

// The first and last time of a file that is not partitioned are those of its finite rows.
static void a_range_without_its_infinite_rows_can_be_exported(void **state) {
    (void)state;
    export_fixture f = {0};
    begin_write(&f);
    add_old_version(&f, "/late", "('infinity')");
    end_write(&f);
    for (int n_periods = 0; n_periods <= 2; n_periods += 2) {
        pond_export_result result;
        f.options = (pond_export_options){0};
        begin_export(&f, (const char *[]){"/late", NULL}, n_periods);
        f.options.keep_stale = true;
        f.options.range =
            (pond_range){JANUARY_US + 24 * HOUR_US, JANUARY_US + 9999 * HOUR_US, false};
        CHECK_OK(&f.pond, pond_export_run(f.pond.session, &f.options, &result, &f.pond.err));
        assert_int_equal(result.rows, 1416);
        end_export(&f);
    }
    teardown_pond(&f.pond);
}

// Promises ----------------------------------------------------------------------------------------

static void make_view(export_fixture *f, const char *path, const char *query) {
    make_node(&f->pond, "sql-derived-series", path,
              pond_printf(&f->pond.arena,
                          "patterns: {a: /a, t: /t}\ntime_sliceable: true\nquery: |\n  %s\n",
                          query));
}

static void setup_views(export_fixture *f) {
    begin_write(f);
    append_version(&f->pond, "/a", POND_SV(HOURS));
    // A table in the sense of the query: a relation that is the same for every range.
    make_node(&f->pond, "sql-derived-table", "/t",
              "patterns: {a: /a}\nquery: SELECT TIMESTAMP '2024-01-15 00:30:00' AS timestamp, 1 AS "
              "x\n");
}

static void a_broken_promise_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *query, *message;
    } cases[] = {
        {"SELECT timestamp + INTERVAL 1 HOUR AS timestamp, x FROM a", "row"},
        {"SELECT timestamp + INTERVAL 45 DAY AS timestamp, x FROM a", "row"},
        {"SELECT timestamp - INTERVAL 3 YEAR AS timestamp, x FROM a", "row"},
        {"SELECT * FROM a QUALIFY lag(x) OVER (ORDER BY timestamp) IS NOT NULL",
         "has 1439 rows, but its partitions have 1438"},
        {"SELECT * FROM a WHERE timestamp > (SELECT min(timestamp) FROM a)", "1438"},
        {"SELECT * FROM a UNION ALL SELECT TIMESTAMP '2031-01-01', 1",
         "has 1441 rows, but its partitions have 1440"},
        {"SELECT CASE WHEN x > 1437 THEN TIMESTAMP 'infinity' ELSE timestamp END AS timestamp, x "
         "FROM a",
         "has 2 rows with a time that is not finite (infinity or -infinity) in the time column"},
        {"SELECT CASE WHEN x > 1437 THEN TIMESTAMP '-infinity' ELSE timestamp END AS timestamp, x "
         "FROM a",
         "has 2 rows with a time that is not finite"},
        {"SELECT CASE WHEN x = 3 THEN NULL ELSE timestamp END AS timestamp, x FROM a",
         "has 1 row with NULL in the time column 'timestamp'"},
        {"SELECT * FROM a UNION ALL SELECT TIMESTAMP 'infinity', 1", "1 row with a time"},
        {"SELECT CASE WHEN x = 700 THEN TIMESTAMP '9999-12-31' ELSE timestamp END AS timestamp, x "
         "FROM a",
         "has 1440 rows, but its partitions have 1439"},
    };
    export_fixture f = {0};
    size_t n = sizeof cases / sizeof *cases;
    setup_views(&f);
    for (size_t i = 0; i < n; i++)
        make_view(&f, pond_printf(&f.pond.arena, "/v%zu", i), cases[i].query);
    make_node(&f.pond, "temporal-reduce", "/reduced",
              "in_pattern: /v*\nout_pattern: r$0\ntime_column: timestamp\nresolutions: [1h, 1d]\n"
              "aggregations: [{type: count}]\n");
    end_write(&f);
    for (size_t i = 0; i < n; i++) {
        // Two months, of which everything is read again, and sixty days, of which some are.
        assert_refused(&f, pond_printf(&f.pond.arena, "/v%zu", i), 2, POND_ERR_INVALID,
                       cases[i].message);
        assert_refused(&f, pond_printf(&f.pond.arena, "/v%zu", i), 3, POND_ERR_INVALID, "row");
        // A reduction loses no row of its source either, but rows without a time are in no bucket.
        bool has_nulls = strstr(cases[i].message, "NULL") != NULL;
        for (int n_periods = 2; n_periods <= 3; n_periods++) {
            int64_t rows;
            pond_code rc = export_one(
                &f, pond_printf(&f.pond.arena, "/reduced/r%zu/res=1h.series", i), n_periods, &rows);
            if ((rc == POND_OK) != has_nulls)
                fail_msg("the reduction of '%s': %s", cases[i].query,
                         rc == POND_OK ? "is exported" : f.pond.err.msg);
        }
    }
    teardown_pond(&f.pond);
}

static void a_promise_that_is_kept_is_no_error(void **state) {
    (void)state;
    static const struct {
        const char *query;
        int64_t rows;
    } cases[] = {
        {"SELECT timestamp, x * 2 AS y FROM a WHERE x % 3 = 0", 480},
        {"SELECT * FROM a UNION ALL SELECT timestamp, x FROM t", 1441},
        {"SELECT time_bucket(INTERVAL 1 DAY, timestamp) AS timestamp, count(*) AS n FROM a GROUP "
         "BY 1",
         60},
        {"SELECT * FROM a WHERE false", 0},
        {"SELECT timestamp, x FROM t", 1},
    };
    export_fixture f = {0};
    size_t n = sizeof cases / sizeof *cases;
    setup_views(&f);
    for (size_t i = 0; i < n; i++)
        make_view(&f, pond_printf(&f.pond.arena, "/v%zu", i), cases[i].query);
    end_write(&f);
    for (size_t i = 0; i < n; i++) {
        const char *path = pond_printf(&f.pond.arena, "/v%zu", i);
        assert_exported(&f, path, 2, cases[i].rows);
        assert_exported(&f, path, 1, cases[i].rows);
        assert_exported(&f, path, 0, cases[i].rows);
    }
    teardown_pond(&f.pond);
}

// Units -------------------------------------------------------------------------------------------

static pond_code coverage_of(export_fixture *f, export_unit *units, size_t n) {
    export_coverages found = {0};
    export_run run = {.arena = &f->pond.arena};
    pond_code rc = export_find_coverage(&run, &(export_units){units, n, n}, &found, &f->pond.err);
    if (rc == POND_OK) {
        assert_int_equal(found.n, 2);
        assert_int_equal(found.items[0].range.lo_us, 10);
        assert_int_equal(found.items[0].range.hi_us, 40);
        assert_int_equal(found.items[0].n_units, 3);
        assert_int_equal(found.items[0].n_to_make, 2);
        assert_true(found.items[1].is_whole);
    }
    return rc;
}

static void units_follow_each_other(void **state) {
    (void)state;
    export_fixture f = {0};
    pond_arena_init(&f.pond.arena);
    pond_node node = {.path = POND_SV("/s")};
    export_target one = {.node = &node}, two = {.node = &node};
    export_unit units[4] = {
        {.target = &one, .range = {10, 20, false}},
        {.target = &one, .range = {20, 30, false}, .is_done = true},
        {.target = &one, .range = {30, 40, false}},
        {.target = &two, .range = {INT64_MIN, INT64_MAX, false}, .is_whole = true},
    };
    assert_int_equal(coverage_of(&f, units, 4), POND_OK);
    units[1].range.lo_us = 19;
    assert_int_equal(coverage_of(&f, units, 4), POND_ERR_INTERNAL);
    units[1].range.lo_us = 21;
    assert_int_equal(coverage_of(&f, units, 4), POND_ERR_INTERNAL);
    assert_string_equal(f.pond.err.msg, "the partitions of '/s' do not follow each other");
    pond_arena_deinit(&f.pond.arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_catalog_that_is_wrong_loses_no_rows),
        cmocka_unit_test(an_order_that_is_wrong_is_noticed),
        cmocka_unit_test(files_that_stay_are_counted_too),
        cmocka_unit_test(infinite_times_of_older_programs_hide_no_rows),
        cmocka_unit_test(a_range_without_its_infinite_rows_can_be_exported),
        cmocka_unit_test(a_broken_promise_is_refused),
        cmocka_unit_test(a_promise_that_is_kept_is_no_error),
        cmocka_unit_test(units_follow_each_other),
    };
    return cmocka_run_group_tests_name("count", tests, NULL, NULL);
}
