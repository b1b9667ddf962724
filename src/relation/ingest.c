// Ingest: writes, measures, checks and stores the rows or bytes of a new version.
#include "relation/ingest.h"

#include "base/file.h"
#include "base/sink.h"
#include "format/pages.h"
#include "relation/file.h"
#include "relation/hidden.h"
#include "relation/schema.h"
#include "relation/sql.h"
#include "relation/stored.h"

#include <unistd.h>

static pond_code check_writable(const pond_destination *to, pond_err *err) {
    if (!pond_type_is_dynamic(to->type))
        return POND_OK;
    return pond_fail(err, POND_ERR_READ_ONLY, "'%.*s' is read-only: it is computed",
                     POND_SV_ARG(to->path));
}

// A destination, and what is there before anything is added. A series may have very many versions:
// they are read once.
typedef struct place {
    const pond_destination *to;
    bool is_found;
    const pond_node *node;     // NULL: it does not exist yet
    pond_version_vec versions; // none, if it does not
} place;

// Looks what is there, unless that was done.
static pond_code find_place(pond_session *s, place *p, pond_err *err) {
    if (p->is_found)
        return POND_OK;
    p->is_found = true;
    // Without an error first: for its text, all of the directory would be compared with the name.
    if (pond_fs_resolve(pond_session_fs(s), p->to->path, true, &p->node, NULL) ==
        POND_ERR_NOT_FOUND) {
        p->node = NULL;
        return POND_OK;
    }
    POND_TRY(pond_fs_resolve(pond_session_fs(s), p->to->path, true, &p->node, err));
    return pond_store_versions(pond_session_txn(s), pond_session_arena(s), p->node->id,
                               &p->versions, err);
}

// Whether a version has this content already: of a series any of them, else the latest one.
static bool is_known(const place *p, const pond_sha256 *object, int64_t *version) {
    bool is_series = p->to->type == POND_T_TABLE_SERIES || p->to->type == POND_T_DATA_SERIES;
    for (size_t i = p->versions.n; i > 0; i--) {
        const pond_version *v = &p->versions.items[i - 1];
        if (pond_sha256_eq(&v->object, object)) {
            *version = v->number;
            return true;
        }
        if (!is_series)
            break;
    }
    return false;
}

// Adds a version whose object is in the store, unless it is there. `rows` is what was measured of it.
// What has a key differs from what is visible, even if an earlier version was the same.
static pond_code add_version(pond_session *s, place *p, pond_version *v, const pond_measured *rows,
                             pond_ingested *out, pond_err *err) {
    const pond_destination *to = p->to;
    POND_TRY(find_place(s, p, err));
    out->size_bytes = v->size_bytes;
    if (!to->is_repeated && to->n_key == 0 && is_known(p, &v->object, &out->version)) {
        out->status = POND_INGEST_UNCHANGED;
        return POND_OK;
    }
    out->version = p->versions.n == 0 ? 1 : p->versions.items[p->versions.n - 1].number + 1;
    if (to->is_dry_run)
        return POND_OK;
    if (rows->rows >= 0) {
        v->time_column = rows->time_column;
        v->t_min_us = rows->t_min_us;
        v->t_max_us = rows->t_max_us;
        v->facts = pond_facts_write(pond_session_arena(s), &rows->facts);
    }
    if (rows->rows < 0 && to->times != NULL) {
        v->time_column = to->times->field;
        v->t_min_us = to->times->t_min_us;
        v->t_max_us = to->times->t_max_us;
    }
    v->rows = rows->rows;
    return pond_fs_write(pond_session_fs(s), to->path, to->type, v, err);
}

static bool has_columns(const pond_facts *f, const pond_sv *names, size_t n) {
    size_t n_found = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < f->n_columns; k++)
            n_found += pond_sv_eq(f->columns[k].name, names[i]);
    return n_found == n;
}

static void write_columns(pond_buf *sql, const pond_sv *names, size_t n) {
    for (size_t i = 0; i < n; i++) {
        pond_buf_str(sql, i == 0 ? "(" : ", ");
        pond_buf_sql_name(sql, names[i]);
    }
    pond_buf_char(sql, ')');
}

