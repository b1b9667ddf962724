// Which queries slice. What is said to slice is computed both ways: the rows of the whole, and those
// of three slices of the inputs, must be the same.
#include "engine_test.h"

#include "engine/select.h"

// s and t are series, sites is a table. Times are equal in some rows of both, and within each.
static const char *const tables[] = {
    "CREATE TABLE all_s AS SELECT make_timestamp(i // 2 * 3600000000) AS timestamp, i AS a, i % 3 "
    "AS b, make_timestamp((i * 7 % 50) * 3600000000) AS other FROM range(100) r(i)",
    "CREATE TABLE all_t AS SELECT make_timestamp(i * 7200000000) AS \"when\", i * 10 AS v, i % 3 "
    "AS "
    "b FROM range(30) r(i)",
    "CREATE TABLE sites AS SELECT i AS b, 'site ' || i AS name FROM range(5) r(i) WHERE i <> 1",
};

static int setup_tables(void **state) {
    if (setup(state) != 0)
        return -1;
    fixture *f = *state;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        assert_ok(f, pond_engine_exec(f->e, pond_sv_of(tables[i]), &f->err));
    return 0;
}

static const pond_sv names[] = {{"s", 1}, {"t", 1}, {"sites", 5}};

// What the rules say of the query and its column `time`.
static pond_select_slicing slicing(fixture *f, const char *sql, const char *time) {
    pond_select select = {.sql = pond_sv_of(sql), .tables = names, .n_tables = 3};
    pond_select_input inputs[3] = {
        {.time_column = POND_SV("timestamp"), .is_series = true},
        {.time_column = POND_SV("when"), .is_series = true, .is_time_unique = true}};
    static const char *const columns[] = {"FROM all_s", "FROM all_t", "FROM sites"};
    for (size_t i = 0; i < 3; i++)
        assert_ok(
            f, pond_engine_schema(f->e, &f->a, pond_sv_of(columns[i]), &inputs[i].schema, &f->err));
    select.inputs = inputs;
    pond_select_slicing out;
    if (pond_engine_select_check(f->e, &f->a, &select, &f->err) != POND_OK)
        fail_msg("%s: %s", sql, f->err.msg);
    assert_ok(f, pond_engine_select_slices(f->e, &select, pond_sv_of(time), &out, &f->err));
    return out;
}

// The query over the inputs' rows of [lo, hi) hours, or over all if hi is 0.
static void write_slice(pond_buf *sql, const char *query, const char *time, int lo, int hi) {
    pond_buf_printf(sql,
                    "SELECT * FROM (WITH s AS (FROM all_s WHERE %d = 0 OR (timestamp >= "
                    "make_timestamp(%d * 3600000000) AND timestamp < make_timestamp(%d * "
                    "3600000000))), t AS (FROM all_t WHERE %d = 0 OR (\"when\" >= "
                    "make_timestamp(%d * 3600000000) AND \"when\" < make_timestamp(%d * "
                    "3600000000))) SELECT * FROM (\n%s\n))",
                    hi, lo, hi, hi, lo, hi, query);
    if (hi > 0)
        pond_buf_printf(sql,
                        " WHERE \"%s\" >= make_timestamp(%d * 3600000000) AND \"%s\" < "
                        "make_timestamp(%d * 3600000000)",
                        time, lo, time, hi);
}

// The number of rows that are in only one of two results, and that of the whole.
static void compare(fixture *f, const char *query, const char *time) {
    static const int borders[] = {0, 7, 24, 1000};
    pond_buf sql = POND_BUF_EMPTY, parts = POND_BUF_EMPTY, whole = POND_BUF_EMPTY;
    int64_t counts[3];
    for (size_t i = 0; i < 3; i++) {
        pond_buf_str(&parts, i == 0 ? "" : " UNION ALL ");
        write_slice(&parts, query, time, borders[i], borders[i + 1]);
    }
    write_slice(&whole, query, time, 0, 0);
    pond_buf_printf(&sql,
                    "SELECT (SELECT count(*) FROM ((%s) EXCEPT ALL (%s))), (SELECT count(*) FROM "
                    "((%s) EXCEPT ALL (%s))), (SELECT count(*) FROM (%s))",
                    parts.p, whole.p, whole.p, parts.p, whole.p);
    assert_ok(f, pond_engine_ints(f->e, pond_buf_view(&sql), -1, counts, 3, &f->err));
    if (counts[0] != 0 || counts[1] != 0 || counts[2] == 0)
        fail_msg("%s: %lld rows too many, %lld lost, %lld in all", query, (long long)counts[0],
                 (long long)counts[1], (long long)counts[2]);
    pond_buf_free(&sql);
    pond_buf_free(&parts);
    pond_buf_free(&whole);
}

