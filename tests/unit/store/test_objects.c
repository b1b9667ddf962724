// Objects: writing, adopting, reading, damage, the temporary directory.
#include "room.h"

#include <fcntl.h>
#include <sqlite3.h>
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
                                "copy its source into the pond again, or restore it from a copy of "
                                "the pond",
                                object_file(r, HELLO)));
    assert_int_equal(unlink(object_file(r, HELLO)), 0);
    assert_int_equal(pond_object_read(r->s, &object, &got, &r->err), POND_ERR_CORRUPT);
    assert_string_equal(r->err.msg,
                        pond_printf(&r->a,
                                    "the object '%s' is missing: copy its source into the pond "
                                    "again, or restore it from a copy of the pond",
                                    object_file(r, HELLO)));
    pond_buf_free(&got);
}

// Flips a bit, keeping the size; the times of the file change.
static void damage(room *r) {
    int fd = open(object_file(r, HELLO), O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "H", 1, 0), 1);
    close(fd);
}

static void a_damaged_object_is_replaced_by_a_copy_of_its_bytes(void **state) {
    room *r = *state;
    pond_sha256 object;
    assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
    for (int way = 0; way < 3; way++) {
        damage(r);
        if (way == 0) {
            assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
        } else if (way == 1) {
            char *tmp = pond_store_tmp_name(r->s, &r->a, "");
            assert_int_equal(pond_file_replace(tmp, POND_SV("hello"), NULL), POND_OK);
            assert_int_equal(pond_object_adopt(r->s, tmp, &object, NULL, NULL), POND_OK);
        } else {
            int ends[2];
            assert_int_equal(pipe(ends), 0);
            assert_int_equal(write(ends[1], "hello", 5), 5);
            close(ends[1]);
            assert_int_equal(pond_object_write_fd(r->s, ends[0], "pipe", &object, NULL, NULL),
                             POND_OK);
            close(ends[0]);
        }
        assert_object(r, &object, POND_SV("hello"));
    }
    assert_int_equal(n_litter(r), 0);
}

static void an_object_is_verified_before_its_path_is_given(void **state) {
    room *r = *state;
    pond_sha256 object;
    pond_sv path;
    assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
    assert_int_equal(pond_object_open(r->s, &r->a, &object, &path, NULL), POND_OK);
    assert_true(pond_sv_is(path, object_file(r, HELLO)));
    damage(r);
    reopen(r);
    assert_int_equal(pond_object_open(r->s, &r->a, &object, &path, &r->err), POND_ERR_CORRUPT);
    assert_non_null(strstr(r->err.msg, "is damaged"));
    assert_int_equal(unlink(object_file(r, HELLO)), 0);
    assert_int_equal(pond_object_open(r->s, &r->a, &object, &path, &r->err), POND_ERR_CORRUPT);
    assert_non_null(strstr(r->err.msg, "is missing"));
}

// How many objects the catalog remembers as intact; -1 without a table for that.
static int64_t n_remembered(room *r) {
    sqlite3 *db;
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_open(below(r, "pond.db"), &db), SQLITE_OK);
    int rc = sqlite3_prepare_v2(db, "SELECT count(*) FROM intact", -1, &stmt, NULL);
    int64_t n =
        rc == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return n;
}

