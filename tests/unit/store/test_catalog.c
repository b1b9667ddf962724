// The catalog: init, open, migrations, damage, users who can only read.
#include "room.h"

#include "store/store_internal.h"

#include <sqlite3.h>
#include <sys/stat.h>

static void init_makes_a_pond_that_opens(void **state) {
    room *r = *state;
    char *deep = pond_path_join(&r->a, r->dir, "a/b/pond");
    int64_t before_us = INT64_C(1577836800000000); // 2020
    assert_int_equal(pond_store_init(deep, "Noyo \"harbour\"", &r->err), POND_OK);
    assert_int_equal(pond_store_open(deep, &r->s, &r->err), POND_OK);
    const pond_info *info = pond_store_info(r->s);
    assert_true(pond_sv_is(info->birthplace, "Noyo \"harbour\""));
    assert_true(pond_sv_find_char(info->created_by, '@') > 0);
    assert_true(info->created_us > before_us);
    assert_int_equal(info->id.bytes[6] >> 4, 7);
    assert_string_equal(pond_store_objects_dir(r->s), pond_path_join(&r->a, deep, "objects"));

    // The pond's own facts are stored, and all its files exist.
    pond_id id = info->id;
    int64_t created_us = info->created_us;
    r->pond = deep;
    reopen(r);
    assert_true(pond_id_eq(pond_store_info(r->s)->id, id));
    assert_int_equal(pond_store_info(r->s)->created_us, created_us);
    static const char *const parts[] = {"lock", "objects", "pond.db", "tmp", NULL};
    for (int i = 0; parts[i] != NULL; i++)
        assert_true(pond_path_exists(below(r, parts[i])));
    assert_int_equal(n_below(r, "objects"), 0);
    assert_int_equal(n_below(r, "tmp"), 0);
}

static void a_fresh_pond_has_an_empty_root_and_no_log(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    pond_node_row_vec children;
    pond_txn_row_vec log;
    assert_int_equal(pond_store_children(t, &r->a, root, &children, NULL), POND_OK);
    assert_int_equal(children.n, 0);
    assert_int_equal(pond_store_log(t, &r->a, 0, 0, &log, NULL), POND_OK);
    assert_int_equal(log.n, 0);
    pond_txn_end(t, NULL);
}

static void init_refuses_a_pond_and_a_directory_that_is_not_empty(void **state) {
    room *r = *state;
    assert_int_equal(pond_store_init(r->pond, "again", &r->err), POND_ERR_EXISTS);
    assert_string_equal(r->err.msg, pond_printf(&r->a, "pond already exists in '%s'", r->pond));
    assert_true(pond_sv_is(pond_store_info(r->s)->birthplace, "test"));

    char *home = pond_path_join(&r->a, r->dir, "home");
    assert_int_equal(pond_mkdir_all(home, NULL), POND_OK);
    assert_int_equal(pond_file_replace(pond_path_join(&r->a, home, "diary"), POND_SV("x"), NULL),
                     POND_OK);
    assert_int_equal(pond_store_init(home, "x", &r->err), POND_ERR_EXISTS);
    assert_string_equal(r->err.msg,
                        pond_printf(&r->a,
                                    "'%s' is not empty (it holds 'diary'): a pond needs a new or "
                                    "an empty directory",
                                    home));
    pond_dirent_vec found;
    assert_int_equal(pond_dir_list(&r->a, home, &found, NULL), POND_OK);
    assert_int_equal(found.n, 1);

    assert_int_equal(pond_store_init(pond_path_join(&r->a, home, "diary"), "x", &r->err),
                     POND_ERR_EXISTS);
}

static void init_accepts_what_an_init_that_died_has_left(void **state) {
    room *r = *state;
    assert_int_equal(pond_mkdir_all(below(r, "objects"), NULL), POND_OK);
    assert_int_equal(pond_mkdir_all(below(r, "tmp"), NULL), POND_OK);
    assert_int_equal(pond_file_replace(below(r, "tmp/pond.db"), POND_SV("half"), NULL), POND_OK);
    assert_int_equal(pond_file_replace(below(r, "lock"), POND_SV("1 init\n"), NULL), POND_OK);
    assert_int_equal(pond_store_init(r->pond, "test", &r->err), POND_OK);
    assert_int_equal(pond_store_open(r->pond, &r->s, &r->err), POND_OK);
    assert_int_equal(n_below(r, "tmp"), 0);
}

