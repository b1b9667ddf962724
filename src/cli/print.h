// print: the rows of a query, as a grid or as CSV.
#ifndef POND_CLI_PRINT_H
#define POND_CLI_PRINT_H

#include "engine/engine.h"

// Both run `select` and print its rows. It is not an error if the reader closes the pipe early
// (`pond cat … | head`); the rest is then not printed. For a terminal, control characters of names
// and values are shown as escapes, except the newlines and tabs of a value.

// A grid with a header of two lines, names and types, then "Summary: N total rows"; without rows
// the line "No data found". All cells stay in memory until the last row is read, since any of them
// may be the widest of its column.
pond_code cli_print_table(pond_engine *e, pond_sv select, FILE *out, bool is_terminal,
                          pond_err *err) POND_MUST;
// CSV as in RFC 4180, but lines end in "\n". The first line is a header; NULL is an empty field.
pond_code cli_print_csv(pond_engine *e, pond_sv select, FILE *out, bool is_terminal,
                        pond_err *err) POND_MUST;

#endif
