// node_record: what records say of a node, the same in every command that prints some.
#ifndef POND_CLI_NODE_RECORD_H
#define POND_CLI_NODE_RECORD_H

#include "cli/table.h"
#include "fs/fs.h"

// The columns of cli_node_cells; others may follow them.
#define CLI_NODE_COLUMNS                                                                           \
    CLI_COLUMN("path", CLI_TEXT), CLI_COLUMN("type", CLI_TEXT),                                    \
        CLI_COLUMN("size_bytes", CLI_NUMBER), CLI_COLUMN("version", CLI_NUMBER),                   \
        CLI_COLUMN("modified", CLI_TIME), CLI_COLUMN("factory", CLI_TEXT),                         \
        CLI_COLUMN("target", CLI_TEXT), CLI_COLUMN("node_id", CLI_TEXT)

// Whether the store or the host has it. What is computed has no size, no versions and no time.
static inline bool cli_node_is_kept(const pond_node *n) {
    return n->is_stored || n->host_path != NULL;
}
// NULL for what a node does not have.
void cli_node_cells(cli_table *t, const pond_node *n);

#endif
