// hidden: rows of stored versions that a later version hides, since it has their key.
//
// A row is hidden by a later version that has its key: at its own time if the time is part of the
// key, else at any time. Readers leave such rows out with an anti join, of those versions and in
// those ranges alone where rows are hidden; all else is read as if there were no keys.
#ifndef POND_RELATION_HIDDEN_H
#define POND_RELATION_HIDDEN_H

#include "relation/schema.h"
#include "relation/stored.h"

// A later version with a key, and which rows it hides.
typedef struct stored_hider {
    const pond_version *version;
    const pond_facts *facts;
    pond_schema schema;
    const pond_fact_hidden *hidden;
} stored_hider;
typedef POND_VEC(stored_hider) stored_hiders;

// One version, and the facts about its rows.
typedef struct stored_file {
    const pond_version *version;
    const pond_facts *facts;
    pond_time_bounds times;
    pond_schema schema;
    int64_t n_visible;    // rows that no later version hides
    stored_hiders hiders; // in the order of the versions
} stored_file;

typedef struct stored_relation {
    pond_relation base;
    stored_file *files; // in the order of their first times
    size_t n;
    pond_schema schema;
    const pond_united_column *columns; // of the schema
} stored_relation;

// Versions with one schema that are read together, and all that hides rows of one of them.
typedef struct stored_run {
    pond_schema schema;
    POND_VEC(const pond_version *) versions;
    stored_hiders hiders; // in the order of the versions
    bool is_mixed;        // some hider is not later than all of the versions
} stored_run;

// Whether rows of some of these days may be in the range.
bool stored_has_days_in(const pond_facts *facts, const pond_fact_days *days, size_t n,
                        pond_range range);
// Whether a hider hides rows in the range; whether anything does; what does, in `a`.
bool stored_hides_in(const stored_hider *h, pond_range range);
bool stored_is_any_hidden(const stored_file *p, pond_range range);
stored_hiders stored_hiders_in(pond_arena *a, const stored_file *p, pond_range range);
// Whether rows of both can have the same key.
bool stored_keys_unite(const pond_facts *key, pond_schema x, pond_schema y);

// Appends ` WHERE …` for the range, unless it is everything.
void stored_write_range(const stored_relation *st, pond_range range, pond_buf *sql);
// Adds a version to a run; false if it needs one of its own.
bool stored_add_to_run(pond_arena *a, stored_run *run, const stored_file *p,
                       const stored_hiders *own);
// Appends the visible rows of a run, as a table of a FROM.
pond_code stored_write_visible(pond_session *s, const stored_relation *st, const stored_run *run,
                               pond_range range, pond_buf *sql, pond_err *err) POND_MUST;
// Whether a version may have visible rows at the keys of new rows, whose columns are `schema`.
bool stored_may_hide(const stored_file *p, const pond_measured *m, pond_schema schema);
pond_schema stored_schema_of(pond_arena *a, const pond_facts *facts);

#endif
