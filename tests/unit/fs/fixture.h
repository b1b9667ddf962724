// A real pond in a temporary directory, and a few factories for tests.
#ifndef POND_TESTS_FS_FIXTURE_H
#define POND_TESTS_FS_FIXTURE_H

#include "base/file.h"
#include "fs/fs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

typedef struct fixture {
    pond_arena arena;
    char dir[64];
    pond_store *store;
    pond_txn *txn;
    pond_fs *fs;
    pond_err err;        // of the last call that failed
    int n_opened;        // how often the hook was called
    int n_listed;        // how often a computed directory made its entries
    char warnings[2048]; // lines
} fixture;

#define CHECK_OK(f, e)                                                                             \
    do {                                                                                           \
        if ((e) != POND_OK)                                                                        \
            fail_msg("%s: %s", #e, (f)->err.msg);                                                  \
    } while (0)

// Factories ---------------------------------------------------------------------------------------

typedef struct maker {
    fixture *f;
    pond_sv config;
} maker;

static pond_code read_path(pond_fs *fs, const pond_node *file, const void *context, pond_buf *out,
                           pond_err *err) {
    (void)fs, (void)context, (void)err;
    pond_buf_printf(out, "content of %.*s", POND_SV_ARG(file->path));
    return POND_OK;
}
static const pond_dyn file_dyn = {.read = read_path};

static pond_code list_leaf(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    (void)err;
    *pond_vec_push(pond_fs_arena(fs), out) = pond_fs_child(
        fs, dir, POND_SV("leaf.csv"), POND_T_DATA_DYNAMIC, dir->factory, &file_dyn, NULL);
    return POND_OK;
}
static const pond_dyn leaf_dyn = {.list = list_leaf};

// "names": the config is the entries' names, with blanks between them; those that end in ':' are
// directories with one file in them.
static pond_code list_names(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    (void)err;
    maker *m = dir->state;
    m->f->n_listed++;
    pond_sv rest = m->config;
    for (pond_sv name; pond_sv_split(&rest, ' ', &name);) {
        bool is_dir = pond_sv_ends(name, POND_SV(":"));
        *pond_vec_push(pond_fs_arena(fs), out) = pond_fs_child(
            fs, dir, pond_sv_sub(name, 0, name.n - is_dir),
            is_dir ? POND_T_DYNAMIC_DIRECTORY : POND_T_DATA_DYNAMIC,
            is_dir ? POND_SV("leaf") : POND_SV("names"), is_dir ? &leaf_dyn : &file_dyn, NULL);
    }
    return POND_OK;
}
static const pond_dyn names_dyn = {.list = list_names};

// "mirror": the config is a pattern; each match gives an entry with the match's name and a "+".
static pond_code list_mirror(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    maker *m = dir->state;
    m->f->n_listed++;
    pond_arena *a = pond_fs_arena(fs);
    pond_glob glob;
    pond_match_vec matches;
    POND_TRY(pond_glob_parse(a, m->config, &glob, err));
    POND_TRY(pond_fs_glob(fs, a, &glob, &matches, err));
    for (size_t i = 0; i < matches.n; i++)
        *pond_vec_push(a, out) =
            pond_fs_child(fs, dir, pond_svf(a, "%.*s+", POND_SV_ARG(matches.items[i].node->name)),
                          POND_T_DATA_DYNAMIC, dir->factory, &file_dyn, NULL);
    return POND_OK;
}
static const pond_dyn mirror_dyn = {.list = list_mirror};

// "many": the config is the number of entries.
static pond_code list_many(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err) {
    (void)err;
    maker *m = dir->state;
    m->f->n_listed++;
    int64_t n;
    assert_true(pond_sv_to_int(m->config, &n));
    for (int64_t i = 0; i < n; i++)
        *pond_vec_push(pond_fs_arena(fs), out) =
            pond_fs_child(fs, dir, pond_svf(pond_fs_arena(fs), "n%lld.csv", (long long)i),
                          POND_T_DATA_DYNAMIC, dir->factory, &file_dyn, NULL);
    return POND_OK;
}
static const pond_dyn many_dyn = {.list = list_many};
static const pond_dyn run_dyn = {0};

// "itself": reads the node that is being opened.
static pond_code open_itself(pond_fs *fs, pond_node *node, pond_err *err) {
    pond_buf bytes = POND_BUF_EMPTY;
    pond_code rc = pond_fs_read(fs, node, NULL, &bytes, err);
    pond_buf_free(&bytes);
    return rc;
}

static pond_code open_node(void *user, pond_fs *fs, pond_node *node, pond_sv config,
                           pond_err *err) {
    static const struct {
        const char *factory;
        const pond_dyn *dyn;
    } factories[] = {
        {"names", &names_dyn}, {"mirror", &mirror_dyn}, {"many", &many_dyn},
        {"run", &run_dyn},     {"file", &file_dyn},
    };
    fixture *f = user;
    f->n_opened++;
    if (pond_sv_is(node->factory, "itself"))
        return open_itself(fs, node, err);
    maker *m = POND_NEW(pond_fs_arena(fs), maker);
    *m = (maker){f, config};
    node->state = m;
    for (size_t i = 0; i < sizeof factories / sizeof *factories; i++)
        if (pond_sv_is(node->factory, factories[i].factory))
            node->dyn = factories[i].dyn;
    return node->dyn != NULL
               ? POND_OK
               : pond_fail(err, POND_ERR_INVALID, "config '%.*s' is no good", POND_SV_ARG(config));
}

// The pond ----------------------------------------------------------------------------------------

static void keep_warning(void *user, pond_sv text) {
    fixture *f = user;
    size_t n = strlen(f->warnings);
    snprintf(f->warnings + n, sizeof f->warnings - n, "%.*s\n", POND_SV_ARG(text));
}

static inline void fixture_open_fs(fixture *f) {
    pond_fs_hook hook = {.open = open_node, .warn = keep_warning, .user = f};
    f->fs = pond_fs_open(f->store, f->txn, &hook);
}

static inline int fixture_setup(void **state) {
    fixture *f = pond_xmalloc(sizeof *f);
    *f = (fixture){.dir = "/tmp/pond-fs-XXXXXX"};
    pond_arena_init(&f->arena);
    assert_non_null(mkdtemp(f->dir));
    CHECK_OK(f, pond_store_init(f->dir, "test", &f->err));
    CHECK_OK(f, pond_store_open(f->dir, &f->store, &f->err));
    CHECK_OK(f, pond_txn_begin(f->store, POND_TXN_WRITE, POND_SV("test"), &f->txn, &f->err));
    fixture_open_fs(f);
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state) {
    fixture *f = *state;
    pond_fs_close(f->fs);
    pond_txn_end(f->txn, NULL);
    pond_store_close(f->store);
    pond_code rc = pond_remove_tree(f->dir, &f->err);
    pond_arena_deinit(&f->arena);
    free(f);
    return rc == POND_OK ? 0 : -1;
}

#define FS_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

// Making things -----------------------------------------------------------------------------------

static inline pond_code write_text(fixture *f, const char *path, pond_type type, const char *text) {
    pond_version v = {.rows = -1, .t_max_us = -1, .size_bytes = strlen(text)};
    v.time_column = v.facts = POND_SV("");
    CHECK_OK(f, pond_object_write(f->store, pond_sv_of(text), &v.object, &f->err));
    return pond_fs_write(f->fs, pond_sv_of(path), type, &v, &f->err);
}

static inline void make_dir(fixture *f, const char *path) {
    CHECK_OK(f, pond_fs_mkdir(f->fs, pond_sv_of(path), true, &f->err));
}

// A data file, and the directories above it.
static inline void make_file(fixture *f, const char *path) {
    make_dir(f, pond_path_parent(&f->arena, path));
    CHECK_OK(f, write_text(f, path, POND_T_DATA, path));
}

static inline void make_dynamic(fixture *f, const char *path, const char *factory,
                                const char *config) {
    bool is_file = strcmp(factory, "run") == 0 || strcmp(factory, "file") == 0;
    CHECK_OK(f, pond_fs_mknod(f->fs, pond_sv_of(path),
                              is_file ? POND_T_DATA_DYNAMIC : POND_T_DYNAMIC_DIRECTORY,
                              pond_sv_of(factory), pond_sv_of(config), false, &f->err));
}

// Before the directory was listed: the fs does not see it otherwise.
static inline void make_link(fixture *f, const char *path, const char *target) {
    const pond_node *dir;
    pond_sv name;
    pond_id id;
    CHECK_OK(f, pond_fs_parent_of(f->fs, pond_sv_of(path), &dir, &name, &f->err));
    const pond_new_node link = {
        .parent = dir->id, .name = name, .type = POND_T_SYMLINK, .link = pond_sv_of(target)};
    CHECK_OK(f, pond_store_create(f->txn, &link, &id, &f->err));
}

static inline const pond_node *resolve(fixture *f, const char *path) {
    const pond_node *node = NULL;
    CHECK_OK(f, pond_fs_resolve(f->fs, pond_sv_of(path), true, &node, &f->err));
    return node;
}

// The matches as "PATH(CAPTURE|CAPTURE) PATH()".
static inline const char *glob_all(fixture *f, const char *pattern) {
    pond_glob glob;
    pond_match_vec found;
    CHECK_OK(f, pond_glob_parse(&f->arena, pond_sv_of(pattern), &glob, &f->err));
    CHECK_OK(f, pond_fs_glob(f->fs, &f->arena, &glob, &found, &f->err));
    const char *text = "";
    for (size_t i = 0; i < found.n; i++) {
        const pond_match *m = &found.items[i];
        text = pond_printf(&f->arena, "%s%s%.*s(", text, i == 0 ? "" : " ",
                           POND_SV_ARG(m->node->path));
        for (size_t k = 0; k < m->n_captures; k++)
            text = pond_printf(&f->arena, "%s%s%.*s", text, k == 0 ? "" : "|",
                               POND_SV_ARG(m->captures[k]));
        text = pond_printf(&f->arena, "%s)", text);
    }
    return text;
}

static inline void expect_error(fixture *f, pond_code rc, pond_code code, const char *message) {
    assert_string_equal(f->err.msg, message);
    assert_int_equal(rc, code);
    assert_int_equal(f->err.code, code);
}

#endif
