#include "relation/relation.h"

#include "base/time.h"
#include "relation/internal.h"
#include "relation/stored.h"

#include <inttypes.h>
#include <strings.h>

pond_range pond_range_intersect(pond_range a, pond_range b) {
    return (pond_range){a.lo_us > b.lo_us ? a.lo_us : b.lo_us,
                        a.hi_us < b.hi_us ? a.hi_us : b.hi_us, false};
}

// Making and asking
// ---------------------------------------------------------------------------------

pond_code pond_relation_of(pond_session *s, const pond_node *node, pond_relation **out,
                           pond_err *err) {
    void **cached = pond_map_at(relation_map(s), node->path, NULL);
    if (*cached != NULL) {
        *out = *cached;
        return POND_OK;
    }
    if (!pond_type_is_queryable(node->type))
        return pond_fail(
            err, POND_ERR_CONFLICT,
            "'%.*s' holds bytes, not rows: it is %s (a table or a series is needed; for "
            "text such as CSV write csv://%.*s)",
            POND_SV_ARG(node->path), pond_type_name(node->type), POND_SV_ARG(node->path));
    pond_relation *r = NULL;
    if (pond_type_is_dynamic(node->type)) {
        POND_TRY(pond_fs_open_dynamic(pond_session_fs(s), node, err));
        const pond_relate *relate = node->dyn == NULL ? NULL : node->dyn->relate;
        POND_ASSERT(relate != NULL);
        POND_TRY_CTX(relate->make(s, node, &r, err), err, "%.*s", POND_SV_ARG(node->path));
    } else {
        POND_TRY(pond_stored_relation(s, node, &r, err));
    }
    r->path = node->path;
    // Making it may have asked for other relations, so the place in the map is looked up again.
    *pond_map_at(relation_map(s), node->path, NULL) = r;
    *out = r;
    return POND_OK;
}

// A relation asks its sources what it is asked itself. One that is asked again before it has
// answered is, somewhere down the line, a source of its own.
enum { ASKED_SCHEMA = 1, ASKED_SQL = 2, ASKED_FINGERPRINT = 4, ASKED_BOUNDS = 8 };

static pond_code begin_asking(pond_relation *r, unsigned question, pond_err *err) {
    if (r->busy & question)
        return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' is made from itself",
                         POND_SV_ARG(r->path));
    r->busy |= question;
    return POND_OK;
}

static pond_code ask_schema(pond_session *s, pond_relation *r, pond_err *err) {
    POND_TRY(begin_asking(r, ASKED_SCHEMA, err));
    pond_code rc = r->ops->schema(s, r, &r->schema, err);
    r->busy &= ~(unsigned)ASKED_SCHEMA;
    return rc;
}

// What the engine needs to plan a query within queries triples with each: eight take a second and a quarter of a
// gigabyte, a dozen would take the machine.
enum { MAX_NESTED = 8 };

static pond_code ask_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                         pond_err *err) {
    int *depth = relation_depth(s);
    if (r->is_query && *depth == MAX_NESTED)
        return pond_fail(err, POND_ERR_LIMIT,
                         "more than %d queries of nodes are nested in each other, '%.*s' the last; "
                         "join some of them into one",
                         MAX_NESTED, POND_SV_ARG(r->path));
    POND_TRY(begin_asking(r, ASKED_SQL, err));
    *depth += r->is_query;
    pond_code rc = r->ops->sql(s, r, range, sql, err);
    *depth -= r->is_query;
    r->busy &= ~(unsigned)ASKED_SQL;
    return rc;
}

pond_code pond_relation_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
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

static bool is_all(pond_range range) {
    return range.lo_us == INT64_MIN && range.hi_us == INT64_MAX;
}

pond_code pond_relation_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                            pond_err *err) {
    if (r->is_sliceable || is_all(range))
        return ask_sql(s, r, range, sql, err);
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, r, &schema, err));
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

pond_code pond_relation_shared(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                               pond_err *err) {
    return r->ops->shared(s, r, range, sql, err);
}

int64_t pond_relation_shared_rows(pond_session *s, pond_relation *r, pond_range range) {
    return r->ops->shared_rows(s, r, range);
}

pond_code pond_relation_from_shared_unordered(pond_session *s, pond_relation *r, pond_range range,
                                              pond_sv table, pond_buf *sql, pond_err *err) {
    return r->ops->from_shared(s, r, range, table, sql, err);
}

