// export_print: the progress and the result of `pond export`.
#ifndef POND_CLI_EXPORT_PRINT_H
#define POND_CLI_EXPORT_PRINT_H

#include "cli/cli.h"
#include "cli/format.h"
#include "export/export.h"

// A line on the terminal that is drawn again and again.
typedef struct cli_export_meter {
    int64_t began_us, drawn_us;
    bool is_drawn;
} cli_export_meter;

// Draws the progress, numbers only; for pond_export_options.progress. `user` is a cli_export_meter.
void cli_export_draw(void *user, const pond_export_progress *p);
void cli_export_erase(const cli_export_meter *m);

// To standard error: the counts, for people.
void cli_export_summary(const pond_export_result *r, bool is_dry_run, double seconds);
// To standard output: a line or a record for each file, the line in another form for a terminal. JSON
// is an object that has also the stages and the figures.
void cli_export_files(cli *c, cli_format format, const pond_export_result *r);
// To standard output: a line or a record for each of n shards.
void cli_export_shares(cli *c, cli_format format, const pond_export_share *shares, size_t n);

#endif
