// The space that is free on a disk.
#include "format/space.h"

#include <sys/statvfs.h>

pond_code format_space_check(format_space *s, int fd, uint64_t n_written, bool *is_full,
                             uint64_t *free_bytes, pond_err *err) {
    enum { STEP_BYTES = 8 << 20, PART = 20, MOST_BYTES = 1 << 30 };
    struct statvfs disk;
    *is_full = false;
    if (n_written - s->looked_at_bytes < STEP_BYTES)
        return POND_OK;
    s->looked_at_bytes = n_written;
    if (fstatvfs(fd, &disk) != 0)
        return pond_fail_errno(err, "cannot see how full the disk is");
    uint64_t keep_bytes = (uint64_t)disk.f_blocks * disk.f_frsize / PART;
    if (keep_bytes > MOST_BYTES)
        keep_bytes = MOST_BYTES;
    *free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    *is_full = *free_bytes < keep_bytes;
    return POND_OK;
}
