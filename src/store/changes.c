// What each transaction did, from the rows that it made and ended.
#include "store/store_internal.h"

#include <stdlib.h>

typedef struct collecting {
    pond_txn *t;
    pond_arena *a;
    int64_t first, last;
    bool is_net;    // all of these transactions are taken as one
    pond_map known; // (seq, id) -> index in `out` + 1
    pond_map paths; // (seq, id) -> path of a directory
    pond_change_vec *out;
} collecting;

typedef struct moment { // the key of both maps
    int64_t seq;
    pond_id id;
} moment;

static pond_sv key_of(pond_arena *a, int64_t seq, pond_id id) {
    moment m;
    memset(&m, 0, sizeof m);
    m.seq = seq;
    m.id = id;
    return pond_sv_dup(a, (pond_sv){(const char *)&m, sizeof m});
}

// The change of that node in that transaction; the first time it is added.
static pond_change *change_of(collecting *c, int64_t seq, pond_id id) {
    bool is_new = false;
    void **slot = pond_map_at(&c->known, key_of(c->a, seq, id), &is_new);
    if (is_new) {
        *pond_vec_push(c->a, c->out) = (pond_change){.seq = seq};
        *slot = (void *)(uintptr_t)c->out->n;
    }
    return &c->out->items[(uintptr_t)*slot - 1];
}

static bool is_asked(const collecting *c, int64_t seq) {
    return seq >= c->first && seq <= c->last;
}

static pond_code read_state(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    enum { MADE = 10, ENDED = 11 };
    collecting *c = out;
    pond_node_row *row = POND_NEW(a, pond_node_row);
    int64_t made = store_int(q, MADE), ended = store_int(q, ENDED);
    POND_TRY(store_read_node(q, a, row, err));
    bool is_made = is_asked(c, made), is_ended = ended != 0 && is_asked(c, ended);
    if (c->is_net && is_made && is_ended)
        return POND_OK; // it came and went
    if (is_made)
        change_of(c, c->is_net ? c->last : made, row->id)->after = row;
    if (is_ended)
        change_of(c, c->is_net ? c->last : ended, row->id)->before = row;
    return POND_OK;
}

// Paths -------------------------------------------------------------------------------------------

static pond_code path_of(collecting *c, int64_t seq, const pond_node_row *row, int depth,
                         pond_sv *out, pond_err *err);

// The path of a directory as it was after transaction `seq`, without a '/' at the end.
static pond_code dir_path(collecting *c, int64_t seq, pond_id id, int depth, pond_sv *out,
                          pond_err *err) {
    static const pond_id root = {{0}};
    *out = POND_SV("");
    if (pond_id_eq(id, root))
        return POND_OK;
    pond_sv key = key_of(c->a, seq, id), *known = pond_map_get(&c->paths, key);
    if (known == NULL) {
        store_query q = store_ask(c->t->store, SQL_NODE_AT);
        bool found = false;
        pond_node_row row;
        known = POND_NEW(c->a, pond_sv);
        store_put_id(&q, &id);
        store_put_int(&q, seq);
        POND_TRY(store_first(&q, c->a, store_read_node, &row, &found, err));
        if (!found)
            return store_damaged(c->t->store, err, "a directory of its history is missing");
        POND_TRY(path_of(c, seq, &row, depth, known, err));
        *pond_map_at(&c->paths, key, NULL) = known;
    }
    *out = *known;
    return POND_OK;
}

static pond_code path_of(collecting *c, int64_t seq, const pond_node_row *row, int depth,
                         pond_sv *out, pond_err *err) {
    enum { MAX_DEPTH = 4096 }; // bytes of a path: a damaged catalog may have a circle
    pond_sv above;
    if (depth > MAX_DEPTH)
        return store_damaged(c->t->store, err, "a directory is in itself");
    POND_TRY(dir_path(c, seq, row->parent, depth + 1, &above, err));
    *out = pond_svf(c->a, "%.*s/%.*s", POND_SV_ARG(above), POND_SV_ARG(row->name));
    return POND_OK;
}

static int newest_first(const void *x, const void *y) {
    const pond_change *a = x, *b = y;
    if (a->seq != b->seq)
        return a->seq < b->seq ? 1 : -1;
    return pond_sv_cmp(pond_change_path(a), pond_change_path(b));
}

static pond_code collect(collecting *c, pond_err *err) {
    pond_change_vec *out = c->out;
    *out = (pond_change_vec){0};
    pond_map_init(&c->known, c->a);
    pond_map_init(&c->paths, c->a);
    store_query q = store_ask(c->t->store, SQL_STATES);
    store_put_int(&q, c->first);
    store_put_int(&q, c->last);
    POND_TRY(store_each(&q, c->a, read_state, c, err));
    for (size_t i = 0; i < out->n; i++) {
        pond_change *change = &out->items[i];
        int64_t before = (c->is_net ? c->first : change->seq) - 1;
        change->path_before = change->path_after = POND_SV("");
        if (change->before != NULL)
            POND_TRY(path_of(c, before, change->before, 0, &change->path_before, err));
        if (change->after != NULL)
            POND_TRY(path_of(c, change->seq, change->after, 0, &change->path_after, err));
    }
    pond_sort(out->items, out->n, sizeof *out->items, newest_first);
    return POND_OK;
}

pond_code pond_store_changes(pond_txn *t, pond_arena *a, int64_t first, int64_t last,
                             pond_change_vec *out, pond_err *err) {
    collecting c = {.t = t, .a = a, .first = first, .last = last, .out = out};
    return collect(&c, err);
}

pond_code pond_store_difference(pond_txn *t, pond_arena *a, int64_t from, int64_t to,
                                pond_change_vec *out, pond_err *err) {
    collecting c = {.t = t, .a = a, .first = from + 1, .last = to, .is_net = true, .out = out};
    POND_TRY(store_check_known(t, to, err));
    POND_TRY(store_check_known(t, from, err));
    return collect(&c, err);
}

pond_code pond_store_versions_at(pond_txn *t, pond_arena *a, pond_id node, int64_t seq,
                                 pond_version_vec *out, pond_err *err) {
    *out = (pond_version_vec){0};
    store_query q = store_ask(t->store, SQL_VERSIONS_AT);
    store_put_id(&q, &node);
    store_put_int(&q, seq);
    return store_each(&q, a, store_push_version, out, err);
}

pond_code pond_store_last_change(pond_txn *t, int64_t *seq, pond_err *err) {
    bool found;
    *seq = 0;
    store_query q = store_ask(t->store, SQL_LAST_CHANGE);
    return store_first(&q, &t->arena, store_read_int, seq, &found, err);
}
