// Asks relations for their schema, SQL, fingerprint and bounds. Keeps the answers that can be kept,
// and detects a relation that depends on itself.
#include "relation/relation.h"

#include "engine/select.h"
#include "relation/internal.h"
#include "relation/schema.h"
#include "relation/sql.h"
#include "relation/statement.h"

pond_range pond_range_intersect(pond_range a, pond_range b) {
    return (pond_range){a.lo_us > b.lo_us ? a.lo_us : b.lo_us,
                        a.hi_us < b.hi_us ? a.hi_us : b.hi_us, POND_NOTHING_BEYOND};
}

pond_range pond_range_cover(pond_range a, pond_range b) {
    return (pond_range){a.lo_us < b.lo_us ? a.lo_us : b.lo_us,
                        a.hi_us > b.hi_us ? a.hi_us : b.hi_us, POND_NOTHING_BEYOND};
}

// A relation passes a question on to its sources. If it is asked the same question again before it
// has answered, it depends on itself.
enum {
    ASKED_SCHEMA = 1,
    ASKED_SQL = 2,
    ASKED_FINGERPRINT = 4,
    ASKED_BOUNDS = 8,
    ASKED_SLICING = 16,
    ASKED_CHANGING = 32
};

// Answering calls itself for each source of a source, and the engine plans one level inside the
// other.
enum { MAX_NESTED = 200 };

static pond_code begin_asking(pond_session *s, pond_relation *r, unsigned question, pond_err *err) {
    int *depth = relation_depth(s);
    if (r->asked & question)
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' depends on itself", POND_SV_ARG(r->path));
    if (*depth == MAX_NESTED)
        return pond_fail(
            err, POND_ERR_LIMIT,
            "more than %d nodes read one another, down to '%.*s'; combine some of them "
            "into one query",
            MAX_NESTED, POND_SV_ARG(r->path));
    r->asked |= question;
    ++*depth;
    return POND_OK;
}

static void end_asking(pond_session *s, pond_relation *r, unsigned question) {
    r->asked &= ~question;
    --*relation_depth(s);
}

// Answers -----------------------------------------------------------------------------------------

// Many nodes may read one node, and each of them asks it. What was answered is kept: with n nodes one
// on top of the other, each reading the one below it twice, there are 2^n ways down. Relations that
// are not computed answer from what they have at hand.
enum { KEPT_SLICES = 8 }; // those of one node are asked for one after the other

typedef struct relation_answers {
    bool has_bounds, has_changing, has_promise, is_promised;
    pond_range bounds;
    pond_sv changing;
    unsigned n_fingerprints, n_works; // ever kept; the last ones are there
    struct {
        pond_range range;
        pond_sha256 rows;
    } fingerprints[KEPT_SLICES];
    struct {
        pond_range range;
        int64_t rows;
    } works[KEPT_SLICES];
} relation_answers;

// Where the relation's answers are kept; NULL: they are not.
static relation_answers *answers_of(pond_session *s, pond_relation *r) {
    if (r->is_computed && r->answers == NULL) {
        r->answers = POND_NEW(pond_session_arena(s), relation_answers);
        *r->answers = (relation_answers){0};
    }
    return r->answers;
}

static bool is_same_range(pond_range a, pond_range b) {
    return a.lo_us == b.lo_us && a.hi_us == b.hi_us && a.beyond == b.beyond;
}

static unsigned kept(unsigned n) {
    return n < KEPT_SLICES ? n : KEPT_SLICES;
}

// Questions ---------------------------------------------------------------------------------------

static pond_code ask_schema(pond_session *s, pond_relation *r, pond_err *err) {
    POND_TRY(begin_asking(s, r, ASKED_SCHEMA, err));
    pond_code rc = r->ops->schema(s, r, &r->schema, err);
    end_asking(s, r, ASKED_SCHEMA);
    return rc;
}

