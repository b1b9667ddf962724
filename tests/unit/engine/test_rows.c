// Types, schemas, streaming and cells.
#include "engine_test.h"

static void test_types_are_named_and_classified(void **state) {
    fixture *f = *state;
    static const struct {
        const char *sql, *type;
        bool is_time, is_numeric;
    } cases[] = {
        {"true", "BOOLEAN", false, false},
        {"1::TINYINT", "TINYINT", false, true},
        {"1::SMALLINT", "SMALLINT", false, true},
        {"1", "INTEGER", false, true},
        {"1::BIGINT", "BIGINT", false, true},
        {"1::UTINYINT", "UTINYINT", false, true},
        {"1::USMALLINT", "USMALLINT", false, true},
        {"1::UINTEGER", "UINTEGER", false, true},
        {"1::UBIGINT", "UBIGINT", false, true},
        {"1::HUGEINT", "HUGEINT", false, true},
        {"1::FLOAT", "FLOAT", false, true},
        {"1::DOUBLE", "DOUBLE", false, true},
        {"1::DECIMAL(18,3)", "DECIMAL(18,3)", false, true},
        {"'x'", "VARCHAR", false, false},
        {"'{}'::JSON", "JSON", false, false},
        {"'x'::BLOB", "BLOB", false, false},
        {"DATE '2024-01-01'", "DATE", false, false},
        {"TIME '01:02:03'", "TIME", false, false},
        {"INTERVAL 1 DAY", "INTERVAL", false, false},
        {"NULL::TIMESTAMP_S", "TIMESTAMP_S", true, false},
        {"NULL::TIMESTAMP_MS", "TIMESTAMP_MS", true, false},
        {"NULL::TIMESTAMP", "TIMESTAMP", true, false},
        {"NULL::TIMESTAMP_NS", "TIMESTAMP_NS", true, false},
        {"NULL::TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", true, false},
        {"[[1]]", "INTEGER[][]", false, false},
        {"array_value(1.5::DOUBLE)", "DOUBLE[1]", false, false},
        {"{a: 1, \"b c\": 'x'}", "STRUCT(a INTEGER, \"b c\" VARCHAR)", false, false},
        {"MAP {'a': 1}", "MAP(VARCHAR, INTEGER)", false, false},
        {"union_value(k := 1)", "UNION(k INTEGER)", false, false},
        {"'a'::ENUM('a', 'b''c')", "ENUM('a', 'b''c')", false, false},
        {"uuid()", "UUID", false, false},
        {"[1::DECIMAL(18,3)]", "DECIMAL(18,3)[]", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_schema s;
        char *sql = pond_printf(&f->a, "SELECT %s AS \"the column\"", cases[i].sql);
        assert_ok(f, pond_engine_schema(f->e, &f->a, pond_sv_of(sql), &s, &f->err));
        assert_int_equal(s.n, 1);
        assert_string_equal(s.items[0].name.p, "the column");
        pond_sv type = s.items[0].type;
        assert_string_equal(pond_cstr(&f->a, type), cases[i].type);
        assert_int_equal(pond_type_is_time(type), cases[i].is_time);
        assert_int_equal(pond_type_is_numeric(type), cases[i].is_numeric);
    }
}

static void test_a_schema_runs_nothing(void **state) {
    fixture *f = *state;
    pond_schema s;
    assert_ok(f, pond_engine_schema(f->e, &f->a,
                                    POND_SV("SELECT error('ran') AS x, 1 AS a, [1] AS a; -- end"),
                                    &s, &f->err));
    assert_int_equal(s.n, 3);
    assert_ptr_equal(pond_schema_find(s, POND_SV("a")), &s.items[1]);
    assert_null(pond_schema_find(s, POND_SV("A")));
    assert_string_equal(pond_cstr(&f->a, s.items[2].type), "INTEGER[]");
    assert_fails(f, pond_engine_schema(f->e, &f->a, POND_SV("SELECT nope"), &s, &f->err),
                 POND_ERR_QUERY,
                 "referenced column \"nope\" was not found because the FROM clause is missing");
}

static void test_cells_as_text(void **state) {
    fixture *f = *state;
    static const char *const cases[][2] = {
        {"NULL", "NULL"},
        {"NULL::DOUBLE", "NULL"},
        {"true", "true"},
        {"false", "false"},
        {"(-128)::TINYINT", "-128"},
        {"65535::USMALLINT", "65535"},
        {"9223372036854775807", "9223372036854775807"},
        {"18446744073709551615::UBIGINT", "18446744073709551615"},
        {"sum(x) FROM (VALUES (9223372036854775807), (1)) t(x)", "9223372036854775808"},
        {"25::DOUBLE", "25.0"},
        {"7.1::DOUBLE", "7.1"},
        {"15.5::DOUBLE", "15.5"},
        {"0.1::DOUBLE + 0.2::DOUBLE", "0.30000000000000004"},
        {"pow(2, -24)", "5.960464477539063e-8"}, // the nearest text has 17 digits
        {"0::DOUBLE", "0.0"},
        {"-0.0::DOUBLE", "-0.0"},
        {"-1.25::DOUBLE", "-1.25"},
        {"1e15::DOUBLE", "1000000000000000.0"},
        {"1e16::DOUBLE", "1e16"},
        {"1.5e300::DOUBLE", "1.5e300"},
        {"123456789.125::DOUBLE", "123456789.125"},
        {"0.00001::DOUBLE", "0.00001"},
        {"0.000012::DOUBLE", "0.000012"},
        {"0.0000012::DOUBLE", "1.2e-6"},
        {"5e-324::DOUBLE", "5e-324"},
        {"1.7976931348623157e308::DOUBLE", "1.7976931348623157e308"},
        {"9007199254740993::DOUBLE", "9007199254740992.0"},
        {"'nan'::DOUBLE", "NaN"},
        {"'inf'::DOUBLE", "inf"},
        {"'-inf'::FLOAT", "-inf"},
        {"0.1::FLOAT", "0.1"},
        {"16777216::FLOAT", "16777216.0"},
        {"1e-45::FLOAT", "1e-45"},
        {"1.500::DECIMAL(18,3)", "1.500"},
        {"'a|b'", "a|b"},
        {"''", ""},
        {"'a text of more than twelve bytes, é'", "a text of more than twelve bytes, é"},
        {"DATE '2024-06-15'", "2024-06-15"},
        {"DATE '1969-12-31'", "1969-12-31"},
        {"DATE 'infinity'", "infinity"},
        {"TIMESTAMP '2024-06-15 11:00:00'", "2024-06-15T11:00:00"},
        {"TIMESTAMP '2024-06-15 11:00:00.5'", "2024-06-15T11:00:00.500"},
        {"TIMESTAMP '2024-06-15 11:00:00.000001'", "2024-06-15T11:00:00.000001"},
        {"TIMESTAMP '1969-12-31 23:59:59.25'", "1969-12-31T23:59:59.250"},
        {"TIMESTAMP '-infinity'", "-infinity"},
        {"TIMESTAMPTZ '2024-06-15 13:00:00+02:00'", "2024-06-15T11:00:00Z"},
        {"TIMESTAMP_NS '2024-06-15 11:00:00.123456789'", "2024-06-15T11:00:00.123456789"},
        {"TIMESTAMP_MS '2024-06-15 11:00:00.25'", "2024-06-15T11:00:00.250"},
        {"TIMESTAMP_S '2024-06-15 11:00:00'", "2024-06-15T11:00:00"},
        {"TIME '01:02:03.5'", "01:02:03.5"},
        {"INTERVAL 90 MINUTE", "01:30:00"},
        {"[1, NULL, 3]", "[1, NULL, 3]"},
        {"{a: 1, b: 'x'}", "{'a': 1, 'b': x}"},
        {"MAP {'k': 2.5::DOUBLE}", "{k=2.5}"},
        {"'\\xAB'::BLOB", "\\xAB"},
        {"'b'::ENUM('a', 'b')", "b"},
        {"'00000000-0000-0000-0000-00000000002a'::UUID", "00000000-0000-0000-0000-00000000002a"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_rows(f, pond_printf(&f->a, "SELECT %s", cases[i][0]),
                    pond_printf(&f->a, "%s\n", cases[i][1]));
}

static void test_columns_may_share_a_name(void **state) {
    fixture *f = *state;
    assert_rows(f, "SELECT 1 AS a, [2] AS a, 'x' AS b, {c: 3} AS a -- the end",
                "1|[2]|x|{'c': 3}\n");
    assert_rows(f, "SELECT i, [i] FROM range(5) t(i) ORDER BY -i LIMIT 3;",
                "4|[4]\n3|[3]\n2|[2]\n");
    assert_rows(f, "DESCRIBE SELECT 1::DOUBLE AS x", "x|DOUBLE|YES|NULL|NULL|NULL\n");
}

static void test_rows_are_streamed_in_chunks(void **state) {
    fixture *f = *state;
    // Collected, these rows would take 1.6 GB; the engine may have 64 MB.
    pond_engine *e = open_engine(f, 64 << 20, NULL);
    pond_rows *rows;
    assert_ok(f, pond_engine_query(e,
                                   POND_SV("SELECT i, i // 2 AS h, i % 3 = 0 AS b, CASE WHEN i % 5 "
                                           "= 0 THEN NULL ELSE i::VARCHAR || repeat('x', 500) END "
                                           "AS s FROM range(3000000) t(i)"),
                                   &rows, &f->err));
    assert_string_equal(pond_rows_schema(rows).items[1].name.p, "h");
    size_t n, n_chunks = 0;
    int64_t next = 0;
    do {
        assert_ok(f, pond_rows_next(rows, &n, &f->err));
        n_chunks += n > 0;
        for (size_t row = 0; row < n; row++, next++) {
            if (pond_rows_int(rows, 0, row) != next || pond_rows_int(rows, 1, row) != next / 2 ||
                pond_rows_int(rows, 2, row) != (next % 3 == 0) ||
                pond_rows_is_null(rows, 3, row) != (next % 5 == 0))
                fail_msg("row %lld differs", (long long)next);
            if (next == 2999999)
                assert_int_equal(pond_rows_text(rows, 3, row).n, 507);
            if (next == 5)
                assert_int_equal(pond_rows_text(rows, 3, row).n, 0);
        }
    } while (n > 0 && next < 200000);
    assert_true(n_chunks > 90);
    pond_rows_close(rows); // in the middle
    int64_t one;
    assert_ok(f, pond_engine_ints(e, POND_SV("SELECT 1::BIGINT"), 0, &one, 1, &f->err));
    pond_engine_close(e);
}

static void test_a_row_can_fail_late(void **state) {
    fixture *f = *state;
    assert_query_fails(f,
                       "SELECT CASE WHEN i = 1900000 THEN error('bad row') ELSE i END FROM "
                       "range(2000000) t(i)",
                       POND_ERR_QUERY, "bad row");
}

static void test_a_refused_statement_does_not_free_the_engine(void **state) {
    fixture *f = *state;
    pond_rows *rows, *second;
    size_t n;
    int64_t one;
    assert_ok(f, pond_engine_query(f->e, POND_SV("FROM range(100000)"), &rows, &f->err));
    for (int i = 0; i < 2; i++)
        assert_int_equal(pond_engine_query(f->e, POND_SV("SELECT 2"), &second, &f->err),
                         POND_ERR_INTERNAL);
    assert_int_equal(pond_engine_ints(f->e, POND_SV("SELECT 1"), 0, &one, 1, &f->err),
                     POND_ERR_INTERNAL);
    assert_ok(f, pond_rows_next(rows, &n, &f->err));
    pond_rows_close(rows);
    assert_ok(f, pond_engine_ints(f->e, POND_SV("SELECT true"), 0, &one, 1, &f->err));
    assert_int_equal(one, 1);
}

static void test_rows_one_by_one(void **state) {
    fixture *f = *state;
    pond_rows *rows;
    int64_t n = 0;
    pond_code rc =
        pond_engine_query(f->e, POND_SV("FROM range(100000) WHERE range <> 7"), &rows, &f->err);
    for (size_t row; pond_rows_each(rows, &row, &rc, &f->err); n++)
        if (pond_rows_int(rows, 0, row) != n + (n >= 7))
            fail_msg("row %lld differs", (long long)n);
    assert_ok(f, rc);
    assert_int_equal(n, 99999);
    size_t row;
    assert_false(pond_rows_each(rows, &row, &rc, &f->err)); // stays at its end
    assert_ok(f, rc);
    pond_rows_close(rows);

    // A failure in the middle, a failure of the caller, a statement that did not start.
    n = 0;
    rc = pond_engine_query(f->e,
                           POND_SV("SELECT CASE WHEN i = 1900000 THEN error('bad row') ELSE i END "
                                   "FROM range(2000000) t(i)"),
                           &rows, &f->err);
    while (pond_rows_each(rows, &row, &rc, &f->err))
        n++;
    assert_fails(f, rc, POND_ERR_QUERY, "bad row");
    assert_in_range(n, 1, 1900000);
    pond_rows_close(rows);

    n = 0;
    rc = pond_engine_query(f->e, POND_SV("FROM range(10)"), &rows, &f->err);
    while (pond_rows_each(rows, &row, &rc, &f->err))
        if (++n == 3)
            rc = pond_fail(&f->err, POND_ERR_INVALID, "enough");
    assert_fails(f, rc, POND_ERR_INVALID, "enough");
    assert_int_equal(n, 3);
    pond_rows_close(rows);

    rc = pond_engine_query(f->e, POND_SV("SELEC"), &rows, &f->err);
    assert_null(rows);
    assert_false(pond_rows_each(rows, &row, &rc, &f->err));
    assert_int_equal(rc, POND_ERR_QUERY);
    pond_rows_close(rows);
}

static void test_one_result_at_a_time(void **state) {
    fixture *f = *state;
    pond_rows *rows, *second;
    size_t n;
    assert_ok(f, pond_engine_query(f->e, POND_SV("SELECT 1"), &rows, &f->err));
    assert_fails(f, pond_engine_query(f->e, POND_SV("SELECT 2"), &second, &f->err),
                 POND_ERR_INTERNAL,
                 "a statement was started before the rows of the last one were closed");
    assert_null(second);
    assert_ok(f, pond_rows_next(rows, &n, &f->err)); // the first one did not suffer
    assert_int_equal(n, 1);
    assert_ok(f, pond_rows_next(rows, &n, &f->err));
    assert_int_equal(n, 0);
    assert_ok(f, pond_rows_next(rows, &n, &f->err)); // and stays at its end
    assert_int_equal(n, 0);
    pond_rows_close(rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_types_are_named_and_classified),
        T(test_a_schema_runs_nothing),
        T(test_cells_as_text),
        T(test_columns_may_share_a_name),
        T(test_rows_are_streamed_in_chunks),
        T(test_a_row_can_fail_late),
        T(test_one_result_at_a_time),
        T(test_a_refused_statement_does_not_free_the_engine),
        T(test_rows_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
