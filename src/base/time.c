// Civil time, instants as text, durations, calendar units.
#include "base/time.h"

#include <time.h>

// The calendar ------------------------------------------------------------------------------------

// The calendar repeats every 400 years (an era). Years are counted from March, so that the leap day
// comes last and the day of the year needs no special case for February.
enum { DAYS_PER_ERA = 146097, DAYS_0000_03_01_TO_1970 = 719468 };

// Rounds towards minus infinity: an instant before 1970 belongs to the calendar unit that began
// before it.
static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

// Whole eras are added first, so that the year is not negative and dividing needs no rounding down.
int64_t pond_days_from_civil(int64_t year, int month, int day) {
    enum { YEARS_PER_ERA = 400 };
    static const uint64_t eras = UINT64_C(1) << 40;
    static const uint16_t days_before[] = {306, 337, 0,   31,  61,  92, // from March on
                                           122, 153, 184, 214, 245, 275};
    uint64_t y = (uint64_t)(year - (month <= 2)) + eras * YEARS_PER_ERA, centuries = y / 100;
    uint64_t days = y * 365 + y / 4 - centuries + centuries / 4 + days_before[month - 1];
    return (int64_t)(days - eras * DAYS_PER_ERA) + day - 1 - DAYS_0000_03_01_TO_1970;
}

void pond_civil_from_days(int64_t days, int64_t *year, int *month, int *day) {
    int64_t z = days + DAYS_0000_03_01_TO_1970;
    int64_t era = floor_div(z, DAYS_PER_ERA);
    int64_t day_of_era = z - era * DAYS_PER_ERA;
    int64_t leap_days =
        day_of_era / 1460 - day_of_era / 36524 + day_of_era / (int64_t)(DAYS_PER_ERA - 1);
    int64_t year_of_era = (day_of_era - leap_days) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * month_from_march + 2) / 5) + 1;
    *month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

int pond_days_in_month(int64_t year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

int pond_weekday(int64_t days) {
    enum { THURSDAY = 4 }; // 1970-01-01
    int64_t since_sunday = days + THURSDAY;
    return (int)(since_sunday - floor_div(since_sunday, 7) * 7);
}

pond_civil pond_civil_from_us(int64_t t_us) {
    int64_t days = floor_div(t_us, POND_US_PER_DAY);
    int64_t us_of_day = t_us % POND_US_PER_DAY; // not t_us - days * …, which may overflow
    us_of_day += us_of_day < 0 ? POND_US_PER_DAY : 0;
    int64_t s = us_of_day / POND_US_PER_S;
    pond_civil c = {.hour = (int)(s / 3600),
                    .minute = (int)(s / 60 % 60),
                    .second = (int)(s % 60),
                    .us = (int)(us_of_day % POND_US_PER_S)};
    pond_civil_from_days(days, &c.year, &c.month, &c.day);
    return c;
}

int64_t pond_us_from_civil(pond_civil c) {
    int64_t s = (c.hour * 60 + c.minute) * 60 + c.second;
    return pond_days_from_civil(c.year, c.month, c.day) * POND_US_PER_DAY + s * POND_US_PER_S +
           c.us;
}

int64_t pond_now_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now); // cannot fail with this clock and a valid pointer
    return (int64_t)now.tv_sec * POND_US_PER_S + now.tv_nsec / 1000;
}

int64_t pond_timespec_ns(struct timespec t) {
    int64_t ns;
    if (__builtin_mul_overflow((int64_t)t.tv_sec, INT64_C(1000000000), &ns) ||
        __builtin_add_overflow(ns, (int64_t)t.tv_nsec, &ns))
        return t.tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return ns;
}

// Instants as text --------------------------------------------------------------------------------

static size_t count_digits(pond_sv s) {
    size_t n = 0;
    while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
        n++;
    return n;
}

// Exactly n digits (at most 9, so that the number fits).
static bool take_digits(pond_sv *s, size_t n, int *out) {
    if (count_digits(*s) < n)
        return false;
    *out = 0;
    for (size_t i = 0; i < n; i++)
        *out = *out * 10 + (s->p[i] - '0');
    *s = pond_sv_sub(*s, n, s->n);
    return true;
}

// Four digits, or up to six after a sign, as in the expanded form of ISO 8601.
static bool take_year(pond_sv *s, int64_t *out) {
    bool is_negative = pond_sv_cut_char(s, '-');
    bool has_sign = is_negative || pond_sv_cut_char(s, '+');
    size_t n = count_digits(*s);
    int year;
    if (n < 4 || n > (has_sign ? 6u : 4u) || !take_digits(s, n, &year))
        return false;
    *out = is_negative ? -year : year;
    return true;
}

