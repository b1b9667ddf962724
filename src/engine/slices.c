// slices: one scan, many files.
//
// A file of the source reaches over several slices, and decoding it again for each of them costs
// more than writing them. So one connection streams the rows of the whole stretch, and for each
// slice a second one runs a COPY over a table function that passes on the streamed rows up to the
// slice's end:
//
//     con       SELECT …, time   ──chunk──▶  feed  ──full batches──▶  COPY (FROM pond_slice_rows())
//     TO 'file'   copy_con
//
// The feed copies rows into full batches, since where a batch ends decides where a row group ends:
// a slice's bytes then do not depend on what was streamed before it.
#include "engine/engine_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct engine_feed {
    pond_engine *e;
    duckdb_prepared_statement stmt;
    duckdb_result result; // of the streaming SELECT; its last column is the time in microseconds
    bool is_open;
    duckdb_data_chunk chunk;
    idx_t at, n;          // next row of the chunk, rows in it
    const int64_t *times; // of the chunk
    int64_t last_us;
    bool is_over;
    int64_t lo_us, hi_us;             // the slice being written
    duckdb_selection_vector identity; // 0, 1, 2, …
} engine_feed;

// The stream
// ------------------------------------------------------------------------------------------------

static pond_code open_stream(engine_feed *f, pond_sv select, pond_sv time_column, pond_err *err) {
    pond_engine *e = f->e;
    pond_buf sql = POND_BUF_EMPTY;
    duckdb_pending_result pending = NULL;
    pond_buf_str(&sql, "SELECT *, epoch_us(CAST(");
    pond_buf_sql_name(&sql, time_column);
    pond_buf_printf(&sql, " AS TIMESTAMP)) FROM (%.*s\n)",
                    POND_SV_ARG(pond_engine_select_body(select)));
    pond_code rc = engine_prepare(e, pond_buf_view(&sql), &f->stmt, err);
    pond_buf_free(&sql);
    POND_TRY(rc);
    if (e->api->pending_prepared_streaming(f->stmt, &pending) != DuckDBSuccess) {
        rc = engine_fail(err, e->api->pending_error(pending));
    } else {
        f->is_open = true;
        if (e->api->execute_pending(pending, &f->result) != DuckDBSuccess)
            rc = engine_fail(err, e->api->result_error(&f->result));
    }
    e->api->destroy_pending(&pending);
    f->is_over = false;
    f->last_us = INT64_MIN;
    f->at = f->n = 0;
    return rc;
}

static void close_stream(engine_feed *f) {
    const engine_api *api = f->e->api;
    api->destroy_data_chunk(&f->chunk);
    if (f->is_open)
        api->destroy_result(&f->result);
    api->destroy_prepare(&f->stmt);
    f->is_open = false;
}

// The next chunk with rows, or the end. The text of a failure, or NULL; it lives with the result.
static const char *fetch(engine_feed *f) {
    const engine_api *api = f->e->api;
    for (f->at = f->n = 0; f->n == 0;) {
        api->destroy_data_chunk(&f->chunk);
        f->chunk = api->fetch_chunk(f->result);
        if (f->chunk == NULL) {
            const char *text = api->result_error(&f->result);
            f->is_over = true;
            return text != NULL && text[0] != '\0' ? text : NULL;
        }
        f->n = api->data_chunk_get_size(f->chunk);
    }
    idx_t time = api->column_count(&f->result) - 1;
    f->times = api->vector_get_data(api->data_chunk_get_vector(f->chunk, time));
    for (idx_t i = 0; i < f->n; i++) {
        if (f->times[i] < f->last_us)
            return "rows that should be in time order are not";
        f->last_us = f->times[i];
    }
    return NULL;
}

// The table function
// ------------------------------------------------------------------------------------------------

// DuckDB calls these without a place for our table of functions, so it comes through the extra
// info, and the first call, for the extra info itself, through the table that engine_load keeps.
static const engine_api *loaded(void) {
    const engine_api *api = NULL;
    pond_code rc = engine_load(&api, NULL);
    POND_ASSERT(rc == POND_OK); // an engine is open
    return api;
}

static void bind_rows(duckdb_bind_info info) {
    const engine_api *api = loaded();
    engine_feed *f = api->bind_get_extra_info(info);
    // A user's query can name the function as well; it has rows only while slices are written.
    if (!f->is_open) {
        api->bind_set_error(info, "pond_slice_rows is not for queries");
        return;
    }
    idx_t n = api->column_count(&f->result) - 1;
    for (idx_t i = 0; i < n; i++) {
        duckdb_logical_type type = api->column_logical_type(&f->result, i);
        api->bind_add_result_column(info, api->column_name(&f->result, i), type);
        api->destroy_logical_type(&type);
    }
}

static void init_rows(duckdb_init_info info) {
    loaded()->init_set_max_threads(info, 1);
}

