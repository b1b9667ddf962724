// timeseries-join: several series side by side, one row for each time.
#include "base/time.h"
#include "factory/factory.h"
#include "factory/transforms.h"
#include "relation/joined.h"

typedef struct join_input {
    pond_sv text, scope; // the pattern as written; an input without scope stands alone
    pond_pattern pattern;
    pond_texts transforms;
    size_t place; // in the config
    bool has_range;
    int64_t begin_us, end_us;
} join_input;

typedef struct join_state {
    pond_joining joining; // the first member: its functions get a pointer to it
    join_input *inputs;   // sorted by scope; equal ones, and all without one, in the config's order
    size_t n;
} join_state;

// Config ------------------------------------------------------------------------------------------

typedef struct join_config {
    pond_sv time_column;
    const pond_conf *time_at, *inputs;
} join_config;

static const pond_option rows[] = {
    POND_OPTION("inputs", POND_OPT_LIST, join_config, inputs, .is_required = true,
                .help = "at least two {pattern, scope, range: {begin, end}, transforms}"),
    POND_OPTION("time_column", POND_OPT_TEXT, join_config, time_column,
                .place = offsetof(join_config, time_at),
                .help = "column with the times of all inputs; default: timestamp"),
};
static const pond_options options = POND_OPTIONS("a timeseries-join config", rows);

typedef struct input_config {
    pond_sv pattern, scope;
    const pond_conf *pattern_at, *scope_at, *range;
    pond_texts transforms;
} input_config;

static const pond_option input_rows[] = {
    POND_OPTION("pattern", POND_OPT_TEXT, input_config, pattern,
                .place = offsetof(input_config, pattern_at), .is_required = true,
                .help = "URL or path pattern of the rows"),
    POND_OPTION("scope", POND_OPT_TEXT, input_config, scope,
                .place = offsetof(input_config, scope_at),
                .help = "prefix of the columns; inputs with the same one are united"),
    POND_OPTION("range", POND_OPT_MAP, input_config, range,
                .help = "{begin, end}: only rows with these times, both included"),
    TRANSFORMS_OPTION(input_config, transforms),
};
static const pond_options input_options = POND_OPTIONS("an input of a join", input_rows);

typedef struct range_config {
    pond_sv begin, end;
    const pond_conf *begin_at, *end_at;
} range_config;

static const pond_option range_rows[] = {
    POND_OPTION("begin", POND_OPT_TEXT, range_config, begin,
                .place = offsetof(range_config, begin_at), .help = "the first time"),
    POND_OPTION("end", POND_OPT_TEXT, range_config, end, .place = offsetof(range_config, end_at),
                .help = "the last time"),
};
static const pond_options range_options = POND_OPTIONS("a range", range_rows);

static const pond_factory_part parts[] = {
    {"inputs[].", &input_options},
    {"inputs[].range.", &range_options},
};

static pond_code read_instant(pond_sv text, const pond_conf *at, int64_t *out_us, pond_err *err) {
    pond_err why;
    if (at == NULL || pond_time_parse(text, out_us, &why) == POND_OK)
        return POND_OK;
    return pond_conf_fail(at, err, "Invalid timestamp '%.*s': %s", POND_SV_ARG(text), why.msg);
}

static pond_code read_range(pond_arena *a, const pond_conf *c, join_input *out, pond_err *err) {
    range_config config = {0};
    out->begin_us = INT64_MIN;
    out->end_us = INT64_MAX;
    if (c == NULL)
        return POND_OK;
    POND_TRY(pond_options_read_conf(a, c, &range_options, &config, err));
    POND_TRY(read_instant(config.begin, config.begin_at, &out->begin_us, err));
    POND_TRY(read_instant(config.end, config.end_at, &out->end_us, err));
    if (out->begin_us > out->end_us)
        return pond_conf_fail(config.end_at, err, "the range ends (%.*s) before it begins (%.*s)",
                              POND_SV_ARG(config.end), POND_SV_ARG(config.begin));
    out->has_range = config.begin_at != NULL || config.end_at != NULL;
    return POND_OK;
}

static pond_code read_input(pond_arena *a, const pond_conf *c, join_input *out, pond_err *err) {
    input_config config = {0};
    POND_TRY(pond_options_read_conf(a, c, &input_options, &config, err));
    if (config.scope_at != NULL && config.scope.n == 0)
        return pond_conf_fail(config.scope_at, err,
                              "'scope' is empty; leave it out to keep the names of the columns");
    *out = (join_input){
        .text = config.pattern, .scope = config.scope, .transforms = config.transforms};
    POND_TRY(pond_pattern_parse(a, config.pattern, config.pattern_at, &out->pattern, err));
    POND_TRY(transforms_check(&out->transforms, err));
    return read_range(a, config.range, out, err);
}

static int by_scope(const void *x, const void *y) {
    const join_input *a = x, *b = y;
    int order = pond_sv_cmp(a->scope, b->scope);
    return order != 0 ? order : (a->place > b->place) - (a->place < b->place);
}

