// One export from its options to its result.
#include "export/run.h"

#include "base/task.h"
#include "export/conflicts.h"
#include "export/delta/retain.h"
#include "export/make.h"
#include "export/manifest_write.h"
#include "export/plan.h"
#include "export/publish.h"
#include "export/remember.h"
#include "export/result.h"
#include "export/shard/merge.h"
#include "export/shard/shard.h"
#include "export/shard/spread.h"
#include "export/stale.h"
#include "relation/hostfile.h"

#include <sys/stat.h>

static void list_outputs(export_run *run) {
    for (size_t i = 0; i < run->n_stages; i++)
        for (size_t j = 0; j < run->stages[i].n_targets; j++) {
            const export_outputs *v = &run->stages[i].targets[j].outputs;
            for (size_t k = 0; k < v->n; k++)
                *pond_vec_push(run->arena, &run->outputs) = v->items[k];
        }
}

static pond_code make_stages(export_run *run, pond_err *err) {
    for (size_t i = 0; i < run->n_stages; i++)
        POND_TRY_CTX(export_make_stage(run, i, err), err, "stage %zu", i + 1);
    POND_TRY(pond_hostfile_check(run->session, err));
    list_outputs(run);
    export_publish_soon(run);
    POND_TRY(export_check_outputs(run, err));
    return export_check_foreign(run, err);
}

// The directory -----------------------------------------------------------------------------------

// Shards and those who only look share the directory, since they publish nothing.
static pond_code open_run(export_run *run, bool is_shared, pond_err *err) {
    POND_TRY(export_dir_open(&run->dir, is_shared, err));
    if (run->shard != NULL)
        POND_TRY(shard_open(run, err));
    return export_dir_make_tmp(&run->dir, err);
}

static void close_run(export_run *run) {
    // Only with the lock: otherwise another run may be making files in tmp.
    bool has_tmp = run->shard != NULL ? shard_is_open(run) : run->dir.lock_fd >= 0;
    if (has_tmp && pond_below_remove_tree(&run->dir.root, export_dir_name(&run->dir, run->dir.tmp),
                                          NULL) != POND_OK)
        pond_session_warn(run->session, "warning: cannot clear '%s'; the next export will",
                          run->dir.tmp);
    if (run->shard != NULL)
        shard_close(run);
    if (!export_dir_close(&run->dir))
        pond_session_warn(run->session, "warning: cannot remove '%s', which this export made",
                          run->dir.path);
}

// The plan ----------------------------------------------------------------------------------------

typedef struct manifest_reading {
    pond_arena *arena; // of its own, since it is used by another thread
    const pond_below *meta;
    manifest *out;
    pond_code rc;
    pond_err err;
} manifest_reading;

static void read_manifest(void *user) {
    manifest_reading *r = user;
    r->rc = manifest_read(r->arena, r->meta, &r->out, &r->err);
}

// Reading a large manifest takes a good part of the time of planning, which does not need it.
static pond_code plan_beside_reading(export_run *run, pond_err *err) {
    // The result names files of the last run.
    manifest_reading r = {.arena = pond_session_new_arena(run->session), .meta = &run->dir.meta};
    pond_task task;
    pond_task_start(&task, read_manifest, &r);
    pond_code planned = export_plan(run, err);
    pond_task_join(&task);
    run->before = r.out;
    if (r.rc != POND_OK && err != NULL)
        *err = r.err;
    POND_TRY(r.rc);
    POND_TRY(manifest_check_pond(run, err));
    return planned;
}

enum { LARGE_MANIFEST_BYTES = 1 << 18 };

static bool has_large_manifest(const export_run *run) {
    struct stat st;
    return pond_below_stat(&run->dir.meta, "manifest.json", &st) &&
           st.st_size >= LARGE_MANIFEST_BYTES;
}

// Reads what the last run made, and plans this one. Delta tables and merges are planned by what the
// manifest says.
static pond_code plan(export_run *run, pond_err *err) {
    const pond_export_options *o = run->options;
    if (o->n_jobs != 1 && o->tables != POND_TABLES_DELTA && !o->merge && has_large_manifest(run))
        return plan_beside_reading(run, err);
    POND_TRY(manifest_read(run->arena, &run->dir.meta, &run->before, err));
    POND_TRY(manifest_check_pond(run, err));
    if (o->merge && !export_is_of_host(run))
        POND_TRY(merge_open(run, err));
    POND_TRY(export_plan(run, err));
    return o->merge && export_is_of_host(run) ? merge_open(run, err) : POND_OK;
}

// The run -----------------------------------------------------------------------------------------

// Every file of the last run stays, there are no others, and the manifest would be the same.
static bool is_unchanged(const export_run *run) {
    static const export_outputs none = {0};
    return run->shard == NULL && manifest_is_current(run, &none);
}

