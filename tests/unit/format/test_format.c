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
         "unknown format 'xls' in 'xls:///a'; the formats are series, table, parquet, file, csv"},
        {"table+bzip2:///a", POND_ERR_INVALID,
         "'table+bzip2:///a': 'file' files cannot be read with compression bzip2; only "
         "uncompressed "
         "files can be read"},
        {"table+gzip:///a", POND_ERR_INVALID,
         "'table+gzip:///a': 'file' files cannot be read with compression gzip; only uncompressed "
         "files can be read"},
        {"table:///a?x=1", POND_ERR_USAGE, "'table:///a?x=1': options are for formats such as csv"},
        {"csv:///a?delimiter=ab", POND_ERR_INVALID,
         "'csv:///a?delimiter=ab': the delimiter 'ab' is not one character, `tab` or `blanks`"},
        {"csv:///a?quote=x&quote=y", POND_ERR_INVALID,
         "option 'quote' is given twice in 'csv:///a?quote=x&quote=y'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_reader r;
        assert_int_equal(open_reader(f, cases[i].url, &r), cases[i].code);
        // Of the list of formats, only the beginning.
        assert_memory_equal(f->err.msg, cases[i].message, strlen(cases[i].message));
    }
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

static void the_ending_of_a_name_tells_the_format(void **state) {
    (void)state;
    static const struct {
        const char *name, *format; // NULL: none
        pond_compression compression;
        const char *delimiter; // "": none is given
    } cases[] = {
        {"a.csv", "csv", POND_PLAIN, ""},
        {"A.b.CSV.GZ", "csv", POND_GZIP, ""},
        {"a.csv.zst", "csv", POND_ZSTD, ""},
        {"a.csv.bz2", "csv", POND_BZIP2, ""},
        {"a.tsv", "csv", POND_PLAIN, "\t"},
        {"a.tsv.gz", "csv", POND_GZIP, "\t"},
        {"a.parquet", "file", POND_PLAIN, ""},
        {"a.ndjson", "ndjson", POND_PLAIN, ""},
        {"a.jsonl.zst", "ndjson", POND_ZSTD, ""},
        {"a.json", "json", POND_PLAIN, ""},
        {"a.lp.gz", "influx", POND_GZIP, ""},
        {"a.txt", NULL, POND_PLAIN, ""},
        {".csv", NULL, POND_PLAIN, ""},
        {"csv", NULL, POND_PLAIN, ""},
        {"a.csv.gz.gz", NULL, POND_PLAIN, ""},
        {"", NULL, POND_PLAIN, ""},
        {".gz", NULL, POND_PLAIN, ""},
        {"a.csv.", NULL, POND_PLAIN, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_url u = pond_url_of_file(POND_SV("text"), POND_SV("/text"));
        bool is_known = pond_format_by_ending(pond_sv_of(cases[i].name), &u);
        assert_int_equal(is_known, cases[i].format != NULL);
        assert_true(pond_sv_is(u.format, is_known ? cases[i].format : "file"));
        assert_int_equal(u.compression, cases[i].compression);
        assert_int_equal(u.options.n, cases[i].delimiter[0] != '\0');
        for (size_t k = 0; k < u.options.n; k++)
            assert_true(pond_sv_is(u.options.items[k].value, cases[i].delimiter));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_found_by_its_name),
        cmocka_unit_test(the_ending_of_a_name_tells_the_format),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_ends_of_a_file_show_what_it_is_not, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
