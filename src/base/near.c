// What was meant by a name that is not there.
#include "base/near.h"

#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// Names -------------------------------------------------------------------------------------------

// `forms` are names as they are compared, each with its own bytes.
static size_t nearest_form(pond_sv name, const pond_sv *forms, size_t n) {
    pond_sv found = pond_nearest(name, forms, n);
    for (size_t i = 0; i < n && found.n > 0; i++)
        if (forms[i].p == found.p)
            return i;
    return n;
}

static size_t near_stem(pond_arena *a, pond_sv name, const pond_sv *names, size_t n) {
    pond_sv *stems = POND_NEW_ARRAY(a, pond_sv, n);
    for (size_t i = 0; i < n; i++) {
        ptrdiff_t dot = pond_sv_rfind_char(names[i], '.');
        stems[i] = pond_sv_sub(names[i], 0, dot < 0 ? names[i].n : (size_t)dot);
    }
    return nearest_form(name, stems, n);
}

static size_t near_lower(pond_arena *a, pond_sv name, const pond_sv *names, size_t n) {
    pond_sv *lower = POND_NEW_ARRAY(a, pond_sv, n);
    for (size_t i = 0; i < n; i++)
        lower[i] = pond_sv_lower(a, names[i]);
    return nearest_form(pond_sv_lower(a, name), lower, n);
}

size_t pond_near_name(pond_sv name, const pond_sv *names, size_t n) {
    size_t at = nearest_form(name, names, n);
    if (at < n || n == 0)
        return at;
    pond_arena a;
    pond_arena_init(&a);
    at = near_stem(&a, name, names, n);
    if (at == n)
        at = near_lower(&a, name, names, n);
    pond_arena_deinit(&a);
    return at;
}

void pond_near_word(pond_err *err, pond_sv typed, const pond_sv *words, size_t n) {
    pond_sv near = pond_nearest(typed, words, n);
    if (near.n > 0 && typed.n > 1) // every letter is near to every other
        pond_err_detail(err, "  did you mean '%.*s'?", POND_SV_ARG(near));
}

// Paths of the host -------------------------------------------------------------------------------

typedef struct place {
    const char *dir; // the directory that should have the name
    pond_sv name;
} place;

static pond_sv without_slashes(pond_sv path) {
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

// "a/b" is "b" in "a", "/a" is "a" in "/", and "a" is in the working directory.
static place place_of(pond_arena *a, pond_sv path) {
    ptrdiff_t slash = pond_sv_rfind_char(path, '/');
    pond_sv dir = slash < 0    ? POND_SV(".")
                  : slash == 0 ? POND_SV("/")
                               : pond_sv_sub(path, 0, (size_t)slash);
    return (place){pond_cstr(a, without_slashes(dir)),
                   pond_sv_sub(path, (size_t)(slash + 1), path.n)};
}

static pond_sv near_entry(pond_arena *a, const place *p) {
    POND_VEC(pond_sv) names = {0};
    DIR *dir = opendir(p->dir);
    if (dir == NULL)
        return POND_SV("");
    for (const struct dirent *e; (e = readdir(dir)) != NULL;)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            *pond_vec_push(a, &names) = pond_sv_dup(a, pond_sv_of(e->d_name));
    closedir(dir);
    size_t at = pond_near_name(p->name, names.items, names.n);
    return at < names.n ? names.items[at] : POND_SV("");
}

static void add_link(pond_err *err, const char *path) {
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof target);
    if (n > 0)
        pond_err_detail(err, "  symlink: '%s' -> '%.*s'", path, (int)n, target);
}

static void add_nearest(pond_err *err, pond_arena *a, const place *p) {
    char *cwd = strcmp(p->dir, ".") == 0 ? getcwd(NULL, 0) : NULL;
    pond_err_detail(err, "  nearest directory: %s", cwd == NULL ? p->dir : cwd);
    free(cwd);
    pond_sv near = near_entry(a, p);
    if (near.n > 0)
        pond_err_detail(err, "  did you mean '%.*s'?", POND_SV_ARG(near));
}

// Looks at the path and then at what is above it, up to the first directory that is there.
static void explain(pond_err *err, pond_arena *a, const char *path) {
    struct stat st;
    for (pond_sv rest = pond_sv_of(path);;) {
        rest = without_slashes(rest);
        const char *missing = pond_cstr(a, rest);
        bool is_found = lstat(missing, &st) == 0; // or it cannot be looked at, which the error says
        if (is_found && S_ISLNK(st.st_mode))
            add_link(err, missing);
        if (is_found || (errno != ENOENT && errno != ENOTDIR))
            return;
        place p = place_of(a, rest);
        bool is_there = stat(p.dir, &st) == 0;
        if (is_there && S_ISDIR(st.st_mode))
            add_nearest(err, a, &p);
        else if (is_there)
            pond_err_detail(err, "  '%s' is not a directory", p.dir);
        if (is_there || pond_sv_rfind_char(rest, '/') <= 0)
            return;
        rest = pond_sv_of(p.dir);
    }
}

void pond_near_path(pond_err *err, const char *path) {
    if (err == NULL || path[0] == '\0')
        return;
    pond_arena a;
    pond_arena_init(&a);
    explain(err, &a, path);
    pond_arena_deinit(&a);
}
