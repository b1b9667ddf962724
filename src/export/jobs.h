// jobs: units grouped into jobs, so that units that need the same rows share one scan of them.
//
//     JOB_SINGLE    each unit has a query of its own
//     JOB_STREAM    neighbouring partitions of a stored series: one scan in time order, cut into
//                   files where partitions end (stream.h)
//     JOB_TABLE     one table of the job's range, from which all resolutions of one source take
//                   their rows
#ifndef POND_EXPORT_JOBS_H
#define POND_EXPORT_JOBS_H

#include "export/units.h"

typedef enum export_job_kind { JOB_SINGLE, JOB_STREAM, JOB_TABLE } export_job_kind;

typedef struct export_job {
    export_job_kind kind;
    POND_VEC(export_unit *) units; // run one after the other by one worker
    pond_range range;              // that covers the ranges of the units
    size_t n_partitions;           // of a JOB_TABLE
} export_job;
typedef POND_VEC(export_job *) export_jobs;

// About how much memory so many rows of a relation take, and how much the rows may take that are
// sorted together: enough that a row group of the source that reaches over several partitions is
// decoded once.
int64_t export_row_bytes(const pond_relation *r, int64_t rows);
enum { EXPORT_SHARED_BYTES = 32 << 20 };

// Groups the units that are not done. Jobs live in the run's arena and point into `units`.
pond_code export_group_units(export_run *run, export_units *units, int n_workers, export_jobs *jobs,
                             pond_err *err) POND_MUST;

#endif
