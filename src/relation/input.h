// input: what a URL or pattern of a config means as rows.
//
// `series:///stations/*.series` stands for all matching series, united by name;
// `csv:///lookup/sites.csv` for the parsed bytes of a file. Every factory that reads other nodes
// reads them through here.
#ifndef POND_RELATION_INPUT_H
#define POND_RELATION_INPUT_H

#include "relation/relation.h"
#include "format/url.h"
#include "value/conf.h"

typedef struct pond_input {
    pond_url url;
    pond_glob glob;
} pond_input;

// Checks a URL of a config: form, known format, pattern. The error points at the node of the
// config.
pond_code pond_input_parse(pond_arena *a, pond_sv text, const pond_conf *at, pond_input *out,
                           pond_err *err) POND_MUST;

typedef struct pond_input_match {
    const pond_node *node;
    pond_relation *relation;
    const pond_sv *captures;
    size_t n_captures;
} pond_input_match;
typedef POND_VEC(pond_input_match) pond_input_match_vec;

// Nodes that count, in path order: queryable ones by bare path, files of bytes by a format. An
// exact path that does not exist is an error that names it; a wildcard without a match is none.
pond_code pond_input_matches(pond_session *s, const pond_input *in, pond_input_match_vec *out,
                             pond_err *err) POND_MUST;

// The matches united by name into one relation (itself, if it is one). None: no rows, one column
// `timestamp`.
pond_code pond_input_unite(pond_session *s, const pond_input_match *matches, size_t n,
                           pond_relation **out, pond_err *err) POND_MUST;

// The bytes of a file (of the pond, or of the host when `host_path` is not NULL) parsed as the
// URL's format says.
pond_code pond_format_relation(pond_session *s, const pond_url *url, const pond_node *node,
                               const char *host_path, pond_relation **out, pond_err *err) POND_MUST;
// Refuses text with a record that does not fit, naming its line, where the engine could only say
// that something is wrong (pond_engine_csv_check). `r` is of pond_format_relation.
pond_code pond_format_check_text(const pond_relation *r, pond_err *err) POND_MUST;
// What shows from outside that a file is no Parquet, NULL if nothing does.
pond_code pond_parquet_flaw(const char *path, const char **flaw, pond_err *err) POND_MUST;
bool pond_format_is_known(pond_sv format);
// "csv, …": for messages.
const char *pond_format_names(void);

#endif
