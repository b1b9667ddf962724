// types: columns in the types that a Delta table of protocol 1/2 can hold.
#ifndef POND_EXPORT_DELTA_TYPES_H
#define POND_EXPORT_DELTA_TYPES_H

#include "export/run.h"

// Replaces the target's relation by one that casts its columns, where the table cannot hold their
// own types. INVALID for a type that cannot be cast to one of the table's.
pond_code delta_adapt(const export_run *run, export_target *t, pond_err *err) POND_MUST;

// Appends the schema as Spark's JSON: the columns of the files, then those that are in the paths.
void delta_schema_json(pond_buf *b, pond_schema schema, int n_periods);

#endif
