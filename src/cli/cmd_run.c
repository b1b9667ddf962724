// run: runs a node of an executable factory.
#include "cli/cli.h"

#include "base/file.h"
#include "cli/host.h"
#include "cli/run_all.h"
#include "cli/running.h"
#include "factory/factory.h"
#include "format/format.h"

typedef struct run_options {
    bool all;
} run_options;

static const pond_option rows[] = {
    POND_OPTION("all", POND_OPT_BOOL, run_options, all,
                .help =
                    "run all nodes that are due by the `every` of their configs, in path order"),
};

// The name of a config without its ending, for a node that is made from it.
static pond_sv name_of(const cli *c, const pond_url *url) {
    pond_sv name = pond_sv_of(pond_path_name(pond_cstr(c->arena, url->path)));
    ptrdiff_t dot = pond_sv_rfind_char(name, '.');
    return dot > 0 ? pond_sv_sub(name, 0, (size_t)dot) : name;
}

// Of a factory that computes: how its config is used without a pond.
static pond_code fail_computed(cli *c, const pond_factory *f, const pond_url *url, pond_err *err) {
    pond_sv name = name_of(c, url);
    pond_fail(
        err, POND_ERR_UNSUPPORTED,
        "Factory '%s' does not support execution: it computes what is read, and stores nothing",
        f->name);
    if (name.n == 0)
        return POND_ERR_UNSUPPORTED;
    pond_err_detail(err,
                    "  --hostmount shows what it computes, to list, cat, describe, check, copy and "
                    "export:\n  pond --hostmount '/%.*s=%.*s' %s 'host+file:///%.*s%s'",
                    POND_SV_ARG(name), POND_SV_ARG(c->args[0]),
                    f->makes_directory                          ? "list"
                    : pond_sv_is(pond_sv_of(f->name), "checks") ? "check"
                                                                : "cat",
                    POND_SV_ARG(name), f->makes_directory ? "/**" : "");
    return POND_ERR_UNSUPPORTED;
}

// What is run remembers in its node how far it came, and stores what it brings in the node's pond. A
// directory of the host has neither.
static pond_code fail_stored(cli *c, const pond_factory *f, const pond_url *url, pond_err *err) {
    pond_sv name = name_of(c, url);
    pond_fail(err, POND_ERR_UNSUPPORTED,
              "%s requires a real pond, where it stores what it brings: make a node with "
              "`pond mknod %s PATH --config-path FILE`, and run that",
              f->name, f->name);
    if (name.n > 0)
        pond_err_detail(err, "  `pond mknod %s /%.*s --config-path '%s'`, `pond run /%.*s`",
                        f->name, POND_SV_ARG(name), cli_host_path(c, url->path), POND_SV_ARG(name));
    return POND_ERR_UNSUPPORTED;
}

// Nothing runs without a pond.
static pond_code run_on_host(cli *c, pond_err *err) {
    pond_url url;
    const pond_factory *f;
    POND_TRY(cli_url_parse(c, c->args[0], &url, err));
    if (!url.is_host)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' is no path of the pond: `pond run PATH`, or a config of the host, "
                         "host+FACTORY:///CONFIG",
                         POND_SV_ARG(c->args[0]));
    if (pond_format_find(url.format) != NULL || pond_sv_is(url.format, POND_FORMAT_FILE))
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' is a format provider, not a factory. `pond list-factories` lists "
                         "those",
                         POND_SV_ARG(url.format));
    POND_TRY(pond_factory_get(url.format, NULL, &f, err));
    return f->n_actions == 0 ? fail_computed(c, f, &url, err) : fail_stored(c, f, &url, err);
}

static pond_code run_run(cli *c, pond_err *err) {
    pond_sv did;
    bool is_all = ((const run_options *)c->options)->all;
    if (is_all == (c->n_args > 0))
        return pond_fail(err, POND_ERR_USAGE, "run takes either the path of a node or --all");
    if (!is_all && cli_is_url(c->args[0]))
        return run_on_host(c, err);
    if (c->pond_dir == NULL)
        return cli_open_pond(c, POND_TXN_READ, err); // says what is missing
    if (is_all)
        return cli_run_all(c, err);
    const cli_running what = {c->args[0], c->args + 1, c->n_args - 1};
    return cli_run_node(c, &what, &did, err);
}

const cli_command cli_run = {
    .name = "run",
    .args = "[PATH [ACTION [ARGUMENT...]]]",
    .max_args = -1,
    .pond = CLI_NO_POND,
    CLI_OPTIONS(rows, run_options),
    .summary = "Run a node that brings data into the pond",
    .details =
        "PATH is a node of an executable factory (`pond list-factories`); a name without '/' at "
        "its start is\n"
        "looked up in /system/run, then in /system/etc. ACTION is one of its factory's, which "
        "`pond help FACTORY`\n"
        "lists; without it, the first one. All that a run does is one transaction: one that fails, "
        "or is killed\n"
        "at any instant, has done nothing. Write -- before arguments that look like options.\n"
        "With --all, a node that fails does not stop the others, and the exit status is 1; a "
        "second "
        "`run --all` at\n"
        "the same time says who runs, and exits with 75.",
    .example = "pond run /system/etc/10-logs",
    .run = run_run,
};
