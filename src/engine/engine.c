#include "engine/engine_internal.h"

#include <stdlib.h>

// Opening
// ------------------------------------------------------------------------------------------------

// Fixed settings of every instance. Those that are the engine's defaults stand here too where a
// promise of ours hangs on them.
static const struct {
    const char *name, *value;
} settings[] = {
    {"preserve_insertion_order", "true"}, // rows leave a query in the order they went in
    {"autoinstall_known_extensions", "false"},
    {"autoload_known_extensions", "false"},
    {"allow_community_extensions", "false"},
    {"allow_persistent_secrets", "false"}, // nothing of ours is in the user's ~/.duckdb
};

// Existing SQL is written for DataFusion; these are the functions of it that DuckDB lacks.
// date_bin counts from 1970 (time_bucket alone counts from a Monday in 2000) and keeps the zone of
// its argument: a macro takes the first row whose types fit.
static const char *const macros[] = {
    "CREATE MACRO date_bin"
    "(w, t TIMESTAMP) AS time_bucket(w::INTERVAL, t, TIMESTAMP '1970-01-01'),"
    "(w, t TIMESTAMPTZ) AS time_bucket(w::INTERVAL, t, TIMESTAMPTZ '1970-01-01 00:00:00Z'),"
    "(w, t) AS time_bucket(w::INTERVAL, t::TIMESTAMP, TIMESTAMP '1970-01-01'),"
    "(w, t TIMESTAMP, o) AS time_bucket(w::INTERVAL, t, o::TIMESTAMP),"
    "(w, t TIMESTAMPTZ, o) AS time_bucket(w::INTERVAL, t, o::TIMESTAMPTZ),"
    "(w, t, o) AS time_bucket(w::INTERVAL, t::TIMESTAMP, o::TIMESTAMP)",
    "CREATE MACRO approx_percentile_cont(x, p) AS approx_quantile(x, p)",
};

static pond_code set_option(const engine_api *api, duckdb_config config, const char *name,
                            const char *value, pond_err *err) {
    if (api->set_config(config, name, value) != DuckDBSuccess)
        return pond_fail(err, POND_ERR_INTERNAL, "the query engine refuses the setting %s = '%s'",
                         name, value);
    return POND_OK;
}

static pond_code set_options(const engine_api *api, duckdb_config config,
                             const pond_engine_options *o, pond_err *err) {
    char text[32];
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        POND_TRY(set_option(api, config, settings[i].name, settings[i].value, err));
    snprintf(text, sizeof text, "%d", o->threads > 0 ? o->threads : 1);
    POND_TRY(set_option(api, config, "threads", text, err));
    uint64_t memory = o->memory_bytes > 0 ? o->memory_bytes : UINT64_C(1) << 30;
    snprintf(text, sizeof text, "%lluB", (unsigned long long)memory);
    POND_TRY(set_option(api, config, "memory_limit", text, err));
    // Without a name of its own the engine would spill into ".tmp" of the current directory.
    return set_option(api, config, "temp_directory", o->temp_dir == NULL ? "" : o->temp_dir, err);
}

static pond_code open_instance(pond_engine *e, const pond_engine_options *o, pond_err *err) {
    duckdb_config config = NULL;
    pond_code rc;
    if (e->api->create_config(&config) != DuckDBSuccess)
        return pond_fail(err, POND_ERR_INTERNAL, "the query engine could not be configured");
    POND_TRY_GOTO(rc, set_options(e->api, config, o, err), done);
    char *text = NULL;
    if (e->api->open_ext(NULL, &e->db, config, &text) != DuckDBSuccess) {
        rc = engine_fail(err, text);
        e->api->free(text);
    } else if (e->api->connect(e->db, &e->con) != DuckDBSuccess) {
        rc = pond_fail(err, POND_ERR_INTERNAL, "the query engine gave no connection");
    }
done:
    e->api->destroy_config(&config);
    return rc;
}

static pond_code set_list(pond_engine *e, const char *name, const char *const *items, size_t n,
                          pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_printf(&sql, "SET %s = [", name);
    for (size_t i = 0; i < n; i++) {
        pond_buf_str(&sql, i == 0 ? "" : ", ");
        pond_buf_sql_string(&sql, pond_sv_of(items[i]));
        // A name with wildcard characters is asked for in its escaped form, and looked up as such.
        pond_buf_str(&sql, ", ");
        engine_sql_path(&sql, pond_sv_of(items[i]));
    }
    pond_buf_char(&sql, ']');
    pond_code rc = pond_engine_exec(e, pond_buf_view(&sql), err);
    pond_buf_free(&sql);
    return rc;
}

// Ends with the door shut: no file but those named, and no statement that could open it again.
static pond_code lock_down(pond_engine *e, const pond_engine_options *o, pond_err *err) {
    POND_TRY(set_list(e, "allowed_directories", o->dirs, o->n_dirs, err));
    POND_TRY(set_list(e, "allowed_paths", o->files, o->n_files, err));
    POND_TRY(pond_engine_exec(e, POND_SV("SET enable_external_access = false"), err));
    return pond_engine_exec(e, POND_SV("SET lock_configuration = true"), err);
}

