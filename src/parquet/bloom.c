#include "parquet/bloom.h"

#include <math.h>

enum { WORDS = 8 }; // of a block, 32 bits each

// The bits that a filter needs for n values, by the formula of the format, rounded as the engine
// rounds them.
static size_t count_blocks(size_t n) {
    const double k = WORDS, rate = 0.01;
    double bits = -k * (double)n / log(1 - pow(rate, 1 / k));
    size_t at_least = (size_t)(bits / k), n_bytes = 1;
    while (n_bytes < at_least)
        n_bytes *= 2;
    return n_bytes / (WORDS * 4) > 1 ? n_bytes / (WORDS * 4) : 1;
}

static void insert(uint32_t *words, size_t n_blocks, uint64_t hash) {
    static const uint32_t salt[WORDS] = {0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d,
                                         0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31};
    uint32_t *block = words + ((hash >> 32) * n_blocks >> 32) * WORDS;
    for (size_t i = 0; i < WORDS; i++)
        block[i] |= UINT32_C(1) << ((uint32_t)hash * salt[i] >> 27);
}

pond_sv pq_bloom_of(pq_dense values, const pond_parquet_codec *codec, pond_arena *a) {
    size_t n_blocks = count_blocks(values.n);
    uint32_t *words = POND_NEW_ARRAY(a, uint32_t, n_blocks * WORDS);
    size_t width = pq_width(values.class);
    for (size_t i = 0; i < values.n; i++) {
        pond_sv value = {(const char *)values.values + i * width, width};
        if (values.class == PQ_TEXT)
            value = pq_text_in(values.heap, ((const pq_text *)values.values)[i]);
        insert(words, n_blocks, codec->hash(value.p, value.n));
    }
    return (pond_sv){(const char *)words, n_blocks * WORDS * sizeof *words};
}
