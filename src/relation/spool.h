// spool: any input as a regular file.
//
// The engine opens a file by its name, several times, and so do the checks before it. A FIFO, a
// pipe or a terminal can be read once. So its bytes are copied to a file first: below the pond's
// tmp, or, where that cannot be written, below the session's scratch directory. The engine may read
// both. What is left there goes when the session closes, or, when the process is killed, when the
// next writer comes.
#ifndef POND_RELATION_SPOOL_H
#define POND_RELATION_SPOOL_H

#include "relation/session.h"

typedef struct pond_spooled {
    const char *path; // of a regular file: the one that was given, or a new one
    bool is_new;
} pond_spooled;

// Opens `path`, and reads it to its end unless it is a regular file. Fails like
// pond_file_open_input. The new path lives in the session's arena.
pond_code pond_spool(pond_session *s, const char *path, pond_spooled *out, pond_err *err) POND_MUST;
// Removes the new file, if there is one. What cannot be removed stays until the session closes.
void pond_spool_drop(pond_spooled *f);
// Where a file without a name can be: below the pond's tmp, else TMPDIR.
const char *pond_spool_dir(pond_session *s);
// The path of a new file in the same place, which ends in `name`: errors of the engine show it.
// Lives in the session's arena.
pond_code pond_spool_name(pond_session *s, pond_sv name, pond_sv *out, pond_err *err) POND_MUST;

#endif
