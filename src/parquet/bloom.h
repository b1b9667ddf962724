// bloom: split block Bloom filters, of the values of a dictionary.
// https://parquet.apache.org/docs/file-format/bloomfilter/
#ifndef POND_PARQUET_BLOOM_H
#define POND_PARQUET_BLOOM_H

#include "parquet/dictionary.h"

// The filter's bytes, for one false positive in a hundred.
pond_sv pq_bloom_of(pq_dense values, const pond_parquet_codec *codec, pond_arena *a);

#endif
