// xlsx: a sheet of an Excel workbook as rows.
//
// Numbers, truth values and texts are what the cells hold, not what they show; of numbers only the
// format says whether they are times. One row of the sheet is one line of the CSV that the text room
// reads, so that the lines in its messages are rows of the sheet.
#include "format/format.h"
#include "format/rows.h"
#include "format/sheet.h"
#include "format/text_options.h"

typedef struct xlsx_config {
    pond_text_options text; // the first member: a pond_reader's options are it
    pond_sv sheet, range;
    int64_t skip, header, units;
    // What `range` says, with rows from 1 and columns from 0, the last ones included.
    format_place first, last;
    bool has_columns; // it says columns, too
} xlsx_config;

static const pond_option rows[] = {
    POND_OPTION("sheet", POND_OPT_TEXT, xlsx_config, sheet, .value = "NAME",
                .help = "the sheet, by its name or by its number, from 1 (default: the first one)"),
    POND_OPTION("range", POND_OPT_TEXT, xlsx_config, range, .value = "FIRST:LAST",
                .help = "the cells that are read, the names of the columns included: `B3:F900`, "
                        "`B3:F` for all rows from the third, `B:F` for whole columns"),
    POND_OPTION("skip", POND_OPT_INT, xlsx_config, skip, .min = 0, .max = FORMAT_SHEET_ROWS,
                .value = "N", .help = "number of rows at the top that are left out"),
    POND_OPTION("header", POND_OPT_INT, xlsx_config, header, .min = 1, .max = FORMAT_SHEET_ROWS,
                .value = "ROW",
                .help = "the row of the names, as the sheet counts; those above it are left out "
                        "(default: the first one that is not empty)"),
    POND_OPTION("units", POND_OPT_INT, xlsx_config, units, .min = 1, .max = FORMAT_SHEET_ROWS,
                .value = "ROW", .help = "the row of the units: a column is then called NAME.UNIT"),
    POND_OPTION("columns", POND_OPT_TEXTS, xlsx_config, text.columns, .value = "NAME",
                .help = "the names of the columns, in order, instead of those in the sheet; "
                        "repeatable"),
    FORMAT_NULL_OPTION(xlsx_config, text),
    FORMAT_TIME_OPTIONS(xlsx_config, text),
};
static const pond_options options = POND_OPTIONS("xlsx", rows);

// Tables ------------------------------------------------------------------------------------------

typedef struct texts {
    pond_sv *items; // by columns of the sheet
    size_t n;
} texts;

// A table of a sheet: a row of names, maybe one of units, and rows.
typedef struct table {
    const xlsx_config *config;
    const format_sheet *sheet;
    pond_sv name;
    pond_arena *arena;
    format_rows *out;
    texts names, units;
    int64_t names_row; // 0: not yet
    bool is_begun;     // the names are written
    size_t first, end; // the columns
    int64_t next_row;  // that the next line of the CSV stands for
} table;

