#include "factory/stored.h"

#include "base/time.h"

#include <inttypes.h>
#include <stdlib.h>

// What is recorded of a version's rows ----------------------------------------------------------

// Rows on more scattered stretches of days than this are not worth telling apart.
enum { MAX_DAY_RUNS = 512 };

static pond_code incomplete(pond_err *err) {
    return pond_fail(err, POND_ERR_CORRUPT, "what is recorded of a version's rows is incomplete");
}

static bool parse_column(pond_value v, pond_stored_column *out) {
    const pond_value *name = pond_get_lit(v, "name"), *type = pond_get_lit(v, "type");
    const pond_value *nulls = pond_get_lit(v, "nulls");
    if (name == NULL || name->kind != POND_STRING || type == NULL || type->kind != POND_STRING ||
        nulls == NULL || nulls->kind != POND_INT)
        return false;
    *out = (pond_stored_column){pond_value_sv(*name), pond_value_sv(*type), nulls->i};
    return true;
}

static bool parse_days(pond_value v, pond_stored_days *out) {
    if (v.kind != POND_ARRAY || v.n != 2 || v.items[0].kind != POND_INT ||
        v.items[1].kind != POND_INT)
        return false;
    *out = (pond_stored_days){v.items[0].i, v.items[1].i};
    return true;
}

static const char *const order_names[] = {
    [POND_UNORDERED] = NULL, [POND_ASCENDING] = "ascending", [POND_ORDERED] = "strict"};

static pond_order parse_order(const pond_value *v) {
    for (int i = POND_ASCENDING; v != NULL && v->kind == POND_STRING && i <= POND_ORDERED; i++)
        if (pond_sv_is(pond_value_sv(*v), order_names[i]))
            return (pond_order)i;
    return POND_UNORDERED;
}

pond_code pond_stored_facts_parse(pond_arena *a, pond_sv json, pond_stored_facts *out,
                                  pond_err *err) {
    pond_value v;
    POND_TRY(pond_json_parse(a, json, "facts of a version", &v, err));
    const pond_value *columns = pond_get_lit(v, "columns"), *order = pond_get_lit(v, "order");
    const pond_value *days = pond_get_lit(v, "days");
    if (columns == NULL || columns->kind != POND_ARRAY)
        return incomplete(err);
    *out = (pond_stored_facts){.n = columns->n, .order = parse_order(order)};
    out->items = POND_NEW_ARRAY(a, pond_stored_column, columns->n);
    for (size_t i = 0; i < columns->n; i++)
        if (!parse_column(columns->items[i], &out->items[i]))
            return incomplete(err);
    if (days == NULL || days->kind != POND_ARRAY)
        return POND_OK;
    out->n_days = days->n;
    out->days = POND_NEW_ARRAY(a, pond_stored_days, days->n);
    for (size_t i = 0; i < days->n; i++)
        if (!parse_days(days->items[i], &out->days[i]))
            return incomplete(err);
    return POND_OK;
}

static void write_columns(pond_buf *json, pond_schema schema, const int64_t *nulls) {
    pond_buf_str(json, "{\"columns\":[");
    for (size_t i = 0; i < schema.n; i++) {
        pond_buf_str(json, i == 0 ? "{\"name\":" : ",{\"name\":");
        pond_json_string(json, schema.items[i].name);
        pond_buf_str(json, ",\"type\":");
        pond_json_string(json, schema.items[i].type);
        pond_buf_printf(json, ",\"nulls\":%" PRId64 "}", nulls[i]);
    }
    pond_buf_char(json, ']');
}

// Measuring -------------------------------------------------------------------------------------

