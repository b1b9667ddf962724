// rows: runs one job on a worker's engine: slices of relations to Parquet files below tmp.
#include "export/internal.h"

#include "relation/sql.h"

#include <inttypes.h>
#include <unistd.h>

// One file
// ---------------------------------------------------------------------------------------------

// Runs the SELECT into a file and measures it. No rows: there is no file, unless it is kept empty.
static pond_code write_rows(export_worker *w, pond_sv select, bool keep_empty, pond_output *o,
                            pond_err *err) {
    export_hold(w);
    o->made = export_tmp_name(w->run, ".parquet");
    export_release(w);
    pond_parquet_stats stats;
    POND_TRY(pond_engine_write_parquet(w->engine, select, o->made, &stats, err));
    o->rows = (int64_t)stats.rows;
    if (stats.rows == 0 && !keep_empty) {
        if (unlink(o->made) != 0)
            return pond_fail_errno(err, "cannot remove '%s'", o->made);
        o->made = NULL;
        return POND_OK;
    }
    return pond_sha256_file(o->made, &o->checksum, &o->size_bytes, err);
}

static pond_code null_times(const pond_target *t, int64_t n, pond_err *err) {
    if (n == 0)
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID,
                     "'%.*s' has %" PRId64
                     " row%s with NULL in the time column '%.*s', which belong to no partition",
                     POND_SV_ARG(t->node->path), n, n == 1 ? "" : "s",
                     POND_SV_ARG(t->relation->time_column));
}

