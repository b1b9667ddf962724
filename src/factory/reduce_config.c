// The config of temporal-reduce.
#include "factory/reduce_config.h"

#include "base/time.h"
#include "factory/config.h"
#include "factory/transforms.h"

#include <stdlib.h>

const char *const reduce_fn_names[N_FNS] = {"avg", "min", "max", "sum", "count"};

typedef struct reduce_config {
    pond_sv in_pattern, out_pattern, time_column, allowed_lateness;
    const pond_conf *in_at, *out_at, *time_at, *lateness_at, *aggregations;
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
    POND_OPTION(
        "resolutions", POND_OPT_TEXTS, reduce_config, resolutions, .is_required = true,
        .help = "widths of the buckets, such as 1h, 6h, 1d; each a multiple of the next finer one"),
    POND_OPTION("aggregations", POND_OPT_LIST, reduce_config, aggregations, .is_required = true,
                .help = "a list of {type: avg|min|max|sum|count, columns: [NAME, …]}"),
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
                .help = "avg, min, max, sum or count"),
    POND_OPTION("columns", POND_OPT_TEXTS, aggregation_config, columns,
                .help = "names or patterns of columns; default: every numeric column"),
};
static const pond_options aggregation_options = POND_OPTIONS("an aggregation", aggregation_rows);

static pond_code read_aggregation(pond_arena *a, const pond_conf *c, aggregation *out,
                                  pond_err *err) {
    aggregation_config config = {0};
    POND_TRY(pond_options_read_conf(a, c, &aggregation_options, &config, err));
    for (out->fn = 0; out->fn < N_FNS; out->fn++)
        if (pond_sv_is(config.type, reduce_fn_names[out->fn]))
            break;
    if (out->fn == N_FNS)
        return pond_conf_fail(config.type_at, err,
                              "unknown aggregation '%.*s'; it must be avg, min, max, sum or count",
                              POND_SV_ARG(config.type));
    if (pond_conf_get(c, "columns") != NULL && config.columns.n == 0)
        return pond_conf_fail(c, err,
                              "'columns' is empty; leave it out to take every numeric column");
    out->columns = config.columns.items;
    out->n_columns = config.columns.n;
    return POND_OK;
}

static int by_width(const void *x, const void *y) {
    const resolution *a = *(const resolution *const *)x, *b = *(const resolution *const *)y;
    return (a->width_us > b->width_us) - (a->width_us < b->width_us);
}

static pond_code read_resolutions(pond_arena *a, const reduce_config *config, const pond_conf *c,
                                  reduce_state *r, pond_err *err) {
    const pond_texts *texts = &config->resolutions;
    if (texts->n == 0)
        return pond_conf_fail(c, err, "'resolutions' is empty; give at least one, such as 1h");
    r->n_resolutions = texts->n;
    r->resolutions = POND_NEW_ARRAY(a, resolution, texts->n);
    const resolution **sorted = POND_NEW_ARRAY(a, const resolution *, texts->n);
    for (size_t i = 0; i < texts->n; i++) {
        pond_err why;
        r->resolutions[i].text = texts->items[i];
        if (pond_duration_parse(texts->items[i], &r->resolutions[i].width_us, &why) != POND_OK)
            return pond_conf_fail(texts->places[i], err, "Invalid resolution '%.*s': %s",
                                  POND_SV_ARG(texts->items[i]), why.msg);
        sorted[i] = &r->resolutions[i];
    }
    qsort(sorted, texts->n, sizeof *sorted, by_width);
    for (size_t i = 1; i < texts->n; i++) {
        if (sorted[i]->width_us == sorted[i - 1]->width_us)
            return pond_conf_fail(texts->places[sorted[i] - r->resolutions], err,
                                  "resolution '%.*s' is given twice", POND_SV_ARG(sorted[i]->text));
        if (sorted[i]->width_us % sorted[i - 1]->width_us != 0)
            return pond_conf_fail(
                texts->places[sorted[i] - r->resolutions], err,
                "Non-nesting resolutions: %.*s is not an integer multiple of %.*s",
                POND_SV_ARG(sorted[i]->text), POND_SV_ARG(sorted[i - 1]->text));
    }
    return POND_OK;
}

