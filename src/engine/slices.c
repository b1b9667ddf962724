// Slices: one scan, many Parquet files.
//
// A source file spans several slices, and decoding it again for each slice would cost more than
// writing the slices. So one connection streams the rows of the whole range, and they are cut where
// slices end:
//
//     e->con           SELECT …, time of each row
//                         │  chunks, as DuckDB cuts them
//                         ▼
//     the feed         the rows of the current slice
//                         │
//             ┌───────────┴───────────┐
//             ▼                       ▼  pond_slice_rows(), in full batches
//     pond's own writer        feed->copy_con   COPY (SELECT * FROM pond_slice_rows() …) TO 'draft'
//     (encode.c)
//
// Both write the same bytes. The own writer takes a quarter to a half of the time, and cannot write
// all types of columns; rows that are too large for it show up while they are read, and then the scan
// is begun again for COPY.
//
// The COPY is prepared once and runs for each slice, which takes half the time of a small file; so
// it always writes to the same path, and the file is renamed then. The feed copies rows into full
// batches for it because the ends of batches decide the ends of row groups: the bytes of a slice do
// not depend on the rows streamed before it.
#include "engine/engine_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct engine_feed {
    pond_engine *e;
    duckdb_connection copy_con;
    duckdb_selection_vector identity; // 0, 1, 2, …
    engine_stream stream;             // its last column is the time in microseconds
    idx_t at, n;                      // the next row of the chunk, and the rows in it
    uint64_t n_fetched;               // rows of all chunks so far
    const int64_t *times;             // of the chunk
    int64_t last_us;
    bool is_over;
    int64_t lo_us, hi_us;    // of the slice being written
    uint64_t n_given;        // rows of it so far
    pond_engine on_copy;     // the engine on copy_con
    engine_stream copy;      // the prepared COPY
    pond_buf copy_key;       // what it was prepared for; empty: nothing
    engine_encoder *encoder; // NULL until it is used
} engine_feed;

// The stream --------------------------------------------------------------------------------------

static pond_code open_stream(engine_feed *f, const pond_slice_scan *scan, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    f->stream = (engine_stream){.e = f->e};
    f->is_over = false;
    f->last_us = INT64_MIN;
    f->at = f->n = 0;
    f->n_fetched = 0;
    pond_buf_printf(&sql, "SELECT *, %.*s FROM (%.*s\n)", POND_SV_ARG(scan->time_us),
                    POND_SV_ARG(pond_engine_select_body(scan->select)));
    pond_code rc = scan->is_small ? engine_stream_run(&f->stream, pond_buf_view(&sql), err)
                                  : engine_stream_open(&f->stream, pond_buf_view(&sql), err);
    pond_buf_free(&sql);
    return rc;
}

// The columns of the stream but the last one, the time.
static idx_t count_columns(engine_feed *f) {
    return f->e->api->column_count(&f->stream.result) - 1;
}

static pond_sv column_name(engine_feed *f, idx_t i) {
    return pond_sv_of(f->e->api->column_name(&f->stream.result, i));
}

// Fetches the next chunk, or finds the end. Returns the text of a failure, or NULL; it lives until
// the stream is closed.
static const char *fetch(engine_feed *f) {
    const engine_api *api = f->e->api;
    f->at = 0;
    const char *why = engine_stream_next(&f->stream, &f->n);
    f->is_over = f->n == 0;
    if (f->is_over)
        return why;
    f->n_fetched += f->n;
    duckdb_vector times = api->data_chunk_get_vector(f->stream.chunk, count_columns(f));
    f->times = api->vector_get_data(times);
    const uint64_t *valid = api->vector_get_validity(times); // NULL: all of them
    for (idx_t i = 0; i < f->n; i++) {
        if (valid != NULL && (valid[i / 64] >> (i % 64) & 1) == 0)
            return "a row has no finite time";
        if (f->times[i] < f->last_us)
            return "the rows are not in time order";
        f->last_us = f->times[i];
    }
    return NULL;
}

// The table function ------------------------------------------------------------------------------

