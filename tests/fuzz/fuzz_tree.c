// A line with names of tables, and the tree of a query as JSON: whatever the tree is, the walk ends,
// and what it finds fits together.
#include "fuzz.h"

#include "engine/engine_internal.h"

void fuzz_tree(pond_sv input) {
    enum { MAX_TABLES = 8 };
    static pond_err err;
    pond_arena a;
    pond_value tree;
    pond_sv names = fuzz_line(&input), tables[MAX_TABLES];
    pond_select select = {.tables = tables};
    while (select.n_tables < MAX_TABLES && pond_sv_split(&names, ' ', &tables[select.n_tables]))
        select.n_tables++;
    pond_arena_init(&a);
    if (pond_json_parse(&a, input, "tree", &tree, &err) == POND_OK) {
        pond_code code = engine_tree_check(&a, tree, &select, &err);
        size_t n = 0;
        for (size_t i = 0; i < select.n_tables; i++)
            n += select.uses[i];
        POND_ASSERT(n == select.n_used);
        fuzz_check_error(code, &err);
    }
    pond_arena_deinit(&a);
}
