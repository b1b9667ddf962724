// time: civil time, instants, durations and calendar units. Always UTC, in the proleptic Gregorian
// calendar, without leap seconds.
//
// An instant is a number of microseconds since 1970-01-01T00:00:00Z; such names end in _us. Years
// from -290000 to 290000 can be parsed and truncated. The calendar algorithms are those of Howard
// Hinnant, "chrono-Compatible Low-Level Date Algorithms".
#ifndef POND_BASE_TIME_H
#define POND_BASE_TIME_H

#include "base/err.h"
#include "base/str.h"

#include <time.h>

enum { POND_US_PER_MS = 1000, POND_US_PER_S = 1000000 };
#define POND_US_PER_DAY INT64_C(86400000000)

typedef struct pond_civil {
    int64_t year;
    int month, day;           // from 1
    int hour, minute, second; // 0-23, 0-59, 0-59
    int us;                   // 0-999999
} pond_civil;

int64_t pond_days_from_civil(int64_t year, int month, int day); // the month must be 1 to 12
void pond_civil_from_days(int64_t days, int64_t *year, int *month, int *day);
pond_civil pond_civil_from_us(int64_t t_us);
int64_t pond_us_from_civil(pond_civil c);
int pond_days_in_month(int64_t year, int month);
int pond_weekday(int64_t days); // `days` since 1970-01-01; 0 is Sunday, 6 is Saturday
int64_t pond_now_us(void);
// Nanoseconds since 1970, as far as they fit: the times of a file may be anything.
int64_t pond_timespec_ns(struct timespec t);

// Parses "2024-01-31", "2024-01-31 10:00[:00[.5]]" and "2024-01-31T10:00:00[.5][Z|+02:00]". Without
// an offset the time is UTC. A year of more than four digits needs a sign. Digits after
// microseconds are dropped.
pond_code pond_time_parse(pond_sv text, int64_t *out_us, pond_err *err) POND_MUST;
// Writes "2024-01-31T10:00:00Z", with a fraction of 3 or 6 digits if it is not 0. Returns the
// length.
size_t pond_time_format(int64_t t_us, char out[40]);

// Parses "30s", "10m", "1h30m", "1d", "1w", "500ms". The units are ms, s, m, h, d and w, and their
// words (sec, min, hour, day, week, also in the plural). The result is above 0.
pond_code pond_duration_parse(pond_sv text, int64_t *out_us, pond_err *err) POND_MUST;

// The calendar units of time partitions. The unit that holds an instant begins at pond_trunc, the
// next one at pond_next.
typedef enum pond_period {
    POND_YEAR,
    POND_MONTH,
    POND_DAY,
    POND_HOUR,
    POND_MINUTE,
    POND_SECOND,
    POND_N_PERIODS
} pond_period;
const char *pond_period_name(pond_period u); // "year" …
// The start of the period that t_us is in, and the start of the period after the one that begins at
// start_us. Both stop at the ends of int64_t.
int64_t pond_trunc(int64_t t_us, pond_period u);
int64_t pond_next(int64_t start_us, pond_period u);

#endif
