// Shapes: what joins, stars and names make of columns that are times.
#include "engine/shape.h"

#include <strings.h>

bool shape_name_is(pond_sv a, pond_sv b) {
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

const shape_column *shape_find(const shape *s, pond_sv table, pond_sv name) {
    for (size_t i = 0; i < s->columns.n; i++) {
        const shape_column *c = &s->columns.items[i];
        if (shape_name_is(c->name, name) &&
            (table.n == 0 ? !c->is_hidden : shape_name_is(c->table, table)))
            return c;
    }
    return NULL;
}

shape shape_as(pond_arena *a, const shape *s, pond_sv table) {
    shape out = {.kind = s->kind, .is_open = s->is_open, .is_time_unique = s->is_time_unique};
    for (size_t i = 0; i < s->columns.n; i++) {
        shape_column c = s->columns.items[i];
        c.table = table;
        if (!c.is_hidden)
            *pond_vec_push(a, &out.columns) = c;
    }
    return out;
}

// Parts -------------------------------------------------------------------------------------------

static unsigned parts_of(const shape *s, unsigned whole) {
    unsigned n = 0;
    for (size_t i = 0; i < s->columns.n; i++)
        if (s->columns.items[i].whole == whole && s->columns.items[i].part >= n)
            n = s->columns.items[i].part + 1;
    return n;
}

static bool has_part(const shape_column *const *columns, size_t n, unsigned whole, unsigned part) {
    for (size_t i = 0; i < n; i++)
        if (columns[i] != NULL && columns[i]->whole == whole && columns[i]->part == part)
            return true;
    return false;
}

bool shape_covers(const shape *s, const shape_column *const *columns, size_t n) {
    if (n == 0 || columns[0] == NULL)
        return false;
    if (columns[0]->is_time) // it is never NULL, so the others do not count
        return true;
    unsigned whole = columns[0]->whole;
    for (size_t i = 0; i < n; i++) // another column could be no time at all
        if (whole == 0 || columns[i] == NULL || columns[i]->whole != whole)
            return false;
    for (unsigned p = 0; p < parts_of(s, whole); p++)
        if (!has_part(columns, n, whole, p))
            return false;
    return true;
}

// Joins -------------------------------------------------------------------------------------------

// Whether a join gives, for a slice of its sides, the rows of a slice. A side that is fixed is the
// same for all slices, so a row that it adds by itself would be in all of them.
static bool keeps_slices(const shape_join *j) {
    bool left = j->left->kind == SHAPE_SLICED, right = j->right->kind == SHAPE_SLICED;
    if (left && right)
        return j->are_times_equal;
    switch (j->type) {
    case SHAPE_INNER:
        return true;
    case SHAPE_LEFT:
    case SHAPE_SEMI:
        return left;
    case SHAPE_RIGHT:
        return right;
    case SHAPE_FULL:
        return false;
    }
    return false;
}

static bool is_shared(const shape_join *j, const shape_column *c) {
    for (size_t i = 0; i < j->n_shared && !c->is_hidden; i++)
        if (shape_name_is(c->name, j->shared[i]))
            return true;
    return false;
}

// What one side's columns are after the join: a side that may lack a row has no times.
typedef struct side {
    bool may_lack;
    unsigned whole; // of a FULL JOIN; its times are the part `first`
    unsigned first;
} side;

static shape_column joined(shape_column c, const side *s) {
    if (s->whole != 0 && (c.is_time || c.whole != 0)) {
        c.part = c.is_time ? s->first : s->first + c.part;
        c.whole = s->whole;
        c.is_time = false;
    } else if (s->may_lack) {
        c.is_time = false;
        c.whole = 0;
    }
    return c;
}

// The parts that a side adds to a whole: its times are one; if it has none, the parts of the whole
// that its condition put together.
static unsigned count_parts(const shape *s) {
    unsigned whole = 0;
    for (size_t i = 0; i < s->columns.n; i++) {
        if (s->columns.items[i].is_time)
            return 1;
        if (s->columns.items[i].whole != 0)
            whole = s->columns.items[i].whole;
    }
    return whole == 0 ? 1 : parts_of(s, whole);
}

// The column that USING makes of two.
static shape_column merged(const shape_join *j, shape_column left) {
    const shape_column *right = shape_find(j->right, (pond_sv){"", 0}, left.name);
    bool right_is_time = right != NULL && right->is_time, is_time = left.is_time;
    if (j->type == SHAPE_RIGHT)
        is_time = right_is_time;
    else if (j->type == SHAPE_FULL)
        is_time = left.is_time && right_is_time;
    else if (j->type == SHAPE_INNER)
        is_time = left.is_time || right_is_time;
    return (shape_column){.name = left.name, .is_time = is_time};
}

static void add_side(pond_arena *a, shape *out, const shape_join *j, const shape *from,
                     const side *s) {
    for (size_t i = 0; i < from->columns.n; i++) {
        shape_column c = from->columns.items[i];
        bool is_common = is_shared(j, &c);
        if (is_common && from == j->left)
            *pond_vec_push(a, &out->columns) = merged(j, c);
        c = joined(c, s);
        c.is_hidden |= is_common;
        *pond_vec_push(a, &out->columns) = c;
    }
}

// Whether a row of one side has at most one row of the other, and no other row has its time. Those
// of a FULL JOIN that have equal times and do not fit come twice.
static bool keeps_unique(const shape_join *j) {
    if (j->type == SHAPE_SEMI)
        return j->left->is_time_unique;
    return j->left->is_time_unique && j->right->is_time_unique && j->are_times_equal &&
           (j->is_by_time || j->type != SHAPE_FULL);
}

shape shape_of_join(pond_arena *a, const shape_join *j, unsigned *n_wholes) {
    shape out = {.kind = SHAPE_UNKNOWN};
    bool is_full = j->type == SHAPE_FULL,
         is_fixed = j->left->kind == SHAPE_FIXED && j->right->kind == SHAPE_FIXED;
    if (j->left->kind == SHAPE_UNKNOWN || j->right->kind == SHAPE_UNKNOWN ||
        (!is_fixed && !keeps_slices(j)))
        return out;
    out.kind = is_fixed ? SHAPE_FIXED : SHAPE_SLICED;
    out.is_time_unique = keeps_unique(j);
    out.is_open = j->left->is_open || (j->right->is_open && j->type != SHAPE_SEMI);
    side left = {.may_lack = is_full || j->type == SHAPE_RIGHT},
         right = {.may_lack = is_full || j->type == SHAPE_LEFT};
    if (is_full && !is_fixed) {
        left.whole = right.whole = ++*n_wholes;
        right.first = count_parts(j->left);
    }
    add_side(a, &out, j, j->left, &left);
    if (j->type != SHAPE_SEMI)
        add_side(a, &out, j, j->right, &right);
    return out;
}
