// Filters that take a value of any type.

#include "tera/filters.h"

#define FILTER(name)                                                                               \
    pond_code tera_filter_##name(pond_tera_call *c, pond_value in, const pond_tera_args *args,     \
                                 pond_value *out)

// The renderer does what `default` does where it does something, as the first filter of a name. Its
// place in the language elsewhere is to pass by.
FILTER(default) {
    (void)c, (void)args;
    *out = in;
    return POND_OK;
}

// A word to the renderer, nothing to the value.
FILTER(safe) {
    (void)c, (void)args;
    *out = in;
    return POND_OK;
}

FILTER(get) {
    pond_value given;
    pond_sv key = POND_SV("");
    POND_TRY(tera_need(c, args, "key", &given));
    POND_TRY(tera_arg_string(c, args, "key", &key));
    if (in.kind != POND_OBJECT && !pond_has_attrs(in))
        return tera_bad_value(c, "an object", in);
    const pond_value *v = pond_get(in, key);
    if (v == NULL)
        v = pond_tera_arg(args, "default");
    if (v == NULL)
        return pond_fail(c->err, POND_ERR_TEMPLATE, TERA_CALL_FMT ": there is no key '%.*s' in %s",
                         TERA_CALL_ARG(c), POND_SV_ARG(key), tera_describe(c, in));
    *out = *v;
    return POND_OK;
}

FILTER(as_str) {
    (void)args;
    if (in.kind == POND_STRING) {
        *out = pond_string(pond_value_sv(in));
        return POND_OK;
    }
    pond_buf b = POND_BUF_EMPTY;
    if (!tera_print_max(&b, in, tera_room(c))) {
        pond_buf_free(&b);
        return pond_fail(c->err, POND_ERR_LIMIT,
                         TERA_CALL_FMT ": the value is nested too deep or too large to write out",
                         TERA_CALL_ARG(c));
    }
    return tera_give(c, &b, out);
}

FILTER(json_encode) {
    const pond_value *pretty = pond_tera_arg(args, "pretty"); // anything but a boolean is no
    bool is_pretty = pretty != NULL && pretty->kind == POND_BOOL && pretty->b;
    return tera_json_text(c, in, is_pretty ? 2 : 0, out);
}
