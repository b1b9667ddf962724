// stale: whether what an earlier run made can stay.
//
// All decisions of that kind are here, each as one function:
//
//     before a file is made     the manifest has it with this fingerprint, and the file on disk is
//                               still the recorded one: it stays, and is an output of this run
//     after it is made again    its bytes are the recorded ones: the old file stays
//     after the last stage      the manifest or a journal has it, and no target makes it: the file
//                               is stale
//
// A fingerprint is a hash of everything that the bytes depend on. A file on disk is the recorded
// one if its size and mtime are; with --verify, if its size and checksum are. With --rebuild no
// fingerprint counts.
#ifndef POND_EXPORT_STALE_H
#define POND_EXPORT_STALE_H

#include "export/manifest.h"

// The file of the last run that can stay as `file` with this fingerprint; NULL: it must be made. In
// a Delta table `file` is the slot.
manifest_file *stale_find_valid(const export_run *run, pond_sv file,
                                const pond_sha256 *fingerprint);
// The last run's file in the place of an output, which may have another name in a Delta table;
// NULL: there was none.
manifest_file *stale_find_before(const export_run *run, const export_record *r);
// Looks at the files of the last run that the targets of the stage may keep, with several threads
// if there are many: nearly all of the time of a run that changes nothing goes into these looks.
// What was seen counts until the end of the run. CANCELLED after a signal.
pond_code stale_look_ahead(const export_run *run, size_t stage, pond_err *err) POND_MUST;
// Whether the file on disk is the recorded one.
bool stale_is_as_recorded(const export_run *run, const export_record *r);
// Whether all that the last run made of the target can stay. If so its outputs are the target's.
bool stale_keep_target(export_run *run, export_target *t);
// The file stays: an output of this target, which is returned.
export_output *stale_keep_file(manifest_file *f, const export_target *t);

// Decides the state of an output that was made: its checksum and size are known. `why_changed` is
// what to say if its bytes differ from the last run's.
void stale_settle(const export_run *run, export_output *o, const char *why_changed);

// Whether the target came out as in the last run: no file new, changed or missing.
bool stale_is_unchanged(const export_run *run, const export_target *t);

// Adds the files that earlier runs made and this one does not, once all outputs are known.
void stale_find(export_run *run, export_outputs *out);

#endif
