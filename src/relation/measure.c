// Measures the rows of a Parquet file with a few queries, when the file becomes a version.
#include "relation/facts.h"

#include "engine/select.h"
#include "relation/schema.h"
#include "relation/times.h"

// What a query gives for bounds that are no instants.
#define NO_INSTANT INT64_MIN

pond_code pond_find_series_time(pond_schema schema, pond_sv what, pond_sv advice,
                                const pond_column **out, pond_err *err) {
    *out = pond_find_time_column(schema);
    if (*out != NULL)
        return POND_OK;
    pond_fail(err, POND_ERR_INVALID, "'%.*s' has no time column, which a series needs",
              POND_SV_ARG(what));
    pond_err_detail(
        err,
        "  a time column is named timestamp, event_time, time, ts or datetime and has a TIMESTAMP "
        "type; the columns are:");
    for (size_t i = 0; i < schema.n; i++)
        pond_err_detail(err, "    %.*s  %.*s", POND_SV_ARG(schema.items[i].name),
                        POND_SV_ARG(schema.items[i].type));
    pond_explain_delimiter(schema, err);
    const pond_column *named = pond_find_time_name(schema);
    if (advice.n > 0)
        pond_err_detail(err, "%s", advice.p);
    if (named != NULL && pond_type_is_numeric(named->type))
        pond_err_detail(err,
                        "  '%.*s' is %.*s; for seconds since 1970: --sql 'SELECT * REPLACE "
                        "(to_timestamp(%.*s) AS %.*s) FROM source'",
                        POND_SV_ARG(named->name), POND_SV_ARG(named->type),
                        POND_SV_ARG(named->name), POND_SV_ARG(named->name));
    else if (advice.n > 0)
        return err == NULL ? POND_ERR_INVALID : err->code;
    else if (named != NULL)
        pond_err_detail(err,
                        "  '%.*s' is %.*s; --sql 'SELECT * REPLACE (CAST(%.*s AS TIMESTAMP) AS "
                        "%.*s) FROM source' converts it, or reports a value that is not a time",
                        POND_SV_ARG(named->name), POND_SV_ARG(named->type),
                        POND_SV_ARG(named->name), POND_SV_ARG(named->name));
    else
        pond_err_detail(err, "  --sql 'SELECT make_timestamp(year, month, day, hour, 0, 0) AS "
                             "timestamp, … FROM source' can make one");
    return err == NULL ? POND_ERR_INVALID : err->code;
}

// count(*), the NULLs of each column, and the bounds of the time column if there is one.
static pond_code count_rows(pond_engine *engine, pond_sv file, pond_schema schema,
                            const pond_column *t, int64_t *out, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT count(*)");
    for (size_t i = 0; i < schema.n; i++) {
        pond_buf_str(&sql, ", count(*) - count(");
        pond_buf_sql_name(&sql, schema.items[i].name);
        pond_buf_char(&sql, ')');
    }
    for (int i = 0; t != NULL && i < 2; i++) {
        pond_buf_str(&sql, ", ");
        pond_sql_time_us(&sql, i == 0 ? "min" : "max", t);
    }
    pond_buf_str(&sql, " FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), NO_INSTANT, out,
                                    1 + schema.n + (t != NULL ? 2 : 0), err);
    pond_buf_free(&sql);
    return rc;
}

// Compares the time of each row with that of the row before it, in the order of the file.
static pond_code check_order(pond_engine *engine, pond_sv file, const pond_column *t,
                             pond_order *order, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    int64_t n[2]; // rows at the time of the previous row, rows earlier than the previous row
    pond_buf_str(&sql,
                 "SELECT count(*) FILTER (before = t), count(*) FILTER (before > t) FROM (SELECT ");
    pond_buf_sql_name(&sql, t->name);
    pond_buf_str(&sql, " AS t, lag(");
    pond_buf_sql_name(&sql, t->name);
    pond_buf_str(&sql, ") OVER () AS before FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    pond_buf_char(&sql, ')');
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, n, 2, err);
    pond_buf_free(&sql);
    if (rc == POND_OK)
        *order = n[1] > 0 ? POND_UNORDERED : n[0] > 0 ? POND_ASCENDING : POND_ORDERED;
    return rc;
}

