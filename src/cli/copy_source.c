// Finds the sources of `pond copy` in the tree of the host, and computes those that are mounted.
#include "cli/copy.h"

#include "base/file.h"
#include "cli/host.h"
#include "cli/mounts.h"
#include "relation/match.h"
#include "relation/spool.h"

#include <sys/stat.h>

// Computed nodes ----------------------------------------------------------------------------------

// A file with the name of the node, in a directory of its own.
static pond_code make_place(const cli *c, const pond_node *node, const char **out, pond_err *err) {
    pond_sv dir;
    POND_TRY(pond_spool_name(c->host, POND_SV("computed"), &dir, err));
    if (mkdir(dir.p, 0700) != 0)
        return pond_fail_errno(err, "cannot make directory '%s'", dir.p);
    *out = pond_path_join(c->arena, dir.p, pond_cstr(c->arena, node->name));
    return POND_OK;
}

static pond_code write_bytes(const cli *c, const pond_node *node, const char *path, pond_err *err) {
    pond_fd_target to = {.name = path};
    POND_TRY(pond_file_make(path, &to.fd, err));
    pond_code rc = pond_fs_stream(pond_session_fs(c->host), node, NULL, pond_sink_to_fd(&to), err);
    return pond_file_made(to.fd, path, rc, err);
}

// A computed node becomes a file of the host. Its rows are a series or a table, as it says.
static pond_code compute(cli *c, const pond_node *node, cli_source *out, pond_err *err) {
    pond_relation *r;
    POND_TRY(make_place(c, node, &out->host_path, err));
    if (!pond_type_is_queryable(node->type))
        return write_bytes(c, node, out->host_path, err);
    POND_TRY(pond_relation_of(c->host, node, &r, err));
    if (out->url.as == POND_AS_IS)
        out->url.as = r->is_series ? POND_AS_SERIES : POND_AS_TABLE;
    return cli_copy_write_rows(c->host, node, out->host_path, err);
}

// Finding -----------------------------------------------------------------------------------------

static pond_code add_node(cli *c, const pond_node *node, const pond_url *url, bool is_named,
                          cli_source_vec *out, pond_err *err) {
    cli_source *s = pond_vec_push(c->arena, out);
    *s = (cli_source){.path = node->path, .host_path = node->host_path, .url = *url};
    s->is_named = is_named;
    if (node->host_path != NULL)
        return POND_OK;
    if (pond_type_is_dir(node->type))
        return pond_fail(err, POND_ERR_UNSUPPORTED,
                         "'%.*s' is a mounted directory, and only its files can be copied: write "
                         "'%.*s/**'",
                         POND_SV_ARG(node->path), POND_SV_ARG(url->text));
    if (pond_type_is_queryable(node->type) && pond_url_is_parsed(url))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%.*s' has rows (%s), and no text for '%.*s': write host+series://%.*s",
                         POND_SV_ARG(node->path), pond_type_name(node->type),
                         POND_SV_ARG(url->format), POND_SV_ARG(node->path));
    return pond_wrap(err, compute(c, node, s, err), "%.*s", POND_SV_ARG(node->path));
}

static pond_code add_matches(cli *c, const pond_glob *glob, const pond_url *url,
                             cli_source_vec *out, pond_err *err) {
    pond_match_vec found = {0};
    size_t n_before = out->n;
    pond_fs *fs = pond_session_fs(c->host);
    const pond_node *dir;
    POND_TRY(pond_fs_resolve(fs, pond_glob_prefix(c->arena, glob), true, &dir, err));
    POND_TRY(pond_fs_glob(fs, c->arena, glob, &found, err));
    for (size_t i = 0; i < found.n; i++) {
        const pond_node *node = found.items[i].node;
        if (node->type == POND_T_SYMLINK)
            POND_TRY(pond_fs_resolve(fs, node->path, true, &node, err));
        if (pond_type_is_dir(node->type))
            continue;
        POND_TRY(add_node(c, node, url, false, out, err));
        out->items[out->n - 1].path = found.items[i].node->path; // a link has its own name
    }
    if (out->n > n_before)
        return POND_OK;
    pond_fail(err, POND_ERR_NOT_FOUND, "No files match pattern: %.*s", POND_SV_ARG(url->path));
    pond_fs_explain_no_match(fs, dir->path, err);
    return POND_ERR_NOT_FOUND;
}

static void add_file(cli *c, const char *path, const pond_url *url, cli_source_vec *out) {
    *pond_vec_push(c->arena, out) =
        (cli_source){.path = url->path, .host_path = path, .url = *url, .is_named = true};
}

pond_code cli_copy_sources(cli *c, const pond_url *url, cli_source_vec *out, pond_err *err) {
    const char *path = cli_host_path(c, url->path);
    const pond_node *node;
    pond_glob glob;
    bool is_there = pond_path_exists(path);
    if (is_there && c->mounts.n == 0) { // also a pipe, and a file with a '*' in its name
        add_file(c, path, url, out);
        return POND_OK;
    }
    POND_TRY(pond_glob_parse(c->arena, url->path, &glob, err));
    POND_TRY(cli_open_host(c, err));
    if (pond_fs_resolve(pond_session_fs(c->host), url->path, true, &node, NULL) == POND_OK)
        return add_node(c, node, url, true, out, err);
    if (glob.n_wildcards > 0 && !is_there)
        return add_matches(c, &glob, url, out, err);
    add_file(c, path, url, out); // opening it says what is wrong
    return POND_OK;
}
