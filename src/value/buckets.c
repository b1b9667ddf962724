// Intervals of time by the calendar and the clock of a zone.
#include "value/buckets.h"

#include "base/time.h"

// Rounds towards minus infinity.
static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

// Widths ------------------------------------------------------------------------------------------

// The months of a unit by its name, or 0.
static int64_t months_of(pond_sv unit) {
    static const struct {
        const char *name;
        int64_t months;
    } units[] = {{"mo", 1}, {"month", 1}, {"months", 1}, {"y", 12}, {"year", 12}, {"years", 12}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (pond_sv_is(unit, units[i].name))
            return units[i].months;
    return 0;
}

pond_code pond_buckets_parse(pond_sv text, pond_buckets *out, pond_err *err) {
    enum { MOST_MONTHS = 12 * 10000 }; // the calendar has more years, but not many times more
    pond_sv rest = pond_sv_trim(text);
    size_t n_digits = 0;
    while (n_digits < rest.n && rest.p[n_digits] >= '0' && rest.p[n_digits] <= '9')
        n_digits++;
    int64_t unit = months_of(pond_sv_trim(pond_sv_sub(rest, n_digits, rest.n)));
    uint64_t count;
    out->width_us = out->months = 0;
    if (unit == 0 || n_digits == 0)
        return pond_duration_parse(text, &out->width_us, err);
    if (!pond_sv_to_uint(pond_sv_sub(rest, 0, n_digits), &count) ||
        count > (uint64_t)(MOST_MONTHS / unit))
        return pond_fail(err, POND_ERR_INVALID, "invalid duration '%.*s': it is too long",
                         POND_SV_ARG(text));
    if (count == 0)
        return pond_fail(err, POND_ERR_INVALID, "invalid duration '%.*s': it must be longer than 0",
                         POND_SV_ARG(text));
    out->months = (int64_t)count * unit;
    return POND_OK;
}

int64_t pond_buckets_mean_us(const pond_buckets *b) {
    const int64_t month_us = INT64_C(2629746) * POND_US_PER_S; // 400 years have 4800 months
    return b->months > 0 ? b->months * month_us : b->width_us;
}

bool pond_buckets_nest(const pond_buckets *coarser, const pond_buckets *finer) {
    if (finer->months > 0)
        return coarser->months > 0 && coarser->months % finer->months == 0;
    if (coarser->months > 0)
        return POND_US_PER_DAY % finer->width_us == 0;
    return coarser->width_us % finer->width_us == 0;
}

// The count ---------------------------------------------------------------------------------------

// Times on the clock, less the offset, in which buckets begin at multiples of the width.
static int64_t floor_months(int64_t x_us, int64_t months, int64_t more) {
    pond_civil c = pond_civil_from_us(x_us);
    int64_t month = (floor_div((c.year - 1970) * 12 + c.month - 1, months) + more) * months;
    int64_t year = floor_div(month, 12);
    return pond_days_from_civil(1970 + year, (int)(month - year * 12) + 1, 1) * POND_US_PER_DAY;
}

// The start of the bucket that holds x_us, or of the one that is `more` buckets later.
static int64_t count_floor(const pond_buckets *b, int64_t x_us, int64_t more) {
    return b->months > 0 ? floor_months(x_us, b->months, more)
                         : (floor_div(x_us, b->width_us) + more) * b->width_us;
}

// Clocks ------------------------------------------------------------------------------------------

static int64_t clock_shift(const pond_buckets *b, int64_t t_us) {
    int64_t offset_s = pond_zone_clock_offset(b->clock, floor_div(t_us, POND_US_PER_S));
    return offset_s * POND_US_PER_S - b->offset_us;
}

// The first change of the clock at or after t_us.
static int64_t change_from(const pond_buckets *b, int64_t t_us) {
    int64_t t_s = pond_zone_clock_next(b->clock, floor_div(t_us - 1, POND_US_PER_S));
    return t_s > INT64_MAX / POND_US_PER_S ? INT64_MAX : t_s * POND_US_PER_S;
}

// The first instant at which the clock, less the offset, shows x_us or more.
static int64_t instant_of(const pond_buckets *b, int64_t x_us) {
    int64_t clock_us = x_us + b->offset_us, first_s, second_s;
    int64_t clock_s = floor_div(clock_us, POND_US_PER_S);
    if (pond_zone_clock_to_utc(b->clock, clock_s, &first_s, &second_s) == POND_CLOCK_NEVER)
        return pond_zone_clock_next(b->clock, second_s) * POND_US_PER_S;
    return first_s * POND_US_PER_S + (clock_us - clock_s * POND_US_PER_S);
}

// On the count: the last start whose instant is not after t_us. What the clock shows may be a
// bucket off where it is put forward or back.
static int64_t clock_floor(const pond_buckets *b, int64_t t_us) {
    int64_t x_us = count_floor(b, t_us + clock_shift(b, t_us), 0);
    while (instant_of(b, x_us) > t_us)
        x_us = count_floor(b, x_us, -1);
    while (instant_of(b, count_floor(b, x_us, 1)) <= t_us)
        x_us = count_floor(b, x_us, 1);
    return x_us;
}

// The days that finer buckets are counted in.
static pond_buckets days_of(const pond_buckets *b) {
    return (pond_buckets){POND_US_PER_DAY, 0, b->offset_us, b->clock};
}

static bool is_finer_than_days(const pond_buckets *b) {
    return b->months == 0 && b->width_us < POND_US_PER_DAY;
}

// Buckets -----------------------------------------------------------------------------------------

static bool is_at_an_end(const pond_buckets *b, int64_t t_us) {
    int64_t mean_us = pond_buckets_mean_us(b), margin_us;
    if (__builtin_mul_overflow(mean_us, 2, &margin_us) ||
        __builtin_add_overflow(margin_us, b->offset_us + 40 * POND_US_PER_DAY, &margin_us))
        return true;
    return t_us <= INT64_MIN + margin_us || t_us >= INT64_MAX - margin_us;
}

int64_t pond_bucket_start(const pond_buckets *b, int64_t t_us) {
    if (is_at_an_end(b, t_us))
        return t_us;
    if (b->clock == NULL)
        return count_floor(b, t_us - b->offset_us, 0) + b->offset_us;
    if (!is_finer_than_days(b))
        return instant_of(b, clock_floor(b, t_us));
    pond_buckets days = days_of(b);
    int64_t day_us = pond_bucket_start(&days, t_us);
    return day_us + count_floor(b, t_us - day_us, 0);
}

int64_t pond_bucket_next(const pond_buckets *b, int64_t t_us) {
    if (is_at_an_end(b, t_us))
        return t_us;
    if (b->clock == NULL)
        return count_floor(b, t_us - b->offset_us, 1) + b->offset_us;
    if (!is_finer_than_days(b))
        return instant_of(b, count_floor(b, clock_floor(b, t_us), 1));
    pond_buckets days = days_of(b);
    int64_t next_us = pond_bucket_start(b, t_us) + b->width_us;
    int64_t day_us = pond_bucket_next(&days, t_us);
    return next_us < day_us ? next_us : day_us;
}

int64_t pond_bucket_ceil(const pond_buckets *b, int64_t t_us) {
    return pond_bucket_start(b, t_us) == t_us ? t_us : pond_bucket_next(b, t_us);
}

// Stretches ---------------------------------------------------------------------------------------

// Finer buckets whose days begin at multiples of the width go on as before: hours in most zones.
static void add_stretch(pond_arena *a, const pond_buckets *b, pond_stretch_kind kind,
                        int64_t from_us, int64_t shift_us, pond_stretch_vec *v) {
    const pond_stretch *last = v->n == 0 ? NULL : &v->items[v->n - 1];
    bool goes_on = last != NULL && last->kind == kind && is_finer_than_days(b) &&
                   (last->shift_us - shift_us) % b->width_us == 0;
    if (!goes_on)
        *pond_vec_push(a, v) = (pond_stretch){kind, from_us, shift_us};
}

// From one change of the clock to the next. A bucket in which the clock is changed, or with which a
// day begins whose midnight is missing, is no sum of a start and a width. Finer buckets are regular
// in each day, also in such a one.
void pond_bucket_stretches(pond_arena *a, const pond_buckets *b, int64_t lo_us, int64_t hi_us,
                           pond_stretch_vec *out) {
    if (b->clock == NULL) {
        add_stretch(a, b, POND_STRETCH_REGULAR, lo_us, -b->offset_us, out);
        return;
    }
    bool is_finer = is_finer_than_days(b);
    pond_buckets units = is_finer ? days_of(b) : *b;
    int64_t end_us = hi_us < POND_CLOCKS_END_US ? hi_us : POND_CLOCKS_END_US;
    // No clock was ever changed before that, and far from the ends there is room for sums.
    const int64_t first_us = pond_days_from_civil(1, 1, 1) * POND_US_PER_DAY;
    int64_t at_us = pond_bucket_start(&units, lo_us < first_us ? first_us : lo_us);
    if (at_us >= end_us && at_us < POND_CLOCKS_END_US)
        end_us = at_us + 1; // nothing is in the range, but a rule is still needed
    while (at_us < end_us) {
        int64_t change_us = change_from(&units, at_us);
        int64_t odd_us = change_us < end_us ? pond_bucket_start(&units, change_us) : INT64_MAX;
        if (odd_us > at_us)
            add_stretch(a, b, POND_STRETCH_REGULAR, at_us,
                        is_finer ? -at_us : clock_shift(&units, at_us), out);
        if (odd_us == INT64_MAX)
            break;
        add_stretch(a, b, is_finer ? POND_STRETCH_REGULAR : POND_STRETCH_BUCKET, odd_us, -odd_us,
                    out);
        at_us = pond_bucket_next(&units, odd_us);
    }
    if (hi_us > POND_CLOCKS_END_US || out->n == 0)
        add_stretch(a, b, POND_STRETCH_UNKNOWN, POND_CLOCKS_END_US, 0, out);
}