static pond_code finish(export_run *run, pond_export_result *out, pond_err *err) {
    export_outputs stale = {0};
    if (is_unchanged(run)) {
        export_fill_result(run, &stale, out);
        if (run->options->dry_run)
            return POND_OK;
        POND_TRY(manifest_remove_journal(run, err));
        export_remember(run);
        return run->merge != NULL ? merge_done(run, err) : POND_OK;
    }
    manifest_index(run->before); // from here on files are looked up by their names
    if (run->shard == NULL) {    // a shard cannot know what the others make
        stale_find(run, &stale);
        delta_retain_plan(run, &stale);
    }
    if (run->options->dry_run) {
        export_fill_result(run, &stale, out);
        return export_check_stale(run, &stale, err);
    }
    POND_TRY(export_check_stale(run, &stale, err));
    POND_TRY(run->shard != NULL ? shard_park(run, err) : export_publish(run, &stale, err));
    export_fill_result(run, &stale, out); // the logs decided what stays
    export_remember(run);
    return run->merge != NULL ? merge_done(run, err) : POND_OK;
}

static pond_code init_run(export_run *run, pond_session *s, const pond_export_options *o,
                          pond_err *err) {
    *run = (export_run){.session = s, .arena = pond_session_arena(s), .options = o};
    if (o->n_patterns == 0) // the text is that of the original program
        return pond_fail(err, POND_ERR_USAGE, "At least one pattern must be specified");
    POND_TRY(export_dir_init(&run->dir, run->arena, o->dir, err));
    pond_session_keep_rows(s);
    if (!export_is_of_host(run) && pond_store_contains(pond_session_store(s), run->dir.path))
        return pond_fail(err, POND_ERR_USAGE,
                         "'%s' is in the pond itself; export to a directory outside of it",
                         run->dir.path);
    pond_map_init(&run->tables, run->arena);
    // Delta logs have statistics of files that are in place already, and pages ask for their rows.
    pond_session_allow_dir(s, run->dir.path);
    return POND_OK;
}

// What the last run remembers, and a place for the rows of texts, before the first engine is opened.
static pond_code begin_host(export_run *run, pond_err *err) {
    const char *scratch;
    export_recall(run);
    return export_is_of_host(run) ? pond_session_scratch(run->session, &scratch, err) : POND_OK;
}

pond_code pond_export_run(pond_session *s, const pond_export_options *o, pond_export_result *out,
                          pond_err *err) {
    *out = (pond_export_result){0};
    int64_t began_us = pond_now_us();
    export_run run;
    pond_code rc;
    POND_TRY(init_run(&run, s, o, err));
    if (o->n_shards > 0)
        shard_init(&run);
    POND_TRY_GOTO(rc, open_run(&run, run.shard != NULL, err), done);
    POND_TRY_GOTO(rc, begin_host(&run, err), done);
    POND_TRY_GOTO(rc, plan(&run, err), done);
    POND_TRY_GOTO(rc, make_stages(&run, err), done);
    rc = finish(&run, out, err);
done:
    out->seconds = (double)(pond_now_us() - began_us) / 1e6;
    close_run(&run);
    return rc;
}

static pond_code share_stage(export_run *run, size_t stage, int64_t *loads, pond_export_share *out,
                             pond_err *err) {
    export_units units = {0};
    POND_TRY(stale_look_ahead(run, stage, err));
    POND_TRY(export_plan_units(run, stage, &units, err));
    const spread_share *shares = spread_units(run, &units, run->options->n_shards, loads);
    for (size_t i = 0; i < units.n; i++) {
        out[shares[i].shard].n_files += !units.items[i].is_done;
    }
    return POND_OK;
}

pond_code pond_export_plan_shards(pond_session *s, const pond_export_options *o,
                                  pond_export_share *out, pond_err *err) {
    export_run run;
    pond_code rc;
    POND_TRY(init_run(&run, s, o, err));
    int64_t *loads = POND_NEW_ARRAY(run.arena, int64_t, o->n_shards);
    POND_TRY_GOTO(rc, export_dir_open(&run.dir, true, err), done);
    POND_TRY_GOTO(rc, begin_host(&run, err), done);
    POND_TRY_GOTO(rc, plan(&run, err), done);
    for (size_t i = 0; i < run.n_stages; i++)
        POND_TRY_GOTO(rc, pond_wrap(err, share_stage(&run, i, loads, out, err), "stage %zu", i + 1),
                      done);
    for (int i = 0; i < o->n_shards; i++)
        out[i].work = loads[i];
done:
    (void)export_dir_close(&run.dir); // that DIR stays, empty, is no fault of a plan
    return rc;
}
