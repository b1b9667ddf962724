// Paths and patterns of the host. The fs room matches patterns of the pond; directories of the host
// are not nodes, so this file walks them itself.
#include "cli/host.h"

#include "base/file.h"
#include "fs/glob.h"

#include <stdlib.h>
#include <unistd.h>

char *cli_host_path(cli *c, pond_sv url_path) {
    return pond_printf(c->arena, "%s%.*s", c->host_dir, POND_SV_ARG(url_path));
}

pond_code cli_plain_host_path(cli *c, pond_sv typed, char **out, pond_err *err) {
    return pond_path_absolute(c->arena, pond_cstr(c->arena, typed), out, err);
}

// URLs --------------------------------------------------------------------------------------------

// Appends a path as a URL writes it, so that no character of it is taken for another part.
static void append_url_path(pond_buf *out, pond_sv path) {
    for (size_t i = 0; i < path.n; i++)
        if (strchr("%?#*", path.p[i]) != NULL)
            pond_buf_printf(out, "%%%02X", (unsigned char)path.p[i]);
        else
            pond_buf_char(out, path.p[i]);
}

static void propose_absolute(pond_sv scheme, pond_sv rest, pond_err *err) {
    char *cwd = getcwd(NULL, 0);
    if (cwd == NULL)
        return;
    pond_buf url = POND_BUF_EMPTY;
    if (pond_sv_starts(rest, POND_SV("./")))
        rest = pond_sv_sub(rest, 2, rest.n);
    append_url_path(&url, pond_sv_of(cwd));
    pond_err_detail(err, "  for a file of the current directory: %.*s://%s/%.*s",
                    POND_SV_ARG(scheme), url.n == 1 ? "" : url.p, POND_SV_ARG(rest));
    pond_buf_free(&url);
    free(cwd);
}

pond_code cli_url_parse(cli *c, pond_sv text, pond_url *out, pond_err *err) {
    pond_code rc = pond_url_parse(c->arena, text, out, err);
    ptrdiff_t at = pond_sv_find(text, POND_SV("://"));
    if (rc == POND_OK || !out->is_host || at < 0 || c->host_dir[0] != '\0')
        return rc;
    pond_sv rest = pond_sv_sub(text, (size_t)at + 3, text.n);
    if (rest.n > 0 && strchr("/?#", rest.p[0]) == NULL)
        propose_absolute(pond_sv_sub(text, 0, (size_t)at), rest, err);
    return rc;
}

// Patterns ----------------------------------------------------------------------------------------

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

static void add_nearest_dir(cli *c, pond_sv path, pond_err *err) {
    while (pond_path_up(&path) && !pond_path_is_dir(cli_host_path(c, path)))
        ;
    if (!pond_path_is_dir(cli_host_path(c, path)))
        path = POND_SV("/");
    pond_err_detail(err, "  nearest directory: %s", cli_host_path(c, path));
}

pond_code cli_host_files(cli *c, pond_sv url_path, pond_texts *paths, pond_err *err) {
    if (pond_path_exists(cli_host_path(c, url_path))) { // also a file with a '*' in its name
        *pond_vec_push(c->arena, paths) = url_path;
        return POND_OK;
    }
    size_t n = paths->n;
    pond_code rc = cli_host_glob(c, url_path, false, paths, err);
    if (rc == POND_OK && paths->n == n)
        rc = pond_fail(err, POND_ERR_NOT_FOUND, "No files match pattern: %.*s",
                       POND_SV_ARG(url_path));
    if (rc == POND_ERR_NOT_FOUND)
        add_nearest_dir(c, url_path, err);
    return rc;
}
