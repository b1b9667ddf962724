// transforms: the key `transforms` of configs: paths of nodes that change the rows of a source
// before anything else is done with them. Today these are nodes of column-rename.
#ifndef POND_FACTORY_TRANSFORMS_H
#define POND_FACTORY_TRANSFORMS_H

#include "relation/match.h"

// The row of an option table; the member is a pond_texts.
#define TRANSFORMS_OPTION(type, member)                                                            \
    POND_OPTION("transforms", POND_OPT_TEXTS, type, member,                                        \
                .help = "paths of column-rename nodes, applied to each source in this order")

// Checks the form of the paths. What is there is looked at when rows are needed.
pond_code transforms_check(const pond_texts *paths, pond_err *err) POND_MUST;

// The relation of one match of a pattern, transformed. NOT_FOUND for a path that does not exist,
// INVALID for a node that is no transform. Borrows `paths`.
pond_code transforms_relation(pond_session *s, const pond_texts *paths, const pond_pattern *p,
                              const pond_node *node, pond_relation **out, pond_err *err) POND_MUST;
// The relation of n matches: each is transformed, and then they are united by name. So files whose
// columns differ in what a rule removes are united.
pond_code transforms_unite(pond_session *s, const pond_texts *paths, const pond_pattern *p,
                           const pond_match *matches, size_t n, pond_relation **out,
                           pond_err *err) POND_MUST;

#endif
