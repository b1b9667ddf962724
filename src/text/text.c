// Opening a text: its layout, the first reading, and what that found.
#include "text/plan.h"

#include "text/kept.h"
#include "text/types.h"

#include <pthread.h>
#include <strings.h>
#include <unistd.h>

struct pond_text {
    text_plan plan;
    pond_text_facts facts;
    text_kept *kept;
    text_scanning *scanning;
    bool is_started, needs_order;
    pthread_t reader; // while it is started
};

const text_plan *text_plan_of(const pond_text *t) {
    return &t->plan;
}

text_kept *text_kept_of(const pond_text *t) {
    return text_kept_is_good(t->kept) ? t->kept : NULL;
}

bool text_is_started(const pond_text *t, bool *needs_order) {
    *needs_order = t->needs_order;
    return t->is_started;
}

const char *pond_text_type_sql(pond_text_type t) {
    static const char *const names[] = {
        [POND_TEXT_TEXT] = "VARCHAR",
        [POND_TEXT_BOOL] = "BOOLEAN",
        [POND_TEXT_INT] = "BIGINT",
        [POND_TEXT_COUNT] = "UBIGINT",
        [POND_TEXT_COUNT16] = "USMALLINT",
        [POND_TEXT_FLOAT] = "DOUBLE",
        [POND_TEXT_DATE] = "DATE",
        [POND_TEXT_TIME] = "TIMESTAMP",
        [POND_TEXT_TIME_NS] = "TIMESTAMP_NS",
        [POND_TEXT_INSTANT] = "TIMESTAMP WITH TIME ZONE",
    };
    return names[t];
}

// Rules -------------------------------------------------------------------------------------------

// Text to be read as NULL: "TEXT" for all columns, "COLUMN:TEXT" for the one that is called so.
static bool cut_name(pond_sv *text, pond_sv name) {
    if (text->n <= name.n || !pond_sv_starts(*text, name) || text->p[name.n] != ':')
        return false;
    *text = pond_sv_sub(*text, name.n + 1, text->n);
    return true;
}

static bool cut_column(const text_layout *l, pond_sv *text, size_t *column) {
    for (*column = 0; *column < l->n_columns; ++*column)
        if (cut_name(text, l->columns[*column].name) || cut_name(text, l->columns[*column].bare))
            return true;
    return false;
}

static void add_nulls(text_plan *p, size_t column, text_rule *r) {
    const pond_text_options *o = p->options;
    text_null *nulls = POND_NEW_ARRAY(p->arena, text_null, o->nulls.n);
    for (size_t i = 0; i < o->nulls.n; i++) {
        text_null *null = &nulls[r->n_nulls];
        size_t only = column;
        pond_written_number number;
        null->text = o->nulls.items[i];
        if (cut_column(&p->layout, &null->text, &only) && only != column)
            continue;
        null->text = pond_sv_trim(null->text);
        null->is_number = pond_number_read(null->text, o->number, &number);
        if (null->is_number)
            null->value = pond_number_double(&number, null->text, o->number);
        r->has_number_null |= null->is_number;
        r->n_nulls++;
    }
    r->nulls = nulls;
}

// The zone that is said, or that the name of the time column has as a unit: "Date Time, GMT-07:00".
static pond_sv find_zone(const text_plan *p) {
    const pond_text_options *o = p->options;
    if (o->zone.n > 0 || !o->names_have_units || p->layout.time < 0)
        return o->zone;
    pond_sv unit = p->layout.columns[p->layout.time].unit;
    return pond_sv_starts(unit, POND_SV("GMT")) ? pond_sv_sub(unit, 3, unit.n) : o->zone;
}

