// init: makes an empty pond.
#include "cli/cli.h"

#include <unistd.h>

typedef struct init_options {
    pond_sv birthplace;
} init_options;

static const pond_option rows[] = {
    POND_OPTION("birthplace", POND_OPT_TEXT, init_options, birthplace, .value = "LABEL",
                .help =
                    "where the pond was made; cannot be changed later (default: this host's name)"),
};

static pond_code run_init(cli *c, pond_err *err) {
    const init_options *o = c->options;
    if (c->pond_dir == NULL) {
        pond_fail(err, POND_ERR_USAGE, "POND environment variable not set");
        pond_err_detail(
            err, "  name the new pond: `export POND=/path/to/pond`, or --pond /path/to/pond");
        return POND_ERR_USAGE;
    }
    char host[256] = "unknown";
    if (o->birthplace.n == 0 && gethostname(host, sizeof host - 1) != 0)
        return pond_fail_errno(err, "cannot find this host's name; use --birthplace LABEL");
    return pond_store_init(c->pond_dir, o->birthplace.n > 0 ? o->birthplace.p : host, err);
}

const cli_command cli_init = {
    .name = "init",
    .args = "",
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, init_options),
    .summary = "Make an empty pond",
    .details = "The directory (--pond or POND) is created if it is missing; an existing one must "
               "be empty.",
    .example = "POND=./my-pond pond init --birthplace harbour",
    .run = run_init,
};