static pond_code fail_at(const table *t, int64_t row, pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static pond_code fail_at(const table *t, int64_t row, pond_err *err, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pond_vfail_at(err, POND_ERR_INVALID, t->name.p, t->name.n, (uint64_t)row, 0, fmt, args);
    va_end(args);
    return POND_ERR_INVALID;
}

// A name that is written in several lines of its cell has them for its looks only.
static pond_sv join_lines(pond_arena *a, pond_sv text) {
    char *p = pond_cstr(a, text);
    for (size_t i = 0; i < text.n; i++)
        if (p[i] == '\n' || p[i] == '\r')
            p[i] = ' ';
    return (pond_sv){p, text.n};
}

static texts keep_texts(const table *t, const format_sheet_row *row) {
    texts out = {.n = row->n < t->config->last.column + 1 ? row->n : t->config->last.column + 1};
    out.items = POND_NEW_ARRAY(t->arena, pond_sv, out.n + 1);
    for (size_t i = 0; i < out.n; i++) {
        bool is_in = i >= t->config->first.column && row->cells[i].kind != FORMAT_CELL_EMPTY;
        out.items[i] = is_in ? join_lines(t->arena, row->cells[i].text) : (pond_sv){"", 0};
    }
    return out;
}

static bool has_any(const texts *t) {
    for (size_t i = 0; i < t->n; i++)
        if (t->items[i].n > 0)
            return true;
    return false;
}

// The columns are those of the range, or those from the first name to the last.
static void find_columns(table *t) {
    const xlsx_config *c = t->config;
    t->first = c->first.column;
    t->end = c->has_columns ? c->last.column + 1 : t->names.n;
    while (!c->has_columns && t->names.items[t->end - 1].n == 0)
        t->end--;
    while (!c->has_columns && t->names.items[t->first].n == 0)
        t->first++;
}

static pond_code write_texts(const table *t, const texts *line, pond_err *err) {
    for (size_t i = t->first; i < t->end; i++)
        POND_TRY(format_rows_text(t->out, i < line->n ? line->items[i] : (pond_sv){"", 0}, err));
    return format_rows_end(t->out, err);
}

// The line of the names stands for no row; that of the units stands for one.
static pond_code begin(table *t, pond_err *err) {
    t->is_begun = true;
    t->next_row = 1;
    find_columns(t);
    POND_TRY(write_texts(t, &t->names, err));
    if (t->config->units == 0)
        return POND_OK;
    t->next_row++;
    return write_texts(t, &t->units, err);
}

static pond_code no_text(const table *t, int64_t row, const char *option, pond_err *err) {
    return pond_fail(err, POND_ERR_INVALID,
                     "'%.*s': sheet '%.*s' has no text in row %lld, which &%s names",
                     POND_SV_ARG(t->name), POND_SV_ARG(t->sheet->name), (long long)row, option);
}

// A row above the rows of the table: the names, the units, or neither.
static void look_at_top(table *t, const format_sheet_row *row) {
    const xlsx_config *c = t->config;
    texts line = keep_texts(t, row);
    if (row->number == c->units)
        t->units = line;
    else if (t->names_row == 0 && row->number >= c->first.row + c->skip && has_any(&line) &&
             (c->header == 0 || row->number == c->header)) {
        t->names = line;
        t->names_row = row->number;
    }
}

static const char *column_name(size_t column, char out[FORMAT_PLACE_ROOM]) {
    return format_place_name((format_place){0, column}, out);
}

// A value beside the table would get lost.
static pond_code check_beside(const table *t, const format_sheet_row *row, pond_err *err) {
    char place[FORMAT_PLACE_ROOM], first[FORMAT_PLACE_ROOM], names[FORMAT_PLACE_ROOM];
    char wide[FORMAT_PLACE_ROOM], narrow[FORMAT_PLACE_ROOM];
    const xlsx_config *c = t->config;
    for (size_t i = c->first.column; i < row->n && i <= c->last.column; i++) {
        if (row->cells[i].kind == FORMAT_CELL_EMPTY || (i >= t->first && i < t->end))
            continue;
        fail_at(t, row->number, err, "cell %s has '%.*s', and its column has no name in row %lld",
                format_place_name((format_place){row->number, i}, place),
                POND_SV_ARG(row->cells[i].text), (long long)t->names_row);
        format_place_name((format_place){t->names_row, i < t->first ? i : t->first}, first);
        format_place_name((format_place){t->names_row, t->first}, names);
        pond_err_detail(err,
                        "  &range=%s:%s reads it as a column without a name; &range=%s:%s reads "
                        "those with names alone",
                        first, column_name(i < t->first ? t->end - 1 : i, wide), names,
                        column_name(t->end - 1, narrow));
        return POND_ERR_INVALID;
    }
    return POND_OK;
}

static pond_code write_cell(const table *t, const format_cell *cell, pond_err *err) {
    switch (cell->kind) {
    case FORMAT_CELL_TEXT:
        return format_rows_text(t->out, cell->text, err);
    case FORMAT_CELL_PLAIN:
        format_rows_plain(t->out, cell->text);
        return POND_OK;
    default:
        format_rows_null(t->out);
        return POND_OK;
    }
}

static pond_code write_row(table *t, const format_sheet_row *row, pond_err *err) {
    bool is_empty = true;
    for (size_t i = t->first; i < row->n && i < t->end; i++)
        is_empty &= row->cells[i].kind == FORMAT_CELL_EMPTY;
    POND_TRY(check_beside(t, row, err));
    if (is_empty)
        return POND_OK;
    for (; t->next_row < row->number; t->next_row++)
        pond_buf_char(&t->out->bytes, '\n');
    t->next_row++;
    for (size_t i = t->first; i < t->end; i++)
        if (i < row->n)
            POND_TRY(write_cell(t, &row->cells[i], err));
        else
            format_rows_null(t->out);
    return format_rows_end(t->out, err);
}

// Whether the names and the units are all above the row.
static pond_code check_top(const table *t, int64_t row, pond_err *err) {
    const xlsx_config *c = t->config;
    if (c->header > 0 && t->names_row == 0 && row > c->header)
        return no_text(t, c->header, "header", err);
    if (c->units > 0 && t->units.n == 0 && row > c->units)
        return no_text(t, c->units, "units", err);
    return POND_OK;
}

static pond_code take_row(void *user, const format_sheet_row *row, pond_err *err) {
    table *t = user;
    const xlsx_config *c = t->config;
    if (row->number > c->last.row || row->number < c->first.row)
        return POND_OK;
    POND_TRY(check_top(t, row->number, err));
    if (t->names_row == 0 || row->number <= c->units) {
        look_at_top(t, row);
        return POND_OK;
    }
    if (!t->is_begun)
        POND_TRY(begin(t, err));
    return write_row(t, row, err);
}

// A sheet may end with its names.
static pond_code end_table(table *t, pond_err *err) {
    POND_TRY(check_top(t, FORMAT_SHEET_ROWS + 1, err));
    if (t->names_row == 0)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s': sheet '%.*s' is empty: it has no header",
                         POND_SV_ARG(t->name), POND_SV_ARG(t->sheet->name));
    if (!t->is_begun)
        POND_TRY(begin(t, err));
    return format_rows_flush(t->out, err);
}

