#include "value/value.h"

#include <math.h>
#include <stdlib.h>

// Making
// -------------------------------------------------------------------------------------------------

// Merges the sorted runs [from, middle) and [middle, to) of `in` into `out`; of equal keys the left
// one comes first.
static void merge(const pond_entry *in, pond_entry *out, size_t from, size_t middle, size_t to) {
    size_t left = from, right = middle;
    for (size_t i = from; i < to; i++) {
        bool take_left =
            right == to || (left < middle && pond_sv_cmp(in[left].key, in[right].key) <= 0);
        out[i] = in[take_left ? left++ : right++];
    }
}

// A merge sort of our own, because qsort does not promise to keep equal keys in order.
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
    if (is_sorted_and_unique(entries, n)) // what our own writers made
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

pond_value pond_value_dup(pond_arena *a, pond_value v) {
    switch (v.kind) {
    case POND_STRING:
        return pond_string(pond_sv_dup(a, pond_value_sv(v)));
    case POND_ARRAY: {
        size_t n_attrs = pond_has_attrs(v) ? 1 : 0;
        pond_value *items = pond_alloc(a, (v.n + n_attrs) * sizeof *items);
        items += n_attrs;
        for (size_t i = 0; i < v.n; i++)
            items[i] = pond_value_dup(a, v.items[i]);
        pond_value copy = pond_array(items, v.n);
        if (n_attrs > 0) {
            items[-1] = pond_value_dup(a, pond_attrs(v));
            copy.flags = POND_HAS_ATTRS;
        }
        return copy;
    }
    case POND_OBJECT: {
        pond_entry *entries = pond_alloc(a, v.n * sizeof *entries);
        for (size_t i = 0; i < v.n; i++)
            entries[i] = (pond_entry){.key = pond_sv_dup(a, v.entries[i].key),
                                      .value = pond_value_dup(a, v.entries[i].value)};
        return pond_object(entries, v.n);
    }
    default: // nothing behind it; what a holder noted in flags and aux is not content
        v.flags = 0;
        v.aux = 0;
        return v;
    }
}

// Looking
// -------------------------------------------------------------------------------------------------

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
    case POND_FLOAT: // NaN is the same content as NaN, though not the same number
        return a.f == b.f || (isnan(a.f) && isnan(b.f));
    case POND_STRING:
        return pond_sv_eq(pond_value_sv(a), pond_value_sv(b));
    case POND_ARRAY:
        return arrays_equal(a, b);
    default:
        return objects_equal(a, b);
    }
}
