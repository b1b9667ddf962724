// Finding the nodes that match a pattern.
//
// The walk goes down the tree and along the pattern together. Where a segment is a name, only that
// child is looked up, so that no directory is listed without need. At a `**` the walk first goes on
// without descending. So the first match of a node is the one with each `**` as short as possible,
// and a node that is reached again (by a second `**`, or through a symlink) can be skipped.
#include "fs/fs_internal.h"

#include "base/sort.h"

#include <stdlib.h>

enum { MAX_FAILED = 100 }; // so that a search ends in a tree that is broken everywhere

typedef struct globbing {
    pond_fs *fs;
    const pond_glob *glob;
    const pond_fs_search *search;
    pond_map failed;      // directories and links that could not be looked into
    pond_arena *a;        // of the result
    pond_arena scratch;   // of everything else
    pond_sv_vec captures; // on the way to where the walk is now
    pond_map been;        // pairs of directory and `**` segment
    bool may_repeat;      // by a second `**` or through a link a node may be reached again
    pond_map matched;     // paths of nodes, if may_repeat
    pond_match_vec found;
    pond_err *err;
} globbing;

// Whether `map` has the key already. If not, it is added.
static bool is_known(pond_map *map, pond_sv key) {
    bool is_new;
    pond_map_at(map, key, &is_new);
    return !is_new;
}

static bool has_been(globbing *g, const pond_node *dir, size_t k) {
    const void *place[2] = {dir, &g->glob->segments[k]};
    return is_known(&g->been,
                    pond_sv_dup(&g->scratch, (pond_sv){(const char *)place, sizeof place}));
}

static void expect_repeats(globbing *g) {
    for (size_t i = 0; !g->may_repeat && i < g->found.n; i++)
        pond_map_at(&g->matched, g->found.items[i].node->path, NULL);
    g->may_repeat = true;
}

static void add_match(globbing *g, const pond_node *node) {
    if (g->may_repeat && is_known(&g->matched, node->path))
        return;
    size_t n = g->search->has_no_captures ? 0 : g->captures.n;
    pond_sv *captures = n == 0 ? NULL : pond_alloc(g->a, n * sizeof *captures);
    if (n > 0)
        memcpy(captures, g->captures.items, n * sizeof *captures);
    *pond_vec_push(g->a, &g->found) =
        (pond_match){.node = node, .captures = captures, .n_captures = n};
}

// `node` cannot be looked into, with the error in g->err. Whether the search goes on without it.
static bool goes_on_without(globbing *g, const pond_node *node) {
    if (g->search->failed == NULL || fs_is_stored_dir(node))
        return false;
    pond_sv key = {(const char *)&node, sizeof node};
    if (!is_known(&g->failed, pond_sv_dup(&g->scratch, key))) {
        // The host may have very many directories that the user cannot read, but an end.
        if (g->failed.n > MAX_FAILED && node->host_path == NULL)
            return false;
        g->search->failed(g->search->user, g->err);
    }
    pond_err_clear(g->err);
    return true;
}

static pond_code list(globbing *g, const pond_node *dir, pond_node_vec *out) {
    pond_code rc = pond_fs_list(g->fs, dir, out, g->err);
    return rc == POND_OK || goes_on_without(g, dir) ? POND_OK : rc;
}

static pond_code walk(globbing *g, const pond_node *dir, size_t k);

// `node` matches the k-th segment: it is a match, or the walk goes on below it.
static pond_code go_on(globbing *g, const pond_node *node, size_t k) {
    if (k + 1 == g->glob->n_segments) {
        add_match(g, node);
        return POND_OK;
    }
    const pond_node *dir;
    pond_code rc = fs_follow(g->fs, node, &dir, g->err);
    if (rc != POND_OK)
        return goes_on_without(g, node) ? POND_OK : rc;
    if (dir != node)
        expect_repeats(g);
    return pond_type_is_dir(dir->type) ? walk(g, dir, k + 1) : POND_OK;
}

static pond_code descend(globbing *g, const pond_node *dir, size_t k) {
    if (has_been(g, dir, k))
        return POND_OK;
    POND_TRY(walk(g, dir, k + 1));
    pond_node_vec children;
    POND_TRY(list(g, dir, &children));
    for (size_t i = 0; i < children.n; i++) {
        const pond_node *child = children.items[i];
        if (!pond_type_is_dir(child->type))
            continue;
        *pond_vec_push(&g->scratch, &g->captures) = child->name;
        POND_TRY(descend(g, child, k));
        g->captures.n--;
    }
    return POND_OK;
}

// Matches the children of `dir` against the k-th segment and those after it.
static pond_code walk(globbing *g, const pond_node *dir, size_t k) {
    const pond_glob_segment *segment = &g->glob->segments[k];
    if (segment->is_deep)
        return descend(g, dir, k);
    if (segment->n_stars == 0) {
        const pond_node *child;
        pond_code rc = fs_find_child(g->fs, dir, segment->text, &child, g->err);
        if (rc != POND_OK)
            return goes_on_without(g, dir) ? POND_OK : rc;
        return child == NULL ? POND_OK : go_on(g, child, k);
    }
    pond_node_vec children;
    POND_TRY(list(g, dir, &children));
    if (k + 1 == g->glob->n_segments && segment->text.n == 1) // all of them match
        pond_vec_reserve(g->a, &g->found, children.n);
    size_t n_captures = g->captures.n;
    for (size_t i = 0; i < children.n; i++) {
        const pond_node *child = children.items[i];
        if (pond_glob_segment_match(&g->scratch, segment, child->name, &g->captures))
            POND_TRY(go_on(g, child, k));
        g->captures.n = n_captures;
    }
    return POND_OK;
}

static pond_code walk_from_root(globbing *g) {
    if (g->glob->segments[0].is_deep && g->fs->txn != NULL) // every directory is listed
        pond_store_read_ahead(g->fs->txn);
    return walk(g, &g->fs->root->node, 0);
}

static pond_sv path_of(const void *match) {
    return ((const pond_match *)match)->node->path;
}

pond_code pond_fs_find(pond_fs *fs, pond_arena *a, const pond_fs_search *search,
                       pond_match_vec *out, pond_err *err) {
    // A search that goes on has to hold each error.
    pond_err *own = err == NULL && search->failed != NULL ? POND_NEW(a, pond_err) : err;
    globbing g = {.fs = fs, .glob = search->glob, .search = search, .a = a, .err = own};
    pond_arena_init(&g.scratch);
    pond_map_init(&g.been, &g.scratch);
    pond_map_init(&g.matched, &g.scratch);
    pond_map_init(&g.failed, &g.scratch);
    size_t n_deep = 0;
    for (size_t i = 0; i < g.glob->n_segments; i++)
        n_deep += g.glob->segments[i].is_deep;
    g.may_repeat = n_deep > 1;
    pond_code rc = POND_OK;
    if (g.glob->n_segments == 0)
        add_match(&g, &fs->root->node);
    else
        rc = walk_from_root(&g);
    if (rc == POND_OK) {
        pond_sort_texts(&g.scratch, g.found.items, g.found.n, sizeof *g.found.items, path_of);
        *out = g.found;
    }
    pond_arena_deinit(&g.scratch);
    return rc;
}

pond_code pond_fs_glob(pond_fs *fs, pond_arena *a, const pond_glob *glob, pond_match_vec *out,
                       pond_err *err) {
    const pond_fs_search search = {.glob = glob};
    return pond_fs_find(fs, a, &search, out, err);
}
