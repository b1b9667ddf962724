// The SQL of existing queries, which were written for DataFusion, where DuckDB's differs: integers
// divide to integers, and functions that it lacks or that work otherwise are macros. A macro uses
// the first signature that its arguments fit, and hides the engine's own function of that name.
// What makes a query give other values is another POND_SQL_DIALECT (select.h), since exports keep what
// has the same fingerprint.
#include "engine/engine_internal.h"

static const char *const macros[] = {
    // Counts from 1970 (time_bucket itself counts from a Monday in 2000), and keeps the time zone.
    "date_bin"
    "(w, t TIMESTAMP) AS time_bucket(w::INTERVAL, t, TIMESTAMP '1970-01-01'),"
    "(w, t TIMESTAMPTZ) AS time_bucket(w::INTERVAL, t, TIMESTAMPTZ '1970-01-01 00:00:00Z'),"
    "(w, t) AS time_bucket(w::INTERVAL, t::TIMESTAMP, TIMESTAMP '1970-01-01'),"
    "(w, t TIMESTAMP, o) AS time_bucket(w::INTERVAL, t, o::TIMESTAMP),"
    "(w, t TIMESTAMPTZ, o) AS time_bucket(w::INTERVAL, t, o::TIMESTAMPTZ),"
    "(w, t, o) AS time_bucket(w::INTERVAL, t::TIMESTAMP, o::TIMESTAMP)",
    // Seconds, or text; nanoseconds without a zone. By way of text, since of an aggregate's type a macro
    // knows nothing yet: several signatures would be ambiguous, or silently cast.
    "to_timestamp(x) AS CASE WHEN try_cast(x::VARCHAR AS DECIMAL(38, 9)) IS NULL THEN "
    "x::VARCHAR::TIMESTAMP_NS ELSE make_timestamp_ns((try_cast(x::VARCHAR AS DECIMAL(38, 9)) * "
    "1000000000)::BIGINT) END",
    "to_timestamp_seconds"
    "(x BIGINT) AS make_timestamp(x * 1000000)::TIMESTAMP_S,"
    "(x) AS x::TIMESTAMP_S",
    "to_timestamp_millis(x BIGINT) AS make_timestamp_ms(x)::TIMESTAMP_MS, (x) AS x::TIMESTAMP_MS",
    "to_timestamp_micros(x BIGINT) AS make_timestamp(x), (x) AS x::TIMESTAMP",
    "to_timestamp_nanos(x BIGINT) AS make_timestamp_ns(x), (x) AS x::TIMESTAMP_NS",
    "from_unixtime(x) AS make_timestamp(x * 1000000)::TIMESTAMP_S",
    // Numbers and texts.
    "nvl(a, b) AS coalesce(a, b)",
    "btrim(s) AS trim(s), (s, c) AS trim(s, c)",
    "regexp_like(s, p) AS regexp_matches(s, p)",
    // Aggregates.
    "approx_percentile_cont(x, p) AS approx_quantile(x, p)",
    "approx_median(x) AS approx_quantile(x, 0.5)",
    "approx_distinct(x) AS approx_count_distinct(x)",
    "var(x) AS var_samp(x)",
};

pond_code engine_need_dialect(pond_engine *e, pond_err *err) {
    e = e->base;
    if (e->queries != NULL)
        *e->queries = true;
    if (e->has_dialect)
        return POND_OK;
    POND_TRY(engine_add_divisions(e, err));
    // All at once, in one transaction.
    pond_buf sql = POND_BUF_EMPTY;
    duckdb_result result;
    pond_buf_str(&sql, "BEGIN;");
    for (size_t i = 0; i < sizeof macros / sizeof *macros; i++)
        pond_buf_printf(&sql, "CREATE MACRO %s;", macros[i]);
    pond_buf_str(&sql, "COMMIT");
    pond_code rc = POND_OK;
    if (e->api->query(e->con, sql.p, &result) != DuckDBSuccess)
        rc = engine_fail(e, err, e->api->result_error(&result));
    e->api->destroy_result(&result);
    pond_buf_free(&sql);
    e->has_dialect = rc == POND_OK;
    return rc;
}
