// Growing arrays.
#include "base/vec.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

static void *copy_into(pond_arena *a, void *items, size_t *cap, size_t cap_new, size_t item_bytes) {
    if (cap_new > SIZE_MAX / 2 / item_bytes)
        pond_out_of_memory(SIZE_MAX);
    void *p = pond_alloc(a, cap_new * item_bytes);
    if (*cap > 0)
        memcpy(p, items, *cap * item_bytes);
    *cap = cap_new;
    return p;
}

void *pond_vec_grow(pond_arena *a, void *items, size_t *cap, size_t item_bytes) {
    // Very many vectors have one or two large items, such as the versions of a series.
    size_t first = item_bytes <= 32 ? 8 : 2;
    return copy_into(a, items, cap, *cap == 0 ? first : *cap * 2, item_bytes);
}

void *pond_vec_widen(pond_arena *a, void *items, size_t wanted, size_t *cap, size_t item_bytes) {
    // At least twice, so that many calls copy each item a few times only.
    if (wanted <= *cap)
        return items;
    return copy_into(a, items, cap, wanted > *cap * 2 ? wanted : *cap * 2, item_bytes);
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