static void bind_rows(duckdb_bind_info info) {
    const engine_api *api = engine_loaded();
    engine_feed *f = api->bind_get_extra_info(info);
    // It has rows only while slices are written.
    if (!f->stream.has_result) {
        api->bind_set_error(info, "pond_slice_rows cannot be used in a query");
        return;
    }
    idx_t n = count_columns(f);
    for (idx_t i = 0; i < n; i++) {
        duckdb_logical_type type = api->column_logical_type(&f->stream.result, i);
        api->bind_add_result_column(info, api->column_name(&f->stream.result, i), type);
        api->destroy_logical_type(&type);
    }
}

static void init_rows(duckdb_init_info info) {
    engine_loaded()->init_set_max_threads(info, 1);
}

// Moves f->at to the first row of the current chunk that is in the slice, and returns the end of
// those rows.
static idx_t end_of_slice(engine_feed *f) {
    while (f->at < f->n && f->times[f->at] < f->lo_us)
        f->at++;
    idx_t end = f->at;
    while (end < f->n && f->times[end] < f->hi_us)
        end++;
    return end;
}

static void copy_rows(engine_feed *f, duckdb_data_chunk out, idx_t n, idx_t out_at) {
    const engine_api *api = f->e->api;
    idx_t n_columns = count_columns(f);
    for (idx_t c = 0; c < n_columns; c++)
        api->vector_copy_sel(api->data_chunk_get_vector(f->stream.chunk, c),
                             api->data_chunk_get_vector(out, c), f->identity, f->at + n, f->at,
                             out_at);
    f->at += n;
}

static void next_rows(duckdb_function_info info, duckdb_data_chunk out) {
    const engine_api *api = engine_loaded();
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
        idx_t end = end_of_slice(f), n = end - f->at;
        if (n == 0 && f->at < f->n)
            break; // the next row is after the slice
        if (n > room - n_out)
            n = room - n_out;
        copy_rows(f, out, n, n_out);
        n_out += n;
    }
    f->n_given += n_out;
    api->data_chunk_set_size(out, n_out);
}

// The feed ----------------------------------------------------------------------------------------

static pond_code register_function(engine_feed *f, pond_err *err) {
    const engine_api *api = f->e->api;
    duckdb_table_function t = api->create_table_function();
    api->table_function_set_name(t, "pond_slice_rows");
    api->table_function_set_extra_info(t, f, NULL);
    api->table_function_set_bind(t, bind_rows);
    api->table_function_set_init(t, init_rows);
    api->table_function_set_function(t, next_rows);
    duckdb_state state = api->register_table_function(f->copy_con, t);
    api->destroy_table_function(&t);
    if (state != DuckDBSuccess)
        return pond_fail(err, POND_ERR_INTERNAL, "the query engine rejected a table function");
    return POND_OK;
}

void engine_feed_free(engine_feed *f) {
    if (f == NULL)
        return;
    engine_stream_close(&f->copy);
    pond_buf_free(&f->copy_key);
    engine_encoder_free(f->encoder);
    f->e->api->destroy_selection_vector(f->identity);
    f->e->api->disconnect(&f->copy_con);
    free(f);
}

// Makes the feed of an engine at its first use; it is freed with the engine.
static pond_code make_feed(pond_engine *e, pond_err *err) {
    const engine_api *api = e->api;
    if (e->feed != NULL)
        return POND_OK;
    engine_feed *f = pond_xmalloc(sizeof *f);
    idx_t n = api->vector_size();
    *f = (engine_feed){.e = e, .stream.e = e, .identity = api->create_selection_vector(n)};
    sel_t *rows = api->selection_vector_get_data_ptr(f->identity);
    for (idx_t i = 0; i < n; i++)
        rows[i] = (sel_t)i;
    pond_code rc;
    if (api->connect(e->db, &f->copy_con) != DuckDBSuccess)
        rc = pond_fail(err, POND_ERR_INTERNAL, "the query engine refused a second connection");
    else
        rc = register_function(f, err);
    f->on_copy = engine_on(e, f->copy_con);
    f->copy.e = &f->on_copy;
    if (rc != POND_OK) {
        engine_feed_free(f);
        return rc;
    }
    e->feed = f;
    atomic_store(&e->feed_con, f->copy_con);
    return POND_OK;
}

