// checks: a table of findings, where the rows of series break the rules of a config.
//
// Each rule looks at the readings of all series at once, so that many series do not make the
// statement deep.
#include "factory/checks_sql.h"
#include "relation/sql.h"
#include "relation/wrapper.h"

typedef struct checks_relation {
    pond_wrapper base;
    const checks_state *state;
} checks_relation;

static const checks_state *state_of(const pond_wrapper *w) {
    return ((const checks_relation *)w)->state;
}

// Sources -----------------------------------------------------------------------------------------

// The series. Findings that the pattern matches too are left out: they are not checked, and their
// own are made from these.
static pond_code find_sources(pond_session *s, pond_wrapper *w, pond_err *err) {
    const pond_pattern *pattern = &state_of(w)->pattern;
    pond_match_vec matches = {0};
    POND_TRY(pond_pattern_match(s, pattern, &matches, err));
    w->sources = POND_NEW_ARRAY(pond_session_arena(s), pond_source, matches.n);
    w->n_sources = 0;
    for (size_t i = 0; i < matches.n; i++) {
        const pond_node *node = matches.items[i].node;
        if (pond_sv_is(node->factory, "checks"))
            continue;
        pond_source *source = &w->sources[w->n_sources++];
        source->name = node->path;
        POND_TRY(pond_pattern_relation(s, pattern, node, &source->relation, err));
    }
    return POND_OK;
}

static pond_code find_time(pond_session *s, const checks_state *st, const pond_source *source,
                           pond_schema *schema, const pond_column **out, pond_err *err) {
    POND_TRY(pond_relation_schema(s, source->relation, schema, err));
    pond_sv name = st->time_column.n > 0 ? st->time_column : source->relation->time_column;
    *out = pond_schema_find(*schema, name);
    if (*out != NULL && pond_type_is_time((*out)->type))
        return POND_OK;
    if (name.n == 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' has no time column; name one as 'time_column'",
                         POND_SV_ARG(source->name));
    return pond_fail(err, POND_ERR_INVALID, "'%.*s' has no time column '%.*s'",
                     POND_SV_ARG(source->name), POND_SV_ARG(name));
}

// The columns of one series that the rule is about, in their order.
static pond_code find_columns(pond_session *s, const check_rule *r, const pond_source *source,
                              pond_schema schema, const pond_column *time, pond_column_vec *out,
                              pond_err *err) {
    for (size_t c = 0; c < schema.n; c++) {
        const pond_column *column = &schema.items[c];
        bool is_wanted = r->takes_all, is_named = false;
        for (size_t i = 0; i < r->columns.n; i++)
            if (pond_column_matches(r->columns.items[i], column->name, pond_session_arena(s))) {
                is_wanted = true;
                is_named |= !pond_column_is_pattern(r->columns.items[i]);
            }
        if (!is_wanted || (column == time && !is_named))
            continue;
        if (pond_type_is_numeric(column->type))
            *pond_vec_push(pond_session_arena(s), out) = *column;
        else if (is_named)
            return pond_fail(err, POND_ERR_INVALID,
                             "the rule '%.*s' needs numbers, and column '%.*s' of '%.*s' is %.*s",
                             POND_SV_ARG(r->name), POND_SV_ARG(column->name),
                             POND_SV_ARG(source->name), POND_SV_ARG(column->type));
    }
    return POND_OK;
}

// SQL ---------------------------------------------------------------------------------------------

