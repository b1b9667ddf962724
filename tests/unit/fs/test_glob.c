// Patterns: the table of the manual, errors, and properties against a matcher that tries
// everything.
#include "fs/glob.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static pond_glob parse(pond_arena *a, const char *pattern) {
    pond_glob g;
    pond_err err;
    if (pond_glob_parse(a, pond_sv_of(pattern), &g, &err) != POND_OK)
        fail_msg("'%s': %s", pattern, err.msg);
    return g;
}

// "A|res=1h", "" for a match without captures, "-" for none.
static const char *captures_of(pond_arena *a, const char *pattern, const char *path) {
    pond_glob g = parse(a, pattern);
    pond_sv_vec captures = {0};
    if (!pond_glob_match(a, &g, pond_sv_of(path), &captures)) {
        assert_int_equal(captures.n, 0);
        return "-";
    }
    const char *text = "";
    for (size_t i = 0; i < captures.n; i++)
        text = pond_printf(a, "%s%s%.*s", text, i == 0 ? "" : "|", POND_SV_ARG(captures.items[i]));
    return text;
}

typedef struct match_case {
    const char *pattern, *path, *captures;
} match_case;

static void check_cases(const match_case *cases, size_t n) {
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < n; i++) {
        const char *found = captures_of(&a, cases[i].pattern, cases[i].path);
        if (strcmp(found, cases[i].captures) != 0)
            fail_msg("'%s' on '%s': '%s', expected '%s'", cases[i].pattern, cases[i].path, found,
                     cases[i].captures);
    }
    pond_arena_deinit(&a);
}
#define CHECK_CASES(cases) check_cases(cases, sizeof(cases) / sizeof *(cases))

static void test_captures_of_the_manual(void **state) {
    (void)state;
    static const match_case cases[] = {
        {"/reduced/*/*.series", "/reduced/A/res=1h.series", "A|res=1h"},
        {"/d/res=*.series", "/d/res=1h.series", "1h"},
        {"/d/file*.*", "/d/file12.csv", "12|csv"},
        {"/d/*", "/d/a.txt", "a.txt"},
        {"/d/**/x.csv", "/d/x.csv", ""},
        {"/d/**/x.csv", "/d/p/q/x.csv", "p|q"},
        {"/d/**/*.csv", "/d/p/x.csv", "p|x"},
        {"/d/**", "/d/p/x.csv", "p|x.csv"},
    };
    CHECK_CASES(cases);
}

static void test_parts(void **state) {
    (void)state;
    static const match_case cases[] = {
        {"*.x", "/a.x.x", "a.x"},               // the last piece is bound to the end
        {"*", "/.hidden", ".hidden"},           // a leading dot is nothing special
        {"*", "/a/b", "-"},                     // a star stays within its name
        {"a*", "/a", ""},                       // a star matches nothing, too
        {"a**b", "/aXXb", "XX"},                // two stars within a part are one
        {"***", "/a", "a"},                     //
        {"***", "/a/b", "-"},                   //
        {"a?[b]", "/a?[b]", ""},                // only stars are special
        {"a?[b]", "/axb", "-"},                 //
        {"ab*ba", "/aba", "-"},                 // pieces do not overlap
        {"ab*ba", "/abba", ""},                 //
        {"*a*", "/xaya", "x|ya"},               // the shortest first
        {"*ab*b", "/aabab", "a|a"},             //
        {"*-*-*", "/a-b-c-d", "a|b|c-d"},       //
        {"a", "/b", "-"},                       //
        {"d/", "/d", ""},                       // slashes at the ends do not count
        {"/d", "d", ""},                        //
        {"/", "/", ""},                         //
        {"/", "/a", "-"},                       //
        {"/a", "/", "-"},                       //
        {"a", "/a/b", "-"},                     //
        {"a/b", "/a", "-"},                     //
        {"\xc3\xa4*", "/\xc3\xa4\xff", "\xff"}, // bytes, not characters
    };
    CHECK_CASES(cases);
}

static void test_deep_parts(void **state) {
    (void)state;
    static const match_case cases[] = {
        {"**", "/", "-"},                     // what is below, not the directory itself
        {"/d/**", "/d", "-"},                 //
        {"**", "/a", "a"},                    //
        {"**", "/a/b/c", "a|b|c"},            //
        {"**/**", "/a/b", "a|b"},             // two in a row are one
        {"**/a", "/a/a/a", "a|a"},            //
        {"**/a/**", "/x/a/y/a/z", "x|y|a|z"}, // the first is as short as possible
        {"**/a/**/b", "/a/a/b/b", "a|b"},     //
        {"**/a/*/**/c", "/a/a/b/c", "a|b"},   //
        {"**/a/b/**/b/c", "/a/b/c", "-"},     // runs do not overlap
        {"**/a/b/**/b/c", "/a/b/b/c", ""},    //
        {"x/**/y", "/x/z", "-"},              //
        {"x/**/y", "/x", "-"},                //
    };
    CHECK_CASES(cases);
}

