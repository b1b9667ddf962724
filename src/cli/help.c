// Prints the help of commands, factories and formats from their tables.
#include "cli/help.h"

#include "cli/manual.h"
#include "cli/markdown.h"

const char cli_help_where[] =
    "A command works on the pond that --pond or the variable `POND` names, or on the one that the "
    "working directory is in: the nearest directory upwards that is a pond, or whose file "
    "`.pond-root` has the path of one below it. It must belong to you or to root.";

const char cli_help_example[] = "export POND=./my-pond\n"
                                "pond init --birthplace home\n"
                                "pond copy 'host+csv+series:///data/flow.csv' /flow.series\n"
                                "pond cat /flow.series --sql 'SELECT count(*) FROM source'";

static const cli_variable variables[] = {
    {"POND", "the pond's directory, unless --pond is given"},
    {"POND_FORMAT", "what --format is when it is not given, of all commands that take the word"},
    {"POND_PAGER, PAGER",
     "the program that shows long results on a terminal (default: less -FRSX)"},
    {"VISUAL, EDITOR", "the program of `pond edit` (default: vi)"},
    {"NO_COLOR", "no colours on a terminal, whatever its value"},
    {"COLUMNS, LINES", "the size of the terminal (default: what it says)"},
    {"TMPDIR", "the directory of temporary files outside the pond (default: /tmp)"},
    {"TZ", "the time zone of local times in templates (default: that of the host)"},
    {"POND_LOCK_TIMEOUT_MS", "milliseconds to wait while another command writes (default: 10000)"},
    {"POND_LIBDUCKDB", "the query engine's library (default: the one installed with pond)"},
};

enum { N_VARIABLES = sizeof variables / sizeof *variables };

size_t cli_n_variables(void) {
    return N_VARIABLES;
}

const cli_variable *cli_variable_at(size_t i) {
    return &variables[i];
}

static void print_variables(FILE *out) {
    for (size_t i = 0; i < N_VARIABLES; i++)
        fprintf(out, "  %-34s %s\n", variables[i].name, variables[i].help);
}

static void print_options(const pond_options *t, pond_option_style style, FILE *out) {
    pond_buf text = POND_BUF_EMPTY;
    pond_options_help(t, style, &text);
    fwrite(text.p, 1, text.n, out);
    pond_buf_free(&text);
}

void cli_help_overview(FILE *out) {
    fprintf(out,
            "pond: a file system for time series: stores, joins, downsamples and publishes them, "
            "without a server\n\n"
            "Usage: pond [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n");
    for (size_t i = 0; i < cli_n_commands(); i++) {
        const cli_command *c = cli_command_at(i);
        fprintf(out, "  %-16s %s", c->name, c->summary);
        fprintf(out, c->alias == NULL ? "\n" : " (also: %s)\n", c->alias);
    }
    fprintf(out, "\nGlobal options:\n");
    print_options(&cli_global_options, POND_OPTIONS_AS_WORDS, out);
    fprintf(out, "\nEnvironment variables:\n");
    print_variables(out);
    fprintf(out, "\n`pond help NAME` explains a command, a factory or a format. A first pond:\n\n");
    pond_sv rest = pond_sv_of(cli_help_example), line;
    while (pond_sv_split(&rest, '\n', &line))
        fprintf(out, "  %.*s\n", POND_SV_ARG(line));
}

void cli_help_required(const cli_command *c, pond_buf *out) {
    for (size_t i = 0; i < c->options.n; i++)
        if (c->options.rows[i].is_required)
            pond_buf_printf(out, " --%s %s", c->options.rows[i].name, c->options.rows[i].value);
}

