// The functions rows and query of templates.
//
// What an author writes is checked like any query of a user: `where` and `order` as parts of one
// SELECT over the table `source`, which they cannot leave since their parentheses are closed.
#include "factory/ask_internal.h"

#include "engine/select.h"
#include "factory/ask_values.h"
#include "relation/sql.h"
#include "tera/call.h"

const char ask_rows_arguments[] = "from [columns] [where] [order] [limit] [max]";
const char ask_query_arguments[] = "sql from [limit] [max]";

// Arguments ---------------------------------------------------------------------------------------

enum { DEFAULT_ROWS = 10000, MOST_ROWS = 100000000, MOST_TABLES = 100 };

// Either the first `limit` rows, or all rows, `max` at most.
typedef struct bounds {
    bool has_limit;
    int64_t limit, max;
} bounds;

// Other functions ignore an argument that they do not know; here it would be a part of the question.
static pond_code check_names(pond_tera_call *c, const pond_tera_args *args, const char *arguments) {
    pond_sv known[8], rest = pond_sv_of(arguments), name;
    size_t n = 0;
    while (pond_sv_split(&rest, ' ', &name))
        known[n++] = name.p[0] == '[' ? pond_sv_sub(name, 1, name.n - 1) : name;
    for (size_t i = 0; i < args->n; i++) {
        size_t k = 0;
        while (k < n && !pond_sv_eq(known[k], args->names[i]))
            k++;
        pond_sv near = pond_nearest(args->names[i], known, n);
        if (k == n)
            return pond_fail(c->err, POND_ERR_TEMPLATE,
                             POND_TERA_CALL_FMT
                             ": there is no argument '%.*s'%s%.*s%s; it takes %s",
                             POND_TERA_CALL_ARG(c), POND_SV_ARG(args->names[i]),
                             near.n > 0 ? ", did you mean '" : "", POND_SV_ARG(near),
                             near.n > 0 ? "'" : "", arguments);
    }
    return POND_OK;
}

static pond_code read_bounds(pond_tera_call *c, const pond_tera_args *args, bounds *out) {
    const pond_tera_int_range range = {0, MOST_ROWS};
    out->has_limit = pond_tera_arg(args, "limit") != NULL;
    out->limit = 0;
    out->max = DEFAULT_ROWS;
    POND_TRY(pond_tera_arg_int(c, args, "limit", range, &out->limit));
    POND_TRY(pond_tera_arg_int(c, args, "max", range, &out->max));
    if (out->has_limit && pond_tera_arg(args, "max") != NULL)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT
                         ": give 'limit' for the first rows, or 'max' for all of "
                         "them and how many these may be; not both",
                         POND_TERA_CALL_ARG(c));
    return POND_OK;
}

// An argument that is needed and must be a string.
static pond_code need_string(pond_tera_call *c, const pond_tera_args *args, const char *name,
                             pond_sv *out) {
    pond_value given;
    *out = POND_SV("");
    POND_TRY(pond_tera_need(c, args, name, &given));
    return pond_tera_arg_string(c, args, name, out);
}

// The asks of the render, if it may ask.
static pond_code begin(pond_tera_call *c, pond_asks **out) {
    *out = pond_tera_host(c);
    if (*out == NULL)
        return pond_fail(c->err, POND_ERR_TEMPLATE, POND_TERA_CALL_FMT ": there is no pond to ask",
                         POND_TERA_CALL_ARG(c));
    if (!(*out)->is_forbidden)
        return POND_OK;
    (*out)->was_refused = true;
    return pond_fail(c->err, POND_ERR_CANCELLED,
                     POND_TERA_CALL_FMT ": another thread has to render this",
                     POND_TERA_CALL_ARG(c));
}

// An error of the pond or the engine, as one of the template: the renderer adds the place.
static pond_code fail_call(pond_tera_call *c, pond_code rc, const pond_err *why) {
    char line[POND_ERR_LINE];
    if (rc == POND_OK)
        return POND_OK;
    pond_err_line(why, line);
    pond_fail(c->err, rc, POND_TERA_CALL_FMT ": %s", POND_TERA_CALL_ARG(c), line);
    pond_err_detail(c->err, "%s", why->detail);
    return rc;
}

// Reading -----------------------------------------------------------------------------------------

// "a AS NOT MATERIALIZED (…)": a table of the query that follows.
static pond_code write_table(const pond_asker *asker, pond_buf *with, pond_sv name,
                             ask_source *source, bool may_use_files, pond_err *err) {
    pond_buf_str(with, with->n == 0 ? "WITH " : ", ");
    pond_buf_sql_name(with, name);
    pond_buf_str(with, " AS NOT MATERIALIZED (");
    POND_TRY(may_use_files ? ask_write_rows(asker, source, with, err)
                           : pond_relation_sql(ask_session(asker), source->relation, POND_RANGE_ALL,
                                               with, err));
    pond_buf_char(with, ')');
    return POND_OK;
}