static pond_code ask_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                         pond_err *err) {
    POND_TRY(begin_asking(s, r, ASKED_SQL, err));
    pond_code rc = relation_statement_write(s, r, range, sql, err);
    end_asking(s, r, ASKED_SQL);
    return rc;
}

pond_code pond_relation_query_schema(pond_session *s, pond_relation *r, pond_schema *out,
                                     pond_err *err) {
    if (!r->has_schema) {
        POND_TRY_CTX(ask_schema(s, r, err), err, "%.*s", POND_SV_ARG(r->path));
        if (r->time_column.n == 0) {
            const pond_column *t = pond_find_time_column(r->schema);
            if (t != NULL)
                r->time_column = t->name;
        }
        r->has_schema = true;
    }
    *out = r->schema;
    return POND_OK;
}

pond_code pond_relation_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
    POND_TRY(pond_relation_query_schema(s, r, out, err));
    return r->is_flat ? pond_schema_check_flat(*out, r->path, err) : POND_OK;
}

pond_code pond_relation_is_sliceable(pond_session *s, pond_relation *r, bool *out, pond_err *err) {
    if (r->slicing == POND_SLICES_ASK) {
        bool is_sliceable;
        POND_TRY(begin_asking(s, r, ASKED_SLICING, err));
        pond_code rc = r->ops->is_sliceable(s, r, &is_sliceable, err);
        end_asking(s, r, ASKED_SLICING);
        POND_TRY(rc);
        r->slicing = is_sliceable ? POND_SLICES_ALWAYS : POND_SLICES_NEVER;
    }
    *out = r->slicing == POND_SLICES_ALWAYS;
    return POND_OK;
}

void pond_relation_release(pond_session *s, pond_relation *r) {
    if (r->ops->release != NULL)
        r->ops->release(s, r);
}

pond_row_count pond_relation_count(pond_session *s, pond_relation *r, pond_range range) {
    return r->ops->count == NULL ? (pond_row_count){0, INT64_MAX} : r->ops->count(s, r, range);
}

pond_code pond_relation_is_promised(pond_session *s, pond_relation *r, bool *out, pond_err *err) {
    relation_answers *known = answers_of(s, r);
    *out = known != NULL && known->is_promised;
    if (r->ops->is_promised == NULL || (known != NULL && known->has_promise))
        return POND_OK;
    POND_TRY(r->ops->is_promised(s, r, out, err));
    if (known != NULL) {
        known->is_promised = *out;
        known->has_promise = true;
    }
    return POND_OK;
}

pond_code pond_relation_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                            pond_err *err) {
    bool is_sliceable;
    if (!r->may_have_odd_times)
        range.beyond = POND_NOTHING_BEYOND;
    if (pond_range_is_all(range))
        return ask_sql(s, r, range, sql, err);
    POND_TRY(pond_relation_is_sliceable(s, r, &is_sliceable, err));
    if (is_sliceable)
        return ask_sql(s, r, range, sql, err);
    pond_schema schema;
    POND_TRY(pond_relation_query_schema(s, r, &schema, err));
    const pond_column *t = pond_schema_find(schema, r->time_column);
    if (t == NULL)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' has no time column to select a range by",
                         POND_SV_ARG(r->path));
    pond_buf_str(sql, "SELECT * FROM (");
    POND_TRY(ask_sql(s, r, POND_RANGE_ALL, sql, err));
    pond_buf_str(sql, ") WHERE ");
    pond_sql_time_filter(sql, t->name, t->type, range);
    return POND_OK;
}

pond_order pond_relation_order(pond_session *s, pond_relation *r, pond_range range) {
    return r->ops->order == NULL ? POND_UNORDERED : r->ops->order(s, r, range);
}

pond_code pond_relation_sql_ordered(pond_session *s, pond_relation *r, pond_range range,
                                    pond_buf *sql, pond_err *err) {
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, r, &schema, err));
    if (pond_relation_order(s, r, range) == POND_ORDERED)
        return pond_relation_sql(s, r, range, sql, err);
    pond_buf_str(sql, "SELECT * FROM (");
    POND_TRY(pond_relation_sql(s, r, range, sql, err));
    pond_buf_str(sql, ")");
    pond_sql_order(sql, r);
    return POND_OK;
}

