// BLAKE3 in its plain mode, by "BLAKE3: one function, fast everywhere" (O'Connor, Aumasson, Neves,
// Wilcox-O'Hearn, 2020). The input is cut into chunks of 1024 bytes, whose hashes are the leaves of
// a binary tree; each left subtree is as large a power of two as fits.
#include "base/blake3.h"

#include <string.h>

enum { BLOCK_BYTES = 64, CHUNK_BLOCKS = 16 };
enum { CHUNK_START = 1, CHUNK_END = 2, PARENT = 4, ROOT = 8 };

static const uint32_t initial[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

// What the compression function is about to take.
typedef struct node {
    const uint32_t *chaining;
    uint32_t words[16];
    uint64_t counter;
    uint32_t n_bytes, flags;
} node;

static uint32_t rotate(uint32_t x, int n) {
    return x >> n | x << (32 - n);
}

static void mix(uint32_t *v, int a, int b, int c, int d, uint32_t x, uint32_t y) {
    v[a] += v[b] + x;
    v[d] = rotate(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = rotate(v[b] ^ v[c], 12);
    v[a] += v[b] + y;
    v[d] = rotate(v[d] ^ v[a], 8);
    v[c] += v[d];
    v[b] = rotate(v[b] ^ v[c], 7);
}

static void compress(const node *n, uint32_t out[8]) {
    // The order of the words in each of the seven rounds: the permutation, applied again and again.
    static const uint8_t order[7][16] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
        {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
        {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1},
        {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
        {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4},
        {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
        {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13},
    };
    uint32_t v[16];
    memcpy(v, n->chaining, 32);
    memcpy(v + 8, initial, 16);
    v[12] = (uint32_t)n->counter;
    v[13] = (uint32_t)(n->counter >> 32);
    v[14] = n->n_bytes;
    v[15] = n->flags;
    const uint32_t *w = n->words;
    for (int r = 0; r < 7; r++) {
        const uint8_t *o = order[r];
        for (int i = 0; i < 4; i++)
            mix(v, i, 4 + i, 8 + i, 12 + i, w[o[2 * i]], w[o[2 * i + 1]]);
        for (int i = 0; i < 4; i++)
            mix(v, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, w[o[8 + 2 * i]],
                w[o[9 + 2 * i]]);
    }
    for (int i = 0; i < 8; i++)
        out[i] = v[i] ^ v[i + 8];
}

static void load_words(const uint8_t *block, uint32_t words[16]) {
    for (int i = 0; i < 16; i++, block += 4)
        words[i] = (uint32_t)block[0] | (uint32_t)block[1] << 8 | (uint32_t)block[2] << 16 |
                   (uint32_t)block[3] << 24;
}

static node parent_of(const uint32_t left[8], const uint32_t right[8]) {
    node n = {.chaining = initial, .n_bytes = BLOCK_BYTES, .flags = PARENT};
    memcpy(n.words, left, 32);
    memcpy(n.words + 8, right, 32);
    return n;
}

// The block that is held, as the last one of its chunk or not.
static node block_of(const pond_blake3 *h, uint32_t flags) {
    node n = {.chaining = h->chaining, .counter = h->n_chunks, .n_bytes = h->n_block};
    n.flags = flags | (h->n_blocks == 0 ? (uint32_t)CHUNK_START : 0);
    load_words(h->block, n.words);
    return n;
}

static void begin_chunk(pond_blake3 *h) {
    memcpy(h->chaining, initial, sizeof h->chaining);
    memset(h->block, 0, sizeof h->block);
    h->n_block = h->n_blocks = 0;
}

void pond_blake3_init(pond_blake3 *h) {
    h->n_chunks = 0;
    h->n_stack = 0;
    begin_chunk(h);
}

// A chunk is done and more follows: it joins each tree on its left that is as large as its own.
static void end_chunk(pond_blake3 *h) {
    uint32_t tree[8];
    node n = block_of(h, CHUNK_END);
    compress(&n, tree);
    h->n_chunks++;
    for (uint64_t i = h->n_chunks; i % 2 == 0; i /= 2) {
        n = parent_of(h->stack[--h->n_stack], tree);
        compress(&n, tree);
    }
    memcpy(h->stack[h->n_stack++], tree, sizeof tree);
    begin_chunk(h);
}

// The block that is held is full, and more follows.
static void end_block(pond_blake3 *h) {
    if (h->n_blocks == CHUNK_BLOCKS - 1) {
        end_chunk(h);
        return;
    }
    uint32_t next[8];
    node n = block_of(h, 0);
    compress(&n, next);
    memcpy(h->chaining, next, sizeof next);
    memset(h->block, 0, sizeof h->block);
    h->n_block = 0;
    h->n_blocks++;
}

void pond_blake3_add(pond_blake3 *h, const void *p, size_t n) {
    const uint8_t *from = p;
    while (n > 0) {
        if (h->n_block == BLOCK_BYTES)
            end_block(h);
        size_t take = BLOCK_BYTES - h->n_block < n ? BLOCK_BYTES - h->n_block : n;
        memcpy(h->block + h->n_block, from, take);
        h->n_block += (uint32_t)take;
        from += take;
        n -= take;
    }
}

void pond_blake3_hash(const pond_blake3 *h, uint8_t out[POND_BLAKE3_BYTES]) {
    uint32_t right[8];
    node n = block_of(h, CHUNK_END);
    for (uint32_t i = h->n_stack; i > 0; i--) {
        compress(&n, right);
        n = parent_of(h->stack[i - 1], right);
    }
    n.flags |= ROOT;
    n.counter = 0;
    compress(&n, right);
    for (int i = 0; i < 32; i++)
        out[i] = (uint8_t)(right[i / 4] >> (8 * (i % 4)));
}