static pond_code read_rows(pond_tera_call *c, pond_session *s, pond_sv with, pond_sv select,
                           pond_schema schema, const bounds *b, pond_value *out, pond_err *err) {
    pond_engine *engine;
    POND_TRY(pond_session_engine(s, &engine, err));
    ask_reading reading = {.with = with,
                           .select = select,
                           .schema = schema,
                           .max_rows = (size_t)(b->has_limit ? b->limit : b->max),
                           .room_bytes = pond_tera_room(c)};
    return ask_read(engine, c->arena, &reading, out, err);
}

// rows --------------------------------------------------------------------------------------------

typedef struct rows_question {
    pond_sv from, where, order;
    const pond_value *columns; // NULL: all
    bounds bounds;
} rows_question;

static pond_code read_columns(pond_tera_call *c, const pond_tera_args *args,
                              const pond_value **out) {
    *out = pond_tera_arg(args, "columns");
    if (*out == NULL)
        return POND_OK;
    bool is_list = (*out)->kind == POND_ARRAY && (*out)->n > 0;
    for (uint32_t i = 0; is_list && i < (*out)->n; i++)
        is_list = (*out)->items[i].kind == POND_STRING;
    return is_list ? POND_OK
                   : pond_tera_bad_arg(c, "columns", "an array of names of columns", **out);
}

static pond_code check_part(pond_tera_call *c, const char *name, pond_sv part) {
    return pond_engine_is_enclosed(part)
               ? POND_OK
               : pond_fail(c->err, POND_ERR_QUERY,
                           POND_TERA_CALL_FMT ": argument '%s' must be a part of one query: its "
                                              "parentheses are not closed, or it has a ';'",
                           POND_TERA_CALL_ARG(c), name);
}

static pond_code read_question(pond_tera_call *c, const pond_tera_args *args, rows_question *q) {
    *q = (rows_question){.where = POND_SV(""), .order = POND_SV("")};
    POND_TRY(check_names(c, args, ask_rows_arguments));
    POND_TRY(need_string(c, args, "from", &q->from));
    POND_TRY(read_columns(c, args, &q->columns));
    POND_TRY(pond_tera_arg_string(c, args, "where", &q->where));
    POND_TRY(pond_tera_arg_string(c, args, "order", &q->order));
    POND_TRY(check_part(c, "where", q->where));
    POND_TRY(check_part(c, "order", q->order));
    if (pond_engine_has_word(q->order, "limit") || pond_engine_has_word(q->order, "offset"))
        return pond_fail(c->err, POND_ERR_QUERY,
                         POND_TERA_CALL_FMT
                         ": argument 'order' has a LIMIT or OFFSET; the argument "
                         "'limit' takes the first rows",
                         POND_TERA_CALL_ARG(c));
    return read_bounds(c, args, &q->bounds);
}

static pond_code no_column(const ask_source *source, pond_sv name, pond_err *err) {
    pond_sv names[64];
    size_t n = source->schema.n < 64 ? source->schema.n : 64;
    pond_buf list = POND_BUF_EMPTY;
    for (size_t i = 0; i < n; i++) {
        names[i] = source->schema.items[i].name;
        pond_buf_printf(&list, "%s%.*s", i == 0 ? "" : ", ", POND_SV_ARG(names[i]));
    }
    pond_sv near = pond_nearest(name, names, n);
    pond_fail(err, POND_ERR_NOT_FOUND, "'%.*s' has no column '%.*s'%s%.*s%s; columns: %s%s",
              POND_SV_ARG(source->asked.from), POND_SV_ARG(name),
              near.n > 0 ? ", did you mean '" : "", POND_SV_ARG(near), near.n > 0 ? "'" : "",
              list.p, n < source->schema.n ? ", …" : "");
    pond_buf_free(&list);
    return POND_ERR_NOT_FOUND;
}

// The columns that were asked for, in that order.
static pond_code choose_columns(pond_tera_call *c, const ask_source *source,
                                const pond_value *wanted, pond_schema *out, pond_err *err) {
    *out = source->schema;
    if (wanted == NULL)
        return POND_OK;
    pond_column *chosen = POND_NEW_ARRAY(c->arena, pond_column, wanted->n);
    for (uint32_t i = 0; i < wanted->n; i++) {
        pond_sv name = pond_value_sv(wanted->items[i]);
        const pond_column *column = pond_schema_find(source->schema, name);
        if (column == NULL)
            return no_column(source, name, err);
        chosen[i] = *column;
    }
    *out = (pond_schema){chosen, wanted->n};
    return POND_OK;
}

