// Guessing: which delimiter cuts the most lines alike, where the names are, how numbers are written.
#include "format/guess.h"

#include "format/presets.h"

#include <stdlib.h>
#include <strings.h>

enum { MOST_FIELDS = 4096, MOST_ROWS = 2000 };

typedef struct row {
    pond_sv *fields;
    size_t n;
    uint64_t line;
} row;
typedef POND_VEC(row) row_vec;

typedef struct guessing {
    pond_arena *a;
    pond_sv sample;
    pond_guess *out;
    row_vec rows; // by the delimiter that was chosen
    size_t first; // the first one of them that is as wide as most
    size_t width;
} guessing;

static void add(guessing *g, const char *key, pond_sv value) {
    *pond_vec_push(g->a, &g->out->options) = (pond_pair){pond_sv_of(key), pond_sv_dup(g->a, value)};
}

static void add_note(guessing *g, pond_sv text) {
    *pond_vec_push(g->a, &g->out->notes) = text;
}

// Charset -----------------------------------------------------------------------------------------

static void guess_charset(guessing *g) {
    if (pond_utf8_find_bad(g->sample) < 0)
        return;
    bool is_windows = false; // latin1 has control characters there, which nobody writes
    for (size_t i = 0; i < g->sample.n; i++)
        is_windows |= (unsigned char)g->sample.p[i] >= 0x80 && (unsigned char)g->sample.p[i] < 0xa0;
    add(g, "encoding", is_windows ? POND_SV("windows-1252") : POND_SV("latin1"));
    add_note(g, POND_SV("the bytes are not UTF-8; check that names and units are right in this "
                        "charset"));
}

// Presets -----------------------------------------------------------------------------------------

static bool has(pond_sv text, const char *what) {
    return pond_sv_find(text, pond_sv_of(what)) >= 0;
}

static bool guess_preset(guessing *g) {
    pond_sv first = pond_sv_sub(g->sample, 0, 200);
    ptrdiff_t end = pond_sv_find_char(first, '\n');
    first = end < 0 ? first : pond_sv_sub(first, 0, (size_t)end);
    const char *name = has(first, "TOA5")         ? "toa5"
                       : has(first, "Plot Title") ? "hobo"
                       : pond_sv_starts(first, POND_SV("#")) && has(g->sample, "agency_cd") &&
                               has(g->sample, "site_no")
                           ? "rdb"
                       : pond_sv_starts(first, POND_SV("#YY")) ? "ndbc"
                                                               : NULL;
    if (name != NULL)
        add(g, "preset", pond_sv_of(name));
    return name != NULL;
}

// Delimiters --------------------------------------------------------------------------------------

static void read_rows(guessing *g, char delimiter, row_vec *out) {
    pond_record_form form = {
        .delimiter = delimiter, .quote = '"', .escape = '"', .comment = {"", 0}};
    pond_field *fields = pond_xmalloc(MOST_FIELDS * sizeof *fields);
    char *copy = pond_alloc_zero(g->a, g->sample.n + POND_RECORD_ROOM);
    memcpy(copy, g->sample.p, g->sample.n);
    pond_records r = {.form = &form,
                      .p = copy,
                      .end = copy + g->sample.n,
                      .line = 1,
                      .fields = fields,
                      .cap = MOST_FIELDS};
    while (out->n < MOST_ROWS && pond_record_next(&r) == POND_RECORD) {
        size_t n = r.n < MOST_FIELDS ? r.n : MOST_FIELDS;
        row *to = pond_vec_push(g->a, out);
        *to = (row){POND_NEW_ARRAY(g->a, pond_sv, n), n, r.at_line};
        for (size_t i = 0; i < n; i++)
            to->fields[i] = (pond_sv){r.fields[i].p, r.fields[i].n};
    }
    free(fields);
}

static bool is_comment(const row *r) {
    return r->n > 0 && r->fields[0].n > 0 && r->fields[0].p[0] == '#';
}

// How many rows at the top are comments.
static size_t count_comments(const row_vec *rows) {
    size_t n = 0;
    while (n < rows->n && is_comment(&rows->items[n]))
        n++;
    return n;
}

// The number of fields that most rows have, and how many rows have it.
static size_t find_width(const row_vec *rows, size_t *n_rows) {
    size_t best = 0;
    *n_rows = 0;
    for (size_t i = count_comments(rows); i < rows->n; i++) {
        size_t n = 0;
        for (size_t j = count_comments(rows); j < rows->n; j++)
            n += rows->items[j].n == rows->items[i].n;
        if (n > *n_rows) {
            *n_rows = n;
            best = rows->items[i].n;
        }
        if (n * 2 > rows->n)
            break;
    }
    return best;
}

