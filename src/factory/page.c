// Pages: compiles the templates of `template` nodes and renders them for their matches.
#include "factory/page.h"

#include "factory/template_extras.h"
#include "fs/fs.h"
#include "relation/schema.h"
#include "tera/call.h"

#include <endian.h>
#include <stdlib.h>

// Compiling ---------------------------------------------------------------------------------------

static pond_code load_from_pond(const page_template *t, pond_sv name, pond_sv *source,
                                pond_err *err) {
    pond_fs *fs = pond_session_fs(t->session);
    const pond_node *node;
    if (name.n == 0 || name.p[0] != '/')
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "'%.*s' is not a file of the pond: templates are named by absolute path",
                         POND_SV_ARG(name));
    POND_TRY(pond_fs_resolve(fs, name, true, &node, err));
    pond_page_context context = {0};
    if (t->context != NULL)
        context = *t->context;
    context.file = POND_SV(""); // it is that of the page which includes this one
    context.asks = NULL;        // that page depends on the text
    pond_buf text = POND_BUF_EMPTY;
    pond_code rc = pond_fs_read(fs, node, t->context == NULL ? NULL : &context, &text, err);
    if (rc == POND_OK)
        *source = pond_sv_dup(pond_session_arena(t->session), pond_buf_view(&text));
    pond_buf_free(&text);
    return rc;
}

static pond_code load_reference(void *user, pond_sv name, pond_sv *source, pond_err *err) {
    page_template *t = user;
    POND_TRY(load_from_pond(t, name, source, err));
    pond_hasher_field(t->sources, *source);
    return POND_OK;
}

// get_env in a pond, whose templates may come from somebody else: reads only what the one who runs
// the command allows.
static pond_code get_allowed_env(pond_tera_call *c, const pond_tera_args *args, pond_value *out) {
    pond_value given;
    pond_sv name = POND_SV("");
    POND_TRY(pond_tera_need(c, args, "name", &given));
    POND_TRY(pond_tera_arg_string(c, args, "name", &name));
    bool is_allowed = pond_session_may_read_env(c->user, name);
    const char *text = is_allowed ? getenv(pond_cstr(c->arena, name)) : NULL;
    const pond_value *fallback = pond_tera_arg(args, "default");
    if (text != NULL || fallback != NULL) {
        *out = text != NULL ? pond_string(pond_sv_dup(c->arena, pond_sv_of(text))) : *fallback;
        return POND_OK;
    }
    if (is_allowed)
        return pond_fail(c->err, POND_ERR_TEMPLATE,
                         POND_TERA_CALL_FMT ": there is no environment variable '%.*s'; "
                                            "give the argument 'default' for that case",
                         POND_TERA_CALL_ARG(c), POND_SV_ARG(name));
    return pond_fail(c->err, POND_ERR_TEMPLATE,
                     POND_TERA_CALL_FMT ": templates of a pond may not read the environment "
                                        "variable '%.*s'; --env %.*s allows it",
                     POND_TERA_CALL_ARG(c), POND_SV_ARG(name), POND_SV_ARG(name));
}

// `loader` may be NULL.
static pond_tera *new_tera(const page_template *t, pond_tera_loader loader, void *user) {
    static const char *const every[] = {""};
    pond_tera_options options = {.autoescape = every,
                                 .n_autoescape = t->is_markup ? 1 : 0,
                                 .has_objects = true,
                                 .loader = loader,
                                 .loader_user = user};
    pond_tera *tera = pond_tera_new(&options);
    pond_template_add_extras(tera);
    pond_ask_add(tera);
    const pond_tera_function_def env = {.name = "get_env",
                                        .arguments = "name [default]",
                                        .fn = get_allowed_env,
                                        .user = t->session,
                                        .is_impure = true};
    pond_tera_add_function(tera, &env);
    return tera;
}

static void release_tera(void *tera) {
    pond_tera_free(tera);
}

static pond_code add_and_check(page_template *t, pond_tera *tera, pond_sv text, pond_err *err) {
    pond_hasher_field(t->sources, text);
    POND_TRY(pond_tera_add(tera, t->name, text, err));
    POND_TRY(pond_tera_check(tera, err));
    t->is_pure = pond_tera_is_pure(tera, t->name);
    return POND_OK;
}

