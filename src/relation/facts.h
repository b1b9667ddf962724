// facts: what is known about the rows of one version of a table or series.
//
// Facts are measured once, when the rows come in, and kept as JSON in the catalog:
//
//     {"columns": [{"name", "type", "nulls"}, …],
//      "order": "strict", "times": "finite", "days": [[16000, 16031], …],
//      "key": ["timestamp"], "hides": [{"version": 1, "rows": 3, "days": [[16000, 16000]]}, …]}
//
// A version with a key hides the rows of earlier versions that have the key of one of its rows.
// Which ones it hid when it came in is recorded, so that readers know without a query which
// versions are as they were, and how many rows they still show.
#ifndef POND_RELATION_FACTS_H
#define POND_RELATION_FACTS_H

#include "relation/relation.h"
#include "value/value.h"

typedef struct pond_fact_column {
    pond_sv name, type; // type as the engine writes it
    int64_t n_nulls;
} pond_fact_column;

typedef struct pond_fact_days {
    int64_t first, last; // days since the epoch, both included
} pond_fact_days;

// Rows of an earlier version that were visible until this one came.
typedef struct pond_fact_hidden {
    int64_t version, rows;
    bool has_days; // false: their days are not recorded
    pond_fact_days *days;
    size_t n_days;
} pond_fact_hidden;

// A version with more runs of days than this records no days: a longer list would cost more to read
// than it saves.
enum { POND_MAX_DAY_RUNS = 512 };

typedef struct pond_facts {
    pond_fact_column *columns;
    size_t n_columns;
    pond_schema schema;   // the columns; only of facts that were parsed
    pond_order order;     // of the rows in the file
    bool is_finite;       // every time was found to be an instant of the calendar
    bool has_days;        // false: there are too many runs of days to record
    pond_fact_days *days; // runs of days that have rows
    size_t n_days;
    pond_sv *key; // the columns that tell its rows apart
    size_t n_key; // 0: rows of earlier versions stay visible
    pond_fact_hidden *hides;
    size_t n_hides;
} pond_facts;

pond_code pond_facts_parse(pond_arena *a, pond_sv json, pond_facts *out, pond_err *err) POND_MUST;
// The same of a value, whose texts are borrowed.
pond_code pond_facts_of(pond_arena *a, pond_value v, pond_facts *out, pond_err *err) POND_MUST;
bool pond_key_eq(const pond_facts *x, const pond_facts *y);
// As JSON. Lives in `a`.
pond_sv pond_facts_write(pond_arena *a, const pond_facts *facts);

// Older programs stored series with infinite times: they took infinity for the first instant of
// 1970 when they measured the bounds, and recorded days that are as wrong. Such versions are
// measured again whenever they are read.
typedef struct pond_time_bounds {
    int64_t t_min_us, t_max_us; // of the times that are instants; both included
    int64_t n_odd;              // rows with other times (times.h): no range may leave them out
} pond_time_bounds;
// The bounds that the catalog has, unless they may be wrong; then those of the stored rows.
pond_code pond_facts_bounds(pond_session *s, const pond_version *v, const pond_facts *facts,
                            pond_time_bounds *out, pond_err *err) POND_MUST;

// The rows of a Parquet file: how many, the bounds of their times, and their facts.
typedef struct pond_measured {
    int64_t rows;
    pond_sv time_column;        // empty: not a series
    int64_t t_min_us, t_max_us; // both included; t_min_us > t_max_us: no rows
    pond_facts facts;
} pond_measured;

// Measures the Parquet file at `path`, which has the columns of `schema` and which the engine can
// reach. It may have no time column. If rows have times that are no instants, facts.is_finite is
// false, and neither bounds nor order nor days are known. Lives in the session's arena.
pond_code pond_measure_any(pond_session *s, const char *path, pond_schema schema,
                           pond_measured *out, pond_err *err) POND_MUST;
// Measures the Parquet file at `path`, which the engine can reach. A series needs a time column
// whose times are all instants (times.h). `what` names the source in messages. Lives in the
// session's arena.
pond_code pond_measure(pond_session *s, const char *path, pond_sv what, bool is_series,
                       pond_measured *out, pond_err *err) POND_MUST;
// The time column of a series. INVALID if there is none; `advice` is what else to say then, or empty.
pond_code pond_find_series_time(pond_schema schema, pond_sv what, pond_sv advice,
                                const pond_column **out, pond_err *err) POND_MUST;

#endif
