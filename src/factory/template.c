// template: a directory of pages, one for each distinct name that a pattern's matches expand to.
#include "factory/template.h"

#include "base/file.h"
#include "factory/config.h"
#include "factory/factory.h"
#include "factory/origins.h"
#include "factory/page.h"

// Config ------------------------------------------------------------------------------------------

typedef struct collection {
    pond_sv name; // of a collection in a list, else empty
    pond_sv in_pattern, out_pattern, template_text, template_file, template_path, template_name;
    const pond_conf *name_at, *in_at, *out_at, *text_at, *file_at, *path_at;
    pond_glob glob;
    page_template template;
} collection;

#define SOURCE(name, member, at, help_)                                                            \
    POND_OPTION(name, POND_OPT_TEXT, collection, member, .place = offsetof(collection, at),        \
                .help = help_)

static const pond_option rows[] = {
    SOURCE("name", name, name_at, "name of this collection's directory, in `collections`"),
    POND_OPTION("in_pattern", POND_OPT_TEXT, collection, in_pattern,
                .place = offsetof(collection, in_at), .is_required = true,
                .help = "path pattern; each match becomes a page"),
    POND_OPTION("out_pattern", POND_OPT_TEXT, collection, out_pattern,
                .place = offsetof(collection, out_at), .is_required = true,
                .help = "name of the page; $0, $1, … are the texts that the wildcards matched"),
    SOURCE("template", template_text, text_at, "text of the template"),
    SOURCE("template_file", template_file, file_at,
           "file of the host with the template; mknod reads it"),
    SOURCE("template_path", template_path, path_at,
           "file of the pond with the template, read when a page is rendered"),
    // mknod stores the name of the file with the text that it read there, so that errors can name
    // the file.
    POND_OPTION("template_name", POND_OPT_TEXT, collection, template_name,
                .help = "name of the template in messages"),
};
static const pond_options options = POND_OPTIONS("a template config", rows);
static const pond_options member_options = POND_OPTIONS("a collection of a template config", rows);

static pond_code check_sources(const collection *t, const pond_conf *c, pond_err *err) {
    int n = (t->text_at != NULL) + (t->file_at != NULL) + (t->path_at != NULL);
    if (n == 0)
        return pond_conf_fail(
            c, err,
            "a template needs its text: give one of template, template_file, template_path");
    if (n == 1)
        return POND_OK;
    const pond_conf *second = t->path_at != NULL ? t->path_at : t->file_at;
    return pond_conf_fail_key(
        second, err, "Cannot specify %s; give one of template, template_file, template_path",
        t->path_at == NULL   ? "both 'template' and 'template_file'"
        : t->file_at == NULL ? "both 'template' and 'template_path'"
        : t->text_at == NULL ? "both 'template_file' and 'template_path'"
                             : "three sources of a template");
}

// The name of the template in messages.
static pond_sv display_name(pond_session *s, const collection *t) {
    if (t->template_name.n > 0)
        return t->template_name;
    if (t->file_at != NULL)
        return t->template_file;
    if (t->path_at != NULL)
        return t->template_path;
    return pond_svf(pond_session_arena(s), "%s (template at line %u)", t->text_at->file,
                    t->text_at->line);
}

static pond_code read_collection(pond_session *s, const pond_conf *c, bool is_listed, collection *t,
                                 pond_err *err) {
    *t = (collection){0};
    POND_TRY(pond_options_read_conf(pond_session_arena(s), c,
                                    is_listed ? &member_options : &options, t, err));
    const char *flaw = t->name_at == NULL ? NULL : pond_name_flaw(t->name);
    if (is_listed && t->name_at == NULL)
        return pond_conf_fail(
            c, err, "each of several collections needs a 'name', which becomes its directory");
    if (is_listed && flaw != NULL)
        return pond_conf_fail(t->name_at, err, "'%.*s' cannot be the name of a directory: it %s",
                              POND_SV_ARG(t->name), flaw);
    if (!is_listed && t->name_at != NULL)
        return pond_conf_fail_key(t->name_at, err,
                                  "'name' is only allowed in the members of 'collections'");
    if (pond_sv_find(t->in_pattern, POND_SV("://")) >= 0)
        return pond_conf_fail(t->in_at, err, "in_pattern is a path of the pond, not a URL");
    pond_err why;
    if (pond_glob_parse(pond_session_arena(s), t->in_pattern, &t->glob, &why) != POND_OK)
        return pond_conf_fail(t->in_at, err, "in_pattern: %s", why.msg);
    POND_TRY(pond_config_check_out_pattern(t->out_pattern, t->out_at, &t->glob, err));
    POND_TRY(check_sources(t, c, err));
    t->template = (page_template){.session = s,
                                  .asker = pond_asker_new(s),
                                  .name = display_name(s, t),
                                  .text = t->template_text,
                                  .path = t->template_path,
                                  .is_markup = pond_tera_is_markup(t->out_pattern)};
    return POND_OK;
}

