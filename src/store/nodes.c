// Nodes and versions: reading and changing their rows in the catalog.
#include "store/store_internal.h"

#include "base/sort.h"

#include <inttypes.h>
#include <stdlib.h>

static const pond_id root_id = {{0}};

// Reading -----------------------------------------------------------------------------------------

// A row without its state: of a list, which may be long.
static pond_code read_place(const store_query *q, pond_arena *a, pond_node_row *row,
                            pond_err *err) {
    *row = (pond_node_row){
        .name = store_text(q, a, 2),
        .factory = store_text(q, a, 4),
        .link = store_text(q, a, 5),
        .version = store_int(q, 6),
        .size_bytes = (uint64_t)store_int(q, 7),
        .modified_us = store_int(q, 8),
    };
    POND_TRY(store_blob(q, 0, row->id.bytes, sizeof row->id.bytes, err));
    if (!pond_id_eq(row->id, root_id)) // the root has no parent; this makes it its own
        POND_TRY(store_blob(q, 1, row->parent.bytes, sizeof row->parent.bytes, err));
    pond_sv type = store_borrow_text(q, 3);
    if (!store_type_from_name(type, &row->type))
        return store_damaged(q->store, err, "'%.*s' has the unknown type '%.*s'",
                             POND_SV_ARG(row->name), POND_SV_ARG(type));
    return POND_OK;
}

pond_code store_read_node(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    pond_node_row *row = out;
    POND_TRY(read_place(q, a, row, err));
    row->state = store_text(q, a, 9);
    return POND_OK;
}

static pond_code push_place(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    pond_node_row *row = pond_alloc(a, sizeof *row);
    *pond_vec_push(a, (pond_node_row_vec *)out) = row;
    return read_place(q, a, row, err);
}

// Very many versions have the same facts, whose text is long: it is kept once in a row.
static pond_sv read_facts(const store_query *q, int column) {
    pond_txn *t = q->store->txn;
    pond_sv facts = store_borrow_text(q, column);
    if (!pond_sv_eq(facts, t->facts))
        t->facts = pond_sv_dup(&t->arena, facts);
    return t->facts;
}

static pond_code read_version(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    pond_version *v = out;
    *v = (pond_version){
        .number = store_int(q, 0),
        .size_bytes = (uint64_t)store_int(q, 2),
        .created_us = store_int(q, 3),
        .rows = store_int(q, 4),
        .time_column = store_text(q, a, 5),
        .t_min_us = store_int(q, 6),
        .t_max_us = store_int(q, 7),
        .facts = read_facts(q, 8),
    };
    return store_blob(q, 1, v->object.bytes, sizeof v->object.bytes, err);
}

pond_code store_push_version(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    return read_version(q, a, pond_vec_push(a, (pond_version_vec *)out), err);
}

pond_code pond_store_lookup(pond_txn *t, pond_arena *a, pond_id parent, pond_sv name,
                            const pond_node_row **out, pond_err *err) {
    store_query q = store_ask(t->store, SQL_NODE_BY_NAME);
    store_put_id(&q, &parent);
    store_put_text(&q, name);
    bool found = false;
    pond_node_row *row = POND_NEW(a, pond_node_row);
    POND_TRY(store_first(&q, a, store_read_node, row, &found, err));
    *out = found ? row : NULL;
    return POND_OK;
}

pond_code store_node_by_id(pond_txn *t, pond_id id, pond_node_row *out, pond_err *err) {
    store_query q = store_ask(t->store, SQL_NODE_BY_ID);
    store_put_id(&q, &id);
    bool found = false;
    POND_TRY(store_first(&q, &t->arena, store_read_node, out, &found, err));
    if (found)
        return POND_OK;
    char text[37];
    pond_id_text(&id, text);
    return pond_fail(err, POND_ERR_NOT_FOUND, "no node has the id %s", text);
}

// Adds a row, but not that of the root, who is nobody's child.
static pond_code push_child(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    pond_node_row_vec *all = out;
    POND_TRY(push_place(q, a, all, err));
    all->n -= pond_id_eq(all->items[all->n - 1]->id, root_id);
    return POND_OK;
}

static pond_sv parent_of(const void *item) {
    const pond_node_row *row = *(const pond_node_row *const *)item;
    return (pond_sv){(const char *)row->parent.bytes, sizeof row->parent.bytes};
}

static pond_sv name_of(const void *item) {
    return (*(const pond_node_row *const *)item)->name;
}

