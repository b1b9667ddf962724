// Dynamic nodes: their factories compute what is in them. A factory is called through the hook of
// the fs when its node is first listed or read.
#include "fs/fs_internal.h"

const pond_node *pond_fs_child(pond_fs *fs, const pond_node *parent, pond_sv name, pond_type type,
                               pond_sv factory, const pond_dyn *dyn, void *state) {
    POND_ASSERT(dyn != NULL && pond_type_is_dir(parent->type) && type != POND_T_SYMLINK);
    fs_node *n = fs_node_new(fs, parent, name, type, FS_COMPUTED);
    n->node.id = fs_derived_id(parent, name);
    n->node.factory = pond_sv_dup(&fs->arena, factory);
    n->node.dyn = dyn;
    n->node.state = state;
    return &n->node;
}

// Opening -----------------------------------------------------------------------------------------

static pond_code find_config(pond_fs *fs, const fs_node *n, pond_sv *out, pond_err *err) {
    *out = n->config;
    if (!n->node.is_stored)
        return POND_OK;
    pond_buf text = POND_BUF_EMPTY;
    pond_code rc = fs_stored_latest(fs, &n->node, &text, err);
    *out = pond_buf_keep(&fs->arena, &text);
    return rc;
}

static pond_code call_hook(pond_fs *fs, fs_node *n, pond_err *err) {
    if (fs->hook.open == NULL)
        return pond_fail(err, POND_ERR_UNSUPPORTED, "factory '%.*s' is not available",
                         POND_SV_ARG(n->node.factory));
    pond_sv config;
    pond_code rc = find_config(fs, n, &config, err);
    if (rc == POND_OK)
        rc = fs->hook.open(fs->hook.user, fs, &n->node, config, err);
    POND_ASSERT(rc != POND_OK || n->node.dyn != NULL);
    return rc;
}

pond_code pond_fs_open_dynamic(pond_fs *fs, const pond_node *node, pond_err *err) {
    fs_node *n = fs_of(node);
    if (node->dyn != NULL)
        return POND_OK;
    POND_ASSERT(pond_type_is_dynamic(node->type));
    if (n->is_opening)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' depends on itself",
                         POND_SV_ARG(node->path));
    n->is_opening = true;
    pond_code rc = call_hook(fs, n, err);
    n->is_opening = false;
    if (rc != POND_OK) { // so that it can be tried again
        n->node.dyn = NULL;
        n->node.state = NULL;
    }
    return pond_wrap(err, rc, "opening '%.*s'", POND_SV_ARG(node->path));
}

// Directories -------------------------------------------------------------------------------------

static pond_code list_entries(pond_fs *fs, fs_node *dir, pond_node_vec *out, pond_err *err) {
    POND_TRY(pond_fs_open_dynamic(fs, &dir->node, err));
    const pond_dyn *dyn = dir->node.dyn;
    if (dyn->list == NULL)
        return pond_fail(err, POND_ERR_UNSUPPORTED, "factory '%.*s' does not compute directories",
                         POND_SV_ARG(dir->node.factory));
    return dyn->list(fs, &dir->node, out, err);
}

// Bytes -------------------------------------------------------------------------------------------

static pond_code compute(pond_fs *fs, const pond_node *node, const void *context, pond_buf *out,
                         pond_err *err) {
    POND_TRY(pond_fs_open_dynamic(fs, node, err));
    if (node->dyn->read != NULL)
        return node->dyn->read(fs, node, context, out, err);
    if (node->is_stored) // a node that is run, not read, shows its config
        return fs_stored_latest(fs, node, out, err);
    return pond_fail(err, POND_ERR_UNSUPPORTED,
                     "factory '%.*s' computes directories or rows, not bytes",
                     POND_SV_ARG(node->factory));
}

static pond_code read_computed(pond_fs *fs, const pond_node *node, const void *context,
                               pond_buf *out, pond_err *err) {
    return fs_fail_reading(node, compute(fs, node, context, out, err), err);
}

static pond_code stream_computed(pond_fs *fs, const pond_node *node, const void *context,
                                 pond_sink to, pond_err *err) {
    pond_buf bytes = POND_BUF_EMPTY;
    pond_code rc = read_computed(fs, node, context, &bytes, err);
    if (rc == POND_OK)
        rc = to.write(to.user, pond_buf_view(&bytes), err);
    pond_buf_free(&bytes);
    return rc;
}

pond_code pond_fs_config(pond_fs *fs, const pond_node *node, pond_buf *out, pond_err *err) {
    const pond_node *maker = node;
    while (!maker->is_stored && maker->parent != NULL)
        maker = maker->parent;
    if (!pond_type_is_dynamic(node->type))
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is %s, and has no config",
                         POND_SV_ARG(node->path), pond_type_name(node->type));
    if (maker != node)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' has no config of its own: it is made by that of '%.*s'",
                         POND_SV_ARG(node->path), POND_SV_ARG(maker->path));
    return fs_fail_reading(node, fs_stored_latest(fs, node, out, err), err);
}

const fs_source fs_computed = {
    .list = list_entries, .stream = stream_computed, .read = read_computed};
