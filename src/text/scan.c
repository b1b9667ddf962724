// The first reading: blocks in parallel, their results put together in the order of the file.
#include "text/scan.h"

#include "base/pool.h"
#include "text/columns.h"
#include "text/kept.h"

#include <stdlib.h>
#include <unistd.h>

enum { ODD_BYTES = 64 };

// Records -----------------------------------------------------------------------------------------

pond_sv text_join_fields(const text_column *c, const pond_records *r, pond_buf *room) {
    pond_buf_clear(room);
    for (size_t i = 0; i < c->n_joined; i++) {
        const pond_field *f = &r->fields[c->joined[i]];
        pond_sv part = pond_sv_trim((pond_sv){f->p, f->n});
        if (part.n == 0) // of a time that lacks a part, the rest is there to be looked at
            continue;
        if (room->n > 0)
            pond_buf_char(room, ' ');
        pond_buf_sv(room, part);
    }
    return pond_buf_view(room);
}

static bool repeats_header(const text_plan *p, const pond_records *r) {
    const pond_sv *header = p->layout.header;
    if (header == NULL || p->options->form.is_translation || r->n < p->layout.n_fields)
        return false;
    for (size_t i = 0; i < p->layout.n_fields; i++)
        if (!pond_sv_eq(header[i], (pond_sv){r->fields[i].p, r->fields[i].n}))
            return false;
    return true;
}

pond_code text_check_record(const text_plan *p, const text_block *b, const pond_records *r,
                            pond_record_result result, bool *is_header, pond_err *err) {
    uint64_t line = b->line + r->at_line;
    size_t n = p->layout.n_fields;
    *is_header = false;
    if (result == POND_RECORD_OPEN)
        return text_fail(err, &p->file, line, 1, "a quote opened in this record is never closed");
    if (result == POND_RECORD_BAD)
        return text_fail(err, &p->file, line, 1,
                         "there is text between the closing quote of field %zu and the delimiter",
                         r->bad_column);
    for (size_t i = r->n; p->options->may_be_short && i < n; i++)
        r->fields[i] = (pond_field){"", 0, false};
    bool is_short = p->options->may_be_short && r->n < n;
    bool has_more = p->layout.may_have_more && r->n == n + 1 && r->fields[n].n == 0;
    if (r->n != n && !has_more && !is_short)
        return text_fail(err, &p->file, line, 1, "%zu field%s, where the first line has %zu", r->n,
                         r->n == 1 ? "" : "s", n);
    *is_header = repeats_header(p, r);
    return POND_OK;
}

// Counts ------------------------------------------------------------------------------------------

int text_when_cmp(const pond_when *a, const pond_when *b) {
    if (a->s != b->s)
        return a->s < b->s ? -1 : 1;
    return (a->ns > b->ns) - (a->ns < b->ns);
}

static bool is_before(const text_odd *a, const text_odd *b) {
    return a->block != b->block ? a->block < b->block : a->line < b->line;
}

static void keep_first(pond_arena *a, text_odd *first, text_odd seen) {
    if (first->count > 0 && !is_before(&seen, first)) {
        first->count += seen.count;
        return;
    }
    seen.count += first->count;
    seen.text = pond_sv_dup(a, pond_sv_sub(seen.text, 0, ODD_BYTES));
    *first = seen;
}

static text_odd *find_odd(text_counts *c, pond_sv text) {
    for (size_t i = 0; i < c->n_odd; i++)
        if (pond_sv_eq(c->odd[i].text, text))
            return &c->odd[i];
    return NULL;
}

