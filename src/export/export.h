// export: from a snapshot of the pond to files that other programs read.
//
// An export runs stages in order. A stage matches its pattern, each match is a target, each target
// is made of outputs: one file for a table, a page or a series, one for each time partition of a
// series. (target, partition) is the unit of work; its fingerprint says whether last run's file
// still stands. What a stage made is data for the next one.
//
//     plan      patterns -> targets, their places, collisions             plan.c
//     make      units -> files below DIR/.pond/tmp, on a pool of engines  make.c, worker.c
//     set       outputs -> the ExportSet that templates see               set.c
//     publish   rename into place, remove what is stale, manifest last    publish.c, manifest.c
//     shard     units run elsewhere, parked until a merge publishes them  shard.c
//
// Nothing in DIR changes before every stage has succeeded; a run that is killed while publishing
// leaves whole files, old or new, and a journal by which the next run knows them as its own.
//
// Owns      DIR/.pond (manifest, lock, journal, tmp). Includes factory, fs, engine, value, base.
// Promises  the same pond and arguments give the same bytes on any number of workers; foreign files
// are never touched. Leaves    words for people to cli.
#ifndef POND_EXPORT_EXPORT_H
#define POND_EXPORT_EXPORT_H

#include "base/time.h"
#include "factory/template.h"
#include "relation/relation.h"

enum { POND_EXPORT_MAX_SHARDS = 65536 };

typedef struct pond_export_progress {
    size_t stage, n_stages;
    size_t done, total; // units of this stage; total grows while partitions are found
    uint64_t rows, bytes;
} pond_export_progress;

typedef enum pond_table_format {
    POND_TABLES_PARQUET, // files, and nothing else
    POND_TABLES_DELTA, // with a Delta Lake log beside them, in _delta_log of each table's directory
} pond_table_format;

typedef struct pond_export_options {
    const pond_sv *patterns;
    size_t n_patterns;
    const char *dir;
    int n_units;      // of --temporal: 0 none, 1 year, 2 year and month, …
    pond_range range; // rows to keep
    pond_table_format tables;
    pond_value vars;       // object of strings
    bool allow_empty;      // a pattern without matches is a warning
    bool keep_stale;       // files that this run does not make stay
    bool force;            // foreign files in the way are replaced
    bool is_dry_run;       // say what would happen
    bool is_rebuild;       // make everything anew
    bool verify;           // trust no file without reading it
    int n_jobs;            // workers; 0: as many as there are processors
    uint64_t memory_bytes; // of all workers together; 0: 2 GiB
    int shard, n_shards;   // run units of this shard only, publish nothing; n_shards 0: run all
    bool is_merge;         // publish what the shards made; runs no unit
    const char *program;   // version; shards of one export must agree about it
    // Called from any worker, one call at a time, when an output is done. May be NULL.
    void (*progress)(void *user, const pond_export_progress *p);
    void *progress_user;
} pond_export_options;

typedef enum pond_output_state {
    POND_OUTPUT_NEW,     // was not there
    POND_OUTPUT_CHANGED, // bytes differ from last time's
    POND_OUTPUT_SAME,    // made again or not, the file stands as it was
    POND_OUTPUT_STALE,   // of an earlier run, removed
    POND_OUTPUT_N_STATES
} pond_output_state;
const char *pond_output_state_name(pond_output_state s);

// One exported file.
typedef struct pond_output {
    pond_sv file; // relative to the directory
    bool has_times;
    int64_t start_ms, end_ms;
    int64_t rows; // -1: not rows
    uint64_t size_bytes;
    pond_sha256 checksum, fingerprint;
    int64_t mtime_ns;
    pond_output_state state;
    const char *why; // for dry runs: "not there yet", "its inputs changed", …
    char *made;      // the file below tmp that waits to be published; NULL: nothing to do
} pond_output;
typedef POND_VEC(pond_output) pond_output_vec;

typedef struct pond_target {
    const pond_node *node; // symlinks followed
    const pond_sv *captures;
    size_t n_captures;
    pond_sv place; // relative to the directory: the file, or the directory of the partitions
    pond_relation *relation; // NULL: bytes
    bool is_partitioned;
    bool is_kept;            // all of it stands as the last run recorded it
    pond_value inputs;       // what its rows are made from: path -> hash, for telling what changed
    const char *why;         // it is not as the last run left it
    pond_schema schema;      // of the relation
    pond_sha256 fingerprint; // of all of it
    pond_output_vec outputs; // in time order
} pond_target;

typedef struct pond_stage {
    pond_sv pattern;
    pond_target *targets; // in path order
    size_t n_targets;
    pond_value set; // the ExportSet; null until export_stage_set makes it
} pond_stage;

typedef struct pond_export_result {
    pond_stage *stages;
    size_t n_stages;
    pond_output_vec stale; // removed, or kept by keep_stale
    uint64_t n_written, n_kept, n_removed, rows, bytes;
    double seconds;
} pond_export_result;

// The session holds a pond. The result lives in the session's arena.
pond_code pond_export_run(pond_session *s, const pond_export_options *o, pond_export_result *out,
                          pond_err *err) POND_MUST;

// {"stages":[{"pattern":…,"export":…}],"files":[{"file":…,"state":…}],"summary":{…}}. Lives in `a`.
pond_value pond_export_result_value(pond_arena *a, const pond_export_result *r);

// What the last export into `dir` recorded, as the context for rendering a template found at
// `path`: the set of the stage before the first one whose pattern matches it (the last stage's set
// if none does). Lives in `a`.
pond_code pond_export_load_context(pond_arena *a, const char *dir, pond_sv path, pond_value vars,
                                   pond_page_context *out, pond_err *err) POND_MUST;

// "year,month" -> 2. INVALID lists what is allowed.
pond_code pond_export_parse_units(pond_sv text, int *n_units, pond_err *err) POND_MUST;

#endif
