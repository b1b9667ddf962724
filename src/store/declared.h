// declared: what the catalog remembers for `pond apply`: which nodes a folder has made, and the files
// of the host that nodes were made from.
//
// Both are notes about nodes, by their ids, and no part of the history: a node that is moved keeps
// them, those of one that is gone are passed over, and an undo that brings it back brings them back.
#ifndef POND_STORE_DECLARED_H
#define POND_STORE_DECLARED_H

#include "store/store.h"

typedef struct pond_declared {
    pond_id id;
    pond_sv path; // "/a/b", where the node is now
} pond_declared;
typedef POND_VEC(pond_declared) pond_declared_vec;
// The nodes with a label that are there, sorted by path. Lives in `a`.
pond_code pond_store_declared(pond_txn *t, pond_arena *a, pond_sv label, pond_declared_vec *out,
                              pond_err *err) POND_MUST;
// The label of a node; empty if it has none. Lives in `a`.
pond_code pond_store_label(pond_txn *t, pond_arena *a, pond_id node, pond_sv *out,
                           pond_err *err) POND_MUST;
// Gives a node a label in place of the one that it has.
pond_code pond_store_set_label(pond_txn *t, pond_id node, pond_sv label, pond_err *err) POND_MUST;

// A file of the host that a node was made from, as it was then.
typedef struct pond_origin {
    pond_sv path; // absolute
    uint64_t size_bytes;
    int64_t mtime_ns;
    pond_sha256 hash;
    // What tells this copy of the pond from others, which a stranger may have made (factory/origins.h).
    pond_sha256 seal;
    pond_sv node; // the path of the node, where pond_store_origins gives it
} pond_origin;
typedef POND_VEC(pond_origin) pond_origin_vec;
// Those of all nodes that are there. Lives in `a`.
pond_code pond_store_origins(pond_txn *t, pond_arena *a, pond_origin_vec *out,
                             pond_err *err) POND_MUST;
// Replaces those of a node.
pond_code pond_store_set_origins(pond_txn *t, pond_id node, const pond_origin_vec *origins,
                                 pond_err *err) POND_MUST;

#endif
