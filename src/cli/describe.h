// describe: what `pond describe` prints of one node, or of one file that a format reads.
#ifndef POND_CLI_DESCRIBE_H
#define POND_CLI_DESCRIBE_H

#include "cli/subject.h"
#include "fs/fs.h"

// A node of the pond: type, schema, versions.
pond_code cli_describe_node(cli *c, const pond_node *n, pond_err *err) POND_MUST;
// A file as the format of `url` reads it: schema and time column.
pond_code cli_describe_file(cli *c, const pond_url *url, const cli_file_rows *f,
                            pond_err *err) POND_MUST;

#endif
