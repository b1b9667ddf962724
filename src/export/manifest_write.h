// manifest_write: the manifest and the journal of this run; manifest.h shows their form.
#ifndef POND_EXPORT_MANIFEST_WRITE_H
#define POND_EXPORT_MANIFEST_WRITE_H

#include "export/manifest.h"

// Whether the manifest of this run would be what is there: every target of the run is kept, and
// nothing else differs.
bool manifest_is_current(const export_run *run, const export_outputs *kept_stale);
// Writes the manifest to a new file below tmp, `draft` below DIR, once the outputs are known with their
// mtimes, the Delta tables with their versions, and the export sets of the stages are made. It may run
// in another thread, since it changes nothing of the run. The file is not synced; after a failure there
// is none.
pond_code manifest_write_draft(const export_run *run, const char *draft,
                               const export_outputs *kept_stale, pond_err *err) POND_MUST;
// Puts it in the place of the manifest.
pond_code manifest_publish_draft(const export_run *run, const char *draft, pond_err *err) POND_MUST;
// Names every file that the run is about to put in place, and its Delta tables.
pond_code manifest_write_journal(export_run *run, const export_outputs *files,
                                 pond_err *err) POND_MUST;
pond_code manifest_remove_journal(const export_run *run, pond_err *err) POND_MUST;

#endif
