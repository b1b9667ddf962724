// The parts of a workbook but its sheets. Which part is which, the relationships say.
#include "format/workbook.h"

#include "base/map.h"

enum { MOST_PART_BYTES = 64 << 20, MOST_TEXT_BYTES = 256 << 20 };

// Relationships -----------------------------------------------------------------------------------

typedef struct relationship {
    pond_sv type;   // its last word: "worksheet"
    pond_sv target; // the part
} relationship;

typedef struct relationships {
    pond_arena *a;
    pond_sv from;            // the directory of the part that has them
    pond_map by_id, by_type; // the first one of each type
} relationships;

// The part that a target names: below the root, or beside the part that names it.
static pond_sv resolve(pond_arena *a, pond_sv dir, pond_sv target) {
    POND_VEC(pond_sv) names = {0};
    pond_buf out = POND_BUF_EMPTY;
    pond_sv path = pond_sv_starts(target, POND_SV("/"))
                       ? target
                       : pond_svf(a, "%.*s/%.*s", POND_SV_ARG(dir), POND_SV_ARG(target));
    for (pond_sv name; pond_sv_split(&path, '/', &name);) {
        if (pond_sv_is(name, ".."))
            names.n -= names.n > 0;
        else if (name.n > 0 && !pond_sv_is(name, "."))
            *pond_vec_push(a, &names) = name;
    }
    for (size_t i = 0; i < names.n; i++)
        pond_buf_printf(&out, "%s%.*s", i == 0 ? "" : "/", POND_SV_ARG(names.items[i]));
    return pond_buf_keep(a, &out);
}

static pond_sv dir_of(pond_sv part) {
    ptrdiff_t slash = pond_sv_rfind_char(part, '/');
    return pond_sv_sub(part, 0, slash < 0 ? 0 : (size_t)slash);
}

static pond_code add_relationship(void *user, pond_sv name, const format_attributes *at,
                                  pond_err *err) {
    (void)err;
    relationships *r = user;
    pond_sv id, type, target, mode;
    if (!pond_sv_is(name, "Relationship") || !format_attribute(at, "Id", &id) ||
        !format_attribute(at, "Type", &type) || !format_attribute(at, "Target", &target) ||
        (format_attribute(at, "TargetMode", &mode) && pond_sv_is(mode, "External")))
        return POND_OK;
    size_t word = (size_t)(pond_sv_rfind_char(type, '/') + 1);
    relationship *new = POND_NEW(r->a, relationship);
    *new = (relationship){.type = pond_sv_dup(r->a, pond_sv_sub(type, word, type.n)),
                          .target = resolve(r->a, r->from, target)};
    *pond_map_at(&r->by_id, pond_sv_dup(r->a, id), NULL) = new;
    void **first = pond_map_at(&r->by_type, new->type, NULL);
    if (*first == NULL)
        *first = new;
    return POND_OK;
}

// Those of a part; empty: those of the package.
static pond_code read_relationships(format_workbook *w, pond_arena *a, pond_sv part,
                                    relationships *out, pond_err *err) {
    pond_sv dir = dir_of(part);
    pond_sv base = pond_sv_sub(part, dir.n > 0 ? dir.n + 1 : 0, part.n);
    format_elements to = {.user = out, .begin = add_relationship};
    *out = (relationships){.a = a, .from = dir};
    pond_map_init(&out->by_id, a);
    pond_map_init(&out->by_type, a);
    return format_package_read(w->package,
                               pond_svf(a, "%.*s%s_rels/%.*s.rels", POND_SV_ARG(dir),
                                        dir.n > 0 ? "/" : "", POND_SV_ARG(base)),
                               MOST_PART_BYTES, &to, err);
}

// Sheets ------------------------------------------------------------------------------------------

typedef struct book {
    format_workbook *to;
    pond_arena *a;
    const relationships *parts;
} book;

