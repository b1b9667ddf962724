// Reading JSON piece by piece: the same texts are JSON as for the parser, and the values are the
// same, wherever the window ends.
#include "value/pull.h"

#include <sys/mman.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static int file_of(pond_sv text) {
    int fd = memfd_create("json", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.n), text.n);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

// Reads the text as a tree, and passes over it.
static bool pull(pond_arena *a, pond_sv text, size_t window, pond_value *out) {
    int fd = file_of(text);
    bool is_json, is_skipped;
    pond_pull *p = pond_pull_new_with(fd, "test", window);
    (void)pond_pull_value(p, a, out);
    assert_int_equal(pond_pull_end(p, &is_json, NULL), POND_OK);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    p = pond_pull_new_with(fd, "test", window);
    pond_pull_skip(p);
    assert_int_equal(pond_pull_end(p, &is_skipped, NULL), POND_OK);
    assert_int_equal(is_json, is_skipped);
    close(fd);
    return is_json;
}

static void expect_as_parsed(pond_sv text, size_t window) {
    pond_arena a;
    pond_arena_init(&a);
    pond_value pulled, parsed;
    bool is_json = pond_json_parse(&a, text, "test", &parsed, NULL) == POND_OK;
    if (pull(&a, text, window, &pulled) != is_json)
        fail_msg("window %zu: '%.*s' is%s JSON", window, POND_SV_ARG(text), is_json ? "" : " not");
    if (is_json && !pond_value_equal(pulled, parsed))
        fail_msg("window %zu: '%.*s' has another value", window, POND_SV_ARG(text));
    pond_arena_deinit(&a);
}

static const char *const texts[] = {
    "{}",
    "[]",
    " [ ] ",
    "{\"a\":1}",
    "\xEF\xBB\xBF{\"a\" : [ true , false,null ] }\n",
    "\xEF\xBB",
    "\"\"",
    "\"plain text that is longer than a word\"",
    "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"",
    "\"\xc3\"",
    "\"\xed\xa0\x80\"",
    "\"a\\n\\u0041\\ud83d\\ude00\\\"\\\\\"",
    "\"\\ud83d\"",
    "\"\\u12\"",
    "\"\\x\"",
    "\"tab\there\"",
    "\"open",
    "\"open\\",
    "\"open\\\"",
    "0",
    "-0",
    "01",
    "-",
    "+1",
    "1.5e3",
    "1.",
    ".5",
    "1e999",
    "123456789012345678",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1-2",
    "1 2",
    "nul",
    "nullx",
    "True",
    "{\"a\":1,}",
    "{,}",
    "[1,]",
    "[,1]",
    "[1 2]",
    "{\"a\" 1}",
    "{\"a\":}",
    "{a:1}",
    "{1:2}",
    "[1}",
    "{\"a\":1]",
    "[",
    "{",
    "]",
    "[[[[1],2],3],{\"x\":{\"y\":[{}]}}]",
    "{\"a\":1,\"b\":2,\"a\":3}",
    "{\"k\\u0065y\" : {\"other key\" :\n\"v\" } }",
    "{\"a key that is longer than a word\":1,\"another one of these\":{\"short\":[]},\"\":2}",
    "{\"a key that is \xc3\xa4 long\":1,\"key\\n\":2,\"with a\ttab in it\":3}",
    "{} {}",
    "{},",
    "",
    " \n",
    "[1]\xff",
    "\xff",
    "/* */ 1",
    "[\v1\f]",
};
enum { N_TEXTS = sizeof texts / sizeof *texts };

static void the_same_texts_are_json(void **state) {
    (void)state;
    for (size_t i = 0; i < N_TEXTS; i++)
        for (size_t window = 1; window <= 33; window += window < 9 ? 1 : 8)
            expect_as_parsed(pond_sv_of(texts[i]), window);
    expect_as_parsed((pond_sv){"1\0", 2}, 8);
    expect_as_parsed((pond_sv){"\"a\0b\"", 5}, 8);
}

static void a_value_may_be_nested_512_times(void **state) {
    (void)state;
    for (int n = POND_JSON_MAX_DEPTH - 1; n <= POND_JSON_MAX_DEPTH + 1; n++) {
        pond_buf b = POND_BUF_EMPTY;
        pond_buf_fill(&b, '[', (size_t)n);
        pond_buf_fill(&b, ']', (size_t)n);
        expect_as_parsed(pond_buf_view(&b), 64);
        pond_buf_free(&b);
    }
}

static uint32_t next(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

// Texts with some bytes replaced, removed or repeated.
static void damaged_texts_are_judged_alike(void **state) {
    (void)state;
    static const char bytes[] = "{}[]\",:\\ue1-+.0 9tfn\n\x01\x80\xc3\xa4";
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        char text[512] = "";
        size_t n = 0;
        for (uint32_t k = next(&seed) % 3 + 1; k > 0; k--)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s", texts[next(&seed) % N_TEXTS]);
        for (uint32_t k = next(&seed) % 4; k > 0 && n > 0; k--) {
            size_t at = next(&seed) % n;
            if (next(&seed) % 2 == 0) {
                text[at] = bytes[next(&seed) % (sizeof bytes - 1)];
            } else {
                memmove(text + at, text + at + 1, n - at);
                n--;
            }
        }
        expect_as_parsed((pond_sv){text, n}, next(&seed) % 40 + 1);
    }
}

