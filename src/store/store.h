// store: the room that remembers what exists.
//
// Nodes, versions and transactions live in one SQLite file; the bytes of a version live in
// objects/, under the SHA-256 of their content. An object without a row is invisible litter; a row
// without its object is damage. So the object is written, synced and renamed first, and every
// change to a row happens inside one pond_txn, which is one SQLite transaction: a command, visible
// whole or not at all.
//
//     DIR/pond.db               the catalog, in WAL mode (with pond.db-wal and pond.db-shm)
//     DIR/objects/ab/cdef...    content
//     DIR/tmp/ID/               of one process: objects being written, spill; litter after a crash
//     DIR/cache/                what can be computed again
//     DIR/lock                  held by the writer, with its pid and command line in it
//
// Owns      the SQLite handle, every line of SQL written for it, the objects directory.
// Includes  base/*, value/*, sqlite3.h. Nothing above: no fs, no engine, no export.
// Promises  readers see one snapshot and are never blocked; a second writer waits (10 s, or
//           POND_LOCK_TIMEOUT_MS), then learns who holds the pond; what was committed survives a
//           crash at any instant.
// Leaves    paths and wildcards to fs, questions about rows to engine.
#ifndef POND_STORE_STORE_H
#define POND_STORE_STORE_H

#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/vec.h"
#include "value/value.h"

typedef struct pond_store pond_store;
typedef struct pond_txn pond_txn;

typedef struct pond_id {
    uint8_t bytes[16]; // UUIDv7; the root directory is all zero
} pond_id;
static inline bool pond_id_eq(pond_id a, pond_id b) {
    return memcmp(a.bytes, b.bytes, 16) == 0;
}
void pond_id_tail(const pond_id *id, char out[13]); // the last 12 hex digits, as listings show
void pond_id_text(const pond_id *id, char out[37]); // 8-4-4-4-12

// What a node is. Names, type words and icons of the rows are what listings print.
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
const char *pond_type_name(pond_type t);      // "table:series"
const char *pond_type_word(pond_type t);      // "TablePhysicalSeries"
const char *pond_type_icon(pond_type t);      // "[SER]"
const char *pond_type_canonical(pond_type t); // "table:physical:series"
static inline bool pond_type_is_dir(pond_type t) {
    return t <= POND_T_DYNAMIC_DIRECTORY;
}
static inline bool pond_type_is_queryable(pond_type t) {
    return t >= POND_T_TABLE;
}
static inline bool pond_type_is_dynamic(pond_type t) {
    return t == POND_T_DYNAMIC_DIRECTORY || t == POND_T_DATA_DYNAMIC || t == POND_T_TABLE_DYNAMIC;
}

// One row of the catalog. Strings live in the arena of the call that made it.
typedef struct pond_node_row {
    pond_id id, parent;
    pond_sv name;
    pond_type type;
    pond_sv factory;     // of a dynamic node, else empty
    pond_sv link;        // target of a symlink, else empty
    int64_t version;     // latest, 0: none yet
    uint64_t size_bytes; // of the latest version (of a series: of all)
    int64_t modified_us;
} pond_node_row;
typedef POND_VEC(pond_node_row) pond_node_row_vec;

// One version of a file: its content, and for tables what is known of the rows.
typedef struct pond_version {
    int64_t number; // from 1
    pond_sha256 object;
    uint64_t size_bytes;
    int64_t created_us;
    int64_t rows;               // -1: not a table
    pond_sv time_column;        // empty: none
    int64_t t_min_us, t_max_us; // both included; min > max: no rows
    pond_sv columns;            // of a table, what is known of its rows (JSON, of the factory room); else empty
} pond_version;
typedef POND_VEC(pond_version) pond_version_vec;

// Ponds
// ------------------------------------------------------------------------------------------------

typedef struct pond_info {
    pond_id id;
    int64_t created_us;
    pond_sv birthplace, created_by; // live with the store
} pond_info;

const char *pond_store_sqlite_version(void); // "3.40.1"

// Makes a pond in `dir` (created if missing, must be empty). EXISTS "pond already exists in 'DIR'".
pond_code pond_store_init(const char *dir, const char *birthplace, pond_err *err) POND_MUST;
// NOT_FOUND when there is no pond in `dir`.
pond_code pond_store_open(const char *dir, pond_store **out, pond_err *err) POND_MUST;
void pond_store_close(pond_store *s); // NULL is fine
const pond_info *pond_store_info(const pond_store *s);
const char *pond_store_dir(const pond_store *s);         // absolute
const char *pond_store_objects_dir(const pond_store *s); // absolute
// Absolute. This store's own directory below DIR/tmp, made when first asked for and removed by the
// close; where the pond may only be read it is a name and no directory.
const char *pond_store_tmp_dir(const pond_store *s);

// Content
// ------------------------------------------------------------------------------------------------

