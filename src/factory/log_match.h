// log_match: which file of the host each file of the pond is now.
#ifndef POND_FACTORY_LOG_MATCH_H
#define POND_FACTORY_LOG_MATCH_H

#include "factory/log_files.h"

typedef struct log_match {
    log_file_vec files; // archived ones first
    log_held_vec held;
    const char *active_pattern; // for messages
} log_match;

// Gives each file of the pond the file of the host whose content begins with what is held, by its
// name or, after a rotation, by its bytes alone; no file of the host is given twice. Then new_name
// of each held file is its name in the pond after this run: that of the host, or one of its own if
// its content has left the host and another file has its name now.
//
// Fails, since lines may be lost or would come in twice: CONFLICT for two files of the host that
// have one name, for an active file that does not go on where the pond ends and whose content is in
// no archive, and for an archive that has changed.
pond_code log_match_files(pond_run *r, log_match *m, pond_err *err) POND_MUST;

#endif
