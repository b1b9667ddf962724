// Names: interning them as symbols, and guessing which name was meant when one is unknown.
#include "tera/engine.h"

// The keys of the map are views of template sources, which live as long as the map.
uint32_t tera_intern(pond_tera *t, pond_sv name) {
    bool is_new;
    void **at = pond_map_at(&t->symbols, name, &is_new);
    if (is_new)
        *at = (void *)(uintptr_t)t->symbols.n; // index + 1
    return (uint32_t)((uintptr_t)*at - 1);
}

pond_sv tera_symbol_name(const pond_tera *t, uint32_t symbol) {
    return t->symbols.entries[symbol].key;
}

const char *tera_did_you_mean(pond_arena *a, pond_sv name, const pond_sv *names, size_t n) {
    pond_sv best = pond_nearest(name, names, n);
    return best.n == 0 ? "" : pond_printf(a, ", did you mean '%.*s'?", POND_SV_ARG(best));
}

size_t tera_all_names(pond_arena *a, const pond_map *host, const pond_sv *builtin, size_t n_builtin,
                      const pond_sv **out) {
    pond_sv *names = POND_NEW_ARRAY(a, pond_sv, n_builtin + host->n + 1);
    size_t n = 0;
    for (size_t i = 0; i < n_builtin; i++)
        names[n++] = builtin[i];
    for (size_t i = 0; i < host->n; i++)
        names[n++] = host->entries[i].key;
    *out = names;
    return n;
}