static void init_refuses_objects_without_their_catalog(void **state) {
    room *r = *state;
    assert_int_equal(pond_mkdir_all(below(r, "objects/ab"), NULL), POND_OK);
    assert_int_equal(pond_store_init(r->pond, "test", &r->err), POND_ERR_EXISTS);
    assert_true(pond_path_is_dir(below(r, "objects/ab")));
}

static void open_says_that_there_is_no_pond(void **state) {
    room *r = *state;
    assert_int_equal(pond_store_open(r->pond, &r->s, &r->err), POND_ERR_NOT_FOUND);
    assert_string_equal(r->err.msg,
                        pond_printf(&r->a, "no pond in '%s': make one with 'pond init'", r->pond));
    assert_null(r->s);
}

static void sql(room *r, const char *text) {
    sqlite3 *db;
    assert_int_equal(sqlite3_open(below(r, "pond.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static pond_code open_again(room *r) {
    pond_store_close(r->s);
    return pond_store_open(r->pond, &r->s, &r->err);
}

static void open_refuses_a_newer_format(void **state) {
    room *r = *state;
    sql(r, "PRAGMA user_version = 99");
    assert_int_equal(open_again(r), POND_ERR_UNSUPPORTED);
    assert_string_equal(r->err.msg, pond_printf(&r->a,
                                                "the pond in '%s' has format 99, this program "
                                                "supports 5: use a newer pond program",
                                                r->pond));
}

static void open_refuses_a_file_that_is_not_a_catalog(void **state) {
    room *r = *state;
    sql(r, "PRAGMA application_id = 1; PRAGMA user_version = 99");
    assert_int_equal(open_again(r), POND_ERR_CORRUPT);
    assert_string_equal(r->err.msg,
                        pond_printf(&r->a, "'%s/pond.db' is not the catalog of a pond", r->pond));

    assert_int_equal(pond_remove_tree(below(r, "pond.db-wal"), NULL), POND_OK);
    assert_int_equal(pond_remove_tree(below(r, "pond.db-shm"), NULL), POND_OK);
    char *noise = pond_alloc(&r->a, 5000);
    memset(noise, 'n', 5000);
    assert_int_equal(pond_file_replace(below(r, "pond.db"), (pond_sv){noise, 5000}, NULL), POND_OK);
    assert_int_equal(open_again(r), POND_ERR_CORRUPT);
    assert_string_equal(r->err.msg,
                        pond_printf(&r->a,
                                    "the catalog '%s/pond.db' is damaged (file is not a "
                                    "database): restore it from a copy of the pond",
                                    r->pond));

    assert_int_equal(pond_file_replace(below(r, "pond.db"), POND_SV(""), NULL), POND_OK);
    assert_int_equal(open_again(r), POND_ERR_CORRUPT);
}

static void assert_damaged(room *r, const char *what) {
    assert_string_equal(r->err.msg, pond_printf(&r->a,
                                                "the catalog '%s/pond.db' is damaged (%s): restore "
                                                "it from a copy of the pond",
                                                r->pond, what));
}

static void impossible_rows_are_reported_as_damage(void **state) {
    room *r = *state;
    const pond_node_row *row;
    pond_txn_row_vec log;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mkdir");
    make(t, root, "dir", POND_T_DIRECTORY);
    commit(t);
    sql(r, "UPDATE nodes SET type = 'pipe' WHERE name = 'dir'");
    t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_store_lookup(t, &r->a, root, POND_SV("dir"), &row, &r->err),
                     POND_ERR_CORRUPT);
    assert_damaged(r, "'dir' has the unknown type 'pipe'");
    pond_txn_end(t, NULL);
    sql(r, "UPDATE txns SET state = 'DONE'");
    t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_store_log(t, &r->a, 0, 0, &log, &r->err), POND_ERR_CORRUPT);
    assert_damaged(r, "transaction 1 has the unknown state 'DONE'");
    pond_txn_end(t, NULL);
    sql(r, "UPDATE pond SET id = x'0102'");
    assert_int_equal(open_again(r), POND_ERR_CORRUPT);
    assert_damaged(r, "column 'id' does not have 16 bytes");
    sql(r, "DELETE FROM pond");
    assert_int_equal(open_again(r), POND_ERR_CORRUPT);
    assert_damaged(r, "it has no row that describes the pond");
}

static void the_catalog_is_a_sqlite_file_in_wal_mode_of_version_5(void **state) {
    room *r = *state;
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(below(r, "pond.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "wal");
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(stmt, 0), 5);
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

// Migrations --------------------------------------------------------------------------------------

// Catalogs of formats that do not exist yet. The first steps never run, because the ponds have
// format 5 already.
static const char add_labels[] = "CREATE TABLE labels (name TEXT) STRICT;"
                                 "INSERT INTO labels SELECT name FROM nodes WHERE name <> '';";
static const char add_color[] = "ALTER TABLE labels ADD COLUMN color TEXT NOT NULL DEFAULT 'red'";
static const char *const good_steps[] = {"not run", "not run",  "not run", "not run",
                                         "not run", add_labels, add_color};
static const char *const bad_steps[] = {"not run",
                                        "not run",
                                        "not run",
                                        "not run",
                                        "not run",
                                        add_labels,
                                        "INSERT INTO nowhere VALUES (1)"};

static pond_code open_with(room *r, const char *const *steps, int n) {
    pond_store_close(r->s);
    return store_open_with(r->pond, &(store_migrations){steps, n}, &r->s, &r->err);
}

static void make_dir(room *r, const char *name) {
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mkdir");
    make(t, root, name, POND_T_DIRECTORY);
    commit(t);
}

static int64_t count(room *r, const char *text) {
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(below(r, "pond.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return n;
}

static void an_old_catalog_is_migrated_when_it_is_opened(void **state) {
    room *r = *state;
    make_dir(r, "sensors");
    assert_int_equal(open_with(r, good_steps, 7), POND_OK);
    assert_int_equal(count(r, "PRAGMA user_version"), 7);
    assert_int_equal(count(r, "SELECT count(*) FROM labels WHERE color = 'red'"), 1);
    make_dir(r, "more"); // and it works
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    assert_true(has(t, &r->a, "sensors") && has(t, &r->a, "more"));
    pond_txn_end(t, NULL);
    assert_int_equal(open_with(r, good_steps, 7), POND_OK); // not migrated twice
    assert_int_equal(count(r, "SELECT count(*) FROM labels"), 1);
}

static void a_catalog_can_be_migrated_from_any_version(void **state) {
    room *r = *state;
    make_dir(r, "sensors");
    assert_int_equal(open_with(r, good_steps, 6), POND_OK);
    assert_int_equal(count(r, "PRAGMA user_version"), 6);
    assert_int_equal(open_with(r, good_steps, 7), POND_OK);
    assert_int_equal(count(r, "PRAGMA user_version"), 7);
    assert_int_equal(count(r, "SELECT count(color) FROM labels"), 1);
}

static void a_migration_that_fails_changes_nothing(void **state) {
    room *r = *state;
    make_dir(r, "sensors");
    assert_int_equal(open_with(r, bad_steps, 7), POND_ERR_INTERNAL);
    assert_null(r->s);
    assert_string_equal(r->err.msg,
                        pond_printf(&r->a,
                                    "the catalog '%s/pond.db' refused a statement: no such "
                                    "table: nowhere",
                                    r->pond));
    assert_string_equal(r->err.ctx[0], pond_printf(&r->a,
                                                   "migrating the catalog '%s/pond.db' from "
                                                   "format 6 to 7",
                                                   r->pond));
    assert_int_equal(count(r, "PRAGMA user_version"), 5);
    assert_int_equal(count(r, "SELECT count(*) FROM sqlite_schema WHERE name = 'labels'"), 0);
    reopen(r); // as it was, for the program of its format
    make_dir(r, "more");
}

static void an_older_program_refuses_a_catalog_that_was_migrated(void **state) {
    room *r = *state;
    assert_int_equal(open_with(r, good_steps, 7), POND_OK);
    assert_int_equal(open_with(r, good_steps, 6), POND_ERR_UNSUPPORTED);
    assert_string_equal(r->err.msg, pond_printf(&r->a,
                                                "the pond in '%s' has format 7, this program "
                                                "supports 6: use a newer pond program",
                                                r->pond));
    assert_int_equal(count(r, "PRAGMA user_version"), 7);
}

static void migrate_in_child(room *r) {
    pond_store *s;
    CHILD_CHECK(store_open_with(r->pond, &(store_migrations){good_steps, 7}, &s, NULL) == POND_OK);
    pond_store_close(s);
}

static void two_processes_migrate_once(void **state) {
    room *r = *state;
    make_dir(r, "sensors");
    pond_store_close(r->s);
    r->s = NULL;
    pid_t first = start_child(migrate_in_child, r), second = start_child(migrate_in_child, r);
    expect_success(first);
    expect_success(second);
    assert_int_equal(count(r, "PRAGMA user_version"), 7);
    assert_int_equal(count(r, "SELECT count(*) FROM labels"), 1);
}

// A user who may read the pond and nothing else ---------------------------------------------------

static void become_nobody(void) {
    if (geteuid() == 0)
        CHILD_CHECK(setgid(65534) == 0 && setuid(65534) == 0);
}

static void set_mode(room *r, mode_t dir_mode, mode_t file_mode) {
    static const char *const files[] = {"pond.db", "pond.db-wal", "pond.db-shm", "lock"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        assert_int_equal(chmod(below(r, files[i]), file_mode), 0);
    assert_int_equal(chmod(below(r, "tmp"), dir_mode), 0);
    assert_int_equal(chmod(below(r, "objects"), dir_mode), 0);
    assert_int_equal(chmod(r->pond, dir_mode), 0);
    assert_int_equal(chmod(r->dir, dir_mode), 0);
}

static void read_as_guest(room *r) {
    become_nobody();
    pond_store *s;
    pond_txn *t;
    CHILD_CHECK(pond_store_open(r->pond, &s, &r->err) == POND_OK);
    CHILD_CHECK(pond_txn_begin(s, POND_TXN_READ, POND_SV(""), &t, &r->err) == POND_OK);
    const pond_node_row *row;
    CHILD_CHECK(pond_store_lookup(t, &r->a, root, POND_SV("kept"), &row, NULL) == POND_OK);
    CHILD_CHECK(row != NULL);
    CHILD_CHECK(!pond_path_exists(pond_store_tmp_dir(s)));
    pond_txn_end(t, NULL);

    pond_sha256 sum;
    CHILD_CHECK(pond_object_write(s, POND_SV("x"), &sum, &r->err) == POND_ERR_IO);
    CHILD_CHECK(strstr(r->err.msg, "Permission denied") != NULL);
    CHILD_CHECK(pond_txn_begin(s, POND_TXN_WRITE, POND_SV("rm"), &t, &r->err) == POND_ERR_IO);
    CHILD_CHECK(t == NULL);
    CHILD_CHECK(strcmp(r->err.msg, pond_printf(&r->a,
                                               "cannot open '%s/lock': "
                                               "Permission denied",
                                               r->pond)) == 0);
    pond_store_close(s);
}

static void a_user_without_permission_to_write_can_read(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mkdir kept");
    make(t, root, "kept", POND_T_DIRECTORY);
    commit(t);
    pond_store_close(r->s);
    r->s = NULL;
    set_mode(r, 0555, 0444);
    expect_success(start_child(read_as_guest, r));
    set_mode(r, 0755, 0644);
}

static void fail_to_read_as_guest(room *r) {
    become_nobody();
    pond_store *s;
    CHILD_CHECK(pond_store_open(r->pond, &s, &r->err) == POND_ERR_IO);
    CHILD_CHECK(strcmp(r->err.msg,
                       pond_printf(&r->a,
                                   "cannot read '%s/pond.db': this user must be able to read it, "
                                   "'pond.db-wal' and 'pond.db-shm'; if the last two are missing, "
                                   "read the pond once as a user who may write",
                                   r->pond)) == 0);
}

static void an_error_names_the_files_that_are_not_readable(void **state) {
    room *r = *state;
    pond_store_close(r->s);
    r->s = NULL;
    set_mode(r, 0555, 0444);
    assert_int_equal(pond_remove_tree(below(r, "pond.db-shm"), NULL), POND_OK);
    assert_int_equal(pond_remove_tree(below(r, "pond.db-wal"), NULL), POND_OK);
    expect_success(start_child(fail_to_read_as_guest, r));
    assert_int_equal(chmod(r->pond, 0755), 0);
}

static off_t wal_bytes(room *r) {
    struct stat st;
    assert_int_equal(stat(below(r, "pond.db-wal"), &st), 0);
    return st.st_size;
}

static void make_many(room *r, const char *prefix) {
    enum { MANY = 3000 };
    char name[32];
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mkdir");
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "%s%d", prefix, i);
        make(t, root, name, POND_T_DIRECTORY);
    }
    commit(t);
}

// Every command would read all of it.
static void a_large_write_leaves_an_empty_wal(void **state) {
    room *r = *state;
    make_many(r, "a");
    assert_int_equal(wal_bytes(r), 0);

    // Nobody waits for a reader. His snapshot stays, and the next writer empties the WAL.
    pond_store *other;
    assert_int_equal(pond_store_open(r->pond, &other, NULL), POND_OK);
    pond_txn *before = begin(other, POND_TXN_READ, "");
    int64_t began_us = pond_now_us();
    make_many(r, "b");
    assert_true(pond_now_us() - began_us < 5 * POND_US_PER_S);
    assert_true(wal_bytes(r) > 0);
    assert_true(has(before, &r->a, "a2999"));
    assert_false(has(before, &r->a, "b0"));
    pond_txn_end(before, NULL);
    pond_store_close(other);
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mkdir");
    make(t, root, "c", POND_T_DIRECTORY);
    commit(t);
    assert_int_equal(wal_bytes(r), 0);
    reopen(r);
    t = begin(r->s, POND_TXN_READ, "");
    pond_node_row_vec all;
    assert_int_equal(pond_store_children(t, &r->a, root, &all, NULL), POND_OK);
    assert_int_equal(all.n, 6001);
    pond_txn_end(t, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_EMPTY_ROOM(init_makes_a_pond_that_opens),
        IN_ROOM(a_fresh_pond_has_an_empty_root_and_no_log),
        IN_ROOM(init_refuses_a_pond_and_a_directory_that_is_not_empty),
        IN_EMPTY_ROOM(init_accepts_what_an_init_that_died_has_left),
        IN_EMPTY_ROOM(init_refuses_objects_without_their_catalog),
        IN_EMPTY_ROOM(open_says_that_there_is_no_pond),
        IN_ROOM(open_refuses_a_newer_format),
        IN_ROOM(open_refuses_a_file_that_is_not_a_catalog),
        IN_ROOM(impossible_rows_are_reported_as_damage),
        IN_ROOM(the_catalog_is_a_sqlite_file_in_wal_mode_of_version_5),
        IN_ROOM(an_old_catalog_is_migrated_when_it_is_opened),
        IN_ROOM(a_catalog_can_be_migrated_from_any_version),
        IN_ROOM(a_migration_that_fails_changes_nothing),
        IN_ROOM(an_older_program_refuses_a_catalog_that_was_migrated),
        IN_ROOM(two_processes_migrate_once),
        IN_ROOM(a_large_write_leaves_an_empty_wal),
        IN_ROOM(a_user_without_permission_to_write_can_read),
        IN_ROOM(an_error_names_the_files_that_are_not_readable),
    };
    return cmocka_run_group_tests_name("store/catalog", tests, NULL, NULL);
}
