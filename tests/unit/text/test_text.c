// Files as typed columns: what comes in, and what is refused, with its line.
#include "text/text.h"

#include "base/file.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

typedef struct fixture {
    pond_arena a;
    char dir[64], path[96];
    pond_err err;
    pond_text_options o;
    int threads;
    bool keeps;
    pond_text *text;
} fixture;

static int setup(void **state) {
    fixture *f = calloc(1, sizeof *f);
    pond_arena_init(&f->a);
    snprintf(f->dir, sizeof f->dir, "/tmp/pond-text-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/x.csv", f->dir);
    f->o = (pond_text_options){
        .form = {.delimiter = ',', .quote = '"', .escape = '"', .comment = {"", 0}},
        .number = {'.', '\0'},
        .has_header = true};
    f->threads = 1;
    *state = f;
    return 0;
}

static int teardown(void **state) {
    fixture *f = *state;
    pond_text_close(f->text);
    unlink(f->path);
    rmdir(f->dir);
    pond_arena_deinit(&f->a);
    free(f);
    return 0;
}

static pond_code open_bytes(fixture *f, const char *bytes, size_t n) {
    assert_int_equal(pond_file_replace(f->path, (pond_sv){bytes, n}, NULL), POND_OK);
    pond_err_clear(&f->err);
    pond_text_close(f->text);
    f->text = NULL;
    pond_text_means means = {.threads = f->threads, .dir = f->keeps ? f->dir : NULL};
    return pond_text_open(&f->a, f->path, POND_SV("x.csv"), &f->o, &means, &f->text, &f->err);
}

static pond_code open_text(fixture *f, const char *text) {
    return open_bytes(f, text, strlen(text));
}

static void write_cell(pond_buf *out, pond_text_type type, const pond_cells *c, size_t i) {
    if ((c->valid[i / 64] >> (i % 64) & 1) == 0) {
        pond_buf_str(out, "NULL");
        return;
    }
    char time[40];
    switch (type) {
    case POND_TEXT_TEXT:
        pond_buf_sv(out, ((const pond_sv *)c->values)[i]);
        break;
    case POND_TEXT_BOOL:
        pond_buf_str(out, ((const bool *)c->values)[i] ? "true" : "false");
        break;
    case POND_TEXT_FLOAT:
        pond_buf_printf(out, "%.17g", ((const double *)c->values)[i]);
        break;
    case POND_TEXT_DATE:
        pond_buf_printf(out, "day %d", ((const int32_t *)c->values)[i]);
        break;
    case POND_TEXT_TIME:
    case POND_TEXT_INSTANT:
        pond_time_format(((const int64_t *)c->values)[i], time);
        time[strlen(time) - (type == POND_TEXT_TIME)] = '\0';
        pond_buf_str(out, time);
        break;
    case POND_TEXT_INT:
    default:
        pond_buf_printf(out, "%lld", (long long)((const int64_t *)c->values)[i]);
    }
}

// All rows as text: fields with | between them, lines that end in a newline.
static char *rows_of(fixture *f, const bool *is_wanted) {
    const pond_text_facts *facts = pond_text_facts_of(f->text);
    bool *all = POND_NEW_ARRAY(&f->a, bool, facts->n_columns);
    memset(all, 1, facts->n_columns);
    pond_cells *cells = POND_NEW_ARRAY(&f->a, pond_cells, facts->n_columns);
    pond_text_rows *rows;
    pond_buf out = POND_BUF_EMPTY;
    size_t n;
    if (pond_text_rows_open(f->text, is_wanted == NULL ? all : is_wanted, &rows, &f->err) !=
        POND_OK)
        fail_msg("%s", f->err.msg);
    do {
        if (pond_text_rows_next(rows, cells, &n, &f->err) != POND_OK)
            fail_msg("%s", f->err.msg);
        for (size_t i = 0; i < n; i++)
            for (size_t c = 0; c < facts->n_columns; c++) {
                write_cell(&out, facts->columns[c].type, &cells[c], i);
                pond_buf_char(&out, c + 1 == facts->n_columns ? '\n' : '|');
            }
    } while (n > 0);
    pond_text_rows_close(rows);
    return pond_cstr(&f->a, pond_buf_keep(&f->a, &out));
}

static char *types_of(fixture *f) {
    const pond_text_facts *facts = pond_text_facts_of(f->text);
    pond_buf out = POND_BUF_EMPTY;
    for (size_t i = 0; i < facts->n_columns; i++)
        pond_buf_printf(&out, "%s%.*s %s", i == 0 ? "" : ", ", POND_SV_ARG(facts->columns[i].name),
                        pond_text_type_sql(facts->columns[i].type));
    return pond_cstr(&f->a, pond_buf_keep(&f->a, &out));
}

static void check(fixture *f, const char *text, const char *types, const char *rows) {
    if (open_text(f, text) != POND_OK)
        fail_msg("%s:%u %s\n%s", f->err.where.file, f->err.where.line, f->err.msg, f->err.detail);
    assert_string_equal(types_of(f), types);
    assert_string_equal(rows_of(f, NULL), rows);
}

static void check_fails(fixture *f, const char *text, uint32_t line, const char *message) {
    if (open_text(f, text) == POND_OK)
        fail_msg("taken: %s", text);
    assert_string_equal(f->err.msg, message);
    assert_int_equal(f->err.where.line, line);
}

