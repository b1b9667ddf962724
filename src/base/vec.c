// Growing arrays.
#include "base/vec.h"

#include "base/err.h"

#include <string.h>

void *pond_vec_grow(pond_arena *a, void *items, size_t *cap, size_t item_bytes) {
    size_t old = *cap;
    size_t cap_new = old == 0 ? 8 : old * 2;
    if (cap_new > SIZE_MAX / 2 / item_bytes)
        pond_out_of_memory(SIZE_MAX);
    void *p = pond_alloc(a, cap_new * item_bytes);
    if (old > 0)
        memcpy(p, items, old * item_bytes);
    *cap = cap_new;
    return p;
}