// Keeps the ones that come first in the file, in that order: so it does not matter which thread has
// read which block.
static void add_odd(pond_arena *a, text_counts *c, text_odd seen) {
    seen.text = pond_sv_sub(seen.text, 0, ODD_BYTES);
    text_odd *known = find_odd(c, seen.text);
    if (known != NULL && !is_before(&seen, known)) {
        known->count += seen.count;
        return;
    }
    bool is_full = c->n_odd == TEXT_MOST_ODD;
    if (known == NULL && is_full && !is_before(&seen, &c->odd[c->n_odd - 1])) {
        c->n_more_odd += seen.count;
        return;
    }
    size_t end = known != NULL ? (size_t)(known - c->odd) : is_full ? c->n_odd - 1 : c->n_odd++;
    if (known != NULL)
        seen.count += known->count;
    else if (is_full)
        c->n_more_odd += c->odd[end].count;
    size_t at = end;
    for (; at > 0 && is_before(&seen, &c->odd[at - 1]); at--)
        c->odd[at] = c->odd[at - 1];
    seen.text = pond_sv_dup(a, seen.text);
    c->odd[at] = seen;
}

// A column of texts has too many to be worth keeping them.
static bool is_worth_keeping(const text_counts *c) {
    enum { ENOUGH = 1000 };
    return c->n_more_odd < ENOUGH || c->n_more_odd / 4 < c->n[TEXT_IS_INT] + c->n[TEXT_IS_FLOAT];
}

static void count_time(pond_arena *a, text_counts *c, const text_cell *cell, text_odd at) {
    if (cell->when.digits > c->digits)
        c->digits = cell->when.digits;
    if (cell->clock == POND_CLOCK_TWICE) {
        c->n_twice++;
        if (c->first_twice.count == 0)
            keep_first(a, &c->first_twice, at);
    } else if (cell->clock == POND_CLOCK_NEVER) {
        c->n_never++;
        if (c->first_never.count == 0)
            keep_first(a, &c->first_never, at);
    }
}

static void count_odd(pond_arena *a, text_counts *c, text_odd at) {
    if (is_worth_keeping(c))
        add_odd(a, c, at);
    else
        c->n_more_odd++;
}

static void count_cell(pond_arena *a, text_counts *c, const text_cell *cell, bool is_time,
                       text_odd at) {
    c->n[cell->kind]++;
    if (is_time && (cell->kind < TEXT_IS_DATE || cell->kind > TEXT_IS_ZONED)) {
        count_odd(a, c, at);
        return;
    }
    switch (cell->kind) {
    case TEXT_IS_INT:
    case TEXT_IS_BIG:
        c->n_plus += cell->has_plus;
        break;
    case TEXT_IS_ID:
        if (c->first_id.count == 0)
            keep_first(a, &c->first_id, at);
        break;
    case TEXT_IS_DATE:
    case TEXT_IS_LOCAL:
    case TEXT_IS_ZONED:
        count_time(a, c, cell, at);
        break;
    case TEXT_IS_BOOL:
    case TEXT_IS_OTHER:
        count_odd(a, c, at);
        break;
    default:
        break;
    }
}

// What follows in time: a day, or a run of days.
static void add_days(pond_arena *a, text_times *t, pond_text_days next) {
    enum { MOST_RUNS = 512 };
    text_days_vec *v = &t->days;
    pond_text_days *last = v->n > 0 ? &v->items[v->n - 1] : NULL;
    if (last != NULL && next.first <= last->last + 1) {
        if (next.last > last->last)
            last->last = next.last;
    } else if (v->n < MOST_RUNS) {
        *pond_vec_push(a, v) = next;
    } else {
        t->has_many_days = true;
    }
}

static int64_t day_of(const pond_when *w) {
    enum { S_PER_DAY = 86400 };
    return w->s / S_PER_DAY - (w->s % S_PER_DAY < 0);
}

// Times that microseconds cannot hold are not told apart: nobody asks for their steps.
static int64_t us_of(const pond_when *w) {
    int64_t us;
    return __builtin_mul_overflow(w->s, INT64_C(1000000), &us) ? 0 : us + w->ns / 1000;
}

static void add_time(pond_arena *a, text_times *t, const text_cell *cell) {
    const pond_when *w = &cell->when;
    int64_t day = day_of(w);
    add_days(a, t, (pond_text_days){day, day});
    if (!t->has_any) {
        t->has_any = true;
        t->first = t->last = t->min = t->max = *w;
        return;
    }
    text_steps_add(&t->steps, us_of(&t->last), us_of(w));
    int order = text_when_cmp(w, &t->last);
    t->is_unordered |= order < 0;
    t->has_ties |= order == 0;
    t->last = *w;
    if (text_when_cmp(w, &t->min) < 0)
        t->min = *w;
    if (text_when_cmp(w, &t->max) > 0)
        t->max = *w;
}

