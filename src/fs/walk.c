// Finding the nodes that match a pattern.
//
// The walk goes down the tree and along the pattern together. Where a segment is a name, only that
// child is looked up, so that no directory is listed without need. At a `**` the walk first goes on
// without descending. So the first match of a node is the one with each `**` as short as possible,
// and a node that is reached again (by a second `**`, or through a symlink) can be skipped.
#include "fs/fs_internal.h"

#include <stdlib.h>

typedef struct globbing {
    pond_fs *fs;
    const pond_glob *glob;
    pond_arena *a;        // of the result
    pond_arena scratch;   // of everything else
    pond_sv_vec captures; // on the way to where the walk is now
    pond_map been;        // pairs of directory and `**` segment
    pond_map matched;     // paths of nodes
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

static void add_match(globbing *g, const pond_node *node) {
    if (is_known(&g->matched, node->path))
        return;
    size_t n = g->captures.n;
    pond_sv *captures = POND_NEW_ARRAY(g->a, pond_sv, n);
    if (n > 0)
        memcpy(captures, g->captures.items, n * sizeof *captures);
    *pond_vec_push(g->a, &g->found) =
        (pond_match){.node = node, .captures = captures, .n_captures = n};
}

static pond_code walk(globbing *g, const pond_node *dir, size_t k);

// `node` matches the k-th segment: it is a match, or the walk goes on below it.
static pond_code go_on(globbing *g, const pond_node *node, size_t k) {
    if (k + 1 == g->glob->n_segments) {
        add_match(g, node);
        return POND_OK;
    }
    const pond_node *dir;
    POND_TRY(fs_follow(g->fs, node, &dir, g->err));
    return pond_type_is_dir(dir->type) ? walk(g, dir, k + 1) : POND_OK;
}

static pond_code descend(globbing *g, const pond_node *dir, size_t k) {
    if (has_been(g, dir, k))
        return POND_OK;
    POND_TRY(walk(g, dir, k + 1));
    pond_node_vec children;
    POND_TRY(pond_fs_list(g->fs, dir, &children, g->err));
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
        POND_TRY(fs_find_child(g->fs, dir, segment->text, &child, g->err));
        return child == NULL ? POND_OK : go_on(g, child, k);
    }
    pond_node_vec children;
    POND_TRY(pond_fs_list(g->fs, dir, &children, g->err));
    size_t n_captures = g->captures.n;
    for (size_t i = 0; i < children.n; i++) {
        const pond_node *child = children.items[i];
        if (pond_glob_segment_match(&g->scratch, segment, child->name, &g->captures))
            POND_TRY(go_on(g, child, k));
        g->captures.n = n_captures;
    }
    return POND_OK;
}

static int by_path(const void *a, const void *b) {
    const pond_match *x = a, *y = b;
    return pond_sv_cmp(x->node->path, y->node->path);
}

pond_code pond_fs_glob(pond_fs *fs, pond_arena *a, const pond_glob *glob, pond_match_vec *out,
                       pond_err *err) {
    globbing g = {.fs = fs, .glob = glob, .a = a, .err = err};
    pond_arena_init(&g.scratch);
    pond_map_init(&g.been, &g.scratch);
    pond_map_init(&g.matched, &g.scratch);
    pond_code rc = POND_OK;
    if (glob->n_segments == 0)
        add_match(&g, &fs->root->node);
    else
        rc = walk(&g, &fs->root->node, 0);
    if (rc == POND_OK) {
        if (g.found.n > 0)
            qsort(g.found.items, g.found.n, sizeof *g.found.items, by_path);
        *out = g.found;
    }
    pond_arena_deinit(&g.scratch);
    return rc;
}
