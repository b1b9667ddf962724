// diff: how two texts differ, line by line.
#ifndef POND_BASE_DIFF_H
#define POND_BASE_DIFF_H

#include "base/str.h"

typedef struct pond_diff_counts {
    size_t n_removed, n_added; // lines
} pond_diff_counts;

// Appends the hunks of a unified diff, as `diff -u` writes them after its two lines of names, with
// three lines around each change; nothing for equal texts. `patch` takes them. The diff is the
// shortest one, unless that has more than a thousand changed lines: then what lies between the first
// and the last difference is replaced as a whole. Time and memory are bounded by the lines of both
// texts times a thousand changes.
pond_diff_counts pond_diff(pond_sv before, pond_sv after, pond_buf *out);

#endif
