// Nodes and versions: creating, finding, changing, removing.
#include "room.h"

#include <sqlite3.h>

static pond_node_row find(pond_txn *t, room *r, pond_id parent, const char *name) {
    const pond_node_row *row;
    assert_int_equal(pond_store_lookup(t, &r->a, parent, pond_sv_of(name), &row, NULL), POND_OK);
    assert_non_null(row);
    return *row;
}

static pond_code add(pond_txn *t, room *r, pond_id node, const char *text) {
    pond_version v = {.rows = -1, .t_min_us = 1, .size_bytes = strlen(text)};
    assert_int_equal(pond_object_write(r->s, pond_sv_of(text), &v.object, NULL), POND_OK);
    return pond_store_add_version(t, node, &v, &r->err);
}

static void created_nodes_are_found(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mknod");
    pond_id dir = make(t, root, "sensors", POND_T_DIRECTORY), link, dyn;
    const pond_new_node new_link = {
        .parent = dir, .name = POND_SV("latest"), .type = POND_T_SYMLINK, .link = POND_SV("../x")};
    const pond_new_node new_dyn = {.parent = dir,
                                   .name = POND_SV("all"),
                                   .type = POND_T_TABLE_DYNAMIC,
                                   .factory = POND_SV("timeseries-join")};
    assert_int_equal(pond_store_create(t, &new_link, &link, NULL), POND_OK);
    assert_int_equal(pond_store_create(t, &new_dyn, &dyn, NULL), POND_OK);
    commit(t);
    reopen(r);
    t = begin(r->s, POND_TXN_READ, "");

    pond_node_row row = find(t, r, root, "sensors");
    assert_true(pond_id_eq(row.id, dir) && pond_id_eq(row.parent, root));
    assert_true(pond_sv_is(row.name, "sensors"));
    assert_int_equal(row.type, POND_T_DIRECTORY);
    assert_int_equal(row.factory.n + row.link.n, 0);
    assert_int_equal(row.version, 0);
    assert_int_equal(row.size_bytes, 0);
    assert_true(row.modified_us > INT64_C(1577836800000000));

    row = find(t, r, dir, "latest");
    assert_int_equal(row.type, POND_T_SYMLINK);
    assert_true(pond_sv_is(row.link, "../x") && pond_id_eq(row.parent, dir));
    row = find(t, r, dir, "all");
    assert_int_equal(row.type, POND_T_TABLE_DYNAMIC);
    assert_true(pond_sv_is(row.factory, "timeseries-join") && pond_id_eq(row.id, dyn));

    const pond_node_row *none = &row;
    assert_int_equal(pond_store_lookup(t, &r->a, root, POND_SV("none"), &none, NULL), POND_OK);
    assert_null(none);
    pond_txn_end(t, NULL);
}

static void children_come_in_the_order_of_their_bytes(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mkdir");
    static const char *const names[] = {"b", "a", "B", "\xc3\xa4", "a b", "~", "10", "9", NULL};
    static const char *const sorted[] = {"10", "9", "B", "a", "a b", "b", "~", "\xc3\xa4", NULL};
    for (int i = 0; names[i] != NULL; i++)
        make(t, root, names[i], POND_T_DIRECTORY);
    pond_node_row_vec found;
    assert_int_equal(pond_store_children(t, &r->a, root, &found, NULL), POND_OK);
    assert_int_equal(found.n, 8);
    for (int i = 0; sorted[i] != NULL; i++)
        assert_true(pond_sv_is(found.items[i]->name, sorted[i]));
    assert_int_equal(pond_store_children(t, &r->a, found.items[0]->id, &found, NULL), POND_OK);
    assert_int_equal(found.n, 0);
    pond_txn_end(t, NULL);
}

// The names of the children, with blanks between them.
static pond_sv names_of(pond_txn *t, room *r, pond_id parent) {
    pond_node_row_vec found;
    pond_buf b = POND_BUF_EMPTY;
    assert_int_equal(pond_store_children(t, &r->a, parent, &found, &r->err), POND_OK);
    for (size_t i = 0; i < found.n; i++) {
        pond_buf_str(&b, i == 0 ? "" : " ");
        pond_buf_sv(&b, found.items[i]->name);
        assert_true(pond_id_eq(found.items[i]->parent, parent));
    }
    return pond_buf_keep(&r->a, &b);
}

