// Finds conflicts: between the outputs of a run, and of outputs with what is in DIR.
#include "export/conflicts.h"

#include "export/delta/tables.h"
#include "export/manifest.h"

#include <sys/stat.h>

// Between outputs ---------------------------------------------------------------------------------

static pond_sv path_of(const export_output *o) {
    return o->target->node->path;
}

static pond_code check_dirs_of(const export_run *run, const pond_map *by_file,
                               const export_output *o, pond_err *err) {
    for (pond_sv dir = o->record.file; pond_path_up(&dir);) {
        const export_output *other = pond_map_get(by_file, dir);
        if (other != NULL)
            return pond_fail(
                err, POND_ERR_CONFLICT,
                "'%.*s' would be written to the file '%.*s', which '%.*s' needs as a directory",
                POND_SV_ARG(path_of(other)), POND_SV_ARG(dir), POND_SV_ARG(path_of(o)));
        pond_sv name = pond_sv_of(pond_path_name(pond_cstr(run->arena, dir)));
        pond_sv root = dir;
        const export_table *table = pond_sv_is(name, "_delta_log") && pond_path_up(&root)
                                        ? pond_map_get(&run->tables, root)
                                        : NULL;
        if (table != NULL)
            return pond_fail(err, POND_ERR_CONFLICT,
                             "'%.*s' would be written to '%.*s', in the log of the Delta table "
                             "'%.*s'",
                             POND_SV_ARG(path_of(o)), POND_SV_ARG(o->record.file),
                             POND_SV_ARG(root));
    }
    return POND_OK;
}

static pond_code check_not_in_pond(const export_run *run, pond_err *err) {
    pond_store *store = pond_session_store(run->session);
    pond_sv pond =
        store == NULL ? POND_SV("") : pond_store_name_in(store, run->arena, run->dir.path);
    for (size_t i = 0; pond.n > 0 && i < run->outputs.n; i++) {
        const export_output *o = run->outputs.items[i];
        if (pond_below_is_in(o->record.file, pond))
            return pond_fail(err, POND_ERR_CONFLICT,
                             "'%.*s' would be written to '%.*s', which is in the pond itself",
                             POND_SV_ARG(path_of(o)), POND_SV_ARG(o->record.file));
    }
    return POND_OK;
}

pond_code export_check_outputs(const export_run *run, pond_err *err) {
    POND_TRY(check_not_in_pond(run, err));
    // Otherwise the places show that there is no conflict. There may be very many files.
    if (!run->has_nested_places)
        return POND_OK;
    pond_map by_file;
    pond_map_init(&by_file, run->arena);
    for (size_t i = 0; i < run->outputs.n; i++) {
        const export_output *o = run->outputs.items[i];
        bool is_new;
        void **at = pond_map_at(&by_file, o->record.file, &is_new);
        if (!is_new)
            return pond_fail(
                err, POND_ERR_CONFLICT, "'%.*s' and '%.*s' would both be written to '%.*s'",
                POND_SV_ARG(path_of(*at)), POND_SV_ARG(path_of(o)), POND_SV_ARG(o->record.file));
        *at = (void *)o;
    }
    for (size_t i = 0; i < run->outputs.n; i++)
        POND_TRY(check_dirs_of(run, &by_file, run->outputs.items[i], err));
    return POND_OK;
}

// With what is there ------------------------------------------------------------------------------

static bool is_ours(const export_run *run, pond_sv file) {
    return manifest_find(run->before, file) != NULL ||
           pond_map_get(&run->before->retained, file) != NULL ||
           pond_map_get(&run->before->journal, file) != NULL;
}

// A file of the last run that no target has any more: it will be removed, if it is not kept.
static bool is_removed(const export_run *run, pond_sv file) {
    const manifest_file *f = manifest_find(run->before, file);
    bool is_stale = f != NULL ? !f->is_claimed
                              : pond_map_get(&run->before->journal, file) != NULL ||
                                    pond_map_get(&run->before->retained, file) != NULL;
    // What leaves a Delta table stays for a while.
    return is_stale && !run->options->keep_stale && delta_table_of(&run->tables, file) == NULL;
}

// Finds a file or an empty directory, at this place or below it, that will not be removed. The log
// of a Delta table that an export made is dropped with its table.
static pond_code find_remaining(const export_run *run, pond_arena *a, const char *dir, char **out,
                                pond_err *err) {
    pond_dirent_vec all = {0};
    POND_TRY(pond_below_list(&run->dir.root, a, dir, &all, err));
    if (all.n == 0) // exports leave no empty directory
        *out = pond_cstr(a, pond_sv_of(dir));
    for (size_t i = 0; i < all.n && *out == NULL; i++) {
        char *name = pond_path_join(a, dir, all.items[i].name.p);
        bool is_log = pond_sv_is(all.items[i].name, "_delta_log") &&
                      pond_map_get(&run->before->tables, pond_sv_of(dir)) != NULL;
        if (is_log)
            continue;
        if (all.items[i].is_dir)
            POND_TRY(find_remaining(run, a, name, out, err));
        else if (!is_removed(run, pond_sv_of(name)))
            *out = name;
    }
    return POND_OK;
}

