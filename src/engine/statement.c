// Statements: parses, binds and runs SQL, one statement at a time. DuckDB accepts several in one
// text, but this program never does, so they are counted before one is bound. A running statement
// is a stream of chunks, which keeps memory bounded; DuckDB's other way to run one collects the
// whole result first, and is for small results (engine_stream_run).
#include "engine/engine_internal.h"

#include <stdlib.h>

// Parsing and binding -----------------------------------------------------------------------------

static char *text_of(pond_sv sql) {
    char *text = pond_xmalloc(sql.n + 1);
    if (sql.n > 0)
        memcpy(text, sql.p, sql.n);
    text[sql.n] = '\0';
    return text;
}

static pond_code extract_one(pond_engine *e, pond_sv sql, duckdb_extracted_statements *out,
                             pond_err *err) {
    if (sql.n > 0 && memchr(sql.p, '\0', sql.n) != NULL)
        return pond_fail(err, POND_ERR_QUERY, "the query contains a NUL byte");
    char *text = text_of(sql);
    engine_enter(e);
    idx_t n = e->api->extract_statements(e->con, text, out);
    engine_leave(e);
    free(text);
    if (n == 1)
        return POND_OK;
    const char *why = e->api->extract_statements_error(*out);
    if (why != NULL)
        return engine_fail(e, err, why);
    if (n == 0)
        return pond_fail(err, POND_ERR_QUERY, "the query is empty");
    // A PIVOT that has to find its values first is two statements for DuckDB.
    pond_sv body = pond_engine_select_body(sql);
    pond_sv rest = pond_sv_sub(sql, (size_t)(body.p - sql.p) + body.n, sql.n);
    if (engine_first_word(rest).n == 0)
        return pond_fail(err, POND_ERR_QUERY,
                         "PIVOT must list its values: PIVOT … ON column IN (value, …)");
    return pond_fail(err, POND_ERR_QUERY, "only one statement is allowed here, found %zu",
                     (size_t)n);
}

pond_code engine_parse(pond_engine *e, pond_sv sql, pond_err *err) {
    duckdb_extracted_statements statements = NULL;
    pond_code rc = extract_one(e, sql, &statements, err);
    e->api->destroy_extracted(&statements);
    return rc;
}

pond_code engine_fail_parameters(pond_err *err) {
    return pond_fail(err, POND_ERR_QUERY,
                     "the query has parameters ('?' or '$1'); write the values into the query");
}

static pond_code bind(pond_engine *e, duckdb_extracted_statements statements,
                      duckdb_prepared_statement *out, pond_err *err) {
    engine_enter(e);
    duckdb_state state = e->api->prepare_extracted_statement(e->con, statements, 0, out);
    engine_leave(e);
    if (state != DuckDBSuccess)
        return engine_fail(e, err, e->api->prepare_error(*out));
    return e->api->nparams(*out) > 0 ? engine_fail_parameters(err) : POND_OK;
}

static pond_code check_idle(const pond_engine *e, pond_err *err) {
    if (atomic_load(&e->base->is_interrupted))
        return engine_fail_interrupted(e, err);
    if (e->is_streaming)
        return pond_fail(err, POND_ERR_INTERNAL,
                         "a statement was started before the rows of the last one were closed");
    return POND_OK;
}

pond_code engine_prepare(pond_engine *e, pond_sv sql, duckdb_prepared_statement *out,
                         pond_err *err) {
    POND_TRY(check_idle(e, err));
    duckdb_extracted_statements statements = NULL;
    pond_code rc;
    POND_TRY_GOTO(rc, extract_one(e, sql, &statements, err), done);
    rc = bind(e, statements, out, err);
    if (rc != POND_OK)
        e->api->destroy_prepare(out);
done:
    e->api->destroy_extracted(&statements);
    return rc;
}

// Streams -----------------------------------------------------------------------------------------

static pond_code start(engine_stream *s, pond_err *err) {
    pond_engine *e = s->e;
    const engine_api *api = e->api;
    duckdb_pending_result pending = NULL;
    pond_code rc = POND_OK;
    if (api->pending_prepared_streaming(s->stmt, &pending) != DuckDBSuccess) {
        rc = engine_fail(e, err, api->pending_error(pending));
    } else if (atomic_load(&e->base->is_interrupted)) {
        rc = engine_fail_interrupted(e, err);
    } else {
        s->has_result = true;
        e->is_streaming = true;
        if (api->execute_pending(pending, &s->result) != DuckDBSuccess)
            rc = engine_fail(e, err, api->result_error(&s->result));
    }
    api->destroy_pending(&pending);
    return rc;
}

pond_code engine_stream_start(engine_stream *s, pond_err *err) {
    engine_enter(s->e);
    pond_code rc = start(s, err);
    engine_leave(s->e);
    return rc;
}

pond_code engine_stream_open(engine_stream *s, pond_sv sql, pond_err *err) {
    POND_TRY(engine_prepare(s->e, sql, &s->stmt, err));
    return engine_stream_start(s, err);
}

pond_code engine_stream_run(engine_stream *s, pond_sv sql, pond_err *err) {
    const engine_api *api = s->e->api;
    POND_TRY(check_idle(s->e, err));
    POND_TRY(engine_parse(s->e, sql, err));
    char *text = text_of(sql);
    engine_enter(s->e);
    duckdb_state state = api->query(s->e->con, text, &s->result);
    engine_leave(s->e);
    free(text);
    s->has_result = true;
    s->e->is_streaming = true;
    return state == DuckDBSuccess ? POND_OK : engine_fail(s->e, err, api->result_error(&s->result));
}

const char *engine_stream_next(engine_stream *s, idx_t *n_rows) {
    const engine_api *api = s->e->api;
    for (*n_rows = 0; *n_rows == 0 && !s->is_at_end;) {
        api->destroy_data_chunk(&s->chunk);
        engine_enter(s->e);
        s->chunk = api->fetch_chunk(s->result);
        engine_leave(s->e);
        if (s->chunk == NULL) {
            const char *text = api->result_error(&s->result);
            s->is_at_end = true;
            return text != NULL && text[0] != '\0' ? text : NULL;
        }
        *n_rows = api->data_chunk_get_size(s->chunk);
    }
    return NULL;
}

void engine_stream_end(engine_stream *s) {
    const engine_api *api = s->e->api;
    engine_enter(s->e);
    api->destroy_data_chunk(&s->chunk);
    if (s->has_result) {
        api->destroy_result(&s->result);
        s->e->is_streaming = false; // another stream could not start in the meantime
    }
    engine_leave(s->e);
    s->has_result = false;
    s->is_at_end = false;
}

void engine_stream_close(engine_stream *s) {
    engine_stream_end(s);
    engine_enter(s->e);
    s->e->api->destroy_prepare(&s->stmt);
    engine_leave(s->e);
}
