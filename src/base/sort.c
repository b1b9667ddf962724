// Sorting by texts: a merge sort of keys, and then one move of each item.
#include "base/sort.h"

#include <endian.h>

typedef struct entry {
    uint64_t key;
    size_t at; // of the item
} entry;

typedef struct sorting {
    char *items;
    size_t item_bytes;
    pond_text_of text_of;
} sorting;

static pond_sv text_at(const sorting *s, size_t at) {
    return s->text_of(s->items + at * s->item_bytes);
}

// Keys ------------------------------------------------------------------------------------------

static bool is_sorted(const sorting *s, size_t n) {
    pond_sv before = n == 0 ? POND_SV("") : text_at(s, 0);
    for (size_t i = 1; i < n; i++) {
        pond_sv text = text_at(s, i);
        if (pond_sv_cmp(before, text) > 0)
            return false;
        before = text;
    }
    return true;
}

// How many bytes all texts begin with.
static size_t shared_start(const sorting *s, size_t n) {
    pond_sv first = text_at(s, 0);
    size_t n_shared = first.n;
    for (size_t i = 1; i < n && n_shared > 0; i++) {
        pond_sv text = text_at(s, i);
        n_shared = text.n < n_shared ? text.n : n_shared;
        while (n_shared > 0 && memcmp(first.p, text.p, n_shared) != 0)
            n_shared--;
    }
    return n_shared;
}

// Texts with different keys compare as their keys do.
static uint64_t key_of(pond_sv text, size_t from) {
    uint64_t key = 0;
    size_t n = text.n - from;
    if (n >= sizeof key)
        memcpy(&key, text.p + from, sizeof key);
    else if (n > 0)
        memcpy(&key, text.p + from, n);
    return be64toh(key);
}

// Merging -----------------------------------------------------------------------------------------

static inline bool is_before(const sorting *s, const entry *x, const entry *y) {
    return x->key < y->key ||
           (x->key == y->key && pond_sv_cmp(text_at(s, x->at), text_at(s, y->at)) < 0);
}

static void sort_few(const sorting *s, entry *v, size_t n) {
    for (size_t i = 1; i < n; i++) {
        entry x = v[i];
        size_t at = i;
        for (; at > 0 && is_before(s, &x, &v[at - 1]); at--)
            v[at] = v[at - 1];
        v[at] = x;
    }
}

// Merges v[0..middle) and v[middle..n). `room` is for the first of them.
static void merge(const sorting *s, entry *v, size_t middle, size_t n, entry *room) {
    // What is nearly in order is out of order only near to where the halves meet.
    size_t from = 0;
    for (size_t step = middle; step > 0; step /= 2)
        while (from + step <= middle && !is_before(s, &v[middle], &v[from + step - 1]))
            from += step;
    size_t n_left = middle - from, i = 0, j = middle;
    if (n_left > 0)
        memcpy(room, v + from, n_left * sizeof *room);
    for (size_t to = from; i < n_left; to++)
        v[to] = j < n && is_before(s, &v[j], &room[i]) ? v[j++] : room[i++];
}

static void sort_entries(const sorting *s, entry *v, size_t n, entry *room) {
    enum { FEW = 8 };
    for (size_t at = 0; at < n; at += FEW)
        sort_few(s, v + at, n - at < FEW ? n - at : FEW);
    for (size_t half = FEW; half < n; half *= 2)
        for (size_t at = 0; at + half < n; at += 2 * half)
            merge(s, v + at, half, n - at < 2 * half ? n - at : 2 * half, room);
}

// Moves each item to its place, around circles of places.
static void move_items(const sorting *s, entry *v, size_t n, void *room) {
    size_t bytes = s->item_bytes;
    for (size_t i = 0; i < n; i++) {
        if (v[i].at == i)
            continue;
        size_t to = i;
        memcpy(room, s->items + i * bytes, bytes);
        for (size_t from; (from = v[to].at) != i; to = from) {
            memcpy(s->items + to * bytes, s->items + from * bytes, bytes);
            v[to].at = to;
        }
        memcpy(s->items + to * bytes, room, bytes);
        v[to].at = to;
    }
}

void pond_sort_texts(pond_arena *a, void *items, size_t n, size_t item_bytes,
                     pond_text_of text_of) {
    const sorting s = {items, item_bytes, text_of};
    if (is_sorted(&s, n))
        return;
    size_t n_shared = shared_start(&s, n);
    entry *v = pond_alloc(a, n * sizeof *v), *room = pond_alloc(a, n * sizeof *room);
    for (size_t i = 0; i < n; i++)
        v[i] = (entry){key_of(text_at(&s, i), n_shared), i};
    sort_entries(&s, v, n, room);
    move_items(&s, v, n, pond_alloc(a, item_bytes));
}