static void nodes_read_ahead_are_those_of_the_catalog(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mkdir");
    pond_id dir = make(t, root, "dir", POND_T_DIRECTORY);
    for (int i = 0; i < 20; i++)
        make(t, i % 2 == 0 ? dir : root, pond_printf(&r->a, "n%d", i * 7 % 20), POND_T_DATA);
    pond_sv in_root = names_of(t, r, root), in_dir = names_of(t, r, dir);
    pond_store_read_ahead(t);
    assert_true(pond_sv_eq(names_of(t, r, root), in_root));
    assert_true(pond_sv_eq(names_of(t, r, dir), in_dir));
    assert_int_equal(names_of(t, r, (pond_id){{7}}).n, 0);

    pond_id late = make(t, dir, "late", POND_T_DATA); // a change is seen
    assert_int_equal(names_of(t, r, dir).n, in_dir.n + 5);
    pond_store_read_ahead(t);
    assert_int_equal(names_of(t, r, dir).n, in_dir.n + 5);
    assert_int_equal(pond_store_remove(t, late, NULL), POND_OK);
    assert_true(pond_sv_eq(names_of(t, r, dir), in_dir));
    pond_txn_end(t, NULL);
}

// A directory that holds nearly everything is listed from a scan of all nodes.
static void very_many_children_are_sorted_and_complete(void **state) {
    room *r = *state;
    enum { N = 1500 };
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mkdir");
    pond_id dir = make(t, root, "dir", POND_T_DIRECTORY),
            other = make(t, root, "x", POND_T_DIRECTORY);
    make(t, other, "n0", POND_T_DATA);
    for (int i = 0; i < N; i++)
        make(t, dir, pond_printf(&r->a, "n%d", i * 7 % N), POND_T_DATA);
    for (int k = 0; k < 2; k++) {
        pond_node_row_vec found;
        assert_int_equal(pond_store_children(t, &r->a, dir, &found, &r->err), POND_OK);
        assert_int_equal(found.n, N - k);
        for (size_t i = 1; i < found.n; i++)
            assert_true(pond_sv_cmp(found.items[i - 1]->name, found.items[i]->name) < 0);
        assert_true(pond_sv_is(names_of(t, r, other), "n0"));
        if (k == 0)
            assert_int_equal(pond_store_remove(t, found.items[5]->id, NULL), POND_OK);
    }
    pond_txn_end(t, NULL);
}

