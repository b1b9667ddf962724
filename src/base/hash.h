// hash: SHA-256, which names the stored objects and sums up fingerprints. libcrypto computes it.
#ifndef POND_BASE_HASH_H
#define POND_BASE_HASH_H

#include "base/sink.h"

typedef struct pond_sha256 {
    uint8_t bytes[32];
} pond_sha256;
static inline bool pond_sha256_eq(const pond_sha256 *a, const pond_sha256 *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

typedef struct pond_hasher pond_hasher;
pond_hasher *pond_hasher_new(void); // never NULL
void pond_hasher_add(pond_hasher *h, const void *p, size_t n);
// Adds the length and then the bytes, so that ("ab","c") and ("a","bc") differ: for fingerprints,
// which are made of parts.
void pond_hasher_field(pond_hasher *h, pond_sv part);
// Adds a hash as a part.
void pond_hasher_sha(pond_hasher *h, const pond_sha256 *sha);
pond_sha256 pond_hasher_finish(pond_hasher *h); // frees h
void pond_hasher_free(pond_hasher *h);          // without a result; NULL is fine

pond_sha256 pond_sha256_of(pond_sv bytes);

// A sink that hashes and counts the bytes, and passes them on. The struct must live as long as the
// sink.
typedef struct pond_hashing {
    pond_hasher *hasher; // for pond_hasher_finish or pond_hasher_free
    pond_sink next;      // .write is NULL: nowhere
    uint64_t size_bytes;
} pond_hashing;
pond_sink pond_sink_hashing(pond_hashing *out, pond_sink next);

// Reads a descriptor to its end. *size_bytes may be NULL.
pond_code pond_sha256_fd(int fd, const char *name, pond_sha256 *out, uint64_t *size_bytes,
                         pond_err *err) POND_MUST;
// A regular file. *size_bytes receives its size; it may be NULL.
pond_code pond_sha256_file(const char *path, pond_sha256 *out, uint64_t *size_bytes,
                           pond_err *err) POND_MUST;
void pond_sha256_hex(const pond_sha256 *h, char out[65]);
// Accepts exactly the 64 lower-case digits that pond_sha256_hex writes.
bool pond_sha256_from_hex(pond_sv hex, pond_sha256 *out);

#endif
