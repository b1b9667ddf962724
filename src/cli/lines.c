// Formats that print a record when it ends: JSON, CSV, tabs, Markdown.
#include "cli/table_internal.h"

// JSON --------------------------------------------------------------------------------------------

static const char replacement[] = "\xef\xbf\xbd"; // U+FFFD

// JSON is UTF-8. A command line in the log need not be.
static void append_string(pond_buf *out, pond_sv text) {
    if (pond_utf8_find_bad(text) < 0) {
        pond_json_string(out, text);
        return;
    }
    pond_buf valid = POND_BUF_EMPTY;
    for (ptrdiff_t bad; (bad = pond_utf8_find_bad(text)) >= 0;) {
        pond_buf_append(&valid, text.p, (size_t)bad);
        pond_buf_str(&valid, replacement);
        text = pond_sv_sub(text, (size_t)bad + 1, text.n);
    }
    pond_buf_sv(&valid, text);
    pond_json_string(out, pond_buf_view(&valid));
    pond_buf_free(&valid);
}

static bool is_finite(pond_sv number) {
    char last = number.n == 0 ? 'f' : number.p[number.n - 1];
    return last >= '0' && last <= '9';
}

static void append_json(const cli_table *t, size_t i, pond_buf *out) {
    pond_sv cell = table_cell(t, i);
    cli_kind kind = t->columns[i].kind;
    if (t->ends.items[i].is_null || (kind == CLI_NUMBER && !is_finite(cell)))
        pond_buf_str(out, "null");
    else if (kind == CLI_TEXT || kind == CLI_TIME)
        append_string(out, cell);
    else
        pond_buf_sv(out, cell);
}

static void append_object(cli_table *t, pond_buf *out) {
    for (size_t i = 0; i < t->n_columns; i++) {
        pond_buf_char(out, i == 0 ? '{' : ',');
        append_string(out, t->columns[i].name);
        pond_buf_char(out, ':');
        append_json(t, i, out);
    }
    pond_buf_char(out, '}');
}

// CSV and tabs ------------------------------------------------------------------------------------

// An empty field means NULL, so an empty text is quoted.
static void append_field(pond_buf *out, pond_sv cell, char sep) {
    bool is_quoted = cell.n == 0;
    for (size_t i = 0; i < cell.n && !is_quoted; i++)
        is_quoted = cell.p[i] == sep || strchr("\"\r\n", cell.p[i]) != NULL;
    if (is_quoted)
        pond_buf_sql_name(out, cell); // quotes and doubled quotes, like a name in SQL
    else
        pond_buf_sv(out, cell);
}

static void append_fields(cli_table *t, char sep, bool is_head) {
    for (size_t i = 0; i < t->n_columns; i++) {
        if (i > 0)
            pond_buf_char(&t->out, sep);
        if (is_head)
            append_field(&t->out, t->columns[i].name, sep);
        else if (!t->ends.items[i].is_null)
            append_field(&t->out, table_cell(t, i), sep);
    }
    pond_buf_char(&t->out, '\n');
}

// Markdown ----------------------------------------------------------------------------------------

// A cell is one line, and what would end it or become markup of HTML is written in another way.
static void append_marked(pond_buf *out, pond_sv cell) {
    for (size_t i = 0; i < cell.n; i++) {
        char c = cell.p[i];
        if (c == '|' || c == '\\') {
            pond_buf_char(out, '\\');
            pond_buf_char(out, c);
        } else if (c == '\n') {
            pond_buf_str(out, "<br>");
        } else if (c == '<' || c == '&') {
            pond_buf_str(out, c == '<' ? "&lt;" : "&amp;");
        } else if (c != '\r') {
            pond_buf_char(out, c);
        }
    }
}

static void append_marked_row(cli_table *t, bool is_head) {
    for (size_t i = 0; i < t->n_columns; i++) {
        pond_buf_str(&t->out, i == 0 ? "| " : " | ");
        if (is_head)
            append_marked(&t->out, t->columns[i].name);
        else if (!t->ends.items[i].is_null)
            append_marked(&t->out, table_cell(t, i));
    }
    pond_buf_str(&t->out, " |\n");
}

static void append_marked_rule(cli_table *t) {
    for (size_t i = 0; i < t->n_columns; i++)
        pond_buf_str(&t->out, t->columns[i].kind == CLI_NUMBER ? "| ---: " : "| --- ");
    pond_buf_str(&t->out, "|\n");
}

// All of them -------------------------------------------------------------------------------------

void lines_head(cli_table *t) {
    switch (t->format) {
    case CLI_CSV:
    case CLI_TSV:
        append_fields(t, t->format == CLI_TSV ? '\t' : ',', true);
        break;
    case CLI_MARKDOWN:
        append_marked_row(t, true);
        append_marked_rule(t);
        break;
    default:
        break;
    }
}

void lines_record(cli_table *t) {
    switch (t->format) {
    case CLI_CSV:
    case CLI_TSV:
        append_fields(t, t->format == CLI_TSV ? '\t' : ',', false);
        break;
    case CLI_MARKDOWN:
        append_marked_row(t, false);
        break;
    case CLI_JSON:
        pond_buf_str(&t->out, t->n_rows == 1 ? "[\n" : ",\n");
        append_object(t, &t->out);
        break;
    default:
        append_object(t, &t->out);
        pond_buf_char(&t->out, '\n');
    }
}

void lines_foot(cli_table *t) {
    if (t->format == CLI_JSON)
        pond_buf_str(&t->out, t->n_rows == 0 ? "[]\n" : "\n]\n");
}