static pond_code make_rules(text_plan *p, pond_err *err) {
    const pond_text_options *o = p->options;
    pond_sv zone_name = find_zone(p);
    const pond_when_format **formats =
        POND_NEW_ARRAY(p->arena, const pond_when_format *, o->time_formats.n);
    const pond_when_zone *zone = NULL;
    for (size_t i = 0; i < o->time_formats.n; i++)
        POND_TRY(pond_when_format_parse(p->arena, o->time_formats.items[i], &formats[i], err));
    if (zone_name.n > 0)
        POND_TRY(pond_when_zone_open(p->arena, zone_name, &zone, err));
    p->rules = POND_NEW_ARRAY(p->arena, text_rule, p->layout.n_columns);
    for (size_t i = 0; i < p->layout.n_columns; i++) {
        p->rules[i] = (text_rule){
            .number = o->number,
            .is_empty_quoted_text = o->is_empty_quoted_text,
            .is_quoted_text = o->is_quoted_text,
            .is_time = (ptrdiff_t)i == p->layout.time,
            .formats = formats,
            .n_formats = o->time_formats.n,
            .epoch = (pond_text_epoch)o->epoch,
            .zone = zone,
            .dst = (pond_text_dst)o->dst,
        };
        add_nulls(p, i, &p->rules[i]);
    }
    return POND_OK;
}

// The options say how times are written, but nothing says which column has them.
static pond_code check_time_options(const text_plan *p, pond_err *err) {
    const pond_text_options *o = p->options;
    if (p->layout.time >= 0 || (o->time_formats.n == 0 && o->epoch == POND_EPOCH_NONE))
        return POND_OK;
    pond_fail(err, POND_ERR_INVALID, "'%.*s' has no column called timestamp, time, ts or datetime",
              POND_SV_ARG(p->file.name));
    pond_err_detail(err, "  say which column has the times: &time=COLUMN, or &time=Date+Time for "
                         "two that are joined");
    text_layout_list(&p->layout, err);
    return POND_ERR_INVALID;
}

// Facts -------------------------------------------------------------------------------------------

static int64_t to_us(const text_rule *r, pond_when w) {
    text_value v = {.integer = 0};
    text_cell c = {.kind = w.kind == POND_WHEN_DATE    ? TEXT_IS_DATE
                           : w.kind == POND_WHEN_LOCAL ? TEXT_IS_LOCAL
                                                       : TEXT_IS_ZONED,
                   .when = w};
    (void)text_cell_convert(r, &c, POND_TEXT_INSTANT, &v);
    return v.integer;
}

static bool is_time(pond_text_type t) {
    return t == POND_TEXT_TIME || t == POND_TEXT_TIME_NS || t == POND_TEXT_INSTANT;
}

static void find_times(const text_plan *p, const text_scan *s, pond_text_facts *f) {
    ptrdiff_t at = p->layout.time;
    const text_times *t = &s->times;
    f->time_column = at >= 0 && is_time(f->columns[at].type) ? at : -1;
    f->t_min_us = 1;
    f->t_max_us = 0;
    if (f->time_column < 0 || !t->has_any)
        return;
    const text_rule *r = &p->rules[at];
    f->t_min_us = to_us(r, t->min);
    f->t_max_us = to_us(r, t->max);
    // In a zone, dates and times have been compared by different clocks.
    bool is_mixed =
        r->zone != NULL && s->counts[at].n[TEXT_IS_DATE] > 0 && s->counts[at].n[TEXT_IS_ZONED] > 0;
    f->order = t->is_unordered || is_mixed ? POND_TEXT_UNORDERED
               : t->has_ties               ? POND_TEXT_ASCENDING
                                           : POND_TEXT_STRICT;
    // A date of a zone is the day of its midnight in UTC, which may be the day before.
    f->has_days = f->order != POND_TEXT_UNORDERED && !t->has_many_days &&
                  (r->zone == NULL || s->counts[at].n[TEXT_IS_DATE] == 0);
    f->days = t->days.items;
    f->n_days = t->days.n;
}

// Keeping ----------------------------------------------------------------------------------------

// The columns that a query may mean: those whose names are in it, wherever. What it means without
// their names is read again from the text.
static const bool *columns_of(const text_plan *p, pond_sv query) {
    size_t n = p->layout.n_columns;
    bool *out = POND_NEW_ARRAY(p->arena, bool, n);
    bool is_all = query.n == 0 || pond_sv_find_char(query, '*') >= 0;
    for (size_t i = 0; i < n; i++)
        out[i] =
            is_all || pond_sv_has_nocase(query, pond_cstr(p->arena, p->layout.columns[i].name));
    return out;
}

