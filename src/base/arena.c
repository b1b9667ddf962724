// Arenas: blocks of growing size from which memory is cut in order.
#include "base/arena.h"

#include "base/err.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct pond_arena_block {
    pond_arena_block *older;
    size_t size_bytes; // of `data`
    alignas(max_align_t) char data[];
};

enum {
    FIRST_BLOCK = 4096,
    LAST_DOUBLED = 1 << 17,
    HUGE_PAGE = 1 << 21,
    // What follows those that are doubled. With its header it is a huge page.
    LARGEST_BLOCK = HUGE_PAGE - sizeof(pond_arena_block),
    ALIGN = alignof(max_align_t)
};

void *pond_xmalloc(size_t size_bytes) {
    void *p = malloc(size_bytes ? size_bytes : 1);
    if (p == NULL)
        pond_out_of_memory(size_bytes);
    return p;
}

void *pond_xrealloc(void *p, size_t size_bytes) {
    p = realloc(p, size_bytes ? size_bytes : 1);
    if (p == NULL)
        pond_out_of_memory(size_bytes);
    return p;
}

void pond_arena_init(pond_arena *a) {
    *a = (pond_arena){.is_stress = getenv("POND_ARENA_STRESS") != NULL};
}

void pond_arena_init_in(pond_arena *a, void *room, size_t room_bytes, const pond_arena *other) {
    *a = (pond_arena){.is_stress = other->is_stress};
    if (!a->is_stress) {
        a->next = room;
        a->end = a->next + room_bytes;
    }
}

static void free_blocks(pond_arena_block *b) {
    while (b != NULL) {
        pond_arena_block *older = b->older;
        free(b);
        b = older;
    }
}

void pond_arena_reset(pond_arena *a) {
    free_blocks(a->blocks);
    *a = (pond_arena){.is_stress = a->is_stress, .limit_bytes = a->limit_bytes};
}

void pond_arena_rewind(pond_arena *a) {
    if (a->is_stress || a->blocks == NULL) {
        pond_arena_reset(a);
        return;
    }
    pond_arena_block *keep = a->blocks;
    free_blocks(keep->older);
    keep->older = NULL;
    a->next = keep->data;
    a->end = keep->data + keep->size_bytes;
    a->used_bytes = 0;
}

void pond_arena_deinit(pond_arena *a) {
    pond_arena_reset(a);
}

// The system hands out memory page by page when it is first touched, and each time takes longer
// than filling the page does. One huge page at once costs as much as some dozens of small ones, so
// it pays as soon as a quarter of it is used.
static pond_arena_block *new_huge(void) {
    void *p = NULL;
    if (posix_memalign(&p, HUGE_PAGE, HUGE_PAGE) != 0)
        pond_out_of_memory(HUGE_PAGE);
    madvise(p, HUGE_PAGE, MADV_HUGEPAGE); // only advice
    return p;
}

static pond_arena_block *add_block(pond_arena *a, size_t size_bytes) {
    if (size_bytes > SIZE_MAX - sizeof(pond_arena_block))
        pond_out_of_memory(size_bytes);
    pond_arena_block *b =
        size_bytes == LARGEST_BLOCK ? new_huge() : pond_xmalloc(sizeof *b + size_bytes);
    b->older = a->blocks;
    b->size_bytes = size_bytes;
    a->blocks = b;
    return b;
}

// The slow path: the current block is full. Blocks double in size, so that a large unit of work
// needs few calls of malloc, and end with huge pages.
static void *alloc_in_new_block(pond_arena *a, size_t size_bytes) {
    size_t block_bytes = a->blocks == NULL ? FIRST_BLOCK : a->blocks->size_bytes * 2;
    if (block_bytes > LAST_DOUBLED)
        block_bytes = LARGEST_BLOCK;
    if (size_bytes > block_bytes / 4) {
        // A large allocation gets a block of its own. The current block stays the first one, so
        // that the rest of it is still used.
        pond_arena_block *current = a->blocks;
        pond_arena_block *b = add_block(a, size_bytes);
        if (current != NULL) {
            b->older = current->older;
            current->older = b;
            a->blocks = current;
        } else if (a->next == NULL) {
            a->next = a->end = b->data + size_bytes;
        }
        return b->data;
    }
    pond_arena_block *b = add_block(a, block_bytes);
    a->next = b->data + size_bytes;
    a->end = b->data + block_bytes;
    return b->data;
}

static size_t round_up(size_t size_bytes) {
    return (size_bytes + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

// No room, or anything else that is seldom.
static __attribute__((noinline)) void *alloc_slowly(pond_arena *a, size_t size_bytes) {
    if (size_bytes > SIZE_MAX - ALIGN)
        pond_out_of_memory(size_bytes);
    if (a->is_stress) // it has no current block
        return add_block(a, size_bytes)->data;
    if (size_bytes == 0 && a->next != NULL)
        return a->next;
    return alloc_in_new_block(a, round_up(size_bytes));
}

void *pond_alloc(pond_arena *a, size_t size_bytes) {
    a->used_bytes += size_bytes;
    size_t rounded = round_up(size_bytes);
    if (rounded - 1 >= (size_t)(a->end - a->next)) // also if `rounded` is 0, as for far too much
        return alloc_slowly(a, size_bytes);
    void *p = a->next;
    a->next += rounded;
    return p;
}

void *pond_alloc_zero(pond_arena *a, size_t size_bytes) {
    return memset(pond_alloc(a, size_bytes), 0, size_bytes);
}