static void test_counts(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    static const struct {
        const char *pattern, *prefix;
        size_t n_wildcards;
        bool has_deep;
    } cases[] = {
        {"/a/b", "/a/b", 0, false},      {"/a/b*/c", "/a", 1, false}, {"/*/*.x", "/", 2, false},
        {"a/**", "/a", 1, true},         {"**/*a*b", "/", 3, true},   {"/", "/", 0, false},
        {"/a/b/**b/", "/a/b", 1, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_glob g = parse(&a, cases[i].pattern);
        assert_int_equal(g.n_wildcards, cases[i].n_wildcards);
        assert_int_equal(g.has_deep, cases[i].has_deep);
        pond_sv prefix = pond_glob_prefix(&a, &g);
        assert_string_equal(pond_cstr(&a, prefix), cases[i].prefix);
        assert_true(pond_sv_is(g.text, cases[i].pattern));
    }
    pond_arena_deinit(&a);
}

static void test_bad_patterns(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *message;
    } cases[] = {
        {"", "the pattern is empty; '/**' matches everything"},
        {"/a//b", "pattern '/a//b' has an empty part between two slashes"},
        {"//", "pattern '//' has an empty part between two slashes"},
        {"//a", "pattern '//a' has an empty part between two slashes"},
        {"a//", "pattern 'a//' has an empty part between two slashes"},
        {"/a/../b", "pattern '/a/../b' contains '..'; patterns are matched from the root down"},
    };
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_glob g;
        pond_err err;
        assert_int_equal(pond_glob_parse(&a, pond_sv_of(cases[i].pattern), &g, &err),
                         POND_ERR_INVALID);
        assert_string_equal(err.msg, cases[i].message);
    }
    pond_arena_deinit(&a);
}

// A match that fails leaves the earlier captures of the caller unchanged.
static void test_captures_are_added(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    pond_sv_vec captures = {0};
    *pond_vec_push(&a, &captures) = POND_SV("kept");
    pond_glob g = parse(&a, "/a/*b*c");
    assert_false(pond_glob_match(&a, &g, POND_SV("/a/xbxd"), &captures));
    assert_false(pond_glob_segment_match(&a, &g.segments[1], POND_SV("b"), &captures));
    assert_int_equal(captures.n, 1);
    assert_true(pond_glob_match(&a, &g, POND_SV("/a/1b2c"), &captures));
    assert_int_equal(captures.n, 3);
    assert_true(pond_sv_is(captures.items[0], "kept"));
    assert_true(pond_sv_is(captures.items[2], "2"));
    pond_arena_deinit(&a);
}

// With backtracking these would take far too long.
static void test_many_stars_end(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    pond_buf pattern = POND_BUF_EMPTY, name = POND_BUF_EMPTY, path = POND_BUF_EMPTY;
    pond_buf deep = POND_BUF_EMPTY;
    for (int i = 0; i < 60; i++) {
        pond_buf_str(&pattern, "*a");
        pond_buf_str(&deep, "**/a/");
    }
    pond_buf_str(&pattern, "*b");
    pond_buf_str(&deep, "b");
    for (int i = 0; i < 2000; i++) {
        pond_buf_char(&name, 'a');
        pond_buf_str(&path, "/a");
    }
    assert_string_equal(captures_of(&a, pattern.p, name.p), "-");
    assert_string_equal(captures_of(&a, deep.p, path.p), "-");
    pond_buf_free(&pattern);
    pond_buf_free(&name);
    pond_buf_free(&path);
    pond_buf_free(&deep);
    pond_arena_deinit(&a);
}

// The slow matcher --------------------------------------------------------------------------------
// A second matcher, which works on the text of the pattern and tries every way to match, the
// shortest texts first: the first match that it finds is the right one by definition.

typedef struct slow {
    const char *names[16]; // of the path
    int n_names;
    char captures[256]; // each followed by '|'
} slow;

static void slow_capture(slow *s, const char *from, const char *to) {
    size_t n = strlen(s->captures);
    snprintf(s->captures + n, sizeof s->captures - n, "%.*s|", (int)(to - from), from);
}

static bool slow_path(slow *s, const char *pattern, int i);

