// find: which pond a command works on.
//
// --pond and POND name one. Else it is looked for upwards from the working directory, as tools for
// repositories do: the first directory that is a pond (it holds pond.db), or that holds a file
// `.pond-root`, whose text is the path of the pond below that directory; empty, the directory is
// the pond itself.
//
// A directory above may be somebody else's, and a pond's configs read the environment of whoever
// runs it. So what is found this way must belong to the user or to root; the search ends at the end
// of a file system, and a `.pond-root` cannot lead out of its directory (SECURITY.md).
#ifndef POND_CLI_FIND_H
#define POND_CLI_FIND_H

#include "cli/cli.h"

enum { CLI_ROOT_FILE_BYTES = 4096 }; // of a .pond-root, at most

// Sets c->pond_dir, unless it is set; it stays NULL where there is no pond. INVALID for one that
// is not to be trusted and for a .pond-root that is wrong; `err` says what to do.
pond_code cli_find_pond(cli *c, pond_err *err) POND_MUST;
// Adds what a relative path means, to the error that there is no pond in it.
void cli_explain_relative(cli *c, pond_err *err);

#endif