static pond_code find_series_time(pond_schema schema, pond_sv what, const pond_column **out,
                                  pond_err *err) {
    *out = pond_find_time_column(schema);
    if (*out != NULL)
        return POND_OK;
    pond_fail(err, POND_ERR_INVALID, "'%.*s' has no time column, which a series needs",
              POND_SV_ARG(what));
    pond_err_detail(
        err,
        "  a column named timestamp, event_time, time, ts or datetime with a TIMESTAMP type is "
        "looked for; the columns are:");
    for (size_t i = 0; i < schema.n; i++)
        pond_err_detail(err, "    %.*s  %.*s", POND_SV_ARG(schema.items[i].name),
                        POND_SV_ARG(schema.items[i].type));
    const pond_column *named = pond_find_time_name(schema);
    if (named != NULL)
        pond_err_detail(err,
                        "  '%.*s' is %.*s; --sql 'SELECT * REPLACE (CAST(%.*s AS TIMESTAMP) AS "
                        "%.*s) FROM source' makes it a time, or names a value that is none",
                        POND_SV_ARG(named->name), POND_SV_ARG(named->type),
                        POND_SV_ARG(named->name), POND_SV_ARG(named->name));
    else
        pond_err_detail(err, "  --sql 'SELECT make_timestamp(year, month, day, hour, 0, 0) AS "
                             "timestamp, … FROM source' can make one");
    return err == NULL ? POND_ERR_INVALID : err->code;
}

// count(*), the NULLs of each column, and the bounds of the time column if there is one.
static pond_code count_rows(pond_engine *engine, pond_sv file, pond_schema schema,
                            const pond_column *t, int64_t *out, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT count(*)");
    for (size_t i = 0; i < schema.n; i++) {
        pond_buf_str(&sql, ", count(*) - count(");
        pond_buf_sql_name(&sql, schema.items[i].name);
        pond_buf_char(&sql, ')');
    }
    for (int i = 0; t != NULL && i < 2; i++) {
        // Casting a timestamp to microseconds rounds one in nanoseconds down, which bounds are
        // compared as.
        pond_buf_printf(&sql, ", epoch_us(CAST(%s(", i == 0 ? "min" : "max");
        pond_buf_sql_name(&sql, t->name);
        pond_buf_str(&sql, ") AS TIMESTAMP))");
    }
    pond_buf_str(&sql, " FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, out,
                                    1 + schema.n + (t != NULL ? 2 : 0), err);
    pond_buf_free(&sql);
    return rc;
}

// How each row's time stands to that of the row before it, in the order of the file.
static pond_code check_order(pond_engine *engine, pond_sv file, const pond_column *t,
                             pond_order *order, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    int64_t n[2]; // rows at the same time as the one before them, rows before it
    pond_buf_str(&sql,
                 "SELECT count(*) FILTER (before = t), count(*) FILTER (before > t) FROM (SELECT ");
    pond_buf_sql_name(&sql, t->name);
    pond_buf_str(&sql, " AS t, lag(");
    pond_buf_sql_name(&sql, t->name);
    pond_buf_str(&sql, ") OVER () AS before FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    pond_buf_char(&sql, ')');
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, n, 2, err);
    pond_buf_free(&sql);
    if (rc == POND_OK)
        *order = n[1] > 0 ? POND_UNORDERED : n[0] > 0 ? POND_ASCENDING : POND_ORDERED;
    return rc;
}

// `,"days":[[first, last], …]`: runs of days that have rows; nothing when there are too many runs.
static pond_code write_days(pond_engine *engine, pond_sv file, const pond_column *t, pond_buf *json,
                            pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY, days = POND_BUF_EMPTY;
    pond_rows *rows = NULL;
    size_t n_runs = 0;
    pond_buf_str(
        &sql,
        "SELECT min(d), max(d) FROM (SELECT d, d - row_number() OVER (ORDER BY d) AS run FROM "
        "(SELECT DISTINCT CAST(floor(epoch_us(CAST(");
    pond_buf_sql_name(&sql, t->name);
    pond_buf_str(&sql, " AS TIMESTAMP)) / 86400000000) AS BIGINT) AS d FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    pond_buf_str(&sql, ")) GROUP BY run ORDER BY 1");
    pond_code rc = pond_engine_query(engine, pond_buf_view(&sql), &rows, err);
    for (size_t n = 1; rc == POND_OK && n > 0; n_runs += n) {
        rc = pond_rows_next(rows, &n, err);
        for (size_t i = 0; rc == POND_OK && i < n; i++)
            pond_buf_printf(&days, "%s[%" PRId64 ",%" PRId64 "]", n_runs + i == 0 ? "" : ",",
                            pond_rows_int(rows, 0, i), pond_rows_int(rows, 1, i));
    }
    pond_rows_close(rows);
    if (rc == POND_OK && n_runs <= MAX_DAY_RUNS)
        pond_buf_printf(json, ",\"days\":[%s]", days.p == NULL ? "" : days.p);
    pond_buf_free(&sql);
    pond_buf_free(&days);
    return rc;
}

