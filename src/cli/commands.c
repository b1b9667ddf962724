// The table of commands.
#include "cli/cli.h"

#define COMMAND(name) extern const cli_command name;
#include "cli/commands.def"
#undef COMMAND

static const cli_command *const commands[] = {
#define COMMAND(name) &name,
#include "cli/commands.def"
#undef COMMAND
};
enum { N_COMMANDS = sizeof commands / sizeof *commands };

size_t cli_n_commands(void) {
    return N_COMMANDS;
}

const cli_command *cli_command_at(size_t i) {
    return commands[i];
}

const cli_command *cli_find_command(pond_sv name) {
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (pond_sv_is(name, commands[i]->name) ||
            (commands[i]->alias != NULL && pond_sv_is(name, commands[i]->alias)))
            return commands[i];
    return NULL;
}
