// Opening, the sandbox, settings, compatibility, errors, interrupts.
#include "engine_test.h"

#include "engine/engine_internal.h"

#include <pthread.h>
#include <sys/stat.h>

static void test_engine_opens_and_counts(void **state) {
    fixture *f = *state;
    int64_t out[3] = {0};
    assert_ok(f, pond_engine_ints(f->e,
                                  POND_SV("SELECT 5::BIGINT, NULL::BIGINT, count(*) FROM "
                                          "range(9)"),
                                  -7, out, 3, &f->err));
    assert_int_equal(out[0], 5);
    assert_int_equal(out[1], -7);
    assert_int_equal(out[2], 9);
    assert_fails(
        f, pond_engine_ints(f->e, POND_SV("SELECT 1::BIGINT FROM range(2)"), 0, out, 1, &f->err),
        POND_ERR_INTERNAL, "expected 1 row of 1 columns, the statement returned 2 of 1");
    assert_string_equal(pond_engine_version(), "v1.5.6");
    assert_rows(f, "SELECT version()", "v1.5.6\n");
}

static void test_closing_nothing_is_fine(void **state) {
    (void)state;
    pond_engine_close(NULL);
    pond_rows_close(NULL);
}

static void test_time_zone_is_utc(void **state) {
    fixture *f = *state;
    assert_rows(f, "SELECT current_setting('TimeZone'), current_setting('threads')", "UTC|1\n");
    assert_rows(f, "SELECT year(TIMESTAMPTZ '2023-12-31 23:30:00-01:00')", "2024\n");
    assert_rows(f, "SELECT date_trunc('day', TIMESTAMPTZ '2024-06-15 11:30:00Z')",
                "2024-06-15T00:00:00Z\n");
}

static void test_extensions_are_compiled_in(void **state) {
    fixture *f = *state;
    // Nothing of this is read from a disk: the sandbox would refuse it.
    assert_rows(f, "SELECT json_extract_string('{\"a\": [7]}', '$.a[0]')", "7\n");
    assert_rows(f,
                "SELECT strftime(TIMESTAMPTZ '2024-07-01 00:30:00Z' AT TIME ZONE "
                "'America/Los_Angeles', '%H:%M')",
                "17:30\n");
    assert_int_equal(pond_engine_exec(f->e, POND_SV("SELECT st_point(1, 2)"), &f->err),
                     POND_ERR_QUERY);
    assert_true(pond_sv_starts(pond_sv_of(f->err.msg), POND_SV("scalar Function with name")));
    assert_int_equal(pond_engine_exec(f->e, POND_SV("INSTALL spatial"), &f->err),
                     POND_ERR_UNSUPPORTED);
    assert_int_equal(pond_engine_exec(f->e, POND_SV("LOAD spatial"), &f->err),
                     POND_ERR_UNSUPPORTED);
}

static void test_only_allowed_paths_can_be_accessed(void **state) {
    fixture *f = *state;
    char *inside = write_file(f, "in.csv", "a\n1\n");
    char *outside = pond_path_join(&f->a, f->away, "out.csv");
    FILE *out = fopen(outside, "w");
    fputs("a\n1\n", out);
    fclose(out);
    assert_rows(f, pond_printf(&f->a, "FROM '%s'", inside), "1\n");
    const char *ways[] = {"read_csv", "read_text", "read_blob", "glob"};
    const char *hidden[] = {outside, "/etc/passwd",
                            pond_printf(&f->a, "%s/../%s", f->dir, outside + strlen("/tmp/"))};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < 3; j++) {
            pond_buf text = POND_BUF_EMPTY;
            char *sql = pond_printf(&f->a, "FROM %s('%s')", ways[i], hidden[j]);
            assert_int_equal(rows_text(f, f->e, sql, &text), POND_ERR_UNSUPPORTED);
            assert_non_null(strstr(f->err.msg, "file system operations are disabled"));
            pond_buf_free(&text);
        }
    assert_fails(f, pond_engine_exec(f->e, pond_sv_of("SET threads = 4"), &f->err), POND_ERR_QUERY,
                 "cannot change configuration option \"threads\" - the configuration has been "
                 "locked");
}

