#include "factory/session.h"

#include "factory/factory.h"
#include "factory/template.h"

#include <stdarg.h>

enum { MAX_DIRS = 8, MAX_FILES = 64 };

void pond_session_open_host(pond_session *s, pond_arena *a) {
    *s = (pond_session){.arena = a};
    pond_map_init(&s->relations, a);
}

pond_code pond_session_open(pond_session *s, pond_arena *a, const char *dir, pond_txn_mode mode,
                            pond_sv command, pond_err *err) {
    pond_session_open_host(s, a);
    POND_TRY(pond_store_open(dir, &s->store, err));
    POND_TRY(pond_txn_begin(s->store, mode, command, &s->txn, err));
    pond_fs_hook hook = {.open = pond_factory_open_stored, .user = s};
    s->fs = pond_fs_open(s->store, s->txn, &hook);
    pond_session_allow_dir(s, pond_store_objects_dir(s->store));
    return POND_OK;
}

pond_code pond_session_commit(pond_session *s, pond_err *err) {
    return pond_txn_commit(s->txn, err);
}

void pond_session_close(pond_session *s, const pond_err *error) {
    pond_templates_free(s->templates);
    s->templates = NULL;
    pond_engine_close(s->engine);
    pond_fs_close(s->fs);
    pond_txn_end(s->txn, error);
    pond_store_close(s->store);
    s->engine = NULL;
    s->fs = NULL;
    s->txn = NULL;
    s->store = NULL;
}

void pond_session_allow_dir(pond_session *s, const char *dir) {
    POND_ASSERT(s->engine == NULL && s->engine_options.n_dirs < MAX_DIRS);
    if (s->engine_options.dirs == NULL)
        s->engine_options.dirs = POND_NEW_ARRAY(s->arena, const char *, MAX_DIRS);
    ((const char **)(uintptr_t)s->engine_options.dirs)[s->engine_options.n_dirs++] = dir;
}

void pond_session_allow_file(pond_session *s, const char *file) {
    POND_ASSERT(s->engine == NULL && s->engine_options.n_files < MAX_FILES);
    if (s->engine_options.files == NULL)
        s->engine_options.files = POND_NEW_ARRAY(s->arena, const char *, MAX_FILES);
    ((const char **)(uintptr_t)s->engine_options.files)[s->engine_options.n_files++] = file;
}

pond_code pond_session_engine(pond_session *s, pond_engine **out, pond_err *err) {
    if (s->engine == NULL) {
        // Only now: most commands ask nothing of the engine, and leave the pond's tmp/ alone.
        if (s->store != NULL) {
            s->engine_options.temp_dir = pond_store_tmp_dir(s->store);
            pond_session_allow_dir(s, s->engine_options.temp_dir);
        }
        POND_TRY(pond_engine_open(&s->engine_options, &s->engine, err));
    }
    *out = s->engine;
    return POND_OK;
}

void pond_session_warn(pond_session *s, const char *fmt, ...) {
    pond_buf b = POND_BUF_EMPTY;
    va_list args;
    va_start(args, fmt);
    pond_buf_vprintf(&b, fmt, args);
    va_end(args);
    *pond_vec_push(s->arena, &s->warnings) = pond_sv_dup(s->arena, pond_buf_view(&b));
    pond_buf_free(&b);
}
