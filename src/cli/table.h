// table: records of typed cells, printed in every format of --format but text and Parquet.
//
//     static const cli_column columns[] = {CLI_COLUMN("path", CLI_TEXT), CLI_COLUMN("size", CLI_NUMBER)};
//     cli_table *t = cli_table_new(c, CLI_JSON, columns, 2);
//     cli_table_text(t, path);     // cell by cell, in the order of the columns
//     cli_table_int(t, size);      // the last cell ends the record
//     cli_table_end(t);
//
// How a format writes cells, and what it does with NULL, NaN and odd characters, is told in
// docs/output.md. A grid keeps all cells until its end; the others print while cells come. On a
// terminal, control characters of cells are shown as escapes.
#ifndef POND_CLI_TABLE_H
#define POND_CLI_TABLE_H

#include "cli/cli.h"
#include "cli/format.h"

typedef enum cli_kind {
    CLI_TEXT,
    CLI_NUMBER,  // its digits; what is no number in JSON, as NaN, is null there
    CLI_BOOLEAN, // true or false
    CLI_TIME,    // as CLI_TEXT, but never cut
    CLI_VALUE,   // JSON in one line
} cli_kind;

typedef struct cli_column {
    pond_sv name;
    pond_sv type; // a second line of the head of a grid; empty: there is none
    cli_kind kind;
} cli_column;
#define CLI_COLUMN(name_, kind_)                                                                   \
    { .name = {(name_), sizeof(name_) - 1}, .type = {"", 0}, .kind = (kind_) }

typedef struct cli_table cli_table;

// The columns outlive the table. A grid with types has the form that the original program printed,
// and says how many rows it has.
cli_table *cli_table_new(cli *c, cli_format format, const cli_column *columns, size_t n);
// Prints the rest, and frees the table. A failed write is left for cli_screen_end.
void cli_table_end(cli_table *t);
void cli_table_free(cli_table *t); // without printing the rest; NULL is fine

void cli_table_null(cli_table *t);
void cli_table_text(cli_table *t, pond_sv text);
void cli_table_text_or_null(cli_table *t, pond_sv text); // NULL if it is empty
void cli_table_int(cli_table *t, int64_t i);
void cli_table_bool(cli_table *t, bool b);
void cli_table_time(cli_table *t, int64_t t_us); // as 2024-01-31T10:00:00.5Z
void cli_table_value(cli_table *t, pond_value v);
// For a cell that somebody else appends: the buffer of its text, and the end of the cell.
pond_buf *cli_table_cell(cli_table *t);
void cli_table_cell_end(cli_table *t);

#endif
