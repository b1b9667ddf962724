// The session: opens the pond and the engine when they are asked for, and closes both.
#include "relation/session.h"

#include "base/file.h"
#include "relation/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct owned {
    void *thing;
    void (*release)(void *thing);
} owned;

typedef POND_VEC(const char *) path_vec;

typedef struct named_source {
    pond_sv name;
    const pond_row_source *source;
} named_source;

struct pond_session {
    pond_arena *arena;
    pond_dynamic_opener open_dynamic;
    pond_store *store;
    pond_txn *txn;
    pond_fs *fs;
    pond_engine *engine;
    pond_engine_options engine_options;
    pond_limits limits;
    uint64_t query_bytes;
    pond_engine_guard *guard; // NULL: no engine was needed yet
    path_vec dirs, files;     // that the engine may read
    pond_map allowed;         // the same, to find one
    const char *host_dir;     // NULL: the tree is not of the host
    bool keeps_rows;
    bool has_queries; // pond_engine_options.queries
    POND_VEC(named_source) sources;
    const char *spill, *scratch; // NULL: not needed yet
    pond_map relations, facts, host_files;
    struct pond_recall *recall;
    pond_sv expected; // query
    pond_meter *meter;
    int depth;
    struct relation_statement *statement;
    POND_VEC(owned) owned;
    POND_VEC(pond_sv) env; // names of variables that templates may read
    pond_secret_vec secrets;
    pond_warning_vec warnings;
};

// Opening and closing -----------------------------------------------------------------------------

pond_session *pond_session_new(pond_arena *a, pond_dynamic_opener open_dynamic) {
    pond_session *s = POND_NEW(a, pond_session);
    *s = (pond_session){.arena = a, .open_dynamic = open_dynamic};
    pond_map_init(&s->relations, a);
    pond_map_init(&s->facts, a);
    pond_map_init(&s->host_files, a);
    pond_map_init(&s->allowed, a);
    return s;
}

static pond_code open_dynamic(void *session, pond_fs *fs, pond_node *node, pond_sv config,
                              pond_err *err) {
    (void)fs;
    pond_session *s = session;
    return s->open_dynamic(s, node, config, err);
}

static void warn_of_fs(void *session, pond_sv text) {
    pond_session_warn(session, "warning: %.*s", POND_SV_ARG(text));
}

static pond_fs_hook hook_of(pond_session *s) {
    return (pond_fs_hook){
        .open = s->open_dynamic == NULL ? NULL : open_dynamic, .warn = warn_of_fs, .user = s};
}

void pond_session_open_host(pond_session *s, const char *dir) {
    pond_fs_hook hook = hook_of(s);
    s->host_dir = dir;
    s->fs = pond_fs_open_host(dir, &hook);
}

pond_code pond_session_open_pond(pond_session *s, const char *dir, pond_txn_mode mode,
                                 pond_sv command, pond_err *err) {
    POND_TRY(pond_store_open(dir, &s->store, err));
    POND_TRY(pond_txn_begin(s->store, mode, command, &s->txn, err));
    pond_fs_hook hook = hook_of(s);
    s->fs = pond_fs_open(s->store, s->txn, &hook);
    pond_session_allow_dir(s, pond_store_objects_dir(s->store));
    pond_session_allow_dir(s, pond_store_cache_dir(s->store, s->arena));
    return POND_OK;
}

pond_code pond_session_commit(pond_session *s, pond_err *err) {
    return s->txn == NULL ? POND_OK : pond_txn_commit(s->txn, err);
}

static void close_engine(pond_session *s) {
    pond_engine_close(s->engine);
    s->engine = NULL;
}

// For the log, which others may read.
static const pond_err *without_secrets(pond_session *s, const pond_err *error) {
    if (error == NULL || s->secrets.n == 0)
        return error;
    pond_err *shown = POND_NEW(s->arena, pond_err);
    *shown = *error;
    pond_secrets_hide_in_error(&s->secrets, shown);
    return shown;
}

void pond_session_close(pond_session *s, const pond_err *error) {
    while (s->owned.n > 0) {
        owned *last = &s->owned.items[--s->owned.n];
        last->release(last->thing);
    }
    close_engine(s);
    pond_engine_guard_free(s->guard);
    pond_fs_close(s->fs);
    pond_txn_end(s->txn, without_secrets(s, error));
    pond_store_close(s->store);
    if (s->scratch != NULL && pond_remove_tree(s->scratch, NULL) != POND_OK)
        fprintf(stderr, "pond: cannot remove the temporary directory '%s'\n", s->scratch);
    *s = (pond_session){.arena = s->arena, .secrets = s->secrets};
}

