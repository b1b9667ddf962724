// keyed: rows that come in for a series with a key, of which it keeps one row a key: a later version
// wins.
//
// What is stored is only what the series does not have: rows with a new key, and rows that differ
// from the one that is visible at their key. So an overlapping download adds what has changed since
// the last one, and nothing if nothing has.
#ifndef POND_RELATION_KEYED_H
#define POND_RELATION_KEYED_H

#include "relation/facts.h"

// What became of the rows that came in; the numbers add up to theirs.
typedef struct pond_key_counts {
    int64_t n_new, n_replacing, n_equal; // n_equal: in the series already, so not stored
    int64_t n_repeated;                  // the same row again in the same file
} pond_key_counts;

typedef struct pond_keyed {
    const pond_sv *key; // columns
    size_t n_key;
    pond_sv what;           // the name of the rows in messages
    const char *path;       // of their Parquet file
    const char *rest;       // where a file of only the rows to store may be written
    bool is_rest;           // filled: that was done
    pond_measured stored;   // filled: the rows to store, with their key and what they hide
    pond_key_counts counts; // filled
} pond_keyed;

// Fits rows that were measured to a series. `series` comes from pond_stored_relation; NULL: it does
// not exist yet. INVALID if a key column is missing or has a NULL, or if rows of one key differ.
// After a failure `rest` may exist.
pond_code pond_keyed_fit(pond_session *s, pond_relation *series, const pond_measured *rows,
                         pond_keyed *keyed, pond_err *err) POND_MUST;

#endif
