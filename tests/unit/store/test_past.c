// History: what a read sees that looks back, moves, and a catalog of a format without history.
#include "room.h"

#include "store/store_internal.h"

// A write, as one transaction. Their numbers are 1, 2, ….
static pond_id make_at(room *r, const char *name, pond_type type) {
    pond_txn *t = begin(r->s, POND_TXN_WRITE, name);
    pond_id id = make(t, root, name, type);
    commit(t);
    return id;
}

static void add_text(room *r, pond_id node, const char *text) {
    pond_txn *t = begin(r->s, POND_TXN_WRITE, text);
    pond_sv bytes = pond_sv_of(text);
    pond_version v = {.rows = -1, .t_min_us = 1, .size_bytes = bytes.n};
    assert_int_equal(pond_object_write(r->s, bytes, &v.object, NULL), POND_OK);
    assert_int_equal(pond_store_add_version(t, node, &v, NULL), POND_OK);
    commit(t);
}

// A read of what held after transaction `seq`.
static pond_txn *look(room *r, int64_t seq) {
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_txn_look_back(t, seq, &r->err), POND_OK);
    return t;
}

static void expect_children(room *r, int64_t seq, const char *names) {
    pond_txn *t = look(r, seq);
    pond_node_row_vec all;
    pond_buf got = POND_BUF_EMPTY;
    for (int ahead = 0; ahead < 2; ahead++) {
        got.n = 0;
        if (ahead == 1)
            pond_store_read_ahead(t);
        assert_int_equal(pond_store_children(t, &r->a, root, &all, NULL), POND_OK);
        for (size_t i = 0; i < all.n; i++)
            pond_buf_printf(&got, "%s%.*s:%d", i == 0 ? "" : " ", POND_SV_ARG(all.items[i]->name),
                            (int)all.items[i]->version);
        assert_string_equal(pond_buf_keep(&r->a, &got).p, names);
    }
    pond_txn_end(t, NULL);
}

static void a_read_can_see_what_held_after_each_transaction(void **state) {
    room *r = *state;
    pond_id a = make_at(r, "a", POND_T_DATA_SERIES); // 1
    add_text(r, a, "one");                           // 2
    make_at(r, "b", POND_T_DIRECTORY);               // 3
    add_text(r, a, "three");                         // 4
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "rm"); // 5
    assert_int_equal(pond_store_remove(t, a, NULL), POND_OK);
    commit(t);
    make_at(r, "a", POND_T_DATA); // 6: another node

    expect_children(r, 0, "");
    expect_children(r, 1, "a:0");
    expect_children(r, 2, "a:1");
    expect_children(r, 3, "a:1 b:0");
    expect_children(r, 4, "a:2 b:0");
    expect_children(r, 5, "b:0");
    expect_children(r, 6, "a:0 b:0");

    t = look(r, 2);
    pond_version_vec versions;
    pond_commit last;
    pond_txn_row_vec log;
    assert_int_equal(pond_store_versions(t, &r->a, a, &versions, NULL), POND_OK);
    assert_int_equal(versions.n, 1);
    assert_int_equal(versions.items[0].size_bytes, 3);
    assert_int_equal(pond_store_last_commit(t, &last, NULL), POND_OK);
    assert_int_equal(last.seq, 2);
    assert_int_equal(pond_store_log(t, &r->a, 0, 0, &log, NULL), POND_OK);
    assert_int_equal(log.n, 2);
    const pond_node_row *row;
    assert_int_equal(pond_store_lookup(t, &r->a, root, POND_SV("a"), &row, NULL), POND_OK);
    assert_true(pond_id_eq(row->id, a));
    assert_int_equal(row->size_bytes, 3);
    pond_txn_end(t, NULL);

    // The next transaction of the same store sees what holds now, and can write.
    t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_store_lookup(t, &r->a, root, POND_SV("a"), &row, NULL), POND_OK);
    assert_false(pond_id_eq(row->id, a));
    pond_txn_end(t, NULL);
    make_at(r, "c", POND_T_DATA);
    expect_children(r, 7, "a:0 b:0 c:0");
}

