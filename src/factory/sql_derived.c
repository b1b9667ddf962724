// sql-derived-series and sql-derived-table: a user's query over named inputs.
//
// Each input that the query reads becomes a common table expression with its name, and the result
// is one SELECT, which the engine optimises as a whole. They are NOT MATERIALIZED: otherwise the
// engine would compute all of an input that the query uses twice. An input that the query does not
// read is no part of the node: it is not looked for, and the rows do not depend on it.
#include "engine/select.h"
#include "factory/factory.h"
#include "factory/transforms.h"
#include "relation/match.h"
#include "relation/schema.h"
#include "relation/sql.h"
#include "relation/statement.h"
#include "relation/wrapper.h"

typedef struct derived_config {
    const pond_conf *patterns, *query_at;
    pond_sv query;
    pond_texts transforms;
    bool time_sliceable;
} derived_config;

// The engine plans common table expressions one inside the other: 500 small series take two
// seconds, 2,000 would take half a minute, and more than 1,000 are too deep for it.
enum { MAX_TABLES = 500 };

typedef struct derived_state {
    pond_pattern *patterns; // of the tables of the query
    pond_texts transforms;  // of the rows of every pattern
    pond_select query;      // its text and its tables; the rest is known once it is checked
    bool is_checked;
    bool is_series;
    bool is_promised; // by the config: that it slices
    bool is_learned;  // from the query, once it was asked whether it slices
    bool has_exact;
    pond_sv exact; // pond_sql_exact, once it was asked
} derived_state;

typedef struct derived_relation {
    pond_wrapper base;
    derived_state *state;
} derived_relation;

// Config ------------------------------------------------------------------------------------------

static const pond_option rows[] = {
    POND_OPTION("patterns", POND_OPT_MAP, derived_config, patterns, .is_required = true,
                .help =
                    "names of the query's tables, each with the URL or path pattern of its rows"),
    POND_OPTION("query", POND_OPT_TEXT, derived_config, query,
                .place = offsetof(derived_config, query_at),
                .help = "a SELECT; default: all rows of the only table"),
    TRANSFORMS_OPTION(derived_config, transforms),
    POND_OPTION("time_sliceable", POND_OPT_BOOL, derived_config, time_sliceable,
                .help = "promises that the rows of a time range are made from the inputs' rows of "
                        "that range; filters, projections, groups by time and joins on it need no "
                        "promise"),
};
static const pond_options any_options = POND_OPTIONS("a sql-derived config", rows);
static const pond_options series_options = POND_OPTIONS("a sql-derived-series config", rows);
static const pond_options table_options = POND_OPTIONS("a sql-derived-table config", rows);

static pond_code read_input(pond_arena *a, const pond_conf *p, pond_map *names,
                            pond_pattern *pattern, pond_err *err) {
    if (p->key.n == 0)
        return pond_conf_fail_key(p, err, "Table name cannot be empty");
    if (pond_sv_starts(pond_sv_lower(a, p->key), POND_SV(RELATION_EXPRESSION)))
        return pond_conf_fail_key(p, err,
                                  "table names cannot begin with '" RELATION_EXPRESSION
                                  "', as those of the program do");
    // SQL does not distinguish names that differ only in case.
    void **same = pond_map_at(names, pond_sv_lower(a, p->key), NULL);
    if (*same != NULL)
        return pond_conf_fail_key(p, err, "table names '%.*s' and '%.*s' are equal in SQL",
                                  POND_SV_ARG(*(pond_sv *)*same), POND_SV_ARG(p->key));
    *same = (void *)&p->key;
    if (p->value.kind != POND_STRING)
        return pond_conf_fail(
            p, err, "the pattern of table '%.*s' must be a string, a URL or a path of the pond",
            POND_SV_ARG(p->key));
    return pond_pattern_parse(a, pond_value_sv(p->value), p, pattern, err);
}

static pond_code read_inputs(pond_arena *a, const derived_config *config, derived_state *d,
                             pond_err *err) {
    size_t n = config->patterns->n;
    pond_map names;
    if (n == 0)
        return pond_conf_fail(config->patterns, err, "Patterns list cannot be empty");
    pond_sv *tables = POND_NEW_ARRAY(a, pond_sv, n);
    d->patterns = POND_NEW_ARRAY(a, pond_pattern, n);
    d->query.tables = tables;
    d->query.n_tables = n;
    pond_map_init(&names, a);
    for (size_t i = 0; i < n; i++) {
        const pond_conf *p = &config->patterns->items[i];
        POND_TRY(read_input(a, p, &names, &d->patterns[i], err));
        tables[i] = p->key;
    }
    return POND_OK;
}

