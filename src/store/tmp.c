// The temporary directory of this process, DIR/tmp/<id>/: objects are written there before their
// hash is known, and the engine keeps there what does not fit into memory.
#include "store/store_internal.h"

const char *pond_store_tmp_dir(const pond_store *s) {
    // In a pond that can only be read this fails. A later attempt to write there reports the error.
    pond_code rc = pond_scratch_make(s->tmp, NULL);
    (void)rc;
    return s->tmp->dir.path;
}

char *pond_store_tmp_name(pond_store *s, pond_arena *a, const char *suffix) {
    const char *dir = pond_store_tmp_dir(s);
    return pond_path_join(a, dir, pond_scratch_name(s->tmp, a, suffix));
}

pond_code store_tmp_new(pond_store *s, pond_arena *a, char **name, pond_err *err) {
    POND_TRY(pond_scratch_make(s->tmp, err));
    *name = pond_scratch_name(s->tmp, a, "");
    return POND_OK;
}

void pond_store_tmp_drop(pond_store *s, const char *path) {
    pond_code rc = pond_below_remove(&s->tmp->dir, pond_path_name(path), NULL);
    (void)rc;
}
