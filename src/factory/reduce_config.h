// reduce_config: the config of temporal-reduce, and what it says about the series that there are.
#ifndef POND_FACTORY_REDUCE_CONFIG_H
#define POND_FACTORY_REDUCE_CONFIG_H

#include "factory/factory.h"
#include "relation/match.h"

typedef enum reduce_fn { FN_AVG, FN_MIN, FN_MAX, FN_SUM, FN_COUNT, N_FNS } reduce_fn;

typedef struct aggregation {
    reduce_fn fn;
    const pond_sv *columns; // patterns; NULL: every numeric column
    size_t n_columns;
} aggregation;

typedef struct resolution {
    pond_sv text; // as in the config
    int64_t width_us;
} resolution;

typedef struct reduce_state {
    pond_session *session;
    pond_sv in_pattern, out_pattern, time_column;
    pond_pattern pattern;
    pond_texts transforms; // of what matches it
    resolution *resolutions;
    size_t n_resolutions;
    aggregation *aggregations;
    size_t n_aggregations;
} reduce_state;

extern const pond_options reduce_options;
extern const char *const reduce_fn_names[N_FNS];

// Lives in the session's arena. INVALID with the place in the config.
pond_code reduce_read(pond_session *s, const pond_conf *c, reduce_state *r,
                      pond_err *err) POND_MUST;
// As pond_factory has it: also compares the columns that are named with those of the series that
// match now, and warns of text that is left out.
pond_code reduce_check(pond_session *s, const pond_factory_source *source, pond_value *stored,
                       pond_err *err) POND_MUST;
// A pattern of a config is a name, or has one `*` or several.
bool reduce_column_matches(pond_sv pattern, pond_sv name, pond_arena *a);

#endif
