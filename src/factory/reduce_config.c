// The config of temporal-reduce.
#include "factory/reduce_config.h"

#include "base/near.h"
#include "base/time.h"
#include "factory/config.h"
#include "factory/transforms.h"

#include <stdlib.h>

// Functions ---------------------------------------------------------------------------------------

typedef enum takes { TAKES_ANY, TAKES_NUMBERS } takes;
typedef enum made { MADE_MERGED, MADE_ROWS } made;

static const struct {
    const char *name;
    takes takes;
    made made;
} functions[N_FNS] = {
#define FUNCTION(id, name, columns, made) [FN_##id] = {name, TAKES_##columns, MADE_##made},
#include "factory/reduce_functions.def"
#undef FUNCTION
    [FN_PERCENTILE] = {NULL, TAKES_NUMBERS, MADE_ROWS},
};

// "avg, min, …, twa, or a percentile such as p95"
static const char function_names[] =
#define FUNCTION(id, name, columns, made) name ", "
#include "factory/reduce_functions.def"
#undef FUNCTION
    "or a percentile such as p95";
static const char aggregations_help[] =
    "a list of {type: FUNCTION, columns: [NAME, …]}; FUNCTION is "
#define FUNCTION(id, name, columns, made) name ", "
#include "factory/reduce_functions.def"
#undef FUNCTION
    "or a percentile such as p95";

bool reduce_needs_number(reduce_fn fn) {
    return functions[fn].takes == TAKES_NUMBERS;
}

// Config ------------------------------------------------------------------------------------------

typedef struct reduce_config {
    pond_sv in_pattern, out_pattern, time_column, timezone, offset, allowed_lateness;
    const pond_conf *in_at, *out_at, *time_at, *zone_at, *offset_at, *lateness_at, *aggregations;
    pond_texts resolutions, transforms;
    int64_t seal_target_bytes, max_live_segments;
} reduce_config;

#define TEXT(name, member, at, is_required_, help_)                                                \
    POND_OPTION(name, POND_OPT_TEXT, reduce_config, member, .place = offsetof(reduce_config, at),  \
                .is_required = is_required_, .help = help_)

// What other programs that read such configs need for their caches.
#define COUNT(name, least)                                                                         \
    POND_OPTION(#name, POND_OPT_INT, reduce_config, name, .min = least, .max = INT64_MAX,          \
                .help = "ignored: there is no cache of segments")

static const pond_option rows[] = {
    TEXT("in_pattern", in_pattern, in_at, true, "URL or path pattern of the series to reduce"),
    TEXT("out_pattern", out_pattern, out_at, true,
         "name of a directory of results; $0, $1, … are the texts that the wildcards matched"),
    TEXT("time_column", time_column, time_at, true, "column with the times of the rows"),
    POND_OPTION("resolutions", POND_OPT_TEXTS, reduce_config, resolutions, .is_required = true,
                .help = "widths of the buckets, such as 1h, 6h, 1d, 1mo, 1y; each a multiple of "
                        "the next finer one"),
    POND_OPTION("aggregations", POND_OPT_LIST, reduce_config, aggregations, .is_required = true,
                .help = aggregations_help),
    TEXT("timezone", timezone, zone_at, false,
         "zone such as Europe/Berlin, by whose clock days, months and years begin (default: UTC)"),
    TEXT("offset", offset, offset_at, false,
         "how much later than midnight days and everything longer begin, such as 6h"),
    TRANSFORMS_OPTION(reduce_config, transforms),
    TEXT("allowed_lateness", allowed_lateness, lateness_at, false,
         "ignored: late rows always change the buckets that they belong to"),
    COUNT(seal_target_bytes, 0),
    COUNT(max_live_segments, 1),
};
#undef COUNT
const pond_options reduce_options = POND_OPTIONS("a temporal-reduce config", rows);

typedef struct aggregation_config {
    pond_sv type;
    const pond_conf *type_at;
    pond_texts columns;
} aggregation_config;

static const pond_option aggregation_rows[] = {
    POND_OPTION("type", POND_OPT_TEXT, aggregation_config, type,
                .place = offsetof(aggregation_config, type_at), .is_required = true,
                .help = function_names),
    POND_OPTION("columns", POND_OPT_TEXTS, aggregation_config, columns,
                .help = "names or patterns of columns; default: every numeric column"),
};
static const pond_options aggregation_options = POND_OPTIONS("an aggregation", aggregation_rows);

