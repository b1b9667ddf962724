// shape: the columns of a table or a query, and which of them are times that slicing keeps. Only for
// slicing.c.
//
// A shape is SLICED if its rows of a time range are made from the inputs' rows of that range, by the
// time in any of its time columns. A FULL JOIN on equal times leaves the time of a row in either side's
// column: those are the parts of a whole, and coalesce over a column of each part is a time.
#ifndef POND_ENGINE_SHAPE_H
#define POND_ENGINE_SHAPE_H

#include "base/str.h"
#include "base/vec.h"

typedef struct shape_column {
    pond_sv table, name;
    bool is_time;
    bool is_hidden; // reached as table.name only: a column of USING
    unsigned whole; // not 0: one of the parts of that whole
    unsigned part;  // its number there, from 0
} shape_column;

typedef enum shape_kind {
    SHAPE_UNKNOWN, // it cannot be told whether it is sliced
    SHAPE_FIXED,   // depends on no series
    SHAPE_SLICED,
} shape_kind;

typedef struct shape {
    shape_kind kind;
    bool is_open;        // there are columns that are not listed
    bool is_time_unique; // SLICED, and at most one row an instant
    POND_VEC(shape_column) columns;
} shape;

typedef enum shape_join_type {
    SHAPE_INNER,
    SHAPE_LEFT,
    SHAPE_RIGHT,
    SHAPE_FULL,
    SHAPE_SEMI, // SEMI and ANTI: columns of the left side
} shape_join_type;

typedef struct shape_join {
    shape_join_type type;
    const shape *left, *right;
    const pond_sv *shared; // names of USING or NATURAL
    size_t n_shared;
    bool are_times_equal; // its condition demands it
    bool is_by_time;      // and nothing else
} shape_join;

bool shape_name_is(pond_sv a, pond_sv b); // as SQL compares names
// The column of a reference: `name`, or `table`.`name` where table is not empty. NULL: none.
const shape_column *shape_find(const shape *s, pond_sv table, pond_sv name);
// Whether n columns, of which the first that is not NULL counts, always give a time.
bool shape_covers(const shape *s, const shape_column *const *columns, size_t n);
// The visible columns as those of a table that is called so.
shape shape_as(pond_arena *a, const shape *s, pond_sv table);
// UNKNOWN where the join does not keep slices. Lives in `a`.
shape shape_of_join(pond_arena *a, const shape_join *join, unsigned *n_wholes);

#endif
