// pool: a fixed number of threads that run numbered jobs.
//
// A job is a number from 0 to n_jobs - 1. Workers take the jobs in that order and call one function
// for each. The first failure stops the pool: running jobs are asked to end early, no further job
// starts, and pond_pool_run returns that failure. SIGINT and SIGTERM stop the pool in the same way.
//
// Owns      the threads, from the start of pond_pool_run to its end, and one lock for the data that
//           the jobs share.
// Promises  every job has run when pond_pool_run succeeds; no thread is left when it returns. The
//           signals are blocked in all threads while the pool runs, and as before afterwards.
// Leaves    what a job is, and how to interrupt it, to the caller's functions.
#ifndef POND_BASE_POOL_H
#define POND_BASE_POOL_H

#include "base/err.h"

#include <stddef.h>

typedef struct pond_pool pond_pool;

typedef struct pond_pool_options {
    int n_workers; // at least 1
    size_t n_jobs;
    void *user; // passed to the functions below
    // Runs one job; `worker` counts from 0. Called without the lock, by all workers at a time.
    pond_code (*job)(pond_pool *p, void *user, int worker, size_t job, pond_err *err);
    // Optional: asks all that the workers are running to end early. Called once or more after the
    // pool was stopped, with the lock held.
    void (*interrupt)(void *user);
    // Optional: called in the thread of pond_pool_run, without the lock, after jobs have ended.
    // Jobs that end at about the same time share a call; the last call comes when all have ended.
    void (*progress)(pond_pool *p, void *user);
    const char *cancelled; // message of the error when a signal stops the pool
    // The error does not depend on timing: of several failures that of the lowest job counts. The
    // jobs below a failed one have begun and must not end early, so there can be no `interrupt`.
    bool is_ordered;
} pond_pool_options;

// Runs all jobs. Returns the first failure, CANCELLED after a signal.
pond_code pond_pool_run(const pond_pool_options *o, pond_err *err) POND_MUST;

void pond_pool_lock(pond_pool *p);
void pond_pool_unlock(pond_pool *p);
// How many workers so many jobs get: as many as are wanted, or if that is 0, as there are
// processors. At least 1, and no more than there are jobs.
int pond_pool_size(int n_wanted, size_t n_jobs);

// Whether a long job should end early. Needs no lock.
bool pond_pool_is_stopping(const pond_pool *p);

#endif
