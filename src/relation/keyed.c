// Compares rows that come in with those that a series shows at their keys.
#include "relation/keyed.h"

#include "base/time.h"
#include "relation/schema.h"
#include "relation/sql.h"
#include "relation/stored.h"
#include "relation/times.h"

// The question as one value, to pass it on.
typedef struct keyed_job {
    pond_session *s;
    pond_engine *engine;
    pond_relation *series;
    pond_keyed *keyed;
    const pond_measured *rows;
    pond_schema schema;   // of the new rows
    pond_united united;   // of the series with them
    const pond_column *t; // of the new rows
    bool has_time;        // in the key
    bool has_repeated;    // rows are in the file more than once
} keyed_job;

// Checks ------------------------------------------------------------------------------------------

static pond_code check_columns(const keyed_job *j, pond_err *err) {
    const pond_facts *f = &j->rows->facts;
    for (size_t i = 0; i < j->keyed->n_key; i++) {
        pond_sv name = j->keyed->key[i];
        const pond_fact_column *c = NULL;
        for (size_t k = 0; k < f->n_columns; k++)
            if (pond_sv_eq(f->columns[k].name, name))
                c = &f->columns[k];
        if (c == NULL) {
            pond_fail(err, POND_ERR_INVALID, "'%.*s' has no column '%.*s', which is to be its key",
                      POND_SV_ARG(j->keyed->what), POND_SV_ARG(name));
            pond_err_detail(err, "  the columns are:");
            for (size_t k = 0; k < f->n_columns; k++)
                pond_err_detail(err, "    %.*s  %.*s", POND_SV_ARG(f->columns[k].name),
                                POND_SV_ARG(f->columns[k].type));
            return POND_ERR_INVALID;
        }
        if (c->n_nulls > 0)
            return pond_fail(err, POND_ERR_INVALID,
                             "'%.*s' has %lld row%s without a value in the key column '%.*s'",
                             POND_SV_ARG(j->keyed->what), (long long)c->n_nulls,
                             c->n_nulls == 1 ? "" : "s", POND_SV_ARG(name));
    }
    return POND_OK;
}

static void write_key(pond_buf *sql, const pond_keyed *k) {
    for (size_t i = 0; i < k->n_key; i++) {
        pond_buf_str(sql, i == 0 ? "" : ", ");
        pond_buf_sql_name(sql, k->key[i]);
    }
}

static void write_file(pond_buf *sql, const char *path) {
    pond_sv file = pond_sv_of(path);
    pond_engine_sql_read_parquet(sql, &file, 1, false);
}

