// The writer of Parquet beside the engine's COPY: for the same rows, the same bytes.
#include "engine_test.h"

#include "base/hash.h"

static pond_sha256 sum_of(fixture *f, const char *path) {
    pond_sha256 sum;
    assert_ok(f, pond_sha256_file(path, &sum, NULL, &f->err));
    return sum;
}

// Writes all rows of `select`, which has a column `t` in ascending order, as one slice, and with COPY
// in the order of `order`. `encoded`: whether the writer can write them.
static void compare(fixture *f, const char *select, const char *ties, const char *order,
                    bool encoded) {
    pond_slice slice = {.lo_us = INT64_MIN, .hi_us = INT64_MAX, .path = path_in(f, "slice")};
    pond_slice_scan scan = {.select = pond_sv_of(select),
                            .time_us = POND_SV("epoch_us(t)"),
                            .ties = pond_sv_of(ties),
                            .slices = &slice,
                            .n = 1,
                            .draft = path_in(f, "draft")};
    pond_parquet_stats stats;
    char *copy = path_in(f, "copy"), *ordered = pond_printf(&f->a, "FROM (%s)%s", select, order);
    pond_code rc = pond_engine_write_slices(f->e, &scan, &f->err);
    if (rc != POND_OK)
        fprintf(stderr, "%s\n", select);
    assert_ok(f, rc);
    assert_ok(f, pond_engine_write_parquet(f->e, pond_sv_of(ordered), copy, &stats, &f->err));
    pond_sha256 got = sum_of(f, slice.path), want = sum_of(f, copy);
    if (!pond_sha256_eq(&got, &want))
        fprintf(stderr, "other bytes than COPY: %s\n", select);
    assert_memory_equal(&got, &want, sizeof want);
    assert_int_equal(slice.rows, stats.rows);
    if (slice.is_hashed != encoded)
        fprintf(stderr, "encoded: %d: %s\n", slice.is_hashed, select);
    assert_int_equal(slice.is_hashed, encoded);
    if (encoded) {
        assert_memory_equal(&slice.checksum, &got, sizeof got);
        assert_int_equal(slice.size_bytes, stats.size_bytes);
    }
    assert_int_equal(unlink(slice.path), 0);
}

// Values of each kind as expressions of i, the row, and h, a hash of it.
static const struct {
    const char *type, *few, *many;
} kinds[] = {
    {"BOOLEAN", "h % 2 = 0", "i % 37 < 20"},
    {"TINYINT", "h % 3 - 1", "h % 256 - 128"},
    {"SMALLINT", "h % 3 - 1", "h % 65536 - 32768"},
    {"INTEGER", "h % 5 * 100000 - 200000", "h % 4294967296 - 2147483648"},
    {"BIGINT", "h % 100 * 1000000007", "hash(h)::HUGEINT - 9223372036854775808"},
    {"UTINYINT", "h % 3", "h % 256"},
    {"USMALLINT", "h % 3", "h % 65536"},
    {"UINTEGER", "h % 5 * 1000000", "h % 4294967296"},
    {"UBIGINT", "h % 100 * 1000000007", "hash(h)"},
    {"FLOAT", "h % 10 / 4 - 1", "sin(h)"},
    {"DOUBLE", "h % 10 / 4 - 1", "sin(h)"},
    {"DATE", "DATE '2024-01-01' + (h % 5)::INTEGER", "DATE '1900-01-01' + (h % 70000)::INTEGER"},
    {"TIMESTAMP", "make_timestamp((h % 3 * 1000)::BIGINT)",
     "make_timestamp((h % 1000000007 - 500000000)::BIGINT)"},
    {"TIMESTAMPTZ", "make_timestamp((h % 3 * 1000)::BIGINT)", "make_timestamp((i * 1000)::BIGINT)"},
    {"TIMESTAMP_MS", "make_timestamp((h % 3 * 1000)::BIGINT)",
     "make_timestamp((h % 1000000007)::BIGINT)"},
    {"TIMESTAMP_NS", "make_timestamp((h % 3 * 1000)::BIGINT)",
     "make_timestamp((h % 1000000007)::BIGINT)"},
    {"VARCHAR", "'quality ' || h % 7", "'a text of its own ' || h"},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static const char ROWS[] =
    "SELECT make_timestamp(i * 1000000) AS t, i, hash(i)::HUGEINT AS h FROM range(%d) r(i)";

static char *select_of(fixture *f, size_t kind, const char *value, const char *nulls, int n) {
    char *rows = pond_printf(&f->a, ROWS, n);
    return pond_printf(&f->a,
                       "SELECT t, CASE WHEN NOT (%s) THEN CAST(%s AS %s) END AS v, i AS "
                       "\"a \"\"name\"\" ü\" FROM (%s)",
                       nulls, value, kinds[kind].type, rows);
}

static void test_each_kind(void **state) {
    static const char *const nulls[] = {"false", "h % 9 = 0", "i % 300 > 20", "true"};
    static const int sizes[] = {1, 4, 5, 255, 256, 257, 2048, 5000};
    fixture *f = *state;
    for (size_t k = 0; k < N_KINDS; k++) {
        for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++) {
            for (size_t z = 0; z < sizeof nulls / sizeof *nulls; z++) {
                compare(f, select_of(f, k, kinds[k].few, nulls[z], sizes[n]), "", "", true);
                compare(f, select_of(f, k, kinds[k].many, nulls[z], sizes[n]), "", "", true);
            }
        }
    }
}

