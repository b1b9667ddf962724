// What the templates of a pond have beyond Tera 1.
#include "tera/filters.h"

#include "tera/engine.h"

// group(by="field", in=array): an object of arrays, keyed by a string field of the items, which
// keep their order. Unlike the filter group_by it insists that every item has the field.
// -------------------------------------------------------------------------------------------------

typedef struct group_list {
    uint32_t first, last, n; // items, chained through `next`
} group_list;

static pond_code group_key(pond_tera_call *c, pond_value items, uint32_t i, pond_sv by,
                           pond_sv *key) {
    if (items.items[i].kind != POND_OBJECT)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         "function 'group': item %u must be an object, got %s", i,
                         tera_describe(c, items.items[i]));
    const pond_value *v = pond_get(items.items[i], by);
    if (v == NULL)
        return pond_fail(c->err, POND_ERR_TEMPLATE, "function 'group': item %u has no '%.*s'", i,
                         POND_SV_ARG(by));
    if (v->kind != POND_STRING)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         "function 'group': '%.*s' of item %u must be a string, got %s",
                         POND_SV_ARG(by), i, tera_describe(c, *v));
    *key = pond_value_sv(*v);
    return POND_OK;
}

static pond_code group(pond_tera_call *c, const pond_tera_args *args, pond_value *out) {
    pond_value in, by, key_value;
    pond_sv key;
    POND_TRY(tera_need(c, args, "by", &by));
    POND_TRY(tera_need(c, args, "in", &in));
    POND_TRY(tera_arg_string(c, args, "by", &key));
    key_value = pond_string(key);
    if (in.kind != POND_ARRAY)
        return tera_bad_arg(c, "in", "an array", in);
    uint32_t *next = tera_alloc(c, in.n, sizeof *next);
    group_list *groups = tera_alloc(c, in.n, sizeof *groups);
    pond_value *items = tera_alloc(c, in.n, sizeof *items);
    if (next == NULL || groups == NULL || items == NULL)
        return POND_ERR_LIMIT;
    pond_map map;
    pond_map_init(&map, c->arena);
    for (uint32_t i = 0; i < in.n; i++) {
        POND_TRY(group_key(c, in, i, pond_value_sv(key_value), &key));
        bool is_new;
        void **slot = pond_map_at(&map, key, &is_new);
        if (is_new) {
            groups[map.n - 1] = (group_list){i, i, 1};
            *slot = &groups[map.n - 1];
            continue;
        }
        group_list *g = *slot;
        next[g->last] = i;
        g->last = i;
        g->n++;
    }
    pond_entry *entries = POND_NEW_ARRAY(c->arena, pond_entry, map.n + 1);
    for (size_t k = 0; k < map.n; k++) {
        const group_list *g = map.entries[k].value;
        entries[k] = (pond_entry){map.entries[k].key, pond_array(items, g->n)};
        uint32_t i = g->first;
        for (uint32_t left = g->n; left > 0; left--) {
            *items++ = in.items[i];
            i = left > 1 ? next[i] : 0;
        }
    }
    *out = pond_object_sorted(entries, map.n);
    return POND_OK;
}

// value | to_json: indented JSON.
// -------------------------------------------------------------------------------------------------

static pond_code to_json(pond_tera_call *c, pond_value in, const pond_tera_args *args,
                         pond_value *out) {
    (void)args;
    return tera_json_text(c, in, 2, out);
}

// ms | timeformat(format="%Y-%m-%d", timezone="UTC"), timeformat(value=ms, ...): Unix milliseconds.
// -------------------------------------------------------------------------------------------------

static pond_code format_time(pond_tera_call *c, pond_value ms, const pond_tera_args *args,
                             pond_value *out) {
    pond_sv format = POND_SV("%Y-%m-%d %H:%M:%S"), zone = POND_SV("UTC");
    POND_TRY(tera_arg_string(c, args, "format", &format));
    POND_TRY(tera_arg_string(c, args, "timezone", &zone));
    if (ms.kind != POND_INT)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         "'timeformat': the time must be Unix milliseconds, an integer, got %s",
                         tera_describe(c, ms));
    int64_t rest = ms.i % 1000;
    int64_t t_s = ms.i / 1000 - (rest < 0);
    tera_instant t = {.t_s = t_s, .ns = (uint32_t)((rest < 0 ? rest + 1000 : rest) * 1000000)};
    POND_TRY(tera_time_in_zone(c, c->user, zone, &t));
    return tera_time_text(c, format, &t, out);
}

static pond_code timeformat_filter(pond_tera_call *c, pond_value in, const pond_tera_args *args,
                                   pond_value *out) {
    return format_time(c, in, args, out);
}

static pond_code timeformat_function(pond_tera_call *c, const pond_tera_args *args,
                                     pond_value *out) {
    pond_value ms;
    POND_TRY(tera_need(c, args, "value", &ms));
    return format_time(c, ms, args, out);
}

void pond_tera_add_extras(pond_tera *t) {
    pond_tera_add_function(t, "group", "by in", group, NULL);
    pond_tera_add_function(t, "timeformat", "value [format] [timezone]", timeformat_function,
                           t->zones);
    pond_tera_add_filter(t, "to_json", "", to_json, NULL);
    pond_tera_add_filter(t, "timeformat", "[format] [timezone]", timeformat_filter, t->zones);
}
