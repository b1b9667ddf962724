// Numbers that spreadsheets show as times.
#include "fixture.h"

#include "format/serial.h"

#include <math.h>

static void formats_say_what_is_a_time(void **state) {
    (void)state;
    enum { DAY = 1, CLOCK = 2, ELAPSED = 4 };
    static const struct {
        const char *code;
        int shown;
    } cases[] = {
        {"General", 0},
        {"general", 0},
        {"0.00", 0},
        {"#,##0.00;[Red]-#,##0.00", 0},
        {"0.00E+00", 0},
        {"@", 0},
        {"\"day\" 0", 0},
        {"0\\d", 0},
        {"0_d", 0},
        {"[$-409]0.0", 0},
        {"[Magenta]0", 0},
        {"0;d", 0},
        {"\"never closed d", 0},
        {"yyyy-mm-dd", DAY},
        {"D.M.YY", DAY},
        {"mmm", DAY},
        {"[$-409]mmmm\\ yy;@", DAY},
        {"\"at\" d", DAY},
        {"m/d/yy h:mm AM/PM", DAY | CLOCK},
        {"yyyy\"-\"mm\"-\"dd\\ hh:mm:ss.000", DAY | CLOCK},
        {"mm:ss.0", CLOCK},
        {"h:mm", CLOCK},
        {"[h]:mm:ss", CLOCK | ELAPSED},
        {"[mm]", CLOCK | ELAPSED},
        {"", 0},
        {"\\", 0},
        {"[", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        format_shown s = format_shown_of_code(pond_sv_of(cases[i].code));
        int shown =
            (s.has_day ? DAY : 0) | (s.has_clock ? CLOCK : 0) | (s.is_elapsed ? ELAPSED : 0);
        if (shown != cases[i].shown)
            fail_msg("'%s' shows %d", cases[i].code, shown);
    }
}

static void built_in_formats_have_numbers(void **state) {
    (void)state;
    for (int id = -1; id < 200; id++) {
        format_shown s = format_shown_of_id(id);
        bool is_east = (id >= 27 && id <= 36) || (id >= 50 && id <= 58);
        assert_int_equal(s.has_day, (id >= 14 && id <= 17) || id == 22 || is_east);
        assert_int_equal(s.has_clock, (id >= 18 && id <= 22) || (id >= 45 && id <= 47));
        assert_int_equal(s.is_elapsed, id == 46);
    }
}

static void numbers_are_times(void **state) {
    (void)state;
    static const format_shown day = {.has_day = true}, both = {.has_day = true, .has_clock = true},
                              clock = {.has_clock = true},
                              elapsed = {.has_clock = true, .is_elapsed = true};
    static const struct {
        double days;
        const format_shown *shown;
        bool is_1904;
        const char *text; // NULL: none
    } cases[] = {
        {45123.5, &both, false, "2023-07-16T12:00:00"},
        {45123.5, &day, false, "2023-07-16T12:00:00"},
        {45123, &day, false, "2023-07-16"},
        {45123, &both, false, "2023-07-16T00:00:00"},
        {45123.5, &clock, false, "2023-07-16T12:00:00"},
        {45292.000011574074, &both, false, "2024-01-01T00:00:01"},
        {45292.010428252316, &both, false, "2024-01-01T00:15:01.001"},
        {45291.999999999996, &both, false, "2024-01-01T00:00:00"},
        {1, &day, false, "1900-01-01"},
        {59, &day, false, "1900-02-28"},
        {60, &day, false, "1900-02-29"}, // which the text room does not take for a date
        {61, &day, false, "1900-03-01"},
        {0, &day, false, "00:00:00"},
        {0.25, &both, false, "06:00:00"},
        {0.25, &clock, false, "06:00:00"},
        {0.0000115740741, &clock, false, "00:00:01"},
        {0, &day, true, "1904-01-01"},
        {0.25, &both, true, "1904-01-01T06:00:00"},
        {0.25, &clock, true, "06:00:00"},
        {43661, &day, true, "2023-07-16"},
        {1.5, &elapsed, false, "36:00:00"},
        {-0.0625, &elapsed, false, "-01:30:00"},
        {0.5 / 86400, &elapsed, false, "00:00:00.500"},
        {2958465, &day, false, "9999-12-31"},
        {2958465.9999999, &both, false, "9999-12-31T23:59:59.991"},
        {2958466, &day, false, NULL},
        {2957003, &day, true, "9999-12-31"},
        {2957004, &day, true, NULL},
        {-1, &day, false, NULL},
        {1e300, &day, false, NULL},
        {INFINITY, &elapsed, false, NULL},
        {NAN, &day, false, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pond_buf b = POND_BUF_EMPTY;
        bool is_time = format_serial_write(&b, cases[i].days, *cases[i].shown, cases[i].is_1904);
        pond_sv text = pond_buf_view(&b);
        if (is_time != (cases[i].text != NULL) ||
            !pond_sv_is(text, cases[i].text == NULL ? "" : cases[i].text))
            fail_msg("%.17g is '%s'", cases[i].days, text.p);
        pond_buf_free(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_say_what_is_a_time),
        cmocka_unit_test(built_in_formats_have_numbers),
        cmocka_unit_test(numbers_are_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
