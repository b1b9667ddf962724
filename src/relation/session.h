// session: what one command works with.
//
// A session holds the tree of nodes as one transaction sees it, or a tree of the host, the query
// engine once it is needed, and what has to be released when the command ends. Calls may come in any order: a session starts
// without a pond and may open one later, and the engine may get permission to read another path
// after it has answered queries.
//
// Owns      the store, the transaction, the fs and the engine of a command.
// Includes  fs, store, engine, base.
// Promises  pond_session_close releases everything that was opened, and rolls back what was not
//           committed.
// Leaves    what dynamic nodes are to the factory room, which gives the session a
//           pond_dynamic_opener.
#ifndef POND_RELATION_SESSION_H
#define POND_RELATION_SESSION_H

#include "base/meter.h"
#include "engine/engine.h"
#include "fs/fs.h"
#include "relation/secrets.h"

typedef struct pond_session pond_session;

// Fills node->dyn and node->state of a stored dynamic node from its factory's name and its config
// text.
typedef pond_code (*pond_dynamic_opener)(pond_session *s, pond_node *node, pond_sv config,
                                         pond_err *err);

// A session without a pond. Lives in `a`, which outlives it; relations and the states of dynamic
// nodes live there too. `open_dynamic` may be NULL: dynamic nodes then cannot be opened.
pond_session *pond_session_new(pond_arena *a, pond_dynamic_opener open_dynamic);
// Opens the pond in `dir` and begins a transaction; once per session. `command` is what the log
// records.
pond_code pond_session_open_pond(pond_session *s, const char *dir, pond_txn_mode mode,
                                 pond_sv command, pond_err *err) POND_MUST;
// Opens the tree of a directory of the host (absolute) instead of a pond.
void pond_session_open_host(pond_session *s, const char *dir);
// Commits a write transaction. A read transaction and a session without a pond have nothing to
// commit.
pond_code pond_session_commit(pond_session *s, pond_err *err) POND_MUST;
// Rolls back what was not committed (the log records `error`, which may be NULL) and releases
// everything.
void pond_session_close(pond_session *s, const pond_err *error);

pond_arena *pond_session_arena(const pond_session *s);
pond_store *pond_session_store(const pond_session *s); // NULL without a pond, as the next one is
pond_txn *pond_session_txn(const pond_session *s);
pond_fs *pond_session_fs(const pond_session *s); // NULL without any tree
// What tells the tree from others: the id of the pond, or a hash of the path of the directory.
pond_id pond_session_tree_id(const pond_session *s);

// The session's engine, opened when it is first needed. Valid until the next pond_session_allow_….
pond_code pond_session_engine(pond_session *s, pond_engine **out, pond_err *err) POND_MUST;
// The options of that engine, to open other engines with the same permissions and limits; its
// memory_bytes is what all of them may have together. Valid until the next pond_session_allow_….
const pond_engine_options *pond_session_engine_options(pond_session *s);
// Limits of every query of the session, before the first one. Before it gives up, the session
// removes its scratch directory. `query_bytes` is what the engines may have together until they
// spill to disk; 0: their defaults.
void pond_session_limit(pond_session *s, const pond_limits *limits, uint64_t query_bytes);
// The query that rows will be read for, so that what it cannot mean need not be kept ready; it may
// still be read. Empty, as it is at first: unknown. The text is borrowed.
void pond_session_expect_query(pond_session *s, pond_sv sql);
pond_sv pond_session_expected_query(const pond_session *s);
// What counts how far a file is read, written or checked; NULL, as it is at first: nobody looks. It is
// borrowed.
void pond_session_watch(pond_session *s, pond_meter *meter);
pond_meter *pond_session_meter(const pond_session *s);
// What follows is another query: its time counts from 0.
void pond_session_next_query(pond_session *s);
// Whether a limit was exceeded: all later queries fail, too.
bool pond_session_is_interrupted(const pond_session *s);
// Lets queries read a directory or a file of the host (absolute). The pond's objects and tmp and
// the scratch directory need no permission. An open engine is closed, since its permissions are
// fixed when it opens: no rows may be open, and a pointer to the engine is no longer valid.
void pond_session_allow_dir(pond_session *s, const char *dir);
void pond_session_allow_file(pond_session *s, const char *file);
// The same for several files of the host, while callers may have a pointer to the engine: it stays
// valid, and no rows may be open. Opening an engine again takes as long for many files as for one.
pond_code pond_session_admit_files(pond_session *s, const char *const *files, size_t n,
                                   pond_err *err) POND_MUST;
// Gives the session's engine rows of the program as a table function without parameters, now and
// whenever it opens again. *name is its name, which lives in the session's arena; the source and
// all it points to outlive the session.
pond_code pond_session_add_source(pond_session *s, const pond_row_source *source, pond_sv *name,
                                  pond_err *err) POND_MUST;
// A directory of the session's own below TMPDIR, for files that a command makes on its way. The
// engine may read and write it; pond_session_close removes it.
pond_code pond_session_scratch(pond_session *s, const char **out, pond_err *err) POND_MUST;

// Other engines than the session's will read rows, too, and the same rows more than once. So the
// rows of texts of the host are kept as Parquet in the scratch directory; and each file of the host
// is hashed before it is read (hostfile.h).
void pond_session_keep_rows(pond_session *s);
bool pond_session_keeps_rows(const pond_session *s);

// Lets the templates of the pond read an environment variable of this process. Those that begin
// with "POND_" need no permission. The name is borrowed.
void pond_session_allow_env(pond_session *s, pond_sv name);
bool pond_session_may_read_env(const pond_session *s, pond_sv name);
// The names that were allowed, in their order.
const pond_sv *pond_session_allowed_env(const pond_session *s, size_t *n);

// Calls release(thing) when the session closes; the last one first, and all before the pond is
// closed.
void pond_session_own(pond_session *s, void *thing, void (*release)(void *thing));
// An arena for another thread, which lives as long as what the session owns.
pond_arena *pond_session_new_arena(pond_session *s);

// Values that no message may show. Whoever expands a config adds those of its variables; warnings of
// the session and the error that the log records are without them, and who prints an error has them
// hidden in it (pond_secrets_hide_in_error). They are known until the arena ends, also after
// pond_session_close.
pond_secret_vec *pond_session_secrets(pond_session *s);

// A line for standard error when the command ends. Control characters in the arguments are shown as
// escapes; the newlines of the format stay.
void pond_session_warn(pond_session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// The same for an error that did not end the command, with its detail.
void pond_session_warn_of(pond_session *s, const pond_err *err);
typedef POND_VEC(pond_sv) pond_warning_vec;
const pond_warning_vec *pond_session_warnings(const pond_session *s);

#endif
