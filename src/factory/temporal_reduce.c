// temporal-reduce: downsampled series in directories, NODE/<out name>/res=<resolution>.series.
//
// Buckets are aligned to the Unix epoch. A range of the result needs exactly the source rows of its
// whole buckets, so a slice of a reduction is a reduction of a slice.
#include "base/time.h"
#include "factory/config.h"
#include "factory/factory.h"
#include "relation/match.h"
#include "relation/sql.h"
#include "relation/times.h"
#include "relation/wrapper.h"

#include <inttypes.h>
#include <stdlib.h>

typedef enum reduce_fn { FN_AVG, FN_MIN, FN_MAX, FN_SUM, FN_COUNT, N_FNS } reduce_fn;
static const char *const fn_names[N_FNS] = {"avg", "min", "max", "sum", "count"};

typedef struct aggregation {
    reduce_fn fn;
    const pond_sv *columns; // patterns; NULL: every numeric column
    size_t n_columns;
} aggregation;

typedef struct resolution {
    pond_sv text; // as in the config
    int64_t width_us;
} resolution;

typedef struct reduce_state {
    pond_session *session;
    pond_sv in_pattern, out_pattern, time_column;
    pond_pattern pattern;
    resolution *resolutions;
    size_t n_resolutions;
    aggregation *aggregations;
    size_t n_aggregations;
} reduce_state;

// One directory of the output: the matches whose captures expand to its name.
typedef struct reduce_group {
    reduce_state *state;
    pond_sv name;
    pond_match_vec matches;
    pond_relation *source; // the matches united, at the first question
} reduce_group;

typedef struct reduce_view {
    reduce_group *group;
    const resolution *resolution;
} reduce_view;

// Config ------------------------------------------------------------------------------------------

typedef struct reduce_config {
    pond_sv in_pattern, out_pattern, time_column, allowed_lateness;
    const pond_conf *in_at, *out_at, *time_at, *lateness_at, *aggregations;
    pond_texts resolutions;
} reduce_config;

#define TEXT(name, member, at, is_required_, help_)                                                \
    POND_OPTION(name, POND_OPT_TEXT, reduce_config, member, .place = offsetof(reduce_config, at),  \
                .is_required = is_required_, .help = help_)

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
    TEXT("allowed_lateness", allowed_lateness, lateness_at, false,
         "ignored: late rows always change the buckets that they belong to"),
};
static const pond_options options = POND_OPTIONS("a temporal-reduce config", rows);

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
        if (pond_sv_is(config.type, fn_names[out->fn]))
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

