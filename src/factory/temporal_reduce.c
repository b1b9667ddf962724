// temporal-reduce: downsampled series in directories, NODE/<out name>/res=<resolution>.series.
//
// Buckets are aligned to the Unix epoch. A range of the result needs exactly the source rows of its
// whole buckets, so a slice of a reduction is a reduction of a slice.
#include "base/time.h"
#include "factory/config.h"
#include "factory/reduce_config.h"
#include "factory/transforms.h"
#include "relation/schema.h"
#include "relation/sql.h"
#include "relation/times.h"
#include "relation/wrapper.h"

#include <inttypes.h>
#include <stdlib.h>

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
    pond_sv name = pond_svf(a, "%.*s.%s", POND_SV_ARG(c->name), reduce_fn_names[fn]);
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
                !reduce_column_matches(pattern, c->name, pond_session_arena(s)))
                continue;
            bool needs_number = g->fn == FN_AVG || g->fn == FN_SUM;
            if (pond_type_is_numeric(c->type) || (!needs_number && g->columns != NULL)) {
                add_column_of(pond_session_arena(s), r, g->fn, c);
            } else if (!is_wild) {
                return pond_fail(
                    err, POND_ERR_INVALID, "cannot compute %s of column '%.*s', whose type is %.*s",
                    reduce_fn_names[g->fn], POND_SV_ARG(c->name), POND_SV_ARG(c->type));
            }
        }
    }
    return POND_OK;
}

static pond_code find_source(pond_session *s, pond_wrapper *w, pond_err *err) {
    reduce_group *g = ((reduce_relation *)w)->view->group;
    if (g->source == NULL)
        POND_TRY(transforms_unite(s, &g->state->transforms, &g->state->pattern, g->matches.items,
                                  g->matches.n, &g->source, err));
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
    const pond_column *t;
    POND_TRY(pond_schema_time(source, st->time_column, from->path, &t, err));
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

// The rows of the source, in an order that is the same in every slice if a sum depends on it.
static pond_code sql_source(pond_session *s, const reduce_relation *r, pond_range range,
                            pond_buf *sql, pond_err *err) {
    pond_relation *from = r->base.sources[0].relation;
    bool needs_order = false;
    for (size_t i = 0; i < r->pieces.n; i++)
        needs_order |= r->pieces.items[i].kind == PIECE_SUM;
    return needs_order ? pond_relation_sql_steady(s, from, range, sql, err)
                       : pond_relation_sql(s, from, range, sql, err);
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
    POND_TRY(sql_source(s, r, range, sql, err));
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
        pond_hasher_field(h, pond_sv_of(reduce_fn_names[g->fn]));
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
                          .is_computed = true,
                          .n_groupings = 2,
                          .is_time_unique = true,
                          .order_varies = true,
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
    POND_TRY(reduce_read(s, c, r, err));
    *dyn = &reduce_dyn;
    *state = r;
    return POND_OK;
}

const pond_factory pond_factory_temporal_reduce = {
    .name = "temporal-reduce",
    .options = &reduce_options,
    .summary = "Create temporal downsampling views with configurable resolutions and aggregations",
    .makes_directory = true,
    .type = POND_T_DYNAMIC_DIRECTORY,
    .check = reduce_check,
    .open = reduce_open,
};
