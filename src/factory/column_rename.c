// column-rename: rules that give columns other names and types. The node is a config with a name;
// other factories apply it to their sources (transforms.h).
#include "factory/column_rename.h"

#include "base/regex.h"
#include "factory/factory.h"

typedef enum rule_kind { DIRECT, PATTERN } rule_kind;

typedef struct rule {
    rule_kind kind;
    pond_sv from, to; // of a pattern: the regular expression, and the replacement
    const char *cast; // the SQL type; NULL: none
    pond_regex *regex;
} rule;

typedef struct rename_state {
    pond_renaming renaming; // the first member: its functions get a pointer to it
    pond_session *session;
    const pond_conf *config;
    rule *rules;
    size_t n;
} rename_state;

// Config ------------------------------------------------------------------------------------------

typedef struct rename_config {
    const pond_conf *rules;
} rename_config;

static const pond_option rows[] = {
    POND_OPTION("rules", POND_OPT_LIST, rename_config, rules, .is_required = true,
                .help = "a list of {type: direct, from, to, cast} and {type: pattern, pattern, "
                        "replacement}; the first rule that fits a column counts"),
};
static const pond_options options = POND_OPTIONS("a column-rename config", rows);

typedef struct rule_config {
    pond_sv type, from, to, cast;
    const pond_conf *from_at, *to_at, *cast_at;
} rule_config;

#define TEXT(name, member, at, is_required_, help_)                                                \
    POND_OPTION(name, POND_OPT_TEXT, rule_config, member, .place = offsetof(rule_config, at),      \
                .is_required = is_required_, .help = help_)
#define TYPE                                                                                       \
    POND_OPTION("type", POND_OPT_TEXT, rule_config, type, .is_required = true,                     \
                .help = "direct or pattern")

static const pond_option direct_rows[] = {
    TYPE,
    TEXT("from", from, from_at, true, "name of the column"),
    TEXT("to", to, to_at, true, "its new name"),
    TEXT("cast", cast, cast_at, false, "its new type"),
};
static const pond_options direct_options = POND_OPTIONS("a direct rule", direct_rows);

static const pond_option pattern_rows[] = {
    TYPE,
    TEXT("pattern", from, from_at, true, "a regular expression, found anywhere in the name"),
    TEXT("replacement", to, to_at, true, "what replaces it; $1, ${name} are groups"),
};
static const pond_options pattern_options = POND_OPTIONS("a pattern rule", pattern_rows);

static const pond_factory_part parts[] = {
    {"rules[].", &direct_options},
    {"rules[].", &pattern_options},
};

static const struct {
    const char *word, *sql_type;
} casts[] = {
    {"timestamp", "TIMESTAMP WITH TIME ZONE"},
    {"utf8", "VARCHAR"},
    {"string", "VARCHAR"},
    {"int64", "BIGINT"},
    {"int32", "INTEGER"},
    {"float64", "DOUBLE"},
    {"float32", "FLOAT"},
    {"boolean", "BOOLEAN"},
};

static const char *find_cast(pond_arena *a, pond_sv word) {
    word = pond_sv_lower(a, word);
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++)
        if (pond_sv_is(word, casts[i].word))
            return casts[i].sql_type;
    return NULL;
}

static void free_regex(void *regex) {
    pond_regex_free(regex);
}

static pond_code compile(pond_session *s, const rule_config *config, bool warns, rule *out,
                         pond_err *err) {
    pond_err why;
    pond_sv group;
    if (pond_regex_new(config->from, &out->regex, &why) != POND_OK)
        return pond_conf_fail(config->from_at, err, "Invalid regex pattern '%.*s': it %s",
                              POND_SV_ARG(config->from), why.msg);
    pond_session_own(s, out->regex, free_regex);
    if (warns && pond_regex_lacks_group(out->regex, config->to, &group))
        pond_session_warn(s,
                          "warning: line %u: the pattern has no group '%.*s', so it is empty in "
                          "the replacement; in front of a letter, a digit or '_' write ${1}",
                          config->to_at->line, POND_SV_ARG(group));
    return POND_OK;
}

