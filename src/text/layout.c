// Layout: the lines above the rows, the names of the columns, and the column of times.
#include "text/layout.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { HEAD_BYTES = 1 << 16, HEAD_MOST = 64 << 20, MOST_FIELDS = 16384 };

// The beginning of the file -----------------------------------------------------------------------

typedef struct head {
    pond_arena *a;
    const text_file *file;
    const pond_text_options *o;
    pond_buf bytes; // the beginning of the file; all of it, if is_whole
    bool is_whole;
    char *copy; // of the bytes, which reading records changes
    pond_field *fields;
} head;

static pond_code read_head(head *h, size_t n, pond_err *err) {
    uint64_t size = (uint64_t)h->file->st.st_size;
    int fd;
    POND_TRY(text_file_open(h->file, &fd, err));
    size_t want = size < n ? (size_t)size : n;
    pond_buf_clear(&h->bytes);
    pond_buf_reserve(&h->bytes, want + 1);
    pond_code rc = text_file_read(h->file, fd, 0, h->bytes.p, want, err);
    h->bytes.n = want;
    h->bytes.p[want] = '\0';
    h->copy = pond_xrealloc(h->copy, want + POND_RECORD_ROOM);
    h->is_whole = want == size;
    close(fd);
    return rc;
}

// Where line number `line` begins; the end, if there are fewer. Lines end where records may.
static size_t find_line(const head *h, uint64_t line) {
    const char *p = h->bytes.p, *end = p + h->bytes.n;
    if (pond_sv_starts(pond_buf_view(&h->bytes), POND_SV("\xEF\xBB\xBF")))
        p += 3; // the byte order mark of UTF-8
    for (uint64_t at = 1; at < line && p < end; at++) {
        while (p < end && *p != '\n' && *p != '\r')
            p++;
        if (p < end)
            p += end - p >= 2 && p[0] == '\r' && p[1] == '\n' ? 2 : 1;
    }
    return (size_t)(p - h->bytes.p);
}

// Reads the record that begins at *offset, and moves *offset and *line behind it. *found: there is
// one. Its fields are valid until the next call.
static pond_code read_record(head *h, const pond_record_form *form, size_t *offset, uint64_t *line,
                             pond_records *out, bool *found, pond_err *err) {
    size_t n = h->bytes.n - *offset;
    char *copy = h->copy;
    memcpy(copy, h->bytes.p + *offset, n);
    memset(copy + n, 0, POND_RECORD_ROOM);
    *out = (pond_records){.form = form,
                          .p = copy,
                          .end = copy + n,
                          .line = *line,
                          .fields = h->fields,
                          .cap = MOST_FIELDS};
    pond_record_result result = pond_record_next(out);
    *found = result == POND_RECORD;
    if (result == POND_RECORD_OPEN)
        return text_fail(err, h->file, out->at_line, 1,
                         "a quote opened in this record is never closed");
    if (result == POND_RECORD_BAD)
        return text_fail(err, h->file, out->at_line, 1,
                         "there is text between the closing quote of field %zu and the delimiter",
                         out->bad_column);
    if (*found && out->n > MOST_FIELDS)
        return text_fail(err, h->file, out->at_line, 1, "%zu fields; at most %d can be read",
                         out->n, MOST_FIELDS);
    *offset += (size_t)(out->p - copy);
    *line = out->line;
    return POND_OK;
}

static pond_sv *keep_fields(head *h, const pond_records *r) {
    pond_sv *texts = POND_NEW_ARRAY(h->a, pond_sv, r->n);
    for (size_t i = 0; i < r->n; i++)
        texts[i] = pond_sv_dup(h->a, (pond_sv){r->fields[i].p, r->fields[i].n});
    return texts;
}

// Names -------------------------------------------------------------------------------------------

static void note(head *h, text_layout *l, pond_sv text) {
    *pond_vec_push(h->a, &l->notes) = text;
}

