// kept: what the first reading has converted, so that the second one need not.
//
// The types of a text are known when all of it was read. But those of its first block are nearly
// always right. So the first reading converts to them while it counts, and keeps the values in a
// file without a name. If a value does not fit, or the disk has no room, nothing is kept, and the
// text is read again: only time depends on it.
#ifndef POND_TEXT_KEPT_H
#define POND_TEXT_KEPT_H

#include "text/columns.h"

// Makes the file in `dir`, for a plan whose blocks are cut. NULL: it cannot be made, or the
// text is larger than a quarter of what is free. `types` are those that are guessed, of columns of which
// some are kept; both live in the plan's arena, as what is returned does but for the file.
text_kept *text_kept_open(const text_plan *p, const char *dir, const pond_text_type *types,
                          const bool *is_kept);
void text_kept_close(text_kept *k); // NULL is fine; twice, too
const pond_text_type *text_kept_types(const text_kept *k);
const bool *text_kept_columns(const text_kept *k);
// Whether it still has all blocks that were added. Any thread may ask. NULL: no.
bool text_kept_is_good(const text_kept *k);
// Nothing is kept: the file is empty.
void text_kept_give_up(text_kept *k);
// No block will be added.
void text_kept_end(text_kept *k);
// The rows of a block are not in the order of their times: who needs that need not wait.
void text_kept_tell_unordered(text_kept *k);
bool text_kept_is_unordered(const text_kept *k);
// Waits for a block. False: it will not come.
bool text_kept_wait(text_kept *k, size_t block);
// Adds a block, from any thread. `room` is that thread's.
void text_kept_add(text_kept *k, size_t block, const text_columns *c, pond_buf *room);
// Reads the wanted columns of a block. False: they are not all kept, or cannot be read.
bool text_kept_load(const text_kept *k, size_t block, const bool *is_wanted, text_columns *out);

#endif
