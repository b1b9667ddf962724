// Decompresses files with zlib, libzstd and libbz2.
#include "format/unpack.h"

#include "base/file.h"
#include "format/codec.h"
#include "format/space.h"

#include <bzlib.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { IN_BYTES = 1 << 18, OUT_BYTES = 1 << 20, LONGEST_MAGIC = 4 };

// Decoders ----------------------------------------------------------------------------------------

typedef struct decoder decoder;

typedef enum step_result {
    STEP_MORE, // the data goes on
    STEP_END,  // a member or frame has ended, and its checksum was right
    STEP_BAD,
} step_result;

// Some input, which a step consumes, and room for output, which it fills.
typedef struct step {
    const uint8_t *in;
    size_t n_in;
    uint8_t *out;
    size_t n_out;    // the room, and then what is left of it
    const char *why; // of STEP_BAD
} step;

typedef struct decoder_kind {
    bool (*is_magic)(const uint8_t first[LONGEST_MAGIC]); // how such a file begins
    bool (*open)(decoder *d);                             // false: out of memory
    step_result (*step)(decoder *d, step *s);
    void (*close)(decoder *d);
} decoder_kind;

struct decoder {
    const decoder_kind *kind;
    z_stream gzip;
    bz_stream bzip2;
    bool is_ended; // of gzip and bzip2: the next byte begins a member
    ZSTD_DStream *zstd;
};

static bool is_gzip(const uint8_t first[LONGEST_MAGIC]) {
    return first[0] == 0x1f && first[1] == 0x8b;
}

static bool gzip_open(decoder *d) {
    enum { GZIP_ONLY = 16 };
    d->gzip = (z_stream){0};
    return inflateInit2(&d->gzip, MAX_WBITS + GZIP_ONLY) == Z_OK;
}

static step_result gzip_step(decoder *d, step *s) {
    z_stream *z = &d->gzip;
    if (d->is_ended && inflateReset(z) != Z_OK)
        return STEP_BAD;
    z->next_in = (z_const Bytef *)(uintptr_t)s->in;
    z->avail_in = (uInt)s->n_in;
    z->next_out = s->out;
    z->avail_out = (uInt)s->n_out;
    int rc = inflate(z, Z_NO_FLUSH);
    s->in += s->n_in - z->avail_in;
    s->n_in = z->avail_in;
    s->n_out = z->avail_out;
    s->why = z->msg != NULL ? z->msg : "it cannot be decoded";
    d->is_ended = rc == Z_STREAM_END;
    return d->is_ended ? STEP_END : rc == Z_OK || rc == Z_BUF_ERROR ? STEP_MORE : STEP_BAD;
}

static void gzip_close(decoder *d) {
    inflateEnd(&d->gzip);
}

// Also a frame that is to be skipped, with which parallel compressors begin.
static bool is_zstd(const uint8_t first[LONGEST_MAGIC]) {
    return memcmp(first, "\x28\xb5\x2f\xfd", 4) == 0 ||
           ((first[0] & 0xf0) == 0x50 && memcmp(first + 1, "\x2a\x4d\x18", 3) == 0);
}

static bool zstd_open(decoder *d) {
    d->zstd = ZSTD_createDStream();
    return d->zstd != NULL;
}

static step_result zstd_step(decoder *d, step *s) {
    ZSTD_inBuffer in = {s->in, s->n_in, 0};
    ZSTD_outBuffer out = {s->out, s->n_out, 0};
    size_t rc = ZSTD_decompressStream(d->zstd, &out, &in);
    s->in += in.pos;
    s->n_in -= in.pos;
    s->n_out -= out.pos;
    if (!ZSTD_isError(rc))
        return rc == 0 ? STEP_END : STEP_MORE;
    s->why = ZSTD_getErrorName(rc);
    return STEP_BAD;
}

static void zstd_close(decoder *d) {
    ZSTD_freeDStream(d->zstd);
}

static bool is_bzip2(const uint8_t first[LONGEST_MAGIC]) {
    return memcmp(first, "BZh", 3) == 0 && first[3] >= '1' && first[3] <= '9';
}

static bool bzip2_open(decoder *d) {
    d->bzip2 = (bz_stream){0};
    return BZ2_bzDecompressInit(&d->bzip2, 0, 0) == BZ_OK;
}

static void bzip2_close(decoder *d) {
    BZ2_bzDecompressEnd(&d->bzip2);
}

