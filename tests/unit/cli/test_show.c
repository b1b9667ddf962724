// How sizes and times are shown.
#include "cli/show.h"

#include <inttypes.h>
#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void expect_size(uint64_t bytes, const char *text) {
    char found[16];
    cli_size(bytes, found);
    assert_string_equal(found, text);
}

static void test_sizes(void **state) {
    (void)state;
    expect_size(0, "0B");
    expect_size(1023, "1023B");
    expect_size(1024, "1.0KB");
    expect_size(1536, "1.5KB");
    expect_size(1024 + 256, "1.2KB"); // 1.25: to the even digit
    expect_size(1024 + 768, "1.8KB"); // 1.75
    expect_size(1024 * 1024 - 1, "1024.0KB");
    expect_size(UINT64_C(3) << 40, "3.0TB");
    expect_size(UINT64_C(1) << 60, "1.0EB");
    expect_size(UINT64_MAX, "16.0EB");
}

// As printf would round them. Doubles hold these sizes exactly.
static void test_sizes_are_rounded_as_printf_does(void **state) {
    (void)state;
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB"};
    uint64_t seed = 1;
    for (int i = 0; i < 200000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t bytes = seed >> 11 >> i % 43;
        double v = (double)bytes;
        int unit = 0;
        for (; v >= 1024; unit++)
            v /= 1024;
        char text[32];
        snprintf(text, sizeof text, unit == 0 ? "%.0f%s" : "%.1f%s", v, units[unit]);
        expect_size(bytes, text);
    }
}

static void expect_time(int64_t t_us, const char *text) {
    char found[32];
    cli_time(t_us, found);
    assert_string_equal(found, text);
}

static void test_times(void **state) {
    (void)state;
    expect_time(0, "1970-01-01 00:00:00");
    expect_time(-1, "1969-12-31 23:59:59");
    expect_time(INT64_C(1709211909999999), "2024-02-29 13:05:09");
    expect_time(INT64_C(253402300799000000), "9999-12-31 23:59:59");
    expect_time(INT64_C(253402300800000000), "10000-01-01 00:00:00");
    expect_time(INT64_C(-62167219200000000), "0000-01-01 00:00:00");
    expect_time(INT64_C(-62167219200000001), "-001-12-31 23:59:59");
    expect_time(INT64_MAX, "294247-01-10 04:00:54");
    expect_time(INT64_MIN, "-290308-12-21 19:59:05");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_sizes_are_rounded_as_printf_does),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
