// buckets: time cut into intervals: of a fixed length, or days, months and years by a clock.
//
// Buckets cover all times without gaps, so that an instant is in exactly one. Without a time zone
// they are counted from 1970 in UTC. With one,
//
//     whole days    begin when the clock shows midnight: a day has 23, 24 or 25 hours
//     months        begin at the midnight that begins the month; a year is 12 months
//     finer ones    are counted from the beginning of their day, in hours that pass: the last one
//                   of a day of 25 hours may be shorter
//
// A day begins the first time that the clock shows its midnight or a later time. So days follow
// each other also where clocks are changed at midnight, which then is missing or there twice. All
// buckets may begin later by an offset on the clock: a day from 06:00 to 06:00.
#ifndef POND_VALUE_BUCKETS_H
#define POND_VALUE_BUCKETS_H

#include "base/err.h"
#include "base/vec.h"
#include "value/zone.h"

typedef struct pond_buckets {
    int64_t width_us; // 0: `months` is the width. With a clock: divides a day, or is whole days
    int64_t months;
    int64_t offset_us;            // not negative
    const pond_zone_clock *clock; // NULL: UTC
} pond_buckets;

// Reads the width: a duration, or months and years ("1mo", "3 months", "1y"), and leaves the other
// members alone. INVALID.
pond_code pond_buckets_parse(pond_sv text, pond_buckets *out, pond_err *err) POND_MUST;
// The width, of months on average.
int64_t pond_buckets_mean_us(const pond_buckets *b);
// Whether each of the coarser buckets is made of whole finer ones. Both have the same clock and
// offset.
bool pond_buckets_nest(const pond_buckets *coarser, const pond_buckets *finer);

// The start of the bucket that holds an instant; the start of the one after the bucket of t_us; the
// first start that is not before t_us. All three give t_us itself where the bucket would reach
// beyond the ends of int64_t.
int64_t pond_bucket_start(const pond_buckets *b, int64_t t_us);
int64_t pond_bucket_next(const pond_buckets *b, int64_t t_us);
int64_t pond_bucket_ceil(const pond_buckets *b, int64_t t_us);

// Buckets as arithmetic: time in stretches, in each of which either one rule gives all buckets, or
// there is only one bucket, in which the clock is changed.
typedef enum pond_stretch_kind {
    POND_STRETCH_REGULAR, // from floor(t + shift) - shift, and as long as the width
    POND_STRETCH_BUCKET,  // one bucket
    POND_STRETCH_UNKNOWN, // too far in the future: clocks are followed up to POND_CLOCKS_END_US
} pond_stretch_kind;
typedef struct pond_stretch {
    pond_stretch_kind kind;
    int64_t from_us; // up to the next stretch; the first one also holds what is before it
    int64_t shift_us;
} pond_stretch;
typedef POND_VEC(pond_stretch) pond_stretch_vec;
#define POND_CLOCKS_END_US INT64_C(7258118400000000) // the year 2200

// The stretches that hold the instants from lo_us up to hi_us, at least one.
void pond_bucket_stretches(pond_arena *a, const pond_buckets *b, int64_t lo_us, int64_t hi_us,
                           pond_stretch_vec *out);

#endif
