// hash: SHA-256 over libcrypto, the name of every piece of content and the sum of every
// fingerprint.
#ifndef POND_BASE_HASH_H
#define POND_BASE_HASH_H

#include "base/err.h"
#include "base/str.h"

typedef struct pond_sha256 {
    uint8_t bytes[32];
} pond_sha256;

typedef struct pond_hasher pond_hasher; // wraps EVP_MD_CTX
pond_hasher *pond_hasher_new(void);     // never NULL
void pond_hasher_add(pond_hasher *h, const void *p, size_t n);
// Adds the length first, so that ("ab","c") and ("a","bc") differ: for fingerprints made of parts.
void pond_hasher_part(pond_hasher *h, pond_sv part);
pond_sha256 pond_hasher_finish(pond_hasher *h); // and frees it
void pond_hasher_free(pond_hasher *h);          // without a result

pond_sha256 pond_sha256_of(pond_sv bytes);
pond_code pond_sha256_file(const char *path, pond_sha256 *out, uint64_t *size_bytes,
                           pond_err *err) POND_MUST;
void pond_sha256_hex(const pond_sha256 *h, char out[65]);
bool pond_sha256_from_hex(pond_sv hex, pond_sha256 *out);

#endif
