// Pieces of SQL that several kinds of relations and exports write.
#include "relation/sql.h"

#include "base/time.h"
#include "relation/schema.h"

#include <inttypes.h>

static int64_t ceil_to(int64_t t_us, int64_t step) {
    int64_t rest = t_us % step;
    if (rest == 0)
        return t_us;
    return rest < 0 ? t_us - rest : t_us - rest + step;
}

// The range of instants that the engine can represent.
static const int64_t ENGINE_MIN_US = -INT64_C(9000000000000000000);
static const int64_t ENGINE_MAX_US = INT64_C(9000000000000000000);

// A bound between two ticks of the type is rounded up to the next tick, which is correct both for
// `>= lo` and for `< hi`.
static void sql_instant(pond_buf *sql, int64_t t_us, pond_sv sql_type) {
    int64_t tick = ceil_to(t_us, pond_time_tick_us(sql_type));
    if (pond_sv_is(sql_type, "TIMESTAMP WITH TIME ZONE")) {
        char text[40];
        pond_time_format(tick, text);
        pond_buf_printf(sql, "CAST('%s' AS TIMESTAMP WITH TIME ZONE)", text);
    } else {
        pond_buf_printf(sql, "CAST(make_timestamp(%" PRId64 ") AS %.*s)", tick,
                        POND_SV_ARG(sql_type));
    }
}

void pond_sql_time_filter(pond_buf *sql, pond_sv column, pond_sv sql_type, pond_range range) {
    bool has_lo = range.lo_us > ENGINE_MIN_US, has_hi = range.hi_us < ENGINE_MAX_US;
    if (has_lo) {
        pond_buf_sql_name(sql, column);
        pond_buf_str(sql, " >= ");
        sql_instant(sql, range.lo_us, sql_type);
    }
    if (has_lo && has_hi)
        pond_buf_str(sql, " AND ");
    if (has_hi) {
        pond_buf_sql_name(sql, column);
        pond_buf_str(sql, " < ");
        sql_instant(sql, range.hi_us, sql_type);
    }
    if (!has_lo && !has_hi)
        pond_buf_str(sql, "true");
}

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
