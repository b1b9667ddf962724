// slots: a data file of a Delta table has a slot, which says what it holds, and a name, which says
// with which bytes.
//
//     slot    sites/BDock/year=2024/month=7/data.parquet       planned before it is made
//     file    sites/BDock/year=2024/month=7/part-5b1f0c92a7de.parquet
#ifndef POND_EXPORT_DELTA_SLOTS_H
#define POND_EXPORT_DELTA_SLOTS_H

#include "export/manifest.h"

// "part-" and so many digits of the hash, or more where a file of other bytes has that name.
#define DELTA_PREFIX "part-"
#define DELTA_ENDING ".parquet"
enum { DELTA_FEWEST_DIGITS = 12, DELTA_ALL_DIGITS = 64 };

// The number of digits in the last part of a path that is such a name; 0: it is not.
size_t delta_count_digits(pond_sv path);
// Whether `path`, below the table's directory, is a name that delta_name_output may give.
bool delta_is_our_name(pond_sv path);

// The file that the last run made in a slot; NULL: none.
manifest_file *delta_find_slot(const export_run *run, pond_sv slot);

#endif
