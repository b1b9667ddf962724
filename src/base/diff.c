// The shortest difference of two texts (Myers: "An O(ND) Difference Algorithm and Its Variations",
// 1986), written as a unified diff.
//
//     lines      each distinct line gets a number, so that lines are compared as numbers
//     trim       what both texts begin and end with is equal
//     search     the shortest edit script for the rest; its steps become marks on the lines
//     hunks      marked lines, with the lines around them
#include "base/diff.h"

#include "base/map.h"
#include "base/vec.h"

enum { MOST_EDITS = 1000, AROUND = 3 };

typedef POND_VEC(pond_sv) line_vec;

typedef struct side {
    line_vec lines;   // with their newlines
    uint32_t *number; // equal lines have equal ones
    bool *is_changed; // removed from the text before, added in the text after
} side;

// The part of both sides that differs.
typedef struct middle {
    const uint32_t *a, *b;
    int n, m; // how many lines of each
} middle;

static void read_lines(side *s, pond_sv text, pond_arena *arena, pond_map *known) {
    while (text.n > 0) {
        ptrdiff_t newline = pond_sv_find_char(text, '\n');
        size_t n = newline < 0 ? text.n : (size_t)newline + 1;
        *pond_vec_push(arena, &s->lines) = (pond_sv){text.p, n};
        text = pond_sv_sub(text, n, text.n);
    }
    s->number = POND_NEW_ARRAY(arena, uint32_t, s->lines.n + 1);
    s->is_changed = POND_NEW_ARRAY(arena, bool, s->lines.n + 1);
    for (size_t i = 0; i < s->lines.n; i++) {
        bool is_new;
        void **slot = pond_map_at(known, s->lines.items[i], &is_new);
        if (is_new)
            *slot = (void *)(uintptr_t)known->n;
        s->number[i] = (uint32_t)(uintptr_t)*slot;
    }
}

// Search ------------------------------------------------------------------------------------------

// How far the paths with `d` edits reach on diagonal k, for k = -d … d: as the number of lines of
// `a` that are used up.
static int reach_at(const int *reach, int d, int k) {
    return k < -d || k > d ? -1 : reach[k + d];
}

// Whether the path with `d` edits to diagonal k comes from diagonal k + 1, by adding a line.
static bool comes_by_adding(const int *previous, int d, int k) {
    return k == -d ||
           (k != d && reach_at(previous, d - 1, k - 1) < reach_at(previous, d - 1, k + 1));
}

// Fills how far paths with `d` edits reach; true when one has reached the end.
static bool extend(const middle *t, const int *previous, int *reach, int d) {
    for (int k = -d; k <= d; k += 2) {
        int x = 0;
        if (d > 0)
            x = comes_by_adding(previous, d, k) ? reach_at(previous, d - 1, k + 1)
                                                : reach_at(previous, d - 1, k - 1) + 1;
        // A diagonal beyond the end of a text has no path, and leads to none.
        if (x < 0 || x > t->n || x - k > t->m || x - k < 0)
            x = -2;
        while (x >= 0 && x < t->n && x - k < t->m && t->a[x] == t->b[x - k])
            x++;
        reach[k + d] = x;
        if (x == t->n && x - k == t->m)
            return true;
    }
    return false;
}

// Marks the lines of the edit script, from the end to the start.
static void mark(int *const *reach, int d, int k, bool *removed, bool *added) {
    for (; d > 0; d--) {
        if (comes_by_adding(reach[d - 1], d, k)) {
            k++;
            added[reach_at(reach[d - 1], d - 1, k) - k] = true;
        } else {
            k--;
            removed[reach_at(reach[d - 1], d - 1, k)] = true;
        }
    }
}

static void mark_all(const middle *t, bool *removed, bool *added) {
    memset(removed, true, (size_t)t->n * sizeof *removed);
    memset(added, true, (size_t)t->m * sizeof *added);
}

static void search(const middle *t, bool *removed, bool *added, pond_arena *arena) {
    int **reach = POND_NEW_ARRAY(arena, int *, MOST_EDITS + 1);
    for (int d = 0; d <= MOST_EDITS; d++) {
        reach[d] = pond_alloc(arena, sizeof(int) * (size_t)(2 * d + 1));
        for (int k = 0; k < 2 * d + 1; k++)
            reach[d][k] = -2;
        if (extend(t, d == 0 ? NULL : reach[d - 1], reach[d], d)) {
            mark(reach, d, t->n - t->m, removed, added);
            return;
        }
    }
    mark_all(t, removed, added);
}

