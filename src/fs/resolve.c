// Finding the node of a path, with symlinks followed.
#include "fs/fs_internal.h"

#include "base/near.h"

// The state of one call of pond_fs_resolve, through all symlinks on the way.
typedef struct way {
    pond_fs *fs;
    const char *noun; // what messages call the path
    pond_sv asked;
    int n_links; // followed so far
    pond_err *err;
} way;

// The symlinks that are being followed, innermost first.
typedef struct link_chain {
    const pond_node *link;
    const struct link_chain *outer;
} link_chain;

// Messages ----------------------------------------------------------------------------------------

// The child whose name is similar to `name`; "" if there is none.
static pond_sv near_name(pond_fs *fs, const pond_node *dir, pond_sv name) {
    pond_node_vec children;
    if (pond_fs_list(fs, dir, &children, NULL) != POND_OK || children.n == 0)
        return POND_SV("");
    pond_arena scratch;
    pond_arena_init(&scratch);
    pond_sv *names = POND_NEW_ARRAY(&scratch, pond_sv, children.n);
    for (size_t i = 0; i < children.n; i++)
        names[i] = children.items[i]->name;
    size_t at = pond_near_name(name, names, children.n);
    pond_arena_deinit(&scratch);
    return at < children.n ? children.items[at]->name : POND_SV("");
}

static pond_code fail_missing(const way *w, const link_chain *chain, const pond_node *dir) {
    pond_code rc = pond_fail(w->err, POND_ERR_NOT_FOUND, "%s '%.*s' does not exist", w->noun,
                             POND_SV_ARG(w->asked));
    for (; chain != NULL; chain = chain->outer)
        pond_err_detail(w->err, "  symlink: '%.*s' -> '%.*s'", POND_SV_ARG(chain->link->path),
                        POND_SV_ARG(chain->link->link));
    pond_err_detail(w->err, "  nearest directory: %.*s", POND_SV_ARG(dir->path));
    return rc;
}

static pond_code fail_no_child(const way *w, const link_chain *chain, const pond_node *dir,
                               pond_sv name) {
    pond_code rc = fail_missing(w, chain, dir);
    pond_sv near = w->err == NULL ? POND_SV("") : near_name(w->fs, dir, name);
    if (near.n > 0)
        pond_err_detail(w->err, "  did you mean '%.*s'?", POND_SV_ARG(near));
    return rc;
}

static pond_code fail_not_dir(const way *w, const link_chain *chain, const pond_node *node) {
    pond_code rc = fail_missing(w, chain, node->parent);
    pond_err_detail(w->err, "  '%.*s' is not a directory", POND_SV_ARG(node->path));
    return rc;
}

static pond_code fail_leads_out(const way *w, const pond_node *link) {
    return pond_fail(w->err, POND_ERR_INVALID,
                     "symlink '%.*s' -> '%.*s' leads out of '%s', and so out of the tree",
                     POND_SV_ARG(link->path), POND_SV_ARG(link->link),
                     fs_of(link)->mount->node.host_path);
}

// The walk ----------------------------------------------------------------------------------------

static pond_code follow(way *w, const link_chain *chain, const pond_node **node);

// The parent of a directory. Above a directory of the host that is mounted, the target of a link of
// the host is not in the tree.
static pond_code go_up(const way *w, const link_chain *chain, const pond_node **dir) {
    const fs_node *n = fs_of(*dir);
    bool is_host_link = chain != NULL && chain->link->host_path != NULL;
    if (is_host_link && n->mount == n) // the parent of "/" is "/"
        return strcmp((*dir)->host_path, "/") == 0 ? POND_OK : fail_leads_out(w, chain->link);
    if ((*dir)->parent != NULL)
        *dir = (*dir)->parent;
    return POND_OK;
}