static void an_intact_object_is_remembered_as_long_as_its_file_stays(void **state) {
    room *r = *state;
    pond_sha256 object;
    pond_sv path;
    assert_int_equal(n_remembered(r), -1);
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "copy");
    assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
    commit(t);
    assert_int_equal(n_remembered(r), 1);

    // What it remembers is believed: here is a file with the same size and times, but other bytes.
    // No program can write such a file; a disk that rots can.
    damage(r);
    struct stat st;
    assert_int_equal(stat(object_file(r, HELLO), &st), 0);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(below(r, "pond.db"), &db), SQLITE_OK);
    const char *forge =
        pond_printf(&r->a, "UPDATE intact SET mtime_ns = %lld, ctime_ns = %lld",
                    (long long)st.st_mtim.tv_sec * 1000000000 + (long long)st.st_mtim.tv_nsec,
                    (long long)st.st_ctim.tv_sec * 1000000000 + (long long)st.st_ctim.tv_nsec);
    assert_int_equal(sqlite3_exec(db, forge, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    reopen(r);
    assert_int_equal(pond_object_open(r->s, &r->a, &object, &path, NULL), POND_OK);

    // The same file with the right bytes again is another file.
    assert_int_equal(pond_file_replace(object_file(r, HELLO), POND_SV("hello"), NULL), POND_OK);
    reopen(r);
    assert_int_equal(pond_object_open(r->s, &r->a, &object, &path, NULL), POND_OK);
    assert_int_equal(pond_file_replace(object_file(r, HELLO), POND_SV("hallo"), NULL), POND_OK);
    reopen(r);
    assert_int_equal(pond_object_open(r->s, &r->a, &object, &path, NULL), POND_ERR_CORRUPT);
}

static void a_reader_remembers_what_it_has_hashed(void **state) {
    room *r = *state;
    pond_sha256 object;
    pond_sv path;
    assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
    reopen(r); // without a transaction
    assert_int_equal(n_remembered(r), 1);
    assert_int_equal(pond_file_replace(object_file(r, HELLO), POND_SV("hello"), NULL), POND_OK);
    struct stat st;
    assert_int_equal(stat(object_file(r, HELLO), &st), 0);
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_object_open(r->s, &r->a, &object, &path, NULL), POND_OK);
    pond_txn_end(t, NULL);
    reopen(r);
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(below(r, "pond.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT inode FROM intact", -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int64(stmt, 0), st.st_ino);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
}

static void an_object_is_passed_on_in_pieces_and_hashed(void **state) {
    room *r = *state;
    pond_sha256 object;
    pond_buf got = POND_BUF_EMPTY;
    assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
    assert_int_equal(pond_object_stream(r->s, &object, pond_sink_to_buf(&got), NULL), POND_OK);
    assert_string_equal(got.p, "hello");
    damage(r);
    assert_int_equal(pond_object_stream(r->s, &object, pond_sink_to_buf(&got), &r->err),
                     POND_ERR_CORRUPT);
    assert_non_null(strstr(r->err.msg, "is damaged"));
    pond_buf_free(&got);
}

// Links -------------------------------------------------------------------------------------------

static void an_object_is_not_read_through_a_link(void **state) {
    room *r = *state;
    pond_sha256 object;
    pond_sv path;
    pond_buf got = POND_BUF_EMPTY;
    char *host = pond_path_join(&r->a, r->dir, "host");
    assert_int_equal(pond_object_write(r->s, POND_SV("hello"), &object, NULL), POND_OK);
    assert_int_equal(rename(object_file(r, HELLO), host), 0);
    assert_int_equal(symlink(host, object_file(r, HELLO)), 0);
    reopen(r);
    assert_int_equal(pond_object_open(r->s, &r->a, &object, &path, &r->err), POND_ERR_CONFLICT);
    assert_non_null(strstr(r->err.msg, "symbolic link"));
    assert_int_equal(pond_object_read(r->s, &object, &got, NULL), POND_ERR_CONFLICT);
    assert_int_equal(got.n, 0);

    // The same for the directory of the object, and for something that is not a file.
    assert_int_equal(unlink(object_file(r, HELLO)), 0);
    assert_int_equal(mkfifo(object_file(r, HELLO), 0666), 0);
    assert_int_equal(pond_object_open(r->s, &r->a, &object, &path, NULL), POND_ERR_INVALID);
    assert_int_equal(pond_object_read(r->s, &object, &got, NULL), POND_ERR_INVALID);
    pond_buf_free(&got);
}

// A pond whose tmp/, objects/, lock or catalog is a link to something of the user's.
static void no_part_of_a_pond_is_reached_through_a_link(void **state) {
    room *r = *state;
    static const char *const parts[] = {"tmp", "objects", "lock", "pond.db"};
    char *home = pond_path_join(&r->a, r->dir, "home"),
         *file = pond_path_join(&r->a, r->dir, "home/file");
    assert_int_equal(mkdir(home, 0777), 0);
    assert_int_equal(pond_file_replace(file, POND_SV("precious"), NULL), POND_OK);
    pond_store_close(r->s);
    r->s = NULL;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *part = below(r, parts[i]), *away = pond_path_join(&r->a, r->dir, "away");
        bool is_dir = pond_path_is_dir(part);
        assert_int_equal(rename(part, away), 0);
        assert_int_equal(symlink(is_dir ? home : file, part), 0);
        pond_txn *t = NULL;
        pond_code rc = pond_store_open(r->pond, &r->s, &r->err);
        if (rc == POND_OK)
            rc = pond_txn_begin(r->s, POND_TXN_WRITE, POND_SV("mkdir"), &t, &r->err);
        assert_int_not_equal(rc, POND_OK);
        assert_non_null(strstr(r->err.msg, "link"));
        pond_store_close(r->s);
        r->s = NULL;
        assert_int_equal(unlink(part), 0);
        assert_int_equal(rename(away, part), 0);
        pond_buf got = POND_BUF_EMPTY;
        assert_int_equal(pond_file_read(file, &got, NULL), POND_OK);
        assert_string_equal(got.p, "precious");
        pond_buf_free(&got);
    }
}

