// count: the rows of a target's files are the rows of its relation, or the export fails.
//
// Files are made from slices of relations. A slice that is too narrow, or bounds that leave rows
// out, would lose rows without any error. So each run compares, before anything is published:
//
//     one scan, or one table of a whole target   its rows with those that were written
//     a stored series or table                   the rows that its versions had when they came in
//                                                with the rows of all its files, old and new; with
//                                                a time range, those of the versions within it
//     a query that is sliced because its config  its rows outside of all units with 0; when all
//     says so, and what is made from it          units are new, some units with what is read when
//                                                they are not alone; when a unit's query gave rows
//                                                outside of its range, all files with all rows
//
// What is left is proven by its structure: a query of its own writes all its rows to one file, and
// a reduction of stored series covers the buckets of all their times. The rows of a file that stays
// are those that the manifest has. A target of which everything stays is not counted again.
#ifndef POND_EXPORT_COUNT_H
#define POND_EXPORT_COUNT_H

#include "export/units.h"

// What the units of a target cover. Filled before shards and merges take their units.
typedef struct export_coverage {
    const export_target *target;
    pond_range range; // of all its units together
    bool is_whole;    // one unit, whose partitions are found in it
    size_t n_units, n_to_make;
} export_coverage;
typedef POND_VEC(export_coverage) export_coverages;

// The coverage of each target that has units. INTERNAL if units overlap, or leave a gap.
pond_code export_find_coverage(export_run *run, const export_units *units, export_coverages *out,
                               pond_err *err) POND_MUST;
// Once the outputs of the stage's targets are known: compares them with what the units cover, and
// with the relations. Not for a shard, which has only a part of the outputs.
pond_code export_check_rows(export_run *run, size_t stage, const export_units *units,
                            const export_coverages *coverages, pond_err *err) POND_MUST;

// CORRUPT unless n_written rows of the target are n_read.
pond_code export_compare_rows(const export_target *t, int64_t n_written, int64_t n_read,
                              pond_err *err) POND_MUST;

#endif
