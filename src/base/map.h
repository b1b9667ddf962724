// map: a hash map with string keys. It is an open-addressing table with linear probing, and keeps
// the order of insertion.
//
// Keys are borrowed and must outlive the map; the memory of the map lives in its arena. A map that
// has grown large hashes with a random key, so that nobody can make it slow by the choice of keys.
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
    pond_map_entry *entries; // in order of insertion
    size_t n, cap;
    uint32_t *slots; // each is an index into `entries` plus 1; 0 is an empty slot
    size_t n_slots;  // a power of two
    uint64_t key[2]; // of the hash, if is_keyed
    bool is_keyed;
} pond_map;

void pond_map_init(pond_map *m, pond_arena *a);
// The stored value, or NULL.
void *pond_map_get(const pond_map *m, pond_sv key);
// A pointer to the value of `key`, valid until the next insertion. A key that is new is added with
// the value NULL; *is_new, unless it is NULL, says so.
void **pond_map_at(pond_map *m, pond_sv key, bool *is_new);

// FNV-1a with a final mix, for maps with few keys; may change from release to release.
uint64_t pond_hash64(pond_sv s);
// SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012).
uint64_t pond_siphash(const uint64_t key[2], pond_sv s);

#endif
