// show: how commands print node types, sizes and times.
#ifndef POND_CLI_SHOW_H
#define POND_CLI_SHOW_H

#include "store/store.h"

// The type of a node in a listing, "[SER]", and in a description, "TablePhysicalSeries".
const char *cli_type_icon(pond_type t);
const char *cli_type_word(pond_type t);
// "123B", "1.5KB".
void cli_size(uint64_t bytes, char out[16]);
// "2024-01-31 10:00:00", UTC.
void cli_time(int64_t t_us, char out[32]);

#endif
