#include "factory/stored.h"

#include <inttypes.h>

// What is recorded of a version's columns
// -----------------------------------------------------------

pond_code pond_stored_columns_parse(pond_arena *a, pond_sv json, pond_stored_columns *out,
                                    pond_err *err) {
    pond_value v;
    POND_TRY(pond_json_parse(a, json, "columns of a version", &v, err));
    if (v.kind != POND_ARRAY)
        return pond_fail(err, POND_ERR_CORRUPT, "the recorded columns of a version are not a list");
    out->n = v.n;
    out->items = POND_NEW_ARRAY(a, pond_stored_column, v.n);
    for (size_t i = 0; i < v.n; i++) {
        const pond_value *name = pond_get_lit(v.items[i], "name"),
                         *type = pond_get_lit(v.items[i], "type");
        const pond_value *nulls = pond_get_lit(v.items[i], "nulls");
        if (name == NULL || name->kind != POND_STRING || type == NULL ||
            type->kind != POND_STRING || nulls == NULL || nulls->kind != POND_INT)
            return pond_fail(err, POND_ERR_CORRUPT,
                             "the recorded columns of a version are incomplete");
        out->items[i] = (pond_stored_column){pond_value_sv(*name), pond_value_sv(*type), nulls->i};
    }
    return POND_OK;
}

static pond_sv columns_json(pond_arena *a, pond_schema schema, const int64_t *nulls) {
    pond_buf json = POND_BUF_EMPTY;
    pond_buf_char(&json, '[');
    for (size_t i = 0; i < schema.n; i++) {
        pond_buf_str(&json, i == 0 ? "{\"name\":" : ",{\"name\":");
        pond_json_string(&json, schema.items[i].name);
        pond_buf_str(&json, ",\"type\":");
        pond_json_string(&json, schema.items[i].type);
        pond_buf_printf(&json, ",\"nulls\":%" PRId64 "}", nulls[i]);
    }
    pond_buf_char(&json, ']');
    pond_sv text = pond_sv_dup(a, pond_buf_view(&json));
    pond_buf_free(&json);
    return text;
}

// Measuring
// -----------------------------------------------------------------------------------------

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
    pond_err_detail(
        err,
        "  --sql 'SELECT make_timestamp(year, month, day, hour, 0, 0) AS timestamp, … FROM source' "
        "can make one");
    return err == NULL ? POND_ERR_INVALID : err->code;
}

pond_code pond_stored_measure(pond_session *s, const char *path, pond_sv what, bool is_series,
                              pond_version *out, pond_err *err) {
    pond_engine *engine;
    pond_schema schema;
    POND_TRY(pond_session_engine(s, &engine, err));
    POND_TRY(pond_engine_parquet_schema(engine, s->arena, path, &schema, err));
    const pond_column *t = NULL;
    if (is_series)
        POND_TRY(find_series_time(schema, what, &t, err));

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
    pond_sv file = pond_sv_of(path);
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    int64_t *numbers = POND_NEW_ARRAY(s->arena, int64_t, schema.n + 3);
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, numbers,
                                    1 + schema.n + (t != NULL ? 2 : 0), err);
    pond_buf_free(&sql);
    POND_TRY(rc);

    *out = (pond_version){.rows = numbers[0],
                          .columns = columns_json(s->arena, schema, numbers + 1),
                          .t_min_us = 1,
                          .t_max_us = 0};
    if (t == NULL)
        return POND_OK;
    int64_t n_null_times = numbers[1 + (t - schema.items)];
    if (n_null_times > 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' has %" PRId64
                         " rows without a time (NULL in column '%.*s'); a series needs one in "
                         "every row",
                         POND_SV_ARG(what), n_null_times, POND_SV_ARG(t->name));
    out->time_column = t->name;
    if (out->rows > 0) {
        out->t_min_us = numbers[1 + schema.n];
        out->t_max_us = numbers[2 + schema.n];
    }
    return POND_OK;
}

// Uniting versions
// ----------------------------------------------------------------------------------

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
        if (pond_sv_eq(u->items[i].name, name))
            return &u->items[i];
    return NULL;
}

