// The tree: paths, symlinks, listings, computed nodes, bytes.
#include "fixture.h"

#include <sqlite3.h>

static const char *list_names_of(fixture *f, const char *path) {
    pond_node_vec children;
    CHECK_OK(f, pond_fs_list(f->fs, resolve(f, path), &children, &f->err));
    const char *text = "";
    for (size_t i = 0; i < children.n; i++)
        text = pond_printf(&f->arena, "%s%s%.*s", text, i == 0 ? "" : " ",
                           POND_SV_ARG(children.items[i]->name));
    return text;
}

static const char *read_text(fixture *f, const char *path) {
    pond_buf bytes = POND_BUF_EMPTY;
    CHECK_OK(f, pond_fs_read(f->fs, resolve(f, path), NULL, &bytes, &f->err));
    const char *text = pond_cstr(&f->arena, pond_buf_view(&bytes));
    pond_buf_free(&bytes);
    return text;
}

static pond_code resolve_error(fixture *f, const char *path) {
    const pond_node *node;
    return pond_fs_resolve(f->fs, pond_sv_of(path), true, &node, &f->err);
}

static pond_code list_error(fixture *f, const char *path) {
    pond_node_vec children;
    return pond_fs_list(f->fs, resolve(f, path), &children, &f->err);
}

static pond_code read_error(fixture *f, const char *path) {
    pond_buf bytes = POND_BUF_EMPTY;
    pond_code rc = pond_fs_read(f->fs, resolve(f, path), NULL, &bytes, &f->err);
    assert_int_equal(bytes.n, 0);
    pond_buf_free(&bytes);
    return rc;
}

// Paths -------------------------------------------------------------------------------------------

static void test_root(void **state) {
    fixture *f = *state;
    const pond_node *root = pond_fs_root(f->fs);
    assert_null(root->parent);
    assert_true(pond_sv_is(root->path, "/"));
    assert_true(pond_sv_is(root->name, ""));
    assert_true(pond_id_eq(root->id, (pond_id){{0}}));
    assert_int_equal(root->type, POND_T_DIRECTORY);
    assert_string_equal(list_names_of(f, "/"), "");
}

