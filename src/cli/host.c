// Paths and patterns of the host. The fs room matches patterns of the pond; directories of the host
// are not nodes, so this file walks them itself.
#include "cli/host.h"

#include "base/file.h"
#include "fs/glob.h"

#include <stdlib.h>

char *cli_host_path(cli *c, pond_sv url_path) {
    return pond_printf(c->arena, "%s%.*s", c->host_dir, POND_SV_ARG(url_path));
}

pond_code cli_plain_host_path(cli *c, pond_sv typed, char **out, pond_err *err) {
    return pond_path_absolute(c->arena, pond_cstr(c->arena, typed), out, err);
}

typedef struct walk {
    cli *cli;
    const pond_glob *glob;
    bool with_dirs;
    pond_texts *out;
} walk;

static size_t depth_of(pond_sv path) {
    size_t n = 0;
    for (size_t i = 0; i < path.n; i++)
        n += path.p[i] == '/';
    return n;
}

// Collects what matches below `path`; "" is the root. A host has many directories that the user may
// not read: one is skipped, unless it is the first, which the pattern names.
static pond_code walk_dir(const walk *w, pond_sv path, bool is_first, pond_err *err) {
    cli *c = w->cli;
    pond_dirent_vec entries = {0};
    pond_code rc = pond_dir_list(c->arena, cli_host_path(c, path.n == 0 ? POND_SV("/") : path),
                                 &entries, is_first ? err : NULL);
    if (rc != POND_OK)
        return is_first ? rc : POND_OK;
    for (size_t i = 0; i < entries.n; i++) {
        const pond_dirent *e = &entries.items[i];
        pond_sv child = pond_svf(c->arena, "%.*s/%.*s", POND_SV_ARG(path), POND_SV_ARG(e->name));
        pond_sv_vec captures = {0};
        bool is_dir = e->is_dir || (e->is_symlink && pond_path_is_dir(cli_host_path(c, child)));
        if ((w->with_dirs || !is_dir) && pond_glob_match(c->arena, w->glob, child, &captures))
            *pond_vec_push(c->arena, w->out) = child;
        if (is_dir && !e->is_symlink &&
            (w->glob->has_deep || depth_of(child) < w->glob->n_segments))
            POND_TRY(walk_dir(w, child, false, err));
    }
    return POND_OK;
}

static int compare_texts(const void *a, const void *b) {
    return pond_sv_cmp(*(const pond_sv *)a, *(const pond_sv *)b);
}

pond_code cli_host_glob(cli *c, pond_sv pattern, bool with_dirs, pond_texts *paths, pond_err *err) {
    pond_glob glob;
    POND_TRY(pond_glob_parse(c->arena, pattern, &glob, err));
    if (glob.n_wildcards == 0) {
        *pond_vec_push(c->arena, paths) = pattern;
        return POND_OK;
    }
    pond_sv prefix = pond_glob_prefix(c->arena, &glob);
    if (pond_sv_is(prefix, "/"))
        prefix.n = 0;
    walk w = {c, &glob, with_dirs, paths};
    POND_TRY(walk_dir(&w, prefix, true, err));
    if (paths->n > 1)
        qsort(paths->items, paths->n, sizeof *paths->items, compare_texts);
    return POND_OK;
}