// How many of the new rows are at keys that the series has already.
static pond_code count_known(pond_session *s, pond_relation *series, const char *path,
                             const pond_sv *key, size_t n_key, pond_range range, int64_t *out,
                             pond_err *err) {
    pond_engine *engine;
    pond_buf sql = POND_BUF_EMPTY;
    pond_sv file = pond_sv_of(path);
    POND_TRY(pond_session_engine(s, &engine, err));
    pond_buf_str(&sql, "SELECT count(*) FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    pond_buf_str(&sql, " WHERE ");
    write_columns(&sql, key, n_key);
    pond_buf_str(&sql, " IN (SELECT ");
    write_columns(&sql, key, n_key);
    pond_buf_str(&sql, " FROM (");
    pond_code rc = pond_relation_sql(s, series, range, &sql, err);
    pond_buf_str(&sql, "))");
    if (rc == POND_OK)
        rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, out, 1, err);
    pond_buf_free(&sql);
    return rc;
}

static bool overlaps(const pond_version_vec *versions, const pond_measured *m) {
    for (size_t i = 0; i < versions->n; i++)
        if (versions->items[i].rows > 0 && versions->items[i].t_min_us <= m->t_max_us &&
            versions->items[i].t_max_us >= m->t_min_us)
            return true;
    return false;
}

// By the key that the series was given, if the rows have it, else by their time.
static pond_code find_known(pond_session *s, const place *p, const char *path, pond_ingested *out,
                            pond_err *err) {
    pond_relation *series;
    const pond_measured *m = &out->rows;
    const pond_sv *key;
    size_t n;
    POND_TRY(pond_stored_key(s, &p->versions, &key, &n, err));
    bool has_key = n > 0 && has_columns(&m->facts, key, n), by_time = !has_key;
    for (size_t i = 0; has_key && i < n; i++)
        by_time |= pond_sv_eq(key[i], m->time_column);
    if (m->rows == 0 || (by_time && !overlaps(&p->versions, m)))
        return POND_OK;
    // The session's own relation might not have the versions that this command has added.
    POND_TRY(pond_stored_relation_of(s, p->node, &p->versions, &series, err));
    if (has_key) {
        out->known_key = key;
        out->n_known_key = n;
    }
    pond_range range =
        by_time ? (pond_range){m->t_min_us, m->t_max_us + 1, POND_NOTHING_BEYOND} : POND_RANGE_ALL;
    return count_known(s, series, path, has_key ? key : &m->time_column, has_key ? n : 1, range,
                       &out->n_known, err);
}

// The rows in the Parquet file at `path` can be a version of a series.
static pond_code check_append(pond_session *s, place *p, const char *path, pond_ingested *out,
                              pond_err *err) {
    const pond_destination *to = p->to;
    if (to->type != POND_T_TABLE_SERIES)
        return POND_OK;
    POND_TRY(find_place(s, p, err));
    if (p->versions.n == 0)
        return POND_OK;
    POND_TRY(pond_stored_check_append(s, &p->versions, &out->rows, to->path, err));
    return to->n_key > 0 ? POND_OK : find_known(s, p, path, out, err);
}

// Compares measured rows, in the Parquet file k->path, with the series. Afterwards k->path is the
// file of the rows to store, which the caller removes if it is not the one it gave; ALL_KNOWN: there
// are none.
static pond_code fit_key(pond_session *s, place *p, pond_keyed *k, pond_ingested *out,
                         pond_err *err) {
    const pond_destination *to = p->to;
    pond_relation *series = NULL;
    POND_TRY(find_place(s, p, err));
    if (p->versions.n > 0)
        POND_TRY(pond_stored_relation_of(s, p->node, &p->versions, &series, err));
    k->rest = pond_store_tmp_name(pond_session_store(s), pond_session_arena(s), ".parquet");
    k->key = to->key;
    k->n_key = to->n_key;
    k->what = to->source;
    pond_code rc = pond_keyed_fit(s, series, &out->rows, k, err);
    out->keyed = k->counts;
    if (rc == POND_OK && k->stored.rows == 0 && series != NULL) {
        out->status = POND_INGEST_ALL_KNOWN;
        out->version = p->versions.items[p->versions.n - 1].number;
    }
    if (rc != POND_OK || out->status == POND_INGEST_ALL_KNOWN || !k->is_rest)
        pond_store_tmp_drop(pond_session_store(s), k->rest);
    else
        k->path = k->rest;
    return rc;
}

