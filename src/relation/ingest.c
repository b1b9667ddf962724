// Ingest: writes, measures, checks and stores the rows or bytes of a new version.
#include "relation/ingest.h"

#include "format/pages.h"
#include "relation/schema.h"
#include "relation/stored.h"

#include <unistd.h>

static pond_code check_writable(const pond_destination *to, pond_err *err) {
    if (!pond_type_is_dynamic(to->type))
        return POND_OK;
    return pond_fail(err, POND_ERR_READ_ONLY, "'%.*s' is read-only: it is computed",
                     POND_SV_ARG(to->path));
}

// Adds a version: its object is already in the store, its rows are already measured.
static pond_code add_version(pond_session *s, const pond_destination *to, const pond_measured *m,
                             pond_version *v, pond_err *err) {
    v->rows = m->rows;
    v->time_column = m->time_column;
    v->t_min_us = m->t_min_us;
    v->t_max_us = m->t_max_us;
    v->facts = pond_facts_write(pond_session_arena(s), &m->facts);
    return pond_fs_write(pond_session_fs(s), to->path, to->type, v, err);
}

static pond_code check_append(pond_session *s, const pond_destination *to, const pond_measured *m,
                              pond_err *err) {
    const pond_node *node;
    pond_version_vec versions = {0};
    if (to->type != POND_T_TABLE_SERIES)
        return POND_OK;
    // Without an error first: for its text, all of the directory would be compared with the name.
    if (pond_fs_resolve(pond_session_fs(s), to->path, true, &node, NULL) == POND_ERR_NOT_FOUND)
        return POND_OK;
    POND_TRY(pond_fs_resolve(pond_session_fs(s), to->path, true, &node, err));
    POND_TRY(
        pond_store_versions(pond_session_txn(s), pond_session_arena(s), node->id, &versions, err));
    return pond_stored_check_append(pond_session_arena(s), &versions, m, to->path, err);
}

static pond_code measure(pond_session *s, const pond_destination *to, const char *path,
                         pond_measured *out, pond_err *err) {
    POND_TRY(pond_measure(s, path, to->source, to->type == POND_T_TABLE_SERIES, out, err));
    return check_append(s, to, out, err);
}

static pond_code store_bytes(pond_session *s, const pond_destination *to, int fd, pond_version *v,
                             pond_err *err) {
    return pond_object_write_fd(pond_session_store(s), fd,
                                pond_cstr(pond_session_arena(s), to->source), &v->object,
                                &v->size_bytes, err);
}

pond_code pond_ingest_bytes(pond_session *s, const pond_destination *to, int fd, pond_err *err) {
    pond_version v = {.rows = -1};
    POND_TRY(check_writable(to, err));
    POND_TRY(store_bytes(s, to, fd, &v, err));
    return pond_fs_write(pond_session_fs(s), to->path, to->type, &v, err);
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
    for (size_t n = 1; rc == POND_OK && n > 0; *n_rows += (int64_t)n) {
        n = 0;
        rc = pond_rows_next(rows, &n, &why);
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
static pond_code check_and_measure(pond_session *s, const pond_destination *to, pond_sv file,
                                   pond_measured *out, pond_err *err) {
    int64_t n_rows;
    POND_TRY(pond_parquet_check(file.p, to->source, err));
    POND_TRY(decode(s, file, to->source, &n_rows, err));
    POND_TRY(measure(s, to, file.p, out, err));
    if (n_rows == out->rows)
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID,
                     "'%.*s' is not a valid Parquet file: it should have %lld rows, and has %lld",
                     POND_SV_ARG(to->source), (long long)out->rows, (long long)n_rows);
}

pond_code pond_ingest_parquet(pond_session *s, const pond_destination *to, int fd, pond_err *err) {
    pond_version v = {0};
    pond_measured m;
    POND_TRY(check_writable(to, err));
    POND_TRY(store_bytes(s, to, fd, &v, err));
    pond_sv object;
    POND_TRY(
        pond_object_open(pond_session_store(s), pond_session_arena(s), &v.object, &object, err));
    POND_TRY(check_and_measure(s, to, object, &m, err));
    return add_version(s, to, &m, &v, err);
}

static pond_code write_parquet(pond_session *s, const pond_destination *to, pond_relation *rows,
                               pond_sv query, const char *path, pond_err *err) {
    pond_engine *engine;
    pond_schema schema;
    pond_parquet_stats stats;
    pond_buf sql = POND_BUF_EMPTY, ordered = POND_BUF_EMPTY;
    pond_code rc = query.n > 0 ? pond_relation_query(s, rows, POND_RANGE_ALL, query, &sql, err)
                               : pond_relation_sql(s, rows, POND_RANGE_ALL, &sql, err);
    if (rc == POND_OK)
        rc = pond_session_engine(s, &engine, err);
    if (rc == POND_OK)
        rc = pond_engine_schema(engine, pond_session_arena(s), pond_buf_view(&sql), &schema, err);
    if (rc == POND_OK) {
        const pond_column *t =
            to->type == POND_T_TABLE_SERIES ? pond_find_time_column(schema) : NULL;
        pond_buf_printf(&ordered, "SELECT * FROM (%s)", sql.p);
        if (t != NULL) {
            pond_buf_str(&ordered, " ORDER BY ");
            pond_buf_sql_name(&ordered, t->name);
        }
        rc = pond_engine_write_parquet(engine, pond_buf_view(&ordered), path, &stats, err);
    }
    pond_buf_free(&sql);
    pond_buf_free(&ordered);
    return rc;
}

pond_code pond_ingest_rows(pond_session *s, const pond_destination *to, pond_relation *rows,
                           pond_sv query, pond_err *err) {
    pond_version v = {0};
    pond_measured m;
    POND_TRY(check_writable(to, err));
    char *tmp = pond_store_tmp_name(pond_session_store(s), pond_session_arena(s), ".parquet");
    pond_code rc = write_parquet(s, to, rows, query, tmp, err);
    pond_relation_release(s, rows);
    if (rc == POND_OK)
        rc = measure(s, to, tmp, &m, err);
    if (rc == POND_OK)
        rc = pond_object_adopt(pond_session_store(s), tmp, &v.object, &v.size_bytes, err);
    if (rc != POND_OK) {
        pond_store_tmp_drop(pond_session_store(s), tmp);
        return rc;
    }
    return add_version(s, to, &m, &v, err);
}