static void several_changes_of_one_transaction_are_one_state(void **state) {
    room *r = *state;
    pond_id a = make_at(r, "a", POND_T_DATA); // 1
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mv");
    assert_int_equal(pond_store_move(t, a, root, POND_SV("b"), NULL), POND_OK);
    assert_int_equal(pond_store_move(t, a, root, POND_SV("c"), NULL), POND_OK);
    pond_id gone = make(t, root, "gone", POND_T_DATA);
    assert_int_equal(pond_store_remove(t, gone, NULL), POND_OK);
    commit(t);
    expect_children(r, 1, "a:0");
    expect_children(r, 2, "c:0");
}

static void a_write_that_was_not_committed_leaves_no_history(void **state) {
    room *r = *state;
    pond_id a = make_at(r, "a", POND_T_DATA);
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mv");
    assert_int_equal(pond_store_move(t, a, root, POND_SV("b"), NULL), POND_OK);
    pond_txn_end(t, NULL);
    expect_children(r, 1, "a:0");
    expect_children(r, 2, "a:0");
}

static void there_is_nothing_to_see_after_the_last_transaction(void **state) {
    room *r = *state;
    make_at(r, "a", POND_T_DATA);
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_txn_look_back(t, 2, &r->err), POND_ERR_NOT_FOUND);
    assert_string_equal(r->err.msg, "there is no transaction 2; the last one is 1");
    assert_int_equal(pond_txn_look_back(t, -1, &r->err), POND_ERR_NOT_FOUND);
    pond_txn_end(t, NULL);
}

static void a_time_is_that_of_the_last_commit_before_it(void **state) {
    room *r = *state;
    pond_txn_row_vec log;
    int64_t seq;
    make_at(r, "a", POND_T_DATA);
    usleep(2000);
    make_at(r, "b", POND_T_DATA);
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_store_log(t, &r->a, 0, 0, &log, NULL), POND_OK);
    assert_int_equal(pond_txn_find_time(t, log.items[1].began_us - 1, &seq, NULL), POND_OK);
    assert_int_equal(seq, 0);
    assert_int_equal(pond_txn_find_time(t, log.items[1].ended_us, &seq, NULL), POND_OK);
    assert_int_equal(seq, 1);
    assert_int_equal(pond_txn_find_time(t, INT64_MAX, &seq, NULL), POND_OK);
    assert_int_equal(seq, 2);
    pond_txn_end(t, NULL);
}

static void a_node_moves_with_its_id_and_versions(void **state) {
    room *r = *state;
    pond_id file = make_at(r, "f", POND_T_DATA), dir = make_at(r, "d", POND_T_DIRECTORY);
    add_text(r, file, "text");
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mv");
    pond_id inner = make(t, dir, "inner", POND_T_DIRECTORY), computed = {{0}};
    computed = make(t, root, "computed", POND_T_DYNAMIC_DIRECTORY);
    const pond_node_row *row;
    assert_int_equal(pond_store_move(t, file, inner, POND_SV("g"), NULL), POND_OK);
    assert_int_equal(pond_store_lookup(t, &r->a, inner, POND_SV("g"), &row, NULL), POND_OK);
    assert_true(pond_id_eq(row->id, file));
    assert_int_equal(row->version, 1);
    assert_false(has(t, &r->a, "f"));
    assert_int_equal(pond_store_move(t, dir, inner, POND_SV("d"), &r->err), POND_ERR_INVALID);
    assert_string_equal(r->err.msg, "the directory 'd' cannot be moved into itself");
    assert_int_equal(pond_store_move(t, dir, dir, POND_SV("d"), &r->err), POND_ERR_INVALID);
    assert_int_equal(pond_store_move(t, root, dir, POND_SV("r"), &r->err), POND_ERR_INVALID);
    assert_int_equal(pond_store_move(t, file, root, POND_SV("d"), &r->err), POND_ERR_EXISTS);
    assert_string_equal(r->err.msg, "'d' already exists");
    assert_int_equal(pond_store_move(t, file, root, POND_SV("a/b"), &r->err), POND_ERR_INVALID);
    assert_int_equal(pond_store_move(t, dir, file, POND_SV("d"), &r->err), POND_ERR_CONFLICT);
    assert_int_equal(pond_store_move(t, dir, computed, POND_SV("d"), &r->err), POND_ERR_READ_ONLY);
    commit(t);
}

