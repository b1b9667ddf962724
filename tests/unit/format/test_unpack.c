// Compressed files are read to their end: what is cut off, damaged or followed by something else is
// refused, wherever that is.
#include "fixture.h"

#include "base/hash.h"
#include "format/codec.h"
#include "format/unpack.h"

#include <bzlib.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

// Lines that compress, but not to nothing.
static pond_sv lines(pond_arena *a, int n) {
    pond_buf text = POND_BUF_EMPTY;
    uint32_t x = 1;
    for (int i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        pond_buf_printf(&text, "2024-01-01T00:00:00,%u\n", (unsigned)(x >> 12));
    }
    return pond_buf_keep(a, &text);
}

static pond_sv gzip(pond_arena *a, pond_sv text) {
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, text.n);
    char *out = pond_alloc(a, room);
    z.next_in = (z_const Bytef *)(uintptr_t)text.p;
    z.avail_in = (uInt)text.n;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    pond_sv packed = {out, room - z.avail_out};
    deflateEnd(&z);
    return packed;
}

static pond_sv zstd(pond_arena *a, pond_sv text) {
    ZSTD_CCtx *c = ZSTD_createCCtx();
    size_t room = ZSTD_compressBound(text.n);
    char *out = pond_alloc(a, room);
    ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
    size_t n = ZSTD_compress2(c, out, room, text.p, text.n);
    assert_false(ZSTD_isError(n));
    ZSTD_freeCCtx(c);
    return (pond_sv){out, n};
}

static pond_sv bzip2(pond_arena *a, pond_sv text) {
    unsigned room = (unsigned)(text.n + text.n / 100 + 600);
    char *out = pond_alloc(a, room);
    assert_int_equal(
        BZ2_bzBuffToBuffCompress(out, &room, (char *)(uintptr_t)text.p, (unsigned)text.n, 9, 0, 0),
        BZ_OK);
    return (pond_sv){out, room};
}

static pond_sv pack(pond_arena *a, pond_compression c, pond_sv text) {
    return c == POND_GZIP ? gzip(a, text) : c == POND_ZSTD ? zstd(a, text) : bzip2(a, text);
}

static pond_sv join(pond_arena *a, pond_sv x, pond_sv y) {
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_sv(&b, x);
    pond_buf_sv(&b, y);
    return pond_buf_keep(a, &b);
}

static pond_code unpack(fixture *f, pond_compression c, pond_sv packed) {
    assert_int_equal(pond_file_replace(in_dir(f, "x"), packed, &f->err), POND_OK);
    pond_err_clear(&f->err);
    return pond_unpack(c, in_dir(f, "x"), POND_SV("x"), in_dir(f, "plain"), NULL, &f->err);
}

static void assert_unpacks(fixture *f, pond_compression c, pond_sv packed, pond_sv want) {
    pond_buf got = POND_BUF_EMPTY;
    if (unpack(f, c, packed) != POND_OK)
        fail_msg("%s", f->err.msg);
    assert_int_equal(pond_file_read(in_dir(f, "plain"), &got, &f->err), POND_OK);
    assert_true(pond_sv_eq(pond_buf_view(&got), want));
    pond_buf_free(&got);
    assert_int_equal(unlink(in_dir(f, "plain")), 0);
}

static void assert_refused(fixture *f, pond_compression c, pond_sv packed, const char *message) {
    if (unpack(f, c, packed) != POND_ERR_INVALID || strstr(f->err.msg, message) == NULL)
        fail_msg("'%s' instead of '%s'", f->err.msg, message);
    assert_false(pond_path_exists(in_dir(f, "plain")));
}

enum { N_CODECS = 3 };
static const pond_compression codecs[N_CODECS] = {POND_GZIP, POND_ZSTD, POND_BZIP2};

static void all_of_a_file_is_unpacked(void **state) {
    fixture *f = *state;
    pond_arena *a = &f->arena;
    for (int i = 0; i < N_CODECS; i++) {
        pond_compression c = codecs[i];
        pond_sv small = lines(a, 3), large = lines(a, 200000);
        assert_unpacks(f, c, pack(a, c, small), small);
        assert_unpacks(f, c, pack(a, c, large), large);
        // Two of them, one after the other, are one text.
        assert_unpacks(f, c, join(a, pack(a, c, small), pack(a, c, large)), join(a, small, large));
        assert_unpacks(f, c, join(a, pack(a, c, large), pack(a, c, small)), join(a, large, small));
        assert_unpacks(f, c, join(a, pack(a, c, POND_SV("")), pack(a, c, small)), small);
    }
    // What compresses so well that a little input fills the output many times.
    pond_buf zeros = POND_BUF_EMPTY;
    for (int i = 0; i < 5 << 10; i++)
        pond_buf_append(&zeros, (char[1024]){0}, 1024);
    for (int i = 0; i < N_CODECS; i++)
        assert_unpacks(f, codecs[i], pack(a, codecs[i], pond_buf_view(&zeros)),
                       pond_buf_view(&zeros));
    pond_buf_free(&zeros);
    pond_sv skipped = {"\x50\x2a\x4d\x18\x04\0\0\0skip", 12}, text = lines(a, 10);
    assert_unpacks(f, POND_ZSTD, join(a, skipped, zstd(a, text)), text);
    assert_unpacks(f, POND_ZSTD, join(a, zstd(a, text), skipped), text);
}