static pond_code read_rule(pond_session *s, const pond_conf *c, bool warns, rule *out,
                           pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    const pond_conf *type = c->value.kind == POND_OBJECT ? pond_conf_get(c, "type") : NULL;
    rule_config config = {0};
    if (type != NULL && !pond_sv_is(type->text, "direct") && !pond_sv_is(type->text, "pattern"))
        return pond_conf_fail(type, err,
                              "unknown type of a rule '%.*s'; it must be direct or pattern",
                              POND_SV_ARG(type->text));
    out->kind = type != NULL && pond_sv_is(type->text, "pattern") ? PATTERN : DIRECT;
    POND_TRY(pond_options_read_conf(a, c, out->kind == PATTERN ? &pattern_options : &direct_options,
                                    &config, err));
    out->from = config.from;
    out->to = config.to;
    if (out->kind == PATTERN)
        return compile(s, &config, warns, out, err);
    if (config.to.n == 0)
        return pond_conf_fail(config.to_at, err, "the new name of a column is empty");
    if (config.cast_at == NULL)
        return POND_OK;
    out->cast = find_cast(a, config.cast);
    if (out->cast == NULL && warns)
        pond_session_warn(s,
                          "warning: line %u: unknown cast '%.*s', so the column keeps its type; "
                          "casts are timestamp, utf8, int64, int32, float64, float32, boolean",
                          config.cast_at->line, POND_SV_ARG(config.cast));
    return POND_OK;
}

static pond_code read_config(pond_session *s, const pond_conf *c, bool warns, rename_state *st,
                             pond_err *err) {
    rename_config config = {0};
    POND_TRY(pond_options_read_conf(pond_session_arena(s), c, &options, &config, err));
    st->session = s;
    st->config = c;
    st->n = config.rules->n;
    st->rules = POND_NEW_ARRAY(pond_session_arena(s), rule, st->n);
    for (size_t i = 0; i < st->n; i++)
        POND_TRY(read_rule(s, &config.rules->items[i], warns, &st->rules[i], err));
    return POND_OK;
}

static pond_code rename_check(pond_session *s, const pond_factory_source *source,
                              pond_value *stored, pond_err *err) {
    (void)stored;
    rename_state st = {0};
    return read_config(s, source->config, true, &st, err);
}

// Columns -----------------------------------------------------------------------------------------

// Times become whole seconds of UTC; those without a zone are UTC already.
static pond_sv sql_cast(pond_arena *a, const char *type, const pond_column *c, bool *keeps_value) {
    pond_buf sql = POND_BUF_EMPTY;
    bool is_time = pond_sv_is(pond_sv_of(type), "TIMESTAMP WITH TIME ZONE");
    bool is_number = is_time && pond_type_is_numeric(c->type);
    *keeps_value = is_time && pond_sv_is(c->type, "TIMESTAMP_S");
    pond_buf_str(&sql, is_number                  ? "make_timestamptz(1000000 * CAST(floor("
                       : is_time && !*keeps_value ? "date_trunc('second', CAST("
                                                  : "CAST(");
    pond_buf_sql_name(&sql, c->name);
    if (is_number)
        pond_buf_str(&sql, ") AS BIGINT))");
    else
        pond_buf_printf(&sql, " AS %s)%s", type, is_time && !*keeps_value ? ")" : "");
    return pond_buf_keep(a, &sql);
}

