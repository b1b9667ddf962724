// Filters for arrays, and those that accept arrays, objects and strings.

#include "tera/filters.h"
#include "tera/unicode.h"

#include "base/map.h"

#include <math.h>
#include <stdlib.h>

#define FILTER(name)                                                                               \
    pond_code tera_filter_##name(pond_tera_call *c, pond_value in, const pond_tera_args *args,     \
                                 pond_value *out)

// Ends --------------------------------------------------------------------------------------------

static pond_value item_or_empty(pond_value array, uint64_t i) {
    return i < array.n ? array.items[i] : pond_string(POND_SV(""));
}

FILTER(first) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_ARRAY));
    *out = item_or_empty(in, 0);
    return POND_OK;
}

FILTER(last) {
    (void)args;
    POND_TRY(pond_tera_want(c, in, POND_ARRAY));
    *out = item_or_empty(in, (uint64_t)in.n - 1); // in an empty array: an index past the end
    return POND_OK;
}

FILTER(nth) {
    POND_TRY(pond_tera_want(c, in, POND_ARRAY));
    *out = pond_string_lit("");
    if (in.n == 0) // before the argument is looked at
        return POND_OK;
    pond_value given;
    uint64_t n = 0;
    POND_TRY(pond_tera_need(c, args, "n", &given));
    POND_TRY(pond_tera_arg_count(c, args, "n", &n));
    *out = item_or_empty(in, n);
    return POND_OK;
}

// A negative bound counts from the end; fractions are cut off.
static pond_code slice_bound(pond_tera_call *c, const pond_tera_args *args, const char *name,
                             uint32_t n, double fallback, uint32_t *out) {
    double bound = fallback;
    POND_TRY(pond_tera_arg_float(c, args, name, &bound));
    if (bound < 0)
        bound += n;
    *out = bound >= n ? n : bound > 0 ? (uint32_t)bound : 0;
    return POND_OK;
}

FILTER(slice) {
    POND_TRY(pond_tera_want(c, in, POND_ARRAY));
    uint32_t start, end;
    POND_TRY(slice_bound(c, args, "start", in.n, 0, &start));
    POND_TRY(slice_bound(c, args, "end", in.n, in.n, &end));
    *out = start < end ? pond_array(in.items + start, end - start) : pond_array(NULL, 0);
    return POND_OK;
}

FILTER(concat) {
    POND_TRY(pond_tera_want(c, in, POND_ARRAY));
    pond_value with;
    POND_TRY(pond_tera_need(c, args, "with", &with));
    bool is_array = with.kind == POND_ARRAY;
    size_t n_added = is_array ? with.n : 1, n = in.n + n_added;
    pond_value *items = pond_tera_alloc(c, n, sizeof *items);
    if (items == NULL)
        return POND_ERR_LIMIT;
    if (in.n > 0)
        memcpy(items, in.items, in.n * sizeof *items);
    if (n_added > 0)
        memcpy(items + in.n, is_array ? with.items : &with, n_added * sizeof *items);
    *out = pond_array(items, n);
    return POND_OK;
}

// Arrays, objects, strings ------------------------------------------------------------------------

FILTER(length) {
    (void)args;
    if (in.kind == POND_STRING)
        *out = pond_int((int64_t)tera_char_count(pond_value_sv(in)));
    else if (in.kind == POND_ARRAY || in.kind == POND_OBJECT)
        *out = pond_int(in.n);
    else
        return pond_tera_bad_value(c, "a string, an array or an object", in);
    return POND_OK;
}

static pond_code reverse_string(pond_tera_call *c, pond_sv s, pond_value *out) {
    char *text = pond_tera_alloc(c, s.n, 1);
    if (text == NULL)
        return POND_ERR_LIMIT;
    char *to = text + s.n;
    for (size_t at = 0, n; at < s.n; at += n) {
        uint32_t ch;
        n = tera_char_at(s, at, &ch);
        to -= n;
        if (n == 1)
            *to = s.p[at];
        else
            memcpy(to, s.p + at, n);
    }
    *out = pond_string((pond_sv){text, s.n});
    return POND_OK;
}

