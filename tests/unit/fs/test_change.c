// Removing, moving and linking: what the tree of the same transaction shows afterwards.
#include "fixture.h"

static pond_code move_to(fixture *f, const char *from, const char *to) {
    const pond_node *node, *moved; // a link is not followed
    CHECK_OK(f, pond_fs_resolve(f->fs, pond_sv_of(from), false, &node, &f->err));
    return pond_fs_move(f->fs, node, pond_sv_of(to), &moved, &f->err);
}

static pond_code remove_at(fixture *f, const char *path, bool is_recursive) {
    return pond_fs_remove(f->fs, resolve(f, path), is_recursive, &f->err);
}

static bool is_there(fixture *f, const char *path) {
    const pond_node *node;
    return pond_fs_resolve(f->fs, pond_sv_of(path), false, &node, NULL) == POND_OK;
}

static void test_what_was_removed_is_not_found_again(void **state) {
    fixture *f = *state;
    make_file(f, "/a/b/x");
    make_file(f, "/a/y");
    expect_error(f, remove_at(f, "/a", false), POND_ERR_CONFLICT,
                 "the directory '/a' is not empty; -r removes it with all that is in it");
    CHECK_OK(f, remove_at(f, "/a/y", false));
    assert_false(is_there(f, "/a/y"));
    pond_id id = resolve(f, "/a/b/x")->id;
    CHECK_OK(f, remove_at(f, "/a", true));
    assert_false(is_there(f, "/a"));
    make_file(f, "/a/b/x"); // other nodes of the same names
    assert_false(pond_id_eq(resolve(f, "/a/b/x")->id, id));
    expect_error(f, remove_at(f, "/", true), POND_ERR_INVALID,
                 "the root directory cannot be removed");
}

static void test_what_was_moved_is_found_at_its_new_path(void **state) {
    fixture *f = *state;
    make_file(f, "/a/b/x");
    make_dir(f, "/c");
    pond_id id = resolve(f, "/a/b/x")->id;
    CHECK_OK(f, move_to(f, "/a/b", "/c"));
    assert_false(is_there(f, "/a/b"));
    assert_true(pond_id_eq(resolve(f, "/c/b/x")->id, id));
    CHECK_OK(f, move_to(f, "/c/b/x", "/a/y"));
    assert_true(pond_id_eq(resolve(f, "/a/y")->id, id));
    assert_false(is_there(f, "/c/b/x"));
    make_link(f, "/l", "/c/b");
    CHECK_OK(f, move_to(f, "/a/y", "/l/")); // into the directory that the link means
    assert_true(pond_id_eq(resolve(f, "/c/b/y")->id, id));
    CHECK_OK(f, move_to(f, "/l", "/m")); // the link itself
    assert_true(pond_id_eq(resolve(f, "/m/y")->id, id));
    expect_error(f, move_to(f, "/c", "/m/z"), POND_ERR_INVALID, "'/c' cannot be moved into itself");
}

// A path of more than 4096 bytes would keep its directory from being listed.
static void test_paths_below_what_moves_have_a_maximal_length(void **state) {
    fixture *f = *state;
    pond_buf deep = POND_BUF_EMPTY, target = POND_BUF_EMPTY;
    for (int i = 0; i < 9; i++) {
        pond_buf_char(&deep, '/');
        pond_buf_fill(&deep, 'd', 255);
        pond_buf_char(&target, '/');
        pond_buf_fill(&target, 't', 200);
    }
    make_dir(f, deep.p);
    make_dir(f, target.p);
    pond_sv first = pond_sv_sub(pond_buf_view(&deep), 0, 256);
    assert_int_equal(move_to(f, pond_cstr(&f->arena, first), target.p), POND_ERR_LIMIT);
    assert_true(is_there(f, deep.p));
    pond_buf_free(&deep);
    pond_buf_free(&target);
}

static void test_links(void **state) {
    fixture *f = *state;
    make_file(f, "/a/x");
    CHECK_OK(f, pond_fs_link(f->fs, POND_SV("a/x"), POND_SV("/l"), &f->err));
    assert_true(pond_sv_is(resolve(f, "/l")->path, "/a/x"));
    expect_error(f, pond_fs_link(f->fs, POND_SV("/a"), POND_SV("/l"), &f->err), POND_ERR_EXISTS,
                 "path '/l' already exists");
    expect_error(f, pond_fs_link(f->fs, POND_SV(""), POND_SV("/m"), &f->err), POND_ERR_INVALID,
                 "the target of a link has 1 to 4096 bytes, not 0");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FS_TEST(test_what_was_removed_is_not_found_again),
        FS_TEST(test_what_was_moved_is_found_at_its_new_path),
        FS_TEST(test_paths_below_what_moves_have_a_maximal_length),
        FS_TEST(test_links),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
