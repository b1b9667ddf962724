// BLAKE3 against the values that b3sum gives.
#include "base/blake3.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

// The bytes 0, 1, … 250, 0, 1, …, as in the test vectors of the authors.
static void expect(size_t n, size_t step, const char *hex) {
    pond_blake3 h;
    uint8_t hash[POND_BLAKE3_BYTES], piece[4096];
    char text[65];
    pond_blake3_init(&h);
    for (size_t at = 0; at < n;) {
        size_t take = n - at < step ? n - at : step;
        for (size_t i = 0; i < take; i++)
            piece[i] = (uint8_t)((at + i) % 251);
        pond_blake3_add(&h, piece, take);
        pond_blake3_hash(&h, hash); // does not end it
        at += take;
    }
    pond_blake3_hash(&h, hash);
    pond_hex(hash, sizeof hash, text);
    assert_string_equal(text, hex);
}

static void it_has_the_values_of_b3sum(void **state) {
    (void)state;
    static const struct {
        size_t n;
        const char *hex;
    } cases[] = {
        {0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
        {1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"},
        {63, "e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b"},
        {64, "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98"},
        {65, "de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee"},
        {1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"},
        {1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"},
        {1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"},
        {2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"},
        {2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"},
        {3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"},
        {3073, "7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3"},
        {5121, "628bd2cb2004694adaab7bbd778a25df25c47b9d4155a55f8fbd79f2fe154cff"},
        {31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"},
        {102400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"},
    };
    static const size_t steps[] = {1, 63, 64, 1000, 1024, 4096};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++)
            expect(cases[i].n, steps[k], cases[i].hex);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_has_the_values_of_b3sum)};
    return cmocka_run_group_tests_name("base/blake3", tests, NULL, NULL);
}