static pond_code no_null_times(int64_t n, pond_sv what, const pond_column *t, pond_err *err) {
    if (n == 0)
        return POND_OK;
    return pond_fail(
        err, POND_ERR_INVALID,
        "'%.*s' has %" PRId64
        " row%s without a time (NULL in column '%.*s'); a series needs one in every row",
        POND_SV_ARG(what), n, n == 1 ? "" : "s", POND_SV_ARG(t->name));
}

pond_code pond_stored_measure(pond_session *s, const char *path, pond_sv what, bool is_series,
                              pond_version *out, pond_err *err) {
    pond_engine *engine;
    pond_schema schema;
    pond_sv file = pond_sv_of(path);
    POND_TRY(pond_session_engine(s, &engine, err));
    POND_TRY(pond_engine_parquet_schema(engine, s->arena, path, &schema, err));
    const pond_column *t = NULL;
    if (is_series)
        POND_TRY(find_series_time(schema, what, &t, err));
    int64_t *counts = POND_NEW_ARRAY(s->arena, int64_t, schema.n + 3);
    POND_TRY(count_rows(engine, file, schema, t, counts, err));
    *out = (pond_version){.rows = counts[0], .t_min_us = 1, .t_max_us = 0};
    pond_order order = POND_UNORDERED;
    if (t != NULL) {
        POND_TRY(no_null_times(counts[1 + (t - schema.items)], what, t, err));
        POND_TRY(check_order(engine, file, t, &order, err));
        out->time_column = t->name;
    }
    if (t != NULL && out->rows > 0) {
        out->t_min_us = counts[1 + schema.n];
        out->t_max_us = counts[2 + schema.n];
    }
    pond_buf json = POND_BUF_EMPTY;
    write_columns(&json, schema, counts + 1);
    if (order != POND_UNORDERED)
        pond_buf_printf(&json, ",\"order\":\"%s\"", order_names[order]);
    pond_code rc = t == NULL ? POND_OK : write_days(engine, file, t, &json, err);
    pond_buf_char(&json, '}');
    out->facts = pond_sv_dup(s->arena, pond_buf_view(&json));
    pond_buf_free(&json);
    return rc;
}

// Uniting versions ------------------------------------------------------------------------------

// One column of a series over all its versions. A version in which it holds nothing but NULLs does
// not vote on its type: a month in which a sensor was silent reads as text when it comes from CSV.
typedef struct united_column {
    pond_sv name, type;
    bool is_voted; // some version holds a value
} united_column;

typedef struct united {
    united_column *items;
    size_t n;
} united;

static united_column *find_united(united *u, pond_sv name) {
    for (size_t i = 0; i < u->n; i++)
        if (pond_column_name_eq(u->items[i].name, name))
            return &u->items[i];
    return NULL;
}

// Adds the columns of one version; a column that cannot be united is reported as a line of
// *conflicts.
static void unite_version(united *u, const pond_stored_facts *columns, const pond_version *v,
                          pond_buf *conflicts) {
    for (size_t i = 0; i < columns->n; i++) {
        const pond_stored_column *c = &columns->items[i];
        bool has_values = c->n_nulls < v->rows;
        united_column *known = find_united(u, c->name);
        if (known == NULL) {
            u->items[u->n++] = (united_column){c->name, c->type, has_values};
            continue;
        }
        if (!pond_sv_eq(known->name, c->name)) {
            pond_buf_printf(conflicts,
                            "    column '%.*s': it is '%.*s' in the series; names that differ in "
                            "case alone are one\n",
                            POND_SV_ARG(c->name), POND_SV_ARG(known->name));
            continue;
        }
        if (!has_values)
            continue;
        if (!known->is_voted)
            known->type = c->type;
        else if (!pond_unite_types(known->type, c->type, &known->type))
            pond_buf_printf(conflicts,
                            "    column '%.*s': %.*s in the series, %.*s in the new rows\n",
                            POND_SV_ARG(c->name), POND_SV_ARG(known->type), POND_SV_ARG(c->type));
        known->is_voted = true;
    }
}

