// Formats that are translated: a file in one of them, and its rows as CSV.
#include "translate.h"

typedef struct translation_case {
    const char *name, *url, *bytes;
    const char *csv;     // NULL: it is refused
    const char *message; // the warning, or the error; NULL: no warning
} translation_case;

static pond_code translate(fixture *f, const char *url, const char *bytes, pond_buf *csv,
                           pond_translation *to) {
    assert_int_equal(pond_file_replace(in_dir(f, "in"), pond_sv_of(bytes), &f->err), POND_OK);
    return translate_file(f, url, csv, to);
}

static void check_cases(fixture *f, const translation_case *cases, size_t n) {
    for (size_t i = 0; i < n; i++) {
        const translation_case *c = &cases[i];
        pond_translation to;
        pond_buf csv = POND_BUF_EMPTY;
        char line[POND_ERR_LINE];
        pond_err_clear(&f->err);
        pond_code rc = translate(f, c->url, c->bytes, &csv, &to);
        pond_err_line(&f->err, line);
        if ((rc == POND_OK) != (c->csv != NULL))
            fail_msg("%s: %s", c->name, rc == POND_OK ? csv.p : line);
        if (c->csv != NULL && strcmp(pond_buf_view(&csv).p, c->csv) != 0)
            fail_msg("%s: got\n%s", c->name, csv.p);
        const char *message = rc != POND_OK ? line : to.warning.n > 0 ? to.warning.p : "";
        if (strcmp(message, c->message == NULL ? "" : c->message) != 0)
            fail_msg("%s: says '%s'", c->name, message);
        pond_buf_free(&csv);
    }
}
#define CHECK(f, cases) check_cases((f), (cases), sizeof(cases) / sizeof *(cases))

#define WEBLOG                                                                                     \
    "timestamp,remote_addr,remote_user,method,path,protocol,status,body_bytes_sent,http_referer,"  \
    "http_user_agent,\n"

static void requests_are_rows(void **state) {
    static const translation_case cases[] = {
        {"combined", "weblog:///f",
         "1.2.3.4 - bob [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.0\" 200 2326 \"http://x/\" "
         "\"Mozilla/4.08 [en]\"\r\n",
         WEBLOG "2000-10-10T20:55:36Z,\"1.2.3.4\",\"bob\",\"GET\",\"/a\",\"HTTP/1.0\",200,2326,"
                "\"http://x/\",\"Mozilla/4.08 [en]\",\n",
         NULL},
        {"common, with dashes", "weblog:///f",
         "  ::1 - - [01/Jan/2024:00:00:00 +0000] \"HEAD /\" 304 -  \n",
         WEBLOG "2024-01-01T00:00:00Z,\"::1\",,\"HEAD\",\"/\",,304,0,,,\n", NULL},
        {"requests with no and with many parts", "weblog:///f",
         "a - - [01/Jan/2024:00:00:00 +0000] \"\" 400 0 \"-\" \"-\"\n"
         "a - - [01/Jan/2024:00:00:00 +0000] \"X\" 400 0\n"
         "a - - [01/Jan/2024:00:00:00 +0000] \"GET /a b c\" 400 0",
         WEBLOG "2024-01-01T00:00:00Z,\"a\",,,,,400,0,,,\n"
                "2024-01-01T00:00:00Z,\"a\",,\"X\",,,400,0,,,\n"
                "2024-01-01T00:00:00Z,\"a\",,\"GET\",\"/a\",\"b c\",400,0,,,\n",
         "weblog: the last line has no line end, and its size may be cut off"},
        {"what is no entry", "weblog:///f",
         "a - - [31/Feb/2024:00:00:00 +0000] \"GET /\" 200 1\n"
         "a - - [1/Feb/2024:00:00:00 +0000] \"GET /\" 200 1\n"
         "a - - [01/Feb/2024:00:00:00 +0000] \"GET \\\"x\\\"\" 200 1\n"
         "a - - [01/Feb/2024:00:00:00 +0000] \"GET /\" 20 1\n"
         "a - - [01/Feb/2024:00:00:00 +0000] \"GET /\" 200 99999999999999999999\n"
         "a - - [01/Feb/2024:00:00:00 +0000] \"GET /\" 200 1 \"r\" \"a\" more\n"
         "a - - [01/Feb/2024:00:00:00 +0000] \"GET /\" 200\n"
         "\n   \nhello\n",
         WEBLOG, "weblog: skipped 8 unparseable lines"},
        {"nothing", "weblog:///f", "", WEBLOG, NULL},
        {"not UTF-8", "weblog:///f", "\n\xff\n", NULL, "in:2: the byte 0xff is not UTF-8"},
    };
    CHECK(*state, cases);
}

