// manual: docs/factories.md, which the program holds as it was when it was built. `pond help FACTORY`
// prints the section of a factory, so the page is the only text that explains configs.
#ifndef POND_CLI_MANUAL_H
#define POND_CLI_MANUAL_H

#include "base/str.h"

// The section of a factory: its heading, a line of Markdown in which the factory is a word, and what
// is below it, up to the next heading of that level. False: there is none. Lives in `a`.
typedef struct cli_section {
    pond_sv heading; // "sql-derived-series and sql-derived-table"
    pond_sv body;    // Markdown
} cli_section;
bool cli_manual_find(pond_arena *a, pond_sv factory, cli_section *out);

// Appends what comes after '#' in links to a heading, as sites that show Markdown make it.
void cli_manual_anchor(pond_sv heading, pond_buf *out);

#endif
