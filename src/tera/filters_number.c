// Filters for numbers, and conversions to numbers.

#include "tera/filters.h"
#include "tera/unicode.h"

#include <math.h>

#define FILTER(name)                                                                               \
    pond_code tera_filter_##name(pond_tera_call *c, pond_value in, const pond_tera_args *args,     \
                                 pond_value *out)

// Values cannot be NaN or infinite, as in JSON: those become null.
static pond_value finite_or_null(double f) {
    return isfinite(f) ? pond_float(f) : pond_null();
}

// Rounds towards zero and saturates; NaN is 0.
static int64_t to_int(double f) {
    if (isnan(f))
        return 0;
    if (f >= 0x1p63)
        return INT64_MAX;
    return f < -0x1p63 ? INT64_MIN : (int64_t)f;
}

// Arithmetic --------------------------------------------------------------------------------------

FILTER(abs) {
    (void)args;
    POND_TRY(pond_tera_want_number(c, in));
    if (in.kind == POND_FLOAT)
        *out = pond_float(fabs(in.f));
    else if (in.kind == POND_INT && in.i < 0)
        *out = pond_uint(0 - (uint64_t)in.i);
    else
        *out = in;
    return POND_OK;
}

// By repeated squaring, as the reference does: pow() differs in the last bit for some exponents.
static double power_of_ten(int64_t exponent) {
    double power = 1, square = 10;
    for (uint64_t e = (uint64_t)(exponent < 0 ? -exponent : exponent); e > 0; e /= 2) {
        if (e % 2 != 0)
            power *= square;
        square *= square;
    }
    return exponent < 0 ? 1 / power : power;
}

FILTER(round) {
    POND_TRY(pond_tera_want_number(c, in));
    pond_sv method = POND_SV("common");
    const pond_tera_int_range range = {INT32_MIN, INT32_MAX};
    int64_t precision = 0;
    POND_TRY(pond_tera_arg_string(c, args, "method", &method));
    POND_TRY(pond_tera_arg_int(c, args, "precision", range, &precision));
    double scale = power_of_ten(precision), scaled = scale * pond_number(in);
    if (pond_sv_is(method, "common"))
        scaled = round(scaled);
    else if (pond_sv_is(method, "ceil"))
        scaled = ceil(scaled);
    else if (pond_sv_is(method, "floor"))
        scaled = floor(scaled);
    else
        return pond_tera_bad_arg(c, "method", "\"common\", \"ceil\" or \"floor\"",
                                 pond_string(method));
    *out = finite_or_null(scaled / scale);
    return POND_OK;
}

FILTER(pluralize) {
    POND_TRY(pond_tera_want_number(c, in));
    pond_sv singular = POND_SV(""), plural = POND_SV("s");
    POND_TRY(pond_tera_arg_string(c, args, "singular", &singular));
    POND_TRY(pond_tera_arg_string(c, args, "plural", &plural));
    bool is_one = fabs(fabs(pond_number(in)) - 1) <= 0x1p-52;
    *out = pond_string(is_one ? singular : plural);
    return POND_OK;
}

FILTER(filesizeformat) {
    if (in.kind != POND_UINT && (in.kind != POND_INT || in.i < 0))
        return pond_tera_bad_value(c, "an integer of at least 0", in);
    bool is_binary = false;
    POND_TRY(pond_tera_arg_bool(c, args, "binary", &is_binary));
    static const char *const units[2][7] = {{"B", "kB", "MB", "GB", "TB", "PB", "EB"},
                                            {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}};
    double size = pond_number(in);
    int unit = 0;
    for (; size >= 1024; unit++) // at most 6 times: 2^64 is 16 EB
        size /= 1024;
    *out = pond_string(
        pond_svf(c->arena, "%.*f %s", size == floor(size) ? 0 : 2, size, units[is_binary][unit]));
    return POND_OK;
}

// Conversions -------------------------------------------------------------------------------------

static int digit_of(char ch) {
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    char lower = (char)(ch | 0x20);
    return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 99;
}

static bool parse_int(pond_sv s, int base, int64_t *out) {
    bool is_negative = s.n > 0 && s.p[0] == '-';
    if (is_negative || (s.n > 0 && s.p[0] == '+'))
        s = pond_sv_sub(s, 1, s.n);
    int64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        int digit = digit_of(s.p[i]);
        if (digit >= base || __builtin_mul_overflow(v, base, &v) ||
            __builtin_sub_overflow(v, digit, &v)) // negative, so that INT64_MIN fits
            return false;
    }
    if (s.n == 0 || (!is_negative && v == INT64_MIN))
        return false;
    *out = is_negative ? v : -v;
    return true;
}

static bool parse_float(pond_sv s, double *out) {
    if (pond_sv_to_double(s, out))
        return true;
    // These words in any case. The filter then turns them into null.
    bool has_sign = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+');
    char word[16] = "";
    pond_sv name = pond_sv_sub(s, has_sign, s.n);
    for (size_t i = 0; i < name.n && i < sizeof word - 1; i++)
        word[i] = (char)(name.p[i] | 0x20);
    if (strcmp(word, "inf") != 0 && strcmp(word, "infinity") != 0 && strcmp(word, "nan") != 0)
        return false;
    *out = word[0] == 'n' ? (double)NAN : has_sign && s.p[0] == '-' ? -HUGE_VAL : HUGE_VAL;
    return true;
}

FILTER(int) {
    const pond_tera_int_range any = {INT64_MIN, INT64_MAX};
    int64_t fallback = 0, base = 10;
    POND_TRY(pond_tera_arg_int(c, args, "default", any, &fallback));
    POND_TRY(pond_tera_arg_int(c, args, "base", (pond_tera_int_range){2, 36}, &base));
    if (pond_is_number(in)) {
        *out = pond_int(to_int(pond_number(in)));
        return POND_OK;
    }
    if (in.kind != POND_STRING)
        return pond_tera_bad_value(c, "a number or a string", in);

    pond_sv s = tera_trim_end(tera_trim_start(pond_value_sv(in)));
    pond_sv prefix = base == 2    ? POND_SV("0b")
                     : base == 8  ? POND_SV("0o")
                     : base == 16 ? POND_SV("0x")
                                  : POND_SV("");
    while (prefix.n > 0 && pond_sv_starts(s, prefix))
        s = pond_sv_sub(s, prefix.n, s.n);
    int64_t i = fallback;
    double f;
    if (!parse_int(s, (int)base, &i) && pond_sv_find_char(s, '.') >= 0 && parse_float(s, &f))
        i = to_int(f);
    *out = pond_int(i);
    return POND_OK;
}

FILTER(float) {
    double f = 0;
    POND_TRY(pond_tera_arg_float(c, args, "default", &f));
    if (pond_is_number(in)) {
        f = pond_number(in);
    } else if (in.kind == POND_STRING) {
        double parsed;
        if (parse_float(tera_trim_end(tera_trim_start(pond_value_sv(in))), &parsed))
            f = parsed;
    } else {
        return pond_tera_bad_value(c, "a number or a string", in);
    }
    *out = finite_or_null(f);
    return POND_OK;
}
