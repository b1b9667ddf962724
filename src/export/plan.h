// plan: from patterns to targets. Nothing is run and nothing is written.
#ifndef POND_EXPORT_PLAN_H
#define POND_EXPORT_PLAN_H

#include "export/run.h"

// Fills run->stages with targets and, for Delta tables, run->tables. CONFLICT when two targets want
// the same file, one's file is another's directory, or an export set cannot hold both; NOT_FOUND
// when a pattern matches nothing.
pond_code export_plan(export_run *run, pond_err *err) POND_MUST;

#endif
