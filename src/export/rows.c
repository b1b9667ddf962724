// Runs a job on a worker's engine. The rows of a unit come from its own query, from one scan of
// many partitions that is cut into files, or from a temporary table: `slices` for several units,
// `whole` for one unit whose partitions are found in it.
#include "export/rows.h"

#include "relation/sql.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

// One file ----------------------------------------------------------------------------------------

// An output of the unit. It is not in the unit's list yet, because a partition without rows has no
// file. Call under the lock.
static export_output *new_output(export_worker *w, const export_unit *u, export_record record) {
    export_output *o = POND_NEW(w->run->arena, export_output);
    *o = (export_output){.record = record, .target = u->target};
    o->tmp_path = export_dir_tmp_path(&w->run->dir, ".parquet");
    return o;
}

static void keep_output(export_worker *w, export_unit *u, export_output *o) {
    pond_pool_lock(w->pool);
    *pond_vec_push(w->run->arena, &u->outputs) = o;
    w->progress->rows += (uint64_t)o->record.rows;
    w->progress->bytes += o->record.size_bytes;
    pond_pool_unlock(w->pool);
}

static pond_code hash_file(const export_worker *w, export_output *o, pond_err *err) {
    const export_dir *dir = &w->run->dir;
    int fd;
    POND_TRY(
        pond_below_open_file(&dir->root, export_dir_name(dir, o->tmp_path), O_RDONLY, &fd, err));
    pond_code rc = pond_sha256_fd(fd, o->tmp_path, &o->record.checksum, &o->record.size_bytes, err);
    close(fd); // nothing was written, so no error can be lost
    return rc;
}

// Writes the rows of the SELECT to the output's file. Without rows there is no file, and
// *is_written is false; but a target that is not partitioned always has a file.
static pond_code write_rows(export_worker *w, pond_sv select, export_output *o, bool *is_written,
                            pond_err *err) {
    pond_parquet_stats stats;
    POND_TRY(pond_engine_write_parquet(w->engine, select, o->tmp_path, &stats, err));
    o->record.rows = (int64_t)stats.rows;
    *is_written = stats.rows > 0 || !o->target->is_partitioned;
    if (*is_written)
        return hash_file(w, o, err);
    return pond_below_remove(&w->run->dir.root, export_dir_name(&w->run->dir, o->tmp_path), err);
}

// Times of the rows -------------------------------------------------------------------------------

static pond_code check_null_times(const export_target *t, int64_t n, pond_err *err) {
    if (n == 0)
        return POND_OK;
    return pond_fail(err, POND_ERR_INVALID,
                     "'%.*s' has %" PRId64
                     " row%s with NULL in the time column '%.*s', which belong to no partition",
                     POND_SV_ARG(t->node->path), n, n == 1 ? "" : "s",
                     POND_SV_ARG(t->relation->time_column));
}

typedef struct file_times {
    int64_t first_us, last_us, n_nulls;
} file_times;

static pond_code measure_times(pond_engine *engine, const export_output *o, file_times *out,
                               pond_err *err) {
    pond_sv column = o->target->relation->time_column, file = pond_sv_of(o->tmp_path);
    pond_buf sql = POND_BUF_EMPTY;
    for (int i = 0; i < 2; i++) {
        pond_buf_printf(&sql, "%s epoch_us(CAST(%s(", i == 0 ? "SELECT" : ",",
                        i == 0 ? "min" : "max");
        pond_buf_sql_name(&sql, column);
        pond_buf_str(&sql, ") AS TIMESTAMP))");
    }
    pond_buf_str(&sql, ", count(*) - count(");
    pond_buf_sql_name(&sql, column);
    pond_buf_str(&sql, ") FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    int64_t values[3];
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, values, 3, err);
    pond_buf_free(&sql);
    if (rc == POND_OK)
        *out = (file_times){values[0], values[1], values[2]};
    return rc;
}

// Reads the written file: finds the first and last time of a series that is not partitioned, and
// refuses a partitioned one that has rows without a time.
static pond_code check_times(pond_engine *engine, export_output *o, pond_err *err) {
    const export_target *t = o->target;
    const pond_relation *r = t->relation;
    bool is_needed = t->is_partitioned ? r->may_have_null_times : r->is_series;
    file_times times;
    if (!is_needed || r->time_column.n == 0 || o->record.rows == 0)
        return POND_OK;
    POND_TRY(measure_times(engine, o, &times, err));
    if (t->is_partitioned)
        return check_null_times(t, times.n_nulls, err);
    o->record.has_times = times.n_nulls < o->record.rows;
    o->record.start_ms = export_ms(times.first_us);
    o->record.end_ms = export_ms(times.last_us);
    return POND_OK;
}