// COPY --------------------------------------------------------------------------------------------

// Appends the columns of the stream. False if a type is not plain: it may have parameters, which
// this does not tell.
static bool append_columns(engine_feed *f, pond_buf *key) {
    const engine_api *api = f->e->api;
    bool is_complete = true;
    for (idx_t i = 0; i < count_columns(f); i++) {
        duckdb_logical_type type = api->column_logical_type(&f->stream.result, i);
        duckdb_type id = api->get_type_id(type);
        is_complete = is_complete && engine_type_is_plain(id);
        pond_buf_printf(key, "%d ", (int)id);
        pond_buf_sql_name(key, column_name(f, i));
        api->destroy_logical_type(&type);
    }
    return is_complete;
}

static void append_order(engine_feed *f, pond_buf *sql, pond_sv ties) {
    if (ties.n == 0)
        return;
    pond_buf_str(sql, " ORDER BY ");
    pond_buf_sql_name(sql, ties);
    for (idx_t i = 0; i < count_columns(f); i++) {
        pond_sv name = column_name(f, i);
        if (pond_sv_eq(name, ties))
            continue;
        pond_buf_str(sql, ", ");
        pond_buf_sql_name(sql, name);
    }
}

// Scans of like series share the prepared COPY.
static pond_code prepare_copy(engine_feed *f, const pond_slice_scan *scan, pond_err *err) {
    pond_buf select = POND_BUF_EMPTY, sql = POND_BUF_EMPTY, key = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    pond_buf_str(&select, "SELECT * FROM pond_slice_rows()");
    append_order(f, &select, scan->ties);
    engine_append_copy(&sql, pond_buf_view(&select), scan->draft);
    pond_buf_sv(&key, pond_buf_view(&sql));
    bool can_stay = append_columns(f, &key);
    if (!can_stay || !pond_sv_eq(pond_buf_view(&key), pond_buf_view(&f->copy_key))) {
        engine_stream_close(&f->copy);
        pond_buf_clear(&f->copy_key);
        rc = engine_prepare(&f->on_copy, pond_buf_view(&sql), &f->copy.stmt, err);
        if (rc == POND_OK && can_stay)
            pond_buf_sv(&f->copy_key, pond_buf_view(&key));
    }
    pond_buf_free(&key);
    pond_buf_free(&sql);
    pond_buf_free(&select);
    return rc;
}

// Without rows the draft stays, for the next slice to write over it.
static pond_code copy_slice(engine_feed *f, const pond_slice_scan *scan, pond_slice *s,
                            pond_err *err) {
    engine_stream *copy = &f->copy;
    const char *why = NULL;
    f->lo_us = s->lo_us;
    f->hi_us = s->hi_us;
    f->n_given = 0;
    pond_code rc = engine_stream_start(copy, err);
    for (idx_t n = 1; rc == POND_OK && why == NULL && n > 0;)
        why = engine_stream_next(copy, &n);
    if (why != NULL)
        rc = engine_fail(copy->e, err, why);
    engine_stream_end(copy);
    s->rows = f->n_given;
    s->is_hashed = false;
    if (rc == POND_OK && s->rows > 0 && rename(scan->draft, s->path) != 0)
        rc = pond_fail_errno(err, "cannot rename '%s' to '%s'", scan->draft, s->path);
    return rc;
}

static pond_code copy_slices(engine_feed *f, const pond_slice_scan *scan, pond_err *err) {
    POND_TRY(prepare_copy(f, scan, err));
    pond_code rc = POND_OK;
    for (size_t i = 0; rc == POND_OK && i < scan->n; i++)
        rc = copy_slice(f, scan, &scan->slices[i], err);
    if (rc != POND_OK) { // whatever state it is in
        engine_stream_close(&f->copy);
        pond_buf_clear(&f->copy_key);
    }
    return rc;
}

