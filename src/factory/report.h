// report: what a run tells people while it works.
//
// Progress and warnings go to standard error, results (a list of checksums) to standard output; the
// cli room writes all of them. No value of an environment variable is ever told.
#ifndef POND_FACTORY_REPORT_H
#define POND_FACTORY_REPORT_H

#include "relation/secrets.h"

// The functions get one line, without a newline at its end.
typedef struct pond_report {
    void (*say)(void *user, pond_sv line);   // progress; NULL: nobody listens
    void (*warn)(void *user, pond_sv line);  // "warning: …"
    void (*print)(void *user, pond_sv line); // results
    void *user;
    // Filled by the run.
    pond_arena *arena;
    pond_secret_vec *secrets; // of the session; NULL until a run has begun
    pond_sv done;             // what pond_report_done said last; empty: nothing
    pond_buf warnings; // without "warning: ", a line for each; the first ones, if there are many
    uint64_t n_warnings;
    bool is_main; // the action is the factory's first one, as `pond run --all` runs it
} pond_report;

void pond_report_free(pond_report *r); // what the run has filled in
void pond_report_say(pond_report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// "warning: …"
void pond_report_warn(pond_report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// Says how it ended; `pond status` shows it later as what the run did.
void pond_report_done(pond_report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pond_report_print(pond_report *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
