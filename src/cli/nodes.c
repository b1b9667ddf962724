// Finds nodes of the open pond by paths and patterns.
#include "cli/nodes.h"

static void add_new(cli *c, const pond_node *node, pond_node_vec *out) {
    for (size_t i = 0; i < out->n; i++)
        if (out->items[i] == node)
            return;
    *pond_vec_push(c->arena, out) = node;
}

pond_code cli_nodes_find(cli *c, pond_sv path_or_pattern, pond_node_vec *out, pond_err *err) {
    pond_fs *fs = pond_session_fs(c->session);
    pond_glob glob;
    pond_match_vec found = {0};
    const pond_node *node;
    if (path_or_pattern.n == 0)
        return pond_fail(err, POND_ERR_USAGE, "an empty path names no node");
    if (cli_is_url(path_or_pattern))
        return pond_fail(err, POND_ERR_USAGE,
                         "'%.*s' is a URL; only paths and patterns of the pond can be changed",
                         POND_SV_ARG(path_or_pattern));
    // A path with a `*` may be the name of a node, and is otherwise a pattern.
    pond_code rc = pond_fs_resolve(fs, path_or_pattern, false, &node, err);
    if (rc == POND_OK) {
        add_new(c, node, out);
        return POND_OK;
    }
    if (pond_sv_find_char(path_or_pattern, '*') < 0)
        return rc;
    pond_err_clear(err);
    POND_TRY(pond_glob_parse(c->arena, path_or_pattern, &glob, err));
    POND_TRY(pond_fs_glob(fs, c->arena, &glob, &found, err));
    if (found.n == 0) {
        pond_fail(err, POND_ERR_NOT_FOUND, "No files match pattern: %.*s",
                  POND_SV_ARG(path_or_pattern));
        pond_fs_explain_no_match(fs, pond_glob_prefix(c->arena, &glob), err);
        return POND_ERR_NOT_FOUND;
    }
    for (size_t i = 0; i < found.n; i++)
        add_new(c, found.items[i].node, out);
    return POND_OK;
}
