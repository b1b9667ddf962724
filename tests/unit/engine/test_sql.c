// SQL as text: the bodies of statements, and the calls that read files.
#include "engine_test.h"

#include "engine/select.h"

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

static void test_what_stays_within_parentheses(void **state) {
    (void)state;
    static const char *const enclosed[] = {"",          "a > 1",      "(a) in (1, (2))", "a = ')'",
                                           "\")\" > 1", "a -- ) ;\n", "a /* ) */ > 1",   "f(';')",
                                           "a = $$)$$", "E'\\')'"},
                             *const open[] = {"a) OR (b", "1=1; DROP", "(a",         "a)",
                                              ")(",       "a;",        "'a' ) -- '", "$1)"};
    for (size_t i = 0; i < sizeof enclosed / sizeof *enclosed; i++)
        if (!pond_engine_is_enclosed(pond_sv_of(enclosed[i])))
            fail_msg("%s", enclosed[i]);
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (pond_engine_is_enclosed(pond_sv_of(open[i])))
            fail_msg("%s", open[i]);
}

static void test_words_outside_of_parentheses(void **state) {
    (void)state;
    assert_true(pond_engine_has_word(POND_SV("SELECT a FROM t Order by a"), "order"));
    assert_true(pond_engine_has_word(POND_SV("(SELECT 1) ORDER/**/BY 1"), "order"));
    assert_false(pond_engine_has_word(POND_SV("SELECT * FROM (SELECT a ORDER BY a)"), "order"));
    assert_false(
        pond_engine_has_word(POND_SV("SELECT 'order', \"order\", orders -- order"), "order"));
    assert_false(pond_engine_has_word(POND_SV(""), "order"));
}

static void test_an_order_is_completed_by_all_columns(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"SELECT a, b FROM t", "SELECT * FROM (\nSELECT a, b FROM t\n) ORDER BY ALL"},
        {"FROM t ORDER BY a;", "SELECT * FROM (\nFROM t ORDER BY a, 1, 2\n)"},
        {"FROM t order/* */by a DESC -- x\nLIMIT 3",
         "SELECT * FROM (\nFROM t order/* */by a DESC, 1, 2 -- x\nLIMIT 3\n)"},
        {"FROM t ORDER BY t.limit, f(a, [b]) OFFSET 1",
         "SELECT * FROM (\nFROM t ORDER BY t.limit, f(a, [b]), 1, 2 OFFSET 1\n)"},
        {"((FROM t ORDER BY a))", "SELECT * FROM (\nFROM t ORDER BY a, 1, 2\n)"},
        {"(FROM t ORDER BY a) LIMIT 1",
         "SELECT * FROM (\n(FROM t ORDER BY a) LIMIT 1\n) ORDER BY ALL"},
        {"SELECT sum(a ORDER BY b) OVER (ORDER BY a) AS order FROM t",
         "SELECT * FROM (\nSELECT sum(a ORDER BY b) OVER (ORDER BY a) AS order FROM t\n) ORDER BY "
         "ALL"},
        {"FROM t ORDER BY ALL DESC LIMIT 1",
         "SELECT * FROM (\nFROM t ORDER BY ALL DESC LIMIT 1\n)"},
        {"FROM t ORDER BY \"all\"", "SELECT * FROM (\nFROM t ORDER BY \"all\", 1, 2\n)"},
        {"DESCRIBE FROM t ORDER BY a", "SELECT * FROM (\nDESCRIBE FROM t ORDER BY a\n)"},
        {"", "SELECT * FROM (\n\n) ORDER BY ALL"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_buf sql = POND_BUF_EMPTY;
        pond_engine_sql_sorted(&sql, pond_sv_of(cases[i][0]), 2);
        assert_string_equal(sql.p, cases[i][1]);
        pond_buf_free(&sql);
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
        T(test_only_selects_are_run_as_queries),
        cmocka_unit_test(test_the_body_fits_between_parentheses),
        cmocka_unit_test(test_what_stays_within_parentheses),
        cmocka_unit_test(test_words_outside_of_parentheses),
        cmocka_unit_test(test_an_order_is_completed_by_all_columns),
        cmocka_unit_test(test_parquet_paths_are_taken_literally),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
