// URLs and bare paths: what they say, and what is refused with which words.
#include "format/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static int set_up(void **state) {
    pond_arena *a = pond_xmalloc(sizeof *a);
    pond_arena_init(a);
    *state = a;
    return 0;
}

static int tear_down(void **state) {
    pond_arena_deinit(*state);
    free(*state);
    return 0;
}

static void test_forms(void **state) {
    pond_arena *a = *state;
    static const struct {
        const char *text;
        bool is_url, is_host;
        const char *format;
        pond_compression compression;
        pond_as as;
        const char *path;
    } cases[] = {
        {"/a/b", false, false, "file", POND_PLAIN, POND_AS_IS, "/a/b"},
        {"a/b", false, false, "file", POND_PLAIN, POND_AS_IS, "/a/b"},
        {"/100%?x#y", false, false, "file", POND_PLAIN, POND_AS_IS, "/100%?x#y"},
        {"/odd/a://b", false, false, "file", POND_PLAIN, POND_AS_IS, "/odd/a://b"},
        {"**/*", false, false, "file", POND_PLAIN, POND_AS_IS, "/**/*"},
        {"file:///a", true, false, "file", POND_PLAIN, POND_AS_IS, "/a"},
        {"csv:///", true, false, "csv", POND_PLAIN, POND_AS_IS, "/"},
        {"csv:///a*/**/x.csv", true, false, "csv", POND_PLAIN, POND_AS_IS, "/a*/**/x.csv"},
        {"csv+gzip:///a", true, false, "csv", POND_GZIP, POND_AS_IS, "/a"},
        {"csv+series+zstd:///a", true, false, "csv", POND_ZSTD, POND_AS_SERIES, "/a"},
        {"file+bzip2+table:///a", true, false, "file", POND_BZIP2, POND_AS_TABLE, "/a"},
        {"table:///a", true, false, "file", POND_PLAIN, POND_AS_TABLE, "/a"},
        {"series:///a", true, false, "file", POND_PLAIN, POND_AS_SERIES, "/a"},
        {"series+zstd:///a", true, false, "file", POND_ZSTD, POND_AS_SERIES, "/a"},
        {"host:///a", true, true, "file", POND_PLAIN, POND_AS_IS, "/a"},
        {"host+file:///a", true, true, "file", POND_PLAIN, POND_AS_IS, "/a"},
        {"host+series:///a", true, true, "file", POND_PLAIN, POND_AS_SERIES, "/a"},
        {"host+csv+series:///a", true, true, "csv", POND_PLAIN, POND_AS_SERIES, "/a"},
        {"host+csv:///rel/x", true, true, "csv", POND_PLAIN, POND_AS_IS, "/rel/x"},
        {"host+dynamic-dir:///c.yaml", true, true, "dynamic-dir", POND_PLAIN, POND_AS_IS,
         "/c.yaml"},
        {"host+/tmp/*", true, true, "file", POND_PLAIN, POND_AS_IS, "/tmp/*"},
        {"host+logs/*", true, true, "file", POND_PLAIN, POND_AS_IS, "/logs/*"},
        {"csv:///a%20b%2F%c3%A4%25", true, false, "csv", POND_PLAIN, POND_AS_IS, "/a b/\xc3\xa4%"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_url u;
        pond_err err;
        if (pond_url_parse(a, pond_sv_of(cases[i].text), &u, &err) != POND_OK)
            fail_msg("'%s': %s", cases[i].text, err.msg);
        assert_true(pond_sv_is(u.text, cases[i].text));
        assert_int_equal(u.is_url, cases[i].is_url);
        assert_int_equal(u.is_host, cases[i].is_host);
        assert_string_equal(pond_cstr(a, u.format), cases[i].format);
        assert_int_equal(u.compression, cases[i].compression);
        assert_int_equal(u.as, cases[i].as);
        assert_string_equal(pond_cstr(a, u.path), cases[i].path);
        assert_int_equal(u.options.n, 0);
    }
}

static void test_options(void **state) {
    pond_url u;
    assert_int_equal(pond_url_parse(*state,
                                    POND_SV("host+csv+series:///d/*.csv?null=NA&delimiter=;&&"
                                            "quote=%27&a%3Db=1+1=2&flag&empty="),
                                    &u, NULL),
                     POND_OK);
    assert_true(pond_sv_is(u.path, "/d/*.csv"));
    assert_int_equal(u.options.n, 6);
    static const char *const expected[][2] = {{"null", "NA"},   {"delimiter", ";"}, {"quote", "'"},
                                              {"a=b", "1+1=2"}, {"flag", ""},       {"empty", ""}};
    for (size_t i = 0; i < u.options.n; i++) {
        assert_true(pond_sv_is(u.options.items[i].key, expected[i][0]));
        assert_true(pond_sv_is(u.options.items[i].value, expected[i][1]));
    }
}

static void test_errors(void **state) {
    static const struct {
        const char *text, *message, *detail;
    } cases[] = {
        {"", "the path is empty; the root is '/'", ""},
        {"host+", "the path is empty; the root is '/'", ""},
        {"csv://", "no path in 'csv://'; write csv:///PATH", ""},
        {"csv://?x=1", "no path in 'csv://?x=1'; write csv:///PATH", ""},
        {"csv:///a#b", "fragment not allowed in 'csv:///a#b'; write '#' as %23", ""},
        {"csv://h:80/a", "port not allowed in 'csv://h:80/a'", ""},
        {"csv://u@h/a", "username not allowed in 'csv://u@h/a'", ""},
        {"csv://:p@h/a", "password not allowed in 'csv://:p@h/a'", ""},
        {"csv://a/b",
         "non-empty host 'a' is not allowed in provider URLs; use host+ prefix instead (e.g., "
         "host+csv:///path)",
         "  a path needs three slashes: csv:///a/b\n"},
        {"gzip:///a",
         "compression 'gzip' cannot be the primary scheme; put it after a format (e.g., "
         "csv+gzip:///path)",
         ""},
        {"csv+gzip+zstd:///a",
         "duplicate compression in scheme 'csv+gzip+zstd': '+zstd' is one too many", ""},
        {"csv+table+table:///a",
         "duplicate entry type in scheme 'csv+table+table': '+table' is one too many", ""},
        {"series+table:///a",
         "duplicate entry type in scheme 'series+table': '+table' is one too many", ""},
        {"csv+lz4:///a",
         "unknown scheme suffix '+lz4' in 'csv+lz4'; expected compression (zstd, gzip, bzip2) or "
         "entry type (table, series)",
         ""},
        {"csv+:///a",
         "unknown scheme suffix '+' in 'csv+'; expected compression (zstd, gzip, bzip2) or entry "
         "type (table, series)",
         ""},
        {":///a", "no format in scheme ''; write e.g. csv:///PATH", ""},
        {"host+:///a", "no format in scheme 'host+'; write e.g. csv:///PATH", ""},
        {"csv:///a%zz", "malformed escape '%zz' in 'csv:///a%zz'; write '%' as %25", ""},
        {"csv:///a%4", "malformed escape '%4' in 'csv:///a%4'; write '%' as %25", ""},
        {"csv:///a%00b", "NUL byte not allowed in 'csv:///a%00b'", ""},
        {"csv:///a?=2", "option without a name in 'csv:///a?=2'", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_url u;
        pond_err err;
        assert_int_equal(pond_url_parse(*state, pond_sv_of(cases[i].text), &u, &err),
                         POND_ERR_INVALID);
        assert_string_equal(err.msg, cases[i].message);
        assert_string_equal(err.detail, cases[i].detail);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forms, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
