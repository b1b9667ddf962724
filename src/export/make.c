// Makes the outputs of a stage: plans its units, groups them into jobs, runs the jobs on the
// workers, then renders pages and copies files.
#include "export/make.h"

#include "export/bytes.h"
#include "export/count.h"
#include "export/delta/names.h"
#include "export/shard/merge.h"
#include "export/shard/shard.h"
#include "export/stale.h"
#include "export/worker.h"

// A shard keeps only its own units; a merge takes the units that shards have made.
static pond_code take_units(export_run *run, export_units *units, pond_err *err) {
    size_t n = 0;
    if (run->shard != NULL)
        shard_take_units(run, units);
    for (size_t i = 0; i < units->n; i++) {
        export_unit *u = &units->items[i];
        if (run->merge != NULL)
            POND_TRY(merge_take_unit(run, u, err));
        bool has_rows = !u->is_done || u->outputs.n > 0;
        if (has_rows)
            units->items[n++] = *u;
    }
    units->n = n;
    return POND_OK;
}

// Units were planned target by target and in time order, and so are the outputs of a target.
static pond_code collect_outputs(export_run *run, const export_units *units, pond_err *err) {
    for (size_t i = 0; i < units->n; i++) {
        export_unit *u = &units->items[i];
        if (run->shard != NULL)
            shard_unit_ran(run, u);
        for (size_t k = 0; k < u->outputs.n; k++) {
            export_output *o = u->outputs.items[k];
            if (o->tmp_path != NULL) {
                if (run->shard == NULL) // the merge names the files of shards
                    POND_TRY(delta_name_output(run, o, err));
                stale_settle(run, o, u->target->why_changed);
            }
            *pond_vec_push(run->arena, &u->target->outputs) = o;
        }
    }
    return POND_OK;
}

// Units that follow each other and have to be made: the end of those from `i` on.
static size_t neighbours_end(const export_units *units, size_t i) {
    const export_unit *u = units->items;
    size_t end = i + 1;
    while (end < units->n && !u[end].is_done && u[end].target == u[i].target &&
           u[end].range.lo_us == u[end - 1].range.hi_us)
        end++;
    return end;
}

// Writing a query for rows of texts of the host reads those texts, with the engine of the session.
// So it is done here once before the workers need it, which would wait for each other. A pond has
// all rows ready.
static pond_code read_texts(export_run *run, const export_units *units, pond_err *err) {
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    if (!export_is_of_host(run))
        return POND_OK;
    for (size_t i = 0, end; rc == POND_OK && i < units->n; i = end) {
        const export_unit *u = &units->items[i];
        end = u->is_done ? i + 1 : neighbours_end(units, i);
        if (u->is_done)
            continue;
        pond_range range = {u->range.lo_us, units->items[end - 1].range.hi_us, POND_ODD_BEYOND};
        pond_session_next_query(run->session);
        sql.n = 0;
        rc = pond_relation_sql(run->session, u->target->relation, range, &sql, err);
        if (rc != POND_OK)
            pond_wrap(err, rc, "target '%.*s'", POND_SV_ARG(u->target->node->path));
    }
    pond_buf_free(&sql);
    return rc;
}

static pond_code make_rows(export_run *run, size_t stage, pond_err *err) {
    export_units units = {0};
    export_coverages coverages = {0};
    export_jobs jobs = {0};
    size_t n_pending = 0;
    POND_TRY(export_plan_units(run, stage, &units, err));
    POND_TRY(export_find_coverage(run, &units, &coverages, err));
    POND_TRY(take_units(run, &units, err));
    for (size_t i = 0; i < units.n; i++)
        n_pending += !units.items[i].is_done;
    if (n_pending > 0) {
        int n_workers = export_count_workers(run, n_pending);
        POND_TRY(read_texts(run, &units, err));
        POND_TRY(export_group_units(run, &units, n_workers, &jobs, err));
        POND_TRY(export_run_jobs(run, stage, &jobs, n_workers, err));
    }
    POND_TRY(collect_outputs(run, &units, err));
    // A shard does not know what the others make: the merge counts.
    return run->shard != NULL ? POND_OK : export_check_rows(run, stage, &units, &coverages, err);
}

pond_code export_make_stage(export_run *run, size_t stage, pond_err *err) {
    POND_TRY(stale_look_ahead(run, stage, err));
    POND_TRY(make_rows(run, stage, err));
    return run->shard != NULL ? POND_OK : export_make_bytes(run, stage, err);
}
