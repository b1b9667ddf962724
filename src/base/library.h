// library: a shared library that is loaded when it is needed, since what it depends on would cost
// every command more time than most commands take. It stays loaded: it may have data of threads.
#ifndef POND_BASE_LIBRARY_H
#define POND_BASE_LIBRARY_H

#include "base/err.h"

typedef struct pond_symbol {
    const char *name;
    void *function; // points to the function pointer that is filled
} pond_symbol;

// Loads the first of n names that can be, and finds its functions. UNSUPPORTED if there is none;
// `asker` is who asks, in the message. *library is for pond_library_release, in any case.
pond_code pond_library_load(void **library, const char *const *names, size_t n,
                            const pond_symbol *symbols, size_t n_symbols, const char *asker,
                            pond_err *err) POND_MUST;
void pond_library_release(void **library);

#endif
