// Buckets as SQL: a binary search, by nested CASEs, for the stretch of time that holds the row.
#include "factory/bucket_sql.h"

#include "relation/times.h"

#include <inttypes.h>

bucket_sql bucket_sql_of(pond_arena *a, const pond_buckets *b, pond_range range) {
    bucket_sql out = {.buckets = b};
    pond_bucket_stretches(a, b, range.lo_us, range.hi_us, &out.stretches);
    return out;
}

static void sql_instant(pond_buf *sql, int64_t t_us) {
    pond_buf_printf(sql, "make_timestamp(%" PRId64 ")", t_us);
}

static void sql_width(pond_buf *sql, const pond_buckets *b) {
    if (b->months > 0)
        pond_buf_printf(sql, "to_months(%" PRId64 ")", b->months);
    else
        pond_buf_printf(sql, "to_microseconds(%" PRId64 ")", b->width_us);
}

// floor(t + shift), plus one more width if `is_end`, - shift. Of a fixed width this is the same as
// counting from -shift.
static void sql_regular(pond_buf *sql, const bucket_sql *b, const pond_stretch *s,
                        const pond_column *time, bool is_end) {
    bool is_shifted = b->buckets->months > 0 && s->shift_us != 0;
    pond_buf_str(sql, is_shifted ? "(time_bucket(" : "time_bucket(");
    sql_width(sql, b->buckets);
    pond_buf_str(sql, ", ");
    pond_sql_timestamp(sql, time);
    if (is_shifted)
        pond_buf_printf(sql, " + to_microseconds(%" PRId64 ")", s->shift_us);
    pond_buf_str(sql, ", ");
    sql_instant(sql, b->buckets->months > 0 ? 0 : -s->shift_us);
    pond_buf_char(sql, ')');
    if (is_end) {
        pond_buf_str(sql, " + ");
        sql_width(sql, b->buckets);
    }
    if (is_shifted)
        pond_buf_printf(sql, " - to_microseconds(%" PRId64 "))", s->shift_us);
}

static void sql_stretch(pond_buf *sql, const bucket_sql *b, size_t i, const pond_column *time,
                        bool is_end) {
    const pond_stretch *s = &b->stretches.items[i];
    const pond_stretch *next = i + 1 < b->stretches.n ? s + 1 : NULL;
    switch (s->kind) {
    case POND_STRETCH_REGULAR:
        if (is_end &&
            next != NULL) // a day with a change of the clock may end before its last hours
            pond_buf_str(sql, "least(");
        sql_regular(sql, b, s, time, is_end);
        if (is_end && next != NULL) {
            pond_buf_str(sql, ", ");
            sql_instant(sql, next->from_us);
            pond_buf_char(sql, ')');
        }
        return;
    case POND_STRETCH_BUCKET:
        sql_instant(sql, is_end ? pond_bucket_next(b->buckets, s->from_us) : s->from_us);
        return;
    case POND_STRETCH_UNKNOWN:
        pond_buf_str(sql, "error('a time after the year 2199 has no local day: the rules of clocks "
                          "are not followed so far')");
        return;
    }
}

static void sql_search(pond_buf *sql, const bucket_sql *b, size_t first, size_t n,
                       const pond_column *time, bool is_end) {
    if (n == 1) {
        sql_stretch(sql, b, first, time, is_end);
        return;
    }
    pond_buf_str(sql, "CASE WHEN ");
    pond_sql_timestamp(sql, time);
    pond_buf_str(sql, " < ");
    sql_instant(sql, b->stretches.items[first + n / 2].from_us);
    pond_buf_str(sql, " THEN ");
    sql_search(sql, b, first, n / 2, time, is_end);
    pond_buf_str(sql, " ELSE ");
    sql_search(sql, b, first + n / 2, n - n / 2, time, is_end);
    pond_buf_str(sql, " END");
}

void bucket_sql_start(pond_buf *sql, const bucket_sql *b, const pond_column *time) {
    sql_search(sql, b, 0, b->stretches.n, time, false);
}

void bucket_sql_end(pond_buf *sql, const bucket_sql *b, const pond_column *time) {
    sql_search(sql, b, 0, b->stretches.n, time, true);
}
