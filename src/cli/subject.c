// Finds the files that the argument of `cat` or `describe` names, in the pond or on the host.
#include "cli/subject.h"

#include "base/file.h"
#include "cli/host.h"
#include "format/format.h"
#include "relation/file.h"
#include "relation/match.h"
#include "relation/wrapper.h"

#include <sys/stat.h>

static pond_code no_match(pond_sv pattern, pond_err *err) {
    return pond_fail(err, POND_ERR_NOT_FOUND, "No files match pattern: %.*s", POND_SV_ARG(pattern));
}

// Pipes -------------------------------------------------------------------------------------------

// What has no place in the tree, or can be read only once: /dev/stdin, a FIFO that the user names.
static pond_code find_stream(cli *c, cli_subject *s, const char *path, pond_err *err) {
    if (!pond_url_is_bytes(&s->url))
        return pond_host_file_relation(c->session, &s->url, path, &s->relation, err);
    s->host_path = path;
    return POND_OK;
}

static bool is_stream(const char *path) {
    struct stat st;
    return path != NULL && stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

// Files of the tree -------------------------------------------------------------------------------

// No match has rows. The only one with bytes is what was meant; for several a format would read them.
static pond_code find_only_file(cli *c, cli_subject *s, const pond_glob *glob, pond_err *err) {
    pond_match_vec found = {0};
    const pond_node *file = NULL;
    size_t n = 0;
    POND_TRY(pond_fs_glob(pond_session_fs(c->session), c->arena, glob, &found, err));
    for (size_t i = 0; i < found.n; i++) {
        const pond_node *node = found.items[i].node;
        if (node->type == POND_T_SYMLINK)
            POND_TRY(pond_fs_resolve(pond_session_fs(c->session), node->path, true, &node, err));
        if (pond_type_is_dir(node->type))
            continue;
        file = node;
        n++;
    }
    if (n == 1 && pond_url_is_bytes(&s->url)) {
        s->node = file;
        s->type = file->type;
        return POND_OK;
    }
    no_match(s->url.path, err);
    if (n == 0)
        pond_fs_explain_no_match(pond_session_fs(c->session), pond_glob_prefix(c->arena, glob),
                                 err);
    else
        pond_err_detail(err,
                        "  it matches '%.*s' (%s), which has no rows; only one file can be printed "
                        "as bytes; %scsv:///PATTERN reads files as rows",
                        POND_SV_ARG(file->path), pond_type_name(file->type),
                        s->url.is_host ? "host+" : "");
    return POND_ERR_NOT_FOUND;
}

static pond_code find_matches(cli *c, cli_subject *s, const pond_pattern *pattern, pond_err *err) {
    pond_match_vec matches = {0};
    POND_TRY(cli_check_prefix(c, &s->url, &pattern->glob, err));
    POND_TRY(pond_pattern_match(c->session, pattern, &matches, err));
    if (matches.n == 0)
        return find_only_file(c, s, &pattern->glob, err);
    s->type = matches.items[0].node->type;
    return pond_pattern_unite(c->session, pattern, matches.items, matches.n, &s->relation, err);
}

static pond_code fail_directory(const cli_subject *s, pond_err *err) {
    return pond_fail(err, POND_ERR_INVALID,
                     "'%.*s' is a directory; `pond list '%s%.*s/'` lists what is in it",
                     POND_SV_ARG(s->node->path), s->url.is_host ? "host+file://" : "",
                     POND_SV_ARG(s->node->path));
}

pond_code cli_subject_find(cli *c, pond_sv path_or_url, cli_subject *out, pond_err *err) {
    *out = (cli_subject){.type = POND_T_DATA};
    bool is_stdin = pond_sv_is(path_or_url, "-");
    if (!cli_is_url(path_or_url) && path_or_url.n > 0 && path_or_url.p[0] != '/')
        path_or_url = pond_svf(c->arena, "/%.*s", POND_SV_ARG(path_or_url));
    pond_reader reader;
    pond_pattern pattern = {0};
    if (is_stdin)
        path_or_url = POND_SV("host:///dev/stdin");
    POND_TRY(cli_url_parse(c, path_or_url, &out->url, err));
    POND_TRY(pond_reader_open(c->arena, &out->url, &reader, err)); // checks format and options
    POND_TRY(cli_open_tree(c, out->url.is_host, err));
    if (is_stdin)
        return find_stream(c, out, cli_input_name(POND_SV("-")), err);
    if (out->url.is_host && pond_path_is_descriptor(cli_host_path(c, out->url.path)))
        return find_stream(c, out, cli_host_path(c, out->url.path), err);
    POND_TRY(pond_glob_parse(c->arena, out->url.path, &pattern.glob, err));
    pattern.url = out->url;
    // A path with a `*` may be the name of a node, and is otherwise a pattern.
    pond_code rc =
        pond_fs_resolve(pond_session_fs(c->session), out->url.path, true, &out->node, err);
    if (rc != POND_OK && pattern.glob.n_wildcards == 0)
        return pond_wrap(err, rc, "Failed to get metadata for '%.*s'", POND_SV_ARG(out->url.path));
    if (rc != POND_OK) {
        out->node = NULL;
        return find_matches(c, out, &pattern, err);
    }
    out->type = out->node->type;
    if (pond_type_is_dir(out->type))
        return fail_directory(out, err);
    if (is_stream(out->node->host_path))
        return find_stream(c, out, out->node->host_path, err);
    if (pond_url_is_bytes(&out->url) && !pond_type_is_queryable(out->type))
        return POND_OK;
    if (!pond_pattern_takes(&pattern, out->type))
        return find_matches(c, out, &pattern, err);
    return pond_pattern_relation(c->session, &pattern, out->node, &out->relation, err);
}

pond_code cli_subject_files(cli *c, const pond_url *url, cli_file_rows_vec *out, pond_err *err) {
    pond_pattern pattern = {.url = *url};
    pond_match_vec matches = {0};
    POND_TRY(cli_open_tree(c, url->is_host, err));
    POND_TRY(pond_glob_parse(c->arena, url->path, &pattern.glob, err));
    POND_TRY(cli_check_prefix(c, url, &pattern.glob, err));
    POND_TRY(pond_pattern_match(c->session, &pattern, &matches, err));
    for (size_t i = 0; i < matches.n; i++) {
        const pond_node *node = matches.items[i].node;
        cli_file_rows *file = pond_vec_push(c->arena, out);
        file->file = node->path;
        file->node = node;
        POND_TRY(pond_pattern_relation(c->session, &pattern, node, &file->relation, err));
    }
    return POND_OK;
}