// What follows `t` in the file.
static void append_times(pond_arena *a, text_times *t, const text_times *next) {
    t->has_many_days |= next->has_many_days;
    for (size_t i = 0; i < next->days.n; i++)
        add_days(a, t, next->days.items[i]);
    if (!next->has_any)
        return;
    if (!t->has_any) {
        text_days_vec days = t->days;
        bool has_many_days = t->has_many_days;
        *t = *next;
        t->days = days;
        t->has_many_days = has_many_days;
        return;
    }
    text_steps_add(&t->steps, us_of(&t->last), us_of(&next->first));
    text_steps_merge(&t->steps, &next->steps);
    int order = text_when_cmp(&next->first, &t->last);
    t->is_unordered |= next->is_unordered || order < 0;
    t->has_ties |= next->has_ties || order == 0;
    t->last = next->last;
    if (text_when_cmp(&next->min, &t->min) < 0)
        t->min = next->min;
    if (text_when_cmp(&next->max, &t->max) > 0)
        t->max = next->max;
}

static void merge_counts(pond_arena *a, text_counts *to, const text_counts *from) {
    for (int k = 0; k < TEXT_N_KINDS; k++)
        to->n[k] += from->n[k];
    to->n_blank += from->n_blank;
    to->n_plus += from->n_plus;
    to->n_twice += from->n_twice;
    to->n_never += from->n_never;
    if (from->first_twice.count > 0)
        keep_first(a, &to->first_twice, from->first_twice);
    if (from->first_never.count > 0)
        keep_first(a, &to->first_never, from->first_never);
    if (from->first_id.count > 0)
        keep_first(a, &to->first_id, from->first_id);
    if (from->digits > to->digits)
        to->digits = from->digits;
    for (size_t i = 0; i < from->n_odd; i++)
        add_odd(a, to, from->odd[i]);
    to->n_more_odd += from->n_more_odd;
}

// Blocks ------------------------------------------------------------------------------------------

// What one thread needs, and what it has found. Its arena is its own.
typedef struct scanner {
    const text_plan *plan;
    pond_arena arena;
    int fd;
    text_kept *kept; // NULL: the values are counted only
    text_columns columns;
    pond_field *fields;
    pond_buf room, kept_room;
    text_counts *counts;
    text_kind *last; // of each column
    uint64_t n_headers;
} scanner;

typedef struct block_result {
    text_times times;
    uint64_t lines; // that end in it
} block_result;

struct text_scanning {
    text_plan *plan;
    scanner *scanners; // one a thread
    int n_scanners;
    block_result *results;
    pond_code rc;
    pond_err err;
};

static pond_code scanner_open(scanner *s, const text_plan *p, text_kept *kept, pond_err *err) {
    size_t n = p->layout.n_columns;
    *s = (scanner){.plan = p, .fd = -1, .kept = kept};
    pond_arena_init(&s->arena);
    text_columns_open(&s->columns);
    s->fields = POND_NEW_ARRAY(&s->arena, pond_field, p->layout.n_fields + 1);
    s->counts = POND_NEW_ARRAY(&s->arena, text_counts, n);
    s->last = POND_NEW_ARRAY(&s->arena, text_kind, n);
    return text_file_open(&p->file, &s->fd, err);
}

static void scanner_close(scanner *s) {
    if (s->fd >= 0)
        close(s->fd);
    text_columns_close(&s->columns);
    pond_buf_free(&s->room);
    pond_buf_free(&s->kept_room);
    pond_arena_deinit(&s->arena);
}

// The fewest bytes that a record takes say how many a block may have.
static size_t most_rows(const text_plan *p, const text_block *b) {
    size_t least = p->layout.n_fields < 2 ? 2 : p->layout.n_fields;
    return (size_t)b->n / least + 1;
}

