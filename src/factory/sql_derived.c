// sql-derived-series and sql-derived-table: a user's query over named inputs.
//
// Each input becomes a common table expression under its name, so that the query sees its rows, and
// the whole stays one SELECT that the engine optimises through (NOT MATERIALIZED: the engine would
// otherwise compute an input that is named twice before it knows which rows are wanted).
#include "factory/factory.h"
#include "relation/input.h"

typedef struct derived_config {
    const pond_conf *patterns, *query_at;
    pond_sv query;
    bool time_sliceable;
} derived_config;

typedef struct derived_input {
    pond_sv name;
    pond_input input;
    pond_relation *relation; // once matched
} derived_input;

typedef struct derived_state {
    pond_session *session;
    derived_input *inputs;
    size_t n;
    pond_sv query;
    bool is_series, is_sliceable;
} derived_state;

typedef struct derived_relation {
    pond_relation base;
    derived_state *state;
} derived_relation;

// Config
// --------------------------------------------------------------------------------------------

static const pond_conf_field fields[] = {
    POND_CONF_FIELD("patterns", POND_CONF_MAP, true, derived_config, patterns),
    POND_CONF_FIELD_AT("query", POND_CONF_STRING, false, derived_config, query, query_at),
    POND_CONF_FIELD("time_sliceable", POND_CONF_BOOL, false, derived_config, time_sliceable),
};

static pond_code read_inputs(pond_arena *a, const derived_config *config, derived_state *d,
                             pond_err *err) {
    d->n = config->patterns->n;
    if (d->n == 0)
        return pond_conf_fail(config->patterns, err, "Patterns list cannot be empty");
    d->inputs = POND_NEW_ARRAY(a, derived_input, d->n);
    for (size_t i = 0; i < d->n; i++) {
        const pond_conf *p = &config->patterns->items[i];
        if (p->key.n == 0)
            return pond_conf_fail_key(p, err, "Table name cannot be empty");
        for (size_t k = 0; k < i; k++)
            if (pond_column_name_eq(d->inputs[k].name, p->key))
                return pond_conf_fail_key(p, err, "table names '%.*s' and '%.*s' are one to SQL",
                                          POND_SV_ARG(d->inputs[k].name), POND_SV_ARG(p->key));
        if (p->value.kind != POND_STRING)
            return pond_conf_fail(
                p, err, "the pattern of table '%.*s' must be a string, a URL or a path of the pond",
                POND_SV_ARG(p->key));
        d->inputs[i].name = p->key;
        POND_TRY(pond_input_parse(a, pond_value_sv(p->value), p, &d->inputs[i].input, err));
    }
    return POND_OK;
}

static pond_code read_config(pond_session *s, const pond_conf *c, const char *what,
                             derived_state *d, const pond_conf **query_at, pond_err *err) {
    derived_config config = {0};
    POND_TRY(
        pond_conf_read(pond_session_arena(s), c, what, fields, sizeof fields / sizeof *fields, &config, err));
    POND_TRY(read_inputs(pond_session_arena(s), &config, d, err));
    d->session = s;
    d->is_sliceable = config.time_sliceable;
    d->query = pond_engine_select_body(config.query);
    *query_at = config.query_at;
    if (config.query_at != NULL && d->query.n == 0)
        return pond_conf_fail(config.query_at, err, "SQL query cannot be empty if specified");
    if (config.query_at == NULL && d->n > 1)
        return pond_conf_fail(c, err, "'query' is needed when there are %zu patterns", d->n);
    if (config.query_at == NULL) {
        pond_buf all = POND_BUF_EMPTY;
        pond_buf_str(&all, "SELECT * FROM ");
        pond_buf_sql_name(&all, d->inputs[0].name);
        d->query = pond_sv_dup(pond_session_arena(s), pond_buf_view(&all));
        pond_buf_free(&all);
    }
    return POND_OK;
}