static pond_code rename_column(pond_session *s, const rename_state *st, const pond_column *c,
                               pond_renamed_column *out, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    *out = (pond_renamed_column){.from = c->name, .to = *c};
    for (size_t i = 0; i < st->n; i++) {
        const rule *r = &st->rules[i];
        bool fits = r->kind == DIRECT && pond_sv_eq(r->from, c->name);
        if (fits)
            out->to.name = r->to;
        else if (r->kind == PATTERN)
            POND_TRY_CTX(pond_regex_replace(r->regex, a, c->name, r->to, &fits, &out->to.name, err),
                         err, "matching column '%.*s' with '%.*s'", POND_SV_ARG(c->name),
                         POND_SV_ARG(r->from));
        if (!fits)
            continue;
        if (out->to.name.n == 0)
            return pond_fail(err, POND_ERR_INVALID, "column '%.*s' would get an empty name",
                             POND_SV_ARG(c->name));
        if (r->cast != NULL && !pond_sv_is(c->type, r->cast)) {
            out->to.type = pond_sv_of(r->cast);
            out->sql = sql_cast(a, r->cast, c, &out->keeps_value);
        }
        break;
    }
    return POND_OK;
}

static pond_code rename_columns(pond_session *s, const pond_renaming *how, pond_relation *source,
                                pond_schema have, pond_renamed_columns *out, pond_err *err) {
    (void)source;
    const rename_state *st = (const rename_state *)how;
    for (size_t i = 0; i < have.n; i++)
        POND_TRY_CTX(
            rename_column(s, st, &have.items[i], pond_vec_push(pond_session_arena(s), out), err),
            err, "transform '%.*s'", POND_SV_ARG(how->path));
    return POND_OK;
}

static pond_sha256 config_hash(const rename_state *st) {
    pond_hasher *h = pond_hasher_new();
    for (size_t i = 0; i < st->n; i++) {
        const rule *r = &st->rules[i];
        pond_hasher_field(h, r->kind == PATTERN ? POND_SV("pattern") : POND_SV("direct"));
        pond_hasher_field(h, r->from);
        pond_hasher_field(h, r->to);
        pond_hasher_field(h, pond_sv_of(r->cast));
    }
    return pond_hasher_finish(h);
}

// The node ----------------------------------------------------------------------------------------

static pond_code read_stored(pond_session *s, const pond_node *file, pond_buf *out, pond_err *err) {
    const pond_version *v;
    POND_TRY(pond_store_latest(pond_session_txn(s), pond_session_arena(s), file->id, &v, err));
    return pond_object_read(pond_session_store(s), &v->object, out, err);
}

// A stored node shows the text of its config, without the values of environment variables. An entry
// of a dynamic-dir shows its part of that config.
static pond_code rename_read(pond_fs *fs, const pond_node *file, const void *context, pond_buf *out,
                             pond_err *err) {
    (void)context;
    const rename_state *st = file->state;
    if (file->is_stored)
        return read_stored(st->session, file, out, err);
    pond_json_write(out, pond_conf_value(pond_fs_arena(fs), st->config), 2);
    pond_buf_char(out, '\n');
    return POND_OK;
}

static const pond_dyn rename_dyn = {.read = rename_read};

const pond_renaming *column_rename_of(const pond_node *node) {
    if (node->dyn != &rename_dyn)
        return NULL;
    rename_state *st = node->state;
    st->renaming.path = node->path;
    return &st->renaming;
}

static pond_code rename_open(pond_session *s, const pond_conf *c, const pond_dyn **dyn,
                             void **state, pond_err *err) {
    rename_state *st = POND_NEW(pond_session_arena(s), rename_state);
    POND_TRY(read_config(s, c, false, st, err));
    st->renaming = (pond_renaming){
        .name = "column-rename", .columns = rename_columns, .config = config_hash(st)};
    *dyn = &rename_dyn;
    *state = st;
    return POND_OK;
}

const pond_factory pond_factory_column_rename = {
    .name = "column-rename",
    .summary = "A transform that other factories apply to their sources: columns get other names "
               "and types",
    .options = &options,
    POND_FACTORY_PARTS(parts),
    .type = POND_T_DATA_DYNAMIC,
    .check = rename_check,
    .open = rename_open,
};