// Rows of several row groups, that come in ragged chunks, and are not all of the slice.
static void test_row_groups(void **state) {
    fixture *f = *state;
    static const int sizes[] = {122879, 122880, 122881, 300000};
    for (size_t n = 0; n < sizeof sizes / sizeof *sizes; n++)
        for (size_t k = 0; k < N_KINDS; k += 4)
            compare(f, select_of(f, k, kinds[k].few, "i % 5 = 0 AND i < 200000", sizes[n]), "", "",
                    true);
    compare(
        f,
        "SELECT make_timestamp(i) AS t, i % 20000 AS few, hash(i) AS many, 'x' || i % 24576 AS s "
        "FROM range(600000) r(i) WHERE i % 7 <> 3 ORDER BY t",
        "", "", true);
}

// Floats that have no place in an order, or two forms.
static void test_rare_floats(void **state) {
    fixture *f = *state;
    static const char *const values[] = {
        "'nan'",
        "'inf'",
        "'-inf'",
        "CASE WHEN i % 2 = 0 THEN 0.0 ELSE '-0.0' END",
        "CASE WHEN i % 2 = 1 THEN 0.0 ELSE '-0.0' END",
        "CASE WHEN i = 77 THEN 'nan' ELSE sin(i) END",
        "CASE WHEN i % 7 = 0 THEN -'nan'::DOUBLE ELSE i % 3 - 1 END",
        "CASE WHEN i = 8 THEN 'inf' ELSE sin(i) END",
        "CASE WHEN i % 40 = 0 THEN '-0.0' WHEN i % 40 = 1 THEN 0.0 ELSE sin(i) ** 2 END",
        "CASE WHEN i % 40 = 0 THEN 0.0 WHEN i % 40 = 1 THEN '-0.0' ELSE -sin(i) ** 2 END"};
    static const char *const types[] = {"DOUBLE", "FLOAT"};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++)
        for (size_t k = 0; k < 2; k++)
            compare(f,
                    pond_printf(&f->a,
                                "SELECT make_timestamp(i) AS t, (%s)::%s AS v FROM range(999) r(i)",
                                values[v], types[k]),
                    "", "", true);
}

static void test_texts(void **state) {
    fixture *f = *state;
    static const char *const values[] = {"''",
                                         "CASE WHEN i % 3 = 0 THEN '' ELSE 'x' END",
                                         "chr((i % 1000 + 1)::INTEGER)",
                                         "repeat('a', (i % 300)::INTEGER)",
                                         "repeat('ü', 120 + (i % 20)::INTEGER) || i",
                                         "repeat(chr(127), 256 + (i % 2)::INTEGER)",
                                         "repeat('ÿ', 200)",
                                         "'a' || repeat(chr(127), 300) || i",
                                         "'日本' || repeat('語', (i % 100)::INTEGER)",
                                         "'nul ' || chr(0) || i % 4",
                                         "repeat('long ', 2000) || i % 300"};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++)
        compare(f,
                pond_printf(&f->a, "SELECT make_timestamp(i) AS t, %s AS v FROM range(2500) r(i)",
                            values[v]),
                "", "", true);
}