static size_t end_of_children(const pond_node_row_vec *all, size_t from) {
    size_t to = from;
    while (to < all->n && pond_id_eq(all->items[to]->parent, all->items[from]->parent))
        to++;
    return to;
}

// By parent and name.
static void sort_places(pond_arena *a, pond_node_row_vec *all) {
    enum { BYTES = sizeof *all->items };
    pond_sort_texts(a, all->items, all->n, BYTES, parent_of);
    for (size_t from = 0, to; from < all->n; from = to) {
        to = end_of_children(all, from);
        pond_sort_texts(a, all->items + from, to - from, BYTES, name_of);
    }
}

// Pages that are read once are not worth keeping, and each one that is kept takes new memory. Only
// a hint, so a failure does no harm. What a transaction has written stays in memory.
static void keep_few_pages(const pond_txn *t, bool is_few) {
    if (t->mode == POND_TXN_WRITE)
        return;
    pond_code rc =
        store_exec(t->store, is_few ? "PRAGMA cache_size = 20" : "PRAGMA cache_size = -2000", NULL);
    (void)rc;
}

void pond_store_read_ahead(pond_txn *t) {
    if (t->has_all)
        return;
    t->all.n = 0;
    keep_few_pages(t, true);
    store_query q = store_ask(t->store, SQL_ALL_NODES);
    t->has_all = store_gather(&q, &t->arena, push_child, &t->all) == POND_OK;
    keep_few_pages(t, false);
    if (t->has_all)
        sort_places(&t->arena, &t->all);
}

// The index of the first row of that parent, or of the first after where it would be.
static size_t first_child(const pond_node_row_vec *all, pond_id parent) {
    size_t low = 0, high = all->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(all->items[middle]->parent.bytes, parent.bytes, sizeof parent.bytes) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static pond_node_row_vec children_ahead(const pond_txn *t, pond_id parent) {
    size_t from = first_child(&t->all, parent), to = from;
    if (from < t->all.n && pond_id_eq(t->all.items[from]->parent, parent))
        to = end_of_children(&t->all, from);
    const pond_node_row **items = from < to ? &t->all.items[from] : NULL;
    return (pond_node_row_vec){.items = items, .n = to - from, .cap = to - from};
}

static pond_code read_bool(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    (void)a, (void)err;
    *(bool *)out = store_int(q, 0) != 0;
    return POND_OK;
}

// By their names, children are found all over the catalog: a scan of all nodes is faster than very
// many of them, if there are not many others.
static pond_code has_most_nodes(pond_txn *t, pond_id parent, bool *out, pond_err *err) {
    bool found;
    store_query q = store_ask(t->store, SQL_HAS_MOST);
    store_put_id(&q, &parent);
    return store_first(&q, &t->arena, read_bool, out, &found, err);
}

pond_code pond_store_children(pond_txn *t, pond_arena *a, pond_id parent, pond_node_row_vec *out,
                              pond_err *err) {
    bool has_most = false;
    *out = (pond_node_row_vec){0};
    if (!t->has_all)
        POND_TRY(has_most_nodes(t, parent, &has_most, err));
    if (has_most)
        pond_store_read_ahead(t);
    if (t->has_all) {
        *out = children_ahead(t, parent);
        return POND_OK;
    }
    store_query q = store_ask(t->store, SQL_CHILDREN);
    store_put_id(&q, &parent);
    return store_each(&q, a, push_place, out, err);
}

static void keep_only(pond_version_vec *all, int64_t number) {
    size_t n = 0;
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].number == number)
            all->items[n++] = all->items[i];
    all->n = n;
}

bool pond_txn_has_chosen(const pond_txn *t, pond_id node) {
    return t->chosen != 0 && pond_id_eq(t->chosen_node, node);
}

pond_code pond_store_versions(pond_txn *t, pond_arena *a, pond_id node, pond_version_vec *out,
                              pond_err *err) {
    *out = (pond_version_vec){0};
    store_query q = store_ask(t->store, SQL_VERSIONS);
    store_put_id(&q, &node);
    POND_TRY(store_each(&q, a, store_push_version, out, err));
    if (pond_txn_has_chosen(t, node))
        keep_only(out, t->chosen);
    return POND_OK;
}

