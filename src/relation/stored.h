// stored: relations over what the store holds: the versions of a table or a series, and what is
// recorded of their rows.
#ifndef POND_RELATION_STORED_H
#define POND_RELATION_STORED_H

#include "relation/relation.h"

// What is recorded of a version's rows, as JSON in the catalog:
//     {"columns": [{"name", "type", "nulls"}, …], "order": "strict", "days": [[16000, 16031], …]}
typedef struct pond_stored_column {
    pond_sv name, type;
    int64_t n_nulls;
} pond_stored_column;
typedef struct pond_stored_days {
    int64_t first, last; // days since the epoch, both included
} pond_stored_days;
typedef struct pond_stored_facts {
    pond_stored_column *items;
    size_t n;
    pond_order order;       // of the rows in the file
    pond_stored_days *days; // the days that have rows, as runs; NULL: not recorded, because they
                            // are too scattered
    size_t n_days;
} pond_stored_facts;

pond_code pond_stored_facts_parse(pond_arena *a, pond_sv json, pond_stored_facts *out,
                                  pond_err *err) POND_MUST;

pond_code pond_stored_relation(pond_session *s, const pond_node *node, pond_relation **out,
                               pond_err *err) POND_MUST;

// Measures the Parquet file at `path` (which the engine can reach): rows, columns with their NULLs,
// and for a series the time column, which must exist and hold no NULL, with its bounds. `what`
// names the source in messages. Fills everything of *out but number, object, size_bytes and
// created_us. Lives in the session's arena.
pond_code pond_stored_measure(pond_session *s, const char *path, pond_sv what, bool is_series,
                              pond_version *out, pond_err *err) POND_MUST;

// Whether `added` can be a further version of a series that has `versions`: same time column,
// columns of the same name of types that unite. CONFLICT shows each difference, a line each.
pond_code pond_stored_check_append(pond_arena *a, const pond_version_vec *versions,
                                   const pond_version *added, pond_sv path,
                                   pond_err *err) POND_MUST;

#endif
