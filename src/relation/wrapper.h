// wrapper: a relation made from other relations: a union, a user's query, a reduction.
//
// A kind of wrapper writes its schema and its SQL, and takes the rest of its pond_relation_ops from
// here: its fingerprint, bounds, inputs and whether it is sliceable follow from its sources and its
// config. Sources are found at the first question, so making a wrapper reads nothing.
#ifndef POND_RELATION_WRAPPER_H
#define POND_RELATION_WRAPPER_H

#include "relation/relation.h"

typedef struct pond_wrapper pond_wrapper;

typedef struct pond_source {
    pond_sv name; // what the wrapper calls it; empty where sources have no names
    pond_relation *relation;
    size_t n_uses; // how often the wrapper's SQL reads it; 0 is 1
} pond_source;

// How a kind of wrapper differs from others. Functions that are not needed are NULL.
typedef struct pond_wrapper_kind {
    const char *name; // begins the fingerprint
    // Finds the sources: sets w->sources and w->n_sources. Called once.
    pond_code (*find_sources)(pond_session *s, pond_wrapper *w, pond_err *err);
    // Hashes the part of the config that rows depend on: before the sources, or with
    // is_config_last after them. A released order is kept, so that fingerprints stay valid.
    void (*hash_config)(const pond_wrapper *w, pond_hasher *h);
    bool is_config_last;
    // The hash of the config that pond_relation_inputs shows under the relation's path.
    pond_sha256 (*config)(const pond_wrapper *w);
    // Why the config itself makes the rows change, as in pond_relation_ops. Asked after
    // find_sources.
    pond_sv (*changing)(const pond_wrapper *w);
    // The rows of its sources that a slice is made from. NULL: those of the same range.
    pond_range (*reach)(const pond_wrapper *w, pond_range range);
    // Its bounds, from what its sources' bounds cover. NULL: the same.
    pond_range (*extent)(const pond_wrapper *w, pond_range sources);
} pond_wrapper_kind;

struct pond_wrapper {
    pond_relation base;
    const pond_wrapper_kind *kind;
    pond_source *sources;
    size_t n_sources;
    bool has_sources;
};

// Finds the sources, if they are not known yet.
pond_code pond_wrapper_sources(pond_session *s, pond_wrapper *w, pond_err *err) POND_MUST;

// For pond_relation_ops. A source that is not a series (a table of sites) is the same for every
// range.
pond_code pond_wrapper_fingerprint(pond_session *s, pond_relation *r, pond_range range,
                                   pond_hasher *h, pond_err *err) POND_MUST;
pond_code pond_wrapper_bounds(pond_session *s, pond_relation *r, pond_range *out,
                              pond_err *err) POND_MUST;
pond_code pond_wrapper_inputs(pond_session *s, pond_relation *r, pond_map *out,
                              pond_err *err) POND_MUST;
// Of the wrapper itself, or of one of its sources.
pond_code pond_wrapper_order_varies(pond_session *s, pond_relation *r, bool *out,
                                    pond_err *err) POND_MUST;
// Of the wrapper itself, or of its sources.
pond_code pond_wrapper_changing(pond_session *s, pond_relation *r, pond_sv *out,
                                pond_err *err) POND_MUST;
// A wrapper is sliceable if all its sources are.
pond_code pond_wrapper_is_sliceable(pond_session *s, pond_relation *r, bool *out,
                                    pond_err *err) POND_MUST;
// A wrapper rests on a promise if one of its sources does.
pond_code pond_wrapper_is_promised(pond_session *s, pond_relation *r, bool *out,
                                   pond_err *err) POND_MUST;
bool pond_wrapper_sums_vary(const pond_relation *r);
// The work of its sources.
int64_t pond_wrapper_work(pond_session *s, pond_relation *r, pond_range range);
// Appends the SELECT of a source's rows for a slice of the wrapper; is_steady: in an order that is the
// same for every range.
pond_code pond_wrapper_source_sql(pond_session *s, const pond_wrapper *w, size_t source,
                                  pond_range range, bool is_steady, pond_buf *sql,
                                  pond_err *err) POND_MUST;

// The parts united by name into one relation, which is the part itself if there is only one.
// Without parts: no rows, one column `timestamp`. `parts` is borrowed.
pond_relation *pond_union_of(pond_session *s, pond_relation **parts, size_t n);

#endif
