// Prints the rows of a query as a grid or as CSV.
#include "cli/print.h"

#include "cli/arrow.h"

#include <errno.h>

// Writing -----------------------------------------------------------------------------------------

enum { WRITE_BYTES = 1 << 16 }; // CSV is written when its text is this long

typedef struct sink {
    FILE *out;
    bool is_closed; // the reader closed the pipe: no more is written
    pond_err *err;
} sink;

static pond_code sink_failed(sink *s) {
    if (errno != EPIPE)
        return pond_fail_errno(s->err, "writing rows");
    s->is_closed = true;
    return POND_OK;
}

static pond_code sink_put(sink *s, const pond_buf *text) {
    if (s->is_closed || text->n == 0 || fwrite(text->p, 1, text->n, s->out) == text->n)
        return POND_OK;
    return sink_failed(s);
}

static pond_code sink_flush(sink *s) {
    return s->is_closed || fflush(s->out) == 0 ? POND_OK : sink_failed(s);
}

// What fills the cells of one output.
typedef struct cells {
    pond_rows *rows;
    bool is_terminal;
    pond_buf text; // of the last cell of append_cell
} cells;

static void append_text(const cells *c, pond_sv text, pond_buf *out) {
    if (c->is_terminal)
        pond_buf_visible(out, text, POND_KEEP_LINES);
    else
        pond_buf_sv(out, text);
}

static void append_cell(cells *c, size_t column, size_t row, pond_buf *out) {
    if (!c->is_terminal) {
        pond_rows_cell(c->rows, column, row, out);
        return;
    }
    pond_buf_clear(&c->text);
    pond_rows_cell(c->rows, column, row, &c->text);
    append_text(c, pond_buf_view(&c->text), out);
}

// The grid ----------------------------------------------------------------------------------------

// All cells in the order of reading, the header first.
typedef struct grid {
    pond_arena arena;
    size_t n_columns, n_rows;
    size_t *widths;        // in characters
    pond_buf text;         // of all cells, without separators
    POND_VEC(size_t) ends; // the end of each cell in the text
} grid;

// Ends the cell whose text was appended since the last call.
static void end_cell(grid *g) {
    size_t from = g->ends.n == 0 ? 0 : g->ends.items[g->ends.n - 1];
    size_t *width = &g->widths[g->ends.n % g->n_columns];
    pond_sv rest = pond_sv_sub(pond_buf_view(&g->text), from, g->text.n), line;
    while (pond_sv_split(&rest, '\n', &line)) {
        size_t n = pond_utf8_count(line);
        *width = n > *width ? n : *width;
    }
    *pond_vec_push(&g->arena, &g->ends) = g->text.n;
}

static void add_header(grid *g, const cells *c) {
    pond_schema schema = pond_rows_schema(c->rows);
    for (size_t i = 0; i < schema.n; i++) {
        pond_sv type = cli_arrow_type(&g->arena, schema.items[i].type);
        append_text(c, schema.items[i].name, &g->text);
        pond_buf_char(&g->text, '\n');
        pond_buf_sv(&g->text, type);
        end_cell(g);
    }
}

static pond_code add_rows(grid *g, cells *c, pond_err *err) {
    pond_code rc = POND_OK;
    for (size_t row; pond_rows_each(c->rows, &row, &rc, err); g->n_rows++) {
        for (size_t column = 0; column < g->n_columns; column++) {
            append_cell(c, column, row, &g->text);
            end_cell(g);
        }
    }
    return rc;
}

static void append_rule(const grid *g, pond_buf *out) {
    for (size_t i = 0; i < g->n_columns; i++) {
        pond_buf_char(out, '+');
        for (size_t n = 0; n < g->widths[i] + 2; n++)
            pond_buf_char(out, '-');
    }
    pond_buf_str(out, "+\n");
}

// Appends a row of cells, with as many lines as its tallest cell has. `rests` has room for one view
// for each column.
static void append_row(const grid *g, size_t row, pond_sv *rests, pond_buf *out) {
    for (size_t i = 0; i < g->n_columns; i++) {
        size_t cell = row * g->n_columns + i;
        size_t from = cell == 0 ? 0 : g->ends.items[cell - 1];
        rests[i] = pond_sv_sub(pond_buf_view(&g->text), from, g->ends.items[cell]);
    }
    bool has_more = true;
    while (has_more) {
        has_more = false;
        for (size_t i = 0; i < g->n_columns; i++) {
            pond_sv line = {"", 0};
            pond_sv_split(&rests[i], '\n', &line);
            has_more = has_more || rests[i].p != NULL;
            pond_buf_str(out, "| ");
            pond_buf_sv(out, line);
            for (size_t n = pond_utf8_count(line); n < g->widths[i] + 1; n++)
                pond_buf_char(out, ' ');
        }
        pond_buf_str(out, "|\n");
    }
}

