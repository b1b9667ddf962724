// timeseries-pivot: the same columns of many series side by side, one row for each time.
#include "factory/factory.h"
#include "factory/transforms.h"
#include "relation/joined.h"

typedef struct pivot_state {
    pond_joining joining; // the first member: its functions get a pointer to it
    pond_sv text;         // the pattern as written
    pond_pattern pattern;
    pond_texts columns, transforms;
} pivot_state;

// Config ------------------------------------------------------------------------------------------

typedef struct pivot_config {
    pond_sv pattern, time_column;
    const pond_conf *pattern_at, *time_at;
    pond_texts columns, transforms;
} pivot_config;

static const pond_option rows[] = {
    POND_OPTION("pattern", POND_OPT_TEXT, pivot_config, pattern,
                .place = offsetof(pivot_config, pattern_at), .is_required = true,
                .help = "URL or path pattern of the series; the text of the first wildcard, or the "
                        "name of the file, begins the names of its columns"),
    POND_OPTION("columns", POND_OPT_TEXTS, pivot_config, columns, .is_required = true,
                .help = "names of the wanted columns, after the transforms; one that a series "
                        "lacks is NULL"),
    POND_OPTION("time_column", POND_OPT_TEXT, pivot_config, time_column,
                .place = offsetof(pivot_config, time_at),
                .help = "column with the times of all series; default: timestamp"),
    TRANSFORMS_OPTION(pivot_config, transforms),
};
static const pond_options options = POND_OPTIONS("a timeseries-pivot config", rows);

static pond_code check_columns(pond_arena *a, const pond_conf *c, const pivot_config *config,
                               pond_err *err) {
    pond_map known;
    pond_map_init(&known, a);
    if (config->columns.n == 0)
        return pond_conf_fail(pond_conf_get(c, "columns"), err,
                              "At least one column must be specified");
    for (size_t i = 0; i < config->columns.n; i++) {
        pond_sv name = config->columns.items[i];
        const pond_conf *at = config->columns.places[i];
        bool is_new;
        if (name.n == 0)
            return pond_conf_fail(at, err, "the name of a column is empty");
        if (pond_sv_eq(name, config->time_column))
            return pond_conf_fail(at, err, "'%.*s' is the time column, which every pivot has",
                                  POND_SV_ARG(name));
        (void)pond_map_at(&known, name, &is_new);
        if (!is_new)
            return pond_conf_fail(at, err, "column '%.*s' is given twice", POND_SV_ARG(name));
    }
    return POND_OK;
}

static pond_code read_config(pond_session *s, const pond_conf *c, pivot_state *st, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    pivot_config config = {.time_column = POND_SV("timestamp")};
    POND_TRY(pond_options_read_conf(a, c, &options, &config, err));
    if (config.time_column.n == 0)
        return pond_conf_fail(config.time_at, err, "'time_column' is empty");
    POND_TRY(pond_pattern_parse(a, config.pattern, config.pattern_at, &st->pattern, err));
    POND_TRY(transforms_check(&config.transforms, err));
    POND_TRY(check_columns(a, c, &config, err));
    st->text = config.pattern;
    st->columns = config.columns;
    st->transforms = config.transforms;
    st->joining.time_column = config.time_column;
    return POND_OK;
}

static pond_code pivot_check(pond_session *s, const pond_factory_source *source, pond_value *stored,
                             pond_err *err) {
    (void)stored;
    pivot_state st = {0};
    return read_config(s, source->config, &st, err);
}

// Relation ----------------------------------------------------------------------------------------

static pond_sv alias_of(const pond_match *m) {
    return m->n_captures > 0 ? m->captures[0] : m->node->name;
}

