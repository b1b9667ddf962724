// JSON: parsing with its errors, and writing.
#include "value/value.h"

#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

static int set_up(void **state) {
    static pond_arena arena;
    pond_arena_init(&arena);
    *state = &arena;
    return 0;
}

static int tear_down(void **state) {
    pond_arena_deinit(*state);
    return 0;
}

static pond_value parse_n(pond_arena *a, const char *text, size_t n) {
    pond_value v = pond_null();
    pond_err err = {0};
    if (pond_json_parse(a, (pond_sv){text, n}, "t.json", &v, &err) != POND_OK)
        fail_msg("%u:%u: %s", err.where.line, err.where.column, err.msg);
    return v;
}

static pond_value parse(pond_arena *a, const char *text) {
    return parse_n(a, text, strlen(text));
}

static void check_written(pond_value v, int indent, const char *expected) {
    pond_buf b = POND_BUF_EMPTY;
    pond_json_write(&b, v, indent);
    assert_string_equal(b.p, expected);
    assert_int_equal(b.n, strlen(expected));
    pond_buf_free(&b);
}

static void check_round(pond_arena *a, const char *text, const char *expected) {
    check_written(parse(a, text), 0, expected);
}

// Reading -----------------------------------------------------------------------------------------

static void scalars(void **state) {
    pond_arena *a = *state;
    assert_int_equal(parse(a, "null").kind, POND_NULL);
    assert_true(parse(a, " true ").b);
    assert_int_equal(parse(a, "false").kind, POND_BOOL);
    pond_value s = parse(a, "\"a\\n\\u00e9\\ud83d\\ude00\\u0000z\"");
    assert_int_equal(s.kind, POND_STRING);
    assert_true(pond_sv_eq(pond_value_sv(s), POND_SV("a\n\xC3\xA9\xF0\x9F\x98\x80\0z")));
}

static void integers_stay_integers(void **state) {
    pond_arena *a = *state;
    pond_value v = parse(a, "[0, -1, 9223372036854775807, -9223372036854775808, "
                            "9223372036854775808, 18446744073709551615]");
    static const int kinds[] = {POND_INT, POND_INT, POND_INT, POND_INT, POND_UINT, POND_UINT};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(v.items[i].kind, kinds[i]);
    assert_int_equal(v.items[2].i, INT64_MAX);
    assert_int_equal(v.items[3].i, INT64_MIN);
    assert_true(v.items[5].u == UINT64_MAX);
    check_written(v, 0,
                  "[0,-1,9223372036854775807,-9223372036854775808,9223372036854775808,"
                  "18446744073709551615]");
}

static void other_numbers_are_doubles(void **state) {
    pond_arena *a = *state;
    pond_value v = parse(a, "[1.0, 1e2, -0, 18446744073709551616, -9223372036854775809, 1e-400, "
                            "2.2250738585072011e-308]");
    static const double expected[] = {1.0,
                                      100.0,
                                      -0.0,
                                      18446744073709551616.0,
                                      -9223372036854775809.0,
                                      0.0,
                                      2.2250738585072011e-308};
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(v.items[i].kind, POND_FLOAT);
        assert_memory_equal(&v.items[i].f, &expected[i], sizeof(double));
    }
}

static void objects_are_sorted_and_the_last_key_stays(void **state) {
    pond_arena *a = *state;
    check_round(a, "{\"b\":1,\"a\":2,\"\":3,\"b\":{\"x\":null},\"a\":[4]}",
                "{\"\":3,\"a\":[4],\"b\":{\"x\":null}}");
}

static void nothing_of_the_text_is_kept(void **state) {
    pond_arena *a = *state;
    char text[] = "{\"key\":[\"value\"]}";
    pond_value v = parse(a, text);
    memset(text, 'x', sizeof text - 1);
    check_written(v, 0, "{\"key\":[\"value\"]}");
}

// Strings are copied eight bytes at a time as far as nothing needs an escape: each byte at each
// place of strings of each length.
static void strings_escape_what_they_must_in_every_place(void **state) {
    (void)state;
    for (size_t n = 1; n <= 20; n++)
        for (size_t at = 0; at < n; at++)
            for (int c = 0; c < 256; c++) {
                char text[20], wanted[40], escape[8];
                memset(text, 'x', sizeof text);
                text[at] = (char)c;
                const char *names = "btn?fr", *known = c >= 8 && c <= 13 ? names + c - 8 : "?";
                if (c == '"' || c == '\\')
                    snprintf(escape, sizeof escape, "\\%c", c);
                else if (c >= 0x20)
                    snprintf(escape, sizeof escape, "%c", c);
                else if (*known != '?')
                    snprintf(escape, sizeof escape, "\\%c", *known);
                else
                    snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
                snprintf(wanted, sizeof wanted, "\"%.*s%s%.*s\"", (int)at, text, escape,
                         (int)(n - at - 1), text + at + 1);
                check_written(pond_string((pond_sv){text, n}), 0, wanted);
            }
}

