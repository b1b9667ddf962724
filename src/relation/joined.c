// Joins on time.
//
// Each input is a renamed relation (renamed.h) whose times have the common type. Rows of one
// instant come from rows of that instant, so a slice of the join is the join of the slices.
#include "relation/joined.h"

#include "relation/renamed.h"
#include "relation/schema.h"
#include "relation/sql.h"
#include "relation/wrapper.h"

typedef struct joined_relation joined_relation;

// One input as its columns are in the result.
typedef struct join_view {
    pond_renaming renaming; // the first member: its functions get a pointer to it
    joined_relation *join;
    const pond_joined_input *input;
} join_view;

struct joined_relation {
    pond_wrapper base; // its sources are the groups
    const pond_joining *how;
    const pond_joined_input *inputs;
    size_t n_inputs;
    const pond_joined_input **groups; // the first input of each
    bool *are_several;                // each: it has more than one
    size_t *first_columns; // of each group in the schema, which is known then; and the end
    pond_sv time_type;     // empty: not known yet
};

// Times -------------------------------------------------------------------------------------------

static pond_code find_time(pond_session *s, pond_relation *source, pond_sv name,
                           const pond_column **out, pond_err *err) {
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, source, &schema, err));
    return pond_schema_time(schema, name, source->path, out, err);
}

static pond_code know_time_type(pond_session *s, joined_relation *j, pond_err *err) {
    pond_sv all = {"", 0};
    if (j->time_type.n > 0)
        return POND_OK;
    for (size_t i = 0; i < j->n_inputs; i++) {
        const pond_column *t;
        POND_TRY_CTX(find_time(s, j->inputs[i].source, j->how->time_column, &t, err), err,
                     "input '%.*s'", POND_SV_ARG(j->inputs[i].label));
        all = i == 0 ? t->type : pond_unite_instants(all, t->type);
    }
    j->time_type = all;
    return POND_OK;
}

// Views -------------------------------------------------------------------------------------------

static pond_sv qualified(pond_arena *a, const pond_joined_input *input, pond_sv column) {
    return pond_svf(a, "%.*s%.*s", POND_SV_ARG(input->prefix), POND_SV_ARG(column));
}

static pond_renamed_column view_time(pond_session *s, const join_view *v, const pond_column *t) {
    pond_renamed_column c = {.from = t->name, .to = {t->name, v->join->time_type}};
    if (pond_sv_eq(t->type, c.to.type))
        return c;
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "CAST(");
    pond_buf_sql_name(&sql, t->name);
    pond_buf_printf(&sql, " AS %.*s)", POND_SV_ARG(c.to.type));
    c.sql = pond_buf_keep(pond_session_arena(s), &sql);
    c.keeps_value = true;
    return c;
}

static pond_code view_columns(pond_session *s, const pond_renaming *how, pond_relation *source,
                              pond_schema have, pond_renamed_columns *out, pond_err *err) {
    const join_view *v = (const join_view *)how;
    const pond_joined_input *input = v->input;
    pond_arena *a = pond_session_arena(s);
    const pond_column *t;
    POND_TRY(know_time_type(s, v->join, err));
    POND_TRY(find_time(s, source, how->time_column, &t, err));
    *pond_vec_push(a, out) = view_time(s, v, t);
    // The order is that of the wish, or that of the source.
    size_t n = input->wanted == NULL ? have.n : input->n_wanted;
    for (size_t i = 0; i < n; i++) {
        const pond_column *c =
            input->wanted == NULL ? &have.items[i] : pond_schema_find(have, input->wanted[i]);
        if (c == t)
            continue;
        pond_sv name = qualified(a, input, c != NULL ? c->name : input->wanted[i]);
        *pond_vec_push(a, out) = (pond_renamed_column){
            .from = c != NULL ? c->name : (pond_sv){"", 0},
            .to = {name, c != NULL ? c->type : POND_SV("DOUBLE")},
        };
    }
    return POND_OK;
}

static pond_sha256 view_hash(const pond_joined_input *input) {
    pond_hasher *h = pond_hasher_new();
    pond_hasher_field(h, input->prefix);
    pond_hasher_field(h, input->wanted == NULL ? POND_SV("all") : POND_SV("some"));
    for (size_t i = 0; i < input->n_wanted; i++)
        pond_hasher_field(h, input->wanted[i]);
    return pond_hasher_finish(h);
}

