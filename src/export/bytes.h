// bytes: pages, and files that are exported unchanged.
//
// They are made in the thread that runs the export, one after the other in path order. A page may
// use everything that the stages before have made.
#ifndef POND_EXPORT_BYTES_H
#define POND_EXPORT_BYTES_H

#include "export/run.h"

// Makes the targets of a stage that have no relation; the stage's rows and all stages before it are
// made.
pond_code export_make_bytes(export_run *run, size_t stage, pond_err *err) POND_MUST;

#endif
