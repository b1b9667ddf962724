// mkdir: makes directories in the pond.
#include "cli/cli.h"
#include "fs/fs.h"

typedef struct mkdir_options {
    bool parents;
} mkdir_options;

static const pond_option rows[] = {
    POND_OPTION("parents", POND_OPT_BOOL, mkdir_options, parents, .letter = 'p',
                .help = "also make missing parents; no error if PATH exists"),
};

static pond_code run_mkdir(cli *c, pond_err *err) {
    const mkdir_options *o = c->options;
    pond_code rc = POND_OK;
    for (size_t i = 0; i < c->n_args && rc == POND_OK; i++) {
        rc = pond_fs_mkdir(pond_session_fs(c->session), c->args[i], o->parents, err);
        if (rc == POND_ERR_NOT_FOUND && !o->parents)
            pond_err_detail(err, "  `pond mkdir -p` makes the directories above it, too");
    }
    return pond_wrap(err, rc, "Failed to create directory");
}

const cli_command cli_mkdir = {
    .name = "mkdir",
    .args = "PATH...",
    .min_args = 1,
    .max_args = -1,
    .pond = CLI_WRITES,
    CLI_OPTIONS(rows, mkdir_options),
    .summary = "Make directories",
    .example = "pond mkdir -p /sensors/harbour",
    .run = run_mkdir,
};
