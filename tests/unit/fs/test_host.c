// Trees of the host, and what is mounted in them.
#include "fixture.h"

#include <sys/stat.h>
#include <unistd.h>

// The host directory of a test, instead of the pond.
static int host_setup(void **state) {
    fixture *f = pond_xmalloc(sizeof *f);
    *f = (fixture){.dir = "/tmp/pond-fs-XXXXXX"};
    pond_arena_init(&f->arena);
    assert_non_null(mkdtemp(f->dir));
    pond_fs_hook hook = {.open = open_node, .warn = keep_warning, .user = f};
    f->fs = pond_fs_open_host(f->dir, &hook);
    *state = f;
    return 0;
}

#define HOST_TEST(test) cmocka_unit_test_setup_teardown(test, host_setup, fixture_teardown)

static const char *host(fixture *f, const char *path) {
    return pond_printf(&f->arena, "%s%s", f->dir, path);
}

static void host_file(fixture *f, const char *path, const char *text) {
    CHECK_OK(f, pond_mkdir_all(pond_path_parent(&f->arena, host(f, path)), &f->err));
    CHECK_OK(f, pond_file_replace(host(f, path), pond_sv_of(text), &f->err));
}

static void host_link(fixture *f, const char *path, const char *target) {
    assert_int_equal(symlink(target, host(f, path)), 0);
}

static pond_code mount(fixture *f, const char *path, const char *factory, const char *config) {
    return pond_fs_mount(f->fs,
                         &(pond_mount){.path = pond_sv_of(path),
                                       .type = POND_T_DYNAMIC_DIRECTORY,
                                       .factory = pond_sv_of(factory),
                                       .config = pond_sv_of(config)},
                         &f->err);
}

static const char *read_text(fixture *f, const char *path) {
    pond_buf text = POND_BUF_EMPTY;
    CHECK_OK(f, pond_fs_read(f->fs, resolve(f, path), NULL, &text, &f->err));
    return pond_buf_keep(&f->arena, &text).p;
}

static void test_files_and_patterns(void **state) {
    fixture *f = *state;
    host_file(f, "/a/x.csv", "12345");
    host_file(f, "/a/b/y.csv", "");
    host_file(f, "/a/b/' \xc3\xa9.txt", "odd");
    host_file(f, "/a/b/\xff.txt", "left out");
    const pond_node *x = resolve(f, "/a/x.csv");
    assert_int_equal(x->type, POND_T_DATA);
    assert_int_equal(x->size_bytes, 5);
    assert_true(x->modified_us > INT64_C(1700000000000000));
    assert_false(x->is_stored);
    assert_string_equal(x->host_path, host(f, "/a/x.csv"));
    assert_string_equal(read_text(f, "a/../a/./x.csv"), "12345");
    assert_string_equal(glob_all(f, "/a/**/*.csv"), "/a/b/y.csv(b|y) /a/x.csv(x)");
    assert_string_equal(glob_all(f, "/*/*/*.txt"), "/a/b/' \xc3\xa9.txt(a|b|' \xc3\xa9)");
    assert_string_equal(f->warnings, "an entry of '/a/b' is left out: its name '\\xff.txt' is not "
                                     "UTF-8\n");
    assert_string_equal(glob_all(f, "/"), "/()");
    assert_ptr_equal(resolve(f, "/a/x.csv"), x);
    const pond_node *node;
    expect_error(f, pond_fs_resolve(f->fs, POND_SV("/a/b/z.csv"), true, &node, &f->err),
                 POND_ERR_NOT_FOUND, "path '/a/b/z.csv' does not exist");
    assert_string_equal(f->err.detail, "  nearest directory: /a/b\n  did you mean 'y.csv'?\n");
}

static void test_a_listing_is_kept(void **state) {
    fixture *f = *state;
    host_file(f, "/x", "");
    assert_string_equal(glob_all(f, "/*"), "/x(x)");
    host_file(f, "/y", "");
    assert_string_equal(glob_all(f, "/*"), "/x(x)");
}