void cli_help_command(const cli_command *c, FILE *out) {
    pond_buf required = POND_BUF_EMPTY;
    cli_help_required(c, &required);
    fprintf(out, "%s\n\nUsage: pond %s%s%s%s%s\n", c->summary, c->name,
            c->options.n > 0 ? " [OPTIONS]" : "", required.n > 0 ? required.p : "",
            c->args[0] == '\0' ? "" : " ", c->args);
    pond_buf_free(&required);
    if (c->alias != NULL)
        fprintf(out, "       pond %s is the same\n", c->alias);
    if (c->details != NULL)
        fprintf(out, "\n%s\n", c->details);
    if (c->options.n > 0) {
        fprintf(out, "\nOptions:\n");
        print_options(&c->options, POND_OPTIONS_AS_WORDS, out);
    }
    fprintf(out, "\nExample:\n  %s\n", c->example);
}

// The keys, and the section of the page of factories.
void cli_help_factory(const pond_factory *f, FILE *out) {
    fprintf(out, "%s\n\nUsage: pond mknod %s PATH --config-path FILE\n\nConfig (YAML):\n",
            f->summary, f->name);
    print_options(f->options, POND_OPTIONS_AS_KEYS, out);
    if (f->n_actions > 0)
        fprintf(out, "\nActions, as in `pond run PATH%s`:\n", f->wants_action ? " ACTION" : "");
    for (size_t i = 0; i < f->n_actions; i++)
        fprintf(out, "  %s%s%s    %s%s\n", f->actions[i].name,
                f->actions[i].args[0] == '\0' ? "" : " ", f->actions[i].args, f->actions[i].summary,
                i == 0 && !f->wants_action ? " (also without ACTION)" : "");
    pond_arena a;
    cli_section section;
    pond_arena_init(&a);
    if (cli_manual_find(&a, pond_sv_of(f->name), &section)) {
        pond_buf text = POND_BUF_EMPTY;
        cli_markdown_text(section.body, &text);
        fwrite(text.p, 1, text.n, out);
        pond_buf_free(&text);
    }
    pond_arena_deinit(&a);
}

void cli_help_format(const pond_format *f, FILE *out) {
    fprintf(out, "%s\n\nUsage: %s:///PATH in the pond, host+%s:///FILE on the host\n", f->summary,
            f->name, f->name);
    if (f->options == NULL)
        return;
    fprintf(out, "\nOptions, written as %s:///PATH?OPTION=VALUE&OPTION=VALUE:\n", f->name);
    print_options(f->options, POND_OPTIONS_AS_KEYS, out);
}

// Links to their sections.
static void print_factories(FILE *out) {
    pond_arena a;
    pond_arena_init(&a);
    fprintf(out, "\n## Factories\n\n`pond help FACTORY` prints a section of "
                 "[factories.md](factories.md).\n\n");
    for (size_t i = 0; i < pond_factory_count(); i++) {
        const pond_factory *f = pond_factory_at(i);
        cli_section section;
        pond_buf anchor = POND_BUF_EMPTY;
        if (cli_manual_find(&a, pond_sv_of(f->name), &section))
            cli_manual_anchor(section.heading, &anchor);
        fprintf(out, "- [`%s`](factories.md#%.*s): %s\n", f->name,
                POND_SV_ARG(pond_buf_view(&anchor)), f->summary);
        pond_buf_free(&anchor);
    }
    pond_arena_deinit(&a);
}

void cli_help_reference(FILE *out) {
    fprintf(out,
            "# Commands\n\nPrinted by `pond help --markdown`.\n\n## Global options\n\n```text\n");
    print_options(&cli_global_options, POND_OPTIONS_AS_WORDS, out);
    fprintf(out, "```\n\n## Environment variables\n\n```text\n");
    print_variables(out);
    fprintf(out, "```\n");
    for (size_t i = 0; i < cli_n_commands(); i++) {
        fprintf(out, "\n## pond %s\n\n```text\n", cli_command_at(i)->name);
        cli_help_command(cli_command_at(i), out);
        fprintf(out, "```\n");
    }
    print_factories(out);
    for (size_t i = 0; i < pond_format_count(); i++) {
        fprintf(out, "\n## Format %s\n\n```text\n", pond_format_at(i)->name);
        cli_help_format(pond_format_at(i), out);
        fprintf(out, "```\n");
    }
}
