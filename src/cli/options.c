// Parses a command line: words become a command, its options and its arguments. A command's options
// may come before and after its arguments; "--" ends them. Global options may come anywhere.
#include "cli/cli.h"

#include <inttypes.h>

typedef struct global_options {
    pond_sv pond, directory;
    pond_texts mounts, vars, env;
    bool quiet, verbose, no_pager, help, version;
} global_options;

static const pond_option global_rows[] = {
    POND_OPTION("pond", POND_OPT_TEXT, global_options, pond, .value = "DIR",
                .help = "the pond's directory (default: the environment variable POND, else the "
                        "pond that the working directory is in)"),
    POND_OPTION("directory", POND_OPT_TEXT, global_options, directory, .letter = 'd',
                .value = "DIR",
                .help = "the root of paths in host URLs: host+csv:///x.csv is DIR/x.csv"),
    POND_OPTION("hostmount", POND_OPT_TEXTS, global_options, mounts, .value = "MOUNT=SPEC",
                .help = "show something at MOUNT in the tree of host URLs: host+FACTORY:///CONFIG, "
                        "or a directory; repeatable"),
    POND_OPTION("var", POND_OPT_TEXTS, global_options, vars, .letter = 'v', .value = "KEY=VALUE",
                .help = "a variable for templates; repeatable"),
    POND_OPTION("env", POND_OPT_TEXTS, global_options, env, .value = "NAME",
                .help = "an environment variable that templates of the pond may read; repeatable"),
    POND_OPTION("quiet", POND_OPT_BOOL, global_options, quiet, .letter = 'q',
                .help = "print results, warnings and errors, but no reports and no progress"),
    POND_OPTION("verbose", POND_OPT_BOOL, global_options, verbose,
                .help = "say on standard error what is done, and when"),
    POND_OPTION("no-pager", POND_OPT_BOOL, global_options, no_pager,
                .help = "print long results on a terminal without a pager"),
    POND_OPTION("help", POND_OPT_BOOL, global_options, help, .letter = 'h',
                .help = "print the help of a command"),
    POND_OPTION("version", POND_OPT_BOOL, global_options, version,
                .help = "print the versions of pond, DuckDB and SQLite"),
};
const pond_options cli_global_options = POND_OPTIONS("the global options", global_rows);

typedef struct parser {
    cli *cli;
    char **words;
    int n, at;
    global_options globals;
    bool *is_given; // for each row of the command's options
    pond_texts positional;
} parser;

typedef struct found_option {
    const pond_option *row; // NULL: unknown
    void *out;              // the struct that the row fills
} found_option;

// Finding -----------------------------------------------------------------------------------------

static const pond_option *find_in(const pond_options *t, pond_sv name, char letter) {
    if (letter == 0)
        return pond_option_find(t, name);
    for (size_t i = 0; i < t->n; i++)
        if (t->rows[i].letter == letter)
            return &t->rows[i];
    return NULL;
}

const pond_option *cli_find_option(const cli_command *c, pond_sv name, char letter) {
    const pond_option *row = c == NULL ? NULL : find_in(&c->options, name, letter);
    return row != NULL ? row : find_in(&cli_global_options, name, letter);
}

static found_option find_option(parser *p, pond_sv name, char letter) {
    const pond_option *row = cli_find_option(p->cli->command, name, letter);
    bool is_global = row >= global_rows && row < global_rows + cli_global_options.n;
    return (found_option){row, is_global ? (void *)&p->globals : p->cli->options};
}

static pond_code unknown_option(const parser *p, const char *word, pond_sv name, pond_err *err) {
    const cli_command *c = p->cli->command;
    const pond_options *tables[] = {&cli_global_options, c == NULL ? NULL : &c->options};
    // Letters that are together are no word to be near to.
    bool is_word = strncmp(word, "--", 2) == 0;
    pond_sv near = is_word ? pond_options_nearest(tables, c == NULL ? 1 : 2, name) : POND_SV("");
    pond_fail(err, POND_ERR_USAGE,
              near.n > 0 ? "unknown option '%s', did you mean '--%.*s'?" : "unknown option '%s'",
              word, POND_SV_ARG(near));
    pond_err_detail(err, "  `pond help%s%s` lists the options", c == NULL ? "" : " ",
                    c == NULL ? "" : c->name);
    return POND_ERR_USAGE;
}

// Values ------------------------------------------------------------------------------------------

// An empty text most likely comes from a shell variable that is not set.
static pond_code check_not_empty(const pond_option *o, pond_sv text, pond_err *err) {
    bool is_text = o->kind == POND_OPT_TEXT || o->kind == POND_OPT_TEXTS;
    if (!is_text || o->is_required || text.n > 0)
        return POND_OK;
    return pond_fail(err, POND_ERR_USAGE, "--%s is empty: it takes %s", o->name, o->value);
}

