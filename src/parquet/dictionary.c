#include "parquet/dictionary.h"

#include <math.h>
#include <stdlib.h>

void pq_dictionary_free(pq_dictionary *d) {
    free(d->indices);
    free(d->values);
    free(d->keys);
    free(d->slots);
}

static void *make_room(void *p, size_t *cap, size_t n, size_t item_bytes) {
    if (*cap >= n)
        return p;
    *cap = n;
    return pond_xrealloc(p, n * item_bytes);
}

// The bits of numbers below n, at least 6.
static int bits_for(size_t n) {
    int n_bits = 6;
    while (((size_t)1 << n_bits) < n)
        n_bits++;
    return n_bits;
}

// Makes room for a dictionary of `in`. Returns the number of bits that find a slot of its hash table.
static int prepare(pq_dictionary *d, pq_dense in, size_t limit) {
    int n_bits = bits_for(2 * limit);
    size_t n_slots = (size_t)1 << n_bits;
    d->indices = make_room(d->indices, &d->indices_cap, in.n, sizeof *d->indices);
    d->values = make_room(d->values, &d->values_cap, limit, sizeof(uint64_t));
    d->keys = make_room(d->keys, &d->keys_cap, limit, sizeof *d->keys);
    d->slots = make_room(d->slots, &d->slots_cap, n_slots, sizeof *d->slots);
    memset(d->slots, 0, n_slots * sizeof *d->slots);
    d->distinct = (pq_dense){.class = in.class, .values = d->values, .heap = in.heap};
    return n_bits;
}

// Keys --------------------------------------------------------------------------------------------

// Equal values have equal keys: zeros of both signs, and all NaN.
static inline uint64_t key_of(pq_class class, const void *values, size_t i) {
    if (class == PQ_F64) {
        double v = ((const double *)values)[i];
        uint64_t bits = ((const uint64_t *)values)[i];
        return v == 0 ? 0 : isnan(v) ? UINT64_C(0x7ff8000000000000) : bits;
    }
    if (class == PQ_F32) {
        float v = ((const float *)values)[i];
        uint32_t bits = ((const uint32_t *)values)[i];
        return v == 0 ? 0 : isnan(v) ? 0x7fc00000 : bits;
    }
    return class == PQ_I64 || class == PQ_U64 ? ((const uint64_t *)values)[i]
                                              : ((const uint32_t *)values)[i];
}

// A hash whose upper bits are good: those of a product depend on all bits of the key. Floats may
// differ in their upper bits alone.
static inline uint64_t mix(uint64_t key) {
    return (key ^ key >> 32) * UINT64_C(0x9E3779B97F4A7C15);
}

static inline size_t upper(uint64_t hash, int n_bits) {
    return (size_t)(hash >> (64 - n_bits));
}

static uint64_t hash_text(pond_sv s) {
    uint64_t hash = s.n, part;
    for (; s.n >= sizeof part; s.p += sizeof part, s.n -= sizeof part) {
        memcpy(&part, s.p, sizeof part);
        hash = mix(hash ^ part);
    }
    part = 0;
    memcpy(&part, s.p, s.n);
    return mix(mix(hash ^ part));
}

// Filling -----------------------------------------------------------------------------------------

// Ascending values are all distinct: times are, and counters.
static inline bool ascends(pq_class class, const void *values, size_t n) {
#define ASCENDS(type)                                                                              \
    {                                                                                              \
        const type *v = values;                                                                    \
        for (size_t i = 1; i < n; i++)                                                             \
            if (!(v[i - 1] < v[i]))                                                                \
                return false;                                                                      \
        return true;                                                                               \
    }
    switch (class) {
    case PQ_I32:
        ASCENDS(int32_t)
    case PQ_U32:
        ASCENDS(uint32_t)
    case PQ_I64:
        ASCENDS(int64_t)
    case PQ_U64:
        ASCENDS(uint64_t)
    case PQ_F32:
        ASCENDS(float)
    case PQ_F64:
        ASCENDS(double)
    default:
        return false;
    }
#undef ASCENDS
}

