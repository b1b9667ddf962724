// run: one export from its options to its result.
#include "export/internal.h"

#include "base/file.h"

const char *pond_output_state_name(pond_output_state s) {
    static const char *const names[POND_OUTPUT_N_STATES] = {"new", "changed", "same", "stale"};
    return names[s];
}

static pond_code make_stages(export_run *run, pond_err *err) {
    POND_TRY(export_plan(run, err));
    for (size_t i = 0; i < run->n_stages; i++)
        POND_TRY_CTX(export_is_shard(run) ? export_make_rows(run, i, err)
                                          : export_make_stage(run, i, err),
                     err, "stage %zu", i + 1);
    return export_check_foreign(run, err);
}

pond_code pond_export_run(pond_session *s, const pond_export_options *o, pond_export_result *out,
                          pond_err *err) {
    if (o->n_patterns == 0)
        return pond_fail(err, POND_ERR_USAGE, "At least one pattern must be specified");
    *out = (pond_export_result){0};
    int64_t began_us = pond_now_us();
    export_run run = {.session = s, .arena = pond_session_arena(s), .options = o, .lock_fd = -1, .dir_fd = -1};
    char *dir;
    POND_TRY(pond_path_absolute(pond_session_arena(s), o->dir, &dir, err));
    run.dir = dir;
    run.meta = pond_path_join(pond_session_arena(s), dir, ".pond");
    run.tmp = pond_path_join(pond_session_arena(s), run.meta, "tmp");
    export_shard_init(&run);
    pond_map_init(&run.tables, pond_session_arena(s));
    // A log is about files that are in place, and they say what stands in it.
    pond_session_allow_dir(s, o->tables == POND_TABLES_DELTA ? run.dir : run.tmp);
    pond_code rc;
    POND_TRY_GOTO(rc, export_open_dir(&run, err), done);
    POND_TRY_GOTO(rc, manifest_read(pond_session_arena(s), run.meta, &run.before, err), done);
    if (o->is_merge)
        POND_TRY_GOTO(rc, export_merge_open(&run, err), done);
    POND_TRY_GOTO(rc, make_stages(&run, err), done);
    rc = export_is_shard(&run) ? export_park(&run, out, err) : export_publish(&run, out, err);
    if (rc == POND_OK && o->is_merge && !o->is_dry_run)
        rc = export_merge_done(&run, err);
done:
    out->seconds = (double)(pond_now_us() - began_us) / 1e6;
    export_close_dir(&run);
    return rc;
}

// As JSON
// -------------------------------------------------------------------------------------------

static pond_value file_value(pond_arena *a, const pond_output *o) {
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, 3);
    e[0] = (pond_entry){POND_SV("file"), pond_string(o->file)};
    e[1] = (pond_entry){POND_SV("state"), pond_string_lit(pond_output_state_name(o->state))};
    e[2] = (pond_entry){POND_SV("why"), pond_string_lit(o->why == NULL ? "" : o->why)};
    return pond_object(e, 3);
}

static pond_value files_value(pond_arena *a, const pond_export_result *r) {
    typedef POND_VEC(pond_value) value_vec;
    value_vec files = {0};
    for (size_t i = 0; i < r->n_stages; i++)
        for (size_t j = 0; j < r->stages[i].n_targets; j++) {
            const pond_output_vec *v = &r->stages[i].targets[j].outputs;
            for (size_t k = 0; k < v->n; k++)
                *pond_vec_push(a, &files) = file_value(a, &v->items[k]);
        }
    for (size_t i = 0; i < r->stale.n; i++)
        *pond_vec_push(a, &files) = file_value(a, &r->stale.items[i]);
    return pond_array(files.items, files.n);
}

pond_value pond_export_result_value(pond_arena *a, const pond_export_result *r) {
    pond_value *stages = POND_NEW_ARRAY(a, pond_value, r->n_stages);
    for (size_t i = 0; i < r->n_stages; i++) {
        pond_entry *e = POND_NEW_ARRAY(a, pond_entry, 2);
        e[0] = (pond_entry){POND_SV("export"), export_stage_set(a, &r->stages[i])};
        e[1] = (pond_entry){POND_SV("pattern"), pond_string(r->stages[i].pattern)};
        stages[i] = pond_object(e, 2);
    }
    pond_entry *summary = POND_NEW_ARRAY(a, pond_entry, 6);
    summary[0] = (pond_entry){POND_SV("bytes"), pond_uint(r->bytes)};
    summary[1] = (pond_entry){POND_SV("kept"), pond_uint(r->n_kept)};
    summary[2] = (pond_entry){POND_SV("removed"), pond_uint(r->n_removed)};
    summary[3] = (pond_entry){POND_SV("rows"), pond_uint(r->rows)};
    summary[4] = (pond_entry){POND_SV("seconds"), pond_float(r->seconds)};
    summary[5] = (pond_entry){POND_SV("written"), pond_uint(r->n_written)};
    pond_entry *top = POND_NEW_ARRAY(a, pond_entry, 3);
    top[0] = (pond_entry){POND_SV("files"), files_value(a, r)};
    top[1] = (pond_entry){POND_SV("stages"), pond_array(stages, r->n_stages)};
    top[2] = (pond_entry){POND_SV("summary"), pond_object(summary, 6)};
    return pond_object(top, 3);
}
