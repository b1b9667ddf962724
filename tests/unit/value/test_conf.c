// YAML configs: trees with places, and reading them by a table of options.
#include "value/conf.h"

#include <math.h>
#include <setjmp.h>
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

static const pond_conf *parse(pond_arena *a, const char *text) {
    const pond_conf *c = NULL;
    pond_err err = {0};
    if (pond_conf_parse(a, pond_sv_of(text), "t.yaml", &c, &err) != POND_OK)
        fail_msg("%u:%u: %s\n%s", err.where.line, err.where.column, err.msg, err.detail);
    return c;
}

// The tree as JSON, without places.
static void check_tree(pond_arena *a, const char *yaml, const char *json) {
    pond_buf b = POND_BUF_EMPTY;
    pond_json_write(&b, pond_conf_value(a, parse(a, yaml)), 0);
    assert_string_equal(b.p, json);
    pond_buf_free(&b);
}

static void check_error_text(const pond_err *err, const char *expected) {
    char text[8192];
    snprintf(text, sizeof text, "%s:%u:%u: %s\n%s", err->where.file, err->where.line,
             err->where.column, err->msg, err->detail);
    assert_string_equal(text, expected);
}

static void check_bad(pond_arena *a, const char *yaml, pond_code code, const char *expected) {
    const pond_conf *c;
    pond_err err = {0};
    pond_code rc = pond_conf_parse(a, pond_sv_of(yaml), "t.yaml", &c, &err);
    check_error_text(&err, expected);
    assert_int_equal(rc, code);
    assert_int_equal(err.code, code);
    assert_int_equal(pond_conf_parse(a, pond_sv_of(yaml), "t.yaml", &c, NULL), code);
}

// Parsing -----------------------------------------------------------------------------------------

static void plain_scalars_have_types(void **state) {
    check_tree(*state,
               "[1, -7, +7, 0o17, 0x1F, 007, 9223372036854775808, 1.5, .5, 1e3, +1., "
               "true, FALSE, null, ~, yes, on, 1_000, 12:30, 2024-01-31, 0x, 0o9, 1h, 1e999]",
               "[1,-7,7,15,31,7,9223372036854775808,1.5,0.5,1000.0,1.0,"
               "true,false,null,null,\"yes\",\"on\",\"1_000\",\"12:30\",\"2024-01-31\","
               "\"0x\",\"0o9\",\"1h\",\"1e999\"]");
}

static void not_numbers_of_the_usual_kind(void **state) {
    const pond_conf *c = parse(*state, "[.inf, -.INF, +.Inf, .nan, -.nan]");
    assert_true(c->items[0].value.f == INFINITY);
    assert_true(c->items[1].value.f == -INFINITY);
    assert_true(c->items[2].value.f == INFINITY);
    assert_true(isnan(c->items[3].value.f));
    assert_int_equal(c->items[4].value.kind, POND_STRING);
}

static void quoted_and_block_scalars_are_strings(void **state) {
    check_tree(*state,
               "a: '1'\nb: \"true\"\nc: |\n  1\n  2\nd: >-\n  x\n  y\ne: !!str 5\nf: ! 6\n"
               "g: \"\\u00e9\\0\"\n",
               "{\"a\":\"1\",\"b\":\"true\",\"c\":\"1\\n2\\n\",\"d\":\"x y\",\"e\":\"5\","
               "\"f\":\"6\",\"g\":\"\xC3\xA9\\u0000\"}");
}

static void json_is_yaml(void **state) {
    check_tree(*state, "{\n\t\"a\": [1, 2.5, \"\\/x\", null],\n\t\"b\": {}\n}",
               "{\"a\":[1,2.5,\"/x\",null],\"b\":{}}");
}

