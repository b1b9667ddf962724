// The writer without the engine: what it promises of files that fail, and the encodings by the
// examples of the format. That the bytes are those of COPY: tests/unit/engine/test_parquet.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/file.h"
#include "parquet/footer.h"
#include "parquet/runs.h"
#include "parquet/thrift.h"

// A codec that compresses nothing -------------------------------------------------------------------

static size_t copy(void *state, void *to, size_t room, const void *from, size_t n) {
    assert_true(n <= room);
    memcpy(to, from, n);
    return *(bool *)state ? 0 : n; // may be told to fail
}

static size_t bound(size_t n) {
    return n;
}

static uint64_t hash(const void *p, size_t n) {
    uint64_t h = 0;
    memcpy(&h, p, n < sizeof h ? n : sizeof h);
    return h * UINT64_C(0x9E3779B97F4A7C15);
}

static pond_sv text(const void *data, size_t row) {
    return pond_sv_of(((const char *const *)data)[row]);
}

typedef struct fixture {
    char dir[64], path[80];
    bool fails;
    pond_parquet_codec codec;
    pond_parquet_writer *w;
    pond_err err;
} fixture;

static int setup(void **state) {
    fixture *f = pond_xmalloc(sizeof *f);
    *f = (fixture){.codec = {.state = &f->fails,
                             .compress = copy,
                             .bound = bound,
                             .hash = hash,
                             .text = text,
                             .created_by = POND_SV("test")}};
    strcpy(f->dir, "/tmp/pond-parquet-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/x.parquet", f->dir);
    pond_err_clear(&f->err);
    static const pond_parquet_column columns[] = {{{"t", 1}, POND_PARQUET_BIGINT},
                                                  {{"s", 1}, POND_PARQUET_VARCHAR}};
    f->w = pond_parquet_new(&f->codec, columns, 2);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    fixture *f = *state;
    pond_parquet_free(f->w);
    assert_int_equal(pond_remove_tree(f->dir, NULL), POND_OK);
    free(f);
    return 0;
}

// Appends n rows: the times from `first` on, `step` apart, and a text.
static pond_code append(fixture *f, int64_t first, int64_t step, const char *s, size_t n,
                        bool *fits) {
    int64_t *times = malloc(n * sizeof *times);
    const char **texts = malloc(n * sizeof *texts);
    assert_true(times != NULL && texts != NULL);
    for (size_t i = 0; i < n; i++) {
        times[i] = first + (int64_t)i * step;
        texts[i] = s;
    }
    pond_parquet_vector vectors[] = {{.data = times}, {.data = texts}};
    pond_code rc = pond_parquet_append(f->w, vectors, times, 0, n, fits, &f->err);
    free(texts);
    free(times);
    return rc;
}

static void assert_no_file(const fixture *f) {
    assert_int_not_equal(access(f->path, F_OK), 0);
}

// Files -------------------------------------------------------------------------------------------

static void test_a_file_tells_what_it_is(void **state) {
    fixture *f = *state;
    pond_parquet_file file;
    bool fits;
    pond_sha256 sum;
    uint64_t size;
    for (int again = 0; again < 2; again++) { // the writer serves one file after another
        pond_parquet_begin(f->w, f->path, POND_PARQUET_UNSORTED);
        assert_int_equal(append(f, 0, 1, "x", 1000, &fits), POND_OK);
        assert_true(fits);
        assert_int_equal(pond_parquet_finish(f->w, &file, &f->err), POND_OK);
        assert_int_equal(file.rows, 1000);
        assert_int_equal(pond_sha256_file(f->path, &sum, &size, &f->err), POND_OK);
        assert_int_equal(file.size_bytes, size);
        assert_memory_equal(&file.checksum, &sum, sizeof sum);
        assert_int_equal(unlink(f->path), 0);
    }
}

static void test_no_rows_are_no_file(void **state) {
    fixture *f = *state;
    pond_parquet_file file;
    pond_parquet_begin(f->w, f->path, POND_PARQUET_UNSORTED);
    assert_int_equal(pond_parquet_finish(f->w, &file, &f->err), POND_OK);
    assert_int_equal(file.rows, 0);
    assert_no_file(f);
}

static void test_a_file_that_is_there_stays(void **state) {
    fixture *f = *state;
    pond_parquet_file file;
    bool fits;
    assert_int_equal(pond_file_replace(f->path, POND_SV("mine"), &f->err), POND_OK);
    pond_parquet_begin(f->w, f->path, POND_PARQUET_UNSORTED);
    assert_int_equal(append(f, 0, 1, "x", 10, &fits), POND_OK);
    pond_code rc = pond_parquet_finish(f->w, &file, &f->err);
    assert_int_not_equal(rc, POND_OK);
    assert_non_null(strstr(f->err.msg, "cannot create '"));
    assert_int_equal(pond_parquet_discard(f->w, rc, &f->err), rc);
    assert_int_equal(access(f->path, F_OK), 0);
}