static void write_names(pond_buf *sql, pond_schema schema) {
    for (size_t i = 0; i < schema.n; i++) {
        pond_buf_str(sql, i == 0 ? "" : ", ");
        pond_buf_sql_name(sql, schema.items[i].name);
    }
}

// Line ends before what follows a text of the author: it may end in a comment.
static void write_selection(pond_buf *sql, const rows_question *q, const ask_source *source,
                            pond_schema columns) {
    pond_buf_str(sql, "SELECT ");
    write_names(sql, columns);
    pond_buf_str(sql, " FROM source");
    if (q->where.n > 0)
        pond_buf_printf(sql, " WHERE (%.*s\n)", POND_SV_ARG(q->where));
    if (q->order.n > 0) {
        pond_buf_printf(sql, " ORDER BY %.*s\n, ", POND_SV_ARG(q->order));
        write_names(sql, source->schema);
    } else {
        pond_sql_order(sql, source->relation);
    }
    const bounds *b = &q->bounds;
    pond_buf_printf(sql, " LIMIT %lld", (long long)(b->has_limit ? b->limit : b->max + 1));
}

static pond_code check_selection(pond_asks *asks, pond_sv sql, pond_err *err) {
    static const pond_sv source = {"source", 6};
    pond_session *s = ask_session(asks->asker);
    pond_engine *engine;
    pond_select select = {.sql = sql, .tables = &source, .n_tables = 1};
    POND_TRY(pond_session_engine(s, &engine, err));
    POND_TRY(pond_engine_select_check(engine, pond_session_arena(s), &select, err));
    ask_note_changing(asks, select.changing);
    return POND_OK;
}

// Whether the author's parts may hold a sum over rows: in a subquery or a window.
static bool may_sum(const rows_question *q) {
    return pond_sv_has_nocase(q->where, "select") || pond_sv_has_nocase(q->order, "select") ||
           pond_sv_has_nocase(q->order, "over");
}

static pond_code answer_rows(pond_tera_call *c, pond_asks *asks, const rows_question *q,
                             pond_value *out, pond_err *err) {
    pond_session *s = ask_session(asks->asker);
    ask_source *source;
    pond_schema columns;
    pond_buf with = POND_BUF_EMPTY, select = POND_BUF_EMPTY;
    pond_code rc;
    POND_TRY_GOTO(rc, ask_find(asks, q->from, false, &source, err), done);
    POND_TRY_GOTO(rc, choose_columns(c, source, q->columns, &columns, err), done);
    write_selection(&select, q, source, columns);
    pond_session_next_query(s);
    if (q->where.n > 0 || q->order.n > 0)
        POND_TRY_GOTO(rc, check_selection(asks, pond_buf_view(&select), err), done);
    POND_TRY_GOTO(rc, write_table(asks->asker, &with, POND_SV("source"), source, !may_sum(q), err),
                  done);
    pond_buf_char(&with, ' ');
    rc = read_rows(c, s, pond_buf_view(&with), pond_buf_view(&select), columns, &q->bounds, out,
                   err);
done:
    pond_buf_free(&select);
    pond_buf_free(&with);
    return rc;
}

pond_code ask_rows(pond_tera_call *c, const pond_tera_args *args, pond_value *out) {
    pond_asks *asks;
    rows_question q;
    pond_err why;
    POND_TRY(read_question(c, args, &q));
    POND_TRY(begin(c, &asks));
    return fail_call(c, answer_rows(c, asks, &q, out, &why), &why);
}

// query -------------------------------------------------------------------------------------------

typedef struct query_question {
    pond_select select;
    pond_sv *froms; // of each of its tables
    bounds bounds;
} query_question;

// SQL does not distinguish names that differ only in case.
static pond_code check_tables(pond_tera_call *c, const pond_sv *tables, size_t n) {
    pond_map names;
    pond_map_init(&names, c->arena);
    if (n == 0 || n > MOST_TABLES)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT ": argument 'from' has %zu tables, and 1 to %d are "
                                            "possible",
                         POND_TERA_CALL_ARG(c), n, MOST_TABLES);
    for (size_t i = 0; i < n; i++) {
        bool is_new;
        (void)pond_map_at(&names, pond_sv_lower(c->arena, tables[i]), &is_new);
        if (tables[i].n == 0 || !is_new)
            return pond_fail(c->err, POND_ERR_TEMPLATE,
                             POND_TERA_CALL_FMT ": argument 'from': the name '%.*s' %s",
                             POND_TERA_CALL_ARG(c), POND_SV_ARG(tables[i]),
                             is_new ? "is empty" : "is that of another table, but for its case");
    }
    return POND_OK;
}