static void aliases_and_merges_are_resolved(void **state) {
    check_tree(*state,
               "base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nlist: &l [a]\n"
               "one: {<<: *b, x: 9}\nall: {<<: [*b, *o], w: *l}\nsame: *b\n",
               "{\"all\":{\"w\":[\"a\"],\"x\":1,\"y\":2,\"z\":4},\"base\":{\"x\":1,\"y\":2},"
               "\"list\":[\"a\"],\"one\":{\"x\":9,\"y\":2},\"other\":{\"y\":3,\"z\":4},"
               "\"same\":{\"x\":1,\"y\":2}}");
    check_tree(*state, "'<<': 1", "{\"<<\":1}"); // quoted, it is a key like any other
}

static void empty_documents_are_null(void **state) {
    static const char *const texts[] = {"", "\n\n", "# only a comment\n", "---\n", "--- ~\n"};
    for (size_t i = 0; i < 5; i++) {
        const pond_conf *c = parse(*state, texts[i]);
        assert_int_equal(c->value.kind, POND_NULL);
        assert_int_equal(c->line, 1);
        assert_int_equal(c->n, 0);
    }
}

static void check_place(const pond_conf *c, uint32_t line, uint32_t column, uint32_t width) {
    assert_int_equal(c->line, line);
    assert_int_equal(c->column, column);
    assert_int_equal(c->width, width);
    assert_string_equal(c->file, "t.yaml");
}

static void nodes_know_their_place(void **state) {
    const pond_conf *c = parse(*state, "name: \"d\xC3\xA9j\xC3\xA0\"\n"
                                       "list:\n"
                                       "  - 12345\n"
                                       "  - {k: v}\n"
                                       "  - [\xC3\xA9: 1]\n"
                                       "gone:\n"
                                       "same: &s x\n"
                                       "again: *s\n");
    check_place(c, 1, 1, 1);
    check_place(&c->items[0], 1, 7, 6);
    assert_int_equal(c->items[0].key_line, 1);
    assert_int_equal(c->items[0].key_column, 1);
    const pond_conf *list = pond_conf_get(c, "list");
    check_place(list, 3, 3, 1);
    assert_int_equal(list->key_line, 2);
    check_place(&list->items[0], 3, 5, 5);
    check_place(&list->items[1], 4, 5, 1);
    check_place(&list->items[1].items[0], 4, 9, 1);
    assert_int_equal(list->items[1].items[0].key_column, 6);
    check_place(&list->items[2].items[0], 5, 6, 1);
    check_place(pond_conf_get(c, "gone"), 6, 1, 1); // nothing is there: its key
    check_place(pond_conf_get(c, "same"), 7, 10, 1);
    check_place(pond_conf_get(c, "again"), 8, 8, 2); // where it is used
    assert_null(pond_conf_get(c, "lis"));
    assert_null(pond_conf_get(list, "k"));
}

static void several_documents(void **state) {
    const pond_conf *const *roots;
    size_t n;
    assert_int_equal(pond_conf_parse_all(*state, POND_SV("a: &x 1\n---\nb: 2\n---\n"), "t.yaml",
                                         &roots, &n, NULL),
                     POND_OK);
    assert_int_equal(n, 3);
    assert_int_equal(pond_conf_get(roots[0], "a")->value.i, 1);
    assert_int_equal(pond_conf_get(roots[1], "b")->line, 3);
    assert_int_equal(roots[2]->value.kind, POND_NULL);
    assert_int_equal(pond_conf_parse_all(*state, POND_SV(" \n"), "t.yaml", &roots, &n, NULL),
                     POND_OK);
    assert_int_equal(n, 0);
    check_bad(*state, "a: 1\n---\nb: 2\n", POND_ERR_INVALID,
              "t.yaml:3:1: a second YAML document, where only one is expected\n    b: 2\n    ^\n");
    check_bad(*state, "&x a\n---\n*x\n", POND_ERR_INVALID,
              "t.yaml:3:1: there is no anchor '&x' before the alias\n    *x\n    ^^\n");
}

