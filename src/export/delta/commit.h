// commit: adds a version to the log of each Delta table whose files changed.
//
// A commit is the difference between the log and the files of this run. The log itself is read, not
// a record of what was written to it: after a run that was killed, or a commit of another engine,
// the next export still makes a table of exactly its files.
//
// Files are replaced in place, under the same name. So the add action of a changed file has the
// path of the old one and replaces it, without a remove action, which the protocol forbids in the
// same commit. Older versions of the table cannot be read, because their files are gone.
#ifndef POND_EXPORT_DELTA_COMMIT_H
#define POND_EXPORT_DELTA_COMMIT_H

#include "export/run.h"

// Call when the new files are in place and the stale ones are not yet removed.
pond_code delta_commit(export_run *run, const export_outputs *stale, pond_err *err) POND_MUST;

#endif