static void a_transaction_did_what_it_made_and_ended(void **state) {
    room *r = *state;
    pond_id a = make_at(r, "a", POND_T_DATA), d = make_at(r, "d", POND_T_DIRECTORY); // 1, 2
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mv");                                 // 3
    pond_id e = make(t, d, "e", POND_T_DIRECTORY);
    assert_int_equal(pond_store_move(t, a, e, POND_SV("b"), NULL), POND_OK);
    commit(t);
    add_text(r, a, "x"); // 4
    t = begin(r->s, POND_TXN_WRITE, "rm");
    assert_int_equal(pond_store_remove(t, a, NULL), POND_OK); // 5
    assert_int_equal(pond_store_remove(t, e, NULL), POND_OK);
    commit(t);

    pond_change_vec all;
    pond_buf got = POND_BUF_EMPTY;
    t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_store_changes(t, &r->a, 2, 5, &all, NULL), POND_OK);
    for (size_t i = 0; i < all.n; i++)
        pond_buf_printf(&got, "%d %.*s>%.*s%s\n", (int)all.items[i].seq,
                        POND_SV_ARG(all.items[i].path_before), POND_SV_ARG(all.items[i].path_after),
                        pond_change_is_move(&all.items[i]) ? " moved" : "");
    pond_txn_end(t, NULL);
    assert_string_equal(pond_buf_keep(&r->a, &got).p, "5 /d/e>\n5 /d/e/b>\n4 /d/e/b>/d/e/b\n"
                                                      "3 >/d/e\n3 /a>/d/e/b moved\n2 >/d\n");
}

// Undo --------------------------------------------------------------------------------------------

static pond_code undo(room *r, int64_t seq) {
    int64_t undone;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "undo");
    pond_code rc = pond_store_undo(t, seq, &undone, &r->err);
    if (rc == POND_OK)
        commit(t);
    else
        pond_txn_end(t, &r->err);
    return rc;
}

static void undo_takes_back_what_a_transaction_did(void **state) {
    room *r = *state;
    pond_id a = make_at(r, "a", POND_T_DATA_SERIES);        // 1
    add_text(r, a, "one");                                  // 2
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "all of it"); // 3
    pond_id d = make(t, root, "d", POND_T_DIRECTORY);
    make(t, d, "in", POND_T_DATA);
    assert_int_equal(pond_store_move(t, a, d, POND_SV("b"), NULL), POND_OK);
    commit(t);
    assert_int_equal(undo(r, 0), POND_OK); // 4
    expect_children(r, 4, "a:1");
    assert_int_equal(undo(r, 0), POND_OK); // 5: the undo
    expect_children(r, 5, "d:0");
    assert_int_equal(undo(r, 3), POND_OK); // 6: again, since all is as 3 left it
    expect_children(r, 6, "a:1");
    assert_int_equal(undo(r, 2), POND_OK); // 7
    expect_children(r, 7, "a:0");
    assert_int_equal(undo(r, 7), POND_OK); // 8: the version comes back with a new number
    expect_children(r, 8, "a:2");
    expect_children(r, 3, "d:0"); // and nothing of it changes what was
    expect_children(r, 2, "a:1");
}

