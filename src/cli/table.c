// Takes the cells of records, and has them printed.
#include "cli/table_internal.h"

#include "base/time.h"

#include <inttypes.h>
#include <stdlib.h>

enum { WRITE_BYTES = 1 << 16 }; // lines are written when they are so long

cli_table *cli_table_new(cli *c, cli_format format, const cli_column *columns, size_t n) {
    POND_ASSERT(format >= CLI_TABLE && format <= CLI_MARKDOWN);
    cli_table *t = pond_xmalloc(sizeof *t);
    *t = (cli_table){.c = c, .format = format, .columns = columns, .n_columns = n};
    pond_arena_init(&t->arena);
    if (format != CLI_TABLE)
        lines_head(t);
    return t;
}

void cli_table_free(cli_table *t) {
    if (t == NULL)
        return;
    pond_buf_free(&t->text);
    pond_buf_free(&t->out);
    pond_arena_deinit(&t->arena);
    free(t);
}

static void write_out(cli_table *t) {
    if (!t->c->is_terminal) {
        cli_screen_write(t->c->screen, pond_buf_view(&t->out));
    } else {
        pond_buf visible = POND_BUF_EMPTY;
        pond_buf_visible(&visible, pond_buf_view(&t->out), POND_KEEP_LINES);
        cli_screen_write(t->c->screen, pond_buf_view(&visible));
        pond_buf_free(&visible);
    }
    pond_buf_clear(&t->out);
}

void cli_table_end(cli_table *t) {
    if (t->format == CLI_TABLE) {
        grid_print(t);
    } else {
        lines_foot(t);
        write_out(t);
    }
    cli_table_free(t);
}

// Cells -------------------------------------------------------------------------------------------

static void end_cell(cli_table *t, bool is_null) {
    *pond_vec_push(&t->arena, &t->ends) = (table_end){t->text.n, is_null};
    if (t->ends.n % t->n_columns != 0)
        return;
    t->n_rows++;
    if (t->format == CLI_TABLE)
        return;
    lines_record(t);
    t->ends.n = 0;
    pond_buf_clear(&t->text);
    if (t->out.n >= WRITE_BYTES)
        write_out(t);
}

pond_buf *cli_table_cell(cli_table *t) {
    return &t->text;
}

void cli_table_cell_end(cli_table *t) {
    end_cell(t, false);
}

void cli_table_null(cli_table *t) {
    end_cell(t, true);
}

void cli_table_text(cli_table *t, pond_sv text) {
    pond_buf_sv(&t->text, text);
    end_cell(t, false);
}

void cli_table_text_or_null(cli_table *t, pond_sv text) {
    pond_buf_sv(&t->text, text);
    end_cell(t, text.n == 0);
}

void cli_table_int(cli_table *t, int64_t i) {
    pond_buf_printf(&t->text, "%" PRId64, i);
    end_cell(t, false);
}

void cli_table_bool(cli_table *t, bool b) {
    cli_table_text(t, b ? POND_SV("true") : POND_SV("false"));
}

void cli_table_time(cli_table *t, int64_t t_us) {
    char text[40];
    pond_buf_append(&t->text, text, pond_time_format(t_us, text));
    end_cell(t, false);
}

void cli_table_value(cli_table *t, pond_value v) {
    pond_json_write(&t->text, v, 0);
    end_cell(t, false);
}