pond_code pond_relation_from_shared(pond_session *s, pond_relation *r, pond_range range,
                                    pond_sv table, pond_buf *sql, pond_err *err) {
    pond_schema schema;
    POND_TRY(pond_relation_schema(s, r, &schema, err));
    if (pond_relation_order(s, r, range) == POND_ORDERED)
        return pond_relation_from_shared_unordered(s, r, range, table, sql, err);
    pond_buf_str(sql, "SELECT * FROM (");
    POND_TRY(pond_relation_from_shared_unordered(s, r, range, table, sql, err));
    pond_buf_str(sql, ")");
    pond_sql_order(sql, r);
    return POND_OK;
}

pond_code pond_relation_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                    pond_sha256 *out, pond_err *err) {
    POND_TRY(begin_asking(r, ASKED_FINGERPRINT, err));
    pond_hasher *h = pond_hasher_new();
    pond_hasher_part(h, pond_sv_of(pond_engine_version()));
    pond_code rc = r->ops->fingerprint(s, r, r->is_sliceable ? range : POND_RANGE_ALL, h, err);
    r->busy &= ~(unsigned)ASKED_FINGERPRINT;
    if (rc != POND_OK) {
        pond_hasher_free(h);
        return rc;
    }
    *out = pond_hasher_finish(h);
    return POND_OK;
}

pond_code pond_relation_inputs(pond_session *s, pond_relation *r, pond_map *out, pond_err *err) {
    return r->ops->inputs == NULL ? POND_OK : r->ops->inputs(s, r, out, err);
}

pond_code pond_relation_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    POND_TRY(begin_asking(r, ASKED_BOUNDS, err));
    pond_code rc = r->ops->bounds(s, r, out, err);
    r->busy &= ~(unsigned)ASKED_BOUNDS;
    return rc;
}

// Pieces of SQL
// -------------------------------------------------------------------------------------

// Microseconds in one tick of a timestamp type: a bound between two ticks is rounded up to the
// next, which keeps both `>= lo` and `< hi` right.
static int64_t tick_us(pond_sv sql_type) {
    return pond_sv_is(sql_type, "TIMESTAMP_S")    ? POND_US_PER_S
           : pond_sv_is(sql_type, "TIMESTAMP_MS") ? POND_US_PER_MS
                                                  : 1;
}

static int64_t ceil_to(int64_t t_us, int64_t step) {
    int64_t rest = t_us % step;
    if (rest == 0)
        return t_us;
    return rest < 0 ? t_us - rest : t_us - rest + step;
}

// Instants that the engine can hold: it refuses years beyond these, and no data has them.
static const int64_t ENGINE_MIN_US = -INT64_C(9000000000000000000);
static const int64_t ENGINE_MAX_US = INT64_C(9000000000000000000);

static void sql_instant(pond_buf *sql, int64_t t_us, pond_sv sql_type) {
    int64_t tick = ceil_to(t_us, tick_us(sql_type));
    if (pond_sv_is(sql_type, "TIMESTAMP WITH TIME ZONE")) {
        char text[40];
        pond_time_format(tick, text);
        pond_buf_printf(sql, "CAST('%s' AS TIMESTAMP WITH TIME ZONE)", text);
    } else {
        pond_buf_printf(sql, "CAST(make_timestamp(%" PRId64 ") AS %.*s)", tick,
                        POND_SV_ARG(sql_type));
    }
}

void pond_sql_time_filter(pond_buf *sql, pond_sv column, pond_sv sql_type, pond_range range) {
    bool has_lo = range.lo_us > ENGINE_MIN_US, has_hi = range.hi_us < ENGINE_MAX_US;
    if (has_lo) {
        pond_buf_sql_name(sql, column);
        pond_buf_str(sql, " >= ");
        sql_instant(sql, range.lo_us, sql_type);
    }
    if (has_lo && has_hi)
        pond_buf_str(sql, " AND ");
    if (has_hi) {
        pond_buf_sql_name(sql, column);
        pond_buf_str(sql, " < ");
        sql_instant(sql, range.hi_us, sql_type);
    }
    if (!has_lo && !has_hi)
        pond_buf_str(sql, "true");
}

void pond_sql_order(pond_buf *sql, const pond_relation *r) {
    const char *sep = " ORDER BY ";
    if (r->time_column.n > 0) {
        pond_buf_str(sql, sep);
        pond_buf_sql_name(sql, r->time_column);
        sep = ", ";
        if (r->is_time_unique)
            return;
    } else if (!r->is_series) {
        return; // a table keeps the order that its query or its file gives
    }
    for (size_t i = 0; i < r->schema.n; i++) {
        if (pond_sv_eq(r->schema.items[i].name, r->time_column))
            continue;
        pond_buf_str(sql, sep);
        pond_buf_sql_name(sql, r->schema.items[i].name);
        sep = ", ";
    }
}