static void test_queries_that_slice(void **state) {
    fixture *f = *state;
    static const char *const sliced[][2] = {
        {"SELECT * FROM s", "timestamp"},
        {"FROM S WHERE a > 10 AND b IN (SELECT b FROM sites)", "timestamp"},
        {"SELECT a + 1 AS a, Timestamp FROM s x ORDER BY a", "Timestamp"},
        {"SELECT x.timestamp AS \"when\", a FROM s AS x", "when"},
        {"SELECT * EXCLUDE (a, other) REPLACE (b * 2 AS b) RENAME (timestamp AS t) FROM s", "t"},
        {"SELECT DISTINCT timestamp, b FROM s", "timestamp"},
        {"SELECT u.t, u.c FROM s AS u(t, c)", "t"},
        {"SELECT timestamp, avg(a) AS m FROM s GROUP BY timestamp HAVING count(*) > 1",
         "timestamp"},
        {"SELECT b, timestamp AS t, sum(a) FROM s GROUP BY 1, 2", "t"},
        {"SELECT timestamp AS t, b, sum(a) FROM s GROUP BY t, b", "t"},
        {"SELECT timestamp, b, sum(a) FROM s GROUP BY ALL", "timestamp"},
        {"SELECT timestamp, unnest([a, b]) AS x FROM s", "timestamp"},
        {"WITH q AS (SELECT * FROM s WHERE a < 50), r AS (FROM q) SELECT timestamp, a FROM r",
         "timestamp"},
        {"SELECT timestamp, m FROM (SELECT timestamp, max(a) AS m FROM s GROUP BY 1) WHERE m > 3",
         "timestamp"},
        {"SELECT s.timestamp, a, v FROM s JOIN t ON s.timestamp = t.\"when\"", "timestamp"},
        {"SELECT t.\"when\", a, v FROM s JOIN t ON t.b = s.b AND t.\"when\" = s.timestamp", "when"},
        {"SELECT s.timestamp, a, v FROM s LEFT JOIN t ON s.timestamp = t.\"when\"", "timestamp"},
        {"SELECT coalesce(s.timestamp, t.\"when\") AS at, a, v FROM s LEFT JOIN t ON s.timestamp = "
         "t.\"when\"",
         "at"},
        {"SELECT t.\"when\", a, v FROM s RIGHT JOIN t ON s.timestamp = t.\"when\"", "when"},
        {"SELECT coalesce(s.timestamp, t.\"when\") AS timestamp, a, v FROM s FULL JOIN t ON "
         "s.timestamp = t.\"when\"",
         "timestamp"},
        {"SELECT coalesce(z.t, x.timestamp, y.\"when\") AS at FROM s x FULL JOIN t y ON "
         "x.timestamp "
         "= y.\"when\" FULL JOIN (SELECT \"when\" AS t FROM t) z ON z.t = coalesce(y.\"when\", "
         "x.timestamp)",
         "at"},
        {"SELECT * FROM s FULL JOIN (SELECT \"when\" AS timestamp, v FROM t) USING (timestamp)",
         "timestamp"},
        {"FROM s JOIN s AS y USING (timestamp)", "timestamp"},
        {"SELECT x.* FROM s x JOIN (SELECT \"when\" AS timestamp, v FROM t) y USING (timestamp)",
         "timestamp"},
        {"FROM s NATURAL JOIN (SELECT \"when\" AS timestamp, b, v FROM t)", "timestamp"},
        {"FROM s SEMI JOIN t ON s.timestamp = t.\"when\"", "timestamp"},
        {"FROM s ANTI JOIN t ON s.timestamp = t.\"when\" AND s.b = t.b", "timestamp"},
        {"SELECT timestamp, name FROM s LEFT JOIN sites USING (b)", "timestamp"},
        {"SELECT timestamp, name FROM sites JOIN s USING (b)", "timestamp"},
        {"SELECT timestamp, name FROM sites RIGHT JOIN s ON sites.b = s.b", "timestamp"},
        {"SELECT timestamp, c FROM s, (SELECT count(*) AS c FROM sites)", "timestamp"},
        {"SELECT timestamp, x FROM s, LATERAL (SELECT s.a + 1 AS x)", "timestamp"},
        {"SELECT timestamp, a FROM s UNION ALL SELECT \"when\", v FROM t", "timestamp"},
        {"SELECT timestamp, a FROM s UNION BY NAME SELECT \"when\" AS timestamp, v FROM t",
         "timestamp"},
        {"SELECT timestamp FROM s EXCEPT SELECT \"when\" FROM t", "timestamp"},
        {"SELECT timestamp, random() < 2 AS x FROM s", "timestamp"},
    };
    for (size_t i = 0; i < sizeof sliced / sizeof *sliced; i++) {
        if (!slicing(f, sliced[i][0], sliced[i][1]).slices)
            fail_msg("no rule for: %s", sliced[i][0]);
        compare(f, sliced[i][0], sliced[i][1]);
    }
}

