// The second reading: blocks become typed columns. With several threads, each of them converts a
// block, and the caller takes the blocks in the order of the file; at most a window of blocks is in
// memory.
#include "text/columns.h"
#include "text/kept.h"
#include "text/plan.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

// A block as columns, and what it takes to convert it.
typedef struct slot {
    text_columns of;
    bool is_ready;
    pond_code rc;
    pond_err err;
} slot;

typedef struct worker {
    pond_text_rows *rows;
    pthread_t thread;
    int fd;
    pond_field *fields;
    text_kind *last;
    pond_buf room;
} worker;

struct pond_text_rows {
    const text_plan *plan;
    pond_meter *meter;            // or NULL
    text_kept *kept;              // NULL: the text is read
    bool is_started, needs_order; // the first reading goes on
    const pond_text_column *columns;
    pond_text_type *types; // of the columns
    bool *is_wanted;
    pond_arena arena;
    worker *workers;
    int n_workers; // open ones
    int n_threads; // running ones; 0: the caller converts the blocks
    slot *slots;
    size_t n_slots;
    size_t n_taken, n_given; // blocks that a worker, and that the caller has begun
    size_t row;              // the next one of the caller's block
    bool is_given;           // the caller has a block
    bool is_closing;
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

// Converting --------------------------------------------------------------------------------------

static pond_code fail_cell(const worker *w, const text_block *b, const pond_records *r,
                           const pond_text_column *c, pond_sv text, pond_err *err) {
    return text_fail(err, &w->rows->plan->file, b->line + r->at_line, 0,
                     "'%.*s' in '%.*s' cannot be read as %s", POND_SV_ARG(text),
                     POND_SV_ARG(c->name), pond_text_type_sql(c->type));
}

static pond_code convert_record(worker *w, slot *s, const text_block *b, const pond_records *r,
                                size_t row, pond_err *err) {
    const pond_text_rows *rows = w->rows;
    const text_plan *p = rows->plan;
    for (size_t i = 0; i < p->layout.n_columns; i++) {
        if (!rows->is_wanted[i])
            continue;
        bool is_quoted;
        text_cell cell;
        pond_text_type type = rows->types[i];
        pond_sv text = text_field_of(&p->layout.columns[i], r, &w->room, &is_quoted);
        if (type == POND_TEXT_TEXT && p->rules[i].n_nulls == 0) { // nothing to recognise
            if (text.n > 0 || (is_quoted && p->rules[i].is_empty_quoted_text))
                text_columns_put(&s->of, i, type, row, &(text_value){.text = text});
            continue;
        }
        text_kind kind = text_cell_read(&p->rules[i], text, is_quoted, w->last[i], &cell);
        if (kind > TEXT_IS_MARKED)
            w->last[i] = kind;
        if (!text_columns_convert(&s->of, p, i, type, row, text, &cell))
            return fail_cell(w, b, r, &rows->columns[i], text, err);
    }
    return POND_OK;
}

// While the text is read for the first time.
static pond_code take_kept(const pond_text_rows *rows, slot *s, size_t number, pond_err *err) {
    if (text_kept_wait(rows->kept, number) &&
        !(rows->needs_order && text_kept_is_unordered(rows->kept)) &&
        text_kept_load(rows->kept, number, rows->is_wanted, &s->of))
        return POND_OK;
    return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' is not what its beginning looks like",
                     POND_SV_ARG(rows->plan->file.name));
}

static pond_code convert_block(worker *w, slot *s, size_t number, pond_err *err) {
    const pond_text_rows *rows = w->rows;
    const text_plan *p = rows->plan;
    const text_block *b = &p->blocks.items[number];
    pond_records r;
    size_t row = 0;
    if (rows->is_started)
        return take_kept(rows, s, number, err);
    if (rows->kept != NULL && text_kept_load(rows->kept, number, rows->is_wanted, &s->of))
        return POND_OK;
    POND_TRY(text_columns_fill(&s->of, p, b, w->fd, w->fields, &r, err));
    text_columns_make(&s->of, p, rows->types, rows->is_wanted, (size_t)b->rows);
    pond_record_result result;
    while ((result = pond_record_next(&r)) != POND_RECORDS_END) {
        bool is_header;
        POND_TRY(text_check_record(p, b, &r, result, &is_header, err));
        if (is_header)
            continue;
        if (row == b->rows)
            break;
        POND_TRY(convert_record(w, s, b, &r, row++, err));
    }
    if (row != b->rows || result != POND_RECORDS_END)
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' was changed while it was read",
                         POND_SV_ARG(p->file.name));
    s->of.n_rows = row;
    return POND_OK;
}

// Threads -----------------------------------------------------------------------------------------