static const char *note(fixture *f, size_t i) {
    const pond_text_facts *facts = pond_text_facts_of(f->text);
    assert_true(i < facts->n_notes);
    return pond_cstr(&f->a, facts->notes[i]);
}

static void add(fixture *f, pond_texts *list, const char *text) {
    *pond_vec_push(&f->a, list) = pond_sv_of(text);
}

// Types -------------------------------------------------------------------------------------------

static void a_column_has_the_narrowest_type_that_keeps_its_texts(void **state) {
    fixture *f = *state;
    add(f, &f->o.nulls, "NA");
    check(f,
          "timestamp,n,temp,ok,day,local,name,clock\n"
          "2024-01-01T00:00:00Z,1,1.5,true,2024-01-01,2024-01-01 10:00:00,a,10:00\n"
          "2024-01-01T01:00:00Z,2,NA,FALSE,2024-01-02,,NA,11:00\n"
          "2024-01-01T02:00:00+01:00,,3,,,,\"\",\n",
          "timestamp TIMESTAMP WITH TIME ZONE, n BIGINT, temp DOUBLE, ok BOOLEAN, day DATE, local "
          "TIMESTAMP, name VARCHAR, clock VARCHAR",
          "2024-01-01T00:00:00Z|1|1.5|true|day 19723|2024-01-01T10:00:00|a|10:00\n"
          "2024-01-01T01:00:00Z|2|NULL|false|day 19724|NULL|NULL|11:00\n"
          "2024-01-01T01:00:00Z|NULL|3|NULL|NULL|NULL|NULL|NULL\n");
    const pond_text_facts *facts = pond_text_facts_of(f->text);
    assert_int_equal(facts->rows, 3);
    assert_int_equal(facts->columns[2].n_nulls, 1);
    assert_int_equal(facts->columns[2].n_marked, 1);
    assert_int_equal(facts->columns[1].n_marked, 0);
    assert_int_equal(facts->time_column, 0);
    assert_int_equal(facts->t_min_us, INT64_C(1704067200000000));
    assert_int_equal(facts->t_max_us, INT64_C(1704070800000000));
    assert_int_equal(facts->order, POND_TEXT_ASCENDING);
    assert_int_equal(facts->n_days, 1);
}

