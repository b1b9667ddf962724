// publish: from DIR/.pond/tmp into place.
//
// The order is what makes a kill harmless: everything new is on disk before the first rename; a
// journal names the files that may appear before the manifest that lists them; the manifest is
// replaced last. A run that finds a journal knows the files in it as its own, whatever state they
// are in, and makes those again whose size or mtime its manifest does not confirm.
#include "export/internal.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// The directory
// -------------------------------------------------------------------------------------

static bool is_same_file(int fd, const char *path) {
    struct stat opened, named;
    return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
}

pond_code export_lock(pond_arena *a, const char *dir, int operation, int *fd, pond_err *err) {
    const char *path = pond_path_join(a, dir, "lock");
    // A run that leaves no trace removes its lock and the directory, perhaps just now: what was
    // locked counts only if it still has the name.
    for (int i = 0; i < 100; i++) {
        POND_TRY(pond_mkdir_all(dir, err));
        *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (*fd < 0 && errno == ENOENT)
            continue;
        if (*fd < 0)
            return pond_fail_errno(err, "cannot open '%s'", path);
        int failure = flock(*fd, operation | LOCK_NB) == 0 ? 0 : errno;
        if (failure == 0 && is_same_file(*fd, path))
            return POND_OK;
        close(*fd);
        *fd = -1;
        errno = failure;
        if (failure == EWOULDBLOCK)
            return POND_ERR_BUSY;
        if (failure != 0)
            return pond_fail_errno(err, "cannot lock '%s'", path);
    }
    return pond_fail(err, POND_ERR_IO, "cannot lock '%s': it is removed again and again", path);
}

pond_code export_open_dir(export_run *run, pond_err *err) {
    run->made_dir = !pond_path_exists(run->dir);
    run->made_meta = !pond_path_exists(run->meta);
    // Shards share the directory, since they publish nothing.
    pond_code rc = export_lock(run->arena, run->meta, export_is_shard(run) ? LOCK_SH : LOCK_EX,
                               &run->lock_fd, err);
    if (rc == POND_ERR_BUSY)
        return pond_fail(err, rc, "another export into '%s' is running", run->dir);
    POND_TRY(rc);
    run->dir_fd = open(run->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (run->dir_fd < 0)
        return pond_fail_errno(err, "cannot open '%s'", run->dir);
    if (export_is_shard(run))
        POND_TRY(export_shard_open(run, err));
    // What a killed run left half-made.
    POND_TRY(pond_remove_tree(run->tmp, err));
    return pond_mkdir_all(run->tmp, err);
}

static void clear_tmp(export_run *run) {
    // Another run of this shard may be making its files there.
    if (export_is_shard(run) && !export_holds_shard(run))
        return;
    if (pond_remove_tree(run->tmp, NULL) != POND_OK)
        pond_session_warn(run->session, "warning: cannot clear '%s'; the next export will",
                          run->tmp);
    if (export_is_shard(run))
        export_shard_close(run);
}

void export_close_dir(export_run *run) {
    if (run->lock_fd < 0)
        return;
    clear_tmp(run);
    // A dry run, or one that failed before it wrote anything, leaves no trace of itself.
    bool is_empty = flock(run->lock_fd, LOCK_EX | LOCK_NB) == 0 &&
                    !pond_path_exists(pond_path_join(run->arena, run->meta, "manifest.json")) &&
                    !pond_path_exists(pond_path_join(run->arena, run->meta, "journal.json")) &&
                    !pond_path_exists(pond_path_join(run->arena, run->meta, "parts"));
    if (run->made_meta && is_empty && unlink(pond_path_join(run->arena, run->meta, "lock")) == 0 &&
        rmdir(run->meta) == 0 && run->made_dir && rmdir(run->dir) != 0)
        pond_session_warn(run->session, "warning: cannot remove '%s', which this export made",
                          run->dir);
    if (run->dir_fd >= 0)
        close(run->dir_fd);
    close(run->lock_fd);
    run->dir_fd = run->lock_fd = -1;
}

// Foreign files
// -------------------------------------------------------------------------------------

static bool is_ours(const export_run *run, pond_sv file) {
    return pond_map_get(&run->before->files, file) != NULL ||
           pond_map_get(&run->before->journal, file) != NULL;
}

static pond_code check_foreign_output(const export_run *run, pond_arena *a, const pond_output *o,
                                      const pond_target *t, pond_err *err) {
    struct stat st;
    const char *path = export_path(run, a, o->file);
    if (o->made == NULL || lstat(path, &st) != 0)
        return POND_OK;
    if (S_ISDIR(st.st_mode))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%s' is a directory, where the file of '%.*s' must go", path,
                         POND_SV_ARG(t->node->path));
    if (run->options->force || is_ours(run, o->file))
        return POND_OK;
    return pond_fail(err, POND_ERR_CONFLICT,
                     "'%s' was not written by an export and stands where '%.*s' must go; move it "
                     "away, or add --force "
                     "to replace it",
                     path, POND_SV_ARG(t->node->path));
}

