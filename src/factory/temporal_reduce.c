// temporal-reduce: downsampled series in directories, NODE/<out name>/res=<resolution>.series.
//
// A range of the result needs exactly the source rows of its whole buckets, so a slice of a
// reduction is a reduction of a slice. What can be merged is computed for the finest buckets only,
// and coarser ones are put together from those. If the config has a function that cannot (a
// percentile), each resolution is computed from the rows, as if it were the finest.
#include "factory/bucket_sql.h"
#include "factory/config.h"
#include "factory/reduce_columns.h"
#include "factory/transforms.h"
#include "relation/schema.h"
#include "relation/sql.h"
#include "relation/times.h"
#include "relation/wrapper.h"

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

typedef struct reduce_relation {
    pond_wrapper base;
    reduce_view *view;
    reduce_columns columns; // known once the schema is
} reduce_relation;

// The buckets that are computed from rows.
static const resolution *finest(const reduce_relation *r) {
    const reduce_state *st = r->view->group->state;
    return st->is_from_rows ? r->view->resolution : st->finest;
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
    POND_TRY(reduce_columns_of(s, st, source, &r->columns, err));
    base->time_column = st->time_column;
    *out = reduce_columns_schema(pond_session_arena(s), &r->columns);
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

// The range of source rows for a slice: all buckets that begin in [lo, hi).
static pond_range whole_buckets(pond_range range, const resolution *res) {
    return (pond_range){pond_bucket_ceil(&res->buckets, range.lo_us),
                        pond_bucket_ceil(&res->buckets, range.hi_us), false};
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

// The buckets of rows in the range. Those of a stored series lie within its bounds, which saves many
// changes of the clock; but the last bucket may end after one.
static pond_code buckets_of(pond_session *s, const reduce_relation *r, const resolution *res,
                            pond_range range, bucket_sql *out, pond_err *err) {
    pond_relation *from = r->base.sources[0].relation;
    pond_range bounds;
    bool is_promised = false;
    if (res->buckets.clock != NULL) {
        POND_TRY(pond_relation_is_promised(s, from, &is_promised, err));
        POND_TRY(pond_relation_bounds(s, from, &bounds, err));
        if (!is_promised)
            range = pond_range_intersect(
                range, (pond_range){bounds.lo_us, whole_buckets(bounds, res).hi_us, bounds.beyond});
    }
    *out = bucket_sql_of(pond_session_arena(s), &res->buckets, range);
    return POND_OK;
}

// The source rows in the range, each with a time that is in a bucket.
static pond_code sql_rows(pond_session *s, reduce_relation *r, pond_range range, pond_buf *sql,
                          pond_err *err) {
    pond_buf_char(sql, '(');
    if (range.beyond == POND_NOTHING_BEYOND)
        range.beyond = POND_ODD_BEYOND; // to refuse infinite ones
    // In an order that is the same in every slice, where what is computed depends on it.
    pond_relation *from = r->base.sources[0].relation;
    POND_TRY(reduce_needs_order(&r->columns) ? pond_relation_sql_steady(s, from, range, sql, err)
                                             : pond_relation_sql(s, from, range, sql, err));
    pond_buf_str(sql, ") WHERE ");
    pond_buf_sql_name(sql, r->view->group->state->time_column);
    pond_buf_str(sql, " IS NOT NULL");
    sql_refuse_infinite(s, r, sql);
    return POND_OK;
}

// The pieces of the finest buckets of the source rows in the range.
static pond_code sql_pieces(pond_session *s, reduce_relation *r, pond_range range, pond_buf *sql,
                            pond_err *err) {
    bucket_sql buckets;
    POND_TRY(buckets_of(s, r, finest(r), range, &buckets, err));
    reduce_sql_select_pieces(sql, &r->columns, &buckets);
    POND_TRY(sql_rows(s, r, range, sql, err));
    reduce_sql_end_pieces(sql, &r->columns);
    return POND_OK;
}

// Appends the SELECT of the resolution's rows up to ` FROM `. The caller appends the table of pieces,
// whose rows are in the range, and then *end.
static pond_code sql_resolution(pond_session *s, const reduce_relation *r, pond_range range,
                                pond_buf *sql, const char **end, pond_err *err) {
    const resolution *res = r->view->resolution;
    bool is_coarser = res != finest(r);
    bucket_sql buckets;
    if (is_coarser)
        POND_TRY(buckets_of(s, r, res, range, &buckets, err));
    reduce_sql_select_columns(sql, &r->columns, is_coarser ? &buckets : NULL);
    *end = is_coarser ? " GROUP BY 1" : "";
    return POND_OK;
}

static pond_code reduce_sql(pond_session *s, pond_relation *base, pond_range range, pond_buf *sql,
                            pond_err *err) {
    reduce_relation *r = (reduce_relation *)base;
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, base, &schema, err));
    const char *end;
    pond_range rows = whole_buckets(range, r->view->resolution);
    POND_TRY(sql_resolution(s, r, rows, sql, &end, err));
    pond_buf_char(sql, '(');
    POND_TRY(sql_pieces(s, r, rows, sql, err));
    pond_buf_printf(sql, ")%s", end);
    return POND_OK;
}

