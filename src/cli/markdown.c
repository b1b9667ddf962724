// Markdown as text for terminals.
#include "cli/markdown.h"

#include "base/vec.h"

typedef POND_VEC(pond_sv) text_vec;

typedef struct printer {
    pond_arena arena;
    pond_buf *out;
    pond_sv rest; // what is not printed yet
} printer;

// Lines -------------------------------------------------------------------------------------------

static pond_sv peek(const printer *p) {
    ptrdiff_t end = pond_sv_find_char(p->rest, '\n');
    return pond_sv_sub(p->rest, 0, end < 0 ? p->rest.n : (size_t)end);
}

static pond_sv next(printer *p) {
    pond_sv line = peek(p);
    p->rest = pond_sv_sub(p->rest, line.n + 1, p->rest.n);
    return line;
}

static bool begins(pond_sv line, const char *mark) {
    return pond_sv_starts(line, pond_sv_of(mark));
}

// Whether a line ends the paragraph or the item before it.
static bool begins_block(pond_sv line) {
    return pond_sv_trim(line).n == 0 || begins(line, "#") || begins(line, "```") ||
           begins(line, "|") || begins(line, "- ");
}

// Parts of lines ----------------------------------------------------------------------------------

// [text](target): the text, with a target that is an address after it. 0 if `s` does not begin with a
// link, else its length.
static size_t append_link(pond_sv s, pond_buf *out) {
    ptrdiff_t middle = pond_sv_find(s, POND_SV("](")), end = pond_sv_find_char(s, ')');
    if (middle < 0 || end < middle)
        return 0;
    pond_sv target = pond_sv_sub(s, (size_t)middle + 2, (size_t)end);
    pond_buf_sv(out, pond_sv_sub(s, 1, (size_t)middle));
    if (begins(target, "http"))
        pond_buf_printf(out, " (%.*s)", POND_SV_ARG(target));
    return (size_t)end + 1;
}

// Without the marks of links and emphasis. Code keeps its marks, as in the other texts of help.
static pond_sv plain(printer *p, pond_sv text) {
    pond_buf b = POND_BUF_EMPTY;
    bool is_code = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        is_code ^= c == '`';
        size_t n = c == '[' && !is_code ? append_link(pond_sv_sub(text, i, text.n), &b) : 0;
        if (n > 0)
            i += n - 1;
        else if (c != '*' || is_code)
            pond_buf_char(&b, c);
    }
    return pond_buf_keep(&p->arena, &b);
}

// Cuts one line of at most `width` characters from the front of *text, at a blank if there is one.
static pond_sv cut_line(pond_sv *text, size_t width) {
    size_t end = 0, n = 0;
    pond_sv s = pond_sv_trim(*text);
    for (size_t i = 0; i <= s.n; i++) {
        if (i == s.n || s.p[i] == ' ') {
            if (n > width && end > 0)
                break;
            end = i;
        }
        n += i < s.n && ((unsigned char)s.p[i] & 0xC0) != 0x80;
    }
    *text = pond_sv_trim(pond_sv_sub(s, end, s.n));
    return pond_sv_sub(s, 0, end);
}

static void print_wrapped(printer *p, pond_sv text, const char *first, const char *others) {
    const char *indent = first;
    do {
        pond_sv line = cut_line(&text, CLI_MARKDOWN_WIDTH - strlen(indent));
        pond_buf_printf(p->out, "%s%.*s\n", indent, POND_SV_ARG(line));
        indent = others;
    } while (text.n > 0);
}

// Blocks ------------------------------------------------------------------------------------------

static void print_code(printer *p) {
    next(p);
    while (p->rest.n > 0 && !begins(peek(p), "```")) {
        pond_sv line = next(p);
        pond_buf_printf(p->out, "%s%.*s\n", line.n == 0 ? "" : "    ", POND_SV_ARG(line));
    }
    next(p);
}

static void print_heading(printer *p) {
    pond_sv line = next(p);
    while (pond_sv_cut_char(&line, '#'))
        continue;
    pond_sv text = plain(p, pond_sv_trim(line));
    pond_buf_printf(p->out, "%.*s\n", POND_SV_ARG(text));
    pond_buf_fill(p->out, '-', pond_utf8_count(text));
    pond_buf_char(p->out, '\n');
}

static void print_paragraph(printer *p) {
    bool is_item = begins(peek(p), "- ");
    pond_buf b = POND_BUF_EMPTY;
    do {
        pond_buf_sv(&b, pond_sv_trim(next(p)));
        pond_buf_char(&b, ' ');
    } while (p->rest.n > 0 && !begins_block(peek(p)));
    pond_sv text = plain(p, pond_buf_view(&b));
    print_wrapped(p, is_item ? pond_sv_sub(text, 2, text.n) : text, is_item ? "- " : "",
                  is_item ? "  " : "");
    pond_buf_free(&b);
}

// Tables ------------------------------------------------------------------------------------------

typedef struct table {
    text_vec cells; // row by row
    size_t n_columns;
    size_t *widths; // characters
} table;

