// Zones by name and fixed offsets. What clocks do is tested with the clocks (tests/unit/value).
#include "when_test.h"

static void zones(void **state) {
    (void)state;
    static const struct {
        const char *zone, *local;
        pond_clock clock;
        const char *first, *second;
    } rows[] = {
        {"UTC", "2024-03-10T02:30:00", POND_CLOCK_ONCE, "2024-03-10T02:30:00Z",
         "2024-03-10T02:30:00Z"},
        {"Z", "2024-03-10T02:30:00", POND_CLOCK_ONCE, "2024-03-10T02:30:00Z",
         "2024-03-10T02:30:00Z"},
        {"-08:00", "2024-03-10T02:30:00", POND_CLOCK_ONCE, "2024-03-10T10:30:00Z",
         "2024-03-10T10:30:00Z"},
        {"+0530", "2024-03-10T02:30:00", POND_CLOCK_ONCE, "2024-03-09T21:00:00Z",
         "2024-03-09T21:00:00Z"},
        {"+02", "2024-03-10T02:30:00", POND_CLOCK_ONCE, "2024-03-10T00:30:00Z",
         "2024-03-10T00:30:00Z"},
        {"America/Los_Angeles", "2024-07-01T00:00:00", POND_CLOCK_ONCE, "2024-07-01T07:00:00Z",
         "2024-07-01T07:00:00Z"},
        {"America/Los_Angeles", "2024-03-10T02:30:00", POND_CLOCK_NEVER, "2024-03-10T10:30:00Z",
         "2024-03-10T09:30:00Z"},
        {"America/Los_Angeles", "2024-11-03T01:30:00", POND_CLOCK_TWICE, "2024-11-03T08:30:00Z",
         "2024-11-03T09:30:00Z"},
        {"Etc/GMT+8", "2024-11-03T01:30:00", POND_CLOCK_ONCE, "2024-11-03T09:30:00Z",
         "2024-11-03T09:30:00Z"},
        {"EST5EDT", "2024-11-03T01:30:00", POND_CLOCK_TWICE, "2024-11-03T05:30:00Z",
         "2024-11-03T06:30:00Z"},
    };
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const pond_when_zone *z = NULL;
        pond_err err = {0};
        pond_when local, first, second;
        int64_t first_s, second_s;
        if (pond_when_zone_open(&a, pond_sv_of(rows[i].zone), &z, &err) != POND_OK)
            fail_msg("%s", err.msg);
        assert_true(pond_when_iso(pond_sv_of(rows[i].local), &local));
        assert_true(pond_when_iso(pond_sv_of(rows[i].first), &first));
        assert_true(pond_when_iso(pond_sv_of(rows[i].second), &second));
        assert_int_equal(pond_when_to_utc(z, local.s, &first_s, &second_s), rows[i].clock);
        assert_int_equal(first_s, first.s);
        assert_int_equal(second_s, second.s);
    }
    pond_arena_deinit(&a);
}

static void unknown_zones(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"America/Los_Angelse",
         "unknown time zone 'America/Los_Angelse', did you mean America/Los_Angeles?"},
        {"Berlin", "unknown time zone 'Berlin', did you mean Europe/Berlin?"},
        {"europe/berlin", "unknown time zone 'europe/berlin', did you mean Europe/Berlin?"},
        {"+25:00", "unknown time zone '+25:00'; expected a name such as Europe/Berlin, UTC, or an "
                   "offset such as -08:00"},
        {"-08:00 ", "unknown time zone '-08:00 '; expected"},
        {"", "unknown time zone ''; expected"},
        {"../UTC", "unknown time zone '../UTC'"},
        {"Europe", "unknown time zone 'Europe'"},
    };
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const pond_when_zone *z = NULL;
        pond_err err = {0};
        assert_int_equal(pond_when_zone_open(&a, pond_sv_of(rows[i][0]), &z, &err),
                         POND_ERR_INVALID);
        if (strncmp(err.msg, rows[i][1], strlen(rows[i][1])) != 0)
            fail_msg("'%s' instead of '%s'", err.msg, rows[i][1]);
        assert_int_equal(pond_when_zone_open(&a, pond_sv_of(rows[i][0]), &z, NULL),
                         POND_ERR_INVALID);
        assert_null(z);
    }
    pond_arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones),
        cmocka_unit_test(unknown_zones),
    };
    return cmocka_run_group_tests_name("text/when_zone", tests, NULL, NULL);
}