static void test_single_files_can_be_allowed(void **state) {
    fixture *f = *state;
    char *odd = pond_path_join(&f->a, f->away, "x[1]*.parquet");
    char *other = pond_path_join(&f->a, f->away, "other.parquet");
    pond_parquet_stats stats;
    const char *dirs[] = {f->away};
    pond_engine_options wide = {.dirs = dirs, .n_dirs = 1};
    pond_engine *e;
    assert_ok(f, pond_engine_open(&wide, &e, &f->err));
    assert_ok(f, pond_engine_write_parquet(e, POND_SV("SELECT 1 AS a"), odd, &stats, &f->err));
    assert_ok(f, pond_engine_write_parquet(e, POND_SV("SELECT 1 AS a"), other, &stats, &f->err));
    pond_engine_close(e);

    const char *files[] = {odd};
    pond_engine_options narrow = {.files = files, .n_files = 1};
    assert_ok(f, pond_engine_open(&narrow, &e, &f->err));
    pond_schema schema;
    assert_ok(f, pond_engine_parquet_schema(e, &f->a, odd, &schema, &f->err));
    assert_int_equal(schema.n, 1);
    assert_int_equal(pond_engine_parquet_schema(e, &f->a, other, &schema, &f->err),
                     POND_ERR_UNSUPPORTED);
    pond_engine_close(e);
}

static void test_any_number_of_files_and_directories(void **state) {
    fixture *f = *state;
    enum { N = 500 };
    char *dirs[N], *files[N];
    pond_buf sql = POND_BUF_EMPTY;
    for (int i = 0; i < N; i++) {
        dirs[i] = strdup(pond_printf(&f->a, "%s/dir-%d", f->away, i));
        files[i] = strdup(pond_printf(&f->a, "%s/%d.csv", f->away, i));
        assert_int_equal(mkdir(dirs[i], 0777), 0);
        const char *names[] = {files[i], pond_printf(&f->a, "%s/%d.csv", dirs[i], i)};
        for (int k = 0; k < 2; k++) {
            FILE *out = fopen(names[k], "w");
            assert_non_null(out);
            fprintf(out, "a\n%d\n", i);
            assert_int_equal(fclose(out), 0);
            pond_buf_printf(&sql, "%s'%s'", i + k == 0 ? "SELECT sum(a) FROM read_csv([" : ", ",
                            names[k]);
        }
    }
    pond_buf_str(&sql, "])");
    pond_engine_options o = {.dirs = (const char *const *)dirs,
                             .n_dirs = N,
                             .files = (const char *const *)files,
                             .n_files = N};
    pond_engine *e;
    assert_ok(f, pond_engine_open(&o, &e, &f->err));
    for (int i = 0; i < N; i++) { // the engine has its own copies
        memset(dirs[i], 'x', strlen(dirs[i]));
        memset(files[i], 'x', strlen(files[i]));
        free(dirs[i]);
        free(files[i]);
    }
    pond_buf out = POND_BUF_EMPTY;
    assert_ok(f, rows_text(f, e, sql.p, &out));
    assert_string_equal(out.p, "249500\n");
    pond_buf_clear(&out);
    char *other = pond_path_join(&f->a, f->away, "500.csv");
    assert_int_equal(rows_text(f, e, pond_printf(&f->a, "FROM '%s'", other), &out),
                     POND_ERR_UNSUPPORTED);
    pond_buf_free(&out);
    pond_buf_free(&sql);
    pond_engine_close(e);
}

static size_t count_entries(fixture *f, const char *dir) {
    pond_dirent_vec found = {0};
    assert_ok(f, pond_dir_list(&f->a, dir, &found, &f->err));
    return found.n;
}

// Uses everything that an engine can hold: tables, slices, spilled rows, a failed and a half-read
// statement.
static void use_everything(fixture *f, pond_engine *e) {
    pond_slice slice = {.lo_us = 0, .hi_us = INT64_MAX, .path = path_in(f, "slice.parquet")};
    pond_slice_scan scan = {.select = POND_SV("SELECT make_timestamp(i) AS t FROM range(5) r(i)"),
                            .time_us = POND_SV("epoch_us(t)"),
                            .slices = &slice,
                            .n = 1,
                            .draft = path_in(f, "draft.parquet")};
    pond_rows *rows;
    size_t n;
    assert_ok(f, pond_engine_exec(e, POND_SV("CREATE TABLE t AS FROM range(9)"), &f->err));
    assert_ok(f, pond_engine_write_slices(e, &scan, &f->err));
    assert_int_equal(slice.rows, 5);
    assert_int_equal(unlink(slice.path), 0);
    assert_int_equal(pond_engine_exec(e, POND_SV("SELEC"), &f->err), POND_ERR_QUERY);
    assert_ok(f, pond_engine_exec(e,
                                  POND_SV("CREATE TABLE sorted AS SELECT i, hash(i)::VARCHAR AS h "
                                          "FROM range(600000) t(i) ORDER BY h"),
                                  &f->err));
    assert_ok(f, pond_engine_query(e, POND_SV("FROM range(100000)"), &rows, &f->err));
    assert_ok(f, pond_rows_next(rows, &n, &f->err));
    pond_rows_close(rows);
}

