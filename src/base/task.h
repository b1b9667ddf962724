// task: one function that runs beside its caller.
//
//     pond_task t;
//     pond_task_start(&t, read_it, &reading);
//     … what needs nothing of `reading` …
//     pond_task_join(&t);
//
// For many jobs, and for what a signal should stop, there is pool.h.
//
// Promises  the function has run when pond_task_join returns, in a thread of its own, or if none can
//           be started, in that of the caller. Signals do not go to its thread.
#ifndef POND_BASE_TASK_H
#define POND_BASE_TASK_H

#include <pthread.h>
#include <stdbool.h>

// Must not move between start and join.
typedef struct pond_task {
    void (*run)(void *user);
    void *user;
    bool is_started; // in a thread of its own
    pthread_t thread;
} pond_task;

void pond_task_start(pond_task *t, void (*run)(void *user), void *user);
// Once after each start.
void pond_task_join(pond_task *t);

#endif
