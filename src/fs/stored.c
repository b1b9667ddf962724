// Stored nodes: rows of the store.
#include "fs/fs_internal.h"

pond_fs *pond_fs_open(pond_store *store, pond_txn *txn, const pond_fs_hook *hook) {
    pond_fs *fs = fs_new(hook);
    fs->store = store;
    fs->txn = txn;
    fs->root = fs_node_new(fs, NULL, POND_SV(""), POND_T_DIRECTORY, FS_STORED);
    fs->root->node.is_stored = true;
    return fs;
}

// Nodes -------------------------------------------------------------------------------------------

fs_node *fs_node_of_row(pond_fs *fs, const fs_node *dir, const pond_node_row *row) {
    fs_origin origin = pond_type_is_dynamic(row->type) ? FS_COMPUTED : FS_STORED;
    fs_node *n = fs_node_new(fs, &dir->node, row->name, row->type, origin);
    n->node.id = row->id;
    n->node.link = row->link;
    n->node.factory = row->factory;
    n->node.is_stored = true;
    if (!pond_type_is_dynamic(row->type)) { // the row of a dynamic node describes its config
        n->node.version = row->version;
        n->node.size_bytes = (int64_t)row->size_bytes;
        n->node.modified_us = row->modified_us;
    }
    return n;
}

static pond_code list_rows(pond_fs *fs, fs_node *dir, pond_node_vec *out, pond_err *err) {
    pond_node_row_vec rows = {0};
    POND_TRY(pond_store_children(fs->txn, &fs->arena, dir->node.id, &rows, err));
    const pond_node **items = pond_alloc(&fs->arena, rows.n * sizeof *items);
    bool has_known = dir->dir->found.n > 0;
    for (size_t i = 0; i < rows.n; i++) {
        const pond_node_row *row = rows.items[i];
        fs_node *known = has_known ? fs_known_child(dir, row->name) : NULL;
        items[i] = known != NULL ? &known->node : &fs_node_of_row(fs, dir, row)->node;
    }
    *out = (pond_node_vec){.items = items, .n = rows.n, .cap = rows.n};
    return POND_OK;
}

pond_code pond_fs_list_kept(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    *out = (pond_node_vec){0};
    if (!dir->is_stored || !pond_type_is_dir(dir->type))
        return POND_OK;
    POND_TRY(list_rows(fs, fs_of(dir), out, err));
    return POND_OK;
}

static pond_code find_row(pond_fs *fs, fs_node *dir, pond_sv name, fs_node **out, pond_err *err) {
    const pond_node_row *row;
    POND_TRY(pond_store_lookup(fs->txn, &fs->arena, dir->node.id, name, &row, err));
    *out = row == NULL ? NULL : fs_node_of_row(fs, dir, row);
    return POND_OK;
}

// Bytes -------------------------------------------------------------------------------------------

static pond_code no_content(const pond_node *node, pond_err *err) {
    return pond_fail(err, POND_ERR_NOT_FOUND, "'%.*s' has no content yet", POND_SV_ARG(node->path));
}

pond_code fs_stored_latest(pond_fs *fs, const pond_node *node, pond_buf *out, pond_err *err) {
    const pond_version *v;
    POND_TRY(pond_store_latest(fs->txn, &fs->arena, node->id, &v, err));
    if (v == NULL)
        return no_content(node, err);
    return pond_object_read(fs->store, &v->object, out, err);
}

// The latest version, or all of them.
static pond_code find_objects(pond_fs *fs, const pond_node *node, pond_version_vec *out,
                              pond_err *err) {
    POND_TRY(pond_store_versions(fs->txn, &fs->arena, node->id, out, err));
    if (out->n == 0 && node->type != POND_T_DATA_SERIES)
        return no_content(node, err);
    if (node->type != POND_T_DATA_SERIES) {
        out->items += out->n - 1;
        out->n = 1;
    }
    // Nothing of a damaged object is passed on. It is hashed on its way, too, but then it is too
    // late.
    for (size_t i = 0; i < out->n; i++)
        POND_TRY(pond_object_verify(fs->store, &out->items[i].object, err));
    return POND_OK;
}

static pond_code stream_objects(pond_fs *fs, const pond_node *node, const void *context,
                                pond_sink to, pond_err *err) {
    (void)context;
    pond_version_vec objects = {0};
    POND_TRY(fs_fail_reading(node, find_objects(fs, node, &objects, err), err));
    for (size_t i = 0; i < objects.n; i++)
        POND_TRY(pond_object_stream(fs->store, &objects.items[i].object, to, err));
    return POND_OK;
}

const fs_source fs_stored = {.list = list_rows, .find = find_row, .stream = stream_objects};
