// Values: making, looking up, comparing.
#include "value/value.h"

#include <math.h>
#include <stdlib.h>

// Making ------------------------------------------------------------------------------------------

// Merges the sorted runs [from, middle) and [middle, to) of `in` into `out`. Of equal keys the one
// of the left run comes first.
static void merge(const pond_entry *in, pond_entry *out, size_t from, size_t middle, size_t to) {
    size_t left = from, right = middle;
    for (size_t i = from; i < to; i++) {
        bool take_left =
            right == to || (left < middle && pond_sv_cmp(in[left].key, in[right].key) <= 0);
        out[i] = in[take_left ? left++ : right++];
    }
}

// A merge sort, because qsort does not keep the order of equal keys.
static void sort_entries(pond_entry *entries, size_t n) {
    pond_entry *scratch = pond_xmalloc(n * sizeof *scratch);
    pond_entry *in = entries, *out = scratch;
    for (size_t run = 1; run < n; run *= 2) {
        for (size_t from = 0; from < n; from += 2 * run) {
            size_t middle = from + run < n ? from + run : n;
            size_t to = middle + run < n ? middle + run : n;
            merge(in, out, from, middle, to);
        }
        pond_entry *sorted = out;
        out = in;
        in = sorted;
    }
    if (in != entries)
        memcpy(entries, in, n * sizeof *entries);
    free(scratch);
}

static bool is_sorted_and_unique(const pond_entry *entries, size_t n) {
    for (size_t i = 1; i < n; i++)
        if (pond_sv_cmp(entries[i - 1].key, entries[i].key) >= 0)
            return false;
    return true;
}

pond_value pond_object_sorted(pond_entry *entries, size_t n) {
    if (is_sorted_and_unique(entries, n)) // usual for JSON that this program wrote
        return pond_object(entries, n);
    sort_entries(entries, n);
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept > 0 && pond_sv_eq(entries[kept - 1].key, entries[i].key))
            kept--;
        entries[kept++] = entries[i];
    }
    return pond_object(entries, kept);
}

void pond_object_put_sv(pond_object_builder *o, pond_sv key, pond_value v) {
    *pond_vec_push(o->arena, &o->entries) = (pond_entry){.key = key, .value = v};
}

void pond_object_put(pond_object_builder *o, const char *key, pond_value v) {
    pond_object_put_sv(o, pond_sv_of(key), v);
}

pond_value pond_object_build(pond_object_builder *o) {
    pond_value v = pond_object_sorted(o->entries.items, o->entries.n);
    *o = (pond_object_builder){.arena = o->arena};
    return v;
}

pond_value pond_array_with_attrs(pond_arena *a, const pond_value *items, size_t n,
                                 pond_value attrs) {
    POND_ASSERT(attrs.kind == POND_OBJECT);
    pond_value *copy = pond_alloc(a, (n + 1) * sizeof *copy);
    copy[0] = attrs;
    if (n > 0)
        memcpy(copy + 1, items, n * sizeof *copy);
    pond_value v = pond_array(copy + 1, n);
    v.flags = POND_HAS_ATTRS;
    return v;
}

// Looking -----------------------------------------------------------------------------------------

const pond_value *pond_get(pond_value v, pond_sv key) {
    if (pond_has_attrs(v))
        v = pond_attrs(v);
    if (v.kind != POND_OBJECT)
        return NULL;
    size_t low = 0, high = v.n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = pond_sv_cmp(v.entries[middle].key, key);
        if (order == 0)
            return &v.entries[middle].value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const pond_value *pond_get_lit(pond_value v, const char *key) {
    return pond_get(v, pond_sv_of(key));
}

static const pond_value *get_kind(pond_value v, const char *key, pond_kind kind) {
    const pond_value *member = pond_get_lit(v, key);
    return member != NULL && member->kind == kind ? member : NULL;
}

const pond_value *pond_get_array(pond_value v, const char *key) {
    return get_kind(v, key, POND_ARRAY);
}

const pond_value *pond_get_object(pond_value v, const char *key) {
    return get_kind(v, key, POND_OBJECT);
}

bool pond_get_string(pond_value v, const char *key, pond_sv *out) {
    const pond_value *s = get_kind(v, key, POND_STRING);
    *out = s == NULL ? (pond_sv){NULL, 0} : pond_value_sv(*s);
    return s != NULL;
}

bool pond_has_string(pond_value v, const char *key, pond_sv text) {
    pond_sv found;
    return pond_get_string(v, key, &found) && pond_sv_eq(found, text);
}

int64_t pond_get_int(pond_value v, const char *key, int64_t otherwise) {
    const pond_value *i = get_kind(v, key, POND_INT);
    return i == NULL ? otherwise : i->i;
}

double pond_number(pond_value v) {
    POND_ASSERT(pond_is_number(v));
    return v.kind == POND_INT ? (double)v.i : v.kind == POND_UINT ? (double)v.u : v.f;
}

const char *pond_kind_name(pond_value v) {
    static const char *const names[] = {
        [POND_NULL] = "null",    [POND_BOOL] = "bool",     [POND_INT] = "integer",
        [POND_UINT] = "integer", [POND_FLOAT] = "float",   [POND_STRING] = "string",
        [POND_ARRAY] = "array",  [POND_OBJECT] = "object",
    };
    return names[v.kind];
}

static bool arrays_equal(pond_value a, pond_value b) {
    if (a.n != b.n || pond_has_attrs(a) != pond_has_attrs(b))
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (!pond_value_equal(a.items[i], b.items[i]))
            return false;
    return !pond_has_attrs(a) || pond_value_equal(pond_attrs(a), pond_attrs(b));
}

static bool objects_equal(pond_value a, pond_value b) {
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (!pond_sv_eq(a.entries[i].key, b.entries[i].key) ||
            !pond_value_equal(a.entries[i].value, b.entries[i].value))
            return false;
    return true;
}

bool pond_value_equal(pond_value a, pond_value b) {
    if (a.kind != b.kind)
        return false;
    switch (a.kind) {
    case POND_NULL:
        return true;
    case POND_BOOL:
        return a.b == b.b;
    case POND_INT:
        return a.i == b.i;
    case POND_UINT:
        return a.u == b.u;
    case POND_FLOAT: // NaN has the same content as NaN, though it is not the same number
        return a.f == b.f || (isnan(a.f) && isnan(b.f));
    case POND_STRING:
        return pond_sv_eq(pond_value_sv(a), pond_value_sv(b));
    case POND_ARRAY:
        return arrays_equal(a, b);
    default:
        return objects_equal(a, b);
    }
}
