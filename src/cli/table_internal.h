// What the files of tables share: table.c takes cells, lines.c and grid.c print them.
#ifndef POND_CLI_TABLE_INTERNAL_H
#define POND_CLI_TABLE_INTERNAL_H

#include "cli/screen.h"
#include "cli/table.h"

typedef struct table_end {
    size_t end; // of a cell, in the text
    bool is_null;
} table_end;

struct cli_table {
    cli *c;
    cli_format format;
    const cli_column *columns;
    size_t n_columns, n_rows; // rows that have ended
    pond_arena arena;
    pond_buf text; // of all cells that are kept, one after the other
    POND_VEC(table_end) ends;
    pond_buf out; // what is not written yet
};

// The text of cell `i` of those that are kept.
static inline pond_sv table_cell(const cli_table *t, size_t i) {
    size_t from = i == 0 ? 0 : t->ends.items[i - 1].end;
    return pond_sv_sub(pond_buf_view(&t->text), from, t->ends.items[i].end);
}

// lines.c: formats that print a record when it ends: append to t->out.
void lines_head(cli_table *t);
void lines_record(cli_table *t); // the cells that are kept
void lines_foot(cli_table *t);

// grid.c: prints all cells.
void grid_print(cli_table *t);

#endif