pond_code pond_store_latest(pond_txn *t, pond_arena *a, pond_id node, const pond_version **out,
                            pond_err *err) {
    store_query q = store_ask(t->store, SQL_LATEST);
    store_put_id(&q, &node);
    bool found = false;
    pond_version *v = POND_NEW(a, pond_version);
    POND_TRY(store_first(&q, a, read_version, v, &found, err));
    *out = found ? v : NULL;
    return POND_OK;
}

pond_code pond_txn_choose_version(pond_txn *t, pond_id node, int64_t number, pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_READ);
    pond_version_vec all;
    POND_TRY(pond_store_versions(t, &t->arena, node, &all, err));
    int64_t last = all.n == 0 ? 0 : all.items[all.n - 1].number;
    keep_only(&all, number);
    if (all.n == 0)
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "there is no version %" PRId64 "; the last one is %" PRId64, number, last);
    t->chosen = number;
    t->chosen_node = node;
    return POND_OK;
}

// Writing -----------------------------------------------------------------------------------------

pond_code store_change(pond_txn *t, store_query *q, pond_err *err) {
    pond_code rc = store_check_intact(t, err);
    t->has_all = false;
    if (rc == POND_OK)
        rc = store_run(q, err);
    else
        store_done(q);
    t->is_broken = rc != POND_OK;
    return rc;
}

void store_count_change(pond_txn *t, pond_id id, pond_type type) {
    t->n_operations++;
    bool is_new = false;
    pond_sv key = {(const char *)id.bytes, sizeof id.bytes};
    if (pond_map_get(&t->touched, key) != NULL)
        return;
    *pond_map_at(&t->touched, pond_sv_dup(&t->arena, key), &is_new) = t;
    int64_t *n = pond_type_is_dir(type) ? &t->n_directories : &t->n_files;
    ++*n;
}

pond_code store_keep_past(pond_txn *t, pond_id id, pond_err *err) {
    store_query q = store_ask(t->store, SQL_KEEP_NODE);
    store_put_int(&q, t->seq);
    store_put_id(&q, &id);
    return store_change(t, &q, err);
}

enum { MOST_NAME_BYTES = 255 }; // as in file systems

const char *pond_name_flaw(pond_sv name) {
    if (name.n == 0)
        return "is empty";
    if (name.n > MOST_NAME_BYTES)
        return "is longer than 255 bytes";
    bool is_dots = name.n <= 2 && name.p[0] == '.' && name.p[name.n - 1] == '.';
    if (is_dots)
        return "stands for a directory";
    if (memchr(name.p, '/', name.n) != NULL)
        return "contains '/'";
    return memchr(name.p, '\0', name.n) != NULL ? "contains a NUL byte" : NULL;
}

static pond_code check_name(pond_sv name, pond_err *err) {
    enum { SHOWN_BYTES = 40 };
    const char *flaw = pond_name_flaw(name);
    if (flaw == NULL && pond_utf8_find_bad(name) >= 0)
        flaw = "is not UTF-8";
    if (flaw == NULL)
        return POND_OK;
    return pond_fail(err, name.n > MOST_NAME_BYTES ? POND_ERR_LIMIT : POND_ERR_INVALID,
                     "the name '%.*s%s' %s", POND_SV_ARG(pond_sv_sub(name, 0, SHOWN_BYTES)),
                     name.n > SHOWN_BYTES ? "…" : "", flaw);
}

static pond_code check_place(pond_txn *t, pond_id parent, pond_sv name, bool is_kept,
                             pond_err *err) {
    pond_node_row dir;
    if (t->has_place && pond_id_eq(t->place, parent))
        return POND_OK;
    POND_TRY_CTX(store_node_by_id(t, parent, &dir, err), err, "the directory of '%.*s'",
                 POND_SV_ARG(name));
    if (dir.type == POND_T_DYNAMIC_DIRECTORY && is_kept)
        return POND_OK;
    if (dir.type == POND_T_DYNAMIC_DIRECTORY)
        return pond_fail(err, POND_ERR_READ_ONLY,
                         "'%.*s' is a dynamic directory: nothing can be created in it",
                         POND_SV_ARG(dir.name));
    if (dir.type != POND_T_DIRECTORY)
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' is not a directory",
                         POND_SV_ARG(dir.name));
    t->place = parent;
    t->has_place = true;
    return POND_OK;
}

