// Civil time, instants and durations as text, calendar units.
#include "base/time.h"

#include <setjmp.h>
#include <cmocka.h>

static int64_t parse(const char *text) {
    int64_t t_us = -1;
    pond_err err = {0};
    if (pond_time_parse(pond_sv_of(text), &t_us, &err) != POND_OK)
        fail_msg("%s", err.msg);
    return t_us;
}

static void check_time_error(const char *text, const char *why) {
    int64_t t_us = 7;
    pond_err err = {0};
    assert_int_equal(pond_time_parse(pond_sv_of(text), &t_us, &err), POND_ERR_INVALID);
    assert_string_equal(err.msg, why);
    assert_int_equal(t_us, 7);
}

static void known_days(void **state) {
    (void)state;
    assert_int_equal(pond_days_from_civil(1970, 1, 1), 0);
    assert_int_equal(pond_days_from_civil(1969, 12, 31), -1);
    assert_int_equal(pond_days_from_civil(2000, 2, 29), 11016);
    assert_int_equal(pond_days_from_civil(2024, 1, 31), 19753);
    assert_int_equal(pond_days_from_civil(0, 3, 1), -719468);
}

// Every day of 20,000 years follows the day before it, and maps back to its number.
static void every_day_round_trips(void **state) {
    (void)state;
    int64_t days = pond_days_from_civil(-10000, 1, 1);
    int weekday = pond_weekday(days);
    for (int64_t year = -10000; year <= 10000; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1, last = pond_days_in_month(year, month); day <= last; day++) {
                int64_t y;
                int m, d;
                pond_civil_from_days(days, &y, &m, &d);
                if (y != year || m != month || d != day || pond_weekday(days) != weekday ||
                    pond_days_from_civil(year, month, day) != days)
                    fail_msg("day %lld is %lld-%d-%d", (long long)days, (long long)y, m, d);
                days++;
                weekday = (weekday + 1) % 7;
            }
    assert_int_equal(days, pond_days_from_civil(10001, 1, 1));
}

static void days_of_months_and_weeks(void **state) {
    (void)state;
    assert_int_equal(pond_days_in_month(2023, 2), 28);
    assert_int_equal(pond_days_in_month(2024, 2), 29);
    assert_int_equal(pond_days_in_month(1900, 2), 28);
    assert_int_equal(pond_days_in_month(2000, 2), 29);
    assert_int_equal(pond_days_in_month(2023, 12), 31);
    assert_int_equal(pond_days_in_month(2023, 4), 30);
    assert_int_equal(pond_weekday(0), 4);                                  // a Thursday
    assert_int_equal(pond_weekday(pond_days_from_civil(2024, 1, 31)), 3);  // a Wednesday
    assert_int_equal(pond_weekday(pond_days_from_civil(1969, 12, 28)), 0); // a Sunday
}

static void instants_have_parts(void **state) {
    (void)state;
    pond_civil c = pond_civil_from_us(-1);
    assert_int_equal(c.year, 1969);
    assert_int_equal(c.month, 12);
    assert_int_equal(c.day, 31);
    assert_int_equal(c.hour, 23);
    assert_int_equal(c.minute, 59);
    assert_int_equal(c.second, 59);
    assert_int_equal(c.us, 999999);
    assert_int_equal(pond_us_from_civil(c), -1);
    c = (pond_civil){2024, 2, 29, 12, 34, 56, 789};
    assert_int_equal(pond_us_from_civil(c), INT64_C(1709210096000789));
    // The ends of the range: no overflow on the way, whatever the year is called.
    assert_int_equal(pond_civil_from_us(INT64_MAX).year, 294247);
    assert_int_equal(pond_civil_from_us(INT64_MIN).year, -290308);
}

static void times_are_read(void **state) {
    (void)state;
    assert_int_equal(parse("1970-01-01"), 0);
    assert_int_equal(parse("2024-01-31"), INT64_C(1706659200000000));
    assert_int_equal(parse("2024-01-31 10:00"), INT64_C(1706695200000000));
    assert_int_equal(parse("2024-01-31 10:00:07"), INT64_C(1706695207000000));
    assert_int_equal(parse("2024-01-31 10:00:07.5"), INT64_C(1706695207500000));
    assert_int_equal(parse("2024-01-31T10:00:07.123456789Z"), INT64_C(1706695207123456));
    assert_int_equal(parse("2024-01-31T10:00:00+02:00"), INT64_C(1706688000000000));
    assert_int_equal(parse("2024-01-31T10:00:00-0530"), INT64_C(1706715000000000));
    assert_int_equal(parse("2024-01-31T10:00+02"), INT64_C(1706688000000000));
    assert_int_equal(parse("  2024-01-31\n"), INT64_C(1706659200000000));
    assert_int_equal(parse("1969-12-31T23:59:59.999999Z"), -1);
    assert_int_equal(parse("-0001-01-01"), pond_days_from_civil(-1, 1, 1) * POND_US_PER_DAY);
    assert_int_equal(parse("+12024-01-01"), pond_days_from_civil(12024, 1, 1) * POND_US_PER_DAY);
}

