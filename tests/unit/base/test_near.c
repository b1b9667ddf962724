// Names and paths that are not there, with real ones below /tmp.
#include "base/file.h"
#include "base/near.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

// Names -------------------------------------------------------------------------------------------

static size_t near(const char *name) {
    static const pond_sv names[] = {{"Inlet.csv", 9},
                                    {"flow.series", 11},
                                    {".x", 2},
                                    {"README", 6},
                                    {"Gr\xc3\xbc\xc3\x9f"
                                     "e.tsv",
                                     11}};
    return pond_near_name(pond_sv_of(name), names, sizeof names / sizeof *names);
}

static void a_name_is_compared_as_it_is_without_extension_and_in_any_case(void **state) {
    (void)state;
    assert_int_equal(near("Inlett.csv"), 0);
    assert_int_equal(near("flow"), 1);
    assert_int_equal(near("flwo"), 1);
    assert_int_equal(near("INLET.CSV"), 0);
    assert_int_equal(near("readme"), 3);
    assert_int_equal(near("Gruesse.tsv"), 5); // too far
    assert_int_equal(near("Gr\xc3\xbcse.tsv"), 4);
    assert_int_equal(near("something else"), 5);
    assert_int_equal(near(""), 5);
    assert_int_equal(pond_near_name(POND_SV("a"), NULL, 0), 0);
}

// Paths -------------------------------------------------------------------------------------------

typedef struct room {
    pond_arena a;
    char dir[32], before[4096];
} room;

static int enter(void **state) {
    room *r = pond_xmalloc(sizeof *r);
    pond_arena_init(&r->a);
    strcpy(r->dir, "/tmp/pond-near-XXXXXX");
    *state = r;
    return getcwd(r->before, sizeof r->before) == NULL || mkdtemp(r->dir) == NULL ||
           chdir(r->dir) != 0 || mkdir("data", 0777) != 0 ||
           pond_file_replace("data/Inlet.csv", POND_SV("x"), NULL) != POND_OK ||
           symlink("no/where", "dangling") != 0;
}

static int leave(void **state) {
    room *r = *state;
    int failed = chdir(r->before) != 0 || pond_remove_tree(r->dir, NULL) != POND_OK;
    pond_arena_deinit(&r->a);
    free(r);
    return failed;
}

static void assert_detail(const char *path, const char *detail) {
    pond_err err;
    pond_fail(&err, POND_ERR_NOT_FOUND, "x");
    pond_near_path(&err, path);
    assert_string_equal(err.detail, detail);
    pond_near_path(NULL, path);
}

static void a_path_has_a_nearest_directory_and_a_similar_name(void **state) {
    room *r = *state;
    const char *here = pond_printf(&r->a, "  nearest directory: %s\n", r->dir);
    assert_detail("data/Inlett.csv", "  nearest directory: data\n  did you mean 'Inlet.csv'?\n");
    assert_detail("data/other", "  nearest directory: data\n");
    assert_detail("dat", pond_printf(&r->a, "%s  did you mean 'data'?\n", here));
    assert_detail("dta/a/b/", pond_printf(&r->a, "%s  did you mean 'data'?\n", here));
    assert_detail("zzzzzz", here);
    assert_detail(pond_path_join(&r->a, r->dir, "data//x/../y"),
                  pond_printf(&r->a, "  nearest directory: %s/data\n", r->dir));
    assert_detail("/pond-nowhere/x", "  nearest directory: /\n");
    assert_detail("line\nbreak", here);
}

static void what_is_there_needs_no_advice(void **state) {
    (void)state;
    assert_detail("data/Inlet.csv", "");
    assert_detail("data/", "");
    assert_detail("/", "");
    assert_detail("", "");
}

static void links_and_files_on_the_way_are_told(void **state) {
    (void)state;
    assert_detail("dangling", "  symlink: 'dangling' -> 'no/where'\n");
    assert_detail("dangling/x/y", "  symlink: 'dangling' -> 'no/where'\n");
    assert_detail("data/Inlet.csv/x", "  'data/Inlet.csv' is not a directory\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_compared_as_it_is_without_extension_and_in_any_case),
        cmocka_unit_test_setup_teardown(a_path_has_a_nearest_directory_and_a_similar_name, enter,
                                        leave),
        cmocka_unit_test_setup_teardown(what_is_there_needs_no_advice, enter, leave),
        cmocka_unit_test_setup_teardown(links_and_files_on_the_way_are_told, enter, leave),
    };
    return cmocka_run_group_tests_name("base/near", tests, NULL, NULL);
}