// "Temp, °C (LGR S/N: 1, SEN S/N: 2)": the name, and the unit after the first comma.
static void split_unit(pond_sv *name, pond_sv *unit) {
    ptrdiff_t comma = pond_sv_find(*name, POND_SV(", "));
    ptrdiff_t paren = pond_sv_find(*name, POND_SV(" ("));
    pond_sv whole = paren < 0 ? *name : pond_sv_sub(*name, 0, (size_t)paren);
    *name = comma < 0 || (size_t)comma > whole.n ? whole : pond_sv_sub(whole, 0, (size_t)comma);
    if (comma >= 0 && (size_t)comma < whole.n)
        *unit = pond_sv_trim(pond_sv_sub(whole, (size_t)comma + 2, whole.n));
}

static bool same_name(pond_sv a, pond_sv b) {
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

static pond_code check_names(head *h, const text_layout *l, pond_err *err) {
    for (size_t i = 0; i < l->n_columns; i++)
        for (size_t j = 0; j < i; j++) {
            pond_sv a = l->columns[j].name, b = l->columns[i].name;
            if (!same_name(a, b))
                continue;
            pond_fail(err, POND_ERR_INVALID, "'%.*s': columns %zu and %zu are both called '%.*s'%s",
                      POND_SV_ARG(h->file->name), l->columns[j].field + 1, l->columns[i].field + 1,
                      POND_SV_ARG(b),
                      pond_sv_eq(a, b) ? "" : " (the case of letters does not count)");
            pond_err_detail(err, "%s",
                            h->o->are_names_fixed
                                ? "  columns need names that differ in more than that: rename one "
                                  "of them in the file"
                                : "  give the names yourself: &columns=NAME&columns=NAME…, one for "
                                  "each column");
            return POND_ERR_INVALID;
        }
    return POND_OK;
}

// One column for each field, with the names of the options, of the header, or a number.
static pond_code name_columns(head *h, text_layout *l, const pond_sv *header, const pond_sv *units,
                              size_t n_units, pond_err *err) {
    const pond_text_options *o = h->o;
    if (o->columns.n > 0 && o->columns.n != l->n_fields)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' has %zu columns, and %zu names are given",
                         POND_SV_ARG(h->file->name), l->n_fields, o->columns.n);
    l->columns = POND_NEW_ARRAY(h->a, text_column, l->n_fields);
    l->n_columns = l->n_fields;
    for (size_t i = 0; i < l->n_fields; i++) {
        text_column *c = &l->columns[i];
        c->field = i;
        if (o->columns.n > 0)
            c->name = o->columns.items[i];
        else if (header != NULL)
            c->name = header[i];
        if (o->names_have_units)
            split_unit(&c->name, &c->unit);
        if (i < n_units)
            c->unit = pond_sv_trim(units[i]);
        if (c->name.n == 0) {
            c->name = pond_svf(h->a, "column_%zu", i + 1);
            if (header != NULL)
                note(h, l,
                     pond_svf(h->a,
                              "column %zu has no name in the header; it is called "
                              "'%.*s'",
                              i + 1, POND_SV_ARG(c->name)));
        }
    }
    return POND_OK;
}

// Times -------------------------------------------------------------------------------------------

static const char *const time_names[] = {"timestamp", "Timestamp", "event_time",
                                         "time",      "ts",        "datetime"};
enum { N_TIME_NAMES = sizeof time_names / sizeof *time_names };

const char *pond_text_time_name(size_t i) {
    return i < N_TIME_NAMES ? time_names[i] : NULL;
}

static bool is_time_name(pond_sv name) {
    for (size_t i = 0; i < N_TIME_NAMES; i++)
        if (pond_sv_is(name, time_names[i]))
            return true;
    return false;
}

static ptrdiff_t find_column(const text_layout *l, pond_sv name) {
    for (size_t i = 0; i < l->n_columns; i++)
        if (pond_sv_eq(l->columns[i].name, name))
            return (ptrdiff_t)i;
    return -1;
}

void text_layout_list(const text_layout *l, pond_err *err) {
    pond_buf names = POND_BUF_EMPTY;
    for (size_t i = 0; i < l->n_columns; i++)
        pond_buf_printf(&names, "%s'%.*s'", i == 0 ? "" : ", ", POND_SV_ARG(l->columns[i].name));
    pond_err_detail(err, "  the columns are %.*s", POND_SV_ARG(pond_buf_view(&names)));
    pond_buf_free(&names);
}

