// session: what one command works with: the tree, the engine when it is needed, and what templates
// see.
#ifndef POND_FACTORY_SESSION_H
#define POND_FACTORY_SESSION_H

#include "base/map.h"
#include "engine/engine.h"
#include "fs/fs.h"

typedef struct pond_session {
    pond_arena *arena; // the command's; relations and factories' states live there
    pond_store *store; // NULL in a command that needs no pond
    pond_txn *txn;
    pond_fs *fs;
    pond_engine *engine;                // pond_session_engine opens it
    pond_engine_options engine_options; // dirs are those of the pond and what the command added
                                        // before the first query
    int n_nested;           // queries of nodes within queries of nodes, while SQL is being written
    pond_map relations;     // path -> pond_relation *
    const char *config_dir; // what file names in a config are relative to, while a node is made
    pond_sha256 context_hash;    // of the template context
    pond_value template_context; // what templates see beside their args and schema; null: nothing
    struct pond_templates *templates; // compiled ones, freed at the end (template.c)
    POND_VEC(pond_sv) warnings;       // for standard error, when the command ends
} pond_session;

void pond_session_warn(pond_session *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

// Opens the pond in `dir` and begins a transaction.
pond_code pond_session_open(pond_session *s, pond_arena *a, const char *dir, pond_txn_mode mode,
                            pond_sv command, pond_err *err) POND_MUST;
// A session without a pond, for host files.
void pond_session_open_host(pond_session *s, pond_arena *a);
// Commits a write; a read has nothing to commit.
pond_code pond_session_commit(pond_session *s, pond_err *err) POND_MUST;
// Rolls back what was not committed (recording `error`, which may be NULL) and closes everything.
void pond_session_close(pond_session *s, const pond_err *error);

// The session's engine, opened now if it is not yet open.
pond_code pond_session_engine(pond_session *s, pond_engine **out, pond_err *err) POND_MUST;
// Lets the engine reach a directory or a file of the host (absolute); before the engine is first
// used.
void pond_session_allow_dir(pond_session *s, const char *dir);
void pond_session_allow_file(pond_session *s, const char *file);

#endif