static void test_failures_leave_no_file(void **state) {
    fixture *f = *state;
    pond_parquet_file file;
    bool fits;
    f->fails = true; // the compression
    pond_parquet_begin(f->w, f->path, POND_PARQUET_UNSORTED);
    assert_int_equal(append(f, 0, 1, "x", 10, &fits), POND_OK);
    pond_code rc = pond_parquet_finish(f->w, &file, &f->err);
    assert_int_equal(rc, POND_ERR_INTERNAL);
    assert_int_equal(pond_parquet_discard(f->w, rc, &f->err), rc);
    assert_no_file(f);
    f->fails = false;
    // A disk that is full after a megabyte and a half.
    struct rlimit before, limit;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 3 << 19;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    pond_parquet_begin(f->w, f->path, POND_PARQUET_UNSORTED);
    rc = append(f, 0, 1, "a text of some length", 200000, &fits);
    assert_int_equal(rc, POND_OK); // the first row group
    assert_int_equal(access(f->path, F_OK), 0);
    rc = pond_parquet_finish(f->w, &file, &f->err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(rc, POND_ERR_IO);
    assert_int_equal(pond_parquet_discard(f->w, rc, &f->err), rc);
    assert_no_file(f);
    // The next file is whole.
    pond_parquet_begin(f->w, f->path, POND_PARQUET_UNSORTED);
    assert_int_equal(append(f, 0, 1, "x", 10, &fits), POND_OK);
    assert_int_equal(pond_parquet_finish(f->w, &file, &f->err), POND_OK);
    assert_int_equal(file.rows, 10);
}

static void test_rows_that_are_too_large_do_not_fit(void **state) {
    fixture *f = *state;
    bool fits = true;
    char *large = malloc(4096);
    assert_non_null(large);
    memset(large, 'x', 4095);
    large[4095] = '\0';
    for (int sorts = 0; sorts < 2; sorts++) {
        pond_parquet_begin(f->w, f->path, sorts ? 0 : POND_PARQUET_UNSORTED);
        fits = true;
        for (int i = 0; fits && i < 100; i++)
            assert_int_equal(append(f, 0, 0, large, 1000, &fits), POND_OK);
        assert_false(fits);
        assert_int_equal(pond_parquet_discard(f->w, POND_OK, &f->err), POND_OK);
        assert_no_file(f);
    }
    // No more than needed is copied of them.
    pond_parquet_begin(f->w, f->path, 0);
    assert_int_equal(append(f, 0, 0, large, 1000000, &fits), POND_OK); // 4 GB of text
    assert_false(fits);
    // Small rows of one time can be too many to be sorted.
    pond_parquet_begin(f->w, f->path, 0);
    for (int i = 0; (fits || i == 0) && i < 100; i++)
        assert_int_equal(append(f, 7, 0, "x", 100000, &fits), POND_OK);
    assert_false(fits);
    free(large);
}

// Encodings ---------------------------------------------------------------------------------------

static void assert_bytes(pond_buf *b, const char *expected, size_t n) {
    assert_int_equal(b->n, n);
    assert_memory_equal(b->p, expected, n);
    pond_buf_free(b);
}

static void test_runs(void **state) {
    (void)state;
    pond_buf b = POND_BUF_EMPTY;
    assert_int_equal(pq_runs_width(1), 1);
    assert_int_equal(pq_runs_width(2), 2);
    assert_int_equal(pq_runs_width(255), 8);
    assert_int_equal(pq_runs_width(256), 9);
    pq_runs_append_same(&b, 1, 200, 1); // 200 << 1 as a varint, and the value in a byte
    assert_bytes(&b, "\x90\x03\x01", 3);
    pq_runs_append_same(&b, 0x0102, 1, 10);
    assert_bytes(&b, "\x02\x02\x01", 3);
    uint32_t values[256];
    for (uint32_t i = 0; i < 256; i++)
        values[i] = i % 8;
    b = POND_BUF_EMPTY;
    pq_runs_append(&b, values, 256, 3); // the example of the format: 0 to 7 in three bits
    assert_int_equal(b.n, 1 + 256 * 3 / 8);
    assert_memory_equal(b.p, "\x41\x88\xC6\xFA\x88\xC6\xFA", 7);
    pond_buf_free(&b);
}

static void test_thrift(void **state) {
    (void)state;
    pond_buf b = POND_BUF_EMPTY;
    pq_thrift t = {.out = &b};
    pq_thrift_i32(&t, 1, -1);
    pq_thrift_begin(&t, 3);
    pq_thrift_bool(&t, 1, true);
    pq_thrift_bool(&t, 2, false);
    pq_thrift_end(&t);
    pq_thrift_text(&t, 4, POND_SV("ab"));
    pq_thrift_list(&t, 5, PQ_THRIFT_I32, 16);
    pq_thrift_end(&t);
    assert_bytes(&b,
                 "\x15\x01\x2C\x11\x12\x00\x18\x02"
                 "ab\x19\xF5\x10\x00",
                 14);
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_file_tells_what_it_is),
        T(test_no_rows_are_no_file),
        T(test_a_file_that_is_there_stays),
        T(test_failures_leave_no_file),
        T(test_rows_that_are_too_large_do_not_fit),
        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_thrift),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
