// scratch: a directory of temporary files that belongs to one process.
//
// The process holds a lock on its directory for as long as it lives, and the kernel releases the
// lock however the process ends. So another process can remove what dead ones have left. It looks
// at the lock and not at a process number, because numbers are reused, and those of another
// container are unknown here.
#ifndef POND_BASE_SCRATCH_H
#define POND_BASE_SCRATCH_H

#include "base/below.h"

typedef struct pond_scratch {
    const pond_below *in; // where the directory is made
    const char *name;     // in it
    pond_below dir;       // closed: it is not made yet. Its path is known before
    uint64_t n_names;
} pond_scratch;

// Nothing is made yet. The name is the prefix and random digits; `in_path` is the path of `in`,
// which may be opened later. Lives in `a`.
pond_code pond_scratch_init(pond_scratch *t, pond_arena *a, const pond_below *in,
                            const char *in_path, const char *prefix, pond_err *err) POND_MUST;
// Makes the directory, if it is not made yet.
pond_code pond_scratch_make(pond_scratch *t, pond_err *err) POND_MUST;
// A name in the directory that no other call has returned. Lives in `a`.
char *pond_scratch_name(pond_scratch *t, pond_arena *a, const char *suffix);
// Removes the directory with all that is in it. What cannot be removed is left to the next
// pond_scratch_clear. Does nothing if the directory was not made.
void pond_scratch_close(pond_scratch *t);

// Removes the directories below `in` whose name begins with `prefix` and whose process has died,
// and everything else of such a name.
pond_code pond_scratch_clear(const pond_below *in, pond_sv prefix, pond_err *err) POND_MUST;

#endif
