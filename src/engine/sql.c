// SQL as text: finding the ends of a statement without understanding it, and writing the calls that
// read files. Nothing here needs an engine.
#include "engine/engine_internal.h"

#include <ctype.h>

// Tokens ------------------------------------------------------------------------------------------

// The functions named skip_… return the offset after what begins at s.p[at].

// Text in quotes. Doubled quotes inside need no case: the second one opens another text.
static size_t skip_quoted(pond_sv s, size_t at, char quote) {
    const char *end = memchr(s.p + at + 1, quote, s.n - at - 1);
    return end == NULL ? s.n : (size_t)(end - s.p) + 1;
}

// Only E'…' has backslash escapes.
static size_t skip_escaped(pond_sv s, size_t at) {
    for (at++; at < s.n && s.p[at] != '\''; at++)
        if (s.p[at] == '\\')
            at++;
    return at < s.n ? at + 1 : s.n;
}

// $$…$$ and $tag$…$tag$; any other '$' (a parameter) is one character.
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

// Blanks and comments, if any.
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

// A quoted text, a word, or one character of anything else.
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

static bool is_word(pond_sv token, const char *word) {
    return token.n == strlen(word) && pond_sv_has_nocase(token, word);
}

pond_sv pond_engine_select_body(pond_sv sql) {
    size_t from = skip_blank(sql, 0), end = from;
    for (size_t at = from; at < sql.n && sql.p[at] != ';'; at = skip_blank(sql, at))
        end = at = skip_token(sql, at);
    return pond_sv_sub(sql, from, end);
}

bool pond_engine_is_enclosed(pond_sv sql) {
    int depth = 0;
    for (size_t at = skip_blank(sql, 0); at < sql.n; at = skip_blank(sql, skip_token(sql, at))) {
        char c = sql.p[at];
        depth += (c == '(') - (c == ')');
        if (c == ';' || depth < 0)
            return false;
    }
    return depth == 0;
}

bool pond_engine_has_word(pond_sv sql, const char *word) {
    int depth = 0;
    for (size_t at = skip_blank(sql, 0), end; at < sql.n; at = skip_blank(sql, end)) {
        end = skip_token(sql, at);
        pond_sv token = pond_sv_sub(sql, at, end);
        depth += (token.p[0] == '(') - (token.p[0] == ')');
        if (depth == 0 && is_word(token, word))
            return true;
    }
    return false;
}

pond_sv engine_first_word(pond_sv sql) {
    size_t at = skip_blank(sql, 0);
    while (at < sql.n && (sql.p[at] == '(' || sql.p[at] == ';'))
        at = skip_blank(sql, at + 1);
    return at < sql.n ? pond_sv_sub(sql, at, skip_token(sql, at)) : (pond_sv){"", 0};
}

// Sorting -----------------------------------------------------------------------------------------

static int nesting(pond_sv token) {
    bool opens = strchr("([{", token.p[0]) != NULL, closes = strchr(")]}", token.p[0]) != NULL;
    return (int)opens - (int)closes;
}

// The body without parentheses around all of it.
static pond_sv unwrap(pond_sv body) {
    int depth = 0;
    if (body.n == 0 || body.p[0] != '(')
        return body;
    for (size_t at = 0, end; at < body.n; at = skip_blank(body, end)) {
        end = skip_token(body, at);
        depth += nesting(pond_sv_sub(body, at, end));
        if (depth == 0)
            return end < body.n ? body : unwrap(pond_engine_select_body(pond_sv_sub(body, 1, at)));
    }
    return body;
}

typedef struct sorting {
    bool is_there, is_by_all; // ORDER BY; ORDER BY ALL
    size_t end;               // of its list
} sorting;

// The ORDER BY of a query itself, none of its parts'. ORDER and LIMIT are reserved words, so they are
// names only after a dot or AS.
static sorting find_sorting(pond_sv body) {
    sorting out = {0};
    pond_sv last = POND_SV("");
    bool is_done = false;
    int depth = 0;
    for (size_t at = 0, end; at < body.n && !is_done; at = skip_blank(body, end)) {
        end = skip_token(body, at);
        pond_sv token = pond_sv_sub(body, at, end);
        depth += nesting(token);
        if (depth == 0 && is_word(token, "by") && is_word(last, "order"))
            out.is_there = true;
        else if (out.is_there && is_word(last, "by"))
            out.is_by_all = is_word(token, "all") || pond_sv_is(token, "*");
        is_done = depth == 0 && out.is_there && !pond_sv_is(last, ".") &&
                  (is_word(token, "limit") || is_word(token, "offset") || is_word(token, "fetch"));
        if (!is_done)
            out.end = end;
        last = token;
    }
    return out;
}

void pond_engine_sql_sorted(pond_buf *sql, pond_sv select, size_t n_columns) {
    pond_sv body = unwrap(pond_engine_select_body(select)), first = engine_first_word(body);
    sorting by = find_sorting(body);
    bool is_about = is_word(first, "describe") || is_word(first, "summarize") ||
                    is_word(first, "show"); // the list is a part of what it is about
    pond_buf_str(sql, "SELECT * FROM (\n");
    pond_buf_sv(sql, pond_sv_sub(body, 0, by.end));
    for (size_t i = 1; i <= n_columns && by.is_there && !by.is_by_all && !is_about; i++)
        pond_buf_printf(sql, ", %zu", i);
    pond_buf_sv(sql, pond_sv_sub(body, by.end, body.n));
    pond_buf_str(sql, by.is_there ? "\n)" : "\n) ORDER BY ALL");
}

// Reading files -----------------------------------------------------------------------------------

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
    // Otherwise a file below a directory named `res=1h` would get a column `res`.
    pond_buf_str(sql, ", hive_partitioning=false");
    pond_buf_str(sql, by_name ? ", union_by_name=true)" : ")");
}
