// set: the export set of a stage: what it made, in the form that templates, the manifest and
// `--format json` show.
//
//     null                                   nothing
//     {"files": [output, …], "schema": …}    a leaf: one target; templates can also iterate over it
//     {capture: export set, …}               a branch, one level for each capture
#ifndef POND_EXPORT_SET_H
#define POND_EXPORT_SET_H

#include "export/run.h"

// Made when it is first asked for, once the stage is made. Lives in `a`, as its outputs do.
pond_value export_stage_set(pond_arena *a, export_stage *stage);
// Makes those of all stages; later they are only looked at.
void export_make_sets(pond_arena *a, export_run *run);
// {"export": set, "pattern": pattern}: a stage as templates and results see it. Lives in `a`.
pond_value export_stage_value(pond_arena *a, pond_value pattern, pond_value set);

// CONFLICT when two targets have the same captures, or one's are the beginning of another's: the
// set has no place for both.
pond_code export_check_set(const export_stage *stage, pond_err *err) POND_MUST;

// A set that was read from JSON: its leaves become lists with attributes again. Lives in `a`.
pond_value export_set_revive(pond_arena *a, pond_value json);

#endif
