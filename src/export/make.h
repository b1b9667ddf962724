// make: the outputs of a stage.
#ifndef POND_EXPORT_MAKE_H
#define POND_EXPORT_MAKE_H

#include "export/run.h"

// Makes what the last run did not leave, below tmp, and decides the state of every output. The
// stages before it are made. A shard makes only its own units, and no pages.
pond_code export_make_stage(export_run *run, size_t stage, pond_err *err) POND_MUST;

#endif
