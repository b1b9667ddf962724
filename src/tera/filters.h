// filters: the built-ins by name, and what only their own files share.
#ifndef POND_TERA_FILTERS_H
#define POND_TERA_FILTERS_H

#include "tera/builtins.h"

#define FILTER(name, arguments)                                                                    \
    pond_code tera_filter_##name(pond_tera_call *c, pond_value in, const pond_tera_args *args,     \
                                 pond_value *out);
#include "tera/filters.def"
#undef FILTER
#define TEST(name, arguments)                                                                      \
    pond_code tera_test_##name(pond_tera_call *c, bool is_defined, pond_value in,                  \
                               const pond_value *args, size_t n, bool *out);
#include "tera/tests.def"
#undef TEST
#define FUNCTION(name, purity, arguments)                                                          \
    pond_code tera_function_##name(pond_tera_call *c, const pond_tera_args *args, pond_value *out);
#include "tera/functions.def"
#undef FUNCTION

// Copies s to `to` and returns the end of the copy.
static inline char *tera_put(char *to, pond_sv s) {
    return s.n == 0 ? to : (char *)memcpy(to, s.p, s.n) + s.n;
}
// s with the two characters \n and \t, which a few arguments may hold, as newline and tab.
pond_sv tera_unslash(pond_tera_call *c, pond_sv s);

#endif
