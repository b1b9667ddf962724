// Taking a transaction back: the nodes that it touched become what they were before it.
//
//     check      each of them is still what the transaction made of it
//     apply      remove what it added; restore what it changed, moved or removed
//     check      every place is free, is in a directory that is there, and can be reached
//
// Rows are compared by what they say and not by who made them: after a later transaction was taken
// back, the one before it can be. Versions are not numbered anew, so a version that was taken back
// and is wanted again is appended as a copy.
#include "store/store_internal.h"

#include <inttypes.h>

static bool is_same(const pond_node_row *a, const pond_node_row *b) {
    return a->version == b->version && a->type == b->type && pond_id_eq(a->parent, b->parent) &&
           pond_sv_eq(a->name, b->name) && pond_sv_eq(a->factory, b->factory) &&
           pond_sv_eq(a->link, b->link) && pond_sv_eq(a->state, b->state);
}

static pond_id id_of(const pond_change *c) {
    return c->before != NULL ? c->before->id : c->after->id;
}

static pond_code find_now(pond_txn *t, pond_id id, pond_node_row *out, bool *found, pond_err *err) {
    store_query q = store_ask(t->store, SQL_NODE_BY_ID);
    store_put_id(&q, &id);
    return store_first(&q, &t->arena, store_read_node, out, found, err);
}

static bool is_as_after(const pond_change *c, const pond_node_row *now, bool is_there) {
    return c->after == NULL ? !is_there : is_there && is_same(c->after, now);
}

// The transaction that made a node what it is, and so has to be taken back first: not one that was
// taken back itself, nor the undo of that. 0: none after `seq`.
static pond_code find_builder(pond_txn *t, int64_t seq, pond_id id, int64_t *out, pond_err *err) {
    pond_change_vec later;
    pond_node_row now;
    bool is_there = false;
    *out = 0;
    POND_TRY(find_now(t, id, &now, &is_there, err));
    POND_TRY(pond_store_changes(t, &t->arena, seq + 1, t->seq - 1, &later, err));
    for (size_t i = 0; i < later.n; i++) { // newest first
        const pond_change *c = &later.items[i];
        if (pond_id_eq(id_of(c), id) && (*out == 0 || is_as_after(c, &now, is_there)))
            *out = c->seq;
    }
    return POND_OK;
}

// Why a transaction cannot be taken back.
static pond_code fail_built_on(pond_txn *t, const pond_change *c, pond_id id, pond_err *err) {
    pond_txn_row_vec log = {0};
    int64_t by;
    POND_TRY(find_builder(t, c->seq, id, &by, err));
    POND_TRY(pond_store_log(t, &t->arena, 1, by, &log, err));
    if (by == 0 || log.n == 0)
        return store_damaged(t->store, err, "its history does not lead to what it holds");
    return pond_fail(err, POND_ERR_CONFLICT,
                     "transaction %" PRId64 " cannot be taken back: transaction %" PRId64
                     " (pond %.*s) builds on what it did to '%.*s'; take that one back first",
                     c->seq, by, POND_SV_ARG(log.items[0].command),
                     POND_SV_ARG(pond_change_path(c)));
}

// Whether nothing later has touched the node.
static pond_code check_unchanged(pond_txn *t, const pond_change *c, pond_err *err) {
    pond_node_row now;
    bool found = false;
    POND_TRY(find_now(t, id_of(c), &now, &found, err));
    bool is_unchanged = c->after == NULL ? !found : found && is_same(&now, c->after);
    return is_unchanged ? POND_OK : fail_built_on(t, c, id_of(c), err);
}

// A directory that the transaction added must have nothing in it that is later.
static pond_code check_children(pond_txn *t, const pond_change *c, const pond_map *added,
                                pond_err *err) {
    pond_node_row_vec children;
    if (c->before != NULL || !pond_type_is_dir(c->after->type))
        return POND_OK;
    POND_TRY(pond_store_children(t, &t->arena, c->after->id, &children, err));
    for (size_t i = 0; i < children.n; i++) {
        pond_sv key = {(const char *)children.items[i]->id.bytes, sizeof(pond_id)};
        if (pond_map_get(added, key) == NULL)
            return fail_built_on(t, c, children.items[i]->id, err);
    }
    return POND_OK;
}

// Versions ----------------------------------------------------------------------------------------

static pond_code end_versions(pond_txn *t, pond_id node, int64_t made, pond_err *err) {
    store_query q = store_ask(t->store, SQL_END_VERSIONS);
    store_put_int(&q, t->seq);
    store_put_id(&q, &node);
    store_put_int(&q, made);
    return store_change(t, &q, err);
}

// Versions that the transaction itself had taken back come again, at the end, where they were.
static pond_code repeat_versions(pond_txn *t, pond_id node, int64_t ended, int64_t *number,
                                 pond_err *err) {
    pond_version_vec all = {0};
    store_query q = store_ask(t->store, SQL_ENDED_VERSIONS);
    store_put_id(&q, &node);
    store_put_int(&q, ended);
    POND_TRY(store_each(&q, &t->arena, store_push_version, &all, err));
    for (size_t i = 0; i < all.n; i++)
        POND_TRY(
            store_append_version(t, node, &all.items[i], all.items[i].created_us, number, err));
    return POND_OK;
}