static void a_lock_with_a_second_name_is_not_written(void **state) {
    room *r = *state;
    char *file = pond_path_join(&r->a, r->dir, "keys");
    pond_buf got = POND_BUF_EMPTY;
    assert_int_equal(pond_file_replace(file, POND_SV("ssh-ed25519"), NULL), POND_OK);
    assert_int_equal(unlink(below(r, "lock")), 0);
    assert_int_equal(link(file, below(r, "lock")), 0);
    commit(begin(r->s, POND_TXN_WRITE, "mkdir"));
    assert_int_equal(pond_file_read(file, &got, NULL), POND_OK);
    assert_string_equal(got.p, "ssh-ed25519");
    pond_buf_free(&got);
}

static void a_pond_contains_what_is_in_its_directory(void **state) {
    room *r = *state;
    assert_true(pond_store_contains(r->s, r->pond));
    assert_true(pond_store_contains(r->s, below(r, "tmp")));
    assert_true(pond_store_contains(r->s, below(r, "new/deeper")));
    assert_false(pond_store_contains(r->s, r->dir));
    assert_false(pond_store_contains(r->s, pond_path_join(&r->a, r->dir, "pond2/x")));
    assert_int_equal(symlink("pond/objects", pond_path_join(&r->a, r->dir, "alias")), 0);
    assert_true(pond_store_contains(r->s, pond_path_join(&r->a, r->dir, "alias/x/y")));
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
        IN_ROOM(a_damaged_object_is_replaced_by_a_copy_of_its_bytes),
        IN_ROOM(an_object_is_verified_before_its_path_is_given),
        IN_ROOM(an_intact_object_is_remembered_as_long_as_its_file_stays),
        IN_ROOM(a_reader_remembers_what_it_has_hashed),
        IN_ROOM(an_object_is_passed_on_in_pieces_and_hashed),
        IN_ROOM(an_object_is_not_read_through_a_link),
        IN_ROOM(no_part_of_a_pond_is_reached_through_a_link),
        IN_ROOM(a_lock_with_a_second_name_is_not_written),
        IN_ROOM(a_pond_contains_what_is_in_its_directory),
        IN_ROOM(a_stream_that_cannot_be_read_leaves_nothing),
        IN_ROOM(temporary_names_are_unique_and_removed_with_the_store),
        IN_ROOM(a_writer_clears_the_litter_of_the_dead_only),
    };
    return cmocka_run_group_tests_name("store/objects", tests, NULL, NULL);
}
