// log_files: the files of logfile-ingest: those of the host, and those that the pond holds.
//
// The content of a file of the host is what its writer has written: unpacked if its name ends in
// .gz, .zst or .bz2, and without the NUL bytes at its beginning, which are the hole that a writer
// leaves who goes on at its old offset after the file was truncated. What the pond holds of a file
// is always the beginning of such a content, whatever the file was called then. So a file is
// recognised by its bytes and not by its name, its inode or its time.
#ifndef POND_FACTORY_LOG_FILES_H
#define POND_FACTORY_LOG_FILES_H

#include "base/blake3.h"
#include "base/map.h"
#include "factory/run.h"
#include "format/url.h"
#include "value/value.h"

#include <sys/stat.h>

enum { LOG_HEAD = 4096 };

typedef struct log_hash {
    uint8_t bytes[POND_BLAKE3_BYTES];
} log_hash;
void log_hash_hex(const log_hash *h, char out[65]);

typedef struct log_held log_held;

// A file of the host, as it was when the run began.
typedef struct log_file {
    const char *path;
    pond_sv name; // in the pond: its base name, without the ending of a compression
    bool is_active;
    pond_compression packed;
    struct stat st;
    const char *plain; // the path of its bytes, unpacked; NULL: not needed yet
    uint64_t n_nuls;   // at the beginning of these bytes
    uint64_t size;     // of the content
    log_hash hash;     // of the content
    bool is_settled;   // it was not changed lately, so the same `st` means the same bytes
    char head[LOG_HEAD];
    size_t n_head;  // 0: not read yet
    log_held *held; // what the pond holds of it; NULL: nothing
    bool is_skipped;
} log_file;
typedef POND_VEC(log_file *) log_file_vec;

// A file of the pond.
struct log_held {
    const pond_node *node;
    pond_sv name, new_name; // new_name is the same where nothing has moved
    pond_version_vec versions;
    uint64_t size;
    log_hash hash;
    char head[LOG_HEAD];
    size_t n_head;
    log_file *file; // that it is a beginning of; NULL: none
    bool was_active;
};
typedef POND_VEC(log_held *) log_held_vec;

// What this run knows, and what it remembers for the next one.
typedef struct log_memo {
    pond_map files; // path, or id of a node -> pond_sv *
    pond_object_builder next;
} log_memo;
pond_code log_memo_read(pond_run *r, log_memo *m, pond_err *err) POND_MUST;
pond_code log_memo_write(pond_run *r, log_memo *m, pond_err *err) POND_MUST;

// The regular files that a glob of the host matches, in path order; links to such are followed.
pond_code log_files_find(pond_run *r, pond_sv pattern, bool is_active, log_file_vec *out,
                         pond_err *err) POND_MUST;
// Finds out size and hash. *is_there is false, with a warning, for a packed file that cannot be
// unpacked, as while it is being written.
pond_code log_file_look(pond_run *r, log_file *f, log_memo *m, bool *is_there,
                        pond_err *err) POND_MUST;
// The series in a directory of the pond; none if it is missing.
pond_code log_held_find(pond_run *r, pond_sv dir, log_memo *m, log_held_vec *out,
                        pond_err *err) POND_MUST;

// Whether the content of a file begins with what is held, or with the content of another file.
pond_code log_file_starts(pond_run *r, log_file *f, const log_held *h, bool *out,
                          pond_err *err) POND_MUST;
pond_code log_file_starts_with_file(pond_run *r, log_file *f, log_file *other, bool *out,
                                    pond_err *err) POND_MUST;
// The hash of the first n bytes of the content, which has so many.
pond_code log_file_prefix(pond_run *r, log_file *f, uint64_t n, log_hash *out,
                          pond_err *err) POND_MUST;
// Copies the content from `from` on to a sink. CONFLICT if the file has changed since log_file_look.
pond_code log_file_copy(pond_run *r, log_file *f, uint64_t from, pond_sink to,
                        pond_err *err) POND_MUST;

#endif
