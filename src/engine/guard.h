// guard: limits of time and memory that hold for every query of some engines.
//
// The engine's own limit of memory counts only part of what a query allocates, and the engine can
// be interrupted only while it runs a statement, not while it parses or plans one. So a thread
// measures: the time that each engine has worked on its query, and the memory of the process while
// any of them works. It interrupts all engines when there is too much of either, and their
// statements fail with an error that names the limit. If they do not end soon, it gives up, which
// has to end the process.
//
// Owns      the thread, from the first engine that is opened with the guard.
// Promises  time that a caller takes for the rows of a query does not count; without limits there
//           is no thread.
#ifndef POND_ENGINE_GUARD_H
#define POND_ENGINE_GUARD_H

#include "base/err.h"

#include <stdint.h>

typedef struct pond_engine_guard pond_engine_guard;

typedef struct pond_limits {
    int64_t timeout_us;    // of one query; 0: none
    uint64_t memory_bytes; // of the process, without the files that it maps; 0: none
    // How errors name the limit of memory: "--memory 1GB", "the default, --memory 3GB".
    char memory_name[64];
    // Ends the process, after it has told the error. Called in the guard's thread, while others
    // run. NULL: the guard goes on waiting.
    void (*give_up)(void *user, const pond_err *err);
    void *user;
} pond_limits;

// Copies the limits. Two seconds after it has interrupted the engines, the guard gives up.
pond_engine_guard *pond_engine_guard_new(const pond_limits *limits);
// After the engines are closed. NULL is fine.
void pond_engine_guard_free(pond_engine_guard *g);

#endif
