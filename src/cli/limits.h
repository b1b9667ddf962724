// limits: the options --timeout and --memory, of all commands that run queries.
#ifndef POND_CLI_LIMITS_H
#define POND_CLI_LIMITS_H

#include "cli/cli.h"

typedef struct cli_limits {
    int64_t timeout_us;    // of one query; 0: none
    uint64_t memory_bytes; // of the process; 0: the default
} cli_limits;

// The rows of a command whose struct has a cli_limits.
#define CLI_LIMIT_OPTIONS(type, member)                                                            \
    POND_OPTION("timeout", POND_OPT_DURATION, type, member.timeout_us, .value = "DURATION",        \
                .help = "stop a query that takes longer, such as 30s or 5m (default: no limit)"),  \
        POND_OPTION("memory", POND_OPT_SIZE, type, member.memory_bytes, .value = "SIZE",           \
                    .help = "stop a query when the program uses more memory, such as 512MB "       \
                            "(default: 3GB)")

// Sets the limits of the session, for so many engines at the same time. USAGE when the memory is
// not enough for them.
pond_code cli_limit(cli *c, const cli_limits *l, int n_engines, pond_err *err) POND_MUST;

#endif
