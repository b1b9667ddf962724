// text_options: what the formats of text have in common.
#ifndef POND_FORMAT_TEXT_OPTIONS_H
#define POND_FORMAT_TEXT_OPTIONS_H

#include "format/format.h"

// Text may be compressed in any way.
enum { FORMAT_ANY_CODEC = 1 << POND_GZIP | 1 << POND_ZSTD | 1 << POND_BZIP2 };

// read_options of a format that takes none.
pond_code format_read_no_options(pond_arena *a, const pond_url *url, pond_reader *out,
                                 pond_err *err) POND_MUST;

#endif