pond_code pond_relation_order_varies(pond_session *s, pond_relation *r, bool *out, pond_err *err) {
    pond_schema schema;
    POND_TRY(pond_relation_query_schema(s, r, &schema, err));
    *out = r->order_varies;
    if (r->ops->order_varies != NULL && !r->knows_order)
        POND_TRY(r->ops->order_varies(s, r, out, err));
    r->order_varies = *out;
    r->knows_order = true;
    return POND_OK;
}

pond_code pond_relation_sql_steady(pond_session *s, pond_relation *r, pond_range range,
                                   pond_buf *sql, pond_err *err) {
    bool order_varies;
    POND_TRY(pond_relation_order_varies(s, r, &order_varies, err));
    return order_varies ? pond_relation_sql_ordered(s, r, range, sql, err)
                        : pond_relation_sql(s, r, range, sql, err);
}

pond_code pond_relation_query(pond_session *s, pond_relation *r, pond_range range, pond_sv query,
                              pond_buf *sql, pond_err *err) {
    static const pond_sv source = {"source", 6};
    if (query.n == 0)
        return pond_relation_sql_ordered(s, r, range, sql, err);
    pond_engine *engine;
    pond_select_input input = {.is_series = r->is_series};
    pond_select select = {.sql = query, .tables = &source, .n_tables = 1, .inputs = &input};
    POND_TRY(pond_relation_query_schema(s, r, &input.schema, err));
    POND_TRY(pond_session_engine(s, &engine, err));
    POND_TRY(pond_engine_select_check(engine, pond_session_arena(s), &select, err));
    if (select.n_used > 0) {
        pond_buf_str(sql, "WITH source AS NOT MATERIALIZED (");
        POND_TRY(pond_relation_sql_steady(s, r, range, sql, err));
        pond_buf_str(sql, ") ");
    }
    pond_engine_sql_select(sql, query);
    return POND_OK;
}

pond_code pond_relation_explain(pond_session *s, pond_relation *r, pond_code rc, pond_err *err) {
    static const pond_sv source = {"source", 6};
    pond_select_input input = {.is_series = r->is_series};
    pond_select select = {.tables = &source, .n_tables = 1, .inputs = &input};
    if (rc == POND_ERR_QUERY && pond_relation_query_schema(s, r, &input.schema, NULL) == POND_OK)
        pond_engine_select_explain(&select, err);
    return rc;
}

pond_code pond_relation_table_sql(pond_session *s, pond_relation *r, pond_range range,
                                  pond_buf *sql, pond_err *err) {
    return r->ops->table_sql(s, r, range, sql, err);
}

pond_range pond_relation_table_range(pond_session *s, pond_relation *r, pond_range range) {
    return r->ops->table_range == NULL ? range : r->ops->table_range(s, r, range);
}

int64_t pond_relation_table_rows(pond_session *s, pond_relation *r, pond_range range) {
    return r->ops->table_rows(s, r, range);
}

pond_code pond_relation_from_table_unordered(pond_session *s, pond_relation *r, pond_range range,
                                             pond_sv table, pond_buf *sql, pond_err *err) {
    return r->ops->from_table(s, r, range, table, sql, err);
}

pond_code pond_relation_from_table(pond_session *s, pond_relation *r, pond_range range,
                                   pond_sv table, pond_buf *sql, pond_err *err) {
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, r, &schema, err));
    if (pond_relation_order(s, r, range) == POND_ORDERED)
        return pond_relation_from_table_unordered(s, r, range, table, sql, err);
    pond_buf_str(sql, "SELECT * FROM (");
    POND_TRY(pond_relation_from_table_unordered(s, r, range, table, sql, err));
    pond_buf_str(sql, ")");
    pond_sql_order(sql, r);
    return POND_OK;
}

