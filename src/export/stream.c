// Streams: the scan, and the outputs that come from it.
#include "export/stream.h"

#include "export/count.h"
#include "relation/times.h"

// Whether the rows take little memory: a scan that is read at once is planned once. Texts and lists
// can be of any length.
static bool is_small(const export_target *t, int64_t at_most) {
    enum { SMALL_BYTES = 4 << 20 };
    for (size_t i = 0; i < t->schema.n; i++) {
        pond_sv type = t->schema.items[i].type;
        if (!pond_type_is_numeric(type) && !pond_type_is_time(type) &&
            !pond_sv_is(type, "BOOLEAN") && !pond_sv_is(type, "DATE"))
            return false;
    }
    return at_most <= SMALL_BYTES / (int64_t)(t->schema.n * 8 + 1);
}

static export_record record_of(const export_run *run, const export_part *p) {
    return p->unit->is_whole ? export_partition_record(run, p->unit, p->start_us)
                             : export_unit_record(run, p->unit);
}

static pond_code check_rows(const export_target *t, const pond_slice_scan *scan, pond_err *err) {
    uint64_t n = 0;
    for (size_t i = 0; i < scan->n; i++)
        n += scan->slices[i].rows;
    return export_compare_rows(t, (int64_t)n, (int64_t)scan->rows, err);
}

static pond_code keep_slice(export_worker *w, const export_part *p, const pond_slice *slice,
                            export_output *o, pond_err *err) {
    export_times times;
    o->record.rows = (int64_t)slice->rows;
    if (slice->rows == 0)
        return POND_OK;
    if (slice->is_hashed) {
        o->record.checksum = slice->checksum;
        o->record.size_bytes = slice->size_bytes;
        o->record.mtime_ns = slice->mtime_ns; // renaming does not change it
    } else {
        POND_TRY(export_rowfile_hash(w, o, err));
    }
    POND_TRY(export_rowfile_check(w->engine, o, &times, err));
    export_rowfile_keep(w, p->unit, o);
    return POND_OK;
}

pond_code export_stream(export_worker *w, const export_part *parts, size_t n, pond_sv select,
                        bool sorts_ties, pond_err *err) {
    const export_target *t = parts[0].unit->target;
    pond_arena a;
    pond_arena_init(&a);
    pond_slice *slices = POND_NEW_ARRAY(&a, pond_slice, n);
    export_output **outputs = POND_NEW_ARRAY(&a, export_output *, n);
    pond_buf time_us = POND_BUF_EMPTY;
    pond_sql_time_us(&time_us, NULL, export_time_of(t));
    pond_pool_lock(w->pool);
    if (w->draft == NULL)
        w->draft = export_dir_tmp_path(&w->run->dir, ".parquet");
    for (size_t i = 0; i < n; i++) {
        outputs[i] = export_rowfile_new(w, parts[i].unit, record_of(w->run, &parts[i]));
        slices[i] = (pond_slice){.lo_us = parts[i].range.lo_us,
                                 .hi_us = parts[i].range.hi_us,
                                 .path = outputs[i]->tmp_path};
    }
    pond_range range = {parts[0].range.lo_us, parts[n - 1].range.hi_us, POND_NOTHING_BEYOND};
    pond_row_count rows = pond_relation_count(w->run->session, t->relation, range);
    pond_pool_unlock(w->pool);
    pond_slice_scan scan = {.select = select,
                            .time_us = pond_buf_view(&time_us),
                            .ties = sorts_ties ? t->relation->time_column : (pond_sv){NULL, 0},
                            .slices = slices,
                            .n = n,
                            .draft = w->draft,
                            .is_small = is_small(t, rows.at_most)};
    pond_code rc = pond_engine_write_slices(w->engine, &scan, err);
    if (rc == POND_OK)
        rc = check_rows(t, &scan, err);
    for (size_t i = 0; rc == POND_OK && i < n; i++)
        rc = keep_slice(w, &parts[i], &slices[i], outputs[i], err);
    pond_buf_free(&time_us);
    pond_arena_deinit(&a);
    return rc;
}
