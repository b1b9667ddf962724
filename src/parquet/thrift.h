// thrift: structs in the compact protocol, as Parquet's metadata are written. (format/thrift.h reads
// those of strangers.)
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
#ifndef POND_PARQUET_THRIFT_H
#define POND_PARQUET_THRIFT_H

#include "base/str.h"

// Fields are written in the order of their numbers. Begins as {.out = a buffer}, in a first struct.
typedef struct pq_thrift {
    pond_buf *out;
    int last[8]; // the field written last in each open struct
    int depth;
} pq_thrift;

typedef enum pq_thrift_type {
    PQ_THRIFT_I32 = 5,
    PQ_THRIFT_TEXT = 8,
    PQ_THRIFT_STRUCT = 12
} pq_thrift_type;

void pq_thrift_varint(pond_buf *out, uint64_t v);

void pq_thrift_i32(pq_thrift *t, int field, int32_t v);
void pq_thrift_i64(pq_thrift *t, int field, int64_t v);
void pq_thrift_bool(pq_thrift *t, int field, bool v);
void pq_thrift_text(pq_thrift *t, int field, pond_sv v);
void pq_thrift_begin(pq_thrift *t, int field); // a struct as a field; ends with pq_thrift_end
void pq_thrift_empty(pq_thrift *t, int field); // a struct without fields
// Begins a list as a field: n items follow.
void pq_thrift_list(pq_thrift *t, int field, pq_thrift_type type, size_t n);
void pq_thrift_item_i32(pq_thrift *t, int32_t v);
void pq_thrift_item_text(pq_thrift *t, pond_sv v);
void pq_thrift_item_begin(pq_thrift *t); // ends with pq_thrift_end
void pq_thrift_end(pq_thrift *t);        // of a struct; also of the first one

#endif
