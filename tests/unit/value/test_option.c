// Tables of options: values, pairs, help.
#include "value/option.h"

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

typedef struct settings {
    bool is_on;
    pond_sv name;
    pond_texts columns;
    int64_t count, workers, rows;
    double scale;
    uint64_t memory;
    int mode;
    char quote;
} settings;

enum { SLOW, FAST };

static const pond_option rows[] = {
    POND_OPTION("on", POND_OPT_BOOL, settings, is_on, .letter = 'o', .help = "switch it on"),
    POND_OPTION("name", POND_OPT_TEXT, settings, name, .is_required = true, .value = "NAME",
                .help = "what it is called"),
    POND_OPTION("column", POND_OPT_TEXTS, settings, columns, .letter = 'c', .value = "COLUMN",
                .help = "a column; repeatable"),
    POND_OPTION("count", POND_OPT_INT, settings, count, .help = "how many"),
    POND_OPTION("workers", POND_OPT_INT, settings, workers, .min = 1, .max = 8,
                .help = "how many at once"),
    POND_OPTION("rows", POND_OPT_INT, settings, rows, .min = 1, .max = INT64_MAX,
                .help = "rows to look at"),
    POND_OPTION("scale", POND_OPT_FLOAT, settings, scale, .help = "a factor"),
    POND_OPTION("memory", POND_OPT_SIZE, settings, memory, .help = "of all workers"),
    POND_OPTION("mode", POND_OPT_CHOICE, settings, mode, .value = "slow|fast", .help = "the pace"),
    POND_OPTION("quote", POND_OPT_CHAR, settings, quote, .help = "around texts"),
};
static const pond_options table = POND_OPTIONS("settings", rows);

static bool set(pond_arena *a, const char *name, const char *text, settings *out) {
    return pond_option_set(a, pond_option_find(&table, pond_sv_of(name)), pond_sv_of(text), out);
}

// Values ------------------------------------------------------------------------------------------

static void texts_become_values(void **state) {
    settings s = {0};
    assert_true(set(*state, "on", "true", &s) && s.is_on);
    assert_true(set(*state, "on", "false", &s) && !s.is_on);
    assert_true(set(*state, "name", "", &s) && s.name.p != NULL && s.name.n == 0);
    assert_true(set(*state, "count", "-12", &s) && s.count == -12);
    assert_true(set(*state, "workers", "1", &s) && s.workers == 1);
    assert_true(set(*state, "workers", "8", &s) && s.workers == 8);
    assert_true(set(*state, "rows", "9223372036854775807", &s) && s.rows == INT64_MAX);
    assert_true(set(*state, "scale", "2.5e1", &s) && s.scale == 25.0);
    assert_true(set(*state, "mode", "slow", &s) && s.mode == SLOW);
    assert_true(set(*state, "mode", "fast", &s) && s.mode == FAST);
    assert_true(set(*state, "quote", "'", &s) && s.quote == '\'');
    assert_true(set(*state, "quote", "\\t", &s) && s.quote == '\t');
}

static void sizes_have_units(void **state) {
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = {{"1", 1},
                 {"7B", 7},
                 {"3KB", 3072},
                 {"2M", 2 << 20},
                 {"512MB", 512 << 20},
                 {"2G", UINT64_C(2) << 30},
                 {"16GB", UINT64_C(16) << 30}};
    settings s = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(set(*state, "memory", cases[i].text, &s));
        assert_int_equal(s.memory, cases[i].bytes);
    }
}

static void durations_are_microseconds(void **state) {
    typedef struct waits {
        int64_t most_us;
    } waits;
    static const pond_option wait_rows[] = {
        POND_OPTION("most", POND_OPT_DURATION, waits, most_us, .help = "how long"),
    };
    static const char *const bad[] = {"", "0s", "-1s", "5", "soon", "1x", "99999999999999w"};
    waits w = {0};
    assert_true(pond_option_set(*state, &wait_rows[0], POND_SV("1m30s"), &w));
    assert_int_equal(w.most_us, 90000000);
    assert_true(pond_option_set(*state, &wait_rows[0], POND_SV("250ms"), &w));
    assert_int_equal(w.most_us, 250000);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(pond_option_set(*state, &wait_rows[0], pond_sv_of(bad[i]), &w));
        assert_int_equal(w.most_us, 250000);
    }
    assert_string_equal(pond_option_expects(*state, &wait_rows[0], POND_SV("soon")),
                        "a duration such as 30s or 5m");
}

static void a_list_grows_with_each_text(void **state) {
    settings s = {0};
    for (int i = 0; i < 100; i++)
        assert_true(set(*state, "column", i % 2 == 0 ? "a" : "b", &s));
    assert_int_equal(s.columns.n, 100);
    assert_true(pond_sv_is(s.columns.items[99], "b"));
    assert_null(s.columns.places);
}

