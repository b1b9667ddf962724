// A line with a pattern, a line with a path, and a text with $0, $1…: if the captures replace the
// wildcards of the pattern, the result is the path.
#include "fuzz.h"

#include "fs/glob.h"

// Several `*` in a row count as one; slashes at both ends of the pattern do not count.
static void fill_in(pond_buf *out, const pond_glob *g, const pond_sv_vec *captures) {
    size_t used = 0;
    for (size_t i = 0; i < g->n_segments; i++) {
        pond_sv text = g->segments[i].text;
        pond_buf_char(out, '/');
        for (size_t j = 0; j < text.n; j++) {
            if (text.p[j] != '*')
                pond_buf_char(out, text.p[j]);
            else if (j == 0 || text.p[j - 1] != '*')
                pond_buf_sv(out, captures->items[used++]);
        }
    }
    POND_ASSERT(used == captures->n);
}

static void check_match(pond_arena *a, const pond_glob *g, pond_sv path, pond_sv text) {
    static pond_err err;
    pond_sv_vec captures = {0};
    pond_sv expanded;
    pond_buf made = POND_BUF_EMPTY;
    if (!pond_glob_match(a, g, path, &captures)) {
        POND_ASSERT(captures.n == 0);
        return;
    }
    if (!g->has_deep) {
        POND_ASSERT(captures.n == g->n_wildcards);
        fill_in(&made, g, &captures);
        pond_sv whole = pond_buf_view(&made);
        if (!pond_sv_starts(path, POND_SV("/")))
            whole = pond_sv_sub(whole, 1, whole.n);
        POND_ASSERT(pond_sv_eq(whole, path) || g->n_segments == 0);
    }
    pond_code code = pond_expand_captures(a, text, captures.items, captures.n, &expanded, &err);
    fuzz_check_error(code, &err);
    POND_ASSERT((code == POND_OK) == (pond_captures_needed(text) <= captures.n));
    pond_buf_free(&made);
}

void fuzz_glob(pond_sv input) {
    static pond_err err;
    pond_glob g;
    pond_arena a;
    pond_sv pattern = fuzz_line(&input), path = fuzz_line(&input), text = input;
    while (pond_sv_ends(path, POND_SV("/")))
        path.n--; // a path of a pond does not end in a slash
    pond_arena_init(&a);
    pond_code code = pond_glob_parse(&a, pattern, &g, &err);
    fuzz_check_error(code, &err);
    if (code == POND_OK) {
        check_match(&a, &g, path, text);
        POND_ASSERT(pond_glob_prefix(&a, &g).n > 0);
    }
    pond_arena_deinit(&a);
}