// A text of one block is read again in less time than it takes to keep it.
static void begin_keeping(pond_text *t, const char *dir, pond_sv query) {
    text_plan *p = &t->plan;
    text_scan scan;
    text_findings found;
    if (dir == NULL || p->blocks.n < 2 || text_scan_first(p, &scan, NULL) != POND_OK ||
        text_types_find(p, &scan, &found, NULL) != POND_OK)
        return; // the whole text decides what is wrong, and says it
    pond_text_type *types = POND_NEW_ARRAY(p->arena, pond_text_type, p->layout.n_columns);
    for (size_t i = 0; i < p->layout.n_columns; i++)
        types[i] = found.columns[i].type;
    t->kept = text_kept_open(p, dir, types, columns_of(p, query));
}

// Values of other types than those that were found are of no use.
static bool end_keeping(pond_text *t, const pond_text_column *columns) {
    bool is_good = text_kept_is_good(t->kept);
    for (size_t i = 0; i < t->plan.layout.n_columns && is_good; i++)
        is_good = !text_kept_columns(t->kept)[i] || text_kept_types(t->kept)[i] == columns[i].type;
    if (!is_good)
        text_kept_close(t->kept);
    return is_good;
}

// Opening -----------------------------------------------------------------------------------------

static pond_code begin_reading(pond_text *t, const char *path, pond_sv name,
                               const pond_text_means *means, pond_err *err) {
    text_plan *p = &t->plan;
    POND_TRY(text_file_find(path, name, &p->file, err));
    POND_TRY(text_layout_find(p->arena, &p->file, p->options, &p->layout, err));
    POND_TRY(make_rules(p, err));
    POND_TRY(check_time_options(p, err));
    POND_TRY(
        text_blocks_cut(p->arena, &p->file, &p->options->form, p->layout.offset, &p->blocks, err));
    begin_keeping(t, means->dir, t->is_started ? POND_SV("") : means->query);
    // Whoever takes the rows meanwhile needs a processor, too.
    if (t->kept != NULL && t->is_started && p->threads > 1)
        p->threads--;
    p->meter = means->meter;
    pond_meter_begin(p->meter, "reading", false, (uint64_t)p->file.st.st_size - p->layout.offset);
    return text_scan_begin(p, t->kept, &t->scanning, err);
}

// A note for each line of what is unusual about the times.
static void add_steps(pond_arena *a, const text_steps *steps, pond_sv column, text_findings *out) {
    pond_buf text = POND_BUF_EMPTY;
    text_steps_write(steps, column, &text);
    pond_sv rest = pond_buf_keep(a, &text);
    for (pond_sv line; rest.n > 0 && pond_sv_split(&rest, '\n', &line);)
        *pond_vec_push(a, &out->notes) = line;
}

// A cut within the last field of a file leaves a record that is well-formed.
static pond_code note_open_end(const text_plan *p, text_findings *out, pond_err *err) {
    uint64_t size = (uint64_t)p->file.st.st_size;
    char last;
    int fd;
    if (p->options->form.is_translation || size <= p->layout.offset)
        return POND_OK;
    POND_TRY(text_file_open(&p->file, &fd, err));
    pond_code rc = text_file_read(&p->file, fd, size - 1, &last, 1, err);
    close(fd); // nothing was written
    if (rc == POND_OK && last != '\n' && last != '\r')
        *pond_vec_push(p->arena, &out->notes) =
            POND_SV("the last line has no line end; its last field may be cut off");
    return rc;
}

