// names: a data file of a Delta table has a slot, which says what it holds, and a name, which says
// with which bytes.
//
//     slot    sites/BDock/year=2024/month=7/data.parquet       planned before it is made
//     file    sites/BDock/year=2024/month=7/part-5b1f0c92a7de.parquet
//
// A log may name a file for as long as it exists, so a name is written once: other bytes have
// another name, and the same bytes are there already.
#ifndef POND_EXPORT_DELTA_NAMES_H
#define POND_EXPORT_DELTA_NAMES_H

#include "export/run.h"

// Names an output that was made: its checksum and size are known, its file is its slot. Other files
// are left as they are. Sets is_there.
pond_code delta_name_output(const export_run *run, export_output *o, pond_err *err) POND_MUST;

// Whether `path`, below the table's directory, is a name that delta_name_output may give.
bool delta_is_our_name(pond_sv path);

#endif
