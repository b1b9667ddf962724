// Buckets of time by the calendar and by clocks: known days, and what must hold for all.
#include "value/buckets.h"

#include "base/time.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const int64_t HOUR_US = INT64_C(3600000000);

static int64_t at(const char *text) {
    int64_t t_us;
    assert_int_equal(pond_time_parse(pond_sv_of(text), &t_us, NULL), POND_OK);
    return t_us;
}

// Zone "": UTC without a clock.
static pond_buckets buckets(pond_arena *a, const char *width, const char *zone, int64_t offset_us) {
    pond_buckets b = {.offset_us = offset_us};
    assert_int_equal(pond_buckets_parse(pond_sv_of(width), &b, NULL), POND_OK);
    if (*zone != '\0') {
        b.clock = pond_zone_clock_new(a, pond_sv_of(zone));
        assert_non_null(b.clock);
    }
    return b;
}

// The bucket that holds `t` is [start, next).
static void check(const char *width, const char *zone, int64_t offset_us, const char *t,
                  const char *start, const char *next) {
    pond_arena a;
    char text[2][40];
    pond_arena_init(&a);
    pond_buckets b = buckets(&a, width, zone, offset_us);
    pond_time_format(pond_bucket_start(&b, at(t)), text[0]);
    pond_time_format(pond_bucket_next(&b, at(t)), text[1]);
    if (pond_bucket_start(&b, at(t)) != at(start) || pond_bucket_next(&b, at(t)) != at(next))
        fail_msg("%s in %s: %s is in %s to %s, not in %s to %s", width, zone, t, text[0], text[1],
                 start, next);
    pond_arena_deinit(&a);
}

static void test_fixed_widths_count_from_1970(void **state) {
    (void)state;
    check("6h", "", 0, "1969-12-31T23:59:59.999999Z", "1969-12-31T18:00:00Z",
          "1970-01-01T00:00:00Z");
    check("1w", "", 0, "2024-02-29", "2024-02-29", "2024-03-07");
    check("1d", "", 6 * HOUR_US, "2024-02-29T05:59:59Z", "2024-02-28T06:00:00Z",
          "2024-02-29T06:00:00Z");
    check("1w", "", 96 * HOUR_US, "2024-02-25T23:00:00Z", "2024-02-19", "2024-02-26"); // Monday
}

static void test_months_and_years(void **state) {
    (void)state;
    check("1mo", "", 0, "2024-02-29T23:00:00Z", "2024-02-01", "2024-03-01");
    check("3mo", "", 0, "2024-02-29", "2024-01-01", "2024-04-01");
    check("1y", "", 0, "1969-07-20", "1969-01-01", "1970-01-01");
    check("10y", "", 0, "1969-07-20", "1960-01-01", "1970-01-01");
    check("5mo", "", 0, "1970-01-01", "1970-01-01", "1970-06-01");
    check("1mo", "", 6 * HOUR_US, "2024-03-01T05:00:00Z", "2024-02-01T06:00:00Z",
          "2024-03-01T06:00:00Z");
    check("1mo", "Europe/Berlin", 0, "2024-03-31T12:00:00Z", "2024-02-29T23:00:00Z",
          "2024-03-31T22:00:00Z");
    check("1y", "America/New_York", 0, "2024-07-01", "2024-01-01T05:00:00Z",
          "2025-01-01T05:00:00Z");
}

static void test_days_of_23_and_25_hours(void **state) {
    (void)state;
    check("1d", "Europe/Berlin", 0, "2024-03-31T01:00:00Z", "2024-03-30T23:00:00Z",
          "2024-03-31T22:00:00Z");
    check("1d", "Europe/Berlin", 0, "2024-10-27T00:30:00Z", "2024-10-26T22:00:00Z",
          "2024-10-27T23:00:00Z");
    check("1d", "Europe/Berlin", 6 * HOUR_US, "2024-10-27T00:30:00Z", "2024-10-26T04:00:00Z",
          "2024-10-27T05:00:00Z");
    check("1d", "America/New_York", 0, "2024-03-10T12:00:00Z", "2024-03-10T05:00:00Z",
          "2024-03-11T04:00:00Z");
    check("1d", "America/New_York", 0, "2024-11-04T04:59:59Z", "2024-11-03T04:00:00Z",
          "2024-11-04T05:00:00Z");
    check("1w", "America/New_York", 96 * HOUR_US, "2024-11-04T04:59:59Z", "2024-10-28T04:00:00Z",
          "2024-11-04T05:00:00Z");
}

