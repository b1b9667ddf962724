#include "base/map.h"

#include "base/err.h"

uint64_t pond_hash64(pond_sv s) {
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
    h ^= h >> 32; // the low bits choose the slot, FNV mixes best into the high ones
    return h;
}

void pond_map_init(pond_map *m, pond_arena *a) {
    *m = (pond_map){.arena = a};
}

// The slot that holds `key`, or the empty one where it would go.
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
    uint32_t at = m->slots[find_slot(m, key, pond_hash64(key))];
    return at == 0 ? NULL : m->entries[at - 1].value;
}

// Slots stay at most half full, so probes are short.
static void grow(pond_map *m) {
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
    uint64_t hash = pond_hash64(key);
    if (m->n == m->cap)
        grow(m);
    size_t slot = find_slot(m, key, hash);
    if (is_new != NULL)
        *is_new = m->slots[slot] == 0;
    if (m->slots[slot] == 0) {
        m->entries[m->n] = (pond_map_entry){.key = key, .hash = hash};
        m->slots[slot] = (uint32_t)++m->n;
    }
    return &m->entries[m->slots[slot] - 1].value;
}
