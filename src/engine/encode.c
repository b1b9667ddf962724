// Rows for the Parquet writer: the columns of a stream as vectors of their kinds. Columns of rare
// types (DECIMAL, lists, JSON …) have none: their files are left to COPY.
#include "engine/engine_internal.h"

#include <stdlib.h>

struct engine_encoder {
    const engine_zstd *zstd;
    void *context; // of zstd
    pond_buf created_by;
    pond_parquet_codec codec;
    pond_parquet_writer *writer;  // NULL until there are columns
    pond_parquet_vector *vectors; // one for each of its columns
    size_t n_columns;
};

// The functions of the writer ---------------------------------------------------------------------

static size_t compress(void *state, void *to, size_t room, const void *from, size_t n) {
    const engine_encoder *e = state;
    enum { LEVEL = 3 }; // of COPY
    size_t size = e->zstd->compress(e->context, to, room, from, n, LEVEL);
    return e->zstd->is_error(size) ? 0 : size;
}

static uint64_t hash(const void *p, size_t n) {
    return engine_loaded()->zstd.xxh64(p, n, 0);
}

static engine_encoder *make_encoder(const engine_api *api) {
    void *context = api->zstd.create();
    if (context == NULL)
        return NULL;
    engine_encoder *e = pond_xmalloc(sizeof *e);
    *e = (engine_encoder){.zstd = &api->zstd, .context = context, .created_by = POND_BUF_EMPTY};
    pond_buf_printf(&e->created_by, "DuckDB version %s (build %s)", pond_engine_version(),
                    api->zstd.source_id());
    e->codec = (pond_parquet_codec){.state = e,
                                    .compress = compress,
                                    .bound = api->zstd.bound,
                                    .hash = hash,
                                    .text = engine_cell_text,
                                    .created_by = pond_buf_view(&e->created_by)};
    return e;
}

void engine_encoder_free(engine_encoder *e) {
    if (e == NULL)
        return;
    pond_parquet_free(e->writer);
    free(e->vectors);
    e->zstd->release(e->context);
    pond_buf_free(&e->created_by);
    free(e);
}

// Columns -----------------------------------------------------------------------------------------

static bool kind_of(duckdb_type id, pond_parquet_kind *out) {
    switch (id) {
#define KIND(name, type, class, physical, converted, logical)                                      \
    case DUCKDB_TYPE_##name:                                                                       \
        *out = POND_PARQUET_##name;                                                                \
        return true;
#include "parquet/kinds.def"
#undef KIND
    default:
        return false;
    }
}

// A type with a name of its own (JSON) is written as something else.
static bool read_column(const engine_api *api, engine_stream *s, idx_t i,
                        pond_parquet_column *out) {
    duckdb_logical_type type = api->column_logical_type(&s->result, i);
    char *alias = api->logical_type_get_alias(type);
    bool is_known = alias == NULL && kind_of(api->get_type_id(type), &out->kind);
    api->free(alias);
    api->destroy_logical_type(&type);
    out->name = pond_sv_of(api->column_name(&s->result, i));
    return is_known;
}

// Keeps the writer if it is one for these columns.
static void use_columns(engine_encoder *e, const pond_parquet_column *columns, size_t n) {
    if (e->writer != NULL && pond_parquet_has_columns(e->writer, columns, n))
        return;
    pond_parquet_free(e->writer);
    e->writer = pond_parquet_new(&e->codec, columns, n);
    e->vectors = pond_xrealloc(e->vectors, n * sizeof *e->vectors);
    e->n_columns = n;
}

bool engine_encoder_begin(engine_encoder **encoder, engine_stream *s, idx_t n) {
    const engine_api *api = s->e->api;
    if (!api->zstd.is_complete || n == 0)
        return false;
    pond_parquet_column *columns = pond_xmalloc(n * sizeof *columns);
    bool are_known = true;
    for (idx_t i = 0; are_known && i < n; i++)
        are_known = read_column(api, s, i, &columns[i]);
    if (are_known && *encoder == NULL)
        *encoder = make_encoder(api);
    if (are_known && *encoder != NULL)
        use_columns(*encoder, columns, n);
    free(columns);
    return are_known && *encoder != NULL;
}

pond_parquet_writer *engine_encoder_writer(engine_encoder *e) {
    return e->writer;
}

pond_code engine_encoder_append(engine_encoder *e, engine_stream *s, const int64_t *times,
                                idx_t from, idx_t to, bool *fits, pond_err *err) {
    const engine_api *api = s->e->api;
    for (size_t i = 0; i < e->n_columns; i++) {
        duckdb_vector v = api->data_chunk_get_vector(s->chunk, i);
        e->vectors[i] = (pond_parquet_vector){api->vector_get_data(v), api->vector_get_validity(v)};
    }
    return pond_parquet_append(e->writer, e->vectors, times, from, to, fits, err);
}
