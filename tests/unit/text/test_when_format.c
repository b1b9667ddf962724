// Formats: what each word reads, what is no format, and what does not fit.
#include "when_test.h"

static void read_with(pond_arena *a, const char *format, const char *text, pond_when *out,
                      bool *is_read) {
    const pond_when_format *f = NULL;
    pond_err err = {0};
    if (pond_when_format_parse(a, pond_sv_of(format), &f, &err) != POND_OK)
        fail_msg("%s", err.msg);
    pond_sv copy = exact_copy(text, strlen(text));
    *is_read = pond_when_read(f, copy, out);
    free((void *)(uintptr_t)copy.p);
}

static void reading(void **state) {
    (void)state;
    static const struct {
        const char *format, *text, *want; // NULL: it does not fit
    } rows[] = {
        {"%Y-%m-%d", "2024-01-31", "2024-01-31"},
        {"%F", "2024-01-31", "2024-01-31"},
        {"%m/%d/%Y", "1/5/2024", "2024-01-05"},
        {"%m/%d/%Y", "01/05/2024", "2024-01-05"},
        {"%m/%d/%Y", "13/05/2024", NULL},
        {"%m/%d/%Y", "02/29/2024", "2024-02-29"},
        {"%m/%d/%Y", "02/29/2023", NULL},
        {"%m/%d/%Y", "02/30/2024", NULL},
        {"%m/%d/%Y", "00/10/2024", NULL},
        {"%m/%d/%Y", "01/00/2024", NULL},
        {"%m/%d/%Y", "001/05/2024", NULL},
        {"%m/%d/%Y", "01/05/24", NULL}, // not the year 24
        {"%m/%d/%Y", "01/05/20245", NULL},
        {"%m/%d/%Y", "01/05/0000", NULL},
        {"%m/%d/%Y", "01/05/2024 ", NULL},
        {"%m/%d/%Y", " 01/05/2024", NULL},
        {"%m/%d/%Y", "01-05-2024", NULL},
        {"%m/%d/%Y", "", NULL},
        {"%D", "12/31/68", "2068-12-31"},
        {"%D", "12/31/69", "1969-12-31"},
        {"%D", "12/31/00", "2000-12-31"},
        {"%D", "12/31/99", "1999-12-31"},
        {"%D", "12/31/9", NULL},
        {"%d.%m.%y", "5.4.24", "2024-04-05"},
        {"%e %b %Y", " 5 Apr 2024", "2024-04-05"},
        {"%e %b %Y", "15 April 2024", "2024-04-15"},
        {"%d%b%Y", "05apr2024", "2024-04-05"},
        {"%d-%b-%Y", "05-APR-2024", "2024-04-05"},
        {"%B %d, %Y", "September 30, 2024", "2024-09-30"},
        {"%B %d, %Y", "Sep 30, 2024", "2024-09-30"},
        {"%B %d, %Y", "Septem 30, 2024", NULL},
        {"%b %d %Y", "May 1 2024", "2024-05-01"},
        {"%b %d %Y", "Mai 1 2024", NULL},
        {"%b %d %Y", "Apr  5    2024", "2024-04-05"},
        {"%b %d %Y", "Apr5 2024", "2024-04-05"},
        {"%b %d %Y", "Apr 52024", NULL},
        {"%Y %j", "2024 1", "2024-01-01"},
        {"%Y %j", "2024 060", "2024-02-29"},
        {"%Y%j", "2024366", "2024-12-31"},
        {"%Y%j", "2023366", NULL},
        {"%Y%j", "2023365", "2023-12-31"},
        {"%Y%j", "2023000", NULL},
        {"%Y%j", "20231", NULL},
        {"%Y%m%d", "20240131", "2024-01-31"},
        {"%Y%m%d", "2024131", NULL}, // January or November?
        {"%y%m%d", "240131", "2024-01-31"},
        {"%Y%m%dT%H%M%S", "20240131T235958", "2024-01-31T23:59:58"},
        {"%Y%m%d%H%M%S", "20240131235958", "2024-01-31T23:59:58"},
        {"%Y%m%d%H%M%S", "2024013123595", NULL},
        {"%Y%m%d%H%M%S%f", "20240131235958125", "2024-01-31T23:59:58.125"},
        {"%F %H:%M", "2024-01-31 9:05", "2024-01-31T09:05:00"},
        {"%F %R", "2024-01-31 23:59", "2024-01-31T23:59:00"},
        {"%F %R", "2024-01-31 24:00", "2024-02-01T00:00:00"},
        {"%F %R", "2024-01-31 24:01", NULL},
        {"%F %R", "2024-01-31 23:60", NULL},
        {"%F %T", "2024-01-31 23:59:60", NULL},
        {"%FT%T", "2024-01-31T01:02:03", "2024-01-31T01:02:03"},
        {"%F %H.%M", "2024-01-31 09.05", "2024-01-31T09:05:00"},
        {"%F %T.%f", "2024-01-31 01:02:03.4", "2024-01-31T01:02:03.4"},
        {"%F %T.%f", "2024-01-31 01:02:03.123456789", "2024-01-31T01:02:03.123456789"},
        {"%F %T.%f", "2024-01-31 01:02:03.1234567890", NULL},
        {"%F %T.%f", "2024-01-31 01:02:03.", NULL},
        {"%F %T.%f", "2024-01-31 01:02:03", NULL},
        {"%F %T,%f", "2024-01-31 01:02:03,25", "2024-01-31T01:02:03.25"},
        {"%F %I:%M %p", "2024-01-31 12:00 AM", "2024-01-31T00:00:00"},
        {"%F %I:%M %p", "2024-01-31 12:00 PM", "2024-01-31T12:00:00"},
        {"%F %I:%M %p", "2024-01-31 1:00 pm", "2024-01-31T13:00:00"},
        {"%F %I:%M %p", "2024-01-31 11:59PM", "2024-01-31T23:59:00"},
        {"%F %I:%M %p", "2024-01-31 12:30a", "2024-01-31T00:30:00"},
        {"%F %I:%M %p", "2024-01-31 1:00 p", "2024-01-31T13:00:00"},
        {"%F %I:%M %p", "2024-01-31 1:00 p.m.", "2024-01-31T13:00:00"},
        {"%F %I:%M %p", "2024-01-31 1:00 pa", NULL},
        {"%F %I:%M %p", "2024-01-31 1:00 a.", NULL},
        {"%F %I:%M %p", "2024-01-31 0:30 AM", NULL},
        {"%F %I:%M %p", "2024-01-31 13:00 PM", NULL},
        {"%F %I:%M %p", "2024-01-31 1:00", NULL},
        {"%F %I:%M %p", "2024-01-31 1:00 xm", NULL},
        {"%F %H:%M %p", "2024-01-31 13:00 PM", "2024-01-31T13:00:00"},
        {"%F %H:%M %p", "2024-01-31 01:00 PM", NULL},
        {"%F %H:%M %p", "2024-01-31 00:10 AM", "2024-01-31T00:10:00"},
        {"%F %T%z", "2024-01-31 10:00:00+02:00", "2024-01-31T08:00:00Z"},
        {"%F %T %z", "2024-01-31 10:00:00 +0200", "2024-01-31T08:00:00Z"},
        {"%F %T %z", "2024-01-31 10:00:00-08", "2024-01-31T18:00:00Z"},
        {"%F %T %z", "2024-01-31 10:00:00Z", "2024-01-31T10:00:00Z"},
        {"%F %T %z", "2024-01-31 10:00:00", NULL},
        {"%F %T %z", "2024-01-31 10:00:00 +25:00", NULL},
        {"%F %T %Z", "2024-01-31 10:00:00 UTC", "2024-01-31T10:00:00Z"},
        {"%F %T %Z", "2024-01-31 10:00:00 GMT", "2024-01-31T10:00:00Z"},
        {"%F %T %Z", "2024-01-31 10:00:00 PST", "2024-01-31T18:00:00Z"},
        {"%F %T %Z", "2024-07-31 10:00:00 PDT", "2024-07-31T17:00:00Z"},
        {"%F %T %Z", "2024-01-31 10:00:00 EST", "2024-01-31T15:00:00Z"},
        {"%F %T %Z", "2024-01-31 10:00:00 AKST", "2024-01-31T19:00:00Z"},
        {"%F %T %Z", "2024-01-31 10:00:00 NST", "2024-01-31T13:30:00Z"},
        {"%F %T %Z", "2024-01-31 10:00:00 HST", "2024-01-31T20:00:00Z"},
        {"%F %T %Z", "2024-01-31 10:00:00 CET", NULL},
        {"%F %T %Z", "2024-01-31 10:00:00 PSTX", NULL},
        {"%a %b %e %T %Z %Y", "Wed Jan 31 10:00:00 PST 2024", "2024-01-31T18:00:00Z"},
        {"%A, %d %b %Y %T %z", "Wednesday, 31 Jan 2024 10:00:00 +0000", "2024-01-31T10:00:00Z"},
        {"%a %F", "Mon 2024-01-31", "2024-01-31"}, // whichever it is
        {"%a %F", "Mit 2024-01-31", NULL},
        {"%s", "1706695200", "2024-01-31T10:00:00Z"},
        {"%s", "0", "1970-01-01T00:00:00Z"},
        {"%s", "-1", "1969-12-31T23:59:59Z"},
        {"%s", "", NULL},
        {"%s", "-", NULL},
        {"%s", "+1", NULL},
        {"%s", "253402300799", "9999-12-31T23:59:59Z"},
        {"%s", "253402300800", NULL},
        {"%s", "1706695200000", NULL},
        {"%s.%f", "1706695200.25", "2024-01-31T10:00:00.25Z"},
        {"%s.%f", "-0.25", "1969-12-31T23:59:59.75Z"},
        {"%Y%%%m%%%d", "2024%01%31", "2024-01-31"},
        {"at %F", "at 2024-01-31", "2024-01-31"},
        {"at %F", "At 2024-01-31", NULL},
        {"%F%n%T", "2024-01-31\t01:02:03", "2024-01-31T01:02:03"},
        {"%F%t%T", "2024-01-3101:02:03", NULL},
        {"%Y年%m月%d日", "2024年1月31日", "2024-01-31"},
    };
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < COUNT(rows); i++) {
        pond_when w = {.s = 7};
        bool is_read;
        char got[64];
        read_with(&a, rows[i].format, rows[i].text, &w, &is_read);
        if (!is_read && rows[i].want != NULL)
            fail_msg("'%s' does not read '%s'", rows[i].format, rows[i].text);
        if (!is_read)
            assert_int_equal(w.s, 7);
        else if (rows[i].want == NULL || strcmp(when_text(got, &w), rows[i].want) != 0)
            fail_msg("'%s' reads '%s' as %s", rows[i].format, rows[i].text, when_text(got, &w));
    }
    pond_arena_deinit(&a);
}