static void *run_worker(void *user) {
    worker *w = user;
    pond_text_rows *r = w->rows;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        while (!r->is_closing && r->n_taken < r->plan->blocks.n &&
               r->n_taken >= r->n_given + r->n_slots)
            pthread_cond_wait(&r->changed, &r->lock);
        if (r->is_closing || r->n_taken == r->plan->blocks.n)
            break;
        size_t block = r->n_taken++;
        slot *s = &r->slots[block % r->n_slots];
        pthread_mutex_unlock(&r->lock);
        s->rc = convert_block(w, s, block, &s->err);
        pthread_mutex_lock(&r->lock);
        s->is_ready = true;
        pthread_cond_broadcast(&r->changed);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static pond_code open_worker(pond_text_rows *r, worker *w, pond_err *err) {
    size_t n = r->plan->layout.n_fields + 1;
    *w = (worker){.rows = r, .fd = -1};
    w->fields = POND_NEW_ARRAY(&r->arena, pond_field, n);
    w->last = POND_NEW_ARRAY(&r->arena, text_kind, r->plan->layout.n_columns);
    return text_file_open(&r->plan->file, &w->fd, err);
}

static pond_code start_threads(pond_text_rows *r, pond_err *err) {
    for (int i = 0; i < r->n_workers; i++) {
        if (pthread_create(&r->workers[i].thread, NULL, run_worker, &r->workers[i]) != 0)
            return pond_fail_errno(err, "cannot start a thread");
        r->n_threads++;
    }
    return POND_OK;
}

pond_code pond_text_rows_open(const pond_text *t, const bool *is_wanted, pond_text_rows **out,
                              pond_err *err) {
    const text_plan *p = text_plan_of(t);
    pond_text_rows *r = pond_xmalloc(sizeof *r);
    *r = (pond_text_rows){
        .plan = p, .kept = text_kept_of(t), .columns = pond_text_facts_of(t)->columns};
    r->is_started = text_is_started(t, &r->needs_order);
    // Else the rows come while the text is read, which counts already.
    r->meter = r->is_started ? NULL : p->meter;
    pond_meter_begin(r->meter, "writing", true, pond_text_facts_of(t)->rows);
    if (r->is_started && r->kept == NULL) {
        free(r);
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' is not what its beginning looks like",
                         POND_SV_ARG(p->file.name));
    }
    pond_arena_init(&r->arena);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->changed, NULL);
    r->is_wanted = POND_NEW_ARRAY(&r->arena, bool, p->layout.n_columns);
    // What has no values is NULL, also where it has blanks.
    for (size_t i = 0; i < p->layout.n_columns; i++)
        r->is_wanted[i] = is_wanted[i] && (r->is_started || r->columns[i].n_values > 0);
    r->types = POND_NEW_ARRAY(&r->arena, pond_text_type, p->layout.n_columns);
    for (size_t i = 0; i < p->layout.n_columns; i++)
        r->types[i] = r->columns[i].type;
    int n = p->blocks.n < 2 || r->is_started ? 1 : p->threads;
    r->n_slots = n == 1 ? 1 : (size_t)n + 2;
    r->slots = POND_NEW_ARRAY(&r->arena, slot, r->n_slots);
    for (size_t i = 0; i < r->n_slots; i++)
        text_columns_open(&r->slots[i].of);
    r->workers = POND_NEW_ARRAY(&r->arena, worker, n);
    pond_code rc = POND_OK;
    for (; rc == POND_OK && r->n_workers < n; r->n_workers++)
        rc = open_worker(r, &r->workers[r->n_workers], err);
    if (rc == POND_OK && n > 1)
        rc = start_threads(r, err);
    if (rc != POND_OK) {
        pond_text_rows_close(r);
        return rc;
    }
    *out = r;
    return POND_OK;
}

void pond_text_rows_close(pond_text_rows *r) {
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->lock);
    r->is_closing = true;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    for (int i = 0; i < r->n_threads; i++)
        pthread_join(r->workers[i].thread, NULL);
    for (int i = 0; i < r->n_workers; i++) {
        if (r->workers[i].fd >= 0)
            close(r->workers[i].fd);
        pond_buf_free(&r->workers[i].room);
    }
    for (size_t i = 0; i < r->n_slots; i++)
        text_columns_close(&r->slots[i].of);
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    pond_arena_deinit(&r->arena);
    free(r);
}

// Giving ------------------------------------------------------------------------------------------

// The block that the caller has is done with; the next one is converted, or waited for.
static pond_code next_block(pond_text_rows *r, slot **out, pond_err *err) {
    slot *s = &r->slots[r->n_given % r->n_slots];
    if (r->n_threads == 0) {
        POND_TRY(convert_block(&r->workers[0], s, r->n_given, err));
        *out = s;
        return POND_OK;
    }
    pthread_mutex_lock(&r->lock);
    while (!s->is_ready)
        pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
    if (s->rc != POND_OK && err != NULL)
        *err = s->err;
    *out = s;
    return s->rc;
}

static void release_block(pond_text_rows *r) {
    pthread_mutex_lock(&r->lock);
    r->slots[r->n_given % r->n_slots].is_ready = false;
    r->n_given++;
    pthread_cond_broadcast(&r->changed);
    pthread_mutex_unlock(&r->lock);
    r->is_given = false;
}

pond_code pond_text_rows_next(pond_text_rows *r, pond_cells *cells, size_t *n, pond_err *err) {
    slot *s = &r->slots[r->n_given % r->n_slots];
    *n = 0;
    while (!r->is_given || r->row == s->of.n_rows) {
        if (r->is_given)
            release_block(r);
        if (r->n_given == r->plan->blocks.n)
            return POND_OK;
        POND_TRY(next_block(r, &s, err));
        r->is_given = true;
        r->row = 0;
    }
    size_t left = s->of.n_rows - r->row;
    *n = left < POND_BATCH_ROWS ? left : POND_BATCH_ROWS;
    for (size_t i = 0; i < r->plan->layout.n_columns; i++) {
        const text_cells *c = &s->of.cells[i];
        const char *values = c->values;
        cells[i] = (pond_cells){
            .values = values == NULL ? NULL : values + r->row * text_columns_size_of(r->types[i]),
            .valid = c->valid + r->row / 64,
        };
    }
    r->row += *n;
    pond_meter_add(r->meter, *n);
    return POND_OK;
}
