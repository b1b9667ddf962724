// Types, schemas, streaming, cells, the grid and CSV.
#include "engine_test.h"

#include <errno.h>
#include <signal.h>

static void test_every_type_has_its_words(void **state) {
    fixture *f = *state;
    static const struct {
        const char *sql, *type, *arrow, *debug;
        bool is_time, is_numeric;
    } cases[] = {
        {"true", "BOOLEAN", "Boolean", "Boolean", false, false},
        {"1::TINYINT", "TINYINT", "Int8", "Int8", false, true},
        {"1::SMALLINT", "SMALLINT", "Int16", "Int16", false, true},
        {"1", "INTEGER", "Int32", "Int32", false, true},
        {"1::BIGINT", "BIGINT", "Int64", "Int64", false, true},
        {"1::UTINYINT", "UTINYINT", "UInt8", "UInt8", false, true},
        {"1::USMALLINT", "USMALLINT", "UInt16", "UInt16", false, true},
        {"1::UINTEGER", "UINTEGER", "UInt32", "UInt32", false, true},
        {"1::UBIGINT", "UBIGINT", "UInt64", "UInt64", false, true},
        {"1::HUGEINT", "HUGEINT", "Decimal128(38, 0)", "Decimal128(38, 0)", false, true},
        {"1::FLOAT", "FLOAT", "Float32", "Float32", false, true},
        {"1::DOUBLE", "DOUBLE", "Float64", "Float64", false, true},
        {"1::DECIMAL(18,3)", "DECIMAL(18,3)", "Decimal128(18, 3)", "Decimal128(18, 3)", false,
         true},
        {"'x'", "VARCHAR", "Utf8", "Utf8", false, false},
        {"'{}'::JSON", "JSON", "Utf8", "Utf8", false, false},
        {"'x'::BLOB", "BLOB", "Binary", "Binary", false, false},
        {"DATE '2024-01-01'", "DATE", "Date32", "Date32", false, false},
        {"TIME '01:02:03'", "TIME", "Time64(us)", "Time64(Microsecond)", false, false},
        {"INTERVAL 1 DAY", "INTERVAL", "Interval(MonthDayNano)", "Interval(MonthDayNano)", false,
         false},
        {"NULL::TIMESTAMP_S", "TIMESTAMP_S", "Timestamp(s)", "Timestamp(Second, None)", true,
         false},
        {"NULL::TIMESTAMP_MS", "TIMESTAMP_MS", "Timestamp(ms)", "Timestamp(Millisecond, None)",
         true, false},
        {"NULL::TIMESTAMP", "TIMESTAMP", "Timestamp(us)", "Timestamp(Microsecond, None)", true,
         false},
        {"NULL::TIMESTAMP_NS", "TIMESTAMP_NS", "Timestamp(ns)", "Timestamp(Nanosecond, None)", true,
         false},
        {"NULL::TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE", "Timestamp(us, \"UTC\")",
         "Timestamp(Microsecond, Some(\"UTC\"))", true, false},
        {"[[1]]", "INTEGER[][]", "List(List(Int32))", "List(List(Int32))", false, false},
        {"array_value(1.5::DOUBLE)", "DOUBLE[1]", "List(Float64)", "List(Float64)", false, false},
        {"{a: 1, \"b c\": 'x'}", "STRUCT(a INTEGER, \"b c\" VARCHAR)", "Struct", "Struct", false,
         false},
        {"MAP {'a': 1}", "MAP(VARCHAR, INTEGER)", "Map", "Map", false, false},
        {"union_value(k := 1)", "UNION(k INTEGER)", "Union", "Union", false, false},
        {"'a'::ENUM('a', 'b''c')", "ENUM('a', 'b''c')", "Utf8", "Utf8", false, false},
        {"uuid()", "UUID", "Utf8", "Utf8", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_schema s;
        char *sql = pond_printf(&f->a, "SELECT %s AS \"the column\"", cases[i].sql);
        assert_ok(f, pond_engine_schema(f->e, &f->a, pond_sv_of(sql), &s, &f->err));
        assert_int_equal(s.n, 1);
        assert_string_equal(s.items[0].name.p, "the column");
        pond_sv type = s.items[0].type;
        assert_string_equal(pond_cstr(&f->a, type), cases[i].type);
        assert_string_equal(pond_cstr(&f->a, pond_type_arrow(&f->a, type)), cases[i].arrow);
        assert_string_equal(pond_cstr(&f->a, pond_type_arrow_debug(&f->a, type)), cases[i].debug);
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

static void test_cells_are_printed_as_the_peer_does(void **state) {
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
                                   POND_SV("SELECT i, i / 2 AS h, i % 3 = 0 AS b, CASE WHEN i % 5 "
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
            if (pond_rows_int(rows, 0, row) != next ||
                pond_rows_double(rows, 1, row) != (double)next / 2 ||
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

static void test_one_result_at_a_time(void **state) {
    fixture *f = *state;
    pond_rows *rows, *second;
    size_t n;
    assert_ok(f, pond_engine_query(f->e, POND_SV("SELECT 1"), &rows, &f->err));
    assert_fails(f, pond_engine_query(f->e, POND_SV("SELECT 2"), &second, &f->err),
                 POND_ERR_INTERNAL, "a query began before the rows of another ended");
    assert_null(second);
    assert_ok(f, pond_rows_next(rows, &n, &f->err)); // the first one did not suffer
    assert_int_equal(n, 1);
    assert_ok(f, pond_rows_next(rows, &n, &f->err));
    assert_int_equal(n, 0);
    assert_ok(f, pond_rows_next(rows, &n, &f->err)); // and stays at its end
    assert_int_equal(n, 0);
    pond_rows_close(rows);
}

// Printing
// ------------------------------------------------------------------------------------------------

typedef pond_code print_fn(pond_engine *e, pond_sv select, FILE *out, pond_err *err);

static void assert_prints(fixture *f, print_fn *print, const char *sql, const char *expected) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    assert_ok(f, print(f->e, pond_sv_of(sql), out, &f->err));
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void test_the_grid(void **state) {
    fixture *f = *state;
    assert_prints(f, pond_engine_print_table, "SELECT count(*) AS n_rows FROM range(7)",
                  "+--------+\n"
                  "| n_rows |\n"
                  "| Int64  |\n"
                  "+--------+\n"
                  "| 7      |\n"
                  "+--------+\n"
                  "Summary: 1 total rows\n");
    assert_prints(f, pond_engine_print_table,
                  "SELECT TIMESTAMPTZ '2024-06-15 11:00:00Z' + to_hours(i) AS timestamp, "
                  "(i * 1.5)::DOUBLE AS \"Größe\", CASE WHEN i = 0 THEN 'a' || chr(10) || 'long "
                  "line' END AS note, [i] AS l FROM range(2) t(i)",
                  "+----------------------+---------+-----------+-------------+\n"
                  "| timestamp            | Größe   | note      | l           |\n"
                  "| Timestamp(us, \"UTC\") | Float64 | Utf8      | List(Int64) |\n"
                  "+----------------------+---------+-----------+-------------+\n"
                  "| 2024-06-15T11:00:00Z | 0.0     | a         | [0]         |\n"
                  "|                      |         | long line |             |\n"
                  "| 2024-06-15T12:00:00Z | 1.5     | NULL      | [1]         |\n"
                  "+----------------------+---------+-----------+-------------+\n"
                  "Summary: 2 total rows\n");
    assert_prints(f, pond_engine_print_table, "SELECT 1 AS a WHERE false", "No data found\n");
}

static void test_csv(void **state) {
    fixture *f = *state;
    assert_prints(
        f, pond_engine_print_csv,
        "SELECT 1 AS \"a,b\", NULL AS n, '' AS e, 'say \"hi\"' AS q, 'x' || chr(10) || 'y' "
        "AS m, 2.0::DOUBLE AS f, TIMESTAMP '2024-01-01' AS t, [1, 2] AS l",
        "\"a,b\",n,e,q,m,f,t,l\n"
        "1,,\"\",\"say \"\"hi\"\"\",\"x\ny\",2.0,2024-01-01T00:00:00,\"[1, 2]\"\n");
    assert_prints(f, pond_engine_print_csv, "SELECT 1 AS a WHERE false", "a\n");
    assert_prints(f, pond_engine_print_csv, "SELECT count(*) AS n FROM range(3)", "n\n3\n");
}

static void test_a_full_disk_is_an_error_and_a_closed_pipe_is_not(void **state) {
    fixture *f = *state;
    print_fn *const prints[] = {pond_engine_print_table, pond_engine_print_csv};
    for (size_t i = 0; i < 2; i++) {
        FILE *full = fopen("/dev/full", "w");
        assert_fails(f, prints[i](f->e, POND_SV("FROM range(5)"), full, &f->err), POND_ERR_IO,
                     "writing rows: No space left on device");
        fclose(full);
        full = fopen("/dev/full", "w");
        assert_fails(f, prints[i](f->e, POND_SV("FROM range(100000)"), full, &f->err), POND_ERR_IO,
                     "writing rows: No space left on device");
        fclose(full);

        signal(SIGPIPE, SIG_IGN);
        int fds[2];
        assert_int_equal(pipe(fds), 0);
        close(fds[0]);
        FILE *closed = fdopen(fds[1], "w");
        assert_ok(f, prints[i](f->e, POND_SV("FROM range(200000)"), closed, &f->err));
        fclose(closed);
        assert_rows(f, "SELECT 1", "1\n");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_every_type_has_its_words),
        T(test_a_schema_runs_nothing),
        T(test_cells_are_printed_as_the_peer_does),
        T(test_columns_may_share_a_name),
        T(test_rows_are_streamed_in_chunks),
        T(test_a_row_can_fail_late),
        T(test_one_result_at_a_time),
        T(test_the_grid),
        T(test_csv),
        T(test_a_full_disk_is_an_error_and_a_closed_pipe_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