// The whole buckets of every resolution of the config, not only of those that are exported: so the
// parts of a sum depend on the slice and the config only.
static pond_range reduce_table_range(pond_session *s, pond_relation *base, pond_range range) {
    (void)s;
    const reduce_relation *r = (const reduce_relation *)base;
    const reduce_state *st = r->view->group->state;
    pond_range all = whole_buckets(range, r->view->resolution);
    for (size_t i = 0; i < st->n_resolutions && !st->is_from_rows; i++)
        all = pond_range_cover(all, whole_buckets(range, &st->resolutions[i]));
    return all;
}

// At most about one row for each of the finest buckets.
static int64_t reduce_table_rows(pond_session *s, pond_relation *base, pond_range range) {
    pond_range all = reduce_table_range(s, base, range);
    int64_t length_us;
    if (__builtin_sub_overflow(all.hi_us, all.lo_us, &length_us))
        return INT64_MAX;
    return length_us / pond_buckets_mean_us(&finest((reduce_relation *)base)->buckets);
}

// All resolutions of a group share the pieces of the finest buckets, unless each is computed from the
// rows: then it is the table of its own results. Those of strays are outside of
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
    reduce_relation *r = (reduce_relation *)base;
    const char *end;
    pond_range rows = whole_buckets(range, r->view->resolution);
    POND_TRY(sql_resolution(s, r, rows, sql, &end, err));
    pond_buf_printf(sql, "%.*s WHERE ", POND_SV_ARG(table));
    pond_sql_time_filter(sql, base->time_column, POND_SV("TIMESTAMP"), rows);
    pond_buf_str(sql, end);
    return POND_OK;
}

static void hash_part(pond_hasher *h, const void *p, size_t n) {
    pond_hasher_field(h, (pond_sv){p, n});
}

// The width, months as negative numbers.
static int64_t hashed_width(const resolution *res) {
    return res->buckets.months > 0 ? -res->buckets.months : res->buckets.width_us;
}

// The part of the config that the rows of one resolution depend on. It includes the finest width,
// because sums of floats depend on the buckets that are added up. What is not in a config is not
// hashed, so that hashes stay valid when there are more keys.
static pond_sha256 config_hash(const pond_wrapper *w) {
    const reduce_relation *r = (const reduce_relation *)w;
    const reduce_state *st = r->view->group->state;
    int64_t widths[2] = {hashed_width(r->view->resolution), hashed_width(finest(r))};
    pond_hasher *h = pond_hasher_new();
    hash_part(h, widths, sizeof widths);
    pond_hasher_field(h, st->time_column);
    for (size_t i = 0; i < st->n_aggregations; i++) {
        const aggregation *g = &st->aggregations[i];
        pond_hasher_field(h, g->name);
        // The number of columns, so that a column's name cannot be mistaken for the next function.
        hash_part(h, &g->columns.n, sizeof g->columns.n);
        for (size_t j = 0; j < g->columns.n; j++)
            pond_hasher_field(h, g->columns.items[j]);
    }
    if (st->zone.n > 0) {
        pond_hasher_field(h, POND_SV("timezone"));
        pond_hasher_sha(h, &st->zone_changes);
    }
    if (st->offset_us > 0) {
        pond_hasher_field(h, POND_SV("offset"));
        hash_part(h, &st->offset_us, sizeof st->offset_us);
    }
    return pond_hasher_finish(h);
}

static void hash_config(const pond_wrapper *w, pond_hasher *h) {
    pond_sha256 config = config_hash(w);
    pond_hasher_sha(h, &config);
}

static pond_range reduce_reach(const pond_wrapper *w, pond_range range) {
    return whole_buckets(range, ((const reduce_relation *)w)->view->resolution);
}

static pond_range reduce_extent(const pond_wrapper *w, pond_range sources) {
    const resolution *res = ((const reduce_relation *)w)->view->resolution;
    if (!pond_range_is_empty(sources))
        sources.lo_us = pond_bucket_start(&res->buckets, sources.lo_us);
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
    .work = pond_wrapper_work,
    .sums_vary = pond_wrapper_sums_vary,
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
                          .table_key =
                              view->group->state->is_from_rows ? (void *)view : view->group,
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
    POND_FACTORY_PARTS(reduce_parts),
    .summary = "Create temporal downsampling views with configurable resolutions and aggregations",
    .makes_directory = true,
    .type = POND_T_DYNAMIC_DIRECTORY,
    .check = reduce_check,
    .open = reduce_open,
};
