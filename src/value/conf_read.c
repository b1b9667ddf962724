// Configs that are parsed: looking into them, errors that point into them, and reading them into a
// struct by a table of options.
#include "value/conf.h"

#include "value/value_internal.h"

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

// Errors ------------------------------------------------------------------------------------------

pond_code pond_conf_fail(const pond_conf *c, pond_err *err, const char *fmt, ...) {
    value_place at = {c->file, c->source, c->line, c->column, c->width};
    va_list args;
    va_start(args, fmt);
    value_vfail(err, POND_ERR_INVALID, at, fmt, args);
    va_end(args);
    return POND_ERR_INVALID;
}

pond_code pond_conf_fail_key(const pond_conf *c, pond_err *err, const char *fmt, ...) {
    value_place at = {c->file, c->source, c->line, c->column, c->width};
    if (c->key_line > 0)
        at = (value_place){c->file, c->source, c->key_line, c->key_column, (uint32_t)c->key.n};
    va_list args;
    va_start(args, fmt);
    value_vfail(err, POND_ERR_INVALID, at, fmt, args);
    va_end(args);
    return POND_ERR_INVALID;
}

static pond_code fail_unknown(const pond_conf *member, const pond_options *t, pond_err *err) {
    pond_sv near = pond_options_nearest(&t, 1, member->key);
    pond_conf_fail_key(member, err,
                       near.n > 0 ? "unknown key '%.*s' in %s, did you mean '%.*s'?"
                                  : "unknown key '%.*s' in %s",
                       POND_SV_ARG(member->key), t->what, POND_SV_ARG(near));
    pond_options_list(t, "keys", err);
    return POND_ERR_INVALID;
}

// How a message calls a value that is not what was expected.
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

// The value is not what the row expects.
static pond_code fail_value(pond_arena *a, const pond_conf *c, const pond_option *o,
                            pond_err *err) {
    char buf[80];
    pond_conf_fail(c, err, "'%s' must be %s, not %s", o->name, pond_option_expects(a, o, c->text),
                   describe(c, buf));
    pond_option_advise(o, c->text, err);
    return POND_ERR_INVALID;
}

// Options -----------------------------------------------------------------------------------------

static bool is_scalar(const pond_conf *c) {
    return c->value.kind > POND_NULL && c->value.kind <= POND_STRING;
}

static pond_code read_texts(pond_arena *a, const pond_conf *c, const pond_option *o,
                            pond_texts *out, pond_err *err) {
    if (c->value.kind != POND_ARRAY)
        return fail_value(a, c, o, err);
    pond_sv *items = POND_NEW_ARRAY(a, pond_sv, c->n);
    const pond_conf **places = POND_NEW_ARRAY(a, const pond_conf *, c->n);
    for (size_t i = 0; i < c->n; i++) {
        char buf[80];
        if (!is_scalar(&c->items[i]))
            return pond_conf_fail(&c->items[i], err, "item %zu of '%s' must be a string, not %s",
                                  i + 1, o->name, describe(&c->items[i], buf));
        items[i] = c->items[i].text;
        places[i] = &c->items[i];
    }
    *out = (pond_texts){.items = items, .places = places, .n = c->n, .cap = c->n};
    return POND_OK;
}

// Whether the text of a value can be converted. A quoted text in a config is always a string.
static bool has_type(const pond_conf *c, pond_option_kind kind) {
    switch (kind) {
    case POND_OPT_BOOL:
        return c->value.kind == POND_BOOL;
    case POND_OPT_INT:
        return c->value.kind == POND_INT;
    case POND_OPT_FLOAT:
        return pond_is_number(c->value);
    case POND_OPT_LIST:
        return c->value.kind == POND_ARRAY;
    case POND_OPT_MAP:
        return c->value.kind == POND_OBJECT;
    case POND_OPT_ANY:
        return true;
    default:
        return is_scalar(c);
    }
}

// One value into its member of the caller's struct. Booleans and numbers are typed already, and
// YAML writes them in more ways than their text would be read in.
static pond_code read_value(pond_arena *a, const pond_conf *c, const pond_option *o, void *out,
                            pond_err *err) {
    void *member = (char *)out + o->offset;
    if (o->kind == POND_OPT_TEXTS)
        return read_texts(a, c, o, member, err);
    if (!has_type(c, o->kind))
        return fail_value(a, c, o, err);
    switch (o->kind) {
    case POND_OPT_BOOL:
        *(bool *)member = c->value.b;
        return POND_OK;
    case POND_OPT_INT:
        if (o->min != o->max && (c->value.i < o->min || c->value.i > o->max))
            return fail_value(a, c, o, err);
        *(int64_t *)member = c->value.i;
        return POND_OK;
    case POND_OPT_FLOAT:
        *(double *)member = pond_number(c->value);
        return POND_OK;
    case POND_OPT_ANY:
    case POND_OPT_LIST:
    case POND_OPT_MAP:
        *(const pond_conf **)member = c;
        return POND_OK;
    default:
        return pond_option_set(a, o, c->text, out) ? POND_OK : fail_value(a, c, o, err);
    }
}

pond_code pond_options_read_conf(pond_arena *a, const pond_conf *c, const pond_options *t,
                                 void *out, pond_err *err) {
    char buf[80];
    if (c->value.kind != POND_OBJECT && c->value.kind != POND_NULL)
        return pond_conf_fail(c, err, "%s must be a mapping, not %s", t->what, describe(c, buf));
    for (size_t i = 0; i < c->n; i++)
        if (pond_option_find(t, c->items[i].key) == NULL)
            return fail_unknown(&c->items[i], t, err);
    for (size_t i = 0; i < t->n; i++) {
        const pond_option *o = &t->rows[i];
        const pond_conf *member = pond_conf_get(c, o->name);
        if (member == NULL && o->is_required) {
            pond_conf_fail(c, err, "missing key '%s' in %s", o->name, t->what);
            pond_options_list(t, "keys", err);
            return POND_ERR_INVALID;
        }
        bool is_empty = member != NULL && member->value.kind == POND_NULL;
        if (member == NULL || (is_empty && o->kind != POND_OPT_ANY && !o->is_required))
            continue;
        POND_TRY(read_value(a, member, o, out, err));
        if (o->place != 0)
            *(const pond_conf **)((char *)out + o->place) = member;
    }
    return POND_OK;
}