// A query for each unit ---------------------------------------------------------------------------

// A partition whose range is known, or all of a target that is not partitioned.
static pond_code run_slice(export_worker *w, const export_job *j, export_unit *u, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    const export_target *t = u->target;
    pond_session *s = w->run->session;
    pond_range range = u->range;
    range.with_null_times = t->is_partitioned && t->relation->may_have_null_times;
    pond_pool_lock(w->pool);
    export_output *o = new_output(w, u, export_unit_record(w->run, u));
    pond_code rc =
        j->kind == JOB_TABLE
            ? pond_relation_from_table(s, t->relation, range, POND_SV("slices"), &sql, err)
            : pond_relation_sql_ordered(s, t->relation, range, &sql, err);
    pond_pool_unlock(w->pool);
    bool is_written = false;
    if (rc == POND_OK)
        rc = write_rows(w, pond_buf_view(&sql), o, &is_written, err);
    if (rc == POND_OK && is_written)
        rc = check_times(w->engine, o, err);
    pond_buf_free(&sql);
    if (rc == POND_OK && is_written)
        keep_output(w, u, o);
    return rc;
}

// One scan for many units -------------------------------------------------------------------------

static pond_code keep_slice(export_worker *w, const export_job *j, export_unit *u,
                            const pond_slice *slice, export_output *o, pond_err *err) {
    o->record.rows = (int64_t)slice->stats.rows;
    if (o->record.rows == 0) // an empty partition has no file, an empty target has one
        return u->target->is_partitioned ? POND_OK : run_slice(w, j, u, err);
    POND_TRY(hash_file(w, o, err));
    POND_TRY(check_times(w->engine, o, err));
    keep_output(w, u, o);
    return POND_OK;
}

// One scan of the job's range, cut into files where partitions end.
static pond_code run_stream(export_worker *w, const export_job *j, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    size_t n = j->units.n;
    pond_relation *r = j->units.items[0]->target->relation;
    pond_slice *slices = POND_NEW_ARRAY(&a, pond_slice, n);
    export_output **outputs = POND_NEW_ARRAY(&a, export_output *, n);
    pond_buf sql = POND_BUF_EMPTY, order = POND_BUF_EMPTY;
    if (j->order != POND_ORDERED)
        pond_sql_order(&order, r); // rows of equal times are sorted, slice by slice
    pond_pool_lock(w->pool);
    for (size_t i = 0; i < n; i++) {
        const export_unit *u = j->units.items[i];
        outputs[i] = new_output(w, u, export_unit_record(w->run, u));
        slices[i] = (pond_slice){
            .lo_us = u->range.lo_us, .hi_us = u->range.hi_us, .path = outputs[i]->tmp_path};
    }
    pond_code rc = pond_relation_sql(w->run->session, r, j->range, &sql, err);
    pond_pool_unlock(w->pool);
    if (rc == POND_OK)
        rc = pond_engine_write_slices(w->engine,
                                      &(pond_slice_scan){.select = pond_buf_view(&sql),
                                                         .time_column = r->time_column,
                                                         .order = pond_buf_view(&order),
                                                         .slices = slices,
                                                         .n = n},
                                      err);
    for (size_t i = 0; rc == POND_OK && i < n; i++)
        rc = keep_slice(w, j, j->units.items[i], &slices[i], outputs[i], err);
    pond_buf_free(&order);
    pond_buf_free(&sql);
    pond_arena_deinit(&a);
    return rc;
}

// Temporary tables --------------------------------------------------------------------------------

static pond_code create_table(export_worker *w, const char *name, pond_sv select, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_printf(&sql, "CREATE OR REPLACE TEMP TABLE %s AS ", name);
    pond_buf_sv(&sql, select);
    pond_code rc = pond_engine_exec(w->engine, pond_buf_view(&sql), err);
    pond_buf_free(&sql);
    return rc;
}

static pond_code make_slice_table(export_worker *w, const export_job *j, pond_err *err) {
    pond_buf select = POND_BUF_EMPTY;
    pond_pool_lock(w->pool);
    pond_code rc = pond_relation_table_sql(w->run->session, j->units.items[0]->target->relation,
                                           j->range, &select, err);
    pond_pool_unlock(w->pool);
    if (rc == POND_OK)
        rc = create_table(w, "slices", pond_buf_view(&select), err);
    pond_buf_free(&select);
    return rc;
}

