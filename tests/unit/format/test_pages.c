// Checking the pages of Parquet files: four small files that pyarrow wrote, whole and damaged at every byte.
#include "format/pages.h"

#include "fixture.h"

#include <sys/mman.h>

// Two row groups of 12 rows; an optional double and a struct with a list, zstd. With page checksums
// and without, data pages of version 1 and 2.
static const char *const names[] = {"crc0-v1", "crc0-v2", "crc1-v1", "crc1-v2"};
enum { N_FILES = sizeof names / sizeof *names, FIRST_WITH_CRC = 2, MAGIC = 4, TAIL = 8 };

static pond_buf read_fixture(fixture *f, const char *name) {
    pond_buf b = POND_BUF_EMPTY;
    char *path = pond_printf(&f->arena, "tests/unit/format/%s.parquet", name);
    assert_int_equal(pond_file_read(path, &b, &f->err), POND_OK);
    return b;
}

// In memory, since there are thousands.
static pond_code check(fixture *f, const char *bytes, size_t n) {
    int fd = memfd_create("x", 0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), n);
    pond_err_clear(&f->err);
    char *path = pond_printf(&f->arena, "/proc/self/fd/%d", fd);
    pond_code rc = pond_parquet_check(path, POND_SV("x"), NULL, &f->err);
    close(fd);
    return rc;
}

static size_t footer_at(const pond_buf *b) {
    const uint8_t *tail = (const uint8_t *)b->p + b->n - TAIL;
    return b->n - TAIL - (tail[0] | (size_t)tail[1] << 8);
}

static void whole_files_are_taken(void **state) {
    fixture *f = *state;
    for (size_t i = 0; i < N_FILES; i++) {
        pond_buf b = read_fixture(f, names[i]);
        assert_int_equal(check(f, b.p, b.n), POND_OK);
        pond_buf_free(&b);
    }
}

static void a_file_that_is_cut_off_anywhere_is_refused(void **state) {
    fixture *f = *state;
    for (size_t i = 0; i < N_FILES; i++) {
        pond_buf b = read_fixture(f, names[i]);
        for (size_t n = 0; n < b.n; n++)
            assert_int_equal(check(f, b.p, n), POND_ERR_INVALID);
        pond_buf_free(&b);
    }
}

// No damage leads out of the file, which the sanitizers watch. Without checksums most of what
// changes in a page is for the engine to find.
static void a_byte_that_changed_does_no_harm(void **state) {
    fixture *f = *state;
    static const char masks[] = {1, (char)0x80, (char)0xff};
    for (size_t i = 0; i < N_FILES; i++) {
        pond_buf b = read_fixture(f, names[i]);
        for (size_t at = 0; at < b.n; at++)
            for (size_t k = 0; k < sizeof masks; k++) {
                b.p[at] ^= masks[k];
                pond_code rc = check(f, b.p, b.n);
                assert_true(rc == POND_OK || rc == POND_ERR_INVALID);
                b.p[at] ^= masks[k];
            }
        pond_buf_free(&b);
    }
}

static void pages_have_the_bytes_of_their_checksums(void **state) {
    fixture *f = *state;
    for (size_t i = FIRST_WITH_CRC; i < N_FILES; i++) {
        pond_buf b = read_fixture(f, names[i]);
        size_t end = footer_at(&b), n_found = 0, n_missed = 0;
        for (size_t at = MAGIC; at < end; at++) {
            b.p[at] ^= 4;
            pond_code rc = check(f, b.p, b.n);
            n_found += rc != POND_OK && strstr(f->err.msg, "does not have its checksum") != NULL;
            n_missed += rc == POND_OK;
            b.p[at] ^= 4;
        }
        // What is missed is in the headers of pages: encodings, uncompressed sizes, counts of NULLs.
        assert_true(n_found > (end - MAGIC) * 2 / 3);
        assert_true(n_missed < (end - MAGIC) / 8);
        pond_buf_free(&b);
    }
}

static void what_is_wrong_is_named(void **state) {
    fixture *f = *state;
    pond_buf b = read_fixture(f, "case");
    assert_int_equal(check(f, b.p, b.n), POND_ERR_INVALID);
    assert_string_equal(f->err.msg,
                        "'x' has the columns 'v' and 'V', and names that differ only in "
                        "case are the same");
    b.p[b.n - 5] = 127;
    assert_int_equal(check(f, b.p, b.n), POND_ERR_INVALID);
    assert_string_equal(f->err.msg, "'x' is not a valid Parquet file: its footer would be longer "
                                    "than the file");
    pond_buf_free(&b);
    assert_int_equal(pond_parquet_check("/no/file", POND_SV("x"), NULL, &f->err),
                     POND_ERR_NOT_FOUND);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(whole_files_are_taken),
        TEST(a_file_that_is_cut_off_anywhere_is_refused),
        TEST(a_byte_that_changed_does_no_harm),
        TEST(pages_have_the_bytes_of_their_checksums),
        TEST(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests_name("pages", tests, NULL, NULL);
}
