#include "factory/factory.h"

#include "base/file.h"

#include <stdlib.h>

// The registry ------------------------------------------------------------------------------------

// Sorted by name; a test walks it.
static const pond_factory *const factories[] = {
    &pond_factory_dynamic_dir, &pond_factory_sql_derived_series, &pond_factory_sql_derived_table,
    &pond_factory_template,    &pond_factory_temporal_reduce,
};
enum { N_FACTORIES = sizeof factories / sizeof *factories };

size_t pond_factory_count(void) {
    return N_FACTORIES;
}

const pond_factory *pond_factory_at(size_t i) {
    return factories[i];
}

const pond_factory *pond_factory_find(pond_sv name) {
    for (size_t i = 0; i < N_FACTORIES; i++)
        if (pond_sv_is(name, factories[i]->name))
            return factories[i];
    return NULL;
}

pond_code pond_factory_get(pond_sv name, const pond_conf *at, const pond_factory **out,
                           pond_err *err) {
    *out = pond_factory_find(name);
    if (*out != NULL)
        return POND_OK;
    pond_sv names[N_FACTORIES];
    pond_buf list = POND_BUF_EMPTY;
    for (size_t i = 0; i < N_FACTORIES; i++) {
        names[i] = pond_sv_of(factories[i]->name);
        pond_buf_printf(&list, "%s%s", i == 0 ? "" : ", ", factories[i]->name);
    }
    pond_sv near = pond_nearest(name, names, N_FACTORIES);
    pond_buf hint = POND_BUF_EMPTY;
    if (near.n > 0)
        pond_buf_printf(&hint, ", did you mean '%.*s'?", POND_SV_ARG(near));
    pond_code rc = at != NULL ? pond_conf_fail(at, err, "unknown factory '%.*s'%s",
                                               POND_SV_ARG(name), hint.n > 0 ? hint.p : "")
                              : pond_fail(err, POND_ERR_INVALID, "unknown factory '%.*s'%s",
                                          POND_SV_ARG(name), hint.n > 0 ? hint.p : "");
    pond_err_detail(err, "  the factories are: %s", list.p);
    pond_buf_free(&hint);
    pond_buf_free(&list);
    return rc;
}

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

pond_code pond_expand_env(pond_arena *a, pond_sv text, pond_sv *out, pond_err *err) {
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

pond_code pond_factory_entry_name(pond_arena *a, pond_sv out_pattern, pond_sv path,
                                  const pond_sv *captures, size_t n_captures, pond_sv *out,
                                  pond_err *err) {
    POND_TRY_CTX(pond_expand_captures(a, out_pattern, captures, n_captures, out, err), err,
                 "out_pattern for '%.*s'", POND_SV_ARG(path));
    if (out->n == 0)
        return pond_fail(err, POND_ERR_INVALID,
                         "out_pattern '%.*s' gives no name for '%.*s', where a wildcard matched "
                         "nothing; put some text beside it",
                         POND_SV_ARG(out_pattern), POND_SV_ARG(path));
    return POND_OK;
}

// Opening and making ------------------------------------------------------------------------------

pond_code pond_factory_open_stored(pond_session *s, pond_node *node, pond_sv config,
                                   pond_err *err) {
    const pond_factory *f;
    POND_TRY(pond_factory_get(node->factory, NULL, &f, err));
    pond_sv text;
    POND_TRY(pond_expand_env(pond_session_arena(s), config, &text, err));
    const pond_conf *conf;
    POND_TRY(pond_conf_parse(pond_session_arena(s), text,
                             pond_cstr(pond_session_arena(s), node->path), &conf, err));
    return f->open(s, conf, &node->dyn, &node->state, err);
}

pond_code pond_factory_config(pond_session *s, const pond_factory *f, const char *host_path,
                              pond_sv *out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_buf raw = POND_BUF_EMPTY;
    pond_code rc = pond_file_read(host_path, &raw, err);
    if (rc != POND_OK) {
        pond_buf_free(&raw);
        return pond_wrap(err, rc, "config of factory '%s'", f->name);
    }
    pond_sv text = pond_sv_dup(pond_session_arena(s), pond_buf_view(&raw)), expanded;
    pond_buf_free(&raw);
    POND_TRY_CTX(pond_expand_env(pond_session_arena(s), text, &expanded, err), err,
                 "Failed to expand environment variables in config file '%s'", host_path);
    pond_factory_source source = {.dir = pond_path_parent(a, host_path)};
    POND_TRY(pond_conf_parse(a, expanded, host_path, &source.config, err));
    source.written = source.config;
    if (!pond_sv_eq(text, expanded))
        POND_TRY(pond_conf_parse(a, text, host_path, &source.written, err));
    pond_value stored = pond_null();
    POND_TRY_CTX(f->check(s, &source, &stored, err), err, "Invalid configuration for factory '%s'",
                 f->name);
    *out = text;
    if (stored.kind == POND_NULL)
        return POND_OK;
    pond_buf json = POND_BUF_EMPTY;
    pond_json_write(&json, stored, 2);
    pond_buf_char(&json, '\n');
    *out = pond_sv_dup(pond_session_arena(s), pond_buf_view(&json));
    pond_buf_free(&json);
    return POND_OK;
}