static pond_code read_reduce(pond_session *s, const pond_conf *c, reduce_state *r, pond_err *err) {
    reduce_config config = {0};
    POND_TRY(pond_options_read_conf(pond_session_arena(s), c, &options, &config, err));
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

static bool column_matches(pond_sv pattern, pond_sv name, pond_arena *a) {
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
        if (pond_pattern_relation(s, &r->pattern, matches.items[i].node, &from, NULL) != POND_OK ||
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
              POND_SV_ARG(r->in_pattern), POND_SV_ARG(name), fn_names[g->fn]);
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
                is_found = column_matches(pattern, columns->items[c].name, pond_session_arena(s));
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

static pond_code reduce_check(pond_session *s, const pond_factory_source *source,
                              pond_value *stored, pond_err *err) {
    (void)stored;
    reduce_state r;
    column_vec columns = {0};
    POND_TRY(read_reduce(s, source->config, &r, err));
    if (pond_session_fs(s) == NULL || find_columns(s, &r, &columns, NULL) != POND_OK ||
        columns.n == 0)
        return POND_OK; // there may be series later
    POND_TRY(check_names(s, &r, &columns, err));
    warn_of_texts(s, &r, &columns);
    return POND_OK;
}

// Relation ----------------------------------------------------------------------------------------

// Pieces: aggregates of the finest buckets that can be merged, from which every resolution is made.
typedef enum piece_kind { PIECE_SUM, PIECE_COUNT, PIECE_MIN, PIECE_MAX, PIECE_ROWS } piece_kind;
typedef struct piece {
    piece_kind kind;
    pond_sv source; // column; empty for PIECE_ROWS
    pond_sv name;   // in the table of slices: "sum(flow)"
} piece;
typedef POND_VEC(piece) pieces;
// The SQL function that makes a piece from rows, and the one that makes it from finer pieces.
static const char *const piece_functions[] = {"sum", "count", "min", "max", "count"};
static const char *const merge_functions[] = {"sum", "sum", "min", "max", "sum"};

// One output column, made of one piece, or of a sum and a count.
typedef struct reduced_column {
    reduce_fn fn;
    size_t piece, count; // indexes of pieces; count only for avg
    pond_column out;
} reduced_column;
typedef POND_VEC(reduced_column) reduced_columns;

typedef struct reduce_relation {
    pond_wrapper base;
    reduce_view *view;
    reduced_columns columns; // known once the schema is
    pieces pieces;
} reduce_relation;

// The engine's sums of integers have 128 bits, a type that Parquet does not have. They are cast to
// 64 bits; a sum that does not fit is an error.
static pond_sv result_type(reduce_fn fn, pond_sv type) {
    bool is_float = pond_sv_is(type, "DOUBLE") || pond_sv_is(type, "FLOAT");
    switch (fn) {
    case FN_COUNT:
        return POND_SV("BIGINT");
    case FN_AVG:
        return POND_SV("DOUBLE");
    case FN_SUM:
        return is_float || pond_sv_starts(type, POND_SV("DECIMAL")) ? POND_SV("DOUBLE")
                                                                    : POND_SV("BIGINT");
    default:
        return type;
    }
}

static size_t add_piece(pond_arena *a, pieces *all, piece_kind kind, pond_sv source) {
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].kind == kind && pond_sv_eq(all->items[i].source, source))
            return i;
    pond_sv name = pond_svf(a, "%s(%.*s)", piece_functions[kind], POND_SV_ARG(source));
    *pond_vec_push(a, all) = (piece){kind, source, name};
    return all->n - 1;
}

// Adds an output column and its pieces, unless there is a column of that name. `source` is empty
// for a count of rows.
static void add_column(pond_arena *a, reduce_relation *r, reduce_fn fn, pond_sv source,
                       pond_column out) {
    for (size_t i = 0; i < r->columns.n; i++)
        if (pond_sv_eq(r->columns.items[i].out.name, out.name))
            return;
    static const piece_kind kinds[N_FNS] = {PIECE_SUM, PIECE_MIN, PIECE_MAX, PIECE_SUM,
                                            PIECE_COUNT};
    reduced_column c = {.fn = fn, .out = out};
    c.piece = add_piece(a, &r->pieces, source.n == 0 ? PIECE_ROWS : kinds[fn], source);
    if (fn == FN_AVG)
        c.count = add_piece(a, &r->pieces, PIECE_COUNT, source);
    *pond_vec_push(a, &r->columns) = c;
}

static void add_column_of(pond_arena *a, reduce_relation *r, reduce_fn fn, const pond_column *c) {
    pond_sv name = pond_svf(a, "%.*s.%s", POND_SV_ARG(c->name), fn_names[fn]);
    add_column(a, r, fn, c->name, (pond_column){name, result_type(fn, c->type)});
}

