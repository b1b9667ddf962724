// Time zones: offsets at instants, and the instants of times on the clock.
#include "base/time.h"
#include "value/zone.h"

#include <pthread.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void check_zone(pond_zones *zones, const char *zone, int64_t t_s, int32_t offset_s,
                       const char *name) {
    int32_t got;
    char abbreviation[16];
    if (!pond_zone_offset(zones, pond_sv_of(zone), t_s, &got, abbreviation))
        fail_msg("%s is unknown", zone);
    if (got != offset_s || strcmp(abbreviation, name) != 0)
        fail_msg("%s at %lld: wanted %d %s, got %d %s", zone, (long long)t_s, offset_s, name, got,
                 abbreviation);
}

static void check_zones(pond_zones *kept) {
    check_zone(kept, "UTC", 0, 0, "UTC");
    check_zone(kept, "Europe/Berlin", 1711846799, 3600, "CET");
    check_zone(kept, "Europe/Berlin", 1711846800, 7200, "CEST");
    check_zone(kept, "Europe/Berlin", 1729990799, 7200, "CEST");
    check_zone(kept, "Europe/Berlin", 1729990800, 3600, "CET");
    check_zone(kept, "America/New_York", 1710053999, -18000, "EST");
    check_zone(kept, "America/New_York", 1710054000, -14400, "EDT");
    check_zone(kept, "Asia/Tokyo", 1700000000, 32400, "JST");
    check_zone(kept, "Asia/Kolkata", 1700000000, 19800, "IST");
    check_zone(kept, "Etc/GMT+5", 1700000000, -18000, "-05");
    check_zone(kept, "Europe/Berlin", -5000000000, 3208, "LMT");
    // After the last change in the files their rules apply: 2100-07-01 and 2100-01-01.
    check_zone(kept, "Europe/Berlin", 4118083200, 7200, "CEST");
    check_zone(kept, "Europe/Berlin", 4102444800, 3600, "CET");
    check_zone(kept, "Australia/Sydney", 4118083200, 36000, "AEST");
    check_zone(kept, "Australia/Sydney", 4102444800, 39600, "AEDT");
    check_zone(kept, "America/Sao_Paulo", 4118083200, -10800, "-03");
}

static void zones(void **state) {
    (void)state;
    pond_zones kept = {NULL};
    check_zones(NULL);
    check_zones(&kept); // each file is read once ...
    check_zones(&kept); // ... and not again
    pond_zones_free(&kept);
}

static void *read_zones(void *kept) {
    check_zones(kept);
    return NULL;
}

static void threads_share_zones(void **state) {
    (void)state;
    pond_zones kept = {NULL};
    pthread_t threads[4];
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, read_zones, &kept), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    pond_zones_free(&kept);
}

static void names_that_are_not_zones(void **state) {
    (void)state;
    static const char *const names[] = {
        "",          "Mars/Olympus", "/etc/localtime", "../zoneinfo/UTC", "Europe/../UTC",
        "Europe",    "Europe/",      "+02:00",         "posix/UTC",       "right/UTC",
        "localtime", "posixrules",   "europe/berlin",  "Europe//Berlin",  "zone.tab",
        "tzdata.zi", "UTC\n",        "leapseconds",
    };
    int32_t offset;
    char abbreviation[16];
    for (size_t i = 0; i < COUNT(names); i++)
        assert_false(pond_zone_offset(NULL, pond_sv_of(names[i]), 0, &offset, abbreviation));
}

