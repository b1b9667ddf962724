// Making and changing nodes, and what is refused.
#include "fixture.h"

static pond_code mkdir_at(fixture *f, const char *path, bool make_parents) {
    return pond_fs_mkdir(f->fs, pond_sv_of(path), make_parents, &f->err);
}

static pond_code mknod_at(fixture *f, const char *path, const char *config, bool is_overwrite) {
    return pond_fs_mknod(f->fs, pond_sv_of(path), POND_T_DYNAMIC_DIRECTORY, POND_SV("names"),
                         pond_sv_of(config), is_overwrite, &f->err);
}

static const char *read_text(fixture *f, const char *path) {
    pond_buf bytes = POND_BUF_EMPTY;
    CHECK_OK(f, pond_fs_read(f->fs, resolve(f, path), NULL, &bytes, &f->err));
    const char *text = pond_cstr(&f->arena, pond_buf_view(&bytes));
    pond_buf_free(&bytes);
    return text;
}

static void test_mkdir(void **state) {
    fixture *f = *state;
    CHECK_OK(f, mkdir_at(f, "/", false));
    CHECK_OK(f, mkdir_at(f, "/a", false));
    CHECK_OK(f, mkdir_at(f, "a/b/", false));
    assert_int_equal(resolve(f, "/a/b")->type, POND_T_DIRECTORY);
    expect_error(f, mkdir_at(f, "/a", false), POND_ERR_EXISTS, "path '/a' already exists");
    expect_error(f, mkdir_at(f, "/other/r/s", false), POND_ERR_NOT_FOUND,
                 "parent directory '/other/r' does not exist");
    assert_string_equal(f->err.detail, "  nearest directory: /\n");
    CHECK_OK(f, write_text(f, "/a/x", POND_T_DATA, "x"));
    expect_error(f, mkdir_at(f, "/a/x/y", false), POND_ERR_CONFLICT, "'/a/x' is not a directory");
    expect_error(f, mkdir_at(f, "/a/..", false), POND_ERR_INVALID,
                 "path '/a/..' does not end in a name");
    pond_buf name = POND_BUF_EMPTY;
    for (int i = 0; i < 5000; i++)
        pond_buf_char(&name, 'n');
    assert_int_equal(mkdir_at(f, name.p, false), POND_ERR_LIMIT);
    assert_non_null(
        strstr(f->err.msg, "an entry of '/' would have a path of more than 4096 bytes: 'nnn"));
    assert_int_equal(mkdir_at(f, name.p, true), POND_ERR_LIMIT);
    pond_buf_free(&name);
}

static void test_mkdir_with_parents(void **state) {
    fixture *f = *state;
    CHECK_OK(f, mkdir_at(f, "/a/b/c", true));
    CHECK_OK(f, mkdir_at(f, "/a/b/c", true));
    CHECK_OK(f, mkdir_at(f, "/", true));
    CHECK_OK(f, mkdir_at(f, "a/./b/../d/e/", true));
    assert_int_equal(resolve(f, "/a/b/c")->type, POND_T_DIRECTORY);
    assert_int_equal(resolve(f, "/a/d/e")->type, POND_T_DIRECTORY);
    CHECK_OK(f, write_text(f, "/a/x", POND_T_DATA, "x"));
    expect_error(f, mkdir_at(f, "/a/x/y", true), POND_ERR_CONFLICT,
                 "path '/a/x' exists but is not a directory");
    make_link(f, "/l", "/a/b");
    CHECK_OK(f, mkdir_at(f, "/l/m/n", true));
    assert_true(pond_sv_is(resolve(f, "/l/m/n")->path, "/a/b/m/n"));
}

static void test_write(void **state) {
    fixture *f = *state;
    make_dir(f, "/d");
    CHECK_OK(f, write_text(f, "/d/x", POND_T_DATA, "one"));
    CHECK_OK(f, write_text(f, "d/x", POND_T_DATA, "two"));
    assert_int_equal(resolve(f, "/d/x")->version, 2);
    assert_string_equal(read_text(f, "/d/x"), "two");
    expect_error(f, write_text(f, "/d", POND_T_DATA, ""), POND_ERR_CONFLICT, "'/d' is a directory");
    expect_error(f, write_text(f, "/d/x", POND_T_TABLE_SERIES, ""), POND_ERR_CONFLICT,
                 "'/d/x' is data and cannot become table:series; a file keeps its type");
    expect_error(f, write_text(f, "/e/x", POND_T_DATA, ""), POND_ERR_NOT_FOUND,
                 "parent directory '/e' does not exist");
    expect_error(f, write_text(f, "/d/x/y", POND_T_DATA, ""), POND_ERR_CONFLICT,
                 "'/d/x' is not a directory");
    expect_error(f, write_text(f, "/", POND_T_DATA, ""), POND_ERR_INVALID,
                 "path '/' does not end in a name");
}