static void test_many_columns(void **state) {
    fixture *f = *state;
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT make_timestamp(i) AS t");
    for (int i = 0; i < 40; i++)
        pond_buf_printf(&sql, ", hash(i + %d) %% %d AS c%d", i, 1 << i % 30, i);
    pond_buf_str(&sql, " FROM range(5000) r(i)");
    compare(f, sql.p, "", "", true);
    pond_buf_free(&sql);
}

// A row group that is about as large as the writer takes it, and one that is larger.
static void test_large_row_groups(void **state) {
    fixture *f = *state;
    for (int n = 45; n <= 55; n += 10) {
        pond_buf sql = POND_BUF_EMPTY;
        pond_buf_str(&sql, "SELECT make_timestamp(i) AS t");
        for (int i = 1; i < n; i++)
            pond_buf_printf(&sql, ", i %% %d AS c%d", i + 5, i);
        pond_buf_str(&sql, " FROM range(130000) r(i)");
        compare(f, sql.p, "", "", n == 45);
        pond_buf_free(&sql);
    }
    compare(f,
            "SELECT make_timestamp(i) AS t, repeat('text ', 74) || i % 100 AS s FROM range(130000) "
            "r(i)",
            "", "", true);
}

// Rows of equal times: sorted by the time and then by each column.
static void test_ties_are_sorted(void **state) {
    fixture *f = *state;
    static const char *const groups[] = {"i // 3",
                                         "i // 100",
                                         "i // 70000",
                                         "0",
                                         "i - i % 2 * (i // 2000 % 2)",
                                         "CASE WHEN i % 2048 = 0 THEN i - 1 ELSE i END"};
    for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
        char *select = pond_printf(
            &f->a,
            "SELECT CASE WHEN h %% 5 > 0 THEN 'station ' || h %% 3 END AS s, "
            "make_timestamp((%s) * 1000)::TIMESTAMP_NS AS t, h %% 2 = 0 AS b, "
            "CASE h %% 7 WHEN 0 THEN NULL WHEN 1 THEN 'nan'::DOUBLE WHEN 2 THEN '-inf'::DOUBLE "
            "ELSE (h %% 4)::DOUBLE / 3 END "
            "AS v, (h %% 200)::UTINYINT AS u, i FROM (SELECT i, hash(i)::HUGEINT AS h FROM "
            "range(150000) r(i)) ORDER BY t",
            groups[g]);
        compare(f, select, "t", " ORDER BY t, s, b, v, u, i", true);
    }
    // Times that differ by less than a microsecond.
    compare(f,
            "SELECT i, make_timestamp_ns(i // 10 * 1000 + (hash(i) % 1000)::BIGINT) AS t FROM "
            "range(5000) r(i) "
            "ORDER BY i // 10",
            "t", " ORDER BY t, i", true);
}

static void test_names(void **state) {
    static const char *const columns[] = {"1 AS v, 2 AS v", "1 AS v, 2 AS V", "1 AS \"T\"",
                                          "1 AS \"\n\"", "1 AS \"a.b.C\""};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        compare(*state,
                pond_printf(&((fixture *)*state)->a,
                            "SELECT make_timestamp(i) AS t, %s FROM range(20) r(i)", columns[i]),
                "", "", true);
}

static uint32_t chance(uint32_t *seed, uint32_t n) {
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 16) % n;
}

