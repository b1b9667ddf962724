// checks_config: the config of checks: which series, and the rules that their rows should keep.
#ifndef POND_FACTORY_CHECKS_CONFIG_H
#define POND_FACTORY_CHECKS_CONFIG_H

#include "factory/columns.h"
#include "factory/factory.h"

typedef enum check_type {
    CHECK_RANGE,
    CHECK_STEP,
    CHECK_FLAT,
    CHECK_GAP,
    CHECK_STALE,
    CHECK_DUPLICATES,
    N_CHECK_TYPES
} check_type;

// One rule. Which members count depends on the type.
typedef struct check_rule {
    check_type type;
    pond_sv name;       // of the findings: as in the config, or that of the type
    pond_texts columns; // names and patterns
    bool takes_all;     // no columns are named: every numeric column
    bool has_min, has_max;
    double min, max;
    int64_t duration_us; // for, longer_than, after
    int64_t per_us;      // of a step; 0: the change itself
    bool has_as_of;      // else a series is stale compared with the current time
    int64_t as_of_us;
} check_rule;

typedef struct checks_state {
    pond_pattern pattern;
    pond_sv time_column; // empty: that of each series
    check_rule *rules;
    size_t n_rules;
} checks_state;

extern const pond_options checks_options;
extern const pond_factory_part checks_parts[N_CHECK_TYPES];

// Whether the rule is about columns, and not about the times of rows.
bool checks_has_columns(check_type type);
// Lives in the session's arena. INVALID with the place in the config.
pond_code checks_read(pond_session *s, const pond_conf *c, checks_state *out,
                      pond_err *err) POND_MUST;
// As pond_factory has it: also compares the columns that are named with those of the series that
// match now.
pond_code checks_check(pond_session *s, const pond_factory_source *source, pond_value *stored,
                       pond_err *err) POND_MUST;

#endif