static void change_catalog(room *r, const char *sql) {
    sqlite3 *db;
    pond_store_close(r->s);
    r->s = NULL;
    assert_int_equal(sqlite3_open(below(r, "pond.db"), &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(pond_store_open(r->pond, &r->s, &r->err), POND_OK);
}

// A row that nobody would have read does not keep the others from being read.
static void what_cannot_be_read_ahead_is_read_later(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mkdir");
    pond_id dir = make(t, root, "dir", POND_T_DIRECTORY);
    make(t, dir, "strange", POND_T_DATA);
    make(t, root, "good", POND_T_DATA);
    commit(t);
    change_catalog(r, "UPDATE nodes SET type = 'future' WHERE name = 'strange';"
                      "UPDATE nodes SET parent = zeroblob(16), name = 'x' WHERE parent IS NULL");
    t = begin(r->s, POND_TXN_READ, "");
    pond_store_read_ahead(t);
    pond_node_row_vec found;
    assert_int_equal(pond_store_children(t, &r->a, dir, &found, &r->err), POND_ERR_CORRUPT);
    pond_txn_end(t, NULL);
    change_catalog(r, "DELETE FROM nodes WHERE name = 'strange'");
    t = begin(r->s, POND_TXN_READ, "");
    pond_store_read_ahead(t);
    assert_true(pond_sv_is(names_of(t, r, root), "dir good")); // the root is nobody's child
    pond_txn_end(t, NULL);
}

static void expect_refused(room *r, pond_txn *t, pond_id parent, pond_sv name, pond_code code,
                           const char *message) {
    pond_id id;
    const pond_new_node n = {.parent = parent, .name = name, .type = POND_T_DATA};
    assert_int_equal(pond_store_create(t, &n, &id, &r->err), code);
    assert_string_equal(r->err.msg, message);
}

static void invalid_names_are_refused(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "copy");
    expect_refused(r, t, root, POND_SV(""), POND_ERR_INVALID, "the name '' is empty");
    expect_refused(r, t, root, POND_SV("."), POND_ERR_INVALID,
                   "the name '.' stands for a directory");
    expect_refused(r, t, root, POND_SV(".."), POND_ERR_INVALID,
                   "the name '..' stands for a directory");
    expect_refused(r, t, root, POND_SV("a/b"), POND_ERR_INVALID, "the name 'a/b' contains '/'");
    expect_refused(r, t, root, POND_SV("a\0b"), POND_ERR_INVALID,
                   "the name 'a' contains a NUL byte");
    expect_refused(r, t, root, POND_SV("a\xc3.b"), POND_ERR_INVALID,
                   "the name 'a\xc3.b' is not UTF-8");
    char name[257];
    memset(name, 'n', sizeof name);
    pond_id id;
    const pond_new_node longest = {.parent = root, .name = {name, 255}, .type = POND_T_DATA};
    assert_int_equal(pond_store_create(t, &longest, &id, NULL), POND_OK);
    expect_refused(r, t, root, (pond_sv){name, 256}, POND_ERR_LIMIT,
                   "the name 'nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn…' is longer than 255 bytes");
    make(t, root, "...", POND_T_DATA);
    commit(t);
}

static void invalid_places_are_refused(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "copy");
    pond_id file = make(t, root, "file", POND_T_DATA);
    pond_id computed = make(t, root, "computed", POND_T_DYNAMIC_DIRECTORY);
    expect_refused(r, t, root, POND_SV("file"), POND_ERR_EXISTS, "'file' already exists");
    expect_refused(r, t, file, POND_SV("x"), POND_ERR_CONFLICT, "'file' is not a directory");
    expect_refused(r, t, computed, POND_SV("x"), POND_ERR_READ_ONLY,
                   "'computed' is a dynamic directory: nothing can be created in it");
    pond_id nobody = {{1}};
    expect_refused(r, t, nobody, POND_SV("x"), POND_ERR_NOT_FOUND,
                   "no node has the id 01000000-0000-0000-0000-000000000000");
    // These failures do not affect the rest of the transaction.
    make(t, root, "good", POND_T_DATA);
    commit(t);
    t = begin(r->s, POND_TXN_READ, "");
    assert_true(has(t, &r->a, "good") && has(t, &r->a, "file"));
    pond_txn_end(t, NULL);
}

static void versions_are_numbered_and_kept(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "copy");
    pond_id data = make(t, root, "page", POND_T_DATA);
    pond_id series = make(t, root, "log", POND_T_DATA_SERIES);
    const pond_version *v;
    assert_int_equal(pond_store_latest(t, &r->a, data, &v, NULL), POND_OK);
    assert_null(v);
    assert_int_equal(add(t, r, data, "one"), POND_OK);
    assert_int_equal(add(t, r, series, "one"), POND_OK);
    commit(t);
    t = begin(r->s, POND_TXN_WRITE, "copy");
    assert_int_equal(add(t, r, data, "three"), POND_OK);
    assert_int_equal(add(t, r, series, "three"), POND_OK);
    commit(t);

    t = begin(r->s, POND_TXN_READ, "");
    pond_node_row row = find(t, r, root, "page");
    assert_int_equal(row.version, 2);
    assert_int_equal(row.size_bytes, 5);                     // the latest
    assert_int_equal(find(t, r, root, "log").size_bytes, 8); // all together

    pond_version_vec all;
    assert_int_equal(pond_store_versions(t, &r->a, data, &all, NULL), POND_OK);
    assert_int_equal(all.n, 2);
    assert_int_equal(all.items[0].number, 1);
    assert_int_equal(all.items[0].size_bytes, 3);
    assert_int_equal(all.items[1].number, 2);
    assert_int_equal(all.items[1].created_us, row.modified_us);
    assert_true(all.items[0].created_us <= all.items[1].created_us);
    pond_sha256 three = pond_sha256_of(POND_SV("three"));
    assert_memory_equal(all.items[1].object.bytes, three.bytes, 32);
    assert_int_equal(pond_store_latest(t, &r->a, data, &v, NULL), POND_OK);
    assert_int_equal(v->number, 2);
    assert_memory_equal(v->object.bytes, three.bytes, 32);
    pond_txn_end(t, NULL);
}

