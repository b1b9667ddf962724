// help: the texts of `pond help`, printed from the tables of commands, factories and formats.
#ifndef POND_CLI_HELP_H
#define POND_CLI_HELP_H

#include "cli/cli.h"
#include "factory/factory.h"
#include "format/format.h"

typedef struct cli_variable {
    const char *name, *help;
} cli_variable;
size_t cli_n_variables(void); // of the environment, that the program reads
const cli_variable *cli_variable_at(size_t i);

extern const char cli_help_where[];   // which pond a command works on
extern const char cli_help_example[]; // the commands of a first pond

// Appends the options that a command cannot do without, for its usage: " --dir DIR".
void cli_help_required(const cli_command *c, pond_buf *out);
void cli_help_overview(FILE *out); // all commands, a line each
void cli_help_command(const cli_command *c, FILE *out);
void cli_help_factory(const pond_factory *f, FILE *out);
void cli_help_format(const pond_format *f, FILE *out);
void cli_help_reference(FILE *out); // all of it in Markdown: docs/commands.md

#endif
