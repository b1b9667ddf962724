// What a pond remembers of nodes that are run: their state, how their last run ended, settings.
#include "store/runs.h"

#include "store/store_internal.h"

// State -------------------------------------------------------------------------------------------

pond_code pond_store_state(pond_txn *t, pond_arena *a, pond_id node, pond_sv *out, pond_err *err) {
    pond_node_row row;
    POND_TRY(store_node_by_id(t, node, &row, err));
    *out = pond_sv_dup(a, row.state);
    return POND_OK;
}

pond_code pond_store_set_state(pond_txn *t, pond_id node, pond_sv state, pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_WRITE);
    pond_node_row row;
    POND_TRY(store_node_by_id(t, node, &row, err));
    if (state.n > POND_STATE_MAX)
        return pond_fail(err, POND_ERR_LIMIT,
                         "the state of '%.*s' has %zu bytes, and may have %d at most",
                         POND_SV_ARG(row.name), state.n, POND_STATE_MAX);
    if (pond_sv_eq(row.state, state))
        return POND_OK;
    POND_TRY(store_keep_past(t, node, err));
    store_query q = store_ask(t->store, SQL_SET_STATE);
    store_put_text(&q, state);
    store_put_int(&q, t->seq);
    store_put_id(&q, &node);
    POND_TRY(store_change(t, &q, err));
    store_count_change(t, node, row.type);
    return POND_OK;
}

// The last run ------------------------------------------------------------------------------------

static pond_code read_run(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    (void)err;
    *(pond_run_row *)out = (pond_run_row){
        .began_us = store_int(q, 0),
        .ended_us = store_int(q, 1),
        .good_us = store_int(q, 2),
        .is_good = store_int(q, 3) != 0,
        .said = store_text(q, a, 4),
        .failed_us = store_int(q, 5),
        .stored_us = store_int(q, 6),
        .warned_us = store_int(q, 7),
        .warnings = store_text(q, a, 8),
    };
    return POND_OK;
}

pond_code pond_store_last_run(pond_txn *t, pond_arena *a, pond_id node, const pond_run_row **out,
                              pond_err *err) {
    bool found = false;
    pond_run_row *row = POND_NEW(a, pond_run_row);
    store_query q = store_ask(t->store, SQL_RUN);
    store_put_id(&q, &node);
    POND_TRY(store_first(&q, a, read_run, row, &found, err));
    *out = found ? row : NULL;
    return POND_OK;
}

pond_code pond_store_set_last_run(pond_txn *t, pond_id node, const pond_run_row *run,
                                  pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_WRITE);
    store_query q = store_ask(t->store, SQL_SET_RUN);
    store_put_id(&q, &node);
    store_put_int(&q, run->began_us);
    store_put_int(&q, run->ended_us);
    store_put_int(&q, run->good_us);
    store_put_int(&q, run->is_good);
    store_put_text(&q, run->said);
    store_put_int(&q, run->failed_us);
    store_put_int(&q, run->stored_us);
    store_put_int(&q, run->warned_us);
    store_put_text(&q, run->warnings);
    return store_change(t, &q, err);
}

// Memos -------------------------------------------------------------------------------------------

pond_code pond_store_memo(pond_txn *t, pond_arena *a, pond_id node, pond_sv *out, pond_err *err) {
    bool found;
    *out = POND_SV("");
    store_query q = store_ask(t->store, SQL_MEMO);
    store_put_id(&q, &node);
    return store_first(&q, a, store_read_text, out, &found, err);
}

pond_code pond_store_set_memo(pond_txn *t, pond_id node, pond_sv text, pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_WRITE);
    store_query q = store_ask(t->store, SQL_SET_MEMO);
    store_put_id(&q, &node);
    store_put_text(&q, text);
    return store_change(t, &q, err);
}

// Settings ----------------------------------------------------------------------------------------

static pond_code push_setting(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    (void)err;
    *pond_vec_push(a, (pond_setting_vec *)out) =
        (pond_setting){store_text(q, a, 0), store_text(q, a, 1)};
    return POND_OK;
}

pond_code pond_store_settings(pond_txn *t, pond_arena *a, pond_setting_vec *out, pond_err *err) {
    *out = (pond_setting_vec){0};
    store_query q = store_ask(t->store, SQL_SETTINGS);
    return store_each(&q, a, push_setting, out, err);
}

pond_code pond_store_set_setting(pond_txn *t, pond_sv key, pond_sv value, pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_WRITE);
    store_query q = store_ask(t->store, SQL_SET_SETTING);
    store_put_text(&q, key);
    store_put_text(&q, value);
    return store_change(t, &q, err);
}