// Converts to the types that were guessed. If one is wrong, nothing is kept.
static void keep_cell(scanner *s, size_t column, size_t row, pond_sv text, const text_cell *cell) {
    pond_text_type type = text_kept_types(s->kept)[column];
    bool is_elsewhere = type == POND_TEXT_TEXT && s->plan->layout.columns[column].joined != NULL;
    if (is_elsewhere || !text_columns_convert(&s->columns, s->plan, column, type, row, text, cell))
        text_kept_give_up(s->kept);
}

static void scan_record(scanner *s, size_t block, size_t row, const pond_records *r,
                        text_times *times) {
    const text_plan *p = s->plan;
    const bool *is_kept = text_kept_is_good(s->kept) ? text_kept_columns(s->kept) : NULL;
    for (size_t i = 0; i < p->layout.n_columns; i++) {
        bool is_quoted;
        text_cell cell;
        pond_sv text = text_field_of(&p->layout.columns[i], r, &s->room, &is_quoted);
        text_kind kind = text_cell_read(&p->rules[i], text, is_quoted, s->last[i], &cell);
        if (is_kept != NULL && is_kept[i])
            keep_cell(s, i, row, text, &cell);
        if (kind <= TEXT_IS_MARKED) {
            s->counts[i].n[kind]++;
            s->counts[i].n_blank += kind == TEXT_IS_EMPTY && text.n > 0;
            continue;
        }
        s->last[i] = kind;
        bool is_time = (ptrdiff_t)i == p->layout.time;
        count_cell(&s->arena, &s->counts[i], &cell, is_time,
                   (text_odd){cell.text, 1, block, r->at_line});
        if (is_time && kind >= TEXT_IS_DATE && kind <= TEXT_IS_ZONED)
            add_time(&s->arena, times, &cell);
    }
}

// Lines are counted from 0 in the block: those of the blocks before it are not known yet. An error
// is therefore found again, when all blocks before it were counted.
static pond_code scan_block(scanner *s, size_t number, text_block *b, block_result *out,
                            pond_err *err) {
    const text_plan *p = s->plan;
    pond_records r;
    *out = (block_result){0};
    b->rows = 0;
    POND_TRY(text_columns_fill(&s->columns, p, b, s->fd, s->fields, &r, err));
    POND_TRY(text_check_bytes(&p->file, b->line, (pond_sv){s->columns.buffer, (size_t)b->n}, err));
    if (text_kept_is_good(s->kept))
        text_columns_make(&s->columns, p, text_kept_types(s->kept), text_kept_columns(s->kept),
                          most_rows(p, b));
    pond_record_result result;
    while ((result = pond_record_next(&r)) != POND_RECORDS_END) {
        bool is_header;
        POND_TRY(text_check_record(p, b, &r, result, &is_header, err));
        s->n_headers += is_header;
        if (is_header)
            continue;
        scan_record(s, number, (size_t)b->rows, &r, &out->times);
        b->rows++;
    }
    s->columns.n_rows = (size_t)b->rows;
    if (s->kept != NULL && out->times.is_unordered)
        text_kept_tell_unordered(s->kept);
    if (text_kept_is_good(s->kept))
        text_kept_add(s->kept, number, &s->columns, &s->kept_room);
    pond_meter_add(p->meter, b->n);
    out->lines = r.line;
    return POND_OK;
}

static pond_code run_job(pond_pool *pool, void *user, int worker, size_t job, pond_err *err) {
    (void)pool;
    text_scanning *s = user;
    return scan_block(&s->scanners[worker], job, &s->plan->blocks.items[job], &s->results[job],
                      err);
}

