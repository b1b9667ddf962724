// Filters of strings, and how values print.

#include "builtins_test.h"

#include "tera/unicode.h"

static void case_is_full_unicode(void **state) {
    (void)state;
    static const row rows[] = {
        {"upper", "\"hello World 1\"", NULL, "\"HELLO WORLD 1\""},
        {"upper", "\"ß ﬁ ŉ\"", NULL, "\"SS FI ʼN\""},
        {"lower", "\"HELLO World\"", NULL, "\"hello world\""},
        {"lower", "\"ΟΔΟΣ Σ ΑΣ\"", NULL, "\"οδος σ ας\""},
        {"lower", "\"İstanbul\"", NULL, "\"i̇stanbul\""},
        {"upper", "\"a straße in größerem maßstab, größer\"", NULL,
         "\"A STRASSE IN GRÖSSEREM MASSSTAB, GRÖSSER\""},
        {"lower", "\"ÄÖÜ ABCDEFGH Ä ABCDEFGÉ\"", NULL, "\"äöü abcdefgh ä abcdefgé\""},
        {"capitalize", "\"hElLo wOrLd\"", NULL, "\"Hello world\""},
        {"capitalize", "\"ŉA\"", NULL, "\"ʼNa\""},
        {"capitalize", "\"\"", NULL, "\"\""},
        {"title", "\"foo-bar_baz qux\"", NULL, "\"Foo-Bar_baz Qux\""},
        {"title", "\"it's o'clock\"", NULL, "\"It's O'clock\""},
        {"title", "\"don''t 'quote' it\"", NULL, "\"Don''t 'Quote' It\""},
        {"title", "\"ΟΔΟΣ Σ ΑΣ\"", NULL, "\"Οδος Σ Ασ\""},
        {"title", "\"éa ÎB ß\"", NULL, "\"Éa Îb SS\""},
        {"upper", "5", NULL, "!filter 'upper': the value must be a string, got integer 5"},
    };
    check_rows(rows, COUNT(rows));
}

static void trims(void **state) {
    (void)state;
    static const row rows[] = {
        {"trim", "\"\\u00a0 a \\n\\u3000\"", NULL, "\"a\""},
        {"trim_start", "\" a \"", NULL, "\"a \""},
        {"trim_end", "\" a \"", NULL, "\" a\""},
        {"trim", "\" \\t\"", NULL, "\"\""},
        {"trim_start_matches", "\"//a/b//\"", "{\"pat\":\"//\"}", "\"a/b//\""},
        {"trim_end_matches", "\"baaa\"", "{\"pat\":\"a\"}", "\"b\""},
        {"trim_end_matches", "\"a\\n\\n\"", "{\"pat\":\"\\\\n\"}", "\"a\""},
        {"trim_start_matches", "\"abc\"", "{\"pat\":\"\"}", "\"abc\""},
        {"trim_end_matches", "\"abc\"", "{}",
         "!filter 'trim_end_matches': the argument 'pat' is missing"},
    };
    check_rows(rows, COUNT(rows));
}

static void searches(void **state) {
    (void)state;
    static const row rows[] = {
        {"replace", "\"hello\"", "{\"from\":\"l\",\"to\":\"xy\"}", "\"hexyxyo\""},
        {"replace", "\"héo\"", "{\"from\":\"\",\"to\":\"-\"}", "\"-h-é-o-\""},
        {"replace", "\"\"", "{\"from\":\"\",\"to\":\"-\"}", "\"-\""},
        {"replace", "\"aaa\"", "{\"from\":\"aa\",\"to\":\"\"}", "\"a\""},
        {"replace", "\"a\\nb\"", "{\"from\":\"\\\\n\",\"to\":\"-\"}", "\"a\\nb\""},
        {"replace", "\"x\"", "{\"from\":\"a\"}", "!filter 'replace': the argument 'to' is missing"},
        {"replace", "\"x\"", "{\"from\":1,\"to\":\"\"}",
         "!filter 'replace': argument 'from' must be a string, got integer 1"},
        {"split", "\"a,b,,c\"", "{\"pat\":\",\"}", "[\"a\",\"b\",\"\",\"c\"]"},
        {"split", "\"aé\"", "{\"pat\":\"\"}", "[\"\",\"a\",\"é\",\"\"]"},
        {"split", "\"\"", "{\"pat\":\"l\"}", "[\"\"]"},
        {"split", "\"a\\tb\"", "{\"pat\":\"\\\\t\"}", "[\"a\",\"b\"]"},
        {"wordcount", "\" one\\u00a0two\\nthree \"", NULL, "3"},
        {"wordcount", "\"\"", NULL, "0"},
    };
    check_rows(rows, COUNT(rows));
}