static pond_code add_sheet(book *b, const format_attributes *at) {
    format_sheet *sheet = pond_vec_push(b->a, &b->to->sheets);
    pond_sv text;
    *sheet = (format_sheet){.name = {"", 0}, .part = {"", 0}};
    if (format_attribute(at, "name", &text))
        sheet->name = pond_sv_dup(b->a, text);
    if (!format_attribute(at, "id", &text))
        return POND_OK;
    const relationship *r = pond_map_get(&b->parts->by_id, text);
    if (r == NULL)
        return POND_OK;
    sheet->part = r->target;
    sheet->is_worksheet = pond_sv_is(r->type, "worksheet");
    return POND_OK;
}

static pond_code read_book(void *user, pond_sv name, const format_attributes *at, pond_err *err) {
    (void)err;
    book *b = user;
    pond_sv text;
    if (pond_sv_is(name, "sheet"))
        return add_sheet(b, at);
    if (pond_sv_is(name, "workbookPr") && format_attribute(at, "date1904", &text))
        b->to->is_1904 = pond_sv_is(text, "1") || pond_sv_is(text, "true");
    return POND_OK;
}

// Texts -------------------------------------------------------------------------------------------

// What Excel writes so are control characters, and an underscore that would begin such an escape.
pond_sv format_workbook_unescape(pond_arena *a, pond_sv text) {
    enum { LENGTH = 7 };
    if (pond_sv_find(text, POND_SV("_x00")) < 0)
        return text;
    pond_buf out = POND_BUF_EMPTY;
    for (size_t i = 0; i < text.n;) {
        pond_sv at = pond_sv_sub(text, i, i + LENGTH);
        bool is_escape = pond_sv_starts(at, POND_SV("_x00")) && at.n == LENGTH && at.p[6] == '_';
        int high = is_escape ? pond_hex_digit(at.p[4]) : -1;
        int low = is_escape ? pond_hex_digit(at.p[5]) : -1;
        if (high < 0 || high > 7 || low < 0) {
            pond_buf_char(&out, text.p[i++]);
            continue;
        }
        pond_buf_char(&out, (char)(high * 16 + low));
        i += LENGTH;
    }
    return pond_buf_keep(a, &out);
}

typedef struct texts {
    format_workbook *to;
    pond_arena *a;
    pond_buf text;
    bool is_in_text, is_in_sound; // how Japanese is pronounced is no part of a text
} texts;

static pond_code begin_text(void *user, pond_sv name, const format_attributes *at, pond_err *err) {
    (void)at, (void)err;
    texts *t = user;
    if (pond_sv_is(name, "si"))
        pond_buf_clear(&t->text);
    t->is_in_sound |= pond_sv_is(name, "rPh");
    t->is_in_text = pond_sv_is(name, "t") && !t->is_in_sound;
    return POND_OK;
}

static pond_code end_text(void *user, pond_sv name, pond_err *err) {
    (void)err;
    texts *t = user;
    t->is_in_text = false;
    if (pond_sv_is(name, "rPh"))
        t->is_in_sound = false;
    if (pond_sv_is(name, "si"))
        *pond_vec_push(t->a, &t->to->texts) =
            t->text.n == 0
                ? (pond_sv){"", 0}
                : format_workbook_unescape(t->a, pond_sv_dup(t->a, pond_buf_view(&t->text)));
    return POND_OK;
}

static void add_text(void *user, pond_sv text) {
    texts *t = user;
    if (t->is_in_text)
        pond_buf_sv(&t->text, text);
}

static pond_code read_texts(format_workbook *w, pond_arena *a, pond_sv part, pond_err *err) {
    texts t = {.to = w, .a = a};
    format_elements to = {.user = &t, .begin = begin_text, .end = end_text, .text = add_text};
    pond_code rc = format_package_read(w->package, part, MOST_TEXT_BYTES, &to, err);
    pond_buf_free(&t.text);
    return rc;
}