pond_arena *pond_session_arena(const pond_session *s) {
    return s->arena;
}

pond_store *pond_session_store(const pond_session *s) {
    return s->store;
}

pond_txn *pond_session_txn(const pond_session *s) {
    return s->txn;
}

pond_fs *pond_session_fs(const pond_session *s) {
    return s->fs;
}

pond_id pond_session_tree_id(const pond_session *s) {
    if (s->host_dir == NULL)
        return pond_store_info(s->store)->id;
    pond_id id;
    pond_sha256 hash = pond_sha256_of(pond_sv_of(s->host_dir));
    memcpy(id.bytes, hash.bytes, sizeof id.bytes);
    return id;
}

void pond_session_keep_rows(pond_session *s) {
    s->keeps_rows = true;
}

bool pond_session_keeps_rows(const pond_session *s) {
    return s->keeps_rows;
}

pond_map *relation_host_files(pond_session *s) {
    return &s->host_files;
}

struct pond_recall **relation_recall(pond_session *s) {
    return &s->recall;
}

pond_map *relation_map(pond_session *s) {
    return &s->relations;
}

pond_map *relation_facts(pond_session *s) {
    return &s->facts;
}

int *relation_depth(pond_session *s) {
    return &s->depth;
}

struct relation_statement **relation_open_statement(pond_session *s) {
    return &s->statement;
}

void pond_session_own(pond_session *s, void *thing, void (*release)(void *thing)) {
    *pond_vec_push(s->arena, &s->owned) = (owned){thing, release};
}

static void release_arena(void *arena) {
    pond_arena_deinit(arena);
}

pond_arena *pond_session_new_arena(pond_session *s) {
    pond_arena *a = POND_NEW(s->arena, pond_arena);
    pond_arena_init(a);
    pond_session_own(s, a, release_arena);
    return a;
}

// The engine --------------------------------------------------------------------------------------

// Whether it was not allowed before.
static bool note(pond_session *s, path_vec *paths, const char *path) {
    bool is_new;
    pond_map_at(&s->allowed, pond_sv_of(path), &is_new);
    if (is_new)
        *pond_vec_push(s->arena, paths) = path;
    return is_new;
}

void pond_session_allow_dir(pond_session *s, const char *dir) {
    if (note(s, &s->dirs, dir))
        close_engine(s);
}

void pond_session_allow_file(pond_session *s, const char *file) {
    if (note(s, &s->files, file))
        close_engine(s);
}

// The process ends without closing the session. What it leaves in the pond and in the directory of
// an export is cleared by the next run, but nobody else knows the scratch directory.
static void give_up(void *session, const pond_err *err) {
    const pond_session *s = session;
    if (s->scratch != NULL && pond_remove_tree(s->scratch, NULL) != POND_OK)
        fprintf(stderr, "pond: cannot remove the temporary directory '%s'\n", s->scratch);
    s->limits.give_up(s->limits.user, err);
}

void pond_session_limit(pond_session *s, const pond_limits *limits, uint64_t query_bytes) {
    POND_ASSERT(s->guard == NULL);
    s->limits = *limits;
    s->query_bytes = query_bytes;
}

void pond_session_expect_query(pond_session *s, pond_sv sql) {
    s->expected = sql;
}

pond_sv pond_session_expected_query(const pond_session *s) {
    return s->expected;
}

void pond_session_watch(pond_session *s, pond_meter *meter) {
    s->meter = meter;
}

pond_meter *pond_session_meter(const pond_session *s) {
    return s->meter;
}

void pond_session_next_query(pond_session *s) {
    pond_engine_next_query(s->engine);
}

bool pond_session_is_interrupted(const pond_session *s) {
    return s->engine != NULL && pond_engine_is_interrupted(s->engine);
}

const pond_engine_options *pond_session_engine_options(pond_session *s) {
    if (s->guard == NULL) {
        pond_limits limits = s->limits;
        limits.user = s;
        limits.give_up = s->limits.give_up == NULL ? NULL : give_up;
        s->guard = pond_engine_guard_new(&limits);
    }
    s->engine_options = (pond_engine_options){
        .dirs = s->dirs.items,
        .n_dirs = s->dirs.n,
        .files = s->files.items,
        .n_files = s->files.n,
        .temp_dir = s->spill,
        .memory_bytes = s->query_bytes,
        .guard = s->guard,
        .queries = &s->has_queries,
    };
    return &s->engine_options;
}

