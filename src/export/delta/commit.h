// commit: adds a version to the log of each Delta table whose files changed.
//
// A commit is the difference between the log and the files of this run. The log itself is read, not
// a record of what was written to it: after a run that was killed, or a commit of another engine,
// the next export still makes a table of exactly its files.
//
// A changed partition is a new file with a name of its own (names.h): the commit adds it and
// removes the old one, which stays on disk for readers of older versions (retain.h).
#ifndef POND_EXPORT_DELTA_COMMIT_H
#define POND_EXPORT_DELTA_COMMIT_H

#include "export/run.h"

// Call when the new files are in place and no old one is removed. `stale` are the files that will
// be removed at once, or that --keep-stale keeps.
pond_code delta_commit(export_run *run, const export_outputs *stale, pond_err *err) POND_MUST;

#endif
