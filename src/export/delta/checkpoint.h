// checkpoint: keeps a log short. Every tenth version gets a checkpoint, so that readers need not
// start at version 0; versions that are older than the log's retention are then removed.
#ifndef POND_EXPORT_DELTA_CHECKPOINT_H
#define POND_EXPORT_DELTA_CHECKPOINT_H

#include "export/delta/log.h"

// Call after a version was put after the state `before`. `retain_ms` is for how long removed files
// stay: a checkpoint names them for this time, and for a week at least.
pond_code delta_checkpoint(const delta_log *log, const delta_state *before, int64_t retain_ms,
                           pond_err *err) POND_MUST;

#endif
