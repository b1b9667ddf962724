// joined: relations side by side, one row for each time that one of them has.
//
// The inputs are in groups. Those of one group are united by name, equal rows once; then the groups
// are joined on equal instants, full outer. Columns get the prefix of
// their input. Times of different types become those of the type that holds all of them: the finest
// unit, with a zone if one of them has one; times without a zone are UTC.
#ifndef POND_RELATION_JOINED_H
#define POND_RELATION_JOINED_H

#include "relation/relation.h"

typedef struct pond_joined_input {
    pond_relation *source;
    pond_sv label;         // for messages: what the config calls it
    pond_sv prefix;        // before the names of its columns, with a dot if it has one
    const pond_sv *wanted; // columns; one that the source lacks is a column of NULLs, DOUBLE
    size_t n_wanted;       // with wanted == NULL: all of them
    bool has_cut;          // as in pond_renaming
    int64_t begin_us, end_us;
    size_t group; // from 0; inputs come in the order of their groups
} pond_joined_input;

// What the factories that join differ in. A maker embeds this struct as the first member of its
// own, which lives as long as the session.
typedef struct pond_joining pond_joining;
struct pond_joining {
    const char *name;   // begins the fingerprint
    const char *advice; // ends the message about two inputs with a column of one name, or ""
    pond_sv time_column;
    pond_sha256 config; // shown by pond_relation_inputs
    // Finds the inputs, when the first question is asked. Without any the result has no rows, and
    // the time column alone.
    pond_code (*find_inputs)(pond_session *s, const pond_joining *how, pond_joined_input **inputs,
                             size_t *n, pond_err *err);
};

// A series at `path`. Borrows `how`.
pond_relation *pond_joined_new(pond_session *s, pond_sv path, const pond_joining *how);

#endif