static pond_code write_grid(grid *g, sink *s) {
    pond_sv *rests = POND_NEW_ARRAY(&g->arena, pond_sv, g->n_columns);
    pond_buf out = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    for (size_t row = 0; rc == POND_OK && row <= g->n_rows; row++) {
        pond_buf_clear(&out);
        if (row == 0) // a rule above the header and one below it
            append_rule(g, &out);
        append_row(g, row, rests, &out);
        if (row == 0 || row == g->n_rows)
            append_rule(g, &out);
        if (row == g->n_rows)
            pond_buf_printf(&out, "Summary: %zu total rows\n", g->n_rows);
        rc = sink_put(s, &out);
    }
    pond_buf_free(&out);
    return rc;
}

pond_code cli_print_table(pond_engine *e, pond_sv select, FILE *out, bool is_terminal,
                          pond_err *err) {
    cells c = {.is_terminal = is_terminal};
    POND_TRY(pond_engine_query(e, select, &c.rows, err));
    sink s = {.out = out, .err = err};
    grid g = {.n_columns = pond_rows_schema(c.rows).n};
    pond_arena_init(&g.arena);
    g.widths = POND_NEW_ARRAY(&g.arena, size_t, g.n_columns);
    add_header(&g, &c);
    pond_code rc;
    POND_TRY_GOTO(rc, add_rows(&g, &c, err), done);
    if (g.n_rows == 0) {
        pond_buf_clear(&g.text);
        pond_buf_str(&g.text, "No data found\n");
        POND_TRY_GOTO(rc, sink_put(&s, &g.text), done);
    } else {
        POND_TRY_GOTO(rc, write_grid(&g, &s), done);
    }
    rc = sink_flush(&s);
done:
    pond_buf_free(&c.text);
    pond_buf_free(&g.text);
    pond_arena_deinit(&g.arena);
    pond_rows_close(c.rows);
    return rc;
}

// CSV ---------------------------------------------------------------------------------------------

// An empty field means NULL, so an empty text is quoted.
static void append_field(pond_buf *out, pond_sv cell) {
    bool is_quoted = cell.n == 0;
    for (size_t i = 0; i < cell.n && !is_quoted; i++)
        is_quoted = strchr(",\"\r\n", cell.p[i]) != NULL;
    if (is_quoted)
        pond_buf_sql_name(out, cell); // quotes and doubled quotes, like a name in SQL
    else
        pond_buf_sv(out, cell);
}

static void append_csv_row(cells *c, size_t row, pond_buf *cell, pond_buf *out) {
    for (size_t i = 0; i < pond_rows_schema(c->rows).n; i++) {
        if (i > 0)
            pond_buf_char(out, ',');
        if (pond_rows_is_null(c->rows, i, row))
            continue;
        pond_buf_clear(cell);
        append_cell(c, i, row, cell);
        append_field(out, pond_buf_view(cell));
    }
    pond_buf_char(out, '\n');
}

static void append_csv_header(const cells *c, pond_buf *cell, pond_buf *out) {
    pond_schema schema = pond_rows_schema(c->rows);
    for (size_t i = 0; i < schema.n; i++) {
        if (i > 0)
            pond_buf_char(out, ',');
        pond_buf_clear(cell);
        append_text(c, schema.items[i].name, cell);
        append_field(out, pond_buf_view(cell));
    }
    pond_buf_char(out, '\n');
}

pond_code cli_print_csv(pond_engine *e, pond_sv select, FILE *out, bool is_terminal,
                        pond_err *err) {
    cells c = {.is_terminal = is_terminal};
    POND_TRY(pond_engine_query(e, select, &c.rows, err));
    sink s = {.out = out, .err = err};
    pond_buf cell = POND_BUF_EMPTY, text = POND_BUF_EMPTY;
    append_csv_header(&c, &cell, &text);
    pond_code rc = POND_OK;
    for (size_t row; !s.is_closed && pond_rows_each(c.rows, &row, &rc, err);) {
        append_csv_row(&c, row, &cell, &text);
        if (text.n >= WRITE_BYTES) {
            rc = sink_put(&s, &text);
            pond_buf_clear(&text);
        }
    }
    if (rc == POND_OK)
        rc = sink_put(&s, &text);
    if (rc == POND_OK)
        rc = sink_flush(&s);
    pond_buf_free(&c.text);
    pond_buf_free(&cell);
    pond_buf_free(&text);
    pond_rows_close(c.rows);
    return rc;
}
