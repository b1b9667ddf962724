// Formats: what a URL's format, codec and options become, and what is refused with which words.
#include "fixture.h"

#include "engine/engine.h"
#include "format/format.h"

static pond_code open_reader(fixture *f, const char *url, pond_reader *r) {
    pond_url u;
    assert_int_equal(pond_url_parse(&f->arena, pond_sv_of(url), &u, &f->err), POND_OK);
    return pond_reader_open(&f->arena, &u, r, &f->err);
}

static char *write_file(fixture *f, const char *name, const char *bytes, size_t n) {
    char *path = in_dir(f, name);
    assert_int_equal(pond_file_replace(path, (pond_sv){bytes, n}, &f->err), POND_OK);
    return path;
}

static void every_format_is_found_by_its_name(void **state) {
    (void)state;
    assert_true(pond_format_count() >= 2);
    for (size_t i = 0; i < pond_format_count(); i++) {
        const pond_format *f = pond_format_at(i);
        assert_ptr_equal(pond_format_find(pond_sv_of(f->name)), f);
        assert_non_null(f->summary);
        assert_non_null(f->content);
    }
    assert_null(pond_format_find(POND_SV("cs")));
    assert_null(pond_format_find(POND_SV("")));
}

static void what_cannot_be_read_is_refused(void **state) {
    fixture *f = *state;
    static const struct {
        const char *url;
        pond_code code;
        const char *message;
    } cases[] = {
        {"xls:///a", POND_ERR_USAGE,
         "unknown format 'xls' in 'xls:///a'; the formats are series, table, file, csv"},
        {"table+bzip2:///a", POND_ERR_INVALID,
         "'table+bzip2:///a': 'file' files cannot be read with compression bzip2; only "
         "uncompressed "
         "files can be read"},
        {"table+gzip:///a", POND_ERR_INVALID,
         "'table+gzip:///a': 'file' files cannot be read with compression gzip; only uncompressed "
         "files can be read"},
        {"table:///a?x=1", POND_ERR_USAGE, "'table:///a?x=1': options are for formats such as csv"},
        {"csv:///a?delimiter=ab", POND_ERR_INVALID,
         "option 'delimiter' of 'csv:///a?delimiter=ab' must be one character, not 'ab'"},
        {"csv:///a?quote=x&quote=y", POND_ERR_INVALID,
         "option 'quote' is given twice in 'csv:///a?quote=x&quote=y'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_reader r;
        assert_int_equal(open_reader(f, cases[i].url, &r), cases[i].code);
        assert_string_equal(f->err.msg, cases[i].message);
    }
}

static void options_become_sql(void **state) {
    fixture *f = *state;
    pond_reader r;
    pond_buf sql = POND_BUF_EMPTY;
    char *path = write_file(f, "a.csv", "x;y\n1;2\n", 8);
    pond_sv file = pond_sv_of(path);
    assert_int_equal(
        open_reader(f, "csv:///a.csv?delimiter=;&null=NA&schema_infer_max_records=7", &r), POND_OK);
    pond_reader_sql(&r, &file, 1, &sql);
    static const char *const pieces[] = {"read_csv(", "delim=';'", "nullstr=['', 'NA']",
                                         "sample_size=7", "header=true"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        assert_true(pond_sv_find(pond_buf_view(&sql), pond_sv_of(pieces[i])) >= 0);
    pond_buf_free(&sql);
}

static void the_ends_of_a_file_show_what_it_is_not(void **state) {
    fixture *f = *state;
    static const struct {
        const char *url, *bytes;
        size_t n;
        const char *message; // NULL: nothing is wrong
    } cases[] = {
        {"table:///x", "PAR1....PAR1", 12, NULL},
        {"table:///x", "PAR1....", 8,
         "'x' is not a valid Parquet file: missing PAR1 magic bytes at its end: it was cut off"},
        {"table:///x", "a,b\n1,2\n", 8,
         "'x' is not a valid Parquet file: missing PAR1 magic bytes"},
        {"table:///x", "", 0, "'x' is not a valid Parquet file: missing PAR1 magic bytes"},
        {"csv:///x", "anything", 8, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_reader r;
        assert_int_equal(open_reader(f, cases[i].url, &r), POND_OK);
        char *path = write_file(f, "x", cases[i].bytes, cases[i].n);
        pond_code rc = pond_reader_check_ends(&r, path, POND_SV("x"), &f->err);
        assert_int_equal(rc, cases[i].message == NULL ? POND_OK : POND_ERR_INVALID);
        if (cases[i].message != NULL)
            assert_string_equal(f->err.msg, cases[i].message);
    }
}

static void a_record_that_does_not_fit_is_named(void **state) {
    fixture *f = *state;
    pond_reader r;
    assert_int_equal(open_reader(f, "csv:///x", &r), POND_OK);
    char *path = write_file(f, "x.csv", "a,b\n1,2\n3\n", 10);
    assert_int_equal(pond_reader_check(&r, path, &f->err), POND_ERR_INVALID);
    assert_int_equal(f->err.where.line, 3);
    path = write_file(f, "empty.csv", "", 0);
    assert_int_equal(pond_reader_check(&r, path, &f->err), POND_ERR_INVALID);
    assert_non_null(strstr(f->err.msg, "is empty"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_found_by_its_name),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(options_become_sql, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_ends_of_a_file_show_what_it_is_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_record_that_does_not_fit_is_named, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
