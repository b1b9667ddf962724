// Notes about nodes: labels and origins.
#include "store/declared.h"

#include "room.h"

static pond_declared_vec labelled(pond_txn *t, room *r, const char *label) {
    pond_declared_vec out;
    assert_int_equal(pond_store_declared(t, &r->a, pond_sv_of(label), &out, &r->err), POND_OK);
    return out;
}

static void labels_follow_their_nodes(void **state) {
    room *r = *state;
    pond_sv label;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "apply");
    pond_id b = make(t, root, "b", POND_T_DIRECTORY), a = make(t, root, "a", POND_T_DIRECTORY);
    pond_id c = make(t, a, "c", POND_T_DIRECTORY);
    assert_int_equal(pond_store_set_label(t, b, POND_SV("/conf"), &r->err), POND_OK);
    assert_int_equal(pond_store_set_label(t, c, POND_SV("/conf"), &r->err), POND_OK);
    assert_int_equal(pond_store_set_label(t, a, POND_SV("other"), &r->err), POND_OK);
    assert_int_equal(pond_store_move(t, b, a, POND_SV("z"), &r->err), POND_OK);
    commit(t);

    t = begin(r->s, POND_TXN_WRITE, "rm");
    pond_declared_vec all = labelled(t, r, "/conf");
    assert_int_equal(all.n, 2);
    assert_string_equal(all.items[0].path.p, "/a/c");
    assert_string_equal(all.items[1].path.p, "/a/z");
    assert_true(pond_id_eq(all.items[1].id, b));
    assert_int_equal(labelled(t, r, "conf").n, 0);
    assert_int_equal(pond_store_label(t, &r->a, a, &label, &r->err), POND_OK);
    assert_string_equal(label.p, "other");
    assert_int_equal(pond_store_label(t, &r->a, root, &label, &r->err), POND_OK);
    assert_int_equal(label.n, 0);
    assert_int_equal(pond_store_remove(t, c, &r->err), POND_OK);
    assert_int_equal(labelled(t, r, "/conf").n, 1); // one that is gone is passed over
    commit(t);

    t = begin(r->s, POND_TXN_WRITE, "undo");
    int64_t undone;
    assert_int_equal(pond_store_undo(t, 2, &undone, &r->err), POND_OK);
    assert_int_equal(labelled(t, r, "/conf").n, 2); // and comes back with its node
    commit(t);
}

static void origins_are_replaced(void **state) {
    room *r = *state;
    pond_origin_vec two = {0}, one = {0}, found;
    *pond_vec_push(&r->a, &two) = (pond_origin){.path = POND_SV("/t/x"), .size_bytes = 7};
    *pond_vec_push(&r->a, &two) =
        (pond_origin){.path = POND_SV("/t/a"), .mtime_ns = -1, .hash = {{1}}, .seal = {{2}}};
    *pond_vec_push(&r->a, &one) = (pond_origin){.path = POND_SV("/t/b")};
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "apply");
    pond_id n = make(t, root, "n", POND_T_DATA_DYNAMIC);
    assert_int_equal(pond_store_set_origins(t, n, &two, &r->err), POND_OK);
    assert_int_equal(pond_store_origins(t, &r->a, &found, &r->err), POND_OK);
    assert_int_equal(found.n, 2);
    assert_string_equal(found.items[0].path.p, "/t/a");
    assert_string_equal(found.items[0].node.p, "/n");
    assert_int_equal(found.items[0].mtime_ns, -1);
    assert_int_equal(found.items[0].hash.bytes[0], 1);
    assert_int_equal(found.items[0].seal.bytes[0], 2);
    assert_int_equal(found.items[1].size_bytes, 7);
    assert_int_equal(pond_store_set_origins(t, n, &one, &r->err), POND_OK);
    assert_int_equal(pond_store_origins(t, &r->a, &found, &r->err), POND_OK);
    assert_int_equal(found.n, 1);
    assert_string_equal(found.items[0].path.p, "/t/b");
    commit(t);
}

static void a_write_that_is_forgotten_is_not_in_the_log(void **state) {
    room *r = *state;
    pond_txn_row_vec log;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "apply");
    make(t, root, "x", POND_T_DIRECTORY);
    pond_txn_forget(t);
    pond_txn_end(t, NULL);
    t = begin(r->s, POND_TXN_WRITE, "apply");
    pond_txn_forget(t);
    pond_err failure = {.code = POND_ERR_IO, .msg = "no room"};
    pond_txn_end(t, &failure); // a failure is told all the same
    t = begin(r->s, POND_TXN_READ, "");
    assert_false(has(t, &r->a, "x"));
    assert_int_equal(pond_store_log(t, &r->a, 0, 0, &log, &r->err), POND_OK);
    assert_int_equal(log.n, 1);
    assert_int_equal(log.items[0].seq, 1);
    assert_int_equal(log.items[0].state, POND_TXN_FAILED);
    pond_txn_end(t, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ROOM(labels_follow_their_nodes),
        IN_ROOM(origins_are_replaced),
        IN_ROOM(a_write_that_is_forgotten_is_not_in_the_log),
    };
    return cmocka_run_group_tests_name("store/declared", tests, NULL, NULL);
}
