// What the files of the export room share.
#ifndef POND_EXPORT_INTERNAL_H
#define POND_EXPORT_INTERNAL_H

#include "export/export.h"

#include "base/map.h"

// One run.
typedef struct export_run {
    pond_session *session;
    pond_arena *arena; // the session's
    const pond_export_options *options;
    const char *dir;  // absolute
    const char *meta; // DIR/.pond
    const char *tmp;  // DIR/.pond/tmp
    int lock_fd;
    int dir_fd;               // of dir
    bool made_dir, made_meta; // by this run
    struct manifest *before;  // what the last run recorded
    pond_stage *stages;
    size_t n_stages;
    pond_map tables; // root -> export_table *: the tables with a log that this run makes or keeps
    uint64_t n_made; // names below tmp given out
    struct export_parts *parts; // of a shard or a merge, else NULL
} export_run;

// A directory that other engines open as one table, because there is a log in it.
typedef struct export_table {
    pond_sv root;              // relative to the directory
    const pond_target *target; // NULL: of an earlier run
    int64_t version;           // of its log, as the manifest has it; -1: none yet
    bool has_stale;            // files of it are about to be removed
} export_table;

// Absolute path of an output. Lives in `a`.
char *export_path(const export_run *run, pond_arena *a, pond_sv file);
char *export_tmp_name(export_run *run, const char *suffix);

// plan.c
// ---------------------------------------------------------------------------------------------------------------
// Fills the stages with targets; nothing is run.
pond_code export_plan(export_run *run, pond_err *err) POND_MUST;

// manifest.c
// -----------------------------------------------------------------------------------------------------------
typedef struct manifest_output {
    pond_output output;
    bool is_claimed; // this run makes it too
} manifest_output;
typedef struct manifest_target {
    pond_value inputs;
    pond_sha256 fingerprint;
    manifest_output **outputs; // in time order
    size_t n_outputs;
} manifest_target;
typedef struct manifest {
    pond_map files;   // file -> manifest_output *
    pond_map targets; // place -> manifest_target *
    pond_map tables;  // root -> export_table *, of the manifest and of the journal
    pond_map journal; // file -> non-NULL: an interrupted run was publishing it
    pond_value value; // as read
} manifest;
// An empty one when there is none; one that cannot be read is an error (--rebuild does not read the
// old fingerprints).
pond_code manifest_read(pond_arena *a, const char *meta, manifest **out, pond_err *err) POND_MUST;
// Whether it would be written as it stands: every target of the run is kept, and nothing else
// differs.
bool manifest_stands(const export_run *run, const pond_output_vec *kept_stale);
pond_code manifest_write(const export_run *run, const pond_output_vec *kept_stale,
                         pond_err *err) POND_MUST;
// One file's record, as parts of shards have it too.
bool manifest_read_output(pond_value v, pond_output *o);
void manifest_write_outputs(pond_buf *b, const pond_output_vec *v);
// Null when there is no such file.
pond_code manifest_read_json(pond_arena *a, const char *path, pond_value *out,
                             pond_err *err) POND_MUST;
// The manifest's output at `file`, if the file on disk is still the one that was recorded.
manifest_output *manifest_valid(const export_run *run, pond_sv file);

// set.c
// ----------------------------------------------------------------------------------------------------------------
// Made when somebody first asks; lives in `a`, as do the stage's outputs.
pond_value export_stage_set(pond_arena *a, pond_stage *stage);
pond_code export_check_set(const pond_stage *stage, pond_err *err) POND_MUST;
pond_value export_output_value(pond_arena *a, const pond_output *o);
pond_value export_schema_value(pond_arena *a, const pond_target *t);
// Sets and stages as templates see them, read back from JSON: leaves become lists with attributes
// again.
pond_value export_set_revive(pond_arena *a, pond_value json);

// make.c
// ---------------------------------------------------------------------------------------------------------------
// Makes the outputs of a stage; stages before it are done.
pond_code export_make_stage(export_run *run, size_t stage, pond_err *err) POND_MUST;
// The output of the last run, which stands, is this run's.
void export_keep(manifest_output *before, pond_output *o);
// Decides what becomes of an output whose bytes are known (checksum, size): same as before, or to
// be published.
// `why` is what to say of one that changed.
void export_settle(const export_run *run, pond_output *o, const char *why);

// units.c
// The unit of work: one partition of a target, or all of it.
typedef struct export_unit {
    pond_target *target;
    pond_range range; // of the rows
    int64_t start_us; // of the partition
    bool is_whole;    // computed once into a table, partitions found there
    bool is_done;     // stands as the last run made it
    pond_sha256 fingerprint;
    pond_output_vec outputs; // what it made: none when it has no rows, several when it is whole
} export_unit;
typedef POND_VEC(export_unit) export_units;
// Units that one worker runs after each other; shared ones are made from one table of the range.
typedef struct export_job {
    POND_VEC(export_unit *) units;
    pond_range range;
    bool is_shared;   // the units are made from one table of the range
    bool is_streamed; // one scan of the range, in the order of time, is cut into the units' files
    pond_order order; // of that scan
} export_job;
typedef POND_VEC(export_job *) export_jobs;

