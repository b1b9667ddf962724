// arena: memory for one unit of work, freed all at once.
//
// One arena a command, a compiled template, a render, an export stage. A function that allocates
// for its caller takes the arena first and says "lives in `a`". Nothing with a handle behind it
// belongs in an arena. With the environment variable POND_ARENA_STRESS set (any value) when the
// arena is made, every allocation is a malloc of its own, so that ASan sees a view that outlives a
// reset or runs past its end.
#ifndef POND_BASE_ARENA_H
#define POND_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

typedef struct pond_arena_block pond_arena_block;

typedef struct pond_arena {
    char *next, *end;         // free room in the current block
    pond_arena_block *blocks; // newest first
    size_t used_bytes;        // handed out since the last reset
    size_t limit_bytes;       // 0: none; pond_try_alloc refuses beyond it
    bool is_stress;
} pond_arena;

void pond_arena_init(pond_arena *a);
// Frees everything; the arena is empty and usable again.
void pond_arena_reset(pond_arena *a);
// Frees everything but one block, for a loop that fills and empties the arena many times.
void pond_arena_rewind(pond_arena *a);
void pond_arena_deinit(pond_arena *a);

// Never NULL (aborts when the system has no memory); aligned for any type; not zeroed.
void *pond_alloc(pond_arena *a, size_t size_bytes);
void *pond_alloc_zero(pond_arena *a, size_t size_bytes);
// For sizes that come from data: NULL when limit_bytes would be passed.
void *pond_try_alloc(pond_arena *a, size_t size_bytes);

#define POND_NEW(a, type) ((type *)pond_alloc_zero((a), sizeof(type)))
#define POND_NEW_ARRAY(a, type, n) ((type *)pond_alloc_zero((a), sizeof(type) * (size_t)(n)))

// malloc and friends that abort instead of returning NULL, for what is not in an arena.
void *pond_xmalloc(size_t size_bytes);
void *pond_xrealloc(void *p, size_t size_bytes);

#endif
