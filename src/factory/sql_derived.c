// sql-derived-series and sql-derived-table: a user's query over named inputs.
//
// Each input becomes a common table expression with its name, so that the query can read its rows,
// and the result is one SELECT, which the engine optimises as a whole. They are NOT MATERIALIZED:
// otherwise the engine would compute all of an input that the query uses twice.
#include "factory/factory.h"
#include "relation/match.h"
#include "relation/schema.h"
#include "relation/sql.h"
#include "relation/wrapper.h"

typedef struct derived_config {
    const pond_conf *patterns, *query_at;
    pond_sv query;
    bool time_sliceable;
} derived_config;

typedef struct derived_input {
    pond_sv name; // of the table that the query sees
    pond_pattern pattern;
} derived_input;

typedef struct derived_state {
    derived_input *inputs;
    size_t n;
    pond_sv query;
    bool is_series, is_sliceable;
} derived_state;

typedef struct derived_relation {
    pond_wrapper base;
    const derived_state *state;
} derived_relation;

// Config ------------------------------------------------------------------------------------------

static const pond_option rows[] = {
    POND_OPTION("patterns", POND_OPT_MAP, derived_config, patterns, .is_required = true,
                .help =
                    "names of the query's tables, each with the URL or path pattern of its rows"),
    POND_OPTION("query", POND_OPT_TEXT, derived_config, query,
                .place = offsetof(derived_config, query_at),
                .help = "a SELECT; default: all rows of the only table"),
    POND_OPTION("time_sliceable", POND_OPT_BOOL, derived_config, time_sliceable,
                .help = "promises that the rows of a time range are made from the inputs' rows of "
                        "that range"),
};
static const pond_options any_options = POND_OPTIONS("a sql-derived config", rows);
static const pond_options series_options = POND_OPTIONS("a sql-derived-series config", rows);
static const pond_options table_options = POND_OPTIONS("a sql-derived-table config", rows);

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
                return pond_conf_fail_key(p, err, "table names '%.*s' and '%.*s' are equal in SQL",
                                          POND_SV_ARG(d->inputs[k].name), POND_SV_ARG(p->key));
        if (p->value.kind != POND_STRING)
            return pond_conf_fail(
                p, err, "the pattern of table '%.*s' must be a string, a URL or a path of the pond",
                POND_SV_ARG(p->key));
        d->inputs[i].name = p->key;
        POND_TRY(pond_pattern_parse(a, pond_value_sv(p->value), p, &d->inputs[i].pattern, err));
    }
    return POND_OK;
}

static pond_code read_config(pond_session *s, const pond_conf *c, const pond_options *options,
                             derived_state *d, const pond_conf **query_at, pond_err *err) {
    derived_config config = {0};
    POND_TRY(pond_options_read_conf(pond_session_arena(s), c, options, &config, err));
    POND_TRY(read_inputs(pond_session_arena(s), &config, d, err));
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
    POND_TRY(read_config(s, source->config, &any_options, &d, &query_at, err));
    if (query_at == NULL)
        return POND_OK;
    pond_engine *engine;
    POND_TRY(pond_session_engine(s, &engine, err));
    pond_err why;
    pond_err_clear(&why);
    // Checks the whole text, not only the body, so that a second statement is found.
    if (pond_engine_select_check(engine, pond_value_sv(query_at->value), &why) != POND_OK) {
        pond_code rc = pond_conf_fail(query_at, err, "%s", why.msg);
        pond_err_detail(err, "%s", why.detail);
        return rc;
    }
    return POND_OK;
}

// Relation ----------------------------------------------------------------------------------------

static const derived_state *state_of(const pond_wrapper *w) {
    return ((const derived_relation *)w)->state;
}

static pond_code find_sources(pond_session *s, pond_wrapper *w, pond_err *err) {
    const derived_state *d = state_of(w);
    w->sources = POND_NEW_ARRAY(pond_session_arena(s), pond_source, d->n);
    for (size_t i = 0; i < d->n; i++) {
        const derived_input *in = &d->inputs[i];
        pond_match_vec matches = {0};
        POND_TRY_CTX(pond_pattern_match(s, &in->pattern, &matches, err), err, "table '%.*s'",
                     POND_SV_ARG(in->name));
        w->sources[i].name = in->name;
        POND_TRY(pond_pattern_unite(s, &in->pattern, matches.items, matches.n,
                                    &w->sources[i].relation, err));
    }
    w->n_sources = d->n;
    return POND_OK;
}

