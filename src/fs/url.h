// url: sources and destinations as users write them: URLs of the form
// `[host+]FORMAT[+COMPRESSION][+ENTRYTYPE]:///PATH[?KEY=VALUE&…]`, and bare paths.
#ifndef POND_FS_URL_H
#define POND_FS_URL_H

#include "base/err.h"
#include "base/str.h"
#include "value/option.h"

typedef enum pond_compression { POND_PLAIN, POND_ZSTD, POND_GZIP, POND_BZIP2 } pond_compression;
typedef enum pond_as { POND_AS_IS, POND_AS_TABLE, POND_AS_SERIES } pond_as;

typedef pond_pair pond_url_option; // percent-decoded

typedef struct pond_url {
    pond_sv text; // as written
    bool is_url;  // false: a bare path, whose format is "file"
    bool is_host;
    pond_sv format; // "file", "csv" …; it need not be known
    pond_compression compression;
    pond_as as;   // +table, +series; table:///p means file+table:///p, and so does series
    pond_sv path; // percent-decoded, with a leading '/'
    const pond_url_option *options;
    size_t n_options;
} pond_url;

// Lives in `a`. `host:///p` means host+file:///p. INVALID for a fragment, a user, a password, a
// host, a port, a malformed escape, an unknown suffix and an option that is given twice.
pond_code pond_url_parse(pond_arena *a, pond_sv text, pond_url *out, pond_err *err) POND_MUST;

#endif
