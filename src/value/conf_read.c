// Looking into configs, and their translation into structs by a table of fields.
#include "value/conf.h"
#include "value_internal.h"

#include <stdlib.h>

const pond_conf *pond_conf_get(const pond_conf *c, const char *key) {
    if (c->value.kind != POND_OBJECT)
        return NULL;
    for (size_t i = 0; i < c->n; i++)
        if (pond_sv_is(c->items[i].key, key))
            return &c->items[i];
    return NULL;
}

pond_value pond_conf_value(pond_arena *a, const pond_conf *c) {
    if (c->value.kind == POND_ARRAY) {
        pond_value *items = POND_NEW_ARRAY(a, pond_value, c->n);
        for (size_t i = 0; i < c->n; i++)
            items[i] = pond_conf_value(a, &c->items[i]);
        return pond_array(items, c->n);
    }
    if (c->value.kind == POND_OBJECT) {
        pond_entry *entries = POND_NEW_ARRAY(a, pond_entry, c->n);
        for (size_t i = 0; i < c->n; i++)
            entries[i] =
                (pond_entry){.key = c->items[i].key, .value = pond_conf_value(a, &c->items[i])};
        return pond_object_sorted(entries, c->n);
    }
    return c->value;
}

// Errors
// -------------------------------------------------------------------------------------------------

pond_code pond_conf_fail(const pond_conf *c, pond_err *err, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    value_fail_line(err, POND_ERR_INVALID, c->file, c->source, c->line, c->column, c->width, fmt,
                    args);
    va_end(args);
    return POND_ERR_INVALID;
}

pond_code pond_conf_fail_key(const pond_conf *c, pond_err *err, const char *fmt, ...) {
    bool has_key = c->key_line > 0;
    va_list args;
    va_start(args, fmt);
    value_fail_line(err, POND_ERR_INVALID, c->file, c->source, has_key ? c->key_line : c->line,
                    has_key ? c->key_column : c->column, has_key ? (uint32_t)c->key.n : c->width,
                    fmt, args);
    va_end(args);
    return POND_ERR_INVALID;
}

// "known keys: a, b, c" below an error.
static void list_keys(const pond_conf_field *fields, size_t n_fields, pond_err *err) {
    pond_buf names = POND_BUF_EMPTY;
    for (size_t i = 0; i < n_fields; i++)
        pond_buf_printf(&names, "%s%s", i == 0 ? "" : ", ", fields[i].key);
    pond_err_detail(err, "known keys: %.*s", POND_SV_ARG(pond_buf_view(&names)));
    pond_buf_free(&names);
}

static pond_code fail_unknown(pond_arena *a, const pond_conf *member, const char *what,
                              const pond_conf_field *fields, size_t n_fields, pond_err *err) {
    pond_sv *names = POND_NEW_ARRAY(a, pond_sv, n_fields);
    for (size_t i = 0; i < n_fields; i++)
        names[i] = pond_sv_of(fields[i].key);
    pond_sv near = pond_nearest(member->key, names, n_fields);
    if (near.n > 0)
        pond_conf_fail_key(member, err, "unknown key '%.*s' in %s, did you mean '%.*s'?",
                           POND_SV_ARG(member->key), what, POND_SV_ARG(near));
    else
        pond_conf_fail_key(member, err, "unknown key '%.*s' in %s", POND_SV_ARG(member->key), what);
    list_keys(fields, n_fields, err);
    return POND_ERR_INVALID;
}

// What a message calls the value that stands where something else is wanted.
static const char *describe(const pond_conf *c, char buf[80]) {
    enum { MAX_SHOWN = 48 };
    switch (c->value.kind) {
    case POND_NULL:
        return "nothing";
    case POND_ARRAY:
        return "a list";
    case POND_OBJECT:
        return "a mapping";
    default:
        if (c->text.n > MAX_SHOWN || pond_sv_find_char(c->text, '\n') >= 0)
            return "a text";
        snprintf(buf, 80, "'%.*s'", POND_SV_ARG(c->text));
        return buf;
    }
}

static pond_code fail_type(const pond_conf *c, const char *key, const char *wanted, pond_err *err) {
    char buf[80];
    return pond_conf_fail(c, err, "'%s' must be %s, not %s", key, wanted, describe(c, buf));
}

