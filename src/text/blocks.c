// Blocks: reads a file in pieces, and finds where they may end.
#include "text/blocks.h"

#include "base/file.h"

#include <stdlib.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 19, RECORD_BYTES = 64 << 20 };

pond_code text_fail(pond_err *err, const text_file *f, uint64_t line, size_t column,
                    const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pond_vfail_at(err, POND_ERR_INVALID, f->name.p, f->name.n, line, column, fmt, args);
    va_end(args);
    return POND_ERR_INVALID;
}

// Where a byte is, for a message.
static void find_place(const char *p, size_t at, uint64_t *line, size_t *column) {
    size_t begin = 0;
    for (size_t i = 0; i < at; i++)
        if (p[i] == '\n' || (p[i] == '\r' && p[i + 1] != '\n')) {
            ++*line;
            begin = i + 1;
        }
    *column = at - begin + 1;
}

pond_code text_check_bytes(const text_file *f, uint64_t line, pond_sv bytes, pond_err *err) {
    ptrdiff_t bad = pond_utf8_find_bad(bytes);
    const char *nul = memchr(bytes.p, '\0', bytes.n);
    if (bad < 0 && nul == NULL)
        return POND_OK;
    size_t at =
        nul != NULL && (bad < 0 || nul - bytes.p < bad) ? (size_t)(nul - bytes.p) : (size_t)bad;
    size_t column;
    find_place(bytes.p, at, &line, &column);
    if (bytes.p[at] == '\0')
        return text_fail(err, f, line, column,
                         "a NUL byte, which is no text; was the file cut off, or is it UTF-16 "
                         "(&encoding=utf-16le)?");
    text_fail(err, f, line, column, "the byte 0x%02x is not UTF-8", (unsigned char)bytes.p[at]);
    pond_err_detail(err, "  say in which charset the file is written: &encoding=latin1, "
                         "&encoding=windows-1252, … (iconv -l lists them)");
    return POND_ERR_INVALID;
}

pond_code text_file_find(const char *path, pond_sv name, text_file *out, pond_err *err) {
    *out = (text_file){.path = path, .name = name};
    int fd;
    POND_TRY(pond_file_open(path, &fd, err));
    pond_code rc = fstat(fd, &out->st) != 0 ? pond_fail_errno(err, "'%s'", path) : POND_OK;
    close(fd); // opened for reading only
    return rc;
}

static pond_code fail_changed(const text_file *f, pond_err *err) {
    return pond_fail(err, POND_ERR_CONFLICT,
                     "'%.*s' was changed while it was read; try again when it is complete",
                     POND_SV_ARG(f->name));
}

pond_code text_file_open(const text_file *f, int *fd, pond_err *err) {
    struct stat st;
    POND_TRY(pond_file_open(f->path, fd, err));
    if (fstat(*fd, &st) == 0 && st.st_size == f->st.st_size && st.st_ino == f->st.st_ino &&
        st.st_dev == f->st.st_dev && st.st_mtim.tv_sec == f->st.st_mtim.tv_sec &&
        st.st_mtim.tv_nsec == f->st.st_mtim.tv_nsec)
        return POND_OK;
    close(*fd);
    return fail_changed(f, err);
}

pond_code text_file_read(const text_file *f, int fd, uint64_t offset, char *p, size_t n,
                         pond_err *err) {
    while (n > 0) {
        ssize_t got = pread(fd, p, n, (off_t)offset);
        if (got < 0)
            return pond_fail_errno(err, "reading '%.*s'", POND_SV_ARG(f->name));
        if (got == 0)
            return fail_changed(f, err);
        p += got;
        n -= (size_t)got;
        offset += (uint64_t)got;
    }
    return POND_OK;
}

typedef struct cutting {
    const text_file *file;
    int fd;
    char *buffer;
    size_t cap;
} cutting;

// The block that begins at `offset`. Its record may be longer than the buffer, which then grows.
static pond_code cut_block(cutting *c, const pond_record_form *form, uint64_t offset, size_t *out,
                           pond_err *err) {
    uint64_t left = (uint64_t)c->file->st.st_size - offset;
    for (size_t had = 0;;) {
        size_t n = left < c->cap ? (size_t)left : c->cap;
        POND_TRY(text_file_read(c->file, c->fd, offset + had, c->buffer + had, n - had, err));
        *out = n == left ? n : pond_records_cut(form, c->buffer, n);
        if (*out > 0)
            return POND_OK;
        if (c->cap >= RECORD_BYTES)
            return pond_fail(err, POND_ERR_LIMIT,
                             "'%.*s': the record that begins at byte %llu is longer than %d MB; is "
                             "a quote never closed?",
                             POND_SV_ARG(c->file->name), (unsigned long long)offset,
                             RECORD_BYTES >> 20);
        had = n;
        c->cap *= 2;
        c->buffer = pond_xrealloc(c->buffer, c->cap);
    }
}

pond_code text_blocks_cut(pond_arena *a, const text_file *f, const pond_record_form *form,
                          uint64_t offset, text_block_vec *out, pond_err *err) {
    uint64_t size = (uint64_t)f->st.st_size;
    if (size - offset <= BLOCK_BYTES) {
        if (offset < size)
            *pond_vec_push(a, out) = (text_block){.offset = offset, .n = size - offset};
        return POND_OK;
    }
    cutting c = {.file = f, .cap = BLOCK_BYTES};
    POND_TRY(text_file_open(f, &c.fd, err));
    c.buffer = pond_xmalloc(c.cap);
    pond_code rc = POND_OK;
    while (rc == POND_OK && offset < size) {
        size_t n = 0;
        rc = cut_block(&c, form, offset, &n, err);
        *pond_vec_push(a, out) = (text_block){.offset = offset, .n = n};
        offset += n;
    }
    free(c.buffer);
    close(c.fd);
    return rc;
}
