// Cells: the elements `row`, `c`, `f`, `v` and `is` of a sheet.
#include "format/sheet.h"

#include "text/number.h"

#include <stdlib.h>

// A sheet of a million rows and dozens of columns has two gigabytes.
static const uint64_t MOST_BYTES = UINT64_C(8) << 30;

// Places ------------------------------------------------------------------------------------------

const char *format_place_name(format_place p, char out[FORMAT_PLACE_ROOM]) {
    char letters[8];
    size_t at = sizeof letters - 1;
    letters[at] = '\0';
    for (size_t c = p.column + 1; c > 0; c = (c - 1) / 26)
        letters[--at] = (char)('A' + (c - 1) % 26);
    if (p.row == 0)
        snprintf(out, FORMAT_PLACE_ROOM, "%s", letters + at);
    else
        snprintf(out, FORMAT_PLACE_ROOM, "%s%lld", letters + at, (long long)p.row);
    return out;
}

bool format_place_read(pond_sv text, format_place *out, bool *has_column, bool *has_row) {
    size_t i = 0, column = 0;
    int64_t row = 0;
    for (; i < text.n && (text.p[i] | 0x20) >= 'a' && (text.p[i] | 0x20) <= 'z'; i++) {
        column = column * 26 + (size_t)((text.p[i] | 0x20) - 'a') + 1;
        if (column > FORMAT_SHEET_COLUMNS)
            return false;
    }
    *has_column = column > 0;
    *has_row = i < text.n;
    if (*has_row &&
        (!pond_sv_to_int(pond_sv_sub(text, i, text.n), &row) || row < 1 || row > FORMAT_SHEET_ROWS))
        return false;
    *out = (format_place){row, column > 0 ? column - 1 : 0};
    return *has_column || *has_row;
}

// Reading -----------------------------------------------------------------------------------------

typedef struct sheet_reading sheet_reading;

// A type of cells, and what becomes of the text that is in one.
typedef struct cell_type {
    const char *name;
    pond_code (*put)(sheet_reading *r, pond_sv text, pond_err *err);
    bool has_blanks; // at its ends, which count
} cell_type;
static const cell_type *find_type(pond_sv name);

struct sheet_reading {
    const format_workbook *book;
    const format_sheet_reader *to;
    format_sheet_facts *facts;
    pond_sv name; // of the file
    pond_arena row_arena;
    bool is_in_data;
    // The row:
    int64_t row;
    format_cell *cells;
    size_t n_cells; // up to the last one with a value
    size_t next;    // the column of a cell that does not say its own
    // The cell:
    size_t column;
    const cell_type *type;
    format_shown shown;
    bool has_formula, has_value;
    bool is_in_text, is_in_sound;
    pond_buf text;
};

