// run: what one export works with, from its options to its result.
//
//     run ── stages      one for each --pattern
//              └─ targets     nodes that the pattern matched
//                   └─ outputs     files: one, or one for each partition
//
// Structs only: plan.h fills stages with targets, make.h targets with outputs, and publish.h puts
// the outputs in place.
#ifndef POND_EXPORT_RUN_H
#define POND_EXPORT_RUN_H

#include "base/map.h"
#include "export/dir.h"
#include "export/output.h"
#include "factory/ask.h"
#include "relation/match.h"
#include "value/value.h"

typedef struct export_target {
    const pond_node *node; // symlinks followed
    pond_sv matched;       // the path that the pattern matched: that of `node` or of a symlink
    const pond_sv *captures;
    size_t n_captures;
    pond_sv place;           // below DIR: the file, or the directory of the partitions
    pond_relation *relation; // NULL: bytes
    bool is_partitioned;
    bool is_kept;            // all of it can stay as the last run recorded it
    pond_value inputs;       // what its rows are made from: path -> hash, to say what changed
    const char *why_changed; // since the last run
    pond_sv changing;        // why its rows may differ from those of the last run in any case
    pond_schema schema;      // of the relation
    pond_asked_vec asked;    // of a page: what it asked the pond for
    pond_sha256 fingerprint; // of all of it
    export_outputs outputs;  // in time order; they belong to its units
    bool has_strays;         // a unit's query gave rows outside of its range, which it left out
} export_target;

typedef struct export_stage {
    pond_sv pattern; // as written
    pond_pattern parsed;
    export_target *targets; // in path order
    size_t n_targets;
    pond_value set; // the export set; null until export_stage_set makes it
} export_stage;

// A directory that other engines open as one table, because it holds a Delta log.
typedef struct export_table {
    pond_sv root;                // below DIR
    const export_target *target; // NULL: of an earlier run
    int64_t version;             // of its log, as the manifest has it; -1: none yet
    int64_t retain_ms;           // how long its removed files stay, as its log says; -1: unknown
    bool has_stale;              // some of its files are about to leave it
} export_table;

// A file that a Delta table no longer has. It stays on disk for readers of older versions.
typedef struct export_retained {
    pond_sv file;        // path below DIR
    export_table *table; // NULL: its table is gone
    int64_t removed_ms;  // when its table's log removed it
    bool is_new;         // it leaves the table in this run
    bool is_overdue;     // this run removes it from the disk
    const char *why;     // for people, of a file that is new or overdue
} export_retained;

typedef struct export_run {
    pond_session *session;
    pond_arena *arena; // the session's
    const pond_export_options *options;
    export_dir dir;
    struct manifest *before; // what the last run recorded
    export_stage *stages;
    size_t n_stages;
    bool has_nested_places; // some targets go into the directories of others
    export_outputs outputs; // of all targets, stage by stage; filled when all stages are made
    pond_map tables;        // root -> export_table *: the Delta tables that this run makes or keeps
    POND_VEC(export_retained) retained; // files that left those tables, in this run or before
    struct shard *shard;                // of a run with --shard, else NULL
    struct merge *merge;                // of a run with --merge, else NULL
} export_run;

// Whether the tree is a directory of the host, not a pond.
static inline bool export_is_of_host(const export_run *run) {
    return pond_session_store(run->session) == NULL;
}

#endif
