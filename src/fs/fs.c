// The tree and its nodes.
#include "fs/fs_internal.h"

#include <stdlib.h>

pond_fs *fs_new(const pond_fs_hook *hook) {
    pond_fs *fs = pond_xmalloc(sizeof *fs);
    *fs = (pond_fs){0};
    if (hook != NULL)
        fs->hook = *hook;
    pond_arena_init(&fs->arena);
    pond_map_init(&fs->warned, &fs->arena);
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

fs_node *fs_node_new(pond_fs *fs, const pond_node *parent, pond_sv name, pond_type type,
                     fs_origin origin) {
    pond_arena *a = &fs->arena;
    fs_node *n = pond_alloc(a, sizeof *n);
    pond_sv above = parent == NULL || parent->parent == NULL ? POND_SV("") : parent->path;
    pond_sv path = path_below(a, above, name);
    *n = (fs_node){.origin = origin,
                   .node = {.parent = parent,
                            .path = path,
                            .name = {path.p + path.n - name.n, name.n},
                            .type = type,
                            .link = POND_SV(""),
                            .version = 1,
                            .size_bytes = -1,
                            .factory = POND_SV("")}};
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

// A UUID of version 8 (made by a private rule), the same each time the child is computed.
pond_id fs_derived_id(const pond_node *parent, pond_sv name) {
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

pond_code fs_fail_reading(const pond_node *node, pond_code rc, pond_err *err) {
    return pond_wrap(err, rc, "reading '%.*s'", POND_SV_ARG(node->path));
}

fs_node *fs_known_child(const fs_node *dir, pond_sv name) {
    return pond_map_get(&dir->dir->found, name);
}
