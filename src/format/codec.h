// codec: the compressions of files.
#ifndef POND_FORMAT_CODEC_H
#define POND_FORMAT_CODEC_H

#include "format/url.h"

const char *pond_codec_name(pond_compression c); // "gzip", as URLs write it; NULL for POND_PLAIN
// ".gz", as the names of compressed files end; "" for POND_PLAIN.
const char *pond_codec_ending(pond_compression c);
// The first and the last four bytes of a file, zeros where it is shorter.
typedef struct pond_file_ends {
    char first[4], last[4];
} pond_file_ends;
pond_code pond_file_read_ends(const char *path, pond_file_ends *out, pond_err *err) POND_MUST;

#endif