static void local_zone_follows_tz(void **state) {
    (void)state;
    int32_t offset;
    char name[16];
    static const struct {
        const char *tz;
        int32_t offset_s;
        const char *name;
    } rows[] = {
        {"Asia/Tokyo", 32400, "JST"},
        {":Asia/Tokyo", 32400, "JST"},
        {"", 0, "UTC"},
        {"XYZ-3:30", 12600, "XYZ"},
        {"<+03>-3", 10800, "+03"},
        {"nonsense", 0, "UTC"},
        {"AAA5BBB,J1/0,J365/23", -14400, "BBB"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(setenv("TZ", rows[i].tz, 1), 0);
        pond_zone_local(1700000000, &offset, name);
        assert_int_equal(offset, rows[i].offset_s);
        assert_string_equal(name, rows[i].name);
    }
    assert_int_equal(unsetenv("TZ"), 0);
}

// Clocks ------------------------------------------------------------------------------------------

static int64_t seconds(const char *text) {
    int64_t t_us = 0;
    pond_err err = {0};
    if (pond_time_parse(pond_sv_of(text), &t_us, &err) != POND_OK)
        fail_msg("%s", err.msg);
    return t_us / POND_US_PER_S;
}

static void clocks(void **state) {
    (void)state;
    static const struct {
        const char *zone, *local;
        pond_clock clock;
        const char *first, *second;
    } rows[] = {
        {"UTC", "2024-03-10T02:30", POND_CLOCK_ONCE, "2024-03-10T02:30Z", "2024-03-10T02:30Z"},
        {"America/Los_Angeles", "2024-03-10T01:59:59", POND_CLOCK_ONCE, "2024-03-10T09:59:59Z",
         "2024-03-10T09:59:59Z"},
        {"America/Los_Angeles", "2024-03-10T02:00", POND_CLOCK_NEVER, "2024-03-10T10:00Z",
         "2024-03-10T09:00Z"},
        {"America/Los_Angeles", "2024-03-10T02:59:59", POND_CLOCK_NEVER, "2024-03-10T10:59:59Z",
         "2024-03-10T09:59:59Z"},
        {"America/Los_Angeles", "2024-03-10T03:00", POND_CLOCK_ONCE, "2024-03-10T10:00Z",
         "2024-03-10T10:00Z"},
        {"America/Los_Angeles", "2024-11-03T00:59:59", POND_CLOCK_ONCE, "2024-11-03T07:59:59Z",
         "2024-11-03T07:59:59Z"},
        {"America/Los_Angeles", "2024-11-03T01:00", POND_CLOCK_TWICE, "2024-11-03T08:00Z",
         "2024-11-03T09:00Z"},
        {"America/Los_Angeles", "2024-11-03T01:59:59", POND_CLOCK_TWICE, "2024-11-03T08:59:59Z",
         "2024-11-03T09:59:59Z"},
        {"America/Los_Angeles", "2024-11-03T02:00", POND_CLOCK_ONCE, "2024-11-03T10:00Z",
         "2024-11-03T10:00Z"},
        {"Europe/Berlin", "2024-03-31T02:30", POND_CLOCK_NEVER, "2024-03-31T01:30Z",
         "2024-03-31T00:30Z"},
        {"Europe/Berlin", "2024-10-27T02:30", POND_CLOCK_TWICE, "2024-10-27T00:30Z",
         "2024-10-27T01:30Z"},
        {"Australia/Lord_Howe", "2024-04-07T01:45", POND_CLOCK_TWICE, "2024-04-06T14:45Z",
         "2024-04-06T15:15Z"},
        {"Australia/Lord_Howe", "2024-04-07T01:15", POND_CLOCK_ONCE, "2024-04-06T14:15Z",
         "2024-04-06T14:15Z"},
        {"Australia/Lord_Howe", "2024-10-06T02:15", POND_CLOCK_NEVER, "2024-10-05T15:45Z",
         "2024-10-05T15:15Z"},
        // Samoa went to the other side of the date line: a day is missing.
        {"Pacific/Apia", "2011-12-29T23:59:59", POND_CLOCK_ONCE, "2011-12-30T09:59:59Z",
         "2011-12-30T09:59:59Z"},
        {"Pacific/Apia", "2011-12-30T12:00", POND_CLOCK_NEVER, "2011-12-30T22:00Z",
         "2011-12-29T22:00Z"},
        {"Pacific/Apia", "2011-12-31T00:00", POND_CLOCK_ONCE, "2011-12-30T10:00Z",
         "2011-12-30T10:00Z"},
        // Clocks are put back for Ramadan.
        {"Africa/Casablanca", "2024-03-10T02:30", POND_CLOCK_TWICE, "2024-03-10T01:30Z",
         "2024-03-10T02:30Z"},
        {"Africa/Casablanca", "2024-04-14T02:30", POND_CLOCK_NEVER, "2024-04-14T02:30Z",
         "2024-04-14T01:30Z"},
        // By the rule at the end of the file, also after more than one cycle of the calendar.
        {"Europe/Berlin", "2100-07-01T12:00", POND_CLOCK_ONCE, "2100-07-01T10:00Z",
         "2100-07-01T10:00Z"},
        {"Europe/Berlin", "2437-03-29T02:30", POND_CLOCK_NEVER, "2437-03-29T01:30Z",
         "2437-03-29T00:30Z"},
        {"Europe/Berlin", "2837-03-29T02:30", POND_CLOCK_NEVER, "2837-03-29T01:30Z",
         "2837-03-29T00:30Z"},
        {"America/Los_Angeles", "9999-12-31T23:59:59", POND_CLOCK_ONCE, "+10000-01-01T07:59:59Z",
         "+10000-01-01T07:59:59Z"},
        {"Australia/Sydney", "9999-07-01T00:00", POND_CLOCK_ONCE, "9999-06-30T14:00Z",
         "9999-06-30T14:00Z"},
        {"Asia/Tokyo", "9999-07-01T09:00", POND_CLOCK_ONCE, "9999-07-01T00:00Z",
         "9999-07-01T00:00Z"},
        // Before the first change: the time of the sun.
        {"Europe/Berlin", "0001-01-01T00:53:28", POND_CLOCK_ONCE, "0001-01-01T00:00Z",
         "0001-01-01T00:00Z"},
    };
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const pond_zone_clock *c = pond_zone_clock_new(&a, pond_sv_of(rows[i].zone));
        assert_non_null(c);
        int64_t first, second;
        pond_clock clock = pond_zone_clock_to_utc(c, seconds(rows[i].local), &first, &second);
        if (clock != rows[i].clock || first != seconds(rows[i].first) ||
            second != seconds(rows[i].second))
            fail_msg("%s in %s: %d, %+lld s, %+lld s", rows[i].local, rows[i].zone, (int)clock,
                     (long long)(first - seconds(rows[i].first)),
                     (long long)(second - seconds(rows[i].second)));
    }
    assert_null(pond_zone_clock_new(&a, POND_SV("Europe/Belrin")));
    assert_null(pond_zone_clock_new(&a, POND_SV("zone.tab")));
    pond_arena_deinit(&a);
}

