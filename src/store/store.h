// store: what exists in a pond: nodes, their versions, and the transactions that made them.
//
// Nodes, versions and transactions are rows of one SQLite file, the catalog. The bytes of a version
// are an object: a file below objects/ whose name is the SHA-256 of its content. An object that no
// row names is litter; a row whose object is missing is damage. So an object is written and renamed
// first, and then named by a row, inside a pond_txn, which is one SQLite transaction: what a command
// does becomes visible as a whole or not at all. The objects are synced before it commits.
//
//     DIR/pond.db               the catalog, in WAL mode (with pond.db-wal and pond.db-shm)
//     DIR/objects/ab/cdef...    objects
//     DIR/cache/KEY.parquet     rows that were parsed from objects; may be removed at any time
//     DIR/tmp/ID/               temporary files of one process; litter after a crash
//     DIR/lock                  locked by the writer, and holds its pid, host and command line
//     DIR/run.lock              the same for who runs all nodes that are due (store/runs.h)
//
// Owns      the SQLite handle, all SQL for it, the objects.
// Includes  base/*, value/*, sqlite3.h. Nothing above: no fs, no engine, no export.
// Promises  a reader sees one snapshot and never waits for a writer; a second writer waits (10 s,
//           or POND_LOCK_TIMEOUT_MS) and then gets an error that names the first; what was committed
//           survives a crash at any instant.
//           Links in the place of any of these are refused: a pond may come from a stranger.
// Leaves    paths and wildcards to fs, questions about rows to the engine; to its user, that only
//           one thread at a time is in here.
#ifndef POND_STORE_STORE_H
#define POND_STORE_STORE_H

#include "base/err.h"
#include "base/hash.h"
#include "base/sink.h"
#include "base/str.h"
#include "base/vec.h"

typedef struct pond_store pond_store;
typedef struct pond_txn pond_txn;

typedef struct pond_id {
    uint8_t bytes[16]; // a UUIDv7; all zero for the root directory
} pond_id;
static inline bool pond_id_eq(pond_id a, pond_id b) {
    return memcmp(a.bytes, b.bytes, 16) == 0;
}
void pond_id_tail(const pond_id *id, char out[13]); // the last 12 hex digits, as lists show them
void pond_id_text(const pond_id *id, char out[37]); // 8-4-4-4-12

typedef enum pond_type {
    POND_T_DIRECTORY,
    POND_T_DYNAMIC_DIRECTORY,
    POND_T_SYMLINK,
    POND_T_DATA,
    POND_T_DATA_SERIES,
    POND_T_DATA_DYNAMIC,
    POND_T_TABLE,
    POND_T_TABLE_SERIES,
    POND_T_TABLE_DYNAMIC,
    POND_N_TYPES
} pond_type;
const char *pond_type_name(pond_type t); // "table:series"
static inline bool pond_type_is_dir(pond_type t) {
    return t <= POND_T_DYNAMIC_DIRECTORY;
}
static inline bool pond_type_is_queryable(pond_type t) {
    return t >= POND_T_TABLE;
}
static inline bool pond_type_is_dynamic(pond_type t) {
    return t == POND_T_DYNAMIC_DIRECTORY || t == POND_T_DATA_DYNAMIC || t == POND_T_TABLE_DYNAMIC;
}

// The row of a node. Strings live in the arena of the call that returned it.
typedef struct pond_node_row {
    pond_id id, parent;
    pond_sv name;
    pond_type type;
    pond_sv factory;     // of a dynamic node, else empty
    pond_sv link;        // the target of a symlink, else empty
    int64_t version;     // the latest; 0: none yet
    uint64_t size_bytes; // of the latest version; of a series, of all versions
    int64_t modified_us;
    pond_sv state; // what its factory remembers (store/runs.h), else empty; not read for lists
} pond_node_row;
typedef POND_VEC(const pond_node_row *) pond_node_row_vec;

// The row of a version: its object and, for a table, what is known about its rows.
typedef struct pond_version {
    int64_t number; // from 1
    pond_sha256 object;
    uint64_t size_bytes;
    int64_t created_us;
    int64_t rows;               // -1: not a table
    pond_sv time_column;        // empty: none
    int64_t t_min_us, t_max_us; // both included; min > max: there are no rows
    pond_sv facts; // of a table: facts about its rows, as JSON, which the store does not read
} pond_version;
typedef POND_VEC(pond_version) pond_version_vec;

// Ponds -------------------------------------------------------------------------------------------

