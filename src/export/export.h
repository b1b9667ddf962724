// export: from a snapshot of the pond to files that other programs read.
//
// An export runs stages in order. A stage matches its pattern; each match is a target; each target
// is made of outputs, which are files: one for a table, a page or a series, one for each time
// partition of a series. (target, partition) is the unit of work. Its fingerprint says whether the
// file of the last run can stay. What a stage made is data for the next one.
//
//     run         options -> result                                   run.c, result.c
//     plan        patterns -> targets, their places, collisions       plan.c
//     make        units -> files below DIR/.pond/tmp                  make.c, units.c, jobs.c,
//                                                                     worker.c, rows.c, bytes.c
//     count       rows of files = rows of their node                  count.c
//     remember    files of the host that need not be read again       remember.c
//     stale       what earlier runs made and can stay                 stale.c
//     written     rows that pages ask for, from the files of a stage  written.c
//     set         outputs -> the export set that templates see        set.c
//     conflicts   what must be right before anything is published     conflicts.c
//     publish     tmp -> place; stale files removed; manifest last    publish.c, manifest.c,
//                                                                     manifest_write.c
//     delta/      a Delta Lake log beside the files of each table
//     shard/      units run by several processes, and their merge
//
// Nothing in DIR changes before every stage has succeeded. A run that is killed while it publishes
// leaves whole files, old or new, and a journal that names them for the next run.
//
// Owns      DIR/.pond: the manifest, the lock, the journal, tmp, shard parts.
// Includes  relation, factory, format, fs, store, engine, value, base.
// Promises  the same pond and arguments give the same bytes with any number of workers; files that
//           no export made are never touched, unless `force` says so.
// Leaves    messages, progress and the terminal to cli.
#ifndef POND_EXPORT_EXPORT_H
#define POND_EXPORT_EXPORT_H

#include "base/time.h"
#include "factory/template.h"
#include "relation/recall.h"
#include "value/value.h"

// Far more than the machines that can share a directory.
enum { POND_EXPORT_MAX_SHARDS = 65536 };

// How long the removed files of Delta tables stay on disk: what readers of the protocol expect.
#define POND_RETAIN_DEFAULT_US (7 * POND_US_PER_DAY)
enum { POND_RETAIN_NONE = -1 };

typedef enum pond_table_format {
    POND_TABLES_PARQUET, // files only
    POND_TABLES_DELTA,   // and a Delta Lake log in _delta_log of each table's directory
} pond_table_format;

typedef struct pond_export_progress {
    size_t stage, n_stages; // stage counts from 0
    size_t done, total;     // units of this stage that have to be made
    uint64_t rows, bytes;   // of this stage, so far
} pond_export_progress;

// patterns, dir, range and vars must be set; zero is the default of all other fields. The run
// borrows everything until it ends.
typedef struct pond_export_options {
    // What to export.
    const pond_sv *patterns; // one for each stage
    size_t n_patterns;       // at least 1
    pond_range range;        // rows to keep; POND_RANGE_ALL for all
    pond_value vars;         // of -v, for templates: an object of strings
    // Where to, and in what form.
    const char *dir; // made if missing; may be relative
    int n_periods;   // calendar units that partitions are named by: 0 no partitions, 1 year,
                     // 2 year and month, … 6 down to the second
    pond_table_format tables;
    int64_t retain_us; // of the files that leave a Delta table; 0: the default
    // What to do with files that are already there.
    bool rebuild;     // make everything again, also what could stay; believe nothing remembered
    bool verify;      // read files that may stay, and those of the host, instead of comparing
                      // size and times
    bool keep_stale;  // keep files of earlier runs that this one does not make
    bool prune;       // remove them even where no pattern of this run matches their targets
    bool force;       // replace files that no export made, and the export of another pond
    bool allow_empty; // a pattern that matches nothing is a warning, not an error
    bool dry_run;     // make everything, say what would happen, and change nothing in DIR
    // How to run.
    int n_jobs; // workers; 0: as many as there are processors, and as the memory is enough for
    int shard, n_shards; // run only the units of this shard, from 0, and publish nothing;
                         // n_shards 0: run all
    bool merge;          // publish what all shards made; runs no unit
    const char *program; // version of the program: part of every fingerprint
    // Optional: called in the thread of pond_export_run, after units have been made.
    void (*progress)(void *user, const pond_export_progress *p);
    void *progress_user;
} pond_export_options;

typedef enum pond_export_state {
    POND_EXPORT_NEW,      // was not there
    POND_EXPORT_CHANGED,  // its bytes differ from the last run's
    POND_EXPORT_SAME,     // the file of the last run stays, whether it was made again or not
    POND_EXPORT_STALE,    // of an earlier run; removed, unless keep_stale keeps it
    POND_EXPORT_RETAINED, // leaves its Delta table, and stays on disk for readers of older versions
    POND_EXPORT_OVERDUE,  // left its Delta table long ago; removed
    POND_EXPORT_N_STATES
} pond_export_state;
const char *pond_export_state_name(pond_export_state s); // "new" …

typedef struct pond_export_file {
    pond_sv file; // path below DIR
    pond_export_state state;
    const char *why; // of the state, for people: "was not there", "changed: /flow.series"
} pond_export_file;

typedef struct pond_export_result {
    pond_export_file *files; // stage by stage, target by target, in time order; then stale ones,
                             // then those that leave their Delta tables or are overdue
    size_t n_files;
    uint64_t n_written, n_kept, n_removed; // files; written and kept: not the stale ones
    uint64_t n_retained;                   // files on disk that are in no newest version of a table
    uint64_t rows, bytes;                  // of the files written and kept
    bool is_of_host;                       // the next one counts
    pond_recall_counts host;               // files of the host, and what had to be read of them
    double seconds;
    struct export_stage *stages; // for pond_export_result_value
    size_t n_stages;
} pond_export_result;

// The session holds a pond. The result lives in the session's arena.
pond_code pond_export_run(pond_session *s, const pond_export_options *o, pond_export_result *out,
                          pond_err *err) POND_MUST;

// What one shard has to make.
typedef struct pond_export_share {
    uint64_t n_files; // about: one for each partition that may have rows, and for each other target
    int64_t work;     // rows to read, and a thousand for each file: to compare shards by
} pond_export_share;

// The shares of options->n_shards shards, in out[0, n_shards), which is zeroed. Makes and changes nothing.
pond_code pond_export_plan_shards(pond_session *s, const pond_export_options *o,
                                  pond_export_share *out, pond_err *err) POND_MUST;

// {"stages":[{"pattern":…,"export":…}],"files":[{"file":…,"state":…,"why":…}],"summary":{…}}. Lives
// in `a`.
pond_value pond_export_result_value(pond_arena *a, const pond_export_result *r);

// What the last export into `dir` recorded, as the context for a template found at `path`: the set
// of the stage before the first one whose pattern matches `path`, of the last stage if none does.
// Variables in `vars` replace recorded ones. NOT_FOUND when `dir` holds no export. Lives in `a`.
pond_code pond_export_load_context(pond_arena *a, const char *dir, pond_sv path, pond_value vars,
                                   pond_page_context *out, pond_err *err) POND_MUST;

// "year,month" -> 2. USAGE lists what is allowed.
pond_code pond_export_parse_periods(pond_sv text, int *n_periods, pond_err *err) POND_MUST;

#endif