// `pattern` from within a part on, against `name`, which is the rest of the i-th name.
static bool slow_part(slow *s, const char *pattern, const char *name, int i) {
    if (*pattern == '/' || *pattern == '\0')
        return *name == '\0' && slow_path(s, *pattern == '/' ? pattern + 1 : pattern, i + 1);
    if (*pattern != '*')
        return *name == *pattern && slow_part(s, pattern + 1, name + 1, i);
    while (*pattern == '*')
        pattern++;
    size_t n = strlen(s->captures);
    for (const char *end = name;; end++) {
        slow_capture(s, name, end);
        if (slow_part(s, pattern, end, i))
            return true;
        s->captures[n] = '\0';
        if (*end == '\0')
            return false;
    }
}

// `pattern` from the start of a part on, against the names from the i-th on.
static bool slow_path(slow *s, const char *pattern, int i) {
    if (*pattern == '\0')
        return i == s->n_names;
    bool is_final = strcmp(pattern, "**") == 0;
    if (!is_final && strncmp(pattern, "**/", 3) != 0)
        return i < s->n_names && slow_part(s, pattern, s->names[i], i);
    size_t n = strlen(s->captures);
    for (int end = i; end <= s->n_names; end++) {
        if (is_final ? end == s->n_names && end > i : slow_path(s, pattern + 3, end))
            return true;
        if (end < s->n_names)
            slow_capture(s, s->names[end], s->names[end] + strlen(s->names[end]));
    }
    s->captures[n] = '\0';
    return false;
}

static bool slow_match(slow *s, const char *pattern, char *path) {
    *s = (slow){0};
    for (char *name = strtok(path, "/"); name != NULL; name = strtok(NULL, "/"))
        s->names[s->n_names++] = name;
    return slow_path(s, pattern, 0);
}

// Cases -------------------------------------------------------------------------------------------

static uint32_t next_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

// One to `most` parts of one to `longest` letters out of `letters`.
static void random_path(uint64_t *seed, const char *letters, uint32_t most, uint32_t longest,
                        uint32_t deep_percent, char *out) {
    uint32_t n_letters = (uint32_t)strlen(letters), n_segments = 1 + next_random(seed) % most;
    for (uint32_t k = 0; k < n_segments; k++) {
        if (k > 0)
            *out++ = '/';
        if (next_random(seed) % 100 < deep_percent) {
            *out++ = '*';
            *out++ = '*';
            continue;
        }
        for (uint32_t n = 1 + next_random(seed) % longest; n > 0; n--)
            *out++ = letters[next_random(seed) % n_letters];
    }
    *out = '\0';
}

static size_t check_random(uint64_t first_seed, int n_cases, uint32_t n_segments, uint32_t longest,
                           uint32_t deep_percent) {
    size_t n_matches = 0;
    pond_arena a;
    pond_arena_init(&a);
    for (int c = 0; c < n_cases; c++) {
        uint64_t seed = first_seed + (uint64_t)c, random = seed * 0x9e3779b97f4a7c15u;
        char pattern[256], path[256], copy[256], found[256] = "";
        random_path(&random, "ab**", n_segments, longest, deep_percent, pattern);
        random_path(&random, "ab", n_segments + 1, longest + 3, 0, path);
        memcpy(copy, path, sizeof copy);

        slow s;
        bool expected = slow_match(&s, pattern, copy);
        pond_arena_rewind(&a);
        pond_glob g = parse(&a, pattern);
        pond_sv_vec captures = {0};
        bool is_match = pond_glob_match(&a, &g, pond_sv_of(path), &captures);
        size_t n = 0;
        for (size_t i = 0; i < captures.n; i++)
            n += (size_t)snprintf(found + n, sizeof found - n, "%.*s|",
                                  POND_SV_ARG(captures.items[i]));
        if (is_match != expected || strcmp(found, s.captures) != 0)
            fail_msg("seed %llu: '%s' on '%s': %d '%s', expected %d '%s'", (unsigned long long)seed,
                     pattern, path, is_match, found, expected, s.captures);
        if (is_match && !g.has_deep)
            assert_int_equal(captures.n, g.n_wildcards);
        n_matches += is_match;
    }
    pond_arena_deinit(&a);
    return n_matches;
}

static void test_random_names(void **state) {
    (void)state;
    size_t n = check_random(1, 150000, 1, 6, 0);
    assert_in_range(n, 15000, 135000); // both answers are tried
}

static void test_random_paths(void **state) {
    (void)state;
    size_t n = check_random(1000001, 150000, 5, 2, 35);
    assert_in_range(n, 15000, 135000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_captures_of_the_manual),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_deep_parts),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_bad_patterns),
        cmocka_unit_test(test_captures_are_added),
        cmocka_unit_test(test_many_stars_end),
        cmocka_unit_test(test_random_names),
        cmocka_unit_test(test_random_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
