// rows: runs one job: rows of relations become Parquet files below tmp.
#ifndef POND_EXPORT_ROWS_H
#define POND_EXPORT_ROWS_H

#include "base/pool.h"
#include "export/jobs.h"

// One of the threads that run jobs. Whatever touches the run, the session or their arena (SQL text
// is made there, and outputs live there) happens under the pool's lock; queries, hashing and file
// work happen outside it.
typedef struct export_worker {
    export_run *run;
    pond_pool *pool;
    pond_engine *engine;            // its own
    pond_export_progress *progress; // of the stage; under the lock
} export_worker;

// Fills the outputs of the job's units.
pond_code export_run_job(export_worker *w, const export_job *j, pond_err *err) POND_MUST;

#endif
