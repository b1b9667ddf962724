// runs: the hybrid of runs and packed bits in which Parquet writes levels and dictionary indices.
// https://parquet.apache.org/docs/file-format/data-pages/encodings/
#ifndef POND_PARQUET_RUNS_H
#define POND_PARQUET_RUNS_H

#include "base/str.h"

// The bits of a value that is at most `max`: at least 1.
int pq_runs_width(uint64_t max);
// Appends the values, each of `width` bits.
void pq_runs_append(pond_buf *out, const uint32_t *values, size_t n, int width);
// Appends the value n times.
void pq_runs_append_same(pond_buf *out, uint32_t value, size_t n, int width);

#endif