// Nodes -------------------------------------------------------------------------------------------

static pond_code drop_row(pond_txn *t, pond_id id, pond_err *err) {
    POND_TRY(store_keep_past(t, id, err));
    store_query q = store_ask(t->store, SQL_REMOVE_NODE);
    store_put_id(&q, &id);
    return store_change(t, &q, err);
}

static pond_code put_row(pond_txn *t, const pond_node_row *row, int64_t version, pond_err *err) {
    store_query q = store_ask(t->store, SQL_RESTORE_NODE);
    store_put_id(&q, &row->id);
    store_put_id(&q, &row->parent);
    store_put_text(&q, row->name);
    store_put_text(&q, pond_sv_of(pond_type_name(row->type)));
    store_put_text(&q, row->factory);
    store_put_text(&q, row->link);
    store_put_int(&q, version);
    store_put_int(&q, (int64_t)row->size_bytes);
    store_put_int(&q, row->modified_us);
    store_put_text(&q, row->state);
    store_put_int(&q, t->seq);
    return store_change(t, &q, err);
}

static pond_code check_free(pond_txn *t, const pond_change *c, pond_err *err) {
    const pond_node_row *other;
    POND_TRY(pond_store_lookup(t, &t->arena, c->before->parent, c->before->name, &other, err));
    return other == NULL ? POND_OK : fail_built_on(t, c, other->id, err);
}

static pond_code restore(pond_txn *t, const pond_change *c, pond_err *err) {
    int64_t version = c->before->version;
    POND_TRY(check_free(t, c, err));
    if (c->after != NULL) {
        POND_TRY(end_versions(t, c->before->id, c->seq, err));
        POND_TRY(repeat_versions(t, c->before->id, c->seq, &version, err));
    }
    return put_row(t, c->before, version, err);
}

// Whether a restored node is in a directory that is there and is not in itself.
static pond_code check_place(pond_txn *t, const pond_change *c, pond_err *err) {
    enum { MAX_DEPTH = 4096 }; // more than a path has
    static const pond_id root = {{0}};
    pond_id at = c->before->parent, below = at;
    for (int depth = 0; !pond_id_eq(at, root); depth++) {
        pond_node_row dir;
        bool found = false;
        if (pond_id_eq(at, c->before->id))
            return fail_built_on(t, c, below, err); // that one was moved into it
        if (depth > MAX_DEPTH)
            return POND_OK; // a circle above: it is found by who is in it
        POND_TRY(find_now(t, at, &dir, &found, err));
        if (!found)
            return fail_built_on(t, c, at, err);
        below = at;
        at = dir.parent;
    }
    return POND_OK;
}

static pond_code apply(pond_txn *t, const pond_change_vec *all, pond_err *err) {
    store_query q = store_ask(t->store, SQL_DEFER_PLACES);
    POND_TRY(store_run(&q, err));
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].after != NULL)
            POND_TRY(drop_row(t, all->items[i].after->id, err));
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].before != NULL)
            POND_TRY(restore(t, &all->items[i], err));
    for (size_t i = 0; i < all->n; i++) {
        const pond_change *c = &all->items[i];
        if (c->before != NULL)
            POND_TRY(check_place(t, c, err));
        store_count_change(t, id_of(c), c->before != NULL ? c->before->type : c->after->type);
    }
    return POND_OK;
}

static pond_code check(pond_txn *t, const pond_change_vec *all, pond_err *err) {
    pond_map added;
    pond_map_init(&added, &t->arena);
    for (size_t i = 0; i < all->n; i++) {
        const pond_change *c = &all->items[i];
        POND_TRY(check_unchanged(t, c, err));
        if (c->after != NULL)
            *pond_map_at(&added, (pond_sv){(const char *)c->after->id.bytes, sizeof(pond_id)},
                         NULL) = t;
    }
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].after != NULL)
            POND_TRY(check_children(t, &all->items[i], &added, err));
    return POND_OK;
}

pond_code pond_store_undo(pond_txn *t, int64_t seq, int64_t *undone, pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_WRITE);
    pond_change_vec all;
    pond_txn_row_vec log;
    if (seq == 0)
        POND_TRY(pond_store_last_change(t, &seq, err));
    *undone = seq;
    if (seq == 0)
        return pond_fail(err, POND_ERR_NOT_FOUND, "there is no transaction to take back");
    POND_TRY(pond_store_log(t, &t->arena, 1, seq, &log, err));
    if (log.n == 0 || seq == t->seq)
        return pond_fail(err, POND_ERR_NOT_FOUND, "there is no transaction %" PRId64, seq);
    POND_TRY(pond_store_changes(t, &t->arena, seq, seq, &all, err));
    if (all.n == 0)
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "transaction %" PRId64 " (pond %.*s) changed nothing, or did so before "
                         "the pond kept its history",
                         seq, POND_SV_ARG(log.items[0].command));
    POND_TRY(check(t, &all, err));
    pond_code rc = apply(t, &all, err);
    t->has_place = false;
    t->is_broken |= rc != POND_OK; // a part of it is done
    return rc;
}
