// SQL and words about rows whose time is no instant of the calendar.
#include "relation/times.h"

#include <inttypes.h>

// `min("t")`, or the column.
static void sql_value(pond_buf *sql, const char *function, const pond_column *time) {
    if (function != NULL)
        pond_buf_printf(sql, "%s(", function);
    pond_buf_sql_name(sql, time->name);
    pond_buf_str(sql, function != NULL ? ")" : "");
}

// The value as a TIMESTAMP, NULL if that has too few bits for it. Infinity stays what it is. A time
// with a zone has the same bits, and its cast would fail at the ends of time.
static void sql_micros(pond_buf *sql, const char *function, const pond_column *time) {
    bool has_zone = pond_sv_is(time->type, "TIMESTAMP WITH TIME ZONE");
    pond_buf_str(sql, has_zone ? "" : "TRY_CAST(");
    sql_value(sql, function, time);
    pond_buf_str(sql, has_zone ? "" : " AS TIMESTAMP)");
}

static void sql_is_finite(pond_buf *sql, const pond_column *time) {
    pond_buf_str(sql, "isfinite(");
    sql_micros(sql, NULL, time);
    pond_buf_char(sql, ')');
}

static void sql_is_early(pond_buf *sql, const pond_column *time) {
    pond_buf_str(sql, "epoch_us(");
    sql_micros(sql, NULL, time);
    pond_buf_printf(sql, ") < %" PRId64, POND_TIME_FIRST_US);
}

void pond_sql_time_us(pond_buf *sql, const char *function, const pond_column *time) {
    pond_buf_str(sql, "epoch_us(");
    sql_micros(sql, function, time);
    pond_buf_char(sql, ')');
    if (!pond_sv_is(time->type, "TIMESTAMP_NS"))
        return;
    // The engine cuts nanoseconds off: before 1970 that rounds up.
    pond_buf_str(sql, " - CAST(epoch_ns(");
    sql_value(sql, function, time);
    pond_buf_str(sql, ") % 1000 < 0 AS BIGINT)");
}

void pond_sql_timestamp(pond_buf *sql, const pond_column *time) {
    if (pond_sv_is(time->type, "TIMESTAMP")) {
        pond_buf_sql_name(sql, time->name);
        return;
    }
    pond_buf_str(sql, "make_timestamp(");
    pond_sql_time_us(sql, NULL, time);
    pond_buf_char(sql, ')');
}

void pond_sql_day(pond_buf *sql, const pond_column *time) {
    pond_buf_str(sql, "CAST(CAST(");
    pond_sql_timestamp(sql, time);
    pond_buf_str(sql, " AS DATE) - DATE '1970-01-01' AS BIGINT)");
}

void pond_sql_is_odd_time(pond_buf *sql, const pond_column *time) {
    pond_buf_char(sql, '(');
    sql_is_finite(sql, time);
    pond_buf_str(sql, " IS NOT TRUE OR ");
    sql_is_early(sql, time);
    pond_buf_char(sql, ')');
}

void pond_sql_count_odd_times(pond_buf *sql, const pond_column *time) {
    pond_buf_str(sql, "count(*) - count(");
    pond_buf_sql_name(sql, time->name);
    pond_buf_str(sql, "), count(*) FILTER (WHERE ");
    sql_is_finite(sql, time);
    pond_buf_str(sql, " = false), count(*) FILTER (WHERE ");
    pond_buf_sql_name(sql, time->name);
    pond_buf_str(sql, " IS NOT NULL AND (");
    sql_is_finite(sql, time);
    pond_buf_str(sql, " IS NULL OR ");
    sql_is_early(sql, time);
    pond_buf_str(sql, "))");
}

static void add_kind(pond_buf *text, bool *is_first, int64_t n, const char *kind) {
    if (n == 0)
        return;
    pond_buf_printf(text, "%s%" PRId64 " row%s with %s", *is_first ? "" : ", ", n,
                    n == 1 ? "" : "s", kind);
    *is_first = false;
}

void pond_odd_times_text(pond_buf *text, pond_odd_times n, pond_sv column) {
    bool is_first = true;
    add_kind(text, &is_first, n.nulls, "NULL");
    add_kind(text, &is_first, n.infinite, "a time that is not finite (infinity or -infinity)");
    add_kind(text, &is_first, n.out_of_range,
             "a time before the year 290308 BC or after the year 294247");
    pond_buf_printf(text, " in the time column '%.*s'", POND_SV_ARG(column));
}
