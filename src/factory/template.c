#include "factory/template.h"

#include "base/file.h"
#include "factory/factory.h"
#include "tera/tera.h"

#include <stdlib.h>

// Config
// --------------------------------------------------------------------------------------------

typedef struct collection {
    pond_session *session;
    pond_sv name; // of a collection in a list, else empty
    pond_sv in_pattern, out_pattern, template_text, template_file, template_path, template_name;
    const pond_conf *name_at, *in_at, *out_at, *text_at, *file_at, *path_at;
    pond_glob glob;
    pond_tera *compiled;  // owned by session->templates
    pond_hasher *sources; // while it is compiled: of its text and of all that it refers to
    pond_sha256 source_hash;
    bool is_pure; // the same inputs give the same page
} collection;

static const pond_conf_field fields[] = {
    POND_CONF_FIELD_AT("name", POND_CONF_STRING, false, collection, name, name_at),
    POND_CONF_FIELD_AT("in_pattern", POND_CONF_STRING, true, collection, in_pattern, in_at),
    POND_CONF_FIELD_AT("out_pattern", POND_CONF_STRING, true, collection, out_pattern, out_at),
    POND_CONF_FIELD_AT("template", POND_CONF_STRING, false, collection, template_text, text_at),
    POND_CONF_FIELD_AT("template_file", POND_CONF_STRING, false, collection, template_file,
                       file_at),
    POND_CONF_FIELD_AT("template_path", POND_CONF_STRING, false, collection, template_path,
                       path_at),
    // Written by mknod beside the text that it took from a file, so that errors can name the file.
    POND_CONF_FIELD("template_name", POND_CONF_STRING, false, collection, template_name),
};

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

static pond_code check_out_pattern(const collection *t, pond_err *err) {
    size_t needed = pond_captures_needed(t->out_pattern);
    if (t->out_pattern.n == 0)
        return pond_conf_fail(t->out_at, err, "'out_pattern' is empty");
    if (pond_sv_find_char(t->out_pattern, '/') >= 0)
        return pond_conf_fail(t->out_at, err,
                              "out_pattern must be a basename (no '/' characters allowed)");
    if (!t->glob.has_deep && needed > t->glob.n_wildcards)
        return pond_conf_fail(
            t->out_at, err,
            "out_pattern uses $%zu, but in_pattern has %zu wildcard%s ($0 is the first)",
            needed - 1, t->glob.n_wildcards, t->glob.n_wildcards == 1 ? "" : "s");
    return POND_OK;
}

static pond_code read_collection(pond_session *s, const pond_conf *c, bool is_listed, collection *t,
                                 pond_err *err) {
    *t = (collection){.session = s};
    POND_TRY(pond_conf_read(s->arena, c,
                            is_listed ? "a collection of a template config" : "a template config",
                            fields, sizeof fields / sizeof *fields, t, err));
    if (is_listed && (t->name_at == NULL || t->name.n == 0 || pond_sv_find_char(t->name, '/') >= 0))
        return pond_conf_fail(
            c, err, "each of several collections needs a 'name', which becomes its directory");
    if (!is_listed && t->name_at != NULL)
        return pond_conf_fail_key(t->name_at, err, "'name' is for the members of 'collections'");
    if (pond_sv_find(t->in_pattern, POND_SV("://")) >= 0)
        return pond_conf_fail(t->in_at, err, "in_pattern is a path of the pond, not a URL");
    pond_err why;
    if (pond_glob_parse(s->arena, t->in_pattern, &t->glob, &why) != POND_OK)
        return pond_conf_fail(t->in_at, err, "in_pattern: %s", why.msg);
    POND_TRY(check_out_pattern(t, err));
    return check_sources(t, c, err);
}

// One collection, or `collections:`, a list of them.
static pond_code read_collections(pond_session *s, const pond_conf *c, collection **out, size_t *n,
                                  bool *is_list, pond_err *err) {
    const pond_conf *list = pond_conf_get(c, "collections");
    *is_list = list != NULL;
    if (list == NULL) {
        *n = 1;
        *out = POND_NEW(s->arena, collection);
        return read_collection(s, c, false, *out, err);
    }
    struct {
        const pond_conf *list;
    } top;
    const pond_conf_field only[] = {
        {.name = "collections", .kind = POND_CONF_LIST, .is_required = true}};
    POND_TRY(pond_conf_read(s->arena, c, "a template config with collections", only, 1, &top, err));
    *n = top.list->n;
    if (*n == 0)
        return pond_conf_fail(top.list, err, "'collections' is empty");
    *out = POND_NEW_ARRAY(s->arena, collection, *n);
    for (size_t i = 0; i < *n; i++) {
        POND_TRY(read_collection(s, &top.list->items[i], true, &(*out)[i], err));
        for (size_t j = 0; j < i; j++)
            if (pond_sv_eq((*out)[i].name, (*out)[j].name))
                return pond_conf_fail((*out)[i].name_at, err, "duplicate collection name '%.*s'",
                                      POND_SV_ARG((*out)[i].name));
    }
    return POND_OK;
}