typedef struct pond_info {
    pond_id id;
    int64_t created_us;
    pond_sv birthplace, created_by; // live as long as the store
} pond_info;

const char *pond_store_sqlite_version(void); // "3.40.1"

// Makes a pond in `dir`, which is created if it is missing, and must be empty. EXISTS if there is
// something in it.
pond_code pond_store_init(const char *dir, const char *birthplace, pond_err *err) POND_MUST;
// NOT_FOUND if there is no pond in `dir`. A catalog of an older program is migrated first.
pond_code pond_store_open(const char *dir, pond_store **out, pond_err *err) POND_MUST;
void pond_store_close(pond_store *s); // NULL is fine
const pond_info *pond_store_info(const pond_store *s);
const char *pond_store_objects_dir(const pond_store *s); // absolute
// Whether an absolute path is the pond's directory or in it, links resolved. The path need not
// exist.
bool pond_store_contains(const pond_store *s, const char *path);
// The name of the pond's directory below another one, links resolved; empty if it is not there.
// Lives in `a`.
pond_sv pond_store_name_in(const pond_store *s, pond_arena *a, const char *dir);
// The absolute path of this store's own directory below DIR/tmp. The directory is made by the first
// call and removed by pond_store_close. In a pond that can only be read it does not exist.
const char *pond_store_tmp_dir(const pond_store *s);

// Objects -----------------------------------------------------------------------------------------

// An object may be written before or during a transaction. It is litter until a version names it.
pond_code pond_object_write(pond_store *s, pond_sv bytes, pond_sha256 *out,
                            pond_err *err) POND_MUST;
// Copies a file descriptor to its end. `name` is for messages; *size_bytes may be NULL.
pond_code pond_object_write_fd(pond_store *s, int fd, const char *name, pond_sha256 *out,
                               uint64_t *size_bytes, pond_err *err) POND_MUST;
// Takes a finished file in pond_store_tmp_dir, which is moved to its place without a copy.
// *size_bytes may be NULL.
pond_code pond_object_adopt(pond_store *s, const char *tmp_path, pond_sha256 *out,
                            uint64_t *size_bytes, pond_err *err) POND_MUST;
// The path of a new file for pond_object_adopt, in pond_store_tmp_dir. Lives in `a`.
char *pond_store_tmp_name(pond_store *s, pond_arena *a, const char *suffix);
// Removes such a file. A failure is left to the next writer, who clears it.
void pond_store_tmp_drop(pond_store *s, const char *path);
// The absolute path of an object, which need not exist. Lives in `a`. For messages and tests: who
// reads the file asks pond_object_open for it.
pond_sv pond_object_path(const pond_store *s, pond_arena *a, const pond_sha256 *object);
// CORRUPT if the object is missing or its bytes do not have its hash. An object is hashed only
// once, as long as its file does not change.
pond_code pond_object_verify(pond_store *s, const pond_sha256 *object, pond_err *err) POND_MUST;
// The absolute path of an object that has been verified, for another library to read. Lives in `a`.
pond_code pond_object_open(pond_store *s, pond_arena *a, const pond_sha256 *object, pond_sv *path,
                           pond_err *err) POND_MUST;
// Passes the bytes on, and hashes them on the way. CORRUPT, as above; then some or all of the bytes
// have been passed on already.
pond_code pond_object_stream(pond_store *s, const pond_sha256 *object, pond_sink sink,
                             pond_err *err) POND_MUST;
// Appends the bytes to *out.
pond_code pond_object_read(pond_store *s, const pond_sha256 *object, pond_buf *out,
                           pond_err *err) POND_MUST;

// Cache -------------------------------------------------------------------------------------------

// Files that were made from objects and can be made again. `key` is a hash of all that they were
// made from.
const char *pond_store_cache_dir(const pond_store *s, pond_arena *a); // absolute; may be missing
// The absolute path of the file with this key, and whether it is there. Lives in `a`.
pond_code pond_cache_find(const pond_store *s, pond_arena *a, const pond_sha256 *key, pond_sv *path,
                          bool *is_there, pond_err *err) POND_MUST;
// Takes a finished file in pond_store_tmp_dir. A pond that can only be read has no room for it.
pond_code pond_cache_adopt(pond_store *s, const char *tmp_path, const pond_sha256 *key,
                           pond_err *err) POND_MUST;

// Transactions ------------------------------------------------------------------------------------

