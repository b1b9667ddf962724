// options: from words to a command with its options, and from the rows to help.
#include "cli/cli.h"

#include <inttypes.h>

static const cli_option globals[] = {
    {0, "pond", CLI_TEXT, 0, "PATH", "the pond's directory (else the environment variable POND)"},
    {'d', "directory", CLI_TEXT, 0, "DIR",
     "root of host paths: host+csv:///x.csv then means DIR/x.csv"},
    {'v', "var", CLI_TEXTS, 0, "KEY=VALUE", "a variable for templates; repeatable"},
    {'h', "help", CLI_FLAG, 0, NULL, "help for a command"},
    {0, "version", CLI_FLAG, 0, NULL, "the versions of pond, DuckDB and SQLite"},
};
enum { G_POND, G_DIRECTORY, G_VAR, G_HELP, G_VERSION, N_GLOBALS };
_Static_assert(sizeof globals / sizeof *globals == N_GLOBALS, "a row for each global option");

typedef struct parser {
    cli *cli;
    char **words;
    int n, at;
    pond_sv global_text[N_GLOBALS];
    bool global_flag[N_GLOBALS];
    pond_sv positional[4096];
    size_t n_positional;
} parser;

// Finding
// -------------------------------------------------------------------------------------------

static const cli_option *find_in(const cli_option *rows, size_t n, pond_sv name, char letter) {
    for (size_t i = 0; i < n; i++)
        if (letter != 0 ? rows[i].letter == letter : pond_sv_is(name, rows[i].name))
            return &rows[i];
    return NULL;
}

static const cli_option *find_option(const parser *p, pond_sv name, char letter) {
    const cli_command *c = p->cli->command;
    const cli_option *o = c == NULL ? NULL : find_in(c->options, c->n_options, name, letter);
    return o != NULL ? o : find_in(globals, N_GLOBALS, name, letter);
}

static pond_code unknown_option(const parser *p, const char *word, pond_sv name, pond_err *err) {
    const cli_command *c = p->cli->command;
    pond_sv names[64];
    size_t n = 0;
    for (size_t i = 0; c != NULL && i < c->n_options; i++)
        names[n++] = pond_sv_of(c->options[i].name);
    for (size_t i = 0; i < N_GLOBALS; i++)
        names[n++] = pond_sv_of(globals[i].name);
    pond_sv near = pond_nearest(name, names, n);
    pond_fail(err, POND_ERR_USAGE,
              near.n > 0 ? "unknown option '%s', did you mean '--%.*s'?" : "unknown option '%s'",
              word, POND_SV_ARG(near));
    pond_err_detail(err, "  `pond help%s%s` lists the options", c == NULL ? "" : " ",
                    c == NULL ? "" : c->name);
    return POND_ERR_USAGE;
}

// Values
// --------------------------------------------------------------------------------------------

static pond_code set_choice(const cli_option *o, pond_sv value, int *out, pond_err *err) {
    pond_sv rest = pond_sv_of(o->value), choice;
    for (int i = 0; pond_sv_split(&rest, '|', &choice); i++)
        if (pond_sv_eq(choice, value)) {
            *out = i;
            return POND_OK;
        }
    return pond_fail(err, POND_ERR_USAGE, "--%s takes one of %s, not '%.*s'", o->name, o->value,
                     POND_SV_ARG(value));
}

static pond_code set_value(parser *p, const cli_option *o, pond_sv value, pond_err *err) {
    if (o >= globals && o < globals + N_GLOBALS) {
        if (o == &globals[G_VAR])
            *pond_vec_push(p->cli->arena, &p->cli->vars) = value;
        p->global_text[o - globals] = value;
        p->global_flag[o - globals] = true;
        return POND_OK;
    }
    void *at = (char *)p->cli->options + o->offset;
    switch (o->kind) {
    case CLI_FLAG:
        *(bool *)at = true;
        return POND_OK;
    case CLI_TEXT:
        *(pond_sv *)at = value;
        return POND_OK;
    case CLI_TEXTS:
        *pond_vec_push(p->cli->arena, (cli_texts *)at) = value;
        return POND_OK;
    case CLI_INT:
        if (!pond_sv_to_int(value, at))
            return pond_fail(err, POND_ERR_USAGE, "--%s takes a whole number, not '%.*s'", o->name,
                             POND_SV_ARG(value));
        return POND_OK;
    case CLI_CHOICE:
        return set_choice(o, value, at, err);
    }
    return POND_OK;
}