// First and last time of a file just written, and how many rows have none.
static pond_code measure_times(const pond_target *t, pond_engine *engine, const char *path,
                               int64_t bounds[3], pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_sv file = pond_sv_of(path);
    for (int i = 0; i < 2; i++) {
        pond_buf_printf(&sql, "%s epoch_us(CAST(%s(", i == 0 ? "SELECT" : ",",
                        i == 0 ? "min" : "max");
        pond_buf_sql_name(&sql, t->relation->time_column);
        pond_buf_str(&sql, ") AS TIMESTAMP))");
    }
    pond_buf_str(&sql, ", count(*) - count(");
    pond_buf_sql_name(&sql, t->relation->time_column);
    pond_buf_str(&sql, ") FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, bounds, 3, err);
    pond_buf_free(&sql);
    return rc;
}

// What only the file itself can tell: the times of an unpartitioned series, NULL times of a
// partitioned one.
static pond_code check_times(const pond_target *t, pond_engine *engine, pond_output *o,
                             pond_err *err) {
    bool is_needed = t->is_partitioned ? t->relation->may_have_null_times : t->relation->is_series;
    int64_t bounds[3];
    if (!is_needed || t->relation->time_column.n == 0 || o->made == NULL || o->rows == 0)
        return POND_OK;
    POND_TRY(measure_times(t, engine, o->made, bounds, err));
    if (t->is_partitioned)
        return null_times(t, bounds[2], err);
    o->has_times = bounds[2] < o->rows;
    o->start_ms = export_ms(bounds[0]);
    o->end_ms = export_ms(bounds[1]);
    return POND_OK;
}

static void keep_output(export_worker *w, export_unit *u, const pond_output *o) {
    export_hold(w);
    *pond_vec_push(w->run->arena, &u->outputs) = *o;
    w->progress->rows += (uint64_t)o->rows;
    w->progress->bytes += o->size_bytes;
    export_release(w);
}

// Slices
// ---------------------------------------------------------------------------------------------

// A partition whose range is known, or all of an unpartitioned target.
static pond_code run_slice(export_worker *w, const export_job *j, export_unit *u, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_target *t = u->target;
    pond_output o = {.fingerprint = u->fingerprint};
    pond_range range = u->range;
    range.with_null_times = t->is_partitioned && t->relation->may_have_null_times;
    export_hold(w);
    if (t->is_partitioned)
        o = export_partition(w->run, t, u->start_us, u->fingerprint);
    else
        o.file = t->place;
    pond_session *s = w->run->session;
    pond_code rc = j->is_shared ? pond_relation_from_shared(s, t->relation, range,
                                                            POND_SV("shared"), &sql, err)
                                : pond_relation_sql_ordered(s, t->relation, range, &sql, err);
    export_release(w);
    if (rc == POND_OK)
        rc = write_rows(w, pond_buf_view(&sql), !t->is_partitioned, &o, err);
    if (rc == POND_OK)
        rc = check_times(t, w->engine, &o, err);
    pond_buf_free(&sql);
    if (rc == POND_OK && o.made != NULL)
        keep_output(w, u, &o);
    return rc;
}

// Streams
// ---------------------------------------------------------------------------------------------

static pond_output stream_output(export_worker *w, const export_unit *u) {
    pond_output o = u->target->is_partitioned
                        ? export_partition(w->run, u->target, u->start_us, u->fingerprint)
                        : (pond_output){.file = u->target->place, .fingerprint = u->fingerprint};
    o.made = export_tmp_name(w->run, ".parquet");
    return o;
}

static pond_code keep_slice(export_worker *w, const export_job *j, export_unit *u,
                            const pond_slice *slice, pond_output *o, pond_err *err) {
    o->rows = (int64_t)slice->stats.rows;
    if (o->rows == 0) // no partition; but an unpartitioned target is a file even if it is empty
        return u->target->is_partitioned ? POND_OK : run_slice(w, j, u, err);
    POND_TRY(pond_sha256_file(o->made, &o->checksum, &o->size_bytes, err));
    POND_TRY(check_times(u->target, w->engine, o, err));
    keep_output(w, u, o);
    return POND_OK;
}

// One scan of the whole range, cut where the partitions end.
static pond_code run_stream(export_worker *w, const export_job *j, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    size_t n = j->units.n;
    pond_relation *r = j->units.items[0]->target->relation;
    pond_slice *slices = POND_NEW_ARRAY(&a, pond_slice, n);
    pond_output *outputs = POND_NEW_ARRAY(&a, pond_output, n);
    pond_buf sql = POND_BUF_EMPTY, order = POND_BUF_EMPTY;
    if (j->order != POND_ORDERED)
        pond_sql_order(&order, r); // ties, slice by slice
    export_hold(w);
    for (size_t i = 0; i < n; i++) {
        const export_unit *u = j->units.items[i];
        outputs[i] = stream_output(w, u);
        slices[i] =
            (pond_slice){.lo_us = u->range.lo_us, .hi_us = u->range.hi_us, .path = outputs[i].made};
    }
    pond_code rc = pond_relation_sql(w->run->session, r, j->range, &sql, err);
    export_release(w);
    if (rc == POND_OK)
        rc = pond_engine_write_slices(w->engine,
                                      &(pond_slice_scan){.select = pond_buf_view(&sql),
                                                         .time_column = r->time_column,
                                                         .order = pond_buf_view(&order),
                                                         .slices = slices,
                                                         .n = n},
                                      err);
    for (size_t i = 0; rc == POND_OK && i < n; i++)
        rc = keep_slice(w, j, j->units.items[i], &slices[i], &outputs[i], err);
    pond_buf_free(&order);
    pond_buf_free(&sql);
    pond_arena_deinit(&a);
    return rc;
}

// Whole targets
// ---------------------------------------------------------------------------------------------

// A row of the list of partitions: its start and how many rows it has.
typedef struct found_partition {
    int64_t start_us, rows;
} found_partition;
typedef POND_VEC(found_partition) found_partitions;

static pond_code check_null_times(pond_engine *engine, const pond_target *t, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT count(*) FROM whole WHERE ");
    pond_buf_sql_name(&sql, t->relation->time_column);
    pond_buf_str(&sql, " IS NULL");
    int64_t n;
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, &n, 1, err);
    pond_buf_free(&sql);
    return rc != POND_OK ? rc : null_times(t, n, err);
}

