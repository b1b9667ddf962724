// columns: the rows of one block in memory, as typed columns.
#ifndef POND_TEXT_COLUMNS_H
#define POND_TEXT_COLUMNS_H

#include "text/scan.h"

typedef struct text_cells {
    void *values; // one for each row, of the column's type; NULL: not wanted
    uint64_t *valid;
} text_cells;

// What one thread has read. Begins zeroed but for its arena, which the owner opens.
typedef struct text_columns {
    pond_arena arena;
    char *buffer; // the bytes of the block; texts point into it
    size_t cap;
    text_cells *cells; // of each column
    size_t n_rows;
} text_columns;

void text_columns_open(text_columns *c);
void text_columns_close(text_columns *c);
// Room for n bytes, and those that a reader of records may touch after them.
void text_columns_reserve(text_columns *c, size_t n);
// Reads the bytes of a block, and begins to read their records.
pond_code text_columns_fill(text_columns *c, const text_plan *p, const text_block *b, int fd,
                            pond_field *fields, pond_records *out, pond_err *err) POND_MUST;

size_t text_columns_size_of(pond_text_type t); // bytes of a value
// Room for n rows, all NULL. What was there is gone.
void text_columns_make(text_columns *c, const text_plan *p, const pond_text_type *types,
                       const bool *is_wanted, size_t n);
void text_columns_put(text_columns *c, size_t column, pond_text_type type, size_t row,
                      const text_value *v);
// Puts a cell that was read from `text`. False: it does not fit the type.
bool text_columns_convert(text_columns *c, const text_plan *p, size_t column, pond_text_type type,
                          size_t row, pond_sv text, const text_cell *cell);

#endif
