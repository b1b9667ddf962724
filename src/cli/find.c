// Looks for a pond upwards from the working directory.
#include "cli/find.h"

#include "base/below.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT_FILE ".pond-root"
#define CATALOG "pond.db"

// Trust -------------------------------------------------------------------------------------------

// Root, the user, and for root who came by sudo also the user who called it.
static bool is_trusted(uid_t owner) {
    const char *text = getenv("SUDO_UID");
    int64_t caller;
    if (owner == 0 || owner == geteuid())
        return true;
    return geteuid() == 0 && text != NULL && pond_sv_to_int(pond_sv_of(text), &caller) &&
           caller == (int64_t)owner;
}

// `name` in the directory, or the directory itself (".").
static pond_code check_owner(const pond_below *dir, const char *name, const char *pond,
                             pond_err *err) {
    struct stat st;
    bool is_self = strcmp(name, ".") == 0;
    if (is_self ? fstat(dir->fd, &st) != 0 : !pond_below_stat(dir, name, &st))
        return pond_fail_errno(err, "cannot look at '%s/%s'", dir->path, name);
    if (is_trusted(st.st_uid))
        return POND_OK;
    pond_fail(err, POND_ERR_INVALID,
              "the pond '%s' was found above the working directory, but '%s%s%s' belongs to "
              "another user (%ju)",
              pond, dir->path, is_self ? "" : "/", is_self ? "" : name, (uintmax_t)st.st_uid);
    pond_err_detail(err,
                    "  a pond's configs can read your environment; if you trust it, name it: "
                    "--pond '%s'",
                    pond);
    return POND_ERR_INVALID;
}

// One directory -----------------------------------------------------------------------------------

static bool is_file(const pond_below *dir, const char *name) {
    struct stat st;
    return pond_below_stat(dir, name, &st) && S_ISREG(st.st_mode);
}

static pond_code read_root_file(cli *c, const pond_below *dir, pond_sv *out, pond_err *err) {
    struct stat st;
    pond_buf text = POND_BUF_EMPTY;
    if (pond_below_stat(dir, ROOT_FILE, &st) && st.st_size > CLI_ROOT_FILE_BYTES)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%s/" ROOT_FILE "' is too large for the path of a pond", dir->path);
    pond_code rc = pond_below_read(dir, ROOT_FILE, &text, err);
    *out = pond_sv_trim(pond_buf_keep(c->arena, &text));
    while (pond_sv_starts(*out, POND_SV("./")))
        *out = pond_sv_sub(*out, 2, out->n);
    while (pond_sv_ends(*out, POND_SV("/")) && out->n > 1)
        out->n--;
    if (rc != POND_OK || out->n == 0 || pond_sv_is(*out, ".") || pond_below_is_name(*out))
        return rc;
    return pond_fail(err, POND_ERR_INVALID,
                     "'%s/" ROOT_FILE "' holds '%.*s': it takes the path of a pond below its own "
                     "directory, such as data/pond; or --pond names one anywhere",
                     dir->path, POND_SV_ARG(*out));
}

// The pond of a directory that holds a .pond-root.
static pond_code follow_root_file(cli *c, const pond_below *dir, pond_err *err) {
    pond_sv name;
    pond_below pond = POND_BELOW_CLOSED;
    POND_TRY(check_owner(dir, ROOT_FILE, dir->path, err));
    POND_TRY(read_root_file(c, dir, &name, err));
    bool is_here = name.n == 0 || pond_sv_is(name, ".");
    const char *path =
        is_here ? dir->path : pond_path_join(c->arena, dir->path, pond_cstr(c->arena, name));
    pond_code rc = is_here ? pond_below_open(path, &pond, err)
                           : pond_below_enter(dir, c->arena, pond_cstr(c->arena, name), &pond, err);
    if (rc == POND_ERR_NOT_FOUND || (rc == POND_OK && !is_file(&pond, CATALOG)))
        rc = pond_fail(err, POND_ERR_NOT_FOUND,
                       "'%s/" ROOT_FILE "' names '%s', where there is no pond; make one with "
                       "'pond init --pond %s', or correct the file",
                       dir->path, path, path);
    if (rc == POND_OK)
        rc = check_owner(&pond, ".", path, err);
    if (rc == POND_OK)
        rc = check_owner(&pond, CATALOG, path, err);
    pond_below_close(&pond);
    if (rc == POND_OK)
        c->pond_dir = path;
    return rc;
}

static pond_code look_in(cli *c, const pond_below *dir, pond_err *err) {
    bool has_root_file = is_file(dir, ROOT_FILE);
    if (!has_root_file && !is_file(dir, CATALOG))
        return POND_OK;
    POND_TRY(check_owner(dir, ".", dir->path, err));
    if (has_root_file)
        return follow_root_file(c, dir, err);
    POND_TRY(check_owner(dir, CATALOG, dir->path, err));
    c->pond_dir = dir->path;
    return POND_OK;
}

// Upwards -----------------------------------------------------------------------------------------

pond_code cli_find_pond(cli *c, pond_err *err) {
    struct stat st;
    dev_t device = 0;
    char *cwd;
    if (c->pond_dir != NULL || pond_path_absolute(c->arena, ".", &cwd, NULL) != POND_OK)
        return POND_OK;
    for (const char *path = cwd;; path = pond_path_parent(c->arena, path)) {
        pond_below dir;
        if (stat(path, &st) != 0 || (path != cwd && st.st_dev != device))
            return POND_OK;
        device = st.st_dev;
        // One that cannot be opened may be passed through all the same.
        if (pond_below_open(path, &dir, NULL) == POND_OK) {
            pond_code rc = look_in(c, &dir, err);
            pond_below_close(&dir);
            if (rc != POND_OK || c->pond_dir != NULL)
                return rc;
        }
        if (strcmp(path, "/") == 0)
            return POND_OK;
    }
}

void cli_explain_relative(cli *c, pond_err *err) {
    char *cwd, *meant;
    if (c->pond_dir == NULL || c->pond_dir[0] == '/' ||
        pond_path_absolute(c->arena, ".", &cwd, NULL) != POND_OK ||
        pond_path_absolute(c->arena, c->pond_dir, &meant, NULL) != POND_OK)
        return;
    pond_err_detail(err, "  '%s' is relative: from '%s' it means '%s'", c->pond_dir, cwd, meant);
    for (const char *path = cwd; strcmp(path, "/") != 0;) {
        path = pond_path_parent(c->arena, path);
        const char *there = pond_path_join(c->arena, path, c->pond_dir);
        if (pond_path_exists(pond_path_join(c->arena, there, CATALOG))) {
            char *clean;
            if (pond_path_absolute(c->arena, there, &clean, NULL) == POND_OK)
                pond_err_detail(err, "  there is a pond at '%s': give its absolute path", clean);
            return;
        }
    }
}
