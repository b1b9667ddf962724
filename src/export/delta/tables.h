// tables: the directories of an export that other engines open as Delta tables.
//
//     DIR/sites/BDock/res=1h/year=2024/month=7/part-5b1f0c92a7de.parquet
//     DIR/sites/BDock/res=1h/_delta_log/…
//     DIR/sites/table/part-0c7a91be44d2.parquet     instead of DIR/sites/table.parquet,
//     DIR/sites/table/_delta_log/…                  since a log needs a directory
#ifndef POND_EXPORT_DELTA_TABLES_H
#define POND_EXPORT_DELTA_TABLES_H

#include "export/run.h"

// For how long a removed file stays, in milliseconds.
int64_t delta_retain_ms(const pond_export_options *o);

// Fills run->tables. CONFLICT when two targets would share a table.
pond_code delta_plan(export_run *run, pond_err *err) POND_MUST;
// CONFLICT when a log that no export wrote is where one must go.
pond_code delta_check_foreign(const export_run *run, pond_err *err) POND_MUST;
// Whether the run makes a table that no manifest and no journal has.
bool delta_has_new(const export_run *run);
// The table that a file below DIR belongs to: of those around it the innermost. NULL: none.
export_table *delta_table_of(const pond_map *tables, pond_sv file);

// With --keep-stale a table that this run no longer makes, but whose files stay, joins run->tables.
void delta_keep(export_run *run);
// Removes the logs of the tables that are not in run->tables, before any of their files change.
pond_code delta_drop(export_run *run, pond_err *err) POND_MUST;

#endif