static pond_code read_config(pond_session *s, const pond_conf *c, const pond_options *options,
                             derived_state *d, const pond_conf **query_at, pond_err *err) {
    derived_config config = {0};
    POND_TRY(pond_options_read_conf(pond_session_arena(s), c, options, &config, err));
    POND_TRY(read_inputs(pond_session_arena(s), &config, d, err));
    POND_TRY(transforms_check(&config.transforms, err));
    d->transforms = config.transforms;
    d->is_promised = config.time_sliceable;
    d->query.sql = config.query;
    *query_at = config.query_at;
    if (config.query_at != NULL && pond_engine_select_body(config.query).n == 0)
        return pond_conf_fail(config.query_at, err, "SQL query cannot be empty if specified");
    if (config.query_at == NULL && d->query.n_tables > 1)
        return pond_conf_fail(c, err, "'query' is needed when there are %zu patterns",
                              d->query.n_tables);
    if (config.query_at == NULL) {
        pond_buf all = POND_BUF_EMPTY;
        pond_buf_str(&all, "SELECT * FROM ");
        pond_buf_sql_name(&all, d->query.tables[0]);
        d->query.sql = pond_buf_keep(pond_session_arena(s), &all);
    }
    return POND_OK;
}

// Finds what the query reads, once.
static pond_code check_query(pond_session *s, derived_state *d, pond_err *err) {
    pond_engine *engine;
    if (d->is_checked)
        return POND_OK;
    POND_TRY(pond_session_engine(s, &engine, err));
    POND_TRY(pond_engine_select_check(engine, pond_session_arena(s), &d->query, err));
    if (d->query.n_used > MAX_TABLES)
        return pond_fail(err, POND_ERR_LIMIT,
                         "the query reads %zu of its tables, and at most %d are possible; unite "
                         "files by a wildcard in a pattern",
                         d->query.n_used, MAX_TABLES);
    d->is_checked = true;
    return POND_OK;
}

// What is allowed but probably not meant.
static void warn_about(pond_session *s, const derived_state *d) {
    enum { MAX_LISTED = 8 };
    const pond_select *q = &d->query;
    size_t n_unused = q->n_tables - q->n_used, n_listed = 0;
    if (q->changing.n > 0)
        pond_session_warn(s,
                          "warning: the query uses %.*s, so its rows may differ each time: every "
                          "export makes them again",
                          POND_SV_ARG(q->changing));
    if (n_unused == 0)
        return;
    pond_buf names = POND_BUF_EMPTY;
    for (size_t i = 0; i < q->n_tables && n_listed < MAX_LISTED; i++)
        if (q->uses[i] == 0)
            pond_buf_printf(&names, "%s'%.*s'", n_listed++ == 0 ? "" : ", ",
                            POND_SV_ARG(q->tables[i]));
    if (n_unused > n_listed)
        pond_buf_printf(&names, " and %zu more", n_unused - n_listed);
    pond_session_warn(s, "warning: the query does not read %s of its patterns: %s",
                      n_unused == 1 ? "one" : "some", names.p);
    pond_buf_free(&names);
}

static pond_code derived_check(pond_session *s, const pond_factory_source *source,
                               pond_value *stored, pond_err *err) {
    (void)stored;
    derived_state d = {0};
    const pond_conf *query_at;
    POND_TRY(read_config(s, source->config, &any_options, &d, &query_at, err));
    if (query_at == NULL)
        return POND_OK;
    pond_err why;
    pond_err_clear(&why);
    pond_code rc = check_query(s, &d, &why);
    if (rc == POND_OK) {
        warn_about(s, &d);
        return POND_OK;
    }
    rc = pond_conf_fail(query_at, err, "%s", why.msg);
    pond_err_detail(err, "%s", why.detail);
    return rc;
}

// Relation ----------------------------------------------------------------------------------------

static derived_state *state_of(const pond_wrapper *w) {
    return ((const derived_relation *)w)->state;
}

static pond_code find_sources(pond_session *s, pond_wrapper *w, pond_err *err) {
    derived_state *d = state_of(w);
    POND_TRY(check_query(s, d, err));
    w->base.n_groupings = d->query.n_groupings;
    w->base.order_varies = d->query.order_varies;
    w->base.sums_vary = d->query.sums_vary;
    w->sources = POND_NEW_ARRAY(pond_session_arena(s), pond_source, d->query.n_used);
    w->n_sources = 0;
    for (size_t i = 0; i < d->query.n_tables; i++) {
        pond_match_vec matches = {0};
        if (d->query.uses[i] == 0)
            continue;
        pond_source *source = &w->sources[w->n_sources++];
        source->name = d->query.tables[i];
        source->n_uses = d->query.uses[i];
        POND_TRY_CTX(pond_pattern_match(s, &d->patterns[i], &matches, err), err, "table '%.*s'",
                     POND_SV_ARG(source->name));
        POND_TRY_CTX(transforms_unite(s, &d->transforms, &d->patterns[i], matches.items, matches.n,
                                      &source->relation, err),
                     err, "table '%.*s'", POND_SV_ARG(source->name));
    }
    return POND_OK;
}