static void test_paths_to_one_node(void **state) {
    fixture *f = *state;
    make_file(f, "/a/b/x");
    const pond_node *x = resolve(f, "/a/b/x");
    assert_true(pond_sv_is(x->path, "/a/b/x"));
    assert_true(pond_sv_is(x->name, "x"));
    assert_true(x->parent == resolve(f, "/a/b"));
    assert_int_equal(x->type, POND_T_DATA);
    assert_true(x->is_stored);
    assert_int_equal(x->version, 1);
    assert_int_equal(x->size_bytes, 6);
    static const char *const same[] = {"a/b/x",        "//a///b/x", "/a/./b/x", "/a/b/../b/x",
                                       "/../../a/b/x", "/a/b/x/",   "./a/b/x"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_true(resolve(f, same[i]) == x);
    assert_true(resolve(f, "..") == pond_fs_root(f->fs));
    assert_true(resolve(f, "") == pond_fs_root(f->fs));
}

static void test_missing_paths(void **state) {
    fixture *f = *state;
    make_file(f, "/sensors/Dongsi.series");
    make_file(f, "/sensors/Huairou.series");
    expect_error(f, resolve_error(f, "/sensors/Dongs"), POND_ERR_NOT_FOUND,
                 "path '/sensors/Dongs' does not exist");
    assert_string_equal(f->err.detail, "  nearest directory: /sensors\n"
                                       "  did you mean 'Dongsi.series'?\n");
    expect_error(f, resolve_error(f, "sensors/huairou.series"), POND_ERR_NOT_FOUND,
                 "path '/sensors/huairou.series' does not exist");
    assert_string_equal(f->err.detail, "  nearest directory: /sensors\n"
                                       "  did you mean 'Huairou.series'?\n");
    expect_error(f, resolve_error(f, "/sensor/x/y"), POND_ERR_NOT_FOUND,
                 "path '/sensor/x/y' does not exist");
    assert_string_equal(f->err.detail, "  nearest directory: /\n  did you mean 'sensors'?\n");
    expect_error(f, resolve_error(f, "/sensors/quite-different"), POND_ERR_NOT_FOUND,
                 "path '/sensors/quite-different' does not exist");
    assert_string_equal(f->err.detail, "  nearest directory: /sensors\n");
    expect_error(f, resolve_error(f, "/sensors/Dongsi.series/x"), POND_ERR_NOT_FOUND,
                 "path '/sensors/Dongsi.series/x' does not exist");
    assert_string_equal(f->err.detail, "  nearest directory: /sensors\n"
                                       "  '/sensors/Dongsi.series' is not a directory\n");
}

static void test_nearest_dir(void **state) {
    fixture *f = *state;
    make_file(f, "/a/b/x");
    make_link(f, "/l", "/a/b");
    static const struct {
        const char *path, *dir;
    } cases[] = {{"/a/b", "/a/b"}, {"/a/b/x", "/a/b"}, {"/a/b/x/y/z", "/a/b"},
                 {"/a/q/r", "/a"}, {"/q", "/"},        {"q", "/"},
                 {"", "/"},        {"/l/z", "/a/b"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_sv dir = pond_fs_nearest_dir(f->fs, pond_sv_of(cases[i].path));
        assert_string_equal(pond_cstr(&f->arena, dir), cases[i].dir);
    }
}

// Symlinks ----------------------------------------------------------------------------------------

static void test_symlinks(void **state) {
    fixture *f = *state;
    make_file(f, "/a/b/x");
    make_link(f, "/a/abs", "/a/b");
    make_link(f, "/a/rel", "b/x");
    make_link(f, "/a/up", "../a/abs/./x");
    const pond_node *x = resolve(f, "/a/b/x"), *link;
    assert_true(resolve(f, "/a/abs/x") == x);
    assert_true(resolve(f, "/a/rel") == x);
    assert_true(resolve(f, "/a/up") == x);
    assert_true(resolve(f, "/a/abs/../b/x") == x); // above the target, not above the link
    CHECK_OK(f, pond_fs_resolve(f->fs, POND_SV("/a/rel"), false, &link, &f->err));
    assert_int_equal(link->type, POND_T_SYMLINK);
    assert_true(pond_sv_is(link->link, "b/x"));
    CHECK_OK(f, pond_fs_resolve(f->fs, POND_SV("/a/abs/x"), false, &link, &f->err));
    assert_true(link == x);

    pond_buf bytes = POND_BUF_EMPTY;
    CHECK_OK(f, pond_fs_resolve(f->fs, POND_SV("/a/rel"), false, &link, &f->err));
    expect_error(f, pond_fs_read(f->fs, link, NULL, &bytes, &f->err), POND_ERR_INVALID,
                 "'/a/rel' is a symlink to 'b/x', not a file");
}

static void test_symlinks_that_lead_nowhere(void **state) {
    fixture *f = *state;
    make_link(f, "/a", "/b");
    make_link(f, "/b", "/c/x");
    make_link(f, "/c", "a");
    make_link(f, "/self", "self");
    make_link(f, "/dangling", "/gone");
    expect_error(f, resolve_error(f, "/a"), POND_ERR_INVALID, "symlink cycle at '/a' -> '/b'");
    expect_error(f, resolve_error(f, "/c/y"), POND_ERR_INVALID, "symlink cycle at '/c' -> 'a'");
    expect_error(f, resolve_error(f, "/self"), POND_ERR_INVALID,
                 "symlink cycle at '/self' -> 'self'");
    expect_error(f, resolve_error(f, "/dangling/x"), POND_ERR_NOT_FOUND,
                 "path '/dangling/x' does not exist");
    assert_string_equal(f->err.detail,
                        "  symlink: '/dangling' -> '/gone'\n  nearest directory: /\n");
}

static void test_at_most_32_symlinks(void **state) {
    fixture *f = *state;
    make_file(f, "/0");
    for (int i = 1; i <= 33; i++)
        make_link(f, pond_printf(&f->arena, "/%d", i), pond_printf(&f->arena, "%d", i - 1));
    assert_true(resolve(f, "/32") == resolve(f, "/0"));
    expect_error(f, resolve_error(f, "/33"), POND_ERR_LIMIT,
                 "more than 32 symlinks on the way to '/33'");
    // Not only one inside the other.
    make_link(f, "/here", "/");
    pond_buf path = POND_BUF_EMPTY;
    for (int i = 0; i < 33; i++)
        pond_buf_str(&path, "/here");
    assert_true(resolve(f, path.p + strlen("/here")) == pond_fs_root(f->fs));
    assert_int_equal(resolve_error(f, path.p), POND_ERR_LIMIT);
    pond_buf_free(&path);
}

// Listings ----------------------------------------------------------------------------------------

static void test_list_is_sorted_by_bytes(void **state) {
    fixture *f = *state;
    make_file(f, "/d/b");
    make_file(f, "/d/B");
    make_file(f, "/d/a-b");
    make_file(f, "/d/a/x");
    make_file(f, "/d/\xc3\xa4");
    assert_string_equal(list_names_of(f, "/d"), "B a a-b b \xc3\xa4");
    make_dynamic(f, "/made", "names", "b B a-b a: \xc3\xa4");
    assert_string_equal(list_names_of(f, "/made"), "B a a-b b \xc3\xa4");
    expect_error(f, list_error(f, "/d/b"), POND_ERR_INVALID, "'/d/b' is not a directory");
}

static void test_computed_nodes(void **state) {
    fixture *f = *state;
    make_dynamic(f, "/made", "names", "b.csv sub:");
    const pond_node *dir = resolve(f, "/made"), *b = resolve(f, "/made/b.csv");
    assert_int_equal(dir->type, POND_T_DYNAMIC_DIRECTORY);
    assert_true(pond_sv_is(dir->factory, "names"));
    assert_true(dir->is_stored);
    assert_int_equal(dir->version, 1);
    assert_int_equal(dir->modified_us, 0);
    assert_int_equal(b->type, POND_T_DATA_DYNAMIC);
    assert_true(b->parent == dir);
    assert_false(b->is_stored);
    assert_int_equal(b->version, 1);
    assert_int_equal(b->size_bytes, -1);
    assert_int_equal(b->modified_us, 0);
    assert_string_equal(read_text(f, "/made/b.csv"), "content of /made/b.csv");
    assert_string_equal(read_text(f, "/made/sub/leaf.csv"), "content of /made/sub/leaf.csv");
    assert_int_equal(f->n_opened, 1);
    expect_error(f, resolve_error(f, "/made/c.csv"), POND_ERR_NOT_FOUND,
                 "path '/made/c.csv' does not exist");
    assert_string_equal(f->err.detail, "  nearest directory: /made\n  did you mean 'b.csv'?\n");

    // The next one who opens the pond sees the same ids.
    pond_id id = b->id;
    assert_false(pond_id_eq(id, dir->id));
    assert_false(pond_id_eq(id, resolve(f, "/made/sub")->id));
    pond_fs_close(f->fs);
    fixture_open_fs(f);
    assert_true(pond_id_eq(id, resolve(f, "/made/b.csv")->id));
}

static void test_entries_without_a_valid_name_are_left_out(void **state) {
    fixture *f = *state;
    make_dynamic(f, "/made", "names", "a b/c .. .  \x1b[31m b ..");
    assert_string_equal(list_names_of(f, "/made"), "\x1b[31m a b");
    assert_string_equal(f->warnings,
                        "an entry of '/made' is left out: its name 'b/c' contains '/'\n"
                        "an entry of '/made' is left out: its name '..' stands for a directory\n"
                        "an entry of '/made' is left out: its name '.' stands for a directory\n"
                        "an entry of '/made' is left out: its name '' is empty\n");
    f->warnings[0] = '\0';
    make_file(f, "/x"); // computed directories are listed again after a write, but warn once
    assert_string_equal(list_names_of(f, "/made"), "\x1b[31m a b");
    assert_string_equal(f->warnings, "");
    assert_string_equal(read_text(f, "/made/a"), "content of /made/a");
    expect_error(f, resolve_error(f, "/made/b/c"), POND_ERR_NOT_FOUND,
                 "path '/made/b/c' does not exist");

    char name[300];
    memset(name, 'n', sizeof name);
    name[299] = '\0';
    make_dynamic(f, "/long", "names", pond_printf(&f->arena, "%s\x1b a", name));
    assert_string_equal(list_names_of(f, "/long"), "a");
    assert_string_equal(f->warnings,
                        "an entry of '/long' is left out: its name "
                        "'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…' is longer "
                        "than 255 bytes\n");
}

// As somebody who sends a pond could.
static void change_catalog(fixture *f, const char *sql) {
    sqlite3 *db;
    CHECK_OK(f, pond_txn_commit(f->txn, &f->err));
    pond_fs_close(f->fs);
    pond_txn_end(f->txn, NULL);
    pond_store_close(f->store);
    assert_int_equal(sqlite3_open(pond_path_join(&f->arena, f->dir, "pond.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    CHECK_OK(f, pond_store_open(f->dir, &f->store, &f->err));
    CHECK_OK(f, pond_txn_begin(f->store, POND_TXN_WRITE, POND_SV("test"), &f->txn, &f->err));
    fixture_open_fs(f);
}

static void test_rows_without_a_valid_name_are_left_out(void **state) {
    fixture *f = *state;
    static const char *const names[] = {"a", "b", "c", "d", "e", "good"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        make_file(f, pond_printf(&f->arena, "/box/%s", names[i]));
    make_file(f, "/dir/inside");
    change_catalog(f, "UPDATE nodes SET name = '../../evil' || char(27) || '.sh' WHERE name = 'a';"
                      "UPDATE nodes SET name = '..' WHERE name = 'b';"
                      "UPDATE nodes SET name = '' WHERE name = 'c';"
                      "UPDATE nodes SET name = printf('%300d', 1) WHERE name = 'd';"
                      "UPDATE nodes SET name = CAST(x'780079' AS TEXT) WHERE name = 'e';"
                      "UPDATE nodes SET name = '/tmp/x' WHERE name = 'dir';");
    assert_string_equal(list_names_of(f, "/box"), "good");
    assert_string_equal(list_names_of(f, "/"), "box");
    assert_non_null(strstr(f->warnings, "an entry of '/box' is left out: its name '' is empty\n"));
    assert_non_null(strstr(f->warnings, "its name '..' stands for a directory\n"));
    assert_non_null(strstr(f->warnings, "its name '../../evil\\x1b.sh' contains '/'\n"));
    assert_non_null(strstr(f->warnings, "' is longer than 255 bytes\n"));
    assert_non_null(strstr(f->warnings, "its name 'x' contains a NUL byte\n"));
    assert_non_null(strstr(f->warnings, "an entry of '/' is left out: its name '/tmp/x' contains"));
    assert_string_equal(read_text(f, "/box/good"), "/box/good");
    assert_int_equal(resolve_error(f, pond_printf(&f->arena, "/box/%300d", 1)), POND_ERR_NOT_FOUND);
    assert_int_equal(resolve_error(f, "/box/../../evil"), POND_ERR_NOT_FOUND);
}

// Its schema may compare names without case, or allow one name twice.
static void test_a_catalog_may_sort_in_another_way(void **state) {
    fixture *f = *state;
    static const char *const names[] = {"a", "B", "c", "D"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        make_file(f, pond_printf(&f->arena, "/box/%s", names[i]));
    change_catalog(f,
                   "CREATE TABLE n (id BLOB PRIMARY KEY, parent BLOB, name TEXT COLLATE NOCASE,"
                   "  type TEXT, factory TEXT, link TEXT, version, size_bytes, modified_us,"
                   "  made, state);"
                   "INSERT INTO n SELECT * FROM nodes;"
                   "DROP TABLE nodes; ALTER TABLE n RENAME TO nodes;"
                   "INSERT INTO nodes SELECT randomblob(16), parent, name, type, factory, link,"
                   "  version, size_bytes, modified_us, made, state FROM nodes WHERE name = 'c'");
    assert_string_equal(list_names_of(f, "/box"), "B D a c");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_non_null(resolve(f, pond_printf(&f->arena, "/box/%s", names[i])));
}

static void test_two_entries_of_one_name(void **state) {
    fixture *f = *state;
    make_dynamic(f, "/bad", "names", "a b a");
    for (int i = 0; i < 2; i++) { // and again
        expect_error(f, list_error(f, "/bad"), POND_ERR_CONFLICT, "two entries have the name 'a'");
        assert_string_equal(f->err.ctx[0], "listing '/bad'");
    }
}

// A factory that makes directories in directories without end meets one.
static void test_computed_paths_have_a_maximal_length(void **state) {
    fixture *f = *state;
    pond_buf path = POND_BUF_EMPTY;
    for (int i = 0; i < 15; i++) {
        pond_buf_char(&path, '/');
        pond_buf_fill(&path, 'd', 255);
    }
    make_dir(f, path.p); // 3840 bytes
    const char *made = pond_printf(&f->arena, "%s/m", path.p), *name = path.p + 1;
    make_dynamic(f, made, "names", pond_printf(&f->arena, "%.253s", name));
    assert_int_equal(strlen(list_names_of(f, made)), 253);
    made = pond_printf(&f->arena, "%s/n", path.p);
    make_dynamic(f, made, "names", pond_printf(&f->arena, "%.254s:", name));
    assert_int_equal(list_error(f, made), POND_ERR_LIMIT);
    assert_non_null(strstr(f->err.msg, "an entry of '/ddd"));
    pond_buf_free(&path);
}

static void test_nodes_that_cannot_be_opened(void **state) {
    fixture *f = *state;
    make_dynamic(f, "/broken", "nonsense", "x: 1");
    assert_string_equal(list_names_of(f, "/"), "broken");
    expect_error(f, list_error(f, "/broken"), POND_ERR_INVALID, "config 'x: 1' is no good");
    assert_string_equal(f->err.ctx[0], "opening '/broken'");
    make_dynamic(f, "/itself", "file", "");
    CHECK_OK(f, pond_fs_mknod(f->fs, POND_SV("/itself"), POND_T_DATA_DYNAMIC, POND_SV("itself"),
                              POND_SV(""), true, &f->err));
    expect_error(f, read_error(f, "/itself"), POND_ERR_INVALID, "'/itself' depends on itself");

    pond_fs_close(f->fs);
    f->fs = pond_fs_open(f->store, f->txn, NULL);
    expect_error(f, list_error(f, "/broken"), POND_ERR_UNSUPPORTED,
                 "factory 'nonsense' is not available");
}

// Directories that contain what they are made of --------------------------------------------------

static void test_a_directory_does_not_enter_itself(void **state) {
    fixture *f = *state;
    make_file(f, "/x");
    make_dynamic(f, "/m", "mirror", "/**");
    assert_string_equal(list_names_of(f, "/m"), "m+ x+");
    assert_int_equal(f->n_listed, 1);
    assert_string_equal(list_names_of(f, "/m"), "m+ x+");
    assert_int_equal(f->n_listed, 1);
}

// What directories see of each other does not depend on which one is asked first.
static void test_directories_that_see_each_other(void **state) {
    fixture *f = *state;
    make_file(f, "/d/x");
    make_dynamic(f, "/a", "mirror", "/*/x*");
    make_dynamic(f, "/b", "mirror", "/a/*");
    make_dynamic(f, "/c", "mirror", "/b/*");
    static const char *const orders[] = {"/a /b /c", "/a /c /b", "/b /a /c",
                                         "/b /c /a", "/c /a /b", "/c /b /a"};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        pond_fs_close(f->fs);
        fixture_open_fs(f);
        pond_sv rest = pond_sv_of(orders[i]);
        for (pond_sv path; pond_sv_split(&rest, ' ', &path);)
            list_names_of(f, pond_cstr(&f->arena, path));
        assert_string_equal(list_names_of(f, "/a"), "x+");   // of /d, as /b and /c lack /a
        assert_string_equal(list_names_of(f, "/b"), "x++");  // of /a
        assert_string_equal(list_names_of(f, "/c"), "x+++"); // of /b
    }
}

static void test_many_that_see_each_other(void **state) {
    fixture *f = *state;
    enum { N = 12 };
    for (int i = 0; i < N; i++)
        make_dynamic(f, pond_printf(&f->arena, "/m%d", i), "mirror", "/*/q*");
    for (int i = 0; i < N; i++)
        assert_string_equal(list_names_of(f, pond_printf(&f->arena, "/m%d", i)), "");
    assert_in_range(f->n_listed, N, N * N); // not N!
}

static void test_writes_are_seen(void **state) {
    fixture *f = *state;
    make_dynamic(f, "/m", "mirror", "/d/*");
    assert_string_equal(list_names_of(f, "/m"), "");
    make_file(f, "/d/x");
    assert_string_equal(list_names_of(f, "/m"), "x+");
    const pond_node *before = resolve(f, "/d/x");
    CHECK_OK(f, write_text(f, "/d/x", POND_T_DATA, "longer than before"));
    const pond_node *after = resolve(f, "/d/x");
    assert_int_equal(before->version, 1); // a node never changes
    assert_int_equal(after->version, 2);
    assert_int_equal(after->size_bytes, 18);
    assert_true(pond_id_eq(before->id, after->id));
    assert_string_equal(list_names_of(f, "/d"), "x");
    assert_string_equal(read_text(f, "/d/x"), "longer than before");
}

// Nodes that were found one by one, by a list or by a search, are the same ones later.
static void test_a_child_has_one_node(void **state) {
    fixture *f = *state;
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        make_file(f, pond_printf(&f->arena, "/d/%s", names[i]));
    pond_fs_close(f->fs);
    fixture_open_fs(f);
    const pond_node *b = resolve(f, "/d/b");
    pond_node_vec all;
    CHECK_OK(f, pond_fs_list(f->fs, resolve(f, "/d"), &all, &f->err));
    assert_int_equal(all.n, 4);
    assert_ptr_equal(all.items[1], b);
    const pond_node *a = all.items[0], *c = all.items[2];
    assert_ptr_equal(resolve(f, "/d/c"), c);

    CHECK_OK(f, write_text(f, "/d/b", POND_T_DATA, "changed"));
    assert_ptr_not_equal(resolve(f, "/d/b"), b);
    assert_ptr_equal(resolve(f, "/d/c"), c);
    pond_glob glob;
    pond_match_vec found;
    CHECK_OK(f, pond_glob_parse(&f->arena, POND_SV("/**"), &glob, &f->err));
    CHECK_OK(f, pond_fs_glob(f->fs, &f->arena, &glob, &found, &f->err));
    assert_int_equal(found.n, 5);
    assert_ptr_equal(found.items[1].node, a);
    assert_ptr_equal(found.items[2].node, resolve(f, "/d/b"));
    assert_ptr_equal(found.items[3].node, c);
}

// Bytes -------------------------------------------------------------------------------------------

static void test_read(void **state) {
    fixture *f = *state;
    CHECK_OK(f, write_text(f, "/data", POND_T_DATA, "one"));
    CHECK_OK(f, write_text(f, "/data", POND_T_DATA, "two"));
    CHECK_OK(f, write_text(f, "/log", POND_T_DATA_SERIES, "one\n"));
    CHECK_OK(f, write_text(f, "/log", POND_T_DATA_SERIES, "two\n"));
    CHECK_OK(f, write_text(f, "/log", POND_T_DATA_SERIES, ""));
    CHECK_OK(f, write_text(f, "/table", POND_T_TABLE_SERIES, "PAR1"));
    make_dynamic(f, "/job", "run", "every: 1h\n");
    make_dynamic(f, "/made", "file", "any");
    make_dir(f, "/dir");
    assert_string_equal(read_text(f, "/data"), "two");
    assert_string_equal(read_text(f, "/log"), "one\ntwo\n");
    assert_string_equal(read_text(f, "/made"), "content of /made");
    assert_string_equal(read_text(f, "/job"), "every: 1h\n"); // only run: its config
    expect_error(f, read_error(f, "/dir"), POND_ERR_INVALID, "'/dir' is a directory");
    expect_error(f, read_error(f, "/table"), POND_ERR_INVALID,
                 "'/table' is a table:series, which has rows, not bytes");
}

// Only damage can make such nodes; each failure must say what is wrong.
static void test_files_without_a_version(void **state) {
    fixture *f = *state;
    pond_id id;
    const pond_new_node data = {.name = POND_SV("data"), .type = POND_T_DATA};
    const pond_new_node dyn = {
        .name = POND_SV("dyn"), .type = POND_T_DATA_DYNAMIC, .factory = POND_SV("file")};
    CHECK_OK(f, pond_store_create(f->txn, &data, &id, &f->err));
    CHECK_OK(f, pond_store_create(f->txn, &dyn, &id, &f->err));
    expect_error(f, read_error(f, "/data"), POND_ERR_NOT_FOUND, "'/data' has no content yet");
    expect_error(f, read_error(f, "/dyn"), POND_ERR_NOT_FOUND, "'/dyn' has no content yet");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FS_TEST(test_root),
        FS_TEST(test_paths_to_one_node),
        FS_TEST(test_missing_paths),
        FS_TEST(test_nearest_dir),
        FS_TEST(test_symlinks),
        FS_TEST(test_symlinks_that_lead_nowhere),
        FS_TEST(test_at_most_32_symlinks),
        FS_TEST(test_list_is_sorted_by_bytes),
        FS_TEST(test_computed_nodes),
        FS_TEST(test_entries_without_a_valid_name_are_left_out),
        FS_TEST(test_rows_without_a_valid_name_are_left_out),
        FS_TEST(test_a_catalog_may_sort_in_another_way),
        FS_TEST(test_two_entries_of_one_name),
        FS_TEST(test_computed_paths_have_a_maximal_length),
        FS_TEST(test_nodes_that_cannot_be_opened),
        FS_TEST(test_a_directory_does_not_enter_itself),
        FS_TEST(test_directories_that_see_each_other),
        FS_TEST(test_many_that_see_each_other),
        FS_TEST(test_writes_are_seen),
        FS_TEST(test_a_child_has_one_node),
        FS_TEST(test_read),
        FS_TEST(test_files_without_a_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
