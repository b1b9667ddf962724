// conflicts: what has to be right before anything is published. A run that finds a conflict has
// changed nothing in DIR.
#ifndef POND_EXPORT_CONFLICTS_H
#define POND_EXPORT_CONFLICTS_H

#include "export/run.h"

// CONFLICT when two outputs would be one file, when one needs the file of another as a directory,
// when one would be in the log of a Delta table, or in the pond itself. Targets have been compared
// by their places before; this compares files, when all are known.
pond_code export_check_outputs(const export_run *run, pond_err *err) POND_MUST;

// CONFLICT when something that no export made is where an output or a Delta log must go: a file,
// which --force allows to be replaced; a directory with files in it; a link to a directory.
pond_code export_check_foreign(const export_run *run, pond_err *err) POND_MUST;

// CONFLICT when some of the stale files belong to targets that no pattern of this run covers:
// somebody exports something else into DIR, or by mistake. --prune and --keep-stale allow it.
pond_code export_check_stale(const export_run *run, const export_outputs *stale,
                             pond_err *err) POND_MUST;

// Splits the stale files: those in the way are where a new file needs a directory, or in a
// directory where a new file must go, and have to be removed before the new ones are put in place.
void export_split_stale(const export_run *run, const export_outputs *stale,
                        export_outputs *in_the_way, export_outputs *others);

#endif
