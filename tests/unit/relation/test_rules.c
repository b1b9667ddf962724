// Rules of types and names, time ranges, and the pieces of SQL that relations are made of.
#include "base/time.h"
#include "relation/schema.h"
#include "relation/sql.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void test_unite_types(void **state) {
    (void)state;
    static const struct {
        const char *a, *b, *united; // NULL: cannot be
    } cases[] = {
        {"VARCHAR", "VARCHAR", "VARCHAR"},
        {"BIGINT", "DOUBLE", "DOUBLE"},
        {"TINYINT", "SMALLINT", "SMALLINT"},
        {"INTEGER", "BIGINT", "BIGINT"},
        {"BIGINT", "HUGEINT", "HUGEINT"},
        {"INTEGER", "DOUBLE", "DOUBLE"},
        {"FLOAT", "DOUBLE", "DOUBLE"},
        // A FLOAT holds 24 bits: it would lose digits of any integer that may need more.
        {"INTEGER", "FLOAT", "DOUBLE"},
        {"BIGINT", "FLOAT", "DOUBLE"},
        {"DECIMAL(18,3)", "BIGINT", "DOUBLE"},
        {"DECIMAL(18,3)", "DECIMAL(18,2)", "DOUBLE"},
        {"UBIGINT", "BIGINT", "DOUBLE"},
        {"TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_MS"},
        {"TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP"},
        {"TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_NS"},
        {"TIMESTAMP_S", "TIMESTAMP_NS", "TIMESTAMP_NS"},
        {"TIMESTAMP", "TIMESTAMP WITH TIME ZONE", NULL},
        {"TIMESTAMP", "DATE", NULL},
        {"TIMESTAMP", "BIGINT", NULL},
        {"VARCHAR", "BIGINT", NULL},
        {"BOOLEAN", "BIGINT", NULL},
        {"BIGINT", "BIGINT[]", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int swap = 0; swap < 2; swap++) {
            pond_sv a = pond_sv_of(swap ? cases[i].b : cases[i].a), out;
            pond_sv b = pond_sv_of(swap ? cases[i].a : cases[i].b);
            bool is_united = pond_unite_types(a, b, &out);
            if (is_united != (cases[i].united != NULL))
                fail_msg("%s with %s: %s", a.p, b.p, is_united ? "united" : "not united");
            if (is_united && !pond_sv_is(out, cases[i].united))
                fail_msg("%s with %s: %.*s, not %s", a.p, b.p, POND_SV_ARG(out), cases[i].united);
        }
}