static pond_code check_dir_is_ours(const export_run *run, pond_arena *a, const char *name,
                                   const export_output *o, pond_err *err) {
    char *other = NULL;
    POND_TRY(find_remaining(run, a, name, &other, err));
    if (other == NULL)
        return POND_OK;
    pond_fail(err, POND_ERR_CONFLICT, "'%s/%s' is a directory, where the file of '%.*s' must go",
              run->dir.path, name, POND_SV_ARG(path_of(o)));
    pond_err_detail(err, "  no export made '%s/%s': move it away", run->dir.path, other);
    return POND_ERR_CONFLICT;
}

static pond_code fail_foreign(const export_run *run, const char *name, const export_output *o,
                              pond_err *err) {
    return pond_fail(
        err, POND_ERR_CONFLICT,
        "'%s/%s' was not written by an export, and '%.*s' must go there; move it away, or add "
        "--force to replace it",
        run->dir.path, name, POND_SV_ARG(path_of(o)));
}

// Something else than a directory is where the output needs one, or a link is in its way.
static pond_code check_parents(const export_run *run, pond_arena *a, const export_output *o,
                               pond_err *err) {
    struct stat st;
    for (pond_sv dir = o->record.file; pond_path_up(&dir);) {
        const char *name = pond_cstr(a, dir);
        if (!pond_below_stat(&run->dir.root, name, &st))
            continue;
        if (S_ISDIR(st.st_mode))
            return POND_OK; // so are those above it
        if (S_ISREG(st.st_mode) && is_removed(run, dir))
            return POND_OK;
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%s/%s' is %s, where '%.*s' needs a directory; move it away",
                         run->dir.path, name,
                         S_ISLNK(st.st_mode) ? "a symbolic link, which is not followed" : "a file",
                         POND_SV_ARG(path_of(o)));
    }
    return POND_OK;
}

static pond_code check_foreign(const export_run *run, pond_arena *a, const export_output *o,
                               pond_err *err) {
    struct stat st;
    const char *name = pond_cstr(a, o->record.file);
    if (o->state == POND_EXPORT_SAME)
        return POND_OK;
    if (!pond_below_stat(&run->dir.root, name, &st))
        return check_parents(run, a, o, err);
    if (S_ISDIR(st.st_mode))
        return check_dir_is_ours(run, a, name, o, err);
    if (run->options->force || is_ours(run, o->record.file))
        return POND_OK;
    return fail_foreign(run, name, o, err);
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

void export_split_stale(const export_run *run, const export_outputs *stale,
                        export_outputs *in_the_way, export_outputs *others) {
    pond_map files, dirs; // of the new files
    pond_map_init(&files, run->arena);
    pond_map_init(&dirs, run->arena);
    for (size_t i = 0; stale->n > 0 && i < run->outputs.n; i++) {
        pond_sv name = run->outputs.items[i]->record.file;
        *pond_map_at(&files, name, NULL) = (void *)run;
        while (pond_path_up(&name))
            *pond_map_at(&dirs, name, NULL) = (void *)run;
    }
    for (size_t i = 0; i < stale->n; i++) {
        pond_sv name = stale->items[i]->record.file;
        bool is_in_the_way = pond_map_get(&dirs, name) != NULL;
        while (!is_in_the_way && pond_path_up(&name))
            is_in_the_way = pond_map_get(&files, name) != NULL;
        *pond_vec_push(run->arena, is_in_the_way ? in_the_way : others) = stale->items[i];
    }
}

// Stale files -------------------------------------------------------------------------------------

// Whether a pattern of this run could match the target that made the file. Files of an interrupted
// run have no origin, and were never published.
static bool is_covered(const export_run *run, pond_arena *a, const export_output *o) {
    if (manifest_find(run->before, o->record.file) == NULL)
        return true;
    for (size_t i = 0; i < run->n_stages && o->origin.p != NULL; i++) {
        pond_sv_vec captures = {0};
        if (pond_glob_match(a, &run->stages[i].parsed.glob, o->origin, &captures))
            return true;
    }
    return false;
}

pond_code export_check_stale(const export_run *run, const export_outputs *stale, pond_err *err) {
    if (run->options->keep_stale || run->options->prune)
        return POND_OK;
    pond_arena a;
    pond_arena_init(&a);
    size_t n = 0;
    const export_output *first = NULL;
    for (size_t i = 0; i < stale->n; i++) {
        if (is_covered(run, &a, stale->items[i]))
            continue;
        if (n++ == 0)
            first = stale->items[i];
        pond_arena_rewind(&a);
    }
    pond_arena_deinit(&a);
    if (n == 0)
        return POND_OK;
    pond_fail(err, POND_ERR_CONFLICT,
              "%zu file%s of an earlier export come%s from targets that no --pattern of this one "
              "matches, such as '%.*s'",
              n, n == 1 ? "" : "s", n == 1 ? "s" : "", POND_SV_ARG(first->record.file));
    pond_err_detail(err, "  --prune removes them, --keep-stale keeps them; or export to another "
                         "directory");
    return POND_ERR_CONFLICT;
}
