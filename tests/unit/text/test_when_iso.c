// ISO 8601 and RFC 3339: what is read, and what is not.
#include "when_test.h"

static bool read_iso(const char *text, size_t n, pond_when *out) {
    pond_sv copy = exact_copy(text, n);
    bool is_read = pond_when_iso(copy, out);
    free((void *)(uintptr_t)copy.p);
    return is_read;
}

static void check(const char *text, const char *want) {
    pond_when w = {0};
    char got[64];
    if (!read_iso(text, strlen(text), &w))
        fail_msg("'%s' is not read", text);
    if (strcmp(when_text(got, &w), want) != 0)
        fail_msg("'%s' is read as %s instead of %s", text, got, want);
}

static void forms(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"2024-01-31", "2024-01-31"},
        {"2024-01-31T10:00", "2024-01-31T10:00:00"},
        {"2024-01-31 10:00", "2024-01-31T10:00:00"},
        {"2024-01-31t10:00z", "2024-01-31T10:00:00Z"},
        {"2024-01-31T10:11:12", "2024-01-31T10:11:12"},
        {"2024-01-31 23:59:59", "2024-01-31T23:59:59"},
        {"2024-01-31T10:11:12.5", "2024-01-31T10:11:12.5"},
        {"2024-01-31T10:11:12,5", "2024-01-31T10:11:12.5"},
        {"2024-01-31T10:11:12.0", "2024-01-31T10:11:12.0"},
        {"2024-01-31T10:11:12.12", "2024-01-31T10:11:12.12"},
        {"2024-01-31T10:11:12.123", "2024-01-31T10:11:12.123"},
        {"2024-01-31T10:11:12.1234", "2024-01-31T10:11:12.1234"},
        {"2024-01-31T10:11:12.12345", "2024-01-31T10:11:12.12345"},
        {"2024-01-31T10:11:12.123456", "2024-01-31T10:11:12.123456"},
        {"2024-01-31T10:11:12.1234567", "2024-01-31T10:11:12.1234567"},
        {"2024-01-31T10:11:12.12345678", "2024-01-31T10:11:12.12345678"},
        {"2024-01-31T10:11:12.123456789", "2024-01-31T10:11:12.123456789"},
        {"2024-01-31T10:11:12.999999999", "2024-01-31T10:11:12.999999999"},
        {"2024-01-31T10:11:12.000000001", "2024-01-31T10:11:12.000000001"},
        {"2024-01-31T10:11:12Z", "2024-01-31T10:11:12Z"},
        {"2024-01-31T10:11:12 Z", "2024-01-31T10:11:12Z"},
        {"2024-01-31T10:11:12+00:00", "2024-01-31T10:11:12Z"},
        {"2024-01-31T10:11:12-00:00", "2024-01-31T10:11:12Z"},
        {"2024-01-31T10:11:12+02:00", "2024-01-31T08:11:12Z"},
        {"2024-01-31T10:11:12 +02:00", "2024-01-31T08:11:12Z"},
        {"2024-01-31T10:11:12+0530", "2024-01-31T04:41:12Z"},
        {"2024-01-31T10:11:12-08", "2024-01-31T18:11:12Z"},
        {"2024-01-31 10:11-08:00", "2024-01-31T18:11:00Z"},
        {"2024-01-31 10:11:12.25-08:00", "2024-01-31T18:11:12.25Z"},
        {"2024-01-31T10:11:12+23:59", "2024-01-30T10:12:12Z"},
        {"2024-01-31T10:11:12-23:59", "2024-02-01T10:10:12Z"},
        {"2024-12-31T24:00", "2025-01-01T00:00:00"},
        {"2024-02-28 24:00:00", "2024-02-29T00:00:00"},
        {"2024-12-31T24:00:00.000", "2025-01-01T00:00:00.000"},
        {"2024-12-31T24:00:00-01:00", "2025-01-01T01:00:00Z"},
        {"0001-01-01", "0001-01-01"},
        {"0001-01-01T00:00:00+14:00", "0000-12-31T10:00:00Z"},
        {"1969-12-31T23:59:59.9", "1969-12-31T23:59:59.9"},
        {"1970-01-01", "1970-01-01"},
        {"2000-02-29", "2000-02-29"},
        {"2024-02-29", "2024-02-29"},
        {"9999-12-31T23:59:59.999999999", "9999-12-31T23:59:59.999999999"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        check(rows[i][0], rows[i][1]);
}

static void assert_not_read(const char *text, size_t n) {
    pond_when w = {.s = 7};
    if (read_iso(text, n, &w))
        fail_msg("'%.*s' is read", (int)n, text);
    assert_int_equal(w.s, 7);
}

