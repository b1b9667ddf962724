// synthetic-timeseries: waveforms at regular times, for tests and examples.
//
// A row is a function of its number, so the rows of a range are computed alone, and they are the
// same bits in every range.
#include "base/float.h"
#include "base/time.h"
#include "factory/factory.h"
#include "relation/schema.h"

#include <inttypes.h>
#include <math.h>

typedef enum waveform { SINE, TRIANGLE, SQUARE, LINE } waveform;

typedef struct component {
    int form;
    double amplitude, offset, phase, slope; // radians; per second
    int64_t period_us;
} component;

typedef struct point {
    pond_sv name;
    component *components;
    size_t n;
} point;

typedef struct synthetic_state {
    pond_sv time_column;
    int64_t start_us, interval_us, n_rows; // row number i is at start + i * interval
    point *points;
    size_t n_points;
} synthetic_state;

typedef struct synthetic_relation {
    pond_relation base;
    const synthetic_state *state;
} synthetic_relation;

// Config ------------------------------------------------------------------------------------------

typedef struct synthetic_config {
    pond_sv start, end, interval, time_column;
    const pond_conf *start_at, *end_at, *interval_at, *time_at, *points;
} synthetic_config;

#define TEXT(name, at, is_required_, help_)                                                        \
    POND_OPTION(#name, POND_OPT_TEXT, synthetic_config, name,                                      \
                .place = offsetof(synthetic_config, at), .is_required = is_required_,              \
                .help = help_)

static const pond_option rows[] = {
    TEXT(start, start_at, true, "time of the first row, such as 2024-01-01T00:00:00Z"),
    TEXT(end, end_at, true, "last possible time of a row"),
    TEXT(interval, interval_at, true, "from one row to the next, such as 15m"),
    TEXT(time_column, time_at, false, "name of the column with the times; default: timestamp"),
    POND_OPTION("points", POND_OPT_LIST, synthetic_config, points, .is_required = true,
                .help = "the columns, a list of {name, components}"),
};
static const pond_options options = POND_OPTIONS("a synthetic-timeseries config", rows);

typedef struct point_config {
    pond_sv name;
    const pond_conf *name_at, *components;
} point_config;

static const pond_option point_rows[] = {
    POND_OPTION("name", POND_OPT_TEXT, point_config, name, .place = offsetof(point_config, name_at),
                .is_required = true, .help = "name of the column"),
    POND_OPTION("components", POND_OPT_LIST, point_config, components, .is_required = true,
                .help = "the waveforms whose sum is the value"),
};
static const pond_options point_options = POND_OPTIONS("a point", point_rows);

static const pond_option component_rows[] = {
    POND_OPTION("type", POND_OPT_CHOICE, component, form, .is_required = true,
                .value = "sine|triangle|square|line", .help = "form of the wave"),
    POND_OPTION("amplitude", POND_OPT_FLOAT, component, amplitude,
                .help = "height of a wave above its middle; default: 0"),
    POND_OPTION("period", POND_OPT_DURATION, component, period_us,
                .help = "of a wave: its length, such as 24h"),
    POND_OPTION("offset", POND_OPT_FLOAT, component, offset,
                .help = "middle of a wave, start of a line; default: 0"),
    POND_OPTION("phase", POND_OPT_FLOAT, component, phase,
                .help = "where a wave begins, in radians; default: 0"),
    POND_OPTION("slope", POND_OPT_FLOAT, component, slope,
                .help = "of a line: what it rises in a second; default: 0"),
};
static const pond_options component_options = POND_OPTIONS("a component", component_rows);

static const pond_factory_part parts[] = {
    {"points[].", &point_options},
    {"points[].components[].", &component_options},
};

// Keys that no waveform has are left out with a warning: configs in use have some.
static pond_conf without_unknown(pond_session *s, const pond_conf *c, bool warns) {
    pond_conf known = *c, *items = POND_NEW_ARRAY(pond_session_arena(s), pond_conf, c->n);
    known.items = items;
    known.n = 0;
    for (size_t i = 0; i < c->n; i++) {
        if (c->value.kind == POND_OBJECT &&
            pond_option_find(&component_options, c->items[i].key) == NULL) {
            if (warns)
                pond_session_warn(s, "warning: line %u: a component has no key '%.*s'; ignored",
                                  c->items[i].key_line, POND_SV_ARG(c->items[i].key));
            continue;
        }
        items[known.n++] = c->items[i];
    }
    return known;
}