static void a_node_can_be_made_with_its_first_version(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "copy");
    pond_id dir = make(t, root, "dir", POND_T_DIRECTORY), file, again;
    pond_version v = {.rows = -1, .t_min_us = 1, .size_bytes = 3};
    assert_int_equal(pond_object_write(r->s, POND_SV("one"), &v.object, NULL), POND_OK);
    const pond_new_node n = {
        .parent = dir, .name = POND_SV("log"), .type = POND_T_DATA_SERIES, .content = &v};
    assert_int_equal(pond_store_create(t, &n, &file, NULL), POND_OK);
    assert_int_equal(pond_store_create(t, &n, &again, &r->err), POND_ERR_EXISTS);
    assert_string_equal(r->err.msg, "'log' already exists");
    assert_int_equal(add(t, r, file, "three"), POND_OK);
    commit(t);

    t = begin(r->s, POND_TXN_READ, "");
    pond_node_row row = find(t, r, dir, "log");
    assert_true(pond_id_eq(row.id, file));
    assert_int_equal(row.version, 2);
    assert_int_equal(row.size_bytes, 8);
    pond_version_vec all;
    assert_int_equal(pond_store_versions(t, &r->a, file, &all, NULL), POND_OK);
    assert_int_equal(all.n, 2);
    assert_int_equal(all.items[0].number, 1);
    assert_int_equal(all.items[0].size_bytes, 3);
    assert_memory_equal(all.items[0].object.bytes, v.object.bytes, 32);
    // In the log they count as if they had been made one after the other.
    pond_txn_row_vec log;
    assert_int_equal(pond_store_log(t, &r->a, 1, 0, &log, NULL), POND_OK);
    assert_int_equal(log.items[0].n_operations, 4);
    assert_int_equal(log.items[0].n_files, 1);
    assert_int_equal(log.items[0].n_directories, 1);
    pond_txn_end(t, NULL);
}

static void all_facts_of_a_table_are_kept(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "copy");
    pond_id table = make(t, root, "t", POND_T_TABLE_SERIES);
    pond_version in = {
        .object = pond_sha256_of(POND_SV("rows")),
        .size_bytes = UINT64_C(1) << 40,
        .rows = 420768,
        .time_column = POND_SV("timestamp"),
        .t_min_us = -5,
        .t_max_us = INT64_MAX,
        .facts = POND_SV("[{\"name\":\"timestamp\",\"type\":\"TIMESTAMP\"}]"),
    };
    assert_int_equal(pond_store_add_version(t, table, &in, NULL), POND_OK);
    commit(t);
    reopen(r);
    t = begin(r->s, POND_TXN_READ, "");
    const pond_version *out;
    assert_int_equal(pond_store_latest(t, &r->a, table, &out, NULL), POND_OK);
    assert_int_equal(out->number, 1);
    assert_memory_equal(out->object.bytes, in.object.bytes, 32);
    assert_int_equal(out->size_bytes, in.size_bytes);
    assert_int_equal(out->rows, 420768);
    assert_true(pond_sv_eq(out->time_column, in.time_column));
    assert_int_equal(out->t_min_us, -5);
    assert_int_equal(out->t_max_us, INT64_MAX);
    assert_true(pond_sv_eq(out->facts, in.facts));
    pond_txn_end(t, NULL);
}

static void only_files_and_dynamic_nodes_have_content(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "copy");
    pond_id dir = make(t, root, "dir", POND_T_DIRECTORY);
    pond_id link = make(t, root, "link", POND_T_SYMLINK), nobody = {{1}};
    assert_int_equal(add(t, r, dir, "x"), POND_ERR_CONFLICT);
    assert_string_equal(r->err.msg, "'dir' is a directory: it has no content");
    assert_int_equal(add(t, r, link, "x"), POND_ERR_CONFLICT);
    assert_string_equal(r->err.msg, "'link' is a symlink: it has no content");
    assert_int_equal(add(t, r, nobody, "x"), POND_ERR_NOT_FOUND);
    pond_id computed = make(t, root, "computed", POND_T_DYNAMIC_DIRECTORY);
    assert_int_equal(add(t, r, computed, "config: 1"), POND_OK);
    pond_txn_end(t, NULL);
}

