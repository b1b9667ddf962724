// What this run keeps of the last one: comparisons with the manifest and with the files on disk.
#include "export/stale.h"

#include "base/pool.h"
#include "export/delta/slots.h"

#include <limits.h>

bool stale_is_as_recorded(const export_run *run, const export_record *r) {
    char name[PATH_MAX];
    int64_t mtime_ns;
    if (r->file.n >= sizeof name)
        return false;
    memcpy(name, r->file.p, r->file.n);
    name[r->file.n] = '\0';
    if (!export_has_size(r, &run->dir.root, name, &mtime_ns))
        return false;
    if (!run->options->verify)
        return mtime_ns == r->mtime_ns;
    bool has_bytes;
    pond_code rc = export_has_bytes(r, &run->dir.root, name, &has_bytes, NULL);
    return rc == POND_OK && has_bytes;
}

// Looking ahead -----------------------------------------------------------------------------------

enum { FEWEST_LOOKS = 1024 }; // of a thread, which takes as long to start as some dozens

typedef struct look {
    const export_run *run;
    manifest_target **targets; // of the last run
    size_t n_targets, n_files, n_jobs;
} look;

static pond_code look_at_some(pond_pool *p, void *user, int worker, size_t job, pond_err *err) {
    (void)worker, (void)err;
    const look *l = user;
    size_t from = job * l->n_targets / l->n_jobs, to = (job + 1) * l->n_targets / l->n_jobs;
    for (size_t i = from; i < to && !pond_pool_is_stopping(p); i++)
        for (size_t k = 0; k < l->targets[i]->n_files; k++) {
            manifest_file *f = &l->targets[i]->files[k];
            f->is_as_recorded = stale_is_as_recorded(l->run, &f->output.record);
            f->is_looked_at = true;
        }
    return POND_OK;
}

pond_code stale_look_ahead(const export_run *run, size_t stage, pond_err *err) {
    const export_stage *s = &run->stages[stage];
    look l = {.run = run};
    if (run->options->rebuild)
        return POND_OK;
    l.targets = POND_NEW_ARRAY(run->arena, manifest_target *, s->n_targets);
    for (size_t i = 0; i < s->n_targets; i++) {
        manifest_target *before = pond_map_get(&run->before->targets, s->targets[i].place);
        if (before == NULL)
            continue;
        l.targets[l.n_targets++] = before;
        l.n_files += before->n_files;
    }
    int n_threads = pond_pool_size(run->options->n_jobs, l.n_files / FEWEST_LOOKS);
    if (n_threads < 2)
        return POND_OK;
    l.n_jobs = (size_t)n_threads * 8; // so that none waits long for the others
    pond_code rc = pond_pool_run(
        &(pond_pool_options){.n_workers = n_threads,
                             .n_jobs = l.n_jobs,
                             .user = &l,
                             .job = look_at_some,
                             .cancelled = "interrupted; the output directory is as it was"},
        err);
    // Without threads the files are looked at one by one.
    if (rc != POND_OK && rc != POND_ERR_CANCELLED)
        pond_err_clear(err);
    return rc == POND_ERR_CANCELLED ? rc : POND_OK;
}

static bool is_still_there(const export_run *run, const manifest_file *f) {
    return f->is_looked_at ? f->is_as_recorded : stale_is_as_recorded(run, &f->output.record);
}

// Before a file is made ---------------------------------------------------------------------------

// If the last run made the other kind of tables, its file has another name.
static manifest_file *find_before(const export_run *run, pond_sv file) {
    bool is_slot = run->options->tables == POND_TABLES_DELTA;
    manifest_file *slot = is_slot ? delta_find_slot(run, file) : NULL,
                  *found = slot != NULL ? slot : manifest_find(run->before, file);
    return found != NULL || is_slot ? found : delta_find_slot(run, file);
}

manifest_file *stale_find_before(const export_run *run, const export_record *r) {
    return find_before(run, r->slot.n > 0 ? r->slot : r->file);
}

manifest_file *stale_find_valid(const export_run *run, pond_sv file,
                                const pond_sha256 *fingerprint) {
    manifest_file *f = run->options->rebuild ? NULL : find_before(run, file);
    bool is_valid = f != NULL && pond_sha256_eq(&f->output.record.fingerprint, fingerprint) &&
                    is_still_there(run, f);
    return is_valid ? f : NULL;
}

