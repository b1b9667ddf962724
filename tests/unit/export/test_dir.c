// The export directory: its lock, and what is left when a run ends.
#include "fixture.h"

#include <unistd.h>

static void the_directory_is_locked_alone_or_shared(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_pond(&f.pond);
    pond_arena *a = &f.pond.arena;
    const char *path = pond_path_join(a, f.pond.dir, "x/y");
    export_dir one, two;
    CHECK_OK(&f.pond, export_dir_init(&one, a, path, &f.pond.err));
    CHECK_OK(&f.pond, export_dir_init(&two, a, path, &f.pond.err));
    CHECK_OK(&f.pond, export_dir_open(&one, true, &f.pond.err));
    CHECK_OK(&f.pond, export_dir_open(&two, true, &f.pond.err));
    assert_true(export_dir_close(&two));
    assert_int_equal(export_dir_open(&two, false, &f.pond.err), POND_ERR_BUSY);
    assert_true(export_dir_close(&two)); // safe after a failure
    // The last one removes what it made.
    assert_true(export_dir_close(&one));
    assert_false(pond_path_exists(pond_path_parent(a, path)));
    CHECK_OK(&f.pond, export_dir_open(&one, false, &f.pond.err));
    write_file(&f, export_dir_file(&one, a, POND_SV(".pond/manifest.json")), "{}");
    assert_true(export_dir_close(&one));
    assert_true(pond_path_exists(export_dir_file(&one, a, POND_SV(".pond/lock"))));
    teardown_pond(&f.pond);
}

static void names_and_paths_lead_to_each_other(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    static const char *const dirs[] = {"/", "/out", "/out/site"};
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        export_dir d;
        assert_int_equal(export_dir_init(&d, &a, dirs[i], NULL), POND_OK);
        assert_string_equal(export_dir_name(&d, export_dir_file(&d, &a, POND_SV("a/b"))), "a/b");
        assert_string_equal(export_dir_name(&d, export_dir_tmp_path(&d, ".x")), ".pond/tmp/0.x");
    }
    pond_arena_deinit(&a);
}

// Many files wait in directories of their own; where one cannot be made, in tmp itself.
static void many_drafts_are_spread(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_pond(&f.pond);
    pond_arena *a = &f.pond.arena;
    export_dir d;
    CHECK_OK(&f.pond, export_dir_init(&d, a, pond_path_join(a, f.pond.dir, "out"), &f.pond.err));
    CHECK_OK(&f.pond, export_dir_open(&d, false, &f.pond.err));
    CHECK_OK(&f.pond, export_dir_make_tmp(&d, &f.pond.err));
    write_file(&f, export_dir_file(&d, a, POND_SV(".pond/tmp/2")), "in the way");
    for (int i = 0; i < 64; i++) {
        const char *name, *path = export_dir_tmp_path(&d, ".x");
        int dir = i / 16 == 2 ? 0 : i / 16;
        assert_ptr_equal(export_dir_of(&d, path, &name), &d.drafts);
        assert_string_equal(name, dir == 0 ? pond_printf(a, "%d.x", i)
                                           : pond_printf(a, "%d/%d.x", dir, i));
        CHECK_OK(&f.pond, pond_below_write(&d.drafts, name, POND_SV("x"), &f.pond.err));
        assert_true(pond_path_exists(path));
    }
    CHECK_OK(&f.pond, pond_below_remove_tree(&d.root, ".pond/tmp", &f.pond.err));
    assert_true(export_dir_close(&d));
    teardown_pond(&f.pond);
}

static void a_link_in_the_place_of_the_meta_directory_is_refused(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_pond(&f.pond);
    pond_arena *a = &f.pond.arena;
    const char *path = pond_path_join(a, f.pond.dir, "out"),
               *home = pond_path_join(a, f.pond.dir, "home");
    CHECK_OK(&f.pond, pond_mkdir_all(path, &f.pond.err));
    CHECK_OK(&f.pond, pond_mkdir_all(pond_path_join(a, home, "tmp"), &f.pond.err));
    write_file(&f, pond_path_join(a, home, "tmp/precious"), "x");
    assert_int_equal(symlink(home, pond_path_join(a, path, ".pond")), 0);
    export_dir d;
    CHECK_OK(&f.pond, export_dir_init(&d, a, path, &f.pond.err));
    assert_int_equal(export_dir_open(&d, false, &f.pond.err), POND_ERR_CONFLICT);
    assert_non_null(strstr(f.pond.err.msg, "symbolic link"));
    assert_true(export_dir_close(&d));
    assert_true(pond_path_exists(pond_path_join(a, home, "tmp/precious")));
    teardown_pond(&f.pond);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_directory_is_locked_alone_or_shared),
        cmocka_unit_test(names_and_paths_lead_to_each_other),
        cmocka_unit_test(many_drafts_are_spread),
        cmocka_unit_test(a_link_in_the_place_of_the_meta_directory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
