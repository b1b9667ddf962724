// Copies files of the pond to the host.
#include "cli/copy.h"

#include "base/file.h"
#include "cli/host.h"
#include "relation/relation.h"

#include <fcntl.h>
#include <unistd.h>

// A prefix ends where a name ends: /data is not a prefix of /database/x.
static bool has_prefix(pond_sv path, pond_sv prefix) {
    return pond_sv_starts(path, prefix) &&
           (path.n == prefix.n || path.p[prefix.n] == '/' || prefix.p[prefix.n - 1] == '/');
}

static pond_sv strip(cli *c, pond_sv path) {
    const cli_copy_options *o = c->options;
    pond_sv prefix = o->strip_prefix;
    if (prefix.n == 0)
        return pond_sv_sub(path, 1, path.n);
    if (!has_prefix(path, prefix)) {
        pond_session_warn(
            c->session,
            "warning: '%.*s' does not begin with the prefix '%.*s'; its whole path is used",
            POND_SV_ARG(path), POND_SV_ARG(prefix));
        return pond_sv_sub(path, 1, path.n);
    }
    path = pond_sv_sub(path, prefix.n, path.n);
    while (path.n > 0 && path.p[0] == '/')
        path = pond_sv_sub(path, 1, path.n);
    return path;
}

static pond_code write_rows(cli *c, const pond_node *node, const char *tmp, pond_err *err) {
    pond_engine *engine;
    pond_relation *r;
    pond_parquet_stats stats;
    POND_TRY(pond_session_engine(c->session, &engine, err));
    POND_TRY(pond_relation_of(c->session, node, &r, err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = pond_relation_sql_ordered(c->session, r, POND_RANGE_ALL, &sql, err);
    if (rc == POND_OK)
        rc = pond_engine_write_parquet(engine, pond_buf_view(&sql), tmp, &stats, err);
    pond_buf_free(&sql);
    return rc;
}

static pond_code write_one(cli *c, const pond_node *node, const char *path, pond_err *err) {
    POND_TRY(pond_mkdir_all(pond_path_parent(c->arena, path), err));
    if (!pond_type_is_queryable(node->type)) {
        pond_buf bytes = POND_BUF_EMPTY;
        pond_code rc = pond_fs_read(pond_session_fs(c->session), node, NULL, &bytes, err);
        if (rc == POND_OK)
            rc = pond_file_replace(path, pond_buf_view(&bytes), err);
        pond_buf_free(&bytes);
        return rc;
    }
    char *tmp = pond_printf(c->arena, "%s/.%s.%d.tmp", pond_path_parent(c->arena, path),
                            pond_path_name(path), (int)getpid());
    POND_TRY(write_rows(c, node, tmp, err));
    pond_code rc = pond_file_publish(tmp, path, err);
    if (rc != POND_OK)
        unlink(tmp);
    return rc;
}

static pond_code copy_match(cli *c, const pond_node *node, const char *dir, size_t *n,
                            pond_err *err) {
    const pond_node *file = node;
    pond_session_next_query(c->session);
    if (node->type == POND_T_SYMLINK)
        POND_TRY(pond_fs_resolve(pond_session_fs(c->session), node->path, true, &file, err));
    if (pond_type_is_dir(file->type))
        return POND_OK;
    pond_sv name = strip(c, node->path);
    if (name.n == 0)
        return pond_fail(
            err, POND_ERR_USAGE,
            "--strip-prefix removes the whole path of '%.*s', which leaves no name for "
            "the file",
            POND_SV_ARG(node->path));
    (*n)++;
    return write_one(c, file, pond_path_join(c->arena, dir, pond_cstr(c->arena, name)), err);
}

// Copies every match of a pattern; a path without wildcards must exist.
static pond_code copy_matches(cli *c, pond_sv pattern, const char *dir, size_t *n, pond_err *err) {
    pond_glob glob;
    pond_match_vec found = {0};
    const pond_node *node;
    POND_TRY(pond_glob_parse(c->arena, pattern, &glob, err));
    if (glob.n_wildcards == 0)
        POND_TRY(pond_fs_resolve(pond_session_fs(c->session), pattern, false, &node, err));
    POND_TRY(pond_fs_glob(pond_session_fs(c->session), c->arena, &glob, &found, err));
    for (size_t i = 0; i < found.n; i++)
        POND_TRY_CTX(copy_match(c, found.items[i].node, dir, n, err), err, "copy '%.*s'",
                     POND_SV_ARG(found.items[i].node->path));
    return POND_OK;
}

static pond_code nothing_matched(const cli *c, pond_err *err) {
    pond_fail(err, POND_ERR_NOT_FOUND, "No files matched the specified patterns");
    for (size_t i = 0; i + 1 < c->n_args; i++)
        pond_err_detail(err, "  %.*s", POND_SV_ARG(c->args[i]));
    pond_err_detail(
        err, "  directories are not copied by themselves; /DIR/** matches everything in one");
    return POND_ERR_NOT_FOUND;
}

pond_code cli_copy_out(cli *c, pond_err *err) {
    pond_url to;
    POND_TRY(pond_url_parse(c->arena, c->args[c->n_args - 1], &to, err));
    if (!pond_url_is_bytes(&to))
        return pond_fail(err, POND_ERR_USAGE,
                         "the destination must be host:///DIR; the format is that of each source");
    if (((const cli_copy_options *)c->options)->sql.n > 0)
        return pond_fail(
            err, POND_ERR_USAGE,
            "--sql works only when copying in; `pond cat --sql` prints the result of a query");
    POND_TRY(cli_open_pond(c, POND_TXN_READ, err));
    char *dir;
    POND_TRY(pond_path_absolute(c->arena, cli_host_path(c, to.path), &dir, err));
    POND_TRY(pond_mkdir_all(dir, err));
    pond_session_allow_dir(c->session, dir);
    size_t n = 0;
    for (size_t i = 0; i + 1 < c->n_args; i++)
        POND_TRY(copy_matches(c, c->args[i], dir, &n, err));
    return n > 0 ? POND_OK : nothing_matched(c, err);
}