// Styles ------------------------------------------------------------------------------------------

typedef struct styles {
    format_workbook *to;
    pond_arena *a;
    pond_map codes;   // what the formats of the workbook show, by their numbers as they are written
    bool is_in_cells; // the formats of cells, and not those of named styles
} styles;

static pond_code begin_style(void *user, pond_sv name, const format_attributes *at, pond_err *err) {
    (void)err;
    styles *s = user;
    pond_sv text, format;
    int64_t id;
    if (pond_sv_is(name, "cellXfs"))
        s->is_in_cells = true;
    bool has_id = format_attribute(at, "numFmtId", &text) && pond_sv_to_int(text, &id);
    if (pond_sv_is(name, "numFmt") && has_id && format_attribute(at, "formatCode", &format)) {
        format_shown *own = POND_NEW(s->a, format_shown);
        *own = format_shown_of_code(format);
        *pond_map_at(&s->codes, pond_sv_dup(s->a, text), NULL) = own;
    }
    if (!s->is_in_cells || !pond_sv_is(name, "xf"))
        return POND_OK;
    format_shown *shown = pond_vec_push(s->a, &s->to->styles);
    *shown = has_id ? format_shown_of_id(id) : (format_shown){0};
    const format_shown *own = has_id ? pond_map_get(&s->codes, text) : NULL;
    if (own != NULL)
        *shown = *own;
    return POND_OK;
}

static pond_code end_style(void *user, pond_sv name, pond_err *err) {
    (void)err;
    styles *s = user;
    if (pond_sv_is(name, "cellXfs"))
        s->is_in_cells = false;
    return POND_OK;
}

static pond_code read_styles(format_workbook *w, pond_arena *a, pond_sv part, pond_err *err) {
    styles s = {.to = w, .a = a};
    pond_map_init(&s.codes, a);
    format_elements to = {.user = &s, .begin = begin_style, .end = end_style};
    return format_package_read(w->package, part, MOST_PART_BYTES, &to, err);
}

// Workbooks ---------------------------------------------------------------------------------------

static pond_code read_parts(format_workbook *w, pond_arena *a, pond_sv name, pond_err *err) {
    relationships of_package, of_book;
    POND_TRY(read_relationships(w, a, POND_SV(""), &of_package, err));
    const relationship *main = pond_map_get(&of_package.by_type, POND_SV("officeDocument"));
    if (main == NULL)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is not an Excel workbook: it has no sheets",
                         POND_SV_ARG(name));
    if (pond_sv_ends(main->target, POND_SV(".bin")))
        return pond_fail(err, POND_ERR_UNSUPPORTED,
                         "'%.*s' is a binary workbook (.xlsb); save it as .xlsx",
                         POND_SV_ARG(name));
    POND_TRY(read_relationships(w, a, main->target, &of_book, err));
    book b = {.to = w, .a = a, .parts = &of_book};
    format_elements to = {.user = &b, .begin = read_book};
    POND_TRY(format_package_read(w->package, main->target, MOST_PART_BYTES, &to, err));
    const relationship *shared = pond_map_get(&of_book.by_type, POND_SV("sharedStrings"));
    const relationship *look = pond_map_get(&of_book.by_type, POND_SV("styles"));
    if (shared != NULL)
        POND_TRY(read_texts(w, a, shared->target, err));
    return look == NULL ? POND_OK : read_styles(w, a, look->target, err);
}

pond_code format_workbook_open(pond_arena *a, const char *path, pond_sv name, format_workbook *out,
                               pond_meter *meter, pond_err *err) {
    *out = (format_workbook){0};
    POND_TRY(format_package_open(a, path, name, &out->package, meter, err));
    pond_code rc = read_parts(out, a, name, err);
    if (rc != POND_OK)
        format_workbook_close(out);
    return rc;
}

void format_workbook_close(format_workbook *w) {
    format_package_close(w->package);
    w->package = NULL;
}
