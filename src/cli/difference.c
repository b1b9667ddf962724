// Finds what is different between two states: rows of the catalog first, then versions, then texts.
#include "cli/difference.h"

#include "base/diff.h"

enum { MOST_BYTES = 256 << 10 }; // of a text that is compared

typedef struct states {
    int64_t from, to;
} states;

// Filter ------------------------------------------------------------------------------------------

static pond_sv with_slash(pond_arena *a, pond_sv path) {
    while (pond_sv_ends(path, POND_SV("/")))
        path.n--;
    return path.n > 0 && path.p[0] != '/' ? pond_svf(a, "/%.*s", POND_SV_ARG(path)) : path;
}

static bool is_at_or_below(pond_sv path, pond_sv dir) {
    return path.n > 0 && pond_sv_starts(path, dir) && (path.n == dir.n || path.p[dir.n] == '/');
}

static bool is_named(pond_arena *a, const pond_change *change, pond_sv only,
                     const pond_glob *glob) {
    const pond_sv paths[] = {change->path_before, change->path_after};
    for (size_t i = 0; i < 2; i++) {
        pond_sv_vec captures = {0};
        if (is_at_or_below(paths[i], only))
            return true;
        // A directory that was moved takes with it what is below.
        if (pond_change_is_move(change) && is_at_or_below(only, paths[i]))
            return true;
        if (glob->n_wildcards > 0 && paths[i].n > 0 &&
            pond_glob_match(a, glob, paths[i], &captures))
            return true;
    }
    return false;
}

static pond_code filter(pond_arena *a, pond_change_vec *all, const pond_sv *only, size_t n_only,
                        pond_err *err) {
    size_t n = 0;
    pond_glob *globs = POND_NEW_ARRAY(a, pond_glob, n_only);
    for (size_t i = 0; i < n_only; i++)
        POND_TRY(pond_glob_parse(a, only[i], &globs[i], err));
    for (size_t i = 0; i < all->n; i++)
        for (size_t j = 0; j < n_only; j++)
            if (is_named(a, &all->items[i], with_slash(a, only[j]), &globs[j])) {
                all->items[n++] = all->items[i];
                break;
            }
    all->n = n;
    return POND_OK;
}

// Versions ----------------------------------------------------------------------------------------

// Adds the versions of `a` that `b` does not have; both are sorted by number.
static void add_missing(pond_arena *arena, const pond_version_vec *a, const pond_version_vec *b,
                        pond_version_vec *out) {
    size_t j = 0;
    for (size_t i = 0; i < a->n; i++) {
        while (j < b->n && b->items[j].number < a->items[i].number)
            j++;
        if (j == b->n || b->items[j].number != a->items[i].number)
            *pond_vec_push(arena, out) = a->items[i];
    }
}

static const pond_version *last_of(const pond_version_vec *v) {
    return v->n == 0 ? NULL : &v->items[v->n - 1];
}

// Texts -------------------------------------------------------------------------------------------

// The content of a version, and whether it is a text that can be compared.
static pond_code read_text(cli *c, const pond_version *v, pond_buf *out, bool *is_text,
                           pond_err *err) {
    *is_text = v == NULL || v->size_bytes <= MOST_BYTES;
    if (v == NULL || !*is_text)
        return POND_OK;
    POND_TRY(pond_object_read(pond_session_store(c->session), &v->object, out, err));
    pond_sv text = pond_buf_view(out);
    *is_text = pond_sv_is_text(text);
    return POND_OK;
}

static pond_code compare_contents(cli *c, const pond_version *before, const pond_version *after,
                                  cli_node_difference *d, pond_err *err) {
    pond_buf a = POND_BUF_EMPTY, b = POND_BUF_EMPTY, hunks = POND_BUF_EMPTY;
    bool is_text = false;
    pond_code rc = read_text(c, before, &a, &is_text, err);
    d->content = CLI_CONTENT_LONG;
    if (rc == POND_OK && is_text)
        rc = read_text(c, after, &b, &is_text, err);
    if (rc == POND_OK && is_text) {
        pond_diff(pond_buf_view(&a), pond_buf_view(&b), &hunks);
        d->content = CLI_CONTENT_TEXT;
    }
    d->hunks = pond_buf_keep(c->arena, &hunks);
    pond_buf_free(&a);
    pond_buf_free(&b);
    return rc;
}

