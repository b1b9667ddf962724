// stats: statistics of a data file, as an add action has them, so that readers can skip files.
#ifndef POND_EXPORT_DELTA_STATS_H
#define POND_EXPORT_DELTA_STATS_H

#include "engine/engine.h"

// Appends {"numRecords":…,"minValues":{…},"maxValues":{…},"nullCount":{…}}. Bounds need not be
// values that occur; a column for which none can be given has none.
void delta_stats_json(pond_buf *b, pond_schema schema, const pond_file_stats *stats);

#endif