static void truncate_counts_clusters(void **state) {
    (void)state;
    static const row rows[] = {
        {"truncate", "\"hello\"", "{\"length\":3}", "\"hel…\""},
        {"truncate", "\"hello\"", "{\"length\":5}", "\"hello\""},
        {"truncate", "\"hello\"", "{\"length\":0,\"end\":\"\"}", "\"\""},
        {"truncate", "\"👍🏽👍🏽👍🏽\"", "{\"length\":1}", "\"👍🏽…\""},
        {"truncate", "\"👍🏽👍🏽👍🏽\"", "{\"length\":3}",
         "\"👍🏽👍🏽👍🏽\""},
        {"truncate", "\"👨‍👩‍👧 family\"", "{\"length\":1,\"end\":\"\"}",
         "\"👨‍👩‍👧\""},
        {"truncate", "\"🇫🇷🇩🇪🇯🇵\"", "{\"length\":2,\"end\":\"\"}", "\"🇫🇷🇩🇪\""},
        {"truncate", "\"a\\r\\nb\"", "{\"length\":2,\"end\":\"\"}", "\"a\\r\\n\""},
        {"truncate", "\"e\\u0301x\"", "{\"length\":1,\"end\":\"\"}", "\"e\xcc\x81\""},
        {"truncate", "\"각각\"", "{\"length\":1,\"end\":\"\"}", "\"각\""},
        {"truncate", "\"x\"", "{\"length\":1.5}",
         "!filter 'truncate': argument 'length' must be an integer of at least 0, got float 1.5"},
    };
    check_rows(rows, COUNT(rows));
}

static void lines(void **state) {
    (void)state;
    static const row rows[] = {
        {"indent", "\"one\\n\\ntwo\\r\\n\"", NULL, "\"one\\n\\n    two\""},
        {"indent", "\"a\\n \\nb\"", "{\"blank\":true,\"first\":true,\"prefix\":\"> \"}",
         "\"> a\\n>  \\n> b\""},
        {"indent", "\"a\\rb\\nc\"", NULL, "\"a\\rb\\n    c\""},
        {"indent", "\"a\\r\"", NULL, "\"a\\r\""},
        {"indent", "\"\\n\\n\"", NULL, "\"\\n\""},
        {"indent", "\"\"", "{\"first\":true}", "\"\""},
        {"indent", "\"\"", "{\"first\":1}",
         "!filter 'indent': argument 'first' must be true or false, got integer 1"},
        {"linebreaksbr", "\"a\\r\\nb\\n\\nc\\rd\"", NULL, "\"a<br>b<br><br>c\\rd\""},
    };
    check_rows(rows, COUNT(rows));
}

static void markup(void **state) {
    (void)state;
    static const row rows[] = {
        {"escape", "\"<a href='/x'>&\\\"\"", NULL,
         "\"&lt;a href=&#x27;&#x2F;x&#x27;&gt;&amp;&quot;\""},
        {"escape_xml", "\"<>&\\\"'/\"", NULL, "\"&lt;&gt;&amp;&quot;&apos;/\""},
        {"escape", "null", NULL, "!filter 'escape': the value must be a string, got null"},
        {"addslashes", "\"it's \\\"a\\\\b\\\"\"", NULL, "\"it\\\\'s \\\\\\\"a\\\\\\\\b\\\\\\\"\""},
        {"urlencode", "\"100% ~é/_-.#\"", NULL, "\"100%%20~%C3%A9/_-.%23\""},
        {"urlencode_strict", "\"aZ9%/-_.~\"", NULL, "\"aZ9%25%2F%2D%5F%2E%7E\""},
        {"striptags", "\"<p>a <i>b</i></p>\"", NULL, "\"a b\""},
        {"striptags", "\"a < b and c > d\"", NULL, "\"a  d\""},
        {"striptags", "\"<<b>>\"", NULL, "\">\""},
        {"striptags", "\"<!-->x-->y\"", NULL, "\"y\""},
        {"striptags", "\"<!-- a > b -->c<!--\\n> -->d\"", NULL, "\"c -->d\""},
        {"striptags", "\"a<b\"", NULL, "\"a<b\""},
        {"spaceless", "\"<p>\\n<a> </a>\\r\\n </p>\"", NULL, "\"<p><a></a></p>\""},
        {"spaceless", "\"> > <\"", NULL, "\"> ><\""},
        {"spaceless", "\"<a> x <b>\\u00a0<c>\"", NULL, "\"<a> x <b><c>\""},
    };
    check_rows(rows, COUNT(rows));
}

