#include "parquet/thrift.h"

#include "base/err.h"

enum { TYPE_TRUE = 1, TYPE_FALSE = 2, TYPE_I64 = 6, TYPE_LIST = 9 };

void pq_thrift_varint(pond_buf *out, uint64_t v) {
    for (; v >= 0x80; v >>= 7)
        pond_buf_char(out, (char)(v | 0x80));
    pond_buf_char(out, (char)v);
}

static void zigzag(pond_buf *out, int64_t v) {
    pq_thrift_varint(out, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

static void text(pond_buf *out, pond_sv v) {
    pq_thrift_varint(out, v.n);
    pond_buf_sv(out, v);
}

// The fields of Parquet's structs are so few that the distance to the last one fits into four bits.
static void field_header(pq_thrift *t, int field, int type) {
    int distance = field - t->last[t->depth];
    POND_ASSERT(distance > 0 && distance < 16);
    pond_buf_char(t->out, (char)(distance << 4 | type));
    t->last[t->depth] = field;
}

void pq_thrift_i32(pq_thrift *t, int field, int32_t v) {
    field_header(t, field, PQ_THRIFT_I32);
    zigzag(t->out, v);
}

void pq_thrift_i64(pq_thrift *t, int field, int64_t v) {
    field_header(t, field, TYPE_I64);
    zigzag(t->out, v);
}

void pq_thrift_bool(pq_thrift *t, int field, bool v) {
    field_header(t, field, v ? TYPE_TRUE : TYPE_FALSE);
}

void pq_thrift_text(pq_thrift *t, int field, pond_sv v) {
    field_header(t, field, PQ_THRIFT_TEXT);
    text(t->out, v);
}

void pq_thrift_begin(pq_thrift *t, int field) {
    field_header(t, field, PQ_THRIFT_STRUCT);
    pq_thrift_item_begin(t);
}

void pq_thrift_empty(pq_thrift *t, int field) {
    pq_thrift_begin(t, field);
    pq_thrift_end(t);
}

void pq_thrift_list(pq_thrift *t, int field, pq_thrift_type type, size_t n) {
    field_header(t, field, TYPE_LIST);
    if (n < 15) {
        pond_buf_char(t->out, (char)(n << 4 | (size_t)type));
        return;
    }
    pond_buf_char(t->out, (char)(0xF0 | type));
    pq_thrift_varint(t->out, n);
}

void pq_thrift_item_i32(pq_thrift *t, int32_t v) {
    zigzag(t->out, v);
}

void pq_thrift_item_text(pq_thrift *t, pond_sv v) {
    text(t->out, v);
}

void pq_thrift_item_begin(pq_thrift *t) {
    POND_ASSERT(t->depth + 1 < (int)(sizeof t->last / sizeof *t->last));
    t->last[++t->depth] = 0;
}

void pq_thrift_end(pq_thrift *t) {
    pond_buf_char(t->out, '\0');
    t->depth--;
}
