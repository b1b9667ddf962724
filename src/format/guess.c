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
    bool is_whole; // the sample is all of the file
    pond_guess *out;
    char said;       // the delimiter that the file itself says, as "sep=;"; else 0
    uint64_t n_said; // the lines that say it
    row_vec rows;    // by the delimiter that was chosen
    size_t first;    // where the table begins: names, units and values
    size_t end;      // behind its last row
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

// The header of a Sea-Bird CNV has the names of the columns, and the number for a bad value, in lines of
// its own: "# name 0 = timeJ: Julian Days", "# bad_flag = -9.990e-29".
static bool guess_seabird(guessing *g) {
    static const pond_sv name_of = {"# name ", 7}, flag_of = {"# bad_flag = ", 13};
    pond_sv rest = g->sample;
    uint64_t n = 0;
    bool has_end = false;
    if (!pond_sv_starts(g->sample, POND_SV("* Sea-Bird")))
        return false;
    for (pond_sv line; !has_end && pond_sv_split(&rest, '\n', &line); n++) {
        ptrdiff_t equals = pond_sv_find(line, POND_SV(" = "));
        pond_sv text = pond_sv_trim(pond_sv_sub(line, (size_t)(equals + 3), line.n));
        ptrdiff_t colon = pond_sv_find_char(text, ':');
        if (pond_sv_starts(line, name_of) && equals > 0)
            add(g, "columns", pond_sv_sub(text, 0, colon < 0 ? text.n : (size_t)colon));
        else if (pond_sv_starts(line, flag_of))
            add(g, "null", text);
        has_end = pond_sv_starts(line, POND_SV("*END*"));
    }
    add(g, "delimiter", POND_SV("blanks"));
    add(g, "has_header", POND_SV("false"));
    add(g, "skip", pond_svf(g->a, "%llu", (unsigned long long)n));
    return true;
}

// Delimiters --------------------------------------------------------------------------------------

// Spreadsheets write a first line "sep=;", which is no part of the table.
static void cut_said_delimiter(guessing *g) {
    pond_sv rest = g->sample, line;
    if (!pond_sv_split(&rest, '\n', &line))
        return;
    line = pond_sv_trim(line);
    if (line.n != 5 || !pond_sv_starts(line, POND_SV("sep=")))
        return;
    g->said = line.p[4];
    g->n_said = 1;
    g->sample = rest.p == NULL ? (pond_sv){"", 0} : rest;
}

