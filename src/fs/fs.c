// The tree: its nodes, and the bytes of files.
#include "fs/fs_internal.h"

#include <stdlib.h>

pond_fs *pond_fs_open(pond_store *store, pond_txn *txn, const pond_fs_hook *hook) {
    pond_fs *fs = pond_xmalloc(sizeof *fs);
    *fs = (pond_fs){.store = store, .txn = txn};
    if (hook != NULL)
        fs->hook = *hook;
    pond_arena_init(&fs->arena);
    pond_map_init(&fs->warned, &fs->arena);
    fs->root = fs_node_new(fs, NULL, POND_SV(""), POND_T_DIRECTORY);
    fs->root->node.is_stored = true;
    return fs;
}

void pond_fs_close(pond_fs *fs) {
    if (fs == NULL)
        return;
    pond_arena_deinit(&fs->arena);
    pond_buf_free(&fs->missed);
    free(fs);
}

pond_arena *pond_fs_arena(pond_fs *fs) {
    return &fs->arena;
}

const pond_node *pond_fs_root(pond_fs *fs) {
    return &fs->root->node;
}

void pond_fs_warn(pond_fs *fs, const char *fmt, ...) {
    if (fs->hook.warn == NULL)
        return;
    pond_buf b = POND_BUF_EMPTY;
    va_list args;
    va_start(args, fmt);
    pond_buf_vprintf_visible(&b, POND_KEEP_NOTHING, fmt, args);
    va_end(args);
    bool is_new;
    pond_sv text = pond_buf_keep(&fs->arena, &b);
    pond_map_at(&fs->warned, text, &is_new);
    if (is_new)
        fs->hook.warn(fs->hook.user, text);
}

// Nodes -------------------------------------------------------------------------------------------

// "ABOVE/NAME"
static pond_sv path_below(pond_arena *a, pond_sv above, pond_sv name) {
    char *p = pond_alloc(a, above.n + name.n + 2);
    if (above.n > 0)
        memcpy(p, above.p, above.n);
    p[above.n] = '/';
    if (name.n > 0)
        memcpy(p + above.n + 1, name.p, name.n);
    p[above.n + 1 + name.n] = '\0';
    return (pond_sv){p, above.n + 1 + name.n};
}

fs_node *fs_node_new(pond_fs *fs, const pond_node *parent, pond_sv name, pond_type type) {
    pond_arena *a = &fs->arena;
    fs_node *n = POND_NEW(a, fs_node);
    n->node = (pond_node){.parent = parent, .type = type, .version = 1, .size_bytes = -1};
    pond_sv above = parent == NULL || parent->parent == NULL ? POND_SV("") : parent->path;
    n->node.path = path_below(a, above, name);
    n->node.name = pond_sv_sub(n->node.path, n->node.path.n - name.n, n->node.path.n);
    n->node.link = n->node.factory = POND_SV("");
    if (pond_type_is_dir(type)) {
        n->dir = POND_NEW(a, fs_dir);
        pond_map_init(&n->dir->found, a);
    }
    return n;
}

pond_code fs_fail_too_long(const pond_node *dir, pond_sv name, pond_err *err) {
    // The name comes last, so that only the name is cut if the message is too long.
    return pond_fail(err, POND_ERR_LIMIT,
                     "an entry of '%.*s' would have a path of more than %d bytes: '%.*s'",
                     POND_SV_ARG(dir->path), FS_MAX_PATH, POND_SV_ARG(name));
}

fs_node *fs_node_of_row(pond_fs *fs, const fs_node *dir, const pond_node_row *row) {
    fs_node *n = fs_node_new(fs, &dir->node, row->name, row->type);
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

// A UUID of version 8 (made by a private rule), the same each time the child is computed.
static pond_id derived_id(const pond_node *parent, pond_sv name) {
    pond_hasher *h = pond_hasher_new();
    pond_hasher_field(h, (pond_sv){(const char *)parent->id.bytes, sizeof parent->id.bytes});
    pond_hasher_field(h, name);
    pond_sha256 sum = pond_hasher_finish(h);
    pond_id id;
    memcpy(id.bytes, sum.bytes, sizeof id.bytes);
    id.bytes[6] = (uint8_t)((id.bytes[6] & 0x0F) | 0x80);
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3F) | 0x80);
    return id;
}