// A delimiter that leaves a title out is better than one that leaves the names out, so rows above
// the first one of the common width count against it.
static bool guess_delimiter(guessing *g) {
    static const struct {
        char c;
        const char *option;
    } candidates[] = {{',', NULL}, {';', ";"}, {'\t', "tab"}, {'|', "|"}, {'\0', "blanks"}};
    double best = 0;
    const char *option = NULL;
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        row_vec rows = {0};
        size_t n_rows;
        read_rows(g, candidates[i].c, &rows);
        size_t width = find_width(&rows, &n_rows), top = count_comments(&rows), first = top;
        while (first < rows.n && rows.items[first].n != width)
            first++;
        double score = width < 2 || top == rows.n ? 0
                                                  : ((double)n_rows - 2.0 * (double)(first - top)) /
                                                        (double)(rows.n - top);
        if (candidates[i].c == '\0')
            score /= 2; // also texts of several words have blanks
        if (score <= best)
            continue;
        best = score;
        option = candidates[i].option;
        g->rows = rows;
        g->first = first;
        g->width = width;
    }
    if (best <= 0) {
        read_rows(g, ',', &g->rows);
        g->width = 1;
        return false;
    }
    if (option != NULL)
        add(g, "delimiter", pond_sv_of(option));
    return true;
}

// Lines -------------------------------------------------------------------------------------------

static bool is_number(pond_sv text, pond_number_form form) {
    pond_written_number n;
    double word;
    text = pond_sv_trim(text);
    return pond_number_read(text, form, &n) || pond_number_word(text, &word);
}

// Numbers and times: what a name or a unit is not.
static bool looks_like_value(pond_sv text) {
    size_t n_digits = 0;
    for (size_t i = 0; i < text.n; i++)
        n_digits += text.p[i] >= '0' && text.p[i] <= '9';
    return n_digits > 0 && n_digits * 2 >= text.n;
}

static bool has_value(const row *r) {
    for (size_t i = 0; i < r->n; i++)
        if (looks_like_value(r->fields[i]))
            return true;
    return false;
}

static bool is_partly_empty(const row *r) {
    for (size_t i = 0; i < r->n; i++)
        if (pond_sv_trim(r->fields[i]).n == 0)
            return true;
    return false;
}

// Above the names of some makers are rows about the columns, such as means and serial numbers. They
// are as wide as the others, but no name of a column is missing in the row of the names.
static void find_names(guessing *g) {
    size_t at = g->first;
    while (at < g->rows.n && g->rows.items[at].n == g->width && is_partly_empty(&g->rows.items[at]))
        at++;
    bool is_found = at > g->first && at + 1 < g->rows.n && g->rows.items[at].n == g->width &&
                    !has_value(&g->rows.items[at]) && has_value(&g->rows.items[g->first]);
    if (is_found)
        g->first = at;
}

// Lines above the names: comments if they all begin alike, else lines to skip.
static void guess_top(guessing *g) {
    if (g->first == 0 || g->first >= g->rows.n)
        return;
    if (count_comments(&g->rows) == g->first)
        add(g, "comment", POND_SV("#"));
    else
        add(g, "skip",
            pond_svf(g->a, "%llu", (unsigned long long)g->rows.items[g->first].line - 1));
}

// The names, the units below them, and the first row with values.
static size_t guess_names(guessing *g) {
    size_t at = g->first;
    if (at >= g->rows.n || has_value(&g->rows.items[at])) {
        add(g, "has_header", POND_SV("false"));
        return at;
    }
    at++;
    if (at + 1 < g->rows.n && !has_value(&g->rows.items[at]) && has_value(&g->rows.items[at + 1])) {
        add(g, "units", pond_svf(g->a, "%llu", (unsigned long long)g->rows.items[at].line));
        at++;
    }
    return at;
}

// Numbers -----------------------------------------------------------------------------------------

static const char *const null_words[] = {
    "NA", "N/A", "n/a",     "#N/A",    "NULL", "null", "None", "-",    "--",    "---", "*", "***",
    "?",  "ND",  "MISSING", "missing", "M",    "MM",   "ERR",  "OVER", "Error", "NaN", "."};