// The digits after '.'; those after microseconds are dropped.
static bool take_fraction(pond_sv *s, int *us) {
    size_t n = count_digits(*s), kept = n < 6 ? n : 6;
    if (n == 0 || !take_digits(s, kept, us))
        return false;
    for (size_t i = kept; i < 6; i++)
        *us *= 10;
    *s = pond_sv_sub(*s, n - kept, s->n);
    return true;
}

static bool take_clock(pond_sv *s, pond_civil *c) {
    if (!take_digits(s, 2, &c->hour) || !pond_sv_cut_char(s, ':') || !take_digits(s, 2, &c->minute))
        return false;
    if (!pond_sv_cut_char(s, ':'))
        return true;
    if (!take_digits(s, 2, &c->second))
        return false;
    return !pond_sv_cut_char(s, '.') || take_fraction(s, &c->us);
}

// "Z", "+02:00", "+0200", "+02", or nothing, which is UTC.
static bool take_offset(pond_sv *s, int *minutes) {
    int hour, minute = 0;
    *minutes = 0;
    if (s->n == 0 || pond_sv_cut_char(s, 'Z') || pond_sv_cut_char(s, 'z'))
        return true;
    bool is_west = pond_sv_cut_char(s, '-');
    if (!is_west && !pond_sv_cut_char(s, '+'))
        return false;
    if (!take_digits(s, 2, &hour))
        return false;
    bool has_minutes = pond_sv_cut_char(s, ':') || s->n > 0;
    if (has_minutes && !take_digits(s, 2, &minute))
        return false;
    *minutes = (hour * 60 + minute) * (is_west ? -1 : 1);
    return hour < 24 && minute < 60;
}

static bool take_time(pond_sv *s, pond_civil *c, int *offset_minutes) {
    if (!take_year(s, &c->year) || !pond_sv_cut_char(s, '-') || !take_digits(s, 2, &c->month) ||
        !pond_sv_cut_char(s, '-') || !take_digits(s, 2, &c->day))
        return false;
    *offset_minutes = 0;
    if (s->n == 0)
        return true;
    if (!pond_sv_cut_char(s, 'T') && !pond_sv_cut_char(s, 't') && !pond_sv_cut_char(s, ' '))
        return false;
    return take_clock(s, c) && take_offset(s, offset_minutes) && s->n == 0;
}

pond_code pond_time_parse(pond_sv text, int64_t *out_us, pond_err *err) {
    enum { MAX_YEAR = 290000 }; // 64 bits of microseconds end in the year 294247
    pond_civil c = {0};
    int offset_minutes;
    pond_sv rest = pond_sv_trim(text);
    const char *why = NULL;
    if (!take_time(&rest, &c, &offset_minutes))
        why = "expected YYYY-MM-DD, YYYY-MM-DD hh:mm[:ss[.fraction]] or the same with 'T' and an "
              "offset such as Z or +02:00";
    else if (c.year > MAX_YEAR || c.year < -MAX_YEAR)
        why = "the year is out of range";
    else if (c.month < 1 || c.month > 12)
        why = "the month must be 01 to 12";
    else if (c.day < 1 || c.day > pond_days_in_month(c.year, c.month))
        why = "the month has no such day";
    else if (c.hour > 23 || c.minute > 59 || c.second > 59)
        why = "the time of day must be 00:00:00 to 23:59:59";
    if (why != NULL)
        return pond_fail(err, POND_ERR_INVALID, "invalid time '%.*s': %s", POND_SV_ARG(text), why);
    *out_us = pond_us_from_civil(c) - (int64_t)offset_minutes * 60 * POND_US_PER_S;
    return POND_OK;
}

size_t pond_time_format(int64_t t_us, char out[40]) {
    pond_civil c = pond_civil_from_us(t_us);
    const char *sign = c.year < 0 ? "-" : c.year > 9999 ? "+" : "";
    char fraction[8] = "";
    if (c.us % 1000 != 0)
        snprintf(fraction, sizeof fraction, ".%06u", (unsigned)c.us % 1000000);
    else if (c.us != 0)
        snprintf(fraction, sizeof fraction, ".%03u", (unsigned)c.us / 1000 % 1000);
    int n = snprintf(out, 40, "%s%04lld-%02d-%02dT%02d:%02d:%02d%sZ", sign,
                     (long long)(c.year < 0 ? -c.year : c.year), c.month, c.day, c.hour, c.minute,
                     c.second, fraction);
    POND_ASSERT(n > 0 && n < 40);
    return (size_t)n;
}

// Durations ---------------------------------------------------------------------------------------

