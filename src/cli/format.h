// format: the option --format of all commands that print records or rows, and POND_FORMAT.
#ifndef POND_CLI_FORMAT_H
#define POND_CLI_FORMAT_H

#include "cli/cli.h"

typedef enum cli_format {
    CLI_FORMAT_UNSAID,
    CLI_TEXT_FORM, // the command's own form, for people
    CLI_TABLE,     // a grid
    CLI_JSON,      // an array of objects, one a line
    CLI_NDJSON,    // an object a line
    CLI_CSV,
    CLI_TSV,
    CLI_MARKDOWN,
    CLI_PARQUET,
    CLI_RAW,  // Parquet, and nothing at all without rows
    CLI_AUTO, // a grid on a terminal, raw elsewhere
} cli_format;

// The words of the commands, in the order above. What begins later has another `min`.
#define CLI_RECORD_FORMATS "text|table|json|ndjson|csv|tsv|markdown"
#define CLI_ROW_FORMATS "table|json|ndjson|csv|tsv|markdown|parquet|raw|auto"

// The row of a command that prints records, whose struct has an int for it.
#define CLI_RECORD_FORMAT_OPTION(type, member)                                                     \
    POND_OPTION("format", POND_OPT_CHOICE, type, member, .min = CLI_TEXT_FORM,                     \
                .value = CLI_RECORD_FORMATS,                                                       \
                .help = "how to print: text is for people, the others are for programs "           \
                        "(docs/output.md)")
// Of one that prints rows; `said` is the help about its default.
#define CLI_ROW_FORMAT_OPTION(type, member, said)                                                  \
    POND_OPTION("format", POND_OPT_CHOICE, type, member, .min = CLI_TABLE,                         \
                .value = CLI_ROW_FORMATS, .help = "how to print rows: " said)

// The format of records: what --format says, else POND_FORMAT if it is one of them, else text. USAGE
// for a POND_FORMAT that is no format at all.
pond_code cli_record_format(cli_format said, cli_format *out, pond_err *err) POND_MUST;
// The format of rows: what --format says, else POND_FORMAT, else `otherwise`. CLI_AUTO is resolved.
pond_code cli_row_format(const cli *c, cli_format said, cli_format otherwise, cli_format *out,
                         pond_err *err) POND_MUST;
// What rows are by the place where they go: a grid on a terminal, CSV in a pipe. A new file gets what
// the ending of its name says, .csv or .json, and otherwise Parquet; one that has something already,
// or is added to, gets CSV.
cli_format cli_format_of_place(const cli *c);

#endif
