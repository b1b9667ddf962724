// The rows of `cat` in each format, and the names of types.
#include "../engine/engine_test.h"

#include "cli/arrow.h"
#include "cli/print.h"
#include "cli/screen.h"

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

// A command whose standard output is `out`.
typedef struct output {
    cli_screen screen;
    cli cli;
} output;

static void open_output(output *o, FILE *out, bool is_terminal, size_t columns) {
    *o = (output){.screen = {.to = out, .is_terminal = is_terminal, .columns = columns}};
    o->cli = (cli){.screen = &o->screen, .is_terminal = is_terminal};
}

static void assert_prints_to(bool is_terminal, size_t columns, fixture *f, cli_format format,
                             const char *sql, const char *expected) {
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    output o;
    open_output(&o, out, is_terminal, columns);
    assert_ok(f, cli_print_rows(&o.cli, f->e, format, pond_sv_of(sql), &f->err));
    fclose(out);
    assert_string_equal(text, expected);
    free(text);
}

static void assert_prints(fixture *f, cli_format format, const char *sql, const char *expected) {
    assert_prints_to(false, 0, f, format, sql, expected);
}

static void test_the_grid(void **state) {
    fixture *f = *state;
    assert_prints(f, CLI_TABLE, "SELECT count(*) AS n_rows FROM range(7)",
                  "+--------+\n"
                  "| n_rows |\n"
                  "| Int64  |\n"
                  "+--------+\n"
                  "| 7      |\n"
                  "+--------+\n"
                  "Summary: 1 total rows\n");
    assert_prints(f, CLI_TABLE,
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
    assert_prints(f, CLI_TABLE, "SELECT 1 AS a WHERE false", "No data found\n");
}

static void test_csv(void **state) {
    fixture *f = *state;
    assert_prints(
        f, CLI_CSV,
        "SELECT 1 AS \"a,b\", NULL AS n, '' AS e, 'say \"hi\"' AS q, 'x' || chr(10) || 'y' "
        "AS m, 2.0::DOUBLE AS f, TIMESTAMP '2024-01-01' AS t, [1, 2] AS l",
        "\"a,b\",n,e,q,m,f,t,l\n"
        "1,,\"\",\"say \"\"hi\"\"\",\"x\ny\",2.0,2024-01-01T00:00:00,\"[1, 2]\"\n");
    assert_prints(f, CLI_CSV, "SELECT 1 AS a WHERE false", "a\n");
    assert_prints(f, CLI_CSV, "SELECT count(*) AS n FROM range(3)", "n\n3\n");
}

static void test_terminals_get_no_control_characters(void **state) {
    fixture *f = *state;
    const char *sql = "SELECT chr(27) || '[31m' || chr(155) || chr(8238) || chr(10) || 'y' AS "
                      "\"a\x1b]0;b\"";
    assert_prints_to(true, 0, f, CLI_TABLE, sql,
                     "+----------------------+\n"
                     "| a\\x1b]0;b            |\n"
                     "| Utf8                 |\n"
                     "+----------------------+\n"
                     "| \\x1b[31m\\u009b\\u202e |\n"
                     "| y                    |\n"
                     "+----------------------+\n"
                     "Summary: 1 total rows\n");
    assert_prints_to(true, 0, f, CLI_CSV, sql, "a\\x1b]0;b\n\"\\x1b[31m\\u009b\\u202e\ny\"\n");
    assert_prints(f, CLI_CSV, sql, "a\x1b]0;b\n\"\x1b[31m\xc2\x9b\xe2\x80\xae\ny\"\n");
}

static void test_json(void **state) {
    fixture *f = *state;
    const char *sql =
        "SELECT i AS i, 9223372036854775806 + i AS big, 'nan'::DOUBLE AS \"n n\", "
        "CASE WHEN i = 0 THEN 'a\"b' || chr(10) || chr(127) END AS t, i = 0 AS b, "
        "[1.5::DOUBLE, 'inf'::DOUBLE] AS l, {'x': 'NaN', 'y': NULL} AS s, '{\"k\" : 1}'::JSON "
        "AS j, 1.50::DECIMAL(9,2) AS d, TIMESTAMPTZ '2024-01-01 00:00:00.5Z' AS z "
        "FROM range(2) t(i)";
    assert_prints(f, CLI_NDJSON, sql,
                  "{\"i\":0,\"big\":9223372036854775806,\"n n\":null,\"t\":\"a\\\"b\\n\x7f\","
                  "\"b\":true,\"l\":[1.5,null],\"s\":{\"x\":\"NaN\",\"y\":null},\"j\":{\"k\":1},"
                  "\"d\":1.50,\"z\":\"2024-01-01T00:00:00.500Z\"}\n"
                  "{\"i\":1,\"big\":9223372036854775807,\"n n\":null,\"t\":null,"
                  "\"b\":false,\"l\":[1.5,null],\"s\":{\"x\":\"NaN\",\"y\":null},\"j\":{\"k\":1},"
                  "\"d\":1.50,\"z\":\"2024-01-01T00:00:00.500Z\"}\n");
    assert_prints(f, CLI_JSON, "SELECT i FROM range(2) t(i)", "[\n{\"i\":0},\n{\"i\":1}\n]\n");
    assert_prints(f, CLI_JSON, "SELECT 1 AS a WHERE false", "[]\n");
    assert_prints(f, CLI_NDJSON, "SELECT 1 AS a WHERE false", "");
    output o;
    open_output(&o, stdout, false, 0);
    assert_fails(
        f,
        cli_print_rows(&o.cli, f->e, CLI_JSON, POND_SV("SELECT 1 AS a, 2 AS b, 3 AS a"), &f->err),
        POND_ERR_USAGE,
        "two columns are called 'a', and an object of JSON has each name once: name one of "
        "them with AS, or choose another --format");
}

static void test_tabs_and_markdown(void **state) {
    fixture *f = *state;
    const char *sql =
        "SELECT 1 AS i, 'a,b' AS \"x|y\", 'c' || chr(9) || 'd' AS t, NULL::VARCHAR AS n, "
        "'p|q\\r<s>&' || chr(10) || 'u' AS m";
    assert_prints(f, CLI_TSV, sql, "i\tx|y\tt\tn\tm\n1\ta,b\t\"c\td\"\t\t\"p|q\\r<s>&\nu\"\n");
    assert_prints(f, CLI_MARKDOWN, sql,
                  "| i | x\\|y | t | n | m |\n"
                  "| ---: | --- | --- | --- | --- |\n"
                  "| 1 | a,b | c\td |  | p\\|q\\\\r&lt;s>&amp;<br>u |\n");
}

static void test_a_grid_fits_the_terminal(void **state) {
    fixture *f = *state;
    const char *sql = "SELECT i AS n, 'a long text of some words ' || i AS words, '日本' AS \"幅\" "
                      "FROM range(9, 11) t(i)";
    assert_prints_to(true, 60, f, CLI_TABLE, sql,
                     "+-------+------------------------------+------+\n"
                     "|     n | words                        | 幅   |\n"
                     "| Int64 | Utf8                         | Utf8 |\n"
                     "+-------+------------------------------+------+\n"
                     "|     9 | a long text of some words 9  | 日本 |\n"
                     "|    10 | a long text of some words 10 | 日本 |\n"
                     "+-------+------------------------------+------+\n"
                     "Summary: 2 total rows\n");
    assert_prints_to(true, 37, f, CLI_TABLE, sql,
                     "+-------+--------------------+------+\n"
                     "|     n | words              | 幅   |\n"
                     "| Int64 | Utf8               | Utf8 |\n"
                     "+-------+--------------------+------+\n"
                     "|     9 | a long text of so\u2026 | 日本 |\n"
                     "|    10 | a long text of so\u2026 | 日本 |\n"
                     "+-------+--------------------+------+\n"
                     "Summary: 2 total rows\n");
    assert_prints_to(true, 20, f, CLI_TABLE, sql,
                     "+-------+\n"
                     "|     n |\n"
                     "| Int64 |\n"
                     "+-------+\n"
                     "|     9 |\n"
                     "|    10 |\n"
                     "+-------+\n"
                     "and 2 more columns: words, 幅\n"
                     "Summary: 2 total rows\n");
    assert_prints_to(true, 7, f, CLI_TABLE, "SELECT 'abcdef' AS a",
                     "+-----+\n"
                     "| a   |\n"
                     "| Ut\u2026 |\n"
                     "+-----+\n"
                     "| ab\u2026 |\n"
                     "+-----+\n"
                     "Summary: 1 total rows\n");
    // In a pipe everything is there, and on the left.
    assert_prints_to(false, 20, f, CLI_TABLE, "SELECT 7 AS \"long name of a number\"",
                     "+-----------------------+\n"
                     "| long name of a number |\n"
                     "| Int32                 |\n"
                     "+-----------------------+\n"
                     "| 7                     |\n"
                     "+-----------------------+\n"
                     "Summary: 1 total rows\n");
}

static void test_a_full_disk_is_an_error_and_a_closed_pipe_is_not(void **state) {
    fixture *f = *state;
    const char *const sizes[] = {"FROM range(5)", "FROM range(100000)"};
    for (cli_format format = CLI_TABLE; format <= CLI_MARKDOWN; format++) {
        output o;
        for (size_t i = 0; i < 2; i++) {
            FILE *full = fopen("/dev/full", "w");
            open_output(&o, full, false, 0);
            assert_ok(f, cli_print_rows(&o.cli, f->e, format, pond_sv_of(sizes[i]), &f->err));
            assert_fails(f, cli_screen_end(&o.screen, &f->err), POND_ERR_IO,
                         "cannot write to standard output: No space left on device");
            fclose(full);
        }
        signal(SIGPIPE, SIG_IGN);
        int fds[2];
        assert_int_equal(pipe(fds), 0);
        close(fds[0]);
        FILE *closed = fdopen(fds[1], "w");
        open_output(&o, closed, false, 0);
        assert_ok(f, cli_print_rows(&o.cli, f->e, format, POND_SV("FROM range(200000)"), &f->err));
        assert_true(cli_screen_is_closed(&o.screen));
        assert_ok(f, cli_screen_end(&o.screen, &f->err));
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
        T(test_json),
        T(test_tabs_and_markdown),
        T(test_a_grid_fits_the_terminal),
        T(test_terminals_get_no_control_characters),
        T(test_a_full_disk_is_an_error_and_a_closed_pipe_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
