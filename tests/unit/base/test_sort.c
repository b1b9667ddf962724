// Sorting by texts.
#include "base/sort.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

typedef struct thing {
    pond_sv text;
    int number; // where it was
    char more[20];
} thing;

static pond_sv text_of(const void *item) {
    return ((const thing *)item)->text;
}

static uint32_t next_random(uint32_t *seed) {
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void sort_and_check(pond_arena *a, thing *things, size_t n) {
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        things[i].number = (int)i;
        things[i].more[19] = (char)i;
        sum += i;
    }
    pond_sort_texts(a, things, n, sizeof *things, text_of);
    for (size_t i = 0; i < n; i++) {
        int order = i == 0 ? -1 : pond_sv_cmp(things[i - 1].text, things[i].text);
        assert_true(order < 0 || (order == 0 && things[i - 1].number < things[i].number));
        assert_true(things[i].more[19] == (char)things[i].number);
        sum -= (uint64_t)things[i].number;
    }
    assert_true(sum == 0);
}

// Few and many, in order, nearly in order and not at all; texts that begin alike, differ late, or not
// at all.
static void items_are_sorted_and_keep_their_order(void **state) {
    (void)state;
    enum { MOST = 700 };
    static const struct {
        const char *start, *end;
        int n_digits;
    } forms[] = {{"", "", 1},  {"f", ".txt", 1},    {"a start that all have ", "", 1},
                 {"", "", 12}, {"\xC3\xA9", "", 3}, {"", "the same", 0}};
    static thing things[MOST];
    uint32_t seed = 1;
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++)
        for (size_t n = 0; n <= MOST; n += n < 40 ? 1 : 60)
            for (uint32_t distance = 1; distance <= 1000; distance *= 10) {
                pond_arena a;
                pond_arena_init(&a);
                for (size_t i = 0; i < n; i++) {
                    uint32_t number = (uint32_t)i + next_random(&seed) % distance;
                    pond_sv digits = pond_svf(&a, "%0*u", forms[f].n_digits, number);
                    things[i].text = pond_svf(&a, "%s%s%s", forms[f].start,
                                              forms[f].n_digits == 0 ? "" : digits.p, forms[f].end);
                }
                sort_and_check(&a, things, n);
                pond_arena_deinit(&a);
            }
}

static void texts_are_compared_by_bytes(void **state) {
    (void)state;
    static const char *const sorted[] = {"",          "a", "a\x01", "aa",      "aaaaaaaa",
                                         "aaaaaaaaa", "b", "\x7f",  "\xC3\xA9"};
    enum { N = sizeof sorted / sizeof *sorted };
    thing things[N + 1];
    pond_arena a;
    pond_arena_init(&a);
    for (size_t i = 0; i < N; i++)
        things[i].text = pond_sv_of(sorted[(i * 4 + 3) % N]);
    things[N].text = (pond_sv){"a\0", 2}; // comes after "a", which has the same key
    sort_and_check(&a, things, N + 1);
    for (size_t i = 0; i < N; i++)
        assert_true(pond_sv_is(things[i + (i > 1)].text, sorted[i]));
    assert_int_equal(things[2].text.n, 2);
    pond_arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_sorted_and_keep_their_order),
        cmocka_unit_test(texts_are_compared_by_bytes),
    };
    return cmocka_run_group_tests_name("base/sort", tests, NULL, NULL);
}