// The host file of `template_file`: beside the config, else relative to where the command runs.
static pond_code read_template_file(pond_session *s, const collection *t, pond_sv *text,
                                    pond_err *err) {
    pond_sv name;
    POND_TRY(pond_expand_env(s->arena, t->template_file, &name, err));
    const char *path = name.p;
    if (path[0] != '/') {
        const char *beside = pond_path_join(s->arena, s->config_dir, path);
        if (pond_path_exists(beside))
            path = beside;
    }
    pond_buf raw = POND_BUF_EMPTY;
    pond_err why;
    if (pond_file_read(path, &raw, &why) != POND_OK) {
        pond_buf_free(&raw);
        return pond_conf_fail(t->file_at, err, "Failed to read template file '%s': %s", path,
                              why.msg);
    }
    *text = pond_sv_dup(s->arena, pond_buf_view(&raw));
    pond_buf_free(&raw);
    return POND_OK;
}

// What error messages call the template.
static pond_sv display_name(pond_session *s, const collection *t) {
    if (t->template_name.n > 0)
        return t->template_name;
    if (t->file_at != NULL)
        return t->template_file;
    if (t->path_at != NULL)
        return t->template_path;
    return pond_svf(s->arena, "%s (template at line %u)", t->text_at->file, t->text_at->line);
}

// Compiling
// -----------------------------------------------------------------------------------------

struct pond_templates {
    pond_tera **items;
    size_t n, cap;
};

void pond_templates_free(pond_templates *t) {
    if (t == NULL)
        return;
    for (size_t i = 0; i < t->n; i++)
        pond_tera_free(t->items[i]);
    free(t->items);
    free(t);
}

static void keep_template(pond_session *s, pond_tera *tera) {
    if (s->templates == NULL) {
        s->templates = pond_xmalloc(sizeof *s->templates);
        *s->templates = (pond_templates){0};
    }
    pond_templates *t = s->templates;
    if (t->n == t->cap) {
        t->cap = t->cap == 0 ? 8 : t->cap * 2;
        t->items = pond_xrealloc(t->items, t->cap * sizeof *t->items);
    }
    t->items[t->n++] = tera;
}

// A page may print the time, a number by chance, or a variable of the environment: such a page
// depends on more than can be seen from here. A name in its text is enough to take it for one.
static void add_source(collection *t, pond_sv text) {
    static const char *const impure[] = {"now", "get_random", "get_env"};
    pond_hasher_part(t->sources, text);
    for (size_t i = 0; i < sizeof impure / sizeof *impure; i++)
        t->is_pure &= pond_sv_find(text, pond_sv_of(impure[i])) < 0;
}

static pond_code load_from_pond(pond_session *s, pond_sv name, pond_sv *source, pond_err *err) {
    const pond_node *node;
    if (name.n == 0 || name.p[0] != '/')
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "'%.*s' is not a file of the pond: templates are named by absolute path",
                         POND_SV_ARG(name));
    POND_TRY(pond_fs_resolve(s->fs, name, true, &node, err));
    pond_buf text = POND_BUF_EMPTY;
    pond_code rc = pond_fs_read(s->fs, node, &text, err);
    if (rc == POND_OK)
        *source = pond_sv_dup(s->arena, pond_buf_view(&text));
    pond_buf_free(&text);
    return rc;
}

static pond_code load_reference(void *user, pond_sv name, pond_sv *source, pond_err *err) {
    collection *t = user;
    POND_TRY(load_from_pond(t->session, name, source, err));
    add_source(t, *source);
    return POND_OK;
}

// The name of the page decides about escaping, whatever the template's own file is called.
static bool is_escaped(pond_sv out_pattern) {
    return pond_sv_ends(out_pattern, POND_SV(".html")) ||
           pond_sv_ends(out_pattern, POND_SV(".htm")) || pond_sv_ends(out_pattern, POND_SV(".xml"));
}

static pond_tera *new_tera(collection *t, bool with_pond) {
    static const char *const every[] = {""};
    pond_tera_options options = {.autoescape = every,
                                 .n_autoescape = is_escaped(t->out_pattern) ? 1 : 0};
    if (with_pond) {
        options.loader = load_reference;
        options.loader_user = t;
    }
    pond_tera *tera = pond_tera_new(&options);
    pond_tera_add_extras(tera);
    return tera;
}

