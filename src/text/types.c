// Types: a column has the narrowest type that keeps all of its texts. Digits are never lost for it.
#include "text/types.h"

typedef struct finding {
    const text_plan *plan;
    const text_counts *counts;
    pond_text_column *column;
    size_t index;
    bool is_time;
    text_findings *all;
    pond_arena *arena;
} finding;

static uint64_t count_values(const text_counts *c) {
    uint64_t n = 0;
    for (int k = TEXT_IS_MARKED + 1; k < TEXT_N_KINDS; k++)
        n += c->n[k];
    return n;
}

static uint64_t count_numbers(const text_counts *c) {
    uint64_t n = c->n[TEXT_IS_INT] + c->n[TEXT_IS_BIG] + c->n[TEXT_IS_FLOAT];
    return n == 0 ? 0 : n + c->n[TEXT_IS_WORD]; // words alone are words
}

static uint64_t count_times(const text_counts *c) {
    return c->n[TEXT_IS_DATE] + c->n[TEXT_IS_LOCAL] + c->n[TEXT_IS_ZONED];
}

static void note(finding *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void note(finding *f, const char *fmt, ...) {
    pond_buf b = POND_BUF_EMPTY;
    va_list args;
    va_start(args, fmt);
    pond_buf_printf(&b, "'%.*s' ", POND_SV_ARG(f->column->name));
    pond_buf_vprintf(&b, fmt, args);
    va_end(args);
    *pond_vec_push(f->arena, &f->all->notes) = pond_buf_keep(f->arena, &b);
}

static unsigned long long line_of(const finding *f, const text_odd *o) {
    return f->plan->blocks.items[o->block].line + o->line;
}

// Appends "'NA' (21 times, first in line 37)", ….
static void list_odd(const finding *f, pond_buf *out, const char *between) {
    const text_counts *c = f->counts;
    for (size_t i = 0; i < c->n_odd; i++) {
        const text_odd *o = &c->odd[i];
        pond_buf_printf(out, "%s'%.*s' (", i == 0 ? "" : between, POND_SV_ARG(o->text));
        if (o->count > 1)
            pond_buf_printf(out, "%llu times, first in ", (unsigned long long)o->count);
        pond_buf_printf(out, "line %llu)", line_of(f, o));
    }
    if (c->n_more_odd > 0)
        pond_buf_printf(out, "%s%llu more", c->n_odd == 0 ? "" : between,
                        (unsigned long long)c->n_more_odd);
}

// Errors ------------------------------------------------------------------------------------------

static pond_code fail_nearly(finding *f, const char *what, uint64_t n, pond_err *err) {
    const text_counts *c = f->counts;
    uint64_t values = count_values(c);
    pond_buf odd = POND_BUF_EMPTY, nulls = POND_BUF_EMPTY, in_url = POND_BUF_EMPTY,
             in_sql = POND_BUF_EMPTY;
    pond_sv name = f->column->name;
    list_odd(f, &odd, ", ");
    for (size_t i = 0; i < c->n_odd; i++) {
        pond_buf_str(&nulls, "&null=");
        pond_buf_url_value(&nulls, c->odd[i].text);
    }
    pond_buf_url_value(&in_url, name);
    pond_buf_sql_name(&in_sql, name);
    text_fail(err, &f->plan->file, c->n_odd > 0 ? (uint64_t)line_of(f, &c->odd[0]) : 0, 0,
              "%llu of the %llu values of '%.*s' are %s, and %llu %s not", (unsigned long long)n,
              (unsigned long long)values, POND_SV_ARG(name), what, (unsigned long long)(values - n),
              values - n == 1 ? "is" : "are");
    pond_err_detail(err, "  %.*s", POND_SV_ARG(pond_buf_view(&odd)));
    pond_err_detail(err,
                    "  in the URL, %s reads them as missing; or &text=%s keeps the column as "
                    "text, and then --sql can decide:",
                    nulls.p == NULL ? "&null=TEXT" : nulls.p, in_url.p);
    pond_err_detail(err, "  --sql 'SELECT * REPLACE (try_cast(%s AS %s) AS %s) FROM source'",
                    in_sql.p, f->is_time ? "TIMESTAMP" : "DOUBLE", in_sql.p);
    pond_buf_free(&in_sql);
    pond_buf_free(&odd);
    pond_buf_free(&nulls);
    pond_buf_free(&in_url);
    return POND_ERR_INVALID;
}

// The options say how the times are written, and some are not written so.
static pond_code fail_times(finding *f, pond_err *err) {
    const pond_text_options *o = f->plan->options;
    pond_buf odd = POND_BUF_EMPTY;
    list_odd(f, &odd, ", ");
    const text_counts *c = f->counts;
    uint64_t n = count_values(c) - count_times(c);
    text_fail(err, &f->plan->file, c->n_odd > 0 ? (uint64_t)line_of(f, &c->odd[0]) : 0, 0,
              "%llu of the %llu times in '%.*s' are not written as %s", (unsigned long long)n,
              (unsigned long long)count_values(c), POND_SV_ARG(f->column->name),
              o->epoch != POND_EPOCH_NONE ? "&epoch says"
              : o->time_formats.n > 0     ? "&timeformat says"
                                          : "ISO 8601 says");
    if (odd.n > 0)
        pond_err_detail(err, "  %s", odd.p);
    pond_err_detail(err, "  &timeformat may be given several times; &null=TEXT makes a time "
                         "missing, and --sql can leave such rows out");
    pond_buf_free(&odd);
    return POND_ERR_INVALID;
}

// Times that the clocks of the zone showed twice, or never.
static pond_code check_clock(finding *f, pond_err *err) {
    const text_counts *c = f->counts;
    const pond_text_options *o = f->plan->options;
    uint64_t n = c->n_twice + c->n_never;
    if (n == 0)
        return POND_OK;
    const text_odd *first = c->n_twice > 0 ? &c->first_twice : &c->first_never;
    if (o->dst != POND_DST_ERROR) {
        note(f,
             "has rows (%llu) whose time the clocks of %.*s showed twice, and rows (%llu) whose "
             "time "
             "they never showed; &dst=%s decided (first in line %llu: '%.*s')",
             (unsigned long long)c->n_twice, POND_SV_ARG(o->zone), (unsigned long long)c->n_never,
             o->dst == POND_DST_FIRST ? "first" : "second", line_of(f, first),
             POND_SV_ARG(first->text));
        return POND_OK;
    }
    text_fail(err, &f->plan->file, (uint64_t)line_of(f, first), 0,
              "'%.*s' in '%.*s' is a time that the clocks of %.*s %s (%llu such time%s)",
              POND_SV_ARG(first->text), POND_SV_ARG(f->column->name), POND_SV_ARG(o->zone),
              c->n_twice > 0 ? "showed twice" : "never showed", (unsigned long long)n,
              n == 1 ? "" : "s");
    pond_err_detail(err, "  &dst=first takes the offset before the change, &dst=second the one "
                         "after it");
    return POND_ERR_INVALID;
}

// Types -------------------------------------------------------------------------------------------

static pond_text_type type_of_numbers(finding *f) {
    const text_counts *c = f->counts;
    uint64_t whole = c->n[TEXT_IS_INT] + c->n[TEXT_IS_BIG];
    if (whole == count_values(c) && c->n_plus == whole) {
        note(f, "is text: every value has a plus, as a telephone number has");
        return POND_TEXT_TEXT;
    }
    if (whole == count_values(c))
        return POND_TEXT_INT;
    if (c->n[TEXT_IS_BIG] == 0)
        return POND_TEXT_FLOAT;
    note(f, "is text: whole numbers of more than 15 digits, beside fractions, would lose digits");
    return POND_TEXT_TEXT;
}

static pond_text_type type_of_times(finding *f) {
    const text_counts *c = f->counts;
    bool has_zone = f->plan->rules[f->index].zone != NULL;
    if (c->n[TEXT_IS_DATE] == count_values(c) && !f->is_time)
        return POND_TEXT_DATE;
    if (!has_zone && c->n[TEXT_IS_ZONED] > 0 && c->n[TEXT_IS_ZONED] < count_values(c)) {
        note(f,
             "is text: %llu of its times have an offset or Z, and %llu have none; with "
             "&timezone=ZONE those are times of that zone",
             (unsigned long long)c->n[TEXT_IS_ZONED],
             (unsigned long long)(count_values(c) - c->n[TEXT_IS_ZONED]));
        return POND_TEXT_TEXT;
    }
    if (c->digits > 6)
        return POND_TEXT_TIME_NS;
    return has_zone || c->n[TEXT_IS_ZONED] > 0 ? POND_TEXT_INSTANT : POND_TEXT_TIME;
}

static bool is_listed(const pond_texts *names, pond_sv name) {
    for (size_t i = 0; i < names->n; i++)
        if (pond_sv_eq(names->items[i], name))
            return true;
    return false;
}

static void note_mixed(finding *f, const char *what, uint64_t n) {
    pond_buf odd = POND_BUF_EMPTY;
    list_odd(f, &odd, ", ");
    note(f, "is text: only %llu of %llu values are %s%s%.*s", (unsigned long long)n,
         (unsigned long long)count_values(f->counts), what, odd.n > 0 ? "; not " : "",
         POND_SV_ARG(pond_buf_view(&odd)));
    pond_buf_free(&odd);
}

// A column of mixed texts: what a user might take for numbers is told, or refused.
static pond_code look_at_mixed(finding *f, pond_err *err) {
    const text_counts *c = f->counts;
    uint64_t values = count_values(c), numbers = count_numbers(c), times = count_times(c);
    if (c->n[TEXT_IS_ID] > 0 && numbers + c->n[TEXT_IS_ID] == values)
        note(f, "is text: '%.*s' (line %llu) would lose digits as a number (--sql can CAST it)",
             POND_SV_ARG(c->first_id.text), line_of(f, &c->first_id));
    else if (c->n[TEXT_IS_ID] == 0 && numbers >= values - values / 20)
        return fail_nearly(f, "numbers", numbers, err);
    else if (f->is_time && times > 0 && times >= values - values / 20)
        return fail_nearly(f, "times", times, err);
    else if (f->is_time && times > 0)
        note_mixed(f, "times", times);
    else if (numbers >= values / 2 && numbers > 0)
        note_mixed(f, "numbers", numbers);
    return POND_OK;
}

static pond_code find_type(finding *f, pond_err *err) {
    const text_counts *c = f->counts;
    const pond_text_options *o = f->plan->options;
    uint64_t values = count_values(c), times = count_times(c);
    const text_column *layout = &f->plan->layout.columns[f->index];
    bool is_told = f->is_time &&
                   (o->epoch != POND_EPOCH_NONE || o->time_formats.n > 0 || layout->joined != NULL);
    f->column->type = POND_TEXT_TEXT;
    if (o->types != NULL) {
        f->column->type = o->types[f->index];
        return POND_OK;
    }
    if (is_told && times < values)
        return fail_times(f, err);
    if (values == 0 || is_listed(&o->texts, f->column->name))
        return POND_OK;
    if (count_numbers(c) == values)
        f->column->type = type_of_numbers(f);
    else if (c->n[TEXT_IS_BOOL] == values)
        f->column->type = POND_TEXT_BOOL;
    else if (times == values)
        f->column->type = type_of_times(f);
    else
        return look_at_mixed(f, err);
    return f->column->type == POND_TEXT_DATE ? POND_OK : check_clock(f, err);
}

// Blanks are a text where there are other texts. A column of CSV that has nothing else has no values.
static void count_blanks(const text_plan *p, const text_counts *c, pond_text_column *column) {
    if (column->type != POND_TEXT_TEXT ||
        (column->n_values == 0 && !p->options->form.is_translation))
        return;
    column->n_values += c->n_blank;
    column->n_nulls -= c->n_blank;
}

static pond_code check_listed(const text_plan *p, pond_err *err) {
    const pond_texts *texts = &p->options->texts;
    for (size_t i = 0; i < texts->n; i++) {
        bool is_known = false;
        for (size_t c = 0; c < p->layout.n_columns; c++)
            is_known |= pond_sv_eq(p->layout.columns[c].name, texts->items[i]);
        if (!is_known)
            return pond_fail(err, POND_ERR_INVALID,
                             "'%.*s' has no column '%.*s', which &text names",
                             POND_SV_ARG(p->file.name), POND_SV_ARG(texts->items[i]));
    }
    return POND_OK;
}

pond_code text_types_find(text_plan *p, const text_scan *s, text_findings *out, pond_err *err) {
    size_t n = p->layout.n_columns;
    *out = (text_findings){.columns = POND_NEW_ARRAY(p->arena, pond_text_column, n)};
    POND_TRY(check_listed(p, err));
    for (size_t i = 0; i < n; i++) {
        const text_counts *c = &s->counts[i];
        out->columns[i] = (pond_text_column){
            .name = p->layout.columns[i].name,
            .unit = p->layout.columns[i].unit,
            .n_nulls = s->rows - count_values(c),
            .n_marked = c->n[TEXT_IS_MARKED],
            .n_values = count_values(c),
        };
        finding f = {.plan = p,
                     .counts = c,
                     .column = &out->columns[i],
                     .index = i,
                     .is_time = (ptrdiff_t)i == p->layout.time,
                     .all = out,
                     .arena = p->arena};
        POND_TRY(find_type(&f, err));
        count_blanks(p, c, &out->columns[i]);
    }
    return POND_OK;
}
