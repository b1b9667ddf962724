// mknod: makes a dynamic node.
#include "cli/host.h"
#include "cli/limits.h"
#include "factory/factory.h"
#include "factory/origins.h"

typedef struct mknod_options {
    pond_sv config_path;
    bool overwrite;
    cli_limits limits;
} mknod_options;

static const pond_option rows[] = {
    POND_OPTION("config-path", POND_OPT_TEXT, mknod_options, config_path, .is_required = true,
                .value = "FILE",
                .help = "the node's config: a YAML file of the host; - is standard input"),
    POND_OPTION("overwrite", POND_OPT_BOOL, mknod_options, overwrite,
                .help = "replace the config of a node that exists"),
    CLI_LIMIT_OPTIONS(mknod_options, limits),
};

static pond_code run_mknod(cli *c, pond_err *err) {
    const mknod_options *o = c->options;
    const pond_factory *factory;
    POND_TRY(cli_limit(c, &o->limits, 1, err));
    POND_TRY(pond_factory_get(c->args[0], NULL, &factory, err));
    pond_factory_made made;
    POND_TRY(pond_factory_config(c->session, factory, cli_input_name(o->config_path), &made, err));
    pond_code rc = pond_fs_mknod(pond_session_fs(c->session), c->args[1], factory->type,
                                 pond_sv_of(factory->name), made.config, o->overwrite, err);
    if (rc == POND_OK)
        rc = pond_origins_keep(c->session, c->args[1], &made.origins, err);
    const pond_node *existing;
    if (rc == POND_ERR_EXISTS &&
        pond_fs_resolve(pond_session_fs(c->session), c->args[1], false, &existing, NULL) ==
            POND_OK &&
        pond_type_is_dynamic(existing->type))
        return pond_fail(
            err, rc, "Dynamic node already exists at path '%.*s'. Use --overwrite to replace it.",
            POND_SV_ARG(existing->path));
    return rc;
}

const cli_command cli_mknod = {
    .name = "mknod",
    .args = "FACTORY PATH",
    .min_args = 2,
    .max_args = 2,
    .pond = CLI_WRITES,
    CLI_OPTIONS(rows, mknod_options),
    .summary = "Make a dynamic node: a file or directory that a factory computes",
    .details = "`pond list-factories` lists the factories, `pond help FACTORY` explains a config. "
               "The whole\n"
               "config is checked before anything is written. The environment variables in "
               "${env:NAME} and\n"
               "${env:NAME:-default} are expanded each time the node is used.",
    .example = "pond mknod temporal-reduce /reduced --config-path reduced.yaml",
    .run = run_mknod,
};