// The column of times, by its own name, or as a column that is not one is called: with its unit.
static ptrdiff_t find_time_column(head *h, const text_layout *l, pond_sv name) {
    ptrdiff_t at = find_column(l, name);
    for (size_t i = 0; at < 0 && i < l->n_columns; i++) {
        const text_column *c = &l->columns[i];
        if (c->unit.n > 0 && pond_sv_eq(name, pond_svf(h->a, "%.*s.%.*s", POND_SV_ARG(c->name),
                                                       POND_SV_ARG(c->unit))))
            at = (ptrdiff_t)i;
    }
    return at;
}

static pond_code unknown_column(const head *h, const text_layout *l, const char *option,
                                pond_sv name, pond_err *err) {
    pond_fail(err, POND_ERR_INVALID, "'%.*s' has no column '%.*s', which &%s names",
              POND_SV_ARG(h->file->name), POND_SV_ARG(name), option);
    text_layout_list(l, err);
    return POND_ERR_INVALID;
}

// Replaces the first of the columns by all of them, and removes the others.
static pond_code join_columns(head *h, text_layout *l, pond_sv names, pond_err *err) {
    POND_VEC(size_t) fields = {0};
    bool *is_part = POND_NEW_ARRAY(h->a, bool, l->n_columns);
    ptrdiff_t first = -1;
    for (pond_sv part; pond_sv_split(&names, '+', &part);) {
        ptrdiff_t at = find_time_column(h, l, part);
        if (at < 0)
            return unknown_column(h, l, "time", part, err);
        if (first < 0)
            first = at;
        is_part[at] = true;
        *pond_vec_push(h->a, &fields) = l->columns[at].field;
    }
    l->columns[first].joined = fields.items;
    l->columns[first].n_joined = fields.n;
    l->columns[first].unit = (pond_sv){"", 0};
    size_t n = 0;
    for (size_t i = 0; i < l->n_columns; i++) {
        if (is_part[i] && i != (size_t)first)
            continue;
        if (i == (size_t)first)
            l->time = (ptrdiff_t)n;
        l->columns[n++] = l->columns[i];
    }
    l->n_columns = n;
    return POND_OK;
}

static pond_code find_time(head *h, text_layout *l, pond_err *err) {
    pond_sv time = h->o->time;
    l->time = -1;
    for (size_t i = 0; time.n == 0 && i < N_TIME_NAMES && l->time < 0; i++)
        l->time = find_column(l, pond_sv_of(time_names[i]));
    if (time.n == 0)
        return POND_OK;
    l->time = find_time_column(h, l, time);
    if (l->time < 0 && pond_sv_find_char(time, '+') < 0)
        return unknown_column(h, l, "time", time, err);
    if (l->time < 0)
        POND_TRY(join_columns(h, l, time, err));
    text_column *c = &l->columns[l->time];
    if (c->joined != NULL || !is_time_name(c->name))
        c->name = POND_SV("timestamp");
    return POND_OK;
}

// Times have no unit in their names: they are found by them.
static void join_units(head *h, text_layout *l) {
    for (size_t i = 0; i < l->n_columns; i++) {
        text_column *c = &l->columns[i];
        c->bare = c->name;
        if ((ptrdiff_t)i != l->time && c->unit.n > 0)
            c->name = pond_svf(h->a, "%.*s.%.*s", POND_SV_ARG(c->name), POND_SV_ARG(c->unit));
    }
}

// Lines -------------------------------------------------------------------------------------------

// The record in a line that an option names. A mark for comments at its beginning belongs to the
// line, not to the first name.
static pond_code read_line(head *h, uint64_t line, const char *option, pond_records *out,
                           size_t *end, uint64_t *end_line, pond_err *err) {
    bool found;
    pond_record_form form = h->o->form;
    form.comment = (pond_sv){"", 0};
    *end = find_line(h, line);
    *end_line = line;
    pond_sv comment = h->o->form.comment;
    if (comment.n > 0 &&
        pond_sv_starts(pond_sv_sub(pond_buf_view(&h->bytes), *end, h->bytes.n), comment))
        *end += comment.n;
    POND_TRY(read_record(h, &form, end, end_line, out, &found, err));
    if (!found || out->at_line != line)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' has no text in line %llu, which &%s names",
                         POND_SV_ARG(h->file->name), (unsigned long long)line, option);
    return POND_OK;
}

