// The table of factories, and how stored configs and config files become nodes.
#include "factory/factory.h"

#include "base/file.h"
#include "factory/config.h"

#define FACTORY(name) extern const pond_factory name;
#include "factory/factories.def"
#undef FACTORY

static const pond_factory *const factories[] = {
#define FACTORY(name) &name,
#include "factory/factories.def"
#undef FACTORY
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

// Opening and making ------------------------------------------------------------------------------

// Of nodes that are only run: without functions, a stored node shows its config.
static const pond_dyn shows_config;

pond_code pond_factory_open_stored(pond_session *s, pond_node *node, pond_sv config,
                                   pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    const pond_factory *f;
    POND_TRY(pond_factory_get(node->factory, NULL, &f, err));
    if (f->open == NULL) { // whatever its config refers to: it is listed and shown without it
        node->dyn = f->dyn != NULL ? f->dyn : &shows_config;
        return POND_OK;
    }
    pond_sv text;
    pond_secret_vec secrets = {0};
    POND_TRY(pond_config_expand_env(a, config, &secrets, &text, err));
    const pond_conf *conf;
    pond_code rc = pond_conf_parse(a, text, pond_cstr(a, node->path), &conf, err);
    if (rc == POND_OK)
        rc = f->open(s, conf, &node->dyn, &node->state, err);
    if (rc != POND_OK)
        pond_secrets_hide_in_error(&secrets, err);
    return rc;
}

static pond_code check_config(pond_session *s, const pond_factory *f, pond_sv text,
                              const char *host_path, pond_secret_vec *secrets, pond_value *stored,
                              pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_sv expanded;
    POND_TRY_CTX(pond_config_expand_env(a, text, secrets, &expanded, err), err,
                 "Failed to expand environment variables in config file '%s'", host_path);
    pond_factory_source source = {.dir = pond_path_parent(a, host_path)};
    POND_TRY(pond_conf_parse(a, expanded, host_path, &source.config, err));
    source.written = source.config;
    if (!pond_sv_eq(text, expanded))
        POND_TRY(pond_conf_parse(a, text, host_path, &source.written, err));
    POND_TRY_CTX(f->check(s, &source, stored, err), err, "Invalid configuration for factory '%s'",
                 f->name);
    return POND_OK;
}

pond_code pond_factory_config(pond_session *s, const pond_factory *f, const char *host_path,
                              pond_sv *out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_buf raw = POND_BUF_EMPTY;
    pond_code rc = pond_file_read_input(host_path, &raw, err);
    if (rc != POND_OK) {
        pond_buf_free(&raw);
        return pond_wrap(err, rc, "config of factory '%s'", f->name);
    }
    pond_sv text = pond_sv_dup(a, pond_buf_view(&raw));
    pond_buf_free(&raw);
    pond_value stored = pond_null();
    pond_secret_vec secrets = {0};
    rc = check_config(s, f, text, host_path, &secrets, &stored, err);
    if (rc != POND_OK) {
        pond_secrets_hide_in_error(&secrets, err);
        return rc;
    }
    *out = text;
    if (stored.kind == POND_NULL)
        return POND_OK;
    pond_buf json = POND_BUF_EMPTY;
    pond_json_write(&json, stored, 2);
    pond_buf_char(&json, '\n');
    *out = pond_sv_dup(a, pond_buf_view(&json));
    pond_buf_free(&json);
    return POND_OK;
}
