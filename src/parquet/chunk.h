// chunk: a column of a row group as pages, and what the footer says of it.
#ifndef POND_PARQUET_CHUNK_H
#define POND_PARQUET_CHUNK_H

#include "parquet/bounds.h"

enum { PQ_PLAIN = 0, PQ_PLAIN_DICTIONARY = 2, PQ_RLE = 3 }; // encodings

typedef struct pq_chunk {
    int64_t n_values, n_nulls;      // with the NULLs
    int64_t data_at, dictionary_at; // of its pages in the file; no dictionary: 0
    int64_t n_distinct;             // with a dictionary
    int64_t uncompressed_bytes, compressed_bytes;
    pq_bounds bounds;
    pond_sv bloom; // with a dictionary
    int64_t bloom_at, bloom_bytes;
} pq_chunk;

// What the columns use one after another.
typedef struct pq_scratch {
    pq_dictionary dictionary;
    pond_buf dense;  // the values that are not NULL
    pond_buf levels; // a uint32_t for each row
    pond_buf page;
    pond_buf packed; // a page, compressed
} pq_scratch;
void pq_scratch_free(pq_scratch *s);

// Appends the pages of the column's first n rows; the first byte of `out` has the place `at` in the
// file. Bounds and filters live in `a`.
pond_code pq_chunk_append(const pq_column *c, size_t n, const pond_parquet_codec *codec,
                          pq_scratch *s, pond_arena *a, int64_t at, pond_buf *out, pq_chunk *chunk,
                          pond_err *err) POND_MUST;

#endif