static pond_code add_readings(pond_session *s, const pond_wrapper *w, const check_rule *r, size_t i,
                              pond_sv_vec *parts, pond_err *err) {
    const pond_source *source = &w->sources[i];
    pond_schema schema;
    const pond_column *time;
    pond_column_vec columns = {0};
    POND_TRY(find_time(s, state_of(w), source, &schema, &time, err));
    if (checks_has_columns(r->type)) {
        POND_TRY(find_columns(s, r, source, schema, time, &columns, err));
        if (columns.n == 0)
            return POND_OK;
    }
    pond_buf sql = POND_BUF_EMPTY;
    checks_sql_readings(&sql, r, source->name, time, (pond_schema){columns.items, columns.n});
    pond_buf_char(&sql, '(');
    pond_code rc = pond_wrapper_source_sql(s, w, i, POND_RANGE_ALL, false, &sql, err);
    pond_buf_char(&sql, ')');
    checks_sql_end_readings(&sql, time);
    *pond_vec_push(pond_session_arena(s), parts) = pond_buf_keep(pond_session_arena(s), &sql);
    return rc;
}

// A balanced tree: the engine would plan a chain of many one inside the other.
static void sql_unite(pond_buf *sql, const pond_sv *parts, size_t n) {
    if (n == 1) {
        pond_buf_sv(sql, parts[0]);
        return;
    }
    pond_buf_char(sql, '(');
    sql_unite(sql, parts, n / 2);
    pond_buf_str(sql, ") UNION ALL (");
    sql_unite(sql, parts + n / 2, n - n / 2);
    pond_buf_char(sql, ')');
}

// The readings of rules, each once: rules about the same columns share them.
typedef struct readings {
    pond_sv sql;
    size_t n_rules;
} readings;
typedef POND_VEC(readings) readings_vec;

static size_t share_readings(pond_arena *a, readings_vec *all, pond_sv sql) {
    for (size_t i = 0; i < all->n; i++)
        if (pond_sv_eq(all->items[i].sql, sql)) {
            all->items[i].n_rules++;
            return i;
        }
    *pond_vec_push(a, all) = (readings){sql, 1};
    return all->n - 1;
}

static pond_code add_findings(pond_session *s, const pond_wrapper *w, const check_rule *r,
                              readings_vec *all, pond_sv_vec *findings, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_sv_vec parts = {0};
    for (size_t i = 0; i < w->n_sources; i++)
        POND_TRY(add_readings(s, w, r, i, &parts, err));
    if (parts.n == 0)
        return POND_OK;
    pond_buf united = POND_BUF_EMPTY, sql = POND_BUF_EMPTY;
    sql_unite(&united, parts.items, parts.n);
    size_t i = share_readings(a, all, pond_buf_keep(a, &united));
    checks_sql_findings(&sql, r, pond_svf(a, "readings_%zu", i));
    *pond_vec_push(a, findings) = pond_buf_keep(a, &sql);
    return POND_OK;
}

static pond_code checks_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                            pond_err *err) {
    (void)range; // findings are no series
    pond_wrapper *w = (pond_wrapper *)r;
    readings_vec all = {0};
    pond_sv_vec findings = {0};
    POND_TRY(pond_wrapper_sources(s, w, err));
    for (size_t i = 0; i < state_of(w)->n_rules; i++)
        POND_TRY(add_findings(s, w, &state_of(w)->rules[i], &all, &findings, err));
    if (findings.n == 0) {
        pond_sql_empty(sql, checks_schema);
        return POND_OK;
    }
    for (size_t i = 0; i < all.n; i++) {
        pond_buf_printf(sql, "%sreadings_%zu AS %s (", i == 0 ? "WITH " : ", ", i,
                        all.items[i].n_rules > 1 ? "MATERIALIZED" : "NOT MATERIALIZED");
        pond_buf_sv(sql, all.items[i].sql);
        pond_buf_char(sql, ')');
    }
    pond_buf_str(sql, " SELECT * FROM (");
    sql_unite(sql, findings.items, findings.n);
    pond_buf_str(sql, ") f(");
    for (size_t i = 0; i < checks_schema.n; i++) {
        pond_buf_str(sql, i == 0 ? "" : ", ");
        pond_buf_sql_name(sql, checks_schema.items[i].name);
    }
    pond_buf_str(sql, ") ORDER BY ALL NULLS FIRST");
    return POND_OK;
}

