// oteljson: lines of OTLP metrics export requests, in the JSON form of the protocol. Each metric is
// a column, each time a row.
//
// A row is complete only when the whole file has been read, so all numbers are in memory: eight
// bytes for each row of a column, up to the column's last value.
#include "format/format.h"
#include "format/lines.h"
#include "format/rows.h"
#include "format/text_options.h"

#include "base/float.h"
#include "base/map.h"
#include "value/value.h"

#include <math.h>
#include <stdlib.h>

enum { NS_PER_S = 1000000000 };

typedef struct metric {
    pond_sv name;
    double *values; // of each row; ABSENT: none
    size_t n, cap;
} metric;

typedef struct point {
    pond_sv name;
    int64_t t_ns;
    double value;
} point;

typedef struct pivot {
    pond_arena arena;
    pond_map metrics; // by name
    pond_map rows;    // by the bytes of t_ns; the value is the number of the row
    uint64_t n_without_time;
} pivot;

// A NaN that no arithmetic makes: NaN is a value that a metric may have.
static const uint64_t ABSENT = UINT64_C(0x7FF8706F6E640001);

static double absent(void) {
    double d;
    memcpy(&d, &ABSENT, sizeof d);
    return d;
}

static bool is_absent(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits == ABSENT;
}

// Lines -------------------------------------------------------------------------------------------

// A number, or a text that is one: JSON has no integers of 64 bits and no NaN for the protocol.
static bool read_number(const pond_value *v, double *out) {
    if (v == NULL)
        return false;
    if (pond_is_number(*v)) {
        *out = pond_number(*v);
        return true;
    }
    return v->kind == POND_STRING &&
           (pond_number_word(pond_value_sv(*v), out) || pond_sv_to_double(pond_value_sv(*v), out));
}

static bool read_time(const pond_value *v, int64_t *out) {
    if (v == NULL)
        return false;
    if (v->kind == POND_STRING)
        return pond_sv_to_int(pond_value_sv(*v), out);
    if (v->kind == POND_FLOAT && v->f >= -0x1p63 && v->f < 0x1p63 && v->f == floor(v->f)) {
        *out = (int64_t)v->f;
        return true;
    }
    *out = v->i;
    return v->kind == POND_INT;
}

typedef POND_VEC(point) point_vec;

typedef struct line_reader {
    pond_arena *arena; // of this line
    point_vec points;
    uint64_t n_without_time;
} line_reader;

// The items of a member, which must be an array of objects. False: it is something else.
static bool get_objects(pond_value of, const char *key, const pond_value **items, size_t *n) {
    const pond_value *v = pond_get_lit(of, key);
    *n = 0;
    if (v == NULL || v->kind == POND_NULL)
        return true;
    if (v->kind != POND_ARRAY)
        return false;
    for (size_t i = 0; i < v->n; i++)
        if (v->items[i].kind != POND_OBJECT)
            return false;
    *items = v->items;
    *n = v->n;
    return true;
}

static void read_point(line_reader *r, pond_sv name, pond_value from) {
    point p = {.name = name};
    if (!read_number(pond_get_lit(from, "asDouble"), &p.value) &&
        !read_number(pond_get_lit(from, "asInt"), &p.value))
        return;
    if (read_time(pond_get_lit(from, "timeUnixNano"), &p.t_ns))
        *pond_vec_push(r->arena, &r->points) = p;
    else
        r->n_without_time++;
}