static step_result bzip2_step(decoder *d, step *s) {
    bz_stream *b = &d->bzip2;
    if (d->is_ended) {
        bzip2_close(d);
        if (!bzip2_open(d))
            pond_out_of_memory(sizeof *b);
    }
    b->next_in = (char *)(uintptr_t)s->in;
    b->avail_in = (unsigned)s->n_in;
    b->next_out = (char *)s->out;
    b->avail_out = (unsigned)s->n_out;
    int rc = BZ2_bzDecompress(b);
    s->in += s->n_in - b->avail_in;
    s->n_in = b->avail_in;
    s->n_out = b->avail_out;
    s->why =
        rc == BZ_DATA_ERROR_MAGIC ? "no such data begins here" : "its data or a checksum is wrong";
    if (rc == BZ_MEM_ERROR)
        pond_out_of_memory(sizeof *b);
    d->is_ended = rc == BZ_STREAM_END;
    return d->is_ended ? STEP_END : rc == BZ_OK ? STEP_MORE : STEP_BAD;
}

static const decoder_kind kinds[] = {
    [POND_GZIP] = {is_gzip, gzip_open, gzip_step, gzip_close},
    [POND_ZSTD] = {is_zstd, zstd_open, zstd_step, zstd_close},
    [POND_BZIP2] = {is_bzip2, bzip2_open, bzip2_step, bzip2_close},
};

// Files -------------------------------------------------------------------------------------------

typedef struct unpacking {
    const char *path, *to, *codec; // the files, "gzip"
    pond_sv name;
    int in_fd, out_fd;
    uint8_t *in, *out;
    size_t at, n;       // the next byte of `in`, and the bytes in it
    uint64_t n_read;    // bytes of the file, with those in `in`
    uint64_t n_written; // with what a failed step has made
    format_space space;
    uint64_t n_lines; // line ends in it
    uint64_t n_ended; // members or frames
    bool is_inside;   // one that has not ended
    pond_meter *meter;
} unpacking;

