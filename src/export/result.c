// The result of a run: its files, its figures, and both as JSON.
#include "export/result.h"

#include "export/set.h"

const char *pond_export_state_name(pond_export_state s) {
    static const char *const names[POND_EXPORT_N_STATES] = {"new",   "changed",  "same",
                                                            "stale", "retained", "overdue"};
    return names[s];
}

static pond_export_file file_of(const export_output *o) {
    return (pond_export_file){o->record.file, o->state, o->why};
}

void export_fill_result(export_run *run, const export_outputs *stale, pond_export_result *out) {
    out->is_of_host = pond_session_store(run->session) == NULL;
    out->host = *pond_recall_counted(run->session);
    out->stages = run->stages;
    out->n_stages = run->n_stages;
    out->files =
        POND_NEW_ARRAY(run->arena, pond_export_file, run->outputs.n + stale->n + run->retained.n);
    for (size_t i = 0; i < run->outputs.n; i++) {
        const export_output *o = run->outputs.items[i];
        out->files[out->n_files++] = file_of(o);
        out->n_kept += o->state == POND_EXPORT_SAME;
        out->n_written += o->state != POND_EXPORT_SAME;
        out->rows += o->record.rows > 0 ? (uint64_t)o->record.rows : 0;
        out->bytes += o->record.size_bytes;
    }
    for (size_t i = 0; i < stale->n; i++)
        out->files[out->n_files++] = file_of(stale->items[i]);
    out->n_removed = run->options->keep_stale ? 0 : stale->n;
    for (size_t i = 0; i < run->retained.n; i++) {
        const export_retained *r = &run->retained.items[i];
        out->n_removed += r->is_overdue;
        out->n_retained += !r->is_overdue;
        if (r->is_new || r->is_overdue)
            out->files[out->n_files++] = (pond_export_file){
                r->file, r->is_overdue ? POND_EXPORT_OVERDUE : POND_EXPORT_RETAINED, r->why};
    }
}

// As JSON -----------------------------------------------------------------------------------------

static pond_value file_value(pond_arena *a, const pond_export_file *f) {
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, 3);
    e[0] = (pond_entry){POND_SV("file"), pond_string(f->file)};
    e[1] = (pond_entry){POND_SV("state"), pond_string_lit(pond_export_state_name(f->state))};
    e[2] = (pond_entry){POND_SV("why"), pond_string_lit(f->why)};
    return pond_object(e, 3);
}

static pond_value host_value(pond_arena *a, const pond_recall_counts *n) {
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, 4);
    e[0] = (pond_entry){POND_SV("files"), pond_uint(n->files)};
    e[1] = (pond_entry){POND_SV("hashed"), pond_uint(n->hashed)};
    e[2] = (pond_entry){POND_SV("measured"), pond_uint(n->measured)};
    e[3] = (pond_entry){POND_SV("parsed"), pond_uint(n->parsed)};
    return pond_object(e, 4);
}

static pond_value summary_value(pond_arena *a, const pond_export_result *r) {
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, 8);
    size_t n = 0;
    e[n++] = (pond_entry){POND_SV("bytes"), pond_uint(r->bytes)};
    if (r->is_of_host)
        e[n++] = (pond_entry){POND_SV("host"), host_value(a, &r->host)};
    e[n++] = (pond_entry){POND_SV("kept"), pond_uint(r->n_kept)};
    e[n++] = (pond_entry){POND_SV("removed"), pond_uint(r->n_removed)};
    e[n++] = (pond_entry){POND_SV("retained"), pond_uint(r->n_retained)};
    e[n++] = (pond_entry){POND_SV("rows"), pond_uint(r->rows)};
    e[n++] = (pond_entry){POND_SV("seconds"), pond_float(r->seconds)};
    e[n++] = (pond_entry){POND_SV("written"), pond_uint(r->n_written)};
    return pond_object(e, n);
}

pond_value pond_export_result_value(pond_arena *a, const pond_export_result *r) {
    pond_value *files = POND_NEW_ARRAY(a, pond_value, r->n_files);
    for (size_t i = 0; i < r->n_files; i++)
        files[i] = file_value(a, &r->files[i]);
    pond_value *stages = POND_NEW_ARRAY(a, pond_value, r->n_stages);
    for (size_t i = 0; i < r->n_stages; i++)
        stages[i] = export_stage_value(a, pond_string(r->stages[i].pattern),
                                       export_stage_set(a, &r->stages[i]));
    pond_entry *top = POND_NEW_ARRAY(a, pond_entry, 3);
    top[0] = (pond_entry){POND_SV("files"), pond_array(files, r->n_files)};
    top[1] = (pond_entry){POND_SV("stages"), pond_array(stages, r->n_stages)};
    top[2] = (pond_entry){POND_SV("summary"), summary_value(a, r)};
    return pond_object(top, 3);
}