static pond_code count_keys(const keyed_job *j, int64_t *out, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT count(*) FROM (SELECT DISTINCT ");
    write_key(&sql, j->keyed);
    pond_buf_str(&sql, " FROM ");
    write_file(&sql, j->keyed->path);
    pond_buf_char(&sql, ')');
    pond_code rc = pond_engine_ints(j->engine, pond_buf_view(&sql), 0, out, 1, err);
    pond_buf_free(&sql);
    return rc;
}

// How many keys have rows that differ, and the first time of one.
static pond_code count_conflicts(const keyed_job *j, int64_t out[2], pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_column first = {POND_SV("first"), j->t->type};
    pond_buf_str(&sql, "SELECT count(*), ");
    pond_sql_time_us(&sql, "min", &first);
    pond_buf_str(&sql, " FROM (SELECT min(");
    pond_buf_sql_name(&sql, j->t->name);
    pond_buf_str(&sql, ") AS first FROM (SELECT DISTINCT * FROM ");
    write_file(&sql, j->keyed->path);
    pond_buf_str(&sql, ") GROUP BY ");
    write_key(&sql, j->keyed);
    pond_buf_str(&sql, " HAVING count(*) > 1)");
    pond_code rc = pond_engine_ints(j->engine, pond_buf_view(&sql), 0, out, 2, err);
    pond_buf_free(&sql);
    return rc;
}

static pond_code fail_conflicts(const keyed_job *j, const int64_t found[2], pond_err *err) {
    pond_buf key = POND_BUF_EMPTY;
    char time[40];
    size_t n = pond_time_format(found[1], time);
    // A time without a zone is no instant: without the Z.
    n -= !pond_sv_is(j->t->type, "TIMESTAMP WITH TIME ZONE");
    for (size_t i = 0; i < j->keyed->n_key; i++)
        pond_buf_printf(&key, "%s%.*s", i == 0 ? "" : ", ", POND_SV_ARG(j->keyed->key[i]));
    pond_code rc =
        pond_fail(err, POND_ERR_INVALID,
                  "'%.*s' has rows that differ at the same key (%s): at %lld key%s, the first at "
                  "%.*s",
                  POND_SV_ARG(j->keyed->what), key.p, (long long)found[0], found[0] == 1 ? "" : "s",
                  (int)n, time);
    pond_buf_free(&key);
    pond_err_detail(err, "  more columns may belong to the key; or leave rows out with --sql");
    return rc;
}

// Rows that are the same in all columns count as one. Times that rise strictly need no query.
static pond_code check_repeated(keyed_job *j, pond_err *err) {
    int64_t n_keys, found[2];
    if (j->has_time && j->rows->facts.order == POND_ORDERED)
        return POND_OK;
    POND_TRY(count_keys(j, &n_keys, err));
    j->has_repeated = n_keys < j->rows->rows;
    j->keyed->counts.n_repeated = j->rows->rows - n_keys;
    if (!j->has_repeated)
        return POND_OK;
    POND_TRY(count_conflicts(j, found, err));
    return found[0] == 0 ? POND_OK : fail_conflicts(j, found, err);
}

// Comparing ---------------------------------------------------------------------------------------

static void unite(keyed_job *j) {
    pond_arena *a = pond_session_arena(j->s);
    const pond_united_column *known; // pond_stored_check_append has found no clash
    for (size_t i = 0; i < j->series->schema.n; i++)
        (void)pond_unite_column(a, &j->united, j->series->schema.items[i],
                                !j->series->ops->is_silent(j->series, i), &known);
    for (size_t i = 0; i < j->schema.n; i++)
        (void)pond_unite_column(a, &j->united, j->schema.items[i],
                                j->rows->facts.columns[i].n_nulls < j->rows->rows, &known);
}

// The rows of the series that new rows are compared with: those alone at their keys, since of
// several rows at one key none is the one that stays. A column that the new rows lack is NULL in
// them.
static pond_code write_visible(const keyed_job *j, pond_buf *sql, pond_err *err) {
    pond_schema united = pond_united_schema(pond_session_arena(j->s), &j->united);
    pond_range range = POND_RANGE_ALL;
    const char *sep = " WHERE ";
    if (j->has_time)
        range = (pond_range){j->rows->t_min_us, j->rows->t_max_us + 1, POND_NOTHING_BEYOND};
    pond_buf_str(sql, "(SELECT * FROM (SELECT ");
    pond_sql_project(sql, j->series->schema, united);
    pond_buf_str(sql, " FROM (");
    POND_TRY(pond_stored_sql_near(j->s, j->series, range, &j->keyed->stored, sql, err));
    pond_buf_str(sql, ") QUALIFY count(*) OVER (PARTITION BY ");
    write_key(sql, j->keyed);
    pond_buf_str(sql, ") = 1)");
    for (size_t i = 0; i < united.n; i++) {
        if (pond_schema_find(j->schema, united.items[i].name) != NULL)
            continue;
        pond_buf_str(sql, sep);
        pond_buf_sql_name(sql, united.items[i].name);
        pond_buf_str(sql, " IS NULL");
        sep = " AND ";
    }
    pond_buf_str(sql, ")");
    return POND_OK;
}

// ` ON f.c IS NOT DISTINCT FROM o.c AND …` over all columns of the new rows, as the types of the
// united series.
static void write_equal(const keyed_job *j, pond_buf *sql) {
    for (size_t i = 0; i < j->schema.n; i++) {
        const pond_column *c = &j->schema.items[i];
        pond_sv type = c->type;
        for (size_t k = 0; k < j->united.n; k++)
            if (pond_sv_eq(j->united.items[k].column.name, c->name))
                type = j->united.items[k].column.type;
        bool is_key = false;
        for (size_t k = 0; k < j->keyed->n_key; k++)
            is_key |= pond_sv_eq(j->keyed->key[k], c->name);
        pond_buf_str(sql, i == 0 ? " ON TRY_CAST(f." : " AND TRY_CAST(f.");
        pond_buf_sql_name(sql, c->name);
        pond_buf_printf(sql, " AS %.*s) %s o.", POND_SV_ARG(type),
                        is_key ? "=" : "IS NOT DISTINCT FROM");
        pond_buf_sql_name(sql, c->name);
    }
}

// In the order of their times and keys, of which no two are the same.
static pond_code write_rest(const keyed_job *j, pond_parquet_stats *stats, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    pond_buf_str(&sql, j->has_repeated ? "SELECT DISTINCT f.* FROM " : "SELECT f.* FROM ");
    write_file(&sql, j->keyed->path);
    pond_buf_str(&sql, " AS f");
    if (j->series != NULL) {
        pond_buf_str(&sql, " ANTI JOIN ");
        rc = write_visible(j, &sql, err);
        pond_buf_str(&sql, " AS o");
        write_equal(j, &sql);
    }
    pond_buf_str(&sql, " ORDER BY f.");
    pond_buf_sql_name(&sql, j->t->name);
    for (size_t i = 0; i < j->keyed->n_key; i++) {
        pond_buf_str(&sql, ", f.");
        pond_buf_sql_name(&sql, j->keyed->key[i]);
    }
    if (rc == POND_OK)
        rc = pond_engine_write_parquet(j->engine, pond_buf_view(&sql), j->keyed->rest, stats, err);
    pond_buf_free(&sql);
    return rc;
}

// Whether the series may have a row at a key of the new ones.
static bool may_meet(const keyed_job *j, pond_range bounds) {
    return j->series != NULL && j->rows->rows > 0 &&
           (!j->has_time ||
            (bounds.lo_us <= j->rows->t_max_us && bounds.hi_us > j->rows->t_min_us));
}

static void set_key(const keyed_job *j) {
    pond_keyed *k = j->keyed;
    k->stored.facts.key = POND_NEW_ARRAY(pond_session_arena(j->s), pond_sv, k->n_key);
    k->stored.facts.n_key = k->n_key;
    for (size_t i = 0; i < k->n_key; i++)
        k->stored.facts.key[i] = k->key[i];
}

static pond_code find_rest(keyed_job *j, pond_err *err) {
    pond_parquet_stats stats;
    pond_keyed *k = j->keyed;
    if (j->series == NULL && !j->has_repeated)
        return POND_OK;
    POND_TRY(write_rest(j, &stats, err));
    k->counts.n_equal = j->rows->rows - k->counts.n_repeated - (int64_t)stats.rows;
    if ((int64_t)stats.rows == j->rows->rows)
        return POND_OK;
    k->is_rest = true;
    k->stored.rows = 0;
    if (stats.rows > 0)
        POND_TRY(pond_measure(j->s, k->rest, k->what, true, &k->stored, err));
    set_key(j);
    return POND_OK;
}

// How many of the stored rows are at a key that the series has.
static pond_code count_replacing(keyed_job *j, pond_err *err) {
    pond_keyed *k = j->keyed;
    pond_buf sql = POND_BUF_EMPTY;
    for (size_t i = 0; i < k->stored.facts.n_hides; i++)
        k->counts.n_replacing += k->stored.facts.hides[i].rows;
    if (k->counts.n_replacing == 0 || pond_stored_is_keyed(j->series, &k->stored))
        return POND_OK;
    pond_range range = POND_RANGE_ALL;
    if (j->has_time)
        range = (pond_range){k->stored.t_min_us, k->stored.t_max_us + 1, POND_NOTHING_BEYOND};
    pond_buf_str(&sql, "SELECT count(*) FROM ");
    write_file(&sql, k->is_rest ? k->rest : k->path);
    pond_buf_str(&sql, " AS f SEMI JOIN (");
    pond_code rc = pond_stored_sql_near(j->s, j->series, range, &k->stored, &sql, err);
    pond_buf_str(&sql, ") AS o");
    for (size_t i = 0; i < k->n_key; i++) {
        pond_buf_str(&sql, i == 0 ? " ON f." : " AND f.");
        pond_buf_sql_name(&sql, k->key[i]);
        pond_buf_str(&sql, " = o.");
        pond_buf_sql_name(&sql, k->key[i]);
    }
    if (rc == POND_OK)
        rc = pond_engine_ints(j->engine, pond_buf_view(&sql), 0, &k->counts.n_replacing, 1, err);
    pond_buf_free(&sql);
    return rc;
}

pond_code pond_keyed_fit(pond_session *s, pond_relation *series, const pond_measured *rows,
                         pond_keyed *keyed, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_range bounds = POND_RANGE_NONE;
    keyed_job j = {.s = s, .series = series, .keyed = keyed, .rows = rows};
    pond_column *columns = POND_NEW_ARRAY(a, pond_column, rows->facts.n_columns);
    for (size_t i = 0; i < rows->facts.n_columns; i++)
        columns[i] = (pond_column){rows->facts.columns[i].name, rows->facts.columns[i].type};
    j.schema = (pond_schema){columns, rows->facts.n_columns};
    j.t = pond_schema_find(j.schema, rows->time_column);
    keyed->counts = (pond_key_counts){0};
    keyed->is_rest = false;
    keyed->stored = *rows;
    for (size_t i = 0; i < keyed->n_key; i++)
        j.has_time |= pond_sv_eq(keyed->key[i], rows->time_column);
    POND_TRY(check_columns(&j, err));
    POND_TRY(pond_session_engine(s, &j.engine, err));
    POND_TRY(check_repeated(&j, err));
    if (series != NULL && series->may_have_odd_times)
        return pond_fail(err, POND_ERR_CONFLICT,
                         "the series has rows with an infinite time, so it cannot get a key");
    if (series != NULL)
        POND_TRY(pond_relation_bounds(s, series, &bounds, err));
    if (!may_meet(&j, bounds))
        j.series = NULL;
    else
        unite(&j);
    set_key(&j);
    POND_TRY(find_rest(&j, err));
    if (j.series != NULL && keyed->stored.rows > 0) {
        POND_TRY(pond_stored_find_hidden(s, j.series, keyed->is_rest ? keyed->rest : keyed->path,
                                         &keyed->stored, err));
        POND_TRY(count_replacing(&j, err));
    }
    keyed->counts.n_new = keyed->stored.rows - keyed->counts.n_replacing;
    return POND_OK;
}