static pond_code check_aliases(pond_session *s, const pivot_state *st,
                               const pond_match_vec *matches, pond_err *err) {
    pond_map known;
    pond_map_init(&known, pond_session_arena(s));
    for (size_t i = 0; i < matches->n; i++) {
        const pond_match *m = &matches->items[i];
        void **at = pond_map_at(&known, alias_of(m), NULL);
        if (*at != NULL)
            return pond_fail(err, POND_ERR_CONFLICT,
                             "'%.*s' and '%.*s' have the same first wildcard '%.*s' in '%.*s', so "
                             "their columns would have the same names",
                             POND_SV_ARG(((const pond_match *)*at)->node->path),
                             POND_SV_ARG(m->node->path), POND_SV_ARG(alias_of(m)),
                             POND_SV_ARG(st->text));
        *at = (void *)m;
    }
    return POND_OK;
}

static pond_code find_inputs(pond_session *s, const pond_joining *how, pond_joined_input **inputs,
                             size_t *n, pond_err *err) {
    const pivot_state *st = (const pivot_state *)how;
    pond_match_vec matches = {0};
    POND_TRY(pond_pattern_match(s, &st->pattern, &matches, err));
    if (matches.n == 0) {
        pond_fail(err, POND_ERR_NOT_FOUND, "No files matched pattern: %.*s", POND_SV_ARG(st->text));
        pond_fs_explain_no_match(pond_session_fs(s),
                                 pond_glob_prefix(pond_session_arena(s), &st->pattern.glob), err);
        return POND_ERR_NOT_FOUND;
    }
    POND_TRY(check_aliases(s, st, &matches, err));
    *n = matches.n;
    *inputs = POND_NEW_ARRAY(pond_session_arena(s), pond_joined_input, matches.n);
    for (size_t i = 0; i < matches.n; i++) {
        const pond_match *m = &matches.items[i];
        pond_joined_input *input = &(*inputs)[i];
        *input = (pond_joined_input){
            .label = m->node->path,
            .prefix = pond_svf(pond_session_arena(s), "%.*s.", POND_SV_ARG(alias_of(m))),
            .wanted = st->columns.items,
            .n_wanted = st->columns.n,
            .group = i,
        };
        POND_TRY(
            transforms_relation(s, &st->transforms, &st->pattern, m->node, &input->source, err));
    }
    return POND_OK;
}

static pond_sha256 config_hash(const pivot_state *st) {
    pond_hasher *h = pond_hasher_new();
    pond_hasher_field(h, st->joining.time_column);
    pond_hasher_field(h, st->text);
    for (size_t i = 0; i < st->columns.n; i++)
        pond_hasher_field(h, st->columns.items[i]);
    pond_hasher_field(h, POND_SV("transforms"));
    for (size_t i = 0; i < st->transforms.n; i++)
        pond_hasher_field(h, st->transforms.items[i]);
    return pond_hasher_finish(h);
}

static pond_code pivot_make(pond_session *s, const pond_node *node, pond_relation **out,
                            pond_err *err) {
    (void)err;
    const pivot_state *st = node->state;
    *out = pond_joined_new(s, node->path, &st->joining);
    return POND_OK;
}

static const pond_relate pivot_relate = {pivot_make};
static const pond_dyn pivot_dyn = {.relate = &pivot_relate};

static pond_code pivot_open(pond_session *s, const pond_conf *c, const pond_dyn **dyn, void **state,
                            pond_err *err) {
    pivot_state *st = POND_NEW(pond_session_arena(s), pivot_state);
    POND_TRY(read_config(s, c, st, err));
    st->joining.name = "pivot";
    st->joining.advice = "";
    st->joining.find_inputs = find_inputs;
    st->joining.config = config_hash(st);
    *dyn = &pivot_dyn;
    *state = st;
    return POND_OK;
}

const pond_factory pond_factory_timeseries_pivot = {
    .name = "timeseries-pivot",
    .summary = "The same columns of many series side by side",
    .options = &options,
    .makes_file = true,
    .type = POND_T_TABLE_DYNAMIC,
    .check = pivot_check,
    .open = pivot_open,
};
