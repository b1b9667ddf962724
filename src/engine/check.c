// What a user may write as a query: one SELECT, or another statement that only reads.
#include "engine/engine_internal.h"

#include <ctype.h>

// DuckDB's own parser decides: json_serialize_sql accepts SELECT statements and nothing else.
// Binding the statement would show its kind too, but needs the tables to exist.
static pond_code is_select(pond_engine *e, pond_sv sql, bool *out, pond_err *err) {
    pond_buf check = POND_BUF_EMPTY;
    int64_t answer = 0;
    pond_buf_str(&check, "SELECT json_extract_string(json_serialize_sql(");
    pond_buf_sql_string(&check, sql);
    pond_buf_str(&check, "), '$.error') = 'false'");
    pond_code rc = pond_engine_ints(e, pond_buf_view(&check), 0, &answer, 1, err);
    pond_buf_free(&check);
    *out = answer == 1;
    return rc;
}

pond_code pond_engine_select_check(pond_engine *e, pond_sv sql, pond_err *err) {
    POND_TRY(engine_parse(e, sql, err));
    bool is_allowed;
    POND_TRY(is_select(e, sql, &is_allowed, err));
    if (is_allowed)
        return POND_OK;
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