static int32_t offset_at(pond_zones *zones, const char *zone, int64_t t_s) {
    int32_t offset_s;
    char abbreviation[16];
    assert_true(pond_zone_offset(zones, pond_sv_of(zone), t_s, &offset_s, abbreviation));
    return offset_s;
}

// Every minute of a year there and back, and every minute of the clock: what the clock says is what
// the offsets say.
static void check_year(pond_zones *zones, const pond_zone_clock *c, const char *zone, int year,
                       int n_twice, int n_never) {
    int64_t from = pond_days_from_civil(year, 1, 1) * 86400;
    int64_t to = pond_days_from_civil(year + 1, 1, 1) * 86400, first, second;
    for (int64_t t = from; t < to; t += 60) {
        pond_clock clock =
            pond_zone_clock_to_utc(c, t + offset_at(zones, zone, t), &first, &second);
        if (clock == POND_CLOCK_NEVER || (first != t && second != t))
            fail_msg("%s at %lld", zone, (long long)t);
    }
    for (int64_t local = from; local < to; local += 60) {
        pond_clock clock = pond_zone_clock_to_utc(c, local, &first, &second);
        int32_t of_first = offset_at(zones, zone, first);
        int32_t of_second = offset_at(zones, zone, second);
        bool is_right =
            clock == POND_CLOCK_NEVER
                ? first + of_second == local && second + of_first == local && first > second
                : first + of_first == local && second + of_second == local &&
                      (clock == POND_CLOCK_ONCE ? first == second : first < second);
        if (!is_right)
            fail_msg("%s on the clock at %lld", zone, (long long)local);
        n_twice -= clock == POND_CLOCK_TWICE;
        n_never -= clock == POND_CLOCK_NEVER;
    }
    if (n_twice != 0 || n_never != 0)
        fail_msg("%s in %d: minutes that are missing: %d there twice, %d not there", zone, year,
                 n_twice, n_never);
}