static pond_code end_reading(pond_text *t, bool *is_as_guessed, pond_err *err) {
    text_plan *p = &t->plan;
    pond_arena *a = p->arena;
    text_scan scan;
    text_findings found;
    POND_TRY(text_scan_end(t->scanning, &scan, err));
    POND_TRY(text_types_find(p, &scan, &found, err));
    *is_as_guessed = end_keeping(t, found.columns);
    for (size_t i = 0; i < p->layout.n_columns; i++) // their blanks were taken for texts
        *is_as_guessed &= found.columns[i].n_values > 0 || scan.counts[i].n_blank == 0;
    t->facts = (pond_text_facts){.columns = found.columns,
                                 .n_columns = p->layout.n_columns,
                                 .rows = scan.rows,
                                 .has_given_types = p->options->types != NULL};
    find_times(p, &scan, &t->facts);
    if (t->facts.time_column >= 0)
        add_steps(a, &scan.times.steps, found.columns[t->facts.time_column].name, &found);
    for (size_t i = 0; i < p->layout.notes.n; i++)
        *pond_vec_push(a, &found.notes) = p->layout.notes.items[i];
    if (scan.n_headers > 0)
        *pond_vec_push(a, &found.notes) =
            scan.n_headers == 1 ? POND_SV("1 line repeats the header, and was left out")
                                : pond_svf(a, "%llu lines repeat the header, and were left out",
                                           (unsigned long long)scan.n_headers);
    POND_TRY(note_open_end(p, &found, err));
    t->facts.notes = found.notes.items;
    t->facts.n_notes = found.notes.n;
    return POND_OK;
}

static pond_text *new_text(pond_arena *a, const pond_text_options *options, int threads) {
    pond_text *t = POND_NEW(a, pond_text);
    t->plan = (text_plan){.arena = a, .options = options, .threads = threads};
    return t;
}

pond_code pond_text_open(pond_arena *a, const char *path, pond_sv name,
                         const pond_text_options *options, const pond_text_means *means,
                         pond_text **out, pond_err *err) {
    pond_text *t = new_text(a, options, means->threads);
    bool is_as_guessed;
    pond_code rc = begin_reading(t, path, name, means, err);
    if (rc == POND_OK) {
        text_scan_run(t->scanning);
        rc = end_reading(t, &is_as_guessed, err);
    }
    if (rc != POND_OK)
        pond_text_close(t);
    else
        *out = t;
    return rc;
}

static void *run_reader(void *user) {
    pond_text *t = user;
    text_scan_run(t->scanning);
    text_kept_end(t->kept);
    return NULL;
}

// What the first block says, and no more.
static void guess_facts(pond_text *t) {
    const text_plan *p = &t->plan;
    pond_text_column *columns = POND_NEW_ARRAY(p->arena, pond_text_column, p->layout.n_columns);
    for (size_t i = 0; i < p->layout.n_columns; i++)
        columns[i] = (pond_text_column){.name = p->layout.columns[i].name,
                                        .unit = p->layout.columns[i].unit,
                                        .type = text_kept_types(t->kept)[i]};
    t->facts =
        (pond_text_facts){.columns = columns, .n_columns = p->layout.n_columns, .time_column = -1};
}

pond_code pond_text_start(pond_arena *a, const char *path, pond_sv name,
                          const pond_text_options *options, const pond_text_means *means,
                          bool needs_order, pond_text **out, pond_err *err) {
    pond_text *t = new_text(a, options, means->threads);
    bool is_as_guessed;
    t->is_started = true;
    t->needs_order = needs_order;
    pond_code rc = begin_reading(t, path, name, means, err);
    t->is_started = rc == POND_OK && t->kept != NULL;
    if (t->is_started) {
        guess_facts(t);
        t->is_started = pthread_create(&t->reader, NULL, run_reader, t) == 0;
    }
    if (rc == POND_OK && !t->is_started) {
        text_scan_run(t->scanning);
        rc = end_reading(t, &is_as_guessed, err);
    }
    if (rc != POND_OK)
        pond_text_close(t);
    else
        *out = t;
    return rc;
}

bool pond_text_is_started(const pond_text *t) {
    return t->is_started;
}

pond_code pond_text_finish(pond_text *t, bool *is_as_guessed, pond_err *err) {
    pthread_join(t->reader, NULL);
    t->is_started = false;
    return end_reading(t, is_as_guessed, err);
}

void pond_text_close(pond_text *t) {
    bool is_as_guessed;
    if (t == NULL)
        return;
    if (t->is_started)
        (void)!pond_text_finish(t, &is_as_guessed, NULL);
    text_kept_close(t->kept);
}

const pond_text_facts *pond_text_facts_of(const pond_text *t) {
    return &t->facts;
}
