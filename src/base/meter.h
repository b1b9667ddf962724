// meter: how far work that takes long has come, for whoever shows it.
//
// What reads or writes is given a meter and counts on it; it knows neither the time nor a terminal.
// Whoever made the meter is asked to draw it now and then, by the thread that counts.
#ifndef POND_BASE_METER_H
#define POND_BASE_METER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct pond_meter pond_meter;
struct pond_meter {
    // Called at most ten times a second, and never by two threads at once.
    void (*draw)(void *user, const pond_meter *m);
    void *user;
    // The part of the work that is done now.
    _Atomic(const char *) what; // a word: "reading"
    atomic_bool counts_rows;    // else bytes
    _Atomic uint64_t total;     // 0: not known
    _Atomic uint64_t done;
    _Atomic int64_t began_us, next_us; // when that part began, and when to draw again
    atomic_flag is_drawing;
};

// All take NULL for nobody who looks. A part begins at 0; `what` is kept.
void pond_meter_begin(pond_meter *m, const char *what, bool counts_rows, uint64_t total);
void pond_meter_add(pond_meter *m, uint64_t n);      // by any thread
void pond_meter_reach(pond_meter *m, uint64_t done); // the count itself, by one thread

#endif