pond_code reduce_read(pond_session *s, const pond_conf *c, reduce_state *r, pond_err *err) {
    reduce_config config = {0};
    POND_TRY(pond_options_read_conf(pond_session_arena(s), c, &reduce_options, &config, err));
    *r = (reduce_state){.session = s,
                        .in_pattern = config.in_pattern,
                        .out_pattern = config.out_pattern,
                        .time_column = config.time_column};
    POND_TRY(pond_pattern_parse(pond_session_arena(s), config.in_pattern, config.in_at, &r->pattern,
                                err));
    POND_TRY(
        pond_config_check_out_pattern(config.out_pattern, config.out_at, &r->pattern.glob, err));
    if (config.time_column.n == 0)
        return pond_conf_fail(config.time_at, err, "'time_column' is empty");
    POND_TRY(transforms_check(&config.transforms, err));
    r->transforms = config.transforms;
    POND_TRY(
        read_resolutions(pond_session_arena(s), &config, pond_conf_get(c, "resolutions"), r, err));
    r->n_aggregations = config.aggregations->n;
    if (r->n_aggregations == 0)
        return pond_conf_fail(config.aggregations, err,
                              "'aggregations' is empty; give at least one");
    r->aggregations = POND_NEW_ARRAY(pond_session_arena(s), aggregation, r->n_aggregations);
    for (size_t i = 0; i < r->n_aggregations; i++)
        POND_TRY(read_aggregation(pond_session_arena(s), &config.aggregations->items[i],
                                  &r->aggregations[i], err));
    pond_err why;
    int64_t lateness;
    if (config.lateness_at != NULL &&
        pond_duration_parse(config.allowed_lateness, &lateness, &why) != POND_OK)
        return pond_conf_fail(config.lateness_at, err,
                              "temporal-reduce: invalid allowed_lateness '%.*s': %s",
                              POND_SV_ARG(config.allowed_lateness), why.msg);
    return POND_OK;
}

bool reduce_column_matches(pond_sv pattern, pond_sv name, pond_arena *a) {
    pond_glob_segment part = {.text = pattern};
    for (size_t i = 0; i < pattern.n; i++)
        part.n_stars += pattern.p[i] == '*';
    pond_sv_vec captures = {0};
    return pond_glob_segment_match(a, &part, name, &captures);
}

typedef POND_VEC(pond_column) column_vec;

// The columns of the series that the pattern matches now, each name once.
static pond_code find_columns(pond_session *s, const reduce_state *r, column_vec *out,
                              pond_err *err) {
    enum { MOST_SERIES = 100 }; // more would take long, and tell little
    pond_match_vec matches = {0};
    pond_map known;
    pond_map_init(&known, pond_session_arena(s));
    POND_TRY(pond_pattern_match(s, &r->pattern, &matches, err));
    for (size_t i = 0; i < matches.n && i < MOST_SERIES; i++) {
        pond_relation *from;
        pond_schema schema;
        // What cannot be read now has its own error when it is read.
        if (transforms_relation(s, &r->transforms, &r->pattern, matches.items[i].node, &from,
                                NULL) != POND_OK ||
            pond_relation_schema(s, from, &schema, NULL) != POND_OK)
            continue;
        for (size_t c = 0; c < schema.n; c++) {
            void **at = pond_map_at(&known, schema.items[c].name, NULL);
            if (*at == NULL)
                *pond_vec_push(pond_session_arena(s), out) = schema.items[c];
            *at = from;
        }
    }
    return POND_OK;
}

static pond_code fail_column(pond_session *s, const reduce_state *r, const aggregation *g,
                             pond_sv name, const column_vec *columns, pond_err *err) {
    pond_sv *names = POND_NEW_ARRAY(pond_session_arena(s), pond_sv, columns->n);
    for (size_t i = 0; i < columns->n; i++)
        names[i] = columns->items[i].name;
    pond_fail(err, POND_ERR_INVALID,
              "no series that '%.*s' matches has the column '%.*s', of which the config wants %s",
              POND_SV_ARG(r->in_pattern), POND_SV_ARG(name), reduce_fn_names[g->fn]);
    pond_sv nearest = pond_nearest(name, names, columns->n);
    if (nearest.n > 0)
        pond_err_detail(err, "  did you mean '%.*s'?", POND_SV_ARG(nearest));
    return POND_ERR_INVALID;
}

// A name that nothing has is a mistake; a pattern may match columns that come later.
static pond_code check_names(pond_session *s, const reduce_state *r, const column_vec *columns,
                             pond_err *err) {
    for (size_t i = 0; i < r->n_aggregations; i++)
        for (size_t p = 0; p < r->aggregations[i].n_columns; p++) {
            pond_sv pattern = r->aggregations[i].columns[p];
            bool is_found = pond_sv_find_char(pattern, '*') >= 0;
            for (size_t c = 0; c < columns->n && !is_found; c++)
                is_found =
                    reduce_column_matches(pattern, columns->items[c].name, pond_session_arena(s));
            if (!is_found)
                return fail_column(s, r, &r->aggregations[i], pattern, columns, err);
        }
    return POND_OK;
}

// "Every numeric column" may leave out one that has become text because of a few odd values.
static void warn_of_texts(pond_session *s, const reduce_state *r, const column_vec *columns) {
    bool takes_all = false;
    for (size_t i = 0; i < r->n_aggregations; i++)
        takes_all |= r->aggregations[i].columns == NULL && r->aggregations[i].fn != FN_COUNT;
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
    column_vec columns = {0};
    POND_TRY(reduce_read(s, source->config, &r, err));
    if (pond_session_fs(s) == NULL || find_columns(s, &r, &columns, NULL) != POND_OK ||
        columns.n == 0)
        return POND_OK; // there may be series later
    POND_TRY(check_names(s, &r, &columns, err));
    warn_of_texts(s, &r, &columns);
    return POND_OK;
}
