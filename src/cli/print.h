// Prints the rows of a query, as `cat` shows them.
#ifndef POND_CLI_PRINT_H
#define POND_CLI_PRINT_H

#include "engine/engine.h"

// Both run `select` and print its rows. A reader that closes the pipe early (`pond cat … | head`)
// is not an error: the rest is not printed.

// A grid with a header of two lines, names and types, then "Summary: N total rows"; or the line "No
// data found". All cells are kept in memory until the last one, since they decide the widths.
pond_code cli_print_table(pond_engine *e, pond_sv select, FILE *out, pond_err *err) POND_MUST;
// CSV as RFC 4180 has it, but with lines that end in "\n": a header, NULL as the empty field.
pond_code cli_print_csv(pond_engine *e, pond_sv select, FILE *out, pond_err *err) POND_MUST;

#endif