FILTER(reverse) {
    (void)args;
    if (in.kind == POND_STRING)
        return reverse_string(c, pond_value_sv(in), out);
    if (in.kind != POND_ARRAY)
        return pond_tera_bad_value(c, "a string or an array", in);
    pond_value *items = pond_tera_alloc(c, in.n, sizeof *items);
    if (items == NULL)
        return POND_ERR_LIMIT;
    for (uint32_t i = 0; i < in.n; i++)
        items[i] = in.items[in.n - 1 - i];
    *out = pond_array(items, in.n);
    return POND_OK;
}

FILTER(join) {
    POND_TRY(pond_tera_want(c, in, POND_ARRAY));
    pond_sv sep = POND_SV("");
    POND_TRY(pond_tera_arg_string(c, args, "sep", &sep));
    sep = tera_unslash(c, sep);
    POND_TRY(pond_tera_check_room(c, in.n, sep.n));
    pond_buf b = POND_BUF_EMPTY;
    for (uint32_t i = 0; i < in.n; i++) {
        if (i > 0)
            pond_buf_sv(&b, sep);
        pond_value v = in.items[i];
        if (v.kind == POND_STRING)
            pond_buf_append(&b, v.s, v.n);
        else if (!tera_print_max(&b, v, pond_tera_room(c))) {
            pond_buf_free(&b);
            return pond_fail(c->err, POND_ERR_LIMIT,
                             POND_TERA_CALL_FMT
                             ": item %u is too large or too deeply nested to print",
                             POND_TERA_CALL_ARG(c), i);
        }
        if (pond_tera_check_room(c, b.n, 1) != POND_OK) {
            pond_buf_free(&b);
            return POND_ERR_LIMIT;
        }
    }
    return pond_tera_give(c, &b, out);
}

// Attributes --------------------------------------------------------------------------------------

// The attribute of an item; NULL when it is missing or null.
static const pond_value *attribute_of(pond_tera_call *c, const pond_value *item, pond_sv path,
                                      pond_value *room) {
    const pond_value *v = tera_get_attribute(c, item, path, room);
    return v == NULL || v->kind == POND_NULL ? NULL : v;
}

// Checks the input of filter, map and group_by, and reads their argument `attribute`, which may be
// missing if the array is empty.
static pond_code items_and_attribute(pond_tera_call *c, pond_value in, const pond_tera_args *args,
                                     pond_sv *attribute) {
    POND_TRY(pond_tera_want(c, in, POND_ARRAY));
    pond_value given;
    *attribute = POND_SV("");
    if (in.n > 0)
        POND_TRY(pond_tera_need(c, args, "attribute", &given));
    return in.n == 0 ? POND_OK : pond_tera_arg_string(c, args, "attribute", attribute);
}

FILTER(map) {
    pond_sv attribute;
    POND_TRY(items_and_attribute(c, in, args, &attribute));
    pond_value *items = pond_tera_alloc(c, in.n, sizeof *items);
    if (items == NULL)
        return POND_ERR_LIMIT;
    size_t n = 0;
    for (uint32_t i = 0; i < in.n; i++) {
        pond_value room;
        const pond_value *v = attribute_of(c, &in.items[i], attribute, &room);
        if (v != NULL)
            items[n++] = *v;
    }
    *out = pond_array(items, n);
    return POND_OK;
}

FILTER(filter) {
    pond_sv attribute;
    POND_TRY(items_and_attribute(c, in, args, &attribute));
    const pond_value *wanted = pond_tera_arg(args, "value");
    if (wanted != NULL && wanted->kind == POND_NULL)
        wanted = NULL;
    pond_value *items = pond_tera_alloc(c, in.n, sizeof *items);
    if (items == NULL)
        return POND_ERR_LIMIT;
    size_t n = 0;
    for (uint32_t i = 0; i < in.n; i++) {
        pond_value room;
        const pond_value *v = attribute_of(c, &in.items[i], attribute, &room);
        if (v != NULL && (wanted == NULL || tera_same(*v, *wanted)))
            items[n++] = in.items[i];
    }
    *out = pond_array(items, n);
    return POND_OK;
}