static void slugs_are_ascii(void **state) {
    (void)state;
    static const row rows[] = {
        {"slugify", "\"ÀÉÎõü ß Øre\"", NULL, "\"aeiou-ss-ore\""},
        {"slugify", "\"UPPER_case.txt\"", NULL, "\"upper-case-txt\""},
        {"slugify", "\"!!!\"", NULL, "\"\""},
        {"slugify", "\"1 + 1 = 2\"", NULL, "\"1-1-2\""},
        {"slugify", "\"œuvre Æsir Łódź\"", NULL, "\"oeuvre-aesir-lodz\""},
        {"slugify", "\"Καλημέρα κόσμε\"", NULL, "\"kalemera-kosme\""},
        {"slugify", "\"Привет мир\"", NULL, "\"privet-mir\""},
        {"slugify", "\"ひらがな カタカナ\"", NULL, "\"hiragana-katakana\""},
        {"slugify", "\"한국 서울 힣\"", NULL, "\"hangug-seoul-hih\""},
        {"slugify", "\"ﬁne №5 ½\"", NULL, "\"fine-no5-1-2\""},
        {"slugify", "\"a—b “c”\"", NULL, "\"a-b-c\""},
        {"slugify", "\"x 漢字 y\"", NULL, "\"x-y\""}, // not covered
    };
    check_rows(rows, COUNT(rows));
}

static void any_value(void **state) {
    (void)state;
    static const row rows[] = {
        {"as_str", "[1,\"a\",true,null,1.5,[1,\"x\"],{\"k\":1}]", NULL,
         "\"[1, a, true, , 1.5, [1, x], [object]]\""},
        {"as_str", "1e21", NULL, "\"1000000000000000000000\""},
        {"as_str", "-0.0", NULL, "\"-0\""},
        {"as_str", "-9223372036854775808", NULL, "\"-9223372036854775808\""},
        {"as_str", "18446744073709551615", NULL, "\"18446744073709551615\""},
        {"as_str", "null", NULL, "\"\""},
        {"json_encode", "{\"a\":[1.0,\"/\"]}", NULL, "\"{\\\"a\\\":[1.0,\\\"/\\\"]}\""},
        {"json_encode", "[1,{}]", "{\"pretty\":true}", "\"[\\n  1,\\n  {}\\n]\""},
        {"json_encode", "[1]", "{\"pretty\":1}", "\"[1]\""},
        {"default", "null", "{\"value\":1}", "null"}, // the renderer does it where it counts
        {"safe", "[1]", NULL, "[1]"},
        {"get", "{\"a\":1}", "{\"key\":\"a\"}", "1"},
        {"get", "{\"a\":1}", "{\"key\":\"b\",\"default\":2}", "2"},
        {"get", "{\"a\":1}", "{\"key\":\"b\"}",
         "!filter 'get': there is no key 'b' in object {\"a\":1}"},
        {"get", "[1]", "{\"key\":\"b\"}",
         "!filter 'get': the value must be an object, got array [1]"},
    };
    check_rows(rows, COUNT(rows));
}

static void integers_print_in_decimal(void **state) {
    (void)state;
    char text[24], want[32];
    for (int64_t n = 1; n < INT64_MAX / 10; n *= 10) {
        for (int64_t d = -2; d <= 2; d++) {
            text[tera_int_text(pond_int(n + d), text)] = '\0';
            snprintf(want, sizeof want, "%lld", (long long)(n + d));
            assert_string_equal(text, want);
            text[tera_int_text(pond_int(-n + d), text)] = '\0';
            snprintf(want, sizeof want, "%lld", (long long)(-n + d));
            assert_string_equal(text, want);
        }
    }
    text[tera_int_text(pond_uint(UINT64_MAX), text)] = '\0';
    assert_string_equal(text, "18446744073709551615");
}

