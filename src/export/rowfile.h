// rowfile: a file of rows below tmp, from its name to its place among the outputs of its unit.
#ifndef POND_EXPORT_ROWFILE_H
#define POND_EXPORT_ROWFILE_H

#include "base/pool.h"
#include "export/units.h"

// One of the threads that run jobs. Whatever touches the run, the session or their arena (SQL text
// is made there, and outputs live there) happens under the pool's lock; queries, hashing and file
// work happen outside it.
typedef struct export_worker {
    export_run *run;
    pond_pool *pool;
    pond_engine *engine; // its own
    const char *draft;   // where that writes a stream's files before they get their names
    pond_export_progress *progress; // of the stage; under the lock
} export_worker;

// An output of the unit, with a name below tmp. It is not in the unit's list yet, because a
// partition without rows has no file. Call under the lock.
export_output *export_rowfile_new(export_worker *w, const export_unit *u, export_record record);
// Reads the written file: its size, checksum and mtime.
pond_code export_rowfile_hash(const export_worker *w, export_output *o, pond_err *err) POND_MUST;
// Puts a written output into the unit's list. Takes the lock.
void export_rowfile_keep(export_worker *w, export_unit *u, export_output *o);

// Times of the rows -------------------------------------------------------------------------------

const pond_column *export_time_of(const export_target *t);

// INVALID if rows of `from` (a table, or a function that reads a file) belong to no partition.
pond_code export_refuse_odd_times(pond_engine *engine, const export_target *t, pond_sv from,
                                  pond_err *err) POND_MUST;

typedef struct export_times {
    int64_t first_us, last_us, n_nulls;
} export_times;
// Reads the written file: finds the first and last time of a series that is not partitioned, and
// refuses a partitioned one that has rows in no partition. *out has no instants, the last one
// before the first, where nothing needs to be known.
pond_code export_rowfile_check(pond_engine *engine, export_output *o, export_times *out,
                               pond_err *err) POND_MUST;

#endif
