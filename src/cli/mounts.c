// Reads what --hostmount says: MOUNT=host+FACTORY:///CONFIG, MOUNT=host+dir:///DIR or MOUNT=DIR.
#include "cli/mounts.h"

#include "base/file.h"
#include "base/near.h"
#include "cli/host.h"
#include "factory/factory.h"
#include "format/format.h"

#include <stdlib.h>

typedef POND_VEC(pond_mount) mount_vec;

// A directory of the host. Without a URL it is relative to the current directory, as everywhere.
static pond_code read_dir(cli *c, const char *dir, pond_mount *out, pond_err *err) {
    char *absolute;
    POND_TRY(pond_path_absolute(c->arena, dir, &absolute, err));
    out->dir = absolute;
    if (!pond_path_exists(absolute)) {
        pond_fail(err, POND_ERR_NOT_FOUND, "Host directory '%s' does not exist (mount '%.*s')",
                  absolute, POND_SV_ARG(out->path));
        pond_near_path(err, absolute);
        return POND_ERR_NOT_FOUND;
    }
    if (!pond_path_is_dir(absolute))
        return pond_fail(err, POND_ERR_CONFLICT, "'%s' is not a directory", absolute);
    return POND_OK;
}

static pond_code find_factory(pond_sv name, const pond_factory **out, pond_err *err) {
    if (pond_format_find(name) != NULL)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' is a format, not a factory; `pond list-factories` lists those",
                         POND_SV_ARG(name));
    // The original program has this short name, too.
    return pond_factory_get(pond_sv_is(name, "dyndir") ? POND_SV("dynamic-dir") : name, NULL, out,
                            err);
}

// The form of a URL, before the names in it are looked up.
static pond_code check_form(const pond_url *url, pond_err *err) {
    if (!url->is_host)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' has no host+: a config is a file of the "
                         "host, host+FACTORY:///CONFIG",
                         POND_SV_ARG(url->text));
    if (url->compression != POND_PLAIN || url->as != POND_AS_IS || url->options.n > 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' names a factory and its config, or a directory, and takes nothing "
                         "else: host+FACTORY:///CONFIG",
                         POND_SV_ARG(url->text));
    return POND_OK;
}

static pond_code read_url(cli *c, pond_session *s, pond_sv text, pond_mount *out, pond_err *err) {
    pond_url url;
    const pond_factory *factory;
    POND_TRY(cli_url_parse(c, text, &url, err));
    POND_TRY(check_form(&url, err));
    if (pond_sv_is(url.format, "dir") || pond_sv_is(url.format, POND_FORMAT_FILE))
        return read_dir(c, cli_host_path(c, url.path), out, err);
    POND_TRY(find_factory(url.format, &factory, err));
    if (factory->n_actions > 0)
        return pond_fail(err, POND_ERR_UNSUPPORTED, "%s requires a real pond: it is run, not shown",
                         factory->name);
    out->type = factory->type;
    out->factory = pond_sv_of(factory->name);
    pond_factory_made made;
    POND_TRY(pond_factory_config(s, factory, cli_host_path(c, url.path), &made, err));
    out->config = made.config;
    return POND_OK;
}

static pond_code read_mount(cli *c, pond_session *s, pond_sv spec, pond_mount *out, pond_err *err) {
    ptrdiff_t equals = pond_sv_find_char(spec, '=');
    if (equals < 0)
        return pond_fail(err, POND_ERR_USAGE,
                         "it takes MOUNT=host+FACTORY:///CONFIG or MOUNT=DIR, and has no '='");
    pond_sv path = pond_sv_sub(spec, 0, (size_t)equals),
            what = pond_sv_sub(spec, (size_t)equals + 1, spec.n);
    while (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    *out = (pond_mount){.path = path};
    if (what.n == 0)
        return pond_fail(err, POND_ERR_USAGE, "nothing follows the '='");
    return pond_sv_find(what, POND_SV("://")) >= 0
               ? read_url(c, s, what, out, err)
               : read_dir(c, pond_cstr(c->arena, what), out, err);
}

static int by_path(const void *a, const void *b) {
    return pond_sv_cmp(((const pond_mount *)a)->path, ((const pond_mount *)b)->path);
}

pond_code cli_mount_host(cli *c, pond_session *s, pond_err *err) {
    mount_vec mounts = {0};
    for (size_t i = 0; i < c->mounts.n; i++) {
        pond_sv spec = c->mounts.items[i];
        POND_TRY_CTX(read_mount(c, s, spec, pond_vec_push(c->arena, &mounts), err), err,
                     "Invalid --hostmount: '%.*s'", POND_SV_ARG(spec));
    }
    const char *root = c->host_dir[0] == '\0' ? "/" : c->host_dir;
    if (!pond_path_is_dir(root)) {
        pond_fail(err, POND_ERR_NOT_FOUND, "there is no directory '%s' (-d)", root);
        pond_near_path(err, root);
        return POND_ERR_NOT_FOUND;
    }
    pond_session_open_host(s, root);
    // A mount comes after those above it.
    pond_sort(mounts.items, mounts.n, sizeof *mounts.items, by_path);
    for (size_t i = 0; i < mounts.n; i++)
        POND_TRY_CTX(pond_fs_mount(pond_session_fs(s), &mounts.items[i], err), err,
                     "Invalid --hostmount");
    return POND_OK;
}

pond_code cli_open_host(cli *c, pond_err *err) {
    if (c->host == NULL)
        c->host = pond_session_new(c->arena, pond_factory_open_stored);
    return pond_session_fs(c->host) == NULL ? cli_mount_host(c, c->host, err) : POND_OK;
}