static pond_code set_up(pond_engine *e, const pond_engine_options *o, pond_err *err) {
    POND_TRY(open_instance(e, o, err));
    POND_TRY(pond_engine_exec(e, POND_SV("SET TimeZone = 'UTC'"), err));
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++)
        POND_TRY(pond_engine_exec(e, pond_sv_of(macros[i]), err));
    return lock_down(e, o, err);
}

pond_code pond_engine_open(const pond_engine_options *options, pond_engine **out, pond_err *err) {
    *out = NULL;
    const engine_api *api;
    POND_TRY(engine_load(&api, err));
    pond_engine *e = pond_xmalloc(sizeof *e);
    *e = (pond_engine){.api = api};
    pond_code rc = set_up(e, options, err);
    if (rc != POND_OK) {
        pond_engine_close(e);
        return pond_wrap(err, rc, "opening the query engine");
    }
    *out = e;
    return POND_OK;
}

void pond_engine_close(pond_engine *e) {
    if (e == NULL)
        return;
    POND_ASSERT(!e->has_open_rows);
    engine_feed_free(e);
    e->api->disconnect(&e->con);
    e->api->close(&e->db);
    free(e);
}

void pond_engine_interrupt(pond_engine *e) {
    // The flag first: DuckDB forgets an interrupt when a statement begins, and whoever begins one
    // between the two lines finds the flag.
    atomic_store(&e->is_interrupted, true);
    e->api->interrupt(e->con); // a COPY of slices ends with the rows that it reads
}

// Statements
// ------------------------------------------------------------------------------------------------

static pond_code only_one(pond_engine *e, pond_sv sql, duckdb_extracted_statements *out,
                          pond_err *err) {
    if (sql.n > 0 && memchr(sql.p, '\0', sql.n) != NULL)
        return pond_fail(err, POND_ERR_QUERY, "the query holds a NUL byte");
    char *text = pond_xmalloc(sql.n + 1);
    if (sql.n > 0)
        memcpy(text, sql.p, sql.n);
    text[sql.n] = '\0';
    idx_t n = e->api->extract_statements(e->con, text, out);
    free(text);
    if (n == 1)
        return POND_OK;
    const char *why = e->api->extract_statements_error(*out);
    if (why != NULL)
        return engine_fail(err, why);
    if (n == 0)
        return pond_fail(err, POND_ERR_QUERY, "the query is empty");
    // The engine splits a PIVOT that has to look for its values into two statements.
    pond_sv body = pond_engine_select_body(sql);
    pond_sv rest = pond_sv_sub(sql, (size_t)(body.p - sql.p) + body.n, sql.n);
    if (engine_first_word(rest).n == 0)
        return pond_fail(err, POND_ERR_QUERY,
                         "PIVOT needs its values listed here: PIVOT … ON column IN (value, …)");
    return pond_fail(err, POND_ERR_QUERY, "more than one statement, where a single one is allowed");
}

pond_code engine_parse(pond_engine *e, pond_sv sql, pond_err *err) {
    duckdb_extracted_statements statements = NULL;
    pond_code rc = only_one(e, sql, &statements, err);
    e->api->destroy_extracted(&statements);
    return rc;
}

pond_code engine_prepare(pond_engine *e, pond_sv sql, duckdb_prepared_statement *out,
                         pond_err *err) {
    if (atomic_load(&e->is_interrupted))
        return pond_fail(err, POND_ERR_CANCELLED, "interrupted");
    if (e->has_open_rows)
        return pond_fail(err, POND_ERR_INTERNAL, "a query began before the rows of another ended");
    duckdb_extracted_statements statements = NULL;
    pond_code rc = only_one(e, sql, &statements, err);
    if (rc != POND_OK)
        goto done;
    if (e->api->prepare_extracted_statement(e->con, statements, 0, out) != DuckDBSuccess)
        rc = engine_fail(err, e->api->prepare_error(*out));
    else if (e->api->nparams(*out) > 0)
        rc = pond_fail(err, POND_ERR_QUERY,
                       "the query has parameters ('?' or '$1'), and nothing gives them values");
    if (rc != POND_OK)
        e->api->destroy_prepare(out);
done:
    e->api->destroy_extracted(&statements);
    return rc;
}

pond_code pond_engine_exec(pond_engine *e, pond_sv sql, pond_err *err) {
    pond_rows *rows;
    POND_TRY(engine_run(e, sql, &rows, err));
    pond_code rc;
    size_t n_rows;
    do
        rc = pond_rows_next(rows, &n_rows, err);
    while (rc == POND_OK && n_rows > 0);
    pond_rows_close(rows);
    return rc;
}
