// Runs a job on a worker's engine. The rows of a unit come from its own query or from one scan of
// many partitions that is cut into files (stream.h); and they are read from the sources or from a
// temporary table: `slices` for several units, `whole` for one unit whose partitions are found in
// it.
#include "export/rows.h"

#include "export/count.h"
#include "export/stream.h"
#include "relation/sql.h"
#include "relation/times.h"

// One file ----------------------------------------------------------------------------------------

// Writes the rows of the SELECT to the output's file. Without rows there is no file, and
// *is_written is false; but a target that is not partitioned always has a file.
static pond_code write_rows(export_worker *w, pond_sv select, export_output *o, bool *is_written,
                            pond_err *err) {
    pond_parquet_stats stats;
    POND_TRY(pond_engine_write_parquet(w->engine, select, o->tmp_path, &stats, err));
    o->record.rows = (int64_t)stats.rows;
    *is_written = stats.rows > 0 || !o->target->is_partitioned;
    if (*is_written)
        return export_rowfile_hash(w, o, err);
    return pond_below_remove(&w->run->dir.root, export_dir_name(&w->run->dir, o->tmp_path), err);
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
    export_times times;
    bool may_stray = t->is_partitioned && t->relation->may_have_odd_times;
    range.beyond = may_stray ? POND_STRAYS_BEYOND : POND_NOTHING_BEYOND;
    pond_pool_lock(w->pool);
    export_output *o = export_rowfile_new(w, u, export_unit_record(w->run, u));
    pond_pool_unlock(w->pool);
    POND_TRY(write_slice(w, j, u, range, o, &is_written, err));
    if (!is_written)
        return POND_OK;
    POND_TRY(export_rowfile_check(w->engine, o, &times, err));
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
        export_rowfile_keep(w, u, o);
    return POND_OK;
}

// One scan for many units -------------------------------------------------------------------------

