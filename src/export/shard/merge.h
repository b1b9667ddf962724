// merge: the run that publishes what all shards of an export made.
//
// It is an ordinary export, but its rows come from the parts. Every shard must have run, over the
// same snapshot of the pond and with the same arguments.
#ifndef POND_EXPORT_SHARD_MERGE_H
#define POND_EXPORT_SHARD_MERGE_H

#include "export/units.h"

// Makes run->merge, of a run with --merge, and reads the parts. An error lists every shard that has
// not run or does not fit. A run over a directory of the host must be planned. It is not an error if
// there is no part: a merge may be run twice.
pond_code merge_open(export_run *run, pond_err *err) POND_MUST;
// Makes the unit done, with the outputs that its shard made, unless its file in DIR can stay.
pond_code merge_take_unit(export_run *run, export_unit *u, pond_err *err) POND_MUST;
// Removes the parts, after everything is published.
pond_code merge_done(export_run *run, pond_err *err) POND_MUST;

#endif
