// A folder: all of its documents, and the files below its `files/`.
#include "declare/internal.h"

#include "base/file.h"

#include <stdlib.h>

#define FILES "files"

// Documents are looked for in neither a pond nor an export, which may be in the folder of their
// project.
static bool is_no_source(const char *path, pond_sv name) {
    pond_arena a;
    pond_arena_init(&a);
    bool is_skipped = pond_sv_is(name, FILES) ||
                      pond_path_exists(pond_path_join(&a, path, "pond.db")) ||
                      pond_path_is_dir(pond_path_join(&a, path, ".pond"));
    pond_arena_deinit(&a);
    return is_skipped;
}

// Nothing waits for a FIFO, and a link that leads nowhere is not passed over.
static pond_code check_regular(const declare_entry *e, pond_err *err) {
    return e->is_regular ? POND_OK
                         : pond_fail(err, POND_ERR_INVALID,
                                     "'%s' is neither a file nor a directory", e->path);
}

static pond_code add_documents(declare_job *j, pond_err *err) {
    declare_entry_vec all = {0};
    POND_TRY(declare_tree(j->a, j->o->dir, is_no_source, &all, err));
    for (size_t i = 0; i < all.n; i++) {
        const declare_entry *e = &all.items[i];
        if (e->is_dir ||
            !(pond_sv_ends(e->name, POND_SV(".yaml")) || pond_sv_ends(e->name, POND_SV(".yml"))))
            continue;
        POND_TRY(check_regular(e, err));
        POND_TRY(declare_documents(j, e->path, e->path, err));
    }
    return POND_OK;
}

static pond_code add_files(declare_job *j, pond_err *err) {
    declare_entry_vec all = {0};
    const char *dir = pond_path_join(j->a, j->o->dir, FILES);
    if (!pond_path_is_dir(dir))
        return POND_OK;
    POND_TRY(declare_tree(j->a, dir, NULL, &all, err));
    for (size_t i = 0; i < all.n; i++) {
        const declare_entry *e = &all.items[i];
        declare_item item = {.name = e->path,
                             .kind = e->is_dir ? DECLARE_MKDIR : DECLARE_COPY,
                             .from = e->path,
                             .is_overwrite = true};
        if (!e->is_dir)
            POND_TRY(check_regular(e, err));
        POND_TRY_CTX(declare_path(j->a, e->name, &item.path, err), err, "%s", e->path);
        *pond_vec_push(j->a, &j->items) = item;
    }
    return POND_OK;
}

static pond_code find_label(declare_job *j, pond_err *err) {
    j->label = j->o->label;
    if (j->label.n > 0)
        return POND_OK;
    char *real = realpath(j->o->dir, NULL);
    if (real == NULL)
        return pond_fail_errno(err, "cannot look at '%s'", j->o->dir);
    j->label = pond_sv_dup(j->a, pond_sv_of(real));
    free(real);
    return pond_utf8_find_bad(j->label) < 0
               ? POND_OK
               : pond_fail(err, POND_ERR_INVALID,
                           "the path '%.*s' is not UTF-8, and the pond cannot remember it: name "
                           "the folder with --label",
                           POND_SV_ARG(j->label));
}

pond_code declare_folder(declare_job *j, pond_err *err) {
    POND_TRY(find_label(j, err));
    POND_TRY(add_documents(j, err));
    POND_TRY(add_files(j, err));
    if (j->items.n > 0)
        return POND_OK;
    // An empty folder was more likely mistyped than meant to remove all that it once made.
    return pond_fail(err, POND_ERR_INVALID,
                     "'%s' has no YAML documents (*.yaml) and no files in " FILES "/", j->o->dir);
}
