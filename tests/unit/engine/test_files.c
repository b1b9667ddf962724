// Parquet out and in, CSV in.
#include "engine_test.h"

#include "base/hash.h"

// Parquet -----------------------------------------------------------------------------------------

static pond_sha256 sum_of(fixture *f, const char *path) {
    pond_sha256 sum;
    uint64_t size;
    assert_ok(f, pond_sha256_file(path, &sum, &size, &f->err));
    return sum;
}

static const char SAMPLE[] =
    "SELECT TIMESTAMPTZ '2024-01-01 00:00:00Z' + to_seconds(i) AS timestamp, sin(i) AS \"a.b.c\", "
    "hash(i) % 100 AS h, CASE WHEN i % 7 = 0 THEN NULL ELSE 'text ' || i % 50 END AS s, "
    "avg(i) OVER (ORDER BY i ROWS BETWEEN 5 PRECEDING AND CURRENT ROW) AS m "
    "FROM range(300000) t(i) ORDER BY h, timestamp; -- total order";

static void test_the_same_rows_give_the_same_bytes(void **state) {
    fixture *f = *state;
    pond_parquet_stats stats;
    pond_engine *second = open_engine(f, 0, NULL);
    char *paths[] = {path_in(f, "one"), path_in(f, "two"), path_in(f, "three")};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(f, pond_engine_write_parquet(i < 2 ? f->e : second, pond_sv_of(SAMPLE), paths[i],
                                               &stats, &f->err));
        assert_int_equal(stats.rows, 300000);
        pond_buf bytes = POND_BUF_EMPTY;
        assert_ok(f, pond_file_read(paths[i], &bytes, &f->err));
        assert_int_equal(stats.size_bytes, bytes.n);
        pond_buf_free(&bytes);
    }
    pond_engine_close(second);
    pond_sha256 first = sum_of(f, paths[0]), again = sum_of(f, paths[1]),
                other = sum_of(f, paths[2]);
    assert_memory_equal(&first, &again, sizeof first);
    assert_memory_equal(&first, &other, sizeof first);
}

static void test_order_compression_and_row_groups(void **state) {
    fixture *f = *state;
    char *path = path_in(f, "x.parquet");
    pond_parquet_stats stats;
    assert_ok(f, pond_engine_write_parquet(f->e, pond_sv_of(SAMPLE), path, &stats, &f->err));
    assert_rows(f,
                pond_printf(&f->a,
                            "SELECT count(*) FROM (SELECT h, timestamp, lag(h) OVER w AS ph, "
                            "lag(timestamp) OVER w AS pt FROM read_parquet('%s', "
                            "file_row_number=true) WINDOW w AS (ORDER BY file_row_number)) WHERE "
                            "(ph, pt) >= (h, timestamp) AND ph IS NOT NULL",
                            path),
                "0\n");
    assert_rows(f,
                pond_printf(&f->a,
                            "SELECT DISTINCT compression, max(row_group_num_rows), "
                            "max(row_group_id) + 1 FROM parquet_metadata('%s') GROUP BY 1",
                            path),
                "ZSTD|122880|3\n");
    pond_schema s;
    assert_ok(f, pond_engine_parquet_schema(f->e, &f->a, path, &s, &f->err));
    assert_int_equal(s.n, 5);
    assert_true(pond_sv_is(s.items[0].name, "timestamp"));
    assert_true(pond_sv_is(s.items[0].type, "TIMESTAMP WITH TIME ZONE"));
    assert_true(pond_sv_is(s.items[1].name, "a.b.c"));
    assert_true(pond_sv_is(s.items[1].type, "DOUBLE"));
}

