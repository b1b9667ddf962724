// What a user's query may do: the tables and functions of lists, and nothing else.
#include "engine_test.h"

#include "engine/engine_internal.h"

static const pond_sv tables[] = {{"source", 6}, {"Other", 5}, {"my table", 8}};

static pond_code check(fixture *f, const char *sql, pond_select *select) {
    *select = (pond_select){.sql = pond_sv_of(sql), .tables = tables, .n_tables = 3};
    return pond_engine_select_check(f->e, &f->a, select, &f->err);
}

static void refuses(fixture *f, const char *sql, pond_code code, const char *msg) {
    pond_select select;
    assert_fails(f, check(f, sql, &select), code, msg);
}

// Allowed ------------------------------------------------------------------------------------------

static void test_selects_are_allowed(void **state) {
    fixture *f = *state;
    static const char *const good[] = {
        "SELECT 1",
        "select * from source where \"a;b\" = 'x;y' -- ; not a second one\n;  /* nor ; this */ ;",
        "/* a /* nested */ comment */ WITH a AS (SELECT 1) SELECT * FROM a",
        "FROM source",
        "VALUES (1), (2)",
        "TABLE source",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "DESCRIBE source",
        "DESCRIBE SELECT * FROM source",
        "SUMMARIZE source",
        "SHOW source",
        "PIVOT source ON a IN (1, 2) USING sum(b)",
        "SELECT * FROM source PIVOT (sum(x) FOR y IN (1, 2) GROUP BY z)",
        "UNPIVOT source ON a, b INTO NAME n VALUE v",
        "SELECT $$ ; $$, $x$ ; $$ ; $x$, E'\\';', 'it''s;' FROM \"My Table\"",
        "SELECT list_transform(l, lambda x: x + 1), {a: 1}, x[1:2], * EXCLUDE (c), COLUMNS('d.*') "
        "FROM source ASOF JOIN other USING (k) WINDOW w AS (PARTITION BY k ROWS BETWEEN 1 "
        "PRECEDING AND CURRENT ROW) QUALIFY row_number() OVER w = 1 LIMIT 10%",
        "SELECT a, count(*) FILTER (b > 1), string_agg(c, ',' ORDER BY d DESC) FROM source "
        "GROUP BY GROUPING SETS ((a), ()) HAVING grouping(a) = 0 ORDER BY ALL NULLS FIRST",
        "SELECT CASE WHEN a THEN b END, a BETWEEN 1 AND 2, a IN (1, 2), a IN (SELECT 3), "
        "EXISTS (FROM other), a IS NULL, NOT a, a::DECIMAL(3, 1), TRY_CAST(a AS STRUCT(x INT, y "
        "VARCHAR[])), a COLLATE nocase, a LIKE 'x%' ESCAPE '$', a SIMILAR TO 'b.*', a GLOB 'x*', "
        "coalesce(a, 0), ifnull(a, 1), try(a / 0), [x * 2 for x in l if x > 1], extract(year FROM "
        "t), t AT TIME ZONE 'UTC', position('a' IN b), trim(BOTH ' ' FROM b), #1 FROM source",
        "SELECT x.upper(), main.lower(x), l[1], s.field, INTERVAL 1 DAY, DATE '2024-01-01', "
        "date_bin('1 hour', t), approx_percentile_cont(v, 0.5), lag(v, 1) OVER (ORDER BY t), "
        "'{\"a\": 1}' -> '$.a', j ->> 'b', time_bucket(INTERVAL '1h', t) FROM source",
        "SELECT * REPLACE (a + 1 AS a) RENAME (b AS c) FROM source s(a, b), LATERAL (SELECT s.a)",
        "FROM range(3) WITH ORDINALITY, generate_series(1, 2) g(i), unnest([1, 2]), "
        "json_each('[1]'), json_tree('{}'), repeat(1, 2), repeat_row(1, 2, num_rows = 3)",
        "SELECT unnest([1, 2]), generate_subscripts([1], 1), regexp_split_to_table('a b', ' ')",
        "SELECT * FROM source TABLESAMPLE 10 PERCENT (bernoulli, 7)",
        "SELECT * FROM source POSITIONAL JOIN other SEMI JOIN (VALUES (1)) v(x) ON true",
        "SELECT 1 UNION BY NAME SELECT 2 EXCEPT ALL SELECT 3 INTERSECT SELECT 4 LIMIT 5 OFFSET 1",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        pond_select select;
        pond_code rc = check(f, good[i], &select);
        if (rc != POND_OK)
            print_error("%s\n", good[i]);
        assert_ok(f, rc);
    }
}

