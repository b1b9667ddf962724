// ask_values: rows of the engine as values of templates.
//
//     BOOLEAN                        a boolean
//     integers of any width          an integer, exact, if 64 bits hold it; else the nearest float
//     FLOAT, DOUBLE                  a float; NaN and the infinities, too
//     DECIMAL                        an integer if it has no places, else the nearest float
//     TIMESTAMP, with or without     Unix milliseconds, an integer, rounded down; null for an
//     a zone, of any precision       infinite time
//     everything else                the text that `pond cat` prints: dates, times of day, lists …
//     NULL                           null
#ifndef POND_FACTORY_ASK_VALUES_H
#define POND_FACTORY_ASK_VALUES_H

#include "engine/engine.h"
#include "value/value.h"

typedef struct ask_reading {
    pond_sv with;       // "WITH … " before the SELECT, or empty
    pond_sv select;     // its rows, in their order
    pond_schema schema; // its columns
    size_t max_rows;    // one more is an error
    size_t room_bytes;  // that the values may take
} ask_reading;
// Runs the SELECT: *out is an array of objects, a row each, whose members are the columns. LIMIT
// when there are too many rows, or the values take too much room. INVALID when two columns have one
// name. The result lives in `a`.
pond_code ask_read(pond_engine *e, pond_arena *a, const ask_reading *reading, pond_value *out,
                   pond_err *err) POND_MUST;

#endif
