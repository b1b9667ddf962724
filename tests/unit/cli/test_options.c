// Command lines: how words become a command, its options and its arguments, and the errors of those
// that do not.
#include "cli/cat.h"
#include "cli/copy.h"

#include <setjmp.h>
#include <cmocka.h>

enum { MAX_WORDS = 16 };

typedef struct fixture {
    pond_arena arena;
    cli c;
    pond_err err;
} fixture;

static int set_up(void **state) {
    static fixture f;
    pond_arena_init(&f.arena);
    *state = &f;
    return 0;
}

static int tear_down(void **state) {
    pond_arena_deinit(&((fixture *)*state)->arena);
    return 0;
}

// Parses a line of words between single blanks; "''" is an empty word.
static pond_code parse(fixture *f, const char *line) {
    char *words[MAX_WORDS];
    int n = 0;
    pond_sv rest = pond_sv_of(line), word;
    while (line[0] != '\0' && pond_sv_split(&rest, ' ', &word)) {
        assert_true(n < MAX_WORDS);
        words[n++] = pond_cstr(&f->arena, pond_sv_is(word, "''") ? POND_SV("") : word);
    }
    f->c = (cli){.arena = &f->arena, .pond_dir = "default", .host_dir = "/"};
    pond_err_clear(&f->err);
    return cli_parse(&f->c, n, words, &f->err);
}

static void parses(fixture *f, const char *line, const char *command) {
    if (parse(f, line) != POND_OK)
        fail_msg("'%s': %s", line, f->err.msg);
    assert_string_equal(f->c.command->name, command);
}

// `message` is followed by the lines of the detail, if there are any.
static void refuses(fixture *f, const char *line, const char *message) {
    assert_int_equal(parse(f, line), POND_ERR_USAGE);
    char text[sizeof f->err.msg + sizeof f->err.detail + 1];
    const char *detail = f->err.detail;
    snprintf(text, sizeof text, "%s%s%s", f->err.msg, detail[0] == '\0' ? "" : "\n", detail);
    size_t n = strlen(text);
    if (n > 0 && text[n - 1] == '\n')
        text[n - 1] = '\0';
    assert_string_equal(text, message);
}

// The member of the options that an option fills.
static void *member(fixture *f, const char *option) {
    const pond_option *row = pond_option_find(&f->c.command->options, pond_sv_of(option));
    assert_non_null(row);
    return (char *)f->c.options + row->offset;
}

static void assert_text(pond_sv text, const char *expected) {
    if (expected == NULL)
        assert_null(text.p);
    else if (!pond_sv_is(text, expected))
        fail_msg("expected '%s', got '%.*s'", expected, POND_SV_ARG(text));
}

static void assert_args(fixture *f, size_t n, const char *const *expected) {
    assert_int_equal(f->c.n_args, n);
    for (size_t i = 0; i < n; i++)
        assert_text(f->c.args[i], expected[i]);
}

// Forms of options --------------------------------------------------------------------------------