static void test_closing_ends_everything(void **state) {
    fixture *f = *state;
    char *spill = pond_path_join(&f->a, f->away, "spill");
    size_t n_fds = 0, n_threads = 0;
    pond_schema schema = {0};
    for (int i = 0; i < 4; i++) {
        pond_engine *e = open_engine(f, 24 << 20, spill);
        use_everything(f, e);
        assert_ok(f, pond_engine_schema(e, &f->a, POND_SV("SELECT [1] AS l, t.* FROM t"), &schema,
                                        &f->err));
        pond_engine_close(e);
        if (i == 0) { // what the library itself keeps is there from now on
            n_fds = count_entries(f, "/proc/self/fd");
            n_threads = count_entries(f, "/proc/self/task");
        }
        assert_int_equal(count_entries(f, "/proc/self/fd"), n_fds);
        assert_int_equal(count_entries(f, "/proc/self/task"), n_threads);
        if (pond_path_exists(spill))
            assert_int_equal(count_entries(f, spill), 0);
    }
    assert_string_equal(schema.items[0].type.p, "INTEGER[]"); // does not end with the engine
}

static void test_a_second_engine_may_see_more(void **state) {
    fixture *f = *state;
    char *file = pond_path_join(&f->a, f->away, "later.csv");
    char *sql = pond_printf(&f->a, "FROM read_csv('%s')", file);
    assert_query_fails(f, sql, POND_ERR_UNSUPPORTED,
                       pond_printf(&f->a,
                                   "cannot access file \"%s\" - file system operations are "
                                   "disabled by configuration",
                                   file));
    pond_engine_close(f->e);
    const char *files[] = {file};
    pond_engine_options o = {.dirs = f->dirs, .n_dirs = 1, .files = files, .n_files = 1};
    assert_ok(f, pond_engine_open(&o, &f->e, &f->err));
    FILE *out = fopen(file, "w"); // it need not exist before
    fputs("a\n7\n", out);
    assert_int_equal(fclose(out), 0);
    assert_rows(f, sql, "7\n");
}

static void test_date_bin_counts_from_1970(void **state) {
    fixture *f = *state;
    assert_rows(f, "SELECT date_bin(INTERVAL '15 minutes', TIMESTAMP '2024-01-01 10:20:00')",
                "2024-01-01T10:15:00\n");
    assert_rows(f, "SELECT date_bin('6 hours', TIMESTAMPTZ '2024-01-01 10:20:00Z')",
                "2024-01-01T06:00:00Z\n");
    // 1970-01-01 was a Thursday.
    assert_rows(f, "SELECT date_bin(INTERVAL '7 days', TIMESTAMP '1970-01-10')",
                "1970-01-08T00:00:00\n");
    assert_rows(f, "SELECT date_bin(INTERVAL '7 days', DATE '1969-12-31')",
                "1969-12-25T00:00:00\n");
    assert_rows(f, "SELECT date_bin(INTERVAL '7 months', TIMESTAMP '1970-09-15')",
                "1970-08-01T00:00:00\n");
    assert_rows(f, "SELECT date_bin('1 hour', TIMESTAMP_NS '2024-01-01 10:20:00')",
                "2024-01-01T10:00:00\n");
    assert_rows(f, "SELECT date_bin('7 days', TIMESTAMP '2001-01-09', '2001-01-01T00:00:00Z')",
                "2001-01-08T00:00:00\n");
    assert_rows(f,
                "SELECT date_bin('1 hour', TIMESTAMPTZ '2001-01-09 00:20:00Z', TIMESTAMPTZ "
                "'2001-01-01 00:30:00Z')",
                "2001-01-08T23:30:00Z\n");
    assert_rows(f, "SELECT date_bin('1 hour', t) FROM (VALUES (NULL::TIMESTAMPTZ)) v(t)", "NULL\n");
}

