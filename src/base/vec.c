// Growing arrays.
#include "base/vec.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

void *pond_vec_grow(pond_arena *a, void *items, size_t *cap, size_t item_bytes) {
    // Very many vectors have one or two large items, such as the versions of a series.
    size_t old = *cap, first = item_bytes <= 32 ? 8 : 2;
    size_t cap_new = old == 0 ? first : old * 2;
    if (cap_new > SIZE_MAX / 2 / item_bytes)
        pond_out_of_memory(SIZE_MAX);
    void *p = pond_alloc(a, cap_new * item_bytes);
    if (old > 0)
        memcpy(p, items, old * item_bytes);
    *cap = cap_new;
    return p;
}

void pond_sort(void *items, size_t n, size_t item_bytes,
               int (*compare)(const void *, const void *)) {
    char *at = items;
    size_t i = 1;
    for (; i < n && compare(at, at + item_bytes) <= 0; i++)
        at += item_bytes;
    if (i < n)
        qsort(items, n, item_bytes, compare);
}
