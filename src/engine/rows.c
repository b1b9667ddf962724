#include "engine/engine_internal.h"

#include <stdlib.h>

struct pond_rows {
    pond_engine *e;
    pond_arena arena; // the schema and the arrays below
    pond_schema schema;
    duckdb_type *ids;    // of the cells: VARCHAR where the column was cast
    const void **data;   // of the current chunk, a vector for each column …
    uint64_t **validity; // … and which rows of it are not NULL; NULL: all
    duckdb_prepared_statement stmt;
    duckdb_result result;
    duckdb_data_chunk chunk;
    bool has_result;
};

// Running
// ------------------------------------------------------------------------------------------------

// SELECT c0, CAST(c1 AS VARCHAR), … FROM (sql) AS t(c0, c1, …): numbers for names, because a
// SELECT may give two columns the same one. False if there is nothing to cast.
static bool cast_rare_types(const pond_rows *r, pond_sv sql, pond_buf *out) {
    bool has_any = false;
    pond_sv body = pond_engine_select_body(sql);
    for (size_t i = 0; i < r->schema.n; i++) {
        bool is_plain = engine_type_is_plain(r->ids[i]);
        has_any = has_any || !is_plain;
        pond_buf_str(out, i == 0 ? "SELECT " : ", ");
        pond_buf_printf(out, is_plain ? "c%zu" : "CAST(c%zu AS VARCHAR)", i);
    }
    pond_buf_printf(out, " FROM (%.*s\n) AS t", POND_SV_ARG(body));
    for (size_t i = 0; i < r->schema.n; i++)
        pond_buf_printf(out, "%sc%zu", i == 0 ? "(" : ", ", i);
    pond_buf_char(out, ')');
    return has_any;
}

static pond_code prepare_rows(pond_rows *r, pond_sv sql, bool is_user_select, pond_err *err) {
    pond_engine *e = r->e;
    POND_TRY(engine_prepare(e, sql, &r->stmt, err));
    bool is_select = e->api->prepared_statement_type(r->stmt) == DUCKDB_STATEMENT_TYPE_SELECT;
    if (is_user_select && !is_select)
        return pond_fail(err, POND_ERR_QUERY, "a query is a single SELECT statement");
    POND_TRY(engine_describe(e, &r->arena, r->stmt, sql, &r->schema, &r->ids, err));
    pond_buf cast = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    if (is_select && cast_rare_types(r, sql, &cast)) {
        e->api->destroy_prepare(&r->stmt);
        rc = engine_prepare(e, pond_buf_view(&cast), &r->stmt, err);
        for (size_t i = 0; i < r->schema.n; i++)
            r->ids[i] = engine_type_is_plain(r->ids[i]) ? r->ids[i] : DUCKDB_TYPE_VARCHAR;
    }
    pond_buf_free(&cast);
    return rc;
}

static pond_code start_rows(pond_rows *r, pond_err *err) {
    const engine_api *api = r->e->api;
    duckdb_pending_result pending = NULL;
    pond_code rc = POND_OK;
    // Streaming is what keeps memory bounded: the other form collects the whole result first.
    if (api->pending_prepared_streaming(r->stmt, &pending) != DuckDBSuccess) {
        rc = engine_fail(err, api->pending_error(pending));
    } else if (atomic_load(&r->e->is_interrupted)) {
        rc = pond_fail(err, POND_ERR_CANCELLED, "interrupted");
    } else {
        r->has_result = true;
        if (api->execute_pending(pending, &r->result) != DuckDBSuccess)
            rc = engine_fail(err, api->result_error(&r->result));
    }
    api->destroy_pending(&pending);
    return rc;
}

static pond_code open_rows(pond_engine *e, pond_sv sql, bool is_user_select, pond_rows **out,
                           pond_err *err) {
    *out = NULL;
    pond_rows *r = pond_xmalloc(sizeof *r);
    *r = (pond_rows){.e = e};
    pond_arena_init(&r->arena);
    pond_code rc;
    POND_TRY_GOTO(rc, prepare_rows(r, sql, is_user_select, err), failed);
    r->data = POND_NEW_ARRAY(&r->arena, const void *, r->schema.n);
    r->validity = POND_NEW_ARRAY(&r->arena, uint64_t *, r->schema.n);
    POND_TRY_GOTO(rc, start_rows(r, err), failed);
    e->has_open_rows = true;
    *out = r;
    return POND_OK;
failed:
    pond_rows_close(r);
    return rc;
}

