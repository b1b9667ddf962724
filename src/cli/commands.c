#include "cli/cli.h"

// In order of use: what a newcomer types first stands first in the help.
static const cli_command *const commands[] = {
    &cli_init,  &cli_mkdir,          &cli_copy,   &cli_list,   &cli_cat, &cli_describe,
    &cli_mknod, &cli_list_factories, &cli_export, &cli_render, &cli_log, &cli_help_cmd,
};

size_t cli_n_commands(void) {
    return sizeof commands / sizeof *commands;
}

const cli_command *cli_command_at(size_t i) {
    return commands[i];
}

const cli_command *cli_find_command(pond_sv name) {
    for (size_t i = 0; i < cli_n_commands(); i++)
        if (pond_sv_is(name, commands[i]->name))
            return commands[i];
    return NULL;
}
