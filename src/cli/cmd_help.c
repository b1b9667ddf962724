// help: explains commands, factories and formats.
#include "cli/help.h"

typedef struct help_options {
    bool markdown;
} help_options;

static const pond_option rows[] = {
    POND_OPTION("markdown", POND_OPT_BOOL, help_options, markdown,
                .help = "print all help in Markdown, as in docs/commands.md"),
};

static pond_code unknown_topic(pond_sv name, pond_err *err) {
    pond_fail(err, POND_ERR_USAGE, "unknown command '%.*s'; `pond help` lists the commands",
              POND_SV_ARG(name));
    pond_err_detail(err, "  factories and formats have help, too: `pond help template`, `pond help "
                         "csv`");
    return POND_ERR_USAGE;
}

static pond_code run_help(cli *c, pond_err *err) {
    const help_options *o = c->options;
    if (o->markdown) {
        cli_help_reference(stdout);
        return POND_OK;
    }
    if (c->n_args == 0) {
        cli_help_overview(stdout);
        return POND_OK;
    }
    const cli_command *command = cli_find_command(c->args[0]);
    const pond_factory *factory = pond_factory_find(c->args[0]);
    const pond_format *format = pond_format_find(c->args[0]);
    if (command != NULL)
        cli_help_command(command, stdout);
    else if (factory != NULL)
        cli_help_factory(factory, stdout);
    else if (format != NULL)
        cli_help_format(format, stdout);
    else
        return unknown_topic(c->args[0], err);
    return POND_OK;
}

const cli_command cli_help = {
    .name = "help",
    .args = "[COMMAND|FACTORY|FORMAT]",
    .max_args = 1,
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, help_options),
    .summary = "Explain a command, a factory's config or a format's options",
    .example = "pond help export",
    .run = run_help,
};
