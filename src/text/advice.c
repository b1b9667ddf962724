// Advice: which columns of a text without a column of times could be times, and how to say so.
#include "text/plan.h"

#include "text/scan.h"

#include <strings.h>
#include <unistd.h>

static bool is_time(pond_text_type t) {
    return t == POND_TEXT_TIME || t == POND_TEXT_TIME_NS || t == POND_TEXT_INSTANT;
}

// Whether numbers in a column may count seconds: only what its name says.
static bool may_be_epoch(pond_sv name) {
    return pond_sv_has_nocase(name, "time") || pond_sv_has_nocase(name, "epoch") ||
           pond_sv_has_nocase(name, "date") ||
           (name.n > 0 && strncasecmp(name.p, "ts", name.n) == 0);
}

// Columns that may be times: each one by itself, and dates beside times of day.
typedef struct candidate {
    text_column column;
    size_t at;      // of its first column
    pond_sv option; // "Date+Time"
    pond_when_guess *guess;
    pond_buf forms; // that fit; empty: none
} candidate;
typedef POND_VEC(candidate) candidate_vec;

static bool same_word(pond_sv name, const char *word) {
    return name.n == strlen(word) && strncasecmp(name.p, word, name.n) == 0;
}

static bool has_name(const text_column *c, const char *word) {
    return pond_sv_has_nocase(c->name, word);
}

// A date and the time of day: by what they hold, or, of what looks like numbers, by their names.
static bool may_be_joined(const pond_text *t, size_t date, size_t clock) {
    const text_column *c = text_plan_of(t)->layout.columns;
    pond_text_type d = pond_text_facts_of(t)->columns[date].type,
                   k = pond_text_facts_of(t)->columns[clock].type;
    bool is_named = has_name(&c[date], "date") && has_name(&c[clock], "time");
    bool may_be_number = is_named || text_plan_of(t)->layout.header == NULL;
    return c[date].joined == NULL && c[clock].joined == NULL &&
           (d == POND_TEXT_TEXT || d == POND_TEXT_DATE || (d == POND_TEXT_INT && may_be_number)) &&
           (k == POND_TEXT_TEXT || (k == POND_TEXT_INT && is_named));
}

static void add_joined(const pond_text *t, pond_arena *a, const size_t *at, size_t n,
                       candidate_vec *out) {
    const text_column *c = text_plan_of(t)->layout.columns;
    candidate j = {.column = c[at[0]], .at = at[0], .guess = pond_when_guess_new(a)};
    size_t *joined = POND_NEW_ARRAY(a, size_t, n);
    pond_buf option = POND_BUF_EMPTY;
    for (size_t i = 0; i < n; i++) {
        joined[i] = c[at[i]].field;
        pond_buf_printf(&option, "%s%.*s", i == 0 ? "" : "+", POND_SV_ARG(c[at[i]].name));
    }
    j.column.joined = joined;
    j.column.n_joined = n;
    j.option = pond_buf_keep(a, &option);
    *pond_vec_push(a, out) = j;
}

// Year, month, day and hour, and maybe minute and second, each in its own column that is called so. Without
// such names a number beside them would be taken for one of them.
enum { MOST_PARTS = 6, LEAST_PARTS = 4 };

static bool is_part_name(pond_sv name, size_t part) {
    static const char *const words[MOST_PARTS][4] = {
        {"year", "yyyy", "yy", "yr"},  {"month", "mon", "mo", "mm"},  {"day", "dd", "dy", "d"},
        {"hour", "hours", "hh", "hr"}, {"minute", "min", "mn", "mm"}, {"second", "sec", "ss", "s"},
    };
    for (size_t i = 0; i < 4; i++)
        if (same_word(name, words[part][i]))
            return true;
    return false;
}

static void add_parts(const pond_text *t, pond_arena *a, size_t first, candidate_vec *out) {
    const text_layout *l = &text_plan_of(t)->layout;
    size_t at[MOST_PARTS], n = 0;
    for (; n < MOST_PARTS && first + n < l->n_columns; n++) {
        const text_column *c = &l->columns[first + n];
        if (pond_text_facts_of(t)->columns[first + n].type != POND_TEXT_INT || c->joined != NULL ||
            !is_part_name(c->bare, n))
            break;
        at[n] = first + n;
    }
    if (n >= LEAST_PARTS)
        add_joined(t, a, at, n, out);
}

static void find_candidates(const pond_text *t, pond_arena *a, candidate_vec *out) {
    const text_layout *l = &text_plan_of(t)->layout;
    for (size_t i = 0; i < l->n_columns; i++) {
        const text_column *c = &l->columns[i];
        const pond_text_column *found = &pond_text_facts_of(t)->columns[i];
        bool is_text = found->type == POND_TEXT_TEXT && found->n_values > 0;
        bool is_count = (found->type == POND_TEXT_INT || found->type == POND_TEXT_FLOAT) &&
                        (may_be_epoch(c->name) || (l->header == NULL && i == 0));
        if ((is_text || is_count) && c->joined == NULL)
            *pond_vec_push(a, out) = (candidate){
                .column = *c, .at = i, .option = c->name, .guess = pond_when_guess_new(a)};
        for (size_t k = 0; k < l->n_columns; k++) {
            bool is_beside = k == i + 1 || k + 1 == i;
            bool is_named = has_name(c, "date") && has_name(&l->columns[k], "time") &&
                            !has_name(&l->columns[k], "date");
            if (k != i && (is_beside || is_named) && may_be_joined(t, i, k))
                add_joined(t, a, (size_t[]){i, k}, 2, out);
        }
        add_parts(t, a, i, out);
    }
}