// The way that the header shows.
static void values_are_read_where_they_are_wanted(void **state) {
    (void)state;
    pond_sv text =
        POND_SV("{\"other\": {\"files\": [1]}, \"files\": [{\"size\": 3, \"name\": \"a\"}, 7,"
                " {\"name\": 5, \"size\": \"x\"}, {\"size\": 18446744073709551615}],"
                " \"n\": 4}");
    for (size_t window = 1; window < 100; window += 7) {
        int fd = file_of(text);
        pond_pull *p = pond_pull_new_with(fd, "test", window);
        pond_sv key, name;
        int64_t n = 0, sum = 0;
        int n_files = 0, n_names = 0;
        assert_true(pond_pull_object(p));
        while (pond_pull_key(p, &key)) {
            if (POND_KEY_IS(key, "n"))
                assert_true(pond_pull_int(p, &n));
            else if (!POND_KEY_IS(key, "files"))
                pond_pull_skip(p);
            else if (pond_pull_array(p))
                while (pond_pull_item(p)) {
                    if (!pond_pull_object(p))
                        continue;
                    n_files++;
                    for (int64_t size; pond_pull_key(p, &key);)
                        if (POND_KEY_IS(key, "size"))
                            sum += pond_pull_int(p, &size) ? size : 0;
                        else
                            n_names += pond_pull_string(p, &name);
                }
        }
        bool is_json;
        assert_int_equal(pond_pull_end(p, &is_json, NULL), POND_OK);
        assert_true(is_json);
        assert_int_equal(n, 4);
        assert_int_equal(n_files, 3);
        assert_int_equal(n_names, 1);
        assert_int_equal(sum, 3);
        close(fd);
    }
}

static void files_that_cannot_be_read_are_an_error(void **state) {
    (void)state;
    bool is_json;
    pond_err err = {0};
    pond_pull *p = pond_pull_new(-1, "FILE");
    pond_pull_skip(p);
    assert_int_equal(pond_pull_end(p, &is_json, &err), POND_ERR_IO);
    assert_non_null(strstr(err.msg, "cannot read 'FILE'"));
    assert_false(is_json);
}

static void numbers_are_as_they_were_written(void **state) {
    (void)state;
    static const char *const numbers[] = {"0",   "-0",   "1.50",   "12345678901234567890",
                                          "1e3", "1E-2", "-1.5e+3"};
    static const char *const others[] = {"01",  "-",  "1.",  ".5",  "1e",
                                         "1e+", "+1", "0x1", "1-2", "--1"};
    pond_pull *p = pond_pull_new_for_texts();
    bool is_json;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        pond_sv text;
        pond_pull_text(p, pond_sv_of(numbers[i]));
        assert_int_equal(pond_pull_kind(p), POND_INT);
        assert_true(pond_pull_number(p, &text));
        assert_true(pond_sv_is(text, numbers[i]));
        assert_true(pond_pull_is_done(p));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        pond_sv text;
        pond_pull_text(p, pond_sv_of(others[i]));
        assert_false(pond_pull_number(p, &text));
        assert_false(pond_pull_is_done(p));
        assert_true(pond_pull_is_bad(p));
    }
    assert_int_equal(pond_pull_end(p, &is_json, NULL), POND_OK);
}

static void texts_in_memory_follow_each_other(void **state) {
    (void)state;
    pond_pull *p = pond_pull_new_for_texts();
    bool is_json;
    int64_t i;
    pond_pull_text(p, POND_SV("[1,\n\n2"));
    assert_int_equal(pond_pull_kind(p), POND_ARRAY);
    assert_true(pond_pull_array(p));
    assert_true(pond_pull_item(p) && pond_pull_int(p, &i));
    assert_true(pond_pull_item(p) && pond_pull_int(p, &i));
    assert_int_equal(pond_pull_line(p), 3);
    assert_false(pond_pull_item(p));
    assert_false(pond_pull_is_done(p));
    pond_pull_text(p, POND_SV("7 "));
    assert_true(pond_pull_int(p, &i));
    assert_int_equal(i, 7);
    assert_int_equal(pond_pull_line(p), 1);
    assert_true(pond_pull_is_done(p));
    pond_pull_text(p, POND_SV("7 8"));
    assert_true(pond_pull_int(p, &i));
    assert_false(pond_pull_is_done(p));
    pond_pull_text(p, POND_SV(""));
    assert_int_equal(pond_pull_kind(p), POND_NULL);
    assert_false(pond_pull_is_done(p));
    assert_int_equal(pond_pull_end(p, &is_json, NULL), POND_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_texts_are_json),
        cmocka_unit_test(a_value_may_be_nested_512_times),
        cmocka_unit_test(damaged_texts_are_judged_alike),
        cmocka_unit_test(values_are_read_where_they_are_wanted),
        cmocka_unit_test(numbers_are_as_they_were_written),
        cmocka_unit_test(texts_in_memory_follow_each_other),
        cmocka_unit_test(files_that_cannot_be_read_are_an_error),
    };
    return cmocka_run_group_tests_name("value/pull", tests, NULL, NULL);
}