typedef struct collections {
    collection *items;
    size_t n;
    bool is_list; // a directory for each collection; else the node itself holds the pages
} collections;

typedef struct list_config {
    const pond_conf *list;
} list_config;

static const pond_option list_rows[] = {
    POND_OPTION("collections", POND_OPT_LIST, list_config, list, .is_required = true,
                .help = "several of these configs, each with a name"),
};
static const pond_options list_options =
    POND_OPTIONS("a template config with collections", list_rows);

static const pond_factory_part parts[] = {
    {"", &list_options},
};

// One collection, or `collections:`, a list of them.
static pond_code read_collections(pond_session *s, const pond_conf *c, collections *out,
                                  pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    out->is_list = pond_conf_get(c, "collections") != NULL;
    if (!out->is_list) {
        out->n = 1;
        out->items = POND_NEW(a, collection);
        return read_collection(s, c, false, out->items, err);
    }
    list_config top;
    POND_TRY(pond_options_read_conf(a, c, &list_options, &top, err));
    out->n = top.list->n;
    if (out->n == 0)
        return pond_conf_fail(top.list, err, "'collections' is empty");
    out->items = POND_NEW_ARRAY(a, collection, out->n);
    for (size_t i = 0; i < out->n; i++) {
        collection *t = &out->items[i];
        POND_TRY(read_collection(s, &top.list->items[i], true, t, err));
        for (size_t j = 0; j < i; j++)
            if (pond_sv_eq(t->name, out->items[j].name))
                return pond_conf_fail(t->name_at, err, "duplicate collection name '%.*s'",
                                      POND_SV_ARG(t->name));
    }
    return POND_OK;
}

// Making a node -----------------------------------------------------------------------------------

// The host file of `template_file`: relative to the config, else to the current directory.
static pond_code read_template_file(pond_session *s, const collection *t,
                                    const pond_factory_source *source, pond_sv *text,
                                    pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    const char *path = pond_cstr(a, t->template_file);
    if (path[0] != '/') {
        const char *beside = pond_path_join(a, source->dir, path);
        if (pond_path_exists(beside))
            path = beside;
    }
    pond_err why;
    if (pond_origin_read(a, path, text, source->origins, &why) == POND_OK)
        return POND_OK;
    pond_code rc =
        pond_conf_fail(t->file_at, err, "Failed to read template file '%s': %s", path, why.msg);
    pond_err_detail(err, "%s", why.detail);
    return rc;
}

// Doubles every `$`: the stored config is expanded for ${env:…} when it is opened, and the text of
// the template must not change.
static pond_sv double_dollars(pond_arena *a, pond_sv text) {
    pond_buf b = POND_BUF_EMPTY;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '$')
            pond_buf_char(&b, '$');
        pond_buf_char(&b, text.p[i]);
    }
    pond_sv out = pond_sv_dup(a, pond_buf_view(&b));
    pond_buf_free(&b);
    return out;
}

// The config of a collection, with the file's name replaced by the text of the template.
static pond_code stored_collection(pond_session *s, const collection *t, const pond_conf *written,
                                   pond_value *out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    if (written == NULL)
        return pond_conf_fail(t->file_at, err,
                              "'template_file' cannot be used where the collections themselves "
                              "come from an environment variable; use 'template_path'");
    pond_value whole = pond_conf_value(a, written);
    *out = whole;
    if (t->file_at == NULL)
        return POND_OK;
    pond_entry *entries = POND_NEW_ARRAY(a, pond_entry, whole.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < whole.n; i++)
        if (!pond_sv_is(whole.entries[i].key, "template_file"))
            entries[n++] = whole.entries[i];
    entries[n++] =
        (pond_entry){POND_SV("template"), pond_string(double_dollars(a, t->template.text))};
    entries[n++] = (pond_entry){POND_SV("template_name"), pond_string(t->template_file)};
    *out = pond_object_sorted(entries, n);
    return POND_OK;
}

