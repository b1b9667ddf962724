// near: what was meant by a name that is not there, for the detail of an error.
//
// A name that was mistyped is worth a look at the names beside it: those of a directory of the host
// are listed here, those of nodes by the room fs.
#ifndef POND_BASE_NEAR_H
#define POND_BASE_NEAR_H

#include "base/err.h"
#include "base/str.h"

// The index of the name that is similar to `name`: as it is, else without its extension, else with
// letters of ASCII in another case. `n` if there is none.
size_t pond_near_name(pond_sv name, const pond_sv *names, size_t n);

// Adds to the error about an unknown word the similar one that was meant, if there is one.
void pond_near_word(pond_err *err, pond_sv typed, const pond_sv *words, size_t n);

// Adds to the error about a path of the host that is not there the nearest directory that is, and a
// similar name in it; for a link that leads nowhere, where it leads. Adds nothing for a path that is
// there. `err` may be NULL.
void pond_near_path(pond_err *err, const char *path);

#endif
