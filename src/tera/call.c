// What filters and functions need: reading arguments, raising errors, memory for results.
#include "tera/call.h"

#include "tera/filters.h"
#include "tera/unicode.h"

void *pond_tera_host(const pond_tera_call *c) {
    return c->env == NULL ? NULL : c->env->host;
}

// Messages ----------------------------------------------------------------------------------------

const char *pond_tera_call_kind(const pond_tera_call *c) {
    if (c->kind != NULL)
        return c->kind;
    if (tera_find_filter(c->name) != NULL)
        return "filter";
    return tera_find_test(c->name) != NULL ? "test" : "function";
}

enum { DESCRIPTION_BYTES = 60 };

// Stops soon after the text is long enough, however large the value is.
static void describe(pond_buf *out, pond_value v) {
    if (out->n > DESCRIPTION_BYTES)
        return;
    if (v.kind == POND_STRING) {
        pond_json_string(out, pond_sv_sub(pond_value_sv(v), 0, DESCRIPTION_BYTES + 4));
    } else if (v.kind == POND_ARRAY) {
        pond_buf_char(out, '[');
        for (uint32_t i = 0; i < v.n && out->n <= DESCRIPTION_BYTES; i++) {
            pond_buf_str(out, i > 0 ? "," : "");
            describe(out, v.items[i]);
        }
        pond_buf_char(out, ']');
    } else if (v.kind == POND_OBJECT) {
        pond_buf_char(out, '{');
        for (uint32_t i = 0; i < v.n && out->n <= DESCRIPTION_BYTES; i++) {
            pond_buf_str(out, i > 0 ? "," : "");
            describe(out, pond_string(v.entries[i].key));
            pond_buf_char(out, ':');
            describe(out, v.entries[i].value);
        }
        pond_buf_char(out, '}');
    } else {
        pond_json_write(out, v, 0);
    }
}

const char *pond_tera_describe(pond_tera_call *c, pond_value v) {
    if (v.kind == POND_NULL || c->err == NULL) // without an error the text is not used
        return "null";
    pond_buf b = POND_BUF_EMPTY;
    describe(&b, v);
    pond_sv shown = tera_cut(pond_buf_view(&b), DESCRIPTION_BYTES);
    const char *text = pond_printf(c->arena, "%s %.*s%s", pond_kind_name(v), POND_SV_ARG(shown),
                                   shown.n < b.n ? "…" : "");
    pond_buf_free(&b);
    return text;
}

pond_code pond_tera_bad_value(pond_tera_call *c, const char *expected, pond_value v) {
    return pond_fail(c->err, POND_ERR_TEMPLATE, POND_TERA_CALL_FMT ": the value must be %s, got %s",
                     POND_TERA_CALL_ARG(c), expected, pond_tera_describe(c, v));
}

pond_code pond_tera_bad_arg(pond_tera_call *c, const char *name, const char *expected,
                            pond_value v) {
    return pond_fail(c->err, POND_ERR_TEMPLATE,
                     POND_TERA_CALL_FMT ": argument '%s' must be %s, got %s", POND_TERA_CALL_ARG(c),
                     name, expected, pond_tera_describe(c, v));
}

// Arguments ---------------------------------------------------------------------------------------

// There are so few arguments that a linear search is fastest.
const pond_value *pond_tera_arg(const pond_tera_args *args, const char *name) {
    size_t n = strlen(name);
    for (size_t i = 0; i < args->n; i++) {
        if (args->names[i].n == n && memcmp(args->names[i].p, name, n) == 0)
            return &args->values[i];
    }
    return NULL;
}

pond_code pond_tera_want(pond_tera_call *c, pond_value in, pond_kind kind) {
    if (in.kind == kind)
        return POND_OK;
    return pond_tera_bad_value(c, kind == POND_STRING ? "a string" : "an array", in);
}

pond_code pond_tera_want_number(pond_tera_call *c, pond_value in) {
    return pond_is_number(in) ? POND_OK : pond_tera_bad_value(c, "a number", in);
}

pond_code pond_tera_need(pond_tera_call *c, const pond_tera_args *args, const char *name,
                         pond_value *out) {
    const pond_value *v = pond_tera_arg(args, name);
    if (v == NULL)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT ": the argument '%s' is missing", POND_TERA_CALL_ARG(c),
                         name);
    *out = *v;
    return POND_OK;
}

pond_code pond_tera_arg_string(pond_tera_call *c, const pond_tera_args *args, const char *name,
                               pond_sv *out) {
    const pond_value *v = pond_tera_arg(args, name);
    if (v == NULL)
        return POND_OK;
    if (v->kind != POND_STRING)
        return pond_tera_bad_arg(c, name, "a string", *v);
    *out = pond_value_sv(*v);
    return POND_OK;
}

