// sheet: the cells of one sheet of a workbook, row by row.
#ifndef POND_FORMAT_SHEET_H
#define POND_FORMAT_SHEET_H

#include "format/workbook.h"

// What Excel has at most. Rows count from 1, columns from 0.
enum { FORMAT_SHEET_ROWS = 1 << 20, FORMAT_SHEET_COLUMNS = 1 << 14 };

typedef enum format_cell_kind {
    FORMAT_CELL_EMPTY,
    FORMAT_CELL_TEXT,  // also the name of an error, "#N/A"
    FORMAT_CELL_PLAIN, // a number, a truth value, or a number that is shown as a time (serial.h)
} format_cell_kind;

typedef struct format_cell {
    format_cell_kind kind;
    pond_sv text;
} format_cell;

// Valid during the call that has it. Rows without any value do not come.
typedef struct format_sheet_row {
    int64_t number;
    const format_cell *cells;
    size_t n; // up to the last cell with a value
} format_sheet_row;

typedef struct format_place {
    int64_t row;
    size_t column;
} format_place;

// What people should know about a sheet whose rows have come.
typedef struct format_sheet_facts {
    uint64_t n_uncomputed; // formulas whose value is not in the file: their cells are empty
    format_place first_uncomputed;
    uint64_t n_merged; // areas that show one value in several cells, of which the first one has it
    int64_t last_merged; // the last row of them
} format_sheet_facts;

typedef struct format_sheet_reader {
    void *user;
    pond_code (*row)(void *user, const format_sheet_row *row, pond_err *err);
} format_sheet_reader;

pond_code format_sheet_read(const format_workbook *w, const format_sheet *sheet,
                            const format_sheet_reader *to, format_sheet_facts *out,
                            pond_err *err) POND_MUST;

// "C7"; "C" for row 0.
enum { FORMAT_PLACE_ROOM = 32 };
const char *format_place_name(format_place p, char out[FORMAT_PLACE_ROOM]);
// The letters or the number may be missing, but not both: then the member is 0.
bool format_place_read(pond_sv text, format_place *out, bool *has_column, bool *has_row);

#endif
