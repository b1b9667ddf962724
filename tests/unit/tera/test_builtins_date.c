// The date filter and strftime.

#include "builtins_test.h"

// 2023-11-14T22:13:20 UTC, a Tuesday.
static void check_format(const char *format, const char *want) {
    pond_buf out = POND_BUF_EMPTY;
    tera_instant t = {1700000000, 5000000, 19800, POND_SV("IST")};
    size_t bad_at = 0;
    assert_true(tera_strftime(&out, pond_sv_of(format), &t, &bad_at));
    if (strcmp(pond_buf_view(&out).p, want) != 0)
        fail_msg("%s: wanted %s, got %s", format, want, out.p);
    pond_buf_free(&out);
}

static void specifiers(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"%Y %C %y %m %d %e %j", "2023 20 23 11 15 15 319"},
        {"%q %u %w %U %W %G %g %V", "4 3 3 46 46 2023 23 46"},
        {"%A %a %B %b %h", "Wednesday Wed November Nov Nov"},
        {"%H %k %I %l %M %S %p %P", "03  3 03  3 43 20 AM am"},
        {"%D %x %F %R %T %X %r",
         "11/15/23 11/15/23 2023-11-15 03:43 03:43:20 03:43:20 03:43:20 AM"},
        {"%c", "Wed Nov 15 03:43:20 2023"},
        {"%v", "15-Nov-2023"},
        {"%+", "2023-11-15T03:43:20.005+05:30"},
        {"%s %f %.f %.3f %.6f %.9f %3f %6f %9f",
         "1700000000 005000000 .005 .005 .005000 .005000000 005 005000 005000000"},
        {"%z %:z %::z %:::z %#z %Z", "+0530 +05:30 +05:30:00 +05 +0530 IST"},
        {"100%%%n%t|", "100%\n\t|"},
        {"%-H %_H %0k %0l %-I %-j %_j %-S", "3  3 03 03 3 319 319 20"},
        {"%-f %_m %-Y", "5000000 11 2023"},
        {"", ""},
        {"é %Y 日", "é 2023 日"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check_format(rows[i][0], rows[i][1]);
}

static void unknown_specifiers_are_found(void **state) {
    (void)state;
    static const struct {
        const char *format;
        size_t at;
    } rows[] = {{"%5d", 0},   {"ab %E", 3}, {"abc %", 4}, {"%-", 0},  {"%Y%i", 2}, {"%-D", 0},
                {"%_A", 0},   {"%-z", 0},   {"%.4f", 0},  {"%4f", 0}, {"%:Z", 0},  {"%::::z", 0},
                {"%-.3f", 0}, {"%#Y", 0},   {"%L", 0},    {"%-%", 0}};
    tera_instant t = {0, 0, 0, POND_SV("UTC")};
    for (size_t i = 0; i < COUNT(rows); i++) {
        pond_buf out = POND_BUF_EMPTY;
        size_t bad_at = 99;
        pond_buf_str(&out, "kept");
        assert_false(tera_strftime(&out, pond_sv_of(rows[i].format), &t, &bad_at));
        assert_int_equal(bad_at, rows[i].at);
        assert_string_equal(out.p, "kept");
        pond_buf_free(&out);
    }
}

