// running: runs a node of the pond, in a session and a transaction of its own.
#ifndef POND_CLI_RUNNING_H
#define POND_CLI_RUNNING_H

#include "cli/cli.h"

typedef struct cli_running {
    pond_sv path; // as typed: a path, or the name of a node in /system/run or /system/etc
    const pond_sv *args;
    size_t n_args;
} cli_running;

// Runs the node and commits what it did. How it ended is remembered, for `status` and `run --all`,
// also when it fails; and a line about it goes to standard error: "Run summary  path=…". *did is
// what the run says that it did; it lives in the arena.
pond_code cli_run_node(cli *c, const cli_running *what, pond_sv *did, pond_err *err) POND_MUST;

#endif
