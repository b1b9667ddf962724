// The grid of --format table. Scripts read it, so it always has the same form in a pipe: columns as
// wide as their widest line, and every cell on the left. On a terminal it fits into the columns that
// there are: numbers are on the right, long texts are cut, and columns without room are only named.
#include "cli/table_internal.h"

#include "tera/width.h"

enum { LEAST_WIDTH = 12 }; // to which a text may be cut
#define CUT_MARK "\u2026"  // one column wide

typedef struct grid_column {
    size_t head, cells; // the widths that the name, and the widest cell, would need
    size_t width;       // that it has
} grid_column;

typedef struct grid {
    cli_table *t;
    grid_column *columns;
    size_t n_shown; // of the columns, from the left
    pond_sv *heads, *rests;
} grid;

// Measuring ---------------------------------------------------------------------------------------

static size_t widest_line(pond_sv text) {
    size_t widest = 0;
    for (pond_sv line; pond_sv_split(&text, '\n', &line);) {
        size_t width = pond_text_width(line);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static pond_sv visible(cli_table *t, pond_sv text) {
    pond_buf b = POND_BUF_EMPTY;
    if (!t->c->is_terminal)
        return text;
    pond_buf_visible(&b, text, POND_KEEP_LINES);
    return pond_buf_keep(&t->arena, &b);
}

static bool has_types(const cli_table *t) {
    return t->n_columns > 0 && t->columns[0].type.n > 0;
}

static bool is_cut(const cli_table *t, size_t column) {
    return t->columns[column].kind == CLI_TEXT || t->columns[column].kind == CLI_VALUE;
}

static pond_sv cell_text(const cli_table *t, size_t i) {
    return t->ends.items[i].is_null ? POND_SV("NULL") : table_cell(t, i);
}

static void measure(grid *g) {
    cli_table *t = g->t;
    for (size_t i = 0; i < t->n_columns; i++) {
        const cli_column *c = &t->columns[i];
        g->heads[i] = c->type.n == 0
                          ? visible(t, c->name)
                          : pond_svf(&t->arena, "%.*s\n%.*s", POND_SV_ARG(visible(t, c->name)),
                                     POND_SV_ARG(c->type));
        g->columns[i].head = widest_line(g->heads[i]);
    }
    for (size_t row = 0; row < t->n_rows; row++) {
        for (size_t i = 0; i < t->n_columns; i++) {
            size_t width = widest_line(cell_text(t, row * t->n_columns + i));
            size_t *most = &g->columns[i].cells;
            *most = width > *most ? width : *most;
        }
    }
}

// Fitting -----------------------------------------------------------------------------------------

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}
static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

// The width of a column where what may be cut is at most `cap` wide.
static size_t capped(const grid *g, size_t i, size_t cap) {
    const grid_column *c = &g->columns[i];
    size_t whole = larger(c->head, c->cells);
    return is_cut(g->t, i) ? smaller(whole, cap) : larger(c->cells, smaller(whole, cap));
}

// Of the first n columns, with their rules and blanks.
static size_t width_of(const grid *g, size_t n, size_t cap) {
    size_t width = 1;
    for (size_t i = 0; i < n; i++)
        width += capped(g, i, cap) + 3;
    return width;
}

static void fit(grid *g) {
    size_t room = g->t->c->is_terminal ? g->t->c->screen->columns : 0, cap = LEAST_WIDTH;
    g->n_shown = g->t->n_columns;
    if (room == 0)
        cap = SIZE_MAX;
    while (room > 0 && g->n_shown > 1 && width_of(g, g->n_shown, cap) > room)
        g->n_shown--;
    // The largest one that still fits. No column is wider than the terminal.
    while (room > 0 && cap < room && width_of(g, g->n_shown, cap + 1) <= room)
        cap++;
    for (size_t i = 0; i < g->n_shown; i++)
        g->columns[i].width = capped(g, i, cap);
    if (room > 4 && g->n_shown == 1)
        g->columns[0].width = smaller(g->columns[0].width, room - 4);
}

// Printing ----------------------------------------------------------------------------------------

static void append_rule(const grid *g, pond_buf *out) {
    for (size_t i = 0; i < g->n_shown; i++) {
        pond_buf_char(out, '+');
        pond_buf_fill(out, '-', g->columns[i].width + 2);
    }
    pond_buf_str(out, "+\n");
}

// How the cells of a row look.
typedef struct look {
    bool is_right;
    const char *sgr; // empty: no colour
} look;

static void append_line(const grid *g, size_t column, pond_sv line, look l, pond_buf *out) {
    size_t room = g->columns[column].width, width;
    pond_sv shown = pond_text_fit(line, room, &width);
    bool is_short = shown.n < line.n;
    if (is_short)
        shown = pond_text_fit(line, room > 0 ? room - 1 : 0, &width);
    width += is_short;
    pond_buf_str(out, "| ");
    if (l.is_right)
        pond_buf_fill(out, ' ', room - width);
    if (l.sgr[0] != '\0')
        pond_buf_printf(out, "\033[%sm", l.sgr);
    pond_buf_sv(out, shown);
    pond_buf_str(out, is_short ? CUT_MARK : "");
    if (l.sgr[0] != '\0')
        pond_buf_str(out, "\033[0m");
    pond_buf_fill(out, ' ', (l.is_right ? 0 : room - width) + 1);
}

static look look_of(const grid *g, size_t column, bool is_head, bool is_null) {
    const cli_screen *screen = g->t->c->screen;
    bool is_right = g->t->columns[column].kind == CLI_NUMBER && g->t->c->is_terminal;
    return (look){is_right, is_head   ? cli_screen_colour(screen, "1")
                            : is_null ? cli_screen_colour(screen, "2")
                                      : ""};
}

// A row of cells, with as many lines as its tallest cell has: the head, or a record.
static void append_row(const grid *g, bool is_head, size_t row, pond_buf *out) {
    const cli_table *t = g->t;
    for (size_t i = 0; i < g->n_shown; i++)
        g->rests[i] = is_head ? g->heads[i] : cell_text(t, row * t->n_columns + i);
    for (bool has_more = true; has_more;) {
        has_more = false;
        for (size_t i = 0; i < g->n_shown; i++) {
            bool is_null = !is_head && t->ends.items[row * t->n_columns + i].is_null;
            pond_sv line = {"", 0};
            pond_sv_split(&g->rests[i], '\n', &line);
            has_more = has_more || g->rests[i].p != NULL;
            append_line(g, i, line, look_of(g, i, is_head, is_null), out);
        }
        pond_buf_str(out, "|\n");
    }
}

static void append_foot(const grid *g, pond_buf *out) {
    const cli_table *t = g->t;
    size_t n_left = t->n_columns - g->n_shown;
    for (size_t i = g->n_shown; i < t->n_columns; i++) {
        if (i == g->n_shown)
            pond_buf_printf(out, "and %zu more column%s: ", n_left, n_left == 1 ? "" : "s");
        pond_buf_sv(out, visible(g->t, t->columns[i].name));
        pond_buf_str(out, i + 1 == t->n_columns ? "\n" : ", ");
    }
    if (has_types(t))
        pond_buf_printf(out, "Summary: %zu total rows\n", t->n_rows);
}

// Once, for all cells: what is shown is what is measured.
static void make_visible(cli_table *t) {
    pond_buf text = POND_BUF_EMPTY;
    if (!t->c->is_terminal)
        return;
    for (size_t i = 0, from = 0; i < t->ends.n; i++) {
        size_t end = t->ends.items[i].end;
        pond_sv cell = pond_sv_sub(pond_buf_view(&t->text), from, end);
        pond_buf_visible(&text, cell, POND_KEEP_LINES);
        t->ends.items[i].end = text.n;
        from = end;
    }
    pond_buf_free(&t->text);
    t->text = text;
}

void grid_print(cli_table *t) {
    if (has_types(t) && t->n_rows == 0) {
        cli_screen_write(t->c->screen, POND_SV("No data found\n"));
        return;
    }
    grid g = {.t = t,
              .columns = POND_NEW_ARRAY(&t->arena, grid_column, t->n_columns),
              .heads = POND_NEW_ARRAY(&t->arena, pond_sv, t->n_columns),
              .rests = POND_NEW_ARRAY(&t->arena, pond_sv, t->n_columns)};
    make_visible(t);
    measure(&g);
    fit(&g);
    append_rule(&g, &t->out);
    append_row(&g, true, 0, &t->out);
    append_rule(&g, &t->out);
    for (size_t row = 0; row < t->n_rows && !cli_screen_is_closed(t->c->screen); row++) {
        append_row(&g, false, row, &t->out);
        cli_screen_write(t->c->screen, pond_buf_view(&t->out));
        pond_buf_clear(&t->out);
    }
    if (t->n_rows > 0)
        append_rule(&g, &t->out);
    append_foot(&g, &t->out);
    cli_screen_write(t->c->screen, pond_buf_view(&t->out));
}