static bool read_metric(line_reader *r, pond_value from) {
    const pond_value *gauge = pond_get_lit(from, "gauge"), *points;
    pond_sv name;
    size_t n;
    if (gauge == NULL)
        return true;
    if (gauge->kind != POND_OBJECT || !pond_get_string(from, "name", &name) ||
        memchr(name.p, '\0', name.n) != NULL || !get_objects(*gauge, "dataPoints", &points, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        read_point(r, name, points[i]);
    return true;
}

static bool read_scope(line_reader *r, pond_value from) {
    const pond_value *metrics;
    size_t n;
    if (!get_objects(from, "metrics", &metrics, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!read_metric(r, metrics[i]))
            return false;
    return true;
}

static bool read_resource(line_reader *r, pond_value from) {
    const pond_value *scopes;
    size_t n;
    if (!get_objects(from, "scopeMetrics", &scopes, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!read_scope(r, scopes[i]))
            return false;
    return true;
}

// False: it is no request. Then none of its points count.
static bool read_request(line_reader *r, pond_sv line) {
    pond_value request;
    const pond_value *resources;
    size_t n;
    if (pond_json_parse(r->arena, line, "", &request, NULL) != POND_OK ||
        request.kind != POND_OBJECT || pond_get_lit(request, "resourceMetrics") == NULL ||
        !get_objects(request, "resourceMetrics", &resources, &n))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!read_resource(r, resources[i]))
            return false;
    return true;
}

// The pivot ---------------------------------------------------------------------------------------

static metric *find_metric(pivot *p, pond_sv name) {
    metric *m = pond_map_get(&p->metrics, name);
    if (m != NULL)
        return m;
    m = POND_NEW(&p->arena, metric);
    m->name = pond_sv_dup(&p->arena, name);
    *pond_map_at(&p->metrics, m->name, NULL) = m;
    return m;
}

static size_t find_row(pivot *p, int64_t t_ns) {
    pond_sv key = {(const char *)&t_ns, sizeof t_ns};
    void *row = pond_map_get(&p->rows, key);
    if (row != NULL)
        return (size_t)(uintptr_t)row - 1;
    void **slot = pond_map_at(&p->rows, pond_sv_dup(&p->arena, key), NULL);
    *slot = (void *)(uintptr_t)p->rows.n;
    return p->rows.n - 1;
}

static void set_value(metric *m, size_t row, double value) {
    if (row >= m->cap) {
        m->cap = row + 1 > 2 * m->cap ? row + 1 : 2 * m->cap;
        m->values = pond_xrealloc(m->values, m->cap * sizeof *m->values);
    }
    while (m->n <= row)
        m->values[m->n++] = absent();
    m->values[row] = value;
}

static pond_code read_lines(format_lines *lines, pivot *p, pond_arena *a, pond_err *err) {
    for (;;) {
        pond_sv line;
        pond_arena_rewind(a);
        line_reader r = {.arena = a};
        POND_TRY(format_lines_next(lines, &line, err));
        if (line.p == NULL)
            return POND_OK;
        line = format_line_clean(line);
        if (line.n == 0)
            continue;
        if (!read_request(&r, line)) {
            lines->n_skipped++;
            continue;
        }
        for (size_t i = 0; i < r.points.n; i++) {
            const point *at = &r.points.items[i];
            set_value(find_metric(p, at->name), find_row(p, at->t_ns), at->value);
        }
        p->n_without_time += r.n_without_time;
    }
}

// Rows --------------------------------------------------------------------------------------------

typedef struct timed_row {
    int64_t t_ns;
    size_t row;
} timed_row;

static int compare_rows(const void *a, const void *b) {
    const timed_row *x = a, *y = b;
    return (x->t_ns > y->t_ns) - (x->t_ns < y->t_ns);
}

static int compare_metrics(const void *a, const void *b) {
    return pond_sv_cmp((*(metric *const *)a)->name, (*(metric *const *)b)->name);
}

static metric **sort_metrics(pivot *p) {
    metric **sorted = POND_NEW_ARRAY(&p->arena, metric *, p->metrics.n);
    for (size_t i = 0; i < p->metrics.n; i++)
        sorted[i] = p->metrics.entries[i].value;
    pond_sort(sorted, p->metrics.n, sizeof *sorted, compare_metrics);
    return sorted;
}

static timed_row *sort_rows(pivot *p) {
    timed_row *sorted = POND_NEW_ARRAY(&p->arena, timed_row, p->rows.n);
    for (size_t i = 0; i < p->rows.n; i++) {
        memcpy(&sorted[i].t_ns, p->rows.entries[i].key.p, sizeof sorted[i].t_ns);
        sorted[i].row = i;
    }
    pond_sort(sorted, p->rows.n, sizeof *sorted, compare_rows);
    return sorted;
}

static void write_value(format_rows *rows, double value) {
    char text[32];
    if (is_absent(value))
        format_rows_null(rows);
    else if (isnan(value))
        format_rows_plain(rows, POND_SV("NaN"));
    else if (isinf(value))
        format_rows_plain(rows, value > 0 ? POND_SV("inf") : POND_SV("-inf"));
    else
        format_rows_plain(rows, (pond_sv){text, pond_float_json(value, text)});
}

static pond_code write_rows(pivot *p, format_rows *rows, pond_err *err) {
    metric **metrics = sort_metrics(p);
    const timed_row *order = sort_rows(p);
    POND_TRY(format_rows_text(rows, POND_SV("timestamp"), err));
    for (size_t i = 0; i < p->metrics.n; i++)
        POND_TRY(format_rows_text(rows, metrics[i]->name, err));
    POND_TRY(format_rows_end(rows, err));
    for (size_t i = 0; i < p->rows.n; i++) {
        int64_t t = order[i].t_ns, s = t / NS_PER_S - (t % NS_PER_S < 0);
        size_t row = order[i].row;
        format_rows_time(rows, s, (int32_t)(t - s * NS_PER_S));
        for (size_t k = 0; k < p->metrics.n; k++)
            write_value(rows, row < metrics[k]->n ? metrics[k]->values[row] : absent());
        POND_TRY(format_rows_end(rows, err));
    }
    return format_rows_flush(rows, err);
}

static pond_text_type *make_types(pond_arena *a, size_t n_metrics) {
    pond_text_type *types = POND_NEW_ARRAY(a, pond_text_type, n_metrics + 1);
    types[0] = POND_TEXT_TIME_NS;
    for (size_t i = 1; i <= n_metrics; i++)
        types[i] = POND_TEXT_FLOAT;
    return types;
}

static pond_sv make_warning(pond_arena *a, uint64_t n_lines, uint64_t n_points) {
    pond_buf b = POND_BUF_EMPTY;
    if (n_lines > 0)
        pond_buf_printf(&b, "oteljson: skipped %llu corrupt line%s during read",
                        (unsigned long long)n_lines, n_lines == 1 ? "" : "s");
    if (n_points > 0)
        pond_buf_printf(&b, "%sskipped %llu data point%s without a time",
                        n_lines > 0 ? "; " : "oteljson: ", (unsigned long long)n_points,
                        n_points == 1 ? "" : "s");
    return pond_buf_keep(a, &b);
}

static pond_code translate(pond_arena *a, const pond_reader *reader, const char *path, pond_sv name,
                           int out, pond_translation *to, pond_err *err) {
    (void)reader;
    format_lines lines;
    format_rows rows = {.fd = out, .name = pond_cstr(a, name)};
    pond_arena line;
    pivot p = {.n_without_time = 0};
    pond_arena_init(&p.arena);
    pond_arena_init(&line);
    pond_map_init(&p.metrics, &p.arena);
    pond_map_init(&p.rows, &p.arena);
    pond_code rc = format_lines_open(&lines, path, name, reader->meter, err);
    if (rc == POND_OK)
        rc = read_lines(&lines, &p, &line, err);
    if (rc == POND_OK)
        rc = write_rows(&p, &rows, err);
    *to = (pond_translation){.text = format_rows_layout(make_types(a, p.metrics.n))};
    if (rc == POND_OK)
        to->warning = make_warning(a, lines.n_skipped, p.n_without_time);
    for (size_t i = 0; i < p.metrics.n; i++)
        free(((metric *)p.metrics.entries[i].value)->values);
    format_rows_free(&rows);
    format_lines_close(&lines);
    pond_arena_deinit(&line);
    pond_arena_deinit(&p.arena);
    return rc;
}

extern const pond_format pond_format_oteljson;
const pond_format pond_format_oteljson = {
    .name = "oteljson",
    .has_lines = true,
    .content = "lines of OTLP metrics",
    .summary = "Lines of OTLP metrics export requests in JSON: a column for each gauge",
    .codecs = FORMAT_ANY_CODEC,
    .read_options = format_read_no_options,
    .translate = translate,
};
