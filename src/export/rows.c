// Runs a job on a worker's engine. The rows of a unit come from its own query, from one scan of
// many partitions that is cut into files, or from a temporary table: `slices` for several units,
// `whole` for one unit whose partitions are found in it.
#include "export/rows.h"

#include "export/count.h"
#include "relation/sql.h"
#include "relation/times.h"

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

static const pond_column *time_of(const export_target *t) {
    return pond_schema_find(t->schema, t->relation->time_column);
}

// Rows of `from` (a table, or a function that reads a file) that belong to no partition.
static pond_code refuse_odd_times(pond_engine *engine, const export_target *t, pond_sv from,
                                  pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY, text = POND_BUF_EMPTY;
    int64_t n[POND_ODD_TIMES_COLUMNS] = {0};
    pond_buf_str(&sql, "SELECT ");
    pond_sql_count_odd_times(&sql, time_of(t));
    pond_buf_printf(&sql, " FROM %.*s", POND_SV_ARG(from));
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), 0, n, POND_ODD_TIMES_COLUMNS, err);
    pond_odd_times odd = {n[0], n[1], n[2]};
    pond_odd_times_text(&text, odd, t->relation->time_column);
    if (rc == POND_OK && pond_has_odd_times(odd))
        rc = pond_fail(err, POND_ERR_INVALID, "'%.*s' has %s, which belong to no partition",
                       POND_SV_ARG(t->node->path), text.p);
    pond_buf_free(&text);
    pond_buf_free(&sql);
    return rc;
}

typedef struct file_times {
    int64_t first_us, last_us, n_nulls;
} file_times;
#define NO_INSTANT INT64_MIN // of a bound that is infinite

static pond_code measure_times(pond_engine *engine, const export_output *o, bool finite_only,
                               file_times *out, pond_err *err) {
    const pond_column *time = time_of(o->target);
    pond_sv file = pond_sv_of(o->tmp_path);
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT ");
    pond_sql_time_us(&sql, "min", time);
    pond_buf_str(&sql, ", ");
    pond_sql_time_us(&sql, "max", time);
    pond_buf_str(&sql, ", count(*) - count(");
    pond_buf_sql_name(&sql, time->name);
    pond_buf_str(&sql, ") FROM ");
    pond_engine_sql_read_parquet(&sql, &file, 1, false);
    if (finite_only) {
        pond_buf_str(&sql, " WHERE NOT ");
        pond_sql_is_odd_time(&sql, time);
    }
    int64_t values[3];
    pond_code rc = pond_engine_ints(engine, pond_buf_view(&sql), NO_INSTANT, values, 3, err);
    pond_buf_free(&sql);
    if (rc == POND_OK)
        *out = (file_times){values[0], values[1], values[2]};
    return rc;
}

// Reads the written file: finds the first and last time of a series that is not partitioned, and
// refuses a partitioned one that has rows in no partition. *out has no instants, the last one
// before the first, where nothing needs to be known.
static pond_code check_times(pond_engine *engine, export_output *o, file_times *out,
                             pond_err *err) {
    const export_target *t = o->target;
    const pond_relation *r = t->relation;
    bool is_needed = t->is_partitioned ? r->may_have_odd_times : r->is_series;
    file_times times;
    *out = (file_times){0, -1, 0};
    if (!is_needed || r->time_column.n == 0 || o->record.rows == 0)
        return POND_OK;
    POND_TRY(measure_times(engine, o, false, &times, err));
    bool has_odd = times.n_nulls > 0 || times.first_us < POND_TIME_FIRST_US ||
                   times.last_us < POND_TIME_FIRST_US;
    if (t->is_partitioned && has_odd) {
        pond_sv file = pond_sv_of(o->tmp_path);
        pond_buf from = POND_BUF_EMPTY;
        pond_engine_sql_read_parquet(&from, &file, 1, false);
        pond_code rc = refuse_odd_times(engine, t, pond_buf_view(&from), err);
        pond_buf_free(&from);
        return rc;
    }
    if (has_odd)
        POND_TRY(measure_times(engine, o, true, &times, err));
    *out = times;
    if (t->is_partitioned || times.first_us == NO_INSTANT)
        return POND_OK;
    o->record.has_times = true;
    o->record.start_ms = export_ms(times.first_us);
    o->record.end_ms = export_ms(times.last_us);
    return POND_OK;
}

// A query for each unit ---------------------------------------------------------------------------