static void a_text_that_does_not_fit_changes_nothing(void **state) {
    static const struct {
        const char *name, *text, *expected;
    } cases[] = {
        {"on", "yes", "true or false"},
        {"count", "few", "a whole number"},
        {"count", "", "a whole number"},
        {"count", "-", "a whole number"},
        {"count", "1.5", "a whole number"},
        {"count", "9223372036854775808",
         "a whole number from -9223372036854775808 to 9223372036854775807"},
        {"workers", "0", "a whole number from 1 to 8"},
        {"workers", "9", "a whole number from 1 to 8"},
        {"workers", "x", "a whole number from 1 to 8"},
        {"rows", "0", "a whole number from 1 on"},
        {"scale", "wide", "a number"},
        {"memory", "0", "a size such as 512MB or 2GB"},
        {"memory", "-1MB", "a size such as 512MB or 2GB"},
        {"memory", "12TB", "a size such as 512MB or 2GB"},
        {"memory", "20000000000GB", "a size such as 512MB or 2GB"},
        {"mode", "quick", "one of slow, fast"},
        {"mode", "slow|fast", "one of slow, fast"},
        {"mode", "", "one of slow, fast"},
        {"quote", "ab", "one character"},
        {"quote", "", "one character"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        settings s = {0}, none = {0};
        assert_false(set(*state, cases[i].name, cases[i].text, &s));
        assert_memory_equal(&s, &none, sizeof s);
        const pond_option *o = pond_option_find(&table, pond_sv_of(cases[i].name));
        assert_string_equal(pond_option_expects(*state, o, pond_sv_of(cases[i].text)),
                            cases[i].expected);
    }
}

static void names_are_found_whole(void **state) {
    (void)state;
    assert_ptr_equal(pond_option_find(&table, POND_SV("on")), &rows[0]);
    assert_null(pond_option_find(&table, POND_SV("o")));
    assert_null(pond_option_find(&table, POND_SV("")));
    const pond_options other = {.rows = rows, .n = 2}, *tables[] = {&other, &table};
    assert_true(pond_sv_is(pond_options_nearest(tables, 2, POND_SV("wrokers")), "workers"));
    assert_int_equal(pond_options_nearest(tables, 1, POND_SV("wrokers")).n, 0);
}

// Pairs -------------------------------------------------------------------------------------------

static pond_code read(pond_arena *a, const pond_pair *items, size_t n, settings *out,
                      pond_err *err) {
    pond_pairs pairs = {.items = items, .n = n, .where = POND_SV("x:///y?...")};
    return pond_options_read_pairs(a, &pairs, &table, out, err);
}

static void pairs_are_read(void **state) {
    const pond_pair pairs[] = {{POND_SV("name"), POND_SV("n")},
                               {POND_SV("column"), POND_SV("a")},
                               {POND_SV("count"), POND_SV("3")},
                               {POND_SV("column"), POND_SV("b")},
                               {POND_SV("on"), POND_SV("true")}};
    settings s = {.scale = 0.5};
    assert_int_equal(read(*state, pairs, 5, &s, NULL), POND_OK);
    assert_true(s.is_on && pond_sv_is(s.name, "n") && s.count == 3 && s.scale == 0.5);
    assert_int_equal(s.columns.n, 2);
    assert_true(pond_sv_is(s.columns.items[1], "b"));
}

static void bad_pairs_say_what_is_wrong(void **state) {
#define KNOWN "known options: on, name, column, count, workers, rows, scale, memory, mode, quote\n"
    const struct {
        pond_pair pairs[2];
        const char *msg, *detail;
    } cases[] = {
        {{{POND_SV("nmae"), POND_SV("x")}, {POND_SV("on"), POND_SV("true")}},
         "unknown option 'nmae' in 'x:///y?...', did you mean 'name'?",
         KNOWN},
        {{{POND_SV("frobnicate"), POND_SV("x")}, {POND_SV("on"), POND_SV("true")}},
         "unknown option 'frobnicate' in 'x:///y?...'",
         KNOWN},
        {{{POND_SV("name"), POND_SV("x")}, {POND_SV("name"), POND_SV("x")}},
         "option 'name' is given twice in 'x:///y?...'",
         ""},
        {{{POND_SV("column"), POND_SV("x")}, {POND_SV("column"), POND_SV("x")}},
         "missing option 'name' in 'x:///y?...'",
         KNOWN},
        {{{POND_SV("name"), POND_SV("x")}, {POND_SV("mode"), POND_SV("quick")}},
         "option 'mode' of 'x:///y?...' must be one of slow, fast, not 'quick'",
         ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        settings s = {0};
        pond_err err = {0};
        assert_int_equal(read(*state, cases[i].pairs, 2, &s, &err), POND_ERR_INVALID);
        assert_string_equal(err.msg, cases[i].msg);
        assert_string_equal(err.detail, cases[i].detail);
        assert_int_equal(read(*state, cases[i].pairs, 2, &s, NULL), POND_ERR_INVALID);
    }
}

// Help --------------------------------------------------------------------------------------------

static void check_help(size_t n, pond_option_style style, const char *expected) {
    pond_buf b = POND_BUF_EMPTY;
    pond_options_help(&(pond_options){.rows = rows, .n = n}, style, &b);
    assert_string_equal(b.p, expected);
    pond_buf_free(&b);
}

static void tables_explain_themselves(void **state) {
    (void)state;
    check_help(4, POND_OPTIONS_AS_WORDS,
               "  -o, --on                           switch it on\n"
               "      --name NAME                    what it is called\n"
               "  -c, --column COLUMN                a column; repeatable\n"
               "      --count N                      how many\n");
    check_help(table.n, POND_OPTIONS_AS_KEYS,
               "  on true|false                      switch it on\n"
               "  name NAME                          (required) what it is called\n"
               "  column COLUMN                      a column; repeatable\n"
               "  count N                            how many\n"
               "  workers N                          how many at once\n"
               "  rows N                             rows to look at\n"
               "  scale NUMBER                       a factor\n"
               "  memory SIZE                        of all workers\n"
               "  mode slow|fast                     the pace\n"
               "  quote CHARACTER                    around texts\n");
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(texts_become_values),         TEST(sizes_have_units),
        TEST(durations_are_microseconds),  TEST(a_text_that_does_not_fit_changes_nothing),
        TEST(a_list_grows_with_each_text), TEST(a_text_that_does_not_fit_changes_nothing),
        TEST(names_are_found_whole),       TEST(pairs_are_read),
        TEST(bad_pairs_say_what_is_wrong), TEST(tables_explain_themselves),
    };
    return cmocka_run_group_tests_name("value/option", tests, NULL, NULL);
}
