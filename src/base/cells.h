// cells: columns of rows in memory, as they pass from one room to another.
#ifndef POND_BASE_CELLS_H
#define POND_BASE_CELLS_H

#include <stdint.h>

// The cells of one column of a batch of rows. Which type `values` has, the reader knows: pond_sv,
// bool, int64_t, uint64_t, uint16_t, double, int32_t (days since 1970), int64_t (times).
typedef struct pond_cells {
    const void *values;
    const uint64_t *valid; // bit i % 64 of word i / 64: the cell is not NULL
} pond_cells;
enum { POND_BATCH_ROWS = 2048 };

#endif
