// names: gives data files of Delta tables names that carry their content (slots.h).
//
// A log may name a file for as long as it exists, so a name is written once: other bytes have
// another name, and the same bytes are there already.
#ifndef POND_EXPORT_DELTA_NAMES_H
#define POND_EXPORT_DELTA_NAMES_H

#include "export/run.h"

// Names an output that was made: its checksum and size are known, its file is its slot. Other files
// are left as they are. Sets is_there.
pond_code delta_name_output(const export_run *run, export_output *o, pond_err *err) POND_MUST;

#endif
