// Renamed relations.
//
// A slice of the result is made from the same slice of the source if the time column of the result
// is that of the source. If it is another column, or computed, the source is read as a whole.
#include "relation/renamed.h"

#include "relation/schema.h"
#include "relation/sql.h"
#include "relation/wrapper.h"

#include <inttypes.h>

typedef struct renamed_relation {
    pond_wrapper base;
    const pond_renaming *how;
    pond_renamed_columns columns; // known once the schema is, as are the next two
    pond_schema have;             // of the source
    bool is_direct;               // the times of the result are those of the source
} renamed_relation;

static pond_relation *source_of(const pond_relation *r) {
    return ((const renamed_relation *)r)->base.sources[0].relation;
}

// Columns -----------------------------------------------------------------------------------------

static pond_code check_names(pond_session *s, const renamed_relation *r, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_map known;
    pond_map_init(&known, a);
    for (size_t i = 0; i < r->columns.n; i++) {
        pond_renamed_column *c = &r->columns.items[i];
        void **same = pond_map_at(&known, pond_sv_lower(a, c->to.name), NULL);
        if (*same != NULL) {
            const pond_renamed_column *first = *same;
            return pond_fail(
                err, POND_ERR_CONFLICT,
                "columns '%.*s' and '%.*s' of '%.*s' would both be called '%.*s'%s%.*s%s",
                POND_SV_ARG(first->from), POND_SV_ARG(c->from),
                POND_SV_ARG(source_of(&r->base.base)->path), POND_SV_ARG(c->to.name),
                r->how->path.n > 0 ? " by '" : "", POND_SV_ARG(r->how->path),
                r->how->path.n > 0 ? "'" : "");
        }
        *same = c;
    }
    return POND_OK;
}

static void find_times(renamed_relation *r, pond_schema schema) {
    pond_relation *base = &r->base.base, *source = source_of(base);
    if (base->time_column.n == 0) {
        const pond_column *t = pond_find_time_column(schema);
        base->time_column = t == NULL ? (pond_sv){"", 0} : t->name;
    }
    for (size_t i = 0; i < r->columns.n; i++) {
        const pond_renamed_column *c = &r->columns.items[i];
        if (c->from.n > 0 && pond_sv_eq(c->to.name, base->time_column))
            r->is_direct =
                pond_sv_eq(c->from, source->time_column) && (c->sql.n == 0 || c->keeps_value);
    }
    base->is_time_unique = r->is_direct && source->is_time_unique;
    base->may_have_odd_times = !r->is_direct || source->may_have_odd_times;
}

static pond_code renamed_schema(pond_session *s, pond_relation *base, pond_schema *out,
                                pond_err *err) {
    renamed_relation *r = (renamed_relation *)base;
    POND_TRY(pond_relation_schema(s, source_of(base), &r->have, err));
    POND_TRY(r->how->columns(s, r->how, source_of(base), r->have, &r->columns, err));
    POND_TRY(check_names(s, r, err));
    pond_column *columns = POND_NEW_ARRAY(pond_session_arena(s), pond_column, r->columns.n);
    for (size_t i = 0; i < r->columns.n; i++)
        columns[i] = r->columns.items[i].to;
    *out = (pond_schema){columns, r->columns.n};
    find_times(r, *out);
    return POND_OK;
}

static bool renamed_is_silent(pond_relation *base, size_t column) {
    const renamed_relation *r = (renamed_relation *)base;
    pond_relation *source = source_of(base);
    const pond_column *from = pond_schema_find(r->have, r->columns.items[column].from);
    return from == NULL || (source->ops->is_silent != NULL &&
                            source->ops->is_silent(source, (size_t)(from - r->have.items)));
}

// Ranges ------------------------------------------------------------------------------------------

static pond_range cut(const pond_renaming *how, pond_range range) {
    if (!how->has_cut)
        return range;
    pond_range all = {how->begin_us, how->end_us == INT64_MAX ? INT64_MAX : how->end_us + 1,
                      POND_NOTHING_BEYOND};
    pond_range both = pond_range_intersect(range, all);
    if (both.hi_us < both.lo_us)
        both.hi_us = both.lo_us;
    both.beyond = range.beyond;
    return both;
}

// The range of the source that a range of the result is made from.
static pond_range reach(const pond_wrapper *w, pond_range range) {
    const renamed_relation *r = (const renamed_relation *)w;
    return r->is_direct ? cut(r->how, range) : POND_RANGE_ALL;
}

// The reach is known once the schema is.
static pond_code know_reach(pond_session *s, pond_relation *base, pond_err *err) {
    pond_schema schema;
    return pond_relation_schema(s, base, &schema, err);
}

static pond_code renamed_is_sliceable(pond_session *s, pond_relation *base, bool *out,
                                      pond_err *err) {
    POND_TRY(know_reach(s, base, err));
    *out = false;
    return ((renamed_relation *)base)->is_direct
               ? pond_relation_is_sliceable(s, source_of(base), out, err)
               : POND_OK;
}

static pond_code renamed_bounds(pond_session *s, pond_relation *base, pond_range *out,
                                pond_err *err) {
    const renamed_relation *r = (renamed_relation *)base;
    POND_TRY(know_reach(s, base, err));
    *out = POND_RANGE_ALL;
    if (r->is_direct && source_of(base)->is_series)
        POND_TRY(pond_relation_bounds(s, source_of(base), out, err));
    *out = cut(r->how, *out);
    return POND_OK;
}