// Sheets ------------------------------------------------------------------------------------------

static void list_sheets(const format_workbook *w, const format_sheet *but, pond_buf *out) {
    enum { MOST = 20 };
    size_t n = 0;
    for (size_t i = 0; i < w->sheets.n; i++) {
        const format_sheet *s = &w->sheets.items[i];
        if (!s->is_worksheet || s == but)
            continue;
        if (n++ < MOST)
            pond_buf_printf(out, "%s'%.*s'", n == 1 ? "" : ", ", POND_SV_ARG(s->name));
    }
    if (n > MOST)
        pond_buf_printf(out, " and %zu more", n - MOST);
}

// The sheet with the name that the options say, or with the number, or the first one with cells.
static const format_sheet *choose_sheet(const format_workbook *w, pond_sv wanted) {
    int64_t number;
    for (size_t i = 0; i < w->sheets.n; i++) {
        const format_sheet *s = &w->sheets.items[i];
        if (wanted.n == 0 ? s->is_worksheet : pond_sv_eq(s->name, wanted))
            return s;
    }
    bool is_number = wanted.n > 0 && pond_sv_to_int(wanted, &number) && number >= 1 &&
                     (uint64_t)number <= w->sheets.n;
    return is_number ? &w->sheets.items[number - 1] : NULL;
}

static pond_code find_sheet(const format_workbook *w, pond_sv name, pond_sv wanted,
                            const format_sheet **out, pond_err *err) {
    pond_buf names = POND_BUF_EMPTY;
    *out = choose_sheet(w, wanted);
    if (*out != NULL && (*out)->is_worksheet)
        return POND_OK;
    list_sheets(w, NULL, &names);
    if (*out != NULL)
        pond_fail(err, POND_ERR_INVALID,
                  "'%.*s': sheet '%.*s' has no cells: it is a chart, or a macro", POND_SV_ARG(name),
                  POND_SV_ARG((*out)->name));
    else if (wanted.n > 0)
        pond_fail(err, POND_ERR_INVALID, "'%.*s' has no sheet '%.*s', which &sheet names",
                  POND_SV_ARG(name), POND_SV_ARG(wanted));
    else
        pond_fail(err, POND_ERR_INVALID, "'%.*s' has no sheet with cells", POND_SV_ARG(name));
    if (names.n > 0)
        pond_err_detail(err, "  the sheets are %.*s", POND_SV_ARG(pond_buf_view(&names)));
    pond_buf_free(&names);
    return POND_ERR_INVALID;
}

// What was left out, or chosen.
static pond_sv tell(const table *t, const format_workbook *w, const format_sheet_facts *facts) {
    pond_buf b = POND_BUF_EMPTY, others = POND_BUF_EMPTY;
    char place[FORMAT_PLACE_ROOM];
    list_sheets(w, t->sheet, &others);
    if (t->config->sheet.n == 0 && others.n > 0)
        pond_buf_printf(&b, "sheet '%.*s' was read; &sheet=NAME reads another one: %s",
                        POND_SV_ARG(t->sheet->name), others.p);
    if (facts->n_uncomputed > 0)
        pond_buf_printf(&b,
                        "%sno value is stored for %llu formula%s (first in %s), so NULL is read; a "
                        "spreadsheet program stores values when it saves the file",
                        b.n > 0 ? "; " : "", (unsigned long long)facts->n_uncomputed,
                        facts->n_uncomputed == 1 ? "" : "s",
                        format_place_name(facts->first_uncomputed, place));
    if (facts->n_merged > 0 && facts->last_merged > t->names_row)
        pond_buf_printf(&b,
                        "%s%llu merged area%s: the first cell of an area has its value, the others "
                        "are NULL",
                        b.n > 0 ? "; " : "", (unsigned long long)facts->n_merged,
                        facts->n_merged == 1 ? "" : "s");
    pond_buf_free(&others);
    return pond_buf_keep(t->arena, &b);
}

