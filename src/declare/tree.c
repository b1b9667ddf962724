// What is below a directory of the host.
#include "declare/internal.h"

#include "base/file.h"

#include <sys/stat.h>

typedef struct walking {
    pond_arena *a;
    bool (*skip)(const char *path, pond_sv name);
    declare_entry_vec *out;
    POND_VEC(struct stat) above; // the directories that the walk is in: a link may lead back to one
} walking;

static bool is_above(const walking *w, const struct stat *st) {
    for (size_t i = 0; i < w->above.n; i++)
        if (w->above.items[i].st_ino == st->st_ino && w->above.items[i].st_dev == st->st_dev)
            return true;
    return false;
}

static pond_code walk(walking *w, const char *dir, pond_sv below, pond_err *err) {
    pond_dirent_vec found;
    struct stat st;
    if (stat(dir, &st) != 0)
        return pond_fail_errno(err, "cannot look at '%s'", dir);
    if (is_above(w, &st))
        return pond_fail(err, POND_ERR_INVALID, "a link leads back to the directory it is in: '%s'",
                         dir);
    *pond_vec_push(w->a, &w->above) = st;
    POND_TRY(pond_dir_list(w->a, dir, &found, err));
    for (size_t i = 0; i < found.n; i++) {
        pond_sv name = found.items[i].name;
        const char *path = pond_path_join(w->a, dir, pond_cstr(w->a, name));
        pond_sv relative = below.n == 0
                               ? name
                               : pond_svf(w->a, "%.*s/%.*s", POND_SV_ARG(below), POND_SV_ARG(name));
        if (name.p[0] == '.' || (w->skip != NULL && w->skip(path, relative)))
            continue;
        bool is_there = stat(path, &st) == 0; // or a link that leads nowhere
        *pond_vec_push(w->a, w->out) = (declare_entry){
            path, relative, is_there && S_ISDIR(st.st_mode), is_there && S_ISREG(st.st_mode)};
        if (is_there && S_ISDIR(st.st_mode))
            POND_TRY(walk(w, path, relative, err));
    }
    w->above.n--;
    return POND_OK;
}

pond_code declare_tree(pond_arena *a, const char *dir, bool (*skip)(const char *path, pond_sv name),
                       declare_entry_vec *out, pond_err *err) {
    walking w = {.a = a, .skip = skip, .out = out};
    return walk(&w, dir, POND_SV(""), err);
}
