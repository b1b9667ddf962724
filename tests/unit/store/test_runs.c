// What nodes that are run remember: state with its history, the last run, settings.
#include "room.h"

#include "store/runs.h"

static pond_id make_node(room *r) {
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mknod");
    pond_new_node n = {.parent = root,
                       .name = POND_SV("n"),
                       .type = POND_T_DATA_DYNAMIC,
                       .factory = POND_SV("f"),
                       .link = POND_SV("")};
    pond_id id;
    assert_int_equal(pond_store_create(t, &n, &id, NULL), POND_OK);
    commit(t);
    return id;
}

static void set_state(room *r, pond_id node, const char *state) {
    pond_txn *t = begin(r->s, POND_TXN_WRITE, state);
    pond_txn_be_quiet(t);
    assert_int_equal(pond_store_set_state(t, node, pond_sv_of(state), &r->err), POND_OK);
    commit(t);
}

// The state now, or after transaction `seq`.
static void expect_state(room *r, pond_id node, int64_t seq, const char *state) {
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    pond_sv got;
    if (seq > 0)
        assert_int_equal(pond_txn_look_back(t, seq, NULL), POND_OK);
    assert_int_equal(pond_store_state(t, &r->a, node, &got, NULL), POND_OK);
    assert_string_equal(pond_cstr(&r->a, got), state);
    pond_txn_end(t, NULL);
}

static pond_code undo(room *r, int64_t seq) {
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "undo");
    int64_t undone;
    pond_code rc = pond_store_undo(t, seq, &undone, &r->err);
    if (rc == POND_OK)
        rc = pond_txn_commit(t, NULL);
    pond_txn_end(t, NULL);
    return rc;
}

static void a_state_has_a_history_and_can_be_taken_back(void **state) {
    room *r = *state;
    pond_id node = make_node(r); // 1
    expect_state(r, node, 0, "");
    set_state(r, node, "one"); // 2
    set_state(r, node, "two"); // 3
    expect_state(r, node, 0, "two");
    expect_state(r, node, 1, "");
    expect_state(r, node, 2, "one");
    assert_int_equal(undo(r, 2), POND_ERR_CONFLICT); // 3 builds on it
    assert_int_equal(undo(r, 3), POND_OK);
    expect_state(r, node, 0, "one");
    assert_int_equal(undo(r, 2), POND_OK);
    expect_state(r, node, 0, "");
    expect_state(r, node, 3, "two");
}

static void an_equal_state_is_no_change_and_leaves_no_row_in_the_log(void **state) {
    room *r = *state;
    pond_id node = make_node(r);
    set_state(r, node, "one"); // 2
    set_state(r, node, "one");
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    pond_txn_row_vec log;
    assert_int_equal(pond_store_log(t, &r->a, 0, 0, &log, NULL), POND_OK);
    assert_int_equal(log.n, 2);
    assert_int_equal(log.items[0].seq, 2);
    assert_int_equal(log.items[0].n_files, 1);
    pond_txn_end(t, NULL);
    set_state(r, node, "two"); // 3: the number was not used up
    assert_int_equal(undo(r, 3), POND_OK);
    expect_state(r, node, 0, "one");
}

static void another_factory_begins_without_a_state(void **state) {
    room *r = *state;
    pond_id node = make_node(r);
    set_state(r, node, "one");
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mknod");
    assert_int_equal(pond_store_set_factory(t, node, POND_T_DATA_DYNAMIC, POND_SV("f"), NULL),
                     POND_OK);
    commit(t);
    expect_state(r, node, 0, "one");
    t = begin(r->s, POND_TXN_WRITE, "mknod");
    assert_int_equal(pond_store_set_factory(t, node, POND_T_DATA_DYNAMIC, POND_SV("g"), NULL),
                     POND_OK);
    commit(t);
    expect_state(r, node, 0, "");
    assert_int_equal(undo(r, 4), POND_OK);
    expect_state(r, node, 0, "one");
}

