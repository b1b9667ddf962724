// units: the units of work of a stage: one partition of a target, or all of a target.
//
// A sliceable target has a unit for each partition that its bounds overlap. Any other target (a
// user's query) is a single unit: it is computed once, and then cut into partitions. A unit whose
// file of the last run can stay is planned as done.
#ifndef POND_EXPORT_UNITS_H
#define POND_EXPORT_UNITS_H

#include "export/run.h"

typedef struct export_unit {
    export_target *target;
    pond_range range; // of the rows
    int64_t start_us; // of the partition
    bool is_whole;    // all of a partitioned target: its partitions are found while it runs
    bool is_done;     // its outputs are there: made by the last run, or by a shard
    pond_sha256 fingerprint;
    export_outputs outputs; // none when it has no rows, several when it is whole
} export_unit;
typedef POND_VEC(export_unit) export_units;

// Adds the units of the stage, target by target and in time order within a target.
pond_code export_plan_units(export_run *run, size_t stage, export_units *units,
                            pond_err *err) POND_MUST;

// The start of the unit's partition; EXPORT_WHOLE when the unit is all of its target.
#define EXPORT_WHOLE INT64_MIN
int64_t export_unit_start(const export_unit *u);

// The record of a partition that starts at start_us, before it is made; the file of a Delta table
// gets another name then (delta/names.h). Lives in the run's arena.
export_record export_partition_record(const export_run *run, const export_unit *u,
                                      int64_t start_us);
// The record of a unit that makes one file, before it is made.
export_record export_unit_record(const export_run *run, const export_unit *u);

// The slot of a file that is planned as `file`: in a Delta table that name, else none.
pond_sv export_slot_of(const export_run *run, pond_sv file);

int64_t export_ms(int64_t t_us); // milliseconds, rounded down

#endif
