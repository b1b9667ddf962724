// describe: what `pond describe` prints of one node, or of one file that a format reads.
#ifndef POND_CLI_DESCRIBE_H
#define POND_CLI_DESCRIBE_H

#include "cli/subject.h"
#include "cli/table.h"
#include "fs/fs.h"

// A node of the pond: type, schema, versions.
pond_code cli_describe_node(cli *c, const pond_node *n, pond_err *err) POND_MUST;
// A file as the format of `url` reads it: schema and time column.
pond_code cli_describe_file(cli *c, const pond_url *url, const cli_file_rows *f,
                            pond_err *err) POND_MUST;

// The same as records of one table.
cli_table *cli_describe_table(cli *c, cli_format format);
pond_code cli_describe_node_record(cli *c, cli_table *t, const pond_node *n,
                                   pond_err *err) POND_MUST;
pond_code cli_describe_file_record(cli *c, cli_table *t, const pond_url *url,
                                   const cli_file_rows *f, pond_err *err) POND_MUST;

#endif
