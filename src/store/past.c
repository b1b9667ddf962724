// Reading what held after an earlier transaction.
//
// Temporary views with the names of the tables hide these, so that every statement that reads reads
// the past. They belong to the connection and are nowhere on disk.
#include "store/store_internal.h"

#include <inttypes.h>

static pond_code read_two(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    (void)a, (void)err;
    int64_t *pair = out;
    pair[0] = store_int(q, 0);
    pair[1] = store_int(q, 1);
    return POND_OK;
}

static pond_code ask_pair(store_query *q, pond_txn *t, int64_t pair[2], pond_err *err) {
    bool found;
    return store_first(q, &t->arena, read_two, pair, &found, err);
}

pond_code pond_txn_find_time(pond_txn *t, int64_t time_us, int64_t *seq, pond_err *err) {
    int64_t pair[2] = {0, 0};
    store_query q = store_ask(t->store, SQL_LOG_BEFORE);
    store_put_int(&q, time_us);
    POND_TRY(ask_pair(&q, t, pair, err));
    *seq = pair[0];
    return POND_OK;
}

pond_code store_check_known(pond_txn *t, int64_t seq, pond_err *err) {
    int64_t ends[2] = {0, 0}; // the last transaction that there is, the last one without history
    store_query q = store_ask(t->store, SQL_LOG_ENDS);
    POND_TRY(ask_pair(&q, t, ends, err));
    if (seq < 0 || seq > ends[0])
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "there is no transaction %" PRId64 "; the last one is %" PRId64, seq,
                         ends[0]);
    if (seq >= ends[1])
        return POND_OK;
    return pond_fail(err, POND_ERR_UNSUPPORTED,
                     "the pond keeps its history from transaction %" PRId64
                     " on; before, it was written by a program that kept none",
                     ends[1]);
}

static char *views_at(pond_arena *a, int64_t seq) {
    return pond_printf(
        a,
        "CREATE TEMP VIEW nodes AS"
        "  SELECT id, parent, name, type, factory, link, version, size_bytes, modified_us, state,"
        "    made"
        " FROM main.nodes WHERE made <= %" PRId64 " UNION ALL"
        "  SELECT id, parent, name, type, factory, link, version, size_bytes, modified_us, state,"
        "    made"
        " FROM main.past_nodes WHERE made <= %" PRId64 " AND ended > %" PRId64 ";"
        "CREATE TEMP VIEW versions AS"
        "  SELECT node, number, object, size_bytes, created_us, rows, time_column, t_min_us, "
        "t_max_us,"
        "    columns, made, 0 AS ended"
        "    FROM main.versions WHERE made <= %" PRId64 " AND (ended = 0 OR ended > %" PRId64 ");"
        "CREATE TEMP VIEW txns AS SELECT * FROM main.txns WHERE seq <= %" PRId64,
        seq, seq, seq, seq, seq, seq);
}

pond_code pond_txn_look_back(pond_txn *t, int64_t seq, pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_READ && !t->has_all && !t->is_past);
    POND_TRY(store_check_known(t, seq, err));
    t->is_past = true;
    store_forget_statements(t->store);
    return store_exec(t->store, views_at(&t->arena, seq), err);
}

void store_look_at_now(pond_txn *t) {
    if (!t->is_past)
        return;
    store_forget_statements(t->store);
    pond_code rc = store_exec(t->store,
                              "DROP VIEW IF EXISTS temp.nodes; DROP VIEW IF EXISTS temp.versions;"
                              "DROP VIEW IF EXISTS temp.txns",
                              NULL);
    (void)rc; // they are gone with the connection at the latest
}