// The header and the units, and where the rows begin.
static pond_code read_names(head *h, text_layout *l, const pond_sv **units, size_t *n_units,
                            pond_err *err) {
    const pond_text_options *o = h->o;
    size_t offset = find_line(h, (uint64_t)o->skip + 1);
    uint64_t line = (uint64_t)o->skip + 1;
    pond_records r;
    bool found = true;
    if (o->has_header && o->header > 0)
        POND_TRY(read_line(h, (uint64_t)o->header, "header", &r, &offset, &line, err));
    else if (o->has_header)
        POND_TRY(read_record(h, &o->form, &offset, &line, &r, &found, err));
    if (o->has_header && !found)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is empty: it has no header",
                         POND_SV_ARG(h->file->name));
    if (o->has_header) {
        l->header = keep_fields(h, &r);
        l->n_fields = r.n;
    }
    if (o->units > 0) {
        size_t units_end;
        uint64_t units_line;
        POND_TRY(read_line(h, (uint64_t)o->units, "units", &r, &units_end, &units_line, err));
        *units = keep_fields(h, &r);
        *n_units = r.n;
        if (units_line > line) {
            offset = units_end;
            line = units_line;
        }
    }
    if (o->skip_after_header > 0) {
        line += (uint64_t)o->skip_after_header;
        offset = find_line(h, line);
    }
    l->offset = offset;
    l->line = line - o->form.is_translation;
    return POND_OK;
}

// The first row says how many columns there are, if there is no header, and whether the header or
// the rows end in a delimiter.
static pond_code look_at_first_row(head *h, text_layout *l, pond_err *err) {
    size_t offset = (size_t)l->offset;
    uint64_t line = l->line;
    pond_records r;
    bool found;
    POND_TRY(read_record(h, &h->o->form, &offset, &line, &r, &found, err));
    if (l->header == NULL) {
        if (!found && h->o->columns.n == 0)
            return pond_fail(err, POND_ERR_INVALID, "'%.*s' is empty", POND_SV_ARG(h->file->name));
        l->n_fields = found ? r.n : h->o->columns.n;
        return POND_OK;
    }
    if (l->n_fields > 1 && l->header[l->n_fields - 1].n == 0 &&
        (!found || r.n == l->n_fields - 1 || (r.n == l->n_fields && r.fields[r.n - 1].n == 0))) {
        l->n_fields--;
        l->may_have_more = true;
    } else if (found && r.n == l->n_fields + 1 && r.fields[r.n - 1].n == 0) {
        l->may_have_more = true;
    }
    return POND_OK;
}

static pond_code find_layout(head *h, text_layout *l, pond_err *err) {
    const pond_sv *units = NULL;
    size_t n_units = 0;
    *l = (text_layout){.time = -1};
    POND_TRY(read_names(h, l, &units, &n_units, err));
    POND_TRY(text_check_bytes(h->file, 1, (pond_sv){h->bytes.p, (size_t)l->offset}, err));
    POND_TRY(look_at_first_row(h, l, err));
    POND_TRY(name_columns(h, l, l->header, units, n_units, err));
    POND_TRY(find_time(h, l, err));
    join_units(h, l);
    return check_names(h, l, err);
}

pond_code text_layout_find(pond_arena *a, const text_file *f, const pond_text_options *o,
                           text_layout *out, pond_err *err) {
    head h = {.a = a, .file = f, .o = o};
    h.fields = pond_xmalloc(MOST_FIELDS * sizeof *h.fields);
    pond_code rc = POND_OK;
    // A beginning that ends inside a record cannot be read; then more of it is.
    for (size_t n = HEAD_BYTES;; n *= 8) {
        rc = read_head(&h, n, err);
        if (rc == POND_OK)
            rc = find_layout(&h, out, err);
        bool ends_inside = rc == POND_OK ? out->offset + (n >> 1) > h.bytes.n : true;
        if (h.is_whole || n >= HEAD_MOST || !ends_inside)
            break;
    }
    pond_buf_free(&h.bytes);
    free(h.copy);
    free(h.fields);
    return rc;
}
