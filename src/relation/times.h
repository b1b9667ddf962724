// times: rows whose time is no instant of the calendar, so that they belong to no range and no
// partition: NULL, infinity and -infinity, and instants that the engine or the calendar of this
// program cannot reach.
//
// The functions append SQL about a time column of any precision, with or without a zone. A value
// that cannot be converted to microseconds is counted, not a failure of the query.
#ifndef POND_RELATION_TIMES_H
#define POND_RELATION_TIMES_H

#include "engine/engine.h"

// The first instant of the first year that 64 bits of microseconds hold as a whole: 290308 BC. The
// last instant needs no constant: it ends the year 294247.
#define POND_TIME_FIRST_US (-INT64_C(9223371158400000000))

// How many rows have such a time.
typedef struct pond_odd_times {
    int64_t nulls, infinite, out_of_range;
} pond_odd_times;
enum { POND_ODD_TIMES_COLUMNS = 3 };

// The time of a row in microseconds, or the result of a function over the times of rows, such as
// "min": rounded down, NULL for an odd time. `function` may be NULL.
void pond_sql_time_us(pond_buf *sql, const char *function, const pond_column *time);
// The time of a row as a TIMESTAMP, rounded down; it must not be odd.
void pond_sql_timestamp(pond_buf *sql, const pond_column *time);
// The day of a row, as days since 1970; its time must not be odd.
void pond_sql_day(pond_buf *sql, const pond_column *time);
// `true` for a row with an odd time, in parentheses.
void pond_sql_is_odd_time(pond_buf *sql, const pond_column *time);
// Three counts, for the select list of an aggregation: those of pond_odd_times, in its order.
void pond_sql_count_odd_times(pond_buf *sql, const pond_column *time);

static inline bool pond_has_odd_times(pond_odd_times n) {
    return n.nulls > 0 || n.infinite > 0 || n.out_of_range > 0;
}
// Appends "2 rows with a time that is not finite (infinity or -infinity) in the time column
// 'timestamp'".
void pond_odd_times_text(pond_buf *text, pond_odd_times n, pond_sv column);

#endif
