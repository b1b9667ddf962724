// subject: what the argument of `cat` and `describe` names: a file of the pond or of the host, or
// the rows of several files.
#ifndef POND_CLI_SUBJECT_H
#define POND_CLI_SUBJECT_H

#include "cli/cli.h"
#include "format/url.h"
#include "relation/relation.h"

// One thing to print: rows, the bytes of a node, or the bytes of a host file.
typedef struct cli_subject {
    pond_url url;
    pond_type type;          // of the first match
    pond_relation *relation; // rows, of all matches; NULL: bytes
    const pond_node *node;   // a file of the pond; NULL: a file of the host, or several files
    const char *host_path;   // bytes of this host file; NULL: those of `node`
} cli_subject;

// Finds what PATH_OR_URL names, `-` is standard input; opens the pond unless it is on the host. NOT_FOUND for no match,
// USAGE for the bytes of several files.
pond_code cli_subject_find(cli *c, pond_sv path_or_url, cli_subject *out, pond_err *err) POND_MUST;

// The files that a URL matches, each with its rows.
typedef struct cli_file_rows {
    pond_sv file;
    const pond_node *node;
    pond_relation *relation;
} cli_file_rows;
typedef POND_VEC(cli_file_rows) cli_file_rows_vec;

// Opens the pond unless the URL is on the host. A pattern may match nothing.
pond_code cli_subject_files(cli *c, const pond_url *url, cli_file_rows_vec *out,
                            pond_err *err) POND_MUST;

#endif
