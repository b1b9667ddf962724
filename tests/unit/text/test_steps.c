// What is said about the steps of a series.
#include "text/steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define MINUTE INT64_C(60000000)

static void check(const int64_t *minutes, size_t n, const char *want) {
    text_steps all = {.n_common = 0}, first = {.n_common = 0}, rest = {.n_common = 0};
    for (size_t i = 1; i < n; i++) {
        text_steps_add(&all, minutes[i - 1] * MINUTE, minutes[i] * MINUTE);
        text_steps_add(i < n / 2 ? &first : &rest, minutes[i - 1] * MINUTE, minutes[i] * MINUTE);
    }
    text_steps_merge(&first, &rest);
    const text_steps *both[2] = {&all, &first};
    for (size_t i = 0; i < 2; i++) {
        pond_buf text = POND_BUF_EMPTY;
        text_steps_write(both[i], POND_SV("t"), &text);
        assert_string_equal(text.p == NULL ? "" : text.p, want);
        pond_buf_free(&text);
    }
}
#define CHECK(want, ...)                                                                           \
    check((const int64_t[]){__VA_ARGS__},                                                          \
          sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t), want)

static void steps(void **state) {
    (void)state;
    CHECK("", 0);
    CHECK("", 0, 10, 20, 30);
    CHECK("", 0, 10, 21, 35, 90); // nothing is usual
    CHECK("'t' has 1 gap: most rows are 10m apart, and the longest step is 1h 10m, after "
          "1970-01-01T00:30:00",
          0, 10, 20, 30, 100, 110);
    CHECK("'t' has 2 gaps: most rows are 10m apart, and the longest step is 2d 3h, after "
          "1970-01-01T01:00:00",
          0, 10, 20, 30, 50, 60, 60 + 51 * 60, 70 + 51 * 60);
    CHECK("1 row is at the time of the row before", 0, 10, 10, 20, 30);
    CHECK("2 rows are earlier than the row before; a series is stored in time order", 0, 10, 5, 20,
          3);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(steps)};
    return cmocka_run_group_tests_name("text/steps", tests, NULL, NULL);
}
