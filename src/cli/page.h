// page: what templates that fail lack, for the person who runs them.
#ifndef POND_CLI_PAGE_H
#define POND_CLI_PAGE_H

#include "base/err.h"

// Adds, to the error of a template that uses a name which is not defined, what defines it: -v, or
// `exported`, for what only an export defines.
void cli_explain_undefined(const char *exported, pond_err *err);

#endif