static pond_code template_text(pond_session *s, const collection *t, pond_sv *text, pond_err *err) {
    *text = t->template_text;
    if (t->file_at != NULL)
        return read_template_file(s, t, text, err);
    if (t->path_at != NULL)
        return load_from_pond(s, t->template_path, text, err);
    return POND_OK;
}

static pond_code add_and_check(pond_session *s, collection *t, pond_tera *tera, pond_sv text,
                               pond_err *err) {
    add_source(t, text);
    POND_TRY(pond_tera_add(tera, display_name(s, t), text, err));
    return pond_tera_check(tera, err);
}

static pond_code compile(pond_session *s, collection *t, pond_err *err) {
    if (t->compiled != NULL)
        return POND_OK;
    pond_sv text;
    POND_TRY_CTX(template_text(s, t, &text, err), err, "template_path");
    pond_tera *tera = new_tera(t, true);
    keep_template(s, tera);
    t->sources = pond_hasher_new();
    t->is_pure = true;
    pond_code rc = add_and_check(s, t, tera, text, err);
    t->source_hash = pond_hasher_finish(t->sources);
    t->sources = NULL;
    if (rc == POND_OK)
        t->compiled = tera;
    return rc;
}

static void warn_of_trap(void *user, const pond_loc *where, const char *message, const char *line) {
    pond_session_warn(user, "%s:%u:%u: warning: %s\n    %s", where->file, where->line,
                      where->column, message, line);
}

static pond_code template_check(pond_session *s, const pond_conf *c, pond_err *err) {
    collection *all;
    size_t n;
    bool is_list;
    POND_TRY(read_collections(s, c, &all, &n, &is_list, err));
    for (size_t i = 0; i < n; i++) {
        pond_sv text;
        if (all[i].path_at != NULL)
            continue; // a file of the pond, read when it is rendered
        POND_TRY(template_text(s, &all[i], &text, err));
        pond_tera *tera = new_tera(&all[i], false);
        pond_sv name = display_name(s, &all[i]);
        pond_code rc = pond_tera_add(tera, name, text, err);
        if (rc == POND_OK) {
            pond_code checked = pond_tera_check(tera, NULL);
            (void)checked; // what it refers to need not be there before it is rendered
            pond_tera_lint(tera, name, warn_of_trap, s);
        }
        pond_tera_free(tera);
        POND_TRY(rc);
    }
    return POND_OK;
}

// Storing
// -------------------------------------------------------------------------------------------

// The stored config goes through the expansion of ${env:…}; a template's own dollars must come out
// as they were.
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

static pond_code prepared_collection(pond_session *s, const collection *t, const pond_conf *c,
                                     pond_value *out, pond_err *err) {
    pond_value whole = pond_conf_value(s->arena, c);
    *out = whole;
    if (t->file_at == NULL)
        return POND_OK;
    pond_sv text;
    POND_TRY(read_template_file(s, t, &text, err));
    pond_entry *entries = POND_NEW_ARRAY(s->arena, pond_entry, whole.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < whole.n; i++)
        if (!pond_sv_is(whole.entries[i].key, "template_file"))
            entries[n++] = whole.entries[i];
    entries[n++] = (pond_entry){POND_SV("template"), pond_string(double_dollars(s->arena, text))};
    entries[n++] = (pond_entry){POND_SV("template_name"), pond_string(t->template_file)};
    *out = pond_object_sorted(entries, n);
    return POND_OK;
}

static pond_code template_prepare(pond_session *s, const pond_conf *c, pond_value *out,
                                  pond_err *err) {
    collection *all;
    size_t n;
    bool is_list, is_changed = false;
    POND_TRY(read_collections(s, c, &all, &n, &is_list, err));
    pond_value *items = POND_NEW_ARRAY(s->arena, pond_value, n);
    const pond_conf *list = pond_conf_get(c, "collections");
    for (size_t i = 0; i < n; i++) {
        POND_TRY(prepared_collection(s, &all[i], is_list ? &list->items[i] : c, &items[i], err));
        is_changed |= all[i].file_at != NULL;
    }
    if (!is_changed)
        return POND_OK;
    *out = items[0];
    if (is_list) {
        pond_entry *top = POND_NEW(s->arena, pond_entry);
        *top = (pond_entry){POND_SV("collections"), pond_array(items, n)};
        *out = pond_object(top, 1);
    }
    return POND_OK;
}

// What a template sees
// ------------------------------------------------------------------------------