static pond_code add_sources(pond_session *s, pond_err *err) {
    for (size_t i = 0; i < s->sources.n; i++)
        POND_TRY(pond_engine_add_source(s->engine, s->sources.items[i].name.p,
                                        s->sources.items[i].source, err));
    return POND_OK;
}

pond_code pond_session_engine(pond_session *s, pond_engine **out, pond_err *err) {
    if (s->engine == NULL) {
        // What is made on the way in a tree of the host goes to the scratch directory, too.
        if (s->host_dir != NULL && s->spill == NULL)
            POND_TRY(pond_session_scratch(s, &s->spill, err));
        // Only now: most commands never open the engine, and need no directory in the pond's tmp.
        if (s->store != NULL && s->spill == NULL) {
            s->spill = pond_store_tmp_dir(s->store);
            pond_session_allow_dir(s, s->spill);
            // In a pond that can only be read, files that are made on the way go to the scratch
            // directory. It is allowed now, so that the engine need not be opened again for it.
            if (!pond_path_is_dir(s->spill) && pond_session_scratch(s, &s->spill, NULL) != POND_OK)
                s->spill = NULL;
        }
        POND_TRY(pond_engine_open(pond_session_engine_options(s), &s->engine, err));
        POND_TRY(add_sources(s, err));
    }
    *out = s->engine;
    return POND_OK;
}

pond_code pond_session_admit_files(pond_session *s, const char *const *files, size_t n,
                                   pond_err *err) {
    bool is_more = false;
    for (size_t i = 0; i < n; i++)
        is_more |= note(s, &s->files, files[i]);
    if (!is_more || s->engine == NULL)
        return POND_OK;
    POND_TRY(pond_engine_reopen(s->engine, pond_session_engine_options(s), err));
    return add_sources(s, err);
}

pond_code pond_session_add_source(pond_session *s, const pond_row_source *source, pond_sv *name,
                                  pond_err *err) {
    *name = pond_svf(s->arena, "pond_rows_%zu", s->sources.n + 1);
    *pond_vec_push(s->arena, &s->sources) = (named_source){*name, source};
    return s->engine == NULL ? POND_OK : pond_engine_add_source(s->engine, name->p, source, err);
}

pond_code pond_session_scratch(pond_session *s, const char **out, pond_err *err) {
    if (s->scratch == NULL) {
        char *dir;
        POND_TRY(pond_mkdir_temporary(s->arena, "pond", &dir, err));
        s->scratch = dir;
        pond_session_allow_dir(s, dir);
    }
    *out = s->scratch;
    return POND_OK;
}

// The environment ---------------------------------------------------------------------------------

void pond_session_allow_env(pond_session *s, pond_sv name) {
    *pond_vec_push(s->arena, &s->env) = name;
}

bool pond_session_may_read_env(const pond_session *s, pond_sv name) {
    if (pond_sv_starts(name, POND_SV("POND_")))
        return true;
    for (size_t i = 0; i < s->env.n; i++)
        if (pond_sv_eq(s->env.items[i], name))
            return true;
    return false;
}

const pond_sv *pond_session_allowed_env(const pond_session *s, size_t *n) {
    *n = s->env.n;
    return s->env.items;
}

// Warnings ----------------------------------------------------------------------------------------

pond_secret_vec *pond_session_secrets(pond_session *s) {
    return &s->secrets;
}

static void add_warning(pond_session *s, pond_buf *text) {
    pond_buf shown = POND_BUF_EMPTY;
    pond_secrets_hide(&s->secrets, pond_buf_view(text), &shown);
    pond_buf_free(text);
    *pond_vec_push(s->arena, &s->warnings) = pond_buf_keep(s->arena, &shown);
}

void pond_session_warn(pond_session *s, const char *fmt, ...) {
    pond_buf b = POND_BUF_EMPTY;
    va_list args;
    va_start(args, fmt);
    pond_buf_vprintf_visible(&b, POND_KEEP_TABS, fmt, args);
    va_end(args);
    add_warning(s, &b);
}

void pond_session_warn_of(pond_session *s, const pond_err *err) {
    char line[POND_ERR_LINE];
    pond_err_line(err, line);
    pond_buf b = POND_BUF_EMPTY;
    pond_buf_visible(&b, pond_sv_of(line), POND_KEEP_NOTHING);
    pond_sv detail = pond_sv_of(err->detail);
    if (detail.n > 0) {
        pond_buf_char(&b, '\n');
        pond_buf_visible(&b, pond_sv_sub(detail, 0, detail.n - 1), POND_KEEP_LINES);
    }
    add_warning(s, &b);
}

const pond_warning_vec *pond_session_warnings(const pond_session *s) {
    return &s->warnings;
}
