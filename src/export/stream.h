// stream: one scan of a target's rows, cut into files where partitions end.
//
// A file costs the engine a statement, and a source that spans several partitions would be read for
// each of them. A stream reads once, and prepares one statement for all files.
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
// order; `order` is the " ORDER BY …" of the rows of each part, or empty if they come in the
// target's total order. Adds an output to the unit of each part that has rows. CORRUPT if not every
// row is in a part.
pond_code export_stream(export_worker *w, const export_part *parts, size_t n, pond_sv select,
                        pond_sv order, pond_err *err) POND_MUST;

#endif
