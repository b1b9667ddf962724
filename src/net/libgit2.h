// libgit2: git repositories, by libgit2, loaded when it is needed (base/library.h).
#ifndef POND_NET_LIBGIT2_H
#define POND_NET_LIBGIT2_H

#include "base/err.h"

#include <git2.h>

typedef struct net_libgit2 {
    void *library;
#define GIT(name) __typeof__(&git_##name) name;
#include "net/libgit2_api.def"
#undef GIT
} net_libgit2;

// Also starts it. UNSUPPORTED if the machine has none. Released in any case.
pond_code net_libgit2_load(net_libgit2 *g, pond_err *err) POND_MUST;
void net_libgit2_release(net_libgit2 *g);
// What the library says about its last failure in this thread.
const char *net_libgit2_flaw(const net_libgit2 *g);

#endif