static void test_sql_of_existing_configs(void **state) {
    fixture *f = *state;
    assert_rows(f, "SELECT approx_percentile_cont(i, 0.5) FROM range(101) t(i)", "50\n");
    assert_rows(f, "SELECT approx_median(i), approx_distinct(i % 3), var(i) FROM range(5) t(i)",
                "2|3|2.5\n");
    assert_rows(f, "SELECT nvl(NULL, 1), btrim(' a '), btrim('xax', 'x'), regexp_like('abc', 'b')",
                "1|a|a|true\n");
}

static void test_seconds_and_texts_are_times(void **state) {
    fixture *f = *state;
    assert_rows(f,
                "SELECT to_timestamp(1700000000), to_timestamp(1.5), to_timestamp(NULL), "
                "typeof(to_timestamp(5))",
                "2023-11-14T22:13:20|1970-01-01T00:00:01.500|NULL|TIMESTAMP_NS\n");
    assert_rows(f,
                "SELECT to_timestamp('2024-01-02T03:04:05.123456789Z'), to_timestamp('2024-01-02 "
                "03:04:05+02:00')",
                "2024-01-02T03:04:05.123456789|2024-01-02T01:04:05\n");
    assert_rows(f,
                "SELECT to_timestamp_seconds(5), to_timestamp_millis(1500), "
                "to_timestamp_micros(1), to_timestamp_nanos(1), from_unixtime(5)",
                "1970-01-01T00:00:05|1970-01-01T00:00:01.500|1970-01-01T00:00:00.000001|1970-01-"
                "01T00:00:00.000000001|1970-01-01T00:00:05\n");
    assert_rows(f, "SELECT typeof(date_trunc('day', TIMESTAMP '2024-01-02 03:00'))", "TIMESTAMP\n");
    assert_rows(
        f,
        "SELECT to_timestamp(avg(v)), to_timestamp(sum(i)), to_timestamp(max(s)) FROM (VALUES "
        "(1.5::DOUBLE, 4, '2024-01-02'), (2.0, 5, '2024-01-01T00:00:00Z')) t(v, i, s)",
        "1970-01-01T00:00:01.750|1970-01-01T00:00:09|2024-01-02T00:00:00\n");
}

static void test_integers_divide_to_integers(void **state) {
    fixture *f = *state;
    assert_rows(f, "SELECT 7/2, -7/2, 7/2.0, 7.5::DOUBLE/2, 7::DECIMAL(5,1)/2, 7::HUGEINT/2",
                "3|-3|3.5|3.75|3.5|3\n");
    assert_rows(f, "SELECT sum(i)/count(*), avg(i)/2 FROM range(4) t(i)", "1|0.75\n");
    assert_rows(f,
                "SELECT 1.0::DOUBLE/0, -1.0/0, isnan(0.0::DOUBLE/0), NULL/0, 5/NULL, INTERVAL '7 "
                "days'/2",
                "inf|-inf|true|NULL|NULL|3 days 12:00:00\n");
    assert_rows(f, "SELECT i/x, x FROM (VALUES (7, NULL), (7, 2), (NULL, 0), (-7, 2)) v(i, x)",
                "NULL|NULL\n3|2\nNULL|0\n-3|2\n");
    assert_rows(f,
                "SELECT 18446744073709551615::UBIGINT/2, 7::UTINYINT/2::SMALLINT, "
                "170141183460469231731687303715884105727::HUGEINT/3, -7::HUGEINT/2",
                "9223372036854775807|3|56713727820156410577229101238628035242|-3\n");
    const char *none = "division of an integer by zero, or beyond its type; nullif(x, 0) as the "
                       "divisor gives NULL";
    assert_query_fails(f, "SELECT 1/0", POND_ERR_QUERY, none);
    assert_query_fails(f, "SELECT i/(i - 2) FROM range(4) t(i)", POND_ERR_QUERY, none);
    assert_query_fails(f, "SELECT 5::HUGEINT/0::UTINYINT", POND_ERR_QUERY, none);
    assert_query_fails(f, "SELECT (-9223372036854775807 - 1)::BIGINT/-1", POND_ERR_QUERY, none);
}