const pond_factory_part reduce_parts[N_REDUCE_PARTS] = {
    {"aggregations[].", &aggregation_options},
};

// "p95", "p05", "p99.9": the percent as a fraction, without rounding: "0.95", "0.05", "0.999".
static bool read_percentile(pond_arena *a, pond_sv name, pond_sv *fraction) {
    enum { MOST_DIGITS = 9 };
    pond_sv digits = name;
    if (!pond_sv_cut_char(&digits, 'p') || digits.n == 0 || digits.n > MOST_DIGITS)
        return false;
    ptrdiff_t dot = pond_sv_find_char(digits, '.');
    pond_sv whole = pond_sv_sub(digits, 0, dot < 0 ? digits.n : (size_t)dot);
    pond_sv rest = dot < 0 ? (pond_sv){"", 0} : pond_sv_sub(digits, (size_t)dot + 1, digits.n);
    if (whole.n == 0 || whole.n > 2 || (dot >= 0 && rest.n == 0))
        return false;
    bool is_zero = true;
    for (size_t i = 0; i < digits.n; i++) {
        bool is_digit = digits.p[i] >= '0' && digits.p[i] <= '9';
        if (!is_digit && (ptrdiff_t)i != dot)
            return false;
        is_zero &= !is_digit || digits.p[i] == '0';
    }
    *fraction =
        pond_svf(a, "0.%s%.*s%.*s", whole.n == 1 ? "0" : "", POND_SV_ARG(whole), POND_SV_ARG(rest));
    return !is_zero;
}

static bool find_function(pond_arena *a, pond_sv name, aggregation *out) {
    for (out->fn = 0; out->fn < FN_PERCENTILE; out->fn++)
        if (pond_sv_is(name, functions[out->fn].name))
            break;
    out->name = name;
    out->fraction = POND_SV("0.5");
    return out->fn < FN_PERCENTILE || read_percentile(a, name, &out->fraction);
}

static pond_code unknown_function(const aggregation_config *config, pond_err *err) {
    pond_sv names[FN_PERCENTILE];
    for (size_t i = 0; i < FN_PERCENTILE; i++)
        names[i] = pond_sv_of(functions[i].name);
    pond_conf_fail(config->type_at, err, "unknown aggregation '%.*s'; it must be %s",
                   POND_SV_ARG(config->type), function_names);
    pond_near_word(err, config->type, names, FN_PERCENTILE);
    return POND_ERR_INVALID;
}

static pond_code read_aggregation(pond_arena *a, const pond_conf *c, aggregation *out,
                                  pond_err *err) {
    aggregation_config config = {0};
    POND_TRY(pond_options_read_conf(a, c, &aggregation_options, &config, err));
    if (!find_function(a, config.type, out))
        return unknown_function(&config, err);
    if (pond_conf_get(c, "columns") != NULL && config.columns.n == 0)
        return pond_conf_fail(c, err,
                              "'columns' is empty; leave it out to take every numeric column");
    out->columns = config.columns;
    out->takes_all = config.columns.items == NULL;
    return POND_OK;
}

static int by_width(const void *x, const void *y) {
    int64_t a = pond_buckets_mean_us(&(*(const resolution *const *)x)->buckets);
    int64_t b = pond_buckets_mean_us(&(*(const resolution *const *)y)->buckets);
    return (a > b) - (a < b);
}

// Neighbours, by width: the coarser one must be made of whole finer ones.
static pond_code check_nesting(const resolution *coarser, const resolution *finer,
                               const pond_conf *at, pond_err *err) {
    if (coarser->buckets.months == finer->buckets.months &&
        coarser->buckets.width_us == finer->buckets.width_us)
        return pond_conf_fail(at, err, "resolution '%.*s' is given twice",
                              POND_SV_ARG(coarser->text));
    if (pond_buckets_nest(&coarser->buckets, &finer->buckets))
        return POND_OK;
    pond_conf_fail(at, err, "Non-nesting resolutions: %.*s is not an integer multiple of %.*s",
                   POND_SV_ARG(coarser->text), POND_SV_ARG(finer->text));
    if (coarser->buckets.months > 0 && finer->buckets.months == 0)
        pond_err_detail(err, "  months are made of days, so a finer resolution must divide a day");
    return POND_ERR_INVALID;
}

