// ln: makes symbolic links.
#include "cli/cli.h"

typedef struct ln_options {
    bool symbolic;
} ln_options;

static const pond_option rows[] = {
    POND_OPTION("symbolic", POND_OPT_BOOL, ln_options, symbolic, .letter = 's',
                .help = "make a symbolic link; a pond has no others, so it must be given"),
};

static pond_code run_ln(cli *c, pond_err *err) {
    const ln_options *o = c->options;
    pond_fs *fs = pond_session_fs(c->session);
    pond_sv target = c->args[0], path = c->args[1];
    const pond_node *there;
    if (!o->symbolic)
        return pond_fail(err, POND_ERR_USAGE,
                         "a pond has only symbolic links: write `pond ln -s %.*s %.*s`",
                         POND_SV_ARG(target), POND_SV_ARG(path));
    POND_TRY(pond_fs_link(fs, target, path, err));
    if (pond_fs_resolve(fs, path, true, &there, NULL) != POND_OK)
        pond_session_warn(c->session, "warning: nothing is at the target '%.*s' of '%.*s' yet",
                          POND_SV_ARG(target), POND_SV_ARG(path));
    return POND_OK;
}

const cli_command cli_ln = {
    .name = "ln",
    .args = "TARGET PATH",
    .min_args = 2,
    .max_args = 2,
    .pond = CLI_WRITES,
    CLI_OPTIONS(rows, ln_options),
    .summary = "Make a symbolic link",
    .details = "TARGET is an absolute path, or relative to the directory of the link. It is stored "
               "as written, and\n"
               "looked up each time the link is used.",
    .example = "pond ln -s /sensors/north.series /latest.series",
    .run = run_ln,
};