static void test_hours_stay_hours(void **state) {
    (void)state;
    check("1h", "Europe/Berlin", 0, "2024-10-27T01:30:00Z", "2024-10-27T01:00:00Z",
          "2024-10-27T02:00:00Z");
    check("1h", "Asia/Kolkata", 0, "2024-10-27T01:15:00Z", "2024-10-27T00:30:00Z",
          "2024-10-27T01:30:00Z");
    // Counted from the midnight of the day; the last bucket of the day takes what is left.
    check("6h", "Europe/Berlin", 0, "2024-10-27T05:00:00Z", "2024-10-27T04:00:00Z",
          "2024-10-27T10:00:00Z");
    check("6h", "Europe/Berlin", 0, "2024-10-27T22:30:00Z", "2024-10-27T22:00:00Z",
          "2024-10-27T23:00:00Z");
    check("6h", "Europe/Berlin", 0, "2024-03-31T21:00:00Z", "2024-03-31T17:00:00Z",
          "2024-03-31T22:00:00Z");
}

static void test_clocks_that_change_at_midnight(void **state) {
    (void)state;
    // No midnight: the day begins at 01:00, when the clock is put forward.
    check("1d", "America/Sao_Paulo", 0, "2018-11-04T12:00:00Z", "2018-11-04T03:00:00Z",
          "2018-11-05T02:00:00Z");
    // Midnight is put back to 23:00 of the day, which goes on.
    check("1d", "America/Sao_Paulo", 0, "2018-02-18T02:30:00Z", "2018-02-17T02:00:00Z",
          "2018-02-18T03:00:00Z");
    // Midnight is there twice: the day begins with the first one.
    check("1d", "America/Havana", 0, "2024-11-03T04:30:00Z", "2024-11-03T04:00:00Z",
          "2024-11-04T05:00:00Z");
    // One minute after midnight it is 23:01 again, which no longer belongs to the day before.
    check("1d", "America/St_Johns", 0, "2010-11-07T03:00:00Z", "2010-11-07T02:30:00Z",
          "2010-11-08T03:30:00Z");
    // 2011-12-30 was left out.
    check("1d", "Pacific/Apia", 0, "2011-12-30T09:00:00Z", "2011-12-29T10:00:00Z",
          "2011-12-30T10:00:00Z");
    check("1d", "Pacific/Apia", 0, "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z",
          "2011-12-31T10:00:00Z");
}

static void test_widths(void **state) {
    (void)state;
    static const struct {
        const char *coarser, *finer;
        bool nest;
    } pairs[] = {{"1mo", "1d", true},  {"1mo", "12h", true}, {"1mo", "1w", false},
                 {"1mo", "2d", false}, {"1mo", "7h", false}, {"1y", "1mo", true},
                 {"1y", "5mo", false}, {"1w", "1d", true},   {"31d", "1mo", false},
                 {"2y", "6mo", true},  {"6h", "90m", true}};
    pond_arena a;
    pond_buckets b;
    pond_arena_init(&a);
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        pond_buckets coarser = buckets(&a, pairs[i].coarser, "", 0);
        pond_buckets finer = buckets(&a, pairs[i].finer, "", 0);
        if (pond_buckets_nest(&coarser, &finer) != pairs[i].nest)
            fail_msg("%s and %s", pairs[i].coarser, pairs[i].finer);
    }
    static const char *const bad[] = {
        "0mo", "mo", "-1y", "1mo1d", "1M", "99999999999999999999y", "10001y", "1.5y", ""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (pond_buckets_parse(pond_sv_of(bad[i]), &b, NULL) == POND_OK)
            fail_msg("'%s' is a width", bad[i]);
    assert_int_equal(buckets(&a, " 2 years ", "", 0).months, 24);
    pond_arena_deinit(&a);
}

// What must hold for all --------------------------------------------------------------------------

static const char *const zones[] = {
    "Europe/Berlin",     "America/New_York",  "America/Sao_Paulo",   "America/Havana",
    "America/St_Johns",  "Pacific/Apia",      "Australia/Lord_Howe", "Asia/Kolkata",
    "Africa/Monrovia",   "Asia/Manila",       "Antarctica/Troll",    "UTC",
    "America/Anchorage", "Africa/Casablanca", "Atlantic/Azores",     "Asia/Gaza",
};
static const char *const widths[] = {"1h", "6h", "15m", "1d", "2d", "1w", "1mo", "3mo", "1y"};
enum { N_ZONES = sizeof zones / sizeof *zones, N_WIDTHS = sizeof widths / sizeof *widths };

static int64_t roll(uint64_t *d, int64_t lo, int64_t hi) { // both included
    *d ^= *d << 13;
    *d ^= *d >> 7;
    *d ^= *d << 17;
    return lo + (int64_t)(*d % (uint64_t)(hi - lo + 1));
}

// Near a change of the clock, or anywhere from 1840 to 2199.
static int64_t random_time(uint64_t *d, const pond_buckets *b) {
    int64_t t_s = roll(d, INT64_C(-4102444800), INT64_C(7258118399));
    int64_t change_s = pond_zone_clock_next(b->clock, t_s);
    bool is_near = roll(d, 0, 2) > 0 && change_s < INT64_C(7258000000);
    return is_near ? (change_s + roll(d, -60, 60) * 1800) * POND_US_PER_S + roll(d, -1, 1)
                   : t_s * POND_US_PER_S;
}

