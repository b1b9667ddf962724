// The tests of the language, as in `x is odd`.

#include "tera/filters.h"

#include "base/regex.h"

#include <math.h>

#define TEST(name)                                                                                 \
    pond_code tera_test_##name(pond_tera_call *c, bool is_defined, pond_value in,                  \
                               const pond_value *args, size_t n, bool *out)

// Names -------------------------------------------------------------------------------------------

static pond_code at_most(pond_tera_call *c, size_t n, size_t most) {
    if (n <= most)
        return POND_OK;
    return pond_fail(c->err, POND_ERR_TEMPLATE, POND_TERA_CALL_FMT " takes %s, got %zu",
                     POND_TERA_CALL_ARG(c), most == 0 ? "no arguments" : "one argument", n);
}

TEST(defined) {
    (void)in, (void)args;
    POND_TRY(at_most(c, n, 0));
    *out = is_defined;
    return POND_OK;
}

TEST(undefined) {
    (void)in, (void)args;
    POND_TRY(at_most(c, n, 0));
    *out = !is_defined;
    return POND_OK;
}

// Types -------------------------------------------------------------------------------------------

// Checks the number of arguments, and that the name is defined.
static pond_code check(pond_tera_call *c, bool is_defined, size_t n, size_t most) {
    POND_TRY(at_most(c, n, most));
    if (is_defined)
        return POND_OK;
    return pond_fail(c->err, POND_ERR_TEMPLATE, POND_TERA_CALL_FMT ": the name is not defined",
                     POND_TERA_CALL_ARG(c));
}

TEST(string) {
    (void)args;
    POND_TRY(check(c, is_defined, n, 0));
    *out = in.kind == POND_STRING;
    return POND_OK;
}

TEST(number) {
    (void)args;
    POND_TRY(check(c, is_defined, n, 0));
    *out = pond_is_number(in);
    return POND_OK;
}

TEST(object) {
    (void)args;
    POND_TRY(check(c, is_defined, n, 0));
    *out = in.kind == POND_OBJECT;
    return POND_OK;
}

TEST(iterable) {
    (void)args;
    POND_TRY(check(c, is_defined, n, 0));
    *out = in.kind == POND_ARRAY || in.kind == POND_OBJECT;
    return POND_OK;
}

// Numbers -----------------------------------------------------------------------------------------

// Any number with a remainder is odd, also 1.5.
static pond_code remainder_of_two(pond_tera_call *c, bool is_defined, pond_value in, size_t n,
                                  double *out) {
    POND_TRY(check(c, is_defined, n, 0));
    POND_TRY(pond_tera_want_number(c, in));
    bool is_exact = in.kind == POND_INT && in.i < (1LL << 53) && in.i > -(1LL << 53);
    *out = is_exact ? (double)(in.i % 2) : fmod(pond_number(in), 2); // fmod is slow
    return POND_OK;
}

TEST(odd) {
    (void)args;
    double rest;
    POND_TRY(remainder_of_two(c, is_defined, in, n, &rest));
    *out = rest != 0;
    return POND_OK;
}

TEST(even) {
    (void)args;
    double rest;
    POND_TRY(remainder_of_two(c, is_defined, in, n, &rest));
    *out = rest == 0;
    return POND_OK;
}

// Checks the only argument.
static pond_code want_arg(pond_tera_call *c, const pond_value *args, size_t n, bool is_number,
                          const char *expected) {
    if (n == 0)
        return pond_fail(c->err, POND_ERR_TEMPLATE, POND_TERA_CALL_FMT " needs an argument, %s",
                         POND_TERA_CALL_ARG(c), expected);
    if (is_number ? pond_is_number(args[0]) : args[0].kind == POND_STRING)
        return POND_OK;
    return pond_fail(c->err, POND_ERR_TEMPLATE,
                     POND_TERA_CALL_FMT ": the argument must be %s, got %s", POND_TERA_CALL_ARG(c),
                     expected, pond_tera_describe(c, args[0]));
}

TEST(divisibleby) {
    POND_TRY(check(c, is_defined, n, 1));
    POND_TRY(pond_tera_want_number(c, in));
    POND_TRY(want_arg(c, args, n, true, "a number"));
    *out = fmod(pond_number(in), pond_number(args[0])) == 0; // by 0: NaN, so false
    return POND_OK;
}

// Strings -----------------------------------------------------------------------------------------

static pond_code want_strings(pond_tera_call *c, bool is_defined, pond_value in,
                              const pond_value *args, size_t n) {
    POND_TRY(check(c, is_defined, n, 1));
    POND_TRY(pond_tera_want(c, in, POND_STRING));
    return want_arg(c, args, n, false, "a string");
}

TEST(starting_with) {
    POND_TRY(want_strings(c, is_defined, in, args, n));
    *out = pond_sv_starts(pond_value_sv(in), pond_value_sv(args[0]));
    return POND_OK;
}

TEST(ending_with) {
    POND_TRY(want_strings(c, is_defined, in, args, n));
    *out = pond_sv_ends(pond_value_sv(in), pond_value_sv(args[0]));
    return POND_OK;
}

static bool has_item(pond_value array, pond_value wanted) {
    for (uint32_t i = 0; i < array.n; i++)
        if (tera_same(array.items[i], wanted))
            return true;
    return false;
}

TEST(containing) {
    POND_TRY(check(c, is_defined, n, 1));
    if (in.kind != POND_STRING && in.kind != POND_ARRAY && in.kind != POND_OBJECT)
        return pond_tera_bad_value(c, "a string, an array or an object", in);
    if (in.kind != POND_ARRAY || n == 0)
        POND_TRY(want_arg(c, args, n, false, "a string"));
    if (in.kind == POND_STRING)
        *out = pond_sv_find(pond_value_sv(in), pond_value_sv(args[0])) >= 0;
    else if (in.kind == POND_OBJECT)
        *out = pond_get(in, pond_value_sv(args[0])) != NULL;
    else
        *out = has_item(in, args[0]);
    return POND_OK;
}

TEST(matching) {
    POND_TRY(want_strings(c, is_defined, in, args, n));
    pond_regex *regex = NULL;
    pond_err why;
    pond_err_clear(&why);
    pond_code rc = pond_regex_new(pond_value_sv(args[0]), &regex, &why);
    bool is_compiled = rc == POND_OK;
    if (is_compiled)
        rc = pond_regex_matches(regex, pond_value_sv(in), out, &why);
    pond_regex_free(regex);
    if (rc == POND_OK)
        return POND_OK;
    return pond_fail(c->err, is_compiled ? rc : POND_ERR_TEMPLATE,
                     POND_TERA_CALL_FMT ": %sthe regular expression %s %s", POND_TERA_CALL_ARG(c),
                     is_compiled ? "matching " : "", pond_tera_describe(c, args[0]), why.msg);
}
