// spread: which shard runs a unit.
//
// Units that share a scan stand in one line: the partitions of a series, or of all resolutions of one
// source, in time order. The lines of a stage follow each other, and the whole is cut into N pieces of
// about the same work: the rows that have to be read for the units that are not done. The largest piece
// goes to the shard that has the least work of the stages before. So shards end together, and neighbours
// stay with one shard.
//
// All processes that see one snapshot, one directory and the same arguments cut alike. If one of these
// differs the pieces do, and the merge misses units instead of losing them.
#ifndef POND_EXPORT_SHARD_SPREAD_H
#define POND_EXPORT_SHARD_SPREAD_H

#include "export/units.h"

// The shard of each unit, and its work: shares[i] is about units->items[i].
typedef struct spread_share {
    int shard;
    int64_t work; // rows to read; resolutions that share a reading share its rows. 0: it is done
} spread_share;

// Lives in the run's arena. The units are all those of a stage, as planned. loads[0, n_shards) is the work
// that each shard has of the stages before; adds that of this one.
spread_share *spread_units(export_run *run, const export_units *units, int n_shards,
                           int64_t *loads);

#endif