// Columns, NULLs, sizes and ties by chance, the same in each run.
static void test_random_columns(void **state) {
    fixture *f = *state;
    static const char *const nulls[] = {"false", "h % 9 = 0", "i % 3000 > 20", "h % 2 = 0"};
    uint32_t seed = 1;
    for (int round = 0; round < 25; round++) {
        pond_buf sql = POND_BUF_EMPTY, order = POND_BUF_EMPTY;
        uint32_t jitter = 1 + chance(&seed, 3), together = 1 + chance(&seed, 5),
                 n_columns = 1 + chance(&seed, 12), most = UINT32_C(16) << chance(&seed, 13);
        pond_buf_printf(&sql, "SELECT make_timestamp((i + h %% %u)::BIGINT // %u * 1000) AS t",
                        jitter, together);
        pond_buf_str(&order, " ORDER BY t");
        for (uint32_t c = 0; c < n_columns; c++) {
            uint32_t kind = chance(&seed, N_KINDS), null = chance(&seed, 4);
            const char *value = chance(&seed, 2) == 0 ? kinds[kind].few : kinds[kind].many;
            pond_buf_printf(&sql, ", CASE WHEN NOT (%s) THEN CAST(%s AS %s) END AS c%u",
                            nulls[null], value, kinds[kind].type, c);
            pond_buf_printf(&order, ", c%u", c);
        }
        pond_buf_printf(&sql,
                        " FROM (SELECT i, hash(i + %d)::HUGEINT AS h FROM range(%u) r(i)) "
                        "ORDER BY t",
                        round, 1 + chance(&seed, most));
        compare(f, sql.p, "t", order.p, true);
        pond_buf_free(&order);
        pond_buf_free(&sql);
    }
}

// What is left to COPY: types of other kinds, and row groups that it cuts by their bytes.
static void test_the_rest_is_copied(void **state) {
    fixture *f = *state;
    static const char *const columns[] = {
        "1.5::DECIMAL(9, 2) AS v", "[1, 2] AS v",       "{'a': 1} AS v",
        "'{}'::JSON AS v",         "i::HUGEINT AS v",   "'x'::BLOB AS v",
        "INTERVAL 1 DAY AS v",     "TIME '10:00' AS v", "'a'::ENUM('a', 'b') AS v",
        "t::TIMESTAMP_S AS v",     "uuid_value AS v",   "repeat('long text ', 500) || i AS v"};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        compare(f,
                pond_printf(&f->a,
                            "SELECT t, %s FROM (SELECT make_timestamp(i) AS t, i, "
                            "'00000000-0000-0000-0000-00000000000a'::UUID AS uuid_value "
                            "FROM range(20000) r(i))",
                            columns[i]),
                "", "", false);
}

// A slice that is too large for the writer comes after one that was written already.
static void test_a_scan_is_begun_again(void **state) {
    fixture *f = *state;
    static const char select[] = "SELECT make_timestamp(i) AS t, CASE WHEN i >= 1000 THEN "
                                 "repeat('long text ', 500) ELSE 'short' END AS v "
                                 "FROM range(21000) r(i)";
    pond_slice slices[2] = {{.lo_us = 0, .hi_us = 1000, .path = path_in(f, "first")},
                            {.lo_us = 1000, .hi_us = INT64_MAX, .path = path_in(f, "second")}};
    pond_slice_scan scan = {.select = pond_sv_of(select),
                            .time_us = POND_SV("epoch_us(t)"),
                            .slices = slices,
                            .n = 2,
                            .draft = path_in(f, "draft")};
    assert_ok(f, pond_engine_write_slices(f->e, &scan, &f->err));
    assert_int_equal(scan.rows, 21000);
    for (size_t i = 0; i < 2; i++) {
        pond_parquet_stats stats;
        char *copy = path_in(f, i == 0 ? "copy first" : "copy second"),
             *own = pond_printf(&f->a, "FROM (%s) WHERE t %s make_timestamp(1000)", select,
                                i == 0 ? "<" : ">=");
        assert_ok(f, pond_engine_write_parquet(f->e, pond_sv_of(own), copy, &stats, &f->err));
        pond_sha256 got = sum_of(f, slices[i].path), want = sum_of(f, copy);
        assert_memory_equal(&got, &want, sizeof want);
        assert_int_equal(slices[i].rows, stats.rows);
        assert_false(slices[i].is_hashed);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_each_kind),
        T(test_row_groups),
        T(test_rare_floats),
        T(test_texts),
        T(test_large_row_groups),
        T(test_many_columns),
        T(test_ties_are_sorted),
        T(test_names),
        T(test_random_columns),
        T(test_the_rest_is_copied),
        T(test_a_scan_is_begun_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