static void test_rows_of_any_select_can_be_written(void **state) {
    fixture *f = *state;
    char *path = path_in(f, "it's \"x\".parquet");
    static const struct {
        const char *sql;
        uint64_t n_rows;
    } cases[] = {{"SELECT 1 AS a WHERE false", 0},
                 {"VALUES (1), (2) -- two", 2},
                 {"FROM range(3);", 3},
                 {"DESCRIBE SELECT 1 AS a, 2 AS b", 2},
                 {"summarize SELECT 1 AS a", 1},
                 {"SHOW TABLES", 0},
                 {"PIVOT (SELECT 1 AS a, 2 AS b) ON a IN (1, 2) USING sum(b)", 1},
                 {"WITH x AS (SELECT [1] AS l, {a: 1} AS s) FROM x", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_parquet_stats stats;
        assert_ok(f,
                  pond_engine_write_parquet(f->e, pond_sv_of(cases[i].sql), path, &stats, &f->err));
        assert_int_equal(stats.rows, cases[i].n_rows);
    }
}

static void test_a_failed_write_leaves_nothing(void **state) {
    fixture *f = *state;
    char *path = path_in(f, "x.parquet");
    pond_parquet_stats stats;
    assert_fails(f,
                 pond_engine_write_parquet(f->e,
                                           POND_SV("SELECT CASE WHEN i > 400000 THEN error('boom') "
                                                   "ELSE i END FROM range(500000) t(i)"),
                                           path, &stats, &f->err),
                 POND_ERR_QUERY, "boom");
    assert_false(pond_path_exists(path));
    assert_fails(f, pond_engine_write_parquet(f->e, POND_SV("SELEC"), path, &stats, &f->err),
                 POND_ERR_QUERY, "syntax error at or near \"SELEC\"");
    assert_int_equal(pond_engine_write_parquet(f->e, POND_SV("SELECT 1"),
                                               path_in(f, "no/such/dir.parquet"), &stats, &f->err),
                     POND_ERR_IO);
    char *away = pond_path_join(&f->a, f->away, "x.parquet");
    assert_int_equal(pond_engine_write_parquet(f->e, POND_SV("SELECT 1"), away, &stats, &f->err),
                     POND_ERR_UNSUPPORTED);
    assert_false(pond_path_exists(away));
    pond_dirent_vec left = {0};
    assert_ok(f, pond_dir_list(&f->a, f->dir, &left, &f->err));
    assert_int_equal(left.n, 0);
}

static void test_other_files_are_not_taken_for_parquet(void **state) {
    fixture *f = *state;
    char *whole = path_in(f, "whole.parquet"), *cut = path_in(f, "cut.parquet");
    pond_parquet_stats stats;
    pond_buf bytes = POND_BUF_EMPTY;
    assert_ok(f, pond_engine_write_parquet(f->e, pond_sv_of(SAMPLE), whole, &stats, &f->err));
    assert_ok(f, pond_file_read(whole, &bytes, &f->err));
    assert_ok(f, pond_file_replace(cut, (pond_sv){bytes.p, bytes.n / 2}, &f->err));
    char *foot = path_in(f, "foot.parquet");
    memset(bytes.p + bytes.n - 200, 'x', 150);
    assert_ok(f, pond_file_replace(foot, pond_buf_view(&bytes), &f->err));
    pond_buf_free(&bytes);
    const char *bad[] = {cut, foot, write_file(f, "empty.parquet", ""),
                         write_file(f, "text.parquet", "a,b\n1,2\n3,4\n5,6\n7,8\n")};
    for (size_t i = 0; i < 4; i++) {
        pond_schema s;
        assert_int_equal(pond_engine_parquet_schema(f->e, &f->a, bad[i], &s, &f->err),
                         POND_ERR_INVALID);
        char *start = pond_printf(&f->a, "'%s' is not a valid Parquet file: ", bad[i]);
        assert_true(pond_sv_starts(pond_sv_of(f->err.msg), pond_sv_of(start)));
    }
    pond_schema s;
    char *missing = path_in(f, "missing.parquet");
    assert_fails(f, pond_engine_parquet_schema(f->e, &f->a, missing, &s, &f->err),
                 POND_ERR_NOT_FOUND,
                 pond_printf(&f->a, "'%s': No such file or directory", missing));
}

static void test_versions_are_united_by_name(void **state) {
    fixture *f = *state;
    pond_parquet_stats stats;
    char *one = path_in(f, "1[a].parquet"), *two = path_in(f, "2*.parquet");
    assert_ok(f, pond_engine_write_parquet(f->e, POND_SV("SELECT 1 AS a, 'x' AS b"), one, &stats,
                                           &f->err));
    assert_ok(f, pond_engine_write_parquet(f->e, POND_SV("SELECT 0.5::DOUBLE AS c, 2 AS a"), two,
                                           &stats, &f->err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_sv paths[] = {pond_sv_of(one), pond_sv_of(two)};
    pond_buf_str(&sql, "SELECT * FROM ");
    pond_engine_sql_read_parquet(&sql, paths, 2, true);
    assert_rows(f, sql.p, "1|x|NULL\n2|NULL|0.5\n");
    pond_buf_free(&sql);
}

// Slices ------------------------------------------------------------------------------------------

static int64_t us_of_day(int day) {
    return INT64_C(1704067200000000) + day * INT64_C(86400000000); // 2024-01-01
}

// Rows in the order of their times, ties among them, NULLs and long texts; batches that the filter
// leaves ragged.
static const char EVENTS[] = "SELECT TIMESTAMP '2024-01-01' + to_seconds(i // 3) AS timestamp, "
                             "CASE WHEN i % 5 > 0 THEN i END AS n, "
                             "'a text that is too long to be inlined ' || i AS s, [i, i + 1] AS l "
                             "FROM range(1500000) t(i) WHERE i % 7 <> 3";

// The first day, the third, the fourth, and one that has no rows.
static void three_days_and_none(fixture *f, pond_slice slices[4]) {
    static const int days[4] = {0, 2, 3, 9};
    for (int i = 0; i < 4; i++)
        slices[i] = (pond_slice){.lo_us = us_of_day(days[i]),
                                 .hi_us = us_of_day(days[i] + 1),
                                 .path = path_in(f, pond_printf(&f->a, "s%d", i))};
}

static void assert_slices_are_their_own_selects(fixture *f, const char *ties, const char *order) {
    pond_slice slices[4];
    three_days_and_none(f, slices);
    pond_slice_scan scan = {.select = pond_sv_of(EVENTS),
                            .time_us = POND_SV("epoch_us(timestamp)"),
                            .ties = pond_sv_of(ties),
                            .slices = slices,
                            .n = 4,
                            .draft = path_in(f, "draft")};
    assert_ok(f, pond_engine_write_slices(f->e, &scan, &f->err));
    for (int i = 0; i < 3; i++) {
        char *path = path_in(f, "own");
        pond_parquet_stats stats;
        char *own =
            pond_printf(&f->a,
                        "WITH e AS MATERIALIZED (SELECT * FROM (%s) WHERE timestamp >= "
                        "make_timestamp(%lld) AND "
                        "timestamp < make_timestamp(%lld)) SELECT * FROM e%s",
                        EVENTS, (long long)slices[i].lo_us, (long long)slices[i].hi_us, order);
        assert_ok(f, pond_engine_write_parquet(f->e, pond_sv_of(own), path, &stats, &f->err));
        assert_int_equal(stats.rows, slices[i].rows);
        assert_true(stats.rows > 100000);
        pond_sha256 want = sum_of(f, path), got = sum_of(f, slices[i].path);
        assert_memory_equal(&want, &got, sizeof want);
    }
    assert_int_equal(slices[3].rows, 0);
    assert_int_not_equal(access(slices[3].path, F_OK), 0);
    assert_int_not_equal(access(scan.draft, F_OK), 0);
}

static void test_slices_are_what_their_own_select_writes(void **state) {
    assert_slices_are_their_own_selects(*state, "", "");
    assert_slices_are_their_own_selects(*state, "timestamp", " ORDER BY timestamp, n, s, l");
}

// Writes the row of an instant with this value of a column. `expected`: how it reads back; NULL: the
// scan fails.
static void write_value(fixture *f, bool is_small, const char *value, const char *expected) {
    pond_slice slice = {.lo_us = us_of_day(0), .hi_us = us_of_day(1), .path = path_in(f, "like")};
    char *select = pond_printf(&f->a, "SELECT TIMESTAMP '2024-01-01' AS timestamp, %s AS a", value);
    pond_slice_scan scan = {.select = pond_sv_of(select),
                            .time_us = POND_SV("epoch_us(timestamp)"),
                            .slices = &slice,
                            .n = 1,
                            .draft = path_in(f, "draft"),
                            .is_small = is_small};
    pond_code rc = pond_engine_write_slices(f->e, &scan, &f->err);
    if (expected == NULL) {
        assert_int_not_equal(rc, POND_OK);
        return;
    }
    assert_ok(f, rc);
    assert_rows(f, pond_printf(&f->a, "SELECT a FROM read_parquet('%s')", slice.path), expected);
    assert_int_equal(unlink(slice.path), 0);
}

// A prepared COPY serves scans of like columns; other types, or a failure, need another one.
static void test_a_scan_writes_its_own_columns_after_another(void **state) {
    fixture *f = *state;
    for (int is_small = 0; is_small < 2; is_small++) {
        write_value(f, is_small, "1", "1\n");
        write_value(f, is_small, "2", "2\n");
        write_value(f, is_small, "'x'", "x\n");
        write_value(f, is_small, "error('broken')::VARCHAR", NULL);
        write_value(f, is_small, "'y'", "y\n");
        write_value(f, is_small, "1.5::DECIMAL(4, 1)", "1.5\n");
        write_value(f, is_small, "1.25::DECIMAL(9, 2)", "1.25\n");
        write_value(f, is_small, "[1, 2]", "[1, 2]\n");
        write_value(f, is_small, "['x']", "[x]\n");
        write_value(f, is_small, "NULL::INTEGER", "NULL\n");
    }
}

static void test_a_stream_that_fails_leaves_no_slices(void **state) {
    fixture *f = *state;
    static const char *const bad[] = {
        "SELECT TIMESTAMP '2024-01-03' - to_hours(i) AS timestamp FROM range(3) t(i)", // backwards
        "SELECT TIMESTAMP '2024-01-01' + to_hours(i) AS timestamp, CASE WHEN i > 40 THEN "
        "error('broken') END AS x "
        "FROM range(100000) t(i)",
    };
    for (size_t i = 0; i < 2; i++) {
        pond_slice slices[2] = {
            {.lo_us = us_of_day(0), .hi_us = us_of_day(1), .path = path_in(f, "b0")},
            {.lo_us = us_of_day(1), .hi_us = us_of_day(9), .path = path_in(f, "b1")}};
        pond_slice_scan scan = {.select = pond_sv_of(bad[i]),
                                .time_us = POND_SV("epoch_us(timestamp)"),
                                .slices = slices,
                                .n = 2,
                                .draft = path_in(f, "draft")};
        assert_int_not_equal(pond_engine_write_slices(f->e, &scan, &f->err), POND_OK);
        assert_non_null(strstr(f->err.msg, i == 0 ? "time order" : "broken"));
        for (size_t k = 0; k < 2; k++)
            assert_int_not_equal(access(slices[k].path, F_OK), 0);
        assert_int_not_equal(access(scan.draft, F_OK), 0);
    }
    // The engine remains usable, and a query cannot read rows that are not being streamed.
    assert_rows(f, "SELECT 1", "1\n");
    pond_rows *rows = NULL;
    assert_int_equal(
        pond_engine_query(f->e, POND_SV("SELECT * FROM pond_slice_rows()"), &rows, &f->err),
        POND_ERR_QUERY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_the_same_rows_give_the_same_bytes),
        T(test_order_compression_and_row_groups),
        T(test_rows_of_any_select_can_be_written),
        T(test_a_failed_write_leaves_nothing),
        T(test_other_files_are_not_taken_for_parquet),
        T(test_versions_are_united_by_name),
        T(test_slices_are_what_their_own_select_writes),
        T(test_a_scan_writes_its_own_columns_after_another),
        T(test_a_stream_that_fails_leaves_no_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