static void what_is_cut_off_is_refused(void **state) {
    fixture *f = *state;
    pond_arena *a = &f->arena;
    pond_sv text = lines(a, 40);
    for (int i = 0; i < N_CODECS; i++) {
        pond_sv packed = pack(a, codecs[i], text), twice = join(a, packed, packed);
        for (size_t n = 4; n < packed.n; n++)
            assert_refused(f, codecs[i], pond_sv_sub(packed, 0, n), "is cut off");
        for (size_t n = packed.n + 1; n < twice.n; n++)
            assert_refused(f, codecs[i], pond_sv_sub(twice, 0, n), "is cut off");
        assert_refused(f, codecs[i], pond_sv_sub(packed, 0, packed.n - 1),
                       pond_printf(a,
                                   "'x' is cut off: it ends at byte %zu, before the end of its "
                                   "%s data",
                                   packed.n - 1, pond_codec_name(codecs[i])));
        assert_non_null(strstr(f->err.detail, "  what is before it unpacks to "));
        assert_refused(f, codecs[i], POND_SV(""), "'x' is empty");
        assert_refused(f, codecs[i], pack(a, codecs[i], POND_SV("")),
                       "'x' is empty: it unpacks to 0 bytes");
    }
}

static void what_is_damaged_is_refused(void **state) {
    fixture *f = *state;
    pond_arena *a = &f->arena;
    pond_sv text = lines(a, 40);
    for (int i = 0; i < N_CODECS; i++) {
        pond_sv packed = pack(a, codecs[i], text);
        const char *codec = pond_codec_name(codecs[i]);
        // A bit in the header, the data, the checksum, or the length. A few have no meaning, such
        // as gzip's time and what fills the last byte of data: then the text is right.
        int n_harmless = 0;
        for (size_t at = 0; at < packed.n; at++) {
            char *bytes = pond_cstr(a, packed);
            bytes[at] = (char)(bytes[at] ^ 0x10);
            pond_sv flipped = {bytes, packed.n};
            if (unpack(f, codecs[i], flipped) == POND_OK) {
                assert_int_equal(unlink(in_dir(f, "plain")), 0);
                assert_unpacks(f, codecs[i], flipped, text);
                n_harmless++;
            }
            assert_false(pond_path_exists(in_dir(f, "plain")));
        }
        assert_true(n_harmless <= 12);
        static const char *const tails[] = {"x", "garbage", "a,b\n1,2\n3,4\n"};
        for (size_t k = 0; k < 3; k++)
            assert_refused(f, codecs[i], join(a, packed, pond_sv_of(tails[k])),
                           k == 0 ? "'x' is" // may be the start of more
                                  : pond_printf(a,
                                                "'x' is damaged: its %s data ends at byte %zu, "
                                                "and what follows is something else",
                                                codec, packed.n));
        assert_refused(f, codecs[i], join(a, packed, (pond_sv){"\0\0\0\0\0\0\0\0", 8}),
                       "and what follows is something else");
        assert_refused(
            f, codecs[i], POND_SV("timestamp,v\n"),
            pond_printf(a, "'x' is not compressed with %s: its first bytes are different", codec));
    }
    assert_refused(f, POND_ZSTD, gzip(a, text), "'x' is not compressed with zstd");
    assert_refused(f, POND_GZIP, zstd(a, text), "'x' is not compressed with gzip");
    assert_refused(f, POND_BZIP2, gzip(a, text), "'x' is not compressed with bzip2");
    assert_refused(f, POND_BZIP2, POND_SV("BZh0"), "'x' is not compressed with bzip2");
}

static void files_that_cannot_be_opened(void **state) {
    fixture *f = *state;
    assert_int_equal(
        pond_unpack(POND_GZIP, "/nowhere.gz", POND_SV("n"), in_dir(f, "plain"), NULL, &f->err),
        POND_ERR_NOT_FOUND);
    assert_string_equal(f->err.msg, "cannot open '/nowhere.gz': No such file or directory");
    assert_false(pond_path_exists(in_dir(f, "plain")));
    // A file that is there already is another's.
    assert_int_equal(pond_file_replace(in_dir(f, "plain"), POND_SV("theirs"), &f->err), POND_OK);
    assert_int_equal(unpack(f, POND_GZIP, gzip(&f->arena, POND_SV("x"))), POND_ERR_EXISTS);
    assert_true(pond_path_exists(in_dir(f, "plain")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(all_of_a_file_is_unpacked),
        TEST(what_is_cut_off_is_refused),
        TEST(what_is_damaged_is_refused),
        TEST(files_that_cannot_be_opened),
    };
    return cmocka_run_group_tests_name("unpack", tests, NULL, NULL);
}