static void test_queries_that_do_not(void **state) {
    fixture *f = *state;
    static const char *const whole[][2] = {
        {"SELECT date_trunc('day', timestamp) AS timestamp, avg(a) FROM s GROUP BY 1", "timestamp"},
        {"SELECT timestamp + INTERVAL 1 HOUR AS timestamp, a FROM s", "timestamp"},
        {"SELECT other AS timestamp, a FROM s", "timestamp"},
        {"SELECT * REPLACE (other AS timestamp) FROM s", "timestamp"},
        {"SELECT * EXCLUDE (timestamp) RENAME (other AS timestamp) FROM s", "timestamp"},
        {"SELECT * FROM s LIMIT 10", "timestamp"},
        {"FROM s ORDER BY a LIMIT 10 OFFSET 3", "timestamp"},
        {"SELECT DISTINCT ON (b) timestamp, b FROM s", "timestamp"},
        {"SELECT timestamp, lag(a) OVER (ORDER BY timestamp) FROM s", "timestamp"},
        {"FROM s QUALIFY row_number() OVER (PARTITION BY b ORDER BY timestamp) = 1", "timestamp"},
        {"SELECT max(timestamp) AS timestamp FROM s", "timestamp"},
        {"SELECT max(timestamp) AS timestamp, b FROM s GROUP BY b", "timestamp"},
        {"SELECT timestamp, b, sum(a) FROM s GROUP BY ROLLUP (timestamp, b)", "timestamp"},
        {"SELECT geomean(a + 1) AS g, max(timestamp) AS timestamp FROM s", "timestamp"},
        {"FROM s WHERE a > (SELECT avg(a) FROM s)", "timestamp"},
        {"SELECT timestamp, (SELECT max(v) FROM t) AS v FROM s", "timestamp"},
        {"FROM s WHERE timestamp NOT IN (SELECT \"when\" FROM t)", "timestamp"},
        {"SELECT s.timestamp, v FROM s JOIN t ON s.b = t.b", "timestamp"},
        {"SELECT s.timestamp, v FROM s JOIN t ON s.timestamp >= t.\"when\"", "timestamp"},
        {"SELECT s.timestamp, v FROM s JOIN t ON s.timestamp = t.\"when\" OR s.b = t.b",
         "timestamp"},
        {"SELECT s.timestamp, v FROM s JOIN t ON s.other = t.\"when\"", "timestamp"},
        {"SELECT t.\"when\", v FROM s LEFT JOIN t ON s.timestamp = t.\"when\"", "when"},
        {"SELECT s.timestamp, v FROM s FULL JOIN t ON s.timestamp = t.\"when\"", "timestamp"},
        {"SELECT coalesce(s.timestamp, s.other) AS timestamp FROM s FULL JOIN t ON s.timestamp = "
         "t.\"when\"",
         "timestamp"},
        {"SELECT coalesce(x.timestamp, y.\"when\") AS at FROM s x FULL JOIN t y ON x.timestamp = "
         "y.\"when\" FULL JOIN (SELECT \"when\" AS t FROM t) z ON z.t = coalesce(y.\"when\", "
         "x.timestamp)",
         "at"},
        {"SELECT s.timestamp, v FROM s ASOF JOIN t ON s.timestamp >= t.\"when\"", "timestamp"},
        {"FROM s POSITIONAL JOIN t", "timestamp"},
        {"FROM s, t", "timestamp"},
        {"SELECT timestamp, name FROM sites LEFT JOIN s USING (b)", "timestamp"},
        {"SELECT timestamp, name FROM s FULL JOIN sites USING (b)", "timestamp"},
        {"SELECT timestamp, other FROM s UNION ALL SELECT other, timestamp FROM s", "timestamp"},
        {"SELECT timestamp, a FROM s UNION ALL SELECT TIMESTAMP '1970-01-01', 1", "timestamp"},
        {"WITH q AS (SELECT * FROM s LIMIT 5) FROM q", "timestamp"},
        {"SELECT timestamp, n FROM s, (SELECT count(*) AS n FROM t)", "timestamp"},
        {"FROM s TABLESAMPLE 50% (bernoulli, 1)", "timestamp"},
        {"SELECT COLUMNS('t.*') FROM s", "timestamp"},
        {"PIVOT s ON b IN (0, 1) USING sum(a) GROUP BY timestamp", "timestamp"},
        {"FROM sites", "b"},
        {"SELECT TIMESTAMP '2024-01-01' AS timestamp", "timestamp"},
    };
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (slicing(f, whole[i][0], whole[i][1]).slices)
            fail_msg("a rule for: %s", whole[i][0]);
}