// Walks along `path` from the directory *node, and stores the node at its end in *node.
static pond_code walk(way *w, const link_chain *chain, pond_sv path, bool is_follow,
                      const pond_node **node) {
    for (pond_sv name; pond_sv_split(&path, '/', &name);) {
        if (name.n == 0 || pond_sv_is(name, "."))
            continue;
        POND_TRY(follow(w, chain, node));
        const pond_node *dir = *node;
        if (!pond_type_is_dir(dir->type))
            return fail_not_dir(w, chain, dir);
        if (pond_sv_is(name, "..")) {
            POND_TRY(go_up(w, chain, node));
            continue;
        }
        POND_TRY(fs_find_child(w->fs, dir, name, node, w->err));
        if (*node == NULL)
            return fail_no_child(w, chain, dir, name);
    }
    return is_follow ? follow(w, chain, node) : POND_OK;
}

// The directory where the walk to the target of a link begins, and the way from there.
static pond_code find_target(const way *w, const pond_node *link, const pond_node **from,
                             pond_sv *rest) {
    const fs_node *mount = fs_of(link)->mount;
    *rest = link->link;
    *from = link->parent;
    if (!pond_sv_starts(*rest, POND_SV("/")))
        return POND_OK;
    *from = mount == NULL ? &w->fs->root->node : &mount->node;
    return mount == NULL || fs_host_is_below(mount, *rest, rest) ? POND_OK
                                                                 : fail_leads_out(w, link);
}

static pond_code follow(way *w, const link_chain *chain, const pond_node **node) {
    const pond_node *link = *node;
    if (link->type != POND_T_SYMLINK)
        return POND_OK;
    for (const link_chain *c = chain; c != NULL; c = c->outer)
        if (c->link == link)
            return pond_fail(w->err, POND_ERR_INVALID, "symlink cycle at '%.*s' -> '%.*s'",
                             POND_SV_ARG(link->path), POND_SV_ARG(link->link));
    if (++w->n_links > FS_MAX_LINKS)
        return pond_fail(w->err, POND_ERR_LIMIT, "more than %d symlinks on the way to '%.*s'",
                         FS_MAX_LINKS, POND_SV_ARG(w->asked));
    link_chain inner = {link, chain};
    pond_sv target;
    POND_TRY(find_target(w, link, node, &target));
    return walk(w, &inner, target, true, node);
}

// Entry points ------------------------------------------------------------------------------------

pond_code fs_resolve_as(pond_fs *fs, const char *noun, pond_sv path, bool is_follow,
                        const pond_node **out, pond_err *err) {
    if (!pond_sv_starts(path, POND_SV("/")))
        path = pond_svf(&fs->arena, "/%.*s", POND_SV_ARG(path));
    way w = {.fs = fs, .noun = noun, .asked = path, .err = err};
    *out = &fs->root->node;
    return walk(&w, NULL, path, is_follow, out);
}

pond_code pond_fs_resolve(pond_fs *fs, pond_sv path, bool is_follow, const pond_node **out,
                          pond_err *err) {
    return fs_resolve_as(fs, "path", path, is_follow, out, err);
}

pond_code fs_follow(pond_fs *fs, const pond_node *node, const pond_node **out, pond_err *err) {
    way w = {.fs = fs, .noun = "target of symlink", .asked = node->path, .err = err};
    *out = node;
    return follow(&w, NULL, out);
}

void pond_fs_explain_no_match(pond_fs *fs, pond_sv path, pond_err *err) {
    pond_err why;
    const pond_node *dir;
    pond_code rc = pond_fs_resolve(fs, path, true, &dir, &why);
    if (rc == POND_OK)
        pond_err_detail(err, "  nearest directory: %.*s", POND_SV_ARG(dir->path));
    else if (rc == POND_ERR_NOT_FOUND)
        pond_err_detail(err, "%s", why.detail);
}

pond_sv pond_fs_nearest_dir(pond_fs *fs, pond_sv path) {
    const pond_node *node;
    while (pond_fs_resolve(fs, path, true, &node, NULL) != POND_OK ||
           !pond_type_is_dir(node->type)) {
        ptrdiff_t slash = pond_sv_rfind_char(path, '/');
        path = pond_sv_sub(path, 0, slash < 0 ? 0 : (size_t)slash);
    }
    return node->path;
}
