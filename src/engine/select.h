// select: what a query that a user wrote may do, and what it reads.
//
// The engine's own parser makes a tree of the text, and everything in the tree is compared with
// lists: tables that the caller gives, and functions (functions.def). A part that is not known is
// refused.
#ifndef POND_ENGINE_SELECT_H
#define POND_ENGINE_SELECT_H

#include "engine/engine.h"

// What is known of a table. One that the query does not read may be empty.
typedef struct pond_select_input {
    pond_schema schema;
    pond_sv time_column;
    bool is_series;      // its rows are events in time; others are the same for every time range
    bool is_time_unique; // at most one row an instant
} pond_select_input;

typedef struct pond_select {
    pond_sv sql;           // given: the text
    const pond_sv *tables; // given: the names that it may read, different without regard to case
    size_t n_tables;
    const pond_select_input *inputs; // given: one for each table; NULL: not known yet
    const size_t *uses;              // of each table: how often the query reads it
    size_t n_used;                   // how many it reads
    unsigned n_groupings;            // SELECTs with GROUP BY, HAVING or QUALIFY in it
    // Its rows may come in another order than those of a larger table: it does more than to pass on
    // rows, one table after the other. A hash join, for one, gives rows that collide later.
    bool order_varies;
    bool sums_vary;   // it groups such rows, so sums of floats differ in their last digits
    pond_sv changing; // why another run may give other rows, "now()"; empty: it may not
} pond_select;
// Checks that the text is one SELECT (or WITH, FROM, VALUES, DESCRIBE, SUMMARIZE …) that reads
// nothing but the given tables and calls only functions that work on their arguments. QUERY or
// LIMIT names what was found and what is allowed. What it fills lives in `a`; tables need not exist
// yet.
pond_code pond_engine_select_check(pond_engine *e, pond_arena *a, pond_select *select,
                                   pond_err *err) POND_MUST;
// What holds whatever the data are; false where no rule says so.
typedef struct pond_select_slicing {
    // The rows of each time range are exactly those that the query makes from the series' rows of
    // that range.
    bool slices;
    bool is_time_unique; // it slices, and has at most one row an instant
} pond_select_slicing;
// Finds out whether the query slices by its column `time_column`. The query was checked, and its
// inputs are known.
pond_code pond_engine_select_slices(pond_engine *e, const pond_select *select, pond_sv time_column,
                                    pond_select_slicing *out, pond_err *err) POND_MUST;
// Adds to the error of a query whose inputs are known what its author most likely meant: a column
// with a similar name, quotes, another delimiter.
void pond_engine_select_explain(const pond_select *select, pond_err *err);
// Adds that a table with one column was most likely read with a wrong delimiter, if it looks so.
void pond_explain_delimiter(pond_schema schema, pond_err *err);
// Appends "SELECT * FROM (…)" with the body of a query that was checked.
void pond_engine_sql_select(pond_buf *sql, pond_sv select);
// The same with the rows in one order, whatever the order of the rows that it reads: that of its own
// ORDER BY, and what this leaves open by all of its n columns.
void pond_engine_sql_sorted(pond_buf *sql, pond_sv select, size_t n_columns);

// What queries mean: another one when a query gives other values of the same rows.
#define POND_SQL_DIALECT "2: integers divide to integers"

#endif
