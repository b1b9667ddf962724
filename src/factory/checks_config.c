// The config of checks.
#include "factory/checks_config.h"

#include "base/near.h"
#include "base/time.h"

#include <math.h>

typedef struct checks_config {
    pond_sv pattern, time_column;
    const pond_conf *pattern_at, *time_at, *rules;
} checks_config;

static const pond_option rows[] = {
    POND_OPTION("pattern", POND_OPT_TEXT, checks_config, pattern,
                .place = offsetof(checks_config, pattern_at), .is_required = true,
                .help = "URL or path pattern of the series to check"),
    POND_OPTION("time_column", POND_OPT_TEXT, checks_config, time_column,
                .place = offsetof(checks_config, time_at),
                .help = "column with the times of the rows (default: that of each series)"),
    POND_OPTION("rules", POND_OPT_LIST, checks_config, rules, .is_required = true,
                .help = "a list of {type: range|step|flat|gap|stale|duplicates, …}; `name` is what "
                        "findings are called, `columns` are names or patterns"),
};
const pond_options checks_options = POND_OPTIONS("a checks config", rows);

// Rules -------------------------------------------------------------------------------------------

typedef struct rule_config {
    pond_sv type, name, as_of;
    const pond_conf *min_at, *max_at, *as_of_at;
    pond_texts columns;
    double min, max;
    int64_t duration_us, per_us;
} rule_config;

#define RULE(key, kind, member, ...) POND_OPTION(key, kind, rule_config, member, __VA_ARGS__)
#define RULE_TYPE RULE("type", POND_OPT_TEXT, type, .is_required = true, .help = "kind of rule")
#define RULE_NAME RULE("name", POND_OPT_TEXT, name, .help = "name in the findings; default: type")
#define RULE_COLUMNS                                                                               \
    RULE("columns", POND_OPT_TEXTS, columns,                                                       \
         .help = "names or patterns of columns; default: every numeric column")

static const pond_option range_rows[] = {
    RULE_TYPE,
    RULE_NAME,
    RULE_COLUMNS,
    RULE("min", POND_OPT_FLOAT, min, .place = offsetof(rule_config, min_at),
         .help = "the smallest value that is right"),
    RULE("max", POND_OPT_FLOAT, max, .place = offsetof(rule_config, max_at),
         .help = "the greatest value that is right"),
};
static const pond_option step_rows[] = {
    RULE_TYPE,
    RULE_NAME,
    RULE_COLUMNS,
    RULE("max", POND_OPT_FLOAT, max, .place = offsetof(rule_config, max_at), .is_required = true,
         .help = "the greatest change from a row to the next that is right"),
    RULE("per", POND_OPT_DURATION, per_us, .help = "the time that `max` is the change of"),
};
static const pond_option flat_rows[] = {
    RULE_TYPE,
    RULE_NAME,
    RULE_COLUMNS,
    RULE("for", POND_OPT_DURATION, duration_us, .is_required = true,
         .help = "for how long a value that does not change is wrong"),
};
static const pond_option gap_rows[] = {
    RULE_TYPE,
    RULE_NAME,
    RULE("longer_than", POND_OPT_DURATION, duration_us, .is_required = true,
         .help = "the longest time from a row to the next that is right"),
};
static const pond_option stale_rows[] = {
    RULE_TYPE,
    RULE_NAME,
    RULE("after", POND_OPT_DURATION, duration_us, .is_required = true,
         .help = "the longest time since the last row that is right"),
    RULE("as_of", POND_OPT_TEXT, as_of, .place = offsetof(rule_config, as_of_at),
         .help = "the time that the last row is compared with (default: now)"),
};
static const pond_option duplicates_rows[] = {RULE_TYPE, RULE_NAME};

static const struct {
    const char *name;
    bool has_columns;
    pond_options options;
} types[N_CHECK_TYPES] = {
    [CHECK_RANGE] = {"range", true, POND_OPTIONS("a range rule", range_rows)},
    [CHECK_STEP] = {"step", true, POND_OPTIONS("a step rule", step_rows)},
    [CHECK_FLAT] = {"flat", true, POND_OPTIONS("a flat rule", flat_rows)},
    [CHECK_GAP] = {"gap", false, POND_OPTIONS("a gap rule", gap_rows)},
    [CHECK_STALE] = {"stale", false, POND_OPTIONS("a stale rule", stale_rows)},
    [CHECK_DUPLICATES] = {"duplicates", false, POND_OPTIONS("a duplicates rule", duplicates_rows)},
};

const pond_factory_part checks_parts[N_CHECK_TYPES] = {
    {"rules[].", &types[CHECK_RANGE].options}, {"rules[].", &types[CHECK_STEP].options},
    {"rules[].", &types[CHECK_FLAT].options},  {"rules[].", &types[CHECK_GAP].options},
    {"rules[].", &types[CHECK_STALE].options}, {"rules[].", &types[CHECK_DUPLICATES].options},
};

bool checks_has_columns(check_type type) {
    return types[type].has_columns;
}

