// Listing directories, and finding one child.
//
// To compute the entries of its directory, a factory may look at other directories, and so come
// back to the directory that it is computing. That one then appears empty to it. A listing that
// used such an empty directory, or another cut listing, is called cut: it depends on where the
// round of listings began. If it were kept for good, the content of a directory would depend on
// which one was listed first. So a cut listing is kept for the rest of its round, which limits the
// work. The listing with which the round began is kept for later callers, but other listings do not
// use it.
#include "fs/fs_internal.h"

#include <stdlib.h>

static int by_name(const void *a, const void *b) {
    const pond_node *const *x = a, *const *y = b;
    return pond_sv_cmp((*x)->name, (*y)->name);
}

static const pond_node *find_by_name(const pond_node_vec *v, pond_sv name) {
    size_t low = 0, high = v->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = pond_sv_cmp(v->items[middle]->name, name);
        if (order == 0)
            return v->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

// Whether an entry can have this name; if not, it is left out with a warning, so that it does not
// keep the others from being listed.
static bool check_name(pond_fs *fs, const pond_node *dir, pond_sv name) {
    enum { SHOWN_BYTES = 60 };
    const char *flaw = pond_name_flaw(name);
    if (flaw != NULL)
        pond_fs_warn(fs, "an entry of '%.*s' is left out: its name '%.*s%s' %s",
                     POND_SV_ARG(dir->path), POND_SV_ARG(pond_sv_sub(name, 0, SHOWN_BYTES)),
                     name.n > SHOWN_BYTES ? "…" : "", flaw);
    return flaw == NULL;
}

// Takes over the entries that a factory computed. Their names come from captures, configs and other
// directories, so they are checked.
static pond_code adopt_computed(pond_fs *fs, fs_node *dir, pond_node_vec made, pond_err *err) {
    size_t n = 0;
    for (size_t i = 0; i < made.n; i++) {
        const pond_node *child = made.items[i];
        POND_ASSERT(child->parent == &dir->node);
        if (!check_name(fs, &dir->node, child->name))
            continue;
        if (child->path.n > FS_MAX_PATH)
            return fs_fail_too_long(&dir->node, child->name, err);
        made.items[n++] = child;
    }
    made.n = n;
    pond_sort(made.items, made.n, sizeof *made.items, by_name);
    for (size_t i = 1; i < made.n; i++)
        if (by_name(&made.items[i - 1], &made.items[i]) == 0)
            return pond_fail(err, POND_ERR_CONFLICT, "two entries have the name '%.*s'",
                             POND_SV_ARG(made.items[i]->name));
    dir->dir->all = made;
    return POND_OK;
}

static pond_code call_factory(pond_fs *fs, fs_node *dir, pond_node_vec *made, pond_err *err) {
    POND_TRY(pond_fs_open_dynamic(fs, &dir->node, err));
    const pond_dyn *dyn = dir->node.dyn;
    if (dyn->list == NULL)
        return pond_fail(err, POND_ERR_UNSUPPORTED, "factory '%.*s' does not compute directories",
                         POND_SV_ARG(dir->node.factory));
    return dyn->list(fs, &dir->node, made, err);
}

static void mark_cut(fs_dir *listing) {
    if (listing != NULL)
        listing->is_cut = true;
}

// The round in which a cut listing may be used; rounds count from 1, and 0 is outside of any.
static uint64_t current_round(const pond_fs *fs) {
    return fs->listing == NULL ? 0 : fs->round;
}

static bool is_valid(const pond_fs *fs, const fs_dir *d) {
    return d->is_listed && d->n_writes == fs->n_writes &&
           (!d->is_cut || d->round == current_round(fs));
}

static pond_code list_computed(pond_fs *fs, fs_node *dir, pond_err *err) {
    fs_dir *d = dir->dir, *outer = fs->listing;
    d->round = current_round(fs);
    if (outer == NULL)
        fs->round++;
    d->n_writes = fs->n_writes;
    d->is_cut = false;
    d->is_listing = true;
    fs->listing = d;

    pond_node_vec made = {0};
    pond_code rc = call_factory(fs, dir, &made, err);
    if (rc == POND_OK)
        rc = adopt_computed(fs, dir, made, err);

    fs->listing = outer;
    d->is_listing = false;
    d->is_listed = rc == POND_OK;
    if (d->is_cut)
        mark_cut(outer);
    return rc;
}

static pond_code list_stored(pond_fs *fs, fs_node *dir, pond_err *err) {
    fs_dir *d = dir->dir;
    pond_node_row_vec rows = {0};
    POND_TRY(pond_store_children(fs->txn, &fs->arena, dir->node.id, &rows, err));
    pond_node_vec all = {.items = POND_NEW_ARRAY(&fs->arena, const pond_node *, rows.n)};
    for (size_t i = 0; i < rows.n; i++) {
        const pond_node_row *row = rows.items[i];
        if (!check_name(fs, &dir->node, row->name))
            continue;
        if (dir->node.path.n + 1 + row->name.n > FS_MAX_PATH)
            return fs_fail_too_long(&dir->node, row->name, err);
        fs_node *known = pond_map_get(&d->found, row->name);
        all.items[all.n++] = known != NULL ? &known->node : &fs_node_of_row(fs, dir, row)->node;
    }
    pond_sort(all.items, all.n, sizeof *all.items, by_name);
    // The catalog says that names are unique, unless somebody changed it.
    size_t n = 0;
    for (size_t i = 0; i < all.n; i++)
        if (n == 0 || by_name(&all.items[n - 1], &all.items[i]) != 0)
            all.items[n++] = all.items[i];
    all.n = n;
    d->all = all;
    d->is_listed = true;
    return POND_OK;
}

void fs_forget_child(pond_fs *fs, const pond_node *dir, pond_sv name) {
    fs_dir *d = fs_of(dir)->dir;
    // The next listing has the same nodes for the other children.
    for (size_t i = 0; d->is_listed && i < d->all.n; i++)
        *pond_map_at(&d->found, d->all.items[i]->name, NULL) = fs_of(d->all.items[i]);
    d->is_listed = false;
    if (pond_map_get(&d->found, name) != NULL)
        *pond_map_at(&d->found, name, NULL) = NULL;
    fs->missed_in = NULL;
    fs->n_writes++;
}

pond_code pond_fs_list(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    if (!pond_type_is_dir(dir->type))
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is not a directory",
                         POND_SV_ARG(dir->path));
    fs_dir *d = fs_of(dir)->dir;
    *out = (pond_node_vec){0};
    if (d->is_listing) {
        mark_cut(fs->listing);
        return POND_OK;
    }
    if (fs_is_stored_dir(dir)) {
        if (!d->is_listed)
            POND_TRY_CTX(list_stored(fs, fs_of(dir), err), err, "listing '%.*s'",
                         POND_SV_ARG(dir->path));
    } else {
        if (!is_valid(fs, d))
            POND_TRY_CTX(list_computed(fs, fs_of(dir), err), err, "listing '%.*s'",
                         POND_SV_ARG(dir->path));
        else if (d->is_cut)
            mark_cut(fs->listing);
    }
    // The capacity is what is used, so that a caller who pushes gets a copy.
    *out = (pond_node_vec){.items = d->all.items, .n = d->all.n, .cap = d->all.n};
    return POND_OK;
}

