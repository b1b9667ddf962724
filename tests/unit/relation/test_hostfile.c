// Whether a change of a host file is seen: also one that leaves size and time as they were.
#include "relation/hostfile.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct fixture {
    pond_arena arena;
    char dir[64];
    const char *path, *other;
    pond_session *session;
    pond_err err;
    pond_sha256 hash;
} fixture;

static void write_text(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

// Sets both times that can be set.
static void set_time(const char *path, time_t s) {
    const struct timespec times[2] = {{.tv_sec = s}, {.tv_sec = s}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static int setup(void **state) {
    fixture *f = pond_xmalloc(sizeof *f);
    *f = (fixture){.dir = "/tmp/pond-hostfile-XXXXXX"};
    pond_arena_init(&f->arena);
    assert_non_null(mkdtemp(f->dir));
    f->path = pond_path_join(&f->arena, f->dir, "f");
    f->other = pond_path_join(&f->arena, f->dir, "other");
    write_text(f->path, "1234");
    f->session = pond_session_new(&f->arena, NULL);
    pond_session_open_host(f->session, f->dir);
    assert_int_equal(pond_hostfile_hash(f->session, f->path, &f->hash, &f->err), POND_OK);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    fixture *f = *state;
    pond_session_close(f->session, NULL);
    pond_code rc = pond_remove_tree(f->dir, &f->err);
    pond_arena_deinit(&f->arena);
    free(f);
    return rc == POND_OK ? 0 : -1;
}

static void expect_changed(fixture *f) {
    char message[256];
    snprintf(message, sizeof message,
             "'%s' was changed while it was read; try again when it is complete", f->path);
    assert_int_equal(pond_hostfile_check(f->session, &f->err), POND_ERR_CONFLICT);
    assert_string_equal(f->err.msg, message);
}

static void test_nothing_changed(void **state) {
    fixture *f = *state;
    const pond_sha256 content = pond_sha256_of(POND_SV("1234"));
    assert_true(pond_sha256_eq(&f->hash, &content));
    write_text(f->other, "another file");
    assert_int_equal(pond_hostfile_check(f->session, &f->err), POND_OK);
}

static void test_the_first_hash_is_kept(void **state) {
    fixture *f = *state;
    pond_sha256 again;
    write_text(f->path, "longer than before");
    assert_int_equal(pond_hostfile_hash(f->session, f->path, &again, &f->err), POND_OK);
    assert_true(pond_sha256_eq(&again, &f->hash));
    expect_changed(f);
}

static void test_a_longer_file(void **state) {
    fixture *f = *state;
    write_text(f->path, "12345");
    expect_changed(f);
}

// The clock of the file system may not have moved since the file was hashed.
static void test_as_long_and_in_the_same_instant(void **state) {
    fixture *f = *state;
    struct stat st;
    assert_int_equal(stat(f->path, &st), 0);
    const struct timespec times[2] = {st.st_atim, st.st_mtim};
    write_text(f->path, "1243");
    assert_int_equal(utimensat(AT_FDCWD, f->path, times, 0), 0);
    expect_changed(f);
}

static void test_another_file_of_the_name(void **state) {
    fixture *f = *state;
    write_text(f->other, "1234");
    set_time(f->other, 1000);
    assert_int_equal(rename(f->other, f->path), 0);
    expect_changed(f);
}

static void test_a_file_that_is_gone(void **state) {
    fixture *f = *state;
    assert_int_equal(unlink(f->path), 0);
    expect_changed(f);
}

static void test_what_is_no_file(void **state) {
    fixture *f = *state;
    pond_sha256 hash;
    assert_int_equal(mkfifo(f->other, 0600), 0);
    assert_int_equal(pond_hostfile_hash(f->session, f->other, &hash, &f->err), POND_ERR_INVALID);
    assert_int_equal(pond_hostfile_hash(f->session, f->dir, &hash, &f->err), POND_ERR_INVALID);
    // What could not be hashed was not read.
    assert_int_equal(pond_hostfile_check(f->session, &f->err), POND_OK);
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        HOST_TEST(test_nothing_changed),
        HOST_TEST(test_the_first_hash_is_kept),
        HOST_TEST(test_a_longer_file),
        HOST_TEST(test_as_long_and_in_the_same_instant),
        HOST_TEST(test_another_file_of_the_name),
        HOST_TEST(test_a_file_that_is_gone),
        HOST_TEST(test_what_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
