// written: the rows of a node as the files that this run has for it.
//
// Pages ask for rows of nodes that an earlier stage has exported. Reading its files takes what the
// files hold; computing the node again may take as long as the stage did.
#ifndef POND_EXPORT_WRITTEN_H
#define POND_EXPORT_WRITTEN_H

#include "export/run.h"

typedef struct export_written {
    const export_run *run;
    size_t n_stages; // that are made
} export_written;

// A pond_ask_files; `user` is an export_written. Only where the files hold all rows of the node.
bool export_find_written(void *user, const pond_relation *r, pond_buf *sql);

#endif
