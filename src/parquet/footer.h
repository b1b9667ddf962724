// footer: what a Parquet file says of itself at its end.
#ifndef POND_PARQUET_FOOTER_H
#define POND_PARQUET_FOOTER_H

#include "base/vec.h"
#include "parquet/chunk.h"

typedef struct pq_group {
    int64_t at; // of its first byte in the file
    int64_t rows;
    pq_chunk *chunks; // one for each column
} pq_group;
typedef POND_VEC(pq_group) pq_group_vec;

// Appends the Bloom filters; the first byte of `out` has the place `at`. Notes where they are.
void pq_footer_blooms(pq_group_vec *groups, size_t n_columns, int64_t at, pond_buf *out);
// Appends the metadata, their length and the mark of the end.
void pq_footer_append(const pq_group_vec *groups, const pq_column *columns, size_t n_columns,
                      pond_sv created_by, pond_buf *out);

#endif