static bool is_null_word(pond_sv text) {
    for (size_t i = 0; i < sizeof null_words / sizeof *null_words; i++)
        if (pond_sv_is(text, null_words[i]))
            return true;
    return false;
}

// How many of a column's fields are numbers, of how many that are not empty and no word for NULL.
static size_t count_numbers(const guessing *g, size_t begin, size_t column, pond_number_form form,
                            size_t *n_values) {
    size_t n = 0;
    *n_values = 0;
    for (size_t i = begin; i < g->rows.n; i++) {
        const row *r = &g->rows.items[i];
        pond_sv text = r->n == g->width ? pond_sv_trim(r->fields[column]) : (pond_sv){"", 0};
        if (text.n == 0 || is_null_word(text))
            continue;
        ++*n_values;
        n += is_number(text, form);
    }
    return n;
}

static size_t count_numeric_columns(const guessing *g, size_t begin, pond_number_form form) {
    size_t n = 0;
    for (size_t c = 0; c < g->width; c++) {
        size_t n_values, n_numbers = count_numbers(g, begin, c, form, &n_values);
        n += n_values > 0 && n_numbers == n_values;
    }
    return n;
}

static pond_number_form guess_numbers(guessing *g, size_t begin) {
    static const pond_number_form forms[] = {
        {'.', '\0'}, {',', '\0'}, {',', '.'}, {'.', ','}, {',', ' '}};
    pond_number_form best = forms[0];
    size_t most = count_numeric_columns(g, begin, best);
    for (size_t i = 1; i < sizeof forms / sizeof *forms; i++) {
        size_t n = count_numeric_columns(g, begin, forms[i]);
        if (n > most) {
            most = n;
            best = forms[i];
        }
    }
    if (best.decimal != '.')
        add(g, "decimal", (pond_sv){&best.decimal, 1});
    if (best.thousands != '\0')
        add(g, "thousands", (pond_sv){&best.thousands, 1});
    return best;
}

static void add_null(guessing *g, pond_sv text) {
    for (size_t i = 0; i < g->out->options.n; i++)
        if (pond_sv_is(g->out->options.items[i].key, "null") &&
            pond_sv_eq(g->out->options.items[i].value, text))
            return;
    add(g, "null", text);
}

// -999, -9999.0, …: nines that no sensor says.
static bool is_sentinel(pond_sv text) {
    size_t n_nines = 0;
    if (text.n < 4 || text.p[0] != '-')
        return false;
    for (size_t i = 1; i < text.n; i++) {
        n_nines += text.p[i] == '9';
        if (text.p[i] != '9' && text.p[i] != '.' && text.p[i] != '0')
            return false;
    }
    return n_nines >= 3;
}

static void guess_nulls(guessing *g, size_t begin, pond_number_form form) {
    for (size_t c = 0; c < g->width; c++) {
        size_t n_values, n_numbers = count_numbers(g, begin, c, form, &n_values), n_sentinels = 0;
        pond_sv sentinel = {"", 0};
        if (n_numbers == 0 || n_numbers * 2 < n_values)
            continue;
        for (size_t i = begin; i < g->rows.n; i++) {
            const row *r = &g->rows.items[i];
            pond_sv text = r->n == g->width ? pond_sv_trim(r->fields[c]) : (pond_sv){"", 0};
            if (is_null_word(text))
                add_null(g, text);
            if (is_sentinel(text)) {
                n_sentinels++;
                sentinel = text;
            }
        }
        if (n_sentinels > 0)
            add_note(g, pond_svf(g->a,
                                 "column %zu has '%.*s' (%zu in the first rows); if that means a "
                                 "missing value, add &null=%.*s",
                                 c + 1, POND_SV_ARG(sentinel), n_sentinels, POND_SV_ARG(sentinel)));
    }
}

void pond_guess_layout(pond_arena *a, pond_sv sample, pond_guess *out) {
    guessing g = {.a = a, .sample = sample, .out = out};
    *out = (pond_guess){0};
    if (pond_sv_starts(sample, POND_SV("\xEF\xBB\xBF")))
        g.sample = pond_sv_sub(sample, 3, sample.n);
    guess_charset(&g);
    if (guess_preset(&g))
        return;
    (void)guess_delimiter(&g);
    find_names(&g);
    guess_top(&g);
    size_t begin = guess_names(&g);
    pond_number_form form = guess_numbers(&g, begin);
    guess_nulls(&g, begin, form);
}