static void a_state_has_a_limit(void **state) {
    room *r = *state;
    pond_id node = make_node(r);
    pond_buf large = POND_BUF_EMPTY;
    pond_buf_fill(&large, 'x', POND_STATE_MAX);
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "run");
    assert_int_equal(pond_store_set_state(t, node, pond_buf_view(&large), NULL), POND_OK);
    pond_buf_char(&large, 'x');
    assert_int_equal(pond_store_set_state(t, node, pond_buf_view(&large), &r->err), POND_ERR_LIMIT);
    commit(t);
    pond_buf_free(&large);
}

static void a_transaction_knows_whether_it_has_stored_a_version(void **state) {
    room *r = *state;
    pond_id node = make_node(r);
    pond_version v = {.size_bytes = 1};
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "run");
    assert_int_equal(pond_store_set_state(t, node, POND_SV("one"), NULL), POND_OK);
    assert_false(pond_txn_has_stored(t));
    assert_int_equal(pond_store_add_version(t, node, &v, NULL), POND_OK);
    assert_true(pond_txn_has_stored(t));
    pond_txn_end(t, NULL);
    t = begin(r->s, POND_TXN_WRITE, "run");
    assert_false(pond_txn_has_stored(t));
    pond_txn_end(t, NULL);
}

static void the_last_run_and_settings_have_no_history(void **state) {
    room *r = *state;
    pond_id node = make_node(r);
    const pond_run_row *run;
    pond_setting_vec all;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "run");
    pond_txn_be_quiet(t);
    assert_int_equal(pond_store_last_run(t, &r->a, node, &run, NULL), POND_OK);
    assert_null(run);
    const pond_run_row now = {.began_us = 1,
                              .ended_us = 2,
                              .good_us = 1,
                              .is_good = true,
                              .said = POND_SV("3 new")},
                       later = {.began_us = 5,
                                .ended_us = 6,
                                .good_us = 1,
                                .failed_us = 5,
                                .stored_us = 1,
                                .warned_us = 5,
                                .said = POND_SV("no disk"),
                                .warnings = POND_SV("one\ntwo")};
    assert_int_equal(pond_store_set_last_run(t, node, &now, NULL), POND_OK);
    assert_int_equal(pond_store_set_last_run(t, node, &later, NULL), POND_OK);
    assert_int_equal(pond_store_set_setting(t, POND_SV("b"), POND_SV("1"), NULL), POND_OK);
    assert_int_equal(pond_store_set_setting(t, POND_SV("a"), POND_SV(""), NULL), POND_OK);
    assert_int_equal(pond_store_set_setting(t, POND_SV("b"), POND_SV("2"), NULL), POND_OK);
    commit(t);
    t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_store_last_run(t, &r->a, node, &run, NULL), POND_OK);
    assert_int_equal(run->ended_us, 6);
    assert_int_equal(run->good_us, 1);
    assert_false(run->is_good);
    assert_string_equal(pond_cstr(&r->a, run->said), "no disk");
    assert_int_equal(run->failed_us, 5);
    assert_int_equal(run->stored_us, 1);
    assert_int_equal(run->warned_us, 5);
    assert_string_equal(pond_cstr(&r->a, run->warnings), "one\ntwo");
    assert_int_equal(pond_store_settings(t, &r->a, &all, NULL), POND_OK);
    assert_int_equal(all.n, 2);
    assert_true(pond_sv_is(all.items[1].key, "b") && pond_sv_is(all.items[1].value, "2"));
    pond_txn_end(t, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ROOM(a_state_has_a_history_and_can_be_taken_back),
        IN_ROOM(an_equal_state_is_no_change_and_leaves_no_row_in_the_log),
        IN_ROOM(another_factory_begins_without_a_state),
        IN_ROOM(a_state_has_a_limit),
        IN_ROOM(a_transaction_knows_whether_it_has_stored_a_version),
        IN_ROOM(the_last_run_and_settings_have_no_history),
    };
    return cmocka_run_group_tests_name("store/runs", tests, NULL, NULL);
}