// The fs remembers what it has looked for, and must not after a change.
static void test_what_was_missing_is_found_when_it_is_made(void **state) {
    fixture *f = *state;
    const pond_node *node;
    make_dir(f, "/a");
    make_dir(f, "/b");
    for (int i = 0; i < 2; i++)
        assert_int_equal(pond_fs_resolve(f->fs, POND_SV("/a/x"), true, &node, NULL),
                         POND_ERR_NOT_FOUND);
    CHECK_OK(f, write_text(f, "/b/x", POND_T_DATA, "b"));
    assert_int_equal(pond_fs_resolve(f->fs, POND_SV("/a/x"), true, &node, NULL),
                     POND_ERR_NOT_FOUND);
    CHECK_OK(f, write_text(f, "/a/x", POND_T_DATA, "one"));
    const pond_node *first = resolve(f, "/a/x");
    CHECK_OK(f, write_text(f, "/a/x", POND_T_DATA, "second"));
    assert_int_equal(first->version, 1);
    assert_int_equal(first->size_bytes, 3);
    assert_int_equal(resolve(f, "/a/x")->version, 2);
    assert_int_equal(resolve(f, "/a/x")->size_bytes, 6);
    // The same in a directory that was listed.
    pond_node_vec all;
    CHECK_OK(f, pond_fs_list(f->fs, resolve(f, "/a"), &all, &f->err));
    CHECK_OK(f, write_text(f, "/a/x", POND_T_DATA, "three"));
    CHECK_OK(f, write_text(f, "/a/y", POND_T_DATA, "y"));
    assert_int_equal(resolve(f, "/a/x")->version, 3);
    CHECK_OK(f, pond_fs_list(f->fs, resolve(f, "/a"), &all, &f->err));
    assert_int_equal(all.n, 2);
    assert_int_equal(all.items[0]->version, 3);
    assert_true(pond_sv_is(all.items[1]->path, "/a/y"));
}

static void test_write_through_symlinks(void **state) {
    fixture *f = *state;
    make_file(f, "/real/x");
    make_link(f, "/l", "/real");
    make_link(f, "/x", "l/x");
    make_link(f, "/dangling", "/gone");
    CHECK_OK(f, write_text(f, "/l/y", POND_T_DATA, "made"));
    assert_string_equal(read_text(f, "/real/y"), "made");
    CHECK_OK(f, write_text(f, "/x", POND_T_DATA, "changed"));
    assert_string_equal(read_text(f, "/real/x"), "changed");
    assert_int_equal(resolve(f, "/real/x")->version, 2);
    expect_error(f, write_text(f, "/dangling", POND_T_DATA, ""), POND_ERR_NOT_FOUND,
                 "target of symlink '/dangling' does not exist");
    expect_error(f, mkdir_at(f, "/l", false), POND_ERR_EXISTS, "path '/l' already exists");
}

static void test_computed_is_read_only(void **state) {
    fixture *f = *state;
    make_dynamic(f, "/x", "names", "a.csv sub:");
    make_dynamic(f, "/job", "run", "");
    static const char message[] = "'/x' is read-only: it is computed by factory 'names'";
    expect_error(f, write_text(f, "/x/new", POND_T_DATA, ""), POND_ERR_READ_ONLY, message);
    expect_error(f, write_text(f, "/x/a.csv", POND_T_DATA, ""), POND_ERR_READ_ONLY, message);
    expect_error(f, write_text(f, "/x", POND_T_DATA, ""), POND_ERR_READ_ONLY, message);
    expect_error(f, mkdir_at(f, "/x/new", false), POND_ERR_READ_ONLY, message);
    expect_error(f, mkdir_at(f, "/x/new/dir", true), POND_ERR_READ_ONLY, message);
    expect_error(f, mknod_at(f, "/x/new", "", false), POND_ERR_READ_ONLY, message);
    expect_error(f, write_text(f, "/x/sub/new", POND_T_DATA, ""), POND_ERR_READ_ONLY,
                 "'/x/sub' is read-only: it is computed by factory 'leaf'");
    expect_error(f, write_text(f, "/job", POND_T_DATA, ""), POND_ERR_READ_ONLY,
                 "'/job' is read-only: it is computed by factory 'run'");
    CHECK_OK(f, mkdir_at(f, "/x/sub", true)); // it is there
}

