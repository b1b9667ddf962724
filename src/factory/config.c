// Parts of configs that several factories share: environment references and `out_pattern`.
#include "factory/config.h"

#include <stdlib.h>

// Environment references --------------------------------------------------------------------------

// One `${env:NAME}` or `${env:NAME:-default}` at the start of `rest`; *used gets its length, 0 if
// it is none.
static pond_code expand_one(pond_arena *a, pond_sv rest, pond_secret_vec *secrets, pond_buf *out,
                            size_t *used, pond_err *err) {
    static const pond_sv open = {"${env:", 6};
    *used = 0;
    if (!pond_sv_starts(rest, open))
        return POND_OK;
    ptrdiff_t close = pond_sv_find_char(rest, '}');
    if (close < 0)
        return POND_OK;
    pond_sv body = pond_sv_sub(rest, open.n, (size_t)close);
    ptrdiff_t dash = pond_sv_find(body, POND_SV(":-"));
    pond_sv name = dash < 0 ? body : pond_sv_sub(body, 0, (size_t)dash);
    char text[256];
    if (name.n == 0 || name.n >= sizeof text)
        return POND_OK;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    const char *value = getenv(text);
    if (value != NULL && secrets != NULL)
        pond_secrets_add(a, secrets, name, pond_sv_of(value));
    if (value != NULL)
        pond_buf_str(out, value);
    else if (dash >= 0)
        pond_buf_sv(out, pond_sv_sub(body, (size_t)dash + 2, body.n));
    else
        return pond_fail(err, POND_ERR_INVALID,
                         "Environment variable '%s' not set and no default provided", text);
    *used = (size_t)close + 1;
    return POND_OK;
}

pond_code pond_config_expand_env(pond_arena *a, pond_sv text, pond_secret_vec *secrets,
                                 pond_sv *out, pond_err *err) {
    pond_buf b = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    for (size_t i = 0; i < text.n && rc == POND_OK;) {
        pond_sv rest = pond_sv_sub(text, i, text.n);
        size_t used = 0;
        if (pond_sv_starts(rest, POND_SV("$$"))) {
            pond_buf_char(&b, '$');
            used = 2;
        } else if (rest.p[0] == '$') {
            rc = expand_one(a, rest, secrets, &b, &used, err);
        }
        if (used == 0) {
            pond_buf_char(&b, rest.p[0]);
            used = 1;
        }
        i += used;
    }
    *out = pond_sv_dup(a, pond_buf_view(&b));
    pond_buf_free(&b);
    return rc;
}

// Names of computed entries -----------------------------------------------------------------------

bool pond_config_entry_name(pond_fs *fs, const pond_node *dir, pond_sv out_pattern,
                            const pond_match *m, pond_sv *out) {
    enum { SHOWN_BYTES = 60 };
    pond_err why;
    if (pond_expand_captures(pond_fs_arena(fs), out_pattern, m->captures, m->n_captures, out,
                             &why) != POND_OK) {
        pond_fs_warn(fs, "'%.*s' has no entry for '%.*s': out_pattern: %s", POND_SV_ARG(dir->path),
                     POND_SV_ARG(m->node->path), why.msg);
        return false;
    }
    const char *flaw = pond_name_flaw(*out);
    if (flaw != NULL)
        pond_fs_warn(fs,
                     "'%.*s' has no entry for '%.*s': out_pattern '%.*s' makes the name '%.*s%s', "
                     "which %s",
                     POND_SV_ARG(dir->path), POND_SV_ARG(m->node->path), POND_SV_ARG(out_pattern),
                     POND_SV_ARG(pond_sv_sub(*out, 0, SHOWN_BYTES)),
                     out->n > SHOWN_BYTES ? "…" : "", flaw);
    return flaw == NULL;
}

// The flaw that every name by `out_pattern` has: the text around the captures is in each of them.
static const char *flaw_of_all_names(pond_sv out_pattern, size_t n_captures) {
    enum { MOST_CAPTURES = 100, SHORT_BYTES = 2 };
    if (n_captures > MOST_CAPTURES)
        return NULL;
    pond_sv nothing[MOST_CAPTURES], shortest;
    for (size_t i = 0; i < n_captures; i++)
        nothing[i] = POND_SV("");
    pond_arena a;
    pond_arena_init(&a);
    const char *flaw = NULL;
    bool is_expanded =
        pond_expand_captures(&a, out_pattern, nothing, n_captures, &shortest, NULL) == POND_OK;
    // With captures, "" and ".." may be parts of good names.
    if (is_expanded && (n_captures == 0 || shortest.n > SHORT_BYTES))
        flaw = pond_name_flaw(shortest);
    pond_arena_deinit(&a);
    return flaw;
}

pond_code pond_config_check_out_pattern(pond_sv out_pattern, const pond_conf *at,
                                        const pond_glob *in, pond_err *err) {
    size_t needed = pond_captures_needed(out_pattern);
    if (out_pattern.n == 0)
        return pond_conf_fail(at, err, "'out_pattern' is empty");
    if (pond_sv_find_char(out_pattern, '/') >= 0)
        return pond_conf_fail(at, err,
                              "out_pattern must be a basename (no '/' characters allowed)");
    if (!in->has_deep && needed > in->n_wildcards)
        return pond_conf_fail(at, err, "out_pattern uses $%zu, but in_pattern has %zu wildcard%s%s",
                              needed - 1, in->n_wildcards, in->n_wildcards == 1 ? "" : "s",
                              in->n_wildcards > 0 ? " ($0 is the first)" : "");
    const char *flaw = flaw_of_all_names(out_pattern, needed);
    if (flaw != NULL)
        return pond_conf_fail(at, err, "out_pattern makes no valid name: the name %s", flaw);
    return POND_OK;
}
