// rows: runs one job: rows of relations become Parquet files below tmp.
#ifndef POND_EXPORT_ROWS_H
#define POND_EXPORT_ROWS_H

#include "export/jobs.h"
#include "export/rowfile.h"

// Fills the outputs of the job's units.
pond_code export_run_job(export_worker *w, const export_job *j, pond_err *err) POND_MUST;

#endif
