// Where this program is.
#include "base/home.h"

#include <limits.h>
#include <unistd.h>

const char *pond_home_bin(pond_arena *a) {
    char exe[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe);
    if (n <= 0 || n == sizeof exe)
        return NULL;
    pond_sv path = {exe, (size_t)n};
    ptrdiff_t slash = pond_sv_rfind_char(path, '/');
    return slash < 0 ? NULL : pond_cstr(a, pond_sv_sub(path, 0, (size_t)slash));
}

const char *pond_home_checkout(pond_arena *a) {
    enum { MAX_LEVELS = 3 }; // build/san/tests
    pond_sv dir = pond_sv_of(pond_home_bin(a));
    for (int level = 0; level < MAX_LEVELS; level++) {
        ptrdiff_t slash = pond_sv_rfind_char(dir, '/');
        if (slash < 0)
            break;
        pond_sv name = pond_sv_sub(dir, (size_t)slash + 1, dir.n);
        dir = pond_sv_sub(dir, 0, (size_t)slash);
        if (pond_sv_starts(name, POND_SV("build")))
            return pond_cstr(a, dir);
    }
    return NULL;
}
