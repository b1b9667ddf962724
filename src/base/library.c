// Loads libraries.
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

// ISO C cannot cast dlsym's object pointer to a function pointer; POSIX has both in equal bytes.
static bool find(void *library, const pond_symbol *s) {
    void *found = library == NULL ? NULL : dlsym(library, s->name);
    memcpy(s->function, &found, sizeof found);
    return found != NULL;
}

pond_code pond_library_load(void **library, const char *const *names, size_t n,
                            const pond_symbol *symbols, size_t n_symbols, const char *asker,
                            pond_err *err) {
    *library = NULL;
    for (size_t i = 0; i < n && *library == NULL; i++)
        *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    for (size_t i = 0; i < n_symbols; i++)
        if (!find(*library, &symbols[i]))
            return pond_fail(err, POND_ERR_UNSUPPORTED, "%s needs %s, which cannot be loaded: %s",
                             asker, names[0], dlerror());
    return POND_OK;
}

void pond_library_release(void **library) {
    if (*library != NULL)
        dlclose(*library);
    *library = NULL;
}
