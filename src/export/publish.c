// Publishes an export: renames, Delta commits, removal of stale files, the manifest.
#include "export/publish.h"

#include "base/task.h"
#include "export/delta/commit.h"
#include "export/delta/retain.h"
#include "export/delta/tables.h"
#include "export/conflicts.h"
#include "export/manifest.h"
#include "export/set.h"

#include <sys/stat.h>

// Files -------------------------------------------------------------------------------------------

// The outputs that are new or changed. Those that stay keep the mtime that the last run recorded.
static export_outputs find_written(export_run *run) {
    export_outputs written = {0};
    for (size_t i = 0; i < run->outputs.n; i++) {
        export_output *o = run->outputs.items[i];
        if (o->state != POND_EXPORT_SAME) {
            *pond_vec_push(run->arena, &written) = o;
            continue;
        }
        const manifest_file *before = pond_map_get(&run->before->files, o->record.file);
        o->record.mtime_ns = before->output.record.mtime_ns;
    }
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
    pond_code rc = sync == POND_SYNC ? POND_OK : export_sync_fs(&run->dir, err);
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

// Publishing --------------------------------------------------------------------------------------

// The text of a large manifest is written while the files are renamed, which takes about as long.
typedef struct manifest_text {
    const export_run *run;
    pond_buf text;
} manifest_text;

static void begin_manifest(void *user) {
    manifest_text *m = user;
    manifest_begin(m->run, &m->text);
}

enum { FEWEST_BESIDE = 256 }; // files

// Whether placing the files leaves their records as they are.
static bool has_all_records(const export_run *run, const export_outputs *files) {
    for (size_t i = 0; i < files->n; i++)
        if (files->items[i]->record.mtime_ns == 0 || files->items[i]->is_there)
            return false;
    return run->tables.n == 0;
}

static pond_code place_files_and_begin(export_run *run, const export_outputs *files,
                                       const export_outputs *in_the_way, manifest_text *m,
                                       pond_err *err) {
    if (files->n < FEWEST_BESIDE || run->options->n_jobs == 1 || !has_all_records(run, files))
        return place_files(run, files, in_the_way, err);
    pond_task task;
    export_make_sets(run);
    pond_task_start(&task, begin_manifest, m);
    pond_code rc = place_files(run, files, in_the_way, err);
    pond_task_join(&task);
    return rc;
}

static pond_code publish(export_run *run, const export_outputs *stale, manifest_text *m,
                         pond_err *err) {
    static const export_outputs none = {0};
    bool keep = run->options->keep_stale;
    export_outputs written = find_written(run), in_the_way = {0}, others = {0};
    if (!keep)
        export_split_stale(run, stale, &in_the_way, &others);
    POND_TRY(delta_drop(run, err));
    if (written.n > 0 || delta_has_new(run))
        POND_TRY(place_files_and_begin(run, &written, &in_the_way, m, err));
    POND_TRY(delta_commit(run, stale, err));
    POND_TRY(remove_files(run, &others, err));
    POND_TRY(delta_retain_remove(run, err));
    if (!manifest_is_current(run, keep ? stale : &none))
        POND_TRY(manifest_write(run, &m->text, keep ? stale : &none, err));
    return manifest_remove_journal(run, err);
}

pond_code export_publish(export_run *run, const export_outputs *stale, pond_err *err) {
    manifest_text m = {.run = run, .text = POND_BUF_EMPTY};
    pond_code rc = publish(run, stale, &m, err);
    pond_buf_free(&m.text);
    return rc;
}
