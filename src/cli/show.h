// show: how commands print node types, sizes and times, and how they end standard output.
#ifndef POND_CLI_SHOW_H
#define POND_CLI_SHOW_H

#include "base/sink.h"
#include "store/store.h"

// The type of a node in a listing, "[SER]", and in a description, "TablePhysicalSeries".
const char *cli_type_icon(pond_type t);
const char *cli_type_word(pond_type t);
// "123B", "1.5KB".
void cli_size(uint64_t bytes, char out[16]);
// "2024-01-31 10:00:00", UTC.
void cli_time(int64_t t_us, char out[32]);

// Standard output, for what is made piece by piece. Returns what `rc` is after writing to it, but OK
// where the writing itself has failed: that is left for cli_flush to report.
pond_sink cli_stdout(void);
pond_code cli_stdout_done(pond_code rc, pond_err *err) POND_MUST;
// Copies a host file to standard output.
pond_code cli_print_file(const char *path, pond_err *err) POND_MUST;
// Writes what standard output still buffers; IO if this or an earlier write failed. A reader that
// closes the pipe early (`pond list | head`) is not an error. main calls it after each command.
pond_code cli_flush(pond_err *err) POND_MUST;

#endif