static void read_row(printer *p, table *t) {
    pond_sv rest = pond_sv_trim(next(p)), cell;
    pond_sv_cut_char(&rest, '|');
    rest = pond_sv_sub(rest, 0, rest.n - (rest.n > 0)); // the '|' at the end
    size_t n = 0;
    while (pond_sv_split(&rest, '|', &cell)) {
        *pond_vec_push(&p->arena, &t->cells) = plain(p, pond_sv_trim(cell));
        n++;
    }
    if (t->n_columns == 0)
        t->n_columns = n > 0 ? n : 1;
    while (n % t->n_columns != 0) { // a row that is too short
        *pond_vec_push(&p->arena, &t->cells) = POND_SV("");
        n++;
    }
}

static pond_sv cell_at(const table *t, size_t row, size_t column) {
    return t->cells.items[row * t->n_columns + column];
}

static size_t n_rows(const table *t) {
    return t->cells.n / t->n_columns;
}

// What a column needs: its longest word, and its longest text. A column whose rows have no text, but for
// the header, is left out.
static void measure(const table *t, size_t column, size_t *word, size_t *text) {
    bool has_text = false;
    *word = *text = 0;
    for (size_t r = 0; r < n_rows(t); r++) {
        pond_sv rest = cell_at(t, r, column), piece;
        size_t n = pond_utf8_count(rest);
        *text = n > *text ? n : *text;
        has_text |= r > 0 && n > 0;
        while (pond_sv_split(&rest, ' ', &piece)) {
            n = pond_utf8_count(piece);
            *word = n > *word ? n : *word;
        }
    }
    *word = has_text ? *word : 0;
    *text = has_text ? *text : 0;
}

static size_t n_lines(const table *t) {
    size_t sum = 0;
    for (size_t r = 0; r < n_rows(t); r++) {
        size_t most = 1;
        for (size_t c = 0; c < t->n_columns; c++) {
            pond_sv rest = cell_at(t, r, c);
            size_t n = 0;
            for (; t->widths[c] > 0 && rest.n > 0; n++)
                cut_line(&rest, t->widths[c]);
            most = n > most ? n : most;
        }
        sum += most;
    }
    return sum;
}

static size_t total_width(const table *t) {
    enum { GAP = 2 };
    size_t sum = 0;
    for (size_t c = 0; c < t->n_columns; c++)
        sum += t->widths[c] > 0 ? t->widths[c] + GAP : 0;
    return sum > 0 ? sum - GAP : 0;
}

// As long as the columns do not fit, the one shrinks with which the table gets least longer; of several
// the widest one.
static void find_widths(printer *p, table *t) {
    size_t *words = POND_NEW_ARRAY(&p->arena, size_t, t->n_columns);
    t->widths = POND_NEW_ARRAY(&p->arena, size_t, t->n_columns);
    for (size_t c = 0; c < t->n_columns; c++)
        measure(t, c, &words[c], &t->widths[c]);
    while (total_width(t) > CLI_MARKDOWN_WIDTH) {
        size_t best = t->n_columns, best_lines = SIZE_MAX;
        for (size_t c = 0; c < t->n_columns; c++) {
            if (t->widths[c] <= words[c])
                continue;
            t->widths[c]--;
            size_t n = n_lines(t);
            t->widths[c]++;
            if (n < best_lines || (n == best_lines && t->widths[c] > t->widths[best])) {
                best = c;
                best_lines = n;
            }
        }
        if (best == t->n_columns)
            return;
        t->widths[best]--;
    }
}

static void print_row(printer *p, const table *t, size_t row) {
    pond_sv *rests = POND_NEW_ARRAY(&p->arena, pond_sv, t->n_columns);
    bool has_more = true;
    for (size_t c = 0; c < t->n_columns; c++)
        rests[c] = cell_at(t, row, c);
    while (has_more) {
        size_t missing = 0; // blanks before the next text
        has_more = false;
        for (size_t c = 0; c < t->n_columns; c++) {
            if (t->widths[c] == 0)
                continue;
            pond_sv line = cut_line(&rests[c], t->widths[c]);
            size_t n = pond_utf8_count(line);
            if (n > 0) {
                pond_buf_fill(p->out, ' ', missing);
                pond_buf_sv(p->out, line);
                missing = 0;
            }
            missing += (t->widths[c] > n ? t->widths[c] - n : 0) + 2;
            has_more |= rests[c].n > 0;
        }
        pond_buf_char(p->out, '\n');
    }
}

static void print_table(printer *p) {
    table t = {0};
    read_row(p, &t);
    next(p); // the line of dashes
    while (p->rest.n > 0 && begins(peek(p), "|"))
        read_row(p, &t);
    find_widths(p, &t);
    for (size_t r = 0; r < n_rows(&t); r++) {
        print_row(p, &t, r);
        if (r == 0) {
            pond_buf_fill(p->out, '-', total_width(&t));
            pond_buf_char(p->out, '\n');
        }
    }
}

// Text --------------------------------------------------------------------------------------------

void cli_markdown_text(pond_sv markdown, pond_buf *out) {
    printer p = {.out = out, .rest = markdown};
    pond_arena_init(&p.arena);
    while (p.rest.n > 0) {
        pond_sv line = peek(&p);
        if (begins(line, "```"))
            print_code(&p);
        else if (begins(line, "#"))
            print_heading(&p);
        else if (begins(line, "|"))
            print_table(&p);
        else if (pond_sv_trim(line).n > 0)
            print_paragraph(&p);
        else {
            next(&p);
            pond_buf_char(out, '\n');
        }
    }
    pond_arena_deinit(&p.arena);
}
