// What a user may write, and the texts made for reading files.
#include "engine_test.h"

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
        "SHOW TABLES",
        "PIVOT source ON a IN (1, 2) USING sum(b)",
        "UNPIVOT source ON a, b INTO NAME n VALUE v",
        "SELECT $$ ; $$, $x$ ; $$ ; $x$, E'\\';', 'it''s;' FROM \"no such; table\"",
        "SELECT list_transform(l, lambda x: x + 1), {a: 1}, x[1:2], * EXCLUDE (c), COLUMNS('d.*') "
        "FROM s ASOF JOIN t USING (k) WINDOW w AS (PARTITION BY k ROWS BETWEEN 1 PRECEDING AND "
        "CURRENT ROW) QUALIFY row_number() OVER w = 1 LIMIT 10%",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_ok(f, pond_engine_select_check(f->e, pond_sv_of(good[i]), &f->err));
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
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pond_code rc = pond_engine_select_check(f->e, pond_sv_of(bad[i][0]), &f->err);
        assert_fails(f, rc, POND_ERR_QUERY,
                     pond_printf(&f->a,
                                 "%s is not allowed here: a query is a single SELECT statement",
                                 bad[i][1]));
    }
    assert_string_equal(f->err.detail,
                        "it may begin with SELECT, WITH, FROM, VALUES, TABLE, PIVOT, UNPIVOT, "
                        "DESCRIBE, SUMMARIZE or SHOW\n");
}

static void check(fixture *f, const char *sql, const char *msg) {
    assert_fails(f, pond_engine_select_check(f->e, pond_sv_of(sql), &f->err), POND_ERR_QUERY, msg);
}

static void test_one_statement_and_whole(void **state) {
    fixture *f = *state;
    check(f, "SELECT 1; DROP TABLE t", "only one statement is allowed here, found 2");
    check(f, "SELECT 1; SELECT 2", "only one statement is allowed here, found 2");
    check(f, " ; ;", "the query is empty");
    check(f, "/* only this */", "the query is empty");
    check(f, "PIVOT source ON a USING sum(b)",
          "PIVOT must list its values: PIVOT … ON column IN (value, …)");
    check(f, "SELECT 'open", "unterminated quoted string at or near \"'open\"");
    assert_string_equal(f->err.detail, "    SELECT 'open\n           ^\n");
    check(f, "SELECT a,\n  b c d\nFROM t", "syntax error at or near \"d\"");
    assert_string_equal(f->err.detail, "      b c d\n          ^\n");
    assert_fails(f, pond_engine_select_check(f->e, (pond_sv){"SELECT 1\0", 9}, &f->err),
                 POND_ERR_QUERY, "the query contains a NUL byte");
    assert_fails(f, pond_engine_select_check(f->e, (pond_sv){NULL, 0}, &f->err), POND_ERR_QUERY,
                 "the query is empty");
}

static void test_only_selects_are_run_as_queries(void **state) {
    fixture *f = *state;
    assert_query_fails(f, "CREATE TABLE t (a INT)", POND_ERR_QUERY,
                       "a query is a single SELECT statement");
    assert_query_fails(f, "SELECT ?", POND_ERR_QUERY,
                       "the query has parameters ('?' or '$1'); write the values into the query");
}

static void test_the_body_fits_between_parentheses(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"SELECT 1", "SELECT 1"},
        {"  SELECT 1 ;; ", "SELECT 1"},
        {"-- first\nSELECT 1 -- last", "SELECT 1"},
        {"SELECT 1 /* ; */ + 2; -- x", "SELECT 1 /* ; */ + 2"},
        {"SELECT ';', \"a;\"\"b\", E'\\';', $$;$$, $t$;$$$t$ ; ",
         "SELECT ';', \"a;\"\"b\", E'\\';', $$;$$, $t$;$$$t$"},
        {"SELECT $1 ; ", "SELECT $1"},
        {"SELECT 'open ;", "SELECT 'open ;"},
        {"SELECT /* open ;", "SELECT"},
        {"SELECT $x$ open ;", "SELECT $x$ open ;"},
        {"SELECT E'open\\", "SELECT E'open\\"},
        {"SELECT 4-2*3/1", "SELECT 4-2*3/1"},
        {";", ""},
        {"", ""},
        {"$", "$"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_sv body = pond_engine_select_body(pond_sv_of(cases[i][0]));
        char *text = pond_xmalloc(body.n + 1);
        memcpy(text, body.p, body.n);
        text[body.n] = '\0';
        assert_string_equal(text, cases[i][1]);
        free(text);
    }
}

static void test_parquet_paths_are_taken_literally(void **state) {
    (void)state;
    pond_buf sql = POND_BUF_EMPTY;
    pond_sv paths[] = {POND_SV("/d/it's.parquet"), POND_SV("/d/x[1]*?.parquet")};
    pond_engine_sql_read_parquet(&sql, paths, 1, false);
    assert_string_equal(sql.p, "read_parquet(['/d/it''s.parquet'], hive_partitioning=false)");
    pond_buf_clear(&sql);
    pond_engine_sql_read_parquet(&sql, paths, 2, true);
    assert_string_equal(sql.p, "read_parquet(['/d/it''s.parquet', '/d/x[[]1][*][?].parquet'], "
                               "hive_partitioning=false, union_by_name=true)");
    pond_buf_free(&sql);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_selects_are_allowed),
        T(test_anything_else_is_refused_by_name),
        T(test_one_statement_and_whole),
        T(test_only_selects_are_run_as_queries),
        cmocka_unit_test(test_the_body_fits_between_parentheses),
        cmocka_unit_test(test_parquet_paths_are_taken_literally),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
