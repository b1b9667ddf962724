// show: how commands print node types, sizes and times.
#ifndef POND_CLI_SHOW_H
#define POND_CLI_SHOW_H

#include "cli/cli.h"

// The type of a node in a listing, "[SER]", and in a description, "TablePhysicalSeries".
const char *cli_type_icon(pond_type t);
const char *cli_type_word(pond_type t);
// "123B", "1.5KB". Returns the length.
size_t cli_size(uint64_t bytes, char out[16]);
// "2024-01-31 10:00:00", UTC.
void cli_time(int64_t t_us, char out[32]);
// A text that may be very long, such as a command line with the names of a thousand files: its first
// characters and "…" if it has more than `most`. Lives in `a`, or is the text itself.
pond_sv cli_cut(pond_arena *a, pond_sv text, size_t most);
// How many characters of a command line fit: those of the terminal's line after `before` of them, or
// of 200.
size_t cli_room(const cli *c, size_t before);

#endif