pond_code export_check_foreign(const export_run *run, pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = POND_OK;
    for (size_t i = 0; i < run->n_stages && rc == POND_OK; i++)
        for (size_t j = 0; j < run->stages[i].n_targets && rc == POND_OK; j++) {
            const pond_target *t = &run->stages[i].targets[j];
            for (size_t k = 0; k < t->outputs.n && rc == POND_OK; k++)
                rc = check_foreign_output(run, &a, &t->outputs.items[k], t, err);
            pond_arena_rewind(&a);
        }
    pond_arena_deinit(&a);
    return rc == POND_OK ? delta_check_foreign(run, err) : rc;
}

// Publishing
// ----------------------------------------------------------------------------------------

typedef POND_VEC(pond_output *) output_refs;

static output_refs to_publish(export_run *run) {
    output_refs refs = {0};
    for (size_t i = 0; i < run->n_stages; i++)
        for (size_t j = 0; j < run->stages[i].n_targets; j++) {
            pond_output_vec *v = &run->stages[i].targets[j].outputs;
            for (size_t k = 0; k < v->n; k++)
                if (v->items[k].made != NULL)
                    *pond_vec_push(run->arena, &refs) = &v->items[k];
        }
    return refs;
}

pond_code export_sync_fs(const char *path, pond_err *err) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return pond_fail_errno(err, "cannot open '%s'", path);
    pond_code rc = syncfs(fd) == 0 ? POND_OK : pond_fail_errno(err, "cannot sync '%s'", path);
    close(fd);
    return rc;
}

static pond_code write_journal(export_run *run, const output_refs *refs, pond_err *err) {
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_char(&b, '[');
    for (size_t i = 0; i < refs->n; i++) {
        pond_buf_str(&b, i == 0 ? "\n" : ",\n");
        pond_json_string(&b, refs->items[i]->file);
    }
    // A run that was killed while publishing may be killed again: its files stay known.
    for (size_t i = 0; i < run->before->journal.n; i++) {
        pond_buf_str(&b, b.n == 1 ? "\n" : ",\n");
        pond_json_string(&b, run->before->journal.entries[i].key);
    }
    for (size_t i = 0; i < run->tables.n; i++) {
        pond_buf_str(&b, b.n == 1 ? "\n{\"table\":" : ",\n{\"table\":");
        pond_json_string(&b, run->tables.entries[i].key);
        pond_buf_char(&b, '}');
    }
    pond_buf_str(&b, "]\n");
    pond_code rc = pond_file_replace(pond_path_join(run->arena, run->meta, "journal.json"),
                                     pond_buf_view(&b), err);
    pond_buf_free(&b);
    return rc;
}

static pond_code place_output(export_run *run, pond_arena *a, pond_output *o, bool sync_each,
                              pond_err *err) {
    char *path = export_path(run, a, o->file);
    struct stat st;
    POND_TRY(pond_mkdir_all(pond_path_parent(a, path), err));
    if (sync_each)
        POND_TRY(pond_file_publish(o->made, path, err));
    else if (rename(o->made, path) != 0)
        return pond_fail_errno(err, "cannot rename '%s' to '%s'", o->made, path);
    if (stat(path, &st) != 0)
        return pond_fail_errno(err, "cannot look at '%s'", path);
    o->mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    return POND_OK;
}

static pond_code place_all(export_run *run, const output_refs *refs, pond_err *err) {
    bool sync_each = refs->n <= EXPORT_SYNC_EACH;
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = sync_each ? POND_OK : export_sync_fs(run->dir, err);
    if (rc == POND_OK)
        rc = write_journal(run, refs, err);
    for (size_t i = 0; i < refs->n && rc == POND_OK; i++) {
        rc = place_output(run, &a, refs->items[i], sync_each, err);
        pond_arena_rewind(&a);
    }
    if (rc == POND_OK && !sync_each)
        rc = export_sync_fs(run->dir, err);
    pond_arena_deinit(&a);
    return rc;
}

