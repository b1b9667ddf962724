// jobs: units grouped into jobs, so that units that need the same rows share one scan of them.
//
//     JOB_SINGLE    each unit has a query of its own
//     JOB_STREAM    neighbouring partitions of a series that is stored in time order: one scan, cut
//                   into files where partitions end
//     JOB_TABLE    one table of the job's range, from which each unit takes its rows: neighbouring
//                   partitions of an unordered series, or one partition of all resolutions of one
//                   source
#ifndef POND_EXPORT_JOBS_H
#define POND_EXPORT_JOBS_H

#include "export/units.h"

typedef enum export_job_kind { JOB_SINGLE, JOB_STREAM, JOB_TABLE } export_job_kind;

typedef struct export_job {
    export_job_kind kind;
    POND_VEC(export_unit *) units; // run one after the other by one worker
    pond_range range;              // that covers the ranges of the units
    pond_order order;              // of the rows of a scan of that range
} export_job;
typedef POND_VEC(export_job *) export_jobs;

// Groups the units that are not done. Jobs live in the run's arena and point into `units`.
void export_group_units(export_run *run, export_units *units, int n_workers, export_jobs *jobs);

#endif
