// column: the rows of one column that wait for a row group, and what they are written as.
#ifndef POND_PARQUET_COLUMN_H
#define POND_PARQUET_COLUMN_H

#include "parquet/parquet.h"

#include "base/arena.h"

typedef enum pq_class {
    PQ_BOOL,
    PQ_I32,
    PQ_U32,
    PQ_I64,
    PQ_U64,
    PQ_F32,
    PQ_F64,
    PQ_TEXT,
} pq_class;

// Of a stored value, in bytes.
size_t pq_width(pq_class class);

// A text of a heap.
typedef struct pq_text {
    uint32_t at, n;
} pq_text;
static inline pond_sv pq_text_in(const char *heap, pq_text t) {
    return t.n == 0 ? (pond_sv){"", 0} : (pond_sv){heap + t.at, t.n};
}

// Rows lie side by side as they are stored: BOOL a byte, numbers 4 or 8 bytes, TEXT a pq_text. The
// bytes before the first value are room for what a page begins with.
enum { PQ_HEADROOM = 32 };
typedef struct pq_column {
    pond_sv name; // owned by the writer
    pond_parquet_kind kind;
    pq_class class;
    size_t width;      // of its class
    char *memory;      // PQ_HEADROOM bytes and the values
    size_t cap;        // rows that the memory has room for
    uint8_t *is_valid; // a byte for each row; NULL: all of them are
    size_t n_nulls;
    pond_buf heap; // the texts
} pq_column;

static inline void *pq_values(const pq_column *c) {
    return c->memory + PQ_HEADROOM;
}

void pq_column_init(pq_column *c, pond_parquet_column column, pond_sv name);
void pq_column_free(pq_column *c);
void pq_column_clear(pq_column *c); // of all rows
// Appends rows [from, to) of a vector to the n rows of the column.
void pq_column_append(pq_column *c, size_t n, pond_parquet_vector v, size_t from, size_t to,
                      pond_sv (*text)(const void *data, size_t row));
// Removes the first of n rows.
void pq_column_drop(pq_column *c, size_t n, size_t n_first);
// Less than, equal to or greater than 0, as row a belongs before b, beside it or after it.
int pq_column_compare(const pq_column *c, size_t a, size_t b);
// Puts row from[i] of the rows [first, first + n) at the place i; `from` counts from `first`.
void pq_column_permute(pq_column *c, size_t first, const uint32_t *from, size_t n);

#endif
