// influx: InfluxDB's line protocol, `measurement,tag=value field=1i,other="text" timestamp`.
//
// The file is read twice: for the columns and their types, and for the rows.
#include "format/format.h"
#include "format/lines.h"
#include "format/rows.h"
#include "format/text_options.h"

#include "base/map.h"

#include <math.h>

enum { NS_PER_S = 1000000000 };

typedef struct influx_config {
    pond_text_options text; // the first member: a pond_reader's options are it
    int precision;
    pond_sv measurement;
} influx_config;

static const pond_option option_rows[] = {
    POND_OPTION("precision", POND_OPT_CHOICE, influx_config, precision, .value = "ns|us|ms|s",
                .help = "the unit of the timestamps (default: ns)"),
    POND_OPTION("measurement", POND_OPT_TEXT, influx_config, measurement, .value = "NAME",
                .help = "read the lines of this measurement only"),
};
static const pond_options options = POND_OPTIONS("influx", option_rows);

typedef enum value_kind { IS_ABSENT, IS_TAG, IS_INT, IS_FLOAT, IS_TEXT, IS_TRUTH } value_kind;

typedef struct part {
    pond_sv key, value; // unescaped
    value_kind kind;
} part;

typedef struct line {
    pond_arena arena;
    pond_sv measurement;
    POND_VEC(part) parts; // tags, then fields
    int64_t t_ns;
} line;

typedef struct column {
    pond_sv name;
    value_kind kind; // of a field: IS_FLOAT if there are integers and floats
    uint64_t n_big;  // integers that a float does not hold
} column;

typedef struct influx {
    const influx_config *config;
    pond_arena *arena; // of the columns
    format_lines *lines;
    pond_map tags, fields; // columns by name
    pond_sv measurement;   // of the first line
    bool has_measurements; // more than one
    bool has_ns;           // a time has digits below a microsecond
    uint64_t n_lines;
} influx;

// Lines -------------------------------------------------------------------------------------------

// Removes text up to one of the characters `ends`, which stays, and gives it without its escapes:
// a backslash before a comma, a blank or, unless in the name of a measurement, an equals sign. Other
// backslashes are themselves.
static pond_sv cut_name(pond_arena *a, pond_sv *rest, const char *ends, const char *escaped) {
    char *out = pond_alloc(a, rest->n + 1);
    size_t n = 0, i = 0;
    for (; i < rest->n && strchr(ends, rest->p[i]) == NULL; i++) {
        if (rest->p[i] == '\\' && i + 1 < rest->n && strchr(escaped, rest->p[i + 1]) != NULL)
            i++;
        out[n++] = rest->p[i];
    }
    *rest = pond_sv_sub(*rest, i, rest->n);
    return (pond_sv){out, n};
}

// After the opening quote. False: there is no closing one.
static bool cut_text(pond_arena *a, pond_sv *rest, pond_sv *out) {
    char *text = pond_alloc(a, rest->n + 1);
    size_t n = 0, i = 0;
    for (; i < rest->n && rest->p[i] != '"'; i++) {
        if (rest->p[i] == '\\' && i + 1 < rest->n &&
            (rest->p[i + 1] == '"' || rest->p[i + 1] == '\\'))
            i++;
        text[n++] = rest->p[i];
    }
    *out = (pond_sv){text, n};
    bool is_closed = i < rest->n;
    *rest = pond_sv_sub(*rest, i + is_closed, rest->n);
    return is_closed;
}