static void test_time_column(void **state) {
    (void)state;
    const struct {
        pond_column columns[3];
        const char *found; // NULL: none
    } cases[] = {
        {{{POND_SV("x"), POND_SV("DOUBLE")}}, NULL},
        {{{POND_SV("ts"), POND_SV("TIMESTAMP")}, {POND_SV("time"), POND_SV("TIMESTAMP")}}, "time"},
        {{{POND_SV("datetime"), POND_SV("TIMESTAMP")},
          {POND_SV("Timestamp"), POND_SV("TIMESTAMP_NS")}},
         "Timestamp"},
        // A name alone is not enough.
        {{{POND_SV("timestamp"), POND_SV("VARCHAR")},
          {POND_SV("event_time"), POND_SV("TIMESTAMP WITH TIME ZONE")}},
         "event_time"},
        {{{POND_SV("timestamp"), POND_SV("DATE")}, {POND_SV("when"), POND_SV("TIMESTAMP")}}, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_schema schema = {cases[i].columns, 3};
        const pond_column *c = pond_find_time_column(schema);
        if (cases[i].found == NULL) {
            assert_null(c);
        } else {
            assert_non_null(c);
            assert_true(pond_sv_is(c->name, cases[i].found));
        }
    }
}

static void test_column_names(void **state) {
    (void)state;
    assert_true(pond_column_name_eq(POND_SV("Temp.C"), POND_SV("tEMP.c")));
    assert_false(pond_column_name_eq(POND_SV("temp"), POND_SV("temp2")));
    assert_false(pond_column_name_eq(POND_SV("temp"), POND_SV("tamp")));
    assert_false(pond_column_name_eq(POND_SV("\xc3\xbc"), POND_SV("\xc3\x9c"))); // ü and Ü
    assert_true(pond_column_name_eq(POND_SV(""), POND_SV("")));
}

static void test_ranges(void **state) {
    (void)state;
    pond_range r = pond_range_intersect((pond_range){0, 10, false}, (pond_range){5, 20, false});
    assert_int_equal(r.lo_us, 5);
    assert_int_equal(r.hi_us, 10);
    r = pond_range_intersect((pond_range){0, 5, false}, (pond_range){5, 20, false});
    assert_true(pond_range_is_empty(r));
    r = pond_range_intersect(POND_RANGE_ALL, (pond_range){-7, 7, false});
    assert_int_equal(r.lo_us, -7);
    assert_int_equal(r.hi_us, 7);
}

static void test_time_filter(void **state) {
    (void)state;
    static const struct {
        const char *type;
        pond_range range;
        const char *sql;
    } cases[] = {
        {"TIMESTAMP", {INT64_MIN, INT64_MAX, false}, "true"},
        {"TIMESTAMP",
         {-1, INT64_MAX, false},
         "\"a \"\"b\" >= CAST(make_timestamp(-1) AS TIMESTAMP)"},
        {"TIMESTAMP", {INT64_MIN, 1, false}, "\"a \"\"b\" < CAST(make_timestamp(1) AS TIMESTAMP)"},
        // Between two ticks of the column a bound is the next tick, on both sides of the epoch.
        {"TIMESTAMP_S",
         {-1500000, 1500000, false},
         "\"a \"\"b\" >= CAST(make_timestamp(-1000000) AS TIMESTAMP_S) AND "
         "\"a \"\"b\" < CAST(make_timestamp(2000000) AS TIMESTAMP_S)"},
        {"TIMESTAMP_MS",
         {1000, 1001, false},
         "\"a \"\"b\" >= CAST(make_timestamp(1000) AS TIMESTAMP_MS) AND "
         "\"a \"\"b\" < CAST(make_timestamp(2000) AS TIMESTAMP_MS)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_buf sql = POND_BUF_EMPTY;
        pond_sql_time_filter(&sql, POND_SV("a \"b"), pond_sv_of(cases[i].type), cases[i].range);
        assert_string_equal(sql.p, cases[i].sql);
        pond_buf_free(&sql);
    }
}

static void test_projection(void **state) {
    (void)state;
    const pond_column have[] = {{POND_SV("t"), POND_SV("TIMESTAMP")},
                                {POND_SV("x"), POND_SV("BIGINT")}};
    const pond_column want[] = {{POND_SV("t"), POND_SV("TIMESTAMP")},
                                {POND_SV("x"), POND_SV("DOUBLE")},
                                {POND_SV("y\""), POND_SV("VARCHAR")}};
    pond_buf sql = POND_BUF_EMPTY;
    pond_sql_project(&sql, (pond_schema){have, 2}, (pond_schema){have, 2});
    assert_string_equal(sql.p, "*");
    pond_buf_clear(&sql);
    pond_sql_project(&sql, (pond_schema){have, 2}, (pond_schema){want, 3});
    assert_string_equal(sql.p, "\"t\", TRY_CAST(\"x\" AS DOUBLE) AS \"x\", "
                               "TRY_CAST(NULL AS VARCHAR) AS \"y\"\"\"");
    pond_buf_clear(&sql);
    pond_sql_empty(&sql, (pond_schema){want, 2});
    assert_string_equal(sql.p, "SELECT CAST(NULL AS TIMESTAMP) AS \"t\", CAST(NULL AS DOUBLE) AS "
                               "\"x\" WHERE false");
    pond_buf_free(&sql);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unite_types),  cmocka_unit_test(test_time_column),
        cmocka_unit_test(test_column_names), cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_time_filter),  cmocka_unit_test(test_projection),
    };
    return cmocka_run_group_tests_name("rules", tests, NULL, NULL);
}