static void uses(fixture *f, const char *sql, bool source, bool other, bool my_table) {
    pond_select select;
    assert_ok(f, check(f, sql, &select));
    assert_int_equal(select.uses[0] > 0, source);
    assert_int_equal(select.uses[1] > 0, other);
    assert_int_equal(select.uses[2] > 0, my_table);
    assert_int_equal(select.n_used, source + other + my_table);
}

static void test_tables_that_are_read_are_found(void **state) {
    fixture *f = *state;
    uses(f, "SELECT 'source', other.x FROM (SELECT 1 AS x) other", false, false, false);
    uses(f, "SELECT 1 -- FROM source", false, false, false);
    uses(f, "FROM SOURCE, source", true, false, false);
    uses(f, "SELECT (SELECT max(x) FROM other), 1 IN (FROM \"my table\")", false, true, true);
    uses(f, "SELECT 1 LIMIT (SELECT count(*) FROM 'source')", true, false, false);
    uses(f, "SELECT sum(x) OVER (ORDER BY (FROM other)) FROM source", true, true, false);
    uses(f, "FROM source, LATERAL (FROM other WHERE y = x)", true, true, false);
    uses(f, "FROM range((SELECT count(*) FROM other))", false, true, false);
    uses(f, "PIVOT (FROM source JOIN other USING (x)) ON a IN (1)", true, true, false);
    uses(f, "SUMMARIZE SELECT * FROM \"MY TABLE\"", false, false, true);
    uses(f, "SELECT list_filter([1], lambda x: x > (SELECT min(y) FROM other))", false, true,
         false);
}

static void test_readings_and_groupings_are_counted(void **state) {
    fixture *f = *state;
    pond_select select;
    assert_ok(f, check(f, "FROM source a, SOURCE b WHERE x IN (FROM other)", &select));
    assert_int_equal(select.uses[0], 2);
    assert_int_equal(select.uses[1], 1);
    assert_int_equal(select.n_groupings, 0);
    assert_ok(f, check(f,
                       "WITH a AS (SELECT x FROM source GROUP BY x) SELECT max(x) AS m FROM a "
                       "GROUP BY ALL HAVING m > 1",
                       &select));
    assert_int_equal(select.n_groupings, 2);
}

static void test_queries_that_pass_rows_on(void **state) {
    fixture *f = *state;
    static const struct {
        const char *sql;
        bool varies, sums;
    } queries[] = {
        {"SELECT x + 1, upper(a) FROM source WHERE x > 3", false},
        {"WITH q AS (FROM source WHERE x > 3) SELECT * FROM (FROM q) LIMIT 7", false},
        {"FROM source UNION ALL BY NAME FROM other", false},
        {"FROM source UNION ALL (FROM other UNION ALL FROM source)", false},
        {"VALUES (1), (2)", false},
        {"FROM source JOIN other USING (x)", true},
        {"FROM source, other", true},
        {"FROM source UNION FROM other", true},
        {"FROM source EXCEPT ALL FROM other", true},
        {"SELECT x, sum(y) FROM source GROUP BY x", true},
        {"SELECT x, sum(y) FROM source GROUP BY ALL", true},
        {"SELECT x, sum(y) FROM (FROM source UNION ALL FROM other) GROUP BY x", true},
        {"SELECT x, sum(y) FROM source JOIN other USING (x) GROUP BY ALL", true, true},
        {"SELECT max(z) FROM (SELECT x, sum(y) AS z FROM source GROUP BY x) GROUP BY z", true,
         true},
        {"SELECT x FROM (SELECT DISTINCT x FROM source)", true},
        {"FROM source ORDER BY x", true},
        {"SELECT row_number() OVER () FROM source", true},
        {"FROM source WHERE x IN (FROM other)", true},
        {"PIVOT source ON a IN (1) USING sum(x)", true},
    };
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        pond_select select;
        assert_ok(f, check(f, queries[i].sql, &select));
        if (select.order_varies != queries[i].varies)
            fail_msg("%s: %d is wrong", queries[i].sql, select.order_varies);
        if (select.sums_vary != queries[i].sums)
            fail_msg("%s: %d is wrong of its sums", queries[i].sql, select.sums_vary);
    }
}