static pond_code measure(pond_session *s, place *p, const char *path, pond_ingested *out,
                         pond_err *err) {
    bool is_series = p->to->type == POND_T_TABLE_SERIES;
    POND_TRY(pond_measure(s, path, p->to->source, is_series, &out->rows, err));
    return check_append(s, p, path, out, err);
}

pond_code pond_ingest_bytes(pond_session *s, const pond_destination *to, int fd, pond_ingested *out,
                            pond_err *err) {
    const char *name = pond_cstr(pond_session_arena(s), to->source);
    pond_version v = {0};
    place p = {.to = to};
    *out = (pond_ingested){.rows = {.rows = -1}};
    POND_TRY(check_writable(to, err));
    if (to->is_dry_run)
        POND_TRY(pond_sha256_fd(fd, name, &v.object, &v.size_bytes, err));
    else
        POND_TRY(
            pond_object_write_fd(pond_session_store(s), fd, name, &v.object, &v.size_bytes, err));
    return add_version(s, &p, &v, &out->rows, out, err);
}

pond_code pond_ingest_made(pond_session *s, const pond_destination *to, const char *tmp_path,
                           pond_ingested *out, pond_err *err) {
    pond_version v = {0};
    place p = {.to = to};
    *out = (pond_ingested){.rows = {.rows = -1}};
    POND_ASSERT(!to->is_dry_run);
    pond_code rc = check_writable(to, err);
    if (rc == POND_OK)
        rc = pond_object_adopt(pond_session_store(s), tmp_path, &v.object, &v.size_bytes, err);
    if (rc == POND_OK)
        return add_version(s, &p, &v, &out->rows, out, err);
    pond_store_tmp_drop(pond_session_store(s), tmp_path);
    return rc;
}

// Decodes all columns once. The engine finds damage only in what it decodes, and the counts and
// bounds that are measured come in part from the footer.
static pond_code decode(pond_session *s, pond_sv file, pond_sv name, int64_t *n_rows,
                        pond_err *err) {
    pond_engine *engine;
    pond_rows *rows = NULL;
    pond_buf sql = POND_BUF_EMPTY;
    pond_err why;
    pond_err_clear(&why);
    *n_rows = 0;
    POND_TRY(pond_session_engine(s, &engine, err));
    pond_buf_str(&sql, "SELECT * FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    pond_code rc = pond_engine_query(engine, pond_buf_view(&sql), &rows, &why);
    pond_meter_begin(pond_session_meter(s), "decoding", true, 0);
    for (size_t n = 1; rc == POND_OK && n > 0; *n_rows += (int64_t)n) {
        n = 0;
        rc = pond_rows_next(rows, &n, &why);
        pond_meter_add(pond_session_meter(s), n);
    }
    pond_rows_close(rows);
    pond_buf_free(&sql);
    // What points past the end of the file is an I/O error for the engine.
    if (rc == POND_ERR_QUERY || rc == POND_ERR_IO)
        return pond_fail(err, POND_ERR_INVALID, "'%.*s' is not a valid Parquet file: %s",
                         POND_SV_ARG(name), why.msg);
    if (rc != POND_OK && err != NULL)
        *err = why;
    return rc;
}

// Measures a Parquet file from outside, when all of it has been found to be whole.
static pond_code check_and_measure(pond_session *s, place *p, pond_sv file, pond_ingested *out,
                                   pond_err *err) {
    const pond_destination *to = p->to;
    int64_t n_rows;
    POND_TRY(pond_parquet_check(file.p, to->source, pond_session_meter(s), err));
    POND_TRY(decode(s, file, to->source, &n_rows, err));
    POND_TRY(measure(s, p, file.p, out, err));
    if (to->is_flat)
        POND_TRY(pond_schema_check_flat(stored_schema_of(pond_session_arena(s), &out->rows.facts),
                                        to->source, err));
    if (n_rows == out->rows.rows)
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID,
                     "'%.*s' is not a valid Parquet file: it should have %lld rows, and has %lld",
                     POND_SV_ARG(to->source), (long long)out->rows.rows, (long long)n_rows);
}