// Items with the same key are linked in their order, and copied next to each other at the end.
typedef struct group {
    uint32_t first, last, n;
} group;

pond_code pond_tera_group(pond_tera_call *c, pond_value in, pond_tera_key_of key_of, pond_sv by,
                          pond_value *out) {
    uint32_t *next = pond_tera_alloc(c, in.n, sizeof *next);
    group *groups = pond_tera_alloc(c, in.n, sizeof *groups);
    pond_value *items = pond_tera_alloc(c, in.n, sizeof *items);
    if (next == NULL || groups == NULL || items == NULL)
        return POND_ERR_LIMIT;
    pond_map map;
    pond_map_init(&map, c->arena);
    for (uint32_t i = 0; i < in.n; i++) {
        pond_value key = pond_null();
        POND_TRY(key_of(c, in, i, by, &key));
        if (key.kind == POND_NULL)
            continue;
        bool is_new;
        void **slot = pond_map_at(&map, pond_value_sv(key), &is_new);
        if (is_new) {
            group *added = &groups[map.n - 1];
            *added = (group){.first = i, .last = i, .n = 1};
            *slot = added;
        } else {
            group *g = *slot;
            next[g->last] = i;
            g->last = i;
            g->n++;
        }
    }
    pond_entry *entries = POND_NEW_ARRAY(c->arena, pond_entry, map.n + 1);
    for (size_t k = 0; k < map.n; k++) {
        const group *g = map.entries[k].value;
        entries[k] = (pond_entry){map.entries[k].key, pond_array(items, g->n)};
        for (uint32_t left = g->n, i = g->first; left > 0; left--) {
            *items++ = in.items[i];
            i = left > 1 ? next[i] : 0; // the last item of a group has no next
        }
    }
    *out = pond_object_sorted(entries, map.n);
    return POND_OK;
}

static pond_code attribute_as_key(pond_tera_call *c, pond_value items, uint32_t i, pond_sv by,
                                  pond_value *key) {
    pond_value room;
    const pond_value *v = attribute_of(c, &items.items[i], by, &room);
    if (v != NULL && v->kind != POND_STRING)
        return pond_tera_json_text(c, *v, 0, key);
    if (v != NULL)
        *key = *v;
    return POND_OK;
}

FILTER(group_by) {
    pond_sv attribute;
    POND_TRY(items_and_attribute(c, in, args, &attribute));
    return pond_tera_group(c, in, attribute_as_key, attribute, out);
}

// Order -------------------------------------------------------------------------------------------

typedef struct sort_item {
    pond_value key, item;
    uint32_t place; // in the input, to keep the order of equal keys
} sort_item;

// The keys are all numbers, compared as doubles (-0 before 0), all strings, compared as bytes, all
// booleans, or all arrays, compared by length.
static int compare_keys(pond_value a, pond_value b) {
    if (a.kind == POND_STRING)
        return pond_sv_cmp(pond_value_sv(a), pond_value_sv(b));
    if (a.kind == POND_ARRAY)
        return (a.n > b.n) - (a.n < b.n);
    if (a.kind == POND_BOOL)
        return a.b - b.b;
    double x = pond_number(a), y = pond_number(b);
    if (x == y)
        return (signbit(y) != 0) - (signbit(x) != 0);
    return x < y ? -1 : 1;
}