static void members_are_columns_of_text(void **state) {
    static const translation_case cases[] = {
        {"kinds", "jsonlogs:///f",
         "{\"s\":\"a \\\"b\\\"\\n\",\"n\":1.50,\"e\":1e3,\"i\":42,\"b\":true,\"z\":null,"
         "\"o\":{\"y\":[1, {}],\"x\":\"\"}}\n",
         "\"b\",\"e\",\"i\",\"n\",\"o\",\"s\",\"z\",\n"
         "\"true\",\"1000.0\",\"42\",\"1.5\",\"{\"\"x\"\":\"\"\"\",\"\"y\"\":[1,{}]}\","
         "\"a \"\"b\"\"\n\",,\n",
         NULL},
        {"one column, which is absent, empty, and equal to its name", "jsonlogs:///f",
         "{\"a\":\"a\"}\n{}\n{\"a\":\"\"}\n{\"a\":null}", "\"a\",\n\"a\",\n,\n\"\",\n,\n", NULL},
        {"blanks, NUL escapes and other values", "jsonlogs:///f",
         "\xEF\xBB\xBF  {\"a\":1}\t\r\n\n[]\n{\"a\":2}x\n{\"a\":\"\\u0000\"}\n{\"a\":1e999}\n",
         "\"a\",\n\"1\",\n", "jsonlogs: skipped 4 unparseable or non-object lines"},
        {"no object", "jsonlogs:///f", "[]\n", "\"column_1\",\n",
         "jsonlogs: skipped 1 unparseable or non-object line"},
        {"nothing", "jsonlogs:///f", "", "\"column_1\",\n", NULL},
        {"an object without members", "jsonlogs:///f", "{}\n", "\"column_1\",\n,\n", NULL},
        {"not UTF-8", "jsonlogs:///f", "{\"a\":1}\n{\"a\":\"\xC3\"}\n", NULL,
         "in:2: the byte 0xc3 is not UTF-8"},
    };
    CHECK(*state, cases);
}

// A request with one metric.
#define GAUGE(name, points)                                                                        \
    "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"" name                     \
    "\",\"gauge\":{\"dataPoints\":[" points "]}}]}]}]}\n"

static void gauges_are_columns(void **state) {
    static const translation_case cases[] = {
        {"times in order, names in order, NULL where nothing is", "oteljson:///f",
         GAUGE("b", "{\"timeUnixNano\":\"1700000001000000001\",\"asInt\":\"7\"},"
                    "{\"timeUnixNano\":\"-1\",\"asInt\":8}")
             GAUGE("a", "{\"timeUnixNano\":1700000000000001000,\"asDouble\":0.1}"),
         "\"timestamp\",\"a\",\"b\",\n"
         "1969-12-31T23:59:59.999999999Z,,8.0,\n"
         "2023-11-14T22:13:20.000001Z,0.1,,\n"
         "2023-11-14T22:13:21.000000001Z,,7.0,\n",
         NULL},
        {"numbers as texts, and no numbers", "oteljson:///f",
         GAUGE("a", "{\"timeUnixNano\":\"0\",\"asDouble\":\"NaN\"},"
                    "{\"timeUnixNano\":\"1000000000\",\"asDouble\":\"-Infinity\"},"
                    "{\"timeUnixNano\":\"2000000000\",\"asDouble\":\"1e300\"},"
                    "{\"timeUnixNano\":\"3000000000\"}"),
         "\"timestamp\",\"a\",\n1970-01-01T00:00:00Z,NaN,\n1970-01-01T00:00:01Z,-inf,\n"
         "1970-01-01T00:00:02Z,1e300,\n",
         NULL},
        {"the last value wins", "oteljson:///f",
         GAUGE("a", "{\"timeUnixNano\":\"0\",\"asInt\":1},{\"timeUnixNano\":\"0\",\"asInt\":2}"),
         "\"timestamp\",\"a\",\n1970-01-01T00:00:00Z,2.0,\n", NULL},
        {"sums only", "oteljson:///f",
         "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"a\",\"sum\":{}}]}]}]}",
         "\"timestamp\",\n", NULL},
        {"no request", "oteljson:///f",
         "{\"resourceMetrics\":[{\"scopeM\n{}\n3\n\n{\"resourceMetrics\":{}}\n"
         "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[7]}]}]}\n",
         "\"timestamp\",\n", "oteljson: skipped 5 corrupt lines during read"},
        {"no time", "oteljson:///f", "x\n" GAUGE("a", "{\"asInt\":1},{\"asInt\":2}"),
         "\"timestamp\",\n",
         "oteljson: skipped 1 corrupt line during read; skipped 2 data points without a time"},
        {"nothing", "oteljson:///f", "", "\"timestamp\",\n", NULL},
    };
    CHECK(*state, cases);
}