static pond_code add_aggregation(pond_session *s, reduce_relation *r, const aggregation *g,
                                 pond_schema source, pond_err *err) {
    pond_sv time = r->view->group->state->time_column;
    if (g->fn == FN_COUNT &&
        (g->columns == NULL || (g->n_columns == 1 && pond_sv_is(g->columns[0], "*")))) {
        add_column(pond_session_arena(s), r, FN_COUNT, (pond_sv){"", 0},
                   (pond_column){POND_SV("timestamp.count"), POND_SV("BIGINT")});
        return POND_OK;
    }
    size_t n_patterns = g->columns == NULL ? 1 : g->n_columns;
    for (size_t p = 0; p < n_patterns; p++) {
        pond_sv pattern = g->columns == NULL ? POND_SV("*") : g->columns[p];
        bool is_wild = pond_sv_find_char(pattern, '*') >= 0;
        for (size_t i = 0; i < source.n; i++) {
            const pond_column *c = &source.items[i];
            if (pond_sv_eq(c->name, time) ||
                !column_matches(pattern, c->name, pond_session_arena(s)))
                continue;
            bool needs_number = g->fn == FN_AVG || g->fn == FN_SUM;
            if (pond_type_is_numeric(c->type) || (!needs_number && g->columns != NULL)) {
                add_column_of(pond_session_arena(s), r, g->fn, c);
            } else if (!is_wild) {
                return pond_fail(err, POND_ERR_INVALID,
                                 "cannot compute %s of column '%.*s', whose type is %.*s",
                                 fn_names[g->fn], POND_SV_ARG(c->name), POND_SV_ARG(c->type));
            }
        }
    }
    return POND_OK;
}

static pond_code find_source(pond_session *s, pond_wrapper *w, pond_err *err) {
    reduce_group *g = ((reduce_relation *)w)->view->group;
    if (g->source == NULL)
        POND_TRY(pond_pattern_unite(s, &g->state->pattern, g->matches.items, g->matches.n,
                                    &g->source, err));
    w->sources = POND_NEW(pond_session_arena(s), pond_source);
    w->sources[0] = (pond_source){.relation = g->source};
    w->n_sources = 1;
    return POND_OK;
}

static pond_code reduce_schema(pond_session *s, pond_relation *base, pond_schema *out,
                               pond_err *err) {
    reduce_relation *r = (reduce_relation *)base;
    const reduce_state *st = r->view->group->state;
    pond_schema source;
    POND_TRY(pond_wrapper_sources(s, &r->base, err));
    pond_relation *from = r->base.sources[0].relation;
    POND_TRY(pond_relation_schema(s, from, &source, err));
    const pond_column *t = pond_schema_find(source, st->time_column);
    if (t == NULL || !pond_type_is_time(t->type)) {
        pond_fail(err, POND_ERR_INVALID, "'%.*s' has no time column '%.*s'",
                  POND_SV_ARG(from->path), POND_SV_ARG(st->time_column));
        if (t != NULL)
            pond_err_detail(err, "  the column exists, but its type is %.*s, not TIMESTAMP",
                            POND_SV_ARG(t->type));
        return POND_ERR_INVALID;
    }
    for (size_t i = 0; i < st->n_aggregations; i++)
        POND_TRY(add_aggregation(s, r, &st->aggregations[i], source, err));
    pond_column *columns = POND_NEW_ARRAY(pond_session_arena(s), pond_column, r->columns.n + 1);
    columns[0] = (pond_column){st->time_column, POND_SV("TIMESTAMP")};
    for (size_t i = 0; i < r->columns.n; i++)
        columns[i + 1] = r->columns.items[i].out;
    base->time_column = st->time_column;
    *out = (pond_schema){columns, r->columns.n + 1};
    return POND_OK;
}

// The source is sliced by its own time column, which does not help a reduction by another column.
static pond_code reduce_is_sliceable(pond_session *s, pond_relation *base, bool *out,
                                     pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)base;
    pond_schema schema;
    POND_TRY(pond_wrapper_is_sliceable(s, base, out, err));
    if (!*out)
        return POND_OK;
    POND_TRY(pond_relation_schema(s, w->sources[0].relation, &schema, err));
    *out = pond_sv_eq(w->sources[0].relation->time_column, base->time_column);
    return POND_OK;
}