static pond_code add_node_row(pond_txn *t, const pond_new_node *n, const pond_id *id,
                              int64_t now_us, pond_err *err) {
    store_query q = store_ask(t->store, SQL_ADD_NODE);
    store_put_id(&q, id);
    store_put_id(&q, &n->parent);
    store_put_text(&q, n->name);
    store_put_text(&q, pond_sv_of(pond_type_name(n->type)));
    store_put_text(&q, n->factory);
    store_put_text(&q, n->link);
    store_put_int(&q, n->content != NULL ? 1 : 0);
    store_put_int(&q, n->content != NULL ? (int64_t)n->content->size_bytes : 0);
    store_put_int(&q, now_us);
    store_put_text(&q, POND_SV(""));
    store_put_int(&q, t->seq);
    POND_TRY(store_change(t, &q, err));
    if (sqlite3_changes(t->store->db) == 1)
        return POND_OK;
    const pond_node_row *other;
    POND_TRY(pond_store_lookup(t, &t->arena, n->parent, n->name, &other, err));
    if (other == NULL)
        return store_damaged(t->store, err, "'%.*s' cannot be added", POND_SV_ARG(n->name));
    return pond_fail(err, POND_ERR_EXISTS, "'%.*s' already exists", POND_SV_ARG(n->name));
}

static pond_code add_version_row(pond_txn *t, pond_id node, const pond_version *v, int64_t number,
                                 int64_t now_us, pond_err *err) {
    store_query q = store_ask(t->store, SQL_ADD_VERSION);
    store_put_id(&q, &node);
    store_put_int(&q, number);
    store_put_blob(&q, v->object.bytes, sizeof v->object.bytes);
    store_put_int(&q, (int64_t)v->size_bytes);
    store_put_int(&q, now_us);
    store_put_int(&q, v->rows);
    store_put_text(&q, v->time_column);
    store_put_int(&q, v->t_min_us);
    store_put_int(&q, v->t_max_us);
    store_put_text(&q, v->facts);
    store_put_int(&q, t->seq);
    return store_change(t, &q, err);
}

pond_code store_read_int(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    (void)a, (void)err;
    *(int64_t *)out = store_int(q, 0);
    return POND_OK;
}

pond_code store_read_text(const store_query *q, pond_arena *a, void *out, pond_err *err) {
    (void)err;
    *(pond_sv *)out = store_text(q, a, 0);
    return POND_OK;
}

// Numbers go up, also after a version that was taken back: none stands for two contents.
static pond_code next_number(pond_txn *t, pond_id node, int64_t *out, pond_err *err) {
    store_query q = store_ask(t->store, SQL_LAST_NUMBER);
    store_put_id(&q, &node);
    bool found;
    *out = 0;
    POND_TRY(store_first(&q, &t->arena, store_read_int, out, &found, err));
    ++*out;
    return POND_OK;
}

pond_code store_append_version(pond_txn *t, pond_id node, const pond_version *v, int64_t now_us,
                               int64_t *number, pond_err *err) {
    POND_TRY(next_number(t, node, number, err));
    return add_version_row(t, node, v, *number, now_us, err);
}

pond_code pond_store_create(pond_txn *t, const pond_new_node *n, pond_id *out, pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_WRITE);
    POND_ASSERT(n->content == NULL || (n->type != POND_T_DIRECTORY && n->type != POND_T_SYMLINK));
    int64_t now_us = pond_now_us();
    POND_TRY(check_name(n->name, err));
    POND_TRY(check_place(t, n->parent, n->name, n->is_kept, err));
    POND_TRY(store_new_id(out, err));
    POND_TRY(add_node_row(t, n, out, now_us, err));
    store_count_change(t, *out, n->type);
    if (n->content == NULL)
        return POND_OK;
    POND_TRY(add_version_row(t, *out, n->content, 1, now_us, err));
    t->has_stored = true;
    store_count_change(t, *out, n->type);
    return POND_OK;
}

pond_code pond_store_add_version(pond_txn *t, pond_id node, const pond_version *v, pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_WRITE);
    pond_node_row row;
    POND_TRY(store_node_by_id(t, node, &row, err));
    if (row.type == POND_T_DIRECTORY || row.type == POND_T_SYMLINK)
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' is a %s: it has no content",
                         POND_SV_ARG(row.name), pond_type_name(row.type));
    int64_t now_us = pond_now_us(), number;
    POND_TRY(store_append_version(t, node, v, now_us, &number, err));
    POND_TRY(store_keep_past(t, node, err));
    bool is_series = row.type == POND_T_DATA_SERIES || row.type == POND_T_TABLE_SERIES;
    store_query set = store_ask(t->store, SQL_SET_CONTENT);
    store_put_int(&set, number);
    store_put_int(&set, (int64_t)(v->size_bytes + (is_series ? row.size_bytes : 0)));
    store_put_int(&set, now_us);
    store_put_int(&set, t->seq);
    store_put_id(&set, &node);
    POND_TRY(store_change(t, &set, err));
    t->has_stored = true;
    store_count_change(t, node, row.type);
    return POND_OK;
}

