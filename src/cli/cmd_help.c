#include "cli/cli.h"

typedef struct help_options {
    bool markdown;
} help_options;

static const pond_option rows[] = {
    POND_OPTION("markdown", POND_OPT_BOOL, help_options, markdown,
                .help = "the whole reference, as docs/commands.md has it"),
};

static pond_code run(cli *c, pond_err *err) {
    if (((const help_options *)c->options)->markdown) {
        cli_help_markdown(stdout);
        return cli_flush(err);
    }
    if (c->n_args == 0) {
        cli_help(stdout);
        return cli_flush(err);
    }
    const cli_command *about = cli_find_command(c->args[0]);
    if (about == NULL)
        return pond_fail(err, POND_ERR_USAGE, "unknown command '%.*s'; `pond help` lists them",
                         POND_SV_ARG(c->args[0]));
    cli_help_command(about, stdout);
    return cli_flush(err);
}

const cli_command cli_help_cmd = {
    .name = "help",
    .args = "[COMMAND]",
    .max_args = 1,
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, help_options),
    .summary = "Tell what the commands do",
    .example = "pond help export",
    .run = run,
};