// The smallest multiple of `width` that is not below `t_us`. Values at the ends of the range of
// int64_t stay unchanged.
static int64_t ceil_bucket(int64_t t_us, int64_t width) {
    if (t_us <= INT64_MIN + width || t_us >= INT64_MAX - width)
        return t_us;
    int64_t rest = t_us % width;
    return rest == 0 ? t_us : rest < 0 ? t_us - rest : t_us - rest + width;
}

// The range of source rows for a slice: all buckets that begin in [lo, hi).
static pond_range whole_buckets(pond_range range, int64_t width) {
    return (pond_range){ceil_bucket(range.lo_us, width), ceil_bucket(range.hi_us, width), false};
}

static int64_t finest_width(const reduce_state *st) {
    int64_t finest = st->resolutions[0].width_us;
    for (size_t i = 1; i < st->n_resolutions; i++)
        finest = st->resolutions[i].width_us < finest ? st->resolutions[i].width_us : finest;
    return finest;
}

static void sql_bucket(pond_buf *sql, pond_sv time, int64_t width) {
    pond_buf_printf(sql, "time_bucket(to_microseconds(%" PRId64 "), CAST(", width);
    pond_buf_sql_name(sql, time);
    pond_buf_str(sql, " AS TIMESTAMP), TIMESTAMP '1970-01-01') AS ");
    pond_buf_sql_name(sql, time);
}

// A row with an infinite time is in no bucket: it makes the query fail, unless it is known that
// there is none. (Rows without a time are left out.)
static void sql_refuse_infinite(pond_session *s, const reduce_relation *r, pond_buf *sql) {
    pond_relation *from = r->base.sources[0].relation;
    pond_sv time = r->view->group->state->time_column;
    const pond_column *t = pond_schema_find(from->schema, time);
    if (t == NULL || (!from->may_have_odd_times && pond_sv_eq(from->time_column, time)))
        return;
    pond_buf_str(sql, " AND CASE WHEN ");
    pond_buf_sql_name(sql, time);
    pond_buf_str(sql, " IS NOT NULL AND ");
    pond_sql_is_odd_time(sql, t);
    pond_buf_str(sql, " THEN error(");
    pond_buf_sql_string(sql, pond_svf(pond_session_arena(s),
                                      "'%.*s' has a time that is not finite in the column '%.*s', "
                                      "which belongs to no interval of '%.*s'",
                                      POND_SV_ARG(from->path), POND_SV_ARG(time),
                                      POND_SV_ARG(r->base.base.path)));
    pond_buf_str(sql, ") IS NULL ELSE true END");
}

// What a piece is made from. NaN is a missing value: the engine would take it for the greatest
// number, and a sum or an average of it for NaN.
static void sql_argument(pond_buf *sql, const piece *p, pond_schema source) {
    if (p->kind == PIECE_ROWS) {
        pond_buf_char(sql, '*');
        return;
    }
    pond_sv type = pond_schema_find(source, p->source)->type;
    bool is_float = pond_sv_is(type, "DOUBLE") || pond_sv_is(type, "FLOAT");
    pond_buf_str(sql, is_float ? "nullif(" : "");
    pond_buf_sql_name(sql, p->source);
    if (is_float)
        pond_buf_printf(sql, ", 'NaN'::%.*s)", POND_SV_ARG(type));
}

// The pieces of the finest buckets of the source rows in the range.
static pond_code sql_pieces(pond_session *s, reduce_relation *r, pond_range range, pond_buf *sql,
                            pond_err *err) {
    const reduce_state *st = r->view->group->state;
    pond_buf_str(sql, "SELECT ");
    sql_bucket(sql, st->time_column, finest_width(st));
    for (size_t i = 0; i < r->pieces.n; i++) {
        const piece *p = &r->pieces.items[i];
        pond_buf_printf(sql, ", %s(", piece_functions[p->kind]);
        sql_argument(sql, p, r->base.sources[0].relation->schema);
        pond_buf_str(sql, ") AS ");
        pond_buf_sql_name(sql, p->name);
    }
    pond_buf_str(sql, " FROM (");
    if (range.beyond == POND_NOTHING_BEYOND)
        range.beyond = POND_ODD_BEYOND; // to refuse infinite ones
    POND_TRY(pond_relation_sql(s, r->base.sources[0].relation, range, sql, err));
    pond_buf_str(sql, ") WHERE ");
    pond_buf_sql_name(sql, st->time_column);
    pond_buf_str(sql, " IS NOT NULL");
    sql_refuse_infinite(s, r, sql);
    pond_buf_str(sql, " GROUP BY 1");
    return POND_OK;
}