// The content of a file that has one at a time. That of one that came or went is only told for
// configs: the bytes of data may be anything.
static pond_code find_content(cli *c, const pond_version *before, const pond_version *after,
                              cli_node_difference *d, pond_err *err) {
    d->number_before = before == NULL ? 0 : before->number;
    d->number_after = after == NULL ? 0 : after->number;
    d->bytes_before = before == NULL ? 0 : before->size_bytes;
    d->bytes_after = after == NULL ? 0 : after->size_bytes;
    if (before != NULL && after != NULL && pond_sha256_eq(&before->object, &after->object))
        return POND_OK;
    if ((before == NULL || after == NULL) && !d->is_config)
        return POND_OK;
    return compare_contents(c, before, after, d, err);
}

// Nodes -------------------------------------------------------------------------------------------

static pond_code versions_at(cli *c, const pond_node_row *row, int64_t seq, pond_version_vec *out,
                             pond_err *err) {
    *out = (pond_version_vec){0};
    if (row == NULL)
        return POND_OK;
    return pond_store_versions_at(pond_session_txn(c->session), c->arena, row->id, seq, out, err);
}

static bool is_different(const cli_node_difference *d) {
    if (d->before == NULL || d->after == NULL || d->added.n + d->gone.n > 0)
        return true;
    return !pond_sv_eq(d->path_before, d->path_after) || d->before->type != d->after->type ||
           !pond_sv_eq(d->before->factory, d->after->factory) ||
           !pond_sv_eq(d->before->link, d->after->link);
}

static bool has_one_content(const pond_node_row *row) {
    return row->type == POND_T_DATA || pond_type_is_dynamic(row->type);
}

static pond_code examine(cli *c, const pond_change *change, const states *s, bool is_backward,
                         cli_node_difference *d, pond_err *err) {
    pond_version_vec before, after;
    *d =
        (cli_node_difference){.before = is_backward ? change->after : change->before,
                              .after = is_backward ? change->before : change->after,
                              .path_before = is_backward ? change->path_after : change->path_before,
                              .path_after = is_backward ? change->path_before : change->path_after,
                              .hunks = POND_SV("")};
    const pond_node_row *row = d->after != NULL ? d->after : d->before;
    d->is_config = pond_type_is_dynamic(row->type);
    POND_TRY(versions_at(c, d->before, s->from, &before, err));
    POND_TRY(versions_at(c, d->after, s->to, &after, err));
    add_missing(c->arena, &after, &before, &d->added);
    add_missing(c->arena, &before, &after, &d->gone);
    if (!has_one_content(row))
        return POND_OK;
    return pond_wrap(err, find_content(c, last_of(&before), last_of(&after), d, err), "'%.*s'",
                     POND_SV_ARG(d->after != NULL ? d->path_after : d->path_before));
}

static int by_path(const void *x, const void *y) {
    const cli_node_difference *a = x, *b = y;
    return pond_sv_cmp(a->after != NULL ? a->path_after : a->path_before,
                       b->after != NULL ? b->path_after : b->path_before);
}

pond_code cli_difference_find(cli *c, int64_t from, int64_t to, const pond_sv *only, size_t n_only,
                              cli_difference *out, pond_err *err) {
    const states s = {from, to};
    bool is_backward = from > to;
    pond_change_vec all;
    *out = (cli_difference){0};
    POND_TRY(pond_store_difference(pond_session_txn(c->session), c->arena, is_backward ? to : from,
                                   is_backward ? from : to, &all, err));
    if (n_only > 0)
        POND_TRY(filter(c->arena, &all, only, n_only, err));
    for (size_t i = 0; i < all.n; i++) {
        cli_node_difference *d = pond_vec_push(c->arena, out);
        POND_TRY(examine(c, &all.items[i], &s, is_backward, d, err));
        out->n -= !is_different(d);
    }
    pond_sort(out->items, out->n, sizeof *out->items, by_path);
    return POND_OK;
}
