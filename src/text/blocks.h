// blocks: a text file in pieces that begin and end with whole records, so that several threads can
// read it.
#ifndef POND_TEXT_BLOCKS_H
#define POND_TEXT_BLOCKS_H

#include "base/vec.h"
#include "text/record.h"

#include "base/err.h"

#include <sys/stat.h>

typedef struct text_block {
    uint64_t offset, n; // bytes
    uint64_t line;      // of its first byte; known when the blocks before it were counted
    uint64_t rows;      // filled by the first reading
} text_block;
typedef POND_VEC(text_block) text_block_vec;

typedef struct text_file {
    const char *path;
    pond_sv name; // in messages
    struct stat st;
} text_file;

// Takes the file's size and identity; every later opening checks that it is the same one.
pond_code text_file_find(const char *path, pond_sv name, text_file *out, pond_err *err) POND_MUST;
pond_code text_file_open(const text_file *f, int *fd, pond_err *err) POND_MUST;
// Exactly n bytes, which the file had when it was found. The buffer has room for one more.
pond_code text_file_read(const text_file *f, int fd, uint64_t offset, char *p, size_t n,
                         pond_err *err) POND_MUST;
// Cuts what comes after `offset`, where a record begins, into blocks of about half a megabyte.
// LIMIT: a record is longer than 64 MB.
pond_code text_blocks_cut(pond_arena *a, const text_file *f, const pond_record_form *form,
                          uint64_t offset, text_block_vec *out, pond_err *err) POND_MUST;
// The place of a failure. The line is cut to what a place can hold.
pond_code text_fail(pond_err *err, const text_file *f, uint64_t line, size_t column,
                    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
// INVALID for bytes that are not UTF-8, and for NUL, with their place. `line` is that of the first
// byte. After the last one is another byte, of any value.
pond_code text_check_bytes(const text_file *f, uint64_t line, pond_sv bytes,
                           pond_err *err) POND_MUST;

#endif