// A piece of the table of the finest buckets, or merged over the finest buckets of a coarser one.
static void sql_merged(pond_buf *sql, const reduce_relation *r, size_t i, bool is_coarser) {
    const piece *p = &r->pieces.items[i];
    if (is_coarser)
        pond_buf_printf(sql, "%s(", merge_functions[p->kind]);
    pond_buf_sql_name(sql, p->name);
    if (is_coarser)
        pond_buf_char(sql, ')');
}

// The cast fails if a sum does not fit its column's type.
static void sql_column(pond_buf *sql, const reduce_relation *r, const reduced_column *c,
                       bool is_coarser) {
    bool needs_cast = c->fn == FN_SUM || c->fn == FN_COUNT;
    pond_buf_str(sql, c->fn == FN_AVG || needs_cast ? ", CAST(" : ", ");
    sql_merged(sql, r, c->piece, is_coarser);
    if (c->fn == FN_AVG) {
        pond_buf_str(sql, " AS DOUBLE) / ");
        sql_merged(sql, r, c->count, is_coarser);
    } else if (needs_cast) {
        pond_buf_printf(sql, " AS %.*s)", POND_SV_ARG(c->out.type));
    }
    pond_buf_str(sql, " AS ");
    pond_buf_sql_name(sql, c->out.name);
}

// Appends the SELECT of the resolution's rows up to ` FROM `: the caller appends the table of
// pieces. True: the caller must also group the rows.
static bool sql_resolution(pond_buf *sql, const reduce_relation *r) {
    const reduce_state *st = r->view->group->state;
    int64_t width = r->view->resolution->width_us;
    bool is_coarser = width != finest_width(st);
    pond_buf_str(sql, "SELECT ");
    if (is_coarser)
        sql_bucket(sql, st->time_column, width);
    else
        pond_buf_sql_name(sql, st->time_column);
    for (size_t i = 0; i < r->columns.n; i++)
        sql_column(sql, r, &r->columns.items[i], is_coarser);
    pond_buf_str(sql, " FROM ");
    return is_coarser;
}

static pond_code reduce_sql(pond_session *s, pond_relation *base, pond_range range, pond_buf *sql,
                            pond_err *err) {
    reduce_relation *r = (reduce_relation *)base;
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, base, &schema, err));
    bool is_coarser = sql_resolution(sql, r);
    pond_buf_char(sql, '(');
    POND_TRY(sql_pieces(s, r, whole_buckets(range, r->view->resolution->width_us), sql, err));
    pond_buf_str(sql, is_coarser ? ") GROUP BY 1" : ")");
    return POND_OK;
}

// The whole buckets of every resolution of the config, not only of those that are exported: so the
// parts of a sum depend on the slice and the config only.
static pond_range reduce_table_range(pond_session *s, pond_relation *base, pond_range range) {
    (void)s;
    const reduce_state *st = ((reduce_relation *)base)->view->group->state;
    pond_range all = whole_buckets(range, st->resolutions[0].width_us);
    for (size_t i = 1; i < st->n_resolutions; i++) {
        pond_range whole = whole_buckets(range, st->resolutions[i].width_us);
        all.lo_us = whole.lo_us < all.lo_us ? whole.lo_us : all.lo_us;
        all.hi_us = whole.hi_us > all.hi_us ? whole.hi_us : all.hi_us;
    }
    return all;
}