// A dry run stores nothing, but its hash tells whether the content is there already. The file is
// gone afterwards, unless this fails.
static pond_code store_file(pond_session *s, const pond_destination *to, const char *tmp,
                            pond_version *v, pond_err *err) {
    if (!to->is_dry_run)
        return pond_object_adopt(pond_session_store(s), tmp, &v->object, &v->size_bytes, err);
    int fd;
    POND_TRY(pond_file_open(tmp, &fd, err));
    pond_code rc = pond_sha256_fd(fd, tmp, &v->object, &v->size_bytes, err);
    close(fd); // nothing was written
    if (rc == POND_OK)
        pond_store_tmp_drop(pond_session_store(s), tmp);
    return rc;
}

static pond_code copy_to(int fd, const char *name, const char *tmp, pond_err *err) {
    int out;
    POND_TRY(pond_file_make(tmp, &out, err));
    pond_fd_target target = {out, tmp};
    pond_code rc = pond_fd_read_to(fd, name, pond_sink_to_fd(&target), err);
    return pond_file_made(out, tmp, rc, err);
}

// Adds the rows in the file `tmp`, which are measured if `rc` says so, or as many of them as a key
// leaves. The file is gone afterwards.
static pond_code add_rows(pond_session *s, place *p, const char *tmp, pond_code rc,
                          pond_ingested *out, pond_err *err) {
    const pond_destination *to = p->to;
    pond_version v = {0};
    pond_keyed k = {.path = tmp};
    if (rc == POND_OK && to->n_key > 0)
        rc = fit_key(s, p, &k, out, err);
    bool is_stored = rc == POND_OK && out->status != POND_INGEST_ALL_KNOWN;
    if (!is_stored || k.path != tmp)
        pond_store_tmp_drop(pond_session_store(s), tmp);
    if (!is_stored)
        return rc;
    rc = store_file(s, to, k.path, &v, err);
    if (rc != POND_OK) {
        pond_store_tmp_drop(pond_session_store(s), k.path);
        return rc;
    }
    return add_version(s, p, &v, to->n_key > 0 ? &k.stored : &out->rows, out, err);
}

pond_code pond_ingest_parquet(pond_session *s, const pond_destination *to, int fd,
                              pond_ingested *out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    place p = {.to = to};
    *out = (pond_ingested){0};
    POND_TRY(check_writable(to, err));
    char *tmp = pond_store_tmp_name(pond_session_store(s), a, ".parquet");
    pond_code rc = copy_to(fd, pond_cstr(a, to->source), tmp, err);
    if (rc == POND_OK)
        rc = check_and_measure(s, &p, pond_sv_of(tmp), out, err);
    return add_rows(s, &p, tmp, rc, out, err);
}

static pond_code write_parquet(pond_session *s, const pond_destination *to, pond_relation *rows,
                               pond_sv query, const pond_text_facts *text, const char *path,
                               pond_err *err) {
    pond_engine *engine;
    pond_schema schema;
    pond_parquet_stats stats;
    pond_buf sql = POND_BUF_EMPTY, ordered = POND_BUF_EMPTY;
    pond_sv exact = {"", 0};
    bool is_ordered = text != NULL && text->order != POND_TEXT_UNORDERED;
    pond_code rc = query.n > 0 ? pond_relation_query(s, rows, POND_RANGE_ALL, query, &sql, err)
                               : pond_relation_sql(s, rows, POND_RANGE_ALL, &sql, err);
    if (rc == POND_OK)
        rc = pond_session_engine(s, &engine, err);
    if (rc == POND_OK)
        rc = query.n == 0 ? pond_relation_schema(s, rows, &schema, err)
                          : pond_engine_schema(engine, pond_session_arena(s), pond_buf_view(&sql),
                                               &schema, err);
    if (query.n > 0)
        pond_relation_explain(s, rows, rc, err);
    if (rc == POND_OK && query.n > 0)
        rc = pond_sql_exact(s, query, pond_buf_view(&sql), &exact, err);
    if (rc == POND_OK) {
        const pond_column *t =
            to->type == POND_T_TABLE_SERIES ? pond_find_time_column(schema) : NULL;
        pond_buf_printf(&ordered, "SELECT *%.*s FROM (%s)", POND_SV_ARG(exact), sql.p);
        if (t != NULL && !is_ordered) {
            pond_buf_str(&ordered, " ORDER BY ");
            pond_buf_sql_name(&ordered, t->name);
        }
        rc = pond_engine_write_parquet(engine, pond_buf_view(&ordered), path, &stats, err);
    }
    pond_buf_free(&sql);
    pond_buf_free(&ordered);
    if (rc == POND_OK && text != NULL && stats.rows != text->rows)
        rc = pond_fail(err, POND_ERR_INTERNAL, "'%.*s' has %llu rows, and %llu were written",
                       POND_SV_ARG(to->source), (unsigned long long)text->rows,
                       (unsigned long long)stats.rows);
    return rc;
}

