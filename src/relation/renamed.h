// renamed: the rows of another relation with its columns under other names and types, some left out
// or added, and only those of a time range.
#ifndef POND_RELATION_RENAMED_H
#define POND_RELATION_RENAMED_H

#include "relation/relation.h"

typedef struct pond_renamed_column {
    pond_sv from;   // column of the source; empty: there is none, so the values are NULL
    pond_column to; // its name and type
    pond_sv sql;    // how the value is made of `from`; empty: it is that value
    // `sql` changes the type only, not the value: of a time, its instant.
    bool keeps_value;
} pond_renamed_column;
typedef POND_VEC(pond_renamed_column) pond_renamed_columns;

// What is done with the columns. A maker embeds this struct as the first member of its own, which
// lives as long as the session.
typedef struct pond_renaming pond_renaming;
struct pond_renaming {
    const char *name; // begins the fingerprint
    // Adds the columns of the result, given those of the source. Called once.
    pond_code (*columns)(pond_session *s, const pond_renaming *how, pond_relation *source,
                         pond_schema have, pond_renamed_columns *out, pond_err *err);
    pond_sha256 config;  // of what the columns depend on, besides the source
    pond_sv path;        // of the node that this config is from; empty: none
    pond_sv time_column; // of the result; empty: its name tells, as with every table
    bool is_series;      // the result is, even if the source is a table
    bool has_cut;
    int64_t begin_us, end_us; // with has_cut: the times of the rows are from the one to the other,
                              // both included; INT64_MIN and INT64_MAX are no limits
};

// Borrows `how`. The schema fails, CONFLICT, if two columns of the result have names that are the
// same to the engine.
pond_relation *pond_renamed_of(pond_session *s, pond_relation *source, const pond_renaming *how);

#endif