// Texts are escaped in words of eight bytes: every length, with what is special at every place.
static void escaping_at_every_place(void **state) {
    (void)state;
    static const char special[] = "&<>\"'/", *const entities[] = {"&amp;",  "&lt;",   "&gt;",
                                                                  "&quot;", "&#x27;", "&#x2F;"};
    static const char others[] = "a %$#(.=?;:\x7f\x80\xa6\xbc\xff\x01";
    for (size_t n = 0; n <= 40; n++)
        for (size_t at = 0; at <= n; at++)
            for (size_t k = 0; k < sizeof special - 1; k++) {
                char *text = pond_xmalloc(n); // so that a sanitizer sees a read past the end
                pond_buf got = POND_BUF_EMPTY, want = POND_BUF_EMPTY;
                for (size_t i = 0; i < n; i++) {
                    bool is_special = i == at || (k == 2 && i == at + 1) || (k == 3 && i % 5 == 0);
                    text[i] = is_special ? special[k] : others[(i + at) % (sizeof others - 1)];
                    pond_buf_append(&want, is_special ? entities[k] : &text[i],
                                    is_special ? strlen(entities[k]) : 1);
                }
                tera_escape(&got, (pond_sv){text, n});
                assert_int_equal(got.n, want.n);
                assert_memory_equal(got.p, n > 0 ? want.p : "", want.n + 1);
                pond_buf_free(&got);
                pond_buf_free(&want);
                free(text);
            }
}

static void truth_and_equality(void **state) {
    (void)state;
    bench b = {0};
    pond_arena_init(&b.arena);
    static const char *const falsy[] = {"false", "0", "0.0", "-0.0", "\"\"", "null", "[]", "{}"};
    for (size_t i = 0; i < COUNT(falsy); i++)
        assert_false(tera_is_truthy(json(&b, falsy[i])));
    static const char *const truthy[] = {"true", "-1", "0.1", "\"0\"", "[null]", "{\"a\":0}"};
    for (size_t i = 0; i < COUNT(truthy); i++)
        assert_true(tera_is_truthy(json(&b, truthy[i])));
    assert_true(tera_equal(pond_int(1), pond_float(1)));
    assert_true(tera_equal(json(&b, "[1,{\"a\":2}]"), json(&b, "[1,{\"a\":2}]")));
    assert_false(tera_equal(json(&b, "[1]"), json(&b, "[1.0]")));
    assert_false(tera_equal(pond_int(1), json(&b, "\"1\"")));
    pond_arena_deinit(&b.arena);
}

static void paths_find_parts(void **state) {
    (void)state;
    bench b = {0};
    pond_arena_init(&b.arena);
    pond_value v = json(&b, "{\"a\":{\"b\":[10,{\"c\":1}],\"x.y\":2},\"1\":3}");
    static const struct {
        const char *path;
        int64_t want;
    } rows[] = {{"a.b.0", 10}, {"a.b.1.c", 1}, {"a.\"x.y\"", 2}, {"1", 3}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const pond_value *found = tera_get_path(&v, pond_sv_of(rows[i].path));
        assert_non_null(found);
        assert_int_equal(found->i, rows[i].want);
    }
    static const char *const nowhere[] = {"b",       "a.b.2", "a.b.00", "a.b.+1", "a.b.-1",
                                          "a.b.0.c", "a.",    ".a",     "a..b"};
    for (size_t i = 0; i < COUNT(nowhere); i++)
        assert_null(tera_get_path(&v, pond_sv_of(nowhere[i])));
    assert_ptr_equal(tera_get_path(&v, POND_SV("")), &v);
    pond_arena_deinit(&b.arena);
}