static void weeks_and_years_at_their_edges(void **state) {
    (void)state;
    static const struct {
        int64_t t_s;
        const char *want; // %F %a %j %U %W %G-%V
    } rows[] = {
        {0, "1970-01-01 Thu 001 00 00 1970-01"},
        {1609632000, "2021-01-03 Sun 003 01 00 2020-53"},
        {1735603200, "2024-12-31 Tue 366 52 53 2025-01"},
        {1230768000, "2009-01-01 Thu 001 00 00 2009-01"},
        {1262304000, "2010-01-01 Fri 001 00 00 2009-53"},
        {-62135596800, "0001-01-01 Mon 001 00 01 0001-01"},
        {-62135596801, "0000-12-31 Sun 366 53 52 0000-52"},
        {-62167219201, "-0001-12-31 Fri 365 52 52 -0001-52"},
        {253402300800, "+10000-01-01 Sat 001 00 00 9999-52"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        pond_buf out = POND_BUF_EMPTY;
        size_t bad_at;
        tera_instant t = {rows[i].t_s, 0, 0, POND_SV("UTC")};
        assert_true(tera_strftime(&out, POND_SV("%F %a %j %U %W %G-%V"), &t, &bad_at));
        assert_string_equal(out.p, rows[i].want);
        pond_buf_free(&out);
    }
}

static void reading(void **state) {
    (void)state;
    static const char full[] = "{\"format\":\"%Y-%m-%dT%H:%M:%S%.f%z %Z\"}";
    static const row rows[] = {
        {"date", "1700000000", NULL, "\"2023-11-14\""},
        {"date", "-3", NULL, "\"1969-12-31\""},
        {"date", "\"2024-02-29\"", full, "\"2024-02-29T00:00:00+0000 UTC\""},
        {"date", "\"2023-1-5\"", NULL, "\"2023-01-05\""},
        {"date", "\"-0001-01-01\"", NULL, "\"-0001-01-01\""},
        {"date", "\"+12023-01-05\"", NULL, "\"+12023-01-05\""},
        {"date", "\"2023-01-05T10:00:00\"", full, "\"2023-01-05T10:00:00+0000 UTC\""},
        {"date", "\"2023-01-05T10:00:00.5\"", full, "\"2023-01-05T10:00:00.500+0000 UTC\""},
        {"date", "\"2023-01-05T10:00:60Z\"", full, "\"2023-01-05T10:00:60+0000 +00:00\""},
        {"date", "\"2023-06-15T12:34:56.1234567899 +0530\"", full,
         "\"2023-06-15T12:34:56.123456789+0530 +05:30\""},
        {"date", "\"2023-06-15T12:34:56−08:00\"", full, "\"2023-06-15T12:34:56-0800 -08:00\""},
        {"date", "\"2023-06-15 12:34:56 UTC\"", full, "\"2023-06-15T12:34:56+0000 +00:00\""},
        // The argument `timezone` applies to instants, not to local times.
        {"date", "\"2023-07-04T12:00:00Z\"",
         "{\"format\":\"%F %T %Z\",\"timezone\":\"America/New_York\"}",
         "\"2023-07-04 08:00:00 EDT\""},
        {"date", "1700000000", "{\"format\":\"%T %:z\",\"timezone\":\"Asia/Tokyo\"}",
         "\"07:13:20 +09:00\""},
        {"date", "\"2021-12-31T08:05:03\"", "{\"format\":\"%F %T %Z\",\"timezone\":\"Asia/Tokyo\"}",
         "\"2021-12-31 08:05:03 UTC\""},
    };
    check_rows(rows, COUNT(rows));
}

#define NO_DATE(json)                                                                              \
    {                                                                                              \
        "date", json, NULL,                                                                        \
            "!filter 'date': the value must be a date YYYY-MM-DD or a time YYYY-MM-DDThh:mm:ss, "  \
            "with or "                                                                             \
            "without an offset, got string " json                                                  \
    }

static void refusing(void **state) {
    (void)state;
    static const row rows[] = {
        NO_DATE("\"\""),
        NO_DATE("\"2023-13-01\""),
        NO_DATE("\"2023-02-29\""),
        NO_DATE("\"2023/01/05\""),
        NO_DATE("\"2023-01-05x\""),
        NO_DATE("\"20230-01-05\""),
        NO_DATE("\"2023-01-05 10:00:00\""),
        NO_DATE("\"2023-01-05T10:60:00Z\""),
        NO_DATE("\"2023-01-05T24:00:00Z\""),
        NO_DATE("\"2023-01-05T10:00Z\""),
        NO_DATE("\"2023-01-05T10:00:00+25:00\""),
        NO_DATE("\"2023-01-05T10:00:00+05\""),
        NO_DATE("\"2023-01-05T10:00:00.Z\""),
        NO_DATE("\"300000-01-05\""),
        NO_DATE("\"99999999999999999999-01-05\""),
        {"date", "2.0", NULL,
         "!filter 'date': the value must be an integer (seconds since 1970) or a string, got "
         "float 2.0"},
        {"date", "9223372036854775807", NULL,
         "!filter 'date': the value must be a time before the year 262142, got integer "
         "9223372036854775807"},
        {"date", "1", "{\"format\":\"%Y %5d\"}",
         "!filter 'date': argument 'format' has an unknown specifier at '%5d'"},
        {"date", "1", "{\"format\":\"%-日本\"}",
         "!filter 'date': argument 'format' has an unknown specifier at '%-'"},
        {"date", "1", "{\"format\":1}",
         "!filter 'date': argument 'format' must be a string, got integer 1"},
        {"date", "1", "{\"timezone\":\"Europe/Belrin\"}",
         "!filter 'date': argument 'timezone': unknown time zone 'Europe/Belrin', did you mean "
         "Europe/Berlin?"},
        {"date", "1", "{\"timezone\":\"Berlin\"}",
         "!filter 'date': argument 'timezone': unknown time zone 'Berlin', did you mean "
         "Europe/Berlin?"},
        {"date", "1", "{\"timezone\":\"+02:00\"}",
         "!filter 'date': argument 'timezone': unknown time zone '+02:00'; names look like "
         "'Europe/Berlin'"},
    };
    check_rows(rows, COUNT(rows));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(specifiers),
        cmocka_unit_test(unknown_specifiers_are_found),
        cmocka_unit_test(weeks_and_years_at_their_edges),
        cmocka_unit_test(reading),
        cmocka_unit_test(refusing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
