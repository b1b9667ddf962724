// mv: moves and renames nodes.
#include "cli/nodes.h"
#include "factory/readers.h"

// Whether the last argument is a directory, or says that it must be one.
static bool is_into_dir(cli *c, pond_sv to) {
    const pond_node *node;
    return pond_sv_ends(to, POND_SV("/")) ||
           (pond_fs_resolve(pond_session_fs(c->session), to, true, &node, NULL) == POND_OK &&
            pond_type_is_dir(node->type));
}

static bool reads(const pond_reader_of_vec *readers, pond_id id) {
    for (size_t i = 0; i < readers->n; i++)
        if (pond_id_eq(readers->items[i].reader->id, id))
            return true;
    return false;
}

// Configs are not rewritten, so those who read a node only by its old path are named.
static void warn_of_readers(cli *c, const pond_reader_of_vec *before,
                            const pond_reader_of_vec *after) {
    for (size_t i = 0; i < before->n; i++) {
        const pond_reader_of *r = &before->items[i];
        if (!reads(after, r->reader->id))
            pond_session_warn(
                c->session, "warning: '%.*s' reads '%.*s' by a path that it no longer has: %.*s",
                POND_SV_ARG(r->reader->path), POND_SV_ARG(r->reads->path), POND_SV_ARG(r->says));
    }
}

static pond_code run_mv(cli *c, pond_err *err) {
    pond_node_vec named = {0}, moved = {0};
    pond_reader_of_vec before, after;
    pond_sv to = c->args[c->n_args - 1];
    if (to.n == 0)
        return pond_fail(err, POND_ERR_USAGE,
                         "the destination is empty; the root of the pond is '/'");
    for (size_t i = 0; i + 1 < c->n_args; i++)
        POND_TRY(cli_nodes_find(c, c->args[i], &named, err));
    if (named.n > 1 && !is_into_dir(c, to))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "%zu nodes can only be moved into a directory, and '%.*s' is none",
                         named.n, POND_SV_ARG(to));
    POND_TRY(pond_readers_find(c->session, &named, &before, err));
    for (size_t i = 0; i < named.n; i++)
        POND_TRY(pond_fs_move(pond_session_fs(c->session), named.items[i], to,
                              pond_vec_push(c->arena, &moved), err));
    if (before.n == 0)
        return POND_OK;
    POND_TRY(pond_readers_find(c->session, &moved, &after, err));
    warn_of_readers(c, &before, &after);
    return POND_OK;
}

const cli_command cli_mv = {
    .name = "mv",
    .args = "PATH_OR_PATTERN... PATH",
    .min_args = 2,
    .max_args = -1,
    .pond = CLI_WRITES,
    .summary = "Move or rename nodes",
    .details =
        "The last PATH is the new path, or a directory that they move into. A node keeps its "
        "versions and its\n"
        "times, and a directory what is in it. Nothing is replaced. Configs stay as they "
        "are: a warning names\n"
        "those that read what has moved.",
    .example = "pond mv /sensors/a.series /sensors/north.series",
    .run = run_mv,
};
