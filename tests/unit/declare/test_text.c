// Paths of documents, and the text of a config in its file.
#include "declare/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static pond_arena arena;

static int enter(void **state) {
    (void)state;
    pond_arena_init(&arena);
    return 0;
}

static int leave(void **state) {
    (void)state;
    pond_arena_deinit(&arena);
    return 0;
}

static void assert_path(const char *path, const char *expected) {
    pond_sv out;
    assert_int_equal(declare_path(&arena, pond_sv_of(path), &out, NULL), POND_OK);
    assert_string_equal(out.p, expected);
}

static void a_path_has_one_spelling(void **state) {
    (void)state;
    pond_sv out;
    assert_path("/", "/");
    assert_path("//", "/");
    assert_path("/a", "/a");
    assert_path("/a/", "/a");
    assert_path("//a/./b//", "/a/b");
    assert_path("/a/../b", "/b");
    assert_path("/../../b", "/b");
    assert_path("/a/b/../..", "/");
    assert_path("/a b/ü/.c", "/a b/ü/.c");
    assert_int_equal(declare_path(&arena, pond_svf(&arena, "/%0300d", 1), &out, NULL),
                     POND_ERR_INVALID);
}

// The document `i` of a text.
static declare_text document(const char *text, size_t i) {
    const pond_conf *const *roots;
    size_t n;
    assert_int_equal(pond_conf_parse_all(&arena, pond_sv_of(text), "x.yaml", &roots, &n, NULL),
                     POND_OK);
    assert_true(i < n);
    return declare_text_of(&arena, roots[i]);
}

static void assert_config(const char *text, size_t i, const char *expected) {
    declare_text t = document(text, i);
    pond_sv got = declare_config_text(&t, pond_conf_get(t.root, "config"));
    assert_string_equal(got.p, expected);
}

static void the_text_of_a_block_is_kept(void **state) {
    (void)state;
    assert_config("config:\n  a: 1\n", 0, "a: 1\n");
    assert_config("config:\n  a: 1", 0, "a: 1\n");
    assert_config("x: 1\nconfig:\n\n    # one\n    a: 1 # two\n\n    b:\n    - 2\n# end\nz: 3\n", 0,
                  "\n# one\na: 1 # two\n\nb:\n- 2\n");
    assert_config("config:\n  a: |\n     one\n\n    # no comment\n\n  b: 2\n", 0,
                  "a: |\n   one\n\n  # no comment\n\nb: 2\n");
    assert_config("config:\n  a: 1\n---\nconfig:\n  b: 2\n  # c\n...\n", 0, "a: 1\n");
    assert_config("config:\n  a: 1\n---\nconfig:\n  b: 2\n  # c\n...\n", 1, "b: 2\n# c\n");
}

static void other_configs_are_stored_by_what_they_say(void **state) {
    (void)state;
    assert_config("config: {b: 1, a: [x]}\n", 0, "{\n  \"a\": [\n    \"x\"\n  ],\n  \"b\": 1\n}\n");
    assert_config("x: &x 7\nconfig:\n  a: *x\n", 0, "{\n  \"a\": 7\n}\n");
}

static bool same(const char *x, const char *y) {
    return declare_same(document(x, 0).root, document(y, 0).root);
}

static void comments_say_nothing_and_order_does(void **state) {
    (void)state;
    assert_true(same("a: 1\nb: [x, y]\n", "# c\na:   1 # d\n\nb:\n  - x\n  - 'y'\n"));
    assert_false(same("a: 1\nb: 2\n", "b: 2\na: 1\n"));
    assert_false(same("a: 1\n", "a: '1'\n"));
    assert_false(same("a: 1\n", "a: 1.0\n"));
    assert_false(same("a: [1]\n", "a: [1, 2]\n"));
    assert_false(same("a: 1\n", "c: 1\n"));
    assert_true(same("a: ~\n", "a:\n"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_path_has_one_spelling, enter, leave),
        cmocka_unit_test_setup_teardown(the_text_of_a_block_is_kept, enter, leave),
        cmocka_unit_test_setup_teardown(other_configs_are_stored_by_what_they_say, enter, leave),
        cmocka_unit_test_setup_teardown(comments_say_nothing_and_order_does, enter, leave),
    };
    return cmocka_run_group_tests_name("declare/text", tests, NULL, NULL);
}