static pond_code make_whole(export_worker *w, const export_job *j, const export_unit *u,
                            pond_err *err) {
    pond_session *s = w->run->session;
    pond_relation *r = u->target->relation;
    pond_buf select = POND_BUF_EMPTY;
    pond_pool_lock(w->pool);
    pond_code rc =
        j->kind == JOB_TABLE
            ? pond_relation_from_table_unordered(s, r, u->range, POND_SV("slices"), &select, err)
            : pond_relation_sql(s, r, u->range, &select, err);
    pond_pool_unlock(w->pool);
    if (rc == POND_OK)
        rc = create_table(w, "whole", pond_buf_view(&select), err);
    pond_buf_free(&select);
    return rc;
}

// Partitions of a whole target --------------------------------------------------------------------

static pond_code check_whole(pond_engine *engine, const export_target *t, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT count(*) FROM whole WHERE ");
    pond_buf_sql_name(&sql, t->relation->time_column);
    pond_buf_str(&sql, " IS NULL");
    int64_t n;
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, &n, 1, err);
    pond_buf_free(&sql);
    return rc != POND_OK ? rc : check_null_times(t, n, err);
}

typedef POND_VEC(int64_t) partition_starts;

// The starts of the partitions that have rows, in time order.
static pond_code find_partitions(export_worker *w, const export_target *t, pond_arena *a,
                                 partition_starts *out, pond_err *err) {
    pond_period period = (pond_period)(w->run->options->n_periods - 1);
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_printf(&sql, "SELECT epoch_us(date_trunc('%s', CAST(", pond_period_name(period));
    pond_buf_sql_name(&sql, t->relation->time_column);
    pond_buf_str(&sql, " AS TIMESTAMP))) FROM whole GROUP BY 1 ORDER BY 1");
    pond_rows *rows = NULL;
    pond_code rc = pond_engine_query(w->engine, pond_buf_view(&sql), &rows, err);
    pond_buf_free(&sql);
    for (size_t i; pond_rows_each(rows, &i, &rc, err);)
        *pond_vec_push(a, out) = pond_rows_int(rows, 0, i);
    pond_rows_close(rows);
    return rc;
}

static pond_code write_partition(export_worker *w, export_unit *u, int64_t start_us,
                                 pond_err *err) {
    const export_target *t = u->target;
    pond_period period = (pond_period)(w->run->options->n_periods - 1);
    const pond_column *time = pond_schema_find(t->schema, t->relation->time_column);
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT * FROM whole WHERE ");
    pond_sql_time_filter(&sql, time->name, time->type,
                         (pond_range){start_us, pond_next(start_us, period), false});
    pond_sql_order(&sql, t->relation);
    pond_pool_lock(w->pool);
    export_output *o = new_output(w, u, export_partition_record(w->run, u, start_us));
    pond_pool_unlock(w->pool);
    bool is_written = false;
    pond_code rc = write_rows(w, pond_buf_view(&sql), o, &is_written, err);
    pond_buf_free(&sql);
    if (rc == POND_OK && is_written)
        keep_output(w, u, o);
    return rc;
}

// A target that cannot be sliced: its rows are computed once into a table, in which its partitions
// are found.
static pond_code run_whole(export_worker *w, const export_job *j, export_unit *u, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    partition_starts found = {0};
    pond_code rc;
    POND_TRY_GOTO(rc, make_whole(w, j, u, err), done);
    POND_TRY_GOTO(rc, check_whole(w->engine, u->target, err), done);
    POND_TRY_GOTO(rc, find_partitions(w, u->target, &a, &found, err), done);
    for (size_t i = 0; i < found.n && !pond_pool_is_stopping(w->pool); i++)
        POND_TRY_GOTO(rc, write_partition(w, u, found.items[i], err), done);
    rc = pond_engine_exec(w->engine, POND_SV("DROP TABLE whole"), err);
done:
    pond_arena_deinit(&a);
    return rc;
}

// Jobs --------------------------------------------------------------------------------------------

pond_code export_run_job(export_worker *w, const export_job *j, pond_err *err) {
    pond_sv first = j->units.items[0]->target->node->path;
    if (j->kind == JOB_STREAM)
        return pond_wrap(err, run_stream(w, j, err), "target '%.*s'", POND_SV_ARG(first));
    if (j->kind == JOB_TABLE)
        POND_TRY_CTX(make_slice_table(w, j, err), err, "target '%.*s'", POND_SV_ARG(first));
    for (size_t i = 0; i < j->units.n && !pond_pool_is_stopping(w->pool); i++) {
        export_unit *u = j->units.items[i];
        POND_TRY_CTX(u->is_whole ? run_whole(w, j, u, err) : run_slice(w, j, u, err), err,
                     "target '%.*s'", POND_SV_ARG(u->target->node->path));
    }
    if (j->kind == JOB_TABLE)
        return pond_engine_exec(w->engine, POND_SV("DROP TABLE slices"), err);
    return POND_OK;
}
