// Parts of configs that several factories share: environment references and `out_pattern`.
#include "factory/config.h"

#include <stdlib.h>

// Environment references --------------------------------------------------------------------------

// One `${env:NAME}` or `${env:NAME:-default}` at the start of `rest`; *used gets its length, 0 if
// it is none.
static pond_code expand_one(pond_sv rest, pond_buf *out, size_t *used, pond_err *err) {
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

pond_code pond_config_expand_env(pond_arena *a, pond_sv text, pond_sv *out, pond_err *err) {
    pond_buf b = POND_BUF_EMPTY;
    pond_code rc = POND_OK;
    for (size_t i = 0; i < text.n && rc == POND_OK;) {
        pond_sv rest = pond_sv_sub(text, i, text.n);
        size_t used = 0;
        if (pond_sv_starts(rest, POND_SV("$$"))) {
            pond_buf_char(&b, '$');
            used = 2;
        } else if (rest.p[0] == '$') {
            rc = expand_one(rest, &b, &used, err);
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

pond_code pond_config_entry_name(pond_arena *a, pond_sv out_pattern, pond_sv path,
                                 const pond_sv *captures, size_t n_captures, pond_sv *out,
                                 pond_err *err) {
    POND_TRY_CTX(pond_expand_captures(a, out_pattern, captures, n_captures, out, err), err,
                 "out_pattern for '%.*s'", POND_SV_ARG(path));
    if (out->n == 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "out_pattern '%.*s' gives an empty name for '%.*s', where a wildcard "
                         "matched nothing; add some text to it",
                         POND_SV_ARG(out_pattern), POND_SV_ARG(path));
    return POND_OK;
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
    return POND_OK;
}
