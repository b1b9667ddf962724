// library: a shared library that is loaded when it is needed, since what it depends on would cost
// every command more time than most commands take. It stays loaded: it may have data of threads.
#ifndef POND_FORMAT_LIBRARY_H
#define POND_FORMAT_LIBRARY_H

#include "base/err.h"

typedef struct format_symbol {
    const char *name;
    void *function; // points to the function pointer that is filled
} format_symbol;

// Loads the first of n names that can be, and finds its functions. UNSUPPORTED if there is none;
// `format` is who asks, in the message. *library is for format_library_release, in any case.
pond_code format_library_load(void **library, const char *const *names, size_t n,
                              const format_symbol *symbols, size_t n_symbols, const char *format,
                              pond_err *err) POND_MUST;
void format_library_release(void **library);

#endif