static pond_code set_value(parser *p, found_option o, pond_sv value, pond_err *err) {
    const cli_command *c = p->cli->command;
    pond_arena *a = p->cli->arena;
    if (o.out == p->cli->options && c != NULL)
        p->is_given[o.row - c->options.rows] = value.n > 0; // empty counts as missing
    POND_TRY(check_not_empty(o.row, value, err));
    if (pond_option_set(a, o.row, value, o.out))
        return POND_OK;
    pond_fail(err, POND_ERR_USAGE, "--%s takes %s, not '%.*s'", o.row->name,
              pond_option_expects(a, o.row, value), POND_SV_ARG(value));
    pond_option_advise(o.row, value, err);
    return POND_ERR_USAGE;
}

// Sets an option. `inline_value` is the text after '=' or directly after the letter; if it is NULL
// and the option takes a value, the value is the next word, whatever that looks like.
static pond_code take_option(parser *p, found_option o, const char *word, const char *inline_value,
                             pond_err *err) {
    if (o.row->kind == POND_OPT_BOOL) {
        if (inline_value != NULL)
            return pond_fail(err, POND_ERR_USAGE, "'%s': --%s takes no value", word, o.row->name);
        return set_value(p, o, POND_SV("true"), err);
    }
    if (inline_value == NULL) {
        if (p->at + 1 >= p->n)
            return pond_fail(err, POND_ERR_USAGE, "'%s' needs a value: %s", word, o.row->value);
        inline_value = p->words[++p->at];
    }
    return set_value(p, o, pond_sv_of(inline_value), err);
}

static pond_code take_long(parser *p, const char *word, pond_err *err) {
    pond_sv name = pond_sv_of(word + 2);
    ptrdiff_t equals = pond_sv_find_char(name, '=');
    const char *value = equals < 0 ? NULL : name.p + equals + 1;
    if (equals >= 0)
        name.n = (size_t)equals;
    found_option o = find_option(p, name, 0);
    return o.row == NULL ? unknown_option(p, word, name, err) : take_option(p, o, word, value, err);
}

static pond_code take_letters(parser *p, const char *word, pond_err *err) {
    for (const char *l = word + 1; *l != '\0'; l++) {
        found_option o = find_option(p, POND_SV(""), *l);
        if (o.row == NULL)
            return unknown_option(p, word, pond_sv_of(word + 1), err);
        if (o.row->kind != POND_OPT_BOOL)
            return take_option(p, o, word, l[1] == '\0' ? NULL : l[1] == '=' ? l + 2 : l + 1, err);
        POND_TRY(take_option(p, o, word, NULL, err));
    }
    return POND_OK;
}

bool cli_is_option(const char *word) {
    return word[0] == '-' && word[1] != '\0' && strcmp(word, "--") != 0;
}

static pond_code take_word(parser *p, const char *word, pond_err *err) {
    return word[1] == '-' ? take_long(p, word, err) : take_letters(p, word, err);
}

// The command -------------------------------------------------------------------------------------

