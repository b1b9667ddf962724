// mounts: the tree of the host, with what --hostmount shows in it.
#ifndef POND_CLI_MOUNTS_H
#define POND_CLI_MOUNTS_H

#include "cli/cli.h"

// Opens the tree below -d as the tree of a session, and mounts everything. Configs are read and
// checked first; nothing that they name is read.
pond_code cli_mount_host(cli *c, pond_session *s, pond_err *err) POND_MUST;

// Opens that tree as c->host, beside the pond of c->session; does nothing if it is open.
pond_code cli_open_host(cli *c, pond_err *err) POND_MUST;

#endif
