// file: relations over the bytes of files in some format: `csv:///lookup/sites.csv`, and Parquet
// that was stored as bytes (`table:///…`).
#ifndef POND_RELATION_FILE_H
#define POND_RELATION_FILE_H

#include "format/format.h"
#include "relation/relation.h"

// The rows of a file of bytes: its latest version, all versions of data:series. Text of the host is
// read to its end, as by the next one. USAGE and INVALID as of pond_reader_open.
pond_code pond_file_relation(pond_session *s, const pond_url *url, const pond_node *node,
                             pond_relation **out, pond_err *err) POND_MUST;
// The rows of a file of the host (absolute path), or of a pipe. Text is read to its end: what does
// not fit is an error of this call.
pond_code pond_host_file_relation(pond_session *s, const pond_url *url, const char *path,
                                  pond_relation **out, pond_err *err) POND_MUST;

// The same for a file that was made on the way: `name` is what messages call it.
pond_code pond_named_file_relation(pond_session *s, const pond_url *url, const char *path,
                                   pond_sv name, pond_relation **out, pond_err *err) POND_MUST;

// As pond_host_file_relation, for rows that are to be copied. A long text may still be read when
// this returns: then its types are a guess, and what does not fit is an error of pond_file_finish.
pond_code pond_host_file_start(pond_session *s, const pond_url *url, const char *path,
                               bool needs_order, pond_relation **out, pond_err *err) POND_MUST;
bool pond_file_is_started(const pond_relation *r);
// Ends that. *is_as_guessed: rows that were read meanwhile were right; else SQL and schema are new.
pond_code pond_file_finish(pond_session *s, pond_relation *r, bool *is_as_guessed,
                           pond_err *err) POND_MUST;

// Of a text file of the host: what its first reading found; NULL for other relations.
const pond_text_facts *pond_file_text(const pond_relation *r, const pond_text **text);

#endif