// The length of a unit by its name, or 0. "m" is a minute: a month has no fixed length.
static int64_t duration_unit(pond_sv name) {
    static const struct {
        const char *name;
        int64_t us;
    } units[] = {
        {"ms", POND_US_PER_MS},
        {"msec", POND_US_PER_MS},
        {"s", POND_US_PER_S},
        {"sec", POND_US_PER_S},
        {"second", POND_US_PER_S},
        {"m", INT64_C(60) * POND_US_PER_S},
        {"min", INT64_C(60) * POND_US_PER_S},
        {"minute", INT64_C(60) * POND_US_PER_S},
        {"h", INT64_C(3600) * POND_US_PER_S},
        {"hour", INT64_C(3600) * POND_US_PER_S},
        {"d", POND_US_PER_DAY},
        {"day", POND_US_PER_DAY},
        {"w", 7 * POND_US_PER_DAY},
        {"week", 7 * POND_US_PER_DAY},
    };
    // Words have a plural, abbreviations do not.
    pond_sv singular =
        name.n > 3 && name.p[name.n - 1] == 's' ? pond_sv_sub(name, 0, name.n - 1) : name;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (pond_sv_is(singular, units[i].name))
            return units[i].us;
    return 0;
}

// A run of ASCII letters.
static pond_sv take_word(pond_sv *s) {
    size_t n = 0;
    while (n < s->n && ((s->p[n] | 0x20) >= 'a' && (s->p[n] | 0x20) <= 'z'))
        n++;
    pond_sv word = pond_sv_sub(*s, 0, n);
    *s = pond_sv_sub(*s, n, s->n);
    return word;
}

// Removes one part ("90min") from the front of *s and adds it to *sum_us. Returns what is wrong, or
// NULL.
static const char *add_part(pond_sv *s, int64_t *sum_us) {
    uint64_t count;
    size_t n = count_digits(*s);
    if (n == 0)
        return "expected a number and a unit, such as 30s, 10m, 1h30m, 1d or 1w";
    bool is_small = pond_sv_to_uint(pond_sv_sub(*s, 0, n), &count);
    *s = pond_sv_trim(pond_sv_sub(*s, n, s->n));
    pond_sv word = take_word(s);
    if (word.n == 0)
        return "a unit is missing after the number; units are ms, s, m, h, d, w";
    int64_t unit_us = duration_unit(word), part_us;
    if (unit_us == 0)
        return "unknown unit; units are ms, s, m, h, d, w";
    if (!is_small || __builtin_mul_overflow(count, unit_us, &part_us) ||
        __builtin_add_overflow(*sum_us, part_us, sum_us))
        return "it is too long";
    *s = pond_sv_trim(*s);
    return NULL;
}

pond_code pond_duration_parse(pond_sv text, int64_t *out_us, pond_err *err) {
    int64_t sum_us = 0;
    pond_sv rest = pond_sv_trim(text);
    const char *why;
    do
        why = add_part(&rest, &sum_us);
    while (why == NULL && rest.n > 0);
    if (why == NULL && sum_us == 0)
        why = "it must be longer than 0";
    if (why != NULL)
        return pond_fail(err, POND_ERR_INVALID, "invalid duration '%.*s': %s", POND_SV_ARG(text),
                         why);
    *out_us = sum_us;
    return POND_OK;
}

// Calendar units ----------------------------------------------------------------------------------

// The length of a calendar unit, 0 for months and years.
static int64_t period_us(pond_period u) {
    static const int64_t lengths[POND_N_PERIODS] = {
        [POND_DAY] = POND_US_PER_DAY,
        [POND_HOUR] = INT64_C(3600) * POND_US_PER_S,
        [POND_MINUTE] = INT64_C(60) * POND_US_PER_S,
        [POND_SECOND] = POND_US_PER_S,
    };
    return lengths[u];
}

const char *pond_period_name(pond_period u) {
    static const char *const names[POND_N_PERIODS] = {
        [POND_YEAR] = "year", [POND_MONTH] = "month",   [POND_DAY] = "day",
        [POND_HOUR] = "hour", [POND_MINUTE] = "minute", [POND_SECOND] = "second",
    };
    return names[u];
}

// a * b, or the end of time in that direction.
static int64_t multiply(int64_t a, int64_t b) {
    int64_t product;
    if (!__builtin_mul_overflow(a, b, &product))
        return product;
    return (a < 0) == (b < 0) ? INT64_MAX : INT64_MIN;
}

int64_t pond_trunc(int64_t t_us, pond_period u) {
    int64_t length_us = period_us(u);
    if (length_us != 0)
        return multiply(floor_div(t_us, length_us), length_us);
    pond_civil c = pond_civil_from_us(t_us);
    int month = u == POND_YEAR ? 1 : c.month;
    return multiply(pond_days_from_civil(c.year, month, 1), POND_US_PER_DAY);
}

int64_t pond_next(int64_t start_us, pond_period u) {
    int64_t length_us = period_us(u);
    if (length_us != 0)
        return start_us > INT64_MAX - length_us ? INT64_MAX : start_us + length_us;
    pond_civil c = pond_civil_from_us(start_us);
    bool is_new_year = u == POND_YEAR || c.month == 12;
    int month = is_new_year ? 1 : c.month + 1;
    return multiply(pond_days_from_civil(c.year + is_new_year, month, 1), POND_US_PER_DAY);
}
