// The numbers of fields and enums are those of parquet.thrift:
// https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
#include "parquet/footer.h"

#include "parquet/thrift.h"

enum { ZSTD = 6 };
enum { REQUIRED = 0, OPTIONAL = 1 };

typedef enum logical {
    LOGICAL_NONE,
    LOGICAL_MICROS,
    LOGICAL_UTC_MICROS,
    LOGICAL_MILLIS,
    LOGICAL_NANOS
} logical;

enum { NONE = -1 };
static const struct {
    int physical, converted;
    logical logical;
} kinds[] = {
#define KIND(name, type, class, physical, converted, logical)                                      \
    [POND_PARQUET_##name] = {physical, converted, LOGICAL_##logical},
#include "parquet/kinds.def"
#undef KIND
};

// Schema ------------------------------------------------------------------------------------------

static void append_timestamp(pq_thrift *t, logical l) {
    int unit = l == LOGICAL_MILLIS ? 1 : l == LOGICAL_NANOS ? 3 : 2;
    pq_thrift_begin(t, 10); // logicalType
    pq_thrift_begin(t, 8);  // TIMESTAMP
    pq_thrift_bool(t, 1, l == LOGICAL_UTC_MICROS);
    pq_thrift_begin(t, 2); // unit
    pq_thrift_empty(t, unit);
    pq_thrift_end(t);
    pq_thrift_end(t);
    pq_thrift_end(t);
}

static void append_schema(pq_thrift *t, const pq_column *columns, size_t n) {
    pq_thrift_list(t, 2, PQ_THRIFT_STRUCT, n + 1);
    pq_thrift_item_begin(t);
    pq_thrift_i32(t, 3, REQUIRED);
    pq_thrift_text(t, 4, POND_SV("duckdb_schema"));
    pq_thrift_i32(t, 5, (int32_t)n);
    pq_thrift_end(t);
    for (size_t i = 0; i < n; i++) {
        pond_parquet_kind kind = columns[i].kind;
        pq_thrift_item_begin(t);
        pq_thrift_i32(t, 1, kinds[kind].physical);
        pq_thrift_i32(t, 3, OPTIONAL);
        pq_thrift_text(t, 4, columns[i].name);
        if (kinds[kind].converted != NONE)
            pq_thrift_i32(t, 6, kinds[kind].converted);
        if (kinds[kind].logical != LOGICAL_NONE)
            append_timestamp(t, kinds[kind].logical);
        pq_thrift_end(t);
    }
}

// Row groups --------------------------------------------------------------------------------------

// The first two fields are older than the order of unsigned numbers.
static void append_statistics(pq_thrift *t, const pq_chunk *c, pq_class class) {
    const pq_bounds *b = &c->bounds;
    bool is_old = b->has_any && class != PQ_U32 && class != PQ_U64;
    pq_thrift_begin(t, 12);
    if (is_old && b->max.n > 0)
        pq_thrift_text(t, 1, b->max);
    if (is_old && b->min.n > 0)
        pq_thrift_text(t, 2, b->min);
    pq_thrift_i64(t, 3, c->n_nulls);
    if (c->dictionary_at > 0)
        pq_thrift_i64(t, 4, c->n_distinct);
    if (b->has_any) {
        pq_thrift_text(t, 5, b->max);
        pq_thrift_text(t, 6, b->min);
        pq_thrift_bool(t, 7, !b->is_max_cut);
        pq_thrift_bool(t, 8, !b->is_min_cut);
    }
    pq_thrift_end(t);
}

static void append_chunk(pq_thrift *t, const pq_chunk *c, const pq_column *column) {
    pq_thrift_item_begin(t);
    pq_thrift_i64(t, 2, 0); // file_offset, which nobody reads any more
    pq_thrift_begin(t, 3);
    pq_thrift_i32(t, 1, kinds[column->kind].physical);
    pq_thrift_list(t, 2, PQ_THRIFT_I32, 1);
    pq_thrift_item_i32(t, c->dictionary_at > 0 ? PQ_PLAIN_DICTIONARY : PQ_PLAIN);
    pq_thrift_list(t, 3, PQ_THRIFT_TEXT, 1);
    pq_thrift_item_text(t, column->name);
    pq_thrift_i32(t, 4, ZSTD);
    pq_thrift_i64(t, 5, c->n_values);
    pq_thrift_i64(t, 6, c->uncompressed_bytes);
    pq_thrift_i64(t, 7, c->compressed_bytes);
    pq_thrift_i64(t, 9, c->data_at);
    if (c->dictionary_at > 0)
        pq_thrift_i64(t, 11, c->dictionary_at);
    append_statistics(t, c, column->class);
    if (c->dictionary_at > 0) {
        pq_thrift_i64(t, 14, c->bloom_at);
        pq_thrift_i32(t, 15, (int32_t)c->bloom_bytes);
    }
    pq_thrift_end(t);
    pq_thrift_end(t);
}

static void append_group(pq_thrift *t, const pq_group *g, const pq_column *columns, size_t n) {
    int64_t uncompressed = 0, compressed = 0;
    pq_thrift_item_begin(t);
    pq_thrift_list(t, 1, PQ_THRIFT_STRUCT, n);
    for (size_t i = 0; i < n; i++) {
        append_chunk(t, &g->chunks[i], &columns[i]);
        uncompressed += g->chunks[i].uncompressed_bytes;
        compressed += g->chunks[i].compressed_bytes;
    }
    pq_thrift_i64(t, 2, uncompressed);
    pq_thrift_i64(t, 3, g->rows);
    pq_thrift_i64(t, 5, g->at);
    pq_thrift_i64(t, 6, compressed);
    pq_thrift_end(t);
}

// The file ----------------------------------------------------------------------------------------

static void append_bloom(pq_chunk *c, pond_buf *out) {
    size_t start = out->n;
    pq_thrift t = {.out = out};
    pq_thrift_i32(&t, 1, (int32_t)c->bloom.n);
    for (int field = 2; field <= 4; field++) { // split blocks, XXH64, not compressed
        pq_thrift_begin(&t, field);
        pq_thrift_empty(&t, 1);
        pq_thrift_end(&t);
    }
    pq_thrift_end(&t);
    pond_buf_sv(out, c->bloom);
    c->bloom_bytes = (int64_t)(out->n - start);
}

void pq_footer_blooms(pq_group_vec *groups, size_t n_columns, int64_t at, pond_buf *out) {
    size_t start = out->n;
    for (size_t g = 0; g < groups->n; g++) {
        for (size_t i = 0; i < n_columns; i++) {
            pq_chunk *c = &groups->items[g].chunks[i];
            if (c->bloom.n == 0)
                continue;
            c->bloom_at = at + (int64_t)(out->n - start);
            append_bloom(c, out);
        }
    }
}

void pq_footer_append(const pq_group_vec *groups, const pq_column *columns, size_t n_columns,
                      pond_sv created_by, pond_buf *out) {
    size_t start = out->n;
    int64_t rows = 0;
    pq_thrift t = {.out = out};
    for (size_t i = 0; i < groups->n; i++)
        rows += groups->items[i].rows;
    pq_thrift_i32(&t, 1, 1); // version
    append_schema(&t, columns, n_columns);
    pq_thrift_i64(&t, 3, rows);
    pq_thrift_list(&t, 4, PQ_THRIFT_STRUCT, groups->n);
    for (size_t i = 0; i < groups->n; i++)
        append_group(&t, &groups->items[i], columns, n_columns);
    pq_thrift_text(&t, 6, created_by);
    pq_thrift_list(&t, 7, PQ_THRIFT_STRUCT,
                   n_columns); // the order of each column is that of its type
    for (size_t i = 0; i < n_columns; i++) {
        pq_thrift_item_begin(&t);
        pq_thrift_empty(&t, 1);
        pq_thrift_end(&t);
    }
    pq_thrift_end(&t);
    uint32_t n_bytes = (uint32_t)(out->n - start);
    pond_buf_append(out, &n_bytes, sizeof n_bytes);
    pond_buf_str(out, "PAR1");
}