void export_remove_empty_dirs(const export_run *run, pond_arena *a, const char *path) {
    for (char *dir = pond_path_parent(a, path); strlen(dir) > strlen(run->dir);
         dir = pond_path_parent(a, dir))
        if (rmdir(dir) != 0)
            break; // not empty: something else lives there
}

// Removes a file and the directories that this leaves empty.
static pond_code remove_stale(export_run *run, pond_arena *a, pond_sv file, pond_err *err) {
    char *path = export_path(run, a, file);
    if (unlink(path) != 0 && errno != ENOENT && errno != ENOTDIR)
        return pond_fail_errno(err, "cannot remove the stale file '%s'", path);
    export_remove_empty_dirs(run, a, path);
    return POND_OK;
}

// Files that a killed run may have put in place, that no manifest lists, and that this run does not
// make either.
static void find_stale_of_journal(export_run *run, pond_export_result *result) {
    pond_map made;
    pond_map_init(&made, run->arena);
    for (size_t i = 0; i < run->n_stages; i++)
        for (size_t j = 0; j < run->stages[i].n_targets; j++) {
            pond_output_vec *v = &run->stages[i].targets[j].outputs;
            for (size_t k = 0; k < v->n; k++)
                *pond_map_at(&made, v->items[k].file, NULL) = v;
        }
    for (size_t i = 0; i < run->before->journal.n; i++) {
        pond_sv file = run->before->journal.entries[i].key;
        if (pond_map_get(&made, file) == NULL && pond_map_get(&run->before->files, file) == NULL)
            *pond_vec_push(run->arena, &result->stale) =
                (pond_output){.file = file,
                              .rows = -1,
                              .state = POND_OUTPUT_STALE,
                              .why = "of a run that was killed"};
    }
}

static void find_stale(export_run *run, pond_export_result *result) {
    if (run->before->journal.n > 0)
        find_stale_of_journal(run, result);
    for (size_t i = 0; i < run->before->files.n; i++) {
        const manifest_output *m = run->before->files.entries[i].value;
        if (m->is_claimed)
            continue;
        pond_output *o = pond_vec_push(run->arena, &result->stale);
        *o = m->output;
        o->state = POND_OUTPUT_STALE;
        o->why = run->options->keep_stale ? "no longer made; kept" : "no longer made";
    }
}

void export_count(export_run *run, pond_export_result *r) {
    r->stages = run->stages;
    r->n_stages = run->n_stages;
    r->n_removed = run->options->keep_stale ? 0 : r->stale.n;
    for (size_t i = 0; i < run->n_stages; i++)
        for (size_t j = 0; j < run->stages[i].n_targets; j++) {
            const pond_output_vec *v = &run->stages[i].targets[j].outputs;
            for (size_t k = 0; k < v->n; k++) {
                const pond_output *o = &v->items[k];
                r->n_kept += o->state == POND_OUTPUT_SAME;
                r->n_written += o->state != POND_OUTPUT_SAME;
                r->rows += o->rows > 0 ? (uint64_t)o->rows : 0;
                r->bytes += o->size_bytes;
            }
        }
}

pond_code export_publish(export_run *run, pond_export_result *result, pond_err *err) {
    output_refs refs = to_publish(run);
    find_stale(run, result);
    export_count(run, result);
    if (run->options->is_dry_run)
        return POND_OK;
    POND_TRY(delta_drop(run, err));
    if (refs.n > 0 || delta_has_new(run))
        POND_TRY(place_all(run, &refs, err));
    POND_TRY(delta_commit(run, result, err));
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = POND_OK;
    for (size_t i = 0; i < result->stale.n && !run->options->keep_stale && rc == POND_OK; i++) {
        rc = remove_stale(run, &a, result->stale.items[i].file, err);
        pond_arena_rewind(&a);
    }
    pond_arena_deinit(&a);
    POND_TRY(rc);
    pond_output_vec none = {0}, *kept_stale = run->options->keep_stale ? &result->stale : &none;
    if (!manifest_stands(run, kept_stale))
        POND_TRY(manifest_write(run, kept_stale, err));
    const char *journal = pond_path_join(run->arena, run->meta, "journal.json");
    if (unlink(journal) != 0 && errno != ENOENT)
        return pond_fail_errno(err, "cannot remove '%s'", journal);
    return POND_OK;
}
