// remember: DIR/.pond/host.json, what an export of the host found out about the files that it read.
//
// The next export into the same directory begins with it (relation/recall.h): a file that has not
// changed is then neither hashed nor parsed. Where it is lost or damaged, everything is read again.
#ifndef POND_EXPORT_REMEMBER_H
#define POND_EXPORT_REMEMBER_H

#include "export/run.h"

// Both do nothing where the tree is a pond.
void export_recall(const export_run *run);
// Once the run has published. A failure is a warning.
void export_remember(export_run *run);

#endif
