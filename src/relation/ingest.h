// ingest: adds rows and bytes to the pond as versions, for every command that brings data.
//
// Rows are written as a Parquet file below the pond's tmp; a Parquet file from outside is taken
// unchanged, once its pages have been checked and all of it could be decoded. The facts that the catalog records about the rows are measured. For a series, the rows
// must fit the versions that it has. Then the file becomes an object, and the transaction gets a
// row for the version. A failure leaves the pond as it was.
#ifndef POND_RELATION_INGEST_H
#define POND_RELATION_INGEST_H

#include "relation/keyed.h"
#include "text/text.h"

// Events in bytes: the times of the first and the last one, both included.
typedef struct pond_byte_times {
    pond_sv field; // that holds them
    int64_t t_min_us, t_max_us;
} pond_byte_times;

// Where rows or bytes go, and how.
typedef struct pond_destination {
    pond_sv path;                 // of the file in the pond, which is created if it is missing
    pond_type type;               // of that file
    pond_sv source;               // the name of the rows or bytes in messages
    bool is_dry_run;              // all is read and checked, and nothing is added
    bool is_repeated;             // what is there already is added again
    bool is_flat;                 // of a Parquet file: nested columns are refused
    const pond_sv *key;           // of a series: the columns that tell its rows apart (keyed.h)
    size_t n_key;                 // 0: all rows are added
    const pond_byte_times *times; // of bytes: recorded with the version; NULL: they are not known
} pond_destination;

typedef enum pond_ingest_status {
    POND_INGEST_ADDED,
    POND_INGEST_UNCHANGED, // the content is that of a version already: none was added
    POND_INGEST_ALL_KNOWN, // with a key: the series has all of the rows, so none was added
    POND_INGEST_NO_ROWS,   // of a text that has only a header: nothing was added
} pond_ingest_status;

// What came in. Lives in the session's arena.
typedef struct pond_ingested {
    pond_ingest_status status;
    int64_t version; // its number; that of the equal one, if the content is unchanged
    uint64_t size_bytes;
    pond_measured rows;          // of bytes: rows.rows is -1
    const pond_text_facts *text; // of rows that were parsed, without a query; else NULL
    pond_key_counts keyed;       // with a key: what became of the rows
    // Without a key: rows at keys that the series had already, which are its own key, or its time.
    int64_t n_known;
    const pond_sv *known_key; // NULL: the time
    size_t n_known_key;
} pond_ingested;

// The bytes of an open file, unchanged. READ_ONLY for a computed node.
pond_code pond_ingest_bytes(pond_session *s, const pond_destination *to, int fd, pond_ingested *out,
                            pond_err *err) POND_MUST;
// The same for a finished file in pond_store_tmp_dir (pond_store_tmp_name), which is not copied and
// is gone afterwards: for what comes piece by piece. Not for a dry run. A series takes content that
// it has already only with is_repeated: two parts of a log may be equal.
pond_code pond_ingest_made(pond_session *s, const pond_destination *to, const char *tmp_path,
                           pond_ingested *out, pond_err *err) POND_MUST;
// An open Parquet file, unchanged: a table, or a new version of a series. INVALID if any part of
// it is damaged (pond_parquet_check), or cannot be decoded.
pond_code pond_ingest_parquet(pond_session *s, const pond_destination *to, int fd,
                              pond_ingested *out, pond_err *err) POND_MUST;
// The rows of a relation, or the result of a query over them (pond_relation_query; empty: no
// query). A series is stored in time order, so that a time range touches few row groups. INVALID
// for a text with a header alone, unless it is for a series that exists: then nothing is added.
pond_code pond_ingest_rows(pond_session *s, const pond_destination *to, pond_relation *rows,
                           pond_sv query, pond_ingested *out, pond_err *err) POND_MUST;

#endif