// What the reading of a text has found, if that is all there is to know.
static pond_code measure_text(pond_session *s, place *p, pond_relation *rows,
                              const pond_text_facts *text, const char *path, bool *is_all,
                              pond_ingested *out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_schema schema;
    pond_measured *m = &out->rows;
    bool is_series = p->to->type == POND_T_TABLE_SERIES;
    POND_TRY(pond_relation_schema(s, rows, &schema, err));
    *m = (pond_measured){.rows = (int64_t)text->rows, .t_min_us = 1, .t_max_us = 0};
    m->facts.n_columns = schema.n;
    m->facts.columns = POND_NEW_ARRAY(a, pond_fact_column, schema.n);
    for (size_t i = 0; i < schema.n; i++)
        m->facts.columns[i] = (pond_fact_column){schema.items[i].name, schema.items[i].type,
                                                 (int64_t)text->columns[i].n_nulls};
    const pond_column *t = pond_find_time_column(schema);
    *is_all = !is_series || (text->has_days && t == &schema.items[text->time_column] &&
                             text->columns[text->time_column].n_nulls == 0);
    if (!is_series || !*is_all)
        return POND_OK;
    m->time_column = t->name;
    m->t_min_us = text->t_min_us;
    m->t_max_us = text->t_max_us;
    m->facts.is_finite = true;
    m->facts.order = text->order == POND_TEXT_STRICT ? POND_ORDERED : POND_ASCENDING;
    m->facts.has_days = true;
    m->facts.n_days = text->n_days;
    m->facts.days = POND_NEW_ARRAY(a, pond_fact_days, text->n_days);
    for (size_t i = 0; i < text->n_days; i++)
        m->facts.days[i] = (pond_fact_days){text->days[i].first, text->days[i].last};
    return check_append(s, p, path, out, err);
}

// A header alone tells no types. A series that exists is as complete without such a file.
static pond_code check_rows(pond_session *s, place *p, const pond_text_facts *text,
                            pond_ingested *out, pond_err *err) {
    const pond_destination *to = p->to;
    if (text->rows > 0)
        return POND_OK;
    POND_TRY(find_place(s, p, err));
    bool is_there = p->node != NULL && to->type == POND_T_TABLE_SERIES;
    if (text->has_given_types && !is_there)
        return POND_OK;
    if (!is_there)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' has no rows, only a header, so the types of its columns are not "
                         "known",
                         POND_SV_ARG(to->source));
    out->status = POND_INGEST_NO_ROWS;
    out->rows.rows = 0;
    return POND_OK;
}