// [x, x] of [x, x] of ... is small and prints as 2^n, and a deep nest would overflow a stack.
static void small_values_with_endless_texts_are_refused(void **state) {
    (void)state;
    bench b = {0};
    pond_arena_init(&b.arena);
    pond_value wide = pond_int(1), deep = pond_int(1);
    for (int i = 0; i < 60; i++) {
        pond_value *items = POND_NEW_ARRAY(&b.arena, pond_value, 2);
        items[0] = items[1] = wide;
        wide = pond_array(items, 2);
    }
    for (int i = 0; i < 100000; i++) {
        pond_value *item = POND_NEW(&b.arena, pond_value);
        *item = deep;
        deep = pond_array(item, 1);
    }
    pond_buf text = POND_BUF_EMPTY;
    assert_false(tera_print_max(&text, wide, 1000));
    assert_true(text.n < 1100);
    pond_buf_clear(&text);
    assert_false(tera_print_max(&text, deep, 1000000));
    assert_false(tera_is_walkable(deep, 1000000));
    assert_false(tera_is_walkable(wide, 1000));
    assert_false(tera_equal(deep, deep));

    pond_tera_call c = {.arena = &b.arena, .name = POND_SV("json_encode"), .err = &b.err};
    pond_tera_args none = {0};
    pond_value v;
    assert_int_equal(tera_find_filter(c.name)->fn(&c, deep, &none, &v), POND_ERR_LIMIT);
    assert_string_equal(
        b.err.msg,
        "filter 'json_encode': the value is too large or too deeply nested to write as JSON");
    pond_buf_free(&text);
    pond_arena_deinit(&b.arena);
}

static void results_stay_within_the_budget_of_a_render(void **state) {
    (void)state;
    bench b = {0};
    pond_arena_init(&b.arena);
    pond_value big = pond_string(pond_sv_dup(&b.arena, POND_SV("0123456789abcdef")));
    b.arena.limit_bytes = b.arena.used_bytes + 200;
    pond_sv names[] = {POND_SV("from"), POND_SV("to")};
    pond_value values[] = {pond_string(POND_SV("")), big}, v = pond_null();
    pond_tera_args args = {names, values, 2};
    pond_tera_call c = {.arena = &b.arena, .name = POND_SV("replace"), .err = &b.err};
    assert_int_equal(tera_find_filter(c.name)->fn(&c, big, &args, &v), POND_ERR_LIMIT);
    char want[128];
    snprintf(want, sizeof want,
             "filter 'replace': the result exceeds the limit of %zu bytes for a render",
             b.arena.limit_bytes);
    assert_string_equal(b.err.msg, want);
    pond_arena_deinit(&b.arena);
}

static void damaged_utf8_passes_through(void **state) {
    (void)state;
    bench b = {0};
    pond_arena_init(&b.arena);
    static const char *const filters[] = {"upper",   "title",    "reverse", "trim",
                                          "slugify", "truncate", "length",  "wordcount"};
    pond_sv names[] = {POND_SV("length")};
    pond_value values[] = {pond_int(2)}, v = pond_null();
    pond_tera_args args = {names, values, 1};
    for (size_t i = 0; i < COUNT(filters); i++) {
        pond_tera_call c = {.arena = &b.arena, .name = pond_sv_of(filters[i]), .err = &b.err};
        pond_value in = pond_string(POND_SV("\xff\xc3 \xe2\x82"));
        assert_int_equal(tera_find_filter(c.name)->fn(&c, in, &args, &v), POND_OK);
    }
    pond_arena_deinit(&b.arena);
}

static void every_transliteration_is_ascii(void **state) {
    (void)state;
    uint32_t last = 0;
    char room[40];
    for (uint32_t c = 0x80; c < 0x30000; c++) {
        const char *text = c >= 0xD800 && c < 0xE000 ? NULL : tera_ascii_for(c, room);
        if (text == NULL)
            continue;
        assert_true(strlen(text) < 40);
        assert_true(tera_is_ascii(pond_sv_of(text)));
        last = c;
    }
    assert_true(last > 0x3000);
    assert_string_equal(tera_ascii_for(0xFB03, room), "ffi");
    assert_string_equal(tera_ascii_for(0x30A2, room), "a"); // katakana
    assert_null(tera_ascii_for(0x6F22, room));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_is_full_unicode),
        cmocka_unit_test(trims),
        cmocka_unit_test(searches),
        cmocka_unit_test(truncate_counts_clusters),
        cmocka_unit_test(lines),
        cmocka_unit_test(markup),
        cmocka_unit_test(slugs_are_ascii),
        cmocka_unit_test(any_value),
        cmocka_unit_test(integers_print_in_decimal),
        cmocka_unit_test(escaping_at_every_place),
        cmocka_unit_test(truth_and_equality),
        cmocka_unit_test(paths_find_parts),
        cmocka_unit_test(small_values_with_endless_texts_are_refused),
        cmocka_unit_test(results_stay_within_the_budget_of_a_render),
        cmocka_unit_test(damaged_utf8_passes_through),
        cmocka_unit_test(every_transliteration_is_ascii),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
