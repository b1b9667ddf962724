// Files that were cut off: a sample of each format of text, cut at every byte. Whatever is read of
// one has the rows of whole lines, or is told.
#include "translate.h"

typedef struct sample {
    const char *url;
    bool is_one_value; // not lines: nothing can be read before the end
    const char *bytes;
} sample;

static const sample samples[] = {
    {"influx:///f", false,
     "# sensors\nm,a=b i=12i,s=\"x y\",t=T 1465839830100400200\n"
     "m,a=c i=34i,s=\"z\\\"\" 1465839830100400201\nm,a=c f=1.5e3 1465839830100400202\n"},
    {"influx:///f?precision=us", false, "m i=12i 1465839830100400\nm i=13i 1465839830100401\n"},
    {"influx:///f?precision=ms", false, "m i=12i 1465839830100\nm i=13i -1465839830101\n"},
    {"influx:///f?precision=s", false, "m i=12i 1465839830\nn i=13i 1465839831 \r\n"},
    {"influx:///f", false, "m i=12i 999\nm i=13i 0001465839830\nm i=13i 0\n"},
    {"weblog:///f", false,
     "1.2.3.4 - b [10/Oct/2000:13:55:36 -0700] \"GET /a HTTP/1.0\" 200 2326 \"http://x/\" \"M/4 "
     "[en]\"\n"
     "1.2.3.4 - - [10/Oct/2000:13:55:37 -0700] \"GET /b\" 304 -\n"
     "1.2.3.4 - - [10/Oct/2000:13:55:37 -0700] \"GET /b\" 200 2326\r\n"},
    {"jsonlogs:///f", false,
     "{\"ts\":\"2024-01-01\",\"n\":123,\"o\":{\"b\":[1,2]}}\n\n{\"ts\":\"x\",\"n\":456}\n"},
    {"oteljson:///f", false,
     "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"a\",\"gauge\":{"
     "\"dataPoints\":[{\"timeUnixNano\":\"1700000001000000001\",\"asInt\":\"72\"}]}}]}]}]}\n"
     "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"a\",\"gauge\":{"
     "\"dataPoints\":[{\"timeUnixNano\":1700000002000000001,\"asDouble\":0.25}]}}]}]}]}\n"},
    {"ndjson:///f", false,
     "{\"time\":\"2024-01-01T00:00:00Z\",\"v\":12,\"ok\":true}\n{\"v\":2.5,\"msg\":\"a\\nb\"}\n"},
    {"json:///f", true, "[{\"time\":\"2024-01-01T00:00:00Z\",\"v\":12},\n {\"v\":2.5}]\n"},
    {"excelhtml:///f", true,
     "<html><body><table id=\"isi-report\">\n"
     "<tr class=\"dataHeader\"><td>Date Time</td><td>Depth (m)</td></tr>\n"
     "<tr class=\"data\"><td>2024-01-01 00:00:00</td><td>1.25</td></tr>\n"
     "<tr class=\"data\"><td>2024-01-01 00:15:00</td><td>1.50</td></tr>\n"
     "</table></body></html>\n"},
};

// The rows of the first n bytes; false: they are refused.
static bool read_part(fixture *f, const sample *s, size_t n, pond_buf *csv, pond_translation *to) {
    pond_err_clear(&f->err);
    assert_int_equal(pond_file_replace(in_dir(f, "in"), (pond_sv){s->bytes, n}, &f->err), POND_OK);
    return translate_file(f, s->url, csv, to) == POND_OK;
}

static size_t line_begin(const char *bytes, size_t n) {
    while (n > 0 && bytes[n - 1] != '\n')
        n--;
    return n;
}

// Whether the first n bytes have the same rows as the first `whole`.
static bool is_like(fixture *f, const sample *s, const pond_buf *csv, size_t whole) {
    pond_buf other = POND_BUF_EMPTY;
    pond_translation to;
    bool is_same = read_part(f, s, whole, &other, &to) &&
                   pond_sv_eq(pond_buf_view(csv), pond_buf_view(&other));
    pond_buf_free(&other);
    return is_same;
}

static void check_cut(fixture *f, const sample *s, size_t n) {
    pond_buf csv = POND_BUF_EMPTY;
    pond_translation to;
    size_t begin = line_begin(s->bytes, n);
    size_t end = n + strcspn(s->bytes + n, "\n") + 1;
    if (read_part(f, s, n, &csv, &to)) {
        size_t all = strlen(s->bytes);
        bool is_right = s->is_one_value ? is_like(f, s, &csv, all)
                                        : is_like(f, s, &csv, begin) || is_like(f, s, &csv, end);
        if (!is_right && pond_sv_find(to.warning, POND_SV("cut off")) < 0)
            fail_msg("%s: the first %zu bytes are\n%s%.*s", s->url, n, csv.p,
                     POND_SV_ARG(to.warning));
    }
    pond_buf_free(&csv);
}

static void cut_files_are_refused_or_told(void **state) {
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        pond_buf csv = POND_BUF_EMPTY;
        pond_translation to;
        size_t n = strlen(samples[i].bytes);
        assert_true(read_part(*state, &samples[i], n, &csv, &to));
        assert_int_equal(to.warning.n, 0);
        pond_buf_free(&csv);
        for (size_t k = 0; k < n; k++)
            check_cut(*state, &samples[i], k);
    }
}

static bool has_open_end(const pond_text_facts *facts) {
    for (size_t i = 0; i < facts->n_notes; i++)
        if (pond_sv_find(facts->notes[i], POND_SV("no line end")) >= 0)
            return true;
    return false;
}

// A cut in the last field cannot be seen, so every open end is told.
static void cut_records_are_refused_or_told(void **state) {
    fixture *f = *state;
    static const char csv[] = "timestamp,v,s\n2024-01-01T00:00:00Z,12.5,\"a\"\"b\"\r\n"
                              "2024-01-01T00:00:01Z,13.5,c d\n";
    const size_t header = 14;
    const pond_text_means means = {.threads = 1};
    pond_url u;
    pond_reader r;
    assert_int_equal(pond_url_parse(&f->arena, POND_SV("csv:///in"), &u, &f->err), POND_OK);
    assert_int_equal(pond_reader_open(&f->arena, &u, &r, &f->err), POND_OK);
    for (size_t n = header; n < sizeof csv; n++) {
        pond_text *text;
        bool is_whole = csv[n - 1] == '\n' || csv[n - 1] == '\r';
        pond_err_clear(&f->err);
        assert_int_equal(pond_file_replace(in_dir(f, "in"), (pond_sv){csv, n}, &f->err), POND_OK);
        if (pond_text_open(&f->arena, in_dir(f, "in"), POND_SV("in"), r.text, &means, &text,
                           &f->err) != POND_OK) {
            assert_false(is_whole);
            continue;
        }
        assert_int_equal(has_open_end(pond_text_facts_of(text)), !is_whole);
        pond_text_close(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cut_files_are_refused_or_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(cut_records_are_refused_or_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