static void late_values_count_like_early_ones(void **state) {
    fixture *f = *state;
    static const struct {
        const char *first, *late, *type, *last;
    } cases[] = {
        {"1", "2.5", "DOUBLE", "2.5"},
        {"1", "1e-3", "DOUBLE", "0.001"},
        {"2024-01-01", "2024-01-01T23:00:00", "TIMESTAMP", "2024-01-01T23:00:00"},
        {"1", "", "BIGINT", "NULL"},
        {"1", "9223372036854775807", "BIGINT", "9223372036854775807"},
        {"1", "9223372036854775808", "VARCHAR", "9223372036854775808"},
        {"1", "007", "VARCHAR", "007"},
        {"1.5", "9007199254740993", "VARCHAR", "9007199254740993"},
        {"1.5", "nan", "DOUBLE", "nan"},
        {"10-11-12", "10-11-13", "VARCHAR", "10-11-13"},
        {"1-1-1", "1-1-2", "VARCHAR", "1-1-2"},
        {"+491234", "+495678", "VARCHAR", "+495678"},
        {"+1", "-1", "BIGINT", "-1"},
        {"nan", "nan", "VARCHAR", "nan"},
        {"1.5", "1e999", "VARCHAR", "1e999"},
        {"1.5", "1e-400", "VARCHAR", "1e-400"},
        {"1.5", "1e300", "DOUBLE", "1.0000000000000001e+300"},
        {"1.5", "0e-400", "DOUBLE", "0"},
        {" 1", "2 ", "BIGINT", "2"},
        {"04/05/2024", "04/15/2024", "VARCHAR", "04/15/2024"},
        {"2024-01-01T00:00:00.123456789", "2024-01-01T00:00:00.5", "TIMESTAMP_NS",
         "1704067200500000000"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        pond_buf text = POND_BUF_EMPTY;
        pond_buf_str(&text, "k,v\n");
        for (int row = 0; row < 300; row++)
            pond_buf_printf(&text, "%d,%s\n", row, cases[i].first);
        pond_buf_printf(&text, "300,%s\n", cases[i].late);
        if (open_text(f, text.p) != POND_OK)
            fail_msg("%s, %s: %s", cases[i].first, cases[i].late, f->err.msg);
        assert_string_equal(types_of(f), pond_printf(&f->a, "k BIGINT, v %s", cases[i].type));
        const char *rows = rows_of(f, NULL), *last = strrchr(rows, '|');
        assert_string_equal(last + 1, pond_printf(&f->a, "%s\n", cases[i].last));
        pond_buf_free(&text);
    }
}

static void a_column_that_is_nearly_numeric_is_an_error(void **state) {
    fixture *f = *state;
    pond_buf text = POND_BUF_EMPTY;
    pond_buf_str(&text, "k,v\n");
    for (int row = 0; row < 40; row++)
        pond_buf_printf(&text, "%d,%s\n", row, row == 7 ? "NA" : row == 30 ? "---" : "1.5");
    check_fails(f, text.p, 9, "38 of the 40 values of 'v' are numbers, and 2 are not");
    assert_non_null(strstr(f->err.detail, "'NA' (line 9), '---' (line 32)"));
    assert_non_null(strstr(f->err.detail, "&null=NA&null=---"));
    assert_non_null(strstr(f->err.detail, "&text=v"));
    add(f, &f->o.nulls, "NA");
    add(f, &f->o.nulls, "---");
    assert_int_equal(open_text(f, text.p), POND_OK);
    assert_string_equal(types_of(f), "k BIGINT, v DOUBLE");
    f->o.nulls.n = 0;
    add(f, &f->o.texts, "v");
    assert_int_equal(open_text(f, text.p), POND_OK);
    assert_string_equal(types_of(f), "k BIGINT, v VARCHAR");
    pond_buf_free(&text);
}

static void a_column_that_is_half_numeric_is_told(void **state) {
    fixture *f = *state;
    check(f, "v\n1\n2\n---\n", "v VARCHAR", "1\n2\n---\n");
    assert_string_equal(note(f, 0),
                        "'v' is text: only 2 of 3 values are numbers; not '---' (line 4)");
    check(f, "v\n01\n2\n", "v VARCHAR", "01\n2\n");
    assert_string_equal(note(f, 0), "'v' is text: '01' (line 2) would lose digits as a number "
                                    "(--sql can CAST it)");
    check(f, "t\n2024-01-01T00:00:00\n2024-01-01T00:00:00Z\n", "t VARCHAR",
          "2024-01-01T00:00:00\n2024-01-01T00:00:00Z\n");
    assert_non_null(strstr(note(f, 0), "1 of its times have an offset or Z, and 1 have none"));
}

static void texts_for_null(void **state) {
    fixture *f = *state;
    add(f, &f->o.nulls, "-9999");
    add(f, &f->o.nulls, "b:0");
    check(f, "a,b,c\n-9999.0,0,x\n1,-9999,0\n-9.999e3,2,-9999\n", "a BIGINT, b BIGINT, c VARCHAR",
          "NULL|NULL|x\n1|NULL|0\nNULL|2|NULL\n");
}

static void numbers_with_commas(void **state) {
    fixture *f = *state;
    f->o.form.delimiter = ';';
    f->o.number = (pond_number_form){',', '.'};
    check(f, "a;b\n1,5;1.000\n-2;12.345,75\n", "a DOUBLE, b DOUBLE", "1.5|1000\n-2|12345.75\n");
}

// Layout ------------------------------------------------------------------------------------------

static void records(void **state) {
    fixture *f = *state;
    check(f, "a,b\r\n1,\"x \"\"q\"\"\"\r\n2,\"y\nz\"\r\n", "a BIGINT, b VARCHAR",
          "1|x \"q\"\n2|y\nz\n");
    check(f,
          "\xEF\xBB\xBF"
          "a,b\n1,2",
          "a BIGINT, b BIGINT", "1|2\n");
    check(f, "a,b\r1,2\r3,4", "a BIGINT, b BIGINT", "1|2\n3|4\n");
    check(f, "a,b\n1,2\r\n3,4\r5,6\n\n\n7,8", "a BIGINT, b BIGINT", "1|2\n3|4\n5|6\n7|8\n");
    check(f, "# a,b\n#1,2\n", "# a VARCHAR, b BIGINT", "#1|2\n");
    check(f, "a,b\n5\" pipe,6\n,\n", "a VARCHAR, b BIGINT", "5\" pipe|6\nNULL|NULL\n");
    check(f, "a,b\n1, \"x, y\" \n", "a BIGINT, b VARCHAR", "1|x, y\n");
    check(f, "a,b\n", "a VARCHAR, b VARCHAR", "");
    check(f, "a,b,\n1,2,\n3,4\n", "a BIGINT, b BIGINT", "1|2\n3|4\n");
    check(f, "a,b\n1,2,\n3,4,\n", "a BIGINT, b BIGINT", "1|2\n3|4\n");
    check(f, "a,,c\n1,2,3\n", "a BIGINT, column_2 BIGINT, c BIGINT", "1|2|3\n");
    assert_string_equal(note(f, 0), "column 2 has no name in the header; it is called 'column_2'");
    check(f, "a,b\n1,2\na,b\n3,4\n", "a BIGINT, b BIGINT", "1|2\n3|4\n");
    assert_string_equal(note(f, 0), "1 line repeats the header, and was left out");
    f->o.form = (pond_record_form){
        .delimiter = ';', .quote = '\'', .escape = '\\', .comment = POND_SV("#")};
    f->o.has_header = false;
    check(f, "# it's\n1;'it\\'s;'\n# \"\n2;b\n", "column_1 BIGINT, column_2 VARCHAR",
          "1|it's;\n2|b\n");
    f->o.form = (pond_record_form){.comment = {"", 0}};
    check(f, "  1   x\n\n 22\ty  \n   \n", "column_1 BIGINT, column_2 VARCHAR", "1|x\n22|y\n");
}

// A format writes each row of a file as a record: the header stands for no line, and is in no row.
static void a_translation_keeps_the_lines_of_its_file(void **state) {
    fixture *f = *state;
    f->o.form.is_translation = true;
    f->o.is_empty_quoted_text = true;
    check(f, "\"a\",\n\"a\",\n,\n\n\"\",\n", "a VARCHAR", "a\nNULL\n\n");
    assert_int_equal(pond_text_facts_of(f->text)->rows, 3);
    check_fails(f, "a,b\n\"x\ny\",1\n\nz\n", 3, "1 field, where the first line has 2");
}

static void what_is_malformed_has_a_line(void **state) {
    fixture *f = *state;
    check_fails(f, "a,b\n1,2\n3,4,5\n6,7\n", 3, "3 fields, where the first line has 2");
    check_fails(f, "a,b\n1,\"x\ny\"\n3\n", 4, "1 field, where the first line has 2");
    check_fails(f, "a,b\n\n1,2\n3,4,5\n", 4, "3 fields, where the first line has 2");
    check_fails(f, "a,b\n1,\"x\n2,3\n", 2, "a quote opened in this record is never closed");
    check_fails(f, "a,b\n1,2\n3", 3, "1 field, where the first line has 2");
    check_fails(f, "a,b\n1,\"x\"y\n", 2,
                "there is text between the closing quote of field 2 and the delimiter");
    check_fails(f, "a,b\n1,\xff\n", 2, "the byte 0xff is not UTF-8");
    assert_int_equal(f->err.where.column, 3);
    assert_int_equal(open_bytes(f, "a\n1\0\n", 5), POND_ERR_INVALID);
    assert_int_equal(f->err.where.line, 2);
    check_fails(f,
                "a,\xb0"
                "C\n1,2\n",
                1, "the byte 0xb0 is not UTF-8");
    assert_int_equal(open_bytes(f, "a\0\n1\n", 5), POND_ERR_INVALID);
    assert_int_equal(f->err.where.line, 1);
    check_fails(f, "", 0, "'x.csv' is empty: it has no header");
    check_fails(
        f, "a,A\n1,2\n", 0,
        "'x.csv': columns 1 and 2 are both called 'A' (the case of letters does not count)");
    add(f, &f->o.columns, "x");
    add(f, &f->o.columns, "y");
    check(f, "a,A\n1,2\n", "x BIGINT, y BIGINT", "1|2\n");
}

static void names_and_units_in_lines(void **state) {
    fixture *f = *state;
    static const char toa5[] = "\"TOA5\",\"Site\",\"CR1000\"\n"
                               "\"TIMESTAMP\",\"RECORD\",\"AirTC_Avg\"\n"
                               "\"TS\",\"RN\",\"Deg C\"\n"
                               "\"\",\"\",\"Avg\"\n"
                               "\"2024-01-01 00:00:00\",1,20.5\n"
                               "\"2024-01-01 00:10:00\",2,\"NAN\"\n";
    f->o.header = 2;
    f->o.units = 3;
    f->o.skip_after_header = 1;
    f->o.time = POND_SV("TIMESTAMP");
    add(f, &f->o.nulls, "NAN");
    check(f, toa5, "timestamp TIMESTAMP, RECORD.RN BIGINT, AirTC_Avg.Deg C DOUBLE",
          "2024-01-01T00:00:00|1|20.5\n2024-01-01T00:10:00|2|NULL\n");
}

// Times -------------------------------------------------------------------------------------------

static void times_are_read_as_they_are_said_to_be(void **state) {
    fixture *f = *state;
    add(f, &f->o.time_formats, "%m/%d/%Y %H:%M");
    check(f, "timestamp,v\n04/05/2024 10:15,1\n", "timestamp TIMESTAMP, v BIGINT",
          "2024-04-05T10:15:00|1\n");
    check_fails(f, "timestamp,v\n04/05/2024 10:15,1\n13/05/2024 10:15,2\n", 3,
                "1 of the 2 times in 'timestamp' are not written as &timeformat says");
    add(f, &f->o.time_formats, "%d.%m.%Y");
    check(f, "timestamp\n04/05/2024 10:15\n5.4.2024\n", "timestamp TIMESTAMP",
          "2024-04-05T10:15:00\n2024-04-05T00:00:00\n");
    f->o.zone = POND_SV("America/Los_Angeles");
    check(f, "timestamp\n07/05/2024 10:15\n", "timestamp TIMESTAMP WITH TIME ZONE",
          "2024-07-05T17:15:00Z\n");
    check_fails(f, "timestamp\n11/03/2024 00:15\n11/03/2024 01:15\n", 3,
                "'11/03/2024 01:15' in 'timestamp' is a time that the clocks of "
                "America/Los_Angeles showed twice (1 such time)");
    f->o.dst = POND_DST_SECOND;
    check(f, "timestamp\n11/03/2024 01:15\n", "timestamp TIMESTAMP WITH TIME ZONE",
          "2024-11-03T09:15:00Z\n");
    f->o.dst = POND_DST_FIRST;
    check(f, "timestamp\n11/03/2024 01:15\n", "timestamp TIMESTAMP WITH TIME ZONE",
          "2024-11-03T08:15:00Z\n");
    check_fails(f, "when,v\n1,1\n", 0,
                "'x.csv' has no column called timestamp, time, ts or datetime");
}

static void times_of_several_columns(void **state) {
    fixture *f = *state;
    f->o.time = POND_SV("Date+Time");
    add(f, &f->o.time_formats, "%m/%d/%Y %H:%M");
    check(f, "id,Date,Time,v\n1,04/05/2024,10:15,7\n2,04/06/2024,12:05,8\n",
          "id BIGINT, timestamp TIMESTAMP, v BIGINT",
          "1|2024-04-05T10:15:00|7\n2|2024-04-06T12:05:00|8\n");
    assert_int_equal(pond_text_facts_of(f->text)->time_column, 1);
    check_fails(f, "Date,v\n1,2\n", 0, "'x.csv' has no column 'Time', which &time names");
}

static void times_that_count(void **state) {
    fixture *f = *state;
    f->o.epoch = POND_EPOCH_S;
    check(f, "ts\n1704067200\n1704067200.5\n-1.5\n", "ts TIMESTAMP WITH TIME ZONE",
          "2024-01-01T00:00:00Z\n2024-01-01T00:00:00.500Z\n1969-12-31T23:59:58.500Z\n");
    f->o.epoch = POND_EPOCH_MS;
    check(f, "ts\n1704067200123\n", "ts TIMESTAMP WITH TIME ZONE", "2024-01-01T00:00:00.123Z\n");
    f->o.epoch = POND_EPOCH_NS;
    check(f, "ts\n1704067200123456789\n", "ts TIMESTAMP_NS", "1704067200123456789\n");
    check_fails(f, "ts\n1704067200\nnow\n", 3,
                "1 of the 2 times in 'ts' are not written as &epoch says");
}

static void advice_names_the_forms_that_fit(void **state) {
    fixture *f = *state;
    pond_buf advice = POND_BUF_EMPTY;
    bool is_advice;
    assert_int_equal(open_text(f, "Date,Time,v\n04/15/2024,10:15,1\n"), POND_OK);
    assert_int_equal(pond_text_advise_time(f->text, &advice, &is_advice, &f->err), POND_OK);
    assert_true(is_advice);
    assert_non_null(strstr(advice.p, "?time=Date+Time"));
    assert_non_null(strstr(advice.p, "timeformat=%m/%d/%Y %H:%M "));
    assert_null(strstr(advice.p, "%d/%m"));
    pond_buf_clear(&advice);
    assert_int_equal(open_text(f, "name,v\na,1\n"), POND_OK);
    assert_int_equal(pond_text_advise_time(f->text, &advice, &is_advice, &f->err), POND_OK);
    assert_false(is_advice);
    pond_buf_free(&advice);
}

static void the_order_of_times(void **state) {
    fixture *f = *state;
    static const struct {
        const char *text;
        pond_text_order order;
        size_t n_days;
    } rows[] = {
        {"timestamp\n2024-01-01T00:00\n2024-01-02T00:00\n2024-01-05T00:00\n", POND_TEXT_STRICT, 2},
        {"timestamp\n2024-01-01T00:00\n2024-01-01T00:00\n", POND_TEXT_ASCENDING, 1},
        {"timestamp\n2024-01-02T00:00\n2024-01-01T00:00\n", POND_TEXT_UNORDERED, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(open_text(f, rows[i].text), POND_OK);
        const pond_text_facts *facts = pond_text_facts_of(f->text);
        assert_int_equal(facts->order, rows[i].order);
        assert_int_equal(facts->has_days, rows[i].order != POND_TEXT_UNORDERED);
        if (facts->has_days)
            assert_int_equal(facts->n_days, rows[i].n_days);
    }
}

// Whole files -------------------------------------------------------------------------------------

static void a_file_cut_at_any_byte_is_read_or_refused(void **state) {
    fixture *f = *state;
    static const char text[] = "timestamp,\"n\"\"ame\",v\r\n2024-01-01T00:00:00Z,\"a\r\nb\",1.5\r\n"
                               "2024-01-01T01:00:00Z,\xC3\xBC,2\n";
    for (size_t n = 0; n < sizeof text; n++) {
        char *copy = malloc(n + 1); // so that reading past its end is found
        memcpy(copy, text, n);
        if (open_bytes(f, copy, n) == POND_OK)
            rows_of(f, NULL);
        else
            assert_int_equal(f->err.code, POND_ERR_INVALID);
        free(copy);
    }
}

// Rows that know what they are: quotes, line ends and NULLs by chance, over many blocks.
static void many_blocks_give_the_same_rows_with_any_number_of_threads(void **state) {
    fixture *f = *state;
    pond_buf text = POND_BUF_EMPTY, want = POND_BUF_EMPTY;
    enum { ROWS = 60000 };
    srand48(3);
    pond_buf_str(&text, "k,text,v\n");
    for (int i = 0; i < ROWS; i++) {
        const char *end = lrand48() % 3 == 0 ? "\r\n" : "\n";
        long kind = lrand48() % 5;
        const char *quoted = kind == 0   ? "\"a, \"\"b\"\"\nc\""
                             : kind == 1 ? "\"\r\n\""
                             : kind == 2 ? ""
                                         : "plain text of some length";
        const char *plain = kind == 0   ? "a, \"b\"\nc"
                            : kind == 1 ? "\r\n"
                            : kind == 2 ? "NULL"
                                        : quoted;
        double v = drand48();
        pond_buf_printf(&text, "%d,%s,%.17g%s", i, quoted, v, end);
        pond_buf_printf(&want, "%d|%s|%.17g\n", i, plain, v);
    }
    for (f->threads = 1; f->threads <= 4; f->threads++) {
        assert_int_equal(open_text(f, text.p), POND_OK);
        assert_int_equal(pond_text_facts_of(f->text)->rows, ROWS);
        assert_string_equal(types_of(f), "k BIGINT, text VARCHAR, v DOUBLE");
        assert_string_equal(rows_of(f, NULL), want.p);
    }
    // The first bad line is named, whichever thread finds one first.
    pond_buf_str(&text, "1,2\n1,2,3,4\n");
    pond_code rc = open_text(f, text.p);
    assert_int_equal(rc, POND_ERR_INVALID);
    assert_string_equal(f->err.msg, "2 fields, where the first line has 3");
    uint32_t lines = 1;
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    assert_int_equal(f->err.where.line, lines - 2);
    pond_buf_free(&text);
    pond_buf_free(&want);
}

// Files that know what they hold -----------------------------------------------------------------

enum { KINDS = 6 };
static const char *const kind_types[KINDS] = {"BIGINT",  "DOUBLE",    "BOOLEAN",
                                              "VARCHAR", "TIMESTAMP", "VARCHAR"};

// A value by chance, as the file has it and as it is read. Some are written with quotes.
static void make_value(fixture *f, int kind, bool is_first, char **text, char **want) {
    static const char *const words[] = {"plain", "a, b", "\"quoted\"", "two\nlines", "; | \t",
                                        "ü",     "'",    "007",        "1.2.3",      "x\r\ny"};
    long n = lrand48();
    double d = ((double)(n % 2000001) - 1000000) / 64;
    char time[40];
    switch (kind) {
    case 0:
        *text = *want = pond_printf(&f->a, "%ld", n % 2 == 0 ? n : -n);
        break;
    case 1: // the first one has a fraction, so that the column is no column of whole numbers
        *text = pond_printf(&f->a, "%.6f", is_first ? 0.5 : d);
        *want = pond_printf(&f->a, "%.17g", is_first ? 0.5 : d);
        break;
    case 2:
        *text = *want = pond_printf(&f->a, "%s", n % 2 == 0 ? "true" : "false");
        break;
    case 4:
        pond_time_format((int64_t)n * 1000000, time);
        time[strlen(time) - 1] = '\0';
        *want = pond_printf(&f->a, "%s", time);
        *text = pond_printf(&f->a, "%s", time);
        (*text)[10] = n % 2 == 0 ? 'T' : ' ';
        break;
    case 5: // ids: what would lose its zeros as a number
        *text = *want = pond_printf(&f->a, "0%ld", n % 1000);
        break;
    default: // the first one is no number
        *text = *want = pond_printf(&f->a, "%s", words[is_first ? 0 : n % 10]);
    }
}

static void write_field(pond_buf *out, const char *text, char delimiter, bool is_quoted) {
    if (!is_quoted && strpbrk(text, "\"\r\n") == NULL && strchr(text, delimiter) == NULL) {
        pond_buf_str(out, text);
        return;
    }
    pond_buf_char(out, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"')
            pond_buf_char(out, '"');
        pond_buf_char(out, *text);
    }
    pond_buf_char(out, '"');
}

static void random_files_are_read_as_they_were_written(void **state) {
    fixture *f = *state;
    srand48(2026);
    for (int file = 0; file < 300; file++) {
        char delimiter = ",;\t|"[lrand48() % 4];
        size_t n_columns = 1 + (size_t)lrand48() % 6, n_rows = 1 + (size_t)lrand48() % 40;
        int kinds[8];
        pond_buf text = POND_BUF_EMPTY, want = POND_BUF_EMPTY, types = POND_BUF_EMPTY;
        if (file % 5 == 0)
            pond_buf_str(&text, "\xEF\xBB\xBF");
        for (size_t c = 0; c < n_columns; c++) {
            kinds[c] = (int)(lrand48() % KINDS);
            pond_buf_printf(&text, "%sc%zu", c == 0 ? "" : (char[2]){delimiter, '\0'}, c);
            pond_buf_printf(&types, "%sc%zu %s", c == 0 ? "" : ", ", c, kind_types[kinds[c]]);
        }
        pond_buf_str(&text, file % 2 == 0 ? "\n" : "\r\n");
        for (size_t r = 0; r < n_rows; r++) {
            for (size_t c = 0; c < n_columns; c++) {
                char *written, *read;
                // A row of one column that is empty would be a blank line.
                bool is_null = r > 0 && n_columns > 1 && lrand48() % 5 == 0;
                make_value(f, kinds[c], r == 0, &written, &read);
                if (c > 0)
                    pond_buf_char(&text, delimiter);
                write_field(&text, is_null ? "" : written, delimiter, lrand48() % 4 == 0);
                pond_buf_printf(&want, "%s%s", c == 0 ? "" : "|", is_null ? "NULL" : read);
            }
            pond_buf_char(&want, '\n');
            bool is_last = r + 1 == n_rows && lrand48() % 2 == 0;
            pond_buf_str(&text, is_last ? "" : lrand48() % 3 == 0 ? "\r\n" : "\n");
        }
        f->o.form.delimiter = delimiter;
        f->threads = 1 + file % 3;
        check(f, text.p, types.p, want.p);
        pond_buf_free(&text);
        pond_buf_free(&want);
        pond_buf_free(&types);
    }
}

// Everything that a caller can see: the error, or the facts and rows.
static char *describe(fixture *f, pond_code rc) {
    pond_buf out = POND_BUF_EMPTY;
    if (rc != POND_OK)
        return pond_printf(&f->a, "%d %s:%u %s\n%s", (int)rc, f->err.where.file, f->err.where.line,
                           f->err.msg, f->err.detail);
    const pond_text_facts *facts = pond_text_facts_of(f->text);
    pond_buf_printf(&out, "%s\n%llu rows, time %td, %lld to %lld, order %d, days %d %zu\n",
                    types_of(f), (unsigned long long)facts->rows, facts->time_column,
                    (long long)facts->t_min_us, (long long)facts->t_max_us, (int)facts->order,
                    (int)facts->has_days, facts->n_days);
    for (size_t i = 0; i < facts->n_columns; i++)
        pond_buf_printf(&out, "%llu+%llu+%llu ", (unsigned long long)facts->columns[i].n_values,
                        (unsigned long long)facts->columns[i].n_nulls,
                        (unsigned long long)facts->columns[i].n_marked);
    for (size_t i = 0; i < facts->n_notes; i++)
        pond_buf_printf(&out, "\n%s", note(f, i));
    pond_buf_printf(&out, "\n%s", rows_of(f, NULL));
    return pond_cstr(&f->a, pond_buf_keep(&f->a, &out));
}

// Reads the rows of a text that is started, as often as they come.
static size_t take_started(fixture *f) {
    const pond_text_facts *facts = pond_text_facts_of(f->text);
    bool *all = POND_NEW_ARRAY(&f->a, bool, facts->n_columns);
    memset(all, 1, facts->n_columns);
    pond_cells *cells = POND_NEW_ARRAY(&f->a, pond_cells, facts->n_columns);
    pond_text_rows *rows;
    size_t n, sum = 0;
    pond_code rc = pond_text_rows_open(f->text, all, &rows, &f->err);
    if (rc != POND_OK)
        return 0;
    while ((rc = pond_text_rows_next(rows, cells, &n, &f->err)) == POND_OK && n > 0)
        sum += n;
    pond_text_rows_close(rows);
    assert_true(rc == POND_OK || rc == POND_ERR_CONFLICT);
    return rc == POND_OK ? sum : 0;
}

static void start_text(fixture *f, bool may_be_right, bool is_abandoned, const char *want) {
    pond_text_means means = {.threads = f->threads, .dir = f->dir};
    bool is_as_guessed;
    pond_text_close(f->text);
    f->text = NULL;
    pond_err_clear(&f->err);
    assert_int_equal(
        pond_text_start(&f->a, f->path, POND_SV("x.csv"), &f->o, &means, true, &f->text, &f->err),
        POND_OK);
    assert_true(pond_text_is_started(f->text));
    size_t n = is_abandoned ? 0 : take_started(f);
    pond_err_clear(&f->err);
    pond_code rc = pond_text_finish(f->text, &is_as_guessed, &f->err);
    assert_string_equal(describe(f, rc), want);
    if (rc == POND_OK)
        assert_int_equal(is_as_guessed, may_be_right);
    if (rc == POND_OK && may_be_right && !is_abandoned &&
        pond_text_facts_of(f->text)->order != POND_TEXT_UNORDERED)
        assert_int_equal(n, pond_text_facts_of(f->text)->rows);
}

static void what_comes_late_decides_as_if_it_came_early(void **state) {
    fixture *f = *state;
    static const struct {
        const char *usual, *late; // fields of the last column
        const char *last;         // the last record
        bool is_as_guessed;
    } cases[] = {
        {"1.5", "2.5", "", true},
        {"1", "2.5", "", false},
        {"1", "9223372036854775808", "", false},
        {"1", "007", "", false},
        {"1.5", "9007199254740993", "", false},
        {"1", "", "", true},
        {"", "1", "", false},
        {"", "text", "", true},
        {"", "", "", true},
        {"2024-01-01", "2024-01-01T10:00", "", false},
        {"2024-01-01T10:00", "2024-01-01T10:00:00.123456789", "", false},
        {"2024-01-01T10:00Z", "2024-01-01T10:00", "", false},
        {"true", "no", "", false},
        {"1", "NA", "", false},                          // nearly numeric
        {"1", "1", "2024-01-01T00:00:00,9,x,1\n", true}, // not in order
        {"1", "1", "2024-01-01T00:00:00,9\n", false},
        {"1", "1", "2024-01-01T00:00:00,9,\"x,1\n", false},
        {"1", "1", "2024-01-01T00:00:00,9,\xff,1\n", false},
        {"1", "1", "not a time,9,x,1\n", false},
        {"1", "1", "timestamp,k,text,v\n", true},
    };
    enum { ROWS = 30000 };
    for (size_t i = 0; i < COUNT(cases); i++) {
        pond_buf text = POND_BUF_EMPTY;
        pond_buf_str(&text, "timestamp,k,text,v\n");
        for (int row = 0; row < ROWS; row++)
            pond_buf_printf(&text, "2024-01-%02dT%02d:%02d:%02d,%d,%s,%s\n", 1 + row / 14400,
                            row / 600 % 24, row / 10 % 60, row % 10, row,
                            row % 3 == 0   ? "\"a \"\"b\"\"\nc\""
                            : row % 3 == 1 ? ""
                                           : " blanks ",
                            row + 3 == ROWS ? cases[i].late : cases[i].usual);
        pond_buf_str(&text, cases[i].last);
        f->threads = 1;
        f->keeps = false;
        const char *want = describe(f, open_text(f, text.p));
        f->keeps = true;
        for (f->threads = 1; f->threads <= 4; f->threads++) {
            assert_string_equal(describe(f, open_text(f, text.p)), want);
            start_text(f, cases[i].is_as_guessed, false, want);
            start_text(f, cases[i].is_as_guessed, true, want);
        }
        pond_buf_free(&text);
    }
}

// Where nothing can be kept, the text is read again.
static void without_room_the_result_is_the_same(void **state) {
    fixture *f = *state;
    pond_buf text = POND_BUF_EMPTY;
    pond_text *t;
    pond_text_means means = {.threads = 2, .dir = "/does/not/exist"};
    pond_buf_str(&text, "a,b\n");
    for (int row = 0; row < 200000; row++)
        pond_buf_printf(&text, "%d,x\n", row);
    assert_int_equal(open_text(f, text.p), POND_OK);
    char *want = rows_of(f, NULL);
    assert_int_equal(
        pond_text_start(&f->a, f->path, POND_SV("x.csv"), &f->o, &means, false, &t, &f->err),
        POND_OK);
    assert_false(pond_text_is_started(t));
    pond_text_close(f->text);
    f->text = t;
    assert_string_equal(rows_of(f, NULL), want);
    // What was kept is gone: the rows come from the text.
    f->keeps = true;
    assert_int_equal(open_text(f, text.p), POND_OK);
    pond_text_close(f->text);
    assert_string_equal(rows_of(f, NULL), want);
    pond_buf_free(&text);
}

// What a query may mean is kept, and whatever is wanted is right.
static void a_query_decides_what_is_kept_and_nothing_else(void **state) {
    fixture *f = *state;
    static const char *const queries[] = {
        "",
        "SELECT max(\"B\") FROM source",
        "SELECT * FROM source",
        "SELECT count() FROM source",
        "select TEXT, a from source",
        "SELECT \"a\"\"b\" FROM source",
    };
    enum { ROWS = 40000, N_COLUMNS = 5 };
    pond_buf text = POND_BUF_EMPTY;
    pond_buf_str(&text, "timestamp,a,b,Text,\"a\"\"b\"\n");
    for (int row = 0; row < ROWS; row++)
        pond_buf_printf(&text, "2024-01-%02dT%02d:%02d:00,%d,%d.5,%s,%s\n", 1 + row / 1440,
                        row / 60 % 24, row % 60, row, row * 7 % 100, row % 3 == 0 ? "" : "x",
                        row + 1 == ROWS ? "2.5" : "1");
    assert_int_equal(open_text(f, text.p), POND_OK);
    char *wants[1 << N_COLUMNS];
    bool is_wanted[N_COLUMNS];
    for (int set = 0; set < 1 << N_COLUMNS; set += 3) {
        for (int i = 0; i < N_COLUMNS; i++)
            is_wanted[i] = set >> i & 1;
        wants[set] = rows_of(f, is_wanted);
    }
    for (size_t q = 0; q < COUNT(queries); q++)
        for (int threads = 1; threads <= 2; threads++) {
            pond_text_means means = {
                .threads = threads, .dir = f->dir, .query = pond_sv_of(queries[q])};
            pond_text_close(f->text);
            f->text = NULL;
            assert_int_equal(
                pond_text_open(&f->a, f->path, POND_SV("x.csv"), &f->o, &means, &f->text, &f->err),
                POND_OK);
            for (int set = 0; set < 1 << N_COLUMNS; set += 3) {
                for (int i = 0; i < N_COLUMNS; i++)
                    is_wanted[i] = set >> i & 1;
                assert_string_equal(rows_of(f, is_wanted), wants[set]);
            }
        }
    pond_buf_free(&text);
}

static void only_what_is_wanted_is_converted(void **state) {
    fixture *f = *state;
    bool is_wanted[3] = {false, true, false};
    assert_int_equal(open_text(f, "a,b,c\n1,2,3\n4,5,6\n"), POND_OK);
    assert_string_equal(rows_of(f, is_wanted), "NULL|2|NULL\nNULL|5|NULL\n");
}

static void a_file_that_changes_meanwhile_is_refused(void **state) {
    fixture *f = *state;
    assert_int_equal(open_text(f, "a\n1\n"), POND_OK);
    assert_int_equal(pond_file_replace(f->path, POND_SV("a\n1\n2\n"), NULL), POND_OK);
    bool is_wanted[1] = {true};
    pond_text_rows *rows;
    assert_int_equal(pond_text_rows_open(f->text, is_wanted, &rows, &f->err), POND_ERR_CONFLICT);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_column_has_the_narrowest_type_that_keeps_its_texts),
        TEST(late_values_count_like_early_ones),
        TEST(a_column_that_is_nearly_numeric_is_an_error),
        TEST(a_column_that_is_half_numeric_is_told),
        TEST(texts_for_null),
        TEST(numbers_with_commas),
        TEST(records),
        TEST(a_translation_keeps_the_lines_of_its_file),
        TEST(what_is_malformed_has_a_line),
        TEST(names_and_units_in_lines),
        TEST(times_are_read_as_they_are_said_to_be),
        TEST(times_of_several_columns),
        TEST(times_that_count),
        TEST(advice_names_the_forms_that_fit),
        TEST(the_order_of_times),
        TEST(a_file_cut_at_any_byte_is_read_or_refused),
        TEST(many_blocks_give_the_same_rows_with_any_number_of_threads),
        TEST(random_files_are_read_as_they_were_written),
        TEST(what_comes_late_decides_as_if_it_came_early),
        TEST(without_room_the_result_is_the_same),
        TEST(a_query_decides_what_is_kept_and_nothing_else),
        TEST(only_what_is_wanted_is_converted),
        TEST(a_file_that_changes_meanwhile_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