static void byte_order_mark_is_skipped(void **state) {
    check_round(*state, "\xEF\xBB\xBF[1]", "[1]");
}

static void deep(pond_arena *a, size_t depth, char *text) {
    (void)a;
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * depth] = '\0';
}

static void depth_has_a_limit(void **state) {
    pond_arena *a = *state;
    char text[2 * POND_JSON_MAX_DEPTH + 8];
    deep(a, POND_JSON_MAX_DEPTH, text);
    check_round(a, text, text);
    deep(a, POND_JSON_MAX_DEPTH + 1, text);
    pond_err err = {0};
    pond_value v;
    assert_int_equal(pond_json_parse(a, pond_sv_of(text), "t.json", &v, &err), POND_ERR_LIMIT);
    assert_string_equal(err.msg, "nested deeper than 512 levels");
    assert_int_equal(err.where.column, POND_JSON_MAX_DEPTH + 1);
}

static const struct {
    const char *text;
    uint32_t line, column;
    const char *msg, *detail;
} bad_texts[] = {
    {"", 1, 1, "expected a value, found nothing", "    \n    ^\n"},
    {" \n", 1, 1, "expected a value, found nothing", "     \n    ^\n"},
    {"{\"a\": tru}", 1, 7, "'tru' is not JSON", "    {\"a\": tru}\n          ^^^\n"},
    {"nul", 1, 1, "'nul' is not JSON", "    nul\n    ^^^\n"},
    {"[\n  1,\n  1.5.2\n]", 3, 3, "'1.5.2' is not JSON", "      1.5.2\n      ^^^^^\n"},
    {"[-]", 1, 2, "'-' is not JSON", "    [-]\n     ^\n"},
    {"[1.]", 1, 2, "'1.' is not JSON", "    [1.]\n     ^^\n"},
    {"1e", 1, 1, "'1e' is not JSON", "    1e\n    ^^\n"},
    {"['a']", 1, 2, "''' is not JSON", "    ['a']\n     ^\n"},
    {"[1,]", 1, 4, "expected a value, found ']'", "    [1,]\n       ^\n"},
    {"[1 22]", 1, 4, "expected ',' or ']' after the value, found '22'", "    [1 22]\n       ^^\n"},
    {"{\"a\" 1}", 1, 6, "expected ':' after the key, found '1'", "    {\"a\" 1}\n         ^\n"},
    {"{1:2}", 1, 2, "expected a key in double quotes, found '1'", "    {1:2}\n     ^\n"},
    {"{\"a\":1,}", 1, 8, "expected a key in double quotes, found '}'",
     "    {\"a\":1,}\n           ^\n"},
    {"[,1]", 1, 2, "expected a value, found ','", "    [,1]\n     ^\n"},
    {"[1 ,\n , 2]", 2, 2, "expected a value, found ','", "     , 2]\n     ^\n"},
    {"{\"a\":1:2}", 1, 7, "expected ',' or '}' after the value, found ':'",
     "    {\"a\":1:2}\n          ^\n"},
    {"{\"a\":\"x\" 22}", 1, 10, "expected ',' or '}' after the value, found '22'",
     "    {\"a\":\"x\" 22}\n             ^^\n"},
    {"}", 1, 1, "expected a value, found '}'", "    }\n    ^\n"},
    {"{\"a\":1 \"b\\\"c\":2}", 1, 8, "expected ',' or '}' after the value, found '\"b\\\"c\"'",
     "    {\"a\":1 \"b\\\"c\":2}\n           ^^^^^^\n"},
    {"1 2", 1, 3, "expected nothing after the value, found '2'", "    1 2\n      ^\n"},
    // Of which yajl sees no token: it never ends.
    {"{} \"open", 1, 4, "expected nothing after the value, found '\"open'",
     "    {} \"open\n       ^^^^^\n"},
    {"{} x", 1, 4, "expected nothing after the value, found 'x'", "    {} x\n       ^\n"},
    {"01", 1, 1, "expected nothing after the value, found '01'", "    01\n    ^^\n"},
    {"[1,\n2", 2, 2, "the text ends before the value does", "    2\n     ^\n"},
    {"\"abc", 1, 5, "the text ends before the value does", "    \"abc\n        ^\n"},
    {"\"\xC3\xA9\\x\"", 1, 4, "unknown escape in a string", "    \"\xC3\xA9\\x\"\n       ^\n"},
    {"\"\\u12g4\"", 1, 6, "\\u needs four hexadecimal digits", "    \"\\u12g4\"\n         ^\n"},
    {"\"a\tb\"", 1, 3, "a control character in a string needs an escape",
     "    \"a\tb\"\n      ^\n"},
    {"[\"\\ud83d\"]", 1, 3, "'\\ud83d' is half of a surrogate pair",
     "    [\"\\ud83d\"]\n      ^^^^^^\n"},
    {"\"\\ud83d\\u0041\"", 1, 2, "'\\ud83d' is half of a surrogate pair",
     "    \"\\ud83d\\u0041\"\n     ^^^^^^\n"},
    {"\"\\\\\\ude00\"", 1, 4, "'\\ude00' is half of a surrogate pair",
     "    \"\\\\\\ude00\"\n       ^^^^^^\n"},
    {"\"a\xFF\"", 1, 3, "byte 0xff is not valid UTF-8", ""},
    {"\"\xC0\x80\"", 1, 2, "byte 0xc0 is not valid UTF-8", ""},
    {"\"\xED\xA0\x80\"", 1, 2, "byte 0xed is not valid UTF-8", ""},
    {"\"\xF4\x90\x80\x80\"", 1, 2, "byte 0xf4 is not valid UTF-8", ""},
    {"\"\xE2\x82", 1, 2, "byte 0xe2 is not valid UTF-8", ""},
};