static pond_code find_type(const pond_conf *c, check_type *out, pond_err *err) {
    const pond_conf *type = pond_conf_get(c, "type");
    if (type == NULL || type->value.kind != POND_STRING)
        return pond_conf_fail(type == NULL ? c : type, err,
                              "a rule needs a 'type': range, step, flat, gap, stale or duplicates");
    pond_sv names[N_CHECK_TYPES];
    for (*out = 0; *out < N_CHECK_TYPES; (*out)++) {
        names[*out] = pond_sv_of(types[*out].name);
        if (pond_sv_eq(pond_value_sv(type->value), names[*out]))
            return POND_OK;
    }
    pond_conf_fail(type, err,
                   "unknown rule '%.*s'; it must be range, step, flat, gap, stale or duplicates",
                   POND_SV_ARG(pond_value_sv(type->value)));
    pond_near_word(err, pond_value_sv(type->value), names, N_CHECK_TYPES);
    return POND_ERR_INVALID;
}

static pond_code check_limits(const pond_conf *c, const rule_config *config, const check_rule *r,
                              pond_err *err) {
    if (r->type == CHECK_RANGE && !r->has_min && !r->has_max)
        return pond_conf_fail(c, err, "a range rule needs 'min', 'max' or both");
    if (r->has_min && !isfinite(r->min))
        return pond_conf_fail(config->min_at, err, "'min' must be a finite number");
    if (r->has_max && !isfinite(r->max))
        return pond_conf_fail(config->max_at, err, "'max' must be a finite number");
    if (r->has_min && r->has_max && r->min > r->max)
        return pond_conf_fail(config->min_at, err, "'min' is greater than 'max'");
    if (r->type == CHECK_STEP && r->max < 0)
        return pond_conf_fail(config->max_at, err, "'max' of a step must not be negative");
    return POND_OK;
}

static pond_code read_rule(pond_session *s, const pond_conf *c, check_rule *out, pond_err *err) {
    rule_config config = {0};
    pond_err why;
    POND_TRY(find_type(c, &out->type, err));
    POND_TRY(
        pond_options_read_conf(pond_session_arena(s), c, &types[out->type].options, &config, err));
    const pond_conf *columns = pond_conf_get(c, "columns");
    if (columns != NULL && config.columns.n == 0)
        return pond_conf_fail(columns, err,
                              "'columns' is empty; leave it out to take every numeric column");
    *out = (check_rule){
        .type = out->type,
        .name = config.name.n > 0 ? config.name : pond_sv_of(types[out->type].name),
        .columns = config.columns,
        .takes_all = config.columns.items == NULL,
        .has_min = config.min_at != NULL,
        .has_max = config.max_at != NULL,
        .min = config.min,
        .max = config.max,
        .duration_us = config.duration_us,
        .per_us = config.per_us,
        .has_as_of = config.as_of_at != NULL,
    };
    if (out->has_as_of && pond_time_parse(config.as_of, &out->as_of_us, &why) != POND_OK)
        return pond_conf_fail(config.as_of_at, err, "'as_of': %s", why.msg);
    return check_limits(c, &config, out, err);
}

// Config ------------------------------------------------------------------------------------------

pond_code checks_read(pond_session *s, const pond_conf *c, checks_state *out, pond_err *err) {
    checks_config config = {0};
    pond_arena *a = pond_session_arena(s);
    POND_TRY(pond_options_read_conf(a, c, &checks_options, &config, err));
    *out = (checks_state){.time_column = config.time_column, .n_rules = config.rules->n};
    POND_TRY(pond_pattern_parse(a, config.pattern, config.pattern_at, &out->pattern, err));
    if (config.time_at != NULL && config.time_column.n == 0)
        return pond_conf_fail(config.time_at, err, "'time_column' is empty");
    if (out->n_rules == 0)
        return pond_conf_fail(config.rules, err, "'rules' is empty; give at least one");
    out->rules = POND_NEW_ARRAY(a, check_rule, out->n_rules);
    for (size_t i = 0; i < out->n_rules; i++)
        POND_TRY(read_rule(s, &config.rules->items[i], &out->rules[i], err));
    return POND_OK;
}

pond_code checks_check(pond_session *s, const pond_factory_source *source, pond_value *stored,
                       pond_err *err) {
    (void)stored;
    checks_state st;
    pond_column_vec columns = {0};
    POND_TRY(checks_read(s, source->config, &st, err));
    if (pond_session_fs(s) == NULL ||
        pond_columns_find(s, &st.pattern, &(pond_texts){0}, &columns, NULL) != POND_OK ||
        columns.n == 0)
        return POND_OK; // there may be series later
    for (size_t i = 0; i < st.n_rules; i++)
        POND_TRY(pond_columns_check(
            s, &st.pattern, &columns, &st.rules[i].columns,
            pond_svf(pond_session_arena(s), "'%.*s'", POND_SV_ARG(st.rules[i].name)), err));
    return POND_OK;
}
