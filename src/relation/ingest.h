// ingest: adds rows and bytes to the pond as versions, for every command that brings data.
//
// Rows are written as a Parquet file below the pond's tmp; a Parquet file from outside is taken
// unchanged, once its pages have been checked and all of it could be decoded. The facts that the catalog records about the rows are measured. For a series, the rows
// must fit the versions that it has. Then the file becomes an object, and the transaction gets a
// row for the version. A failure leaves the pond as it was.
#ifndef POND_RELATION_INGEST_H
#define POND_RELATION_INGEST_H

#include "relation/relation.h"

// Where rows or bytes go.
typedef struct pond_destination {
    pond_sv path;   // of the file in the pond, which is created if it is missing
    pond_type type; // of that file
    pond_sv source; // the name of the rows or bytes in messages
} pond_destination;

// The bytes of an open file, unchanged. READ_ONLY for a computed node.
pond_code pond_ingest_bytes(pond_session *s, const pond_destination *to, int fd,
                            pond_err *err) POND_MUST;
// An open Parquet file, unchanged: a table, or a new version of a series. INVALID if any part of
// it is damaged (pond_parquet_check), or cannot be decoded.
pond_code pond_ingest_parquet(pond_session *s, const pond_destination *to, int fd,
                              pond_err *err) POND_MUST;
// The rows of a relation, or the result of a query over them (pond_relation_query; empty: no
// query). A series is stored in time order, so that a time range touches few row groups.
pond_code pond_ingest_rows(pond_session *s, const pond_destination *to, pond_relation *rows,
                           pond_sv query, pond_err *err) POND_MUST;

#endif