// Whether the first values show that there are more distinct ones than `limit`: a bit for each hash,
// in less memory than the table. Measurements are mostly noise, so this ends most columns.
static inline bool exceeds(pq_class class, pq_dense in, size_t limit) {
    enum { MOST_BITS = 17 };
    uint64_t seen[(1 << MOST_BITS) / 64];
    int n_bits = bits_for(8 * limit);
    if (n_bits > MOST_BITS)
        n_bits = MOST_BITS;
    memset(seen, 0, ((size_t)1 << n_bits) / 8);
    size_t n = 0, end = in.n < 2 * limit + 2 ? in.n : 2 * limit + 2;
    for (size_t i = 0; i < end; i++) {
        size_t hash = upper(mix(key_of(class, in.values, i)), n_bits);
        uint64_t bit = UINT64_C(1) << (hash % 64), *word = &seen[hash / 64];
        n += (*word & bit) == 0;
        *word |= bit;
    }
    return n > limit;
}

// Inlined for each class, which is a constant there.
static inline bool fill_numbers(pq_dictionary *d, pq_class class, pq_dense in, size_t limit) {
    size_t width = pq_width(class);
    if (exceeds(class, in, limit))
        return false;
    size_t n = 0;
    int n_bits = prepare(d, in, limit);
    size_t mask = ((size_t)1 << n_bits) - 1;
    for (size_t i = 0; i < in.n; i++) {
        uint64_t key = key_of(class, in.values, i);
        size_t slot = upper(mix(key), n_bits);
        while (d->slots[slot] != 0 && d->keys[d->slots[slot] - 1] != key)
            slot = (slot + 1) & mask;
        if (d->slots[slot] == 0) {
            if (n == limit)
                return false;
            d->keys[n] = key;
            memcpy((char *)d->values + n * width, (const char *)in.values + i * width, width);
            d->slots[slot] = (uint32_t)++n;
        }
        d->indices[i] = d->slots[slot] - 1;
    }
    d->distinct.n = n;
    return true;
}

static bool fill_texts(pq_dictionary *d, pq_dense in, size_t limit) {
    size_t n = 0;
    int n_bits = prepare(d, in, limit);
    size_t mask = ((size_t)1 << n_bits) - 1;
    const pq_text *texts = in.values;
    pq_text *distinct = d->values;
    for (size_t i = 0; i < in.n; i++) {
        pond_sv text = pq_text_in(in.heap, texts[i]);
        uint64_t hash = hash_text(text);
        size_t slot = upper(hash, n_bits);
        for (; d->slots[slot] != 0; slot = (slot + 1) & mask) {
            size_t at = d->slots[slot] - 1;
            if (d->keys[at] == hash && pond_sv_eq(pq_text_in(in.heap, distinct[at]), text))
                break;
        }
        if (d->slots[slot] == 0) {
            if (n == limit)
                return false;
            d->keys[n] = hash;
            distinct[n] = texts[i];
            d->slots[slot] = (uint32_t)++n;
        }
        d->indices[i] = d->slots[slot] - 1;
    }
    d->distinct.n = n;
    return true;
}

bool pq_dictionary_fill(pq_dictionary *d, pq_dense in, size_t limit) {
    if (in.n > limit && ascends(in.class, in.values, limit + 1))
        return false;
    switch (in.class) {
    case PQ_I32:
    case PQ_U32:
        return fill_numbers(d, PQ_U32, in, limit);
    case PQ_I64:
    case PQ_U64:
        return fill_numbers(d, PQ_U64, in, limit);
    case PQ_F32:
        return fill_numbers(d, PQ_F32, in, limit);
    case PQ_F64:
        return fill_numbers(d, PQ_F64, in, limit);
    case PQ_TEXT:
        return fill_texts(d, in, limit);
    case PQ_BOOL:
        break;
    }
    return false;
}
