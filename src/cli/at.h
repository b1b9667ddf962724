// at: the option --at, of commands that can show the pond as it was.
#ifndef POND_CLI_AT_H
#define POND_CLI_AT_H

#include "cli/cli.h"

// The row of a command whose struct has a pond_sv for it.
#define CLI_AT_OPTION(type, member)                                                                \
    POND_OPTION("at", POND_OPT_TEXT, type, member, .value = "TXN|TIME",                            \
                .help = "the pond as it was after transaction TXN, or at TIME (UTC unless it has " \
                        "an offset)")

// Reads what names one. USAGE for what is neither a number nor a time; `what` takes it, for the
// message.
pond_code cli_moment_parse(pond_sv text, const char *what, cli_moment *out,
                           pond_err *err) POND_MUST;
// The number of the transaction, or of the last one at that time.
pond_code cli_moment_find(pond_txn *t, const cli_moment *m, int64_t *seq, pond_err *err) POND_MUST;

// Checks the text of the option, which may be empty, before a pond is opened, and has cli_open_pond
// show the pond of then. USAGE for what is neither a number nor a time.
pond_code cli_look_at(cli *c, pond_sv at, pond_err *err) POND_MUST;
// Does so, in a transaction that has read nothing yet. Nothing without --at.
pond_code cli_look_back(cli *c, pond_err *err) POND_MUST;

#endif