static pond_code read_component(pond_session *s, const pond_conf *c, bool warns, component *out,
                                pond_err *err) {
    pond_conf known = without_unknown(s, c, warns);
    POND_TRY(pond_options_read_conf(pond_session_arena(s), &known, &component_options, out, err));
    if (out->form != LINE && out->period_us == 0)
        return pond_conf_fail(c, err, "this component needs a 'period', such as 24h");
    if (!isfinite(out->amplitude) || !isfinite(out->offset) || !isfinite(out->phase) ||
        !isfinite(out->slope))
        return pond_conf_fail(c, err, "a number of this component is not finite");
    return POND_OK;
}

static pond_code read_point(pond_session *s, const pond_conf *c, bool warns, point *out,
                            const pond_conf **name_at, pond_err *err) {
    point_config config = {0};
    POND_TRY(pond_options_read_conf(pond_session_arena(s), c, &point_options, &config, err));
    if (config.name.n == 0)
        return pond_conf_fail(config.name_at, err, "point name cannot be empty");
    if (config.components->n == 0)
        return pond_conf_fail(config.components, err,
                              "point '%.*s' must have at least one component",
                              POND_SV_ARG(config.name));
    *name_at = config.name_at;
    out->name = config.name;
    out->n = config.components->n;
    out->components = POND_NEW_ARRAY(pond_session_arena(s), component, out->n);
    for (size_t i = 0; i < out->n; i++)
        POND_TRY(read_component(s, &config.components->items[i], warns, &out->components[i], err));
    return POND_OK;
}

static pond_code read_points(pond_session *s, const pond_conf *list, bool warns,
                             synthetic_state *st, pond_err *err) {
    pond_map seen;
    pond_map_init(&seen, pond_session_arena(s));
    if (list->n == 0)
        return pond_conf_fail(list, err, "at least one point must be configured");
    *pond_map_at(&seen, pond_sv_lower(pond_session_arena(s), st->time_column), NULL) = st;
    st->n_points = list->n;
    st->points = POND_NEW_ARRAY(pond_session_arena(s), point, list->n);
    for (size_t i = 0; i < list->n; i++) {
        point *p = &st->points[i];
        const pond_conf *name_at = NULL;
        POND_TRY(read_point(s, &list->items[i], warns, p, &name_at, err));
        // The engine does not distinguish names that differ only in case.
        void **same = pond_map_at(&seen, pond_sv_lower(pond_session_arena(s), p->name), NULL);
        if (*same == st)
            return pond_conf_fail(name_at, err, "point '%.*s' has the name of the time column",
                                  POND_SV_ARG(p->name));
        if (*same != NULL)
            return pond_conf_fail(name_at, err, "duplicate point name: '%.*s'",
                                  POND_SV_ARG(p->name));
        *same = p;
    }
    return POND_OK;
}

// Rounded down to milliseconds.
static pond_code read_time(pond_sv text, const pond_conf *at, int64_t *out_us, pond_err *err) {
    pond_err why;
    if (pond_time_parse(text, out_us, &why) != POND_OK)
        return pond_conf_fail(at, err, "Invalid timestamp '%.*s': %s", POND_SV_ARG(text), why.msg);
    int64_t rest = *out_us % POND_US_PER_MS;
    *out_us -= rest < 0 ? rest + POND_US_PER_MS : rest;
    return POND_OK;
}

static pond_code read_times(const synthetic_config *config, synthetic_state *st, pond_err *err) {
    int64_t end_us, length_us;
    pond_err why;
    POND_TRY(read_time(config->start, config->start_at, &st->start_us, err));
    POND_TRY(read_time(config->end, config->end_at, &end_us, err));
    if (end_us <= st->start_us)
        return pond_conf_fail(config->end_at, err, "end (%.*s) must be after start (%.*s)",
                              POND_SV_ARG(config->end), POND_SV_ARG(config->start));
    if (pond_duration_parse(config->interval, &st->interval_us, &why) != POND_OK)
        return pond_conf_fail(config->interval_at, err,
                              "interval must be a positive duration, such as 15m: %s", why.msg);
    if (__builtin_sub_overflow(end_us, st->start_us, &length_us))
        return pond_conf_fail(config->end_at, err, "end (%.*s) is too far from start (%.*s)",
                              POND_SV_ARG(config->end), POND_SV_ARG(config->start));
    st->n_rows = length_us / st->interval_us + 1;
    return POND_OK;
}

static pond_code read_config(pond_session *s, const pond_conf *c, bool warns, synthetic_state *st,
                             pond_err *err) {
    synthetic_config config = {.time_column = POND_SV("timestamp")};
    POND_TRY(pond_options_read_conf(pond_session_arena(s), c, &options, &config, err));
    if (config.time_column.n == 0)
        return pond_conf_fail(config.time_at, err, "'time_column' is empty");
    st->time_column = config.time_column;
    POND_TRY(read_times(&config, st, err));
    return read_points(s, config.points, warns, st, err);
}

