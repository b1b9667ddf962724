// arena: memory that is freed all at once.
//
// There is one arena for each unit of work: a command, a compiled template, a render, an export
// stage. A function that allocates for its caller takes the arena as its first parameter, and its
// comment says "lives in `a`". Handles (files, statements, results) are never kept in an arena,
// because nobody would close them.
//
// If the environment variable POND_ARENA_STRESS is set (to any value) when an arena is initialised,
// each allocation is a malloc of its own. Address sanitizer then reports a pointer that is used
// after a reset, or past the end of its allocation.
#ifndef POND_BASE_ARENA_H
#define POND_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

typedef struct pond_arena_block pond_arena_block;

typedef struct pond_arena {
    char *next, *end;         // free memory in the current block
    pond_arena_block *blocks; // newest first
    size_t used_bytes;        // allocated since the last reset
    size_t limit_bytes;       // what the owner allows, who compares it with used_bytes; 0: no limit
    bool is_stress;
} pond_arena;

void pond_arena_init(pond_arena *a);
// The same for a short life: the first allocations are in `room`, which the caller lends and which
// is aligned for any type. The stress is that of `other`, so the environment is not asked.
void pond_arena_init_in(pond_arena *a, void *room, size_t room_bytes, const pond_arena *other);
// Frees everything. The arena is empty and can be used again.
void pond_arena_reset(pond_arena *a);
// Frees everything but one block, for a loop that fills and empties the arena many times.
void pond_arena_rewind(pond_arena *a);
void pond_arena_deinit(pond_arena *a);

// Never NULL (the program aborts when the system has no memory); aligned for any type; not zeroed.
void *pond_alloc(pond_arena *a, size_t size_bytes);
void *pond_alloc_zero(pond_arena *a, size_t size_bytes);

#define POND_NEW(a, type) ((type *)pond_alloc_zero((a), sizeof(type)))
#define POND_NEW_ARRAY(a, type, n) ((type *)pond_alloc_zero((a), sizeof(type) * (size_t)(n)))

// malloc and realloc that abort instead of returning NULL, for memory that is not in an arena.
void *pond_xmalloc(size_t size_bytes);
void *pond_xrealloc(void *p, size_t size_bytes);

#endif
