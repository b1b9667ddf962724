// rm: removes nodes.
#include "cli/nodes.h"
#include "factory/readers.h"

typedef struct rm_options {
    bool recursive, force;
} rm_options;

static const pond_option rows[] = {
    POND_OPTION("recursive", POND_OPT_BOOL, rm_options, recursive, .letter = 'r',
                .help = "remove directories with all that is in them"),
    POND_OPTION("force", POND_OPT_BOOL, rm_options, force, .letter = 'f',
                .help = "remove also what other nodes read"),
};

// Whether a node above it is removed with all that is in it.
static bool is_covered(const pond_node *node, const pond_node_vec *all) {
    for (const pond_node *above = node->parent; above != NULL; above = above->parent)
        for (size_t i = 0; i < all->n; i++)
            if (all->items[i] == above)
                return true;
    return false;
}

// Errors of paths that cannot be removed come before who reads them.
static pond_code check_readers(cli *c, const pond_node_vec *named, pond_err *err) {
    pond_reader_of_vec readers;
    pond_node_vec gone;
    for (size_t i = 0; i < named->n; i++)
        POND_TRY(pond_fs_subtree(pond_session_fs(c->session), named->items[i], &gone, err));
    POND_TRY(pond_readers_find(c->session, named, &readers, err));
    return pond_readers_refuse(&readers, err);
}

static pond_code run_rm(cli *c, pond_err *err) {
    const rm_options *o = c->options;
    pond_node_vec named = {0};
    for (size_t i = 0; i < c->n_args; i++)
        POND_TRY(cli_nodes_find(c, c->args[i], &named, err));
    if (!o->force)
        POND_TRY(check_readers(c, &named, err));
    for (size_t i = 0; i < named.n; i++)
        if (!o->recursive || !is_covered(named.items[i], &named))
            POND_TRY(
                pond_fs_remove(pond_session_fs(c->session), named.items[i], o->recursive, err));
    return POND_OK;
}

const cli_command cli_rm = {
    .name = "rm",
    .args = "PATH_OR_PATTERN...",
    .min_args = 1,
    .max_args = -1,
    .pond = CLI_WRITES,
    CLI_OPTIONS(rows, rm_options),
    .summary = "Remove nodes",
    .details =
        "All of them are removed, or none. What a node held stays stored: `pond undo` brings it "
        "back.\n"
        "What the configs and links of other nodes read is only removed with --force. "
        "What a factory\n"
        "computes cannot be removed.",
    .example = "pond rm -r /sensors/old '/drafts/*.txt'",
    .run = run_rm,
};