// A text that is cut off is read at the lengths where it is a whole one, and nowhere else.
static void cut_at_every_byte(void **state) {
    (void)state;
    static const char format[] = "%a %d %b %Y %I:%M:%S.%f %p %z";
    static const char text[] = "Wed 31 January 2024 10:11:12.123456 PM +02:30";
    pond_arena a;
    pond_arena_init(&a);
    for (size_t n = 0; n < sizeof text; n++) {
        char start[sizeof text] = "";
        memcpy(start, text, n);
        pond_when w;
        bool is_read;
        read_with(&a, format, start, &w, &is_read);
        if (is_read != (n == sizeof text - 1 || n == sizeof text - 4))
            fail_msg("'%s'", start);
    }
    pond_arena_deinit(&a);
}

static void what_is_no_format(void **state) {
    (void)state;
    static const char *const rows[][3] = {
        {"",
         "it gives no day, which is a year, a month and a day (%Y, %m, %d), or seconds since "
         "1970 (%s)",
         ""},
        {"%H:%M", "it gives no day", ""},
        {"%Y-%m", "it gives no day", ""},
        {"%m/%d", "it gives no day", ""},
        {"%j", "it gives no day", ""},
        {"yyyy-mm-dd", "it gives no day", ""},
        {"%Y-%m-%Q", "'%Q' at character 7 is no directive", "    %Y-%m-%Q\n          ^^\n"},
        {"%F %h", "'%h' at character 4 is no directive", "    %F %h\n       ^^\n"},
        {"%Y年%m月%Q日", "'%Q' at character 7 is no directive", ""},
        {"%F %", "a letter is missing after the '%' at its end", "    %F %\n       ^\n"},
        {"%Y-%m-%d %Y", "'%Y' gives the year, but the year is given before it",
         "    %Y-%m-%d %Y\n             ^^\n"},
        {"%F %y", "'%y' gives the year, but the year is given before it", "    %F %y\n       ^^\n"},
        {"%m %F", "'%F' gives the month, but the month is given before it",
         "    %m %F\n       ^^\n"},
        {"%b %m %d %Y", "'%m' gives the month, but the month is given before it", "       ^^\n"},
        {"%d %e %m %Y", "'%e' gives the day, but the day is given before it", ""},
        {"%Y %m %j", "'%j' gives the day of the year, but the month is given before it", ""},
        {"%Y %j %d", "'%d' gives the day, but the day of the year is given before it", ""},
        {"%F %H %I %p", "'%I' gives the hour of a half day, but the hour is given before it", ""},
        {"%F %I:%M", "it gives the hour of a half day without AM or PM", ""},
        {"%F %p", "it gives AM or PM without the hour", ""},
        {"%F %M", "it gives the minute without the hour", ""},
        {"%F %H:%S", "it gives the second without the minute", ""},
        {"%F %H:%M.%f", "it gives the fraction without the second", ""},
        {"%F %z", "it gives the offset without the hour", ""},
        {"%F %T %z %Z", "'%Z' gives the offset, but the offset is given before it", ""},
        {"%s %F", "'%F' gives the year, but the time is given before it", ""},
        {"%F %s", "'%s' gives the time, but the year is given before it", ""},
        {"%s %z", "'%z' gives the offset, but the time is given before it", ""},
        {"%s %s", "'%s' gives the time, but the time is given before it", ""},
    };
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const pond_when_format *f;
        pond_err err = {0};
        char want[400];
        snprintf(want, sizeof want, "invalid time format '%s': %s", rows[i][0], rows[i][1]);
        assert_int_equal(pond_when_format_parse(&a, pond_sv_of(rows[i][0]), &f, &err),
                         POND_ERR_INVALID);
        if (strncmp(err.msg, want, strlen(want)) != 0)
            fail_msg("'%s' instead of '%s'", err.msg, want);
        if (strstr(err.detail, rows[i][2]) == NULL ||
            strstr(err.detail, "  known are:\n    %Y year, four digits; ") == NULL)
            fail_msg("%s:\n%s", rows[i][0], err.detail);
        assert_int_equal(pond_when_format_parse(&a, pond_sv_of(rows[i][0]), &f, NULL),
                         POND_ERR_INVALID);
    }
    pond_arena_deinit(&a);
}

// Each known word is one that can be used.
static void all_that_is_known_is_known(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    const pond_when_format *f;
    pond_err err = {0};
    assert_int_equal(pond_when_format_parse(&a, POND_SV("%"), &f, &err), POND_ERR_INVALID);
    int n = 0;
    for (int c = '!'; c <= '~'; c++) {
        char format[] = {'%', (char)c, '\0'}, listed[] = {'%', (char)c, ' ', '\0'};
        pond_err why = {0};
        pond_code rc = pond_when_format_parse(&a, pond_sv_of(format), &f, &why);
        bool is_known = rc == POND_OK || strstr(why.msg, "is no directive") == NULL;
        if (is_known != (strstr(err.detail, listed) != NULL))
            fail_msg("'%s' in\n%s", format, err.detail);
        n += is_known;
    }
    assert_int_equal(n, 26);
    pond_arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(what_is_no_format),
        cmocka_unit_test(all_that_is_known_is_known),
    };
    return cmocka_run_group_tests_name("text/when_format", tests, NULL, NULL);
}
