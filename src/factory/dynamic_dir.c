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

static const pond_option entry_rows[] = {
    POND_OPTION("name", POND_OPT_TEXT, entry, name, .place = offsetof(entry, name_at),
                .is_required = true, .help = "name of the entry in the directory"),
    POND_OPTION("factory", POND_OPT_TEXT, entry, factory_name, .place = offsetof(entry, factory_at),
                .is_required = true, .help = "factory that makes the entry"),
    POND_OPTION("config", POND_OPT_ANY, entry, config, .is_required = true,
                .help = "config of that factory"),
};
static const pond_options entry_options = POND_OPTIONS("an entry of a dynamic-dir", entry_rows);

typedef struct dir_config {
    const pond_conf *entries;
} dir_config;

static const pond_option rows[] = {
    POND_OPTION("entries", POND_OPT_LIST, dir_config, entries, .is_required = true,
                .help = "a list of {name, factory, config}"),
};
static const pond_options options = POND_OPTIONS("a dynamic-dir config", rows);

static const pond_factory_part parts[] = {
    {"entries[].", &entry_options},
};

static pond_code read_entry(pond_arena *a, const pond_conf *c, size_t i, entry *out,
                            pond_err *err) {
    POND_TRY(pond_options_read_conf(a, c, &entry_options, out, err));
    if (out->name.n == 0)
        return pond_conf_fail(out->name_at, err, "Entry %zu has empty name", i);
    const char *flaw = pond_name_flaw(out->name);
    if (flaw != NULL)
        return pond_conf_fail(out->name_at, err, "'%.*s' cannot be the name of an entry: it %s",
                              POND_SV_ARG(out->name), flaw);
    POND_TRY(pond_factory_get(out->factory_name, out->factory_at, &out->factory, err));
    if (out->factory->n_actions == 0)
        return POND_OK;
    return pond_conf_fail(out->factory_at, err,
                          "a node of '%s' is run, and remembers how far it came: it cannot be an "
                          "entry, make it with mknod",
                          out->factory->name);
}

static pond_code read_entries(pond_arena *a, const pond_conf *c, entry **out, size_t *n,
                              pond_err *err) {
    dir_config config = {0};
    POND_TRY(pond_options_read_conf(a, c, &options, &config, err));
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

// The config of an entry before expansion; NULL if the list of entries comes from an environment
// variable.
static const pond_conf *written_config(const pond_conf *written, size_t i, size_t n) {
    const pond_conf *entries = written == NULL ? NULL : pond_conf_get(written, "entries");
    return entries == NULL || entries->n != n ? NULL : pond_conf_get(&entries->items[i], "config");
}

// The list of entries, with each config replaced by the one that its factory wants to store.
static pond_value stored_entries(pond_arena *a, const entry *entries, const pond_value *configs,
                                 size_t n) {
    pond_value *items = POND_NEW_ARRAY(a, pond_value, n);
    for (size_t i = 0; i < n; i++) {
        pond_entry *members = POND_NEW_ARRAY(a, pond_entry, 3);
        members[0] = (pond_entry){POND_SV("config"), configs[i]};
        members[1] = (pond_entry){POND_SV("factory"), pond_string(entries[i].factory_name)};
        members[2] = (pond_entry){POND_SV("name"), pond_string(entries[i].name)};
        items[i] = pond_object(members, 3);
    }
    pond_entry *top = POND_NEW(a, pond_entry);
    *top = (pond_entry){POND_SV("entries"), pond_array(items, n)};
    return pond_object(top, 1);
}

static pond_code dir_check(pond_session *s, const pond_factory_source *source, pond_value *stored,
                           pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    entry *entries;
    size_t n;
    bool is_changed = false;
    POND_TRY(read_entries(a, source->config, &entries, &n, err));
    pond_value *configs = POND_NEW_ARRAY(a, pond_value, n);
    for (size_t i = 0; i < n; i++) {
        const entry *e = &entries[i];
        pond_factory_source of_entry = {e->config, written_config(source->written, i, n),
                                        source->dir, source->origins};
        configs[i] = pond_null();
        POND_TRY_CTX(e->factory->check(s, &of_entry, &configs[i], err), err, "entry '%.*s'",
                     POND_SV_ARG(e->name));
        is_changed |= configs[i].kind != POND_NULL;
        if (configs[i].kind == POND_NULL)
            configs[i] =
                pond_conf_value(a, of_entry.written == NULL ? e->config : of_entry.written);
    }
    if (is_changed)
        *stored = stored_entries(a, entries, configs, n);
    return POND_OK;
}

// An entry whose config is wrong: it is listed, so that it does not hide the others, and reading it
// is the error. Its state is that error.
static pond_code fail_again(const pond_node *node, pond_err *err) {
    const pond_err *why = node->state;
    if (err != NULL)
        *err = *why;
    return why->code;
}

static pond_code broken_list(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    (void)fs, (void)out;
    return fail_again(dir, err);
}

static pond_code broken_read(pond_fs *fs, const pond_node *file, const void *context, pond_buf *out,
                             pond_err *err) {
    (void)fs, (void)context, (void)out;
    return fail_again(file, err);
}

static pond_code broken_relation(pond_session *s, const pond_node *node, pond_relation **out,
                                 pond_err *err) {
    (void)s, (void)out;
    return fail_again(node, err);
}

static const pond_relate broken_relate = {broken_relation};
static const pond_dyn broken_dyn = {
    .list = broken_list, .read = broken_read, .relate = &broken_relate};

static void open_entry(const dir_state *d, const entry *e, const pond_dyn **dyn, void **state) {
    pond_err why;
    pond_err_clear(&why);
    *dyn = NULL;
    *state = NULL;
    if (e->factory->open(d->session, e->config, dyn, state, &why) == POND_OK)
        return;
    pond_err *kept = POND_NEW(pond_session_arena(d->session), pond_err);
    *kept = why;
    *dyn = &broken_dyn;
    *state = kept;
}

static pond_code dir_list(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    (void)err;
    dir_state *d = dir->state;
    for (size_t i = 0; i < d->n; i++) {
        const entry *e = &d->entries[i];
        const pond_dyn *dyn;
        void *state;
        open_entry(d, e, &dyn, &state);
        *pond_vec_push(pond_fs_arena(fs), out) =
            pond_fs_child(fs, dir, e->name, e->factory->type, e->factory_name, dyn, state);
    }
    return POND_OK;
}

static const pond_dyn dir_dyn = {.list = dir_list};

static pond_code dir_open(pond_session *s, const pond_conf *c, const pond_dyn **dyn, void **state,
                          pond_err *err) {
    dir_state *d = POND_NEW(pond_session_arena(s), dir_state);
    d->session = s;
    POND_TRY(read_entries(pond_session_arena(s), c, &d->entries, &d->n, err));
    *dyn = &dir_dyn;
    *state = d;
    return POND_OK;
}

const pond_factory pond_factory_dynamic_dir = {
    .name = "dynamic-dir",
    .summary = "Compose a directory of entries that other factories make",
    .options = &options,
    POND_FACTORY_PARTS(parts),
    .makes_directory = true,
    .type = POND_T_DYNAMIC_DIRECTORY,
    .check = dir_check,
    .open = dir_open,
};