static void what_is_refused(void **state) {
    (void)state;
    static const char *const rows[] = {
        "",
        "x",
        "2024",
        "2024-01",
        "20240131",
        "2024-1-31",
        "2024-01-1",
        " 2024-01-31",
        "2024-01-31 ",
        "2024-01-31x",
        "2024-01-31Z",
        "2024-01-31+02:00",
        "2024/01/31",
        "2024-01/31",
        "2024-01-31T",
        "2024-01-31T1",
        "2024-01-31T10",
        "2024-01-31T1000",
        "2024-01-31T10:0",
        "2024-01-31T10:00:",
        "2024-01-31T10:00:0",
        "2024-01-31T10:00:00.",
        "2024-01-31T10:00:00,",
        "2024-01-31T10:00:00.Z",
        "2024-01-31T10:00:00.1234567890",
        "2024-01-31T10:00.5",
        "2024-01-31  10:00",
        "2024-01-31T10:00:00  Z",
        "2024-01-31T10:00:00 ",
        "2024-01-31T10:00 ",
        "2024-01-31T10-00",
        "2024-01-31X10:00",
        "2024-01-31T10:00:00+",
        "2024-01-31T10:00:00+2",
        "2024-01-31T10:00:00+2:00",
        "2024-01-31T10:00:00+02:",
        "2024-01-31T10:00:00+02:0",
        "2024-01-31T10:00:00+020",
        "2024-01-31T10:00:00+24:00",
        "2024-01-31T10:00:00+02:60",
        "2024-01-31T10:00:00+02:00:00",
        "2024-01-31T10:00:00ZZ",
        "2024-01-31T10:00:00Zx",
        "2024-01-31T10:00:00 UTC",
        "2024-01-31T10:00:00x",
        "2024-01-31T10:00x",
        // no such day or time
        "0000-01-01",
        "2024-00-01",
        "2024-13-01",
        "2024-01-00",
        "2024-01-32",
        "2024-04-31",
        "2023-02-29",
        "1900-02-29",
        "2024-02-30",
        "2100-02-29T00:00",
        "2024-01-31T25:00",
        "2024-01-31T24:01",
        "2024-01-31T24:00:01",
        "2024-01-31T24:00:00.000000001",
        "2024-01-31T10:60",
        "2024-01-31T10:00:60",
        "2016-12-31T23:59:60Z",
        "2024-99-99T99:99:99",
        // characters beside the digits, and beyond ASCII
        "2024-01-3:",
        "2024-01-3/",
        "202:-01-31",
        "/024-01-31",
        "2024-01-31T1::00",
        "2024-01-31T10:00:0/",
        "2024-01-31T10:00:00.1:",
        "2024-01-31T10:00:00+0/:00",
        "\xB2\xB0\xB2\xB4-\xB0\xB1-31",
        "2024\xAD"
        "01-31",
        "2024-01-31\xD4"
        "10:00",
        "+2024-01-31",
        "-2024-01-31",
        "12024-01-31",
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_not_read(rows[i], strlen(rows[i]));
    assert_not_read("2024-01-31\0", 11);
    assert_not_read("2024-01-31\0"
                    "10:00",
                    16);
}

// Every start of a text is read as what it is, or not at all; and so is a text with one more byte.
static void cut_at_every_byte(void **state) {
    (void)state;
    static const char text[] = "2024-01-31T10:11:12.123456789+02:30";
    // The lengths at which the text is a whole one.
    static const bool is_whole[sizeof text] = {
        [10] = true, [16] = true, [19] = true, [21] = true, [22] = true, [23] = true, [24] = true,
        [25] = true, [26] = true, [27] = true, [28] = true, [29] = true, [32] = true, [35] = true};
    for (size_t n = 0; n < sizeof text; n++) {
        pond_when w;
        if (read_iso(text, n, &w) != is_whole[n])
            fail_msg("'%.*s'", (int)n, text);
    }
}

// Whatever byte is put in the place of one, the text is read as another time or not at all.
static void every_byte_at_every_place(void **state) {
    (void)state;
    static const char text[] = "2024-01-21T10:11:12.5+01:10";
    char changed[sizeof text];
    for (size_t at = 0; at + 1 < sizeof text; at++)
        for (int c = 0; c < 256; c++) {
            memcpy(changed, text, sizeof text);
            changed[at] = (char)c;
            pond_when w;
            bool is_digit = c >= '0' && c <= '9';
            bool was_digit = text[at] >= '0' && text[at] <= '9';
            // Two digits may become what is no month, day, …; a date is checked elsewhere.
            if (read_iso(changed, sizeof text - 1, &w)) {
                bool is_same = c == text[at] || (at == 10 && (c == ' ' || c == 't')) ||
                               (at == 19 && c == ',') || (at == 21 && (c == '+' || c == '-'));
                if (!is_same && !(is_digit && was_digit) && !(at == 21 && is_digit))
                    fail_msg("'%s' is read", changed);
            } else {
                assert_false(c == text[at]);
            }
        }
}

static void every_day(void **state) {
    (void)state;
    int64_t days = pond_days_from_civil(1, 1, 1);
    for (int year = 1; year <= 9999; year += year % 400 == 5 ? 95 : 1)
        for (int month = 0; month <= 13; month++)
            for (int day = 0; day <= 32; day++) {
                char text[40];
                pond_when w;
                bool is_day =
                    month >= 1 && month <= 12 && day >= 1 && day <= pond_days_in_month(year, month);
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                if (pond_when_iso((pond_sv){text, 10}, &w) != is_day)
                    fail_msg("%s", text);
                days = is_day ? pond_days_from_civil(year, month, day) : days;
                if (is_day && (w.s != days * 86400 || w.kind != POND_WHEN_DATE))
                    fail_msg("%s", text);
            }
}

static void every_second(void **state) {
    (void)state;
    for (int hour = 0; hour < 100; hour++)
        for (int minute = 0; minute < 100; minute++)
            for (int second = 0; second < 100; second++) {
                char text[64];
                pond_when w;
                snprintf(text, sizeof text, "1970-01-01T%02d:%02d:%02d", hour, minute, second);
                bool is_time = (hour < 24 && minute < 60 && second < 60) ||
                               (hour == 24 && minute == 0 && second == 0);
                if (pond_when_iso((pond_sv){text, 19}, &w) != is_time ||
                    (is_time && w.s != (hour * 60 + minute) * 60 + second))
                    fail_msg("%s", text);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(cut_at_every_byte),
        cmocka_unit_test(every_byte_at_every_place),
        cmocka_unit_test(every_day),
        cmocka_unit_test(every_second),
    };
    return cmocka_run_group_tests_name("text/when_iso", tests, NULL, NULL);
}
