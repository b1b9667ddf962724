// Copies files of the pond to the host.
#include "cli/copy.h"

#include "base/scratch.h"
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

// Where the files go. They are written in a directory of their own beside their places, and moved
// to them when they are complete.
typedef struct outgoing {
    cli *c;
    pond_below dir; // DEST
    pond_sv pond;   // the pond's name below DEST; empty: it is elsewhere
    pond_scratch tmp;
    size_t n_files;
} outgoing;

#define TMP_PREFIX ".pond-copy-"

pond_code cli_copy_write_rows(pond_session *s, const pond_node *node, const char *path,
                              pond_err *err) {
    pond_engine *engine;
    pond_relation *r;
    pond_parquet_stats stats;
    POND_TRY(pond_session_engine(s, &engine, err));
    POND_TRY(pond_relation_of(s, node, &r, err));
    pond_buf sql = POND_BUF_EMPTY;
    pond_code rc = pond_relation_sql_ordered(s, r, POND_RANGE_ALL, &sql, err);
    if (rc == POND_OK)
        rc = pond_engine_write_parquet(engine, pond_buf_view(&sql), path, &stats, err);
    pond_buf_free(&sql);
    return rc;
}

static pond_code write_rows(outgoing *o, const pond_node *node, const char *tmp, pond_err *err) {
    const char *path = pond_path_join(o->c->arena, o->tmp.dir.path, tmp);
    return cli_copy_write_rows(o->c->session, node, path, err);
}

// `name` is for messages.
static pond_code write_bytes(outgoing *o, const pond_node *node, const char *tmp, const char *name,
                             pond_err *err) {
    pond_fd_target to = {.name = pond_path_join(o->c->arena, o->dir.path, name)};
    POND_TRY(pond_below_open_file(&o->tmp.dir, tmp, O_WRONLY | O_CREAT | O_EXCL, &to.fd, err));
    pond_code rc =
        pond_fs_stream(pond_session_fs(o->c->session), node, NULL, pond_sink_to_fd(&to), err);
    if (close(to.fd) != 0 && rc == POND_OK)
        rc = pond_fail_errno(err, "cannot close '%s'", to.name);
    return rc;
}

// `name` is below DEST. It comes from the names of nodes, and so perhaps from a stranger.
static pond_code write_one(outgoing *o, const pond_node *node, const char *name, pond_err *err) {
    const char *tmp = pond_scratch_name(&o->tmp, o->c->arena, ".tmp");
    if (o->pond.n > 0 && pond_below_is_in(pond_sv_of(name), o->pond))
        return pond_fail(err, POND_ERR_CONFLICT, "'%s/%s' is in the pond itself", o->dir.path,
                         name);
    POND_TRY(pond_below_mkdir_parent(&o->dir, name, POND_SYNC, err));
    POND_TRY(pond_type_is_queryable(node->type) ? write_rows(o, node, tmp, err)
                                                : write_bytes(o, node, tmp, name, err));
    return pond_below_publish(&o->tmp.dir, tmp, &o->dir, name, err);
}

static pond_code copy_match(outgoing *o, const pond_node *node, pond_err *err) {
    cli *c = o->c;
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
    o->n_files++;
    return write_one(o, file, pond_cstr(c->arena, name), err);
}

// Copies every match of a pattern; a path without wildcards must exist.
static pond_code copy_matches(outgoing *o, pond_sv pattern, pond_err *err) {
    cli *c = o->c;
    pond_glob glob;
    pond_match_vec found = {0};
    const pond_node *node;
    POND_TRY(pond_glob_parse(c->arena, pattern, &glob, err));
    if (glob.n_wildcards == 0)
        POND_TRY(pond_fs_resolve(pond_session_fs(c->session), pattern, false, &node, err));
    POND_TRY(pond_fs_glob(pond_session_fs(c->session), c->arena, &glob, &found, err));
    for (size_t i = 0; i < found.n; i++)
        POND_TRY_CTX(copy_match(o, found.items[i].node, err), err, "copy '%.*s'",
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

static pond_code open_destination(outgoing *o, pond_sv path, pond_err *err) {
    cli *c = o->c;
    char *dir;
    POND_TRY(pond_path_absolute(c->arena, cli_host_path(c, path), &dir, err));
    if (pond_store_contains(pond_session_store(c->session), dir))
        return pond_fail(err, POND_ERR_USAGE,
                         "'%s' is in the pond itself; copy to a directory outside of it", dir);
    POND_TRY(pond_mkdir_all(dir, err));
    POND_TRY(pond_below_open(dir, &o->dir, err));
    o->pond = pond_store_name_in(pond_session_store(c->session), c->arena, dir);
    POND_TRY(pond_scratch_clear(&o->dir, POND_SV(TMP_PREFIX), err));
    POND_TRY(pond_scratch_init(&o->tmp, c->arena, &o->dir, dir, TMP_PREFIX, err));
    POND_TRY(pond_scratch_make(&o->tmp, err));
    pond_session_allow_dir(c->session, dir);
    return POND_OK;
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
    outgoing o = {.c = c, .dir = POND_BELOW_CLOSED, .tmp.dir = POND_BELOW_CLOSED};
    pond_code rc = open_destination(&o, to.path, err);
    for (size_t i = 0; rc == POND_OK && i + 1 < c->n_args; i++)
        rc = copy_matches(&o, c->args[i], err);
    if (rc == POND_OK && o.n_files == 0)
        rc = nothing_matched(c, err);
    pond_scratch_close(&o.tmp);
    pond_below_close(&o.dir);
    return rc;
}