static void values_of_json_keep_their_kind(void **state) {
    static const translation_case cases[] = {
        {"in the order of their first appearance", "ndjson:///f",
         "{\"b\":1.50,\"a\":\"x\\n\\\"\",\"t\":true}\n\n{\"c\":-2e3,\"b\":null,\"a\":\"\"}\n",
         "\"b\",\"a\",\"t\",\"c\",\n1.50,\"x\n\"\"\",true,,\n\n,\"\",,-2e3,\n", NULL},
        {"mixed kinds", "ndjson:///f", "{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":false}\n",
         "\"a\",\n\"1\",\n\"x\",\n\"false\",\n",
         "'a' is text: it has texts, numbers, truth values"},
        {"more than 64 bits", "ndjson:///f", "{\"a\":1}\n{\"a\":12345678901234567890}\n",
         "\"a\",\n\"1\",\n\"12345678901234567890\",\n",
         "'a' is text: '12345678901234567890' (line 2) would lose digits"},
        {"nested values", "ndjson:///f", "{\"a\":1}\n{\"b\":[1]}\n", NULL,
         "in:2: 'b' is an array, which is no value of a column"},
        {"nested values as text", "ndjson:///f?nested=text",
         "{\"a\":{\"z\":[1.50, {}, []],\"b\":\"\\u00e9\", \"c\":null}}\n",
         "\"a\",\n\"{\"\"z\"\":[1.50,{},[]],\"\"b\"\":\"\"\xC3\xA9\"\",\"\"c\"\":null}\",\n", NULL},
        {"a member twice", "ndjson:///f", "{\"a\":1,\"b\":1,\"a\":2}", NULL,
         "in:1: an object has two members 'a'"},
        {"cut off", "ndjson:///f", "{\"a\":1}\n{\"a\":", NULL,
         "in:2: the text ends before the value does"},
        {"two objects on a line", "ndjson:///f", "{\"a\":1} {\"a\":2}", NULL,
         "in:1: expected nothing after the value, found '{'"},
        {"no object", "ndjson:///f", "{\"a\":1}\nnull\n", NULL,
         "in:2: a row must be a JSON object"},
        {"out of range", "ndjson:///f", "{\"a\":1e999}", NULL,
         "in:1: the number '1e999' in 'a' is out of range"},
        {"a NUL character", "ndjson:///f", "{\"a\":\"\\u0000\"}", NULL,
         "in:1: the text in 'a' has a NUL character"},
        {"nothing", "ndjson:///f", "", "\"column_1\",\n", NULL},
        {"an object without members", "ndjson:///f", "{}", "\"column_1\",\n,\n", NULL},
        {"an array of nothing", "json:///f", "[]", "\"column_1\",\n", NULL},
        {"an array", "json:///f", " [{\"a\":1},\n {\"b\":\"x\"}]\n", "\"a\",\"b\",\n1,,\n,\"x\",\n",
         NULL},
        {"an array that is cut off", "json:///f", "[{\"a\":1},\n{\"a\":", NULL,
         "in:2: this is not JSON, or the file is cut off"},
        {"an object", "json:///f", "{\"a\":[{}]}", NULL,
         "in:1: the text is no array of JSON objects"},
        {"an array of others", "json:///f", "[{\"a\":1},\n\n2]", NULL,
         "in:3: a row must be a JSON object"},
        {"text after the array", "json:///f", "[{\"a\":1}] x", NULL,
         "in:1: this is not JSON, or the file is cut off"},
    };
    CHECK(*state, cases);
}

