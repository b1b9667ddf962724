// shard: one of several runs that together make one export, on one machine or on many that share
// DIR.
//
// Which units belong to which shard spread.h says. A shard runs its units of
// all stages and parks the files: it moves them to a directory of its own, and lists them in its
// part. The merge is an ordinary export that finds every unit run already, makes the pages, and
// publishes.
//
//     DIR/.pond/parts/3-of-8.json     which units shard 3 ran, of what snapshot and arguments
//     DIR/.pond/parts/3-of-8/…        their files
//     DIR/.pond/parts/3-of-8/lock     held while the shard runs
//     DIR/.pond/parts/3-of-8/tmp/     what it is making
//
// Shards hold DIR/.pond/lock shared, all other runs hold it alone, so no export publishes while a
// shard runs. A parked file never changes under its name and is on disk before the part that lists
// it, so a part is valid whatever happens to the shard's next run.
#ifndef POND_EXPORT_SHARD_SHARD_H
#define POND_EXPORT_SHARD_SHARD_H

#include "export/units.h"

// Makes run->shard, of a run with --shard, and gives the run its own tmp. Before DIR is opened.
void shard_init(export_run *run);
// Takes the shard's lock and reads its part, if an earlier run has left one. BUSY: it is running.
pond_code shard_open(export_run *run, pond_err *err) POND_MUST;
bool shard_is_open(const export_run *run);
// Releases the lock. A run that parked nothing, such as a dry run, leaves no trace of itself.
void shard_close(export_run *run);

// Keeps the shard's own units of a stage. Those that an earlier run of the shard made become done, with
// the outputs that are parked.
void shard_take_units(export_run *run, export_units *units);
// Records what a unit made. A file that stays in DIR is not recorded: the merge finds it there.
void shard_unit_ran(export_run *run, const export_unit *u);
// Instead of publishing: parks the files, and replaces the shard's part.
pond_code shard_park(export_run *run, pond_err *err) POND_MUST;

#endif
