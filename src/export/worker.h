// worker: runs jobs on a pool of threads, each with an engine and a share of the memory of its own.
//
// Every engine has one thread, so that sums of floats do not depend on timing: the bytes of the
// files are the same with any number of workers.
#ifndef POND_EXPORT_WORKER_H
#define POND_EXPORT_WORKER_H

#include "export/jobs.h"

// How many workers --jobs allows for so many units.
int export_count_workers(export_run *run, size_t n_units);
// Runs all jobs of a stage and fills the outputs of their units.
pond_code export_run_jobs(export_run *run, size_t stage, const export_jobs *jobs, int n_workers,
                          pond_err *err) POND_MUST;

#endif