static void read_rows(guessing *g, char delimiter, row_vec *out) {
    pond_record_form form = {
        .delimiter = delimiter, .quote = '"', .escape = '"', .comment = {"", 0}};
    pond_field *fields = pond_xmalloc(MOST_FIELDS * sizeof *fields);
    char *copy = pond_alloc_zero(g->a, g->sample.n + POND_RECORD_ROOM);
    memcpy(copy, g->sample.p, g->sample.n);
    pond_records r = {.form = &form,
                      .p = copy,
                      .end = copy + g->sample.n,
                      .line = 1 + g->n_said,
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

// A value that is still cut by what other files have as their delimiter is no value of a column.
static bool is_cut(pond_sv text, char delimiter) {
    return delimiter != '\0' && pond_sv_find_char(text, delimiter) >= 0;
}

static size_t count_values(const row *r, char delimiter) {
    static const char others[] = {';', '\t', '|'};
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) {
        bool is = looks_like_value(r->fields[i]);
        for (size_t k = 0; k < sizeof others && is; k++)
            is = others[k] == delimiter || !is_cut(r->fields[i], others[k]);
        n += is;
    }
    return n;
}

// Rows of one width, one after the other.
typedef struct run {
    size_t first, end;
    double score;
} run;

// A comment above the names may have as many fields as they have by chance.
static size_t skip_comments(const row_vec *rows, size_t first, size_t end) {
    size_t at = first;
    while (at < end && is_comment(&rows->items[at]))
        at++;
    bool is_above_names = at > first && at < end && !has_value(&rows->items[at]);
    return is_above_names ? at : first;
}

// The more values a run has, the more likely it is the table, and not what stands above it. With
// the right delimiter names are above the values.
static run run_at(const row_vec *rows, size_t first, char delimiter) {
    run r = {first, first, 0};
    bool has_names = false;
    for (; r.end < rows->n && rows->items[r.end].n == rows->items[first].n; r.end++) {
        size_t n = count_values(&rows->items[r.end], delimiter);
        has_names |= r.score == 0 && n == 0;
        r.score += (double)n;
    }
    if (rows->items[first].n < 2)
        r.score = 0;
    r.first = skip_comments(rows, first, r.end);
    r.score *= has_names ? 1.5 : 1;
    return r;
}

static run find_run(const row_vec *rows, char delimiter) {
    run best = {0};
    for (size_t i = 0; i < rows->n;) {
        run r = run_at(rows, i, delimiter);
        i = r.end;
        if (r.score > best.score)
            best = r;
    }
    return best;
}

static void guess_delimiter(guessing *g) {
    static const struct {
        char c;
        const char *option;
    } candidates[] = {{',', NULL}, {';', ";"}, {'\t', "tab"}, {'|', "|"}, {'\0', "blanks"}};
    double best = 0;
    const char *option = NULL;
    for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++) {
        row_vec rows = {0};
        if (g->said != '\0' && g->said != candidates[i].c)
            continue;
        read_rows(g, candidates[i].c, &rows);
        run r = find_run(&rows, candidates[i].c);
        if (candidates[i].c == '\0')
            r.score /= 2; // also texts of several words have blanks
        if (r.score <= best)
            continue;
        best = r.score;
        option = candidates[i].option;
        g->rows = rows;
        g->first = r.first;
        g->end = r.end;
        g->width = rows.items[r.first].n;
    }
    if (best <= 0) {
        read_rows(g, ',', &g->rows);
        g->width = 1;
        g->end = g->rows.n;
    }
    if (option != NULL)
        add(g, "delimiter", pond_sv_of(option));
}

// Rows above the run that are rows, too, of another width: to leave them out would lose values. The
// first one is often longer, with what is said once.
static void take_rows_above(guessing *g) {
    size_t at = g->first;
    if (at == 0 || !has_value(&g->rows.items[at]))
        return;
    const row *above = &g->rows.items[at - 1];
    if (is_comment(above) || above->n < 2 || above->n * 2 < g->width ||
        count_values(above, '\0') * 2 < above->n)
        return;
    while (at > 0 && g->rows.items[at - 1].n == above->n)
        at--;
    g->first = at;
    if (above->n > g->width)
        add(g, "short_rows", POND_SV("true"));
    g->width = above->n;
}

// Lines -------------------------------------------------------------------------------------------

static bool is_number(pond_sv text, pond_number_form form) {
    pond_written_number n;
    double word;
    text = pond_sv_trim(text);
    return pond_number_read(text, form, &n) || pond_number_word(text, &word);
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
    while (at < g->end && is_partly_empty(&g->rows.items[at]))
        at++;
    bool is_found = at > g->first && at + 1 < g->end && !has_value(&g->rows.items[at]) &&
                    has_value(&g->rows.items[g->first]);
    if (is_found)
        g->first = at;
}

// Others have rows with numbers there: the last rows without any are the names, or names and units.
static void find_last_names(guessing *g) {
    enum { MOST_ABOVE = 12 };
    size_t last = g->first;
    if (g->first == g->end || !has_value(&g->rows.items[g->first]))
        return;
    for (size_t i = g->first + 1; i + 1 < g->end && i < g->first + MOST_ABOVE; i++)
        if (!has_value(&g->rows.items[i]) && has_value(&g->rows.items[i + 1]))
            last = i;
    if (last == g->first)
        return;
    bool has_units = last > g->first + 1 && !has_value(&g->rows.items[last - 1]);
    g->first = has_units ? last - 1 : last;
}

// Lines above the names: comments if they all begin alike, else lines to skip.
static void guess_top(guessing *g) {
    size_t n_comments = 0;
    if (g->rows.n == 0 && g->n_said > 0)
        add(g, "skip", POND_SV("1"));
    if (g->rows.n == 0 || g->first >= g->rows.n || g->rows.items[g->first].line == 1)
        return;
    while (n_comments < g->first && is_comment(&g->rows.items[n_comments]))
        n_comments++;
    bool is_all = g->first > 0 && n_comments == g->first && g->n_said == 0 &&
                  !is_comment(&g->rows.items[g->first]);
    if (is_all)
        add(g, "comment", POND_SV("#"));
    else
        add(g, "skip",
            pond_svf(g->a, "%llu", (unsigned long long)g->rows.items[g->first].line - 1));
}