// Rows of the slice in the current chunk: [f->at, *end). The chunk is left at the first row behind
// the slice.
static idx_t rows_of_slice(engine_feed *f) {
    while (f->at < f->n && f->times[f->at] < f->lo_us)
        f->at++;
    idx_t end = f->at;
    while (end < f->n && f->times[end] < f->hi_us)
        end++;
    return end;
}

static void copy_rows(engine_feed *f, duckdb_data_chunk out, idx_t n, idx_t out_at) {
    const engine_api *api = f->e->api;
    idx_t n_columns = api->column_count(&f->result) - 1;
    for (idx_t c = 0; c < n_columns; c++)
        api->vector_copy_sel(api->data_chunk_get_vector(f->chunk, c),
                             api->data_chunk_get_vector(out, c), f->identity, f->at + n, f->at,
                             out_at);
    f->at += n;
}

static void next_rows(duckdb_function_info info, duckdb_data_chunk out) {
    const engine_api *api = loaded();
    engine_feed *f = api->function_get_extra_info(info);
    idx_t n_out = 0, room = api->vector_size();
    while (n_out < room && !f->is_over) {
        if (f->at == f->n) {
            const char *why = fetch(f);
            if (why != NULL) {
                api->function_set_error(info, why);
                return;
            }
            continue;
        }
        idx_t end = rows_of_slice(f), n = end - f->at;
        if (n == 0 && f->at < f->n)
            break; // the next row is behind the slice
        if (n > room - n_out)
            n = room - n_out;
        copy_rows(f, out, n, n_out);
        n_out += n;
    }
    api->data_chunk_set_size(out, n_out);
}

static pond_code make_feed(pond_engine *e, pond_err *err) {
    const engine_api *api = e->api;
    if (e->feed != NULL)
        return POND_OK;
    e->feed = pond_xmalloc(sizeof *e->feed);
    *e->feed = (engine_feed){.e = e};
    if (api->connect(e->db, &e->copy_con) != DuckDBSuccess)
        return pond_fail(err, POND_ERR_INTERNAL, "the query engine gave no second connection");
    idx_t n = api->vector_size();
    e->feed->identity = api->create_selection_vector(n);
    sel_t *rows = api->selection_vector_get_data_ptr(e->feed->identity);
    for (idx_t i = 0; i < n; i++)
        rows[i] = (sel_t)i;
    duckdb_table_function t = api->create_table_function();
    api->table_function_set_name(t, "pond_slice_rows");
    api->table_function_set_extra_info(t, e->feed, NULL);
    api->table_function_set_bind(t, bind_rows);
    api->table_function_set_init(t, init_rows);
    api->table_function_set_function(t, next_rows);
    duckdb_state state = api->register_table_function(e->copy_con, t);
    api->destroy_table_function(&t);
    return state == DuckDBSuccess
               ? POND_OK
               : pond_fail(err, POND_ERR_INTERNAL, "the query engine took no table function");
}

void engine_feed_free(pond_engine *e) {
    if (e->feed == NULL)
        return;
    e->api->destroy_selection_vector(e->feed->identity);
    e->api->disconnect(&e->copy_con);
    free(e->feed);
    e->feed = NULL;
}

// Writing
// ------------------------------------------------------------------------------------------------

// A view of the engine that runs statements on the second connection.
static pond_engine on_copy_connection(const pond_engine *e) {
    pond_engine view = {.api = e->api, .db = e->db, .con = e->copy_con};
    atomic_store(&view.is_interrupted, atomic_load(&e->is_interrupted));
    return view;
}

static pond_code write_slice(engine_feed *f, pond_sv order, pond_slice *s, pond_err *err) {
    f->lo_us = s->lo_us;
    f->hi_us = s->hi_us;
    pond_engine view = on_copy_connection(f->e);
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT * FROM pond_slice_rows()");
    pond_buf_sv(&sql, order);
    pond_code rc = pond_engine_write_parquet(&view, pond_buf_view(&sql), s->path, &s->stats, err);
    pond_buf_free(&sql);
    if (rc == POND_OK && s->stats.rows == 0 && unlink(s->path) != 0)
        return pond_fail_errno(err, "cannot remove '%s'", s->path);
    return rc;
}

pond_code pond_engine_write_slices(pond_engine *e, pond_sv select, pond_sv time_column,
                                   pond_sv order, pond_slice *slices, size_t n, pond_err *err) {
    POND_TRY(make_feed(e, err));
    pond_code rc = open_stream(e->feed, select, time_column, err);
    size_t n_written = 0;
    for (; rc == POND_OK && n_written < n; n_written++)
        rc = write_slice(e->feed, order, &slices[n_written], err);
    close_stream(e->feed);
    for (size_t i = 0; rc != POND_OK && i < n_written; i++)
        unlink(slices[i].path); // the failed one is gone already
    return rc;
}
