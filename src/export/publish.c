// Publishes an export: renames, Delta commits, removal of stale files, the manifest.
#include "export/publish.h"

#include "base/task.h"
#include "export/delta/commit.h"
#include "export/delta/retain.h"
#include "export/delta/tables.h"
#include "export/conflicts.h"
#include "export/manifest_write.h"
#include "export/set.h"

#include <sys/stat.h>

// Files -------------------------------------------------------------------------------------------

// The outputs that are new or changed.
static export_outputs find_written(const export_run *run) {
    export_outputs written = {0};
    for (size_t i = 0; i < run->outputs.n; i++)
        if (run->outputs.items[i]->state != POND_EXPORT_SAME)
            *pond_vec_push(run->arena, &written) = run->outputs.items[i];
    return written;
}

static pond_code remove_file(export_run *run, const char *name, pond_err *err) {
    POND_TRY_CTX(pond_below_remove(&run->dir.root, name, err), err, "removing what is stale");
    pond_below_prune(&run->dir.root, name);
    return POND_OK;
}

static pond_code remove_files(export_run *run, const export_outputs *files, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = POND_OK;
    for (size_t i = 0; i < files->n && rc == POND_OK; i++) {
        rc = remove_file(run, pond_cstr(&a, files->items[i]->record.file), err);
        pond_arena_rewind(&a);
    }
    pond_arena_deinit(&a);
    return rc;
}

static pond_code place_file(export_run *run, pond_arena *a, export_output *o, pond_sync sync,
                            pond_err *err) {
    const char *name = pond_cstr(a, o->record.file), *tmp;
    const pond_below *root = &run->dir.root, *from = export_dir_of(&run->dir, o->tmp_path, &tmp);
    struct stat st;
    POND_TRY(pond_below_mkdir_parent(root, name, sync, err));
    if (o->is_there) // a file that a Delta log may name is never written again
        POND_TRY(sync == POND_SYNC ? pond_below_sync(root, name, err) : POND_OK);
    else
        POND_TRY(sync == POND_SYNC ? pond_below_publish(from, tmp, root, name, err)
                                   : pond_below_rename(from, tmp, root, name, err));
    if (o->record.mtime_ns != 0 && !o->is_there)
        return POND_OK; // renaming has not changed it
    if (!pond_below_stat(root, name, &st))
        return pond_fail_errno(err, "cannot stat '%s/%s'", root->path, name);
    o->record.mtime_ns = pond_timespec_ns(st.st_mtim);
    return POND_OK;
}

static pond_code place_files(export_run *run, const export_outputs *files,
                             const export_outputs *in_the_way, pond_err *err) {
    pond_sync sync = files->n <= EXPORT_SYNC_EACH ? POND_SYNC : POND_NO_SYNC;
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = sync == POND_SYNC ? POND_OK : export_sync_end(&run->dir, err);
    if (rc == POND_OK)
        rc = manifest_write_journal(run, files, err);
    if (rc == POND_OK)
        rc = remove_files(run, in_the_way, err);
    for (size_t i = 0; i < files->n && rc == POND_OK; i++) {
        rc = place_file(run, &a, files->items[i], sync, err);
        pond_arena_rewind(&a);
    }
    if (rc == POND_OK && sync == POND_NO_SYNC)
        rc = export_sync_fs(&run->dir, err);
    pond_arena_deinit(&a);
    return rc;
}

// The manifest ------------------------------------------------------------------------------------

// A large one is written to a draft while the files are renamed, which takes about as long.
typedef struct draft {
    export_run *run;
    pond_arena *arena; // of the sets
    const char *name;  // below DIR
    const export_outputs *kept_stale;
    bool is_written;
    pond_code rc;
    pond_err err;
} draft;

static void write_draft(void *user) {
    draft *d = user;
    export_make_sets(d->arena, d->run);
    d->rc = manifest_write_draft(d->run, d->name, d->kept_stale, &d->err);
    d->is_written = true;
}

// And so that publishing it later waits for little.
static void write_and_sync_draft(void *user) {
    draft *d = user;
    write_draft(d);
    if (d->rc == POND_OK)
        d->rc = pond_below_sync(&d->run->dir.root, d->name, &d->err);
}

static pond_code publish_manifest(draft *d, pond_err *err) {
    if (!d->is_written)
        write_draft(d);
    if (d->rc != POND_OK && err != NULL)
        *err = d->err;
    POND_TRY(d->rc);
    return manifest_publish_draft(d->run, d->name, err);
}

enum { FEWEST_BESIDE = 256 }; // files

// Whether placing the files leaves their records as they are.
static bool has_all_records(const export_run *run, const export_outputs *files) {
    for (size_t i = 0; i < files->n; i++)
        if (files->items[i]->record.mtime_ns == 0 || files->items[i]->is_there)
            return false;
    return run->tables.n == 0;
}

static pond_code place_files_and_draft(export_run *run, const export_outputs *files,
                                       const export_outputs *in_the_way, draft *d, pond_err *err) {
    if (files->n < FEWEST_BESIDE || run->options->n_jobs == 1 || !has_all_records(run, files))
        return place_files(run, files, in_the_way, err);
    pond_task task;
    d->arena = pond_session_new_arena(run->session); // the result shows the sets
    pond_task_start(&task, write_and_sync_draft, d);
    pond_code rc = place_files(run, files, in_the_way, err);
    pond_task_join(&task);
    return rc;
}

// Publishing --------------------------------------------------------------------------------------

void export_publish_soon(export_run *run) {
    size_t n = 0;
    if (run->options->n_jobs == 1 || run->options->dry_run || run->shard != NULL)
        return;
    for (size_t i = 0; i < run->outputs.n && n <= EXPORT_SYNC_EACH; i++)
        n += run->outputs.items[i]->state != POND_EXPORT_SAME;
    if (n > EXPORT_SYNC_EACH)
        export_sync_begin(&run->dir);
}

pond_code export_publish(export_run *run, const export_outputs *stale, pond_err *err) {
    static const export_outputs none = {0};
    bool keep = run->options->keep_stale;
    export_outputs written = find_written(run), in_the_way = {0}, others = {0};
    draft d = {.run = run, .arena = run->arena, .kept_stale = keep ? stale : &none};
    d.name = export_dir_name(&run->dir, export_dir_tmp_path(&run->dir, ".tmp"));
    if (!keep)
        export_split_stale(run, stale, &in_the_way, &others);
    POND_TRY(delta_drop(run, err));
    if (written.n > 0 || delta_has_new(run))
        POND_TRY(place_files_and_draft(run, &written, &in_the_way, &d, err));
    POND_TRY(delta_commit(run, stale, err));
    POND_TRY(remove_files(run, &others, err));
    POND_TRY(delta_retain_remove(run, err));
    if (!manifest_is_current(run, d.kept_stale))
        POND_TRY(publish_manifest(&d, err));
    return manifest_remove_journal(run, err);
}
