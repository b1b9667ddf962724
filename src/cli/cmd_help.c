// help: explains commands, factories and formats.
#include "cli/help.h"

#include "cli/output.h"
#include "cli/roff.h"

#include <stdlib.h>

typedef struct help_options {
    bool markdown, man;
} help_options;

static const pond_option rows[] = {
    POND_OPTION("markdown", POND_OPT_BOOL, help_options, markdown,
                .help = "print all help in Markdown, as in docs/commands.md"),
    POND_OPTION("man", POND_OPT_BOOL, help_options, man,
                .help = "print the man page of COMMAND, or of pond"),
};

static const char *command_name(size_t i) {
    return cli_command_at(i)->name;
}

static const char *factory_name(size_t i) {
    return pond_factory_at(i)->name;
}

static const char *format_name(size_t i) {
    return pond_format_at(i)->name;
}

// The three kinds of names that have help.
static const struct {
    const char *kind, *kinds;
    size_t (*count)(void);
    const char *(*name_at)(size_t i);
} topics[] = {
    {"command", "commands", cli_n_commands, command_name},
    {"factory", "factories", pond_factory_count, factory_name},
    {"format", "formats", pond_format_count, format_name},
};
enum { N_TOPICS = sizeof topics / sizeof *topics };

static pond_code unknown_topic(cli *c, pond_sv name, pond_err *err) {
    pond_sv_vec names = {0};
    for (size_t k = 0; k < N_TOPICS; k++)
        for (size_t i = 0; i < topics[k].count(); i++)
            *pond_vec_push(c->arena, &names) = pond_sv_of(topics[k].name_at(i));
    pond_sv near = pond_nearest(pond_sv_lower(c->arena, name), names.items, names.n);
    pond_buf hint = POND_BUF_EMPTY;
    for (size_t k = 0; k < N_TOPICS && near.n > 0; k++)
        for (size_t i = 0; i < topics[k].count(); i++)
            if (pond_sv_is(near, topics[k].name_at(i)))
                pond_buf_printf(&hint, ", did you mean the %s '%.*s'?", topics[k].kind,
                                POND_SV_ARG(near));
    pond_fail(err, POND_ERR_USAGE, "no command, factory or format is called '%.*s'%.*s",
              POND_SV_ARG(name), POND_SV_ARG(pond_buf_view(&hint)));
    for (size_t k = 0; k < N_TOPICS && near.n == 0; k++) {
        pond_buf_clear(&hint);
        for (size_t i = 0; i < topics[k].count(); i++)
            pond_buf_printf(&hint, "%s%s", i == 0 ? "" : ", ", topics[k].name_at(i));
        pond_err_detail(err, "  %s: %s", topics[k].kinds, hint.p);
    }
    pond_buf_free(&hint);
    return POND_ERR_USAGE;
}

static pond_code print_man_page(cli *c, pond_err *err) {
    const cli_command *command = c->n_args == 0 ? NULL : cli_find_command(c->args[0]);
    if (c->n_args > 0 && command == NULL)
        return pond_fail(err, POND_ERR_USAGE,
                         "commands have man pages, and '%.*s' is none; `pond help` lists them",
                         POND_SV_ARG(c->args[0]));
    pond_buf page = POND_BUF_EMPTY;
    cli_roff_page(command, &page);
    cli_print_text(c, pond_buf_view(&page));
    pond_buf_free(&page);
    return POND_OK;
}

static pond_code print_help(cli *c, FILE *out, pond_err *err) {
    const help_options *o = c->options;
    if (o->markdown) {
        cli_help_reference(out);
        return POND_OK;
    }
    if (c->n_args == 0) {
        cli_help_overview(out);
        return POND_OK;
    }
    const cli_command *command = cli_find_command(c->args[0]);
    const pond_factory *factory = pond_factory_find(c->args[0]);
    const pond_format *format = pond_format_find(c->args[0]);
    if (command != NULL)
        cli_help_command(command, out);
    else if (factory != NULL)
        cli_help_factory(factory, out);
    else if (format != NULL)
        cli_help_format(format, out);
    else
        return unknown_topic(c, c->args[0], err);
    return POND_OK;
}

// Into memory first: long help goes through the pager.
static pond_code run_help(cli *c, pond_err *err) {
    if (((const help_options *)c->options)->man)
        return print_man_page(c, err);
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (out == NULL)
        return pond_fail_errno(err, "cannot make room for the help");
    pond_code rc = print_help(c, out, err);
    fclose(out);
    cli_print_text(c, (pond_sv){text, n});
    free(text);
    return rc;
}

const cli_command cli_help = {
    .name = "help",
    .args = "[COMMAND|FACTORY|FORMAT]",
    .max_args = 1,
    .pond = CLI_NO_POND,
    .is_paged = true,
    CLI_OPTIONS(rows, help_options),
    .summary = "Explain a command, a factory's config or a format's options",
    .example = "pond help export",
    .run = run_help,
};