static void removal_keeps_the_versions_and_refuses_children(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "rm");
    pond_id dir = make(t, root, "dir", POND_T_DIRECTORY);
    pond_id file = make(t, dir, "f", POND_T_DATA);
    assert_int_equal(add(t, r, file, "x"), POND_OK);
    assert_int_equal(pond_store_remove(t, dir, &r->err), POND_ERR_CONFLICT);
    assert_string_equal(r->err.msg, "the directory 'dir' is not empty");
    assert_int_equal(pond_store_remove(t, file, NULL), POND_OK);
    pond_version_vec versions;
    assert_int_equal(pond_store_versions(t, &r->a, file, &versions, NULL), POND_OK);
    assert_int_equal(versions.n, 1); // for those who look back
    assert_int_equal(pond_store_remove(t, dir, NULL), POND_OK);
    assert_false(has(t, &r->a, "dir"));
    const pond_new_node orphan = {.parent = dir, .name = POND_SV("g"), .type = POND_T_DATA};
    assert_int_equal(pond_store_create(t, &orphan, &file, NULL), POND_ERR_NOT_FOUND);
    assert_int_equal(pond_store_remove(t, dir, &r->err), POND_ERR_NOT_FOUND);
    assert_int_equal(pond_store_remove(t, root, &r->err), POND_ERR_INVALID);
    assert_string_equal(r->err.msg, "the root directory cannot be removed");
    // The name is free again, and a new node begins at version 1.
    pond_id again = make(t, root, "dir", POND_T_DATA);
    assert_int_equal(add(t, r, again, "x"), POND_OK);
    assert_int_equal(find(t, r, root, "dir").version, 1);
    commit(t);
}

static void a_dynamic_node_can_change_its_factory_and_keeps_its_id(void **state) {
    room *r = *state;
    pond_txn *t = begin(r->s, POND_TXN_WRITE, "mknod");
    pond_id dyn = make(t, root, "d", POND_T_TABLE_DYNAMIC), file = make(t, root, "f", POND_T_TABLE);
    assert_int_equal(
        pond_store_set_factory(t, dyn, POND_T_DYNAMIC_DIRECTORY, POND_SV("reduce"), NULL), POND_OK);
    pond_node_row row = find(t, r, root, "d");
    assert_true(pond_id_eq(row.id, dyn) && pond_sv_is(row.factory, "reduce"));
    assert_int_equal(row.type, POND_T_DYNAMIC_DIRECTORY);
    assert_int_equal(
        pond_store_set_factory(t, file, POND_T_TABLE_DYNAMIC, POND_SV("reduce"), &r->err),
        POND_ERR_CONFLICT);
    assert_string_equal(r->err.msg,
                        "'f' is a table: only a dynamic node has a factory, and it stays dynamic");
    pond_txn_end(t, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ROOM(created_nodes_are_found),
        IN_ROOM(children_come_in_the_order_of_their_bytes),
        IN_ROOM(nodes_read_ahead_are_those_of_the_catalog),
        IN_ROOM(very_many_children_are_sorted_and_complete),
        IN_ROOM(what_cannot_be_read_ahead_is_read_later),
        IN_ROOM(invalid_names_are_refused),
        IN_ROOM(invalid_places_are_refused),
        IN_ROOM(versions_are_numbered_and_kept),
        IN_ROOM(a_node_can_be_made_with_its_first_version),
        IN_ROOM(all_facts_of_a_table_are_kept),
        IN_ROOM(only_files_and_dynamic_nodes_have_content),
        IN_ROOM(removal_keeps_the_versions_and_refuses_children),
        IN_ROOM(a_dynamic_node_can_change_its_factory_and_keeps_its_id),
    };
    return cmocka_run_group_tests_name("store/nodes", tests, NULL, NULL);
}
