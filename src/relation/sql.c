// Pieces of SQL that several kinds of relations and exports write.
#include "relation/sql.h"

#include "base/time.h"
#include "relation/schema.h"
#include "relation/times.h"

#include <inttypes.h>

// Times -------------------------------------------------------------------------------------------

// The first and the last instant of a type for which there is SQL, in microseconds.
static pond_range type_instants(pond_sv sql_type) {
    int64_t last_us = INT64_MAX - 1; // INT64_MAX is infinity
    if (pond_sv_is(sql_type, "TIMESTAMP WITH TIME ZONE"))
        return (pond_range){POND_TIME_FIRST_US, last_us, false};
    if (pond_sv_is(sql_type, "TIMESTAMP_NS"))
        last_us /= 1000;
    last_us -= last_us % pond_time_tick_us(sql_type);
    return (pond_range){-last_us, last_us, false};
}

static int64_t ceil_to(int64_t t_us, int64_t step) {
    int64_t rest = t_us % step;
    if (rest == 0)
        return t_us;
    return rest < 0 ? t_us - rest : t_us - rest + step;
}

// A bound between two ticks of the type is rounded up to the next tick, which is correct both for
// `>= lo` and for `< hi`.
static void sql_instant(pond_buf *sql, int64_t t_us, pond_sv sql_type) {
    int64_t tick = ceil_to(t_us, pond_time_tick_us(sql_type));
    if (pond_sv_is(sql_type, "TIMESTAMP WITH TIME ZONE"))
        pond_buf_printf(sql, "make_timestamptz(%" PRId64 ")", tick);
    else
        pond_buf_printf(sql, "CAST(make_timestamp(%" PRId64 ") AS %.*s)", tick,
                        POND_SV_ARG(sql_type));
}

// `"t" >= bound`, or `"t" < bound` if is_upper. A bound that the type cannot hold lies between its
// instants and an infinity.
static void sql_bound(pond_buf *sql, const pond_column *time, int64_t t_us, bool is_upper) {
    pond_range instants = type_instants(time->type);
    pond_buf_sql_name(sql, time->name);
    if (t_us >= instants.lo_us && t_us <= instants.hi_us) {
        pond_buf_str(sql, is_upper ? " < " : " >= ");
        sql_instant(sql, t_us, time->type);
        return;
    }
    bool is_late = t_us > instants.hi_us;
    pond_buf_str(sql, is_late ? (is_upper ? " < " : " >= ") : (is_upper ? " <= " : " > "));
    pond_buf_printf(sql, "CAST('%s' AS %.*s)", is_late ? "infinity" : "-infinity",
                    POND_SV_ARG(time->type));
}

void pond_sql_time_filter(pond_buf *sql, pond_sv column, pond_sv sql_type, pond_range range) {
    const pond_column time = {column, sql_type};
    bool has_lo = range.lo_us != INT64_MIN, has_hi = range.hi_us != INT64_MAX;
    bool has_both = has_lo && has_hi,
         or_odd = range.beyond != POND_NOTHING_BEYOND && (has_lo || has_hi);
    pond_buf_str(sql, or_odd ? "((" : "");
    if (has_lo)
        sql_bound(sql, &time, range.lo_us, false);
    pond_buf_str(sql, has_both ? " AND " : "");
    if (has_hi)
        sql_bound(sql, &time, range.hi_us, true);
    if (!has_lo && !has_hi)
        pond_buf_str(sql, "true");
    if (!or_odd)
        return;
    pond_buf_str(sql, ") OR ");
    pond_sql_is_odd_time(sql, &time);
    pond_buf_char(sql, ')');
}

// Rows --------------------------------------------------------------------------------------------

void pond_sql_order(pond_buf *sql, const pond_relation *r) {
    const char *sep = " ORDER BY ";
    if (r->time_column.n > 0) {
        pond_buf_str(sql, sep);
        pond_buf_sql_name(sql, r->time_column);
        sep = ", ";
        if (r->is_time_unique)
            return;
    } else if (!r->is_series) {
        return; // a table keeps the order that its query or its file gives
    }
    for (size_t i = 0; i < r->schema.n; i++) {
        if (pond_sv_eq(r->schema.items[i].name, r->time_column))
            continue;
        pond_buf_str(sql, sep);
        pond_buf_sql_name(sql, r->schema.items[i].name);
        sep = ", ";
    }
}

void pond_sql_empty(pond_buf *sql, pond_schema schema) {
    pond_buf_str(sql, "SELECT ");
    for (size_t i = 0; i < schema.n; i++) {
        pond_buf_printf(sql, "%sCAST(NULL AS %.*s) AS ", i == 0 ? "" : ", ",
                        POND_SV_ARG(schema.items[i].type));
        pond_buf_sql_name(sql, schema.items[i].name);
    }
    pond_buf_str(sql, " WHERE false");
}

void pond_sql_project(pond_buf *sql, pond_schema have, pond_schema want) {
    if (pond_schema_equal(have, want)) {
        pond_buf_char(sql, '*');
        return;
    }
    for (size_t i = 0; i < want.n; i++) {
        const pond_column *w = &want.items[i], *h = pond_schema_find(have, w->name);
        if (i > 0)
            pond_buf_str(sql, ", ");
        if (h != NULL && pond_sv_eq(h->type, w->type)) {
            pond_buf_sql_name(sql, w->name);
            continue;
        }
        // TRY_CAST, because a column of NULLs may have any type, and must cast to any type.
        pond_buf_str(sql, "TRY_CAST(");
        if (h == NULL)
            pond_buf_str(sql, "NULL");
        else
            pond_buf_sql_name(sql, w->name);
        pond_buf_printf(sql, " AS %.*s) AS ", POND_SV_ARG(w->type));
        pond_buf_sql_name(sql, w->name);
    }
}

// Exact integers ----------------------------------------------------------------------------------

// Sums of integers, types that are named so, and literals that 64 bits do not hold.
static bool may_be_wide(pond_sv query) {
    size_t n_digits = 0;
    for (size_t i = 0; i < query.n; i++) {
        n_digits = query.p[i] >= '0' && query.p[i] <= '9' ? n_digits + 1 : 0;
        if (n_digits == 19)
            return true;
    }
    return pond_sv_has_nocase(query, "sum") || pond_sv_has_nocase(query, "hugeint");
}

pond_code pond_sql_exact(pond_session *s, pond_sv query, pond_sv sql, pond_sv *replace,
                         pond_err *err) {
    pond_engine *engine;
    pond_schema schema;
    *replace = (pond_sv){"", 0};
    if (!may_be_wide(query))
        return POND_OK;
    POND_TRY(pond_session_engine(s, &engine, err));
    POND_TRY(pond_engine_schema(engine, pond_session_arena(s), sql, &schema, err));
    pond_buf text = POND_BUF_EMPTY;
    for (size_t i = 0; i < schema.n; i++) {
        const pond_column *c = &schema.items[i];
        if (!pond_sv_is(c->type, "HUGEINT") && !pond_sv_is(c->type, "UHUGEINT"))
            continue;
        pond_buf_str(&text, text.n == 0 ? " REPLACE (CAST(" : ", CAST(");
        pond_buf_sql_name(&text, c->name);
        pond_buf_str(&text, " AS DECIMAL(38,0)) AS ");
        pond_buf_sql_name(&text, c->name);
    }
    if (text.n > 0)
        pond_buf_char(&text, ')');
    *replace = pond_buf_keep(pond_session_arena(s), &text);
    return POND_OK;
}