// Of queries with one row an instant: t has one, s has two.
static void test_unique_times(void **state) {
    fixture *f = *state;
    static const struct {
        const char *sql;
        bool is_unique;
    } queries[] = {
        {"FROM t", true},
        {"WITH q AS (SELECT * FROM t WHERE v > 10) SELECT \"when\", v + 1 AS w FROM q", true},
        {"FROM t JOIN t AS u USING (\"when\")", true},
        {"FROM t FULL JOIN (FROM t WHERE b = 1) AS u USING (\"when\")", true},
        {"SELECT t.* FROM t LEFT JOIN t AS u ON t.\"when\" = u.\"when\" AND u.b = 1", true},
        {"SELECT coalesce(t.\"when\", u.\"when\") AS \"when\" FROM t FULL JOIN t AS u ON "
         "t.\"when\" = "
         "u.\"when\"",
         true},
        {"FROM t SEMI JOIN s ON s.timestamp = t.\"when\"", true},
        {"SELECT coalesce(t.\"when\", u.\"when\") AS \"when\" FROM t FULL JOIN t AS u ON "
         "t.\"when\" = "
         "u.\"when\" AND t.b = u.v",
         false},
        {"FROM t FULL JOIN t AS u USING (\"when\", v)", false},
        {"SELECT timestamp AS \"when\", a FROM s", false},
        {"SELECT t.* FROM t JOIN s ON s.timestamp = t.\"when\"", false},
        {"SELECT t.* FROM t LEFT JOIN s ON s.timestamp = t.\"when\"", false},
        {"SELECT \"when\", unnest([v, b]) AS x FROM t", false},
        {"SELECT \"when\", 1 + unnest([v, b]) AS x FROM t", false},
        {"SELECT \"when\", name FROM t, sites", false},
        {"FROM t UNION ALL FROM t", false},
        {"SELECT \"when\", v FROM t GROUP BY ALL", false}, // it is, but no rule says so
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        pond_buf sql = POND_BUF_EMPTY, all = POND_BUF_EMPTY;
        int64_t n[2];
        if (slicing(f, queries[i].sql, "when").is_time_unique != queries[i].is_unique)
            fail_msg("%s: %d is wrong", queries[i].sql, !queries[i].is_unique);
        write_slice(&all, queries[i].sql, "when", 0, 0);
        pond_buf_printf(&sql, "SELECT count(*), count(DISTINCT \"when\") FROM (%s)", all.p);
        assert_ok(f, pond_engine_ints(f->e, pond_buf_view(&sql), 0, n, 2, &f->err));
        if (queries[i].is_unique && (n[0] != n[1] || n[0] == 0))
            fail_msg("%s: %lld rows of %lld instants", queries[i].sql, (long long)n[0],
                     (long long)n[1]);
        pond_buf_free(&sql);
        pond_buf_free(&all);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_queries_that_slice, setup_tables, teardown),
        cmocka_unit_test_setup_teardown(test_queries_that_do_not, setup_tables, teardown),
        cmocka_unit_test_setup_teardown(test_unique_times, setup_tables, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
