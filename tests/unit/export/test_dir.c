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
    assert_false(pond_path_exists(path));
    CHECK_OK(&f.pond, export_dir_open(&one, false, &f.pond.err));
    write_file(&f, export_dir_meta_file(&one, "manifest.json"), "{}");
    assert_true(export_dir_close(&one));
    assert_true(pond_path_exists(export_dir_meta_file(&one, "lock")));
    teardown_pond(&f.pond);
}

static void directories_that_become_empty_are_removed(void **state) {
    (void)state;
    export_fixture f = {0};
    setup_pond(&f.pond);
    pond_arena *a = &f.pond.arena;
    export_dir d;
    CHECK_OK(&f.pond, export_dir_init(&d, a, pond_path_join(a, f.pond.dir, "out"), &f.pond.err));
    const char *file = export_dir_file(&d, a, POND_SV("a/b/c/file"));
    write_file(&f, file, "x");
    write_file(&f, export_dir_file(&d, a, POND_SV("a/other")), "x");
    assert_int_equal(unlink(file), 0);
    export_dir_prune(&d, a, file);
    assert_false(pond_path_exists(export_dir_file(&d, a, POND_SV("a/b"))));
    assert_true(pond_path_exists(export_dir_file(&d, a, POND_SV("a"))));
    assert_int_equal(unlink(export_dir_file(&d, a, POND_SV("a/other"))), 0);
    export_dir_prune(&d, a, export_dir_file(&d, a, POND_SV("a/other")));
    assert_true(pond_path_exists(d.path)); // never DIR itself
    assert_false(pond_path_exists(export_dir_file(&d, a, POND_SV("a"))));
    teardown_pond(&f.pond);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_directory_is_locked_alone_or_shared),
        cmocka_unit_test(directories_that_become_empty_are_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
