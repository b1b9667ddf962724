// Objects: writing, adopting, reading, damage, the temporary directory.
#include "room.h"

#include <fcntl.h>
#include <sys/stat.h>

// SHA-256 of "hello".
#define HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

static char *object_file(room *r, const char *hex) {
    return pond_printf(&r->a, "%s/objects/%.2s/%s", r->pond, hex, hex + 2);
}

static void assert_object(room *r, const pond_sha256 *object, pond_sv expected) {
    pond_buf got = POND_BUF_EMPTY;
    assert_int_equal(pond_object_read(r->s, object, &got, NULL), POND_OK);
    assert_int_equal(got.n, expected.n);
    assert_memory_equal(pond_buf_view(&got).p, expected.p, expected.n);
    pond_buf_free(&got);
}

static size_t n_litter(room *r) {
    pond_dirent_vec found;
    assert_int_equal(pond_dir_list(&r->a, pond_store_tmp_dir(r->s), &found, NULL), POND_OK);
    return found.n;
}

static ino_t inode(const char *path) {
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_ino;
}

static void bytes_are_stored_under_their_hash(void **state) {
    room *r = *state;
    pond_sha256 object;
    assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
    char hex[65];
    pond_sha256_hex(&object, hex);
    assert_string_equal(hex, HELLO);
    assert_true(pond_path_exists(object_file(r, HELLO)));
    assert_true(pond_sv_is(pond_object_path(r->s, &r->a, &object), object_file(r, HELLO)));
    assert_object(r, &object, POND_SV("hello"));
    assert_int_equal(n_litter(r), 0);

    assert_int_equal(pond_object_write(r->s, POND_SV(""), &object, NULL), POND_OK);
    assert_object(r, &object, POND_SV(""));
}

static void a_stream_and_a_file_become_the_same_object_as_their_bytes(void **state) {
    room *r = *state;
    enum { N = 700000 }; // more than two chunks
    char *bytes = pond_alloc(&r->a, N);
    for (size_t i = 0; i < N; i++)
        bytes[i] = (char)(i * 31 >> 3);
    pond_sv all = {bytes, N};
    pond_sha256 expected = pond_sha256_of(all), object;
    uint64_t size_bytes = 0;

    char *host = pond_path_join(&r->a, r->dir, "host.csv");
    assert_int_equal(pond_file_replace(host, all, NULL), POND_OK);
    int fd = open(host, O_RDONLY | O_CLOEXEC);
    assert_int_equal(pond_object_write_fd(r->s, fd, host, &object, &size_bytes, NULL), POND_OK);
    close(fd);
    assert_memory_equal(object.bytes, expected.bytes, 32);
    assert_int_equal(size_bytes, N);
    assert_object(r, &object, all);
    assert_int_equal(n_litter(r), 0);

    pond_sv path = pond_object_path(r->s, &r->a, &object);
    assert_int_equal(unlink(path.p), 0);
    char *tmp = pond_store_tmp_name(r->s, &r->a, ".parquet");
    assert_int_equal(pond_file_replace(tmp, all, NULL), POND_OK);
    size_bytes = 0;
    assert_int_equal(pond_object_adopt(r->s, tmp, &object, &size_bytes, NULL), POND_OK);
    assert_memory_equal(object.bytes, expected.bytes, 32);
    assert_int_equal(size_bytes, N);
    assert_object(r, &object, all);
    assert_int_equal(n_litter(r), 0);
}

static void an_existing_object_is_not_written_again(void **state) {
    room *r = *state;
    pond_sha256 object;
    assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
    ino_t first = inode(object_file(r, HELLO));
    assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
    assert_int_equal(inode(object_file(r, HELLO)), first);

    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    close(ends[1]);
    assert_int_equal(pond_object_write_fd(r->s, ends[0], "pipe", &object, NULL, NULL), POND_OK);
    close(ends[0]);
    assert_int_equal(inode(object_file(r, HELLO)), first);

    char *tmp = pond_store_tmp_name(r->s, &r->a, "");
    assert_int_equal(pond_file_replace(tmp, POND_SV("hello"), NULL), POND_OK);
    assert_int_equal(pond_object_adopt(r->s, tmp, &object, NULL, NULL), POND_OK);
    assert_int_equal(inode(object_file(r, HELLO)), first);
    assert_int_equal(n_litter(r), 0);
}

static void an_object_cut_short_is_replaced(void **state) {
    room *r = *state;
    pond_sha256 object;
    for (int way = 0; way < 2; way++) {
        assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
        assert_int_equal(truncate(object_file(r, HELLO), 3), 0);
        if (way == 0) {
            assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
        } else {
            char *tmp = pond_store_tmp_name(r->s, &r->a, "");
            assert_int_equal(pond_file_replace(tmp, POND_SV("hello"), NULL), POND_OK);
            assert_int_equal(pond_object_adopt(r->s, tmp, &object, NULL, NULL), POND_OK);
        }
        assert_object(r, &object, POND_SV("hello"));
    }
}