static void bad_times_say_why(void **state) {
    (void)state;
#define FORM                                                                                       \
    "expected YYYY-MM-DD, YYYY-MM-DD hh:mm[:ss[.fraction]] or the same with 'T' and an offset "    \
    "such as Z or +02:00"
    check_time_error("", "invalid time '': " FORM);
    check_time_error("yesterday", "invalid time 'yesterday': " FORM);
    check_time_error("2024-1-31", "invalid time '2024-1-31': " FORM);
    check_time_error("2024-01-31T", "invalid time '2024-01-31T': " FORM);
    check_time_error("2024-01-31T10", "invalid time '2024-01-31T10': " FORM);
    check_time_error("2024-01-31T10:00:00.", "invalid time '2024-01-31T10:00:00.': " FORM);
    check_time_error("2024-01-31T10:00:00+02:", "invalid time '2024-01-31T10:00:00+02:': " FORM);
    check_time_error("2024-01-31T10:00:00+25:00",
                     "invalid time '2024-01-31T10:00:00+25:00': " FORM);
    check_time_error("2024-01-31T10:00:00Zx", "invalid time '2024-01-31T10:00:00Zx': " FORM);
    check_time_error("12024-01-31", "invalid time '12024-01-31': " FORM);
    check_time_error("2024-13-01", "invalid time '2024-13-01': the month must be 01 to 12");
    check_time_error("2023-02-29", "invalid time '2023-02-29': the month has no such day");
    check_time_error("2023-02-00", "invalid time '2023-02-00': the month has no such day");
    check_time_error(
        "2023-02-01 24:00",
        "invalid time '2023-02-01 24:00': the time of day must be 00:00:00 to 23:59:59");
    check_time_error(
        "2023-02-01 10:00:60",
        "invalid time '2023-02-01 10:00:60': the time of day must be 00:00:00 to 23:59:59");
    check_time_error("+300000-01-01", "invalid time '+300000-01-01': the year is out of range");
    assert_int_equal(pond_time_parse(POND_SV("x"), &(int64_t){0}, NULL), POND_ERR_INVALID);
}

static void check_format(int64_t t_us, const char *expected) {
    char text[40];
    assert_int_equal(pond_time_format(t_us, text), strlen(expected));
    assert_string_equal(text, expected);
}

static void times_are_written(void **state) {
    (void)state;
    check_format(0, "1970-01-01T00:00:00Z");
    check_format(-1, "1969-12-31T23:59:59.999999Z");
    check_format(INT64_C(1706695207500000), "2024-01-31T10:00:07.500Z");
    check_format(INT64_C(1706695207000001), "2024-01-31T10:00:07.000001Z");
    check_format(pond_days_from_civil(12024, 1, 1) * POND_US_PER_DAY, "+12024-01-01T00:00:00Z");
    check_format(pond_days_from_civil(-44, 3, 15) * POND_US_PER_DAY, "-0044-03-15T00:00:00Z");
    // What is written is read back, over the whole range, before and after the epoch.
    for (int64_t t_us = -INT64_C(9000000000000000000); t_us < INT64_C(8900000000000000000);
         t_us += INT64_C(8999999999999977)) {
        char text[40];
        pond_time_format(t_us, text);
        assert_int_equal(parse(text), t_us);
    }
}

static void durations_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } cases[] = {
        {"500ms", 500000},
        {"30s", 30000000},
        {"10m", 600000000},
        {"10min", 600000000},
        {"2 minutes", 120000000},
        {"1h30m", INT64_C(5400000000)},
        {"1h 30m", INT64_C(5400000000)},
        {"6hours", INT64_C(21600000000)},
        {"1d", POND_US_PER_DAY},
        {"1 day", POND_US_PER_DAY},
        {"24h", POND_US_PER_DAY},
        {"2weeks", 14 * POND_US_PER_DAY},
        {"1w1d", 8 * POND_US_PER_DAY},
        {"90secs", 90000000},
        {"250msec", 250000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t us = -1;
        pond_err err = {0};
        if (pond_duration_parse(pond_sv_of(cases[i].text), &us, &err) != POND_OK)
            fail_msg("%s", err.msg);
        assert_int_equal(us, cases[i].us);
    }
}