static void line_protocol_is_rows(void **state) {
    static const translation_case cases[] = {
        {"tags, fields of each kind, escapes", "influx:///f",
         "# comment\n"
         "m\\ x,a\\,b=c\\ d,e=f\\=g i=-1i,u=2u,f=1.5e3,s=\"a \\\"b\\\" \\\\, =\",t=T 1000\n",
         "\"timestamp\",\"a,b\",\"e\",\"i\",\"u\",\"f\",\"s\",\"t\",\n"
         "1970-01-01T00:00:00.000001Z,\"c d\",\"f=g\",-1,2,1.5e3,\"a \"\"b\"\" \\, =\",true,\n",
         NULL},
        {"one point in two lines", "influx:///f?precision=s",
         "m,a=1,b=2 x=1,y=1 5\nm,b=2,a=1 y=2,z=3 5\nm,a=1 x=4 5\n",
         "\"timestamp\",\"a\",\"b\",\"x\",\"y\",\"z\",\n"
         "1970-01-01T00:00:05Z,\"1\",\"2\",1,2,3,\n1970-01-01T00:00:05Z,\"1\",,4,,,\n",
         NULL},
        {"several measurements", "influx:///f", "m x=1 0\nn x=2 -1\n",
         "\"timestamp\",\"measurement\",\"x\",\n1970-01-01T00:00:00Z,\"m\",1,\n"
         "1969-12-31T23:59:59.999999999Z,\"n\",2,\n",
         NULL},
        {"one of them", "influx:///f?measurement=n", "m x=1 0\nn y=2 0\n",
         "\"timestamp\",\"y\",\n1970-01-01T00:00:00Z,2,\n", NULL},
        {"none of them", "influx:///f?measurement=o", "m x=1 0\n", NULL,
         "'in' has no measurement 'o'"},
        {"a last time that may be longer", "influx:///f", "m x=1 0\nm x=1 146583983010040020", NULL,
         "in:2: the last line has no line end, and its timestamp '146583983010040020' may be cut "
         "off"},
        {"a last time that cannot be longer", "influx:///f?precision=s", "m x=1 1465839830",
         "\"timestamp\",\"x\",\n2016-06-13T17:43:50Z,1,\n", NULL},
        {"no time", "influx:///f", "m x=1 0\nm x=1\n", NULL, "in:2: the line has no timestamp"},
        {"a time that is too large", "influx:///f?precision=s", "m x=1 9223372037\n", NULL,
         "in:1: '9223372037' is no timestamp of this precision"},
        {"a number that is a text", "influx:///f", "m x=1i 0\nm x=\"1\" 0\n", NULL,
         "in:2: the field 'x' is a text here, and a number above"},
        {"a field that is a tag", "influx:///f", "m x=1 0\nm,x=1 y=1 0\n", NULL,
         "in:2: 'x' is a tag in one line and a field in another"},
        {"an open quote", "influx:///f", "m x=\"a\\\" 0\n", NULL,
         "in:1: the text of 'x' has no closing quote"},
        {"text after a quote", "influx:///f", "m x=\"a\"b 0\n", NULL,
         "in:1: there is text after the field 'x'"},
        {"no fields", "influx:///f", "m,a=b 0\n", NULL,
         "in:1: a field is not written as key=value"},
        {"nothing", "influx:///f", "# m x=1 0\n", "\"timestamp\",\n", NULL},
        {"integers that a float does not hold", "influx:///f",
         "m a=9007199254740993i,b=9223372036854775807i,c=9007199254740993i 1000\n"
         "m a=0.5,b=1,c=1i 2000\nm a=-9007199254740993i,b=9007199254740992i 3000\n",
         "\"timestamp\",\"a\",\"b\",\"c\",\n"
         "1970-01-01T00:00:00.000001Z,9007199254740993,9223372036854775807,9007199254740993,\n"
         "1970-01-01T00:00:00.000002Z,0.5,1,1,\n"
         "1970-01-01T00:00:00.000003Z,-9007199254740993,9007199254740992,,\n",
         "'a' has integers and floats: 2 integers lose digits as floats; 'b' has integers and "
         "floats: 1 integer loses digits as floats"},
    };
    CHECK(*state, cases);
}