static pond_code read_config(pond_session *s, const pond_conf *c, join_state *st, pond_err *err) {
    pond_arena *a = pond_session_arena(s);
    join_config config = {.time_column = POND_SV("timestamp")};
    POND_TRY(pond_options_read_conf(a, c, &options, &config, err));
    if (config.time_column.n == 0)
        return pond_conf_fail(config.time_at, err, "'time_column' is empty");
    if (config.inputs->n == 0)
        return pond_conf_fail(config.inputs, err, "At least one input must be specified");
    if (config.inputs->n == 1)
        return pond_conf_fail(config.inputs, err,
                              "Timeseries join requires at least 2 inputs. Use sql-derived-series "
                              "for single sources.");
    st->joining.time_column = config.time_column;
    st->n = config.inputs->n;
    st->inputs = POND_NEW_ARRAY(a, join_input, st->n);
    for (size_t i = 0; i < st->n; i++)
        POND_TRY_CTX(read_input(a, &config.inputs->items[i], &st->inputs[i], err), err, "input %zu",
                     i + 1);
    pond_sort(st->inputs, st->n, sizeof *st->inputs, by_scope);
    return POND_OK;
}

static pond_code join_check(pond_session *s, const pond_factory_source *source, pond_value *stored,
                            pond_err *err) {
    (void)stored;
    join_state st = {0};
    return read_config(s, source->config, &st, err);
}

// Relation ----------------------------------------------------------------------------------------

static bool is_of_group(const join_input *input, const join_input *before) {
    return input->scope.n > 0 && before != NULL && pond_sv_eq(input->scope, before->scope);
}

// An input that matches nothing has no rows, and no columns.
static pond_code find_inputs(pond_session *s, const pond_joining *how, pond_joined_input **inputs,
                             size_t *n, pond_err *err) {
    const join_state *st = (const join_state *)how;
    const join_input *before = NULL;
    *inputs = POND_NEW_ARRAY(pond_session_arena(s), pond_joined_input, st->n);
    *n = 0;
    for (size_t i = 0; i < st->n; i++) {
        const join_input *input = &st->inputs[i];
        pond_match_vec matches = {0};
        pond_relation *source;
        POND_TRY_CTX(pond_pattern_match(s, &input->pattern, &matches, err), err, "input '%.*s'",
                     POND_SV_ARG(input->text));
        if (matches.n == 0)
            continue;
        POND_TRY_CTX(transforms_unite(s, &input->transforms, &input->pattern, matches.items,
                                      matches.n, &source, err),
                     err, "input '%.*s'", POND_SV_ARG(input->text));
        size_t group = *n == 0 ? 0 : (*inputs)[*n - 1].group + !is_of_group(input, before);
        (*inputs)[(*n)++] = (pond_joined_input){
            .source = source,
            .label = input->text,
            .prefix = input->scope.n == 0
                          ? input->scope
                          : pond_svf(pond_session_arena(s), "%.*s.", POND_SV_ARG(input->scope)),
            .has_cut = input->has_range,
            .begin_us = input->begin_us,
            .end_us = input->end_us,
            .group = group,
        };
        before = input;
    }
    return POND_OK;
}

static void hash_input(pond_hasher *h, const join_input *input) {
    pond_hasher_field(h, input->text);
    pond_hasher_field(h, input->scope);
    pond_hasher_field(h, (pond_sv){(const char *)&input->begin_us, sizeof input->begin_us});
    pond_hasher_field(h, (pond_sv){(const char *)&input->end_us, sizeof input->end_us});
    for (size_t i = 0; i < input->transforms.n; i++)
        pond_hasher_field(h, input->transforms.items[i]);
}

static pond_sha256 config_hash(const join_state *st) {
    pond_hasher *h = pond_hasher_new();
    pond_hasher_field(h, st->joining.time_column);
    for (size_t i = 0; i < st->n; i++)
        hash_input(h, &st->inputs[i]);
    return pond_hasher_finish(h);
}

static pond_code join_make(pond_session *s, const pond_node *node, pond_relation **out,
                           pond_err *err) {
    (void)err;
    const join_state *st = node->state;
    *out = pond_joined_new(s, node->path, &st->joining);
    return POND_OK;
}

static const pond_relate join_relate = {join_make};
static const pond_dyn join_dyn = {.relate = &join_relate};

static pond_code join_open(pond_session *s, const pond_conf *c, const pond_dyn **dyn, void **state,
                           pond_err *err) {
    join_state *st = POND_NEW(pond_session_arena(s), join_state);
    POND_TRY(read_config(s, c, st, err));
    st->joining.name = "join";
    st->joining.advice = "; give them different scopes";
    st->joining.find_inputs = find_inputs;
    st->joining.config = config_hash(st);
    *dyn = &join_dyn;
    *state = st;
    return POND_OK;
}

const pond_factory pond_factory_timeseries_join = {
    .name = "timeseries-join",
    .summary = "Several series side by side, joined on time",
    .options = &options,
    POND_FACTORY_PARTS(parts),
    .makes_file = true,
    .type = POND_T_TABLE_DYNAMIC,
    .check = join_check,
    .open = join_open,
};