export_output *stale_keep_file(manifest_file *f, const export_target *t) {
    f->is_claimed = true;
    f->output.target = t;
    f->output.state = POND_EXPORT_SAME;
    f->output.why = "nothing that it depends on changed";
    return &f->output;
}

bool stale_keep_target(export_run *run, export_target *t) {
    const manifest_target *before = pond_map_get(&run->before->targets, t->place);
    if (run->options->rebuild || before == NULL ||
        !pond_sha256_eq(&before->fingerprint, &t->fingerprint))
        return false;
    for (size_t i = 0; i < before->n_files; i++)
        if (!is_still_there(run, &before->files[i]))
            return false;
    t->inputs = before->inputs;
    t->is_kept = true;
    t->outputs.items = POND_NEW_ARRAY(run->arena, export_output *, before->n_files);
    t->outputs.n = t->outputs.cap = before->n_files;
    for (size_t i = 0; i < before->n_files; i++)
        t->outputs.items[i] = stale_keep_file(&before->files[i], t);
    return true;
}

// After it is made --------------------------------------------------------------------------------

void stale_settle(const export_run *run, export_output *o, const char *why_changed) {
    manifest_file *before = stale_find_before(run, &o->record);
    if (before == NULL) {
        o->state = POND_EXPORT_NEW;
        o->why = "was not there";
        return;
    }
    const export_record *r = &before->output.record;
    bool has_name = pond_sv_eq(r->file, o->record.file);
    before->is_claimed = has_name;
    before->is_superseded = !has_name;
    bool is_same = has_name && r->size_bytes == o->record.size_bytes &&
                   pond_sha256_eq(&r->checksum, &o->record.checksum) &&
                   stale_is_as_recorded(run, r);
    o->state = is_same ? POND_EXPORT_SAME : POND_EXPORT_CHANGED;
    o->why = is_same ? "made again with the same bytes" : why_changed;
    if (is_same)
        o->record.mtime_ns = r->mtime_ns; // the old file stays
}

bool stale_is_unchanged(const export_run *run, const export_target *t) {
    const manifest_target *before = pond_map_get(&run->before->targets, t->place);
    if (before == NULL || before->n_files != t->outputs.n ||
        !pond_sha256_eq(&before->fingerprint, &t->fingerprint))
        return false;
    for (size_t i = 0; i < t->outputs.n; i++)
        if (t->outputs.items[i]->state != POND_EXPORT_SAME)
            return false;
    return true;
}

// After the last stage ----------------------------------------------------------------------------

// The files that this run makes or keeps, by name.
static void index_outputs(const export_run *run, pond_map *made) {
    pond_map_init(made, run->arena);
    for (size_t i = 0; i < run->outputs.n; i++)
        *pond_map_at(made, run->outputs.items[i]->record.file, NULL) = run->outputs.items[i];
}

// An interrupted run may have put files in place that no manifest lists.
static void find_in_journal(export_run *run, const pond_map *made, export_outputs *out) {
    for (size_t i = 0; i < run->before->journal.n; i++) {
        pond_sv file = run->before->journal.entries[i].key;
        if (pond_map_get(made, file) == NULL && manifest_find(run->before, file) == NULL &&
            pond_map_get(&run->before->retained, file) == NULL)
            *export_outputs_add(run->arena, out) =
                (export_output){.record = {.file = file, .rows = -1},
                                .state = POND_EXPORT_STALE,
                                .why = "made by an export that was interrupted"};
    }
}

void stale_find(export_run *run, export_outputs *out) {
    manifest *before = run->before;
    pond_map made;
    index_outputs(run, &made);
    find_in_journal(run, &made, out);
    manifest_index(before);
    for (size_t i = 0; i < before->files.n; i++) {
        manifest_file *f = before->files.entries[i].value;
        // Somebody may have changed the manifest so that two targets have the same file.
        if (f->is_claimed || pond_map_get(&made, f->output.record.file) != NULL)
            continue;
        f->output.state = POND_EXPORT_STALE;
        f->output.why = run->options->keep_stale ? "no longer made; kept" : "no longer made";
        *pond_vec_push(run->arena, out) = &f->output;
    }
}
