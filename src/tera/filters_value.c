// Filters for values of any type.

#include "tera/filters.h"

#define FILTER(name)                                                                               \
    pond_code tera_filter_##name(pond_tera_call *c, pond_value in, const pond_tera_args *args,     \
                                 pond_value *out)

// As the first filter of a name, `default` is done by the renderer. Anywhere else it has no effect.
FILTER(default) {
    (void)c, (void)args;
    *out = in;
    return POND_OK;
}

// Only a hint for the renderer; the value does not change.
FILTER(safe) {
    (void)c, (void)args;
    *out = in;
    return POND_OK;
}

FILTER(get) {
    pond_value given;
    pond_sv key = POND_SV("");
    POND_TRY(pond_tera_need(c, args, "key", &given));
    POND_TRY(pond_tera_arg_string(c, args, "key", &key));
    if (in.kind != POND_OBJECT && !pond_has_attrs(in))
        return pond_tera_bad_value(c, "an object", in);
    pond_value room;
    const pond_value *v = pond_get(in, key);
    if (v == NULL && tera_get_late(c->env, c->arena, in, key, &room))
        v = &room;
    if (v == NULL)
        v = pond_tera_arg(args, "default");
    if (v == NULL)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT ": there is no key '%.*s' in %s", POND_TERA_CALL_ARG(c),
                         POND_SV_ARG(key), pond_tera_describe(c, in));
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
    if (!tera_print_max(&b, in, pond_tera_room(c))) {
        pond_buf_free(&b);
        return pond_fail(c->err, POND_ERR_LIMIT,
                         POND_TERA_CALL_FMT
                         ": the value is too large or too deeply nested to print",
                         POND_TERA_CALL_ARG(c));
    }
    return pond_tera_give(c, &b, out);
}

FILTER(json_encode) {
    const pond_value *pretty = pond_tera_arg(args, "pretty"); // anything but true counts as false
    bool is_pretty = pretty != NULL && pretty->kind == POND_BOOL && pretty->b;
    return pond_tera_json_text(c, in, is_pretty ? 2 : 0, out);
}