// Finds the runs of days that have rows. If there are too many, has_days stays false.
static pond_code measure_days(pond_session *s, pond_engine *engine, pond_sv file,
                              const pond_column *t, pond_facts *facts, pond_err *err) {
    typedef POND_VEC(pond_fact_days) days_vec;
    days_vec days = {0};
    pond_buf sql = POND_BUF_EMPTY;
    pond_rows *rows = NULL;
    pond_buf_str(
        &sql,
        "SELECT min(d), max(d) FROM (SELECT d, d - row_number() OVER (ORDER BY d) AS run FROM "
        "(SELECT DISTINCT ");
    pond_sql_day(&sql, t);
    pond_buf_str(&sql, " AS d FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    pond_buf_str(&sql, ")) GROUP BY run ORDER BY 1");
    pond_code rc = pond_engine_query(engine, pond_buf_view(&sql), &rows, err);
    size_t n_runs = 0, i;
    for (; pond_rows_each(rows, &i, &rc, err); n_runs++)
        if (n_runs < POND_MAX_DAY_RUNS)
            *pond_vec_push(pond_session_arena(s), &days) =
                (pond_fact_days){pond_rows_int(rows, 0, i), pond_rows_int(rows, 1, i)};
    pond_rows_close(rows);
    pond_buf_free(&sql);
    facts->has_days = n_runs <= POND_MAX_DAY_RUNS;
    if (facts->has_days) {
        facts->days = days.items;
        facts->n_days = days.n;
    }
    return rc;
}

// Odd times --------------------------------------------------------------------------------------