static void errors_say_what_and_where(void **state) {
    for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
        pond_err err = {0};
        pond_value v;
        assert_int_equal(pond_json_parse(*state, pond_sv_of(bad_texts[i].text), "t.json", &v, &err),
                         POND_ERR_SYNTAX);
        assert_string_equal(err.msg, bad_texts[i].msg);
        assert_string_equal(err.detail, bad_texts[i].detail);
        assert_int_equal(err.where.line, bad_texts[i].line);
        assert_int_equal(err.where.column, bad_texts[i].column);
        assert_string_equal(err.where.file, "t.json");
    }
}

static void numbers_out_of_range_are_refused(void **state) {
    pond_err err = {0};
    pond_value v;
    assert_int_equal(pond_json_parse(*state, POND_SV("[1,\n -1e999]"), "t.json", &v, &err),
                     POND_ERR_INVALID);
    assert_string_equal(err.msg, "the number '-1e999' is out of range");
    assert_int_equal(err.where.line, 2);
    assert_int_equal(err.where.column, 2);
    assert_string_equal(err.detail, "     -1e999]\n     ^^^^^^\n");
}

static void long_lines_are_shown_around_the_caret(void **state) {
    char text[600];
    memset(text, ' ', sizeof text);
    memcpy(text, "[", 1);
    memcpy(text + 300, "oops", 4);
    pond_err err = {0};
    pond_value v;
    assert_int_equal(pond_json_parse(*state, (pond_sv){text, sizeof text}, "t", &v, &err),
                     POND_ERR_SYNTAX);
    assert_int_equal(err.where.column, 301);
    char expected[300];
    snprintf(expected, sizeof expected, "    %60s%s%36s\n    %60s^^^^\n", "", "oops", "", "");
    assert_string_equal(err.detail, expected);
}

static void no_error_wanted(void **state) {
    pond_value v;
    assert_int_equal(pond_json_parse(*state, POND_SV("[tru"), "t", &v, NULL), POND_ERR_SYNTAX);
    assert_int_equal(pond_json_parse(*state, POND_SV("[1e999]"), "t", &v, NULL), POND_ERR_INVALID);
}

// Writing -----------------------------------------------------------------------------------------

static void compact_form(void **state) {
    check_round(*state, " { \"a\" : [ 1 , 2.50 , \"x\" , { } , [ ] ] , \"b\" : null } ",
                "{\"a\":[1,2.5,\"x\",{},[]],\"b\":null}");
}

static void pretty_form(void **state) {
    pond_arena *a = *state;
    pond_value v = parse(a, "{\"a\":[1,{\"b\":true}],\"e\":[],\"o\":{}}");
    check_written(v, 2,
                  "{\n  \"a\": [\n    1,\n    {\n      \"b\": true\n    }\n  ],\n  \"e\": [],\n"
                  "  \"o\": {}\n}");
    check_written(parse(a, "[[1]]"), 4, "[\n    [\n        1\n    ]\n]");
    check_written(pond_int(7), 2, "7");
}