pond_code export_plan_units(export_run *run, size_t stage, export_units *units,
                            pond_err *err) POND_MUST;
void export_group_units(export_run *run, export_units *units, int n_workers, export_jobs *jobs);
// The output of a partition, before it is made.
pond_output export_partition(export_run *run, const pond_target *t, int64_t start_us,
                             pond_sha256 fingerprint);
int64_t export_ms(int64_t t_us); // rounded down

// worker.c
typedef struct export_worker {
    struct pool *pool;
    export_run *run;
    pond_engine *engine; // opened by its first job
    int index;
    pond_export_progress *progress; // under the lock
} export_worker;
// Makes the series and tables of a stage on a pool of engines.
pond_code export_make_rows(export_run *run, size_t stage, pond_err *err) POND_MUST;
void export_hold(export_worker *w); // for whatever touches the run, the session or their arena
void export_release(export_worker *w);
bool export_is_stopping(export_worker *w);

// rows.c
pond_code export_run_job(export_worker *w, const export_job *j, pond_err *err) POND_MUST;

// publish.c
// ------------------------------------------------------------------------------------------------------------
// Up to so many files are synced one by one; more are synced with their whole file system.
enum { EXPORT_SYNC_EACH = 32 };
pond_code export_sync_fs(const char *path, pond_err *err) POND_MUST;
// Makes `dir` and locks the file `lock` in it (LOCK_SH or LOCK_EX). BUSY without a message when
// somebody else has it.
pond_code export_lock(pond_arena *a, const char *dir, int operation, int *fd,
                      pond_err *err) POND_MUST;
pond_code export_open_dir(export_run *run, pond_err *err) POND_MUST; // lock, clear tmp
void export_close_dir(export_run *run);
pond_code export_check_foreign(const export_run *run, pond_err *err) POND_MUST;
pond_code export_publish(export_run *run, pond_export_result *result, pond_err *err) POND_MUST;
// Removes the directories above an absolute path that are empty, up to DIR.
void export_remove_empty_dirs(const export_run *run, pond_arena *a, const char *path);
void export_count(export_run *run, pond_export_result *result);

// delta.c, delta_types.c
// --------------------------------------------------------------------------------------------------------------
// Has the target's rows written in types that a Delta table can hold.
pond_code delta_adapt(export_run *run, pond_target *t, pond_err *err) POND_MUST;
// Fills run->tables; two targets must not share one.
pond_code delta_plan(export_run *run, pond_err *err) POND_MUST;
pond_code delta_check_foreign(const export_run *run, pond_err *err) POND_MUST;
// Whether a table is made that no manifest and no journal knows.
bool delta_has_new(const export_run *run);
// Takes away the logs of tables that this run does not make; before any file of theirs changes.
pond_code delta_drop(export_run *run, pond_err *err) POND_MUST;
// One commit for each table whose files changed: when the new ones are in place, and before stale
// ones are removed.
pond_code delta_commit(export_run *run, const pond_export_result *result, pond_err *err) POND_MUST;

// shard.c
// --------------------------------------------------------------------------------------------------------------
typedef struct export_parts export_parts;
#define EXPORT_WHOLE INT64_MIN // start of a unit that is a whole target

void export_shard_init(export_run *run); // before the directory is opened
bool export_is_shard(const export_run *run);
bool export_holds_shard(const export_run *run); // its lock
pond_code export_shard_open(export_run *run, pond_err *err) POND_MUST;
void export_shard_close(export_run *run);
pond_code export_merge_open(export_run *run, pond_err *err) POND_MUST;
pond_code export_merge_done(export_run *run, pond_err *err) POND_MUST;
// Whether a planned unit is this run's business, which it always is in an ordinary export. What a
// shard made already is added to *outputs. *outputs holds the unit's file if it stands as it must
// be.
pond_code export_take_unit(export_run *run, const pond_target *t, int64_t start_us,
                           const pond_sha256 *fingerprint, pond_output_vec *outputs, bool *is_kept,
                           pond_err *err) POND_MUST;
// Tells what a unit made, before it is settled.
void export_unit_ran(export_run *run, const pond_target *t, int64_t start_us,
                     const pond_sha256 *fingerprint, const pond_output_vec *outputs);
// Instead of publishing: the files and the part of a shard.
pond_code export_park(export_run *run, pond_export_result *result, pond_err *err) POND_MUST;

#endif
