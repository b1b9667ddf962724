// difference: what is different between two states of a pond, node by node.
#ifndef POND_CLI_DIFFERENCE_H
#define POND_CLI_DIFFERENCE_H

#include "cli/cli.h"

// How the content of a file differs, where it is one text and not rows.
typedef enum cli_content {
    CLI_CONTENT_SAME, // or there is none
    CLI_CONTENT_TEXT, // `hunks` has the difference
    CLI_CONTENT_LONG, // of texts that are too long to be compared, or of bytes that are no text
} cli_content;

typedef struct cli_node_difference {
    const pond_node_row *before, *after; // NULL: the node is not there
    pond_sv path_before, path_after;
    // What it has only after and only before: a version that was taken back is only before.
    pond_version_vec added, gone;
    bool is_config;
    cli_content content;
    pond_sv hunks;                       // of base/diff.h
    uint64_t bytes_before, bytes_after;  // of the content
    int64_t number_before, number_after; // its versions; 0: none
} cli_node_difference;
typedef POND_VEC(cli_node_difference) cli_difference;

// What is different after transaction `to` from what was after `from`, which may also be the later
// one; sorted by path. Nodes without a difference are left out. With `only`, only nodes that one of
// these paths or patterns names, or that are below such a path. Lives in the arena of the command.
pond_code cli_difference_find(cli *c, int64_t from, int64_t to, const pond_sv *only, size_t n_only,
                              cli_difference *out, pond_err *err) POND_MUST;

#endif
