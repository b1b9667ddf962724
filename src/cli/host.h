// host: paths of the host, as commands name them.
#ifndef POND_CLI_HOST_H
#define POND_CLI_HOST_H

#include "cli/cli.h"
#include "format/url.h"

// The absolute host path of the path in a host URL: below -d. Lives in the arena.
char *cli_host_path(cli *c, pond_sv url_path);
// The absolute host path of a path typed without a URL: relative to the current directory. Lives in
// the arena.
pond_code cli_plain_host_path(cli *c, pond_sv typed, char **out, pond_err *err) POND_MUST;
// What the user calls a file to read: "-" is standard input.
const char *cli_input_name(pond_sv typed);
// pond_url_parse. The error of a host URL with a relative path proposes the absolute one.
pond_code cli_url_parse(cli *c, pond_sv text, pond_url *out, pond_err *err) POND_MUST;

#endif