static pond_relation *view_of(pond_session *s, joined_relation *j, const pond_joined_input *input) {
    join_view *v = POND_NEW(pond_session_arena(s), join_view);
    *v = (join_view){
        .renaming = {.name = "input",
                     .columns = view_columns,
                     .config = view_hash(input),
                     .time_column = j->how->time_column,
                     .is_series = true,
                     .has_cut = input->has_cut,
                     .begin_us = input->begin_us,
                     .end_us = input->end_us},
        .join = j,
        .input = input,
    };
    return pond_renamed_of(s, input->source, &v->renaming);
}

// Sources -----------------------------------------------------------------------------------------

static pond_code find_groups(pond_session *s, pond_wrapper *w, pond_err *err) {
    joined_relation *j = (joined_relation *)w;
    pond_arena *a = pond_session_arena(s);
    pond_joined_input *inputs = NULL;
    POND_TRY(j->how->find_inputs(s, j->how, &inputs, &j->n_inputs, err));
    size_t n = j->n_inputs;
    j->inputs = inputs;
    w->sources = POND_NEW_ARRAY(a, pond_source, n);
    j->groups = POND_NEW_ARRAY(a, const pond_joined_input *, n);
    j->are_several = POND_NEW_ARRAY(a, bool, n);
    pond_relation **views = POND_NEW_ARRAY(a, pond_relation *, n);
    w->n_sources = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i; end < n && inputs[end].group == inputs[i].group; end++)
            views[end] = view_of(s, j, &inputs[end]);
        j->groups[w->n_sources] = &inputs[i];
        j->are_several[w->n_sources] = end - i > 1;
        pond_relation *all = pond_union_of(s, views + i, end - i);
        all->time_column = j->how->time_column;
        w->sources[w->n_sources++].relation = all;
    }
    return POND_OK;
}

// Every group has the time column, which is not among these.
static pond_code check_names(pond_session *s, const joined_relation *j, pond_schema columns,
                             const size_t *group_of, pond_err *err) {
    pond_map known;
    pond_map_init(&known, pond_session_arena(s));
    for (size_t i = 1; i < columns.n; i++) {
        pond_sv name = columns.items[i].name;
        void **at = pond_map_at(&known, pond_sv_lower(pond_session_arena(s), name), NULL);
        if (*at != NULL) {
            pond_sv first = j->groups[*(const size_t *)*at]->label;
            return pond_fail(err, POND_ERR_CONFLICT,
                             "inputs '%.*s' and '%.*s' both have a column '%.*s'%s",
                             POND_SV_ARG(first), POND_SV_ARG(j->groups[group_of[i]]->label),
                             POND_SV_ARG(name), j->how->advice);
        }
        *at = (void *)&group_of[i];
    }
    return POND_OK;
}

static void know_rows(joined_relation *j) {
    pond_relation *base = &j->base.base;
    base->is_time_unique = true;
    base->may_have_odd_times = false;
    base->order_varies = j->base.n_sources > 1;
    for (size_t g = 0; g < j->base.n_sources; g++) {
        const pond_relation *group = j->base.sources[g].relation;
        base->is_time_unique &= group->is_time_unique && !j->are_several[g];
        base->may_have_odd_times |= group->may_have_odd_times;
        base->order_varies |= j->are_several[g];
    }
}

static pond_code joined_schema(pond_session *s, pond_relation *base, pond_schema *out,
                               pond_err *err) {
    joined_relation *j = (joined_relation *)base;
    pond_arena *a = pond_session_arena(s);
    POND_VEC(pond_column) columns = {0};
    POND_VEC(size_t) group_of = {0};
    POND_TRY(pond_wrapper_sources(s, &j->base, err));
    POND_TRY(know_time_type(s, j, err));
    *pond_vec_push(a, &columns) = (pond_column){
        j->how->time_column, j->time_type.n > 0 ? j->time_type : POND_SV("TIMESTAMP")};
    *pond_vec_push(a, &group_of) = 0;
    j->first_columns = POND_NEW_ARRAY(a, size_t, j->base.n_sources + 1);
    for (size_t g = 0; g < j->base.n_sources; g++) {
        pond_schema have;
        j->first_columns[g] = columns.n;
        POND_TRY(pond_relation_schema(s, j->base.sources[g].relation, &have, err));
        for (size_t i = 0; i < have.n; i++) {
            if (pond_sv_eq(have.items[i].name, j->how->time_column))
                continue;
            *pond_vec_push(a, &columns) = have.items[i];
            *pond_vec_push(a, &group_of) = g;
        }
    }
    j->first_columns[j->base.n_sources] = columns.n;
    *out = (pond_schema){columns.items, columns.n};
    POND_TRY(check_names(s, j, *out, group_of.items, err));
    know_rows(j);
    return POND_OK;
}

// SQL ---------------------------------------------------------------------------------------------

