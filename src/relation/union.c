// Unions: several relations united by the names of their columns.
#include "relation/schema.h"
#include "relation/sql.h"
#include "relation/wrapper.h"

static pond_code unite_part(pond_session *s, pond_united *u, pond_relation *part, pond_err *err) {
    pond_schema schema;
    POND_TRY(pond_relation_query_schema(s, part, &schema, err));
    for (size_t i = 0; i < schema.n; i++) {
        const pond_column *c = &schema.items[i];
        bool is_silent = part->ops->is_silent != NULL && part->ops->is_silent(part, i);
        const pond_united_column *known;
        switch (pond_unite_column(pond_session_arena(s), u, *c, !is_silent, &known)) {
        case POND_UNITED:
            break;
        case POND_NAMES_CLASH:
            return pond_fail(err, POND_ERR_CONFLICT,
                             "column '%.*s' of '%.*s' is '%.*s' in the files before it; names that "
                             "differ only in case are the same, so rename it",
                             POND_SV_ARG(c->name), POND_SV_ARG(part->path),
                             POND_SV_ARG(known->column.name));
        case POND_TYPES_CLASH:
            return pond_fail(err, POND_ERR_CONFLICT,
                             "column '%.*s' is %.*s in '%.*s' and %.*s in the files before it",
                             POND_SV_ARG(c->name), POND_SV_ARG(c->type), POND_SV_ARG(part->path),
                             POND_SV_ARG(known->column.type));
        }
    }
    return POND_OK;
}

static pond_code union_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    pond_united all = {0};
    for (size_t i = 0; i < w->n_sources; i++)
        POND_TRY(unite_part(s, &all, w->sources[i].relation, err));
    if (all.n == 0)
        *pond_vec_push(pond_session_arena(s), &all) =
            (pond_united_column){{POND_SV("timestamp"), POND_SV("TIMESTAMP")}, false};
    *out = pond_united_schema(pond_session_arena(s), &all);
    return POND_OK;
}

static pond_code union_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                           pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    pond_schema want, have;
    POND_TRY(pond_relation_query_schema(s, r, &want, err));
    if (w->n_sources == 0)
        pond_sql_empty(sql, want);
    for (size_t i = 0; i < w->n_sources; i++) {
        POND_TRY(pond_relation_query_schema(s, w->sources[i].relation, &have, err));
        pond_buf_str(sql, i == 0 ? "SELECT " : " UNION ALL SELECT ");
        pond_sql_project(sql, have, want);
        pond_buf_str(sql, " FROM (");
        POND_TRY(pond_relation_sql(s, w->sources[i].relation, range, sql, err));
        pond_buf_char(sql, ')');
    }
    return POND_OK;
}

static const pond_relation_ops union_ops = {
    .schema = union_schema,
    .sql = union_sql,
    .fingerprint = pond_wrapper_fingerprint,
    .bounds = pond_wrapper_bounds,
    .inputs = pond_wrapper_inputs,
    .changing = pond_wrapper_changing,
    .work = pond_wrapper_work,
    .sums_vary = pond_wrapper_sums_vary,
    .is_sliceable = pond_wrapper_is_sliceable,
    .is_promised = pond_wrapper_is_promised,
    .order_varies = pond_wrapper_order_varies,
};

static const pond_wrapper_kind union_kind = {.name = "union"};

pond_relation *pond_union_of(pond_session *s, pond_relation **parts, size_t n) {
    if (n == 1)
        return parts[0];
    pond_arena *a = pond_session_arena(s);
    pond_wrapper *w = POND_NEW(a, pond_wrapper);
    *w = (pond_wrapper){
        .base = {.ops = &union_ops, .is_series = true, .slicing = POND_SLICES_ASK},
        .kind = &union_kind,
        .sources = POND_NEW_ARRAY(a, pond_source, n),
        .n_sources = n,
        .has_sources = true,
    };
    for (size_t i = 0; i < n; i++) {
        w->sources[i] = (pond_source){.relation = parts[i]};
        w->base.is_series &= parts[i]->is_series;
        w->base.may_have_odd_times |= parts[i]->may_have_odd_times;
        w->base.is_flat |= parts[i]->is_flat;
    }
    if (n > 0)
        w->base.path = pond_svf(a, "%.*s and %zu more", POND_SV_ARG(parts[0]->path), n - 1);
    return &w->base;
}
