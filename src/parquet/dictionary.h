// dictionary: the distinct values of a column, in the order in which they come.
#ifndef POND_PARQUET_DICTIONARY_H
#define POND_PARQUET_DICTIONARY_H

#include "parquet/column.h"

// Stored values side by side: those of a column that are not NULL, or of a dictionary.
typedef struct pq_dense {
    pq_class class;
    const void *values;
    size_t n;
    const char *heap; // of texts
} pq_dense;

// Its memory serves one column after another.
typedef struct pq_dictionary {
    pq_dense distinct; // in the memory below
    uint32_t *indices; // of each value
    void *values;
    uint64_t *keys;
    uint32_t *slots; // a hash table: 0, or an index and 1
    size_t indices_cap, values_cap, keys_cap, slots_cap;
} pq_dictionary;

// Fills d->distinct and d->indices. False if there are more than `limit` distinct values.
bool pq_dictionary_fill(pq_dictionary *d, pq_dense values, size_t limit);
void pq_dictionary_free(pq_dictionary *d);

#endif