static pond_code count_odd_times(pond_engine *engine, pond_sv file, const pond_column *t,
                                 pond_odd_times *out, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    int64_t n[POND_ODD_TIMES_COLUMNS];
    pond_buf_str(&sql, "SELECT ");
    pond_sql_count_odd_times(&sql, t);
    pond_buf_str(&sql, " FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, n, POND_ODD_TIMES_COLUMNS, err);
    pond_buf_free(&sql);
    if (rc == POND_OK)
        *out = (pond_odd_times){n[0], n[1], n[2]};
    return rc;
}

// The bounds of the times tell whether there are odd ones besides NULL: infinity is the largest
// time, and times before the calendar are the smallest.
static bool are_finite(const pond_measured *m) {
    int64_t n_nulls = 0;
    for (size_t i = 0; i < m->facts.n_columns; i++)
        if (pond_sv_eq(m->facts.columns[i].name, m->time_column))
            n_nulls = m->facts.columns[i].n_nulls;
    return m->rows == 0 ||
           (n_nulls == 0 && m->t_min_us >= POND_TIME_FIRST_US && m->t_max_us >= POND_TIME_FIRST_US);
}

static pond_code refuse_times(pond_engine *engine, pond_sv file, const pond_column *t, pond_sv what,
                              pond_err *err) {
    pond_odd_times n;
    pond_buf text = POND_BUF_EMPTY;
    POND_TRY(count_odd_times(engine, file, t, &n, err));
    pond_odd_times_text(&text, n, t->name);
    pond_code rc =
        pond_fail(err, POND_ERR_INVALID, "'%.*s' has %s; a series needs an instant in every row",
                  POND_SV_ARG(what), text.p);
    pond_buf_free(&text);
    pond_err_detail(err, "  leave such rows out, as --sql can when CSV is copied, or make a table");
    return rc;
}

// Measuring ---------------------------------------------------------------------------------------

// Counts the rows, and finds the bounds of the times of a series. facts.is_finite is whether all of
// them are instants.
static pond_code measure_rows(pond_session *s, pond_engine *engine, pond_sv file,
                              pond_schema schema, const pond_column *t, pond_measured *out,
                              pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    int64_t *counts = POND_NEW_ARRAY(a, int64_t, schema.n + 3);
    POND_TRY(count_rows(engine, file, schema, t, counts, err));
    *out = (pond_measured){.rows = counts[0], .t_min_us = 1, .t_max_us = 0};
    out->facts.schema = schema;
    out->facts.n_columns = schema.n;
    out->facts.columns = POND_NEW_ARRAY(a, pond_fact_column, schema.n);
    for (size_t i = 0; i < schema.n; i++)
        out->facts.columns[i] =
            (pond_fact_column){schema.items[i].name, schema.items[i].type, counts[1 + i]};
    if (t == NULL)
        return POND_OK;
    out->time_column = t->name;
    if (out->rows > 0) {
        out->t_min_us = counts[1 + schema.n];
        out->t_max_us = counts[2 + schema.n];
    }
    out->facts.is_finite = are_finite(out);
    return POND_OK;
}

static pond_code measure_times(pond_session *s, pond_engine *engine, pond_sv file,
                               const pond_column *t, pond_facts *out, pond_err *err) {
    POND_TRY(check_order(engine, file, t, &out->order, err));
    return measure_days(s, engine, file, t, out, err);
}

pond_code pond_measure(pond_session *s, const char *path, pond_sv what, bool is_series,
                       pond_measured *out, pond_err *err) {
    pond_engine *engine;
    pond_schema schema;
    pond_sv file = pond_sv_of(path);
    const pond_column *t = NULL;
    POND_TRY(pond_session_engine(s, &engine, err));
    POND_TRY(pond_engine_parquet_schema(engine, pond_session_arena(s), path, &schema, err));
    if (is_series)
        POND_TRY(pond_find_series_time(schema, what, (pond_sv){NULL, 0}, &t, err));
    POND_TRY(measure_rows(s, engine, file, schema, t, out, err));
    if (t == NULL)
        return POND_OK;
    return out->facts.is_finite ? measure_times(s, engine, file, t, &out->facts, err)
                                : refuse_times(engine, file, t, what, err);
}

pond_code pond_measure_any(pond_session *s, const char *path, pond_schema schema,
                           pond_measured *out, pond_err *err) {
    pond_engine *engine;
    pond_sv file = pond_sv_of(path);
    const pond_column *t = pond_find_time_column(schema);
    POND_TRY(pond_session_engine(s, &engine, err));
    POND_TRY(measure_rows(s, engine, file, schema, t, out, err));
    if (t != NULL && out->facts.is_finite)
        return measure_times(s, engine, file, t, &out->facts, err);
    out->t_min_us = 1;
    out->t_max_us = 0;
    return POND_OK;
}

// Measuring again ---------------------------------------------------------------------------------

static pond_code measure_bounds(pond_engine *engine, pond_sv file, const pond_column *t,
                                pond_time_bounds *out, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    int64_t n[3]; // first and last instant, rows without one
    pond_buf_str(&sql, "SELECT min(us), max(us), count(*) - count(us) FROM (SELECT CASE WHEN NOT ");
    pond_sql_is_odd_time(&sql, t);
    pond_buf_str(&sql, " THEN ");
    pond_sql_time_us(&sql, NULL, t);
    pond_buf_str(&sql, " END AS us FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    pond_buf_char(&sql, ')');
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), NO_INSTANT, n, 3, err);
    pond_buf_free(&sql);
    if (rc != POND_OK)
        return rc;
    bool is_empty = n[0] == NO_INSTANT;
    *out = (pond_time_bounds){is_empty ? 1 : n[0], is_empty ? 0 : n[1], n[2]};
    return POND_OK;
}

// Only bounds of exactly 1970-01-01T00:00:00 can be wrong, so other versions cost no query.
pond_code pond_facts_bounds(pond_session *s, const pond_version *v, const pond_facts *facts,
                            pond_time_bounds *out, pond_err *err) {
    pond_engine *engine;
    *out = (pond_time_bounds){v->t_min_us, v->t_max_us, 0};
    bool is_suspect = !facts->is_finite && v->rows > 0 && v->time_column.n > 0 &&
                      (v->t_min_us == 0 || v->t_max_us == 0);
    if (!is_suspect)
        return POND_OK;
    pond_column t = {.name = v->time_column};
    for (size_t i = 0; i < facts->n_columns; i++)
        if (pond_sv_eq(facts->columns[i].name, t.name))
            t.type = facts->columns[i].type;
    pond_sv file;
    POND_TRY(
        pond_object_open(pond_session_store(s), pond_session_arena(s), &v->object, &file, err));
    POND_TRY(pond_session_engine(s, &engine, err));
    return measure_bounds(engine, file, &t, out, err);
}
