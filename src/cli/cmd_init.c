// init: makes an empty pond, or a project folder to begin with.
#include "cli/cli.h"
#include "cli/output.h"
#include "declare/example.h"

#include <unistd.h>

typedef struct init_options {
    pond_sv birthplace, example;
} init_options;

static const pond_option rows[] = {
    POND_OPTION("birthplace", POND_OPT_TEXT, init_options, birthplace, .value = "LABEL",
                .help =
                    "where the pond was made; cannot be changed later (default: this host's name)"),
    POND_OPTION("example", POND_OPT_TEXT, init_options, example, .value = "NAME",
                .help = "make a project folder in place of a pond: minimal, water or air-quality"),
};

// The directory is new, so what a user types next is the same everywhere.
static pond_code make_example(cli *c, pond_sv name, pond_err *err) {
    const char *dir = c->n_args > 0 ? c->args[0].p : name.p;
    POND_TRY(pond_example_make(c->arena, name, dir, err));
    pond_buf word = POND_BUF_EMPTY;
    cli_shell_word(&word, pond_sv_of(dir));
    cli_printf(
        c,
        "The project is in %s. Next:\n"
        "    cd %s\n"
        "    make                                     # the pond in ./pond, the site in ./site\n"
        "    python3 -m http.server --directory site  # and open http://localhost:8000\n"
        "README.md says what is in it; after a change, `make` again.\n",
        dir, word.p);
    pond_buf_free(&word);
    return POND_OK;
}

static pond_code run_init(cli *c, pond_err *err) {
    const init_options *o = c->options;
    if (o->example.n > 0)
        return make_example(c, o->example, err);
    if (c->n_args > 0)
        return pond_fail(err, POND_ERR_USAGE,
                         "DIR is for --example; a pond is named by --pond or POND: `pond --pond "
                         "'%.*s' init`",
                         POND_SV_ARG(c->args[0]));
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
    .args = "[DIR]",
    .max_args = 1,
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, init_options),
    .summary = "Make an empty pond",
    .details = "The directory (--pond or POND) is created if it is missing; an existing one must "
               "be empty.\n"
               "With --example, DIR (default: the name of the example) becomes a project: configs, "
               "templates,\n"
               "charts and data, which `make` there turns into a pond and a site.",
    .example = "POND=./my-pond pond init --birthplace harbour",
    .run = run_init,
};
