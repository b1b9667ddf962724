// codec: the compressions that files of a format can be read through.
#ifndef POND_FORMAT_CODEC_H
#define POND_FORMAT_CODEC_H

#include "format/url.h"

const char *pond_codec_name(pond_compression c);    // "gzip", as URLs write it; NULL for POND_PLAIN
const char *pond_codec_content(pond_compression c); // "compressed with gzip"
// What the first bytes of a file show to be wrong with it; *flaw is NULL if nothing does.
pond_code pond_codec_find_flaw(pond_compression c, const char *path, const char **flaw,
                               pond_err *err) POND_MUST;

// The first and the last four bytes of a file, zeros where it is shorter.
typedef struct pond_file_ends {
    char first[4], last[4];
} pond_file_ends;
pond_code pond_file_read_ends(const char *path, pond_file_ends *out, pond_err *err) POND_MUST;

#endif