static pond_code write_sheet(table *t, const format_workbook *w, pond_translation *to,
                             pond_err *err) {
    format_sheet_reader reader = {.user = t, .row = take_row};
    format_sheet_facts facts;
    POND_TRY(find_sheet(w, t->name, t->config->sheet, &t->sheet, err));
    POND_TRY(format_sheet_read(w, t->sheet, &reader, &facts, err));
    POND_TRY(end_table(t, err));
    *to = (pond_translation){.text = format_rows_layout_with(&t->config->text),
                             .warning = tell(t, w, &facts)};
    to->text.are_names_fixed = false;
    if (t->config->units > 0)
        to->text.units = 2;
    return POND_OK;
}

static pond_code translate(pond_arena *a, const pond_reader *reader, const char *path, pond_sv name,
                           int out, pond_translation *to, pond_err *err) {
    format_rows csv = {.fd = out, .name = pond_cstr(a, name)};
    table t = {.config = (const xlsx_config *)reader->text, .name = name, .arena = a, .out = &csv};
    format_workbook book;
    POND_TRY(format_workbook_open(a, path, name, &book, reader->meter, err));
    pond_code rc = write_sheet(&t, &book, to, err);
    format_workbook_close(&book);
    format_rows_free(&csv);
    return rc;
}

// The format --------------------------------------------------------------------------------------

static bool read_corners(xlsx_config *c) {
    ptrdiff_t colon = pond_sv_find_char(c->range, ':');
    format_place first, last;
    bool has_column, has_row;
    if (colon < 0 ||
        !format_place_read(pond_sv_sub(c->range, 0, (size_t)colon), &first, &has_column, &has_row))
        return false;
    c->first = (format_place){has_row ? first.row : 1, first.column};
    c->has_columns = has_column;
    if (!format_place_read(pond_sv_sub(c->range, (size_t)colon + 1, c->range.n), &last, &has_column,
                           &has_row))
        return false;
    if (has_column != c->has_columns)
        return false;
    if (has_column)
        c->last.column = last.column;
    if (has_row)
        c->last.row = last.row;
    return c->first.row <= c->last.row && c->first.column <= c->last.column;
}

static pond_code read_range(const pond_url *url, xlsx_config *c, pond_err *err) {
    c->first = (format_place){1, 0};
    c->last = (format_place){FORMAT_SHEET_ROWS, FORMAT_SHEET_COLUMNS - 1};
    if (c->range.n == 0 || read_corners(c))
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID,
                     "'%.*s': the range '%.*s' is not FIRST:LAST, as in B3:F900, B3:F or B:F",
                     POND_SV_ARG(url->text), POND_SV_ARG(c->range));
}

static pond_code check_rows(const pond_url *url, const xlsx_config *c, pond_err *err) {
    if (c->units > 0 && c->units == c->header)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s': header and units are both row %lld",
                         POND_SV_ARG(url->text), (long long)c->units);
    if (c->header > 0 && (c->header < c->first.row + c->skip || c->header > c->last.row))
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s': row %lld, which header names, is left out by range or skip",
                         POND_SV_ARG(url->text), (long long)c->header);
    return POND_OK;
}

static pond_code read_options(pond_arena *a, const pond_url *url, pond_reader *out, pond_err *err) {
    xlsx_config *c = POND_NEW(a, xlsx_config);
    POND_TRY(pond_options_read_pairs(a, &url->options, &options, c, err));
    POND_TRY(read_range(url, c, err));
    POND_TRY(check_rows(url, c, err));
    out->text = &c->text;
    return format_check_text_options(url, &c->text, err);
}

static const pond_ending endings[] = {{.text = ".xlsx"}, {.text = ".xlsm"}};

extern const pond_format pond_format_xlsx;
const pond_format pond_format_xlsx = {
    .name = "xlsx",
    .endings = endings,
    .n_endings = sizeof endings / sizeof *endings,
    .content = "an Excel workbook",
    .summary = "A sheet of an Excel workbook",
    .options = &options,
    .read_options = read_options,
    .translate = translate,
};
