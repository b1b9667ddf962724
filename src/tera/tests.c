// The tests of the language, as in `x is odd`.

#include "tera/filters.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

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

// Regular expressions -----------------------------------------------------------------------------

// PCRE2 backtracks, unlike the engine of the reference, so steps, depth and memory are limited. The
// options give ^ $ . and the classes the same meaning as there. Rare differences remain: PCRE2 also
// has look-around and back references, and lacks (?u) and \u{...}. It reads nested classes
// differently, so these are refused.
enum {
    MATCH_STEPS = 5000000,
    MATCH_DEPTH = 5000,
    MATCH_HEAP_KIB = 20000,
    MAX_PATTERN_BYTES = 65536,
};

// The byte at which a class contains another class or a set operation ([a-z&&[^x]], --, ~~), or -1.
// PCRE2 would read these as single characters.
static ptrdiff_t set_operation(pond_sv pattern) {
    bool in_class = false;
    for (size_t i = 0; i < pattern.n; i++) {
        char ch = pattern.p[i], next = i + 1 < pattern.n ? pattern.p[i + 1] : '\0';
        if (ch == '\\') {
            i++;
        } else if (!in_class) {
            in_class = ch == '[';
            i += in_class && next == '^';
            i += in_class && i + 1 < pattern.n && pattern.p[i + 1] == ']'; // a literal ]
        } else if (ch == '[' && next == ':') {
            ptrdiff_t end = pond_sv_find(pond_sv_sub(pattern, i, pattern.n), POND_SV(":]"));
            i += end < 0 ? 0 : (size_t)end + 1;
        } else if (ch == '[' || ((ch == '&' || ch == '-' || ch == '~') && next == ch)) {
            return (ptrdiff_t)i;
        } else {
            in_class = ch != ']';
        }
    }
    return -1;
}

static pond_code compile(pond_tera_call *c, pond_sv pattern, pcre2_code **out) {
    ptrdiff_t set_at = set_operation(pattern);
    if (set_at >= 0)
        return pond_fail(
            c->err, POND_ERR_TEMPLATE,
            POND_TERA_CALL_FMT ": the regular expression %s has a nested class or a set "
                               "operation at byte %td; list the characters instead",
            POND_TERA_CALL_ARG(c), pond_tera_describe(c, pond_string(pattern)), set_at);
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (context == NULL)
        pond_out_of_memory(0);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_max_pattern_length(context, MAX_PATTERN_BYTES);
    int error;
    size_t at;
    *out = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n,
                         PCRE2_UTF | PCRE2_UCP | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_CIRCUMFLEX |
                             PCRE2_NEVER_BACKSLASH_C,
                         &error, &at, context);
    pcre2_compile_context_free(context);
    if (*out != NULL)
        return POND_OK;
    char why[160] = "";
    (void)pcre2_get_error_message(error, (PCRE2_UCHAR *)why, sizeof why);
    return pond_fail(c->err, POND_ERR_TEMPLATE,
                     POND_TERA_CALL_FMT ": the regular expression %s is invalid at byte %zu: %s",
                     POND_TERA_CALL_ARG(c), pond_tera_describe(c, pond_string(pattern)), at, why);
}

// 1 for a match, PCRE2_ERROR_NOMATCH, or another negative code for a failure.
static int match(const pcre2_code *code, pond_sv s) {
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_match_data *found = pcre2_match_data_create(1, NULL);
    if (context == NULL || found == NULL)
        pond_out_of_memory(0);
    pcre2_set_match_limit(context, MATCH_STEPS);
    pcre2_set_depth_limit(context, MATCH_DEPTH);
    pcre2_set_heap_limit(context, MATCH_HEAP_KIB);
    int rc = pcre2_match(code, (PCRE2_SPTR)s.p, s.n, 0, 0, found, context);
    pcre2_match_data_free(found);
    pcre2_match_context_free(context);
    return rc >= 0 ? 1 : rc; // 0 means a match with more groups than there is room for
}

TEST(matching) {
    POND_TRY(want_strings(c, is_defined, in, args, n));
    pcre2_code *code;
    POND_TRY(compile(c, pond_value_sv(args[0]), &code));
    int rc = match(code, pond_value_sv(in));
    pcre2_code_free(code);
    *out = rc > 0;
    if (rc > 0 || rc == PCRE2_ERROR_NOMATCH)
        return POND_OK;
    char why[160] = "";
    (void)pcre2_get_error_message(rc, (PCRE2_UCHAR *)why, sizeof why);
    return pond_fail(c->err, POND_ERR_LIMIT,
                     POND_TERA_CALL_FMT ": matching the regular expression %s takes too long: %s",
                     POND_TERA_CALL_ARG(c), pond_tera_describe(c, args[0]), why);
}