// The rows of the query's result for the range, which are made from the inputs' rows of that range:
// the query says so, or the config promises it. The filter keeps rows out of the wrong partition if
// the promise is wrong.
static pond_code filter(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                        pond_err *err) {
    pond_schema schema;
    if (pond_range_is_all(range) || range.beyond == POND_STRAYS_BEYOND)
        return POND_OK;
    POND_TRY(pond_relation_schema(s, r, &schema, err));
    const pond_column *t = pond_schema_find(schema, r->time_column);
    if (t == NULL)
        return POND_OK;
    pond_buf_str(sql, " WHERE ");
    pond_sql_time_filter(sql, t->name, t->type, range);
    return POND_OK;
}

// A table of the query without rows: all that its planner has to know.
static pond_code write_columns(pond_session *s, const pond_wrapper *w, size_t i, pond_buf *sql,
                               pond_err *err) {
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, w->sources[i].relation, &schema, err));
    pond_sql_empty(sql, schema);
    return POND_OK;
}

// The query over its tables: with the rows of the range, or with the columns alone if range is NULL.
static pond_code write_query(pond_session *s, pond_relation *r, const pond_range *range,
                             pond_buf *sql, pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    POND_TRY(pond_wrapper_sources(s, w, err));
    bool is_steady = state_of(w)->query.n_groupings > 0; // sums of floats depend on the order
    for (size_t i = 0; i < w->n_sources; i++) {
        pond_buf_str(sql, i == 0 ? "WITH " : ", ");
        pond_buf_sql_name(sql, w->sources[i].name);
        pond_buf_str(sql, " AS NOT MATERIALIZED (");
        POND_TRY_CTX(range == NULL ? write_columns(s, w, i, sql, err)
                                   : pond_wrapper_source_sql(s, w, i, *range, is_steady, sql, err),
                     err, "table '%.*s'", POND_SV_ARG(w->sources[i].name));
        pond_buf_char(sql, ')');
    }
    if (w->n_sources > 0)
        pond_buf_char(sql, ' ');
    pond_sv exact = state_of(w)->exact;
    if (exact.n > 0)
        pond_buf_printf(sql, "SELECT *%.*s FROM (", POND_SV_ARG(exact));
    pond_engine_sql_select(sql, state_of(w)->query.sql);
    pond_buf_str(sql, exact.n > 0 ? ")" : "");
    return POND_OK;
}

static pond_code find_exact(pond_session *s, pond_relation *r, pond_err *err) {
    derived_state *d = state_of((pond_wrapper *)r);
    if (d->has_exact)
        return POND_OK;
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = write_query(s, r, NULL, &sql, err);
    if (rc == POND_OK)
        rc = pond_sql_exact(s, d->query.sql, pond_buf_view(&sql), &d->exact, err);
    d->has_exact = rc == POND_OK;
    pond_buf_free(&sql);
    return rc;
}

static pond_code derived_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                             pond_err *err) {
    POND_TRY(find_exact(s, r, err));
    POND_TRY(write_query(s, r, &range, sql, err));
    return filter(s, r, range, sql, err);
}

// Tells the query what its tables are.
static pond_code know_inputs(pond_session *s, const pond_wrapper *w, pond_err *err) {
    pond_select *q = &state_of(w)->query;
    pond_select_input *inputs =
        POND_NEW_ARRAY(pond_session_arena(s), pond_select_input, q->n_tables);
    for (size_t i = 0, k = 0; i < q->n_tables; i++) {
        if (q->uses[i] == 0)
            continue;
        pond_relation *source = w->sources[k++].relation;
        POND_TRY_CTX(pond_relation_schema(s, source, &inputs[i].schema, err), err, "table '%.*s'",
                     POND_SV_ARG(q->tables[i]));
        inputs[i].time_column = source->time_column;
        inputs[i].is_time_unique = source->is_time_unique ||
                                   pond_relation_order(s, source, POND_RANGE_ALL) == POND_ORDERED;
        inputs[i].is_series = source->is_series;
    }
    q->inputs = inputs;
    return POND_OK;
}

