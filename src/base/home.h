// home: where this program is, to find what belongs to it. A tree that was moved or copied keeps
// working, since nothing is looked for at a path that was fixed when the program was built.
#ifndef POND_BASE_HOME_H
#define POND_BASE_HOME_H

#include "base/str.h"

// The directory of the executable; NULL if it cannot be found. Lives in `a`.
const char *pond_home_bin(pond_arena *a);
// The source tree that the executable was built in: "/src/pond" for "/src/pond/build/pond" and for
// directories up to two levels below that. NULL elsewhere, so that an installed program takes nothing
// from a directory above it. Lives in `a`.
const char *pond_home_checkout(pond_arena *a);

#endif
