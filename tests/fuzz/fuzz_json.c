// Any bytes as JSON: a value that was parsed is written in both forms, and parses to the same value.
#include "fuzz.h"

static void check_again(pond_arena *a, pond_value v, int indent) {
    pond_value again;
    pond_buf text = POND_BUF_EMPTY;
    pond_json_write(&text, v, indent);
    pond_code code = pond_json_parse(a, pond_buf_view(&text), "again", &again, NULL);
    POND_ASSERT(code == POND_OK);
    POND_ASSERT(pond_value_equal(v, again));
    pond_buf_free(&text);
}

void fuzz_json(pond_sv input) {
    static pond_err err;
    pond_value v;
    pond_arena a;
    pond_arena_init(&a);
    pond_code code = pond_json_parse(&a, input, "input", &v, &err);
    fuzz_check_error(code, &err);
    if (code == POND_OK) {
        check_again(&a, v, 0);
        check_again(&a, v, 2);
    } else {
        fuzz_check_place(&err.where, input);
    }
    pond_arena_deinit(&a);
}