static pond_code show_block(const text_plan *p, int fd, const text_block *b,
                            const candidate_vec *all, pond_err *err) {
    pond_arena own;
    pond_arena_init(&own);
    char *bytes = pond_alloc_zero(&own, (size_t)b->n + POND_RECORD_ROOM);
    pond_buf room = POND_BUF_EMPTY;
    pond_records r = {.form = &p->options->form,
                      .p = bytes,
                      .end = bytes + b->n,
                      .fields = POND_NEW_ARRAY(&own, pond_field, p->layout.n_fields + 1),
                      .cap = p->layout.n_fields + 1};
    pond_code rc = text_file_read(&p->file, fd, b->offset, bytes, (size_t)b->n, err);
    pond_record_result result;
    while (rc == POND_OK && (result = pond_record_next(&r)) != POND_RECORDS_END) {
        bool is_header, is_quoted;
        rc = text_check_record(p, b, &r, result, &is_header, err);
        for (size_t i = 0; rc == POND_OK && !is_header && i < all->n; i++) {
            pond_sv text =
                pond_sv_trim(text_field_of(&all->items[i].column, &r, &room, &is_quoted));
            if (text.n > 0)
                pond_when_guess_add(all->items[i].guess, text);
        }
    }
    pond_buf_free(&room);
    pond_arena_deinit(&own);
    return rc;
}

static void write_candidate(const candidate *c, pond_buf *out) {
    bool is_named = false;
    for (size_t i = 0; pond_text_time_name(i) != NULL; i++)
        is_named |= pond_sv_is(c->option, pond_text_time_name(i));
    if (is_named) {
        pond_buf_printf(out, "  '%.*s' can be read as times; add to the URL:\n%s",
                        POND_SV_ARG(c->option), c->forms.p);
        return;
    }
    pond_buf_printf(out, "  '%.*s' can be read as times; add ?time=", POND_SV_ARG(c->option));
    pond_buf_url_value(out, c->option);
    pond_buf_printf(out, " to the URL, and to that:\n%s", c->forms.p);
}

// Whether n columns from this one on are only a part of more that are times together: a date without
// its time of day would give other times.
static bool is_part(const candidate_vec *all, size_t at, size_t n) {
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].column.n_joined > n && all->items[i].at == at &&
            all->items[i].forms.n > 0)
            return true;
    return false;
}

// Columns that have times already, under a name that does not say so.
static bool advise_typed(const pond_text *t, const candidate_vec *all, pond_buf *out) {
    bool found = false;
    for (size_t i = 0; i < pond_text_facts_of(t)->n_columns; i++) {
        const pond_text_column *c = &pond_text_facts_of(t)->columns[i];
        if ((!is_time(c->type) && c->type != POND_TEXT_DATE) || is_part(all, i, 1))
            continue;
        found = true;
        pond_buf_printf(out, "  '%.*s' has %s; add ?time=", POND_SV_ARG(c->name),
                        c->type == POND_TEXT_DATE ? "days" : "times");
        pond_buf_url_value(out, c->name);
        pond_buf_str(out, " to the URL\n");
    }
    return found;
}

static bool advise_candidates(const candidate_vec *all, pond_buf *out) {
    bool found = false;
    for (size_t i = 0; i < all->n; i++) {
        const candidate *c = &all->items[i];
        size_t n = c->column.joined == NULL ? 1 : c->column.n_joined;
        if (c->forms.n > 0 && !is_part(all, c->at, n))
            write_candidate(c, out);
        found |= c->forms.n > 0;
    }
    return found;
}

pond_code pond_text_advise_time(const pond_text *t, pond_buf *out, bool *is_advice, pond_err *err) {
    const text_plan *p = text_plan_of(t);
    pond_arena a;
    candidate_vec all = {0};
    int fd;
    *is_advice = false;
    POND_TRY(text_file_open(&p->file, &fd, err));
    pond_arena_init(&a);
    find_candidates(t, &a, &all);
    pond_code rc = POND_OK;
    for (size_t i = 0; rc == POND_OK && all.n > 0 && i < p->blocks.n; i++)
        rc = show_block(p, fd, &p->blocks.items[i], &all, err);
    for (size_t i = 0; rc == POND_OK && i < all.n; i++)
        (void)pond_when_guess_write(all.items[i].guess, &all.items[i].forms);
    if (rc == POND_OK) {
        *is_advice |= advise_typed(t, &all, out);
        *is_advice |= advise_candidates(&all, out);
    }
    for (size_t i = 0; i < all.n; i++)
        pond_buf_free(&all.items[i].forms);
    pond_arena_deinit(&a);
    close(fd); // nothing was written
    return rc;
}
