// Any bytes as templates: they are parsed, checked and linted, and every error and warning has a
// valid place.
#include "fuzz.h"

static pond_sv text_of(const fuzz_parts *parts, const char *name) {
    pond_sv text = {"", 0};
    for (size_t i = 0; i < parts->n; i++)
        if (pond_sv_is(parts->items[i].name, name))
            text = parts->items[i].text;
    return text;
}

static void check_place(const fuzz_parts *parts, const pond_loc *where) {
    if (strlen(where->file) + 1 < sizeof where->file) // else it was cut
        fuzz_check_place(where, text_of(parts, where->file));
}

static void check_warning(void *user, const pond_loc *where, const char *message,
                          const char *line) {
    POND_ASSERT(message[0] != '\0' && line != NULL);
    check_place(user, where);
}

void fuzz_template(pond_sv input) {
    static pond_err err;
    fuzz_parts parts;
    pond_tera *t;
    fuzz_split(input, &parts);
    pond_code code = fuzz_load(&parts, &t, &err);
    fuzz_check_error(code, &err);
    if (code != POND_OK)
        check_place(&parts, &err.where);
    for (size_t i = 0; code == POND_OK && i < parts.n; i++) {
        pond_tera_lint(t, parts.items[i].name, check_warning, &parts);
        (void)pond_tera_is_pure(t, parts.items[i].name);
    }
    pond_tera_free(t);
}
