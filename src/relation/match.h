// match: the nodes that a URL or a path with wildcards matches, and their rows.
//
// `series:///stations/*.series` means all matching series, united by name;
// `csv:///lookup/sites.csv` means the parsed bytes of a file. Every factory that reads other nodes
// uses these functions. Matching makes no relation and plans no query, so the contents of the nodes
// cannot make it fail.
#ifndef POND_RELATION_MATCH_H
#define POND_RELATION_MATCH_H

#include "format/url.h"
#include "relation/relation.h"
#include "value/conf.h"

typedef struct pond_pattern {
    pond_url url;
    pond_glob glob;
} pond_pattern;

// A URL of a config: its form, format, options and pattern are checked, and it must name files of
// the pond. The error points at the node of the config.
pond_code pond_pattern_parse(pond_arena *a, pond_sv text, const pond_conf *at, pond_pattern *out,
                             pond_err *err) POND_MUST;

// The same for a text that is in no config.
pond_code pond_pattern_read(pond_arena *a, pond_sv text, pond_pattern *out,
                            pond_err *err) POND_MUST;

// A pattern of a command, also of the host: the same checks.
pond_code pond_pattern_of(pond_arena *a, pond_sv text, pond_pattern *out, pond_err *err) POND_MUST;

// Whether it takes nodes of a type: rows by a bare path, bytes by a format or by a cast (table:///,
// series:///).
bool pond_pattern_takes(const pond_pattern *p, pond_type type);
// The matching nodes in path order, with symlinks followed. A bare path matches queryable nodes, a
// format matches files of bytes. NOT_FOUND for an exact path that does not exist; a wildcard may
// match nothing.
pond_code pond_pattern_match(pond_session *s, const pond_pattern *p, pond_match_vec *out,
                             pond_err *err) POND_MUST;
// Lets the engine read the Parquet files of the host among the matches where they are: all at once,
// which takes as long as for one of them. The two functions below do it for what they are given.
pond_code pond_pattern_admit(pond_session *s, const pond_pattern *p, const pond_match_vec *matches,
                             pond_err *err) POND_MUST;
// The relation of one of its matches.
pond_code pond_pattern_relation(pond_session *s, const pond_pattern *p, const pond_node *node,
                                pond_relation **out, pond_err *err) POND_MUST;
// The relation of n matches, united by name (pond_union_of).
pond_code pond_pattern_unite(pond_session *s, const pond_pattern *p, const pond_match *matches,
                             size_t n, pond_relation **out, pond_err *err) POND_MUST;

#endif
