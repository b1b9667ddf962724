// The grid and the CSV of `cat`, and the names of types.
#include "../engine/engine_test.h"

#include "cli/arrow.h"
#include "cli/print.h"

#include <signal.h>

static void test_every_type_has_a_name(void **state) {
    (void)state;
    static const char *const cases[][3] = {
        {"BOOLEAN", "Boolean", "Boolean"},
        {"TINYINT", "Int8", "Int8"},
        {"SMALLINT", "Int16", "Int16"},
        {"INTEGER", "Int32", "Int32"},
        {"BIGINT", "Int64", "Int64"},
        {"UTINYINT", "UInt8", "UInt8"},
        {"USMALLINT", "UInt16", "UInt16"},
        {"UINTEGER", "UInt32", "UInt32"},
        {"UBIGINT", "UInt64", "UInt64"},
        {"HUGEINT", "Decimal128(38, 0)", "Decimal128(38, 0)"},
        {"FLOAT", "Float32", "Float32"},
        {"DOUBLE", "Float64", "Float64"},
        {"DECIMAL(18,3)", "Decimal128(18, 3)", "Decimal128(18, 3)"},
        {"VARCHAR", "Utf8", "Utf8"},
        {"JSON", "Utf8", "Utf8"},
        {"BLOB", "Binary", "Binary"},
        {"DATE", "Date32", "Date32"},
        {"TIME", "Time64(us)", "Time64(Microsecond)"},
        {"INTERVAL", "Interval(MonthDayNano)", "Interval(MonthDayNano)"},
        {"TIMESTAMP_S", "Timestamp(s)", "Timestamp(Second, None)"},
        {"TIMESTAMP_MS", "Timestamp(ms)", "Timestamp(Millisecond, None)"},
        {"TIMESTAMP", "Timestamp(us)", "Timestamp(Microsecond, None)"},
        {"TIMESTAMP_NS", "Timestamp(ns)", "Timestamp(Nanosecond, None)"},
        {"TIMESTAMP WITH TIME ZONE", "Timestamp(us, \"UTC\")",
         "Timestamp(Microsecond, Some(\"UTC\"))"},
        {"INTEGER[][]", "List(List(Int32))", "List(List(Int32))"},
        {"DOUBLE[1]", "List(Float64)", "List(Float64)"},
        {"STRUCT(a INTEGER, \"b c\" VARCHAR)", "Struct", "Struct"},
        {"MAP(VARCHAR, INTEGER)", "Map", "Map"},
        {"UNION(k INTEGER)", "Union", "Union"},
        {"ENUM('a', 'b''c')", "Utf8", "Utf8"},
        {"UUID", "Utf8", "Utf8"},
        {"DECIMAL(18,3)[]", "List(Decimal128(18, 3))", "List(Decimal128(18, 3))"},
        {"DECIMAL(4,1)[3][]", "List(List(Decimal128(4, 1)))", "List(List(Decimal128(4, 1)))"},
    };
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_sv type = pond_sv_of(cases[i][0]);
        assert_string_equal(pond_cstr(&a, cli_arrow_type(&a, type)), cases[i][1]);
        assert_string_equal(pond_cstr(&a, cli_arrow_type_long(&a, type)), cases[i][2]);
    }
    pond_arena_deinit(&a);
}

typedef pond_code print_fn(pond_engine *e, pond_sv select, FILE *out, bool is_terminal,
                           pond_err *err);

static void assert_prints_to(bool is_terminal, fixture *f, print_fn *print, const char *sql,
                             const char *expected) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    assert_ok(f, print(f->e, pond_sv_of(sql), out, is_terminal, &f->err));
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void assert_prints(fixture *f, print_fn *print, const char *sql, const char *expected) {
    assert_prints_to(false, f, print, sql, expected);
}

static void test_the_grid(void **state) {
    fixture *f = *state;
    assert_prints(f, cli_print_table, "SELECT count(*) AS n_rows FROM range(7)",
                  "+--------+\n"
                  "| n_rows |\n"
                  "| Int64  |\n"
                  "+--------+\n"
                  "| 7      |\n"
                  "+--------+\n"
                  "Summary: 1 total rows\n");
    assert_prints(f, cli_print_table,
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
    assert_prints(f, cli_print_table, "SELECT 1 AS a WHERE false", "No data found\n");
}

static void test_csv(void **state) {
    fixture *f = *state;
    assert_prints(
        f, cli_print_csv,
        "SELECT 1 AS \"a,b\", NULL AS n, '' AS e, 'say \"hi\"' AS q, 'x' || chr(10) || 'y' "
        "AS m, 2.0::DOUBLE AS f, TIMESTAMP '2024-01-01' AS t, [1, 2] AS l",
        "\"a,b\",n,e,q,m,f,t,l\n"
        "1,,\"\",\"say \"\"hi\"\"\",\"x\ny\",2.0,2024-01-01T00:00:00,\"[1, 2]\"\n");
    assert_prints(f, cli_print_csv, "SELECT 1 AS a WHERE false", "a\n");
    assert_prints(f, cli_print_csv, "SELECT count(*) AS n FROM range(3)", "n\n3\n");
}

static void test_terminals_get_no_control_characters(void **state) {
    fixture *f = *state;
    const char *sql = "SELECT chr(27) || '[31m' || chr(155) || chr(8238) || chr(10) || 'y' AS "
                      "\"a\x1b]0;b\"";
    assert_prints_to(true, f, cli_print_table, sql,
                     "+----------------------+\n"
                     "| a\\x1b]0;b            |\n"
                     "| Utf8                 |\n"
                     "+----------------------+\n"
                     "| \\x1b[31m\\u009b\\u202e |\n"
                     "| y                    |\n"
                     "+----------------------+\n"
                     "Summary: 1 total rows\n");
    assert_prints_to(true, f, cli_print_csv, sql, "a\\x1b]0;b\n\"\\x1b[31m\\u009b\\u202e\ny\"\n");
    assert_prints(f, cli_print_csv, sql, "a\x1b]0;b\n\"\x1b[31m\xc2\x9b\xe2\x80\xae\ny\"\n");
}

static void test_a_full_disk_is_an_error_and_a_closed_pipe_is_not(void **state) {
    fixture *f = *state;
    print_fn *const prints[] = {cli_print_table, cli_print_csv};
    for (size_t i = 0; i < 2; i++) {
        FILE *full = fopen("/dev/full", "w");
        assert_fails(f, prints[i](f->e, POND_SV("FROM range(5)"), full, false, &f->err),
                     POND_ERR_IO, "writing rows: No space left on device");
        fclose(full);
        full = fopen("/dev/full", "w");
        assert_fails(f, prints[i](f->e, POND_SV("FROM range(100000)"), full, false, &f->err),
                     POND_ERR_IO, "writing rows: No space left on device");
        fclose(full);

        signal(SIGPIPE, SIG_IGN);
        int fds[2];
        assert_int_equal(pipe(fds), 0);
        close(fds[0]);
        FILE *closed = fdopen(fds[1], "w");
        assert_ok(f, prints[i](f->e, POND_SV("FROM range(200000)"), closed, false, &f->err));
        fclose(closed);
        assert_rows(f, "SELECT 1", "1\n");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        cmocka_unit_test(test_every_type_has_a_name),
        T(test_the_grid),
        T(test_csv),
        T(test_terminals_get_no_control_characters),
        T(test_a_full_disk_is_an_error_and_a_closed_pipe_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
