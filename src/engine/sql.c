#include "engine/engine_internal.h"

#include <ctype.h>

// Looking at SQL without understanding it
// ------------------------------------------------------------------------------------------------

// Offset behind the text that `quote` opens at s.p[at]; doubled quotes inside come out right,
// since the second one opens another text.
static size_t skip_quoted(pond_sv s, size_t at, char quote) {
    const char *end = memchr(s.p + at + 1, quote, s.n - at - 1);
    return end == NULL ? s.n : (size_t)(end - s.p) + 1;
}

// E'…' alone knows backslashes.
static size_t skip_escaped(pond_sv s, size_t at) {
    for (at++; at < s.n && s.p[at] != '\''; at++)
        if (s.p[at] == '\\')
            at++;
    return at < s.n ? at + 1 : s.n;
}

// $$…$$ and $tag$…$tag$; a lone '$' (a parameter) is one character.
static size_t skip_dollar(pond_sv s, size_t at) {
    size_t tag = at + 1;
    while (tag < s.n && (isalnum((unsigned char)s.p[tag]) || s.p[tag] == '_'))
        tag++;
    if (tag >= s.n || s.p[tag] != '$' || (tag > at + 1 && isdigit((unsigned char)s.p[at + 1])))
        return at + 1;
    pond_sv mark = pond_sv_sub(s, at, tag + 1), rest = pond_sv_sub(s, tag + 1, s.n);
    ptrdiff_t end = pond_sv_find(rest, mark);
    return end < 0 ? s.n : tag + 1 + (size_t)end + mark.n;
}

// Comments nest, as in PostgreSQL.
static size_t skip_block_comment(pond_sv s, size_t at) {
    int depth = 0;
    while (at < s.n) {
        pond_sv rest = pond_sv_sub(s, at, s.n);
        if (pond_sv_starts(rest, POND_SV("/*")))
            depth++, at += 2;
        else if (pond_sv_starts(rest, POND_SV("*/")))
            depth--, at += 2;
        else
            at++;
        if (depth == 0)
            break;
    }
    return at < s.n ? at : s.n;
}

// Offset of the first character at or behind `at` that is neither blank nor comment.
static size_t skip_blank(pond_sv s, size_t at) {
    while (at < s.n) {
        pond_sv rest = pond_sv_sub(s, at, s.n);
        if (isspace((unsigned char)s.p[at])) {
            at++;
        } else if (pond_sv_starts(rest, POND_SV("--"))) {
            ptrdiff_t end = pond_sv_find_char(rest, '\n');
            at = end < 0 ? s.n : at + (size_t)end + 1;
        } else if (pond_sv_starts(rest, POND_SV("/*"))) {
            at = skip_block_comment(s, at);
        } else {
            break;
        }
    }
    return at;
}

// Offset behind the token at s.p[at]: a quoted text, a word, or one character of anything else.
static size_t skip_token(pond_sv s, size_t at) {
    char c = s.p[at];
    if (c == '\'' || c == '"')
        return skip_quoted(s, at, c);
    if ((c == 'e' || c == 'E') && at + 1 < s.n && s.p[at + 1] == '\'')
        return skip_escaped(s, at + 1);
    if (c == '$')
        return skip_dollar(s, at);
    if (!isalnum((unsigned char)c) && c != '_')
        return at + 1;
    while (at < s.n && (isalnum((unsigned char)s.p[at]) || s.p[at] == '_' || s.p[at] == '$'))
        at++;
    return at;
}

pond_sv pond_engine_select_body(pond_sv sql) {
    size_t from = skip_blank(sql, 0), end = from;
    for (size_t at = from; at < sql.n && sql.p[at] != ';'; at = skip_blank(sql, at))
        end = at = skip_token(sql, at);
    return pond_sv_sub(sql, from, end);
}

pond_sv engine_first_word(pond_sv sql) {
    size_t at = skip_blank(sql, 0);
    while (at < sql.n && (sql.p[at] == '(' || sql.p[at] == ';'))
        at = skip_blank(sql, at + 1);
    return at < sql.n ? pond_sv_sub(sql, at, skip_token(sql, at)) : (pond_sv){"", 0};
}

// What a user may write
// ------------------------------------------------------------------------------------------------

// The engine's own parser decides: it writes a tree of SELECTs as JSON and refuses anything else.
// Binding, which would say as much, needs the tables.
static pond_code is_select(pond_engine *e, pond_sv sql, bool *out, pond_err *err) {
    pond_buf check = POND_BUF_EMPTY;
    pond_rows *rows = NULL;
    size_t n_rows;
    pond_code rc;
    pond_buf_str(&check, "SELECT json_extract_string(json_serialize_sql(");
    pond_buf_sql_string(&check, sql);
    pond_buf_str(&check, "), '$.error') = 'false'");
    POND_TRY_GOTO(rc, pond_engine_query(e, pond_buf_view(&check), &rows, err), done);
    POND_TRY_GOTO(rc, pond_rows_next(rows, &n_rows, err), done);
    *out = n_rows == 1 && pond_rows_int(rows, 0, 0) == 1;
done:
    pond_rows_close(rows);
    pond_buf_free(&check);
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

// Reading files
// ------------------------------------------------------------------------------------------------

void engine_sql_path(pond_buf *sql, pond_sv path) {
    pond_buf escaped = POND_BUF_EMPTY;
    for (size_t i = 0; i < path.n; i++) {
        bool is_wild = path.p[i] != '\0' && strchr("*?[", path.p[i]) != NULL;
        pond_buf_printf(&escaped, is_wild ? "[%c]" : "%c", path.p[i]);
    }
    pond_buf_sql_string(sql, pond_buf_view(&escaped));
    pond_buf_free(&escaped);
}

void engine_sql_paths(pond_buf *sql, const pond_sv *paths, size_t n) {
    for (size_t i = 0; i < n; i++) {
        pond_buf_str(sql, i == 0 ? "[" : ", ");
        engine_sql_path(sql, paths[i]);
    }
    pond_buf_str(sql, "]");
}

void pond_engine_sql_read_parquet(pond_buf *sql, const pond_sv *paths, size_t n, bool by_name) {
    pond_buf_str(sql, "read_parquet(");
    engine_sql_paths(sql, paths, n);
    // A pond below a directory called `res=1h` would otherwise gain a column `res`.
    pond_buf_str(sql, ", hive_partitioning=false");
    pond_buf_str(sql, by_name ? ", union_by_name=true)" : ")");
}
