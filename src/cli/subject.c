// Finds the files that the argument of `cat` or `describe` names, in the pond or on the host.
#include "cli/subject.h"

#include "cli/host.h"
#include "format/format.h"
#include "relation/file.h"
#include "relation/match.h"
#include "relation/wrapper.h"

#include <unistd.h>

static pond_code no_match(pond_sv pattern, pond_err *err) {
    return pond_fail(err, POND_ERR_NOT_FOUND, "No files match pattern: %.*s", POND_SV_ARG(pattern));
}

// The host ----------------------------------------------------------------------------------------

static pond_code add_host_files(cli *c, const pond_url *url, cli_file_rows_vec *out,
                                pond_err *err) {
    pond_texts paths = {0};
    POND_TRY(cli_host_glob(c, url->path, false, &paths, err));
    for (size_t i = 0; i < paths.n; i++) {
        const char *path = cli_host_path(c, paths.items[i]);
        if (access(path, R_OK) != 0)
            return pond_fail_errno(err, "cannot open '%s'", path);
        cli_file_rows *file = pond_vec_push(c->arena, out);
        file->file = paths.items[i];
        POND_TRY(pond_host_file_relation(c->session, url, path, &file->relation, err));
    }
    return POND_OK;
}

static pond_code find_host_bytes(cli *c, cli_subject *s, pond_err *err) {
    pond_texts paths = {0};
    POND_TRY(cli_host_glob(c, s->url.path, false, &paths, err));
    if (paths.n == 0)
        return no_match(s->url.path, err);
    if (paths.n > 1)
        return pond_fail(err, POND_ERR_USAGE,
                         "'%.*s' matches %zu files, and only one file can be printed as bytes",
                         POND_SV_ARG(s->url.text), paths.n);
    s->host_path = cli_host_path(c, paths.items[0]);
    return POND_OK;
}

static pond_code find_host_rows(cli *c, cli_subject *s, pond_err *err) {
    cli_file_rows_vec files = {0};
    POND_TRY(add_host_files(c, &s->url, &files, err));
    if (files.n == 0)
        return no_match(s->url.path, err);
    pond_relation **parts = POND_NEW_ARRAY(c->arena, pond_relation *, files.n);
    for (size_t i = 0; i < files.n; i++)
        parts[i] = files.items[i].relation;
    s->relation = pond_union_of(c->session, parts, files.n);
    return POND_OK;
}

// The pond ----------------------------------------------------------------------------------------

static pond_code add_pond_files(cli *c, const pond_url *url, cli_file_rows_vec *out,
                                pond_err *err) {
    pond_pattern pattern = {.url = *url};
    pond_match_vec matches = {0};
    POND_TRY(cli_open_pond(c, POND_TXN_READ, err));
    POND_TRY(pond_glob_parse(c->arena, url->path, &pattern.glob, err));
    POND_TRY(pond_pattern_match(c->session, &pattern, &matches, err));
    for (size_t i = 0; i < matches.n; i++) {
        const pond_node *node = matches.items[i].node;
        cli_file_rows *file = pond_vec_push(c->arena, out);
        file->file = node->path;
        POND_TRY(pond_pattern_relation(c->session, &pattern, node, &file->relation, err));
    }
    return POND_OK;
}

// No match has rows. If some have bytes, a format would read them.
static pond_code no_rows_match(cli *c, const pond_pattern *p, pond_err *err) {
    pond_match_vec found = {0};
    pond_code rc = no_match(p->url.path, err);
    if (pond_fs_glob(pond_session_fs(c->session), c->arena, &p->glob, &found, NULL) == POND_OK &&
        found.n > 0)
        pond_err_detail(err,
                        "  it matches '%.*s' (%s), which has no rows; only one file can be printed "
                        "as bytes; csv:///PATTERN reads files as rows",
                        POND_SV_ARG(found.items[0].node->path),
                        pond_type_name(found.items[0].node->type));
    return rc;
}

static pond_code find_pond_rows(cli *c, cli_subject *s, const pond_glob *glob, pond_err *err) {
    pond_pattern pattern = {.url = s->url, .glob = *glob};
    pond_match_vec matches = {0};
    POND_TRY(pond_pattern_match(c->session, &pattern, &matches, err));
    if (matches.n == 0)
        return no_rows_match(c, &pattern, err);
    s->type = matches.items[0].node->type;
    return pond_pattern_unite(c->session, &pattern, matches.items, matches.n, &s->relation, err);
}

static pond_code find_in_pond(cli *c, cli_subject *s, pond_err *err) {
    pond_glob glob;
    POND_TRY(cli_open_pond(c, POND_TXN_READ, err));
    POND_TRY(pond_glob_parse(c->arena, s->url.path, &glob, err));
    // A path with a `*` may be the name of a node, and is otherwise a pattern.
    pond_code rc = pond_fs_resolve(pond_session_fs(c->session), s->url.path, true, &s->node, err);
    if (rc != POND_OK && glob.n_wildcards == 0)
        return pond_wrap(err, rc, "Failed to get metadata for '%.*s'", POND_SV_ARG(s->url.path));
    if (rc != POND_OK)
        return find_pond_rows(c, s, &glob, err);
    s->type = s->node->type;
    if (pond_type_is_dir(s->type))
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' is a directory; `pond list '%.*s/'` lists what is in it",
                         POND_SV_ARG(s->node->path), POND_SV_ARG(s->node->path));
    if (pond_url_is_bytes(&s->url) && !pond_type_is_queryable(s->type))
        return POND_OK;
    return find_pond_rows(c, s, &glob, err);
}

// Either ------------------------------------------------------------------------------------------

pond_code cli_subject_find(cli *c, pond_sv path_or_url, cli_subject *out, pond_err *err) {
    *out = (cli_subject){.type = POND_T_DATA};
    if (pond_sv_find(path_or_url, POND_SV("://")) < 0 && path_or_url.n > 0 &&
        path_or_url.p[0] != '/')
        path_or_url = pond_svf(c->arena, "/%.*s", POND_SV_ARG(path_or_url));
    pond_reader reader;
    POND_TRY(cli_url_parse(c, path_or_url, &out->url, err));
    POND_TRY(pond_reader_open(c->arena, &out->url, &reader, err)); // checks format and options
    if (!out->url.is_host)
        return find_in_pond(c, out, err);
    return pond_url_is_bytes(&out->url) ? find_host_bytes(c, out, err)
                                        : find_host_rows(c, out, err);
}

pond_code cli_subject_files(cli *c, const pond_url *url, cli_file_rows_vec *out, pond_err *err) {
    return url->is_host ? add_host_files(c, url, out, err) : add_pond_files(c, url, out, err);
}