static int compare_items(const void *a, const void *b) {
    const sort_item *x = a, *y = b;
    int order = compare_keys(x->key, y->key);
    return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

static pond_code no_attribute(pond_tera_call *c, pond_sv attribute, uint32_t i) {
    return pond_fail(c->err, POND_ERR_TEMPLATE,
                     POND_TERA_CALL_FMT ": item %u has no attribute '%.*s'", POND_TERA_CALL_ARG(c),
                     i, POND_SV_ARG(attribute));
}

static pond_code mixed_keys(pond_tera_call *c, pond_value first, pond_value v, uint32_t i) {
    return pond_fail(
        c->err, POND_ERR_TEMPLATE,
        POND_TERA_CALL_FMT ": all items must have one type, but item 0 is %s and item %u is %s",
        POND_TERA_CALL_ARG(c), pond_tera_describe(c, first), i, pond_tera_describe(c, v));
}

FILTER(sort) {
    POND_TRY(pond_tera_want(c, in, POND_ARRAY));
    pond_sv attribute = POND_SV("");
    POND_TRY(pond_tera_arg_string(c, args, "attribute", &attribute));
    sort_item *order = pond_tera_alloc(c, in.n, sizeof *order);
    pond_value *items = pond_tera_alloc(c, in.n, sizeof *items);
    if (order == NULL || items == NULL)
        return POND_ERR_LIMIT;
    for (uint32_t i = 0; i < in.n; i++) {
        pond_value room;
        const pond_value *key = tera_get_attribute(c, &in.items[i], attribute, &room);
        if (key == NULL)
            return no_attribute(c, attribute, i);
        if (i == 0 && (key->kind == POND_NULL || key->kind == POND_OBJECT))
            return pond_fail(c->err, POND_ERR_TEMPLATE,
                             POND_TERA_CALL_FMT
                             ": only numbers, strings, booleans and arrays can be "
                             "sorted, but item 0 is %s",
                             POND_TERA_CALL_ARG(c), pond_tera_describe(c, *key));
        order[i] = (sort_item){*key, in.items[i], i};
        pond_value first = order[0].key;
        if (first.kind != key->kind && !(pond_is_number(first) && pond_is_number(*key)))
            return mixed_keys(c, first, *key, i);
    }
    if (in.n > 1)
        qsort(order, in.n, sizeof *order, compare_items);
    for (uint32_t i = 0; i < in.n; i++)
        items[i] = order[i].item;
    *out = pond_array(items, in.n);
    return POND_OK;
}

// Values with the same key count as equal. They are of one kind.
static pond_code unique_key(pond_tera_call *c, const pond_value *v, bool case_sensitive,
                            pond_sv *out) {
    if (v->kind == POND_STRING) {
        *out = pond_value_sv(*v);
        if (case_sensitive)
            return POND_OK;
        pond_buf b = POND_BUF_EMPTY;
        tera_lower(&b, *out);
        pond_value text;
        POND_TRY(pond_tera_give(c, &b, &text));
        *out = pond_value_sv(text);
    } else if (v->kind == POND_INT) {
        *out = (pond_sv){(const char *)&v->i, sizeof v->i};
    } else if (v->kind == POND_BOOL) {
        *out = v->b ? POND_SV("t") : POND_SV("f");
    } else {
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT
                         ": only strings, signed integers and booleans can be compared, got %s",
                         POND_TERA_CALL_ARG(c), pond_tera_describe(c, *v));
    }
    return POND_OK;
}

FILTER(unique) {
    POND_TRY(pond_tera_want(c, in, POND_ARRAY));
    bool case_sensitive = false;
    pond_sv attribute = POND_SV(""), key;
    POND_TRY(pond_tera_arg_bool(c, args, "case_sensitive", &case_sensitive));
    POND_TRY(pond_tera_arg_string(c, args, "attribute", &attribute));
    pond_value *items = pond_tera_alloc(c, in.n, sizeof *items), first = pond_null();
    if (items == NULL)
        return POND_ERR_LIMIT;
    size_t n = 0;
    pond_map seen;
    pond_map_init(&seen, c->arena);
    for (uint32_t i = 0; i < in.n; i++) {
        pond_value room;
        const pond_value *v = tera_get_attribute(c, &in.items[i], attribute, &room);
        if (v == NULL && i == 0)
            return no_attribute(c, attribute, i);
        if (v == NULL)
            continue;
        if (i == 0)
            first = *v;
        else if (first.kind != v->kind && !(pond_is_number(first) && pond_is_number(*v)))
            return mixed_keys(c, first, *v, i);
        POND_TRY(unique_key(c, v, case_sensitive, &key));
        bool is_new;
        (void)pond_map_at(&seen, key, &is_new);
        if (is_new)
            items[n++] = in.items[i];
    }
    *out = pond_array(items, n);
    return POND_OK;
}
