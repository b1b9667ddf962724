// stream: one scan of a target's rows, cut into files where partitions end.
//
// A source that spans several partitions would be read for each of them, and a statement of the engine
// costs more than a small file. A stream reads once.
#ifndef POND_EXPORT_STREAM_H
#define POND_EXPORT_STREAM_H

#include "export/rowfile.h"

// A partition: the rows of a unit, or some of them if the unit is whole.
typedef struct export_part {
    export_unit *unit;
    int64_t start_us;
    pond_range range;
} export_part;

// Writes n parts of one target, in time order. `select` gives their rows, and no others, in time
// order; with `sorts_ties` the rows of equal times are sorted, else they come in the target's total
// order. Adds an output to the unit of each part that has rows. CORRUPT if not every
// row is in a part.
pond_code export_stream(export_worker *w, const export_part *parts, size_t n, pond_sv select,
                        bool sorts_ties, pond_err *err) POND_MUST;

#endif
