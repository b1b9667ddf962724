// Rows: the cells of a running statement, as typed values or as text. Columns of rare types are
// cast to VARCHAR in the query, so that only the plain types of types.def are read here.
#include "engine/engine_internal.h"

#include <stdlib.h>

struct pond_rows {
    engine_stream stream;
    pond_arena arena;       // of the columns and the arrays below
    engine_columns columns; // ids: of the cells, VARCHAR where a column was cast
    const void **data;      // of the current chunk: a vector for each column …
    uint64_t **validity;    // … and a bit for each row, 0 for NULL; NULL: no row is NULL
    size_t n_rows, next;    // rows of the current chunk, and the next one for pond_rows_each
};

// Opening and closing -----------------------------------------------------------------------------

// SELECT c0, CAST(c1 AS VARCHAR), … FROM (sql) AS t(c0, c1, …). The names are numbers, because a
// SELECT may give two columns the same name. False if there is nothing to cast.
static bool cast_rare_types(const engine_columns *c, pond_sv sql, pond_buf *out) {
    bool has_any = false;
    pond_sv body = pond_engine_select_body(sql);
    for (size_t i = 0; i < c->schema.n; i++) {
        bool is_plain = engine_type_is_plain(c->ids[i]);
        has_any = has_any || !is_plain;
        pond_buf_str(out, i == 0 ? "SELECT " : ", ");
        pond_buf_printf(out, is_plain ? "c%zu" : "CAST(c%zu AS VARCHAR)", i);
    }
    pond_buf_printf(out, " FROM (%.*s\n) AS t", POND_SV_ARG(body));
    for (size_t i = 0; i < c->schema.n; i++)
        pond_buf_printf(out, "%sc%zu", i == 0 ? "(" : ", ", i);
    pond_buf_char(out, ')');
    return has_any;
}

static pond_code prepare_rows(pond_rows *r, pond_sv sql, pond_err *err) {
    pond_engine *e = r->stream.e;
    engine_columns *c = &r->columns;
    POND_TRY(engine_prepare(e, sql, &r->stream.stmt, err));
    if (e->api->prepared_statement_type(r->stream.stmt) != DUCKDB_STATEMENT_TYPE_SELECT)
        return pond_fail(err, POND_ERR_QUERY, "a query is a single SELECT statement");
    POND_TRY(engine_describe(e, &r->arena, r->stream.stmt, sql, c, err));
    pond_buf cast = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    if (cast_rare_types(c, sql, &cast)) {
        e->api->destroy_prepare(&r->stream.stmt);
        rc = engine_prepare(e, pond_buf_view(&cast), &r->stream.stmt, err);
        for (size_t i = 0; i < c->schema.n; i++)
            c->ids[i] = engine_type_is_plain(c->ids[i]) ? c->ids[i] : DUCKDB_TYPE_VARCHAR;
    }
    pond_buf_free(&cast);
    return rc;
}

pond_code pond_engine_query(pond_engine *e, pond_sv sql, pond_rows **out, pond_err *err) {
    *out = NULL;
    pond_rows *r = pond_xmalloc(sizeof *r);
    *r = (pond_rows){.stream.e = e};
    pond_arena_init(&r->arena);
    pond_code rc = prepare_rows(r, sql, err);
    if (rc == POND_OK) {
        r->data = POND_NEW_ARRAY(&r->arena, const void *, r->columns.schema.n);
        r->validity = POND_NEW_ARRAY(&r->arena, uint64_t *, r->columns.schema.n);
        rc = engine_stream_start(&r->stream, err);
    }
    if (rc == POND_OK)
        *out = r;
    else
        pond_rows_close(r);
    return rc;
}

void pond_rows_close(pond_rows *r) {
    if (r == NULL)
        return;
    engine_stream_close(&r->stream);
    pond_arena_deinit(&r->arena);
    free(r);
}

pond_schema pond_rows_schema(const pond_rows *r) {
    return r->columns.schema;
}

// Reading -----------------------------------------------------------------------------------------

pond_code pond_rows_next(pond_rows *r, size_t *n_rows, pond_err *err) {
    const engine_api *api = r->stream.e->api;
    idx_t n;
    const char *why = engine_stream_next(&r->stream, &n);
    *n_rows = r->n_rows = n;
    r->next = 0;
    if (why != NULL)
        return engine_fail(r->stream.e, err, why);
    for (size_t i = 0; n > 0 && i < r->columns.schema.n; i++) {
        duckdb_vector v = api->data_chunk_get_vector(r->stream.chunk, i);
        r->data[i] = api->vector_get_data(v);
        r->validity[i] = api->vector_get_validity(v);
    }
    return POND_OK;
}