static void test_queries_of_existing_configs(void **state) {
    fixture *f = *state;
    assert_rows(f, "SELECT TIMESTAMPTZ '2024-06-15 13:00:00+02'", "2024-06-15T11:00:00Z\n");
    assert_rows(f,
                "WITH t AS (SELECT i AS \"A.b.c\", i % 2 AS g FROM range(4) r(i)) "
                "SELECT g, round(avg(\"A.b.c\"), 2), first_value(max(\"A.b.c\")) OVER (ORDER BY g "
                "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t GROUP BY g ORDER BY g",
                "0|1.0|2\n1|2.0|2\n");
    assert_rows(f,
                "SELECT * EXCLUDE (b) FROM (SELECT 1 AS a, 2 AS b UNION ALL BY NAME "
                "SELECT 3 AS b, 4 AS a) ORDER BY a",
                "1\n4\n");
    assert_rows(f,
                "SELECT EXTRACT(EPOCH FROM t), date_part('hour', t), lpad('7', 3, '0') "
                "FROM (SELECT TIMESTAMP '1970-01-01 02:00:00' AS t)",
                "7200.0|2|007\n");
}

static void test_errors_are_tidied(void **state) {
    fixture *f = *state;
    assert_query_fails(f, "SELEC 1", POND_ERR_QUERY, "syntax error at or near \"SELEC\"");
    assert_string_equal(f->err.detail, "    SELEC 1\n    ^\n");
    assert_query_fails(f, "SELECT a\nFROM nowhere", POND_ERR_QUERY,
                       "table with name nowhere does not exist");
    assert_non_null(strstr(f->err.detail, "    FROM nowhere\n         ^\n"));
    assert_query_fails(f, "SELECT CAST('x' AS INTEGER)", POND_ERR_QUERY,
                       "could not convert string 'x' to INT32");
    assert_query_fails(f, "", POND_ERR_QUERY, "the query is empty");
    assert_query_fails(f, " -- nothing\n", POND_ERR_QUERY, "the query is empty");
    assert_int_equal(pond_engine_exec(f->e, (pond_sv){"SELECT 1\0; DROP", 15}, &f->err),
                     POND_ERR_QUERY);
    assert_string_equal(f->err.msg, "the query contains a NUL byte");
    assert_rows(f, "SELECT 1", "1\n"); // and the engine remains usable
    assert_int_equal(pond_engine_exec(f->e, POND_SV("SELEC 1"), NULL), POND_ERR_QUERY);
}

static void test_a_fault_of_the_engine_shows_no_stack(void **state) {
    fixture *f = *state;
    const char *text = "INTERNAL Error: Attempted to access index 1 within vector of size 1\n\n"
                       "Stack Trace:\n\n/opt/libduckdb.so(_ZN6duckdb9ExceptionC1Ev+0x1f) [0x7f]\n"
                       "/opt/libduckdb.so(+0x4f) [0x7f]\n\nThis error signals an assertion failure";
    assert_fails(f, engine_fail(f->e, &f->err, text), POND_ERR_INTERNAL,
                 "the query engine failed: attempted to access index 1 within vector of size 1");
    assert_string_equal(f->err.detail, "this is a fault of the query engine (DuckDB v1.5.6), which "
                                       "this query or a damaged file has met\n");
}

static void test_excerpts_name_no_files(void **state) {
    fixture *f = *state;
    char *path = path_in(f, "in.parquet");
    pond_parquet_stats stats;
    assert_ok(f, pond_engine_write_parquet(f->e, POND_SV("SELECT 1 AS a"), path, &stats, &f->err));
    assert_query_fails(f, pond_printf(&f->a, "SELECT b FROM read_parquet(['%s'])", path),
                       POND_ERR_QUERY, "referenced column \"b\" not found in FROM clause");
    assert_string_equal(f->err.detail, "Candidate bindings: \"a\"\n");
    assert_query_fails(f,
                       pond_printf(&f->a,
                                   "WITH s AS (FROM read_parquet(['%s']))\n"
                                   "SELECT b FROM s",
                                   path),
                       POND_ERR_QUERY, "referenced column \"b\" not found in FROM clause");
    assert_string_equal(f->err.detail,
                        "Candidate bindings: \"a\"\n    SELECT b FROM s\n           ^\n");
}

