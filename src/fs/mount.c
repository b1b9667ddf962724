// Mounts: directories of the host and computed nodes that are shown in a tree of the host.
#include "fs/fs_internal.h"

static pond_code fail_path(const pond_mount *m, const char *why, pond_err *err) {
    return pond_fail(err, POND_ERR_INVALID, "invalid mount path '%.*s': %s", POND_SV_ARG(m->path),
                     why);
}

static void attach(pond_fs *fs, fs_node *dir, fs_node *node) {
    *pond_vec_push(&fs->arena, &dir->dir->mounts) = &node->node;
    dir->dir->is_listed = false;
}

// The directory `name` of `dir`, which is made if nothing has that name: it holds mounts only.
static pond_code enter(pond_fs *fs, const pond_node **dir, pond_sv name, const pond_mount *m,
                       pond_err *err) {
    const pond_node *child;
    POND_TRY(fs_find_child(fs, *dir, name, &child, err));
    if (child == NULL) {
        fs_node *made = fs_node_new(fs, *dir, name, POND_T_DIRECTORY, FS_HOST);
        made->node.size_bytes = 0;
        attach(fs, fs_of(*dir), made);
        child = &made->node;
    }
    POND_TRY(fs_follow(fs, child, dir, err));
    if (!pond_type_is_dir((*dir)->type))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%.*s' is a file, so it cannot hold the mount "
                         "'%.*s'",
                         POND_SV_ARG(child->path), POND_SV_ARG(m->path));
    if (fs_is_computed(*dir))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%.*s' is computed by factory '%.*s', so it cannot hold the mount '%.*s'",
                         POND_SV_ARG((*dir)->path), POND_SV_ARG((*dir)->factory),
                         POND_SV_ARG(m->path));
    return POND_OK;
}

static fs_node *make_node(pond_fs *fs, const pond_node *dir, pond_sv name, const pond_mount *m) {
    pond_arena *a = &fs->arena;
    fs_node *n;
    if (m->dir != NULL) {
        n = fs_node_new(fs, dir, name, POND_T_DIRECTORY, FS_HOST);
        n->node.size_bytes = 0;
        fs_host_attach(fs, n, m->dir);
        return n;
    }
    n = fs_node_new(fs, dir, name, m->type, FS_COMPUTED);
    n->node.id = fs_derived_id(&fs->root->node, m->path);
    n->node.factory = pond_sv_dup(a, m->factory);
    n->config = pond_sv_dup(a, m->config);
    return n;
}

pond_code pond_fs_mount(pond_fs *fs, const pond_mount *m, pond_err *err) {
    POND_ASSERT(fs->txn == NULL && (m->dir != NULL || pond_type_is_dynamic(m->type)));
    if (m->path.n == 0 || m->path.p[0] != '/')
        return fail_path(m, "must start with '/'", err);
    pond_sv rest = pond_sv_sub(m->path, 1, m->path.n), name;
    if (rest.n == 0)
        return fail_path(m, "the root is the directory of -d", err);
    const pond_node *dir = &fs->root->node;
    while (pond_sv_split(&rest, '/', &name)) {
        const char *flaw = fs_name_flaw(dir, name);
        if (flaw != NULL)
            return fail_path(m, pond_printf(&fs->arena, "a name in it %s", flaw), err);
        if (rest.p != NULL)
            POND_TRY(enter(fs, &dir, name, m, err));
    }
    for (size_t i = 0; i < fs_of(dir)->dir->mounts.n; i++)
        if (pond_sv_eq(fs_of(dir)->dir->mounts.items[i]->name, name))
            return pond_fail(err, POND_ERR_EXISTS, "something is mounted at '%.*s' already",
                             POND_SV_ARG(m->path));
    attach(fs, fs_of(dir), make_node(fs, dir, name, m));
    return POND_OK;
}
