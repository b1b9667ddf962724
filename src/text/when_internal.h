// What the readers of times share.
#ifndef POND_TEXT_WHEN_INTERNAL_H
#define POND_TEXT_WHEN_INTERNAL_H

#include "text/when.h"

#include "base/time.h"

typedef struct text_civil {
    uint32_t year, month, day, hour, minute, second;
    int32_t ns;
} text_civil;

// The seconds since 1970 of a day and a time of day; 24:00:00 is the next midnight. False: there is
// no such day or time, or its year is not 1 to 9999.
static inline bool text_civil_seconds(const text_civil *c, int64_t *s) {
    if (c->year - 1 >= 9999 || c->month - 1 >= 12 || c->day - 1 >= 31)
        return false;
    bool is_midnight = c->hour == 24 && (c->minute | c->second | (uint32_t)c->ns) == 0;
    if ((c->hour >= 24 && !is_midnight) || c->minute >= 60 || c->second >= 60)
        return false;
    if (c->day > 28 && c->day > (uint32_t)pond_days_in_month(c->year, (int)c->month))
        return false;
    *s = pond_days_from_civil(c->year, (int)c->month, (int)c->day) * 86400 +
         (c->hour * 60 + c->minute) * 60 + c->second;
    return true;
}

// Each takes what it reads off the start of a text, and returns its length, or 0.

// One to nine digits of a fraction, all that are there.
size_t text_take_fraction(pond_sv s, int32_t *ns, uint8_t *n_digits);
// `Z`, `±hh`, `±hhmm`, `±hh:mm`.
size_t text_take_offset(pond_sv s, int32_t *offset_s);

// Whether the start of a text fits a format, whatever follows.
bool text_format_begins(const pond_when_format *f, pond_sv text);

static inline bool text_is_digit(char c) {
    return (unsigned)(c - '0') < 10;
}

#endif
