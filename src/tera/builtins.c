// The three tables of built-ins, and the lookup of names in them.
#include "tera/builtins.h"

#include "tera/filters.h"

enum { PURE = false, IMPURE = true };

static const pond_tera_filter_def FILTERS[] = {
#define FILTER(name, arguments) {#name, arguments, tera_filter_##name, NULL, PURE},
#include "tera/filters.def"
#undef FILTER
};
static const tera_test_def TESTS[] = {
#define TEST(name, arguments) {#name, arguments, tera_test_##name},
#include "tera/tests.def"
#undef TEST
};
static const pond_tera_function_def FUNCTIONS[] = {
#define FUNCTION(name, purity, arguments) {#name, arguments, tera_function_##name, NULL, purity},
#include "tera/functions.def"
#undef FUNCTION
};

static const pond_sv FILTER_NAMES[] = {
#define FILTER(name, arguments) {#name, sizeof #name - 1},
#include "tera/filters.def"
#undef FILTER
};
static const pond_sv TEST_NAMES[] = {
#define TEST(name, arguments) {#name, sizeof #name - 1},
#include "tera/tests.def"
#undef TEST
};
static const pond_sv FUNCTION_NAMES[] = {
#define FUNCTION(name, purity, arguments) {#name, sizeof #name - 1},
#include "tera/functions.def"
#undef FUNCTION
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

// The index of `name` in sorted names, or -1.
static ptrdiff_t find_name(const pond_sv *names, size_t n, pond_sv name) {
    size_t lo = 0, hi = n;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int order = pond_sv_cmp(names[mid], name);
        if (order == 0)
            return (ptrdiff_t)mid;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return -1;
}

const pond_tera_filter_def *tera_find_filter(pond_sv name) {
    ptrdiff_t at = find_name(FILTER_NAMES, COUNT(FILTER_NAMES), name);
    return at < 0 ? NULL : &FILTERS[at];
}

const tera_test_def *tera_find_test(pond_sv name) {
    ptrdiff_t at = find_name(TEST_NAMES, COUNT(TEST_NAMES), name);
    return at < 0 ? NULL : &TESTS[at];
}

const pond_tera_function_def *tera_find_function(pond_sv name) {
    ptrdiff_t at = find_name(FUNCTION_NAMES, COUNT(FUNCTION_NAMES), name);
    return at < 0 ? NULL : &FUNCTIONS[at];
}

size_t tera_filter_names(const pond_sv **out) {
    *out = FILTER_NAMES;
    return COUNT(FILTER_NAMES);
}

size_t tera_test_names(const pond_sv **out) {
    *out = TEST_NAMES;
    return COUNT(TEST_NAMES);
}

size_t tera_function_names(const pond_sv **out) {
    *out = FUNCTION_NAMES;
    return COUNT(FUNCTION_NAMES);
}