static void bad_yaml_says_what_and_where(void **state) {
    static const struct {
        const char *yaml, *error;
    } cases[] = {
        {"a: b: c\n", "t.yaml:1:5: invalid YAML: invalid nested block mapping on the same line\n"
                      "    a: b: c\n        ^\n"},
        {"a:\n\t- x\n", "t.yaml:2:1: invalid YAML: tab character may not be used as indentation\n"
                        "    \t- x\n    ^\n"},
        {"a: [1\nb: 2\n\n", "t.yaml:2:5: invalid YAML: flow sequence without a closing bracket\n"
                            "    b: 2\n        ^\n"},
        {"\"abc", "t.yaml:1:2: invalid YAML: double-quoted scalar without closing quote\n"
                  "    \"abc\n     ^\n"},
        {"a: 1\nb", "t.yaml:2:1: invalid YAML: invalid value after mapping\n    b\n    ^\n"},
        {"a: @x", "t.yaml:1:4: invalid YAML: plain scalar cannot start with '@'\n"
                  "    a: @x\n       ^\n"},
        {"- ? q:\t : r\n",
         "t.yaml:1:6: invalid YAML: a tab after ':' is not supported below an explicit key ('?')\n"
         "    - ? q:\t : r\n         ^\n"},
        {"?\n\n  a: b\n  q:\t : r\n",
         "t.yaml:4:4: invalid YAML: a tab after ':' is not supported below an explicit key ('?')\n"
         "      q:\t : r\n       ^\n"},
        {"a: 1\nb: \xFF", "t.yaml:2:4: byte 0xff is not valid UTF-8\n"},
        {"a: \x01", "t.yaml:1:4: invalid YAML: a control character (0x01)\n"
                    "    a: \x01\n       ^\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_bad(*state, cases[i].yaml, POND_ERR_SYNTAX, cases[i].error);
    const pond_conf *c;
    assert_int_equal(pond_conf_parse(*state, POND_SV("a: 1\0b: 2"), "t", &c, NULL),
                     POND_ERR_SYNTAX);
}

static void bad_trees_say_what_and_where(void **state) {
    pond_arena *a = *state;
    check_bad(a, "x: 1\ny: 2\n\"x\": 3\n", POND_ERR_INVALID,
              "t.yaml:3:1: duplicate key 'x', first on line 1\n    \"x\": 3\n    ^^^\n");
    check_bad(a, "a: *nope\n", POND_ERR_INVALID,
              "t.yaml:1:4: there is no anchor '&nope' before the alias\n"
              "    a: *nope\n       ^^^^^\n");
    check_bad(a, "a: &x [1, *x]\n", POND_ERR_INVALID,
              "t.yaml:1:11: the alias '*x' is inside the value that it refers to\n"
              "    a: &x [1, *x]\n              ^^\n");
    check_bad(a, "? [k]\n: v\n", POND_ERR_INVALID,
              "t.yaml:1:3: a key must be text, not a list or a mapping\n    ? [k]\n      ^\n");
    check_bad(a, "<<: 5\n", POND_ERR_INVALID,
              "t.yaml:1:5: '<<' merges a mapping or a list of mappings\n    <<: 5\n        ^\n");
    check_bad(a, "a: !!str 5\nb: !foo 7\n", POND_ERR_UNSUPPORTED,
              "t.yaml:2:9: the tag '!foo' is not supported\n    b: !foo 7\n            ^\n");
}

static void depth_has_a_limit(void **state) {
    pond_arena *a = *state;
    char text[4 * POND_CONF_MAX_DEPTH];
    memset(text, '[', sizeof text);
    memset(text + POND_CONF_MAX_DEPTH, ']', sizeof text - POND_CONF_MAX_DEPTH);
    text[2 * POND_CONF_MAX_DEPTH] = '\0';
    check_tree(a, text, text);
    memset(text, '[', POND_CONF_MAX_DEPTH + 1);
    memset(text + POND_CONF_MAX_DEPTH + 1, ']', POND_CONF_MAX_DEPTH + 1);
    text[2 * POND_CONF_MAX_DEPTH + 2] = '\0';
    const pond_conf *c;
    pond_err err = {0};
    assert_int_equal(pond_conf_parse(a, pond_sv_of(text), "t.yaml", &c, &err), POND_ERR_LIMIT);
    assert_string_equal(err.msg, "nested deeper than 64 levels");
    assert_int_equal(err.where.column, POND_CONF_MAX_DEPTH + 1);

    // Aliases of aliases are as deep as what they refer to.
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_str(&b, "- &a0 []\n");
    for (int i = 1; i < 70; i++)
        pond_buf_printf(&b, "- &a%d [*a%d]\n", i, i - 1);
    err = (pond_err){0};
    assert_int_equal(pond_conf_parse(a, pond_buf_view(&b), "t.yaml", &c, &err), POND_ERR_LIMIT);
    assert_string_equal(err.msg, "nested deeper than 64 levels");
    assert_int_equal(err.where.line, 64);
    pond_buf_free(&b);
}

static void a_billion_laughs_end_in_an_error(void **state) {
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_str(&b, "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
    for (int i = 1; i < 10; i++) {
        pond_buf_printf(&b, "a%d: &a%d [", i, i);
        for (int j = 0; j < 10; j++)
            pond_buf_printf(&b, "%s*a%d", j == 0 ? "" : ", ", i - 1);
        pond_buf_str(&b, "]\n");
    }
    const pond_conf *c;
    pond_err err = {0};
    assert_int_equal(pond_conf_parse(*state, pond_buf_view(&b), "t.yaml", &c, &err),
                     POND_ERR_LIMIT);
    assert_string_equal(err.msg, "more than 100000 values, counting what aliases repeat");
    assert_int_equal(err.where.line, 5);
    pond_buf_free(&b);
}

// Reading -----------------------------------------------------------------------------------------

typedef struct sample {
    pond_sv in_pattern;
    const pond_conf *in_pattern_at;
    bool is_on;
    int64_t count;
    double scale;
    pond_texts columns;
    const pond_conf *any, *list, *map;
    int64_t workers;
    uint64_t memory;
    int mode;
    char quote;
} sample;

static const pond_option rows[] = {
    POND_OPTION("in_pattern", POND_OPT_TEXT, sample, in_pattern, .is_required = true,
                .place = offsetof(sample, in_pattern_at)),
    POND_OPTION("on", POND_OPT_BOOL, sample, is_on, .help = "switch"),
    POND_OPTION("count", POND_OPT_INT, sample, count, .help = "how many"),
    POND_OPTION("scale", POND_OPT_FLOAT, sample, scale, .help = "by how much"),
    POND_OPTION("columns", POND_OPT_TEXTS, sample, columns, .help = "which"),
    POND_OPTION("any", POND_OPT_ANY, sample, any, .help = "anything"),
    POND_OPTION("list", POND_OPT_LIST, sample, list, .help = "several"),
    POND_OPTION("map", POND_OPT_MAP, sample, map, .help = "by name"),
    POND_OPTION("workers", POND_OPT_INT, sample, workers, .min = 1, .max = 8, .help = "how many"),
    POND_OPTION("memory", POND_OPT_SIZE, sample, memory, .help = "how much"),
    POND_OPTION("mode", POND_OPT_CHOICE, sample, mode, .value = "slow|fast", .help = "how"),
    POND_OPTION("quote", POND_OPT_CHAR, sample, quote, .help = "around texts"),
};
static const pond_options table = POND_OPTIONS("a sample", rows);

static pond_code read(pond_arena *a, const char *yaml, sample *out, pond_err *err) {
    return pond_options_read_conf(a, parse(a, yaml), &table, out, err);
}

static void options_are_filled(void **state) {
    sample s = {0};
    pond_err err = {0};
    assert_int_equal(read(*state,
                          "in_pattern: /a/*\non: true\ncount: -3\nscale: 2\n"
                          "columns: [a, 1.50, true, '']\nany: ~\nlist: [1]\nmap: {k: v}\n"
                          "workers: 8\nmemory: 512MB\nmode: fast\nquote: '\\t'\n",
                          &s, &err),
                     POND_OK);
    assert_true(pond_sv_is(s.in_pattern, "/a/*"));
    assert_int_equal(s.in_pattern_at->line, 1);
    assert_int_equal(s.in_pattern_at->column, 13);
    assert_true(s.is_on);
    assert_int_equal(s.count, -3);
    assert_true(s.scale == 2.0);
    assert_int_equal(s.columns.n, 4);
    assert_true(pond_sv_is(s.columns.items[0], "a"));
    assert_true(pond_sv_is(s.columns.items[1], "1.50")); // as it is written, not 1.5
    assert_true(pond_sv_is(s.columns.items[2], "true"));
    assert_true(pond_sv_is(s.columns.items[3], ""));
    assert_int_equal(s.columns.places[1]->column, 14);
    assert_int_equal(s.any->value.kind, POND_NULL);
    assert_int_equal(s.list->n, 1);
    assert_true(pond_sv_is(s.map->items[0].key, "k"));
    assert_int_equal(s.workers, 8);
    assert_int_equal(s.memory, 512 << 20);
    assert_int_equal(s.mode, 1);
    assert_int_equal(s.quote, '\t');
}

static void absent_options_keep_their_defaults(void **state) {
    sample s = {.count = 7, .scale = 0.5, .is_on = true};
    assert_int_equal(read(*state, "in_pattern: 007\ncount:\nscale: ~\n", &s, NULL), POND_OK);
    assert_true(pond_sv_is(s.in_pattern, "007"));
    assert_int_equal(s.count, 7);
    assert_true(s.scale == 0.5);
    assert_true(s.is_on);
    assert_null(s.any);
}

static void options_may_all_be_optional(void **state) {
    sample s = {.count = 7};
    pond_options optional = {.what = "a sample", .rows = rows + 1, .n = table.n - 1};
    assert_int_equal(pond_options_read_conf(*state, parse(*state, ""), &optional, &s, NULL),
                     POND_OK);
    assert_int_equal(s.count, 7);
}

static void misfits_say_what_and_where(void **state) {
#define KNOWN                                                                                      \
    "known keys: in_pattern, on, count, scale, columns, any, list, map, workers, "                 \
    "memory, mode, quote\n"
    static const struct {
        const char *yaml, *error;
    } cases[] = {
        {"in_patern: x\n", "t.yaml:1:1: unknown key 'in_patern' in a sample, did you mean "
                           "'in_pattern'?\n    in_patern: x\n    ^^^^^^^^^\n" KNOWN},
        {"in_pattern: x\nfrobnicate: 1\n", "t.yaml:2:1: unknown key 'frobnicate' in a sample\n    "
                                           "frobnicate: 1\n    ^^^^^^^^^^\n" KNOWN},
        {"count: 1\n",
         "t.yaml:1:1: missing key 'in_pattern' in a sample\n    count: 1\n    ^\n" KNOWN},
        {"", "t.yaml:1:1: missing key 'in_pattern' in a sample\n    \n    ^\n" KNOWN},
        {"- x\n", "t.yaml:1:1: a sample must be a mapping, not a list\n    - x\n    ^\n"},
        {"hello\n", "t.yaml:1:1: a sample must be a mapping, not 'hello'\n    hello\n    ^^^^^\n"},
        {"in_pattern: [x]\n", "t.yaml:1:13: 'in_pattern' must be a string, not a list\n"
                              "    in_pattern: [x]\n                ^\n"},
        {"in_pattern:\n", "t.yaml:1:1: 'in_pattern' must be a string, not nothing\n"
                          "    in_pattern:\n    ^\n"},
        {"in_pattern: x\non: yes\n",
         "t.yaml:2:5: 'on' must be true or false, not 'yes'\n    on: yes\n        ^^^\n"},
        {"in_pattern: x\ncount: 1.5\n", "t.yaml:2:8: 'count' must be a whole number, not '1.5'\n"
                                        "    count: 1.5\n           ^^^\n"},
        {"in_pattern: x\ncount: 9223372036854775808\n",
         "t.yaml:2:8: 'count' must be a whole number from -9223372036854775808 to "
         "9223372036854775807, not '9223372036854775808'\n"
         "    count: 9223372036854775808\n           ^^^^^^^^^^^^^^^^^^^\n"},
        {"in_pattern: x\nscale: '2'\n",
         "t.yaml:2:8: 'scale' must be a number, not '2'\n    scale: '2'\n           ^^^\n"},
        {"in_pattern: x\ncolumns: a\n",
         "t.yaml:2:10: 'columns' must be a list of strings, not 'a'\n"
         "    columns: a\n             ^\n"},
        {"in_pattern: x\ncolumns:\n  - a\n  - b: 1\n",
         "t.yaml:4:5: item 2 of 'columns' must be a string, not a mapping\n"
         "      - b: 1\n        ^\n"},
        {"in_pattern: x\nlist: {}\n",
         "t.yaml:2:7: 'list' must be a list, not a mapping\n    list: {}\n          ^\n"},
        {"in_pattern: x\nmap: |\n  two\n  lines\n",
         "t.yaml:3:1: 'map' must be a mapping, not a text\n      two\n    ^\n"},
        {"in_pattern: x\nworkers: 9\n",
         "t.yaml:2:10: 'workers' must be a whole number from 1 to 8, not '9'\n"
         "    workers: 9\n             ^\n"},
        {"in_pattern: x\nmemory: much\n",
         "t.yaml:2:9: 'memory' must be a size such as 512MB or 2GB, not 'much'\n"
         "    memory: much\n            ^^^^\n"},
        {"in_pattern: x\nmode: quick\n",
         "t.yaml:2:7: 'mode' must be one of slow, fast, not 'quick'\n"
         "    mode: quick\n          ^^^^^\n"},
        {"in_pattern: x\nmode: [fast]\n",
         "t.yaml:2:7: 'mode' must be one of slow, fast, not a list\n"
         "    mode: [fast]\n          ^\n"},
        {"in_pattern: x\nquote: ab\n", "t.yaml:2:8: 'quote' must be one character, not 'ab'\n"
                                       "    quote: ab\n           ^^\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample s = {0};
        pond_err err = {0};
        assert_int_equal(read(*state, cases[i].yaml, &s, &err), POND_ERR_INVALID);
        check_error_text(&err, cases[i].error);
        assert_int_equal(read(*state, cases[i].yaml, &s, NULL), POND_ERR_INVALID);
    }
}

static void callers_raise_at_a_node(void **state) {
    const pond_conf *c = parse(*state, "a:\n  k: value\n");
    const pond_conf *k = pond_conf_get(pond_conf_get(c, "a"), "k");
    pond_err err = {0};
    assert_int_equal(pond_conf_fail(k, &err, "no %s like this", "thing"), POND_ERR_INVALID);
    check_error_text(&err, "t.yaml:2:6: no thing like this\n      k: value\n         ^^^^^\n");
    assert_int_equal(pond_conf_fail_key(k, &err, "not here"), POND_ERR_INVALID);
    check_error_text(&err, "t.yaml:2:3: not here\n      k: value\n      ^\n");
    assert_int_equal(pond_conf_fail_key(c, &err, "no key"), POND_ERR_INVALID);
    check_error_text(&err, "t.yaml:1:1: no key\n    a:\n    ^\n");
}

// Writing -----------------------------------------------------------------------------------------

static pond_value json(pond_arena *a, const char *text) {
    pond_value v;
    assert_int_equal(pond_json_parse(a, pond_sv_of(text), "test", &v, NULL), POND_OK);
    return v;
}

static void assert_same_when_read(pond_arena *a, pond_value v) {
    pond_buf yaml = POND_BUF_EMPTY;
    pond_yaml_write(&yaml, v);
    if (!pond_value_equal(pond_conf_value(a, parse(a, yaml.p)), v))
        fail_msg("read back as another value:\n%s", yaml.p);
    pond_buf_free(&yaml);
}

static void values_are_written_for_people(void **state) {
    pond_arena *a = *state;
    pond_buf b = POND_BUF_EMPTY;
    pond_yaml_write(
        &b, json(a, "{\"a\": [1, \"x\", {\"k\": \"$0\", \"l\": [true, []]}, [[2]]],"
                    " \"b\": \"one\\n\\n  two\", \"c d\": {\"e\": null, \"f\": {}}, \"t\": \"yes\","
                    " \"u\": \" x\\n\"}"));
    assert_string_equal(b.p, "a:\n  - 1\n  - x\n  - k: \"$0\"\n    l:\n      - true\n      - []\n"
                             "  - - - 2\nb: |-\n  one\n\n    two\n\"c d\":\n  e: null\n  f: {}\n"
                             "t: \"yes\"\nu: |2\n   x\n");
    pond_buf_free(&b);
}

static void what_is_written_is_read_again(void **state) {
    pond_arena *a = *state;
    static const char *const texts[] = {
        "",
        " ",
        "x",
        "-",
        "- a",
        "a: b",
        "a # b",
        "#",
        "null",
        "NO",
        "1",
        "1e3",
        ".5",
        "0x10",
        "~",
        "\"",
        "'",
        "{}",
        "[a]",
        "&a",
        "*a",
        "!t",
        "%d",
        "@",
        "`",
        "a\n",
        "a\n\n",
        "a\n\n\n",
        "\na",
        "\n",
        "\n\n",
        " a\nb",
        "\ta\nb",
        "a\n b\n",
        "a\n\n b",
        "a \nb \n",
        "a\n \nb",
        "---\na\n",
        "a\n...\n",
        "# a\nb",
        "a\r\nb",
        "\x01",
        "k: |\n x\n",
        "x\n  \n",
        "<b>\n{% if x %}\n{{ y }}\n",
        "/a/b.series",
        "\xc3\xa9\n\xe4\xb8\xad",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        pond_value v = pond_string(pond_sv_of(texts[i]));
        pond_entry inner = {pond_sv_of(texts[i]), v};
        pond_value items[] = {v, pond_object(&inner, 1), v};
        pond_entry outer[] = {
            {POND_SV("a"), v}, {POND_SV("b"), pond_array(items, 3)}, {POND_SV("c"), v}};
        assert_same_when_read(a, pond_object(outer, 3));
    }
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(plain_scalars_have_types),
        TEST(not_numbers_of_the_usual_kind),
        TEST(quoted_and_block_scalars_are_strings),
        TEST(json_is_yaml),
        TEST(aliases_and_merges_are_resolved),
        TEST(empty_documents_are_null),
        TEST(nodes_know_their_place),
        TEST(several_documents),
        TEST(bad_yaml_says_what_and_where),
        TEST(bad_trees_say_what_and_where),
        TEST(depth_has_a_limit),
        TEST(a_billion_laughs_end_in_an_error),
        TEST(options_are_filled),
        TEST(absent_options_keep_their_defaults),
        TEST(options_may_all_be_optional),
        TEST(misfits_say_what_and_where),
        TEST(callers_raise_at_a_node),
        TEST(values_are_written_for_people),
        TEST(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests_name("value/conf", tests, NULL, NULL);
}