// The rows of the query's result for the range. The config promises that they are made from the
// inputs' rows of that range. The filter keeps rows out of the wrong partition if the promise is
// wrong.
static pond_code filter(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                        pond_err *err) {
    pond_schema schema;
    if (pond_range_is_all(range))
        return POND_OK;
    POND_TRY(pond_relation_schema(s, r, &schema, err));
    const pond_column *t = pond_schema_find(schema, r->time_column);
    if (t == NULL)
        return POND_OK;
    pond_buf_str(sql, " WHERE ");
    pond_sql_time_filter(sql, t->name, t->type, range);
    return POND_OK;
}

static pond_code derived_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                             pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    POND_TRY(pond_wrapper_sources(s, w, err));
    for (size_t i = 0; i < w->n_sources; i++) {
        pond_buf_str(sql, i == 0 ? "WITH " : ", ");
        pond_buf_sql_name(sql, w->sources[i].name);
        pond_buf_str(sql, " AS NOT MATERIALIZED (");
        POND_TRY_CTX(pond_wrapper_source_sql(s, w, i, range, sql, err), err,
                     "table '%.*s' of '%.*s'", POND_SV_ARG(w->sources[i].name),
                     POND_SV_ARG(r->path));
        pond_buf_char(sql, ')');
    }
    // The line break ends a comment at the end of the query, before the parenthesis.
    pond_buf_str(sql, " SELECT * FROM (\n");
    pond_buf_sv(sql, state_of(w)->query);
    pond_buf_str(sql, "\n)");
    return filter(s, r, range, sql, err);
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

static void hash_query(const pond_wrapper *w, pond_hasher *h) {
    pond_hasher_field(h, state_of(w)->query);
}

static pond_sha256 query_hash(const pond_wrapper *w) {
    return pond_sha256_of(state_of(w)->query);
}

// A query may shift times, unless its config promises that it does not.
static pond_range derived_extent(const pond_wrapper *w, pond_range sources) {
    return !state_of(w)->is_sliceable || pond_range_is_empty(sources) ? POND_RANGE_ALL : sources;
}

static pond_code derived_is_promised(pond_session *s, pond_relation *r, bool *out, pond_err *err) {
    (void)s, (void)err;
    *out = state_of((const pond_wrapper *)r)->is_sliceable;
    return POND_OK;
}

static const pond_relation_ops derived_ops = {
    .schema = derived_schema,
    .sql = derived_sql,
    .fingerprint = pond_wrapper_fingerprint,
    .bounds = pond_wrapper_bounds,
    .inputs = pond_wrapper_inputs,
    .is_promised = derived_is_promised,
};

static const pond_wrapper_kind derived_kind = {
    .name = "query",
    .find_sources = find_sources,
    .hash_config = hash_query,
    .config = query_hash,
    .extent = derived_extent,
};

static pond_code derived_make(pond_session *s, const pond_node *node, pond_relation **out,
                              pond_err *err) {
    (void)err;
    const derived_state *d = node->state;
    derived_relation *r = POND_NEW(pond_session_arena(s), derived_relation);
    *r = (derived_relation){
        .base = {.base = {.ops = &derived_ops,
                          .path = node->path,
                          .is_series = d->is_series,
                          .slicing = d->is_sliceable ? POND_SLICES_ALWAYS : POND_SLICES_NEVER,
                          .may_have_odd_times = true,
                          .is_query = true},
                 .kind = &derived_kind},
        .state = d,
    };
    *out = &r->base.base;
    return POND_OK;
}

static const pond_relate derived_relate = {derived_make};
static const pond_dyn derived_dyn = {.relate = &derived_relate};

static pond_code open_derived(pond_session *s, const pond_conf *c, bool is_series,
                              const pond_dyn **dyn, void **state, pond_err *err) {
    derived_state *d = POND_NEW(pond_session_arena(s), derived_state);
    const pond_conf *query_at;
    POND_TRY(read_config(s, c, is_series ? &series_options : &table_options, d, &query_at, err));
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
    .options = &series_options,
    .makes_file = true,
    .type = POND_T_TABLE_DYNAMIC,
    .check = derived_check,
    .open = open_series,
};

const pond_factory pond_factory_sql_derived_table = {
    .name = "sql-derived-table",
    .summary = "A table computed by an SQL query over other tables",
    .options = &table_options,
    .makes_file = true,
    .type = POND_T_TABLE_DYNAMIC,
    .check = derived_check,
    .open = open_table,
};
