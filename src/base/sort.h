// sort: sorting very many things by a text of each.
//
// qsort asks about two items at a time, and each question about two texts costs more than moving
// them. Here each item has a number that is made once, of the eight bytes after those that all texts
// begin with, and most questions end there. Things that come nearly in order, as those that one
// command has made, are hardly moved.
#ifndef POND_BASE_SORT_H
#define POND_BASE_SORT_H

#include "base/str.h"

typedef pond_sv (*pond_text_of)(const void *item);
// Sorts by the bytes of the texts, as pond_sv_cmp does; items with the same text stay in their order.
// Scratch memory is taken from `a`.
void pond_sort_texts(pond_arena *a, void *items, size_t n, size_t item_bytes, pond_text_of text_of);

#endif