// Adds the columns of one version; a column that cannot be united is reported as a line of
// *conflicts.
static void unite_version(united *u, const pond_stored_columns *columns, const pond_version *v,
                          pond_buf *conflicts) {
    for (size_t i = 0; i < columns->n; i++) {
        const pond_stored_column *c = &columns->items[i];
        bool has_values = c->n_nulls < v->rows;
        united_column *known = find_united(u, c->name);
        if (known == NULL) {
            u->items[u->n++] = (united_column){c->name, c->type, has_values};
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
                                pond_stored_columns *each, united *out, pond_buf *conflicts,
                                pond_err *err) {
    size_t most = 0;
    for (size_t i = 0; i < n; i++) {
        // Most versions have the columns of the one before: parse those once.
        if (i > 0 && pond_sv_eq(versions[i].columns, versions[i - 1].columns)) {
            each[i] = each[i - 1];
            continue;
        }
        POND_TRY(pond_stored_columns_parse(a, versions[i].columns, &each[i], err));
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
    memcpy(all, versions->items, versions->n * sizeof *all);
    all[n - 1] = *added;
    pond_buf conflicts = POND_BUF_EMPTY;
    united u;
    pond_stored_columns *each = POND_NEW_ARRAY(a, pond_stored_columns, n);
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

// The relation
// --------------------------------------------------------------------------------------

typedef struct stored_relation {
    pond_relation base;
    const pond_version *versions;
    const pond_schema *columns; // of each version
    size_t n;
    pond_schema schema;
} stored_relation;

static pond_code stored_schema(pond_session *s, pond_relation *r, pond_schema *out, pond_err *err) {
    (void)s, (void)err;
    *out = ((stored_relation *)r)->schema;
    return POND_OK;
}

static pond_schema schema_of(pond_arena *a, const pond_stored_columns *c) {
    pond_column *items = POND_NEW_ARRAY(a, pond_column, c->n);
    for (size_t i = 0; i < c->n; i++)
        items[i] = (pond_column){c->items[i].name, c->items[i].type};
    return (pond_schema){items, c->n};
}

static bool overlaps(const pond_version *v, pond_range range) {
    return v->rows > 0 &&
           (v->time_column.n == 0 || (v->t_max_us >= range.lo_us && v->t_min_us < range.hi_us));
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
        for (; run < st->n && pond_schema_equal(st->columns[i], st->columns[run]); run++)
            if (overlaps(&st->versions[run], range))
                files[n_files++] = pond_object_path(s->store, s->arena, &st->versions[run].object);
        if (n_files > 0) {
            pond_buf_str(sql, is_first ? "SELECT " : " UNION ALL SELECT ");
            pond_sql_project(sql, st->columns[i], st->schema);
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

static pond_code stored_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                    pond_hasher *h, pond_err *err) {
    (void)s, (void)err;
    const stored_relation *st = (stored_relation *)r;
    // The united types depend on all versions, also on those that the range does not touch.
    for (size_t i = 0; i < st->schema.n; i++) {
        pond_hasher_part(h, st->schema.items[i].name);
        pond_hasher_part(h, st->schema.items[i].type);
    }
    for (size_t i = 0; i < st->n; i++)
        if (overlaps(&st->versions[i], range))
            pond_hasher_part(h, (pond_sv){(const char *)st->versions[i].object.bytes, 32});
    return POND_OK;
}

static pond_code stored_bounds(pond_session *s, pond_relation *r, pond_range *out, pond_err *err) {
    (void)s, (void)err;
    const stored_relation *st = (stored_relation *)r;
    *out = (pond_range){INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < st->n; i++) {
        const pond_version *v = &st->versions[i];
        if (v->rows <= 0 || v->time_column.n == 0)
            continue;
        if (v->t_min_us < out->lo_us)
            out->lo_us = v->t_min_us;
        if (v->t_max_us + 1 > out->hi_us)
            out->hi_us = v->t_max_us + 1;
    }
    return POND_OK;
}

static const pond_relation_ops stored_ops = {stored_schema, stored_sql, stored_fingerprint,
                                             stored_bounds};

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
    st->versions = versions.items + first;
    st->n = versions.n - first;
    pond_stored_columns *each = POND_NEW_ARRAY(s->arena, pond_stored_columns, st->n);
    united u;
    pond_buf conflicts = POND_BUF_EMPTY;
    pond_code rc = unite_versions(s->arena, st->versions, st->n, each, &u, &conflicts, err);
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
    pond_schema *schemas = POND_NEW_ARRAY(s->arena, pond_schema, st->n);
    for (size_t i = 0; i < st->n; i++)
        schemas[i] = i > 0 && each[i].items == each[i - 1].items ? schemas[i - 1]
                                                                 : schema_of(s->arena, &each[i]);
    st->columns = schemas;
    st->base =
        (pond_relation){.ops = &stored_ops,
                        .path = node->path,
                        .is_series = is_series,
                        .is_sliceable = is_series,
                        .has_schema = true,
                        .schema = st->schema,
                        .time_column = is_series ? st->versions[0].time_column : (pond_sv){"", 0}};
    *out = &st->base;
    return POND_OK;
}
