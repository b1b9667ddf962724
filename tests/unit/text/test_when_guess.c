// Which forms are proposed for a column.
#include "when_test.h"

// The texts of a column, up to NULL, and all that is proposed.
static void check(const char *const *texts, const char *want) {
    pond_arena a;
    pond_arena_init(&a);
    pond_buf out = POND_BUF_EMPTY;
    pond_buf_str(&out, "x\n");
    pond_when_guess *g = pond_when_guess_new(&a);
    for (size_t i = 0; texts[i] != NULL; i++)
        pond_when_guess_add(g, pond_sv_of(texts[i]));
    bool has_any = pond_when_guess_write(g, &out);
    if (strcmp(out.p + 2, want) != 0)
        fail_msg("for '%s' …: got\n%sinstead of\n%s", texts[0], out.p + 2, want);
    assert_int_equal(has_any, want[0] != '\0');
    pond_buf_free(&out);
    pond_arena_deinit(&a);
}

#define COLUMN(...) ((const char *const[]){__VA_ARGS__, NULL})

// A time of day that no other form has, in each form.
static void each_form(void **state) {
    (void)state;
    static const char *const dates[][2] = {
        {"%m/%d/%Y", "04/25/2024"},
        {"%d/%m/%Y", "25/04/2024"},
        {"%Y/%m/%d", "2024/04/25"},
        {"%m/%d/%y", "4/25/24"},
        {"%d.%m.%Y", "25.04.2024"},
        {"%d.%m.%y", "25.04.24"},
        {"%Y.%m.%d", "2024.04.25"},
        {"%Y-%m-%d", "2024-4-25"},
        {"%d-%m-%Y", "25-04-2024"},
        {"%m-%d-%Y", "04-25-2024"},
        {"%m-%d-%y", "04-25-24"},
        {"%d-%b-%Y", "25-Apr-2024"},
        {"%d-%b-%y", "25-APR-24"},
        {"%d/%b/%Y", "25/Apr/2024"},
        {"%d %b %Y", "25 April 2024"},
        {"%d %b %y", "25 Apr 24"},
        {"%b %d %Y", "Apr 25 2024"},
        {"%b %d %y", "Apr 25 24"},
        {"%b %d, %Y", "Apr 25, 2024"},
        {"%Y %b %d", "2024 Apr 25"},
        {"%Y%m%d", "20240425"},
        {"%a %b %d %Y", "Thu Apr 25 2024"},
        {"%a, %d %b %Y", "Thu, 25 Apr 2024"},
    };
    static const char *const clocks[][3] = {
        {"%H:%M", "14:05", "T14:05:00"},
        {"%H:%M:%S", "14:05:06", "T14:05:06"},
        {"%H:%M:%S.%f", "14:05:06.250", "T14:05:06.250"},
        {"%H:%M:%S,%f", "14:05:06,250", "T14:05:06.250"},
        {"%I:%M %p", "2:05 PM", "T14:05:00"},
        {"%I:%M:%S %p", "02:05:06 pm", "T14:05:06"},
        {"%I:%M:%S.%f %p", "02:05:06.250 PM", "T14:05:06.250"},
        {"%H.%M", "14.05", "T14:05:00"},
        {"%H.%M.%S", "14.05.06", "T14:05:06"},
        {"%H%M", "1405", "T14:05:00"},
        {"%H%M%S", "140506", "T14:05:06"},
    };
    static const char *const separators[] = {" ", "T", ", "};
    static const char *const zones[][3] = {
        {"", "", ""}, {" %z", " +00:00", "Z"}, {" %z", "Z", "Z"}, {" %Z", " UTC", "Z"}};
    char text[80], want[160];
    for (size_t d = 0; d < COUNT(dates); d++) {
        snprintf(want, sizeof want, "  ?timeformat=%s   (the first is 2024-04-25)\n", dates[d][0]);
        check(COLUMN(dates[d][1]), want);
        for (size_t c = 0; c < COUNT(clocks); c++)
            for (size_t s = 0; s < COUNT(separators); s++)
                for (size_t z = 0; z < COUNT(zones); z++) {
                    snprintf(text, sizeof text, "%s%s%s%s", dates[d][1], separators[s],
                             clocks[c][1], zones[z][1]);
                    snprintf(want, sizeof want,
                             "  ?timeformat=%s%s%s%s   (the first is 2024-04-25%s%s)\n",
                             dates[d][0], separators[s], clocks[c][0], zones[z][0], clocks[c][2],
                             zones[z][2]);
                    check(COLUMN(text), want);
                }
    }
    check(COLUMN("202404051000"),
          "  ?timeformat=%Y%m%d%H%M   (the first is 2024-04-05T10:00:00)\n");
    check(COLUMN("20240405100001"),
          "  ?timeformat=%Y%m%d%H%M%S   (the first is 2024-04-05T10:00:01)\n");
    check(COLUMN("20240405100001500"),
          "  ?timeformat=%Y%m%d%H%M%S%f   (the first is 2024-04-05T10:00:01.500)\n");
    check(COLUMN("05/Apr/2024:10:00:01 -0700"),
          "  ?timeformat=%d/%b/%Y:%H:%M:%S %z   (the first is 2024-04-05T17:00:01Z)\n");
    check(COLUMN("Fri Apr  5 10:00:01 2024"),
          "  ?timeformat=%a %b %d %H:%M:%S %Y   (the first is 2024-04-05T10:00:01)\n");
    check(COLUMN("Fri Apr  5 10:00:01 PDT 2024"),
          "  ?timeformat=%a %b %d %H:%M:%S %Z %Y   (the first is 2024-04-05T17:00:01Z)\n");
}

