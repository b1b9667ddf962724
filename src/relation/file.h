// file: relations over the bytes of files in some format: `csv:///lookup/sites.csv`, and Parquet
// that was stored as bytes (`table:///…`).
#ifndef POND_RELATION_FILE_H
#define POND_RELATION_FILE_H

#include "format/format.h"
#include "relation/relation.h"

// The rows of a file of the pond: its latest version, all versions of data:series. USAGE and
// INVALID as of pond_reader_open.
pond_code pond_file_relation(pond_session *s, const pond_url *url, const pond_node *node,
                             pond_relation **out, pond_err *err) POND_MUST;
// The rows of a file of the host (absolute path), which the session's engine may read from then on.
// All of the file is checked (pond_reader_check).
pond_code pond_host_file_relation(pond_session *s, const pond_url *url, const char *path,
                                  pond_relation **out, pond_err *err) POND_MUST;

#endif