static pond_code compile_now(page_template *t, pond_err *err) {
    pond_sv text = t->text;
    if (t->path.n > 0)
        POND_TRY_CTX(load_from_pond(t, t->path, &text, err), err, "template_path");
    pond_tera *tera = new_tera(t, load_reference, t);
    pond_session_own(t->session, tera, release_tera);
    t->sources = pond_hasher_new();
    pond_code rc = add_and_check(t, tera, text, err);
    t->source_hash = pond_hasher_finish(t->sources);
    t->sources = NULL;
    if (rc == POND_OK)
        t->compiled = tera;
    return rc;
}

static pond_code compile(page_template *t, const pond_page_context *context, pond_err *err) {
    if (t->compiled != NULL)
        return POND_OK;
    if (t->is_compiling)
        return pond_fail(err, POND_ERR_TEMPLATE,
                         "template '%.*s' includes a page that is made from it",
                         POND_SV_ARG(t->name));
    t->is_compiling = true;
    t->context = context;
    pond_code rc = compile_now(t, err);
    t->context = NULL;
    t->is_compiling = false;
    return rc;
}

static void warn_of_trap(void *user, const pond_loc *where, const char *message, const char *line) {
    pond_session_warn(user, "%s:%u:%u: warning: %s\n    %s", where->file, where->line,
                      where->column, message, line);
}

pond_code page_check_text(const page_template *t, pond_err *err) {
    pond_tera *tera = new_tera(t, NULL, NULL);
    pond_code rc = pond_tera_add(tera, t->name, t->text, err);
    if (rc == POND_OK) {
        pond_code checked = pond_tera_check(tera, NULL);
        (void)checked; // templates that it refers to need not exist before it is rendered
        pond_tera_lint(tera, t->name, warn_of_trap, t->session);
    }
    pond_tera_free(tera);
    return rc;
}

// What a page sees --------------------------------------------------------------------------------

static pond_value field_value(pond_arena *a, const pond_column *c) {
    pond_column_parts parts;
    (void)pond_column_split(c->name, &parts);
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, 6);
    e[0] = (pond_entry){POND_SV("agg"), pond_string(parts.agg)};
    e[1] = (pond_entry){POND_SV("column"), pond_string(c->name)};
    e[2] = (pond_entry){POND_SV("instrument"), pond_string(parts.instrument)};
    e[3] = (pond_entry){POND_SV("name"), pond_string(parts.name)};
    e[4] = (pond_entry){POND_SV("type"), pond_string(c->type)};
    e[5] = (pond_entry){POND_SV("unit"), pond_string(parts.unit)};
    return pond_object(e, 6);
}

// The value of pond_template_schema, whose fields get these flags.
static pond_value schema_value(pond_arena *a, pond_schema schema, pond_sv time_column,
                               uint8_t flags) {
    pond_value *items = POND_NEW_ARRAY(a, pond_value, schema.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < schema.n; i++) {
        if (pond_sv_eq(schema.items[i].name, time_column))
            continue;
        items[n] = field_value(a, &schema.items[i]);
        items[n++].flags |= flags;
    }
    pond_entry *top = POND_NEW(a, pond_entry);
    *top = (pond_entry){POND_SV("fields"), pond_array(items, n)};
    return pond_object(top, 1);
}

pond_value pond_template_schema(pond_arena *a, pond_schema schema, pond_sv time_column) {
    return schema_value(a, schema, time_column, 0);
}

