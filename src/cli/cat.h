// cat: the options of `pond cat`, and the printing of rows.
#ifndef POND_CLI_CAT_H
#define POND_CLI_CAT_H

#include "cli/format.h"
#include "cli/limits.h"
#include "cli/subject.h"

typedef struct cli_cat_options {
    int format;    // cli_format
    int64_t limit; // 0: all rows
    pond_sv sql, time_start, time_end, context, at;
    int64_t version; // 0: what the node holds
    bool explain;
    cli_limits limits;
} cli_cat_options;

// Prints the rows of s->relation, as the options in c->options ask.
pond_code cli_cat_rows(cli *c, const cli_subject *s, pond_err *err) POND_MUST;
// --explain: prints what was found and which query would run. Reads no rows.
pond_code cli_cat_explain(cli *c, const cli_subject *s, pond_err *err) POND_MUST;

#endif