// A directory cannot be moved into itself: its place must be reached from the root.
static pond_code check_not_inside(pond_txn *t, const pond_node_row *node, pond_id parent,
                                  pond_err *err) {
    while (!pond_id_eq(parent, root_id)) {
        pond_node_row dir;
        if (pond_id_eq(parent, node->id))
            return pond_fail(err, POND_ERR_INVALID,
                             "the directory '%.*s' cannot be moved into itself",
                             POND_SV_ARG(node->name));
        POND_TRY(store_node_by_id(t, parent, &dir, err));
        parent = dir.parent;
    }
    return POND_OK;
}

pond_code pond_store_move(pond_txn *t, pond_id node, pond_id parent, pond_sv name, pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_WRITE);
    pond_node_row row;
    const pond_node_row *other;
    if (pond_id_eq(node, root_id))
        return pond_fail(err, POND_ERR_INVALID, "the root directory cannot be moved");
    POND_TRY(check_name(name, err));
    POND_TRY(store_node_by_id(t, node, &row, err));
    POND_TRY(check_place(t, parent, name, false, err));
    POND_TRY(check_not_inside(t, &row, parent, err));
    POND_TRY(pond_store_lookup(t, &t->arena, parent, name, &other, err));
    if (other != NULL)
        return pond_fail(err, POND_ERR_EXISTS, "'%.*s' already exists", POND_SV_ARG(name));
    POND_TRY(store_keep_past(t, node, err));
    store_query q = store_ask(t->store, SQL_MOVE_NODE);
    store_put_id(&q, &parent);
    store_put_text(&q, name);
    store_put_int(&q, t->seq);
    store_put_id(&q, &node);
    POND_TRY(store_change(t, &q, err));
    store_count_change(t, node, row.type);
    return POND_OK;
}

pond_code pond_store_remove(pond_txn *t, pond_id node, pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_WRITE);
    pond_node_row row;
    if (pond_id_eq(node, root_id))
        return pond_fail(err, POND_ERR_INVALID, "the root directory cannot be removed");
    POND_TRY(store_node_by_id(t, node, &row, err));
    store_query ask = store_ask(t->store, SQL_HAS_CHILDREN);
    store_put_id(&ask, &node);
    bool has_children = false;
    pond_code rc = store_step(&ask, &has_children, err);
    store_done(&ask);
    POND_TRY(rc);
    if (has_children)
        return pond_fail(err, POND_ERR_CONFLICT, "the directory '%.*s' is not empty",
                         POND_SV_ARG(row.name));
    t->has_place = false; // it may have been this directory
    POND_TRY(store_keep_past(t, node, err));
    store_query q = store_ask(t->store, SQL_REMOVE_NODE);
    store_put_id(&q, &node);
    POND_TRY(store_change(t, &q, err));
    store_count_change(t, node, row.type);
    return POND_OK;
}

pond_code pond_store_set_factory(pond_txn *t, pond_id node, pond_type type, pond_sv factory,
                                 pond_err *err) {
    POND_ASSERT(t->mode == POND_TXN_WRITE);
    pond_node_row row;
    POND_TRY(store_node_by_id(t, node, &row, err));
    if (!pond_type_is_dynamic(row.type) || !pond_type_is_dynamic(type))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%.*s' is a %s: only a dynamic node has a factory, and it stays dynamic",
                         POND_SV_ARG(row.name), pond_type_name(row.type));
    POND_TRY(store_keep_past(t, node, err));
    store_query q = store_ask(t->store, SQL_SET_FACTORY);
    store_put_text(&q, pond_sv_of(pond_type_name(type)));
    store_put_text(&q, factory);
    store_put_int(&q, pond_now_us());
    store_put_int(&q, t->seq);
    store_put_id(&q, &node);
    POND_TRY(store_change(t, &q, err));
    store_count_change(t, node, row.type);
    return POND_OK;
}
