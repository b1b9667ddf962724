// dynamic-dir: a directory whose entries are other factories' nodes.
#include "factory/factory.h"

typedef struct entry {
    pond_sv name, factory_name;
    const pond_conf *name_at, *factory_at, *config;
    const pond_factory *factory;
} entry;

typedef struct dir_state {
    pond_session *session;
    entry *entries;
    size_t n;
} dir_state;

static const pond_conf_field entry_fields[] = {
    POND_CONF_FIELD_AT("name", POND_CONF_STRING, true, entry, name, name_at),
    POND_CONF_FIELD_AT("factory", POND_CONF_STRING, true, entry, factory_name, factory_at),
    POND_CONF_FIELD("config", POND_CONF_NODE, true, entry, config),
};

static pond_code read_entry(pond_arena *a, const pond_conf *c, size_t i, entry *out,
                            pond_err *err) {
    POND_TRY(pond_conf_read(a, c, "an entry of a dynamic-dir", entry_fields,
                            sizeof entry_fields / sizeof *entry_fields, out, err));
    if (out->name.n == 0)
        return pond_conf_fail(out->name_at, err, "Entry %zu has empty name", i);
    if (pond_sv_find_char(out->name, '/') >= 0 || pond_sv_is(out->name, ".") ||
        pond_sv_is(out->name, ".."))
        return pond_conf_fail(out->name_at, err, "'%.*s' cannot be the name of an entry",
                              POND_SV_ARG(out->name));
    return pond_factory_get(out->factory_name, out->factory_at, &out->factory, err);
}

static pond_code read_entries(pond_arena *a, const pond_conf *c, entry **out, size_t *n,
                              pond_err *err) {
    struct {
        const pond_conf *entries;
    } config = {0};
    const pond_conf_field fields[] = {
        {.name = "entries", .kind = POND_CONF_LIST, .is_required = true}};
    POND_TRY(pond_conf_read(a, c, "a dynamic-dir config", fields, 1, &config, err));
    if (config.entries->n == 0)
        return pond_conf_fail(config.entries, err, "a dynamic-dir needs at least one entry");
    *n = config.entries->n;
    *out = POND_NEW_ARRAY(a, entry, *n);
    pond_map seen;
    pond_map_init(&seen, a);
    for (size_t i = 0; i < *n; i++) {
        entry *e = &(*out)[i];
        POND_TRY(read_entry(a, &config.entries->items[i], i, e, err));
        bool is_new;
        void **first = pond_map_at(&seen, e->name, &is_new);
        if (!is_new)
            return pond_conf_fail(e->name_at, err, "duplicate entry name '%.*s' (first at line %u)",
                                  POND_SV_ARG(e->name), ((const entry *)*first)->name_at->line);
        *first = e;
    }
    return POND_OK;
}

static pond_code dir_check(pond_session *s, const pond_conf *c, pond_err *err) {
    entry *entries;
    size_t n;
    POND_TRY(read_entries(s->arena, c, &entries, &n, err));
    for (size_t i = 0; i < n; i++)
        POND_TRY_CTX(entries[i].factory->check(s, entries[i].config, err), err, "entry '%.*s'",
                     POND_SV_ARG(entries[i].name));
    return POND_OK;
}

static pond_code dir_prepare(pond_session *s, const pond_conf *c, pond_value *out, pond_err *err) {
    entry *entries;
    size_t n;
    POND_TRY(read_entries(s->arena, c, &entries, &n, err));
    pond_value *items = POND_NEW_ARRAY(s->arena, pond_value, n);
    bool is_changed = false;
    for (size_t i = 0; i < n; i++) {
        const entry *e = &entries[i];
        pond_value config = pond_null();
        if (e->factory->prepare != NULL)
            POND_TRY_CTX(e->factory->prepare(s, e->config, &config, err), err, "entry '%.*s'",
                         POND_SV_ARG(e->name));
        is_changed |= config.kind != POND_NULL;
        pond_entry *members = POND_NEW_ARRAY(s->arena, pond_entry, 3);
        members[0] =
            (pond_entry){POND_SV("config"),
                         config.kind != POND_NULL ? config : pond_conf_value(s->arena, e->config)};
        members[1] = (pond_entry){POND_SV("factory"), pond_string(e->factory_name)};
        members[2] = (pond_entry){POND_SV("name"), pond_string(e->name)};
        items[i] = pond_object(members, 3);
    }
    if (!is_changed)
        return POND_OK;
    pond_entry *top = POND_NEW(s->arena, pond_entry);
    *top = (pond_entry){POND_SV("entries"), pond_array(items, n)};
    *out = pond_object(top, 1);
    return POND_OK;
}

static pond_code dir_list(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    dir_state *d = dir->state;
    for (size_t i = 0; i < d->n; i++) {
        const entry *e = &d->entries[i];
        const pond_dyn *dyn = NULL;
        void *state = NULL;
        POND_TRY_CTX(e->factory->open(d->session, e->config, &dyn, &state, err), err,
                     "entry '%.*s'", POND_SV_ARG(e->name));
        *pond_vec_push(pond_fs_arena(fs), out) =
            pond_fs_child(fs, dir, e->name, e->factory->type, e->factory_name, dyn, state);
    }
    return POND_OK;
}

static const pond_dyn dir_dyn = {.list = dir_list};

static pond_code dir_open(pond_session *s, const pond_conf *c, const pond_dyn **dyn, void **state,
                          pond_err *err) {
    dir_state *d = POND_NEW(s->arena, dir_state);
    d->session = s;
    POND_TRY(read_entries(s->arena, c, &d->entries, &d->n, err));
    *dyn = &dir_dyn;
    *state = d;
    return POND_OK;
}

const pond_factory pond_factory_dynamic_dir = {
    .name = "dynamic-dir",
    .summary = "Compose a directory of entries that other factories make",
    .makes_directory = true,
    .type = POND_T_DYNAMIC_DIRECTORY,
    .check = dir_check,
    .prepare = dir_prepare,
    .open = dir_open,
};