pond_code engine_run(pond_engine *e, pond_sv sql, pond_rows **out, pond_err *err) {
    return open_rows(e, sql, false, out, err);
}

pond_code pond_engine_query(pond_engine *e, pond_sv sql, pond_rows **out, pond_err *err) {
    return open_rows(e, sql, true, out, err);
}

pond_code pond_rows_next(pond_rows *r, size_t *n_rows, pond_err *err) {
    const engine_api *api = r->e->api;
    *n_rows = 0;
    api->destroy_data_chunk(&r->chunk);
    r->chunk = api->fetch_chunk(r->result);
    if (r->chunk == NULL) {
        const char *text = api->result_error(&r->result);
        return text != NULL && text[0] != '\0' ? engine_fail(err, text) : POND_OK;
    }
    *n_rows = api->data_chunk_get_size(r->chunk);
    for (size_t i = 0; i < r->schema.n; i++) {
        duckdb_vector v = api->data_chunk_get_vector(r->chunk, i);
        r->data[i] = api->vector_get_data(v);
        r->validity[i] = api->vector_get_validity(v);
    }
    return POND_OK;
}

void pond_rows_close(pond_rows *r) {
    if (r == NULL)
        return;
    const engine_api *api = r->e->api;
    api->destroy_data_chunk(&r->chunk);
    if (r->has_result)
        api->destroy_result(&r->result);
    api->destroy_prepare(&r->stmt);
    r->e->has_open_rows = false;
    pond_arena_deinit(&r->arena);
    free(r);
}

pond_schema pond_rows_schema(const pond_rows *r) {
    return r->schema;
}

// Cells
// ------------------------------------------------------------------------------------------------

bool pond_rows_is_null(const pond_rows *r, size_t column, size_t row) {
    const uint64_t *valid = r->validity[column];
    return valid != NULL && (valid[row / 64] >> (row % 64) & 1) == 0;
}

int64_t pond_rows_int(const pond_rows *r, size_t column, size_t row) {
    if (pond_rows_is_null(r, column, row))
        return 0;
    if (r->ids[column] == DUCKDB_TYPE_BOOLEAN)
        return ((const bool *)r->data[column])[row];
    POND_ASSERT(r->ids[column] == DUCKDB_TYPE_BIGINT);
    return ((const int64_t *)r->data[column])[row];
}

double pond_rows_double(const pond_rows *r, size_t column, size_t row) {
    POND_ASSERT(r->ids[column] == DUCKDB_TYPE_DOUBLE);
    return pond_rows_is_null(r, column, row) ? 0 : ((const double *)r->data[column])[row];
}

pond_sv pond_rows_text(const pond_rows *r, size_t column, size_t row) {
    POND_ASSERT(r->ids[column] == DUCKDB_TYPE_VARCHAR);
    if (pond_rows_is_null(r, column, row))
        return (pond_sv){"", 0};
    // A short text stands in the vector itself, a long one behind a pointer.
    const duckdb_string_t *s = (const duckdb_string_t *)r->data[column] + row;
    uint32_t n = s->value.inlined.length;
    return (pond_sv){
        n <= sizeof s->value.inlined.inlined ? s->value.inlined.inlined : s->value.pointer.ptr, n};
}

pond_code pond_engine_ints(pond_engine *e, pond_sv sql, int64_t null_as, int64_t *out, size_t n,
                           pond_err *err) {
    pond_rows *rows;
    POND_TRY(engine_run(e, sql, &rows, err));
    size_t n_rows;
    pond_code rc = pond_rows_next(rows, &n_rows, err);
    if (rc == POND_OK && (n_rows != 1 || rows->schema.n != n))
        rc = pond_fail(err, POND_ERR_INTERNAL, "a query gave %zu rows of %zu columns, not 1 of %zu",
                       n_rows, rows->schema.n, n);
    for (size_t i = 0; rc == POND_OK && i < n; i++)
        out[i] = pond_rows_is_null(rows, i, 0) ? null_as : pond_rows_int(rows, i, 0);
    pond_rows_close(rows);
    return rc;
}

void pond_rows_cell(const pond_rows *r, size_t column, size_t row, pond_buf *out) {
    if (pond_rows_is_null(r, column, row)) {
        pond_buf_str(out, "NULL");
    } else if (r->ids[column] == DUCKDB_TYPE_VARCHAR) {
        pond_buf_sv(out, pond_rows_text(r, column, row));
    } else {
        engine_cell(r->ids[column], r->data[column], row, out);
    }
}