// What somebody means who types this, which may be nothing like the name of the command.
static pond_sv other_name(pond_sv typed) {
    static const struct {
        const char *typed, *meant;
    } names[] = {
#define OTHER_NAME(typed, meant) {typed, meant},
#include "cli/other_names.def"
#undef OTHER_NAME
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (pond_sv_is(typed, names[i].typed))
            return pond_sv_of(names[i].meant);
    return POND_SV("");
}

static pond_code unknown_command(parser *p, pond_sv name, pond_err *err) {
    pond_sv_vec names = {0};
    for (size_t i = 0; i < cli_n_commands(); i++) {
        const cli_command *c = cli_command_at(i);
        *pond_vec_push(p->cli->arena, &names) = pond_sv_of(c->name);
        if (c->alias != NULL)
            *pond_vec_push(p->cli->arena, &names) = pond_sv_of(c->alias);
    }
    pond_sv near = other_name(pond_sv_lower(p->cli->arena, name));
    if (near.n == 0)
        near = pond_nearest(name, names.items, names.n);
    pond_fail(err, POND_ERR_USAGE,
              near.n > 0 ? "unknown command '%.*s', did you mean '%.*s'?"
                         : "unknown command '%.*s'",
              POND_SV_ARG(name), POND_SV_ARG(near));
    pond_err_detail(err, "  `pond help` lists the commands");
    return POND_ERR_USAGE;
}

// Finds the command: the first word that is not an option. Only global options may come before it,
// since a command's own options are known only after the command.
static pond_code find_command(parser *p, pond_err *err) {
    for (p->at = 0; p->at < p->n; p->at++) {
        const char *word = p->words[p->at];
        if (cli_is_option(word)) {
            POND_TRY(take_word(p, word, err));
            continue;
        }
        if (strcmp(word, "--") == 0)
            continue;
        p->cli->command = cli_find_command(pond_sv_of(word));
        if (p->cli->command == NULL)
            return unknown_command(p, pond_sv_of(word), err);
        p->at++;
        return POND_OK;
    }
    return POND_OK;
}

static pond_code take_words(parser *p, pond_err *err) {
    bool only_arguments = false;
    for (; p->at < p->n; p->at++) {
        char *word = p->words[p->at];
        if (!only_arguments && strcmp(word, "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && cli_is_option(word)) {
            POND_TRY(take_word(p, word, err));
        } else {
            *pond_vec_push(p->cli->arena, &p->positional) = pond_sv_of(word);
        }
    }
    return POND_OK;
}

static pond_code check_count(const cli_command *c, size_t n, pond_err *err) {
    if ((int)n >= c->min_args && (c->max_args < 0 || (int)n <= c->max_args))
        return POND_OK;
    pond_fail(err, POND_ERR_USAGE, "'%s' takes %s, not %zu argument%s", c->name,
              c->args[0] == '\0' ? "no arguments" : c->args, n, n == 1 ? "" : "s");
    pond_err_detail(err, "  for example: %s", c->example);
    return POND_ERR_USAGE;
}

static pond_code check_required(const parser *p, pond_err *err) {
    const cli_command *c = p->cli->command;
    for (size_t i = 0; i < c->options.n; i++) {
        const pond_option *o = &c->options.rows[i];
        if (o->is_required && !p->is_given[i])
            return pond_fail(err, POND_ERR_USAGE, "%s needs --%s %s", c->name, o->name, o->value);
    }
    return POND_OK;
}

static pond_code take_env(parser *p, pond_err *err) {
    for (size_t i = 0; i < p->globals.env.n; i++) {
        pond_sv name = p->globals.env.items[i];
        if (name.n == 0 || pond_sv_find_char(name, '=') >= 0)
            return pond_fail(err, POND_ERR_USAGE,
                             "--env takes the name of an environment variable, not '%.*s'; "
                             "-v KEY=VALUE gives templates a value",
                             POND_SV_ARG(name));
        pond_session_allow_env(p->cli->session, name);
    }
    return POND_OK;
}

// Also those that the command does not look at.
static pond_code take_vars(parser *p, pond_err *err) {
    p->cli->vars = p->globals.vars;
    for (size_t i = 0; i < p->cli->vars.n; i++) {
        pond_sv v = p->cli->vars.items[i];
        if (pond_sv_find_char(v, '=') < 0)
            return pond_fail(err, POND_ERR_USAGE, "invalid KEY=value: no `=` found in `%.*s`",
                             POND_SV_ARG(v));
        if (pond_utf8_find_bad(v) >= 0)
            return pond_fail(err, POND_ERR_USAGE, "the variable `%.*s` is not UTF-8",
                             POND_SV_ARG(v));
    }
    return POND_OK;
}

static pond_code take_globals(parser *p, pond_err *err) {
    const global_options *g = &p->globals;
    if (g->pond.n > 0)
        p->cli->pond_dir = g->pond.p;
    if (g->directory.n > 0)
        p->cli->host_dir = g->directory.p;
    p->cli->mounts = g->mounts;
    p->cli->is_quiet = g->quiet;
    p->cli->is_verbose = g->verbose;
    p->cli->has_no_pager = g->no_pager;
    POND_TRY(take_vars(p, err));
    return take_env(p, err);
}

static void allocate_options(parser *p) {
    const cli_command *c = p->cli->command;
    p->cli->options = pond_alloc_zero(p->cli->arena, c->options_size + 1);
    p->is_given = POND_NEW_ARRAY(p->cli->arena, bool, c->options.n);
}

// `pond cat --help` runs `pond help cat`.
static void become_help(parser *p) {
    cli *c = p->cli;
    const cli_command *help = cli_find_command(POND_SV("help"));
    p->positional.n = 0;
    if (c->command != NULL && c->command != help)
        *pond_vec_push(c->arena, &p->positional) = pond_sv_of(c->command->name);
    c->command = help;
    allocate_options(p);
}

// The words of a command line that is being typed are arguments, whatever they look like.
static void take_typed(cli *c, int argc, char **argv) {
    pond_sv *args = POND_NEW_ARRAY(c->arena, pond_sv, (size_t)argc);
    for (int i = 0; i < argc; i++)
        args[i] = pond_sv_of(argv[i]);
    c->command = &cli_complete_words;
    c->args = args;
    c->n_args = (size_t)argc;
}

pond_code cli_parse(cli *c, int argc, char **argv, pond_err *err) {
    if (argc > 0 && strcmp(argv[0], cli_complete_words.name) == 0) {
        take_typed(c, argc - 1, argv + 1);
        return POND_OK;
    }
    parser *p = POND_NEW(c->arena, parser);
    p->cli = c;
    p->words = argv;
    p->n = argc;
    POND_TRY(find_command(p, err));
    if (c->command != NULL) {
        allocate_options(p);
        POND_TRY(take_words(p, err));
    }
    POND_TRY(take_globals(p, err));
    pond_code rc = POND_OK;
    if (p->globals.version)
        c->command = &cli_version;
    else if (c->command == NULL || p->globals.help)
        become_help(p);
    else
        rc = check_count(c->command, p->positional.n, err);
    if (rc == POND_OK)
        rc = check_required(p, err);
    c->args = p->positional.items;
    c->n_args = p->positional.n;
    return rc;
}