static void test_mknod(void **state) {
    fixture *f = *state;
    make_file(f, "/file");
    CHECK_OK(f, mknod_at(f, "/made", "a b", false));
    const pond_node *a = resolve(f, "/made/a"), *made = resolve(f, "/made");
    expect_error(f, mknod_at(f, "/made", "c", false), POND_ERR_EXISTS,
                 "path '/made' already exists");
    expect_error(f, mknod_at(f, "/file", "c", false), POND_ERR_EXISTS,
                 "path '/file' already exists");
    expect_error(f, mknod_at(f, "/file", "c", true), POND_ERR_CONFLICT,
                 "'/file' is data; only a dynamic node can be overwritten");
    expect_error(f, mknod_at(f, "/nowhere/made", "c", false), POND_ERR_NOT_FOUND,
                 "parent directory '/nowhere' does not exist");

    CHECK_OK(f, mknod_at(f, "/made", "c", true));
    const pond_node *node;
    assert_int_equal(pond_fs_resolve(f->fs, POND_SV("/made/a"), true, &node, NULL),
                     POND_ERR_NOT_FOUND);
    assert_int_equal(resolve(f, "/made/c")->type, POND_T_DATA_DYNAMIC);
    assert_true(pond_id_eq(resolve(f, "/made")->id, made->id));
    assert_true(pond_sv_is(a->path, "/made/a")); // the old nodes remain valid

    CHECK_OK(f, pond_fs_mknod(f->fs, POND_SV("/made"), POND_T_DATA_DYNAMIC, POND_SV("run"),
                              POND_SV("every: 1h"), true, &f->err));
    assert_int_equal(resolve(f, "/made")->type, POND_T_DATA_DYNAMIC);
    assert_true(pond_id_eq(resolve(f, "/made")->id, made->id));
    assert_string_equal(read_text(f, "/made"), "every: 1h");
}

// What was written through one fs is what another one finds.
static void test_committed(void **state) {
    fixture *f = *state;
    make_file(f, "/d/x");
    make_dynamic(f, "/d/made", "names", "a b");
    pond_id id = resolve(f, "/d/x")->id;
    CHECK_OK(f, pond_txn_commit(f->txn, &f->err));
    pond_fs_close(f->fs);
    pond_txn_end(f->txn, NULL);
    CHECK_OK(f, pond_txn_begin(f->store, POND_TXN_READ, POND_SV(""), &f->txn, &f->err));
    fixture_open_fs(f);
    assert_true(pond_id_eq(resolve(f, "/d/x")->id, id));
    assert_string_equal(read_text(f, "/d/x"), "/d/x");
    assert_string_equal(read_text(f, "/d/made/b"), "content of /d/made/b");
}

static void test_parent_of(void **state) {
    fixture *f = *state;
    make_dir(f, "/a/b");
    const pond_node *dir;
    pond_sv name;
    static const struct {
        const char *path, *dir, *name;
    } cases[] = {{"/x", "/", "x"},     {"x", "/", "x"},      {"/a/b", "/a", "b"},
                 {"a/b//", "/a", "b"}, {"/a//x", "/a", "x"}, {"/a/b/../x", "/a", "x"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CHECK_OK(f, pond_fs_parent_of(f->fs, pond_sv_of(cases[i].path), &dir, &name, &f->err));
        assert_string_equal(pond_cstr(&f->arena, dir->path), cases[i].dir);
        assert_string_equal(pond_cstr(&f->arena, name), cases[i].name);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FS_TEST(test_mkdir),
        FS_TEST(test_mkdir_with_parents),
        FS_TEST(test_write),
        FS_TEST(test_what_was_missing_is_found_when_it_is_made),
        FS_TEST(test_write_through_symlinks),
        FS_TEST(test_computed_is_read_only),
        FS_TEST(test_mknod),
        FS_TEST(test_committed),
        FS_TEST(test_parent_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