static pond_code find_partitions(pond_engine *engine, const pond_target *t, pond_unit unit,
                                 pond_arena *a, found_partitions *out, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_printf(&sql, "SELECT epoch_us(date_trunc('%s', CAST(", pond_unit_name(unit));
    pond_buf_sql_name(&sql, t->relation->time_column);
    pond_buf_str(&sql, " AS TIMESTAMP))), count(*) FROM whole GROUP BY 1 ORDER BY 1");
    pond_rows *rows = NULL;
    pond_code rc = pond_engine_query(engine, pond_buf_view(&sql), &rows, err);
    pond_buf_free(&sql);
    for (size_t n = 1; rc == POND_OK && n > 0;) {
        rc = pond_rows_next(rows, &n, err);
        for (size_t i = 0; rc == POND_OK && i < n; i++)
            *pond_vec_push(a, out) =
                (found_partition){pond_rows_int(rows, 0, i), pond_rows_int(rows, 1, i)};
    }
    pond_rows_close(rows);
    return rc;
}

static pond_code write_found(export_worker *w, export_unit *u, const found_partition *f,
                             pond_err *err) {
    pond_target *t = u->target;
    pond_unit unit = (pond_unit)(w->run->options->n_units - 1);
    const pond_column *time = pond_schema_find(t->schema, t->relation->time_column);
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT * FROM whole WHERE ");
    pond_sql_time_filter(&sql, time->name, time->type,
                         (pond_range){f->start_us, pond_next(f->start_us, unit), false});
    pond_sql_order(&sql, t->relation);
    export_hold(w);
    pond_output o = export_partition(w->run, t, f->start_us, u->fingerprint);
    export_release(w);
    pond_code rc = write_rows(w, pond_buf_view(&sql), false, &o, err);
    pond_buf_free(&sql);
    if (rc == POND_OK && o.made != NULL)
        keep_output(w, u, &o);
    return rc;
}

static pond_code make_table(export_worker *w, const char *name, const export_job *j, export_unit *u,
                            pond_err *err) {
    pond_relation *r = u->target->relation;
    pond_session *s = w->run->session;
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_printf(&sql, "CREATE OR REPLACE TEMP TABLE %s AS ", name);
    export_hold(w);
    pond_code rc = strcmp(name, "shared") == 0 ? r->ops->shared(s, r, j->range, &sql, err)
                   : j->is_shared
                       ? r->ops->from_shared(s, r, u->range, POND_SV("shared"), &sql, err)
                       : pond_relation_sql(s, r, u->range, &sql, err);
    export_release(w);
    if (rc == POND_OK)
        rc = pond_engine_exec(w->engine, pond_buf_view(&sql), err);
    pond_buf_free(&sql);
    return rc;
}

// A target that cannot be sliced: computed once into a temporary table, which tells its partitions.
static pond_code run_whole(export_worker *w, const export_job *j, export_unit *u, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    found_partitions found = {0};
    pond_unit unit = (pond_unit)(w->run->options->n_units - 1);
    pond_code rc;
    POND_TRY_GOTO(rc, make_table(w, "whole", j, u, err), done);
    POND_TRY_GOTO(rc, check_null_times(w->engine, u->target, err), done);
    POND_TRY_GOTO(rc, find_partitions(w->engine, u->target, unit, &a, &found, err), done);
    for (size_t i = 0; i < found.n && !export_is_stopping(w); i++)
        POND_TRY_GOTO(rc, write_found(w, u, &found.items[i], err), done);
    rc = pond_engine_exec(w->engine, POND_SV("DROP TABLE whole"), err);
done:
    pond_arena_deinit(&a);
    return rc;
}

// Jobs
// ---------------------------------------------------------------------------------------------

pond_code export_run_job(export_worker *w, const export_job *j, pond_err *err) {
    pond_sv first = j->units.items[0]->target->node->path;
    if (j->is_streamed) {
        POND_TRY_CTX(run_stream(w, j, err), err, "target '%.*s'", POND_SV_ARG(first));
        return POND_OK;
    }
    if (j->is_shared)
        POND_TRY_CTX(make_table(w, "shared", j, j->units.items[0], err), err, "target '%.*s'",
                     POND_SV_ARG(first));
    for (size_t i = 0; i < j->units.n && !export_is_stopping(w); i++) {
        export_unit *u = j->units.items[i];
        POND_TRY_CTX(u->is_whole ? run_whole(w, j, u, err) : run_slice(w, j, u, err), err,
                     "target '%.*s'", POND_SV_ARG(u->target->node->path));
    }
    return j->is_shared ? pond_engine_exec(w->engine, POND_SV("DROP TABLE shared"), err) : POND_OK;
}