static bool read_truth(pond_sv v, part *out) {
    static const char *const words[] = {"t", "T", "true",  "True",  "TRUE",
                                        "f", "F", "false", "False", "FALSE"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (pond_sv_is(v, words[i])) {
            out->kind = IS_TRUTH;
            out->value = i < 5 ? POND_SV("true") : POND_SV("false");
            return true;
        }
    return false;
}

// "1i", "1u", "1.5e3". An unsigned integer has 63 bits here.
static bool read_number(pond_sv v, part *out) {
    int64_t i;
    double d;
    char last = v.n > 0 ? v.p[v.n - 1] : '\0';
    out->value = v;
    if (last == 'i' || last == 'u') {
        out->kind = IS_INT;
        out->value.n--;
        return pond_sv_to_int(out->value, &i) && (last == 'i' || i >= 0);
    }
    out->kind = IS_FLOAT;
    return last >= '.' && last <= '9' && pond_sv_to_double(v, &d) && isfinite(d);
}

static pond_code read_field(const influx *x, line *l, pond_sv *rest, part *out, pond_err *err) {
    if (pond_sv_cut_char(rest, '"')) {
        out->kind = IS_TEXT;
        if (!cut_text(&l->arena, rest, &out->value))
            return format_lines_fail(x->lines, err, "the text of '%.*s' has no closing quote",
                                     POND_SV_ARG(out->key));
        return POND_OK;
    }
    size_t n = 0;
    while (n < rest->n && rest->p[n] != ',' && rest->p[n] != ' ')
        n++;
    pond_sv text = pond_sv_sub(*rest, 0, n);
    *rest = pond_sv_sub(*rest, n, rest->n);
    if (!read_truth(text, out) && !read_number(text, out))
        return format_lines_fail(x->lines, err, "'%.*s' is no value of the field '%.*s'",
                                 POND_SV_ARG(text), POND_SV_ARG(out->key));
    out->value = pond_sv_dup(&l->arena, out->value);
    return POND_OK;
}

// One `key=value`; a tag or a field, with its comma removed.
static pond_code read_part(const influx *x, line *l, pond_sv *rest, bool is_tag, pond_err *err) {
    part p = {.key = cut_name(&l->arena, rest, ",= ", ",= "), .kind = IS_TAG};
    const char *what = is_tag ? "tag" : "field";
    if (p.key.n == 0 || !pond_sv_cut_char(rest, '='))
        return format_lines_fail(x->lines, err, "a %s is not written as key=value", what);
    if (is_tag) {
        p.value = cut_name(&l->arena, rest, ",= ", ",= ");
        if (p.value.n == 0)
            return format_lines_fail(x->lines, err, "the tag '%.*s' has no value",
                                     POND_SV_ARG(p.key));
    } else {
        POND_TRY(read_field(x, l, rest, &p, err));
    }
    for (size_t i = 0; i < l->parts.n; i++)
        if (pond_sv_eq(l->parts.items[i].key, p.key))
            return format_lines_fail(x->lines, err, "the line has '%.*s' twice",
                                     POND_SV_ARG(p.key));
    *pond_vec_push(&l->arena, &l->parts) = p;
    return POND_OK;
}

// A timestamp at the end of a file without a line end may be the first digits of another one, which
// is a time as well. It is whole if one digit more would be beyond what 64 bits hold as nanoseconds.
static pond_code check_whole(const influx *x, pond_sv text, pond_err *err) {
    static const size_t most_digits[] = {19, 16, 13, 10}; // of times until 2262
    pond_sv digits = text;
    while (digits.n > 0 && (digits.p[0] < '1' || digits.p[0] > '9'))
        digits = pond_sv_sub(digits, 1, digits.n);
    if (!x->lines->is_open || digits.n >= most_digits[x->config->precision])
        return POND_OK;
    format_lines_fail(x->lines, err,
                      "the last line has no line end, and its timestamp '%.*s' may be cut off",
                      POND_SV_ARG(text));
    pond_err_detail(err,
                    "  if the file is whole, add a line end to it; else get it again, or remove "
                    "its last line");
    return POND_ERR_INVALID;
}

static pond_code read_time(const influx *x, line *l, pond_sv text, pond_err *err) {
    static const int64_t ns_of[] = {1, 1000, 1000000, NS_PER_S};
    int64_t t;
    text = pond_sv_trim(text);
    if (text.n == 0)
        return format_lines_fail(x->lines, err, "the line has no timestamp");
    if (!pond_sv_to_int(text, &t) ||
        __builtin_mul_overflow(t, ns_of[x->config->precision], &l->t_ns))
        return format_lines_fail(x->lines, err, "'%.*s' is no timestamp%s", POND_SV_ARG(text),
                                 x->config->precision == 0 ? "" : " of this precision");
    return check_whole(x, text, err);
}

static pond_code read_line(const influx *x, line *l, pond_sv rest, pond_err *err) {
    if (memchr(rest.p, '\0', rest.n) != NULL)
        return format_lines_fail(x->lines, err, "the line has a NUL byte");
    l->measurement = cut_name(&l->arena, &rest, ", ", ", ");
    if (l->measurement.n == 0)
        return format_lines_fail(x->lines, err, "the line has no measurement");
    while (pond_sv_cut_char(&rest, ','))
        POND_TRY(read_part(x, l, &rest, true, err));
    if (!pond_sv_cut_char(&rest, ' '))
        return format_lines_fail(x->lines, err, "the line has no fields");
    while (pond_sv_cut_char(&rest, ' '))
        ;
    do
        POND_TRY(read_part(x, l, &rest, false, err));
    while (pond_sv_cut_char(&rest, ','));
    if (rest.n > 0 && rest.p[0] != ' ')
        return format_lines_fail(x->lines, err, "there is text after the field '%.*s'",
                                 POND_SV_ARG(l->parts.items[l->parts.n - 1].key));
    return read_time(x, l, rest, err);
}

// The next line that is wanted. *is_there: there is one.
static pond_code next_line(const influx *x, line *l, bool *is_there, pond_err *err) {
    for (;;) {
        pond_sv text;
        pond_arena_rewind(&l->arena);
        l->parts.items = NULL;
        l->parts.n = l->parts.cap = 0;
        POND_TRY(format_lines_next(x->lines, &text, err));
        *is_there = text.p != NULL;
        if (!*is_there)
            return POND_OK;
        text = pond_sv_trim(text);
        if (text.n == 0 || text.p[0] == '#')
            continue;
        POND_TRY(read_line(x, l, text, err));
        pond_sv only = x->config->measurement;
        if (only.n == 0 || pond_sv_eq(only, l->measurement))
            return POND_OK;
    }
}

// Columns -----------------------------------------------------------------------------------------

static const char *name_of(value_kind k) {
    return k == IS_TEXT ? "a text" : k == IS_TRUTH ? "a truth value" : "a number";
}

static bool is_number(value_kind k) {
    return k == IS_INT || k == IS_FLOAT;
}

// Whether a float has all digits of an integer.
static bool is_exact(pond_sv digits) {
    int64_t i = 0;
    (void)!pond_sv_to_int(digits, &i); // it was read before
    double d = (double)i;
    return d < 0x1p63 && (int64_t)d == i;
}

// "'n' has integers and floats: 3 integers lose digits as floats"
static pond_sv tell_lost(const influx *x) {
    pond_buf b = POND_BUF_EMPTY;
    for (size_t i = 0; i < x->fields.n; i++) {
        const column *c = x->fields.entries[i].value;
        if (c->kind != IS_FLOAT || c->n_big == 0)
            continue;
        pond_buf_printf(&b, "%s'%.*s' has integers and floats: %llu integer%s digits as floats",
                        b.n > 0 ? "; " : "", POND_SV_ARG(c->name), (unsigned long long)c->n_big,
                        c->n_big == 1 ? " loses" : "s lose");
    }
    return pond_buf_keep(x->arena, &b);
}

static pond_code note_part(influx *x, const part *p, pond_err *err) {
    bool is_tag = p->kind == IS_TAG;
    pond_map *all = is_tag ? &x->tags : &x->fields;
    if (pond_map_get(is_tag ? &x->fields : &x->tags, p->key) != NULL)
        return format_lines_fail(x->lines, err,
                                 "'%.*s' is a tag in one line and a field in another",
                                 POND_SV_ARG(p->key));
    column *c = pond_map_get(all, p->key);
    if (c == NULL) {
        c = POND_NEW(x->arena, column);
        *c = (column){.name = pond_sv_dup(x->arena, p->key), .kind = p->kind};
        *pond_map_at(all, c->name, NULL) = c;
    }
    if (c->kind != p->kind && !(is_number(c->kind) && is_number(p->kind)))
        return format_lines_fail(x->lines, err, "the field '%.*s' is %s here, and %s above",
                                 POND_SV_ARG(c->name), name_of(p->kind), name_of(c->kind));
    if (p->kind == IS_FLOAT)
        c->kind = IS_FLOAT;
    c->n_big += p->kind == IS_INT && !is_exact(p->value);
    return POND_OK;
}

static pond_code find_columns(influx *x, line *l, pond_err *err) {
    bool is_there;
    for (;; x->n_lines++) {
        POND_TRY(next_line(x, l, &is_there, err));
        if (!is_there)
            break;
        if (x->n_lines == 0)
            x->measurement = pond_sv_dup(x->arena, l->measurement);
        x->has_measurements |= !pond_sv_eq(x->measurement, l->measurement);
        x->has_ns |= l->t_ns % 1000 != 0;
        for (size_t i = 0; i < l->parts.n; i++)
            POND_TRY(note_part(x, &l->parts.items[i], err));
    }
    if (x->n_lines > 0)
        return POND_OK;
    pond_sv only = x->config->measurement; // without one, there are no rows, and the time alone
    return only.n == 0 ? POND_OK
                       : pond_fail(err, POND_ERR_INVALID, "'%.*s' has no measurement '%.*s'",
                                   POND_SV_ARG(x->lines->name), POND_SV_ARG(only));
}

static pond_text_type *make_types(const influx *x) {
    static const pond_text_type types[] = {[IS_TAG] = POND_TEXT_TEXT,
                                           [IS_INT] = POND_TEXT_INT,
                                           [IS_FLOAT] = POND_TEXT_FLOAT,
                                           [IS_TEXT] = POND_TEXT_TEXT,
                                           [IS_TRUTH] = POND_TEXT_BOOL};
    pond_text_type *out = POND_NEW_ARRAY(x->arena, pond_text_type, x->tags.n + x->fields.n + 2);
    size_t n = 0;
    out[n++] = x->has_ns ? POND_TEXT_TIME_NS : POND_TEXT_INSTANT;
    if (x->has_measurements)
        out[n++] = POND_TEXT_TEXT;
    for (size_t i = 0; i < x->tags.n; i++)
        out[n++] = POND_TEXT_TEXT;
    for (size_t i = 0; i < x->fields.n; i++)
        out[n++] = types[((const column *)x->fields.entries[i].value)->kind];
    return out;
}

// Rows --------------------------------------------------------------------------------------------

static const part *find_part(const line *l, pond_sv key) {
    for (size_t i = 0; i < l->parts.n; i++)
        if (pond_sv_eq(l->parts.items[i].key, key))
            return &l->parts.items[i];
    return NULL;
}

static size_t count_tags(const line *l) {
    size_t n = 0;
    while (n < l->parts.n && l->parts.items[n].kind == IS_TAG)
        n++;
    return n;
}

// Whether two lines say more about one point: InfluxDB has one row for them.
static bool is_same_point(const line *a, const line *b) {
    size_t n = count_tags(a);
    if (a->t_ns != b->t_ns || n != count_tags(b) || !pond_sv_eq(a->measurement, b->measurement))
        return false;
    for (size_t i = 0; i < n; i++) {
        const part *other = find_part(b, a->parts.items[i].key);
        if (other == NULL || other->kind != IS_TAG ||
            !pond_sv_eq(other->value, a->parts.items[i].value))
            return false;
    }
    return true;
}

// Adds the fields of the earlier line that the later one does not have.
static void merge(line *later, const line *earlier) {
    for (size_t i = 0; i < earlier->parts.n; i++) {
        const part *p = &earlier->parts.items[i];
        if (find_part(later, p->key) == NULL)
            *pond_vec_push(&later->arena, &later->parts) = (part){
                pond_sv_dup(&later->arena, p->key), pond_sv_dup(&later->arena, p->value), p->kind};
    }
}

static pond_code write_row(const influx *x, const line *l, format_rows *rows, pond_err *err) {
    size_t n_written = 0;
    int64_t s = l->t_ns / NS_PER_S - (l->t_ns % NS_PER_S < 0);
    format_rows_time(rows, s, (int32_t)(l->t_ns - s * NS_PER_S));
    if (x->has_measurements)
        POND_TRY(format_rows_text(rows, l->measurement, err));
    for (size_t i = 0; i < x->tags.n + x->fields.n; i++) {
        const pond_map_entry *e =
            i < x->tags.n ? &x->tags.entries[i] : &x->fields.entries[i - x->tags.n];
        const part *p = find_part(l, e->key);
        n_written += p != NULL;
        if (p == NULL)
            format_rows_null(rows);
        else if (p->kind == IS_TAG || p->kind == IS_TEXT)
            POND_TRY(format_rows_text(rows, p->value, err));
        else
            format_rows_plain(rows, p->value);
    }
    if (n_written < l->parts.n)
        return pond_fail(err, POND_ERR_CONFLICT, "'%s' was changed while it was read", rows->name);
    return format_rows_end(rows, err);
}

static pond_code write_header(const influx *x, format_rows *rows, pond_err *err) {
    POND_TRY(format_rows_text(rows, POND_SV("timestamp"), err));
    if (x->has_measurements)
        POND_TRY(format_rows_text(rows, POND_SV("measurement"), err));
    for (size_t i = 0; i < x->tags.n; i++)
        POND_TRY(format_rows_text(rows, x->tags.entries[i].key, err));
    for (size_t i = 0; i < x->fields.n; i++)
        POND_TRY(format_rows_text(rows, x->fields.entries[i].key, err));
    return format_rows_end(rows, err);
}

// A line is written when the next one is known to be another point.
static pond_code write_rows(const influx *x, line two[2], format_rows *rows, pond_err *err) {
    POND_TRY(format_lines_rewind(x->lines, err));
    POND_TRY(write_header(x, rows, err));
    bool is_there, has_last = false;
    for (int now = 0;; now ^= 1) {
        line *l = &two[now], *last = &two[now ^ 1];
        POND_TRY(next_line(x, l, &is_there, err));
        if (has_last && is_there && is_same_point(l, last))
            merge(l, last);
        else if (has_last)
            POND_TRY(write_row(x, last, rows, err));
        if (!is_there)
            return format_rows_flush(rows, err);
        has_last = true;
    }
}

static pond_code translate(pond_arena *a, const pond_reader *reader, const char *path, pond_sv name,
                           int out, pond_translation *to, pond_err *err) {
    format_lines lines;
    format_rows rows = {.fd = out, .name = pond_cstr(a, name)};
    line two[2] = {0};
    influx x = {.config = (const influx_config *)reader->text, .arena = a, .lines = &lines};
    pond_map_init(&x.tags, a);
    pond_map_init(&x.fields, a);
    pond_arena_init(&two[0].arena);
    pond_arena_init(&two[1].arena);
    pond_code rc = format_lines_open(&lines, path, name, reader->meter, err);
    if (rc == POND_OK)
        rc = find_columns(&x, &two[0], err);
    if (rc == POND_OK)
        rc = write_rows(&x, two, &rows, err);
    *to = (pond_translation){.text = format_rows_layout(make_types(&x)), .warning = tell_lost(&x)};
    pond_arena_deinit(&two[0].arena);
    pond_arena_deinit(&two[1].arena);
    format_rows_free(&rows);
    format_lines_close(&lines);
    return rc;
}

static pond_code read_options(pond_arena *a, const pond_url *url, pond_reader *out, pond_err *err) {
    influx_config *c = POND_NEW(a, influx_config);
    out->text = &c->text;
    return pond_options_read_pairs(a, &url->options, &options, c, err);
}

static const pond_ending endings[] = {{.text = ".lp"}};
extern const pond_format pond_format_influx;
const pond_format pond_format_influx = {
    .name = "influx",
    .has_lines = true,
    .endings = endings,
    .n_endings = sizeof endings / sizeof *endings,
    .content = "line protocol",
    .summary = "InfluxDB's line protocol",
    .options = &options,
    .codecs = FORMAT_ANY_CODEC,
    .read_options = read_options,
    .translate = translate,
};
