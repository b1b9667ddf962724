// SHA-256 over libcrypto.
//
// By its plain functions, which OpenSSL 3 calls deprecated in favour of EVP: to find the digest by
// its name there costs more than hashing a small file, and brings most of libcrypto into the
// program, whose relocations take longer than everything else before main.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"

#include "base/file.h"

#include <endian.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <unistd.h>

// These functions of libcrypto cannot fail.
struct pond_hasher {
    SHA256_CTX state;
    // Fingerprints have many short fields, and a call of libcrypto costs more than a short field.
    size_t n_held;
    uint8_t held[256];
};

pond_hasher *pond_hasher_new(void) {
    pond_hasher *h = pond_xmalloc(sizeof *h);
    h->n_held = 0;
    POND_ASSERT(SHA256_Init(&h->state) == 1);
    return h;
}

static void pass_on(pond_hasher *h, const void *p, size_t n) {
    POND_ASSERT(SHA256_Update(&h->state, p, n) == 1);
}

void pond_hasher_add(pond_hasher *h, const void *p, size_t n) {
    if (n > sizeof h->held - h->n_held) {
        pass_on(h, h->held, h->n_held);
        h->n_held = 0;
    }
    if (n > sizeof h->held) {
        pass_on(h, p, n);
    } else if (n > 0) {
        memcpy(h->held + h->n_held, p, n);
        h->n_held += n;
    }
}

void pond_hasher_field(pond_hasher *h, pond_sv part) {
    uint8_t length[8]; // little endian on all machines, because fingerprints are stored
    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (uint8_t)((uint64_t)part.n >> (8 * i));
    pond_hasher_add(h, length, sizeof length);
    pond_hasher_add(h, part.p, part.n);
}

void pond_hasher_sha(pond_hasher *h, const pond_sha256 *sha) {
    pond_hasher_field(h, (pond_sv){(const char *)sha->bytes, sizeof sha->bytes});
}

pond_sha256 pond_hasher_finish(pond_hasher *h) {
    pond_sha256 sum;
    pass_on(h, h->held, h->n_held);
    POND_ASSERT(SHA256_Final(sum.bytes, &h->state) == 1);
    pond_hasher_free(h);
    return sum;
}

void pond_hasher_free(pond_hasher *h) {
    free(h);
}

pond_sha256 pond_sha256_of(pond_sv bytes) {
    pond_sha256 sum;
    SHA256_CTX state;
    POND_ASSERT(SHA256_Init(&state) == 1 && SHA256_Update(&state, bytes.p, bytes.n) == 1 &&
                SHA256_Final(sum.bytes, &state) == 1);
    return sum;
}

// Streams -----------------------------------------------------------------------------------------

static pond_code hash_and_pass(void *user, pond_sv bytes, pond_err *err) {
    pond_hashing *h = user;
    pond_hasher_add(h->hasher, bytes.p, bytes.n);
    h->size_bytes += bytes.n;
    return h->next.write == NULL ? POND_OK : h->next.write(h->next.user, bytes, err);
}

pond_sink pond_sink_hashing(pond_hashing *out, pond_sink next) {
    *out = (pond_hashing){.hasher = pond_hasher_new(), .next = next};
    return (pond_sink){hash_and_pass, out};
}

pond_code pond_sha256_fd(int fd, const char *name, pond_sha256 *out, uint64_t *size_bytes,
                         pond_err *err) {
    pond_hashing h;
    pond_sink nowhere = {NULL, NULL};
    pond_code rc = pond_fd_read_to(fd, name, pond_sink_hashing(&h, nowhere), err);
    *out = pond_hasher_finish(h.hasher);
    if (size_bytes != NULL)
        *size_bytes = h.size_bytes;
    return rc;
}

pond_code pond_sha256_file(const char *path, pond_sha256 *out, uint64_t *size_bytes,
                           pond_err *err) {
    int fd;
    POND_TRY(pond_file_open(path, &fd, err));
    pond_code rc = pond_sha256_fd(fd, path, out, size_bytes, err);
    close(fd); // nothing was written, so no error can be lost
    return rc;
}

// Hex ---------------------------------------------------------------------------------------------

void pond_sha256_hex(const pond_sha256 *h, char out[65]) {
    pond_hex(h->bytes, sizeof h->bytes, out);
}

// Eight digits become four bytes. Only lower case, so that a hash has one name. Manifests have very
// many, so all eight are computed at once, and compared with what the result is written as.
static bool bytes_of_hex(const char *hex, uint8_t out[4]) {
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t text;
    memcpy(&text, hex, sizeof text);
    text = le64toh(text);
    uint64_t digits = (text & each * 0x0F) + (text >> 6 & each) * 9; // letters have bit 6
    uint64_t above_9 = (digits + each * 0x76) >> 7 & each;
    uint64_t written = digits + each * '0' + above_9 * ('a' - '0' - 10);
    uint64_t pairs = digits << 4 | digits >> 8;
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(pairs >> 16 * i);
    return written == text && (digits & each * 0x10) == 0;
}

bool pond_sha256_from_hex(pond_sv hex, pond_sha256 *out) {
    bool is_hex = hex.n == 2 * sizeof out->bytes;
    for (size_t i = 0; i < sizeof out->bytes && is_hex; i += 4)
        is_hex = bytes_of_hex(hex.p + 2 * i, out->bytes + i);
    return is_hex;
}