static void test_names_of_with_clauses_are_in_scope(void **state) {
    fixture *f = *state;
    // One with the name of a table hides it, but not from itself.
    uses(f, "WITH source AS (SELECT 1) FROM source", false, false, false);
    uses(f, "WITH source AS (FROM source) FROM source", true, false, false);
    uses(f, "WITH a AS (FROM source), b AS (FROM a) SELECT (SELECT count(*) FROM B)", true, false,
         false);
    uses(f, "WITH a AS (SELECT 1) FROM (WITH b AS (FROM a) FROM b JOIN a ON true)", false, false,
         false);
    uses(f, "FROM (WITH other AS (SELECT 1) FROM other), other", false, true, false);
    uses(f,
         "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t, other WHERE n < 5) "
         "FROM t",
         false, true, false);
    uses(f,
         "WITH RECURSIVE t(n, m) USING KEY (n) AS (SELECT 1, 1 UNION SELECT n + 1, m FROM t JOIN "
         "recurring.t USING (m) WHERE n < 5) FROM t",
         false, false, false);
}

// Refused ------------------------------------------------------------------------------------------

static void test_other_tables_are_refused(void **state) {
    fixture *f = *state;
    static const char *const bad[][2] = {
        {"FROM nowhere", "nowhere"},
        {"FROM 'x.csv'", "x.csv"},
        {"FROM \"/etc/passwd\"", "/etc/passwd"},
        {"SELECT 1 LIMIT (SELECT count(*) FROM 'x.parquet')", "x.parquet"},
        {"FROM main.source", "main.source"},
        {"FROM memory.main.source", "memory.main.source"},
        {"FROM information_schema.tables", "information_schema.tables"},
        {"FROM duckdb_settings", "duckdb_settings"},
        {"FROM pg_catalog.pg_class", "pg_catalog.pg_class"},
        {"FROM sqlite_master", "sqlite_master"},
        {"DESCRIBE duckdb_tables", "duckdb_tables"},
        {"SUMMARIZE 'x.csv'", "x.csv"},
        {"PIVOT 'x.csv' ON a IN (1)", "x.csv"},
        {"FROM recurring.source", "recurring.source"},
        {"FROM recurring.\"csv\"", "recurring.csv"},
        // Where the engine would look among files, because the name is not in scope there.
        {"WITH \"x.csv\" AS (FROM \"x.csv\") FROM \"x.csv\"", "x.csv"},
        {"WITH a AS (FROM \"x.csv\"), \"x.csv\" AS (SELECT 1) FROM a", "x.csv"},
        {"WITH RECURSIVE \"x.csv\" AS (FROM \"x.csv\" UNION ALL SELECT 1) FROM \"x.csv\"", "x.csv"},
        {"WITH RECURSIVE \"x.csv\" AS (SELECT 1 UNION ALL FROM recurring.\"x.csv\"), b AS (FROM "
         "recurring.\"x.csv\") FROM b",
         "recurring.x.csv"},
        {"FROM (WITH \"x.csv\" AS (SELECT 1) FROM \"x.csv\"), \"x.csv\"", "x.csv"},
        {"SELECT (WITH t AS (SELECT 1) FROM t), (FROM t)", "t"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(f, bad[i][0], POND_ERR_QUERY,
                pond_printf(&f->a, "the query has no table '%s'", bad[i][1]));
    assert_string_equal(f->err.detail, "it can read source, Other, my table, and what its own WITH "
                                       "clauses define\n");
    refuses(f, "SHOW TABLES", POND_ERR_QUERY,
            "a query cannot list what the engine has: SHOW takes the name of a table");
    refuses(f, "SHOW ALL TABLES", POND_ERR_QUERY,
            "a query cannot list what the engine has: SHOW takes the name of a table");
    refuses(f, "FROM (SHOW DATABASES)", POND_ERR_QUERY,
            "a query cannot list what the engine has: SHOW takes the name of a table");
}

static void test_other_table_functions_are_refused(void **state) {
    fixture *f = *state;
    static const char *const bad[][2] = {
        {"FROM read_csv('/etc/passwd')", "read_csv"},
        {"SELECT (SELECT content FROM read_text('/etc/passwd'))", "read_text"},
        {"FROM source, LATERAL (FROM read_blob(x))", "read_blob"},
        {"FROM main.read_parquet('x')", "read_parquet"},
        {"FROM system.main.glob('*')", "glob"},
        {"FROM source WHERE x IN (FROM GLOB('*'))", "glob"},
        {"WITH a AS MATERIALIZED (FROM enable_logging(storage = 'file')) FROM a", "enable_logging"},
        {"FROM query('SELECT 1')", "query"},
        {"FROM query_table('source')", "query_table"},
        {"FROM histogram(source, x)", "histogram"},
        {"FROM json_execute_serialized_sql('{}')", "json_execute_serialized_sql"},
        {"FROM duckdb_settings()", "duckdb_settings"},
        {"FROM pragma_version()", "pragma_version"},
        {"FROM sniff_csv('x')", "sniff_csv"},
        {"FROM arrow_scan(1, 2, 3)", "arrow_scan"},
        {"FROM pond_slice_rows()", "pond_slice_rows"},
        {"FROM no_such_function()", "no_such_function"},
        {"FROM range((SELECT count(*) FROM read_csv('x')))", "read_csv"},
        {"SELECT 1 ORDER BY (FROM read_csv('x'))", "read_csv"},
        {"SELECT 1 LIMIT (FROM read_csv('x'))", "read_csv"},
        {"SELECT DISTINCT ON ((FROM read_csv('x'))) 1", "read_csv"},
        {"SELECT 1 GROUP BY (FROM read_csv('x'))", "read_csv"},
        {"SELECT 1 HAVING (FROM read_csv('x'))", "read_csv"},
        {"SELECT 1 QUALIFY (FROM read_csv('x'))", "read_csv"},
        {"SELECT sum(1) FILTER ((FROM read_csv('x')))", "read_csv"},
        {"SELECT sum(1) OVER (PARTITION BY (FROM read_csv('x')))", "read_csv"},
        {"SELECT sum(1) OVER (ROWS (FROM read_csv('x')) PRECEDING)", "read_csv"},
        {"SELECT sum(1 ORDER BY (FROM read_csv('x')))", "read_csv"},
        {"SELECT * REPLACE ((FROM read_csv('x')) AS a) FROM source", "read_csv"},
        {"SELECT COLUMNS(c -> (FROM read_csv('x'))) FROM source", "read_csv"},
        {"SELECT list_transform([1], lambda x: (FROM read_csv('x')))", "read_csv"},
        {"SELECT CASE WHEN (FROM read_csv('x')) THEN 1 END", "read_csv"},
        {"VALUES ((FROM read_csv('x')))", "read_csv"},
        {"SELECT 1 UNION ALL FROM read_csv('x')", "read_csv"},
        {"DESCRIBE FROM read_csv('x')", "read_csv"},
        {"PIVOT (FROM read_csv('x')) ON a IN (1)", "read_csv"},
        {"FROM source SEMI JOIN read_csv('x') ON true", "read_csv"},
        {"FROM source JOIN other ON (FROM read_csv('x'))", "read_csv"},
        {"FROM source AT (VERSION => (FROM read_csv('x')))", "read_csv"},
        {"WITH a AS (FROM read_csv('x')) SELECT 1", "read_csv"},
        {"WITH RECURSIVE t AS (SELECT 1 UNION ALL FROM read_csv('x')) FROM t", "read_csv"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(f, bad[i][0], POND_ERR_QUERY,
                pond_printf(&f->a, "the table function '%s' is not allowed in a query", bad[i][1]));
    assert_string_equal(f->err.detail, "allowed are generate_series, json_each, json_tree, range, "
                                       "repeat, repeat_row, unnest\n");
}

static void test_functions_that_see_the_host_are_refused(void **state) {
    fixture *f = *state;
    static const char *const bad[][2] = {
        {"SELECT current_setting('allowed_directories')", "current_setting"},
        {"SELECT system.main.Current_Setting('x')", "current_setting"},
        {"SELECT x.current_setting() FROM source", "current_setting"},
        {"SELECT write_log(x) FROM source", "write_log"},
        {"SELECT current_query()", "current_query"},
        {"SELECT getvariable('x')", "getvariable"},
        {"SELECT nextval('s')", "nextval"},
        {"SELECT pg_sleep(9)", "pg_sleep"},
        {"SELECT sleep_ms(9)", "sleep_ms"},
        {"SELECT json_serialize_plan('SELECT 1')", "json_serialize_plan"},
        {"SELECT __internal_decompress_string(1)", "__internal_decompress_string"},
        {"SELECT list_transform([1], lambda x: write_log('x'))", "write_log"},
        {"SELECT sum(write_log('x')) OVER ()", "write_log"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(f, bad[i][0], POND_ERR_QUERY,
                pond_printf(&f->a, "the function '%s' is not allowed in a query", bad[i][1]));
    refuses(f, "SELECT abss(1)", POND_ERR_QUERY, "there is no function 'abss'");
    assert_string_equal(f->err.detail, "did you mean 'abs'?\n");
    refuses(f, "SELECT read_csv('x')", POND_ERR_QUERY, "there is no function 'read_csv'");
    refuses(f, "SELECT getenv('HOME')", POND_ERR_QUERY, "there is no function 'getenv'");
    refuses(f, "SELECT sum(x) EXPORT_STATE FROM source", POND_ERR_QUERY,
            "the query has a part that cannot be checked, so it is not run: EXPORT_STATE");
    refuses(f, "SELECT $1", POND_ERR_QUERY,
            "the query has parameters ('?' or '$1'); write the values into the query");
}

static void test_anything_else_is_refused_by_name(void **state) {
    fixture *f = *state;
    static const char *const bad[][2] = {
        {"PRAGMA version", "PRAGMA"},
        {"attach 'x.db'", "ATTACH"},
        {"DETACH x", "DETACH"},
        {"COPY (SELECT 1) TO 'x'", "COPY"},
        {"-- quiet\nSET threads = 2", "SET"},
        {"RESET threads", "RESET"},
        {"INSTALL x", "INSTALL"},
        {"LOAD icu", "LOAD"},
        {"EXPLAIN SELECT 1", "EXPLAIN"},
        {"CALL pragma_version()", "CALL"},
        {"CREATE TABLE t (a INT)", "CREATE"},
        {"INSERT INTO t VALUES (1)", "INSERT"},
        {"UPDATE t SET a = 1", "UPDATE"},
        {"DELETE FROM t", "DELETE"},
        {"DROP TABLE t", "DROP"},
        {"BEGIN", "BEGIN"},
        {"VACUUM", "VACUUM"},
        {"CHECKPOINT", "CHECKPOINT"},
        {"PREPARE x AS SELECT 1", "PREPARE"},
        {"EXECUTE x", "EXECUTE"},
        {"USE main", "USE"},
        {"EXPORT DATABASE 'x'", "EXPORT"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(f, bad[i][0], POND_ERR_QUERY,
                pond_printf(&f->a, "%s is not allowed here: a query is a single SELECT statement",
                            bad[i][1]));
    assert_string_equal(f->err.detail,
                        "it may begin with SELECT, WITH, FROM, VALUES, TABLE, PIVOT, UNPIVOT, "
                        "DESCRIBE, SUMMARIZE or SHOW\n");
}

static void test_one_statement_and_whole(void **state) {
    fixture *f = *state;
    pond_select select = {0};
    refuses(f, "SELECT 1; DROP TABLE t", POND_ERR_QUERY,
            "only one statement is allowed here, found 2");
    refuses(f, " ; ;", POND_ERR_QUERY, "the query is empty");
    refuses(f, "/* only this */", POND_ERR_QUERY, "the query is empty");
    refuses(f, "SELECT 1) UNION ALL (SELECT 2", POND_ERR_QUERY, "syntax error at or near \")\"");
    refuses(f, "PIVOT source ON a USING sum(b)", POND_ERR_QUERY,
            "PIVOT must list its values: PIVOT … ON column IN (value, …)");
    refuses(f, "SELECT 'open", POND_ERR_QUERY, "unterminated quoted string at or near \"'open\"");
    assert_string_equal(f->err.detail, "    SELECT 'open\n           ^\n");
    refuses(f, "SELECT a,\n  b c d\nFROM t", POND_ERR_QUERY, "syntax error at or near \"d\"");
    assert_string_equal(f->err.detail, "      b c d\n          ^\n");
    refuses(f, "SELECT 1e999", POND_ERR_QUERY,
            "the query cannot be checked, so it is not run; a number beyond 1.8e308 must be "
            "written as 'infinity'::DOUBLE");
    select.sql = (pond_sv){"SELECT 1\0", 9};
    assert_fails(f, pond_engine_select_check(f->e, &f->a, &select, &f->err), POND_ERR_QUERY,
                 "the query contains a NUL byte");
    refuses(f, "SELECT '\xff'", POND_ERR_QUERY,
            "invalid unicode (byte sequence mismatch) detected in value construction");
    select.sql = (pond_sv){NULL, 0};
    assert_fails(f, pond_engine_select_check(f->e, &f->a, &select, &f->err), POND_ERR_QUERY,
                 "the query is empty");
}

// What is checked is what runs: the text between the parentheses that it is put into.
static void test_ends_of_the_text_cannot_hide_anything(void **state) {
    fixture *f = *state;
    static const char *const bad[] = {
        "SELECT 1 -- \n FROM read_csv('x')",
        "SELECT 1 /* */ FROM read_csv('x') /* open",
        "SELECT 1 /* -- */ FROM read_csv('x') -- */",
        "SELECT $$ -- $$, * FROM read_csv('x') -- $$",
        "SELECT E'\\'' -- ' \n, * FROM read_csv('x')",
        "SELECT 1 AS \"--\" FROM read_csv('x')",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pond_select select;
        assert_int_equal(check(f, bad[i], &select), POND_ERR_QUERY);
    }
    pond_buf sql = POND_BUF_EMPTY;
    pond_engine_sql_select(&sql, POND_SV(" SELECT 1 -- one\n; -- end"));
    assert_string_equal(sql.p, "SELECT * FROM (\nSELECT 1\n)");
    pond_buf_free(&sql);
}

// Depth --------------------------------------------------------------------------------------------

static char *nested(fixture *f, const char *open, const char *inner, const char *close, int n) {
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_str(&b, "SELECT ");
    for (int i = 0; i < n; i++)
        pond_buf_str(&b, open);
    pond_buf_str(&b, inner);
    for (int i = 0; i < n; i++)
        pond_buf_str(&b, close);
    return (char *)(uintptr_t)pond_buf_keep(&f->a, &b).p;
}

static void test_depth_has_limits(void **state) {
    fixture *f = *state;
    pond_select select;
    const char *deep = "the query is nested too deeply to be checked (nested deeper than 512 "
                       "levels); give its parts names in a WITH clause, or unite files by a "
                       "wildcard";
    assert_ok(f, check(f, nested(f, "[", "1", "]", 200), &select));
    assert_ok(f, check(f, nested(f, "", "1", " + 1", 200), &select));
    assert_ok(f, check(f, nested(f, "(", "1", ")", 900), &select));
    refuses(f, nested(f, "[", "1", "]", 300), POND_ERR_LIMIT, deep);
    refuses(f, nested(f, "{'a': ", "1", "}", 400), POND_ERR_LIMIT, deep);
    refuses(f, nested(f, "", "1", " + 1", 3000), POND_ERR_LIMIT, "the query is nested too deeply");
    refuses(f, nested(f, "(SELECT ", "1", ")", 3000), POND_ERR_LIMIT,
            "the query is nested too deeply");
    assert_int_equal(check(f, nested(f, "[", "", "", 2000), &select), POND_ERR_QUERY);
    assert_ok(f, check(f, nested(f, "list_transform([1], lambda x: ", "x", ")", 8), &select));
    refuses(f, nested(f, "list_transform([1], lambda x: ", "x", ")", 9), POND_ERR_LIMIT,
            "lambdas are nested deeper than 8 levels");
    refuses(f, nested(f, "list_transform([1], x -> ", "x", ")", 30), POND_ERR_LIMIT,
            "lambdas are nested deeper than 8 levels");
    refuses(f, nested(f, "1, ", "1", "", 400000), POND_ERR_LIMIT,
            "the query has 1200008 bytes, and at most 1048576 are allowed");
}

// Answers that change ------------------------------------------------------------------------------

static void test_what_changes_is_named(void **state) {
    fixture *f = *state;
    static const char *const cases[][2] = {
        {"SELECT NOW() FROM source", "now()"},
        {"SELECT random()", "random()"},
        {"SELECT x FROM source ORDER BY uuid()", "uuid()"},
        {"SELECT gen_random_uuid()", "gen_random_uuid()"},
        {"SELECT x FROM source WHERE t > ago(INTERVAL 1 DAY)", "ago()"},
        {"SELECT CURRENT_DATE", "current_date"},
        {"SELECT current_timestamp", "current_timestamp"},
        {"SELECT localtimestamp", "localtimestamp"},
        {"SELECT age(t) FROM source", "age()"},
        {"SELECT txid_current()", "txid_current()"},
        {"WITH a AS (SELECT today() AS d) FROM source, a", "today()"},
        {"SELECT x.now() FROM source", "now()"},
        {"SELECT setseed(0.5)", "setseed()"},
        {"FROM source TABLESAMPLE 10%", "a sample without REPEATABLE"},
        {"FROM source USING SAMPLE 5 ROWS", "a sample without REPEATABLE"},
        {"FROM (FROM source USING SAMPLE reservoir(5 ROWS))", "a sample without REPEATABLE"},
        {"FROM source USING SAMPLE reservoir(5 ROWS) REPEATABLE (3)", ""},
        {"SELECT age(t, u), localtime.x, s.current_date, 'now()' FROM source AS localtime", ""},
        {"SELECT hash(x), version(), error('x') FROM source -- now()", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_select select;
        assert_ok(f, check(f, cases[i][0], &select));
        assert_string_equal(pond_cstr(&f->a, select.changing), cases[i][1]);
    }
}

// Every function of the engine is in a class, so that a new version cannot bring one unnoticed.
static void test_every_function_has_a_class(void **state) {
    fixture *f = *state;
    pond_rows *rows;
    pond_code rc = pond_engine_query(
        f->e,
        POND_SV("SELECT DISTINCT function_name, function_type IN ('table', 'table_macro'), "
                "coalesce(stability, 'CONSISTENT') <> 'CONSISTENT' FROM duckdb_functions() WHERE "
                "function_type <> 'pragma' ORDER BY ALL"),
        &rows, &f->err);
    size_t n = 0;
    for (size_t row; pond_rows_each(rows, &row, &rc, &f->err); n++) {
        // These depend on the session, which is always the same, or raise an error.
        static const char *const steady[] = {"current_database", "current_schema", "error",
                                             "current_schemas",  "in_search_path", "stats"};
        char *name = pond_cstr(&f->a, pond_rows_text(rows, 0, row));
        engine_class class =
            engine_function_class(pond_sv_of(name), pond_rows_int(rows, 1, row) == 1);
        bool is_steady = false;
        for (size_t i = 0; i < sizeof steady / sizeof *steady; i++)
            is_steady = is_steady || strcmp(name, steady[i]) == 0;
        if (class == ENGINE_UNKNOWN)
            fail_msg("'%s' is in no class of functions.def", name);
        if (class == ENGINE_PURE && pond_rows_int(rows, 2, row) == 1 && !is_steady)
            fail_msg("'%s' is in the class of pure functions, and the engine says otherwise", name);
    }
    pond_rows_close(rows);
    assert_ok(f, rc);
    assert_true(n > 700);
}

// An aggregate sees other rows, so a query that calls one may not slice. A macro is one if it calls
// one.
static void test_aggregates_are_known(void **state) {
    fixture *f = *state;
    pond_rows *rows;
    pond_code rc = pond_engine_query(
        f->e,
        POND_SV("WITH a AS (SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE "
                "function_type = 'aggregate') SELECT name FROM a UNION SELECT function_name FROM "
                "duckdb_functions(), a WHERE function_type = 'macro' AND regexp_matches("
                "macro_definition, '\\b' || name || '\\(')"),
        &rows, &f->err);
    size_t n = 0;
    for (size_t row; pond_rows_each(rows, &row, &rc, &f->err); n++) {
        pond_sv name = pond_rows_text(rows, 0, row);
        if (engine_function_class(name, false) != ENGINE_AGGREGATE)
            fail_msg("'%.*s' is not in the class of aggregates", POND_SV_ARG(name));
    }
    pond_rows_close(rows);
    assert_ok(f, rc);
    assert_true(n > 85);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_selects_are_allowed),
        T(test_tables_that_are_read_are_found),
        T(test_readings_and_groupings_are_counted),
        T(test_queries_that_pass_rows_on),
        T(test_names_of_with_clauses_are_in_scope),
        T(test_other_tables_are_refused),
        T(test_other_table_functions_are_refused),
        T(test_functions_that_see_the_host_are_refused),
        T(test_anything_else_is_refused_by_name),
        T(test_one_statement_and_whole),
        T(test_ends_of_the_text_cannot_hide_anything),
        T(test_depth_has_limits),
        T(test_what_changes_is_named),
        T(test_every_function_has_a_class),
        T(test_aggregates_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
