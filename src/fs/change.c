// Links, removals and moves in the stored part of the tree.
#include "fs/fs_internal.h"

pond_code pond_fs_link(pond_fs *fs, pond_sv target, pond_sv path, pond_err *err) {
    const pond_node *dir, *node;
    pond_sv name;
    pond_id id;
    if (target.n == 0 || target.n > FS_MAX_PATH)
        return pond_fail(err, POND_ERR_INVALID, "the target of a link has 1 to %d bytes, not %zu",
                         FS_MAX_PATH, target.n);
    POND_TRY(pond_fs_parent_of(fs, path, &dir, &name, err));
    POND_TRY(fs_find_child(fs, dir, name, &node, err));
    if (node != NULL)
        return pond_fail(err, POND_ERR_EXISTS, "path '%.*s' already exists",
                         POND_SV_ARG(node->path));
    if (dir->path.n + 1 + name.n > FS_MAX_PATH)
        return fs_fail_too_long(dir, name, err);
    const pond_new_node made = {.parent = dir->id,
                                .name = name,
                                .type = POND_T_SYMLINK,
                                .factory = POND_SV(""),
                                .link = target,
                                .is_kept = true};
    POND_TRY(pond_store_create(fs->txn, &made, &id, err));
    fs_forget_child(fs, dir, name);
    return POND_OK;
}

// Removing ----------------------------------------------------------------------------------------

static pond_code check_stored(const pond_fs *fs, const pond_node *node, const char *verb,
                              pond_err *err) {
    if (node->parent == NULL)
        return pond_fail(err, POND_ERR_INVALID, "the root directory cannot be %s", verb);
    return node->is_stored && fs_is_open_dir(fs, node->parent) ? POND_OK
                                                               : fs_fail_read_only(node, err);
}

// The recursion ends: paths are at most FS_MAX_PATH bytes long.
static pond_code add_subtree(pond_fs *fs, const pond_node *node, pond_node_vec *out,
                             pond_err *err) {
    *pond_vec_push(&fs->arena, out) = node;
    pond_node_vec children;
    bool is_dynamic = node->type == POND_T_DYNAMIC_DIRECTORY;
    if (!node->is_stored || !pond_type_is_dir(node->type))
        return POND_OK;
    POND_TRY(is_dynamic ? pond_fs_list_kept(fs, node, &children, err)
                        : pond_fs_list(fs, node, &children, err));
    for (size_t i = 0; i < children.n; i++)
        POND_TRY(add_subtree(fs, children.items[i], out, err));
    return POND_OK;
}

pond_code pond_fs_subtree(pond_fs *fs, const pond_node *node, pond_node_vec *out, pond_err *err) {
    *out = (pond_node_vec){0};
    POND_TRY(check_stored(fs, node, "removed", err));
    return add_subtree(fs, node, out, err);
}

pond_code pond_fs_remove(pond_fs *fs, const pond_node *node, bool is_recursive, pond_err *err) {
    pond_node_vec all;
    POND_TRY(pond_fs_subtree(fs, node, &all, err));
    if (all.n > 1 && !is_recursive)
        return pond_fail(err, POND_ERR_CONFLICT,
                         "the directory '%.*s' is not empty; -r removes it with all that is in it",
                         POND_SV_ARG(node->path));
    for (size_t i = all.n; i-- > 0;) {
        POND_TRY_CTX(pond_store_remove(fs->txn, all.items[i]->id, err), err, "removing '%.*s'",
                     POND_SV_ARG(all.items[i]->path));
        fs_forget_child(fs, all.items[i]->parent, all.items[i]->name);
    }
    return POND_OK;
}

// Moving ------------------------------------------------------------------------------------------

// The directory and the name that a node moves to.
static pond_code find_place(pond_fs *fs, const pond_node *node, pond_sv path, const pond_node **dir,
                            pond_sv *name, pond_err *err) {
    const pond_node *there;
    pond_code rc = pond_fs_resolve(fs, path, true, &there, NULL);
    bool is_into = rc == POND_OK && pond_type_is_dir(there->type) && there != node;
    if (!is_into && !pond_sv_ends(path, POND_SV("/")))
        return pond_fs_parent_of(fs, path, dir, name, err);
    POND_TRY(fs_resolve_as(fs, "directory", path, true, dir, err));
    *name = node->name;
    if (!pond_type_is_dir((*dir)->type))
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' is not a directory",
                         POND_SV_ARG((*dir)->path));
    return fs_is_open_dir(fs, *dir) ? POND_OK : fs_fail_read_only(*dir, err);
}

static pond_code check_free(pond_fs *fs, const pond_node *node, const pond_node *dir, pond_sv name,
                            pond_err *err) {
    const pond_node *other;
    for (const pond_node *above = dir; above != NULL; above = above->parent)
        if (above == node)
            return pond_fail(err, POND_ERR_INVALID, "'%.*s' cannot be moved into itself",
                             POND_SV_ARG(node->path));
    POND_TRY(fs_find_child(fs, dir, name, &other, err));
    if (other == NULL)
        return POND_OK;
    if (other == node)
        return pond_fail(err, POND_ERR_EXISTS, "'%.*s' is there already", POND_SV_ARG(node->path));
    if (other->type != node->type)
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' (%s) cannot take the place of '%.*s' (%s)",
                         POND_SV_ARG(node->path), pond_type_name(node->type),
                         POND_SV_ARG(other->path), pond_type_name(other->type));
    return pond_fail(err, POND_ERR_EXISTS,
                     "'%.*s' already exists, and a move replaces nothing: remove it first",
                     POND_SV_ARG(other->path));
}

// The paths of what is below a directory grow with its own.
static pond_code check_lengths(pond_fs *fs, const pond_node *node, const pond_node *dir,
                               pond_sv name, pond_err *err) {
    pond_node_vec all = {0};
    POND_TRY(add_subtree(fs, node, &all, err));
    size_t above = dir->path.n + 1 + name.n;
    for (size_t i = 0; i < all.n; i++)
        if (above + all.items[i]->path.n - node->path.n > FS_MAX_PATH)
            return fs_fail_too_long(dir, name, err);
    return POND_OK;
}

pond_code pond_fs_move(pond_fs *fs, const pond_node *node, pond_sv path, const pond_node **moved,
                       pond_err *err) {
    const pond_node *dir;
    pond_sv name;
    POND_TRY(check_stored(fs, node, "moved", err));
    POND_TRY(find_place(fs, node, path, &dir, &name, err));
    POND_TRY(check_free(fs, node, dir, name, err));
    POND_TRY(check_lengths(fs, node, dir, name, err));
    POND_TRY(pond_store_move(fs->txn, node->id, dir->id, name, err));
    fs_forget_child(fs, node->parent, node->name);
    fs_forget_child(fs, dir, name);
    return fs_find_child(fs, dir, name, moved, err);
}