// The own writer ----------------------------------------------------------------------------------

static pond_code encode_rows(engine_feed *f, pond_slice *s, bool *fits, pond_err *err) {
    f->lo_us = s->lo_us;
    f->hi_us = s->hi_us;
    while (*fits && !f->is_over) {
        const char *why = f->at == f->n ? fetch(f) : NULL;
        if (why != NULL)
            return engine_fail(f->e, err, why);
        idx_t end = end_of_slice(f);
        if (end == f->at && f->at < f->n)
            break; // the next row is after the slice
        if (end == f->at)
            continue; // no further row of the chunk is in it
        POND_TRY(engine_encoder_append(f->encoder, &f->stream, f->times, f->at, end, fits, err));
        f->at = end;
    }
    return POND_OK;
}

static pond_code encode_slice(engine_feed *f, size_t ties, pond_slice *s, bool *fits,
                              pond_err *err) {
    pond_parquet_writer *w = engine_encoder_writer(f->encoder);
    pond_parquet_file file = {0};
    pond_parquet_begin(w, s->path, ties);
    pond_code rc = encode_rows(f, s, fits, err);
    if (rc == POND_OK && *fits)
        rc = pond_parquet_finish(w, &file, err);
    if (rc != POND_OK || !*fits)
        rc = pond_parquet_discard(w, rc, err);
    s->rows = file.rows;
    s->is_hashed = true;
    s->checksum = file.checksum;
    s->size_bytes = file.size_bytes;
    s->mtime_ns = file.mtime_ns;
    return rc;
}

static size_t find_column(engine_feed *f, pond_sv name) {
    idx_t n = count_columns(f), i = 0;
    while (i < n && !pond_sv_eq(column_name(f, i), name))
        i++;
    POND_ASSERT(i < n);
    return i;
}

static pond_code encode_slices(engine_feed *f, const pond_slice_scan *scan, bool *fits,
                               pond_err *err) {
    size_t ties = scan->ties.n > 0 ? find_column(f, scan->ties) : POND_PARQUET_UNSORTED;
    pond_code rc = POND_OK;
    for (size_t i = 0; rc == POND_OK && *fits && i < scan->n; i++)
        rc = encode_slice(f, ties, &scan->slices[i], fits, err);
    return rc;
}

// Both --------------------------------------------------------------------------------------------

// Reads what follows the last slice, only to count it.
static pond_code skip_rest(engine_feed *f, pond_err *err) {
    const char *why = NULL;
    while (!f->is_over && why == NULL)
        why = fetch(f);
    return why == NULL ? POND_OK : engine_fail(f->e, err, why);
}

// With `may_encode` and rows that are too large for it, *fits is false, and what was written is to be
// written again.
static pond_code run_scan(engine_feed *f, pond_slice_scan *scan, bool may_encode, bool *fits,
                          pond_err *err) {
    *fits = true;
    pond_code rc = open_stream(f, scan, err);
    if (rc == POND_OK)
        rc = may_encode && engine_encoder_begin(&f->encoder, &f->stream, count_columns(f))
                 ? encode_slices(f, scan, fits, err)
                 : copy_slices(f, scan, err);
    if (rc == POND_OK && *fits)
        rc = skip_rest(f, err);
    scan->rows = f->n_fetched;
    engine_stream_close(&f->stream);
    return rc;
}

pond_code pond_engine_write_slices(pond_engine *e, pond_slice_scan *scan, pond_err *err) {
    POND_TRY(make_feed(e, err));
    bool fits;
    pond_code rc = run_scan(e->feed, scan, true, &fits, err);
    if (rc == POND_OK && !fits)
        rc = run_scan(e->feed, scan, false, &fits, err);
    if (unlink(scan->draft) != 0 && errno != ENOENT && errno != ENOTDIR && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot remove '%s'", scan->draft);
    for (size_t i = 0; rc != POND_OK && i < scan->n; i++)
        rc = engine_discard_file(scan->slices[i].path, rc, err);
    return rc;
}