static pond_code run_blocks(text_scanning *s, pond_err *err) {
    text_plan *p = s->plan;
    if (p->threads <= 1) {
        for (size_t i = 0; i < p->blocks.n; i++) {
            if (i > 0)
                p->blocks.items[i].line = p->blocks.items[i - 1].line + s->results[i - 1].lines;
            POND_TRY(scan_block(&s->scanners[0], i, &p->blocks.items[i], &s->results[i], err));
        }
        return POND_OK;
    }
    pond_pool_options o = {.n_workers = p->threads,
                           .n_jobs = p->blocks.n,
                           .user = s,
                           .job = run_job,
                           .cancelled = "interrupted; nothing was changed"};
    return pond_pool_run(&o, err);
}

// The error with the right line: of the first bad record of the file.
static pond_code find_error(text_plan *p, pond_err *err) {
    p->threads = 1;
    text_scanning s = {.plan = p, .scanners = POND_NEW(p->arena, scanner)};
    s.results = POND_NEW_ARRAY(p->arena, block_result, p->blocks.n);
    pond_code rc = scanner_open(s.scanners, p, NULL, err);
    if (rc == POND_OK)
        rc = run_blocks(&s, err);
    scanner_close(s.scanners);
    return rc;
}

pond_code text_scan_first(text_plan *p, text_scan *out, pond_err *err) {
    scanner s;
    block_result result;
    text_block first = p->blocks.items[0];
    first.line = p->layout.line;
    pond_code rc = scanner_open(&s, p, NULL, err);
    if (rc == POND_OK)
        rc = scan_block(&s, 0, &first, &result, err);
    *out = (text_scan){.rows = first.rows,
                       .counts = POND_NEW_ARRAY(p->arena, text_counts, p->layout.n_columns)};
    for (size_t i = 0; i < p->layout.n_columns; i++)
        merge_counts(p->arena, &out->counts[i], &s.counts[i]);
    scanner_close(&s);
    return rc;
}

static void put_together(const text_scanning *s, text_scan *out) {
    text_plan *p = s->plan;
    size_t n = p->layout.n_columns;
    *out = (text_scan){.counts = POND_NEW_ARRAY(p->arena, text_counts, n)};
    for (int i = 0; i < p->threads; i++) {
        out->n_headers += s->scanners[i].n_headers;
        for (size_t c = 0; c < n; c++)
            merge_counts(p->arena, &out->counts[c], &s->scanners[i].counts[c]);
    }
    for (size_t i = 0; i < p->blocks.n; i++) {
        text_block *b = &p->blocks.items[i];
        if (i > 0)
            b->line = b[-1].line + s->results[i - 1].lines;
        out->rows += b->rows;
        append_times(p->arena, &out->times, &s->results[i].times);
    }
}

pond_code text_scan_begin(text_plan *p, text_kept *kept, text_scanning **out, pond_err *err) {
    if (p->blocks.n > 0)
        p->blocks.items[0].line = p->layout.line;
    if ((size_t)p->threads > p->blocks.n)
        p->threads = p->blocks.n == 0 ? 1 : (int)p->blocks.n;
    text_scanning *s = POND_NEW(p->arena, text_scanning);
    s->plan = p;
    s->scanners = POND_NEW_ARRAY(p->arena, scanner, p->threads);
    s->results = POND_NEW_ARRAY(p->arena, block_result, p->blocks.n);
    pond_err_clear(&s->err);
    pond_code rc = POND_OK;
    for (; rc == POND_OK && s->n_scanners < p->threads; s->n_scanners++)
        rc = scanner_open(&s->scanners[s->n_scanners], p, kept, err);
    for (int i = 0; rc != POND_OK && i < s->n_scanners; i++)
        scanner_close(&s->scanners[i]);
    *out = s;
    return rc;
}

void text_scan_run(text_scanning *s) {
    s->rc = run_blocks(s, &s->err);
}

pond_code text_scan_end(text_scanning *s, text_scan *out, pond_err *err) {
    text_plan *p = s->plan;
    if (s->rc == POND_OK)
        put_together(s, out);
    for (int i = 0; i < s->n_scanners; i++)
        scanner_close(&s->scanners[i]);
    if (s->rc == POND_ERR_INVALID && p->threads > 1)
        return find_error(p, err);
    if (s->rc != POND_OK && err != NULL)
        *err = s->err;
    return s->rc;
}