static void test_links_stay_in_the_tree(void **state) {
    fixture *f = *state;
    const pond_node *node;
    host_file(f, "/a/x.csv", "text");
    host_link(f, "/a/near", "x.csv");
    host_link(f, "/up", "a/../a/near");
    host_link(f, "/whole", host(f, "/a"));
    host_link(f, "/out", "/etc");
    host_link(f, "/above", "../x");
    host_link(f, "/gone", "nothing");
    host_link(f, "/beside", pond_printf(&f->arena, "%s-beside", f->dir));
    assert_int_equal(resolve(f, "/up")->type, POND_T_DATA);
    assert_string_equal(resolve(f, "/up")->path.p, "/a/x.csv");
    assert_string_equal(resolve(f, "/whole/near")->path.p, "/a/x.csv");
    expect_error(
        f, pond_fs_resolve(f->fs, POND_SV("/out/passwd"), true, &node, &f->err), POND_ERR_INVALID,
        pond_printf(&f->arena, "symlink '/out' -> '/etc' leads out of '%s', and so out of the tree",
                    f->dir));
    const char *outside[] = {"/above", "/beside", "/out"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        assert_int_equal(pond_fs_resolve(f->fs, pond_sv_of(outside[i]), true, &node, &f->err),
                         POND_ERR_INVALID);
    expect_error(f, pond_fs_resolve(f->fs, POND_SV("/gone"), true, &node, &f->err),
                 POND_ERR_NOT_FOUND, "path '/gone' does not exist");
    CHECK_OK(f, pond_fs_resolve(f->fs, POND_SV("/out"), false, &node, &f->err));
    assert_int_equal(node->type, POND_T_SYMLINK);
    assert_string_equal(node->link.p, "/etc");
    // A `**` does not descend through links.
    assert_string_equal(glob_all(f, "/**/x.csv"), "/a/x.csv(a)");
}

static void test_a_directory_that_is_mounted(void **state) {
    fixture *f = *state;
    const pond_node *node;
    host_file(f, "/tree/data/hidden", "");
    host_file(f, "/other/z.csv", "z");
    host_link(f, "/other/inside", "z.csv");
    host_link(f, "/other/outside", "../tree");
    pond_fs_close(f->fs);
    f->fs = pond_fs_open_host(host(f, "/tree"), NULL);
    CHECK_OK(f,
             pond_fs_mount(f->fs, &(pond_mount){.path = POND_SV("/data"), .dir = host(f, "/other")},
                           &f->err));
    assert_string_equal(glob_all(f, "/**/*"),
                        "/data(data) /data/inside(data|inside) /data/outside(data|outside) "
                        "/data/z.csv(data|z.csv)");
    assert_string_equal(read_text(f, "/data/inside"), "z");
    assert_int_equal(pond_fs_resolve(f->fs, POND_SV("/data/outside"), true, &node, &f->err),
                     POND_ERR_INVALID);
    assert_string_equal(resolve(f, "/data/..")->path.p, "/");
}

static void test_mounts_build_on_each_other(void **state) {
    fixture *f = *state;
    host_file(f, "/in/a", "");
    host_file(f, "/made/by the host", "");
    CHECK_OK(f, mount(f, "/made", "mirror", "/in/*"));
    CHECK_OK(f, mount(f, "/x/y/again", "mirror", "/made/*"));
    CHECK_OK(f, mount(f, "/in/more", "names", "b c:"));
    assert_int_equal(f->n_opened, 0);
    assert_string_equal(glob_all(f, "/made/*"), "/made/a+(a+) /made/more+(more+)");
    assert_string_equal(glob_all(f, "/x/**"),
                        "/x/y(y) /x/y/again(y|again) /x/y/again/a++(y|again|a++) "
                        "/x/y/again/more++(y|again|more++)");
    assert_string_equal(read_text(f, "/x/y/again/a++"), "content of /x/y/again/a++");
    assert_string_equal(glob_all(f, "/in/**/*.csv"), "/in/more/c/leaf.csv(more|c|leaf)");
    assert_int_equal(resolve(f, "/made")->type, POND_T_DYNAMIC_DIRECTORY);
    assert_null(resolve(f, "/x")->host_path);
    assert_false(pond_id_eq(resolve(f, "/made/a+")->id, resolve(f, "/x/y/again/a++")->id));
}

static void test_mounts_that_cannot_be(void **state) {
    fixture *f = *state;
    host_file(f, "/file", "");
    CHECK_OK(f, mount(f, "/made", "names", "a"));
    static const struct {
        const char *path;
        pond_code code;
        const char *message;
    } cases[] = {
        {"made", POND_ERR_INVALID, "invalid mount path 'made': must start with '/'"},
        {"", POND_ERR_INVALID, "invalid mount path '': must start with '/'"},
        {"/", POND_ERR_INVALID, "invalid mount path '/': the root is the directory of -d"},
        {"/a//b", POND_ERR_INVALID, "invalid mount path '/a//b': a name in it is empty"},
        {"/a/..", POND_ERR_INVALID,
         "invalid mount path '/a/..': a name in it stands for a directory"},
        {"/file/x", POND_ERR_CONFLICT, "'/file' is a file, so it cannot hold the mount '/file/x'"},
        {"/made/x", POND_ERR_CONFLICT,
         "'/made' is computed by factory 'names', so it cannot hold the mount '/made/x'"},
        {"/made", POND_ERR_EXISTS, "something is mounted at '/made' already"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_error(f, mount(f, cases[i].path, "names", ""), cases[i].code, cases[i].message);
}

static void test_nothing_is_written(void **state) {
    fixture *f = *state;
    host_file(f, "/a/x", "");
    expect_error(f, pond_fs_mkdir(f->fs, POND_SV("/b"), false, &f->err), POND_ERR_READ_ONLY,
                 "'/' is of the host, and can only be read");
    expect_error(f, pond_fs_mkdir(f->fs, POND_SV("/a/b/c"), true, &f->err), POND_ERR_READ_ONLY,
                 "'/a' is of the host, and can only be read");
}

static void test_what_changes_meanwhile(void **state) {
    fixture *f = *state;
    pond_buf text = POND_BUF_EMPTY;
    host_file(f, "/x", "1");
    host_file(f, "/d/y", "1");
    const pond_node *x = resolve(f, "/x"), *d = resolve(f, "/d");
    assert_int_equal(unlink(host(f, "/x")), 0);
    CHECK_OK(f, pond_remove_tree(host(f, "/d"), &f->err));
    assert_int_equal(pond_fs_read(f->fs, x, NULL, &text, &f->err), POND_ERR_NOT_FOUND);
    pond_node_vec children;
    assert_int_equal(pond_fs_list(f->fs, d, &children, &f->err), POND_ERR_NOT_FOUND);
    assert_int_equal(mkfifo(host(f, "/x"), 0600), 0); // is not waited for
    assert_int_equal(pond_fs_read(f->fs, x, NULL, &text, &f->err), POND_ERR_INVALID);
    pond_buf_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        HOST_TEST(test_files_and_patterns),         HOST_TEST(test_a_listing_is_kept),
        HOST_TEST(test_links_stay_in_the_tree),     HOST_TEST(test_a_directory_that_is_mounted),
        HOST_TEST(test_mounts_build_on_each_other), HOST_TEST(test_mounts_that_cannot_be),
        HOST_TEST(test_nothing_is_written),         HOST_TEST(test_what_changes_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