static pond_code derived_check(pond_session *s, const pond_factory_source *source,
                               pond_value *stored, pond_err *err) {
    (void)stored;
    derived_state d = {0};
    const pond_conf *query_at;
    POND_TRY(read_config(s, source->config, "a sql-derived config", &d, &query_at, err));
    if (query_at == NULL)
        return POND_OK;
    pond_engine *engine;
    POND_TRY(pond_session_engine(s, &engine, err));
    pond_err why;
    pond_err_clear(&why);
    // All that was written, not the body alone: a second statement is a mistake, not a remark.
    if (pond_engine_select_check(engine, pond_value_sv(query_at->value), &why) != POND_OK) {
        pond_code rc = pond_conf_fail(query_at, err, "%s", why.msg);
        pond_err_detail(err, "%s", why.detail);
        return rc;
    }
    return POND_OK;
}

// Relation
// ------------------------------------------------------------------------------------------

static pond_code match_inputs(pond_session *s, derived_state *d, pond_err *err) {
    for (size_t i = 0; i < d->n; i++) {
        if (d->inputs[i].relation != NULL)
            continue;
        pond_input_match_vec matches = {0};
        POND_TRY_CTX(pond_input_matches(s, &d->inputs[i].input, &matches, err), err, "table '%.*s'",
                     POND_SV_ARG(d->inputs[i].name));
        POND_TRY(pond_input_unite(s, matches.items, matches.n, &d->inputs[i].relation, err));
    }
    return POND_OK;
}

static pond_code derived_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                             pond_err *err) {
    derived_state *d = ((derived_relation *)r)->state;
    pond_range of_inputs = {range.lo_us, range.hi_us, false};
    POND_TRY(match_inputs(s, d, err));
    for (size_t i = 0; i < d->n; i++) {
        pond_buf_str(sql, i == 0 ? "WITH " : ", ");
        pond_buf_sql_name(sql, d->inputs[i].name);
        pond_buf_str(sql, " AS NOT MATERIALIZED (");
        // What has no time is the same for every range: a table of sites joined to a series.
        pond_relation *in = d->inputs[i].relation;
        POND_TRY_CTX(pond_relation_sql(s, in, in->is_series ? of_inputs : POND_RANGE_ALL, sql, err),
                     err, "table '%.*s' of '%.*s'", POND_SV_ARG(d->inputs[i].name),
                     POND_SV_ARG(r->path));
        pond_buf_char(sql, ')');
    }
    // The line breaks keep a comment at the end of the query from swallowing the parenthesis.
    pond_buf_str(sql, " SELECT * FROM (\n");
    pond_buf_sv(sql, d->query);
    pond_buf_str(sql, "\n)");
    if (range.lo_us == INT64_MIN && range.hi_us == INT64_MAX)
        return POND_OK;
    // The config promised that slices of the result are made of slices of the inputs; a promise
    // does not move rows between partitions.
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, r, &schema, err));
    const pond_column *t = pond_schema_find(schema, r->time_column);
    if (t == NULL)
        return POND_OK;
    pond_buf_str(sql, " WHERE (");
    pond_sql_time_filter(sql, t->name, t->type, range);
    pond_buf_char(sql, ')');
    if (range.with_null_times) {
        pond_buf_str(sql, " OR ");
        pond_buf_sql_name(sql, t->name);
        pond_buf_str(sql, " IS NULL");
    }
    return POND_OK;
}

