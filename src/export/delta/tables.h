// tables: the directories of an export that other engines open as Delta tables.
//
//     DIR/sites/BDock/res=1h/year=2024/month=7/data.parquet    as without a log
//     DIR/sites/BDock/res=1h/_delta_log/…
//     DIR/sites/table/data.parquet                             instead of DIR/sites/table.parquet,
//     DIR/sites/table/_delta_log/…                             since a log needs a directory
#ifndef POND_EXPORT_DELTA_TABLES_H
#define POND_EXPORT_DELTA_TABLES_H

#include "export/run.h"

// Fills run->tables. CONFLICT when two targets would share a table.
pond_code delta_plan(export_run *run, pond_err *err) POND_MUST;
// CONFLICT when a log that no export wrote is where one must go.
pond_code delta_check_foreign(const export_run *run, pond_err *err) POND_MUST;
// Whether the run makes a table that no manifest and no journal has.
bool delta_has_new(const export_run *run);
// Removes the logs of tables that this run no longer makes, before any of their files change. With
// --keep-stale a table whose files stay is kept, and joins run->tables.
pond_code delta_drop(export_run *run, pond_err *err) POND_MUST;

#endif
