// parquet: writes Parquet files, row group by row group: the bytes that the query engine's COPY
// writes for the same rows, in a quarter to a half of its time.
//
// Why there is a writer of our own: an export is made of many files, and what COPY spends on a file
// (a statement) and on a column (a hash table for a dictionary that most measurements do not get)
// was most of its cost. Because the bytes are the same, whatever this room cannot write is left to
// COPY, and nobody sees a difference: docs/architecture.md, "How an export gets its speed".
//
// What decides the bytes: https://parquet.apache.org/docs/file-format/ for the format; and from
// DuckDB 1.5.6, when a column has a dictionary, how runs are cut, which bounds are written. Tests
// compare the bytes of both for each kind of column (tests/unit/engine/test_parquet.c).
//
// Owns      the bytes of Parquet. Knows nothing of the engine: vectors, compression and hashes come
//           from outside.
// Includes  base/*
// Promises  memory for one row group; a file that was begun is finished, or discarded.
#ifndef POND_PARQUET_PARQUET_H
#define POND_PARQUET_PARQUET_H

#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

// Of a row group; the last one of a file has fewer. Small enough that one of each worker fits into
// memory, and what readers skip.
enum { POND_PARQUET_GROUP_ROWS = 122880 };

typedef enum pond_parquet_kind {
#define KIND(name, type, class, physical, converted, logical) POND_PARQUET_##name,
#include "parquet/kinds.def"
#undef KIND
} pond_parquet_kind;

typedef struct pond_parquet_column {
    pond_sv name;
    pond_parquet_kind kind;
} pond_parquet_column;

// Rows of a column in memory: an array of the type of its kind. BOOLEAN: 0 or 1.
typedef struct pond_parquet_vector {
    const void *data;
    const uint64_t *valid; // a bit for each row, 0 for NULL; NULL: no row is NULL
} pond_parquet_vector;

// The functions of the engine that have a part in the bytes.
typedef struct pond_parquet_codec {
    void *state;
    // zstd, level 3. Returns the size, which is at most bound(n); 0: it failed.
    size_t (*compress)(void *state, void *to, size_t room, const void *from, size_t n);
    size_t (*bound)(size_t n);
    uint64_t (*hash)(const void *p, size_t n);     // XXH64 with the seed 0
    pond_sv (*text)(const void *data, size_t row); // of a VARCHAR vector
    pond_sv created_by;
} pond_parquet_codec;

// What a finished file is.
typedef struct pond_parquet_file {
    uint64_t rows, size_bytes;
    pond_sha256 checksum;
    int64_t mtime_ns; // of its last change
} pond_parquet_file;

typedef struct pond_parquet_writer pond_parquet_writer;

// A writer makes one file after another, all with these columns. The codec must outlive it; the
// columns and their names need not. Freed by pond_parquet_free.
pond_parquet_writer *pond_parquet_new(const pond_parquet_codec *codec,
                                      const pond_parquet_column *columns, size_t n);
void pond_parquet_free(pond_parquet_writer *w); // no file is begun any more; NULL is fine
bool pond_parquet_has_columns(const pond_parquet_writer *w, const pond_parquet_column *columns,
                              size_t n);

// Begins the file that will be new at `path`, which must live as long. It is made with the first row
// group. The rows of equal times are sorted by the column `ties`, and then by all columns from the
// first to the last: ascending, NULL last, NaN after every number, texts by their bytes.
#define POND_PARQUET_UNSORTED SIZE_MAX // `ties` of rows that keep their order
void pond_parquet_begin(pond_parquet_writer *w, const char *path, size_t ties);
// Appends the rows [from, to) of the vectors. `times` has the times of all their rows, which ascend.
// *fits is false if rows are so large that COPY would make smaller row groups of them: then nothing
// more can be appended, and the file is to be discarded.
pond_code pond_parquet_append(pond_parquet_writer *w, const pond_parquet_vector *vectors,
                              const int64_t *times, size_t from, size_t to, bool *fits,
                              pond_err *err) POND_MUST;
// Ends the file: it is complete, and not synced. Without rows there is none, and out->rows is 0.
pond_code pond_parquet_finish(pond_parquet_writer *w, pond_parquet_file *out,
                              pond_err *err) POND_MUST;
// Removes the file that was begun, if any, after the failure `rc`, and returns that; POND_OK if
// there was none and nothing fails.
pond_code pond_parquet_discard(pond_parquet_writer *w, pond_code rc, pond_err *err) POND_MUST;

#endif