static pond_code unite_versions(pond_arena *a, const pond_version *versions, size_t n,
                                pond_stored_facts *each, united *out, pond_buf *conflicts,
                                pond_err *err) {
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        // Most versions have the columns of the one before: parse those once.
        if (i > 0 && pond_sv_eq(versions[i].facts, versions[i - 1].facts)) {
            each[i] = each[i - 1];
            continue;
        }
        POND_TRY(pond_stored_facts_parse(a, versions[i].facts, &each[i], err));
        most += each[i].n;
    }
    *out = (united){.items = POND_NEW_ARRAY(a, united_column, most)};
    for (size_t i = 0; i < n; i++)
        unite_version(out, &each[i], &versions[i], conflicts);
    return POND_OK;
}

pond_code pond_stored_check_append(pond_arena *a, const pond_version_vec *versions,
                                   const pond_version *added, pond_sv path, pond_err *err) {
    size_t n = versions->n + 1;
    pond_version *all = POND_NEW_ARRAY(a, pond_version, n);
    if (versions->n > 0)
        memcpy(all, versions->items, versions->n * sizeof *all);
    all[n - 1] = *added;
    pond_buf conflicts = POND_BUF_EMPTY;
    united u;
    pond_stored_facts *each = POND_NEW_ARRAY(a, pond_stored_facts, n);
    pond_code rc = unite_versions(a, all, n, each, &u, &conflicts, err);
    if (rc == POND_OK && versions->n > 0 &&
        !pond_sv_eq(versions->items[0].time_column, added->time_column))
        pond_buf_printf(
            &conflicts, "    time column: '%.*s' in the series, '%.*s' in the new rows\n",
            POND_SV_ARG(versions->items[0].time_column), POND_SV_ARG(added->time_column));
    if (rc == POND_OK && conflicts.n > 0) {
        rc = pond_fail(err, POND_ERR_CONFLICT, "the new rows do not fit the series '%.*s'",
                       POND_SV_ARG(path));
        pond_err_detail(err, "%s", conflicts.p);
        pond_err_detail(err,
                        "  cast the columns with --sql, or write them to a series of their own");
    }
    pond_buf_free(&conflicts);
    return rc;
}

// The relation ----------------------------------------------------------------------------------

typedef struct stored_part {
    const pond_version *version;
    const pond_stored_facts *facts;
    pond_schema schema;
} stored_part;

typedef struct stored_relation {
    pond_relation base;
    stored_part *parts; // versions in the order of their first times
    size_t n;
    pond_schema schema;
    const united_column *columns; // of the schema
} stored_relation;

static pond_code stored_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
    (void)s, (void)err;
    *out = ((stored_relation *)r)->schema;
    return POND_OK;
}

static pond_schema schema_of(pond_arena *a, const pond_stored_facts *c) {
    pond_column *items = POND_NEW_ARRAY(a, pond_column, c->n);
    for (size_t i = 0; i < c->n; i++)
        items[i] = (pond_column){c->items[i].name, c->items[i].type};
    return (pond_schema){items, c->n};
}

static bool overlaps(const stored_part *p, pond_range range) {
    const pond_version *v = p->version;
    if (v->rows <= 0)
        return false;
    if (v->time_column.n == 0)
        return true;
    if (v->t_max_us < range.lo_us || v->t_min_us >= range.hi_us)
        return false;
    bool is_hit = p->facts->days == NULL;
    for (size_t i = 0; i < p->facts->n_days && !is_hit; i++)
        is_hit = (p->facts->days[i].last + 1) * POND_US_PER_DAY > range.lo_us &&
                 p->facts->days[i].first * POND_US_PER_DAY < range.hi_us;
    return is_hit;
}

