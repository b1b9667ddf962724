// publish: from tmp into place, when every stage has succeeded.
//
// The order makes a kill harmless. Everything new is on disk before the first rename. The journal
// names the files that may appear before the manifest that lists them. The manifest is replaced
// last. A run that finds a journal knows that the files in it are exports, old or new, and makes
// those again whose size or mtime its manifest does not confirm.
#ifndef POND_EXPORT_PUBLISH_H
#define POND_EXPORT_PUBLISH_H

#include "export/run.h"

// Begins to sync what is to be published, once all outputs are made, so that checking them takes no
// time of its own. Only where many files are, and --jobs allows a second thread.
void export_publish_soon(export_run *run);
// Puts run->outputs in place and removes what is stale, unless --keep-stale keeps it.
pond_code export_publish(export_run *run, const export_outputs *stale, pond_err *err) POND_MUST;

#endif