static void bad_durations_say_why(void **state) {
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "expected a number and a unit, such as 30s, 10m, 1h30m, 1d or 1w"},
        {"h", "expected a number and a unit, such as 30s, 10m, 1h30m, 1d or 1w"},
        {"-1h", "expected a number and a unit, such as 30s, 10m, 1h30m, 1d or 1w"},
        {"1h,5m", "expected a number and a unit, such as 30s, 10m, 1h30m, 1d or 1w"},
        {"15", "a unit is missing after the number; units are ms, s, m, h, d, w"},
        {"1.5h", "a unit is missing after the number; units are ms, s, m, h, d, w"},
        {"1y", "unknown unit; units are ms, s, m, h, d, w"},
        {"1M", "unknown unit; units are ms, s, m, h, d, w"},
        {"1ss", "unknown unit; units are ms, s, m, h, d, w"},
        {"0s", "it must be longer than 0"},
        {"99999999999999999999s", "it is too long"},
        {"99999999999w", "it is too long"},
        {"9223372036854775s 9223372036854775s", "it is too long"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t us = 7;
        pond_err err = {0};
        char expected[256];
        snprintf(expected, sizeof expected, "invalid duration '%s': %s", cases[i].text,
                 cases[i].why);
        assert_int_equal(pond_duration_parse(pond_sv_of(cases[i].text), &us, &err),
                         POND_ERR_INVALID);
        assert_string_equal(err.msg, expected);
        assert_int_equal(us, 7);
    }
}

static void check_period(const char *t, pond_period u, const char *start, const char *next) {
    int64_t start_us = pond_trunc(parse(t), u);
    assert_int_equal(start_us, parse(start));
    assert_int_equal(pond_trunc(start_us, u), start_us);
    assert_int_equal(pond_next(start_us, u), parse(next));
    assert_int_equal(pond_trunc(pond_next(start_us, u) - 1, u), start_us);
}

static void periods_end_with_time_itself(void **state) {
    (void)state;
    for (int u = POND_YEAR; u < POND_N_PERIODS; u++) {
        assert_int_equal(pond_next(pond_trunc(INT64_MAX, u), u), INT64_MAX);
        assert_true(pond_trunc(INT64_MIN, u) <= INT64_MIN + 366 * POND_US_PER_DAY);
        assert_true(pond_next(pond_trunc(INT64_MIN, u), u) > INT64_MIN);
    }
}

static void periods_begin_and_follow(void **state) {
    (void)state;
    const char *t = "2024-02-29T23:59:58.7Z", *before = "1969-12-31T23:59:59.9Z";
    check_period(t, POND_YEAR, "2024-01-01", "2025-01-01");
    check_period(t, POND_MONTH, "2024-02-01", "2024-03-01");
    check_period(t, POND_DAY, "2024-02-29", "2024-03-01");
    check_period(t, POND_HOUR, "2024-02-29 23:00", "2024-03-01");
    check_period(t, POND_MINUTE, "2024-02-29 23:59", "2024-03-01");
    check_period(t, POND_SECOND, "2024-02-29 23:59:58", "2024-02-29 23:59:59");
    check_period(before, POND_YEAR, "1969-01-01", "1970-01-01");
    check_period(before, POND_MONTH, "1969-12-01", "1970-01-01");
    check_period(before, POND_DAY, "1969-12-31", "1970-01-01");
    check_period(before, POND_SECOND, "1969-12-31 23:59:59", "1970-01-01");
    check_period("2023-12-31", POND_MONTH, "2023-12-01", "2024-01-01");
}

static void units_have_names(void **state) {
    (void)state;
    static const char *const names[] = {"year", "month", "day", "hour", "minute", "second"};
    for (int u = 0; u < POND_N_PERIODS; u++)
        assert_string_equal(pond_period_name((pond_period)u), names[u]);
}

// A file may have any time that its file system can hold.
static void times_of_files_fit_or_saturate(void **state) {
    (void)state;
    assert_int_equal(pond_timespec_ns((struct timespec){.tv_sec = 1, .tv_nsec = 5}), 1000000005);
    assert_int_equal(pond_timespec_ns((struct timespec){.tv_sec = -1, .tv_nsec = 5}), -999999995);
    assert_int_equal(pond_timespec_ns((struct timespec){.tv_sec = INT64_C(1) << 40}), INT64_MAX);
    assert_int_equal(pond_timespec_ns((struct timespec){.tv_sec = -(INT64_C(1) << 40)}), INT64_MIN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_days),
        cmocka_unit_test(every_day_round_trips),
        cmocka_unit_test(days_of_months_and_weeks),
        cmocka_unit_test(instants_have_parts),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(bad_times_say_why),
        cmocka_unit_test(times_are_written),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(bad_durations_say_why),
        cmocka_unit_test(periods_begin_and_follow),
        cmocka_unit_test(periods_end_with_time_itself),
        cmocka_unit_test(units_have_names),
        cmocka_unit_test(times_of_files_fit_or_saturate),
    };
    return cmocka_run_group_tests_name("base/time", tests, NULL, NULL);
}