// Reads until there are at least n_min bytes, or the file ends.
static pond_code fill(unpacking *u, size_t n_min, pond_err *err) {
    u->at = u->n = 0;
    while (u->n < n_min) {
        ssize_t got = read(u->in_fd, u->in + u->n, IN_BYTES - u->n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return pond_fail_errno(err, "cannot read '%.*s'", POND_SV_ARG(u->name));
        if (got == 0)
            break;
        u->n += (size_t)got;
    }
    u->n_read += u->n;
    pond_meter_reach(u->meter, u->n_read);
    return POND_OK;
}

static pond_code check_space(unpacking *u, pond_err *err) {
    uint64_t free_bytes;
    bool is_full;
    POND_TRY(format_space_check(&u->space, u->out_fd, u->n_written, &is_full, &free_bytes, err));
    if (!is_full)
        return POND_OK;
    return pond_fail(err, POND_ERR_LIMIT,
                     "'%.*s' does not fit on the disk of '%s': %" PRIu64
                     " MB of it are unpacked, and %" PRIu64 " MB are free",
                     POND_SV_ARG(u->name), u->to, u->n_written >> 20, free_bytes >> 20);
}

static void add_size(const unpacking *u, pond_err *err) {
    pond_err_detail(err,
                    "  what is before it unpacks to %" PRIu64 " bytes, %" PRIu64
                    " lines; get the whole file again",
                    u->n_written, u->n_lines);
}

static pond_code fail_step(const unpacking *u, const char *why, uint64_t began_at, pond_err *err) {
    uint64_t ended_at = u->n_read - (u->n - u->at);
    if (u->n_ended > 0 && !u->is_inside)
        pond_fail(err, POND_ERR_INVALID,
                  "'%.*s' is damaged: its %s data ends at byte %" PRIu64
                  ", and what follows is something else",
                  POND_SV_ARG(u->name), u->codec, began_at);
    else
        pond_fail(err, POND_ERR_INVALID,
                  "'%.*s' is damaged: its %s data has an error between byte %" PRIu64
                  " and byte %" PRIu64 " (%s)",
                  POND_SV_ARG(u->name), u->codec, began_at,
                  ended_at > began_at ? ended_at : u->n_read, why);
    add_size(u, err);
    return POND_ERR_INVALID;
}

static uint64_t count_lines(const uint8_t *p, size_t n) {
    uint64_t lines = 0;
    for (const uint8_t *end = p + n; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
        lines++;
    return lines;
}

// One call of the decoder. *is_full: it may have more output, without more input.
static pond_code run_step(unpacking *u, decoder *d, bool *is_full, pond_err *err) {
    step s = {u->in + u->at, u->n - u->at, u->out, OUT_BYTES, NULL};
    uint64_t began_at = u->n_read - s.n_in;
    step_result result = d->kind->step(d, &s);
    u->at = u->n - s.n_in;
    size_t n_made = OUT_BYTES - s.n_out;
    u->n_written += n_made;
    u->n_lines += count_lines(u->out, n_made);
    if (result == STEP_BAD)
        return fail_step(u, s.why, began_at, err);
    u->is_inside = result == STEP_MORE;
    u->n_ended += result == STEP_END;
    *is_full = result == STEP_MORE && s.n_out == 0;
    POND_TRY(pond_fd_write_all(u->out_fd, u->to, u->out, n_made, err));
    return check_space(u, err);
}

static pond_code check_magic(const unpacking *u, const decoder *d, pond_err *err) {
    uint8_t first[LONGEST_MAGIC] = {0};
    memcpy(first, u->in, u->n < LONGEST_MAGIC ? u->n : LONGEST_MAGIC);
    if (u->n == 0)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is empty", POND_SV_ARG(u->name));
    if (d->kind->is_magic(first))
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID,
                     "'%.*s' is not compressed with %s: its first bytes are different",
                     POND_SV_ARG(u->name), u->codec);
}

static pond_code unpack_all(unpacking *u, decoder *d, pond_err *err) {
    bool is_full = false;
    POND_TRY(fill(u, LONGEST_MAGIC, err));
    POND_TRY(check_magic(u, d, err));
    while (u->n > 0) {
        POND_TRY(run_step(u, d, &is_full, err));
        if (u->at == u->n && !is_full)
            POND_TRY(fill(u, 1, err));
    }
    if (!u->is_inside && u->n_written == 0)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is empty: it unpacks to 0 bytes",
                         POND_SV_ARG(u->name));
    if (!u->is_inside)
        return POND_OK;
    pond_fail(err, POND_ERR_INVALID,
              "'%.*s' is cut off: it ends at byte %" PRIu64 ", before the end of its %s data",
              POND_SV_ARG(u->name), u->n_read, u->codec);
    add_size(u, err);
    return POND_ERR_INVALID;
}

static pond_code open_files(unpacking *u, pond_err *err) {
    struct stat st;
    POND_TRY(pond_file_open_input(u->path, &u->in_fd, err));
    bool is_known = fstat(u->in_fd, &st) == 0 && S_ISREG(st.st_mode);
    pond_meter_begin(u->meter, "unpacking", false, is_known ? (uint64_t)st.st_size : 0);
    u->out_fd = open(u->to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return u->out_fd >= 0 ? POND_OK : pond_fail_errno(err, "cannot create '%s'", u->to);
}

static pond_code close_files(unpacking *u, pond_code rc, pond_err *err) {
    if (u->in_fd >= 0)
        close(u->in_fd);
    if (u->out_fd < 0)
        return rc;
    if (close(u->out_fd) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot close '%s'", u->to);
    if (rc != POND_OK && unlink(u->to) != 0)
        pond_wrap(err, rc, "cannot remove '%s' (%s)", u->to, strerror(errno));
    return rc;
}

pond_code pond_unpack(pond_compression c, const char *path, pond_sv name, const char *to,
                      pond_meter *meter, pond_err *err) {
    POND_ASSERT(c != POND_PLAIN);
    decoder d = {.kind = &kinds[c]};
    unpacking u = {.path = path,
                   .to = to,
                   .codec = pond_codec_name(c),
                   .name = name,
                   .meter = meter,
                   .in_fd = -1,
                   .out_fd = -1};
    pond_code rc = open_files(&u, err);
    if (rc != POND_OK)
        return close_files(&u, rc, err);
    if (!d.kind->open(&d))
        pond_out_of_memory(sizeof d);
    u.in = pond_xmalloc(IN_BYTES);
    u.out = pond_xmalloc(OUT_BYTES);
    rc = unpack_all(&u, &d, err);
    free(u.in);
    free(u.out);
    d.kind->close(&d);
    return close_files(&u, rc, err);
}