typedef enum pond_txn_mode { POND_TXN_READ, POND_TXN_WRITE } pond_txn_mode;
// Begins a transaction, of which a store has at most one at a time. A read sees one snapshot. A
// write removes what dead processes left in tmp/, and records `command` (the command line without
// the name of the program) in the log as INCOMPLETE, which it remains if this process dies.
pond_code pond_txn_begin(pond_store *s, pond_txn_mode mode, pond_sv command, pond_txn **out,
                         pond_err *err) POND_MUST;
pond_code pond_txn_commit(pond_txn *t, pond_err *err) POND_MUST;
// A write that changes no node will leave no row in the log when it commits: for what runs every few
// minutes and seldom finds anything new.
void pond_txn_be_quiet(pond_txn *t);
// Whether a write has given a node a version so far.
bool pond_txn_has_stored(const pond_txn *t);
// Rolls back what was not committed, and frees; NULL is fine. A write that failed is recorded in
// the log with `error`, which may be NULL.
void pond_txn_end(pond_txn *t, const pond_err *error);
// A write that has nothing to commit, and did not fail: the log will not have it.
void pond_txn_forget(pond_txn *t);

// What held once ----------------------------------------------------------------------------------
//
// Nothing that was committed is forgotten: a node that is changed, moved or removed keeps its former
// rows, and versions and objects stay. So a read can see what an earlier one saw.

// Finds the last transaction that was committed at or before a time; 0: none was.
pond_code pond_txn_find_time(pond_txn *t, int64_t time_us, int64_t *seq, pond_err *err) POND_MUST;
// Makes a read see what a read saw that began after transaction `seq` ended; 0: what an empty pond
// shows. Before anything is read in it but pond_txn_find_time. NOT_FOUND if there was no such
// transaction yet; UNSUPPORTED if the pond did not keep its history then.
pond_code pond_txn_look_back(pond_txn *t, int64_t seq, pond_err *err) POND_MUST;

// Makes a node have only one of its versions for the rest of a read. NOT_FOUND if it has no such
// version now.
pond_code pond_txn_choose_version(pond_txn *t, pond_id node, int64_t number,
                                  pond_err *err) POND_MUST;
// Whether a node has only one of its versions for this read.
bool pond_txn_has_chosen(const pond_txn *t, pond_id node);

// What keeps a text from being the name of a node, as the end of a sentence: "contains '/'". NULL:
// nothing. A name has 1 to 255 bytes without '/' and NUL, and is not "." or "..": exports and
// copies name files after nodes. New ones are UTF-8 too, since manifests, pages and queries name
// nodes; older versions made others, which are read. Rows of a catalog that somebody else wrote may
// have any name.
const char *pond_name_flaw(pond_sv name);
// The child of a directory by its name; *out is NULL if there is none. The root directory has the
// id zero. Lives in `a`.
pond_code pond_store_lookup(pond_txn *t, pond_arena *a, pond_id parent, pond_sv name,
                            const pond_node_row **out, pond_err *err) POND_MUST;
// All children without their state, sorted by the bytes of their names. The vector lives in `a`, or
// until the next change; the rows live in `a`, or as long as the transaction.
pond_code pond_store_children(pond_txn *t, pond_arena *a, pond_id parent, pond_node_row_vec *out,
                              pond_err *err) POND_MUST;
// For a caller who is about to ask for the children of most directories: reads all nodes at once,
// in the order of the file. pond_store_children answers from them until the next change. What
// cannot be read is left to it.
void pond_store_read_ahead(pond_txn *t);
// All versions of a file, oldest first. Lives in `a`, but for the facts, which live as long as the
// transaction.
pond_code pond_store_versions(pond_txn *t, pond_arena *a, pond_id node, pond_version_vec *out,
                              pond_err *err) POND_MUST;
// The latest version of a file; *out is NULL if there is none yet. Lives as those do.
pond_code pond_store_latest(pond_txn *t, pond_arena *a, pond_id node, const pond_version **out,
                            pond_err *err) POND_MUST;

// Changes, in a write transaction. After an I/O error nothing more can be changed or committed in
// it; after any other error the caller may continue.
typedef struct pond_new_node {
    pond_id parent;
    pond_sv name; // without a flaw
    pond_type type;
    pond_sv factory, link;       // as in pond_node_row
    const pond_version *content; // of a file: its first version; NULL: it has none yet
    bool is_kept; // `parent` may be a dynamic directory, whose factory keeps the node there
} pond_new_node;
// EXISTS if the name is taken.
pond_code pond_store_create(pond_txn *t, const pond_new_node *n, pond_id *out,
                            pond_err *err) POND_MUST;
