// nodes: the nodes that the arguments of `rm` and `mv` name.
#ifndef POND_CLI_NODES_H
#define POND_CLI_NODES_H

#include "cli/cli.h"

// Adds the nodes that an argument names in the open pond: the one at this path, or those that it
// matches as a pattern. A symlink is the node itself. NOT_FOUND if there is none. One that is in
// *out already is not added again.
pond_code cli_nodes_find(cli *c, pond_sv path_or_pattern, pond_node_vec *out,
                         pond_err *err) POND_MUST;

#endif