static pond_code stored_sql(pond_session *s, pond_relation *r, pond_range range, pond_buf *sql,
                            pond_err *err) {
    (void)err;
    const stored_relation *st = (stored_relation *)r;
    pond_sv *files = POND_NEW_ARRAY(s->arena, pond_sv, st->n);
    const pond_column *t = pond_schema_find(st->schema, r->time_column);
    bool is_first = true;
    // One read_parquet for each run of versions with the same columns, so that no file's schema is
    // guessed at.
    for (size_t i = 0; i < st->n;) {
        size_t run = i, n_files = 0;
        for (; run < st->n && pond_schema_equal(st->parts[i].schema, st->parts[run].schema); run++)
            if (overlaps(&st->parts[run], range))
                files[n_files++] =
                    pond_object_path(s->store, s->arena, &st->parts[run].version->object);
        if (n_files > 0) {
            pond_buf_str(sql, is_first ? "SELECT " : " UNION ALL SELECT ");
            pond_sql_project(sql, st->parts[i].schema, st->schema);
            pond_buf_str(sql, " FROM ");
            pond_engine_sql_read_parquet(sql, files, n_files, false);
            if (t != NULL && (range.lo_us != INT64_MIN || range.hi_us != INT64_MAX)) {
                pond_buf_str(sql, " WHERE ");
                pond_sql_time_filter(sql, t->name, t->type, range);
            }
            is_first = false;
        }
        i = run;
    }
    if (is_first)
        pond_sql_empty(sql, st->schema);
    return POND_OK;
}

// Files are read one after the other in the order of their first times: that is the order of the
// rows, if each file is in order and ends before the next begins.
static pond_order stored_order(pond_session *s, pond_relation *r, pond_range range) {
    (void)s;
    const stored_relation *st = (stored_relation *)r;
    const pond_version *before = NULL;
    pond_order order = r->is_series ? POND_ORDERED : POND_UNORDERED;
    for (size_t i = 0; i < st->n && order != POND_UNORDERED; i++) {
        const stored_part *p = &st->parts[i];
        if (!overlaps(p, range))
            continue;
        if (p->facts->order < order)
            order = p->facts->order;
        if (before != NULL && before->t_max_us > p->version->t_min_us)
            order = POND_UNORDERED;
        else if (before != NULL && before->t_max_us == p->version->t_min_us &&
                 order == POND_ORDERED)
            order = POND_ASCENDING;
        before = p->version;
    }
    return order;
}

static pond_code stored_from_shared(pond_session *s, pond_relation *r, pond_range range,
                                    pond_sv table, pond_buf *sql, pond_err *err) {
    (void)s, (void)err;
    const pond_column *t = pond_schema_find(r->schema, r->time_column);
    pond_buf_printf(sql, "SELECT * FROM %.*s WHERE ", POND_SV_ARG(table));
    pond_sql_time_filter(sql, t->name, t->type, range);
    return POND_OK;
}

// As if the rows of a version were spread evenly over its time.
static int64_t stored_rows(pond_session *s, pond_relation *r, pond_range range) {
    (void)s;
    const stored_relation *st = (stored_relation *)r;
    double n = 0;
    for (size_t i = 0; i < st->n; i++) {
        const pond_version *v = st->parts[i].version;
        if (!overlaps(&st->parts[i], range))
            continue;
        pond_range own = {v->t_min_us, v->t_max_us + 1, false},
                   cut = pond_range_intersect(own, range);
        n += (double)v->rows * (double)(cut.hi_us - cut.lo_us) / (double)(own.hi_us - own.lo_us);
    }
    return (int64_t)n;
}

static pond_code stored_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                    pond_hasher *h, pond_err *err) {
    (void)s, (void)err;
    const stored_relation *st = (stored_relation *)r;
    // The united types depend on all versions, also on those that the range does not touch.
    for (size_t i = 0; i < st->schema.n; i++) {
        pond_hasher_part(h, st->schema.items[i].name);
        pond_hasher_part(h, st->schema.items[i].type);
        pond_hasher_part(h, st->columns[i].is_voted ? POND_SV("") : POND_SV("silent"));
    }
    for (size_t i = 0; i < st->n; i++)
        if (overlaps(&st->parts[i], range))
            pond_hasher_part(h, (pond_sv){(const char *)st->parts[i].version->object.bytes, 32});
    return POND_OK;
}

static bool stored_is_silent(pond_relation *r, size_t column) {
    return !((stored_relation *)r)->columns[column].is_voted;
}

