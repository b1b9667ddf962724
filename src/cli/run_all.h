// run_all: runs all nodes that are due, one after the other.
#ifndef POND_CLI_RUN_ALL_H
#define POND_CLI_RUN_ALL_H

#include "cli/cli.h"
#include "factory/run.h"

// How a node that is to be run regularly stands.
typedef struct cli_due {
    const pond_node *node;
    pond_code rc; // of its config; `why` says what is wrong
    pond_err *why;
    pond_schedule schedule;
    const struct pond_run_row *last; // NULL: it was never run
    int64_t made_us;                 // when its config was stored
    int64_t next_us;                 // when `run --all` runs it next; of no use without `every`
    bool is_due, is_late, is_stale;
} cli_due;
typedef POND_VEC(cli_due) cli_due_vec;

// The nodes of executable factories, in path order; those without `every` have every_us 0. Due: a
// node whose last run began `every` ago, less a tenth, so that a timer of the same period never
// comes a moment too early; never, or in the future, since the clock was set back. A run that failed
// is tried again sooner: after 10 minutes, and then after as long as runs have failed, at most `every`.
// Late: twice `every` has passed without a good run. Stale: `stale_after` has passed without a run that
// stored something.
pond_code cli_find_due(cli *c, pond_session *s, cli_due_vec *out, pond_err *err) POND_MUST;

// Runs what is due. A failure stops nothing else, and makes the exit status 1. BUSY if another
// process does the same now.
pond_code cli_run_all(cli *c, pond_err *err) POND_MUST;

#endif