static void epochs(void **state) {
    (void)state;
    check(COLUMN("1712311200"), "  ?epoch=s   (the first is 2024-04-05T10:00:00Z)\n");
    check(COLUMN("1712311200.25"), "  ?epoch=s   (the first is 2024-04-05T10:00:00.25Z)\n");
    check(COLUMN("1712311200", "1712311200.5"),
          "  ?epoch=s   (the first is 2024-04-05T10:00:00Z)\n");
    check(COLUMN("1712311200125"), "  ?epoch=ms   (the first is 2024-04-05T10:00:00.125Z)\n");
    check(COLUMN("1712311200125250"), "  ?epoch=us   (the first is 2024-04-05T10:00:00.125250Z)\n");
    check(COLUMN("1712311200125250500"),
          "  ?epoch=ns   (the first is 2024-04-05T10:00:00.125250500Z)\n");
    // The years 1990 to 2100.
    check(COLUMN("631152000"), "  ?epoch=s   (the first is 1990-01-01T00:00:00Z)\n");
    check(COLUMN("631151999"), "");
    check(COLUMN("4133980799"), "  ?epoch=s   (the first is 2100-12-31T23:59:59Z)\n");
    check(COLUMN("4133980800"), "");
    check(COLUMN("1712311200", "17"), "");
    check(COLUMN("1712311200", "1712311200125"), "");
    check(COLUMN("1712311200125.5"), "");
    check(COLUMN("1712311200."), "");
    check(COLUMN("17123112001252505000"), "");
    check(COLUMN("99999999999999999999"), "");
    check(COLUMN("9223372036854775808"), "");
    check(COLUMN("-1712311200"), "");
    check(COLUMN("1.7e9"), "");
}

static void day_first_or_month_first(void **state) {
    (void)state;
    check(COLUMN("04/05/2024 10:00", "12/11/2024 23:59"),
          "  ?timeformat=%m/%d/%Y %H:%M   (the first is 2024-04-05T10:00:00)\n"
          "  ?timeformat=%d/%m/%Y %H:%M   (the first is 2024-05-04T10:00:00)\n"
          "  they differ: '04/05/2024 10:00' is 2024-04-05T10:00:00 or 2024-05-04T10:00:00\n");
    check(COLUMN("04/05/2024 10:00", "04/13/2024 10:00"),
          "  ?timeformat=%m/%d/%Y %H:%M   (the first is 2024-04-05T10:00:00)\n");
    check(COLUMN("04/05/2024", "13/05/2024", "14/05/2024"),
          "  ?timeformat=%d/%m/%Y   (the first is 2024-05-04)\n");
    check(COLUMN("04/13/2024", "13/04/2024"), "");
    // Both would read all of these alike.
    check(COLUMN("04/04/2024", "05/05/2024"),
          "  ?timeformat=%m/%d/%Y   (the first is 2024-04-04)\n"
          "  ?timeformat=%d/%m/%Y   (the first is 2024-04-04)\n");
    check(COLUMN("04/04/2024", "05/06/2024"),
          "  ?timeformat=%m/%d/%Y   (the first is 2024-04-04)\n"
          "  ?timeformat=%d/%m/%Y   (the first is 2024-04-04)\n"
          "  they differ: '05/06/2024' is 2024-05-06 or 2024-06-05\n");
    check(COLUMN("01-02-03"),
          "  ?timeformat=%d-%m-%y   (the first is 2003-02-01)\n"
          "  ?timeformat=%m-%d-%y   (the first is 2003-01-02)\n"
          "  ?timeformat=%y-%m-%d   (the first is 2001-02-03)\n"
          "  they differ: '01-02-03' is 2003-02-01, 2003-01-02 or 2001-02-03\n");
    // A text that only forms that are gone read differently is not shown.
    check(COLUMN("01/02/03", "02/02/13", "30/11/12"),
          "  ?timeformat=%d/%m/%y   (the first is 2003-02-01)\n"
          "  ?timeformat=%y/%m/%d   (the first is 2001-02-03)\n"
          "  they differ: '01/02/03' is 2003-02-01 or 2001-02-03\n");
}

static void columns_that_are_no_times(void **state) {
    (void)state;
    pond_arena a;
    pond_arena_init(&a);
    pond_buf out = POND_BUF_EMPTY;
    assert_false(pond_when_guess_write(pond_when_guess_new(&a), &out)); // without a text
    assert_int_equal(out.n, 0);
    pond_arena_deinit(&a);
    check(COLUMN(""), "");
    check(COLUMN("", "04/13/2024"), "");
    check(COLUMN("04/13/2024", ""), "");
    check(COLUMN("17.25"), "");
    check(COLUMN("2024"), "");
    check(COLUMN("2024-11"), "");
    check(COLUMN("12:30"), "");
    check(COLUMN("north"), "");
    check(COLUMN("20241301"), "");
    check(COLUMN("04/13/2024                                                              "), "");
    check(COLUMN("04/13/2024                                                         10:00"), "");
    check(COLUMN("04/13/2024", "04/14/2024 10:00"), "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form),
        cmocka_unit_test(epochs),
        cmocka_unit_test(day_first_or_month_first),
        cmocka_unit_test(columns_that_are_no_times),
    };
    return cmocka_run_group_tests_name("text/when_guess", tests, NULL, NULL);
}
