// url: `[host+]FORMAT[+COMPRESSION][+ENTRYTYPE]:///PATH[?KEY=VALUE&…]`, and bare paths.
#ifndef POND_FORMAT_URL_H
#define POND_FORMAT_URL_H

#include "base/err.h"
#include "base/str.h"

typedef enum pond_compression { POND_PLAIN, POND_ZSTD, POND_GZIP, POND_BZIP2 } pond_compression;
typedef enum pond_as { POND_AS_IS, POND_AS_TABLE, POND_AS_SERIES } pond_as;

typedef struct pond_url_option {
    pond_sv key, value; // percent-decoded
} pond_url_option;

typedef struct pond_url {
    pond_sv text; // as written
    bool is_url;  // false: it was a bare path (format "file")
    bool is_host;
    pond_sv format; // "file", "csv", …, or a factory's name: whether it is known is the caller's
                    // question
    pond_compression compression;
    pond_as as;   // +table, +series; table:///p and series:///p are file+table and file+series
    pond_sv path; // percent-decoded, with its leading '/'
    const pond_url_option *options;
    size_t n_options;
} pond_url;

// Lives in `a`. `host:///p` is host+file. Errors are those of the behaviour notes (fragment, port,
// user, …).
pond_code pond_url_parse(pond_arena *a, pond_sv text, pond_url *out, pond_err *err) POND_MUST;
pond_sv pond_url_option_get(const pond_url *u, const char *key, pond_sv otherwise);

#endif
