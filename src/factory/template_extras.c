// The filters and functions that templates of a pond have in addition to Tera 1. Depends only on
// tera, so that tools which render templates without a pond can link it alone.
#include "factory/template_extras.h"

#include "tera/call.h"

// group -------------------------------------------------------------------------------------------

static pond_code string_field(pond_tera_call *c, pond_value items, uint32_t i, pond_sv by,
                              pond_value *key) {
    pond_value item = items.items[i];
    if (item.kind != POND_OBJECT)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT ": item %u must be an object, got %s",
                         POND_TERA_CALL_ARG(c), i, pond_tera_describe(c, item));
    const pond_value *v = pond_get(item, by);
    if (v == NULL)
        return pond_fail(c->err, POND_ERR_TEMPLATE, POND_TERA_CALL_FMT ": item %u has no '%.*s'",
                         POND_TERA_CALL_ARG(c), i, POND_SV_ARG(by));
    if (v->kind != POND_STRING)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT ": '%.*s' of item %u must be a string, got %s",
                         POND_TERA_CALL_ARG(c), POND_SV_ARG(by), i, pond_tera_describe(c, *v));
    *key = *v;
    return POND_OK;
}

static pond_code group(pond_tera_call *c, const pond_tera_args *args, pond_value *out) {
    pond_value in, given;
    pond_sv by = POND_SV("");
    POND_TRY(pond_tera_need(c, args, "by", &given));
    POND_TRY(pond_tera_need(c, args, "in", &in));
    POND_TRY(pond_tera_arg_string(c, args, "by", &by));
    if (in.kind != POND_ARRAY)
        return pond_tera_bad_arg(c, "in", "an array", in);
    return pond_tera_group(c, in, string_field, by, out);
}

// to_json -----------------------------------------------------------------------------------------

// What would end a <script>, or a line of it. Outside of its strings JSON has none of these.
static const struct {
    pond_sv text, escape;
} unsafe[] = {
    {{"<", 1}, {"\\u003c", 6}},
    {{">", 1}, {"\\u003e", 6}},
    {{"&", 1}, {"\\u0026", 6}},
    {{"\xe2\x80\xa8", 3}, {"\\u2028", 6}},
    {{"\xe2\x80\xa9", 3}, {"\\u2029", 6}},
};

// Whether none of eight bytes begins one of them: quickly, since the JSON of an export can be large.
static bool is_safe_word(const char *p) {
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, p, sizeof word);
    uint64_t angles = (word | each * 0x02) ^ each * '>'; // < and >, which differ in one bit
    uint64_t ampersand = word ^ each * '&', e2 = word ^ each * 0xe2;
    uint64_t found =
        ((angles - each) & ~angles) | ((ampersand - each) & ~ampersand) | ((e2 - each) & ~e2);
    return (found & each * 0x80) == 0;
}

// The number of the one that s begins with, or N_UNSAFE.
enum { N_UNSAFE = sizeof unsafe / sizeof *unsafe };
static inline size_t which_unsafe(pond_sv s) {
    static const bool begins[256] = {['<'] = true, ['>'] = true, ['&'] = true, [0xe2] = true};
    size_t k = begins[(unsigned char)s.p[0]] ? 0 : N_UNSAFE;
    while (k < N_UNSAFE && !pond_sv_starts(s, unsafe[k].text))
        k++;
    return k;
}

// The length of the text before the first of them; *escape is what to write for it.
static size_t safe_length(pond_sv s, size_t *unsafe_bytes, pond_sv *escape) {
    *unsafe_bytes = 0;
    for (size_t i = 0; i < s.n;) {
        size_t at = i + 8 <= s.n || s.n < 8 ? i : s.n - 8; // the last word overlaps the one before
        if (at + 8 <= s.n && is_safe_word(s.p + at)) {
            i = at + 8;
            continue;
        }
        for (size_t end = i + 8; i < end && i < s.n; i++) {
            size_t k = which_unsafe((pond_sv){s.p + i, s.n - i});
            if (k == N_UNSAFE)
                continue;
            *unsafe_bytes = unsafe[k].text.n;
            *escape = unsafe[k].escape;
            return i;
        }
    }
    return s.n;
}

static pond_code to_json(pond_tera_call *c, pond_value in, const pond_tera_args *args,
                         pond_value *out) {
    (void)args;
    POND_TRY(pond_tera_json_text(c, in, 2, out));
    pond_sv rest = pond_value_sv(*out), escape = POND_SV("");
    size_t unsafe_bytes, n = safe_length(rest, &unsafe_bytes, &escape);
    if (unsafe_bytes == 0)
        return POND_OK;
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_reserve(&b, rest.n + rest.n / 8);
    while (unsafe_bytes > 0) {
        pond_buf_append(&b, rest.p, n);
        pond_buf_sv(&b, escape);
        rest = pond_sv_sub(rest, n + unsafe_bytes, rest.n);
        n = safe_length(rest, &unsafe_bytes, &escape);
    }
    pond_buf_sv(&b, rest);
    return pond_tera_give(c, &b, out);
}

// timeformat --------------------------------------------------------------------------------------

static pond_code timeformat_filter(pond_tera_call *c, pond_value ms, const pond_tera_args *args,
                                   pond_value *out) {
    pond_sv format = POND_SV("%Y-%m-%d %H:%M:%S"), zone = POND_SV("UTC");
    POND_TRY(pond_tera_arg_string(c, args, "format", &format));
    POND_TRY(pond_tera_arg_string(c, args, "timezone", &zone));
    if (ms.kind != POND_INT)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT
                         ": the time must be Unix milliseconds, an integer, got %s",
                         POND_TERA_CALL_ARG(c), pond_tera_describe(c, ms));
    return pond_tera_time_text(c, ms.i, format, zone, out);
}

static pond_code timeformat_function(pond_tera_call *c, const pond_tera_args *args,
                                     pond_value *out) {
    pond_value ms;
    POND_TRY(pond_tera_need(c, args, "value", &ms));
    return timeformat_filter(c, ms, args, out);
}

// Registering -------------------------------------------------------------------------------------

void pond_template_add_extras(pond_tera *t) {
    static const pond_tera_function_def functions[] = {
        {.name = "group", .arguments = "by in", .fn = group},
        {.name = "timeformat", .arguments = "value [format] [timezone]", .fn = timeformat_function},
    };
    static const pond_tera_filter_def filters[] = {
        {.name = "to_json", .arguments = "", .fn = to_json},
        {.name = "timeformat", .arguments = "[format] [timezone]", .fn = timeformat_filter},
    };
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        pond_tera_add_function(t, &functions[i]);
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++)
        pond_tera_add_filter(t, &filters[i]);
}