static pond_code ask_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                 pond_sha256 *out, pond_err *err) {
    POND_TRY(begin_asking(s, r, ASKED_FINGERPRINT, err));
    pond_hasher *h = pond_hasher_new();
    pond_hasher_field(h, pond_sv_of(pond_engine_version()));
    pond_code rc = r->ops->fingerprint(s, r, range, h, err);
    end_asking(s, r, ASKED_FINGERPRINT);
    if (rc != POND_OK) {
        pond_hasher_free(h);
        return rc;
    }
    *out = pond_hasher_finish(h);
    return POND_OK;
}

pond_code pond_relation_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                    pond_sha256 *out, pond_err *err) {
    bool is_sliceable;
    POND_TRY(pond_relation_is_sliceable(s, r, &is_sliceable, err));
    if (!is_sliceable)
        range = POND_RANGE_ALL;
    relation_answers *known = answers_of(s, r);
    for (unsigned i = 0; known != NULL && i < kept(known->n_fingerprints); i++)
        if (is_same_range(known->fingerprints[i].range, range)) {
            *out = known->fingerprints[i].rows;
            return POND_OK;
        }
    POND_TRY(ask_fingerprint(s, r, range, out, err));
    if (known != NULL) {
        unsigned at = known->n_fingerprints++ % KEPT_SLICES;
        known->fingerprints[at].range = range;
        known->fingerprints[at].rows = *out;
    }
    return POND_OK;
}

int64_t pond_relation_work(pond_session *s, pond_relation *r, pond_range range) {
    relation_answers *known = answers_of(s, r);
    if (r->slicing == POND_SLICES_NEVER)
        range = POND_RANGE_ALL;
    if (r->ops->work == NULL)
        return r->ops->table_rows == NULL ? 0 : r->ops->table_rows(s, r, range);
    for (unsigned i = 0; known != NULL && i < kept(known->n_works); i++)
        if (is_same_range(known->works[i].range, range))
            return known->works[i].rows;
    int64_t rows = r->ops->work(s, r, range);
    if (known != NULL) {
        unsigned at = known->n_works++ % KEPT_SLICES;
        known->works[at].range = range;
        known->works[at].rows = rows;
    }
    return rows;
}

bool pond_relation_sums_vary(const pond_relation *r) {
    return r->ops->sums_vary == NULL ? r->sums_vary : r->ops->sums_vary(r);
}

pond_code pond_relation_changing(pond_session *s, pond_relation *r, pond_sv *out, pond_err *err) {
    relation_answers *known = answers_of(s, r);
    *out = (pond_sv){NULL, 0};
    if (r->ops->changing == NULL)
        return POND_OK;
    if (known != NULL && known->has_changing) {
        *out = known->changing;
        return POND_OK;
    }
    POND_TRY(begin_asking(s, r, ASKED_CHANGING, err));
    pond_code rc = r->ops->changing(s, r, out, err);
    end_asking(s, r, ASKED_CHANGING);
    if (rc == POND_OK && known != NULL) {
        known->changing = *out;
        known->has_changing = true;
    }
    return rc;
}

pond_code pond_relation_inputs(pond_session *s, pond_relation *r, pond_map *out, pond_err *err) {
    return r->ops->inputs == NULL ? POND_OK : r->ops->inputs(s, r, out, err);
}

pond_code pond_relation_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    relation_answers *known = answers_of(s, r);
    if (known != NULL && known->has_bounds) {
        *out = known->bounds;
        return POND_OK;
    }
    POND_TRY(begin_asking(s, r, ASKED_BOUNDS, err));
    pond_code rc = r->ops->bounds(s, r, out, err);
    end_asking(s, r, ASKED_BOUNDS);
    if (rc == POND_OK && known != NULL) {
        known->bounds = *out;
        known->has_bounds = true;
    }
    return rc;
}
