// commit: adds a version to the log of each Delta table whose files changed.
//
// A commit is the difference between what the log says and what this run made. For that the log
// itself is read, never a record of what was once written to it: whatever happened in between, a
// run that was killed or the commit of another engine, the next export ends with a table of exactly
// its files.
//
// Files are replaced in place, under the same name. So the add action of a changed file has the
// path of the old one and replaces it, without a remove action, which the protocol forbids in the
// same commit. Older versions of the table cannot be read, because their files are gone.
#ifndef POND_EXPORT_DELTA_COMMIT_H
#define POND_EXPORT_DELTA_COMMIT_H

#include "export/run.h"

// When the new files are in place, and before the stale ones are removed.
pond_code delta_commit(export_run *run, const export_outputs *stale, pond_err *err) POND_MUST;

#endif
