// blake3: the hash BLAKE3, as the program b3sum computes it.
//
// The state is a plain struct: a copy of it is the state of a prefix, from which the hash of another
// continuation can be computed, and asking for the hash so far does not end it.
#ifndef POND_BASE_BLAKE3_H
#define POND_BASE_BLAKE3_H

#include <stddef.h>
#include <stdint.h>

enum { POND_BLAKE3_BYTES = 32, POND_BLAKE3_MAX_DEPTH = 54 }; // 2^64 bytes in chunks of 1024

typedef struct pond_blake3 {
    uint32_t chaining[8]; // of the chunk that is being read
    uint8_t block[64];    // its last block, which may be the end
    uint32_t n_block, n_blocks;
    uint64_t n_chunks; // before it
    uint32_t n_stack;
    uint32_t stack[POND_BLAKE3_MAX_DEPTH][8]; // roots of whole trees on its left, large ones first
} pond_blake3;

void pond_blake3_init(pond_blake3 *h);
void pond_blake3_add(pond_blake3 *h, const void *p, size_t n);
void pond_blake3_hash(const pond_blake3 *h, uint8_t out[POND_BLAKE3_BYTES]); // of what was added

#endif
