// space: what a small file becomes must not fill the disk, on which others work.
#ifndef POND_FORMAT_SPACE_H
#define POND_FORMAT_SPACE_H

#include "base/err.h"

// Of one file that is written. Begins zeroed.
typedef struct format_space {
    uint64_t looked_at_bytes;
} format_space;

// Looks at the disk of `fd` each time that some megabytes more are written. *is_full: less is free
// than has to stay free, a twentieth of the disk, but at most a gigabyte. *free_bytes is set then.
pond_code format_space_check(format_space *s, int fd, uint64_t n_written, bool *is_full,
                             uint64_t *free_bytes, pond_err *err) POND_MUST;

#endif