static pond_code synthetic_check(pond_session *s, const pond_factory_source *source,
                                 pond_value *stored, pond_err *err) {
    (void)stored;
    synthetic_state st = {0};
    return read_config(s, source->config, true, &st, err);
}

// Relation ----------------------------------------------------------------------------------------

static const synthetic_state *state_of(const pond_relation *r) {
    return ((const synthetic_relation *)r)->state;
}

// The number of the first row that is not before t_us; at most n_rows.
static int64_t row_at(const synthetic_state *st, int64_t t_us) {
    if (t_us <= st->start_us)
        return 0;
    int64_t end_us = st->start_us + (st->n_rows - 1) * st->interval_us;
    if (t_us > end_us)
        return st->n_rows;
    int64_t after_us = t_us - st->start_us;
    return after_us / st->interval_us + (after_us % st->interval_us != 0);
}

typedef struct row_span {
    int64_t first, end; // numbers of rows
} row_span;

static row_span rows_in(const synthetic_state *st, pond_range range) {
    int64_t first = row_at(st, range.lo_us), end = row_at(st, range.hi_us);
    return (row_span){first, end < first ? first : end};
}

// A double of SQL; with a fraction alone it would be a decimal.
static void sql_double(pond_buf *sql, double f) {
    char text[32];
    pond_sv digits = {text, pond_float_json(f, text)};
    pond_buf_printf(sql, "(%.*s%s)", POND_SV_ARG(digits),
                    pond_sv_find_char(digits, 'e') < 0 ? "e0" : "");
}

// Seconds since the start. i is the number of the row.
static void sql_seconds(pond_buf *sql, const synthetic_state *st) {
    pond_buf_printf(sql, "(i * %" PRId64 " / 1e3)", st->interval_us / POND_US_PER_MS);
}

// The angle of a sine; for a triangle the same in turns.
static void sql_angle(pond_buf *sql, const synthetic_state *st, const component *c, double turn,
                      double phase) {
    sql_double(sql, turn);
    pond_buf_str(sql, " * ");
    sql_seconds(sql, st);
    pond_buf_str(sql, " / ");
    sql_double(sql, (double)c->period_us / POND_US_PER_S);
    pond_buf_str(sql, " + ");
    sql_double(sql, phase);
}

static void sql_component(pond_buf *sql, const synthetic_state *st, const component *c) {
    static const double turn = 2 * M_PI;
    sql_double(sql, c->offset);
    pond_buf_str(sql, " + ");
    sql_double(sql, c->form == LINE ? c->slope : c->amplitude);
    pond_buf_str(sql, " * ");
    switch ((waveform)c->form) {
    case SINE:
        pond_buf_str(sql, "sin(");
        sql_angle(sql, st, c, turn, c->phase);
        pond_buf_char(sql, ')');
        break;
    case SQUARE:
        pond_buf_str(sql, "CASE WHEN sin(");
        sql_angle(sql, st, c, turn, c->phase);
        pond_buf_str(sql, ") < 0 THEN -1e0 ELSE 1e0 END");
        break;
    case TRIANGLE:
        // From -1 in the beginning of a period up to 1 in its middle, and down again.
        pond_buf_str(sql, "(1e0 - 4e0 * abs((");
        sql_angle(sql, st, c, 1, c->phase / turn);
        pond_buf_str(sql, ") - floor(");
        sql_angle(sql, st, c, 1, c->phase / turn);
        pond_buf_str(sql, ") - 0.5e0))");
        break;
    case LINE:
        sql_seconds(sql, st);
        break;
    }
}

static pond_code synthetic_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                               pond_err *err) {
    (void)s, (void)err;
    const synthetic_state *st = state_of(r);
    row_span span = rows_in(st, range);
    pond_buf_printf(sql, "SELECT make_timestamptz(%" PRId64 " + i * %" PRId64 ") AS ", st->start_us,
                    st->interval_us);
    pond_buf_sql_name(sql, st->time_column);
    for (size_t k = 0; k < st->n_points; k++) {
        const point *p = &st->points[k];
        for (size_t c = 0; c < p->n; c++) {
            pond_buf_str(sql, c == 0 ? ", " : " + ");
            sql_component(sql, st, &p->components[c]);
        }
        pond_buf_str(sql, " AS ");
        pond_buf_sql_name(sql, p->name);
    }
    pond_buf_printf(sql, " FROM range(%" PRId64 ", %" PRId64 ") AS numbers(i)", span.first,
                    span.end);
    return POND_OK;
}

