// reduce_columns: the output columns of a reduction, and their SQL.
//
// Rows become buckets in two steps. *Pieces* are aggregates of the finest buckets that can be
// merged: sums, counts, extremes, the earliest and the latest value. The columns of every resolution
// are made of them: from the pieces of each bucket, or merged over the buckets of a coarser one. A
// function that cannot be merged, such as a percentile, is a piece too, which is never merged.
#ifndef POND_FACTORY_REDUCE_COLUMNS_H
#define POND_FACTORY_REDUCE_COLUMNS_H

#include "factory/bucket_sql.h"
#include "factory/reduce_config.h"

typedef struct reduce_piece reduce_piece;   // reduce_columns.c
typedef struct reduce_column reduce_column; // reduce_columns.c

// Lives in the session's arena.
typedef struct reduce_columns {
    pond_column time; // of the source
    pond_schema source;
    POND_VEC(reduce_piece) pieces;
    POND_VEC(reduce_column) columns;
} reduce_columns;

// The columns that the config makes of a source, which has its time column. INVALID for a function
// that needs numbers and a column that is named and has none.
pond_code reduce_columns_of(pond_session *s, const reduce_state *st, pond_schema source,
                            reduce_columns *out, pond_err *err) POND_MUST;
pond_schema reduce_columns_schema(pond_arena *a, const reduce_columns *c);
// Whether the last bits of a value depend on the order of the rows.
bool reduce_needs_order(const reduce_columns *c);

// Appends a SELECT of the pieces of buckets up to `FROM `; the caller appends a table or subquery of
// rows with its WHERE, and then calls the second function.
void reduce_sql_select_pieces(pond_buf *sql, const reduce_columns *c, const bucket_sql *buckets);
void reduce_sql_end_pieces(pond_buf *sql, const reduce_columns *c);
// Appends a SELECT of the columns up to ` FROM `; the caller appends the table of pieces. `coarser`:
// the buckets that they are merged over, in which case the caller must group by the first column;
// NULL: those of the pieces.
void reduce_sql_select_columns(pond_buf *sql, const reduce_columns *c, const bucket_sql *coarser);

#endif