// The units of one target, which follow each other. If rows of equal times have no order yet, they
// are sorted slice by slice; if none has one, all are sorted before they are cut.
static pond_code run_stream(export_worker *w, const export_job *j, export_unit *const *units,
                            size_t n, pond_err *err) {
    pond_session *s = w->run->session;
    pond_relation *r = units[0]->target->relation;
    pond_range range = {units[0]->range.lo_us, units[n - 1]->range.hi_us, POND_NOTHING_BEYOND};
    pond_arena a;
    pond_arena_init(&a);
    export_part *parts = POND_NEW_ARRAY(&a, export_part, n);
    for (size_t i = 0; i < n; i++)
        parts[i] = (export_part){units[i], units[i]->start_us, units[i]->range};
    pond_buf select = POND_BUF_EMPTY;
    pond_pool_lock(w->pool);
    bool is_ascending = j->kind == JOB_STREAM && pond_relation_order(s, r, range) == POND_ASCENDING;
    pond_code rc = is_ascending ? pond_relation_sql(s, r, range, &select, err)
                                : slice_sql(w, j, units[0], range, &select, err);
    pond_pool_unlock(w->pool);
    if (rc == POND_OK)
        rc = export_stream(w, parts, n, pond_buf_view(&select), is_ascending, err);
    // An empty partition has no file, an empty target has one.
    if (rc == POND_OK && n == 1 && !units[0]->target->is_partitioned && units[0]->outputs.n == 0)
        rc = run_slice(w, j, units[0], err);
    pond_buf_free(&select);
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

// Compares the rows of the table with those that the unit wrote from it.
static pond_code check_whole(export_worker *w, const export_unit *u, pond_err *err) {
    if (pond_pool_is_stopping(w->pool)) // not everything was written, and nothing will be published
        return POND_OK;
    int64_t n;
    POND_TRY(pond_engine_ints(w->engine, POND_SV("SELECT count(*) FROM whole"), 0, &n, 1, err));
    return export_compare_rows(u->target, export_outputs_rows(&u->outputs), n, err);
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
    pond_code rc =
        pond_range_is_all(range) ? POND_OK : pond_relation_is_promised(s, r, &may_stray, err);
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

// The partitions of the table that have rows, in time order, and how many rows.
typedef struct found_parts {
    POND_VEC(export_part) parts;
    POND_VEC(int64_t) rows;
} found_parts;

static pond_code find_parts(export_worker *w, export_unit *u, pond_arena *a, found_parts *out,
                            pond_err *err) {
    pond_period period = (pond_period)(w->run->options->n_periods - 1);
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_printf(&sql, "SELECT epoch_us(date_trunc('%s', ", pond_period_name(period));
    pond_sql_timestamp(&sql, export_time_of(u->target));
    pond_buf_str(&sql, ")), count(*) FROM whole GROUP BY 1 ORDER BY 1");
    pond_rows *rows = NULL;
    pond_code rc = pond_engine_query(w->engine, pond_buf_view(&sql), &rows, err);
    pond_buf_free(&sql);
    for (size_t i; pond_rows_each(rows, &i, &rc, err);) {
        int64_t start_us = pond_rows_int(rows, 0, i);
        pond_range range = {start_us, pond_next(start_us, period), POND_NOTHING_BEYOND};
        *pond_vec_push(a, &out->parts) = (export_part){u, start_us, range};
        *pond_vec_push(a, &out->rows) = pond_rows_int(rows, 1, i);
    }
    pond_rows_close(rows);
    return rc;
}

// How many partitions, from the i-th on, are sorted together: at least 1.
static size_t count_together(const export_target *t, const found_parts *found, size_t i) {
    size_t n = 1;
    for (int64_t rows = found->rows.items[i]; i + n < found->rows.n; n++) {
        rows += found->rows.items[i + n];
        if (export_row_bytes(t->relation, rows) > EXPORT_SHARED_BYTES)
            break;
    }
    return n;
}

static pond_code write_parts(export_worker *w, const export_part *parts, size_t n, pond_err *err) {
    const export_target *t = parts[0].unit->target;
    const pond_column *time = export_time_of(t);
    pond_range range = {parts[0].range.lo_us, parts[n - 1].range.hi_us, POND_NOTHING_BEYOND};
    pond_buf sql = POND_BUF_EMPTY;
    pond_buf_str(&sql, "SELECT * FROM whole WHERE ");
    pond_sql_time_filter(&sql, time->name, time->type, range);
    pond_sql_order(&sql, t->relation);
    pond_code rc = export_stream(w, parts, n, pond_buf_view(&sql), false, err);
    pond_buf_free(&sql);
    return rc;
}

// A target that cannot be sliced: its rows are computed once into a table, in which its partitions
// are found.
static pond_code run_whole(export_worker *w, const export_job *j, export_unit *u, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    found_parts found = {0};
    pond_code rc;
    POND_TRY_GOTO(rc, make_whole(w, j, u, err), done);
    POND_TRY_GOTO(rc, export_refuse_odd_times(w->engine, u->target, POND_SV("whole"), err), done);
    POND_TRY_GOTO(rc, find_parts(w, u, &a, &found, err), done);
    for (size_t i = 0, n; i < found.parts.n && !pond_pool_is_stopping(w->pool); i += n) {
        n = count_together(u->target, &found, i);
        POND_TRY_GOTO(rc, write_parts(w, &found.parts.items[i], n, err), done);
    }
    POND_TRY_GOTO(rc, check_whole(w, u, err), done);
    rc = pond_engine_exec(w->engine, POND_SV("DROP TABLE whole"), err);
done:
    pond_arena_deinit(&a);
    return rc;
}

// Jobs --------------------------------------------------------------------------------------------

// The units from the i-th on that are of one target and follow each other.
static size_t run_length(const export_job *j, size_t i) {
    const export_unit *first = j->units.items[i];
    size_t n = 1;
    for (; !first->is_whole && i + n < j->units.n; n++) {
        const export_unit *u = j->units.items[i + n];
        if (u->target != first->target || u->range.lo_us != j->units.items[i + n - 1]->range.hi_us)
            break;
    }
    return n;
}

// Whether the rows of the units come in time order, and all of them belong to the units.
static bool is_scan(const export_job *j, export_unit *const *units, size_t n) {
    const export_target *t = units[0]->target;
    return n > 1 || j->kind == JOB_STREAM ||
           (j->kind == JOB_TABLE && t->is_partitioned && !t->relation->may_have_odd_times);
}

static pond_code run_units(export_worker *w, const export_job *j, export_unit *const *units,
                           size_t n, pond_err *err) {
    if (units[0]->is_whole)
        return run_whole(w, j, units[0], err);
    return is_scan(j, units, n) ? run_stream(w, j, units, n, err) : run_slice(w, j, units[0], err);
}

pond_code export_run_job(export_worker *w, const export_job *j, pond_err *err) {
    if (j->kind == JOB_TABLE)
        POND_TRY_CTX(make_slice_table(w, j, err), err, "target '%.*s'",
                     POND_SV_ARG(j->units.items[0]->target->node->path));
    for (size_t i = 0, n; i < j->units.n && !pond_pool_is_stopping(w->pool); i += n) {
        export_unit *const *units = j->units.items + i;
        n = run_length(j, i);
        POND_TRY_CTX(run_units(w, j, units, n, err), err, "target '%.*s'",
                     POND_SV_ARG(units[0]->target->node->path));
    }
    return j->kind == JOB_TABLE ? pond_engine_exec(w->engine, POND_SV("DROP TABLE slices"), err)
                                : POND_OK;
}