static pond_code stored_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    (void)s, (void)err;
    const stored_relation *st = (stored_relation *)r;
    *out = (pond_range){INT64_MAX, INT64_MIN, false};
    for (size_t i = 0; i < st->n; i++) {
        const pond_version *v = st->parts[i].version;
        if (v->rows <= 0 || v->time_column.n == 0)
            continue;
        if (v->t_min_us < out->lo_us)
            out->lo_us = v->t_min_us;
        if (v->t_max_us + 1 > out->hi_us)
            out->hi_us = v->t_max_us + 1;
    }
    return POND_OK;
}

static pond_code stored_inputs(pond_session *s, pond_relation *r, pond_map *out, pond_err *err) {
    pond_sha256 *h = POND_NEW(s->arena, pond_sha256);
    POND_TRY(pond_relation_fingerprint(s, r, POND_RANGE_ALL, h, err));
    *pond_map_at(out, r->path, NULL) = h;
    return POND_OK;
}

static const pond_relation_ops stored_ops = {
    .schema = stored_schema,
    .sql = stored_sql,
    .fingerprint = stored_fingerprint,
    .bounds = stored_bounds,
    .inputs = stored_inputs,
    .is_silent = stored_is_silent,
    .order = stored_order,
    .shared = stored_sql,
    .from_shared = stored_from_shared,
    .shared_rows = stored_rows,
};

static int by_first_time(const void *x, const void *y) {
    const pond_version *a = ((const stored_part *)x)->version,
                       *b = ((const stored_part *)y)->version;
    if (a->t_min_us != b->t_min_us)
        return a->t_min_us < b->t_min_us ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static pond_code unite_parts(pond_session *s, const pond_node *node, stored_relation *st,
                             const pond_version *versions, pond_err *err) {
    pond_stored_facts *each = POND_NEW_ARRAY(s->arena, pond_stored_facts, st->n);
    united u;
    pond_buf conflicts = POND_BUF_EMPTY;
    pond_code rc = unite_versions(s->arena, versions, st->n, each, &u, &conflicts, err);
    if (rc == POND_OK && conflicts.n > 0) {
        rc = pond_fail(err, POND_ERR_CONFLICT, "the versions of '%.*s' cannot be united",
                       POND_SV_ARG(node->path));
        pond_err_detail(err, "%s", conflicts.p);
    }
    pond_buf_free(&conflicts);
    POND_TRY(rc);
    pond_column *columns = POND_NEW_ARRAY(s->arena, pond_column, u.n);
    for (size_t i = 0; i < u.n; i++)
        columns[i] = (pond_column){u.items[i].name, u.items[i].type};
    st->schema = (pond_schema){columns, u.n};
    st->columns = u.items;
    st->parts = POND_NEW_ARRAY(s->arena, stored_part, st->n);
    for (size_t i = 0; i < st->n; i++) {
        bool is_repeated = i > 0 && each[i].items == each[i - 1].items;
        st->parts[i].version = &versions[i];
        st->parts[i].facts = &each[i];
        st->parts[i].schema = is_repeated ? st->parts[i - 1].schema : schema_of(s->arena, &each[i]);
    }
    qsort(st->parts, st->n, sizeof *st->parts, by_first_time);
    return POND_OK;
}

pond_code pond_stored_relation(pond_session *s, const pond_node *node, pond_relation **out,
                               pond_err *err) {
    pond_version_vec versions = {0};
    POND_TRY(pond_store_versions(s->txn, s->arena, node->id, &versions, err));
    if (versions.n == 0)
        return pond_fail(err, POND_ERR_NOT_FOUND, "'%.*s' has no versions yet",
                         POND_SV_ARG(node->path));
    stored_relation *st = POND_NEW(s->arena, stored_relation);
    bool is_series = node->type == POND_T_TABLE_SERIES;
    // A table is its latest version, a series all of them.
    size_t first = is_series ? 0 : versions.n - 1;
    st->n = versions.n - first;
    POND_TRY(unite_parts(s, node, st, versions.items + first, err));
    st->base = (pond_relation){
        .ops = &stored_ops,
        .path = node->path,
        .is_series = is_series,
        .is_sliceable = is_series,
        .share = is_series ? st : NULL,
        .shares_over_time = true,
        .has_schema = true,
        .schema = st->schema,
        .time_column = is_series ? versions.items[0].time_column : (pond_sv){"", 0},
    };
    *out = &st->base;
    return POND_OK;
}