static bool is_reserved(pond_sv name) {
    static const char *const names[] = {"args", "export", "schema", "stages", "vars"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (pond_sv_is(name, names[i]))
            return true;
    return false;
}

// Adds JSON to a hash, piece by piece: that of an export set may have megabytes.
typedef struct value_hasher {
    pond_hasher *hasher;
    pond_buf room; // what is not hashed yet
    pond_json_memo memo;
} value_hasher;

static void hash_value(value_hasher *h, pond_value v) {
    enum { PIECE_BYTES = 1 << 16 };
    pond_buf *room = &h->room;
    if (v.kind == POND_OBJECT) {
        pond_buf_char(room, '{');
        for (size_t i = 0; i < v.n; i++) {
            pond_json_string(room, v.entries[i].key);
            pond_buf_char(room, ':');
            hash_value(h, v.entries[i].value);
            pond_buf_char(room, ',');
        }
        pond_buf_char(room, '}');
    } else {
        pond_json_write_like(room, v, &h->memo);
    }
    if (room->n >= PIECE_BYTES) {
        pond_hasher_add(h->hasher, room->p, room->n);
        pond_buf_clear(room);
    }
}

// The export set of the last stage is mostly the same value as `export`; then it is hashed once.
static bool is_last_export(const pond_value *stages, const pond_value *export) {
    if (stages == NULL || export == NULL || stages->kind != POND_ARRAY || stages->n == 0)
        return false;
    const pond_value *last = pond_get_lit(stages->items[stages->n - 1], "export");
    return last != NULL && last->kind == POND_OBJECT && export->kind == POND_OBJECT &&
           last->n == export->n && last->entries == export->entries;
}

static pond_sha256 hash_context(const pond_value *export, const pond_value *stages,
                                pond_value vars) {
    value_hasher h = {.hasher = pond_hasher_new(), .room = POND_BUF_EMPTY};
    hash_value(&h, vars);
    pond_buf_char(&h.room, ';');
    if (export != NULL && !is_last_export(stages, export))
        hash_value(&h, *export);
    pond_buf_char(&h.room, ';');
    for (size_t i = 0; stages != NULL && i < stages->n; i++)
        hash_value(&h, stages->items[i]);
    pond_hasher_add(h.hasher, h.room.p, h.room.n);
    pond_buf_free(&h.room);
    pond_json_memo_free(&h.memo);
    return pond_hasher_finish(h.hasher);
}

pond_page_context pond_page_context_of(pond_arena *a, const pond_value *export,
                                       const pond_value *stages, pond_value vars) {
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, vars.n + 3);
    size_t n = 0;
    for (size_t i = 0; i < vars.n; i++)
        if (!is_reserved(vars.entries[i].key))
            e[n++] = vars.entries[i];
    e[n++] = (pond_entry){POND_SV("vars"), vars};
    if (export != NULL)
        e[n++] = (pond_entry){POND_SV("export"), *export};
    if (stages != NULL)
        e[n++] = (pond_entry){POND_SV("stages"), *stages};
    return (pond_page_context){.values = pond_object_sorted(e, n),
                               .hash = hash_context(export, stages, vars)};
}

static pond_code find_schema(pond_session *s, const pond_node *matched, pond_schema *schema,
                             pond_sv *time_column, pond_err *err) {
    const pond_node *node = matched;
    *schema = (pond_schema){NULL, 0};
    *time_column = POND_SV("");
    if (node->type == POND_T_SYMLINK)
        POND_TRY(pond_fs_resolve(pond_session_fs(s), node->path, true, &node, err));
    if (!pond_type_is_queryable(node->type))
        return POND_OK;
    pond_relation *r;
    POND_TRY(pond_relation_of(s, node, &r, err));
    POND_TRY(pond_relation_schema(s, r, schema, err));
    *time_column = r->time_column;
    return POND_OK;
}

static pond_code find_columns(page *p, pond_err *err) {
    page_template *t = p->template;
    pond_arena *a = pond_session_arena(t->session);
    pond_schema schema;
    pond_sv time;
    if (p->columns != NULL)
        return POND_OK;
    POND_TRY(find_schema(t->session, p->matched, &schema, &time, err));
    if (t->columns == NULL || !pond_schema_equal(t->columns->schema, schema) ||
        !pond_sv_eq(t->columns->time_column, time)) {
        t->columns = POND_NEW(a, page_columns);
        *t->columns =
            (page_columns){schema, time, schema_value(a, schema, time, POND_TERA_HAS_LATE)};
    }
    p->columns = t->columns;
    return POND_OK;
}