static pond_code stored_config(pond_session *s, const collections *all, const pond_conf *written,
                               pond_value *out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    if (!all->is_list)
        return stored_collection(s, &all->items[0], written, out, err);
    const pond_conf *list = written == NULL ? NULL : pond_conf_get(written, "collections");
    pond_value *items = POND_NEW_ARRAY(a, pond_value, all->n);
    for (size_t i = 0; i < all->n; i++)
        POND_TRY(stored_collection(s, &all->items[i],
                                   list == NULL || list->n != all->n ? NULL : &list->items[i],
                                   &items[i], err));
    pond_entry *top = POND_NEW(a, pond_entry);
    *top = (pond_entry){POND_SV("collections"), pond_array(items, all->n)};
    *out = pond_object(top, 1);
    return POND_OK;
}

static pond_code template_check(pond_session *s, const pond_factory_source *source,
                                pond_value *stored, pond_err *err) {
    collections all;
    POND_TRY(read_collections(s, source->config, &all, err));
    bool has_file = false;
    for (size_t i = 0; i < all.n; i++) {
        collection *t = &all.items[i];
        if (t->path_at != NULL)
            continue; // a file of the pond, read when it is rendered
        if (t->file_at != NULL)
            POND_TRY(read_template_file(s, t, source, &t->template.text, err));
        has_file |= t->file_at != NULL;
        POND_TRY(page_check_text(&t->template, err));
    }
    return has_file ? stored_config(s, &all, source->written, stored, err) : POND_OK;
}

// Nodes -------------------------------------------------------------------------------------------

static pond_code list_pages(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    collection *t = dir->state;
    pond_arena *a = pond_fs_arena(fs);
    pond_match_vec matches = {0};
    POND_TRY(pond_fs_glob(fs, a, &t->glob, &matches, err));
    pond_map seen;
    pond_map_init(&seen, a);
    for (size_t i = 0; i < matches.n; i++) {
        const pond_match *m = &matches.items[i];
        pond_sv name;
        if (pond_utf8_find_bad(m->node->path) >= 0) { // args and the context of a page are UTF-8
            pond_fs_warn(fs, "'%.*s' has no entry for '%.*s', whose path is not UTF-8",
                         POND_SV_ARG(dir->path), POND_SV_ARG(m->node->path));
            continue;
        }
        if (!pond_config_entry_name(fs, dir, t->out_pattern, m, &name))
            continue;
        bool is_new;
        *pond_map_at(&seen, name, &is_new) = t;
        if (!is_new)
            continue; // the first match in path order gives the page its args and schema
        page *p = POND_NEW(a, page);
        *p = (page){.template = &t->template,
                    .out_pattern = t->out_pattern,
                    .matched = m->node,
                    .captures = m->captures,
                    .n_captures = m->n_captures};
        *pond_vec_push(a, out) =
            pond_fs_child(fs, dir, name, POND_T_DATA_DYNAMIC, dir->factory, &page_dyn, p);
    }
    return POND_OK;
}

static const pond_dyn pages_dyn = {.list = list_pages};

static pond_code list_collections(pond_fs *fs, const pond_node *dir, pond_node_vec *out,
                                  pond_err *err) {
    (void)err;
    const collections *all = dir->state;
    for (size_t i = 0; i < all->n; i++)
        *pond_vec_push(pond_fs_arena(fs), out) =
            pond_fs_child(fs, dir, all->items[i].name, POND_T_DYNAMIC_DIRECTORY, dir->factory,
                          &pages_dyn, &all->items[i]);
    return POND_OK;
}

static const pond_dyn collections_dyn = {.list = list_collections};

static pond_code template_open(pond_session *s, const pond_conf *c, const pond_dyn **dyn,
                               void **state, pond_err *err) {
    collections *all = POND_NEW(pond_session_arena(s), collections);
    POND_TRY(read_collections(s, c, all, err));
    for (size_t i = 0; i < all->n; i++)
        if (all->items[i].file_at != NULL)
            return pond_conf_fail(all->items[i].file_at, err,
                                  "'template_file' is a file of the host, which a stored node "
                                  "cannot read; make the node again with `pond mknod`");
    *dyn = all->is_list ? &collections_dyn : &pages_dyn;
    *state = all->is_list ? (void *)all : (void *)all->items;
    return POND_OK;
}

const pond_factory pond_factory_template = {
    .name = "template",
    .summary = "Pages rendered from Tera templates, one for each match of a pattern",
    .options = &options,
    POND_FACTORY_PARTS(parts),
    .makes_directory = true,
    .type = POND_T_DYNAMIC_DIRECTORY,
    .check = template_check,
    .open = template_open,
};
