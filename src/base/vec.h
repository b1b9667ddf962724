// vec: typed growing arrays in an arena.
//
//     typedef POND_VEC(pond_node) pond_node_vec;
//     pond_node_vec found = {0};
//     *pond_vec_push(a, &found) = node;
//     for (size_t i = 0; i < found.n; i++) use(&found.items[i]);
//
// A pointer to an item is valid until the next push. The capacity doubles when a vector grows, and
// the old array stays in the arena until that is reset.
#ifndef POND_BASE_VEC_H
#define POND_BASE_VEC_H

#include "base/arena.h"

#define POND_VEC(type)                                                                             \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t n, cap;                                                                             \
    }

// A pointer to a new, uninitialised item at the end. Evaluates `v` several times.
#define pond_vec_push(a, v)                                                                        \
    ((v)->n == (v)->cap                                                                            \
         ? (void)((v)->items = pond_vec_grow((a), (v)->items, &(v)->cap, sizeof *(v)->items))      \
         : (void)0,                                                                                \
     &(v)->items[(v)->n++])

// Returns a copy of the items with twice the capacity, which is updated.
void *pond_vec_grow(pond_arena *a, void *items, size_t *cap, size_t item_bytes);

// Makes sure that so many items can be pushed without a further allocation. Evaluates `v` several
// times.
#define pond_vec_reserve(a, v, more)                                                               \
    ((v)->items = pond_vec_widen((a), (v)->items, (v)->n + (more), &(v)->cap, sizeof *(v)->items))
void *pond_vec_widen(pond_arena *a, void *items, size_t wanted, size_t *cap, size_t item_bytes);

// qsort(3), for items that are mostly sorted already: those are only compared once.
void pond_sort(void *items, size_t n, size_t item_bytes,
               int (*compare)(const void *, const void *));

#endif
