#include "cli/cli.h"

typedef struct mknod_options {
    pond_sv config_path;
    bool overwrite;
} mknod_options;

static const pond_option rows[] = {
    POND_OPTION("config-path", POND_OPT_TEXT, mknod_options, config_path, .is_required = true,
                .value = "FILE", .help = "the node's config, YAML, a file of the host"),
    POND_OPTION("overwrite", POND_OPT_BOOL, mknod_options, overwrite,
                .help = "replace the config of a node that exists"),
};

static pond_code run(cli *c, pond_err *err) {
    const mknod_options *o = c->options;
    const pond_factory *factory;
    POND_TRY(pond_factory_get(c->args[0], NULL, &factory, err));
    pond_sv config;
    POND_TRY(pond_factory_config(c->session, factory, o->config_path.p, &config, err));
    pond_code rc = pond_fs_mknod(pond_session_fs(c->session), c->args[1], factory->type,
                                 pond_sv_of(factory->name), config, o->overwrite, err);
    const pond_node *there;
    if (rc == POND_ERR_EXISTS &&
        pond_fs_resolve(pond_session_fs(c->session), c->args[1], false, &there, NULL) == POND_OK &&
        pond_type_is_dynamic(there->type))
        return pond_fail(
            err, rc, "Dynamic node already exists at path '%.*s'. Use --overwrite to replace it.",
            POND_SV_ARG(there->path));
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
    .details = "The config is checked in full before anything is written; `pond list-factories` "
               "lists the\n"
               "factories. ${env:NAME} and ${env:NAME:-default} in the config are filled in "
               "whenever it is used.",
    .example = "pond mknod temporal-reduce /reduced --config-path reduced.yaml",
    .run = run,
};

static pond_code run_list(cli *c, pond_err *err) {
    (void)c, (void)err;
    printf("Available dynamic factories:\n\n");
    for (size_t i = 0; i < pond_factory_count(); i++) {
        const pond_factory *f = pond_factory_at(i);
        printf("  %s - %s\n    supports:", f->name, f->summary);
        const char *sep = " ";
        const struct {
            bool applies;
            const char *word;
        } words[] = {{f->makes_directory, "directory"}, {f->makes_file, "file"}};
        for (size_t j = 0; j < sizeof words / sizeof *words; j++)
            if (words[j].applies) {
                printf("%s%s", sep, words[j].word);
                sep = ", ";
            }
        printf("\n\n");
    }
    return POND_OK;
}

const cli_command cli_list_factories = {
    .name = "list-factories",
    .args = "",
    .pond = CLI_NO_POND,
    .summary = "List the factories that mknod knows",
    .example = "pond list-factories",
    .run = run_list,
};