static pond_code derived_schema(pond_session *s, pond_relation *r, pond_schema *out,
                                pond_err *err) {
    pond_engine *engine;
    POND_TRY(pond_session_engine(s, &engine, err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = derived_sql(s, r, POND_RANGE_ALL, &sql, err);
    if (rc == POND_OK)
        rc = pond_engine_schema(engine, pond_session_arena(s), pond_buf_view(&sql), out, err);
    pond_buf_free(&sql);
    return rc;
}

static pond_code derived_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                     pond_hasher *h, pond_err *err) {
    derived_state *d = ((derived_relation *)r)->state;
    POND_TRY(match_inputs(s, d, err));
    pond_hasher_part(h, POND_SV("query"));
    pond_hasher_part(h, d->query);
    for (size_t i = 0; i < d->n; i++) {
        pond_sha256 part;
        pond_relation *in = d->inputs[i].relation;
        POND_TRY(
            pond_relation_fingerprint(s, in, in->is_series ? range : POND_RANGE_ALL, &part, err));
        pond_hasher_part(h, d->inputs[i].name);
        pond_hasher_part(h, (pond_sv){(const char *)part.bytes, sizeof part.bytes});
    }
    return POND_OK;
}

static pond_code derived_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    derived_state *d = ((derived_relation *)r)->state;
    *out = POND_RANGE_ALL; // a query may shift times
    if (!d->is_sliceable)
        return POND_OK;
    POND_TRY(match_inputs(s, d, err));
    pond_range all = {INT64_MAX, INT64_MIN, false};
    for (size_t i = 0; i < d->n; i++) {
        pond_range part;
        if (!d->inputs[i].relation->is_series)
            continue;
        POND_TRY(pond_relation_bounds(s, d->inputs[i].relation, &part, err));
        all.lo_us = part.lo_us < all.lo_us ? part.lo_us : all.lo_us;
        all.hi_us = part.hi_us > all.hi_us ? part.hi_us : all.hi_us;
    }
    if (!pond_range_is_empty(all))
        *out = all;
    return POND_OK;
}

static pond_code derived_inputs(pond_session *s, pond_relation *r, pond_map *out, pond_err *err) {
    derived_state *d = ((derived_relation *)r)->state;
    POND_TRY(match_inputs(s, d, err));
    pond_sha256 *h = POND_NEW(pond_session_arena(s), pond_sha256);
    *h = pond_sha256_of(d->query);
    *pond_map_at(out, r->path, NULL) = h;
    for (size_t i = 0; i < d->n; i++)
        POND_TRY(pond_relation_inputs(s, d->inputs[i].relation, out, err));
    return POND_OK;
}

static const pond_relation_ops derived_ops = {
    .schema = derived_schema,
    .sql = derived_sql,
    .fingerprint = derived_fingerprint,
    .bounds = derived_bounds,
    .inputs = derived_inputs,
};

static pond_code derived_make(pond_session *s, const pond_node *node, pond_relation **out,
                              pond_err *err) {
    (void)err;
    derived_state *d = node->state;
    derived_relation *r = POND_NEW(pond_session_arena(s), derived_relation);
    r->state = d;
    r->base = (pond_relation){.ops = &derived_ops,
                              .path = node->path,
                              .is_series = d->is_series,
                              .is_sliceable = d->is_sliceable,
                              .may_have_null_times = true,
                              .is_query = true};
    *out = &r->base;
    return POND_OK;
}

static const pond_relate derived_relate = {derived_make};
static const pond_dyn derived_dyn = {.relate = &derived_relate};

static pond_code open_derived(pond_session *s, const pond_conf *c, bool is_series,
                              const pond_dyn **dyn, void **state, pond_err *err) {
    derived_state *d = POND_NEW(pond_session_arena(s), derived_state);
    const pond_conf *query_at;
    POND_TRY(read_config(s, c,
                         is_series ? "a sql-derived-series config" : "a sql-derived-table config",
                         d, &query_at, err));
    d->is_series = is_series;
    *dyn = &derived_dyn;
    *state = d;
    return POND_OK;
}

static pond_code open_series(pond_session *s, const pond_conf *c, const pond_dyn **dyn,
                             void **state, pond_err *err) {
    return open_derived(s, c, true, dyn, state, err);
}

static pond_code open_table(pond_session *s, const pond_conf *c, const pond_dyn **dyn, void **state,
                            pond_err *err) {
    return open_derived(s, c, false, dyn, state, err);
}

const pond_factory pond_factory_sql_derived_series = {
    .name = "sql-derived-series",
    .summary = "A time series computed by an SQL query over other series",
    .makes_file = true,
    .type = POND_T_TABLE_DYNAMIC,
    .check = derived_check,
    .open = open_series,
};

const pond_factory pond_factory_sql_derived_table = {
    .name = "sql-derived-table",
    .summary = "A table computed by an SQL query over other tables",
    .makes_file = true,
    .type = POND_T_TABLE_DYNAMIC,
    .check = derived_check,
    .open = open_table,
};