static pond_code fail_at(const sheet_reading *r, pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static pond_code fail_at(const sheet_reading *r, pond_err *err, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    pond_vfail_at(err, POND_ERR_INVALID, r->name.p, r->name.n, (uint64_t)r->row, 0, fmt, args);
    va_end(args);
    return POND_ERR_INVALID;
}

static format_place place_of(const sheet_reading *r) {
    return (format_place){r->row, r->column};
}

static pond_code begin_row(sheet_reading *r, const format_attributes *at, pond_err *err) {
    pond_sv text;
    int64_t row = r->row + 1;
    if (format_attribute(at, "r", &text) && !pond_sv_to_int(text, &row))
        return fail_at(r, err, "the row after this one has the number '%.*s'", POND_SV_ARG(text));
    if (row <= r->row || row > FORMAT_SHEET_ROWS)
        return fail_at(r, err, "the row after this one has the number %lld", (long long)row);
    r->row = row;
    r->next = r->n_cells = 0;
    return POND_OK;
}

static pond_code begin_cell(sheet_reading *r, const format_attributes *at, pond_err *err) {
    pond_sv text;
    format_place place = {r->row, r->next};
    char name[FORMAT_PLACE_ROOM];
    bool has_column, has_row;
    int64_t style;
    if (format_attribute(at, "r", &text) &&
        (!format_place_read(text, &place, &has_column, &has_row) || !has_column || !has_row ||
         place.row != r->row || place.column < r->next))
        return fail_at(r, err, "the row has a cell '%.*s' where that cannot be", POND_SV_ARG(text));
    if (place.column >= FORMAT_SHEET_COLUMNS)
        return fail_at(r, err, "the row has more than %d cells", FORMAT_SHEET_COLUMNS);
    r->column = place.column;
    r->next = place.column + 1;
    r->has_formula = r->has_value = false;
    r->shown = (format_shown){0};
    pond_buf_clear(&r->text);
    if (!format_attribute(at, "t", &text))
        text = POND_SV("n");
    r->type = find_type(text);
    if (r->type == NULL)
        return fail_at(r, err, "cell %s is of the type '%.*s', which is not known",
                       format_place_name(place, name), POND_SV_ARG(text));
    if (format_attribute(at, "s", &text) && pond_sv_to_int(text, &style) && style >= 0 &&
        (size_t)style < r->book->styles.n)
        r->shown = r->book->styles.items[style];
    return POND_OK;
}

static void note_merged(sheet_reading *r, pond_sv area) {
    format_place last;
    bool has_column, has_row;
    ptrdiff_t colon = pond_sv_find_char(area, ':');
    r->facts->n_merged++;
    if (format_place_read(pond_sv_sub(area, (size_t)(colon + 1), area.n), &last, &has_column,
                          &has_row) &&
        last.row > r->facts->last_merged)
        r->facts->last_merged = last.row;
}

static pond_code begin(void *user, pond_sv name, const format_attributes *at, pond_err *err) {
    sheet_reading *r = user;
    if (pond_sv_is(name, "sheetData"))
        r->is_in_data = true;
    pond_sv area;
    if (pond_sv_is(name, "mergeCell") && format_attribute(at, "ref", &area))
        note_merged(r, area);
    if (!r->is_in_data)
        return POND_OK;
    if (pond_sv_is(name, "row"))
        return begin_row(r, at, err);
    if (r->row == 0)
        return POND_OK;
    if (pond_sv_is(name, "c"))
        return begin_cell(r, at, err);
    r->has_formula |= pond_sv_is(name, "f");
    r->is_in_sound |= pond_sv_is(name, "rPh");
    r->is_in_text = !r->is_in_sound && (pond_sv_is(name, "v") || pond_sv_is(name, "t"));
    r->has_value |= r->is_in_text;
    return POND_OK;
}

static void add_text(void *user, pond_sv text) {
    sheet_reading *r = user;
    if (r->is_in_text)
        pond_buf_sv(&r->text, text);
}

// Values ------------------------------------------------------------------------------------------

static pond_code put(sheet_reading *r, format_cell_kind kind, pond_sv text) {
    if (text.n == 0)
        return POND_OK; // a shared text may be empty; as in CSV, that is no value
    for (; r->n_cells < r->column; r->n_cells++)
        r->cells[r->n_cells] = (format_cell){FORMAT_CELL_EMPTY, {"", 0}};
    r->cells[r->n_cells++] = (format_cell){kind, text};
    return POND_OK;
}

static pond_code put_shared(sheet_reading *r, pond_sv number, pond_err *err) {
    int64_t i;
    char place[FORMAT_PLACE_ROOM];
    if (!pond_sv_to_int(number, &i) || i < 0 || (size_t)i >= r->book->texts.n)
        return fail_at(r, err, "cell %s has text number '%.*s', and the workbook has %zu texts",
                       format_place_name(place_of(r), place), POND_SV_ARG(number),
                       r->book->texts.n);
    return put(r, FORMAT_CELL_TEXT, r->book->texts.items[i]);
}

// All numbers of a workbook are doubles: some programs write the whole ones as "3.0".
static pond_sv cut_zeros(pond_sv number) {
    ptrdiff_t point = pond_sv_find_char(number, '.');
    for (size_t i = (size_t)(point + 1); i < number.n; i++)
        if (number.p[i] != '0')
            return number;
    return pond_sv_sub(number, 0, point <= 0 ? number.n : (size_t)point);
}

// Numbers stay as they are written: the text room decides their type. What is shown as a time, and
// is no time of Excel's, stays a number.
static pond_code put_number(sheet_reading *r, pond_sv text, pond_err *err) {
    pond_written_number number;
    double days;
    char place[FORMAT_PLACE_ROOM];
    if (!pond_number_read(text, (pond_number_form){.decimal = '.'}, &number))
        return fail_at(r, err, "cell %s has '%.*s' for a number",
                       format_place_name(place_of(r), place), POND_SV_ARG(text));
    pond_buf time = POND_BUF_EMPTY;
    if ((r->shown.has_day || r->shown.has_clock) && pond_sv_to_double(text, &days) &&
        format_serial_write(&time, days, r->shown, r->book->is_1904))
        return put(r, FORMAT_CELL_PLAIN, pond_buf_keep(&r->row_arena, &time));
    return put(r, FORMAT_CELL_PLAIN, pond_sv_dup(&r->row_arena, cut_zeros(text)));
}

static pond_code put_truth(sheet_reading *r, pond_sv text, pond_err *err) {
    char place[FORMAT_PLACE_ROOM];
    bool is_true = pond_sv_is(text, "1") || pond_sv_is(text, "true");
    if (!is_true && !pond_sv_is(text, "0") && !pond_sv_is(text, "false"))
        return fail_at(r, err, "cell %s has '%.*s' for a truth value",
                       format_place_name(place_of(r), place), POND_SV_ARG(text));
    return put(r, FORMAT_CELL_PLAIN, is_true ? POND_SV("true") : POND_SV("false"));
}

static pond_code put_text(sheet_reading *r, pond_sv text, pond_err *err) {
    (void)err;
    return put(r, FORMAT_CELL_TEXT,
               format_workbook_unescape(&r->row_arena, pond_sv_dup(&r->row_arena, text)));
}

static const cell_type types[] = {
    {.name = "n", .put = put_number},
    {.name = "s", .put = put_shared},
    {.name = "str", .put = put_text, .has_blanks = true}, // of a formula
    {.name = "inlineStr", .put = put_text, .has_blanks = true},
    {.name = "b", .put = put_truth},
    {.name = "e", .put = put_text}, // the name of an error
    {.name = "d", .put = put_text}, // a time by ISO 8601
};

static const cell_type *find_type(pond_sv name) {
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (pond_sv_is(name, types[i].name))
            return &types[i];
    return NULL;
}

static pond_code end_cell(sheet_reading *r, pond_err *err) {
    pond_sv text = pond_buf_view(&r->text);
    bool is_computed = text.n > 0 || (r->has_value && r->type->put == put_text);
    if (r->has_formula && !is_computed && r->facts->n_uncomputed++ == 0)
        r->facts->first_uncomputed = place_of(r);
    if (!r->has_value)
        return POND_OK;
    if (r->n_cells > r->column)
        return fail_at(r, err, "the row has a cell within a cell");
    if (!r->type->has_blanks)
        text = pond_sv_trim(text);
    return text.n == 0 ? POND_OK : r->type->put(r, text, err);
}

static pond_code end_row(sheet_reading *r, pond_err *err) {
    format_sheet_row row = {r->row, r->cells, r->n_cells};
    pond_code rc = row.n == 0 ? POND_OK : r->to->row(r->to->user, &row, err);
    r->n_cells = 0;
    pond_arena_rewind(&r->row_arena);
    return rc;
}

static pond_code end(void *user, pond_sv name, pond_err *err) {
    sheet_reading *r = user;
    r->is_in_text = false;
    if (pond_sv_is(name, "rPh"))
        r->is_in_sound = false;
    if (pond_sv_is(name, "sheetData"))
        r->is_in_data = false;
    if (!r->is_in_data || r->row == 0)
        return POND_OK;
    if (pond_sv_is(name, "c") && r->type != NULL)
        return end_cell(r, err);
    return pond_sv_is(name, "row") ? end_row(r, err) : POND_OK;
}

pond_code format_sheet_read(const format_workbook *w, const format_sheet *sheet,
                            const format_sheet_reader *to, format_sheet_facts *out, pond_err *err) {
    sheet_reading r = {.book = w, .to = to, .facts = out, .name = format_package_name(w->package)};
    format_elements elements = {.user = &r, .begin = begin, .end = end, .text = add_text};
    *out = (format_sheet_facts){0};
    pond_arena_init(&r.row_arena);
    r.cells = pond_xmalloc(FORMAT_SHEET_COLUMNS * sizeof *r.cells);
    pond_code rc = format_package_read(w->package, sheet->part, MOST_BYTES, &elements, err);
    free(r.cells);
    pond_buf_free(&r.text);
    pond_arena_deinit(&r.row_arena);
    return rc;
}
