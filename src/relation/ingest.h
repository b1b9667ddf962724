// ingest: the one way in. Rows and bytes become versions here, for every command and factory that
// brings data.
//
// Rows are written as Parquet below the pond's tmp, or taken as they are; what the catalog has to
// know of them is measured; a series checks that they fit its versions; then the file becomes an
// object, and the version a row of the transaction. A failure leaves the pond as it was.
#ifndef POND_RELATION_INGEST_H
#define POND_RELATION_INGEST_H

#include "relation/relation.h"

// Where rows or bytes go.
typedef struct pond_destination {
    pond_sv path;   // of the file in the pond, which is made if it is missing
    pond_type type; // that it has, or gets
    pond_sv source; // what messages call that which comes in
} pond_destination;

// The bytes of an open file, as they are. READ_ONLY for a computed node.
pond_code pond_ingest_bytes(pond_session *s, const pond_destination *to, int fd,
                            pond_err *err) POND_MUST;
// An open Parquet file, as it is, as a table or as a further version of a series.
pond_code pond_ingest_parquet(pond_session *s, const pond_destination *to, int fd,
                              pond_err *err) POND_MUST;
// The rows of a relation, or what a query makes of them (pond_relation_query; empty: none). A
// series is stored in the order of its times, so that a range of it touches few row groups.
pond_code pond_ingest_rows(pond_session *s, const pond_destination *to, pond_relation *rows,
                           pond_sv query, pond_err *err) POND_MUST;

#endif