bool pond_rows_each(pond_rows *r, size_t *row, pond_code *rc, pond_err *err) {
    if (*rc != POND_OK)
        return false;
    if (r->next == r->n_rows) {
        size_t n;
        *rc = pond_rows_next(r, &n, err);
        if (*rc != POND_OK || n == 0)
            return false;
    }
    *row = r->next++;
    return true;
}

// One statement ----------------------------------------------------------------------------------

pond_code pond_engine_exec(pond_engine *e, pond_sv sql, pond_err *err) {
    engine_stream s = {.e = e};
    pond_code rc = engine_stream_run(&s, sql, err);
    engine_stream_close(&s);
    return rc;
}

static int64_t int_of(engine_stream *s, idx_t column, int64_t null_as) {
    const engine_api *api = s->e->api;
    duckdb_vector v = api->data_chunk_get_vector(s->chunk, column);
    const uint64_t *valid = api->vector_get_validity(v);
    const void *data = api->vector_get_data(v);
    if (valid != NULL && (valid[0] & 1) == 0)
        return null_as;
    duckdb_logical_type type = api->column_logical_type(&s->result, column);
    duckdb_type id = api->get_type_id(type);
    api->destroy_logical_type(&type);
    POND_ASSERT(id == DUCKDB_TYPE_BOOLEAN || id == DUCKDB_TYPE_BIGINT);
    return id == DUCKDB_TYPE_BOOLEAN ? *(const bool *)data : *(const int64_t *)data;
}

static pond_code read_ints(engine_stream *s, int64_t null_as, int64_t *out, size_t n,
                           pond_err *err) {
    idx_t n_columns = s->e->api->column_count(&s->result), n_rows;
    const char *why = engine_stream_next(s, &n_rows);
    if (why != NULL)
        return engine_fail(s->e, err, why);
    if (n_rows != 1 || n_columns != n)
        return pond_fail(err, POND_ERR_INTERNAL,
                         "expected 1 row of %zu columns, the statement returned %zu of %zu", n,
                         (size_t)n_rows, (size_t)n_columns);
    for (size_t i = 0; i < n; i++)
        out[i] = int_of(s, i, null_as);
    return POND_OK;
}

pond_code pond_engine_ints(pond_engine *e, pond_sv sql, int64_t null_as, int64_t *out, size_t n,
                           pond_err *err) {
    engine_stream s = {.e = e};
    pond_code rc = engine_stream_run(&s, sql, err);
    if (rc == POND_OK)
        rc = read_ints(&s, null_as, out, n, err);
    engine_stream_close(&s);
    return rc;
}

// Cells -------------------------------------------------------------------------------------------

bool pond_rows_is_null(const pond_rows *r, size_t column, size_t row) {
    const uint64_t *valid = r->validity[column];
    return valid != NULL && (valid[row / 64] >> (row % 64) & 1) == 0;
}

int64_t pond_rows_int(const pond_rows *r, size_t column, size_t row) {
    if (pond_rows_is_null(r, column, row))
        return 0;
    if (r->columns.ids[column] == DUCKDB_TYPE_BOOLEAN)
        return ((const bool *)r->data[column])[row];
    POND_ASSERT(r->columns.ids[column] == DUCKDB_TYPE_BIGINT);
    return ((const int64_t *)r->data[column])[row];
}

pond_sv pond_rows_text(const pond_rows *r, size_t column, size_t row) {
    POND_ASSERT(r->columns.ids[column] == DUCKDB_TYPE_VARCHAR);
    if (pond_rows_is_null(r, column, row))
        return (pond_sv){"", 0};
    return engine_cell_text(r->data[column], row);
}

void pond_rows_cell(const pond_rows *r, size_t column, size_t row, pond_buf *out) {
    if (pond_rows_is_null(r, column, row))
        pond_buf_str(out, "NULL");
    else if (r->columns.ids[column] == DUCKDB_TYPE_VARCHAR)
        pond_buf_sv(out, pond_rows_text(r, column, row));
    else
        engine_cell(r->columns.ids[column], r->data[column], row, out);
}
