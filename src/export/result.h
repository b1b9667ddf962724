// result: the files and figures of a finished run.
#ifndef POND_EXPORT_RESULT_H
#define POND_EXPORT_RESULT_H

#include "export/run.h"

// Lists and counts the files of the run, then the stale ones. Lives in the run's arena.
void export_fill_result(export_run *run, const export_outputs *stale, pond_export_result *out);

#endif
