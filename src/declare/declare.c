// The door of the room.
#include "declare/declare.h"

#include "declare/internal.h"

const char *pond_declare_word(pond_declare_status status) {
    static const char *const words[] = {"created", "updated", "unchanged",
                                        "removed", "kept",    "stale"};
    _Static_assert(sizeof words / sizeof *words == POND_N_DECLARE_STATUSES, "a word for each");
    return words[status];
}

pond_code pond_declare(pond_session *s, const pond_declare_options *o, pond_declare_result *out,
                       pond_err *err) {
    declare_job j = {.s = s, .a = pond_session_arena(s), .o = o, .out = out, .label = POND_SV("")};
    *out = (pond_declare_result){0};
    pond_map_init(&j.claims, j.a);
    if (o->dir != NULL)
        POND_TRY(declare_folder(&j, err));
    for (size_t i = 0; i < o->n_files; i++)
        POND_TRY(declare_documents(&j, o->files[i].p, o->files[i].p, err));
    POND_TRY(declare_work(&j, err));
    return o->dir != NULL ? declare_prune(&j, err) : POND_OK;
}
