// Schemas: the columns of a statement, from the planner. Nothing runs.
#include "engine/engine_internal.h"

const pond_column *pond_schema_find(pond_schema s, pond_sv name) {
    for (size_t i = 0; i < s.n; i++)
        if (pond_sv_eq(s.items[i].name, name))
            return &s.items[i];
    return NULL;
}

// The SQL name; empty for a type whose name contains others (lists, structs, enums).
static pond_sv type_name(const engine_api *api, pond_arena *a, duckdb_logical_type type) {
    duckdb_type id = api->get_type_id(type);
    char *alias = api->logical_type_get_alias(type);
    pond_sv name = engine_type_sql(id);
    if (alias != NULL)
        name = pond_sv_dup(a, pond_sv_of(alias)); // JSON is an alias of VARCHAR
    else if (id == DUCKDB_TYPE_DECIMAL)
        name = pond_svf(a, "DECIMAL(%d,%d)", api->decimal_width(type), api->decimal_scale(type));
    api->free(alias);
    return name;
}

// Asks DuckDB for the type names that type_name does not know. DESCRIBE plans the query once more,
// which reads the footers of all its files again, so it is used only when needed.
static pond_code ask_for_types(pond_engine *e, pond_arena *a, pond_sv sql, pond_column *columns,
                               size_t n, pond_err *err) {
    pond_buf text = POND_BUF_EMPTY;
    engine_stream s = {.e = e};
    pond_sv body = pond_engine_select_body(sql);
    pond_buf_printf(&text, "DESCRIBE SELECT * FROM (%.*s\n)", POND_SV_ARG(body));
    pond_code rc = engine_stream_open(&s, pond_buf_view(&text), err);
    size_t at = 0;
    for (idx_t n_rows = 1; rc == POND_OK && n_rows > 0;) {
        const char *why = engine_stream_next(&s, &n_rows);
        if (why != NULL)
            rc = engine_fail(e, err, why);
        if (rc != POND_OK || n_rows == 0)
            break;
        const void *types = e->api->vector_get_data(e->api->data_chunk_get_vector(s.chunk, 1));
        for (idx_t i = 0; i < n_rows && at < n; i++, at++)
            columns[at].type = pond_sv_dup(a, engine_cell_text(types, i));
    }
    engine_stream_close(&s);
    pond_buf_free(&text);
    return rc;
}

pond_code engine_describe(pond_engine *e, pond_arena *a, duckdb_prepared_statement stmt,
                          pond_sv sql, engine_columns *out, pond_err *err) {
    size_t n = e->api->prepared_statement_column_count(stmt);
    pond_column *columns = POND_NEW_ARRAY(a, pond_column, n);
    duckdb_type *ids = POND_NEW_ARRAY(a, duckdb_type, n);
    bool has_all_names = true;
    for (size_t i = 0; i < n; i++) {
        const char *name = e->api->prepared_statement_column_name(stmt, i);
        columns[i].name = pond_sv_dup(a, pond_sv_of(name));
        e->api->free((void *)(uintptr_t)name); // the caller owns it, despite the const
        duckdb_logical_type type = e->api->prepared_statement_column_logical_type(stmt, i);
        columns[i].type = type_name(e->api, a, type);
        ids[i] = e->api->get_type_id(type);
        e->api->destroy_logical_type(&type);
        has_all_names = has_all_names && columns[i].type.n > 0;
    }
    if (!has_all_names)
        POND_TRY(ask_for_types(e, a, sql, columns, n, err));
    *out = (engine_columns){{columns, n}, ids};
    return POND_OK;
}

pond_code pond_engine_schema(pond_engine *e, pond_arena *a, pond_sv select, pond_schema *out,
                             pond_err *err) {
    duckdb_prepared_statement stmt = NULL;
    engine_columns columns;
    pond_engine planner = engine_on(e, e->plan_con);
    POND_TRY(engine_prepare(&planner, select, &stmt, err));
    pond_code rc = engine_describe(&planner, a, stmt, select, &columns, err);
    e->api->destroy_prepare(&stmt);
    if (rc == POND_OK)
        *out = columns.schema;
    return rc;
}