// At most one row for each of the finest buckets.
static int64_t reduce_table_rows(pond_session *s, pond_relation *base, pond_range range) {
    pond_range all = reduce_table_range(s, base, range);
    int64_t length_us;
    if (__builtin_sub_overflow(all.hi_us, all.lo_us, &length_us))
        return INT64_MAX;
    return length_us / finest_width(((reduce_relation *)base)->view->group->state);
}

// All resolutions of a group share the pieces of the finest buckets. Those of strays are outside of
// the table's range, and no slice takes them.
static pond_code reduce_table(pond_session *s, pond_relation *base, pond_range range, pond_buf *sql,
                              pond_err *err) {
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, base, &schema, err));
    pond_range all = reduce_table_range(s, base, range);
    all.beyond = range.beyond;
    return sql_pieces(s, (reduce_relation *)base, all, sql, err);
}

static pond_code reduce_from_table(pond_session *s, pond_relation *base, pond_range range,
                                   pond_sv table, pond_buf *sql, pond_err *err) {
    (void)s, (void)err;
    reduce_relation *r = (reduce_relation *)base;
    bool is_coarser = sql_resolution(sql, r);
    pond_buf_printf(sql, "%.*s WHERE ", POND_SV_ARG(table));
    pond_sql_time_filter(sql, base->time_column, POND_SV("TIMESTAMP"),
                         whole_buckets(range, r->view->resolution->width_us));
    pond_buf_str(sql, is_coarser ? " GROUP BY 1" : "");
    return POND_OK;
}

static void hash_part(pond_hasher *h, const void *p, size_t n) {
    pond_hasher_field(h, (pond_sv){p, n});
}

// The part of the config that the rows of one resolution depend on. It includes the finest width,
// because sums of floats depend on the buckets that are added up.
static pond_sha256 config_hash(const pond_wrapper *w) {
    const reduce_relation *r = (const reduce_relation *)w;
    const reduce_state *st = r->view->group->state;
    int64_t widths[2] = {r->view->resolution->width_us, finest_width(st)};
    pond_hasher *h = pond_hasher_new();
    hash_part(h, widths, sizeof widths);
    pond_hasher_field(h, st->time_column);
    for (size_t i = 0; i < st->n_aggregations; i++) {
        const aggregation *g = &st->aggregations[i];
        pond_hasher_field(h, pond_sv_of(fn_names[g->fn]));
        // The number of columns, so that a column's name cannot be mistaken for the next function.
        hash_part(h, &g->n_columns, sizeof g->n_columns);
        for (size_t j = 0; j < g->n_columns; j++)
            pond_hasher_field(h, g->columns[j]);
    }
    return pond_hasher_finish(h);
}

static void hash_config(const pond_wrapper *w, pond_hasher *h) {
    pond_sha256 config = config_hash(w);
    pond_hasher_sha(h, &config);
}

static pond_range reduce_reach(const pond_wrapper *w, pond_range range) {
    return whole_buckets(range, ((const reduce_relation *)w)->view->resolution->width_us);
}

static int64_t floor_bucket(int64_t t_us, int64_t width) {
    int64_t up = ceil_bucket(t_us, width);
    return up == t_us || up <= INT64_MIN + width ? up : up - width;
}

static pond_range reduce_extent(const pond_wrapper *w, pond_range sources) {
    if (!pond_range_is_empty(sources))
        sources.lo_us =
            floor_bucket(sources.lo_us, ((const reduce_relation *)w)->view->resolution->width_us);
    return sources;
}

static const pond_relation_ops reduce_ops = {
    .schema = reduce_schema,
    .sql = reduce_sql,
    .fingerprint = pond_wrapper_fingerprint,
    .bounds = pond_wrapper_bounds,
    .is_sliceable = reduce_is_sliceable,
    .is_promised = pond_wrapper_is_promised,
    .inputs = pond_wrapper_inputs,
    .changing = pond_wrapper_changing,
    .table_sql = reduce_table,
    .from_table = reduce_from_table,
    .table_range = reduce_table_range,
    .table_rows = reduce_table_rows,
};