static void undo_is_refused_where_something_builds_on_it(void **state) {
    room *r = *state;
    pond_id d = make_at(r, "d", POND_T_DIRECTORY);     // 1
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "copy"); // 2
    make(t, d, "f", POND_T_DATA);
    commit(t);
    assert_int_equal(undo(r, 1), POND_ERR_CONFLICT); // 3
    assert_string_equal(r->err.msg,
                        "transaction 1 cannot be taken back: transaction 2 (pond copy) builds on "
                        "what it did to '/d'; take that one back first");
    assert_int_equal(undo(r, 3), POND_ERR_NOT_FOUND);
    assert_int_equal(undo(r, 100), POND_ERR_NOT_FOUND);
    expect_children(r, 2, "d:0");
}

// Format 1 ----------------------------------------------------------------------------------------

// A pond that a program of format 1 made: /sensors/harbour/flow.series and /notes.txt with two
// versions each, and /total, in six transactions and one that failed.
static void copy_old_pond(room *r) {
    char *command = pond_printf(&r->a, "cp -r tests/unit/store/ponds/format-1 '%s'", r->pond);
    pond_store_close(r->s);
    assert_int_equal(pond_remove_tree(r->pond, NULL), POND_OK);
    assert_int_equal(system(command), 0);
    assert_int_equal(pond_store_open(r->pond, &r->s, &r->err), POND_OK);
}

static void a_pond_of_format_1_is_migrated_with_all_it_has(void **state) {
    room *r = *state;
    copy_old_pond(r);
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "add");
    const pond_node_row *notes;
    pond_version_vec versions;
    pond_buf text = POND_BUF_EMPTY;
    assert_true(has(t, &r->a, "sensors") && has(t, &r->a, "total"));
    assert_int_equal(pond_store_lookup(t, &r->a, root, POND_SV("notes.txt"), &notes, NULL),
                     POND_OK);
    assert_int_equal(pond_store_versions(t, &r->a, notes->id, &versions, NULL), POND_OK);
    assert_int_equal(versions.n, 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pond_object_read(r->s, &versions.items[i].object, &text, NULL), POND_OK);
    assert_string_equal(pond_buf_keep(&r->a, &text).p, "one\ntwo\n");
    commit(t);
    add_text(r, notes->id, "three"); // 9, since 8 wrote nothing
    expect_children(r, 8, "notes.txt:2 sensors:0 total:1");
    expect_children(r, 9, "notes.txt:3 sensors:0 total:1");
}

static void before_the_migration_there_is_no_history(void **state) {
    room *r = *state;
    copy_old_pond(r);
    expect_children(r, 7, "notes.txt:2 sensors:0 total:1");
    pond_txn *t = begin(r->s, POND_TXN_READ, "");
    assert_int_equal(pond_txn_look_back(t, 6, &r->err), POND_ERR_UNSUPPORTED);
    assert_string_equal(r->err.msg,
                        "the pond keeps its history from transaction 7 on; before, it was written "
                        "by a program that kept none");
    pond_txn_end(t, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ROOM(a_read_can_see_what_held_after_each_transaction),
        IN_ROOM(several_changes_of_one_transaction_are_one_state),
        IN_ROOM(a_write_that_was_not_committed_leaves_no_history),
        IN_ROOM(there_is_nothing_to_see_after_the_last_transaction),
        IN_ROOM(a_time_is_that_of_the_last_commit_before_it),
        IN_ROOM(a_node_moves_with_its_id_and_versions),
        IN_ROOM(a_transaction_did_what_it_made_and_ended),
        IN_ROOM(undo_takes_back_what_a_transaction_did),
        IN_ROOM(undo_is_refused_where_something_builds_on_it),
        IN_ROOM(a_pond_of_format_1_is_migrated_with_all_it_has),
        IN_ROOM(before_the_migration_there_is_no_history),
    };
    return cmocka_run_group_tests_name("store/past", tests, NULL, NULL);
}