static pond_code read_resolution(const reduce_state *r, pond_sv text, const pond_conf *at,
                                 const pond_zone_clock *clock, resolution *out, pond_err *err) {
    pond_err why;
    *out = (resolution){text, {.offset_us = r->offset_us, .clock = clock}};
    if (pond_buckets_parse(text, &out->buckets, &why) != POND_OK)
        return pond_conf_fail(at, err, "Invalid resolution '%.*s': %s", POND_SV_ARG(text), why.msg);
    int64_t width_us = out->buckets.width_us;
    if (clock == NULL || width_us == 0 || width_us % POND_US_PER_DAY == 0 ||
        POND_US_PER_DAY % width_us == 0)
        return POND_OK;
    return pond_conf_fail(at, err,
                          "resolution '%.*s' neither divides a day nor is a multiple of one, which "
                          "it must with a 'timezone'",
                          POND_SV_ARG(text));
}

static pond_code read_resolutions(pond_arena *a, const reduce_config *config, const pond_conf *c,
                                  const pond_zone_clock *clock, reduce_state *r, pond_err *err) {
    const pond_texts *texts = &config->resolutions;
    if (texts->n == 0)
        return pond_conf_fail(c, err, "'resolutions' is empty; give at least one, such as 1h");
    r->n_resolutions = texts->n;
    r->resolutions = POND_NEW_ARRAY(a, resolution, texts->n);
    const resolution **sorted = POND_NEW_ARRAY(a, const resolution *, texts->n);
    for (size_t i = 0; i < texts->n; i++) {
        POND_TRY(
            read_resolution(r, texts->items[i], texts->places[i], clock, &r->resolutions[i], err));
        sorted[i] = &r->resolutions[i];
    }
    qsort(sorted, texts->n, sizeof *sorted, by_width);
    for (size_t i = 1; i < texts->n; i++)
        POND_TRY(check_nesting(sorted[i], sorted[i - 1], texts->places[sorted[i] - r->resolutions],
                               err));
    r->finest = sorted[0];
    return POND_OK;
}

// A later release of the zone's file may change what its clock shows. Only changes that may matter
// are hashed, since files differ in how they write those to come.
static pond_sha256 hash_clock(const pond_zone_clock *clock) {
    pond_hasher *h = pond_hasher_new();
    const int64_t end_s = POND_CLOCKS_END_US / POND_US_PER_S;
    for (int64_t t_s = INT64_MIN / 4; t_s < end_s; t_s = pond_zone_clock_next(clock, t_s)) {
        int64_t change[] = {t_s, pond_zone_clock_offset(clock, t_s)};
        pond_hasher_field(h, (pond_sv){(const char *)change, sizeof change});
    }
    return pond_hasher_finish(h);
}

static pond_code read_zone(pond_arena *a, const reduce_config *config, reduce_state *r,
                           const pond_zone_clock **clock, pond_err *err) {
    *clock = NULL;
    if (config->zone_at == NULL)
        return POND_OK;
    r->zone = config->timezone;
    *clock = pond_zone_clock_new(a, r->zone);
    if (*clock != NULL) {
        r->zone_changes = hash_clock(*clock);
        return POND_OK;
    }
    pond_buf near = POND_BUF_EMPTY;
    bool is_near = pond_zone_nearest(a, r->zone, &near);
    pond_conf_fail(config->zone_at, err,
                   is_near ? "unknown time zone '%.*s', did you mean %s?"
                           : "unknown time zone '%.*s'; expected a name such as Europe/Berlin",
                   POND_SV_ARG(r->zone), is_near ? near.p : "");
    pond_buf_free(&near);
    return POND_ERR_INVALID;
}

static pond_code read_offset(const reduce_config *config, reduce_state *r, pond_err *err) {
    const int64_t most_us = 366 * POND_US_PER_DAY;
    pond_err why;
    if (config->offset_at == NULL)
        return POND_OK;
    if (pond_duration_parse(config->offset, &r->offset_us, &why) != POND_OK)
        return pond_conf_fail(config->offset_at, err, "Invalid offset '%.*s': %s",
                              POND_SV_ARG(config->offset), why.msg);
    if (r->offset_us > most_us)
        return pond_conf_fail(config->offset_at, err,
                              "offset '%.*s' is longer than a year of 366 days",
                              POND_SV_ARG(config->offset));
    return POND_OK;
}