static void strings_escape_what_must_be(void **state) {
    (void)state;
    check_written(pond_string(POND_SV("\"\\/\b\f\n\r\t\x01\x1f\x7f\0<\xC3\xA9")), 0,
                  "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000<\xC3\xA9\"");
    check_written(pond_string(POND_SV("")), 0, "\"\"");
}

static void floats_keep_a_fraction_or_an_exponent(void **state) {
    (void)state;
    check_written(pond_float(1.0), 0, "1.0");
    check_written(pond_float(-2.5e300), 0, "-2.5e300");
    check_written(pond_float(NAN), 0, "null");
    check_written(pond_float(-INFINITY), 0, "null");
}

static void an_array_with_attributes_is_written_as_its_attributes(void **state) {
    pond_arena *a = *state;
    pond_value items[] = {pond_int(1)};
    pond_value v = pond_array_with_attrs(a, items, 1, parse(a, "{\"files\":[1],\"n\":2}"));
    check_written(v, 0, "{\"files\":[1],\"n\":2}");
    check_written(pond_array(&v, 1), 2,
                  "[\n  {\n    \"files\": [\n      1\n    ],\n    \"n\": 2\n  }\n]");
}

// Strings are written in words of eight bytes: every length, with an escape at every place.
static void strings_of_every_length(void **state) {
    (void)state;
    for (size_t n = 0; n <= 24; n++)
        for (size_t at = 0; at <= n; at++) {
            char *text = pond_xmalloc(n); // so that a sanitizer sees a read past the end
            pond_buf got = POND_BUF_EMPTY, want = POND_BUF_EMPTY;
            pond_buf_char(&want, '"');
            for (size_t i = 0; i < n; i++) {
                text[i] = i == at ? '"' : (char)('a' + i);
                pond_buf_append(&want, i == at ? "\\\"" : &text[i], i == at ? 2 : 1);
            }
            pond_buf_char(&want, '"');
            pond_json_string(&got, (pond_sv){text, n});
            assert_string_equal(got.p, want.p);
            pond_buf_free(&got);
            pond_buf_free(&want);
            free(text);
        }
}

// A leaf as an export set has it: files of its own, and a schema that it may share.
static pond_value leaf(pond_arena *a, int64_t size, pond_value schema) {
    pond_value *file = POND_NEW(a, pond_value);
    *file = pond_int(size);
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, 2);
    e[0] = (pond_entry){POND_SV("files"), pond_array(file, 1)};
    e[1] = (pond_entry){POND_SV("schema"), schema};
    return pond_array_with_attrs(a, file, 1, pond_object(e, 2));
}

static void what_values_share_is_written_for_each(void **state) {
    pond_arena *a = *state;
    pond_value first = parse(a, "{\"fields\": [{\"name\": \"a\"}]}"),
               other = parse(a, "{\"fields\": [{\"name\": \"b\"}]}"), none = pond_object(NULL, 0);
    const pond_value schemas[] = {first, first, first, other, first, first,      none,
                                  none,  first, other, other, other, pond_null()};
    pond_json_memo memo = {0};
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        pond_buf got = POND_BUF_EMPTY, want = POND_BUF_EMPTY;
        pond_value v = leaf(a, (int64_t)i, schemas[i]);
        pond_json_write(&want, v, 0);
        pond_json_write_like(&got, v, &memo);
        pond_json_write(&want, schemas[i], 0);
        pond_json_write_like(&got, schemas[i], &memo);
        assert_string_equal(got.p, want.p);
        assert_int_equal(got.n, want.n);
        pond_buf_free(&got);
        pond_buf_free(&want);
    }
    pond_json_memo_free(&memo);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(scalars),
        TEST(integers_stay_integers),
        TEST(other_numbers_are_doubles),
        TEST(objects_are_sorted_and_the_last_key_stays),
        TEST(nothing_of_the_text_is_kept),
        TEST(strings_escape_what_they_must_in_every_place),
        TEST(byte_order_mark_is_skipped),
        TEST(depth_has_a_limit),
        TEST(errors_say_what_and_where),
        TEST(numbers_out_of_range_are_refused),
        TEST(long_lines_are_shown_around_the_caret),
        TEST(no_error_wanted),
        TEST(compact_form),
        TEST(pretty_form),
        TEST(strings_escape_what_must_be),
        TEST(floats_keep_a_fraction_or_an_exponent),
        TEST(strings_of_every_length),
        TEST(an_array_with_attributes_is_written_as_its_attributes),
        TEST(what_values_share_is_written_for_each),
    };
    return cmocka_run_group_tests_name("value/json", tests, NULL, NULL);
}