static pond_code slice_sql(export_worker *w, const export_job *j, const export_unit *u,
                           pond_range range, pond_buf *sql, pond_err *err) {
    pond_session *s = w->run->session;
    pond_relation *r = u->target->relation;
    return j->kind == JOB_TABLE ? pond_relation_from_table(s, r, range, POND_SV("slices"), sql, err)
                                : pond_relation_sql_ordered(s, r, range, sql, err);
}

static pond_code write_slice(export_worker *w, const export_job *j, const export_unit *u,
                             pond_range range, export_output *o, bool *is_written, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_pool_lock(w->pool);
    pond_code rc = slice_sql(w, j, u, range, &sql, err);
    pond_pool_unlock(w->pool);
    if (rc == POND_OK)
        rc = write_rows(w, pond_buf_view(&sql), o, is_written, err);
    pond_buf_free(&sql);
    return rc;
}

// A partition whose range is known, or all of a target that is not partitioned. Where a query of a
// user is sliced, all rows that it gives are written first: those outside of the range may be rows
// of no slice at all, which export_check_rows then finds out.
static pond_code run_slice(export_worker *w, const export_job *j, export_unit *u, pond_err *err) {
    export_target *t = u->target;
    pond_range range = u->range;
    bool is_written = false;
    file_times times;
    bool may_stray = t->is_partitioned && t->relation->may_have_odd_times;
    range.beyond = may_stray ? POND_STRAYS_BEYOND : POND_NOTHING_BEYOND;
    pond_pool_lock(w->pool);
    export_output *o = new_output(w, u, export_unit_record(w->run, u));
    pond_pool_unlock(w->pool);
    POND_TRY(write_slice(w, j, u, range, o, &is_written, err));
    if (!is_written)
        return POND_OK;
    POND_TRY(check_times(w->engine, o, &times, err));
    bool has_strays = may_stray && times.first_us <= times.last_us &&
                      (times.first_us < range.lo_us || times.last_us >= range.hi_us);
    if (has_strays) {
        pond_pool_lock(w->pool);
        t->has_strays = true;
        pond_pool_unlock(w->pool);
        range.beyond = POND_ODD_BEYOND;
        POND_TRY(write_slice(w, j, u, range, o, &is_written, err));
    }
    if (is_written)
        keep_output(w, u, o);
    return POND_OK;
}

// One scan for many units -------------------------------------------------------------------------

static pond_code keep_slice(export_worker *w, const export_job *j, export_unit *u,
                            const pond_slice *slice, export_output *o, pond_err *err) {
    o->record.rows = (int64_t)slice->stats.rows;
    if (o->record.rows == 0) // an empty partition has no file, an empty target has one
        return u->target->is_partitioned ? POND_OK : run_slice(w, j, u, err);
    POND_TRY(hash_file(w, o, err));
    file_times times;
    POND_TRY(check_times(w->engine, o, &times, err));
    keep_output(w, u, o);
    return POND_OK;
}

static pond_code check_scan(const export_job *j, const pond_slice_scan *scan, pond_err *err) {
    uint64_t n = 0;
    for (size_t i = 0; i < scan->n; i++)
        n += scan->slices[i].stats.rows;
    return export_compare_rows(j->units.items[0]->target, (int64_t)n, (int64_t)scan->rows, err);
}