// Fields
// -------------------------------------------------------------------------------------------------

static bool is_scalar(const pond_conf *c) {
    return c->value.kind > POND_NULL && c->value.kind <= POND_STRING;
}

static pond_code read_strings(pond_arena *a, const pond_conf *c, const char *key,
                              pond_conf_strings *out, pond_err *err) {
    if (c->value.kind != POND_ARRAY)
        return fail_type(c, key, "a list of strings", err);
    pond_sv *items = POND_NEW_ARRAY(a, pond_sv, c->n);
    const pond_conf **places = POND_NEW_ARRAY(a, const pond_conf *, c->n);
    for (size_t i = 0; i < c->n; i++) {
        char buf[80];
        if (!is_scalar(&c->items[i]))
            return pond_conf_fail(&c->items[i], err, "item %zu of '%s' must be a string, not %s",
                                  i + 1, key, describe(&c->items[i], buf));
        items[i] = c->items[i].text;
        places[i] = &c->items[i];
    }
    *out = (pond_conf_strings){.items = items, .places = places, .n = c->n};
    return POND_OK;
}

// One value into its place in the caller's struct.
static pond_code read_field(pond_arena *a, const pond_conf *c, const pond_conf_field *field,
                            void *to, pond_err *err) {
    int kind = c->value.kind;
    switch (field->type) {
    case POND_CONF_STRING:
        if (!is_scalar(c))
            return fail_type(c, field->key, "a string", err);
        *(pond_sv *)to = c->text;
        return POND_OK;
    case POND_CONF_BOOL:
        if (kind != POND_BOOL)
            return fail_type(c, field->key, "true or false", err);
        *(bool *)to = c->value.b;
        return POND_OK;
    case POND_CONF_INT:
        if (kind != POND_INT)
            return fail_type(c, field->key, "an integer of 64 bits", err);
        *(int64_t *)to = c->value.i;
        return POND_OK;
    case POND_CONF_FLOAT:
        if (!pond_is_number(c->value))
            return fail_type(c, field->key, "a number", err);
        *(double *)to = pond_number(c->value);
        return POND_OK;
    case POND_CONF_STRINGS:
        return read_strings(a, c, field->key, to, err);
    case POND_CONF_LIST:
        if (kind != POND_ARRAY)
            return fail_type(c, field->key, "a list", err);
        break;
    case POND_CONF_MAP:
        if (kind != POND_OBJECT)
            return fail_type(c, field->key, "a mapping", err);
        break;
    case POND_CONF_NODE:
        break;
    }
    *(const pond_conf **)to = c;
    return POND_OK;
}

static pond_code check_keys(pond_arena *a, const pond_conf *c, const char *what,
                            const pond_conf_field *fields, size_t n_fields, pond_err *err) {
    for (size_t i = 0; i < c->n; i++) {
        size_t f = 0;
        while (f < n_fields && !pond_sv_is(c->items[i].key, fields[f].key))
            f++;
        if (f == n_fields)
            return fail_unknown(a, &c->items[i], what, fields, n_fields, err);
    }
    return POND_OK;
}

pond_code pond_conf_read(pond_arena *a, const pond_conf *c, const char *what,
                         const pond_conf_field *fields, size_t n_fields, void *out, pond_err *err) {
    char buf[80];
    if (c->value.kind != POND_OBJECT && c->value.kind != POND_NULL)
        return pond_conf_fail(c, err, "%s must be a mapping, not %s", what, describe(c, buf));
    POND_TRY(check_keys(a, c, what, fields, n_fields, err));
    for (size_t i = 0; i < n_fields; i++) {
        const pond_conf_field *field = &fields[i];
        const pond_conf *member = pond_conf_get(c, field->key);
        bool is_absent = member == NULL || (member->value.kind == POND_NULL &&
                                            field->type != POND_CONF_NODE && !field->is_required);
        if (member == NULL && field->is_required) {
            pond_conf_fail(c, err, "missing key '%s' in %s", field->key, what);
            list_keys(fields, n_fields, err);
            return POND_ERR_INVALID;
        }
        if (is_absent)
            continue;
        POND_TRY(read_field(a, member, field, (char *)out + field->offset, err));
        if (field->offset_node != SIZE_MAX)
            *(const pond_conf **)((char *)out + field->offset_node) = member;
    }
    return POND_OK;
}