static pond_value page_values(const page *p, const pond_page_context *context, pond_arena *a) {
    pond_value given = context->values;
    pond_entry *e = POND_NEW_ARRAY(a, pond_entry, given.n + 2);
    memcpy(e, given.entries, given.n * sizeof *e);
    pond_value *args = POND_NEW_ARRAY(a, pond_value, p->n_captures);
    for (size_t i = 0; i < p->n_captures; i++)
        args[i] = pond_string(p->captures[i]);
    e[given.n] = (pond_entry){POND_SV("args"), pond_array(args, p->n_captures)};
    e[given.n + 1] = (pond_entry){POND_SV("schema"), p->columns->value};
    return pond_object_sorted(e, given.n + 2);
}

// Rendering ---------------------------------------------------------------------------------------

// The name of the page decides about escaping, since browsers go by it: `$0` can become `x.html`.
static pond_tera_escape escape_of(const pond_node *node, const pond_page_context *context) {
    return pond_tera_is_markup(node->name) || pond_tera_is_markup(context->file)
               ? POND_TERA_ESCAPE_ON
               : POND_TERA_ESCAPE_OFF;
}

static pond_code render(const pond_node *file, const pond_page_context *context, pond_buf *out,
                        pond_err *err) {
    page *p = file->state;
    page_template *t = p->template;
    pond_page_context none;
    pond_asks own = {.asker = t->asker};
    pond_arena a;
    pond_arena_init(&a);
    if (context == NULL) {
        none = pond_page_context_of(&a, NULL, NULL, pond_object(NULL, 0));
        context = &none;
    }
    pond_code rc = compile(t, context, err);
    if (rc == POND_OK)
        rc = find_columns(p, err);
    pond_tera_run run = {.escape = escape_of(file, context)};
    pond_asks *asks = context->asks == NULL ? &own : context->asks;
    asks->matched = p->columns == NULL || p->columns->schema.n == 0 ? NULL : p->matched;
    pond_ask_begin(&run, asks);
    if (rc == POND_OK)
        rc = pond_tera_render(t->compiled, t->name, page_values(p, context, &a), &run, out, err);
    rc = pond_ask_end(asks, rc, err);
    pond_arena_deinit(&a);
    return rc;
}

static pond_code page_read(pond_fs *fs, const pond_node *file, const void *context, pond_buf *out,
                           pond_err *err) {
    (void)fs;
    page *p = file->state;
    if (p->is_rendering)
        return pond_fail(err, POND_ERR_TEMPLATE, "'%.*s' includes itself", POND_SV_ARG(file->path));
    p->is_rendering = true;
    pond_code rc = render(file, context, out, err);
    p->is_rendering = false;
    return rc;
}

static pond_code page_prepare(pond_fs *fs, const pond_node *file, const void *context,
                              pond_err *err) {
    (void)fs;
    page *p = file->state;
    POND_TRY(compile(p->template, context, err));
    return find_columns(p, err);
}

static pond_code page_fingerprint(pond_fs *fs, const pond_node *file, const void *context,
                                  bool *is_known, pond_sha256 *out, pond_err *err) {
    page *p = file->state;
    page_template *t = p->template;
    const pond_page_context *c = context;
    POND_TRY(page_prepare(fs, file, context, err));
    *is_known = t->is_pure && c != NULL;
    if (!*is_known)
        return POND_OK;
    pond_schema schema = p->columns->schema;
    pond_hasher *h = pond_hasher_new();
    pond_hasher_sha(h, &t->source_hash);
    pond_hasher_sha(h, &c->hash);
    pond_hasher_field(h, p->out_pattern);
    pond_hasher_field(h, escape_of(file, c) == POND_TERA_ESCAPE_ON ? POND_SV("escaped")
                                                                   : POND_SV("plain"));
    for (size_t i = 0; i < p->n_captures; i++)
        pond_hasher_field(h, p->captures[i]);
    // What the template sees of the columns follows from these. Their number tells them from the
    // captures.
    uint64_t n_columns = htole64(schema.n);
    pond_hasher_field(h, (pond_sv){(const char *)&n_columns, sizeof n_columns});
    pond_hasher_field(h, p->columns->time_column);
    for (size_t i = 0; i < schema.n; i++) {
        pond_hasher_field(h, schema.items[i].name);
        pond_hasher_field(h, schema.items[i].type);
    }
    *out = pond_hasher_finish(h);
    return POND_OK;
}

const pond_dyn page_dyn = {
    .read = page_read, .prepare = page_prepare, .fingerprint = page_fingerprint};
