// excelhtml: the HTML that a vendor of water sensors exports "for Excel": a table of a time and
// numbers, in an element with the id `isi-report`.
#include "format/format.h"
#include "format/libxml.h"
#include "format/rows.h"
#include "format/text_options.h"

#include "base/file.h"
#include "base/float.h"

#include <math.h>
#include <strings.h>

// The parser holds all of the document, at several times its size.
enum { MOST_BYTES = 64 << 20 };

typedef struct report {
    format_libxml xml;
    pond_sv name;
    pond_arena *arena; // of the columns
    POND_VEC(pond_sv) columns;
    uint64_t n_odd; // cells that should be numbers
} report;

// The tree ----------------------------------------------------------------------------------------

// The next node below `top`, in the order of the text. Without recursion: tags may be nested deeply.
static xmlNode *next_below(xmlNode *top, xmlNode *n) {
    if (n->children != NULL)
        return n->children;
    while (n != top && n->next == NULL)
        n = n->parent;
    return n == top ? NULL : n->next;
}

static bool is_element(const xmlNode *n, const char *name) {
    return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}

// An attribute's value; lives in `a`. False: it has none.
static bool get_attribute(const format_libxml *x, pond_arena *a, xmlNode *n, const char *name,
                          pond_sv *out) {
    xmlChar *text = n->type == XML_ELEMENT_NODE ? x->get(n, (const xmlChar *)name) : NULL;
    if (text == NULL)
        return false;
    *out = pond_sv_dup(a, pond_sv_of((const char *)text));
    (*x->free)(text);
    return true;
}

static bool has_word(pond_sv words, const char *word) {
    for (pond_sv one; pond_sv_split(&words, ' ', &one);)
        if (pond_sv_is(pond_sv_trim(one), word))
            return true;
    return false;
}

static bool is_header(const format_libxml *x, pond_arena *a, xmlNode *n) {
    pond_sv text;
    return is_element(n, "tr") && (get_attribute(x, a, n, "isi-data-table", &text) ||
                                   (get_attribute(x, a, n, "class", &text) &&
                                    pond_sv_find(text, POND_SV("dataHeader")) >= 0));
}

static bool is_row(const format_libxml *x, pond_arena *a, xmlNode *n) {
    pond_sv text;
    return is_element(n, "tr") &&
           (get_attribute(x, a, n, "isi-data-row", &text) ||
            (get_attribute(x, a, n, "class", &text) && has_word(text, "data")));
}

// Without blanks at both ends, those that do not break lines included.
static pond_sv trim(pond_sv s) {
    const pond_sv hard = POND_SV("\xC2\xA0");
    for (size_t n = s.n + 1; n != s.n;) {
        n = s.n;
        s = pond_sv_trim(s);
        if (pond_sv_starts(s, hard))
            s = pond_sv_sub(s, hard.n, s.n);
        if (pond_sv_ends(s, hard))
            s.n -= hard.n;
    }
    return s;
}

typedef POND_VEC(pond_sv) cell_vec;

static void read_cells(const format_libxml *x, pond_arena *a, const xmlNode *row, cell_vec *out) {
    out->n = out->cap = 0;
    for (xmlNode *n = row->children; n != NULL; n = n->next) {
        if (!is_element(n, "td"))
            continue;
        xmlChar *text = x->content(n);
        *pond_vec_push(a, out) =
            text == NULL ? (pond_sv){"", 0} : trim(pond_sv_dup(a, pond_sv_of((char *)text)));
        if (text != NULL)
            (*x->free)(text);
    }
}

// Rows --------------------------------------------------------------------------------------------

static bool is_text(pond_sv column) {
    return pond_sv_is(column, "Date Time");
}

static pond_code write_cell(report *r, pond_sv column, pond_sv cell, format_rows *rows,
                            pond_err *err) {
    double d;
    char text[32];
    if (cell.n > 0 && is_text(column))
        return format_rows_text(rows, cell, err);
    bool is_number = cell.n > 0 && pond_sv_to_double(cell, &d) && isfinite(d);
    r->n_odd += cell.n > 0 && !is_number;
    if (is_number)
        format_rows_plain(rows, (pond_sv){text, pond_float_json(d, text)});
    else
        format_rows_null(rows);
    return POND_OK;
}

static pond_code write_row(report *r, const cell_vec *cells, format_rows *rows, pond_err *err) {
    for (size_t i = 0; i < r->columns.n; i++)
        POND_TRY(write_cell(r, r->columns.items[i],
                            i < cells->n ? cells->items[i] : (pond_sv){"", 0}, rows, err));
    return format_rows_end(rows, err);
}

static pond_code write_header(report *r, const cell_vec *cells, format_rows *rows, pond_err *err) {
    if (cells->n == 0)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s': No columns found in header",
                         POND_SV_ARG(r->name));
    for (size_t i = 0; i < cells->n; i++) {
        *pond_vec_push(r->arena, &r->columns) = pond_sv_dup(r->arena, cells->items[i]);
        POND_TRY(format_rows_text(rows, cells->items[i], err));
    }
    return format_rows_end(rows, err);
}