static void test_a_value_is_the_next_word_or_follows_an_equals_sign(void **state) {
    static const struct {
        const char *line, *sql;
    } cases[] = {
        {"cat /x", NULL},
        {"cat --sql q /x", "q"},
        {"cat --sql=q /x", "q"},
        {"cat /x --sql q", "q"},
        {"cat /x --sql=a=b", "a=b"},
        {"cat /x --sql --format", "--format"},
        {"cat /x --sql --", "--"},
        {"cat /x --sql a --query b", "b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parses(*state, cases[i].line, "cat");
        assert_text(((cli_cat_options *)((fixture *)*state)->c.options)->sql, cases[i].sql);
        assert_args(*state, 1, (const char *const[]){"/x"});
    }
}

static void test_letters(void **state) {
    static const struct {
        const char *line, *pattern;
    } cases[] = {
        {"export --dir d -p /a", "/a"},        {"export --dir d -p/a", "/a"},
        {"export --dir d -p=/a", "/a"},        {"export --dir d -p -x", "-x"},
        {"export --dir d --pattern=/a", "/a"}, {"export --dir d -p/a=b", "/a=b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parses(*state, cases[i].line, "export");
        const pond_texts *patterns = member(*state, "pattern");
        assert_int_equal(patterns->n, 1);
        assert_text(patterns->items[0], cases[i].pattern);
    }
    parses(*state, "list -al", "list");
    assert_true(*(bool *)member(*state, "all") && *(bool *)member(*state, "long"));
    parses(*state, "list -ald/x", "list");
    assert_string_equal(((fixture *)*state)->c.host_dir, "/x");
}

static void test_negative_numbers_are_values(void **state) {
    static const char *const lines[] = {"log --txn-seq -5", "log --txn-seq=-5"};
    for (size_t i = 0; i < 2; i++) {
        parses(*state, lines[i], "log");
        assert_int_equal(*(int64_t *)member(*state, "txn-seq"), -5);
    }
    refuses(*state, "log -5", "unknown option '-5'\n  `pond help log` lists the options");
}

static void test_what_is_repeated(void **state) {
    fixture *f = *state;
    parses(f, "-v a=1 export -p /b --dir x -v b=2 -p /a --dir y -p /b", "export");
    const pond_texts *patterns = member(f, "pattern");
    assert_int_equal(patterns->n, 3);
    assert_text(patterns->items[0], "/b");
    assert_text(patterns->items[1], "/a");
    assert_text(patterns->items[2], "/b");
    assert_text(*(pond_sv *)member(f, "dir"), "y");
    assert_int_equal(f->c.vars.n, 2);
    assert_text(f->c.vars.items[0], "a=1");
    assert_text(f->c.vars.items[1], "b=2");
    parses(f, "list -a -a --all", "list");
    assert_true(*(bool *)member(f, "all"));
}

// Arguments ---------------------------------------------------------------------------------------

static void test_two_dashes_end_the_options(void **state) {
    parses(*state, "mkdir -p -- -p --parents -- /x", "mkdir");
    assert_args(*state, 4, (const char *const[]){"-p", "--parents", "--", "/x"});
    assert_true(*(bool *)member(*state, "parents"));
    parses(*state, "-- list --all", "list");
    assert_true(*(bool *)member(*state, "all"));
    parses(*state, "mkdir - ''", "mkdir");
    assert_args(*state, 2, (const char *const[]){"-", ""});
    assert_false(*(bool *)member(*state, "parents"));
    parses(*state, "copy a --strip-prefix /p b c", "copy");
    assert_args(*state, 3, (const char *const[]){"a", "b", "c"});
    assert_text(((cli_copy_options *)((fixture *)*state)->c.options)->strip_prefix, "/p");
}

// Global options ----------------------------------------------------------------------------------

static void test_global_options_come_before_or_after_the_command(void **state) {
    fixture *f = *state;
    static const char *const lines[] = {"--pond p -d /h list", "list --pond=p -d/h",
                                        "--directory /h list --pond p"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        parses(f, lines[i], "list");
        assert_string_equal(f->c.pond_dir, "p");
        assert_string_equal(f->c.host_dir, "/h");
    }
    parses(f, "list", "list");
    assert_string_equal(f->c.pond_dir, "default");
    assert_string_equal(f->c.host_dir, "/");
    refuses(f, "--pond= list", "--pond is empty: it takes DIR");
    refuses(f, "list -d ''", "--directory is empty: it takes DIR");
}

static void test_help_and_version_need_nothing_else(void **state) {
    fixture *f = *state;
    parses(f, "", "help");
    assert_int_equal(f->c.n_args, 0);
    parses(f, "export --help", "help");
    assert_args(f, 1, (const char *const[]){"export"});
    parses(f, "cat a b c -h", "help");
    assert_args(f, 1, (const char *const[]){"cat"});
    parses(f, "-h mknod", "help");
    assert_args(f, 1, (const char *const[]){"mknod"});
    parses(f, "help --help", "help");
    assert_int_equal(f->c.n_args, 0);
    parses(f, "export --version", "version");
    parses(f, "--version --help", "version");
}

// Errors ------------------------------------------------------------------------------------------

static void test_unknown_options(void **state) {
    refuses(*state, "--limit 3 log", "unknown option '--limit'\n  `pond help` lists the options");
    refuses(*state, "list --frobnicate=1",
            "unknown option '--frobnicate=1'\n  `pond help list` lists the options");
    refuses(*state, "list --al",
            "unknown option '--al', did you mean '--all'?\n  `pond help list` lists the options");
    refuses(*state, "list --direktory /x",
            "unknown option '--direktory', did you mean '--directory'?\n"
            "  `pond help list` lists the options");
    refuses(*state, "export --shart=1/2",
            "unknown option '--shart=1/2', did you mean '--shard'?\n"
            "  `pond help export` lists the options");
    refuses(*state, "list -ax", "unknown option '-ax'\n  `pond help list` lists the options");
    refuses(*state, "list -a=1", "unknown option '-a=1'\n  `pond help list` lists the options");
    refuses(*state, "exprot",
            "unknown command 'exprot', did you mean 'export'?\n"
            "  `pond help` lists the commands");
    refuses(*state, "''", "unknown command ''\n  `pond help` lists the commands");
}

static void test_missing_values(void **state) {
    refuses(*state, "cat /x --sql", "'--sql' needs a value: QUERY");
    refuses(*state, "cat /x --sql ''", "--sql is empty: it takes QUERY");
    refuses(*state, "cat /x --sql=", "--sql is empty: it takes QUERY");
    refuses(*state, "export --dir d -p=", "--pattern is empty: it takes PATTERN");
    refuses(*state, "export --dir d -p", "'-p' needs a value: PATTERN");
    refuses(*state, "list -ad", "'-ad' needs a value: DIR");
    refuses(*state, "--pond", "'--pond' needs a value: DIR");
    refuses(*state, "--help=yes", "'--help=yes': --help takes no value");
}

static void test_required_options(void **state) {
    refuses(*state, "export", "export needs --dir DIR");
    refuses(*state, "export --dir=", "export needs --dir DIR");
    refuses(*state, "export --dir x --dir ''", "export needs --dir DIR");
    refuses(*state, "mknod template",
            "'mknod' takes FACTORY PATH, not 1 argument\n"
            "  for example: pond mknod temporal-reduce /reduced "
            "--config-path reduced.yaml");
}

static void test_values_that_do_not_fit(void **state) {
    static const char *const not_jobs[] = {"-1",   "1025", "",   "1.5",
                                           "0x10", "1k",   "+1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof not_jobs / sizeof *not_jobs; i++) {
        char line[64], message[128];
        snprintf(line, sizeof line, "export --dir d --jobs=%s", not_jobs[i]);
        snprintf(message, sizeof message, "--jobs takes a whole number from 0 to 1024, not '%s'",
                 not_jobs[i]);
        refuses(*state, line, message);
    }
    parses(*state, "export --dir d --jobs 1024", "export");
    assert_int_equal(*(int64_t *)member(*state, "jobs"), 1024);
    refuses(*state, "log --limit -1", "--limit takes a whole number from 0 on, not '-1'");
    refuses(*state, "log --txn-seq x", "--txn-seq takes a whole number, not 'x'");
    refuses(*state, "export --dir d --memory 0",
            "--memory takes a size such as 512MB or 2GB, not '0'");
    refuses(*state, "cat /x --format tab",
            "--format takes one of table, json, ndjson, csv, tsv, markdown, parquet, raw, auto, "
            "not 'tab'");
}

// Choices -----------------------------------------------------------------------------------------

static void test_choices_are_counted_in_the_order_of_their_words(void **state) {
    static const struct {
        const char *line;
        int format;
    } cases[] = {
        {"cat /x", CLI_FORMAT_UNSAID},      {"cat /x --format=table", CLI_TABLE},
        {"cat /x --format json", CLI_JSON}, {"cat /x --format ndjson", CLI_NDJSON},
        {"cat /x --format csv", CLI_CSV},   {"cat /x --format tsv", CLI_TSV},
        {"cat /x --format raw", CLI_RAW},   {"cat /x --format markdown", CLI_MARKDOWN},
        {"cat /x --format auto", CLI_AUTO}, {"cat /x --format parquet", CLI_PARQUET},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parses(*state, cases[i].line, "cat");
        assert_int_equal(((cli_cat_options *)((fixture *)*state)->c.options)->format,
                         cases[i].format);
    }
}

// The table ---------------------------------------------------------------------------------------

static void test_every_command_explains_itself(void **state) {
    (void)state;
    assert_true(cli_n_commands() > 0);
    for (size_t i = 0; i < cli_n_commands(); i++) {
        const cli_command *c = cli_command_at(i);
        assert_ptr_equal(cli_find_command(pond_sv_of(c->name)), c);
        assert_true(c->summary != NULL && c->summary[0] != '\0');
        assert_non_null(strstr(c->example, c->name));
        assert_non_null(c->run);
        for (size_t k = 0; k < c->options.n; k++) {
            assert_non_null(c->options.rows[k].help);
            assert_ptr_equal(pond_option_find(&c->options, pond_sv_of(c->options.rows[k].name)),
                             &c->options.rows[k]);
            // `cat --version N` is a version of a file; that of the program is `pond --version`.
            bool hides =
                strcmp(c->name, "cat") == 0 && strcmp(c->options.rows[k].name, "version") == 0;
            assert_int_equal(
                pond_option_find(&cli_global_options, pond_sv_of(c->options.rows[k].name)) != NULL,
                hides);
        }
    }
    assert_null(cli_find_command(POND_SV("version")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        T(test_a_value_is_the_next_word_or_follows_an_equals_sign),
        T(test_letters),
        T(test_negative_numbers_are_values),
        T(test_what_is_repeated),
        T(test_two_dashes_end_the_options),
        T(test_global_options_come_before_or_after_the_command),
        T(test_help_and_version_need_nothing_else),
        T(test_unknown_options),
        T(test_missing_values),
        T(test_required_options),
        T(test_values_that_do_not_fit),
        T(test_choices_are_counted_in_the_order_of_their_words),
        cmocka_unit_test(test_every_command_explains_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