// Relation ----------------------------------------------------------------------------------------

static pond_code checks_relation_schema(pond_session *s, pond_relation *r, pond_schema *out,
                                        pond_err *err) {
    (void)s, (void)r, (void)err;
    *out = checks_schema;
    return POND_OK;
}

static void hash_number(pond_hasher *h, const void *p, size_t n) {
    pond_hasher_field(h, (pond_sv){p, n});
}

static void hash_rule(pond_hasher *h, const check_rule *r) {
    const int64_t numbers[] = {r->type,        r->takes_all, r->has_min,   r->has_max,
                               r->duration_us, r->per_us,    r->has_as_of, r->as_of_us};
    hash_number(h, numbers, sizeof numbers);
    hash_number(h, &r->min, sizeof r->min);
    hash_number(h, &r->max, sizeof r->max);
    pond_hasher_field(h, r->name);
    hash_number(h, &r->columns.n, sizeof r->columns.n);
    for (size_t i = 0; i < r->columns.n; i++)
        pond_hasher_field(h, r->columns.items[i]);
}

static pond_sha256 config_hash(const pond_wrapper *w) {
    pond_hasher *h = pond_hasher_new();
    pond_hasher_field(h, state_of(w)->time_column);
    for (size_t i = 0; i < state_of(w)->n_rules; i++)
        hash_rule(h, &state_of(w)->rules[i]);
    return pond_hasher_finish(h);
}

static void hash_config(const pond_wrapper *w, pond_hasher *h) {
    pond_sha256 config = config_hash(w);
    pond_hasher_sha(h, &config);
}

static pond_sv checks_changing(const pond_wrapper *w) {
    for (size_t i = 0; i < state_of(w)->n_rules; i++)
        if (state_of(w)->rules[i].type == CHECK_STALE && !state_of(w)->rules[i].has_as_of)
            return POND_SV("the current time");
    return (pond_sv){NULL, 0};
}

static const pond_relation_ops checks_ops = {
    .schema = checks_relation_schema,
    .sql = checks_sql,
    .fingerprint = pond_wrapper_fingerprint,
    .bounds = pond_wrapper_bounds,
    .inputs = pond_wrapper_inputs,
    .changing = pond_wrapper_changing,
    .work = pond_wrapper_work,
};

static const pond_wrapper_kind checks_kind = {
    .name = "checks",
    .find_sources = find_sources,
    .hash_config = hash_config,
    .config = config_hash,
    .changing = checks_changing,
};

static pond_code checks_make(pond_session *s, const pond_node *node, pond_relation **out,
                             pond_err *err) {
    (void)err;
    checks_relation *r = POND_NEW(pond_session_arena(s), checks_relation);
    *r = (checks_relation){
        .base = {.base = {.ops = &checks_ops,
                          .path = node->path,
                          .slicing = POND_SLICES_NEVER,
                          .is_computed = true,
                          .n_groupings = 4},
                 .kind = &checks_kind},
        .state = node->state,
    };
    *out = &r->base.base;
    return POND_OK;
}

static const pond_relate checks_relate = {checks_make};
static const pond_dyn checks_dyn = {.relate = &checks_relate};

static pond_code checks_open(pond_session *s, const pond_conf *c, const pond_dyn **dyn,
                             void **state, pond_err *err) {
    checks_state *st = POND_NEW(pond_session_arena(s), checks_state);
    POND_TRY(checks_read(s, c, st, err));
    *dyn = &checks_dyn;
    *state = st;
    return POND_OK;
}

const pond_factory pond_factory_checks = {
    .name = "checks",
    .options = &checks_options,
    POND_FACTORY_PARTS(checks_parts),
    .summary = "Findings where series break rules: ranges, steps, flat lines, gaps, staleness",
    .makes_file = true,
    .type = POND_T_TABLE_DYNAMIC,
    .check = checks_check,
    .open = checks_open,
};