// `inline_value` is what stood behind '=' or glued to a letter; NULL: the next word, if one is
// needed.
static pond_code take_option(parser *p, const cli_option *o, const char *word,
                             const char *inline_value, pond_err *err) {
    if (o->kind == CLI_FLAG) {
        if (inline_value != NULL)
            return pond_fail(err, POND_ERR_USAGE, "'%s': --%s takes no value", word, o->name);
        return set_value(p, o, (pond_sv){"", 0}, err);
    }
    if (inline_value == NULL) {
        if (p->at + 1 >= p->n)
            return pond_fail(err, POND_ERR_USAGE, "'%s' needs a value: %s", word, o->value);
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
    const cli_option *o = find_option(p, name, 0);
    return o == NULL ? unknown_option(p, word, name, err) : take_option(p, o, word, value, err);
}

static pond_code take_letters(parser *p, const char *word, pond_err *err) {
    for (const char *l = word + 1; *l != '\0'; l++) {
        const cli_option *o = find_option(p, (pond_sv){"", 0}, *l);
        if (o == NULL)
            return unknown_option(p, word, pond_sv_of(word + 1), err);
        if (o->kind != CLI_FLAG)
            return take_option(p, o, word, l[1] == '\0' ? NULL : l[1] == '=' ? l + 2 : l + 1, err);
        POND_TRY(take_option(p, o, word, NULL, err));
    }
    return POND_OK;
}

static pond_code unknown_command(pond_sv name, pond_err *err) {
    pond_sv names[64];
    size_t n = 0;
    for (size_t i = 0; i < cli_n_commands(); i++)
        names[n++] = pond_sv_of(cli_command_at(i)->name);
    pond_sv near = pond_nearest(name, names, n);
    pond_fail(err, POND_ERR_USAGE,
              near.n > 0 ? "unknown command '%.*s', did you mean '%.*s'?"
                         : "unknown command '%.*s'",
              POND_SV_ARG(name), POND_SV_ARG(near));
    pond_err_detail(err, "  `pond help` lists the commands");
    return POND_ERR_USAGE;
}

// The command
// ---------------------------------------------------------------------------------------

// The first word that is neither an option nor a global option's value; a command's own options can
// only be read once the command is known.
static pond_code find_command(parser *p, pond_err *err) {
    for (p->at = 0; p->at < p->n; p->at++) {
        const char *word = p->words[p->at];
        if (word[0] == '-' && word[1] != '\0') {
            if (strcmp(word, "--") == 0)
                break;
            POND_TRY(word[1] == '-' ? take_long(p, word, err) : take_letters(p, word, err));
            continue;
        }
        p->cli->command = cli_find_command(pond_sv_of(word));
        if (p->cli->command == NULL)
            return unknown_command(pond_sv_of(word), err);
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
        } else if (!only_arguments && word[0] == '-' && word[1] != '\0') {
            POND_TRY(word[1] == '-' ? take_long(p, word, err) : take_letters(p, word, err));
        } else {
            if (p->n_positional == sizeof p->positional / sizeof *p->positional)
                return pond_fail(err, POND_ERR_USAGE, "more than %zu arguments", p->n_positional);
            p->positional[p->n_positional++] = pond_sv_of(word);
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

static const cli_command version_command;

pond_code cli_parse(cli *c, int argc, char **argv, pond_err *err) {
    parser *p = POND_NEW(c->arena, parser);
    p->cli = c;
    p->words = argv;
    p->n = argc;
    POND_TRY(find_command(p, err));
    if (c->command != NULL) {
        c->options = pond_alloc_zero(c->arena, c->command->options_size + 1);
        POND_TRY(take_words(p, err));
    }
    for (int g = G_POND; g <= G_DIRECTORY; g++)
        if (p->global_flag[g] &&
            p->global_text[g].n == 0) // a variable that is not set, most likely
            return pond_fail(err, POND_ERR_USAGE, "--%s is empty: it takes %s", globals[g].name,
                             globals[g].value);
    if (p->global_text[G_POND].n > 0)
        c->pond_dir = p->global_text[G_POND].p;
    if (p->global_text[G_DIRECTORY].n > 0)
        c->host_dir = p->global_text[G_DIRECTORY].p;
    c->args = p->positional;
    c->n_args = p->n_positional;
    if (p->global_flag[G_VERSION]) {
        c->command = &version_command;
        return POND_OK;
    }
    if (c->command == NULL || p->global_flag[G_HELP]) {
        // `pond cat --help` is `pond help cat`.
        pond_sv *name = POND_NEW(c->arena, pond_sv);
        c->n_args = 0;
        if (c->command != NULL && c->command != &cli_help_cmd) {
            *name = pond_sv_of(c->command->name);
            c->n_args = 1;
        }
        c->args = name;
        c->command = &cli_help_cmd;
        c->options = pond_alloc_zero(c->arena, c->command->options_size + 1);
        return POND_OK;
    }
    return check_count(c->command, c->n_args, err);
}

static pond_code print_version(cli *c, pond_err *err) {
    (void)c;
    pond_err missing = {0};
    bool is_there = pond_engine_load(&missing) == POND_OK;
    printf("pond %s (DuckDB %s%s, SQLite %s)\n", POND_VERSION, pond_engine_version() + 1,
           is_there ? "" : " could not be loaded", pond_store_sqlite_version());
    if (!is_there)
        pond_err_print(&missing, "pond", stderr);
    return cli_flush(err);
}

static const cli_command version_command = {.name = "version", .args = "", .run = print_version};

// Help
// ----------------------------------------------------------------------------------------------

static void print_options(const cli_option *rows, size_t n, FILE *out) {
    for (size_t i = 0; i < n; i++) {
        char left[64];
        snprintf(left, sizeof left, "%c%c%s --%s%s%s", rows[i].letter ? '-' : ' ',
                 rows[i].letter ? rows[i].letter : ' ', rows[i].letter ? "," : " ", rows[i].name,
                 rows[i].kind == CLI_FLAG ? "" : " ",
                 rows[i].kind == CLI_FLAG ? "" : rows[i].value);
        fprintf(out, "  %-34s %s\n", left, rows[i].help);
    }
}

void cli_help(FILE *out) {
    fprintf(out, "pond: a file system for time series, kept, joined, downsampled and published "
                 "without a server\n\n"
                 "Usage: pond [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n");
    for (size_t i = 0; i < cli_n_commands(); i++)
        fprintf(out, "  %-16s %s\n", cli_command_at(i)->name, cli_command_at(i)->summary);
    fprintf(out, "\nGlobal options:\n");
    print_options(globals, N_GLOBALS, out);
    fprintf(out, "\n`pond help COMMAND` tells more. A first pond:\n\n"
                 "  export POND=./my-pond\n"
                 "  pond init --birthplace home\n"
                 "  pond copy 'host+csv+series:///data/flow.csv' /flow.series\n"
                 "  pond cat /flow.series --sql 'SELECT count(*) FROM source'\n");
}

void cli_help_command(const cli_command *c, FILE *out) {
    fprintf(out, "%s\n\nUsage: pond %s%s%s%s\n", c->summary, c->name,
            c->n_options > 0 ? " [OPTIONS]" : "", c->args[0] == '\0' ? "" : " ", c->args);
    if (c->details != NULL)
        fprintf(out, "\n%s\n", c->details);
    if (c->n_options > 0) {
        fprintf(out, "\nOptions:\n");
        print_options(c->options, c->n_options, out);
    }
    fprintf(out, "\nExample:\n  %s\n", c->example);
}

void cli_help_markdown(FILE *out) {
    fprintf(out,
            "# Commands\n\nPrinted by `pond help --markdown`.\n\n## Global options\n\n```text\n");
    print_options(globals, N_GLOBALS, out);
    fprintf(out, "```\n");
    for (size_t i = 0; i < cli_n_commands(); i++) {
        fprintf(out, "\n## pond %s\n\n```text\n", cli_command_at(i)->name);
        cli_help_command(cli_command_at(i), out);
        fprintf(out, "```\n");
    }
}
