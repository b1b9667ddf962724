// Changing the stored part of the tree.
#include "fs/fs_internal.h"

pond_code fs_fail_read_only(const pond_node *node, pond_err *err) {
    const pond_node *maker = node;
    while (maker->factory.n == 0 && maker->parent != NULL)
        maker = maker->parent;
    if (maker->factory.n == 0)
        return pond_fail(err, POND_ERR_READ_ONLY, "'%.*s' is of the host, and can only be read",
                         POND_SV_ARG(node->path));
    return pond_fail(err, POND_ERR_READ_ONLY,
                     "'%.*s' is read-only: it is computed by factory '%.*s'",
                     POND_SV_ARG(node->path), POND_SV_ARG(maker->factory));
}

bool fs_is_open_dir(const pond_fs *fs, const pond_node *dir) {
    if (!dir->is_stored || !pond_type_is_dir(dir->type))
        return false;
    // What is stored below a dynamic directory is kept there by its factory.
    while (dir != NULL && dir->type != POND_T_DYNAMIC_DIRECTORY)
        dir = dir->parent;
    return dir == NULL || (fs->has_keeper && pond_id_eq(dir->id, fs->keeper));
}

void pond_fs_keep(pond_fs *fs, const pond_node *dir) {
    fs->has_keeper = dir != NULL;
    if (dir != NULL)
        fs->keeper = dir->id;
}

// `content` is the first version of a file, and NULL for a directory.
static pond_code create(pond_fs *fs, const pond_node *dir, pond_sv name, pond_type type,
                        pond_sv factory, const pond_version *content, pond_err *err) {
    if (!fs_is_open_dir(fs, dir))
        return fs_fail_read_only(dir, err);
    if (dir->path.n + 1 + name.n > FS_MAX_PATH)
        return fs_fail_too_long(dir, name, err);
    pond_id id;
    const pond_new_node made = {.parent = dir->id,
                                .name = name,
                                .type = type,
                                .factory = factory,
                                .link = POND_SV(""),
                                .content = content,
                                .is_kept = true}; // is_open_dir has been asked
    POND_TRY(pond_store_create(fs->txn, &made, &id, err));
    fs_forget_child(fs, dir, name);
    return POND_OK;
}

static pond_code create_dir(pond_fs *fs, const pond_node *dir, pond_sv name, pond_err *err) {
    return create(fs, dir, name, POND_T_DIRECTORY, POND_SV(""), NULL, err);
}

static pond_code add_version(pond_fs *fs, const pond_node *file, const pond_version *v,
                             pond_err *err) {
    POND_TRY(pond_store_add_version(fs->txn, file->id, v, err));
    fs_forget_child(fs, file->parent, file->name);
    return POND_OK;
}

pond_code pond_fs_parent_of(pond_fs *fs, pond_sv path, const pond_node **dir, pond_sv *name,
                            pond_err *err) {
    while (path.n > 0 && path.p[path.n - 1] == '/')
        path.n--;
    size_t name_at = (size_t)(pond_sv_rfind_char(path, '/') + 1);
    *name = pond_sv_sub(path, name_at, path.n);
    if (name->n == 0 || pond_sv_is(*name, ".") || pond_sv_is(*name, ".."))
        return pond_fail(err, POND_ERR_INVALID, "path '%.*s' does not end in a name",
                         (int)(path.n == 0 ? 1 : path.n), path.n == 0 ? "/" : path.p);
    pond_sv above = pond_sv_sub(path, 0, name_at > 1 ? name_at - 1 : name_at);
    POND_TRY(fs_resolve_as(fs, "parent directory", above, true, dir, err));
    if (!pond_type_is_dir((*dir)->type))
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' is not a directory",
                         POND_SV_ARG((*dir)->path));
    return fs_is_open_dir(fs, *dir) ? POND_OK : fs_fail_read_only(*dir, err);
}

// Directories -------------------------------------------------------------------------------------

// Makes a directory, and finds its node.
static pond_code enter_new(pond_fs *fs, const pond_node *dir, pond_sv name, const pond_node **out,
                           pond_err *err) {
    POND_TRY(create_dir(fs, dir, name, err));
    POND_TRY(fs_find_child(fs, dir, name, out, err));
    if (*out != NULL)
        return POND_OK;
    return pond_fail(err, POND_ERR_CORRUPT, "'%.*s' in '%.*s' cannot be found after the write",
                     POND_SV_ARG(name), POND_SV_ARG(dir->path));
}