static pond_sv first_word(const row *r) {
    pond_sv text = r->n > 0 ? r->fields[0] : (pond_sv){"", 0};
    ptrdiff_t blank = pond_sv_find_char(text, ' ');
    return blank < 0 ? text : pond_sv_sub(text, 0, (size_t)blank);
}

// A line at the end of the file that is no row: "END OF DATA FILE". It can be left out by how it
// begins, unless rows begin so, too.
static void guess_bottom(guessing *g) {
    if (!g->is_whole || g->rows.n == MOST_ROWS || g->end + 1 != g->rows.n || g->first >= g->end ||
        has_value(&g->rows.items[g->end]))
        return;
    pond_sv word = first_word(&g->rows.items[g->end]);
    bool is_alone = word.n > 0 && !looks_like_value(word);
    for (size_t i = g->first; i < g->end; i++)
        is_alone &= !pond_sv_starts(first_word(&g->rows.items[i]), word);
    for (size_t i = 0; i < g->out->options.n; i++) // there can be one
        is_alone &= !pond_sv_is(g->out->options.items[i].key, "comment");
    if (!is_alone)
        return;
    add(g, "comment", word);
    add_note(g, pond_svf(g->a, "line %llu, at the end, is no row, and left out: '%.*s…'",
                         (unsigned long long)g->rows.items[g->end].line, POND_SV_ARG(word)));
}

// The names, the units below them, and the first row with values.
static size_t guess_names(guessing *g) {
    size_t at = g->first;
    if (at >= g->end || has_value(&g->rows.items[at])) {
        add(g, "has_header", POND_SV("false"));
        return at;
    }
    at++;
    if (at + 1 < g->end && !has_value(&g->rows.items[at]) && has_value(&g->rows.items[at + 1])) {
        add(g, "units", pond_svf(g->a, "%llu", (unsigned long long)g->rows.items[at].line));
        at++;
    }
    return at;
}

// Numbers -----------------------------------------------------------------------------------------

static const char *const null_words[] = {"NA",   "N/A", "n/a",  "#N/A",    "NULL",    "null",
                                         "None", "?",   "ND",   "MISSING", "missing", "M",
                                         "MM",   "ERR", "OVER", "Error",   "NaN",     "."};

// Of any length: "*****".
static bool is_filled_with(pond_sv text, char c) {
    size_t n = 0;
    while (n < text.n && text.p[n] == c)
        n++;
    return n > 0 && n == text.n;
}

static bool is_null_word(pond_sv text) {
    if (is_filled_with(text, '*') || is_filled_with(text, '-'))
        return true;
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
    for (size_t i = begin; i < g->end; i++) {
        const row *r = &g->rows.items[i];
        pond_sv text = column < r->n ? pond_sv_trim(r->fields[column]) : (pond_sv){"", 0};
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
        for (size_t i = begin; i < g->end; i++) {
            const row *r = &g->rows.items[i];
            pond_sv text = c < r->n ? pond_sv_trim(r->fields[c]) : (pond_sv){"", 0};
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

void pond_guess_layout(pond_arena *a, pond_sv sample, bool is_whole, pond_guess *out) {
    guessing g = {.a = a, .sample = sample, .is_whole = is_whole, .out = out};
    *out = (pond_guess){0};
    if (pond_sv_starts(sample, POND_SV("\xEF\xBB\xBF")))
        g.sample = pond_sv_sub(sample, 3, sample.n);
    guess_charset(&g);
    if (guess_preset(&g) || guess_seabird(&g))
        return;
    cut_said_delimiter(&g);
    guess_delimiter(&g);
    take_rows_above(&g);
    find_names(&g);
    find_last_names(&g);
    guess_top(&g);
    guess_bottom(&g);
    size_t begin = guess_names(&g);
    pond_number_form form = guess_numbers(&g, begin);
    guess_nulls(&g, begin, form);
}
