// bytes: pages, and files that are exported unchanged.
//
// The thread that runs the export goes through the targets in path order: it keeps what can stay,
// copies files, and prepares pages. Then several threads render and write the pages, each of which
// may use everything that the stages before have made. The bytes and the error of a run do not
// depend on their number: of several pages that fail, the first in path order counts.
#ifndef POND_EXPORT_BYTES_H
#define POND_EXPORT_BYTES_H

#include "export/run.h"

// Makes the targets of a stage that have no relation; the stage's rows and all stages before it are
// made.
pond_code export_make_bytes(export_run *run, size_t stage, pond_err *err) POND_MUST;

#endif