static pond_code mkdir_all(pond_fs *fs, pond_sv path, pond_err *err) {
    const pond_node *dir = &fs->root->node;
    for (pond_sv name; pond_sv_split(&path, '/', &name);) {
        if (name.n == 0 || pond_sv_is(name, "."))
            continue;
        if (pond_sv_is(name, "..")) {
            dir = dir->parent == NULL ? dir : dir->parent;
            continue;
        }
        const pond_node *child;
        POND_TRY(fs_find_child(fs, dir, name, &child, err));
        if (child == NULL)
            POND_TRY(enter_new(fs, dir, name, &child, err));
        POND_TRY(fs_follow(fs, child, &dir, err));
        if (!pond_type_is_dir(dir->type))
            return pond_fail(err, POND_ERR_CONFLICT, "path '%.*s' exists but is not a directory",
                             POND_SV_ARG(child->path));
    }
    return POND_OK;
}

static bool is_root_path(pond_sv path) {
    for (size_t i = 0; i < path.n; i++)
        if (path.p[i] != '/')
            return false;
    return path.n > 0;
}

pond_code pond_fs_mkdir(pond_fs *fs, pond_sv path, bool make_parents, pond_err *err) {
    if (make_parents || is_root_path(path))
        return mkdir_all(fs, path, err);
    const pond_node *dir, *node;
    pond_sv name;
    POND_TRY(pond_fs_parent_of(fs, path, &dir, &name, err));
    POND_TRY(fs_find_child(fs, dir, name, &node, err));
    if (node != NULL)
        return pond_fail(err, POND_ERR_EXISTS, "path '%.*s' already exists",
                         POND_SV_ARG(node->path));
    return create_dir(fs, dir, name, err);
}

// Files -------------------------------------------------------------------------------------------

// Whether a version of a file of `type` can be added to `node`.
static pond_code check_writable(const pond_fs *fs, const pond_node *node, pond_type type,
                                pond_err *err) {
    if (!node->is_stored || pond_type_is_dynamic(node->type) ||
        (node->parent != NULL && !fs_is_open_dir(fs, node->parent)))
        return fs_fail_read_only(node, err);
    if (pond_type_is_dir(node->type))
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' is a directory", POND_SV_ARG(node->path));
    if (node->type != type)
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%.*s' is %s and cannot become %s; a file keeps its type",
                         POND_SV_ARG(node->path), pond_type_name(node->type), pond_type_name(type));
    return POND_OK;
}

pond_code pond_fs_write(pond_fs *fs, pond_sv path, pond_type type, const pond_version *v,
                        pond_err *err) {
    POND_ASSERT(!pond_type_is_dir(type) && !pond_type_is_dynamic(type) && type != POND_T_SYMLINK);
    const pond_node *dir, *file;
    pond_sv name;
    POND_TRY(pond_fs_parent_of(fs, path, &dir, &name, err));
    POND_TRY(fs_find_child(fs, dir, name, &file, err));
    if (file == NULL)
        return create(fs, dir, name, type, POND_SV(""), v, err);
    POND_TRY(fs_follow(fs, file, &file, err));
    POND_TRY(check_writable(fs, file, type, err));
    return add_version(fs, file, v, err);
}

pond_code pond_fs_mknod(pond_fs *fs, pond_sv path, pond_type type, pond_sv factory, pond_sv config,
                        bool is_overwrite, pond_err *err) {
    POND_ASSERT(pond_type_is_dynamic(type));
    const pond_node *dir, *node;
    pond_sv name;
    POND_TRY(pond_fs_parent_of(fs, path, &dir, &name, err));
    POND_TRY(fs_find_child(fs, dir, name, &node, err));
    if (node != NULL && !is_overwrite)
        return pond_fail(err, POND_ERR_EXISTS, "path '%.*s' already exists",
                         POND_SV_ARG(node->path));
    if (node != NULL && !pond_type_is_dynamic(node->type))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%.*s' is %s; only a dynamic node can be overwritten",
                         POND_SV_ARG(node->path), pond_type_name(node->type));

    if (node != NULL && !pond_sv_eq(node->factory, factory)) {
        pond_node_vec kept;
        POND_TRY(pond_fs_list_kept(fs, node, &kept, err));
        if (kept.n > 0)
            return pond_fail(err, POND_ERR_CONFLICT,
                             "'%.*s' holds what '%.*s' has stored; remove it first",
                             POND_SV_ARG(node->path), POND_SV_ARG(node->factory));
    }
    // t_min > t_max: a config has no rows.
    pond_version v = {.rows = -1, .size_bytes = config.n, .t_min_us = 0, .t_max_us = -1};
    v.time_column = v.facts = POND_SV("");
    POND_TRY(pond_object_write(fs->store, config, &v.object, err));
    if (node == NULL)
        return create(fs, dir, name, type, factory, &v, err);
    POND_TRY(pond_store_set_factory(fs->txn, node->id, type, factory, err));
    return add_version(fs, node, &v, err);
}
