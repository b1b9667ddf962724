// retain: the files that left a Delta table.
//
// A reader of an older version, or one that has just opened the newest, goes on reading them. So
// they stay on disk until --retain is over, counted from the time at which the log removed them;
// the export that finds them overdue removes them after its own commit.
//
//     plan      which files leave their tables, and which are overdue     also in a dry run
//     settle    what a table's log says about them                        with its commit
//     remove    the overdue ones                                          after all commits
//
// The manifest lists the files that stay, so that they are known when the log has forgotten them,
// and when the table is dropped. Files that other engines added are theirs.
#ifndef POND_EXPORT_DELTA_RETAIN_H
#define POND_EXPORT_DELTA_RETAIN_H

#include "export/delta/log.h"
#include "export/manifest.h"

// Fills run->retained. Takes from `stale` the files of tables that this run makes, since they are
// not removed at once. Call when all outputs are known.
void delta_retain_plan(export_run *run, export_outputs *stale);

// Whether --keep-stale keeps the file in its table: no other file took its slot, and it fits the
// table's partition columns.
bool delta_keeps_stale(const export_run *run, const export_table *t, const manifest_file *f);

// `before` is the state that the log had before this run's version of `t`, or has if there was
// nothing to commit.
void delta_retain_settle(export_run *run, export_table *t, const delta_state *before,
                         int64_t now_ms);

// Removes the overdue files.
pond_code delta_retain_remove(export_run *run, pond_err *err) POND_MUST;

#endif
