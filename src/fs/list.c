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

const char *fs_name_flaw(const pond_node *dir, pond_sv name) {
    const char *flaw = pond_name_flaw(name);
    bool is_host = fs_of(dir)->origin == FS_HOST;
    return flaw == NULL && is_host && pond_utf8_find_bad(name) >= 0 ? "is not UTF-8" : flaw;
}

// Whether an entry can have this name; if not, it is left out with a warning, so that it does not
// keep the others from being listed.
static bool check_name(pond_fs *fs, const pond_node *dir, pond_sv name) {
    enum { SHOWN_BYTES = 60 };
    const char *flaw = fs_name_flaw(dir, name);
    if (flaw != NULL)
        pond_fs_warn(fs, "an entry of '%.*s' is left out: its name '%.*s%s' %s",
                     POND_SV_ARG(dir->path), POND_SV_ARG(pond_sv_sub(name, 0, SHOWN_BYTES)),
                     name.n > SHOWN_BYTES ? "…" : "", flaw);
    return flaw == NULL;
}

static const pond_node *find_mounted(const fs_dir *d, pond_sv name) {
    for (size_t i = 0; i < d->mounts.n; i++)
        if (pond_sv_eq(d->mounts.items[i]->name, name))
            return d->mounts.items[i];
    return NULL;
}

// Whether each name comes after the one before it.
static bool is_ascending(const pond_node_vec *v) {
    for (size_t i = 1; i < v->n; i++)
        if (by_name(&v->items[i - 1], &v->items[i]) >= 0)
            return false;
    return true;
}

// Takes over the entries that a source gave. Names come from captures, configs, other directories,
// and a catalog that may be somebody else's, so they are checked. *is_unique: surely no two have the
// same name.
static pond_code adopt(pond_fs *fs, fs_node *dir, pond_node_vec made, bool *is_unique,
                       pond_err *err) {
    fs_dir *d = dir->dir;
    size_t n = 0;
    for (size_t i = 0; i < made.n; i++) {
        const pond_node *child = made.items[i];
        POND_ASSERT(child->parent == &dir->node);
        bool is_hidden = d->mounts.n > 0 && find_mounted(d, child->name) != NULL;
        if (!check_name(fs, &dir->node, child->name) || is_hidden)
            continue;
        if (child->path.n > FS_MAX_PATH)
            return fs_fail_too_long(&dir->node, child->name, err);
        made.items[n++] = child;
    }
    made.n = n;
    for (size_t i = 0; i < d->mounts.n; i++)
        *pond_vec_push(&fs->arena, &made) = d->mounts.items[i];
    *is_unique = is_ascending(&made); // as rows of the catalog come
    if (!*is_unique)
        pond_sort(made.items, made.n, sizeof *made.items, by_name);
    d->all = made;
    return POND_OK;
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

static pond_code check_unique(const pond_node_vec *sorted, pond_err *err) {
    for (size_t i = 1; i < sorted->n; i++)
        if (by_name(&sorted->items[i - 1], &sorted->items[i]) == 0)
            return pond_fail(err, POND_ERR_CONFLICT, "two entries have the name '%.*s'",
                             POND_SV_ARG(sorted->items[i]->name));
    return POND_OK;
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
    bool is_unique = false;
    pond_code rc = fs_source_of(&dir->node)->list(fs, dir, &made, err);
    if (rc == POND_OK)
        rc = adopt(fs, dir, made, &is_unique, err);
    if (rc == POND_OK && !is_unique)
        rc = check_unique(&d->all, err);

    fs->listing = outer;
    d->is_listing = false;
    d->is_listed = rc == POND_OK;
    if (d->is_cut)
        mark_cut(outer);
    return rc;
}

static void drop_repeated(pond_node_vec *sorted) {
    size_t n = 0;
    for (size_t i = 0; i < sorted->n; i++)
        if (n == 0 || by_name(&sorted->items[n - 1], &sorted->items[i]) != 0)
            sorted->items[n++] = sorted->items[i];
    sorted->n = n;
}

// A directory that is not computed is listed once.
static pond_code list_lasting(pond_fs *fs, fs_node *dir, pond_err *err) {
    fs_dir *d = dir->dir;
    pond_node_vec made = {0};
    bool is_unique = false;
    POND_TRY(fs_source_of(&dir->node)->list(fs, dir, &made, err));
    POND_TRY(adopt(fs, dir, made, &is_unique, err));
    if (!is_unique) // the catalog says that names are, unless somebody changed it
        drop_repeated(&d->all);
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
    if (!fs_is_computed(dir)) {
        if (!d->is_listed)
            POND_TRY_CTX(list_lasting(fs, fs_of(dir), err), err, "listing '%.*s'",
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

// One child of a directory that is not listed.
static pond_code look_up(pond_fs *fs, fs_node *dir, pond_sv name, const pond_node **out,
                         pond_err *err) {
    fs_node *known = fs_known_child(dir, name);
    bool is_missed = fs->missed_in == dir && pond_sv_eq(pond_buf_view(&fs->missed), name);
    *out = find_mounted(dir->dir, name);
    if (*out != NULL)
        return POND_OK;
    if (known == NULL && !is_missed)
        POND_TRY_CTX(fs_source_of(&dir->node)->find(fs, dir, name, &known, err), err,
                     "looking for '%.*s' in '%.*s'", POND_SV_ARG(name),
                     POND_SV_ARG(dir->node.path));
    if (known != NULL)
        *pond_map_at(&dir->dir->found, known->node.name, NULL) = known;
    if (known == NULL && !is_missed && fs_is_stored_dir(&dir->node)) {
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
    if (fs_name_flaw(dir, name) != NULL)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' in '%.*s' is no name in the tree: it %s",
                         POND_SV_ARG(name), POND_SV_ARG(dir->path), fs_name_flaw(dir, name));
    if (fs_source_of(dir)->find != NULL && !d->is_listed)
        return look_up(fs, fs_of(dir), name, out, err);
    pond_node_vec all;
    POND_TRY(pond_fs_list(fs, dir, &all, err));
    *out = find_by_name(&all, name);
    return POND_OK;
}