// The store assigns the number and the time of a version; those in `v` are ignored.
pond_code pond_store_add_version(pond_txn *t, pond_id node, const pond_version *v,
                                 pond_err *err) POND_MUST;
// Gives a node another place. Its id, versions and times stay. EXISTS if the name is taken, INVALID
// if a directory would be in itself.
pond_code pond_store_move(pond_txn *t, pond_id node, pond_id parent, pond_sv name,
                          pond_err *err) POND_MUST;
// A node and its versions are there no longer, but their history stays. A directory must be empty.
pond_code pond_store_remove(pond_txn *t, pond_id node, pond_err *err) POND_MUST;
pond_code pond_store_set_factory(pond_txn *t, pond_id node, pond_type type, pond_sv factory,
                                 pond_err *err) POND_MUST;

// Takes back what transaction `seq` did, 0: the last one that did something; *undone is its number.
// All nodes that it touched are then as they were before it. NOT_FOUND if there is none, or it did
// nothing; CONFLICT, with the node and the later transaction, if that one changed such a node again
// or put something in its place or in it. After an error nothing can be committed.
pond_code pond_store_undo(pond_txn *t, int64_t seq, int64_t *undone, pond_err *err) POND_MUST;

// The log -----------------------------------------------------------------------------------------

typedef enum pond_txn_state {
    POND_TXN_INCOMPLETE, // it is running, or its process died
    POND_TXN_COMMITTED,
    POND_TXN_FAILED,
    POND_N_TXN_STATES
} pond_txn_state;
const char *pond_txn_state_name(pond_txn_state state); // "COMMITTED"

typedef struct pond_txn_row {
    int64_t seq;
    pond_id id;
    pond_txn_state state;
    pond_sv command, error;
    int64_t began_us, ended_us;     // ended_us is 0 while incomplete
    int64_t n_operations;           // changes
    int64_t n_files, n_directories; // created, changed or removed; each is counted once
} pond_txn_row;
typedef POND_VEC(pond_txn_row) pond_txn_row_vec;
// Transactions, newest first: at most `limit` (0: all), or only the one with the number `seq` (0:
// any). Lives in `a`.
pond_code pond_store_log(pond_txn *t, pond_arena *a, int64_t limit, int64_t seq,
                         pond_txn_row_vec *out, pond_err *err) POND_MUST;
// What a transaction did to one node. Several changes of a node in one transaction are one.
typedef struct pond_change {
    int64_t seq;
    const pond_node_row *before, *after; // NULL: the node was not there
    pond_sv path_before, path_after;     // "/a/b"; empty where the row is NULL
} pond_change;
typedef POND_VEC(pond_change) pond_change_vec;
// The changes of the transactions from `first` to `last`, newest transaction first, then by path.
// Those of before the history was kept are unknown, and not there. Lives in `a`.
pond_code pond_store_changes(pond_txn *t, pond_arena *a, int64_t first, int64_t last,
                             pond_change_vec *out, pond_err *err) POND_MUST;
// What is different after transaction `to` from what was after transaction `from`, which is not a
// later one: one change for each node, with seq `to`, sorted by path. NOT_FOUND and UNSUPPORTED as
// pond_txn_look_back. Lives in `a`.
pond_code pond_store_difference(pond_txn *t, pond_arena *a, int64_t from, int64_t to,
                                pond_change_vec *out, pond_err *err) POND_MUST;
// The versions that a file had after transaction `seq`, oldest first. Lives in `a`, but for the
// facts.
pond_code pond_store_versions_at(pond_txn *t, pond_arena *a, pond_id node, int64_t seq,
                                 pond_version_vec *out, pond_err *err) POND_MUST;
// The last transaction that changed something; 0: none did.
pond_code pond_store_last_change(pond_txn *t, int64_t *seq, pond_err *err) POND_MUST;
static inline pond_sv pond_change_path(const pond_change *c) {
    return c->after != NULL ? c->path_after : c->path_before;
}
// Whether the node was there before and after, at different paths.
static inline bool pond_change_is_move(const pond_change *c) {
    return c->before != NULL && c->after != NULL && !pond_sv_eq(c->path_before, c->path_after);
}

typedef struct pond_commit {
    int64_t seq; // 0: nothing is committed yet
    pond_id id;
} pond_commit;
// The last committed write that this transaction sees.
pond_code pond_store_last_commit(pond_txn *t, pond_commit *out, pond_err *err) POND_MUST;

#endif
