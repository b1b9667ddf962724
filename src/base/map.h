// map: the one string-keyed map. Open addressing, linear probing, insertion order kept beside it.
//
// Keys are borrowed views and must outlive the map; the map's own memory lives in its arena.
// Whoever chooses the keys cannot make it slow: one that has grown hashes with a random key of its
// own.
#ifndef POND_BASE_MAP_H
#define POND_BASE_MAP_H

#include "base/str.h"

typedef struct pond_map_entry {
    pond_sv key;
    void *value;
    uint64_t hash;
} pond_map_entry;

typedef struct pond_map {
    pond_arena *arena;
    pond_map_entry *entries; // in order of insertion, n of them
    size_t n, cap;
    uint32_t *slots; // index + 1 into entries, 0 is empty; n_slots is a power of two
    size_t n_slots;
    uint64_t key[2]; // of the hash, once there are many entries
    bool is_keyed;
} pond_map;

void pond_map_init(pond_map *m, pond_arena *a);
// The stored value, or NULL.
void *pond_map_get(const pond_map *m, pond_sv key);
// The place of the value for `key`, made (with NULL in it) if it is new; *is_new may be NULL.
// Valid until the next insertion.
void **pond_map_at(pond_map *m, pond_sv key, bool *is_new);

// FNV-1a with a final mix, for few keys; not stable across releases.
uint64_t pond_hash64(pond_sv s);
// SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012).
uint64_t pond_siphash(const uint64_t key[2], pond_sv s);

#endif