static pond_code synthetic_schema(pond_session *s, pond_relation *r, pond_schema *out,
                                  pond_err *err) {
    (void)err;
    const synthetic_state *st = state_of(r);
    pond_column *columns = POND_NEW_ARRAY(pond_session_arena(s), pond_column, st->n_points + 1);
    columns[0] = (pond_column){st->time_column, POND_SV("TIMESTAMP WITH TIME ZONE")};
    for (size_t i = 0; i < st->n_points; i++)
        columns[i + 1] = (pond_column){st->points[i].name, POND_SV("DOUBLE")};
    *out = (pond_schema){columns, st->n_points + 1};
    return POND_OK;
}

static void hash_number(pond_hasher *h, const void *p, size_t n) {
    pond_hasher_field(h, (pond_sv){p, n});
}

static void hash_component(pond_hasher *h, const component *c) {
    const double numbers[] = {c->form,  c->amplitude, c->offset,
                              c->phase, c->slope,     (double)c->period_us};
    hash_number(h, numbers, sizeof numbers);
}

// Not the end: the rows before it do not depend on it.
static void hash_config(const synthetic_state *st, pond_hasher *h) {
    const int64_t times[] = {st->start_us, st->interval_us};
    pond_hasher_field(h, POND_SV("synthetic"));
    pond_hasher_field(h, st->time_column);
    hash_number(h, times, sizeof times);
    for (size_t i = 0; i < st->n_points; i++) {
        pond_hasher_field(h, st->points[i].name);
        hash_number(h, &st->points[i].n, sizeof st->points[i].n);
        for (size_t c = 0; c < st->points[i].n; c++)
            hash_component(h, &st->points[i].components[c]);
    }
}

static pond_code synthetic_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                       pond_hasher *h, pond_err *err) {
    (void)s, (void)err;
    row_span span = rows_in(state_of(r), range);
    hash_config(state_of(r), h);
    hash_number(h, &span, sizeof span);
    return POND_OK;
}

static pond_code synthetic_inputs(pond_session *s, pond_relation *r, pond_map *out, pond_err *err) {
    pond_sha256 *sum = POND_NEW(pond_session_arena(s), pond_sha256);
    POND_TRY(pond_relation_fingerprint(s, r, POND_RANGE_ALL, sum, err));
    *pond_map_at(out, r->path, NULL) = sum;
    return POND_OK;
}

static pond_code synthetic_bounds(pond_session *s, pond_relation *r, pond_range *out,
                                  pond_err *err) {
    (void)s, (void)err;
    const synthetic_state *st = state_of(r);
    int64_t last_us = st->start_us + (st->n_rows - 1) * st->interval_us;
    *out = (pond_range){st->start_us, last_us + 1, POND_NOTHING_BEYOND};
    return POND_OK;
}

static pond_row_count synthetic_count(pond_session *s, pond_relation *r, pond_range range) {
    (void)s;
    row_span span = rows_in(state_of(r), range);
    return (pond_row_count){span.end - span.first, span.end - span.first};
}

static pond_order synthetic_order(pond_session *s, pond_relation *r, pond_range range) {
    (void)s, (void)r, (void)range;
    return POND_ORDERED;
}

static const pond_relation_ops synthetic_ops = {
    .schema = synthetic_schema,
    .sql = synthetic_sql,
    .fingerprint = synthetic_fingerprint,
    .bounds = synthetic_bounds,
    .inputs = synthetic_inputs,
    .count = synthetic_count,
    .order = synthetic_order,
};

static pond_code synthetic_make(pond_session *s, const pond_node *node, pond_relation **out,
                                pond_err *err) {
    (void)err;
    const synthetic_state *st = node->state;
    synthetic_relation *r = POND_NEW(pond_session_arena(s), synthetic_relation);
    *r = (synthetic_relation){
        .base = {.ops = &synthetic_ops,
                 .path = node->path,
                 .is_series = true,
                 .slicing = POND_SLICES_ALWAYS,
                 .is_time_unique = true,
                 .time_column = st->time_column},
        .state = st,
    };
    *out = &r->base;
    return POND_OK;
}

static const pond_relate synthetic_relate = {synthetic_make};
static const pond_dyn synthetic_dyn = {.relate = &synthetic_relate};

static pond_code synthetic_open(pond_session *s, const pond_conf *c, const pond_dyn **dyn,
                                void **state, pond_err *err) {
    synthetic_state *st = POND_NEW(pond_session_arena(s), synthetic_state);
    POND_TRY(read_config(s, c, false, st, err));
    *dyn = &synthetic_dyn;
    *state = st;
    return POND_OK;
}

const pond_factory pond_factory_synthetic = {
    .name = "synthetic-timeseries",
    .summary = "Waveforms at regular times, for tests and examples",
    .options = &options,
    POND_FACTORY_PARTS(parts),
    .makes_file = true,
    .type = POND_T_TABLE_DYNAMIC,
    .check = synthetic_check,
    .open = synthetic_open,
};