pond_code pond_tera_arg_bool(pond_tera_call *c, const pond_tera_args *args, const char *name,
                             bool *out) {
    const pond_value *v = pond_tera_arg(args, name);
    if (v == NULL)
        return POND_OK;
    if (v->kind != POND_BOOL)
        return pond_tera_bad_arg(c, name, "true or false", *v);
    *out = v->b;
    return POND_OK;
}

pond_code pond_tera_arg_float(pond_tera_call *c, const pond_tera_args *args, const char *name,
                              double *out) {
    const pond_value *v = pond_tera_arg(args, name);
    if (v == NULL)
        return POND_OK;
    if (!pond_is_number(*v))
        return pond_tera_bad_arg(c, name, "a number", *v);
    *out = pond_number(*v);
    return POND_OK;
}

pond_code pond_tera_arg_int(pond_tera_call *c, const pond_tera_args *args, const char *name,
                            pond_tera_int_range range, int64_t *out) {
    const pond_value *v = pond_tera_arg(args, name);
    if (v == NULL)
        return POND_OK;
    if (v->kind != POND_INT)
        return pond_tera_bad_arg(
            c, name, v->kind == POND_UINT ? "a signed 64-bit integer" : "an integer", *v);
    if (v->i < range.min || v->i > range.max)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT ": argument '%s' must be from %lld to %lld, got %lld",
                         POND_TERA_CALL_ARG(c), name, (long long)range.min, (long long)range.max,
                         (long long)v->i);
    *out = v->i;
    return POND_OK;
}

pond_code pond_tera_arg_count(pond_tera_call *c, const pond_tera_args *args, const char *name,
                              uint64_t *out) {
    const pond_value *v = pond_tera_arg(args, name);
    if (v == NULL)
        return POND_OK;
    if (v->kind != POND_UINT && (v->kind != POND_INT || v->i < 0))
        return pond_tera_bad_arg(c, name, "an integer of at least 0", *v);
    *out = v->u;
    return POND_OK;
}

pond_sv tera_unslash(pond_tera_call *c, pond_sv s) {
    if (pond_sv_find_char(s, '\\') < 0)
        return s;
    char *text = pond_alloc(c->arena, s.n);
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        char next = i + 1 < s.n ? s.p[i + 1] : '\0';
        bool is_escape = s.p[i] == '\\' && (next == 'n' || next == 't');
        text[n++] = !is_escape ? s.p[i] : next == 'n' ? '\n' : '\t';
        i += is_escape;
    }
    return (pond_sv){text, n};
}

// Results -----------------------------------------------------------------------------------------

pond_code pond_tera_check_room(pond_tera_call *c, size_t count, size_t item_bytes) {
    size_t bytes, total, limit = c->arena->limit_bytes;
    // Without a limit of bytes the 32-bit lengths of strings and arrays still are a limit.
    if (count <= UINT32_MAX && !__builtin_mul_overflow(count, item_bytes, &bytes) &&
        !__builtin_add_overflow(bytes, c->arena->used_bytes, &total) &&
        (limit == 0 || total <= limit))
        return POND_OK;
    if (limit == 0)
        return pond_fail(c->err, POND_ERR_LIMIT, POND_TERA_CALL_FMT ": the result is too large",
                         POND_TERA_CALL_ARG(c));
    return pond_fail(c->err, POND_ERR_LIMIT,
                     POND_TERA_CALL_FMT ": the result exceeds the limit of %zu bytes for a render",
                     POND_TERA_CALL_ARG(c), limit);
}

void *pond_tera_alloc(pond_tera_call *c, size_t count, size_t item_bytes) {
    if (pond_tera_check_room(c, count, item_bytes) != POND_OK)
        return NULL;
    return pond_alloc(c->arena, count * item_bytes);
}

pond_code pond_tera_give(pond_tera_call *c, pond_buf *b, pond_value *out) {
    pond_code rc = POND_OK;
    char *text = pond_tera_alloc(c, b->n, 1);
    if (text == NULL)
        rc = POND_ERR_LIMIT;
    else if (b->n > 0)
        memcpy(text, b->p, b->n);
    *out = text == NULL ? pond_null() : pond_string((pond_sv){text, b->n});
    pond_buf_free(b);
    return rc;
}

size_t pond_tera_room(const pond_tera_call *c) {
    size_t limit = c->arena->limit_bytes, used = c->arena->used_bytes;
    if (limit == 0 || limit > UINT32_MAX)
        return UINT32_MAX; // the length of a string value
    return limit > used ? limit - used : 0;
}

pond_code pond_tera_json_text(pond_tera_call *c, pond_value v, int indent, pond_value *out) {
    if (!tera_json_fits(v, pond_tera_room(c)))
        return pond_fail(c->err, POND_ERR_LIMIT,
                         POND_TERA_CALL_FMT
                         ": the value is too large or too deeply nested to write as JSON",
                         POND_TERA_CALL_ARG(c));
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_reserve(&b, 256); // most values need no more
    pond_json_write(&b, v, indent);
    return pond_tera_give(c, &b, out);
}
