// What the files of the store room share.
//
//     types.c    names of types and objects, ids   tmp.c      the temporary directory
//     sql.c      statements, errors of SQLite      objects.c  objects: writing and reading
//     catalog.c  schema, init, open                intact.c   whether an object has its bytes
//     txn.c      the writer's lock, log            nodes.c    nodes and versions
//     cache.c    files made from objects            past.c     reading what held once
//     changes.c  what each transaction did          undo.c     taking one back
//     runs.c     what nodes that are run remember
//     declared.c notes about nodes
#ifndef POND_STORE_INTERNAL_H
#define POND_STORE_INTERNAL_H

#include "base/map.h"
#include "base/scratch.h"
#include "base/time.h"
#include "store/store.h"

#include <sqlite3.h>

struct stat;

typedef enum store_sql {
#define SQL(name, text) SQL_##name,
#include "store/statements.def"
#undef SQL
    N_SQL
} store_sql;

// The objects whose bytes are known to have their hash.
typedef struct store_intact {
    pond_map known; // hash -> intact_file *
    size_t n_new;   // how many of them the catalog does not have yet
    bool has_table; // the catalog has a table for them
} store_intact;

struct pond_store {
    pond_arena arena;
    char *dir, *db_path, *objects_path, *tmp_path; // absolute
    // Everything in a pond is reached through these, without following links: whoever made the pond
    // may have put some there. `tmp` is closed in a pond that has none and can only be read.
    pond_below root, objects, tmp_root;
    sqlite3 *db;
    sqlite3_stmt *statements[N_SQL];
    pond_info info;
    pond_scratch *tmp; // a pointer, because also a const store makes the directory when first asked
    bool is_fanout_synced[256]; // for each directory below objects/: its name is surely on disk,
                                // or will be when store_objects_sync is done
    size_t n_synced;            // objects that were synced one by one
    bool has_unsynced;          // there are objects that are not synced yet
    store_intact intact;
    pond_txn *txn;                     // the open one, or NULL
    struct store_gathering *gathering; // what runs in store_gather, or NULL
};

struct pond_txn {
    pond_store *store;
    pond_txn_mode mode;
    bool is_active;    // between BEGIN and COMMIT or ROLLBACK
    bool is_broken;    // a change failed: what was done before it must not be committed
    bool is_settled;   // its row in the log is final
    bool is_forgotten; // it will have no row there
    bool is_quiet;     // without a change it will have none, either
    bool has_stored;   // some node has got a version
    int lock_fd;       // -1 for a read
    int64_t seq;       // of a write
    int64_t n_operations, n_files, n_directories;
    pond_arena arena;
    pond_map touched; // the ids of the nodes that are counted already
    // The directory in which the last node was made, so that its row is not read for each one.
    bool has_place;
    pond_id place;
    pond_sv facts; // of the last version that was read
    // What pond_store_read_ahead found, sorted by parent and name.
    bool has_all;
    pond_node_row_vec all;
    // What pond_txn_choose_version chose; 0: nothing.
    int64_t chosen;
    pond_id chosen_node;
    bool is_past; // it sees what held after an earlier transaction
};

// types.c
bool store_type_from_name(pond_sv name, pond_type *out);
bool store_state_from_name(pond_sv name, pond_txn_state *out);
pond_code store_new_id(pond_id *out, pond_err *err) POND_MUST;
// The name of an object below DIR/objects: "ab/cdef…".
enum { STORE_OBJECT_NAME = 66 };
void store_object_name(const pond_sha256 *object, char out[STORE_OBJECT_NAME]);

// sql.c
//
// A statement in use. Parameters are bound from left to right. A failure to bind is reported by the
// next step, so that a call reads as one list. Texts are borrowed until store_done.
//
//     store_query q = store_ask(t->store, SQL_NODE_BY_NAME);
//     store_put_id(&q, &parent);
//     store_put_text(&q, name);
//     bool found;
//     pond_code rc = store_first(&q, a, read_node, &row, &found, err);
typedef struct store_query {
    pond_store *store;
    sqlite3_stmt *stmt;
    int n_bound, rc;
    sqlite3_value **values; // of a row that store_gather reads; NULL: of the last step
} store_query;

store_query store_ask(pond_store *s, store_sql which);
// Finalizes what store_ask has prepared: it is prepared anew when it is asked for again.
void store_forget_statements(pond_store *s);
void store_put_int(store_query *q, int64_t i);
void store_put_text(store_query *q, pond_sv text);
void store_put_blob(store_query *q, const void *p, size_t n);
static inline void store_put_id(store_query *q, const pond_id *id) {
    store_put_blob(q, id->bytes, sizeof id->bytes);
}
// The next row, whose columns are valid until the next step.
pond_code store_step(store_query *q, bool *has_row, pond_err *err) POND_MUST;
// Valid until the next step.
pond_sv store_borrow_text(const store_query *q, int column);
// Lives in `a`.
pond_sv store_text(const store_query *q, pond_arena *a, int column);
int64_t store_int(const store_query *q, int column);
// A blob of exactly n bytes, else CORRUPT.
pond_code store_blob(const store_query *q, int column, void *out, size_t n,
                     pond_err *err) POND_MUST;
void store_done(store_query *q);

// Whole queries, with store_done at the end. Without a result; with all rows; with the first row,
// if there is one. `read` reads the current row into `out`, or appends it there.
typedef pond_code (*store_read)(const store_query *q, pond_arena *a, void *out, pond_err *err);
pond_code store_run(store_query *q, pond_err *err) POND_MUST;
pond_code store_each(store_query *q, pond_arena *a, store_read read, void *out,
                     pond_err *err) POND_MUST;
