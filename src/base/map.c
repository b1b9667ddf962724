// Hash maps with string keys.
#include "base/map.h"

#include "base/err.h"

#include <sys/random.h>
#include <time.h>

uint64_t pond_hash64(pond_sv s) {
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    h ^= h >> 32; // the low bits choose the slot, but FNV mixes the high bits best
    return h;
}

static uint64_t rotate(uint64_t x, int bits) {
    return x << bits | x >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], int n) {
    for (; n > 0; n--) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32) + v[3];
        v[2] += v[1];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[2] = rotate(v[2], 32);
    }
}

static void sip_word(uint64_t v[4], uint64_t word) {
    v[3] ^= word;
    sip_rounds(v, 2);
    v[0] ^= word;
}

static uint64_t little_endian(const char *p, size_t n) {
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++)
        word |= (uint64_t)(unsigned char)p[i] << 8 * i;
    return word;
}

uint64_t pond_siphash(const uint64_t key[2], pond_sv s) {
    uint64_t v[4] = {key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
                     key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u};
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8)
        sip_word(v, little_endian(s.p + i, 8));
    sip_word(v, little_endian(s.p + i, s.n - i) | (uint64_t)s.n << 56);
    v[2] ^= 0xff;
    sip_rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t hash_of(const pond_map *m, pond_sv key) {
    return m->is_keyed ? pond_siphash(m->key, key) : pond_hash64(key);
}

void pond_map_init(pond_map *m, pond_arena *a) {
    *m = (pond_map){.arena = a};
}

// The slot that holds `key`, or the empty slot for it.
static size_t find_slot(const pond_map *m, pond_sv key, uint64_t hash) {
    size_t mask = m->n_slots - 1, i = hash & mask;
    for (;; i = (i + 1) & mask) {
        uint32_t at = m->slots[i];
        if (at == 0)
            return i;
        const pond_map_entry *e = &m->entries[at - 1];
        if (e->hash == hash && pond_sv_eq(e->key, key))
            return i;
    }
}

void *pond_map_get(const pond_map *m, pond_sv key) {
    if (m->n == 0)
        return NULL;
    uint32_t at = m->slots[find_slot(m, key, hash_of(m, key))];
    return at == 0 ? NULL : m->entries[at - 1].value;
}

// Up to here a map stays fast even if all keys collide.
enum { MANY = 256 };

static void use_random_key(pond_map *m) {
    if (getrandom(m->key, sizeof m->key, 0) != (ssize_t)sizeof m->key) // an old kernel
        m->key[0] = (uint64_t)(uintptr_t)m ^ (uint64_t)clock();
    m->is_keyed = true;
    for (size_t i = 0; i < m->n; i++)
        m->entries[i].hash = hash_of(m, m->entries[i].key);
}

// At most half of the slots are used, so that probes are short.
static void grow(pond_map *m) {
    if (m->n >= MANY && !m->is_keyed)
        use_random_key(m);
    size_t cap = m->cap == 0 ? 8 : m->cap * 2;
    pond_map_entry *entries = POND_NEW_ARRAY(m->arena, pond_map_entry, cap);
    if (m->n > 0)
        memcpy(entries, m->entries, m->n * sizeof *entries);
    m->entries = entries;
    m->cap = cap;
    m->n_slots = cap * 2;
    m->slots = POND_NEW_ARRAY(m->arena, uint32_t, m->n_slots);
    for (size_t i = 0; i < m->n; i++)
        m->slots[find_slot(m, entries[i].key, entries[i].hash)] = (uint32_t)(i + 1);
}

void **pond_map_at(pond_map *m, pond_sv key, bool *is_new) {
    if (m->n == m->cap)
        grow(m);
    uint64_t hash = hash_of(m, key);
    size_t slot = find_slot(m, key, hash);
    if (is_new != NULL)
        *is_new = m->slots[slot] == 0;
    if (m->slots[slot] == 0) {
        m->entries[m->n] = (pond_map_entry){.key = key, .hash = hash};
        m->slots[slot] = (uint32_t)++m->n;
    }
    return &m->entries[m->slots[slot] - 1].value;
}
