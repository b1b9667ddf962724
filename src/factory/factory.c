// The table of factories, and how stored configs and config files become nodes.
#include "factory/factory.h"

#include "base/file.h"
#include "factory/config.h"
#include "factory/kept_text.h"

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
    pond_secret_vec *secrets = pond_session_secrets(s);
    POND_TRY(pond_config_expand_env(a, config, secrets, &text, err));
    const pond_conf *conf;
    pond_code rc = pond_conf_parse(a, text, pond_cstr(a, node->path), &conf, err);
    if (rc == POND_OK)
        rc = f->open(s, conf, &node->dyn, &node->state, err);
    if (rc != POND_OK)
        pond_secrets_hide_in_error(secrets, err);
    return rc;
}

pond_code pond_factory_make(pond_session *s, const pond_factory *f,
                            const pond_factory_source *source, pond_sv text, pond_factory_made *out,
                            pond_err *err) {
    pond_value stored = pond_null();
    pond_factory_source noting = *source;
    *out = (pond_factory_made){.config = text};
    noting.origins = &out->origins;
    POND_TRY_CTX(f->check(s, &noting, &stored, err), err, "Invalid configuration for factory '%s'",
                 f->name);
    if (stored.kind == POND_NULL)
        return POND_OK;
    const pond_conf *own; // of this text alone: the source may be a part of a file
    POND_TRY(pond_conf_parse(pond_session_arena(s), text, "config", &own, err));
    out->config = pond_kept_text(pond_session_arena(s), text, own, stored);
    return POND_OK;
}

pond_code pond_factory_config_text(pond_session *s, const pond_factory *f, pond_sv text,
                                   const char *name, const char *dir, pond_factory_made *out,
                                   pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_sv expanded;
    pond_secret_vec *secrets = pond_session_secrets(s);
    POND_TRY_CTX(pond_config_expand_env(a, text, secrets, &expanded, err), err,
                 "Failed to expand environment variables in config file '%s'", name);
    pond_factory_source source = {.dir = dir};
    pond_code rc = pond_conf_parse(a, expanded, name, &source.config, err);
    source.written = source.config;
    if (rc == POND_OK && !pond_sv_eq(text, expanded))
        rc = pond_conf_parse(a, text, name, &source.written, err);
    if (rc == POND_OK)
        rc = pond_factory_make(s, f, &source, text, out, err);
    if (rc != POND_OK)
        pond_secrets_hide_in_error(secrets, err);
    return rc;
}

pond_code pond_factory_config(pond_session *s, const pond_factory *f, const char *host_path,
                              pond_factory_made *out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pond_buf raw = POND_BUF_EMPTY;
    pond_code rc = pond_file_read_input(host_path, &raw, err);
    pond_sv text = pond_buf_keep(a, &raw);
    if (rc != POND_OK)
        return pond_wrap(err, rc, "config of factory '%s'", f->name);
    return pond_factory_config_text(s, f, text, host_path, pond_path_parent(a, host_path), out,
                                    err);
}
