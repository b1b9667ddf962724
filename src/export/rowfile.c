// Files of rows below tmp, and the times of their rows.
#include "export/rowfile.h"

#include "base/time.h"
#include "relation/times.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

export_output *export_rowfile_new(export_worker *w, const export_unit *u, export_record record) {
    export_output *o = POND_NEW(w->run->arena, export_output);
    *o = (export_output){.record = record, .target = u->target};
    o->tmp_path = export_dir_tmp_path(&w->run->dir, ".parquet");
    return o;
}

pond_code export_rowfile_hash(const export_worker *w, export_output *o, pond_err *err) {
    const export_dir *dir = &w->run->dir;
    struct stat st;
    int fd;
    POND_TRY(
        pond_below_open_file(&dir->root, export_dir_name(dir, o->tmp_path), O_RDONLY, &fd, err));
    pond_code rc = pond_sha256_fd(fd, o->tmp_path, &o->record.checksum, &o->record.size_bytes, err);
    if (rc == POND_OK && fstat(fd, &st) != 0)
        rc = pond_fail_errno(err, "cannot stat '%s'", o->tmp_path);
    if (rc == POND_OK)
        pond_fd_write_back(fd, o->record.size_bytes);
    close(fd); // nothing was written, so no error can be lost
    if (rc == POND_OK)
        o->record.mtime_ns = pond_timespec_ns(st.st_mtim); // renaming does not change it
    return rc;
}

void export_rowfile_keep(export_worker *w, export_unit *u, export_output *o) {
    pond_pool_lock(w->pool);
    *pond_vec_push(w->run->arena, &u->outputs) = o;
    w->progress->rows += (uint64_t)o->record.rows;
    w->progress->bytes += o->record.size_bytes;
    pond_pool_unlock(w->pool);
}

// Times of the rows -------------------------------------------------------------------------------

const pond_column *export_time_of(const export_target *t) {
    return pond_schema_find(t->schema, t->relation->time_column);
}

pond_code export_refuse_odd_times(pond_engine *engine, const export_target *t, pond_sv from,
                                  pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY, text = POND_BUF_EMPTY;
    int64_t n[POND_ODD_TIMES_COLUMNS] = {0};
    pond_buf_str(&sql, "SELECT ");
    pond_sql_count_odd_times(&sql, export_time_of(t));
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

#define NO_INSTANT INT64_MIN // of a bound that is infinite

static pond_code measure_times(pond_engine *engine, const export_output *o, bool finite_only,
                               export_times *out, pond_err *err) {
    const pond_column *time = export_time_of(o->target);
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
        *out = (export_times){values[0], values[1], values[2]};
    return rc;
}

pond_code export_rowfile_check(pond_engine *engine, export_output *o, export_times *out,
                               pond_err *err) {
    const export_target *t = o->target;
    const pond_relation *r = t->relation;
    bool is_needed = t->is_partitioned ? r->may_have_odd_times : r->is_series;
    export_times times;
    *out = (export_times){0, -1, 0};
    if (!is_needed || r->time_column.n == 0 || o->record.rows == 0)
        return POND_OK;
    POND_TRY(measure_times(engine, o, false, &times, err));
    bool has_odd = times.n_nulls > 0 || times.first_us < POND_TIME_FIRST_US ||
                   times.last_us < POND_TIME_FIRST_US;
    if (t->is_partitioned && has_odd) {
        pond_sv file = pond_sv_of(o->tmp_path);
        pond_buf from = POND_BUF_EMPTY;
        pond_engine_sql_read_parquet(&from, &file, 1, false);
        pond_code rc = export_refuse_odd_times(engine, t, pond_buf_view(&from), err);
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