pond_code store_first(store_query *q, pond_arena *a, store_read read, void *out, bool *found,
                      pond_err *err) POND_MUST;
// store_each for very many rows: SQLite calls `read` for each without a step in between. The
// statement is SELECT gather(COLUMNS) …; its rows come in any order. Nothing is said of an error.
pond_code store_gather(store_query *q, pond_arena *a, store_read read, void *out) POND_MUST;
// Makes the function of such statements known to a connection. They alone may call it.
pond_code store_gather_init(pond_store *s, pond_err *err) POND_MUST;

// Translates an error of SQLite: the only function that knows its codes.
pond_code store_sql_fail(const pond_store *s, int rc, pond_err *err);
// CORRUPT, with what is wrong in the catalog.
pond_code store_damaged(const pond_store *s, pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// The first column of the first row of a statement that is needed once. A text lives in the store's
// arena.
pond_code store_ask_text(pond_store *s, const char *sql, pond_sv *out, pond_err *err) POND_MUST;
pond_code store_ask_int(pond_store *s, const char *sql, int64_t *out, pond_err *err) POND_MUST;
// Several statements, or one that is needed once.
pond_code store_exec(pond_store *s, const char *sql, pond_err *err) POND_MUST;

// catalog.c
//
// The steps by which a catalog grows: steps[v] changes one of version v to version v + 1.
typedef struct store_migrations {
    const char *const *steps;
    int n; // the version of a catalog that is up to date
} store_migrations;
extern const store_migrations store_current_migrations;
// pond_store_open with other migrations than the current ones: for tests.
pond_code store_open_with(const char *dir, const store_migrations *m, pond_store **out,
                          pond_err *err) POND_MUST;
// Moves what the WAL holds into the catalog, if it is much, and empties it: the first to open a
// catalog reads all of the WAL, so every command would. For a writer who has committed. It waits
// for nobody, and what a reader or the disk prevents is done by the next writer.
void store_empty_wal(pond_store *s);

// nodes.c
// For store_each and store_first: the columns of a node, into a pond_node_row.
pond_code store_read_node(const store_query *q, pond_arena *a, void *out, pond_err *err);
pond_code store_node_by_id(pond_txn *t, pond_id id, pond_node_row *out, pond_err *err) POND_MUST;
// Runs a change. If it fails, a part of it may be done; a caller that continues must not be able
// to commit that part.
pond_code store_change(pond_txn *t, store_query *q, pond_err *err) POND_MUST;
// Keeps what the row of a node held before this transaction, if it is about to change.
pond_code store_keep_past(pond_txn *t, pond_id id, pond_err *err) POND_MUST;
// For store_each: appends a version to a pond_version_vec.
pond_code store_push_version(const store_query *q, pond_arena *a, void *out, pond_err *err);
// Adds the row of a version, with the next number.
pond_code store_append_version(pond_txn *t, pond_id node, const pond_version *v, int64_t now_us,
                               int64_t *number, pond_err *err) POND_MUST;
// For store_first: an integer, into an int64_t.
pond_code store_read_int(const store_query *q, pond_arena *a, void *out, pond_err *err);
// The same of a text, into a pond_sv that lives in `a`.
pond_code store_read_text(const store_query *q, pond_arena *a, void *out, pond_err *err);
// Counts a change for the log, and its node the first time.
void store_count_change(pond_txn *t, pond_id id, pond_type type);

// past.c
// Whether the history leads back to a transaction: NOT_FOUND, UNSUPPORTED.
pond_code store_check_known(pond_txn *t, int64_t seq, pond_err *err) POND_MUST;
// Ends what pond_txn_look_back began.
void store_look_at_now(pond_txn *t);

// objects.c
// Makes the objects durable that are not. A transaction that names objects calls it before it
// commits.
pond_code store_objects_sync(pond_store *s, pond_err *err) POND_MUST;

// tmp.c
// Makes s->tmp->dir, and gives a name in it that is not taken. Lives in `a`.
pond_code store_tmp_new(pond_store *s, pond_arena *a, char **name, pond_err *err) POND_MUST;

// intact.c
//
// An object is hashed when it is first needed, and not again while its size, its inode and the
// times of its last changes stay: in this process, and in others if the catalog could be told.
pond_code store_intact_init(pond_store *s, pond_err *err) POND_MUST;
// Remembers that a file below objects/ was just written with the bytes of that hash.
void store_intact_add(pond_store *s, const pond_sha256 *object, const struct stat *st);
// Whether this process has checked or written the object already.
bool store_intact_was_checked(const pond_store *s, const pond_sha256 *object);
// Whether the object is there and has its bytes. *found: something is there, damaged or not.
pond_code store_intact_check(pond_store *s, const pond_sha256 *object, bool *is_intact, bool *found,
                             pond_err *err) POND_MUST;
// Adds what is new to the catalog, in the open write transaction.
pond_code store_intact_save(pond_store *s, pond_err *err) POND_MUST;
// The same when a store is closed, in a transaction of its own. Nothing happens if the catalog is
// being written or cannot be: then the objects are hashed again.
void store_intact_close(pond_store *s);

// txn.c
// Waits for the writer's lock and writes `command` into it. Close with store_unlock.
pond_code store_lock(const pond_store *s, pond_sv command, int *fd, pond_err *err) POND_MUST;
void store_unlock(int fd);
// Fails if a part of the transaction is lost, because a change failed or because SQLite rolled it
// back by itself (a full or bad disk). What followed would be committed without that part.
pond_code store_check_intact(const pond_txn *t, pond_err *err) POND_MUST;

#endif
