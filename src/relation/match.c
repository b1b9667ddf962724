// Patterns of configs and commands: parses them, finds the nodes that match, and unites their rows.
#include "relation/match.h"

#include "relation/file.h"
#include "relation/wrapper.h"

pond_code pond_pattern_of(pond_arena *a, pond_sv text, pond_pattern *out, pond_err *err) {
    pond_reader reader;
    pond_glob glob;
    if (text.n == 0) // the error of a pattern says what to write
        return pond_glob_parse(a, text, &glob, err);
    POND_TRY(pond_url_parse(a, text, &out->url, err));
    POND_TRY(pond_glob_parse(a, out->url.path, &out->glob, err));
    return pond_reader_open(a, &out->url, &reader, err);
}

pond_code pond_pattern_read(pond_arena *a, pond_sv text, pond_pattern *out, pond_err *err) {
    POND_TRY(pond_pattern_of(a, text, out, err));
    if (out->url.is_host)
        return pond_fail(err, POND_ERR_INVALID,
                         "'%.*s' is a file of the host; a node reads files of its pond only",
                         POND_SV_ARG(text));
    return POND_OK;
}

pond_code pond_pattern_parse(pond_arena *a, pond_sv text, const pond_conf *at, pond_pattern *out,
                             pond_err *err) {
    pond_err why;
    return pond_pattern_read(a, text, out, &why) == POND_OK
               ? POND_OK
               : pond_conf_fail(at, err, "%s", why.msg);
}

static bool is_bytes(pond_type t) {
    return t == POND_T_DATA || t == POND_T_DATA_SERIES || t == POND_T_DATA_DYNAMIC;
}

bool pond_pattern_takes(const pond_pattern *p, pond_type type) {
    if (pond_url_is_parsed(&p->url))
        return is_bytes(type);
    return pond_type_is_queryable(type) || (!pond_url_is_bytes(&p->url) && is_bytes(type));
}

static pond_code wrong_type(pond_session *s, const pond_pattern *p, pond_err *err) {
    const pond_node *node;
    POND_TRY(pond_fs_resolve(pond_session_fs(s), p->url.path, true, &node, err));
    if (!pond_url_is_parsed(&p->url) && is_bytes(node->type))
        return pond_fail(err, POND_ERR_CONFLICT,
                         "'%.*s' holds bytes, not rows: it is %s; for text such as CSV write "
                         "csv://%.*s, for Parquet table://%.*s",
                         POND_SV_ARG(node->path), pond_type_name(node->type),
                         POND_SV_ARG(node->path), POND_SV_ARG(node->path));
    return pond_fail(err, POND_ERR_CONFLICT, "'%.*s' is %s and cannot be read as '%.*s'",
                     POND_SV_ARG(node->path), pond_type_name(node->type), POND_SV_ARG(p->url.text));
}

pond_code pond_pattern_admit(pond_session *s, const pond_pattern *p, const pond_match_vec *matches,
                             pond_err *err) {
    if (pond_url_is_parsed(&p->url))
        return POND_OK;
    const char **files = POND_NEW_ARRAY(pond_session_arena(s), const char *, matches->n);
    size_t n = 0;
    for (size_t i = 0; i < matches->n; i++)
        if (matches->items[i].node->host_path != NULL)
            files[n++] = matches->items[i].node->host_path;
    return pond_session_admit_files(s, files, n, err);
}

pond_code pond_pattern_match(pond_session *s, const pond_pattern *p, pond_match_vec *out,
                             pond_err *err) {
    pond_match_vec found = {0};
    POND_TRY(pond_fs_glob(pond_session_fs(s), pond_session_arena(s), &p->glob, &found, err));
    for (size_t i = 0; i < found.n; i++) {
        pond_match m = found.items[i];
        if (m.node->type == POND_T_SYMLINK)
            POND_TRY(pond_fs_resolve(pond_session_fs(s), m.node->path, true, &m.node, err));
        if (pond_pattern_takes(p, m.node->type))
            *pond_vec_push(pond_session_arena(s), out) = m;
    }
    if (out->n == 0 && p->glob.n_wildcards == 0)
        return wrong_type(s, p, err);
    return pond_pattern_admit(s, p, out, err);
}

pond_code pond_pattern_relation(pond_session *s, const pond_pattern *p, const pond_node *node,
                                pond_relation **out, pond_err *err) {
    return pond_type_is_queryable(node->type) ? pond_relation_of(s, node, out, err)
                                              : pond_file_relation(s, &p->url, node, out, err);
}

pond_code pond_pattern_unite(pond_session *s, const pond_pattern *p, const pond_match *matches,
                             size_t n, pond_relation **out, pond_err *err) {
    pond_relation **parts = POND_NEW_ARRAY(pond_session_arena(s), pond_relation *, n);
    for (size_t i = 0; i < n; i++)
        POND_TRY(pond_pattern_relation(s, p, matches[i].node, &parts[i], err));
    *out = pond_union_of(s, parts, n);
    return POND_OK;
}