static void reports_in_html_are_rows(void **state) {
    static const translation_case cases[] = {
        {"a report", "excelhtml:///f",
         "<html><body><p>x<table><tr class=data><td>0</table><div id=isi-report><table><tbody>"
         "<tr class='x dataHeader y'><td> Date Time</td><td>Depth (m)&nbsp;</td><td>\"T\"</td></tr>"
         "<tr class='data'><td>2024-01-01 00:00</td><td><b>1</b>.50</td><td></td><td>9</td></tr>"
         "<tr class='dataFoot'><td>no</td></tr><tr isi-data-row><td></td><td>n/a"
         "</table></div><tr class=data><td>1</body>",
         "\"Date Time\",\"Depth (m)\",\"\"\"T\"\"\",\n\"2024-01-01 00:00\",1.5,,\n,,,\n",
         "excelhtml: 1 cell is no number, and NULL"},
        {"no table", "excelhtml:///f", "<p>hello", NULL,
         "'in': No table with id='isi-report' found"},
        {"nothing", "excelhtml:///f", "", NULL, "'in': No table with id='isi-report' found"},
        {"no header", "excelhtml:///f", "<p id=isi-report><tr class=data><td>1", NULL,
         "'in': No dataHeader row found"},
        {"no columns", "excelhtml:///f", "<table id=isi-report><tr isi-data-table></table>", NULL,
         "'in': No columns found in header"},
        {"not UTF-8", "excelhtml:///f", "<p>\xFF", NULL,
         "'in': Invalid UTF-8 in HTML: byte 3 is 0xff"},
    };
    CHECK(*state, cases);
}

static void nul_bytes_of_lines_are_left_out(void **state) {
    fixture *f = *state;
    static const char bytes[] = "\0\0{\"a\":\0001}\0\n\0\0\n";
    char *in = in_dir(f, "in"), *out = in_dir(f, "out");
    pond_url u;
    pond_reader r;
    pond_translation to;
    pond_buf csv = POND_BUF_EMPTY;
    assert_int_equal(pond_url_parse(&f->arena, POND_SV("jsonlogs:///f"), &u, &f->err), POND_OK);
    assert_int_equal(pond_reader_open(&f->arena, &u, &r, &f->err), POND_OK);
    assert_int_equal(pond_file_replace(in, (pond_sv){bytes, sizeof bytes - 1}, &f->err), POND_OK);
    int fd = open(out, O_RDWR | O_CREAT, 0600);
    assert_int_equal(r.format->translate(&f->arena, &r, in, POND_SV("in"), fd, &to, &f->err),
                     POND_OK);
    close(fd);
    assert_int_equal(pond_file_read(out, &csv, &f->err), POND_OK);
    assert_string_equal(csv.p, "\"a\",\n\"1\",\n");
    assert_int_equal(to.warning.n, 0);
    pond_buf_free(&csv);
}

// Longer than a window, and the rows longer than what is written at once.
static void long_lines_are_whole(void **state) {
    fixture *f = *state;
    enum { N = 300000 };
    pond_buf in = POND_BUF_EMPTY, csv = POND_BUF_EMPTY;
    pond_translation to;
    for (int i = 0; i < 2; i++) {
        pond_buf_str(&in, "{\"a\":\"");
        pond_buf_fill(&in, 'x', N);
        pond_buf_str(&in, "\"}\n");
    }
    assert_int_equal(translate(f, "jsonlogs:///f", in.p, &csv, &to), POND_OK);
    assert_int_equal(csv.n, 5 + 2 * (N + 4));
    pond_buf_free(&in);
    pond_buf_free(&csv);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_are_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(members_are_columns_of_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gauges_are_columns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(values_of_json_keep_their_kind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(line_protocol_is_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reports_in_html_are_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nul_bytes_of_lines_are_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_lines_are_whole, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