static void damaged_and_missing_objects_are_reported(void **state) {
    room *r = *state;
    pond_sha256 object;
    pond_buf got = POND_BUF_EMPTY;
    assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
    assert_int_equal(pond_file_replace(object_file(r, HELLO), POND_SV("hallo"), NULL), POND_OK);
    assert_int_equal(pond_object_read(r->s, &object, &got, &r->err), POND_ERR_CORRUPT);
    assert_string_equal(
        r->err.msg, pond_printf(&r->a,
                                "the object '%s' is damaged, since its SHA-256 is not its name: "
                                "restore it from a copy of the pond",
                                object_file(r, HELLO)));
    assert_int_equal(unlink(object_file(r, HELLO)), 0);
    assert_int_equal(pond_object_read(r->s, &object, &got, &r->err), POND_ERR_CORRUPT);
    assert_string_equal(r->err.msg,
                        pond_printf(&r->a,
                                    "the object '%s' is missing: restore it from a copy of "
                                    "the pond",
                                    object_file(r, HELLO)));
    pond_buf_free(&got);
}

static void a_stream_that_cannot_be_read_leaves_nothing(void **state) {
    room *r = *state;
    pond_sha256 object;
    int fd = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(pond_object_write_fd(r->s, fd, "in.csv", &object, NULL, &r->err), POND_ERR_IO);
    assert_string_equal(r->err.msg, "cannot read 'in.csv': Is a directory");
    close(fd);
    assert_int_equal(n_litter(r), 0);
    assert_int_equal(n_below(r, "objects"), 0);
    assert_int_equal(pond_object_adopt(r->s, below(r, "tmp/no"), &object, NULL, &r->err),
                     POND_ERR_NOT_FOUND);
}

// The temporary directory -------------------------------------------------------------------------

static void temporary_names_are_unique_and_removed_with_the_store(void **state) {
    room *r = *state;
    const char *dir = pond_store_tmp_dir(r->s);
    assert_true(pond_path_is_dir(dir));
    assert_true(pond_sv_starts(pond_sv_of(dir), pond_sv_of(below(r, "tmp/"))));
    char *a = pond_store_tmp_name(r->s, &r->a, ".parquet");
    char *b = pond_store_tmp_name(r->s, &r->a, ".parquet");
    assert_string_not_equal(a, b);
    assert_true(pond_sv_ends(pond_sv_of(a), POND_SV(".parquet")));
    assert_false(pond_path_exists(a));
    assert_int_equal(pond_file_replace(a, POND_SV("spill"), NULL), POND_OK);
    reopen(r);
    assert_int_equal(n_below(r, "tmp"), 0);
}

static void die_with_litter(room *r) {
    pond_store *s;
    CHILD_CHECK(pond_store_open(r->pond, &s, NULL) == POND_OK);
    char *tmp = pond_store_tmp_name(s, &r->a, "");
    CHILD_CHECK(pond_file_replace(tmp, POND_SV("half"), NULL) == POND_OK);
    _exit(0); // no close: as if killed
}

static void a_writer_clears_the_litter_of_the_dead_only(void **state) {
    room *r = *state;
    expect_success(start_child(die_with_litter, r));
    assert_int_equal(pond_file_replace(below(r, "tmp/stray"), POND_SV("x"), NULL), POND_OK);
    assert_int_equal(n_below(r, "tmp"), 2);

    pond_store *living;
    assert_int_equal(pond_store_open(r->pond, &living, NULL), POND_OK);
    char *spill = pond_store_tmp_name(living, &r->a, "");
    assert_int_equal(pond_file_replace(spill, POND_SV("in use"), NULL), POND_OK);
    assert_int_equal(n_below(r, "tmp"), 3);

    // A reader changes nothing.
    pond_txn_end(begin(r->s, POND_TXN_READ, ""), NULL);
    assert_int_equal(n_below(r, "tmp"), 3);
    commit(begin(r->s, POND_TXN_WRITE, "copy"));
    assert_int_equal(n_below(r, "tmp"), 1);
    assert_true(pond_path_exists(spill));
    pond_store_close(living);
    assert_int_equal(n_below(r, "tmp"), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ROOM(bytes_are_stored_under_their_hash),
        IN_ROOM(a_stream_and_a_file_become_the_same_object_as_their_bytes),
        IN_ROOM(an_existing_object_is_not_written_again),
        IN_ROOM(an_object_cut_short_is_replaced),
        IN_ROOM(damaged_and_missing_objects_are_reported),
        IN_ROOM(a_stream_that_cannot_be_read_leaves_nothing),
        IN_ROOM(temporary_names_are_unique_and_removed_with_the_store),
        IN_ROOM(a_writer_clears_the_litter_of_the_dead_only),
    };
    return cmocka_run_group_tests_name("store/objects", tests, NULL, NULL);
}
