// Loads libgit2.
#include "net/libgit2.h"

#include "base/library.h"

pond_code net_libgit2_load(net_libgit2 *g, pond_err *err) {
    // Structs of its options grow from version to version, so it has to be the one of the header.
    static const char *const names[] = {"libgit2.so." LIBGIT2_SOVERSION};
    *g = (net_libgit2){0};
    const pond_symbol symbols[] = {
#define GIT(name) {"git_" #name, &g->name},
#include "net/libgit2_api.def"
#undef GIT
    };
    POND_TRY(pond_library_load(&g->library, names, sizeof names / sizeof *names, symbols,
                               sizeof symbols / sizeof *symbols, "git-ingest", err));
    if (g->libgit2_init() < 0)
        return pond_fail(err, POND_ERR_UNSUPPORTED, "libgit2 cannot be started");
    return POND_OK;
}

// Once started it stays: its state belongs to the process.
void net_libgit2_release(net_libgit2 *g) {
    pond_library_release(&g->library);
}

const char *net_libgit2_flaw(const net_libgit2 *g) {
    const git_error *e = g->error_last();
    return e == NULL || e->message == NULL ? "it does not say why" : e->message;
}