static pond_code find_stored(pond_fs *fs, fs_node *dir, pond_sv name, const pond_node **out,
                             pond_err *err) {
    fs_node *known = pond_map_get(&dir->dir->found, name);
    const pond_node_row *row = NULL;
    bool is_missed = fs->missed_in == dir && pond_sv_eq(pond_buf_view(&fs->missed), name);
    if (known == NULL && !is_missed)
        POND_TRY_CTX(pond_store_lookup(fs->txn, &fs->arena, dir->node.id, name, &row, err), err,
                     "looking for '%.*s' in '%.*s'", POND_SV_ARG(name),
                     POND_SV_ARG(dir->node.path));
    if (row != NULL) {
        known = fs_node_of_row(fs, dir, row);
        *pond_map_at(&dir->dir->found, known->node.name, NULL) = known;
    }
    if (known == NULL && !is_missed) {
        fs->missed_in = dir;
        fs->missed.n = 0;
        pond_buf_sv(&fs->missed, name);
    }
    *out = known == NULL ? NULL : &known->node;
    return POND_OK;
}

pond_code fs_find_child(pond_fs *fs, const pond_node *dir, pond_sv name, const pond_node **out,
                        pond_err *err) {
    fs_dir *d = fs_of(dir)->dir;
    *out = NULL;
    if (pond_name_flaw(name) != NULL)
        return POND_OK;
    if (fs_is_stored_dir(dir) && !d->is_listed)
        return find_stored(fs, fs_of(dir), name, out, err);
    pond_node_vec all;
    POND_TRY(pond_fs_list(fs, dir, &all, err));
    *out = find_by_name(&all, name);
    return POND_OK;
}
