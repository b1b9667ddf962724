// Publishes an export: checks, renames, Delta commits, removal of stale files, the manifest.
#include "export/publish.h"

#include "export/delta/commit.h"
#include "export/delta/retain.h"
#include "export/delta/tables.h"
#include "export/manifest.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

// Foreign files -----------------------------------------------------------------------------------

static bool is_ours(const export_run *run, pond_sv file) {
    return pond_map_get(&run->before->files, file) != NULL ||
           pond_map_get(&run->before->retained, file) != NULL ||
           pond_map_get(&run->before->journal, file) != NULL;
}

static pond_code check_foreign(const export_run *run, pond_arena *a, const export_output *o,
                               pond_err *err) {
    struct stat st;
    const char *path = export_dir_file(&run->dir, a, o->record.file);
    pond_sv node = o->target->node->path;
    if (o->state == POND_EXPORT_SAME || lstat(path, &st) != 0)
        return POND_OK;
    if (S_ISDIR(st.st_mode))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%s' is a directory, where the file of '%.*s' must go", path,
                         POND_SV_ARG(node));
    if (run->options->force || is_ours(run, o->record.file))
        return POND_OK;
    return pond_fail(
        err, POND_ERR_CONFLICT,
        "'%s' was not written by an export, and '%.*s' must go there; move it away, or "
        "add --force to replace it",
        path, POND_SV_ARG(node));
}

pond_code export_check_foreign(const export_run *run, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = POND_OK;
    for (size_t i = 0; i < run->outputs.n && rc == POND_OK; i++) {
        rc = check_foreign(run, &a, run->outputs.items[i], err);
        pond_arena_rewind(&a);
    }
    pond_arena_deinit(&a);
    return rc == POND_OK ? delta_check_foreign(run, err) : rc;
}

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

static pond_code place_file(export_run *run, pond_arena *a, export_output *o, bool sync_each,
                            pond_err *err) {
    char *path = export_dir_file(&run->dir, a, o->record.file);
    struct stat st;
    POND_TRY(pond_mkdir_all(pond_path_parent(a, path), err));
    if (o->is_there) // a file that a Delta log may name is never written again
        POND_TRY(sync_each ? pond_fsync_path(path, err) : POND_OK);
    else if (sync_each)
        POND_TRY(pond_file_publish(o->tmp_path, path, err));
    else if (rename(o->tmp_path, path) != 0)
        return pond_fail_errno(err, "cannot rename '%s' to '%s'", o->tmp_path, path);
    if (stat(path, &st) != 0)
        return pond_fail_errno(err, "cannot stat '%s'", path);
    o->record.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return POND_OK;
}

static pond_code place_files(export_run *run, const export_outputs *files, pond_err *err) {
    bool sync_each = files->n <= EXPORT_SYNC_EACH;
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = sync_each ? POND_OK : export_sync_fs(run->dir.path, err);
    if (rc == POND_OK)
        rc = manifest_write_journal(run, files, err);
    for (size_t i = 0; i < files->n && rc == POND_OK; i++) {
        rc = place_file(run, &a, files->items[i], sync_each, err);
        pond_arena_rewind(&a);
    }
    if (rc == POND_OK && !sync_each)
        rc = export_sync_fs(run->dir.path, err);
    pond_arena_deinit(&a);
    return rc;
}

static pond_code remove_file(export_run *run, pond_arena *a, pond_sv file, pond_err *err) {
    char *path = export_dir_file(&run->dir, a, file);
    if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
        return pond_fail_errno(err, "cannot remove the stale file '%s'", path);
    export_dir_prune(&run->dir, a, path);
    return POND_OK;
}

static pond_code remove_files(export_run *run, const export_outputs *files, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = POND_OK;
    for (size_t i = 0; i < files->n && rc == POND_OK; i++) {
        rc = remove_file(run, &a, files->items[i]->record.file, err);
        pond_arena_rewind(&a);
    }
    pond_arena_deinit(&a);
    return rc;
}

// Publishing --------------------------------------------------------------------------------------

pond_code export_publish(export_run *run, const export_outputs *stale, pond_err *err) {
    static const export_outputs none = {0};
    bool keep = run->options->keep_stale;
    export_outputs written = find_written(run);
    POND_TRY(delta_drop(run, err));
    if (written.n > 0 || delta_has_new(run))
        POND_TRY(place_files(run, &written, err));
    POND_TRY(delta_commit(run, stale, err));
    POND_TRY(remove_files(run, keep ? &none : stale, err));
    POND_TRY(delta_retain_remove(run, err));
    if (!manifest_is_current(run, keep ? stale : &none))
        POND_TRY(manifest_write(run, keep ? stale : &none, err));
    return manifest_remove_journal(run, err);
}
