// stored: relations over the stored versions of a table or a series.
#ifndef POND_RELATION_STORED_H
#define POND_RELATION_STORED_H

#include "relation/facts.h"

// A table is its latest version, a series all of them. NOT_FOUND for a node without versions.
pond_code pond_stored_relation(pond_session *s, const pond_node *node, pond_relation **out,
                               pond_err *err) POND_MUST;
// The same of versions that were read (pond_store_versions): at least one, which lives as long as the
// session.
pond_code pond_stored_relation_of(pond_session *s, const pond_node *node,
                                  const pond_version_vec *versions, pond_relation **out,
                                  pond_err *err) POND_MUST;

// Checks that measured rows can be a new version of a series that has `versions`: they have the
// same time column, and columns of the same name have types that unite. CONFLICT lists each
// difference on its own line.
pond_code pond_stored_check_append(pond_session *s, const pond_version_vec *versions,
                                   const pond_measured *added, pond_sv path,
                                   pond_err *err) POND_MUST;

// The key of the latest version that has one; *n is 0 if none has. Lives in the session's arena.
pond_code pond_stored_key(pond_session *s, const pond_version_vec *versions, const pond_sv **key,
                          size_t *n, pond_err *err) POND_MUST;
// Which rows of the series `r` the rows in the Parquet file at `path`, which were measured, hide as
// its next version: sets the facts' `hides`. Their key must be set.
pond_code pond_stored_find_hidden(pond_session *s, pond_relation *r, const char *path,
                                  pond_measured *m, pond_err *err) POND_MUST;
// Appends a SELECT of rows of the series `r` in the range, with its columns: all of those that are at
// a key of the rows that were measured, and others. Their key must be set.
pond_code pond_stored_sql_near(pond_session *s, pond_relation *r, pond_range range,
                               const pond_measured *m, pond_buf *sql, pond_err *err) POND_MUST;
// Whether each version of the series `r` has the key of the rows that were measured, as the same
// types: then the series has at most one row at a key.
bool pond_stored_is_keyed(pond_relation *r, const pond_measured *m);

#endif