// By the rules of the stretches.
static int64_t start_by_stretch(const pond_buckets *b, const pond_stretch_vec *v, int64_t t_us) {
    size_t i = v->n - 1;
    while (i > 0 && v->items[i].from_us > t_us)
        i--;
    const pond_stretch *s = &v->items[i];
    pond_buckets plain = {b->width_us, b->months, 0, NULL};
    assert_int_not_equal(s->kind, POND_STRETCH_UNKNOWN);
    return s->kind == POND_STRETCH_BUCKET
               ? s->from_us
               : pond_bucket_start(&plain, t_us + s->shift_us) - s->shift_us;
}

static void check_bucket(const pond_buckets *b, int64_t t_us, const char *name) {
    int64_t start = pond_bucket_start(b, t_us), next = pond_bucket_next(b, t_us);
    bool holds = start <= t_us && t_us < next;
    bool is_one = pond_bucket_start(b, start) == start && pond_bucket_start(b, next - 1) == start &&
                  pond_bucket_start(b, next) == next && pond_bucket_next(b, start) == next;
    bool is_joined = pond_bucket_next(b, start - 1) == start;
    bool is_ceil = pond_bucket_ceil(b, start) == start && pond_bucket_ceil(b, start + 1) == next;
    if (!holds || !is_one || !is_joined || !is_ceil)
        fail_msg("%s: the bucket of %" PRId64 ": %" PRId64 " to %" PRId64, name, t_us, start, next);
}

static void test_buckets_hold_all_times(void **state) {
    (void)state;
    uint64_t d = UINT64_C(0x9e3779b97f4a7c15);
    for (int z = 0; z < N_ZONES; z++) {
        pond_arena a;
        pond_arena_init(&a);
        for (int w = 0; w < N_WIDTHS; w++) {
            pond_buckets b = buckets(&a, widths[w], zones[z], roll(&d, 0, 2) * 3 * HOUR_US);
            const char *name = pond_printf(&a, "%s in %s", widths[w], zones[z]);
            pond_stretch_vec all = {0};
            pond_bucket_stretches(&a, &b, INT64_MIN, POND_CLOCKS_END_US, &all);
            for (int i = 0; i < 200; i++) {
                int64_t t_us = random_time(&d, &b);
                check_bucket(&b, t_us, name);
                if (start_by_stretch(&b, &all, t_us) != pond_bucket_start(&b, t_us))
                    fail_msg("%s: the stretch of %" PRId64, name, t_us);
            }
        }
        pond_arena_deinit(&a);
    }
}

// The stretches of a short range say the same as those of all times.
static void test_stretches_of_a_range(void **state) {
    (void)state;
    uint64_t d = UINT64_C(0xd1342543de82ef95);
    for (int i = 0; i < 3000; i++) {
        pond_arena a;
        pond_arena_init(&a);
        pond_buckets b = buckets(&a, widths[roll(&d, 0, N_WIDTHS - 1)],
                                 zones[roll(&d, 0, N_ZONES - 1)], roll(&d, 0, 2) * 3 * HOUR_US);
        int64_t lo = random_time(&d, &b), hi = lo + roll(&d, 1, 90) * POND_US_PER_DAY;
        pond_stretch_vec v = {0};
        pond_bucket_stretches(&a, &b, lo, hi, &v);
        for (int k = 0; k < 20; k++) {
            int64_t t_us = lo + roll(&d, 0, hi - lo - 1);
            if (t_us >= POND_CLOCKS_END_US)
                continue;
            assert_int_equal(start_by_stretch(&b, &v, t_us), pond_bucket_start(&b, t_us));
        }
        pond_arena_deinit(&a);
    }
}

static void test_the_ends_of_time(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    for (int w = 0; w < N_WIDTHS; w++) {
        pond_buckets b = buckets(&a, widths[w], "Europe/Berlin", HOUR_US);
        assert_int_equal(pond_bucket_ceil(&b, INT64_MIN), INT64_MIN);
        assert_int_equal(pond_bucket_ceil(&b, INT64_MAX), INT64_MAX);
        pond_stretch_vec v = {0};
        pond_bucket_stretches(&a, &b, INT64_MAX, INT64_MIN, &v); // the range without instants
        assert_int_equal(v.n, 1);
        pond_bucket_stretches(&a, &b, INT64_MIN, INT64_MAX, &v);
        assert_int_equal(v.items[v.n - 1].kind, POND_STRETCH_UNKNOWN);
        assert_int_equal(v.items[v.n - 1].from_us, POND_CLOCKS_END_US);
    }
    pond_arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fixed_widths_count_from_1970),
        cmocka_unit_test(test_months_and_years),
        cmocka_unit_test(test_days_of_23_and_25_hours),
        cmocka_unit_test(test_hours_stay_hours),
        cmocka_unit_test(test_clocks_that_change_at_midnight),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_buckets_hold_all_times),
        cmocka_unit_test(test_stretches_of_a_range),
        cmocka_unit_test(test_the_ends_of_time),
    };
    return cmocka_run_group_tests_name("value/buckets", tests, NULL, NULL);
}
