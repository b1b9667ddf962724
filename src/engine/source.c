// Sources: table functions over rows that the program makes.
#include "engine/engine_internal.h"

#include <stdlib.h>

// What a table function is about. It lives as long as its engine.
typedef struct engine_source {
    pond_engine *e;
    const pond_row_source *source;
    struct engine_source *next;
} engine_source;

// One reading of a source.
typedef struct reading {
    const engine_source *of;
    void *cursor;
    pond_cells *cells;
    idx_t *columns; // of the source: which one each column of the output is
    idx_t n_columns;
} reading;

// The text that DuckDB passes on is not all of an error, so it is kept beside the statement.
static const char *keep_error(const engine_source *s, const pond_err *err) {
    pond_err *copy = pond_xmalloc(sizeof *copy);
    *copy = *err;
    free(atomic_exchange(&s->e->source_err, copy));
    return "a source of rows failed";
}

static void bind_source(duckdb_bind_info info) {
    const engine_api *api = engine_loaded();
    const engine_source *s = api->bind_get_extra_info(info);
    pond_schema schema = s->source->schema;
    for (size_t i = 0; i < schema.n; i++) {
        duckdb_logical_type type =
            api->create_logical_type(engine_type_of_sql(schema.items[i].type));
        char *name = strndup(schema.items[i].name.p, schema.items[i].name.n);
        if (name == NULL)
            pond_out_of_memory(schema.items[i].name.n);
        api->bind_add_result_column(info, name, type);
        free(name);
        api->destroy_logical_type(&type);
    }
    if (s->source->is_known)
        api->bind_set_cardinality(info, s->source->rows, true);
}

static void free_reading(void *user) {
    reading *r = user;
    if (r->cursor != NULL)
        r->of->source->close(r->cursor);
    free(r->cells);
    free(r->columns);
    free(r);
}

static void init_source(duckdb_init_info info) {
    const engine_api *api = engine_loaded();
    const engine_source *s = api->init_get_extra_info(info);
    size_t n = s->source->schema.n;
    pond_err err = {.code = POND_OK};
    reading *r = pond_xmalloc(sizeof *r);
    bool *is_wanted = pond_xmalloc(n + 1);
    *r = (reading){.of = s, .n_columns = api->init_get_column_count(info)};
    r->cells = pond_xmalloc((n + 1) * sizeof *r->cells);
    r->columns = pond_xmalloc((r->n_columns + 1) * sizeof *r->columns);
    memset(is_wanted, 0, n);
    for (idx_t i = 0; i < r->n_columns; i++) {
        r->columns[i] = api->init_get_column_index(info, i);
        if (r->columns[i] < n) // else it is none of the columns: only the number of rows is wanted
            is_wanted[r->columns[i]] = true;
    }
    if (s->source->open(s->source->user, is_wanted, &r->cursor, &err) != POND_OK)
        api->init_set_error(info, keep_error(s, &err));
    free(is_wanted);
    api->init_set_max_threads(info, 1);
    api->init_set_init_data(info, r, free_reading);
}

static void copy_texts(const engine_api *api, duckdb_vector out, const pond_cells *cells,
                       size_t n) {
    const pond_sv *texts = cells->values;
    for (size_t i = 0; i < n; i++)
        if (cells->valid[i / 64] >> (i % 64) & 1)
            api->vector_assign_string_element_len(out, i, texts[i].p, texts[i].n);
}

static size_t size_of(duckdb_type id) {
    return id == DUCKDB_TYPE_BOOLEAN     ? sizeof(bool)
           : id == DUCKDB_TYPE_USMALLINT ? sizeof(uint16_t)
           : id == DUCKDB_TYPE_DATE      ? sizeof(int32_t)
                                         : sizeof(int64_t);
}

static void copy_column(const engine_api *api, duckdb_vector out, duckdb_type id,
                        const pond_cells *cells, size_t n) {
    size_t n_words = (n + 63) / 64;
    bool is_all = true;
    for (size_t i = 0; i < n && is_all; i += 64) {
        uint64_t all = n - i >= 64 ? UINT64_MAX : (UINT64_C(1) << (n - i)) - 1;
        is_all = (cells->valid[i / 64] & all) == all;
    }
    if (!is_all) {
        api->vector_ensure_validity_writable(out);
        memcpy(api->vector_get_validity(out), cells->valid, n_words * sizeof *cells->valid);
    }
    if (id == DUCKDB_TYPE_VARCHAR)
        copy_texts(api, out, cells, n);
    else
        memcpy(api->vector_get_data(out), cells->values, n * size_of(id));
}

static void next_rows(duckdb_function_info info, duckdb_data_chunk out) {
    const engine_api *api = engine_loaded();
    reading *r = api->function_get_init_data(info);
    const pond_row_source *s = r->of->source;
    pond_err err = {.code = POND_OK};
    size_t n;
    if (s->next(r->cursor, r->cells, &n, &err) != POND_OK) {
        api->function_set_error(info, keep_error(r->of, &err));
        return;
    }
    for (idx_t i = 0; i < r->n_columns; i++)
        if (r->columns[i] < s->schema.n)
            copy_column(api, api->data_chunk_get_vector(out, i),
                        engine_type_of_sql(s->schema.items[r->columns[i]].type),
                        &r->cells[r->columns[i]], n);
    api->data_chunk_set_size(out, n);
}

void engine_sources_free(engine_source *s) {
    while (s != NULL) {
        engine_source *next = s->next;
        free(s);
        s = next;
    }
}

pond_code pond_engine_add_source(pond_engine *e, const char *name, const pond_row_source *source,
                                 pond_err *err) {
    const engine_api *api = e->api;
    engine_source *s = pond_xmalloc(sizeof *s);
    *s = (engine_source){.e = e, .source = source, .next = e->sources};
    e->sources = s;
    duckdb_table_function t = api->create_table_function();
    api->table_function_set_name(t, name);
    api->table_function_set_extra_info(t, s, NULL);
    api->table_function_supports_projection_pushdown(t, true);
    api->table_function_set_bind(t, bind_source);
    api->table_function_set_init(t, init_source);
    api->table_function_set_function(t, next_rows);
    duckdb_state state = api->register_table_function(e->con, t);
    api->destroy_table_function(&t);
    return state == DuckDBSuccess
               ? POND_OK
               : pond_fail(err, POND_ERR_INTERNAL, "the query engine rejected a table function");
}
