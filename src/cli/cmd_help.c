// help: what the commands, the factories and the formats do, from their tables.
#include "cli/cli.h"

#include "format/format.h"

typedef struct help_options {
    bool markdown;
} help_options;

static const pond_option rows[] = {
    POND_OPTION("markdown", POND_OPT_BOOL, help_options, markdown,
                .help = "the whole reference, as docs/commands.md has it"),
};

static pond_code unknown_topic(pond_sv name, pond_err *err) {
    pond_fail(err, POND_ERR_USAGE, "unknown command '%.*s'; `pond help` lists them",
              POND_SV_ARG(name));
    pond_err_detail(err, "  there is help for factories, as `pond help template`, and for formats, "
                         "as `pond help csv`, too");
    return POND_ERR_USAGE;
}

static pond_code help_topic(pond_sv name, pond_err *err) {
    const cli_command *command = cli_find_command(name);
    const pond_factory *factory = pond_factory_find(name);
    if (command != NULL)
        cli_help_command(command, stdout);
    else if (factory != NULL)
        cli_help_factory(factory, stdout);
    else if (pond_format_find(name) != NULL)
        cli_help_format(pond_format_find(name), stdout);
    else
        return unknown_topic(name, err);
    return POND_OK;
}

static pond_code run(cli *c, pond_err *err) {
    if (((const help_options *)c->options)->markdown) {
        cli_help_markdown(stdout);
        return cli_flush(err);
    }
    if (c->n_args == 0) {
        cli_help(stdout);
        return cli_flush(err);
    }
    POND_TRY(help_topic(c->args[0], err));
    return cli_flush(err);
}

const cli_command cli_help_cmd = {
    .name = "help",
    .args = "[COMMAND|FACTORY|FORMAT]",
    .max_args = 1,
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, help_options),
    .summary = "Explain a command, a factory's config or a format's options",
    .example = "pond help export",
    .run = run,
};