void pond_sql_empty(pond_buf *sql, pond_schema schema) {
    pond_buf_str(sql, "SELECT ");
    for (size_t i = 0; i < schema.n; i++) {
        pond_buf_printf(sql, "%sCAST(NULL AS %.*s) AS ", i == 0 ? "" : ", ",
                        POND_SV_ARG(schema.items[i].type));
        pond_buf_sql_name(sql, schema.items[i].name);
    }
    pond_buf_str(sql, " WHERE false");
}

bool pond_schema_equal(pond_schema a, pond_schema b) {
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n && a.items != b.items; i++)
        if (!pond_sv_eq(a.items[i].name, b.items[i].name) ||
            !pond_sv_eq(a.items[i].type, b.items[i].type))
            return false;
    return true;
}

void pond_sql_project(pond_buf *sql, pond_schema have, pond_schema want) {
    if (pond_schema_equal(have, want)) {
        pond_buf_char(sql, '*');
        return;
    }
    for (size_t i = 0; i < want.n; i++) {
        const pond_column *w = &want.items[i], *h = pond_schema_find(have, w->name);
        if (i > 0)
            pond_buf_str(sql, ", ");
        if (h != NULL && pond_sv_eq(h->type, w->type)) {
            pond_buf_sql_name(sql, w->name);
            continue;
        }
        // TRY_CAST: a column of NULLs may have any type, and casts to any.
        pond_buf_str(sql, "TRY_CAST(");
        if (h == NULL)
            pond_buf_str(sql, "NULL");
        else
            pond_buf_sql_name(sql, w->name);
        pond_buf_printf(sql, " AS %.*s) AS ", POND_SV_ARG(w->type));
        pond_buf_sql_name(sql, w->name);
    }
}

// Name rules
// ----------------------------------------------------------------------------------------

static const char *const time_names[] = {"timestamp", "Timestamp", "event_time",
                                         "time",      "ts",        "datetime"};
enum { N_TIME_NAMES = sizeof time_names / sizeof *time_names };

const pond_column *pond_find_time_column(pond_schema schema) {
    for (size_t i = 0; i < N_TIME_NAMES; i++) {
        const pond_column *c = pond_schema_find(schema, pond_sv_of(time_names[i]));
        if (c != NULL && pond_type_is_time(c->type))
            return c;
    }
    return NULL;
}

const pond_column *pond_find_time_name(pond_schema schema) {
    for (size_t i = 0; i < N_TIME_NAMES; i++) {
        const pond_column *c = pond_schema_find(schema, pond_sv_of(time_names[i]));
        if (c != NULL)
            return c;
    }
    return NULL;
}

bool pond_column_name_eq(pond_sv a, pond_sv b) {
    return a.n == b.n && strncasecmp(a.p, b.p, a.n) == 0;
}

// Widest last. Decimals are not ordered among these: with another type they become doubles.
static int numeric_rank(pond_sv type) {
    static const char *const ranks[] = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT",
                                        "HUGEINT", "FLOAT",    "DOUBLE"};
    for (int i = 0; i < (int)(sizeof ranks / sizeof *ranks); i++)
        if (pond_sv_is(type, ranks[i]))
            return i;
    return -1;
}

bool pond_unite_types(pond_sv a, pond_sv b, pond_sv *out) {
    if (pond_sv_eq(a, b)) {
        *out = a;
        return true;
    }
    if (pond_type_is_numeric(a) && pond_type_is_numeric(b)) {
        int ra = numeric_rank(a), rb = numeric_rank(b);
        // BIGINT and wider into FLOAT loses digits; so does anything with a decimal or an unsigned
        // 64-bit integer.
        bool keeps =
            ra >= 0 && rb >= 0 && !(ra + rb > 0 && (ra == 5 || rb == 5) && (ra < 5 || rb < 5));
        *out = keeps ? (ra > rb ? a : b) : POND_SV("DOUBLE");
        return true;
    }
    if (pond_type_is_time(a) && pond_type_is_time(b)) {
        bool zone_a = pond_sv_is(a, "TIMESTAMP WITH TIME ZONE");
        bool zone_b = pond_sv_is(b, "TIMESTAMP WITH TIME ZONE");
        if (zone_a || zone_b)
            return false;
        *out = tick_us(a) > tick_us(b) ? b : pond_sv_is(b, "TIMESTAMP_NS") ? b : a;
        return true;
    }
    return false;
}
