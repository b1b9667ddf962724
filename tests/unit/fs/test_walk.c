// Patterns on a real tree: what matches, with which captures, and what is looked at.
#include "fixture.h"

static pond_code glob_error(fixture *f, const char *pattern) {
    pond_glob glob;
    pond_match_vec found;
    CHECK_OK(f, pond_glob_parse(&f->arena, pond_sv_of(pattern), &glob, &f->err));
    return pond_fs_glob(f->fs, &f->arena, &glob, &found, &f->err);
}

static void test_captures_of_the_manual(void **state) {
    fixture *f = *state;
    make_file(f, "/reduced/A/res=1h.series");
    make_file(f, "/reduced/A/notes.txt");
    make_file(f, "/d/res=1h.series");
    make_file(f, "/d/file12.csv");
    make_file(f, "/d/x.csv");
    make_file(f, "/d/p/x.csv");
    make_file(f, "/d/p/q/x.csv");
    static const struct {
        const char *pattern, *found;
    } cases[] = {
        {"/reduced/*/*.series", "/reduced/A/res=1h.series(A|res=1h)"},
        {"/d/res=*.series", "/d/res=1h.series(1h)"},
        {"/d/file*.*", "/d/file12.csv(12|csv)"},
        {"/d/*", "/d/file12.csv(file12.csv) /d/p(p) /d/res=1h.series(res=1h.series) "
                 "/d/x.csv(x.csv)"},
        {"/d/**/x.csv", "/d/p/q/x.csv(p|q) /d/p/x.csv(p) /d/x.csv()"},
        {"/d/p/**/*.csv", "/d/p/q/x.csv(q|x) /d/p/x.csv(x)"},
        {"/d/**/*.csv", "/d/file12.csv(file12) /d/p/q/x.csv(p|q|x) /d/p/x.csv(p|x) /d/x.csv(x)"},
        {"/d/p/**", "/d/p/q(q) /d/p/q/x.csv(q|x.csv) /d/p/x.csv(x.csv)"},
        {"/d/p/x.csv", "/d/p/x.csv()"},
        {"d/", "/d()"},
        {"/", "/()"},
        {"/d/nothing", ""},
        {"/nowhere/**/*", ""},
        {"/d/x.csv/*", ""}, // a file has nothing below it
        {"/*/*/q", "/d/p/q(d|p)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(glob_all(f, cases[i].pattern), cases[i].found);
}

static void test_symlinks(void **state) {
    fixture *f = *state;
    make_file(f, "/real/in/x");
    make_dir(f, "/links");
    make_link(f, "/links/a", "/real");
    make_link(f, "/links/b", "../real/in/x");
    make_link(f, "/links/c", "/real");
    // In final position a link is the match.
    assert_string_equal(glob_all(f, "/links/*"), "/links/a(a) /links/b(b) /links/c(c)");
    assert_string_equal(glob_all(f, "/links/**"), "/links/a(a) /links/b(b) /links/c(c)");
    // In the middle it is followed, by a name and by a star; a node is found once, the first way.
    assert_string_equal(glob_all(f, "/links/c/in/*"), "/real/in/x(x)");
    assert_string_equal(glob_all(f, "/links/*/in/x"), "/real/in/x(a)");
    assert_string_equal(glob_all(f, "/links/*/**/x"), "/real/in/x(a|in)");
    // `**` does not descend through it.
    assert_string_equal(glob_all(f, "/**/x"), "/real/in/x(real|in)");
}

static void test_dangling_links_and_cycles(void **state) {
    fixture *f = *state;
    make_link(f, "/a", "/b");
    make_link(f, "/b", "/a");
    make_link(f, "/c", "gone");
    assert_string_equal(glob_all(f, "/*"), "/a(a) /b(b) /c(c)");
    assert_string_equal(glob_all(f, "/**/x"), "");
    expect_error(f, glob_error(f, "/*/x"), POND_ERR_INVALID, "symlink cycle at '/a' -> '/b'");
    expect_error(f, glob_error(f, "/c/x"), POND_ERR_NOT_FOUND,
                 "target of symlink '/c' does not exist");
    assert_string_equal(f->err.detail, "  symlink: '/c' -> 'gone'\n  nearest directory: /\n");
}

static void test_dynamic_directories(void **state) {
    fixture *f = *state;
    make_file(f, "/sensors/one.csv");
    make_dynamic(f, "/sensors/made", "names", "b.csv a.csv sub:");
    assert_string_equal(glob_all(f, "/sensors/*"), "/sensors/made(made) /sensors/one.csv(one.csv)");
    assert_int_equal(f->n_opened, 0); // a walk that finds a node does not open it
    assert_string_equal(glob_all(f, "/sensors/made/a.csv"), "/sensors/made/a.csv()");
    assert_string_equal(glob_all(f, "/**/*.csv"),
                        "/sensors/made/a.csv(sensors|made|a) /sensors/made/b.csv(sensors|made|b) "
                        "/sensors/made/sub/leaf.csv(sensors|made|sub|leaf) "
                        "/sensors/one.csv(sensors|one)");
    assert_int_equal(f->n_opened, 1);
    assert_int_equal(f->n_listed, 1);
}

// A name is looked up directly: other nodes of the directory may be broken.
static void test_names_do_not_list(void **state) {
    fixture *f = *state;
    make_file(f, "/d/x.csv");
    make_dynamic(f, "/d/broken", "nonsense", "?");
    assert_string_equal(glob_all(f, "/d/x.*"), "/d/x.csv(csv)");
    assert_string_equal(glob_all(f, "/*/x.csv"), "/d/x.csv(d)");
    assert_string_equal(glob_all(f, "/d/broken"), "/d/broken()");
    assert_int_equal(f->n_opened, 0);
    expect_error(f, glob_error(f, "/**"), POND_ERR_INVALID, "config '?' is no good");
    assert_string_equal(f->err.ctx[0], "opening '/d/broken'");
    assert_string_equal(f->err.ctx[1], "listing '/d/broken'");
}

static void test_large_directories(void **state) {
    fixture *f = *state;
    enum { N = 10000 };
    for (int i = 0; i < N; i++)
        CHECK_OK(f, pond_fs_mkdir(f->fs, pond_svf(&f->arena, "/n%d", i), false, &f->err));
    make_dynamic(f, "/made", "many", "10000");
    pond_glob glob;
    pond_match_vec found;
    for (int i = 0; i < N; i += 10) {
        const char *pattern = pond_printf(&f->arena, "/made/n%d.csv", i);
        CHECK_OK(f, pond_glob_parse(&f->arena, pond_sv_of(pattern), &glob, &f->err));
        CHECK_OK(f, pond_fs_glob(f->fs, &f->arena, &glob, &found, &f->err));
        assert_int_equal(found.n, 1);
    }
    CHECK_OK(f, pond_glob_parse(&f->arena, POND_SV("/**/**/n*"), &glob, &f->err));
    CHECK_OK(f, pond_fs_glob(f->fs, &f->arena, &glob, &found, &f->err));
    assert_int_equal(found.n, 2 * N);
    assert_true(pond_sv_is(found.items[0].node->path, "/made/n0.csv"));
    assert_true(pond_sv_is(found.items[2 * N - 1].node->path, "/n9999"));
    assert_int_equal(f->n_listed, 1);
}

// Every `**` of the pattern can match any part of the path; each directory is still entered
// once for each.
static void test_many_deep_parts(void **state) {
    fixture *f = *state;
    pond_buf path = POND_BUF_EMPTY, pattern = POND_BUF_EMPTY;
    for (int i = 0; i < 60; i++)
        pond_buf_str(&path, "/a");
    for (int i = 0; i < 20; i++)
        pond_buf_str(&pattern, "/**/a");
    make_dir(f, path.p);
    pond_buf_str(&pattern, "/b");
    assert_string_equal(glob_all(f, pattern.p), "");
    pond_buf_free(&path);
    pond_buf_free(&pattern);
}

// Against the matcher of paths --------------------------------------------------------------------

static uint32_t next_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

static void make_random_tree(fixture *f, uint64_t *seed, const char *above, int depth) {
    for (uint32_t n = 2 + next_random(seed) % 3; n > 0; n--) {
        static const char *const names[] = {"a", "b", "ab", "ba", "aa", "bab"};
        const char *path = pond_printf(&f->arena, "%s/%s", above, names[next_random(seed) % 6]);
        make_dir(f, path);
        if (depth < 4)
            make_random_tree(f, seed, path, depth + 1);
    }
}

static void random_pattern(uint64_t *seed, pond_buf *out) {
    static const char *const parts[] = {"**", "*", "a", "b*", "*a", "a*b", "*a*", "b", "ab"};
    pond_buf_clear(out);
    for (uint32_t n = 1 + next_random(seed) % 5; n > 0; n--)
        pond_buf_printf(out, "/%s", parts[next_random(seed) % (n % 2 == 0 ? 9 : 3)]);
}

// A search without captures finds the same.
static void expect_same_nodes(fixture *f, const pond_glob *glob, const pond_match_vec *expected) {
    const pond_fs_search search = {.glob = glob, .has_no_captures = true};
    pond_match_vec found;
    CHECK_OK(f, pond_fs_find(f->fs, &f->arena, &search, &found, &f->err));
    assert_int_equal(found.n, expected->n);
    for (size_t i = 0; i < found.n; i++) {
        assert_ptr_equal(found.items[i].node, expected->items[i].node);
        assert_int_equal(found.items[i].n_captures, 0);
    }
}

static void test_walking_finds_what_matching_says(void **state) {
    fixture *f = *state;
    uint64_t seed = 20240131;
    make_random_tree(f, &seed, "", 1);
    pond_glob everything, glob;
    pond_match_vec all, found;
    CHECK_OK(f, pond_glob_parse(&f->arena, POND_SV("/**"), &everything, &f->err));
    CHECK_OK(f, pond_fs_glob(f->fs, &f->arena, &everything, &all, &f->err));
    assert_true(all.n > 50);
    pond_buf pattern = POND_BUF_EMPTY;
    size_t n_found = 0;
    for (int c = 0; c < 400; c++) {
        random_pattern(&seed, &pattern);
        CHECK_OK(f, pond_glob_parse(&f->arena, pond_buf_view(&pattern), &glob, &f->err));
        CHECK_OK(f, pond_fs_glob(f->fs, &f->arena, &glob, &found, &f->err));
        size_t i = 0;
        for (size_t k = 0; k < all.n; k++) {
            pond_sv path = all.items[k].node->path;
            pond_sv_vec captures = {0};
            if (!pond_glob_match(&f->arena, &glob, path, &captures))
                continue;
            if (i == found.n || found.items[i].node != all.items[k].node)
                fail_msg("'%s' does not find '%.*s'", pattern.p, POND_SV_ARG(path));
            assert_int_equal(found.items[i].n_captures, captures.n);
            for (size_t n = 0; n < captures.n; n++)
                if (!pond_sv_eq(captures.items[n], found.items[i].captures[n]))
                    fail_msg("'%s' on '%.*s' captures '%.*s'", pattern.p, POND_SV_ARG(path),
                             POND_SV_ARG(found.items[i].captures[n]));
            i++;
        }
        assert_int_equal(i, found.n);
        n_found += i;
        expect_same_nodes(f, &glob, &found);
    }
    assert_true(n_found > 1000);
    pond_buf_free(&pattern);
}

// "PATH: MESSAGE" of what could not be looked into.
static void keep_failure(void *user, const pond_err *why) {
    fixture *f = user;
    size_t n = strlen(f->warnings);
    snprintf(f->warnings + n, sizeof f->warnings - n, "%s: %s\n",
             why->n_ctx > 0 ? why->ctx[why->n_ctx - 1] : "", why->msg);
}

static pond_code find(fixture *f, const char *pattern, pond_match_vec *found) {
    pond_glob glob;
    const pond_fs_search search = {.glob = &glob, .failed = keep_failure, .user = f};
    f->warnings[0] = '\0';
    CHECK_OK(f, pond_glob_parse(&f->arena, pond_sv_of(pattern), &glob, &f->err));
    return pond_fs_find(f->fs, &f->arena, &search, found, &f->err);
}

static void test_a_search_can_go_on_without_what_is_broken(void **state) {
    fixture *f = *state;
    make_file(f, "/a/x");
    make_dynamic(f, "/a/broken", "nonsense", "x: 1");
    make_dynamic(f, "/made", "names", "x");
    make_link(f, "/dangling", "/gone");
    make_link(f, "/circle", "circle");
    static const struct {
        const char *pattern;
        size_t n;
        const char *failures;
    } cases[] = {
        {"/**", 7, "listing '/a/broken': config 'x: 1' is no good\n"},
        {"/**/**/x", 2, "listing '/a/broken': config 'x: 1' is no good\n"},
        {"/*/x", 2,
         ": symlink cycle at '/circle' -> 'circle'\n"
         ": target of symlink '/dangling' does not exist\n"},
        {"/a/broken/x", 0, "listing '/a/broken': config 'x: 1' is no good\n"},
        {"/a/broken/*", 0, "listing '/a/broken': config 'x: 1' is no good\n"},
        {"/a/*", 2, ""},
        {"/made/**", 1, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_match_vec found = {0};
        CHECK_OK(f, find(f, cases[i].pattern, &found));
        assert_string_equal(f->warnings, cases[i].failures);
        assert_int_equal(found.n, cases[i].n);
        assert_int_equal(glob_error(f, cases[i].pattern) == POND_OK, cases[i].failures[0] == '\0');
    }
}

static void test_a_search_ends_after_a_hundred_failures(void **state) {
    fixture *f = *state;
    for (int i = 0; i < 101; i++)
        make_dynamic(f, pond_printf(&f->arena, "/%d", i), "nonsense", "");
    pond_match_vec found = {0};
    assert_int_equal(find(f, "/**", &found), POND_ERR_INVALID);
    assert_string_equal(f->err.ctx[f->err.n_ctx - 1], "listing '/99'");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        FS_TEST(test_captures_of_the_manual),
        FS_TEST(test_symlinks),
        FS_TEST(test_dangling_links_and_cycles),
        FS_TEST(test_dynamic_directories),
        FS_TEST(test_names_do_not_list),
        FS_TEST(test_large_directories),
        FS_TEST(test_many_deep_parts),
        FS_TEST(test_walking_finds_what_matching_says),
        FS_TEST(test_a_search_can_go_on_without_what_is_broken),
        FS_TEST(test_a_search_ends_after_a_hundred_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
