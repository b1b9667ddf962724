// match: which nodes a URL or path with wildcards means, and what rows they have together.
//
// `series:///stations/*.series` stands for all matching series, united by name;
// `csv:///lookup/sites.csv` for the parsed bytes of a file. Every factory that reads other nodes
// reads them through here. Matching makes no relation and asks no planner, so a list of matches
// never fails because of what is in them.
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

// The nodes that count, in path order, links followed: queryable ones by a bare path, files of
// bytes by a format. An exact path that does not exist is an error that names it; a wildcard may
// match nothing.
pond_code pond_pattern_match(pond_session *s, const pond_pattern *p, pond_match_vec *out,
                             pond_err *err) POND_MUST;
// The relation of one of its matches.
pond_code pond_pattern_relation(pond_session *s, const pond_pattern *p, const pond_node *node,
                                pond_relation **out, pond_err *err) POND_MUST;
// The relation of n matches, united by name (pond_union_of).
pond_code pond_pattern_unite(pond_session *s, const pond_pattern *p, const pond_match *matches,
                             size_t n, pond_relation **out, pond_err *err) POND_MUST;

#endif
