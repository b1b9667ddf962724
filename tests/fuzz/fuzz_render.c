// Any bytes as templates and a context: a render ends soon, and with the same result whether memory
// comes from blocks or from one malloc for each allocation.
#include "fuzz.h"

#include <stdlib.h>

static pond_code render(const fuzz_parts *parts, pond_buf *out, pond_err *err) {
    pond_arena a;
    pond_tera *t;
    pond_arena_init(&a);
    pond_code code = fuzz_load(parts, &t, err);
    if (code == POND_OK)
        code = pond_tera_render(t, parts->items[0].name, fuzz_context(&a, parts), NULL, out, err);
    pond_tera_free(t);
    pond_arena_deinit(&a);
    return code;
}

// Whether two renders of the input may differ.
static bool is_fickle(pond_sv input) {
    return pond_sv_find(input, POND_SV("now")) >= 0 ||
           pond_sv_find(input, POND_SV("get_random")) >= 0;
}

void fuzz_render(pond_sv input) {
    static pond_err err, err_again;
    pond_buf out = POND_BUF_EMPTY, again = POND_BUF_EMPTY;
    fuzz_parts parts;
    fuzz_split(input, &parts);
    if (parts.n == 0)
        return;
    unsetenv("POND_ARENA_STRESS");
    pond_code code = render(&parts, &out, &err);
    fuzz_check_error(code, &err);
    setenv("POND_ARENA_STRESS", "1", 1);
    pond_code code_again = render(&parts, &again, &err_again);
    unsetenv("POND_ARENA_STRESS");
    if (!is_fickle(input)) {
        POND_ASSERT(code == code_again);
        POND_ASSERT(pond_sv_eq(pond_buf_view(&out), pond_buf_view(&again)));
        if (code != POND_OK)
            POND_ASSERT(strcmp(err.msg, err_again.msg) == 0);
    }
    POND_ASSERT(code != POND_OK || out.n <= 1 << 16);
    pond_buf_free(&out);
    pond_buf_free(&again);
}
