// A value that comes four times or more in a row is a run. Everything else goes into blocks of 256
// packed values. The last block is written whole: its end is what the block before had there, since
// the engine writes it like that, and readers stop at the number of values.
#include "parquet/runs.h"

#include "parquet/thrift.h"

enum { BLOCK = 256, SHORTEST_RUN = 4 };

int pq_runs_width(uint64_t max) {
    int width = 1;
    while (((UINT64_C(1) << width) - 1) < max)
        width++;
    return width;
}

void pq_runs_append_same(pond_buf *out, uint32_t value, size_t n, int width) {
    pq_thrift_varint(out, (uint64_t)n << 1);
    for (int bits = 0; bits < width; bits += 8)
        pond_buf_char(out, (char)(value >> bits));
}

// Packs a block, from the lowest bits on.
static void append_block(pond_buf *out, const uint32_t block[BLOCK], int width) {
    pq_thrift_varint(out, BLOCK / 8 << 1 | 1);
    pond_buf_reserve(out, (size_t)BLOCK / 8 * (size_t)width);
    char *to = out->p + out->n;
    uint64_t bits = 0;
    int n_bits = 0;
    for (size_t i = 0; i < BLOCK; i++) {
        bits |= (uint64_t)block[i] << n_bits;
        for (n_bits += width; n_bits >= 8; n_bits -= 8, bits >>= 8)
            *to++ = (char)bits;
    }
    out->n = (size_t)(to - out->p);
}

static size_t run_length(const uint32_t *values, size_t n) {
    size_t length = 1;
    while (length < n && values[length] == values[0])
        length++;
    return length;
}

void pq_runs_append(pond_buf *out, const uint32_t *values, size_t n, int width) {
    uint32_t block[BLOCK] = {0};
    for (size_t i = 0, length; i < n; i += length) {
        length = run_length(values + i, n - i);
        if (length >= SHORTEST_RUN || i + length == n) {
            pq_runs_append_same(out, values[i], length, width);
        } else {
            length = n - i < BLOCK ? n - i : BLOCK;
            memcpy(block, values + i, length * sizeof *block);
            append_block(out, block, width);
        }
    }
}