// from={name: path, …}, or one path for the table `source`.
static pond_code read_tables(pond_tera_call *c, const pond_tera_args *args, query_question *q) {
    pond_value from;
    POND_TRY(pond_tera_need(c, args, "from", &from));
    if (from.kind != POND_STRING && from.kind != POND_OBJECT)
        return pond_tera_bad_arg(c, "from",
                                 "an object of paths by the names of tables, or one path", from);
    size_t n = from.kind == POND_STRING ? 1 : from.n;
    pond_sv *tables = POND_NEW_ARRAY(c->arena, pond_sv, n + 1);
    q->froms = POND_NEW_ARRAY(c->arena, pond_sv, n + 1);
    for (size_t i = 0; i < n; i++) {
        pond_value path = from.kind == POND_STRING ? from : from.entries[i].value;
        tables[i] = from.kind == POND_STRING ? POND_SV("source") : from.entries[i].key;
        if (path.kind != POND_STRING)
            return pond_tera_bad_arg(c, "from", "an object whose members are paths", from);
        q->froms[i] = pond_value_sv(path);
    }
    q->select.tables = tables;
    q->select.n_tables = n;
    return check_tables(c, tables, n);
}

static void write_query(pond_buf *sql, const query_question *q, pond_schema schema) {
    pond_engine_sql_sorted(sql, q->select.sql, schema.n);
    pond_buf_printf(sql, " LIMIT %lld",
                    (long long)(q->bounds.has_limit ? q->bounds.limit : q->bounds.max + 1));
}

static pond_code find_tables(pond_asks *asks, const query_question *q, pond_buf *with,
                             pond_err *err) {
    const pond_select *select = &q->select;
    for (size_t i = 0; i < select->n_tables; i++) {
        ask_source *source;
        if (!select->uses[i])
            continue;
        POND_TRY_CTX(ask_find(asks, q->froms[i], false, &source, err), err, "table '%.*s'",
                     POND_SV_ARG(select->tables[i]));
        POND_TRY_CTX(write_table(asks->asker, with, select->tables[i], source, false, err), err,
                     "table '%.*s'", POND_SV_ARG(select->tables[i]));
    }
    if (with->n > 0)
        pond_buf_char(with, ' ');
    return POND_OK;
}

static pond_code plan_query(pond_session *s, pond_arena *a, const pond_buf *with, pond_sv select,
                            pond_schema *out, pond_err *err) {
    pond_engine *e;
    pond_buf sql = POND_BUF_EMPTY;
    POND_TRY(pond_session_engine(s, &e, err));
    pond_buf_sv(&sql, pond_buf_view(with));
    pond_engine_sql_select(&sql, select);
    pond_code rc = pond_engine_schema(e, a, pond_buf_view(&sql), out, err);
    pond_buf_free(&sql);
    return rc;
}

// Finds out which tables it reads, and whether another run may give other rows.
static pond_code check_query(pond_tera_call *c, pond_asks *asks, query_question *q, pond_err *err) {
    pond_engine *engine;
    POND_TRY(ask_open(asks->asker, err));
    POND_TRY(pond_session_engine(ask_session(asks->asker), &engine, err));
    POND_TRY(pond_engine_select_check(engine, c->arena, &q->select, err));
    ask_note_changing(asks, q->select.changing);
    return POND_OK;
}

static pond_code answer_query(pond_tera_call *c, pond_asks *asks, query_question *q,
                              pond_value *out, pond_err *err) {
    pond_session *s = ask_session(asks->asker);
    pond_schema schema;
    pond_buf with = POND_BUF_EMPTY, select = POND_BUF_EMPTY;
    pond_code rc;
    pond_session_next_query(s);
    POND_TRY_GOTO(rc, check_query(c, asks, q, err), done);
    POND_TRY_GOTO(rc, find_tables(asks, q, &with, err), done);
    POND_TRY_GOTO(rc, plan_query(s, c->arena, &with, q->select.sql, &schema, err), done);
    write_query(&select, q, schema);
    rc =
        read_rows(c, s, pond_buf_view(&with), pond_buf_view(&select), schema, &q->bounds, out, err);
done:
    pond_buf_free(&select);
    pond_buf_free(&with);
    return rc;
}

pond_code ask_query(pond_tera_call *c, const pond_tera_args *args, pond_value *out) {
    pond_asks *asks;
    query_question q = {0};
    pond_err why;
    POND_TRY(check_names(c, args, ask_query_arguments));
    POND_TRY(need_string(c, args, "sql", &q.select.sql));
    POND_TRY(read_tables(c, args, &q));
    POND_TRY(read_bounds(c, args, &q.bounds));
    POND_TRY(begin(c, &asks));
    return fail_call(c, answer_query(c, asks, &q, out, &why), &why);
}