static pond_code derived_schema(pond_session *s, pond_relation *r, pond_schema *out,
                                pond_err *err) {
    pond_engine *engine;
    pond_arena *a = pond_session_arena(s);
    pond_wrapper *w = (pond_wrapper *)r;
    POND_TRY(pond_session_engine(s, &engine, err));
    POND_TRY(pond_wrapper_sources(s, w, err));
    POND_TRY(know_inputs(s, w, err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = find_exact(s, r, err);
    if (rc == POND_OK)
        rc = write_query(s, r, NULL, &sql, err);
    if (rc == POND_OK)
        rc = pond_engine_schema(engine, a, pond_buf_view(&sql), out, err);
    pond_buf_free(&sql);
    if (rc == POND_ERR_QUERY) { // a check that knows the columns may say it better
        POND_TRY(pond_engine_select_check(engine, a, &state_of(w)->query, err));
        pond_engine_select_explain(&state_of(w)->query, err);
    }
    return rc;
}

static void hash_query(const pond_wrapper *w, pond_hasher *h) {
    pond_hasher_field(h, POND_SV(POND_SQL_DIALECT));
    pond_hasher_field(h, pond_engine_select_body(state_of(w)->query.sql));
}

static pond_sha256 query_hash(const pond_wrapper *w) {
    return pond_sha256_of(pond_engine_select_body(state_of(w)->query.sql));
}

static pond_sv query_changing(const pond_wrapper *w) {
    return state_of(w)->query.changing;
}

// Learns from the query whether it slices. It is no use if a series has to be computed as a whole
// for each slice.
static pond_code learn(pond_session *s, pond_relation *r, bool *out, pond_err *err) {
    pond_wrapper *w = (pond_wrapper *)r;
    derived_state *d = state_of(w);
    pond_engine *engine;
    pond_schema schema;
    POND_TRY(pond_wrapper_sources(s, w, err));
    *out = true;
    for (size_t i = 0; i < w->n_sources && *out; i++)
        if (w->sources[i].relation->is_series)
            POND_TRY(pond_relation_is_sliceable(s, w->sources[i].relation, out, err));
    if (!*out)
        return POND_OK;
    POND_TRY(pond_relation_schema(s, r, &schema, err));
    POND_TRY(pond_session_engine(s, &engine, err));
    pond_select_slicing found;
    POND_TRY(pond_engine_select_slices(engine, &d->query, r->time_column, &found, err));
    r->is_time_unique = found.is_time_unique;
    *out = found.slices;
    return POND_OK;
}

static pond_code derived_is_sliceable(pond_session *s, pond_relation *r, bool *out, pond_err *err) {
    derived_state *d = state_of((pond_wrapper *)r);
    POND_TRY(learn(s, r, &d->is_learned, err));
    *out = d->is_learned || d->is_promised;
    return POND_OK;
}

// A query may shift times, unless it slices.
static pond_code derived_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    bool is_sliceable;
    POND_TRY(pond_relation_is_sliceable(s, r, &is_sliceable, err));
    POND_TRY(pond_wrapper_bounds(s, r, out, err));
    if (!is_sliceable || pond_range_is_empty(*out))
        *out = POND_RANGE_ALL;
    return POND_OK;
}

// Of the query itself, or of one that it reads.
static pond_code derived_is_promised(pond_session *s, pond_relation *r, bool *out, pond_err *err) {
    bool is_sliceable;
    POND_TRY(pond_relation_is_sliceable(s, r, &is_sliceable, err));
    const derived_state *d = state_of((const pond_wrapper *)r);
    *out = is_sliceable && !d->is_learned;
    return is_sliceable ? pond_wrapper_is_promised(s, r, out, err) : POND_OK;
}

static const pond_relation_ops derived_ops = {
    .schema = derived_schema,
    .sql = derived_sql,
    .fingerprint = pond_wrapper_fingerprint,
    .bounds = derived_bounds,
    .inputs = pond_wrapper_inputs,
    .is_sliceable = derived_is_sliceable,
    .is_promised = derived_is_promised,
    .order_varies = pond_wrapper_order_varies,
    .changing = pond_wrapper_changing,
    .work = pond_wrapper_work,
    .sums_vary = pond_wrapper_sums_vary,
};

static const pond_wrapper_kind derived_kind = {
    .name = "query",
    .find_sources = find_sources,
    .hash_config = hash_query,
    .config = query_hash,
    .changing = query_changing,
};

static pond_code derived_make(pond_session *s, const pond_node *node, pond_relation **out,
                              pond_err *err) {
    (void)err;
    derived_state *d = node->state;
    derived_relation *r = POND_NEW(pond_session_arena(s), derived_relation);
    *r = (derived_relation){
        .base = {.base =
                     {
                         .ops = &derived_ops,
                         .path = node->path,
                         .is_series = d->is_series,
                         .slicing =
                             d->is_series || d->is_promised ? POND_SLICES_ASK : POND_SLICES_NEVER,
                         .may_have_odd_times = true,
                         .is_computed = true,
                     },
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
