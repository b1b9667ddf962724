// bounds: the least and the greatest value of a column of a row group.
#ifndef POND_PARQUET_BOUNDS_H
#define POND_PARQUET_BOUNDS_H

#include "parquet/dictionary.h"

typedef struct pq_bounds {
    bool has_any;                // false: no values, or a NaN, which has no place among them
    pond_sv min, max;            // the bytes of values as they are stored, in the arena
    bool is_min_cut, is_max_cut; // a long text: cut, and made greater if it is a maximum
} pq_bounds;

pq_bounds pq_bounds_of(pq_dense values, pond_arena *a);

#endif
