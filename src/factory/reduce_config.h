// reduce_config: the config of temporal-reduce, and what it says about the series that there are.
#ifndef POND_FACTORY_REDUCE_CONFIG_H
#define POND_FACTORY_REDUCE_CONFIG_H

#include "factory/columns.h"
#include "factory/factory.h"
#include "value/buckets.h"

typedef enum reduce_fn {
#define FUNCTION(id, name, columns, made) FN_##id,
#include "factory/reduce_functions.def"
#undef FUNCTION
    FN_PERCENTILE,
    N_FNS
} reduce_fn;

typedef struct aggregation {
    reduce_fn fn;
    pond_sv name;       // as in the config, and in the names of its columns: "p95"
    pond_sv fraction;   // of a percentile or the median: "0.95"
    pond_texts columns; // names and patterns
    bool takes_all;     // no columns are named: every numeric column
} aggregation;

typedef struct resolution {
    pond_sv text; // as in the config
    pond_buckets buckets;
} resolution;

typedef struct reduce_state {
    pond_session *session;
    pond_sv in_pattern, out_pattern, time_column;
    pond_sv zone;             // empty: UTC
    pond_sha256 zone_changes; // of the clock, which belong to what the rows depend on
    int64_t offset_us;
    pond_pattern pattern;
    pond_texts transforms; // of what matches it
    resolution *resolutions;
    size_t n_resolutions;
    const resolution *finest;
    aggregation *aggregations;
    size_t n_aggregations;
    bool is_from_rows; // some function cannot be put together from finer buckets
} reduce_state;

extern const pond_options reduce_options;
enum { N_REDUCE_PARTS = 1 };
extern const pond_factory_part reduce_parts[N_REDUCE_PARTS];

// Lives in the session's arena. INVALID with the place in the config.
pond_code reduce_read(pond_session *s, const pond_conf *c, reduce_state *r,
                      pond_err *err) POND_MUST;
// As pond_factory has it: also compares the columns that are named with those of the series that
// match now, and warns of text that is left out.
pond_code reduce_check(pond_session *s, const pond_factory_source *source, pond_value *stored,
                       pond_err *err) POND_MUST;
bool reduce_needs_number(reduce_fn fn);

#endif