static pond_value field_value(pond_arena *a, const pond_column *c) {
    pond_sv parts[4] = {{"", 0}, c->name, {"", 0}, {"", 0}}; // instrument, name, unit, agg
    ptrdiff_t d3 = pond_sv_rfind_char(c->name, '.');
    ptrdiff_t d2 = d3 < 0 ? -1 : pond_sv_rfind_char(pond_sv_sub(c->name, 0, (size_t)d3), '.');
    ptrdiff_t d1 = d2 < 0 ? -1 : pond_sv_rfind_char(pond_sv_sub(c->name, 0, (size_t)d2), '.');
    if (pond_sv_is(c->name, "timestamp.count")) {
        parts[0] = POND_SV("system");
        parts[1] = POND_SV("timestamp");
        parts[2] = parts[3] = POND_SV("count");
    } else if (d1 >= 0) {
        parts[0] = pond_sv_sub(c->name, 0, (size_t)d1);
        parts[1] = pond_sv_sub(c->name, (size_t)d1 + 1, (size_t)d2);
        parts[2] = pond_sv_sub(c->name, (size_t)d2 + 1, (size_t)d3);
        parts[3] = pond_sv_sub(c->name, (size_t)d3 + 1, c->name.n);
    }
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, 6);
    e[0] = (pond_entry){POND_SV("agg"), pond_string(parts[3])};
    e[1] = (pond_entry){POND_SV("column"), pond_string(c->name)};
    e[2] = (pond_entry){POND_SV("instrument"), pond_string(parts[0])};
    e[3] = (pond_entry){POND_SV("name"), pond_string(parts[1])};
    e[4] = (pond_entry){POND_SV("type"), pond_string(c->type)};
    e[5] = (pond_entry){POND_SV("unit"), pond_string(parts[2])};
    return pond_object(e, 6);
}

pond_value pond_template_schema(pond_arena *a, pond_schema schema, pond_sv time_column) {
    pond_value *items = POND_NEW_ARRAY(a, pond_value, schema.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < schema.n; i++)
        if (!pond_sv_eq(schema.items[i].name, time_column))
            items[n++] = field_value(a, &schema.items[i]);
    pond_entry *top = POND_NEW(a, pond_entry);
    *top = (pond_entry){POND_SV("fields"), pond_array(items, n)};
    return pond_object(top, 1);
}

static bool is_reserved(pond_sv name) {
    static const char *const names[] = {"args", "export", "schema", "stages", "vars"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (pond_sv_is(name, names[i]))
            return true;
    return false;
}

void pond_template_set_context(pond_session *s, const pond_value *export, const pond_value *stages,
                               pond_value vars) {
    pond_entry *e = POND_NEW_ARRAY(s->arena, pond_entry, vars.n + 3);
    size_t n = 0;
    for (size_t i = 0; i < vars.n; i++)
        if (!is_reserved(vars.entries[i].key))
            e[n++] = vars.entries[i];
    e[n++] = (pond_entry){POND_SV("vars"), vars};
    if (export != NULL)
        e[n++] = (pond_entry){POND_SV("export"), *export};
    if (stages != NULL)
        e[n++] = (pond_entry){POND_SV("stages"), *stages};
    s->template_context = pond_object_sorted(e, n);
    pond_buf json = POND_BUF_EMPTY;
    pond_json_write(&json, s->template_context, 0);
    s->context_hash = pond_sha256_of(pond_buf_view(&json));
    pond_buf_free(&json);
}

// Nodes
// ---------------------------------------------------------------------------------------------

typedef struct page {
    collection *collection;
    const pond_node *matched;
    const pond_sv *captures;
    size_t n_captures;
    bool is_rendering; // what it includes may be a page, and that page this one
} page;

static pond_code page_schema(pond_session *s, pond_arena *a, const pond_node *matched,
                             pond_value *out, pond_err *err) {
    const pond_node *node = matched;
    if (node->type == POND_T_SYMLINK)
        POND_TRY(pond_fs_resolve(s->fs, node->path, true, &node, err));
    pond_schema schema = {NULL, 0};
    pond_sv time = {"", 0};
    if (pond_type_is_queryable(node->type)) {
        pond_relation *r;
        POND_TRY(pond_relation_of(s, node, &r, err));
        POND_TRY(pond_relation_schema(s, r, &schema, err));
        time = r->time_column;
    }
    *out = pond_template_schema(a, schema, time);
    return POND_OK;
}

static pond_code page_context(pond_session *s, pond_arena *a, const page *p, pond_value *out,
                              pond_err *err) {
    if (s->template_context.kind == POND_NULL)
        pond_template_set_context(s, NULL, NULL, pond_object(NULL, 0));
    pond_value shared = s->template_context;
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, shared.n + 2);
    memcpy(e, shared.entries, shared.n * sizeof *e);
    pond_value *args = POND_NEW_ARRAY(a, pond_value, p->n_captures);
    for (size_t i = 0; i < p->n_captures; i++)
        args[i] = pond_string(p->captures[i]);
    e[shared.n] = (pond_entry){POND_SV("args"), pond_array(args, p->n_captures)};
    e[shared.n + 1].key = POND_SV("schema");
    POND_TRY(page_schema(s, a, p->matched, &e[shared.n + 1].value, err));
    *out = pond_object_sorted(e, shared.n + 2);
    return POND_OK;
}

