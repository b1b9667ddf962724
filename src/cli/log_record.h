// log_record: the transactions of `pond log` as records.
#ifndef POND_CLI_LOG_RECORD_H
#define POND_CLI_LOG_RECORD_H

#include "cli/table.h"
#include "store/store.h"

cli_table *cli_log_table(cli *c, cli_format format);
// A transaction, with the changes that are of interest.
void cli_log_record(cli_table *t, pond_arena *a, const pond_txn_row *txn,
                    const pond_change *changes, size_t n_changes);

#endif
