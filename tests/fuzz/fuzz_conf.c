// Any bytes as YAML: every node of the tree has a valid place, and the tree is within its limits.
#include "fuzz.h"

#include "value/conf.h"

// libfyaml 0.7 leaks a kilobyte on some texts that it refuses.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void) {
    return "leak:libfyaml.so\n";
}

static size_t check_node(const pond_conf *c, int depth) {
    size_t nodes = 1;
    POND_ASSERT(depth <= POND_CONF_MAX_DEPTH + 1);
    POND_ASSERT(c->line > 0 && c->column > 0 && c->file != NULL);
    for (size_t i = 0; i < c->n; i++)
        nodes += check_node(&c->items[i], depth + 1);
    return nodes;
}

void fuzz_conf(pond_sv input) {
    static pond_err err;
    const pond_conf *const *roots;
    size_t n;
    pond_arena a;
    pond_arena_init(&a);
    pond_code code = pond_conf_parse_all(&a, input, "input", &roots, &n, &err);
    fuzz_check_error(code, &err);
    for (size_t i = 0; code == POND_OK && i < n; i++) {
        POND_ASSERT(check_node(roots[i], 0) <= POND_CONF_MAX_NODES + 1);
        pond_buf text = POND_BUF_EMPTY;
        pond_json_write(&text, pond_conf_value(&a, roots[i]), 2);
        pond_buf_free(&text);
    }
    pond_arena_deinit(&a);
}
