// roff: man pages from the tables of commands, options, variables and exit statuses, in the macros of
// man(7), which groff and mandoc read.
#ifndef POND_CLI_ROFF_H
#define POND_CLI_ROFF_H

#include "cli/cli.h"

// Appends the page of a command, or of the program itself (NULL): pond-export.1, pond.1.
void cli_roff_page(const cli_command *c, pond_buf *out);

#endif