// Objects may be written before or during a transaction; they are nothing until a version names
// them.
pond_code pond_object_write(pond_store *s, pond_sv bytes, pond_sha256 *out,
                            pond_err *err) POND_MUST;
// Streams a file descriptor to its end. *size_bytes may be NULL.
pond_code pond_object_write_fd(pond_store *s, int fd, const char *name, pond_sha256 *out,
                               uint64_t *size_bytes, pond_err *err) POND_MUST;
// Takes a finished file below pond_store_tmp_dir (synced, hashed, renamed into place, so it is gone
// from tmp).
pond_code pond_object_adopt(pond_store *s, const char *tmp_path, pond_sha256 *out,
                            uint64_t *size_bytes, pond_err *err) POND_MUST;
// A name for a new file below tmp, for pond_object_adopt. Lives in `a`.
char *pond_store_tmp_name(pond_store *s, pond_arena *a, const char *suffix);
// Absolute path of an object. Lives in `a`. It need not exist.
pond_sv pond_object_path(const pond_store *s, pond_arena *a, const pond_sha256 *object);
// Appends to *out. CORRUPT when it is missing or is not what its name says.
pond_code pond_object_read(pond_store *s, const pond_sha256 *object, pond_buf *out,
                           pond_err *err) POND_MUST;

// Transactions
// ------------------------------------------------------------------------------------------------

typedef enum pond_txn_mode { POND_TXN_READ, POND_TXN_WRITE } pond_txn_mode;
// One at a time of a store. `command` is the command line without the program's name, kept with a
// write. A read is a snapshot. Beginning a write clears what dead processes left in tmp/ and
// records the write as INCOMPLETE, which it stays if this process dies.
pond_code pond_txn_begin(pond_store *s, pond_txn_mode mode, pond_sv command, pond_txn **out,
                         pond_err *err) POND_MUST;
pond_code pond_txn_commit(pond_txn *t, pond_err *err) POND_MUST;
// Instead of a commit: rolls back a write that found nothing to do, and leaves no trace in the log.
pond_code pond_txn_discard(pond_txn *t, pond_err *err) POND_MUST;
// Rolls back what was not committed and frees; NULL is fine. A failed write is recorded in the log
// with `error`.
void pond_txn_end(pond_txn *t, const pond_err *error);

// Nodes. `parent` of a lookup is a directory's id; the root is the zero id. NOT_FOUND without a
// message when absent.
pond_code pond_store_lookup(pond_txn *t, pond_arena *a, pond_id parent, pond_sv name,
                            pond_node_row *out, pond_err *err) POND_MUST;
// Sorted by the bytes of their names. Lives in `a`.
pond_code pond_store_children(pond_txn *t, pond_arena *a, pond_id parent, pond_node_row_vec *out,
                              pond_err *err) POND_MUST;
// All versions, oldest first. Lives in `a`.
pond_code pond_store_versions(pond_txn *t, pond_arena *a, pond_id node, pond_version_vec *out,
                              pond_err *err) POND_MUST;
pond_code pond_store_latest(pond_txn *t, pond_arena *a, pond_id node, pond_version *out,
                            pond_err *err) POND_MUST;

// Writes; the transaction must be a write. After a failure of the disk nothing more can be written
// or committed in it; after other errors the caller may carry on.
// Names must not be empty, hold '/' or NUL, or be "." or ".."; 255 bytes at most.
pond_code pond_store_create(pond_txn *t, pond_id parent, pond_sv name, pond_type type,
                            pond_sv factory, pond_sv link, pond_id *out,
                            pond_err *err) POND_MUST; // EXISTS
// number and created_us are assigned.
pond_code pond_store_add_version(pond_txn *t, pond_id node, const pond_version *v,
                                 pond_err *err) POND_MUST;
pond_code pond_store_remove(pond_txn *t, pond_id node,
                            pond_err *err) POND_MUST; // a directory must be empty
pond_code pond_store_set_factory(pond_txn *t, pond_id node, pond_type type, pond_sv factory,
                                 pond_err *err) POND_MUST;

// The log
// ------------------------------------------------------------------------------------------------

typedef struct pond_txn_row {
    int64_t seq;
    pond_id id;
    pond_sv command, state, error; // state: COMMITTED, FAILED, INCOMPLETE (running, or died)
    int64_t began_us, ended_us;    // ended_us is 0 while INCOMPLETE
    // Changes; files and directories made, changed or removed, each counted once.
    int64_t n_operations, n_files, n_directories;
} pond_txn_row;
typedef POND_VEC(pond_txn_row) pond_txn_row_vec;
// Newest first; limit 0: all; seq 0: any. Lives in `a`.
pond_code pond_store_log(pond_txn *t, pond_arena *a, int64_t limit, int64_t seq,
                         pond_txn_row_vec *out, pond_err *err) POND_MUST;

#endif