// One scan of the job's range, cut into files where partitions end.
static pond_code run_stream(export_worker *w, const export_job *j, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    size_t n = j->units.n;
    pond_relation *r = j->units.items[0]->target->relation;
    pond_slice *slices = POND_NEW_ARRAY(&a, pond_slice, n);
    export_output **outputs = POND_NEW_ARRAY(&a, export_output *, n);
    pond_buf sql = POND_BUF_EMPTY, order = POND_BUF_EMPTY, time_us = POND_BUF_EMPTY;
    pond_sql_time_us(&time_us, NULL, time_of(j->units.items[0]->target));
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
    pond_slice_scan scan = {.select = pond_buf_view(&sql),
                            .time_us = pond_buf_view(&time_us),
                            .order = pond_buf_view(&order),
                            .slices = slices,
                            .n = n};
    if (rc == POND_OK)
        rc = pond_engine_write_slices(w->engine, &scan, err);
    if (rc == POND_OK)
        rc = check_scan(j, &scan, err);
    for (size_t i = 0; rc == POND_OK && i < n; i++)
        rc = keep_slice(w, j, j->units.items[i], &slices[i], outputs[i], err);
    pond_buf_free(&time_us);
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

// Compares the rows of a table with those that the units wrote from it.
static pond_code check_table(export_worker *w, const char *table, const export_target *t,
                             int64_t n_written, pond_err *err) {
    if (pond_pool_is_stopping(w->pool)) // not everything was written, and nothing will be published
        return POND_OK;
    pond_buf sql = POND_BUF_EMPTY;
    int64_t n;
    pond_buf_printf(&sql, "SELECT count(*) FROM %s", table);
    pond_code rc = pond_engine_ints(w->engine, pond_buf_view(&sql), 0, &n, 1, err);
    pond_buf_free(&sql);
    return rc == POND_OK ? export_compare_rows(t, n_written, n, err) : rc;
}

// Marks the targets of the job if the table has rows outside of its range, which no unit takes.
static pond_code find_strays(export_worker *w, const export_job *j, pond_range range,
                             pond_err *err) {
    const export_target *t = j->units.items[0]->target;
    pond_buf sql = POND_BUF_EMPTY;
    int64_t n;
    pond_buf_str(&sql, "SELECT count(*) FROM slices WHERE NOT (");
    pond_sql_time_filter(&sql, t->relation->time_column, POND_SV("TIMESTAMP"), range);
    pond_buf_char(&sql, ')');
    pond_code rc = pond_engine_ints(w->engine, pond_buf_view(&sql), 0, &n, 1, err);
    pond_buf_free(&sql);
    pond_pool_lock(w->pool);
    for (size_t i = 0; rc == POND_OK && n > 0 && i < j->units.n; i++)
        j->units.items[i]->target->has_strays = true;
    pond_pool_unlock(w->pool);
    return rc;
}

static pond_code make_slice_table(export_worker *w, const export_job *j, pond_err *err) {
    pond_relation *r = j->units.items[0]->target->relation;
    pond_session *s = w->run->session;
    pond_buf select = POND_BUF_EMPTY;
    bool may_stray = false;
    pond_range range = j->range;
    pond_pool_lock(w->pool);
    pond_code rc = r->is_table_of_rows || pond_range_is_all(range)
                       ? POND_OK
                       : pond_relation_is_promised(s, r, &may_stray, err);
    range.beyond = may_stray ? POND_STRAYS_BEYOND : POND_NOTHING_BEYOND;
    if (rc == POND_OK)
        rc = pond_relation_table_sql(s, r, range, &select, err);
    range = pond_relation_table_range(s, r, j->range);
    pond_pool_unlock(w->pool);
    if (rc == POND_OK)
        rc = create_table(w, "slices", pond_buf_view(&select), err);
    if (rc == POND_OK && may_stray)
        rc = find_strays(w, j, range, err);
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

typedef POND_VEC(int64_t) partition_starts;

// The starts of the partitions that have rows, in time order.
static pond_code find_partitions(export_worker *w, const export_target *t, pond_arena *a,
                                 partition_starts *out, pond_err *err) {
    pond_period period = (pond_period)(w->run->options->n_periods - 1);
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_printf(&sql, "SELECT epoch_us(date_trunc('%s', ", pond_period_name(period));
    pond_sql_timestamp(&sql, time_of(t));
    pond_buf_str(&sql, ")) FROM whole GROUP BY 1 ORDER BY 1");
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
    const pond_column *time = time_of(t);
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
    POND_TRY_GOTO(rc, refuse_odd_times(w->engine, u->target, POND_SV("whole"), err), done);
    POND_TRY_GOTO(rc, find_partitions(w, u->target, &a, &found, err), done);
    for (size_t i = 0; i < found.n && !pond_pool_is_stopping(w->pool); i++)
        POND_TRY_GOTO(rc, write_partition(w, u, found.items[i], err), done);
    POND_TRY_GOTO(rc, check_table(w, "whole", u->target, export_outputs_rows(&u->outputs), err),
                  done);
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
    int64_t n_written = 0;
    for (size_t i = 0; i < j->units.n && !pond_pool_is_stopping(w->pool); i++) {
        export_unit *u = j->units.items[i];
        POND_TRY_CTX(u->is_whole ? run_whole(w, j, u, err) : run_slice(w, j, u, err), err,
                     "target '%.*s'", POND_SV_ARG(u->target->node->path));
        n_written += export_outputs_rows(&u->outputs);
    }
    if (j->kind != JOB_TABLE)
        return POND_OK;
    const export_target *t = j->units.items[0]->target;
    if (t->relation->is_table_of_rows)
        POND_TRY_CTX(check_table(w, "slices", t, n_written, err), err, "target '%.*s'",
                     POND_SV_ARG(first));
    return pond_engine_exec(w->engine, POND_SV("DROP TABLE slices"), err);
}