static pond_order renamed_order(pond_session *s, pond_relation *base, pond_range range) {
    const renamed_relation *r = (renamed_relation *)base;
    return r->is_direct ? pond_relation_order(s, source_of(base), cut(r->how, range))
                        : POND_UNORDERED;
}

static pond_row_count renamed_count(pond_session *s, pond_relation *base, pond_range range) {
    const renamed_relation *r = (renamed_relation *)base;
    if (pond_range_is_all(range) ? r->how->has_cut : !r->is_direct)
        return (pond_row_count){0, INT64_MAX};
    return pond_relation_count(s, source_of(base), cut(r->how, range));
}

// SQL ---------------------------------------------------------------------------------------------

static void sql_columns(const renamed_relation *r, pond_buf *sql) {
    for (size_t i = 0; i < r->columns.n; i++) {
        const pond_renamed_column *c = &r->columns.items[i];
        pond_buf_str(sql, i == 0 ? "SELECT " : ", ");
        if (c->from.n == 0)
            pond_buf_printf(sql, "CAST(NULL AS %.*s)", POND_SV_ARG(c->to.type));
        else if (c->sql.n > 0)
            pond_buf_sv(sql, c->sql);
        else
            pond_buf_sql_name(sql, c->from);
        pond_buf_str(sql, " AS ");
        pond_buf_sql_name(sql, c->to.name);
    }
}

// The cut of a column that is finer than its limits needs more than a range: the end is included.
static void sql_cut(const renamed_relation *r, const pond_column *time, pond_buf *sql) {
    int64_t end_ns;
    pond_sql_time_filter(sql, time->name, time->type, cut(r->how, POND_RANGE_ALL));
    if (!pond_sv_is(time->type, "TIMESTAMP_NS") ||
        __builtin_mul_overflow(r->how->end_us, INT64_C(1000), &end_ns))
        return;
    pond_buf_str(sql, " AND epoch_ns(");
    pond_buf_sql_name(sql, time->name);
    pond_buf_printf(sql, ") <= %" PRId64, end_ns);
}

static pond_code renamed_sql(pond_session *s, pond_relation *base, pond_range range, pond_buf *sql,
                             pond_err *err) {
    renamed_relation *r = (renamed_relation *)base;
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, base, &schema, err));
    const pond_column *time = pond_schema_find(schema, base->time_column);
    bool has_cut = r->how->has_cut && time != NULL;
    pond_buf_str(sql, has_cut ? "SELECT * FROM (" : "");
    sql_columns(r, sql);
    pond_buf_str(sql, " FROM (");
    POND_TRY(
        pond_relation_sql(s, source_of(base), r->is_direct ? cut(r->how, range) : range, sql, err));
    pond_buf_char(sql, ')');
    if (has_cut) {
        pond_buf_str(sql, ") WHERE ");
        sql_cut(r, time, sql);
    }
    return POND_OK;
}

// Fingerprint and inputs --------------------------------------------------------------------------

// A cut counts where it cuts something off: other slices stay what they were when it changes.
static pond_code renamed_fingerprint(pond_session *s, pond_relation *base, pond_range range,
                                     pond_hasher *h, pond_err *err) {
    const renamed_relation *r = (renamed_relation *)base;
    POND_TRY(know_reach(s, base, err));
    POND_TRY(pond_wrapper_fingerprint(s, base, range, h, err));
    pond_hasher_sha(h, &r->how->config);
    pond_hasher_field(h, base->time_column);
    pond_range rest = cut(r->how, range);
    if (rest.lo_us != range.lo_us || rest.hi_us != range.hi_us)
        pond_hasher_field(
            h, pond_svf(pond_session_arena(s), "%" PRId64 " to %" PRId64, rest.lo_us, rest.hi_us));
    return POND_OK;
}

static pond_code renamed_inputs(pond_session *s, pond_relation *base, pond_map *out,
                                pond_err *err) {
    const pond_renaming *how = ((renamed_relation *)base)->how;
    if (how->path.n > 0)
        *pond_map_at(out, how->path, NULL) = (void *)&how->config;
    return pond_wrapper_inputs(s, base, out, err);
}

static const pond_relation_ops renamed_ops = {
    .schema = renamed_schema,
    .sql = renamed_sql,
    .fingerprint = renamed_fingerprint,
    .bounds = renamed_bounds,
    .is_sliceable = renamed_is_sliceable,
    .is_promised = pond_wrapper_is_promised,
    .inputs = renamed_inputs,
    .changing = pond_wrapper_changing,
    .work = pond_wrapper_work,
    .sums_vary = pond_wrapper_sums_vary,
    .is_silent = renamed_is_silent,
    .order_varies = pond_wrapper_order_varies,
    .order = renamed_order,
    .count = renamed_count,
};

pond_relation *pond_renamed_of(pond_session *s, pond_relation *source, const pond_renaming *how) {
    renamed_relation *r = POND_NEW(pond_session_arena(s), renamed_relation);
    pond_wrapper_kind *kind = POND_NEW(pond_session_arena(s), pond_wrapper_kind);
    *kind = (pond_wrapper_kind){.name = how->name, .reach = reach};
    *r = (renamed_relation){
        .base = {.base = {.ops = &renamed_ops,
                          .path = source->path,
                          .is_series = how->is_series || source->is_series,
                          .slicing = POND_SLICES_ASK,
                          .may_have_odd_times = true,
                          .time_column = how->time_column},
                 .kind = kind,
                 .sources = POND_NEW(pond_session_arena(s), pond_source),
                 .n_sources = 1,
                 .has_sources = true},
        .how = how,
    };
    r->base.sources[0] = (pond_source){.relation = source};
    return &r->base.base;
}