static pond_code render_page(const page *p, pond_buf *out, pond_err *err) {
    pond_session *s = p->collection->session;
    POND_TRY(compile(s, p->collection, err));
    pond_arena a;
    pond_arena_init(&a);
    pond_value context;
    pond_code rc = page_context(s, &a, p, &context, err);
    if (rc == POND_OK)
        rc = pond_tera_render(p->collection->compiled, display_name(s, p->collection), context,
                              NULL, out, err);
    pond_arena_deinit(&a);
    return rc;
}

static pond_code page_read(pond_fs *fs, const pond_node *file, pond_buf *out, pond_err *err) {
    (void)fs;
    page *p = file->state;
    if (p->is_rendering)
        return pond_fail(err, POND_ERR_TEMPLATE, "'%.*s' is a part of itself: it is being rendered",
                         POND_SV_ARG(file->path));
    p->is_rendering = true;
    pond_code rc = render_page(p, out, err);
    p->is_rendering = false;
    return rc;
}

static void hash_part(pond_hasher *h, const pond_sha256 *part) {
    pond_hasher_part(h, (pond_sv){(const char *)part->bytes, sizeof part->bytes});
}

static pond_code page_fingerprint(pond_fs *fs, const pond_node *file, pond_sha256 *out,
                                  pond_err *err) {
    (void)fs;
    page *p = file->state;
    pond_session *s = p->collection->session;
    POND_TRY(compile(s, p->collection, err));
    if (!p->collection->is_pure)
        return POND_ERR_UNSUPPORTED;
    pond_arena a;
    pond_arena_init(&a);
    pond_value schema;
    pond_buf json = POND_BUF_EMPTY;
    pond_code rc = page_schema(s, &a, p->matched, &schema, err);
    if (rc == POND_OK) {
        pond_hasher *h = pond_hasher_new();
        hash_part(h, &p->collection->source_hash);
        hash_part(h, &s->context_hash);
        pond_hasher_part(h, p->collection->out_pattern); // its ending decides about escaping
        for (size_t i = 0; i < p->n_captures; i++)
            pond_hasher_part(h, p->captures[i]);
        pond_json_write(&json, schema, 0);
        pond_hasher_part(h, pond_buf_view(&json));
        *out = pond_hasher_finish(h);
    }
    pond_buf_free(&json);
    pond_arena_deinit(&a);
    return rc;
}

static const pond_dyn page_dyn = {.read = page_read, .fingerprint = page_fingerprint};

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
        POND_TRY(pond_factory_entry_name(a, t->out_pattern, m->node->path, m->captures,
                                         m->n_captures, &name, err));
        bool is_new;
        *pond_map_at(&seen, name, &is_new) = t;
        if (!is_new)
            continue; // the first match in path order gives the page its args and schema
        page *p = POND_NEW(a, page);
        *p = (page){t, m->node, m->captures, m->n_captures, false};
        *pond_vec_push(a, out) =
            pond_fs_child(fs, dir, name, POND_T_DATA_DYNAMIC, dir->factory, &page_dyn, p);
    }
    return POND_OK;
}

static const pond_dyn pages_dyn = {.list = list_pages};

typedef struct collections {
    collection *items;
    size_t n;
} collections;

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
    collections *all = POND_NEW(s->arena, collections);
    bool is_list;
    POND_TRY(read_collections(s, c, &all->items, &all->n, &is_list, err));
    *dyn = is_list ? &collections_dyn : &pages_dyn;
    *state = is_list ? (void *)all : (void *)all->items;
    return POND_OK;
}

const pond_factory pond_factory_template = {
    .name = "template",
    .summary = "Pages rendered from Tera templates, one for each match of a pattern",
    .makes_directory = true,
    .type = POND_T_DYNAMIC_DIRECTORY,
    .check = template_check,
    .prepare = template_prepare,
    .open = template_open,
};