// Before anything is written: a text without times cannot become a series.
static pond_code check_series(pond_session *s, const pond_destination *to, pond_relation *rows,
                              const pond_text *text, pond_err *err) {
    pond_schema schema;
    const pond_column *t;
    bool is_advice;
    pond_buf advice = POND_BUF_EMPTY;
    POND_TRY(pond_relation_schema(s, rows, &schema, err));
    if (to->type != POND_T_TABLE_SERIES || pond_find_time_column(schema) != NULL)
        return POND_OK;
    const pond_text_facts *facts = pond_text_facts_of(text);
    for (size_t i = 0; i < facts->n_notes; i++)
        pond_buf_printf(&advice, "  %.*s\n", POND_SV_ARG(facts->notes[i]));
    pond_code rc = pond_text_advise_time(text, &advice, &is_advice, err);
    if (rc == POND_OK)
        rc = pond_find_series_time(schema, to->source, pond_buf_view(&advice), &t, err);
    pond_buf_free(&advice);
    return rc;
}

// Writes the rows of a text while it is read for the first time. !*is_written: its types were not
// those of its beginning, or its rows not in order. What is known now is all that there is to know,
// so the next attempt is the last one.
static pond_code write_started(pond_session *s, const pond_destination *to, pond_relation *rows,
                               const char *tmp, bool *is_written, pond_err *err) {
    pond_schema schema;
    pond_engine *engine;
    pond_parquet_stats stats;
    pond_err why;
    bool is_series = to->type == POND_T_TABLE_SERIES, is_as_guessed;
    pond_buf sql = POND_BUF_EMPTY;
    pond_err_clear(&why);
    *is_written = false;
    pond_code rc = pond_relation_schema(s, rows, &schema, &why);
    bool may_write = rc == POND_OK && (!is_series || pond_find_time_column(schema) != NULL);
    if (may_write) {
        rc = pond_relation_sql(s, rows, POND_RANGE_ALL, &sql, &why);
        if (rc == POND_OK)
            rc = pond_session_engine(s, &engine, &why);
        if (rc == POND_OK)
            rc = pond_engine_write_parquet(engine, pond_buf_view(&sql), tmp, &stats, &why);
        pond_buf_free(&sql);
    }
    POND_TRY(pond_file_finish(s, rows, &is_as_guessed, err));
    const pond_text *text;
    const pond_text_facts *facts = pond_file_text(rows, &text);
    is_as_guessed &= !is_series || facts->order != POND_TEXT_UNORDERED;
    if (is_as_guessed && rc != POND_OK && err != NULL)
        *err = why;
    if (is_as_guessed && may_write && rc == POND_OK)
        *is_written = stats.rows == facts->rows;
    else
        pond_store_tmp_drop(pond_session_store(s), tmp);
    return is_as_guessed ? rc : POND_OK;
}

static pond_code write_rows(pond_session *s, place *p, pond_relation *rows, pond_sv query,
                            const char *tmp, pond_ingested *out, pond_err *err) {
    const pond_destination *to = p->to;
    const pond_text *text;
    bool is_all = false, is_written = false;
    if (query.n == 0 && pond_file_is_started(rows))
        POND_TRY(write_started(s, to, rows, tmp, &is_written, err));
    out->text = query.n > 0 ? NULL : pond_file_text(rows, &text);
    if (out->text != NULL) {
        POND_TRY(check_rows(s, p, out->text, out, err));
        if (out->status == POND_INGEST_NO_ROWS)
            return POND_OK;
        POND_TRY(check_series(s, to, rows, text, err));
    }
    if (!is_written)
        POND_TRY(write_parquet(s, to, rows, query, out->text, tmp, err));
    if (out->text != NULL)
        POND_TRY(measure_text(s, p, rows, out->text, tmp, &is_all, out, err));
    return is_all ? POND_OK : measure(s, p, tmp, out, err);
}

pond_code pond_ingest_rows(pond_session *s, const pond_destination *to, pond_relation *rows,
                           pond_sv query, pond_ingested *out, pond_err *err) {
    place p = {.to = to};
    *out = (pond_ingested){0};
    POND_TRY(check_writable(to, err));
    char *tmp = pond_store_tmp_name(pond_session_store(s), pond_session_arena(s), ".parquet");
    pond_code rc = write_rows(s, &p, rows, query, tmp, out, err);
    pond_relation_release(s, rows);
    if (out->status == POND_INGEST_NO_ROWS) {
        pond_store_tmp_drop(pond_session_store(s), tmp);
        return rc;
    }
    return add_rows(s, &p, tmp, rc, out, err);
}
