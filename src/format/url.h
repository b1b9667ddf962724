// url: `[host+]FORMAT[+COMPRESSION][+ENTRYTYPE]:///PATH[?KEY=VALUE&…]`, and bare paths.
//
// A URL names files of the pond or of the host, and says how their bytes become rows. Parsing looks
// nothing up: pond_reader_open checks that the format exists.
#ifndef POND_FORMAT_URL_H
#define POND_FORMAT_URL_H

#include "base/err.h"
#include "base/str.h"
#include "value/option.h"

typedef enum pond_compression { POND_PLAIN, POND_ZSTD, POND_GZIP, POND_BZIP2 } pond_compression;
typedef enum pond_as { POND_AS_IS, POND_AS_TABLE, POND_AS_SERIES } pond_as;

#define POND_FORMAT_FILE "file" // files as they are: bytes, or Parquet when rows are wanted

typedef struct pond_url {
    pond_sv text; // as written
    bool is_url;  // false: it was a bare path
    bool is_host;
    pond_sv format; // "csv", …; POND_FORMAT_FILE if none is written
    pond_compression compression;
    pond_as as;   // +table, +series; table:///p and series:///p are file+table and file+series, and
                  // parquet:///p is table:///p with is_flat
    bool is_flat; // its columns are values: lists, structs and maps are refused
    pond_sv path; // percent-decoded, with its leading '/'
    pond_pairs options; // percent-decoded
} pond_url;

// Lives in `a`. `host:///p` is host+file. INVALID says which part is wrong: a fragment, a port, a
// user, ….
pond_code pond_url_parse(pond_arena *a, pond_sv text, pond_url *out, pond_err *err) POND_MUST;
// The URL of a bare host path: the same as host:///PATH. Borrows both texts.
pond_url pond_url_of_file(pond_sv text, pond_sv path);

// Whether a format parses the bytes into rows: true for csv://, false for table:///, whose files
// hold rows already.
bool pond_url_is_parsed(const pond_url *u);
// Whether the URL means the bytes of the files, not rows.
static inline bool pond_url_is_bytes(const pond_url *u) {
    return !pond_url_is_parsed(u) && u->as == POND_AS_IS;
}

#endif