const pond_node *pond_fs_child(pond_fs *fs, const pond_node *parent, pond_sv name, pond_type type,
                               pond_sv factory, const pond_dyn *dyn, void *state) {
    POND_ASSERT(dyn != NULL && pond_type_is_dir(parent->type) && type != POND_T_SYMLINK);
    fs_node *n = fs_node_new(fs, parent, name, type);
    n->node.id = derived_id(parent, name);
    n->node.factory = pond_sv_dup(&fs->arena, factory);
    n->node.dyn = dyn;
    n->node.state = state;
    return &n->node;
}

// Dynamic nodes -----------------------------------------------------------------------------------

static pond_code no_content(const pond_node *node, pond_err *err) {
    return pond_fail(err, POND_ERR_NOT_FOUND, "'%.*s' has no content yet", POND_SV_ARG(node->path));
}

static pond_code read_latest(pond_fs *fs, const pond_node *node, pond_buf *out, pond_err *err) {
    const pond_version *v;
    POND_TRY(pond_store_latest(fs->txn, &fs->arena, node->id, &v, err));
    if (v == NULL)
        return no_content(node, err);
    return pond_object_read(fs->store, &v->object, out, err);
}

static pond_code call_hook(pond_fs *fs, fs_node *n, pond_err *err) {
    if (fs->hook.open == NULL)
        return pond_fail(err, POND_ERR_UNSUPPORTED, "factory '%.*s' is not available",
                         POND_SV_ARG(n->node.factory));
    pond_buf config = POND_BUF_EMPTY;
    pond_code rc = read_latest(fs, &n->node, &config, err);
    pond_sv text = pond_buf_keep(&fs->arena, &config);
    if (rc == POND_OK)
        rc = fs->hook.open(fs->hook.user, fs, &n->node, text, err);
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

// Bytes -------------------------------------------------------------------------------------------

// What is wrong with a node, as opposed to with the sink.
static pond_code fail_reading(const pond_node *node, pond_code rc, pond_err *err) {
    return pond_wrap(err, rc, "reading '%.*s'", POND_SV_ARG(node->path));
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

static pond_code stream_stored(pond_fs *fs, const pond_node *node, pond_sink to, pond_err *err) {
    pond_version_vec objects = {0};
    POND_TRY(fail_reading(node, find_objects(fs, node, &objects, err), err));
    for (size_t i = 0; i < objects.n; i++)
        POND_TRY(pond_object_stream(fs->store, &objects.items[i].object, to, err));
    return POND_OK;
}

static pond_code compute(pond_fs *fs, const pond_node *node, const void *context, pond_buf *out,
                         pond_err *err) {
    POND_TRY(pond_fs_open_dynamic(fs, node, err));
    if (node->dyn->read != NULL)
        return node->dyn->read(fs, node, context, out, err);
    if (node->is_stored) // a node that is run, not read, shows its config
        return read_latest(fs, node, out, err);
    return pond_fail(err, POND_ERR_UNSUPPORTED,
                     "factory '%.*s' computes directories or rows, not bytes",
                     POND_SV_ARG(node->factory));
}

static pond_code read_computed(pond_fs *fs, const pond_node *node, const void *context,
                               pond_buf *out, pond_err *err) {
    return fail_reading(node, compute(fs, node, context, out, err), err);
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

static bool is_computed(const pond_node *file) {
    return !file->is_stored || pond_type_is_dynamic(file->type);
}

static pond_code check_has_bytes(const pond_node *file, pond_err *err) {
    if (pond_type_is_dir(file->type))
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is a directory", POND_SV_ARG(file->path));
    if (file->type == POND_T_SYMLINK)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is a symlink to '%.*s', not a file",
                         POND_SV_ARG(file->path), POND_SV_ARG(file->link));
    if (pond_type_is_queryable(file->type))
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is a %s, which has rows, not bytes",
                         POND_SV_ARG(file->path), pond_type_name(file->type));
    return POND_OK;
}

pond_code pond_fs_stream(pond_fs *fs, const pond_node *file, const void *context, pond_sink to,
                         pond_err *err) {
    POND_TRY(check_has_bytes(file, err));
    return is_computed(file) ? stream_computed(fs, file, context, to, err)
                             : stream_stored(fs, file, to, err);
}

pond_code pond_fs_read(pond_fs *fs, const pond_node *file, const void *context, pond_buf *out,
                       pond_err *err) {
    POND_TRY(check_has_bytes(file, err));
    return is_computed(file) ? read_computed(fs, file, context, out, err)
                             : stream_stored(fs, file, pond_sink_to_buf(out), err);
}