static void test_memory_has_a_limit(void **state) {
    fixture *f = *state;
    pond_engine *e = open_engine(f, 24 << 20, NULL);
    pond_buf out = POND_BUF_EMPTY;
    assert_int_equal(rows_text(f, e,
                               "SELECT count(*) FROM (SELECT list(repeat('x', 100) || i) AS l FROM "
                               "range(1000000) t(i)) WHERE len(l) > 0",
                               &out),
                     POND_ERR_LIMIT);
    assert_true(pond_sv_starts(pond_sv_of(f->err.msg),
                               POND_SV("the query needs more memory than its limit: ")));
    assert_string_equal(f->err.detail,
                        "raise the limit (--memory), or change the query so that it keeps fewer "
                        "rows in memory\n");
    pond_buf_free(&out);
    pond_engine_close(e);
}

static void test_sorting_spills_into_the_named_directory(void **state) {
    fixture *f = *state;
    char *spill = pond_path_join(&f->a, f->away, "spill");
    pond_engine *e = open_engine(f, 24 << 20, spill);
    int64_t n;
    assert_ok(f, pond_engine_ints(e,
                                  POND_SV("SELECT count(*) FROM (SELECT i, row_number() OVER "
                                          "(ORDER BY hash(i), i::VARCHAR) AS r FROM "
                                          "range(600000) t(i))"),
                                  0, &n, 1, &f->err));
    assert_int_equal(n, 600000);
    assert_true(pond_path_is_dir(spill));
    pond_engine_close(e);
    assert_false(pond_path_exists(pond_path_join(&f->a, f->dir, ".tmp")));
}

static void test_interrupt_is_final(void **state) {
    fixture *f = *state;
    pond_rows *rows;
    size_t n;
    assert_ok(f, pond_engine_query(f->e, POND_SV("FROM range(10000000)"), &rows, &f->err));
    assert_ok(f, pond_rows_next(rows, &n, &f->err));
    pond_engine_interrupt(f->e);
    pond_code rc = POND_OK;
    while (rc == POND_OK && n > 0)
        rc = pond_rows_next(rows, &n, &f->err);
    assert_fails(f, rc, POND_ERR_CANCELLED, "interrupted");
    pond_rows_close(rows);
    assert_query_fails(f, "SELECT 1", POND_ERR_CANCELLED, "interrupted");
}

static void *interrupt_soon(void *e) {
    usleep(100000);
    pond_engine_interrupt(e);
    return NULL;
}

static void test_interrupt_from_another_thread(void **state) {
    fixture *f = *state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, f->e), 0);
    // Would run for hours.
    assert_query_fails(f,
                       "SELECT sum(hash(a.i + b.i)) FROM range(9000000) a(i), range(9000000) b(i)",
                       POND_ERR_CANCELLED, "interrupted");
    pthread_join(thread, NULL);
}

static void *open_and_close(void *state) {
    fixture *f = state;
    pond_engine_options o = {.dirs = f->dirs, .n_dirs = 1};
    pond_engine *e = NULL;
    int64_t n = 0;
    if (pond_engine_open(&o, &e, NULL) != POND_OK ||
        pond_engine_ints(e, POND_SV("SELECT sum(range)::BIGINT FROM range(1000)"), 0, &n, 1,
                         NULL) != POND_OK)
        n = -1;
    pond_engine_close(e);
    return (void *)(intptr_t)n;
}

static void test_each_thread_may_have_its_own(void **state) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_close, *state), 0);
    for (int i = 0; i < 4; i++) {
        void *n;
        pthread_join(threads[i], &n);
        assert_int_equal((intptr_t)n, 499500);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_engine_opens_and_counts),
        cmocka_unit_test(test_closing_nothing_is_fine),
        T(test_time_zone_is_utc),
        T(test_extensions_are_compiled_in),
        T(test_only_allowed_paths_can_be_accessed),
        T(test_single_files_can_be_allowed),
        T(test_any_number_of_files_and_directories),
        T(test_closing_ends_everything),
        T(test_a_second_engine_may_see_more),
        T(test_date_bin_counts_from_1970),
        T(test_seconds_and_texts_are_times),
        T(test_integers_divide_to_integers),
        T(test_queries_of_existing_configs),
        T(test_sql_of_existing_configs),
        T(test_errors_are_tidied),
        T(test_a_fault_of_the_engine_shows_no_stack),
        T(test_excerpts_name_no_files),
        T(test_memory_has_a_limit),
        T(test_sorting_spills_into_the_named_directory),
        T(test_interrupt_is_final),
        T(test_interrupt_from_another_thread),
        T(test_each_thread_may_have_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