static const pond_wrapper_kind reduce_kind = {
    .name = "reduce 2", // the number changes with the rows that a config gives
    .find_sources = find_source,
    .hash_config = hash_config,
    .is_config_last = true,
    .config = config_hash,
    .reach = reduce_reach,
    .extent = reduce_extent,
};

static pond_code reduce_make(pond_session *s, const pond_node *node, pond_relation **out,
                             pond_err *err) {
    (void)err;
    reduce_relation *r = POND_NEW(pond_session_arena(s), reduce_relation);
    reduce_view *view = node->state;
    *r = (reduce_relation){
        .base = {.base = {.ops = &reduce_ops,
                          .path = node->path,
                          .is_series = true,
                          .slicing = POND_SLICES_ASK,
                          .is_time_unique = true,
                          .table_key = view->group,
                          .time_column = view->group->state->time_column},
                 .kind = &reduce_kind},
        .view = view,
    };
    *out = &r->base.base;
    return POND_OK;
}

// Nodes -------------------------------------------------------------------------------------------

static const pond_relate reduce_relate = {reduce_make};
static const pond_dyn view_dyn = {.relate = &reduce_relate};

static pond_code list_group(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    (void)err;
    reduce_group *g = dir->state;
    pond_arena *a = pond_fs_arena(fs);
    for (size_t i = 0; i < g->state->n_resolutions; i++) {
        reduce_view *v = POND_NEW(a, reduce_view);
        *v = (reduce_view){g, &g->state->resolutions[i]};
        *pond_vec_push(a, out) =
            pond_fs_child(fs, dir, pond_svf(a, "res=%.*s.series", POND_SV_ARG(v->resolution->text)),
                          POND_T_TABLE_DYNAMIC, dir->factory, &view_dyn, v);
    }
    return POND_OK;
}

static const pond_dyn group_dyn = {.list = list_group};

static pond_code list_groups(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    reduce_state *r = dir->state;
    pond_arena *a = pond_fs_arena(fs);
    pond_match_vec matches = {0};
    POND_TRY(pond_pattern_match(r->session, &r->pattern, &matches, err));
    pond_map by_name;
    pond_map_init(&by_name, a);
    for (size_t i = 0; i < matches.n; i++) {
        const pond_match *m = &matches.items[i];
        pond_sv name;
        if (!pond_config_entry_name(fs, dir, r->out_pattern, m, &name))
            continue;
        void **at = pond_map_at(&by_name, name, NULL);
        if (*at == NULL) {
            reduce_group *g = POND_NEW(a, reduce_group);
            *g = (reduce_group){.state = r, .name = name};
            *at = g;
        }
        *pond_vec_push(a, &((reduce_group *)*at)->matches) = *m;
    }
    for (size_t i = 0; i < by_name.n; i++) {
        reduce_group *g = by_name.entries[i].value;
        *pond_vec_push(a, out) =
            pond_fs_child(fs, dir, g->name, POND_T_DYNAMIC_DIRECTORY, dir->factory, &group_dyn, g);
    }
    return POND_OK;
}

static const pond_dyn reduce_dyn = {.list = list_groups};

static pond_code reduce_open(pond_session *s, const pond_conf *c, const pond_dyn **dyn,
                             void **state, pond_err *err) {
    reduce_state *r = POND_NEW(pond_session_arena(s), reduce_state);
    POND_TRY(read_reduce(s, c, r, err));
    *dyn = &reduce_dyn;
    *state = r;
    return POND_OK;
}

const pond_factory pond_factory_temporal_reduce = {
    .name = "temporal-reduce",
    .options = &options,
    .summary = "Create temporal downsampling views with configurable resolutions and aggregations",
    .makes_directory = true,
    .type = POND_T_DYNAMIC_DIRECTORY,
    .check = reduce_check,
    .open = reduce_open,
};
