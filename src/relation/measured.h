// measured: what measured rows say about a time range, where they are all rows of a series.
//
// The rows must have a time column, and all their times must be instants.
#ifndef POND_RELATION_MEASURED_H
#define POND_RELATION_MEASURED_H

#include "relation/facts.h"

// Whether the file can be asked for a range.
bool relation_measured_slices(const pond_measured *m);
// Whether there may be rows in the range.
bool relation_measured_overlaps(const pond_measured *m, pond_range range);
// A range that covers all times.
pond_range relation_measured_bounds(const pond_measured *m);
pond_row_count relation_measured_count(const pond_measured *m, pond_range range);
// An estimate: assumes that the rows are spread evenly over the time.
int64_t relation_measured_rows(const pond_measured *m, pond_range range);

#endif