static pond_code sql_group(pond_session *s, const joined_relation *j, size_t g, pond_range range,
                           pond_buf *sql, pond_err *err) {
    if (j->are_several[g]) // rows that several inputs have count once
        pond_buf_str(sql, "SELECT DISTINCT * FROM (");
    POND_TRY(pond_relation_sql(s, j->base.sources[g].relation, range, sql, err));
    pond_buf_str(sql, j->are_several[g] ? ")" : "");
    return POND_OK;
}

// Groups from `lo` to `hi`. Halves are joined, and not one group after the other: then a column
// passes through as many joins as the depth of the tree, and 600 groups take a second. USING makes
// one column of the times of both halves: the first that is not NULL.
static pond_code sql_groups(pond_session *s, const joined_relation *j, size_t lo, size_t hi,
                            pond_range range, pond_buf *sql, pond_err *err) {
    if (hi - lo == 1)
        return sql_group(s, j, lo, range, sql, err);
    size_t middle = lo + (hi - lo) / 2;
    pond_buf_str(sql, "SELECT ");
    pond_buf_sql_name(sql, j->how->time_column);
    for (size_t i = j->first_columns[lo]; i < j->first_columns[hi]; i++) {
        pond_buf_str(sql, ", ");
        pond_buf_sql_name(sql, j->base.base.schema.items[i].name);
    }
    pond_buf_str(sql, " FROM (");
    POND_TRY(sql_groups(s, j, lo, middle, range, sql, err));
    pond_buf_str(sql, ") AS a FULL JOIN (");
    POND_TRY(sql_groups(s, j, middle, hi, range, sql, err));
    pond_buf_str(sql, ") AS b USING (");
    pond_buf_sql_name(sql, j->how->time_column);
    pond_buf_char(sql, ')');
    return POND_OK;
}

static pond_code joined_sql(pond_session *s, pond_relation *base, pond_range range, pond_buf *sql,
                            pond_err *err) {
    const joined_relation *j = (joined_relation *)base;
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, base, &schema, err));
    if (j->base.n_sources > 0)
        return sql_groups(s, j, 0, j->base.n_sources, range, sql, err);
    pond_sql_empty(sql, schema);
    return POND_OK;
}

static pond_order joined_order(pond_session *s, pond_relation *base, pond_range range) {
    const joined_relation *j = (joined_relation *)base;
    return j->base.n_sources == 1 && !j->are_several[0]
               ? pond_relation_order(s, j->base.sources[0].relation, range)
               : POND_UNORDERED;
}

// Fingerprint -------------------------------------------------------------------------------------

static pond_code joined_fingerprint(pond_session *s, pond_relation *base, pond_range range,
                                    pond_hasher *h, pond_err *err) {
    const joined_relation *j = (joined_relation *)base;
    POND_TRY(pond_wrapper_fingerprint(s, base, range, h, err));
    pond_hasher_field(h, j->how->time_column);
    for (size_t g = 0; g < j->base.n_sources; g++)
        pond_hasher_field(h, j->are_several[g] ? POND_SV("once") : POND_SV(""));
    return POND_OK;
}

static pond_sha256 config_hash(const pond_wrapper *w) {
    return ((const joined_relation *)w)->how->config;
}

static const pond_relation_ops joined_ops = {
    .schema = joined_schema,
    .sql = joined_sql,
    .fingerprint = joined_fingerprint,
    .bounds = pond_wrapper_bounds,
    .is_sliceable = pond_wrapper_is_sliceable,
    .is_promised = pond_wrapper_is_promised,
    .inputs = pond_wrapper_inputs,
    .changing = pond_wrapper_changing,
    .work = pond_wrapper_work,
    .sums_vary = pond_wrapper_sums_vary,
    .order_varies = pond_wrapper_order_varies,
    .order = joined_order,
};

pond_relation *pond_joined_new(pond_session *s, pond_sv path, const pond_joining *how) {
    joined_relation *j = POND_NEW(pond_session_arena(s), joined_relation);
    pond_wrapper_kind *kind = POND_NEW(pond_session_arena(s), pond_wrapper_kind);
    *kind =
        (pond_wrapper_kind){.name = how->name, .find_sources = find_groups, .config = config_hash};
    *j = (joined_relation){
        .base = {.base = {.ops = &joined_ops,
                          .path = path,
                          .is_series = true,
                          .slicing = POND_SLICES_ASK,
                          .is_computed = true,
                          .may_have_odd_times = true,
                          .order_varies = true,
                          .time_column = how->time_column},
                 .kind = kind},
        .how = how,
    };
    return &j->base.base;
}
