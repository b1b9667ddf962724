// print: the rows of a query, in any format of --format.
#ifndef POND_CLI_PRINT_H
#define POND_CLI_PRINT_H

#include "cli/format.h"
#include "engine/engine.h"

// Runs `select` and prints its rows, but not as Parquet. It is not an error if the reader closes the
// pipe early (`pond cat … | head`); the rest is then not read. USAGE for JSON of two columns with one
// name.
pond_code cli_print_rows(cli *c, pond_engine *e, cli_format format, pond_sv select,
                         pond_err *err) POND_MUST;

// Lists, structs, maps and JSON: they are part of the JSON around them, and text elsewhere.
bool cli_type_is_nested(pond_sv type);

#endif