static void clocks_there_and_back(void **state) {
    (void)state;
    static const struct {
        const char *zone;
        int year, n_twice, n_never; // in minutes
    } rows[] = {
        {"UTC", 2024, 0, 0},
        {"America/Los_Angeles", 2024, 60, 60},
        {"America/Los_Angeles", 4242, 60, 60},
        {"Europe/Berlin", 2024, 60, 60},
        {"Europe/Berlin", 2038, 60, 60},
        {"Europe/Berlin", 9998, 60, 60},
        {"Australia/Lord_Howe", 2024, 30, 30},
        {"Pacific/Apia", 2011, 60, 60 + 24 * 60},
        {"Africa/Casablanca", 2024, 60, 60},
        {"Africa/Casablanca", 2087, 60, 60},
        {"Asia/Kolkata", 2024, 0, 0},
        {"Europe/Dublin", 2024, 60, 60}, // whose winter is its summer
    };
    pond_arena a;
    pond_arena_init(&a);
    pond_zones zones = {NULL};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const pond_zone_clock *c = pond_zone_clock_new(&a, pond_sv_of(rows[i].zone));
        assert_non_null(c);
        check_year(&zones, c, rows[i].zone, rows[i].year, rows[i].n_twice, rows[i].n_never);
    }
    pond_zones_free(&zones);
    pond_arena_deinit(&a);
}

static void zones_that_are_near(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    pond_buf near = POND_BUF_EMPTY;
    assert_true(pond_zone_nearest(&a, POND_SV("America/Los_Angelse"), &near));
    assert_string_equal(near.p, "America/Los_Angeles");
    assert_false(pond_zone_nearest(&a, POND_SV("+02:00"), &near));
    pond_buf_free(&near);
    pond_arena_deinit(&a);
}

// The clock of a zone, asked for its changes: each is where its offset changes.
static void changes_of_a_clock(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    const pond_zone_clock *c = pond_zone_clock_new(&a, POND_SV("Europe/Berlin"));
    assert_int_equal(pond_zone_clock_next(c, 1711846799), 1711846800);
    assert_int_equal(pond_zone_clock_next(c, 1711846800), 1729990800);
    assert_int_equal(pond_zone_clock_offset(c, 1711846799), 3600);
    assert_int_equal(pond_zone_clock_offset(c, 1711846800), 7200);
    assert_int_equal(pond_zone_clock_offset(c, -5000000000), 3208);
    int n = 0;
    int64_t far_s = INT64_C(16725225600); // 2500-01-01, by the rule
    for (int64_t t_s = far_s; t_s < far_s + 86400 * 365; t_s = pond_zone_clock_next(c, t_s)) {
        int32_t offset_s;
        char name[16];
        assert_true(pond_zone_offset(NULL, POND_SV("Europe/Berlin"), t_s, &offset_s, name));
        assert_int_equal(pond_zone_clock_offset(c, t_s), offset_s);
        n++;
    }
    assert_int_equal(n, 3); // the beginning and two changes
    const pond_zone_clock *utc = pond_zone_clock_new(&a, POND_SV("UTC"));
    assert_true(pond_zone_clock_next(utc, INT64_MIN / 4) == INT64_MAX);
    pond_arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones),
        cmocka_unit_test(threads_share_zones),
        cmocka_unit_test(names_that_are_not_zones),
        cmocka_unit_test(local_zone_follows_tz),
        cmocka_unit_test(zones_that_are_near),
        cmocka_unit_test(clocks),
        cmocka_unit_test(clocks_there_and_back),
        cmocka_unit_test(changes_of_a_clock),
    };
    return cmocka_run_group_tests_name("value/zone", tests, NULL, NULL);
}
