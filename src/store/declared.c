// The notes of `pond apply` about nodes.
#include "store/declared.h"

#include "store/store_internal.h"

#include <stdlib.h>

// The path of a node now; *found is false if it is not there.
static pond_code path_of(pond_txn *t, pond_arena *a, pond_id id, pond_sv *path, bool *found,
                         pond_err *err) {
    enum { MAX_DEPTH = 4096 }; // more than a path has: a damaged catalog may have a circle
    static const pond_id root = {{0}};
    *path = POND_SV("");
    *found = true;
    for (int depth = 0; !pond_id_eq(id, root); depth++) {
        pond_node_row row;
        store_query q = store_ask(t->store, SQL_NODE_BY_ID);
        store_put_id(&q, &id);
        POND_TRY(store_first(&q, a, store_read_node, &row, found, err));
        if (!*found)
            return POND_OK;
        if (depth > MAX_DEPTH)
            return store_damaged(t->store, err, "a directory is in itself");
        *path = pond_svf(a, "/%.*s%.*s", POND_SV_ARG(row.name), POND_SV_ARG(*path));
        id = row.parent;
    }
    return POND_OK;
}

// Labels ------------------------------------------------------------------------------------------

static pond_code push_labelled(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    pond_declared *d = pond_vec_push(a, (pond_declared_vec *)out);
    return store_blob(q, 0, d->id.bytes, sizeof d->id.bytes, err);
}

static int by_path(const void *x, const void *y) {
    return pond_sv_cmp(((const pond_declared *)x)->path, ((const pond_declared *)y)->path);
}

pond_code pond_store_declared(pond_txn *t, pond_arena *a, pond_sv label, pond_declared_vec *out,
                              pond_err *err) {
    size_t n = 0;
    *out = (pond_declared_vec){0};
    store_query q = store_ask(t->store, SQL_LABELLED);
    store_put_text(&q, label);
    POND_TRY(store_each(&q, a, push_labelled, out, err));
    for (size_t i = 0; i < out->n; i++) {
        pond_declared d = out->items[i];
        bool found;
        POND_TRY(path_of(t, a, d.id, &d.path, &found, err));
        if (found)
            out->items[n++] = d;
    }
    out->n = n;
    pond_sort(out->items, n, sizeof *out->items, by_path);
    return POND_OK;
}

pond_code pond_store_label(pond_txn *t, pond_arena *a, pond_id node, pond_sv *out, pond_err *err) {
    bool found;
    *out = POND_SV("");
    store_query q = store_ask(t->store, SQL_LABEL);
    store_put_id(&q, &node);
    return store_first(&q, a, store_read_text, out, &found, err);
}

pond_code pond_store_set_label(pond_txn *t, pond_id node, pond_sv label, pond_err *err) {
    store_query q = store_ask(t->store, SQL_SET_LABEL);
    store_put_id(&q, &node);
    store_put_text(&q, label);
    return store_change(t, &q, err);
}

// Origins -----------------------------------------------------------------------------------------

typedef struct reading {
    pond_origin_vec *origins;
    POND_VEC(pond_id) nodes; // of each origin
} reading;

static pond_code push_origin(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    reading *r = out;
    pond_origin *o = pond_vec_push(a, r->origins);
    pond_id *id = pond_vec_push(a, &r->nodes);
    *o = (pond_origin){.path = store_text(q, a, 1),
                       .size_bytes = (uint64_t)store_int(q, 2),
                       .mtime_ns = store_int(q, 3)};
    POND_TRY(store_blob(q, 0, id->bytes, sizeof id->bytes, err));
    POND_TRY(store_blob(q, 4, o->hash.bytes, sizeof o->hash.bytes, err));
    return store_blob(q, 5, o->seal.bytes, sizeof o->seal.bytes, err);
}

pond_code pond_store_origins(pond_txn *t, pond_arena *a, pond_origin_vec *out, pond_err *err) {
    reading r = {.origins = out};
    size_t n = 0;
    *out = (pond_origin_vec){0};
    store_query q = store_ask(t->store, SQL_ORIGINS);
    POND_TRY(store_each(&q, a, push_origin, &r, err));
    for (size_t i = 0; i < out->n; i++) {
        pond_origin o = out->items[i];
        bool found;
        POND_TRY(path_of(t, a, r.nodes.items[i], &o.node, &found, err));
        if (found)
            out->items[n++] = o;
    }
    out->n = n;
    return POND_OK;
}

pond_code pond_store_set_origins(pond_txn *t, pond_id node, const pond_origin_vec *origins,
                                 pond_err *err) {
    store_query q = store_ask(t->store, SQL_DROP_ORIGINS);
    store_put_id(&q, &node);
    POND_TRY(store_change(t, &q, err));
    for (size_t i = 0; i < origins->n; i++) {
        const pond_origin *o = &origins->items[i];
        q = store_ask(t->store, SQL_ADD_ORIGIN);
        store_put_id(&q, &node);
        store_put_text(&q, o->path);
        store_put_int(&q, (int64_t)o->size_bytes);
        store_put_int(&q, o->mtime_ns);
        store_put_blob(&q, o->hash.bytes, sizeof o->hash.bytes);
        store_put_blob(&q, o->seal.bytes, sizeof o->seal.bytes);
        POND_TRY(store_change(t, &q, err));
    }
    return POND_OK;
}
