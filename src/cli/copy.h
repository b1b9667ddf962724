// copy: what the two directions of `pond copy` share.
#ifndef POND_CLI_COPY_H
#define POND_CLI_COPY_H

#include "cli/cli.h"

typedef struct copy_options {
    pond_sv sql, strip_prefix;
} copy_options;

pond_code copy_in(cli *c, bool is_url, pond_err *err) POND_MUST;
pond_code copy_out(cli *c, pond_err *err) POND_MUST;

#endif
