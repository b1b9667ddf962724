// The engine's functions, by what a user's query may do with them: the lists of functions.def.
#include "engine/engine_internal.h"

static const struct {
    engine_class class;
    const char *names;
} lists[] = {
#define FUNCTIONS(class, names) {ENGINE_##class, names},
#include "engine/functions.def"
#undef FUNCTIONS
};
enum { N_LISTS = sizeof lists / sizeof *lists };

static bool is_of_tables(engine_class class) {
    return class == ENGINE_TABLE || class == ENGINE_REFUSED_TABLE;
}

// Names are listed in lower case, but for two that are spelled otherwise; case does not count.
static bool is_named(pond_sv listed, pond_sv name) {
    if (pond_sv_ends(listed, POND_SV("_*")))
        return name.n >= listed.n - 1 && strncasecmp(listed.p, name.p, listed.n - 1) == 0;
    return listed.n == name.n && strncasecmp(listed.p, name.p, name.n) == 0;
}

engine_class engine_function_class(pond_sv name, bool is_table) {
    for (size_t i = 0; i < N_LISTS; i++) {
        if (is_of_tables(lists[i].class) != is_table)
            continue;
        pond_sv rest = pond_sv_of(lists[i].names);
        for (pond_sv listed; pond_sv_split(&rest, ' ', &listed);)
            if (is_named(listed, name))
                return lists[i].class;
    }
    return ENGINE_UNKNOWN;
}

pond_sv engine_functions_of(pond_arena *a, engine_class class) {
    pond_buf text = POND_BUF_EMPTY;
    for (size_t i = 0; i < N_LISTS; i++) {
        pond_sv rest = pond_sv_of(lists[i].names);
        for (pond_sv listed; lists[i].class == class && pond_sv_split(&rest, ' ', &listed);)
            pond_buf_printf(&text, "%s%.*s", text.n == 0 ? "" : ", ", POND_SV_ARG(listed));
    }
    return pond_buf_keep(a, &text);
}

pond_sv engine_function_nearest(pond_arena *a, pond_sv name) {
    POND_VEC(pond_sv) names = {0};
    for (size_t i = 0; i < N_LISTS; i++) {
        pond_sv rest = pond_sv_of(lists[i].names);
        for (pond_sv listed; pond_sv_split(&rest, ' ', &listed);)
            if (!is_of_tables(lists[i].class) && lists[i].class != ENGINE_REFUSED)
                *pond_vec_push(a, &names) = listed;
    }
    return pond_nearest(name, names.items, names.n);
}
