// What the tests of times share.
#ifndef POND_TESTS_WHEN_TEST_H
#define POND_TESTS_WHEN_TEST_H

#include "text/when.h"

#include "base/time.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

// "2024-01-31", "2024-01-31T10:00:00.5", "2024-01-31T10:00:00Z": what a time is, with as many
// digits as it has.
static inline const char *when_text(char out[64], const pond_when *w) {
    int64_t days = w->s / 86400 - (w->s % 86400 < 0), s = w->s - days * 86400, year;
    int month, day;
    pond_civil_from_days(days, &year, &month, &day);
    int n = snprintf(out, 64, "%04lld-%02d-%02d", (long long)year, month, day);
    if (w->kind == POND_WHEN_DATE && s == 0 && w->ns == 0 && w->digits == 0)
        return out;
    n += snprintf(out + n, 64 - (size_t)n, "T%02d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60),
                  (int)(s % 60));
    if (w->digits > 0)
        n += snprintf(out + n, 64 - (size_t)n, ".%09d", w->ns) - (9 - w->digits);
    snprintf(out + n, 64 - (size_t)n, "%s",
             w->kind == POND_WHEN_ZONED  ? "Z"
             : w->kind == POND_WHEN_DATE ? " of a date"
                                         : "");
    return out;
}

// A copy at the end of its memory, so that a sanitizer sees a read past the end.
static inline pond_sv exact_copy(const char *text, size_t n) {
    char *copy = malloc(n == 0 ? 1 : n);
    assert_non_null(copy);
    memcpy(copy, text, n);
    return (pond_sv){copy, n};
}

#endif