static xmlNode *find_report(const format_libxml *x, pond_arena *a, xmlNode *top) {
    pond_sv id;
    for (xmlNode *n = top; n != NULL; n = next_below(top, n))
        if (get_attribute(x, a, n, "id", &id) && pond_sv_is(id, "isi-report"))
            return n;
    return NULL;
}

// `a` is emptied after each row.
static pond_code write_rows(report *r, xmlNode *top, pond_arena *a, format_rows *rows,
                            pond_err *err) {
    xmlNode *table = top == NULL ? NULL : find_report(&r->xml, a, top);
    cell_vec cells = {0};
    if (table == NULL)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s': No table with id='isi-report' found",
                         POND_SV_ARG(r->name));
    for (xmlNode *n = table; n != NULL; n = next_below(table, n)) {
        bool is_first = r->columns.n == 0;
        if (is_first ? !is_header(&r->xml, a, n) : !is_row(&r->xml, a, n))
            continue;
        read_cells(&r->xml, a, n, &cells);
        POND_TRY(is_first ? write_header(r, &cells, rows, err) : write_row(r, &cells, rows, err));
        pond_arena_rewind(a);
        cells.items = NULL;
    }
    if (r->columns.n == 0)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s': No dataHeader row found",
                         POND_SV_ARG(r->name));
    return format_rows_flush(rows, err);
}

static pond_code write_document(report *r, pond_sv html, format_rows *rows, pond_err *err) {
    ptrdiff_t bad = pond_utf8_find_bad(html);
    if (bad >= 0)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s': Invalid UTF-8 in HTML: byte %td is 0x%02x",
                         POND_SV_ARG(r->name), bad, (unsigned char)html.p[bad]);
    if (html.n > MOST_BYTES)
        return pond_fail(err, POND_ERR_LIMIT, "'%.*s' has more than %d MB", POND_SV_ARG(r->name),
                         MOST_BYTES >> 20);
    enum {
        OPTIONS = HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_NOERROR |
                  HTML_PARSE_NOWARNING | HTML_PARSE_COMPACT
    };
    htmlDocPtr doc =
        r->xml.read_html(html.p == NULL ? "" : html.p, (int)html.n, NULL, "UTF-8", OPTIONS);
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = write_rows(r, doc == NULL ? NULL : r->xml.root(doc), &a, rows, err);
    pond_arena_deinit(&a);
    if (doc != NULL)
        r->xml.free_doc(doc);
    return rc;
}

// The parser closes by itself what a file that was cut off has left open.
static bool is_closed(pond_sv html) {
    static const char *const ends[] = {"</table>", "</body>", "</html>"};
    html = pond_sv_trim(html);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i]);
        if (html.n >= n && strncasecmp(html.p + html.n - n, ends[i], n) == 0)
            return true;
    }
    return false;
}

static pond_sv tell_flaws(const report *r, pond_sv html) {
    pond_buf b = POND_BUF_EMPTY;
    if (r->n_odd > 0)
        pond_buf_printf(&b, "excelhtml: %llu cell%s no number, and NULL",
                        (unsigned long long)r->n_odd, r->n_odd == 1 ? " is" : "s are");
    if (!is_closed(html))
        pond_buf_printf(&b, "%s the file does not end with </table> or </html>, and may be cut off",
                        r->n_odd > 0 ? ";" : "excelhtml:");
    return pond_buf_keep(r->arena, &b);
}

static pond_text_type *make_types(const report *r) {
    pond_text_type *types = POND_NEW_ARRAY(r->arena, pond_text_type, r->columns.n + 1);
    for (size_t i = 0; i < r->columns.n; i++)
        types[i] = is_text(r->columns.items[i]) ? POND_TEXT_TEXT : POND_TEXT_FLOAT;
    return types;
}

static pond_code translate(pond_arena *a, const pond_reader *reader, const char *path, pond_sv name,
                           int out, pond_translation *to, pond_err *err) {
    (void)reader;
    format_rows rows = {.fd = out, .name = pond_cstr(a, name)};
    report r = {.name = name, .arena = a};
    pond_buf html = POND_BUF_EMPTY;
    pond_code rc = format_libxml_load(&r.xml, "excelhtml", err);
    if (rc == POND_OK)
        rc = pond_file_read(path, &html, err);
    if (rc == POND_OK)
        rc = write_document(&r, pond_buf_view(&html), &rows, err);
    *to = (pond_translation){.text = format_rows_layout(make_types(&r))};
    if (rc == POND_OK)
        to->warning = tell_flaws(&r, pond_buf_view(&html));
    format_libxml_release(&r.xml);
    pond_buf_free(&html);
    format_rows_free(&rows);
    return rc;
}

extern const pond_format pond_format_excelhtml;
const pond_format pond_format_excelhtml = {
    .name = "excelhtml",
    .content = "a report in HTML",
    .summary = "Reports of a vendor of water sensors, in HTML that is meant for Excel",
    .codecs = FORMAT_ANY_CODEC,
    .read_options = format_read_no_options,
    .translate = translate,
};