static pond_code read_aggregations(pond_arena *a, const pond_conf *list, reduce_state *r,
                                   pond_err *err) {
    r->n_aggregations = list->n;
    if (r->n_aggregations == 0)
        return pond_conf_fail(list, err, "'aggregations' is empty; give at least one");
    r->aggregations = POND_NEW_ARRAY(a, aggregation, r->n_aggregations);
    for (size_t i = 0; i < r->n_aggregations; i++) {
        POND_TRY(read_aggregation(a, &list->items[i], &r->aggregations[i], err));
        r->is_from_rows |= functions[r->aggregations[i].fn].made == MADE_ROWS;
    }
    return POND_OK;
}

pond_code reduce_read(pond_session *s, const pond_conf *c, reduce_state *r, pond_err *err) {
    reduce_config config = {0};
    pond_arena *a = pond_session_arena(s);
    const pond_zone_clock *clock;
    POND_TRY(pond_options_read_conf(a, c, &reduce_options, &config, err));
    *r = (reduce_state){.session = s,
                        .in_pattern = config.in_pattern,
                        .out_pattern = config.out_pattern,
                        .time_column = config.time_column};
    POND_TRY(pond_pattern_parse(a, config.in_pattern, config.in_at, &r->pattern, err));
    POND_TRY(
        pond_config_check_out_pattern(config.out_pattern, config.out_at, &r->pattern.glob, err));
    if (config.time_column.n == 0)
        return pond_conf_fail(config.time_at, err, "'time_column' is empty");
    POND_TRY(transforms_check(&config.transforms, err));
    r->transforms = config.transforms;
    POND_TRY(read_zone(a, &config, r, &clock, err));
    POND_TRY(read_offset(&config, r, err));
    POND_TRY(read_resolutions(a, &config, pond_conf_get(c, "resolutions"), clock, r, err));
    POND_TRY(read_aggregations(a, config.aggregations, r, err));
    pond_err why;
    int64_t lateness;
    if (config.lateness_at != NULL &&
        pond_duration_parse(config.allowed_lateness, &lateness, &why) != POND_OK)
        return pond_conf_fail(config.lateness_at, err,
                              "temporal-reduce: invalid allowed_lateness '%.*s': %s",
                              POND_SV_ARG(config.allowed_lateness), why.msg);
    return POND_OK;
}

// "Every numeric column" may leave out one that has become text because of a few odd values.
static void warn_of_texts(pond_session *s, const reduce_state *r, const pond_column_vec *columns) {
    bool takes_all = false;
    for (size_t i = 0; i < r->n_aggregations; i++)
        takes_all |= r->aggregations[i].takes_all && r->aggregations[i].fn != FN_COUNT;
    pond_buf names = POND_BUF_EMPTY;
    for (size_t i = 0; i < columns->n && takes_all; i++)
        if (pond_sv_is(columns->items[i].type, "VARCHAR"))
            pond_buf_printf(&names, "%s'%.*s'", names.n == 0 ? "" : ", ",
                            POND_SV_ARG(columns->items[i].name));
    if (names.n > 0)
        pond_session_warn(s,
                          "warning: the reduction of '%.*s' takes numeric columns only, and leaves "
                          "out the text of %.*s",
                          POND_SV_ARG(r->in_pattern), POND_SV_ARG(pond_buf_view(&names)));
    pond_buf_free(&names);
}

pond_code reduce_check(pond_session *s, const pond_factory_source *source, pond_value *stored,
                       pond_err *err) {
    (void)stored;
    reduce_state r;
    pond_column_vec columns = {0};
    POND_TRY(reduce_read(s, source->config, &r, err));
    if (pond_session_fs(s) == NULL ||
        pond_columns_find(s, &r.pattern, &r.transforms, &columns, NULL) != POND_OK ||
        columns.n == 0)
        return POND_OK; // there may be series later
    for (size_t i = 0; i < r.n_aggregations; i++)
        POND_TRY(pond_columns_check(s, &r.pattern, &columns, &r.aggregations[i].columns,
                                    r.aggregations[i].name, err));
    warn_of_texts(s, &r, &columns);
    return POND_OK;
}
