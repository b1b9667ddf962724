// What a user may write as a query: one SELECT, or another statement that only reads, over tables
// that are given to it.
#include "engine/engine_internal.h"

#include <ctype.h>

// The parser's stack grows with the text.
enum { MAX_QUERY_BYTES = 1 << 20 };

// The rest of a statement cannot change what the body means, since the tree is that of the body
// between these parentheses. The line break ends a comment at the end of the body.
void pond_engine_sql_select(pond_buf *sql, pond_sv select) {
    pond_buf_str(sql, "SELECT * FROM (\n");
    pond_buf_sv(sql, pond_engine_select_body(select));
    pond_buf_str(sql, "\n)");
}

// DuckDB's own parser makes the tree. json_serialize_sql accepts SELECT statements and nothing
// else, and answers with an error for others. Binding the statement would show its kind too, but
// needs the tables to exist. The call is planned once, since planning takes longer than the rest.
static pond_code prepare_serializer(pond_engine *e, pond_err *err) {
    if (e->serializer != NULL)
        return POND_OK;
    const char *call = "SELECT json_serialize_sql(CAST($1 AS VARCHAR), skip_null := true, "
                       "skip_empty := true, skip_default := true)";
    if (e->api->prepare(e->plan_con, call, &e->serializer) == DuckDBSuccess)
        return POND_OK;
    pond_code rc = engine_fail(e, err, e->api->prepare_error(e->serializer));
    e->api->destroy_prepare(&e->serializer);
    return rc;
}

static pond_code run_serializer(pond_engine *planner, pond_buf *json, pond_err *err) {
    engine_stream s = {.e = planner, .stmt = planner->base->serializer};
    idx_t n_rows = 0;
    pond_code rc = engine_stream_start(&s, err);
    const char *why = rc == POND_OK ? engine_stream_next(&s, &n_rows) : NULL;
    if (why != NULL)
        rc = engine_fail(planner, err, why);
    if (n_rows == 1) {
        duckdb_vector column = planner->api->data_chunk_get_vector(s.chunk, 0);
        pond_buf_sv(json, engine_cell_text(planner->api->vector_get_data(column), 0));
    }
    s.stmt = NULL; // the engine keeps it
    engine_stream_close(&s);
    return rc;
}

static pond_code serialize(pond_engine *e, pond_sv sql, pond_buf *json, pond_err *err) {
    pond_engine planner = engine_on(e, e->plan_con);
    pond_buf whole = POND_BUF_EMPTY;
    POND_TRY(prepare_serializer(e, err));
    pond_engine_sql_select(&whole, sql);
    pond_code rc = POND_OK;
    if (e->api->bind_varchar_length(e->serializer, 1, whole.p, whole.n) != DuckDBSuccess)
        rc = pond_fail(err, POND_ERR_QUERY, "the query is not valid UTF-8");
    if (rc == POND_OK)
        rc = run_serializer(&planner, json, err);
    pond_buf_free(&whole);
    return rc;
}

static pond_code not_a_select(pond_sv sql, pond_err *err) {
    pond_sv word = engine_first_word(sql);
    char kind[32];
    size_t n = 0;
    for (; n < word.n && n + 1 < sizeof kind; n++)
        kind[n] = (char)toupper((unsigned char)word.p[n]);
    kind[n] = '\0';
    pond_fail(err, POND_ERR_QUERY, "%s is not allowed here: a query is a single SELECT statement",
              kind);
    pond_err_detail(err, "it may begin with SELECT, WITH, FROM, VALUES, TABLE, PIVOT, UNPIVOT, "
                         "DESCRIBE, SUMMARIZE or SHOW");
    return POND_ERR_QUERY;
}

// The engine writes numbers that JSON does not have, and a tree can be deeper than we read.
static pond_code unreadable(const pond_err *why, pond_err *err) {
    if (why->code == POND_ERR_LIMIT)
        return pond_fail(err, POND_ERR_LIMIT,
                         "the query is nested too deeply to be checked (%s); give its parts names "
                         "in a WITH clause, or unite files by a wildcard",
                         why->msg);
    return pond_fail(err, POND_ERR_QUERY,
                     "the query cannot be checked, so it is not run; a number beyond 1.8e308 must "
                     "be written as 'infinity'::DOUBLE");
}

// The statements of a query, in `a`.
static pond_code read_tree(pond_engine *e, pond_arena *a, pond_sv sql, pond_value *out,
                           pond_err *err) {
    pond_buf json = POND_BUF_EMPTY;
    pond_value tree;
    pond_err why;
    pond_err_clear(&why);
    const pond_value *statements = NULL;
    pond_code rc = serialize(e, sql, &json, err);
    if (rc == POND_OK &&
        pond_json_parse(a, pond_buf_view(&json), "the query", &tree, &why) != POND_OK)
        rc = unreadable(&why, err);
    else if (rc == POND_OK && (statements = pond_get_lit(tree, "statements")) == NULL)
        rc = not_a_select(sql, err);
    if (rc == POND_OK)
        *out = *statements;
    pond_buf_free(&json);
    return rc;
}

pond_code pond_engine_select_check(pond_engine *e, pond_arena *a, pond_select *select,
                                   pond_err *err) {
    if (select->sql.n > MAX_QUERY_BYTES)
        return pond_fail(err, POND_ERR_LIMIT, "the query has %zu bytes, and at most %d are allowed",
                         select->sql.n, MAX_QUERY_BYTES);
    select->n_used = 0;
    select->n_groupings = 0;
    select->order_varies = select->sums_vary = false;
    select->changing = (pond_sv){NULL, 0};
    POND_TRY(engine_need_dialect(e, err));
    POND_TRY(engine_parse(e, select->sql, err)); // the text as the user wrote it
    pond_arena work;
    pond_arena_init(&work);
    pond_value tree;
    pond_code rc = read_tree(e, &work, select->sql, &tree, err);
    if (rc == POND_OK)
        rc = engine_tree_check(a, tree, select, err);
    if (rc == POND_OK && select->inputs != NULL)
        rc = engine_tree_check_names(tree, select, err);
    pond_arena_deinit(&work);
    return rc;
}

pond_code pond_engine_select_slices(pond_engine *e, const pond_select *select, pond_sv time_column,
                                    pond_select_slicing *out, pond_err *err) {
    pond_arena work;
    pond_arena_init(&work);
    pond_value tree;
    pond_code rc = read_tree(e, &work, select->sql, &tree, err);
    *out = (pond_select_slicing){0};
    if (rc == POND_OK)
        *out = engine_tree_slices(tree, select, time_column);
    pond_arena_deinit(&work);
    return rc;
}
