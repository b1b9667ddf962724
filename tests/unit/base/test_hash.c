// SHA-256 of bytes, parts and files.
#include "base/file.h"
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static const char *hex_of(pond_sha256 sum, char out[65]) {
    pond_sha256_hex(&sum, out);
    return out;
}

static void hashes_match_the_standard(void **state) {
    (void)state;
    char hex[65];
    assert_string_equal(hex_of(pond_sha256_of(POND_SV("")), hex),
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(hex_of(pond_sha256_of(POND_SV("abc")), hex),
                        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void a_hasher_fed_in_pieces_gives_the_sum_of_the_whole(void **state) {
    (void)state;
    pond_hasher *h = pond_hasher_new();
    pond_hasher_add(h, "a", 1);
    pond_hasher_add(h, NULL, 0);
    pond_hasher_add(h, "bc", 2);
    pond_sha256 sum = pond_hasher_finish(h), whole = pond_sha256_of(POND_SV("abc"));
    assert_memory_equal(sum.bytes, whole.bytes, 32);
}

// Short pieces are held back until there are some hundred bytes of them.
static void pieces_of_any_length_give_the_sum_of_the_whole(void **state) {
    (void)state;
    static char text[4000];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * 7 % 251);
    pond_sha256 whole = pond_sha256_of((pond_sv){text, sizeof text});
    for (size_t step = 1; step < 600; step += step < 20 ? 1 : 43) {
        pond_hasher *h = pond_hasher_new();
        for (size_t i = 0, n; i < sizeof text; i += n) {
            n = step + i % 3 * 100;
            n = n < sizeof text - i ? n : sizeof text - i;
            pond_hasher_add(h, text + i, n);
        }
        pond_sha256 sum = pond_hasher_finish(h);
        assert_memory_equal(sum.bytes, whole.bytes, 32);
    }
}

// Each byte at each of eight places.
static void only_lower_case_digits_are_hex(void **state) {
    (void)state;
    char hex[65];
    pond_sha256 sum = pond_sha256_of(POND_SV("abc")), back;
    for (int place = 0; place < 8; place++)
        for (int c = 0; c < 256; c++) {
            pond_sha256_hex(&sum, hex);
            hex[24 + place] = (char)c;
            bool is_digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
            assert_int_equal(pond_sha256_from_hex((pond_sv){hex, 64}, &back), is_digit);
            char again[65];
            pond_sha256_hex(&back, again);
            if (is_digit)
                assert_string_equal(again, hex);
        }
}

static pond_sha256 sum_of_parts(pond_sv a, pond_sv b) {
    pond_hasher *h = pond_hasher_new();
    pond_hasher_field(h, a);
    pond_hasher_field(h, b);
    return pond_hasher_finish(h);
}

static void parts_that_join_to_the_same_text_differ(void **state) {
    (void)state;
    pond_sha256 left = sum_of_parts(POND_SV("ab"), POND_SV("c"));
    pond_sha256 right = sum_of_parts(POND_SV("a"), POND_SV("bc"));
    assert_memory_not_equal(left.bytes, right.bytes, 32);
    // Stored fingerprints depend on the form: eight bytes of length, little end first.
    pond_sha256 plain = pond_sha256_of(POND_SV("\2\0\0\0\0\0\0\0ab\1\0\0\0\0\0\0\0c"));
    assert_memory_equal(left.bytes, plain.bytes, 32);
}

static void a_hash_is_a_part_like_any_other(void **state) {
    (void)state;
    pond_sha256 sum = pond_sha256_of(POND_SV("abc"));
    pond_hasher *h = pond_hasher_new();
    pond_hasher_sha(h, &sum);
    pond_hasher_field(h, POND_SV("c"));
    pond_sha256 both = pond_hasher_finish(h);
    pond_sha256 parts = sum_of_parts((pond_sv){(const char *)sum.bytes, 32}, POND_SV("c"));
    assert_true(pond_sha256_eq(&both, &parts));
    assert_false(pond_sha256_eq(&both, &sum));
}

static void a_file_has_the_sum_of_its_bytes(void **state) {
    (void)state;
    char path[] = "/tmp/pond-hash-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    enum { N = 200000 }; // more than one chunk
    char *bytes = pond_xmalloc(N);
    for (size_t i = 0; i < N; i++)
        bytes[i] = (char)(i * 7);
    assert_int_equal(pond_fd_write_all(fd, path, bytes, N, NULL), POND_OK);
    close(fd);

    pond_sha256 sum, whole = pond_sha256_of((pond_sv){bytes, N});
    uint64_t size_bytes = 0;
    assert_int_equal(pond_sha256_file(path, &sum, &size_bytes, NULL), POND_OK);
    assert_int_equal(size_bytes, N);
    assert_memory_equal(sum.bytes, whole.bytes, 32);
    assert_int_equal(pond_sha256_file(path, &sum, NULL, NULL), POND_OK);
    unlink(path);
    free(bytes);
}

static void a_missing_file_is_not_found_and_a_directory_cannot_be_read(void **state) {
    (void)state;
    pond_sha256 sum;
    pond_err err;
    assert_int_equal(pond_sha256_file("/nowhere/x", &sum, NULL, &err), POND_ERR_NOT_FOUND);
    assert_string_equal(err.msg, "cannot open '/nowhere/x': No such file or directory");
    assert_int_equal(pond_sha256_file("/tmp", &sum, NULL, &err), POND_ERR_INVALID);
    assert_string_equal(err.msg, "'/tmp' is a directory, not a file");
}

static void hex_reads_back_and_only_64_lower_case_digits_are_a_sum(void **state) {
    (void)state;
    char hex[66];
    pond_sha256 sum = pond_sha256_of(POND_SV("x")), back;
    pond_sha256_hex(&sum, hex);
    assert_int_equal(strlen(hex), 64);
    assert_true(pond_sha256_from_hex(pond_sv_of(hex), &back));
    assert_memory_equal(back.bytes, sum.bytes, 32);

    assert_false(pond_sha256_from_hex((pond_sv){hex, 63}, &back));
    assert_false(pond_sha256_from_hex(POND_SV(""), &back));
    hex[10] = 'g';
    assert_false(pond_sha256_from_hex(pond_sv_of(hex), &back));
    hex[10] = 'A';
    assert_false(pond_sha256_from_hex(pond_sv_of(hex), &back));
    strcpy(hex + 10, "000000000000000000000000000000000000000000000000000000a");
    assert_false(pond_sha256_from_hex(pond_sv_of(hex), &back)); // 65 digits
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_match_the_standard),
        cmocka_unit_test(a_hasher_fed_in_pieces_gives_the_sum_of_the_whole),
        cmocka_unit_test(pieces_of_any_length_give_the_sum_of_the_whole),
        cmocka_unit_test(only_lower_case_digits_are_hex),
        cmocka_unit_test(parts_that_join_to_the_same_text_differ),
        cmocka_unit_test(a_hash_is_a_part_like_any_other),
        cmocka_unit_test(a_file_has_the_sum_of_its_bytes),
        cmocka_unit_test(a_missing_file_is_not_found_and_a_directory_cannot_be_read),
        cmocka_unit_test(hex_reads_back_and_only_64_lower_case_digits_are_a_sum),
    };
    return cmocka_run_group_tests_name("base/hash", tests, NULL, NULL);
}