static void compare(const side *a, const side *b, pond_arena *arena) {
    size_t from = 0, n = a->lines.n, m = b->lines.n;
    while (from < n && from < m && a->number[from] == b->number[from])
        from++;
    while (n > from && m > from && a->number[n - 1] == b->number[m - 1]) {
        n--;
        m--;
    }
    const middle t = {a->number + from, b->number + from, (int)(n - from), (int)(m - from)};
    if (t.n == 0 || t.m == 0)
        mark_all(&t, a->is_changed + from, b->is_changed + from);
    else
        search(&t, a->is_changed + from, b->is_changed + from, arena);
}

// Hunks -------------------------------------------------------------------------------------------

static void put_line(pond_buf *out, char sign, pond_sv line) {
    pond_buf_char(out, sign);
    pond_buf_sv(out, line);
    if (!pond_sv_ends(line, POND_SV("\n")))
        pond_buf_str(out, "\n\\ No newline at end of file\n");
}

// "12,3", as `diff -u` writes a range of lines: an empty one is after line 12.
static void put_range(pond_buf *out, char sign, size_t from, size_t n) {
    pond_buf_printf(out, " %c%zu", sign, n == 0 ? from : from + 1);
    if (n != 1)
        pond_buf_printf(out, ",%zu", n);
}

typedef struct spot { // a place in both texts
    size_t a, b;
} spot;

static bool is_equal_at(const side *a, const side *b, spot s) {
    return s.a < a->lines.n && s.b < b->lines.n && !a->is_changed[s.a] && !b->is_changed[s.b];
}

// Goes to the next change, over at most `most` equal lines.
static size_t skip_equal(const side *a, const side *b, spot *s, size_t most) {
    size_t n = 0;
    while (n < most && is_equal_at(a, b, *s)) {
        s->a++;
        s->b++;
        n++;
    }
    return n;
}

static bool is_end(const side *a, const side *b, spot s) {
    return s.a == a->lines.n && s.b == b->lines.n;
}

// Goes over changed lines: first those that are removed.
static void pass_change(const side *a, const side *b, spot *s, pond_diff_counts *counts,
                        pond_buf *out) {
    for (; s->a < a->lines.n && a->is_changed[s->a]; s->a++, counts->n_removed++)
        put_line(out, '-', a->lines.items[s->a]);
    for (; s->b < b->lines.n && b->is_changed[s->b]; s->b++, counts->n_added++)
        put_line(out, '+', b->lines.items[s->b]);
}

static void put_equal(const side *a, size_t from, size_t n, pond_buf *out) {
    for (size_t i = 0; i < n; i++)
        put_line(out, ' ', a->lines.items[from + i]);
}

// Writes the hunk of the change at *s, and goes behind it.
static void put_hunk(const side *a, const side *b, spot *s, pond_diff_counts *counts,
                     pond_buf *out) {
    pond_buf body = POND_BUF_EMPTY;
    size_t lead = s->a < AROUND ? s->a : AROUND;
    const spot from = {s->a - lead, s->b - lead};
    put_equal(a, from.a, lead, &body);
    for (;;) {
        pass_change(a, b, s, counts, &body);
        // Changes that are near to each other are one hunk.
        spot next = *s;
        size_t n = skip_equal(a, b, &next, 2 * AROUND + 1);
        bool is_last = n > 2 * AROUND || is_end(a, b, next);
        n = is_last && n > AROUND ? AROUND : n;
        put_equal(a, s->a, n, &body);
        *s = (spot){s->a + n, s->b + n};
        if (is_last)
            break;
    }
    pond_buf_str(out, "@@");
    put_range(out, '-', from.a, s->a - from.a);
    put_range(out, '+', from.b, s->b - from.b);
    pond_buf_str(out, " @@\n");
    pond_buf_sv(out, pond_buf_view(&body));
    pond_buf_free(&body);
}

pond_diff_counts pond_diff(pond_sv before, pond_sv after, pond_buf *out) {
    pond_arena arena;
    pond_map known;
    side a = {0}, b = {0};
    pond_diff_counts counts = {0, 0};
    pond_arena_init(&arena);
    pond_map_init(&known, &arena);
    read_lines(&a, before, &arena, &known);
    read_lines(&b, after, &arena, &known);
    compare(&a, &b, &arena);
    for (spot s = {0, 0};;) {
        skip_equal(&a, &b, &s, SIZE_MAX);
        if (is_end(&a, &b, s))
            break;
        put_hunk(&a, &b, &s, &counts, out);
    }
    pond_arena_deinit(&arena);
    return counts;
}
