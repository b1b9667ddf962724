// runs: what a pond remembers of nodes that are run, beside the versions that they make.
//
// The state of a node is the text that its factory needs to go on where the last run ended: how far
// a log was read, the cursor of a journal. It is a part of the node, so it changes in the
// transaction that adds the rows, is seen by a read of the past, and is taken back by
// pond_store_undo together with the rows. It is no node, and a factory keeps it small.
//
// How the last run of a node ended, and the settings of the pond, belong to this copy of the pond.
// They have no history, and a transaction that changes nothing else is none for the log.
#ifndef POND_STORE_RUNS_H
#define POND_STORE_RUNS_H

#include "store/store.h"

enum { POND_STATE_MAX = 1 << 20 }; // bytes of a state

// Empty if the node has none. Lives in `a`. NOT_FOUND if there is no such node.
pond_code pond_store_state(pond_txn *t, pond_arena *a, pond_id node, pond_sv *out,
                           pond_err *err) POND_MUST;
// In a write. A state that is the same is no change. LIMIT if it is too large.
pond_code pond_store_set_state(pond_txn *t, pond_id node, pond_sv state, pond_err *err) POND_MUST;

// The last run of a node. A time is that at which a run began; 0: there was no such run.
typedef struct pond_run_row {
    int64_t began_us, ended_us;
    int64_t good_us;   // the last good one
    int64_t failed_us; // the first one that failed since then
    int64_t stored_us; // the last one that stored a version
    int64_t warned_us; // the last one that warned
    bool is_good;
    pond_sv said;     // what it did, or its error
    pond_sv warnings; // of the run that warned last, a line for each
} pond_run_row;
// *out is NULL if the node was never run. Lives in `a`.
pond_code pond_store_last_run(pond_txn *t, pond_arena *a, pond_id node, const pond_run_row **out,
                              pond_err *err) POND_MUST;
pond_code pond_store_set_last_run(pond_txn *t, pond_id node, const pond_run_row *run,
                                  pond_err *err) POND_MUST;

// What a factory has found out and can find out again: which files of the host have which hash. It
// has no history, so it says nothing about what the pond holds. Empty if there is none.
pond_code pond_store_memo(pond_txn *t, pond_arena *a, pond_id node, pond_sv *out,
                          pond_err *err) POND_MUST;
pond_code pond_store_set_memo(pond_txn *t, pond_id node, pond_sv text, pond_err *err) POND_MUST;

// For a process that runs several nodes, one transaction after the other: BUSY, with who does, if
// another one does it now. It waits for nobody. The lock ends with the process, or with
// pond_store_unlock_runs; the store need not stay open.
pond_code pond_store_lock_runs(pond_store *s, pond_sv command, int *fd, pond_err *err) POND_MUST;
void pond_store_unlock_runs(int fd); // -1 is fine

typedef struct pond_setting {
    pond_sv key, value;
} pond_setting;
typedef POND_VEC(pond_setting) pond_setting_vec;
// Sorted by key. Lives in `a`.
pond_code pond_store_settings(pond_txn *t, pond_arena *a, pond_setting_vec *out,
                              pond_err *err) POND_MUST;
pond_code pond_store_set_setting(pond_txn *t, pond_sv key, pond_sv value, pond_err *err) POND_MUST;

#endif
