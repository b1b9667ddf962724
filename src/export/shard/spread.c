// Cuts the units of a stage into shards of about the same work.
#include "export/shard/spread.h"

#include <stdlib.h>

// Lines --------------------------------------------------------------------------------------------

// Where a unit stands.
typedef struct place {
    size_t unit;
    size_t line;      // lines are numbered in the order of their first units
    int64_t start_us; // units of one line and start belong together
} place;

static int by_place(const void *x, const void *y) {
    const place *a = x, *b = y;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    if (a->start_us != b->start_us)
        return a->start_us < b->start_us ? -1 : 1;
    return (a->unit > b->unit) - (a->unit < b->unit);
}

// Resolutions of one source share a line, other targets have their own.
static const void *line_key(const export_unit *u) {
    const pond_relation *r = u->target->relation;
    return r->table_key != NULL && !r->is_table_of_rows ? r->table_key : u->target;
}

static place *find_places(export_run *run, const export_units *units) {
    pond_map lines;
    pond_map_init(&lines, run->arena);
    place *places = POND_NEW_ARRAY(run->arena, place, units->n + 1);
    for (size_t i = 0; i < units->n; i++) {
        const export_unit *u = &units->items[i];
        bool is_new;
        void **at = pond_map_at(&lines, pond_svf(run->arena, "%p", line_key(u)), &is_new);
        if (is_new) {
            size_t *line = POND_NEW(run->arena, size_t);
            *line = lines.n;
            *at = line;
        }
        places[i] = (place){.unit = i, .line = *(size_t *)*at, .start_us = export_unit_start(u)};
    }
    qsort(places, units->n, sizeof *places, by_place);
    return places;
}

static size_t group_end(const place *places, size_t n, size_t i) {
    size_t end = i + 1;
    while (end < n && places[end].line == places[i].line &&
           places[end].start_us == places[i].start_us)
        end++;
    return end;
}

// The rows that the units of a group read together: resolutions read them once. Each also costs what
// every file does.
enum { ROWS_A_FILE = 1000 };

static int64_t weigh(export_run *run, const export_units *units, const place *group, size_t n,
                     spread_share *shares) {
    int64_t sum = 0, rows = 0;
    for (size_t i = 0; i < n; i++) {
        const export_unit *u = &units->items[group[i].unit];
        if (u->is_done)
            continue;
        int64_t work = pond_relation_work(run->session, u->target->relation, u->range);
        // Far below the largest number, so that no sum overflows.
        work = work > INT64_C(1) << 40 ? INT64_C(1) << 40 : work;
        shares[group[i].unit].work = work > rows ? work - rows : 0;
        rows = work > rows ? work : rows;
        shares[group[i].unit].work += ROWS_A_FILE;
        sum += shares[group[i].unit].work;
    }
    return sum;
}

// Deals ----------------------------------------------------------------------------------------------

typedef struct numbered {
    int64_t work;
    int index;
} numbered;

static int by_work(const void *x, const void *y) {
    const numbered *a = x, *b = y;
    if (a->work != b->work)
        return a->work < b->work ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static int by_work_down(const void *x, const void *y) {
    const numbered *a = x, *b = y;
    if (a->work != b->work)
        return a->work > b->work ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

// The shard of each piece: the largest piece for the smallest load, and so on.
static int *deal(pond_arena *a, const int64_t *pieces, int64_t *loads, int n) {
    numbered *p = POND_NEW_ARRAY(a, numbered, n), *s = POND_NEW_ARRAY(a, numbered, n);
    int *shards = POND_NEW_ARRAY(a, int, n);
    for (int i = 0; i < n; i++) {
        p[i] = (numbered){pieces[i], i};
        s[i] = (numbered){loads[i], i};
    }
    qsort(p, (size_t)n, sizeof *p, by_work_down);
    qsort(s, (size_t)n, sizeof *s, by_work);
    for (int i = 0; i < n; i++) {
        shards[p[i].index] = s[i].index;
        loads[s[i].index] += p[i].work;
    }
    return shards;
}

spread_share *spread_units(export_run *run, const export_units *units, int n_shards,
                           int64_t *loads) {
    spread_share *shares = POND_NEW_ARRAY(run->arena, spread_share, units->n + 1);
    int64_t *weights = POND_NEW_ARRAY(run->arena, int64_t, units->n + 1), total = 0, before = 0,
            *pieces = POND_NEW_ARRAY(run->arena, int64_t, n_shards);
    place *places = find_places(run, units);
    size_t end;
    for (size_t i = 0; i < units->n; i = end) {
        end = group_end(places, units->n, i);
        weights[i] = weigh(run, units, &places[i], end - i, shares);
        total += weights[i];
    }
    for (size_t i = 0; i < units->n; i = end) {
        end = group_end(places, units->n, i);
        // The piece in which the middle of the group lies.
        double middle = (double)before + (double)weights[i] / 2;
        int piece = total == 0 ? 0 : (int)(middle / (double)total * n_shards);
        piece = piece < n_shards ? piece : n_shards - 1;
        for (size_t k = i; k < end; k++)
            shares[places[k].unit].shard = piece;
        pieces[piece] += weights[i];
        before += weights[i];
    }
    const int *shards = deal(run->arena, pieces, loads, n_shards);
    for (size_t i = 0; i < units->n; i++)
        shares[i].shard = shards[shares[i].shard];
    return shares;
}
