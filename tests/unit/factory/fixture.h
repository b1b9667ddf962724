// A real pond in a temporary directory, with series written from SQL and nodes from YAML.
#ifndef POND_TESTS_FACTORY_FIXTURE_H
#define POND_TESTS_FACTORY_FIXTURE_H

#include "base/file.h"
#include "factory/factory.h"
#include "relation/ingest.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct fixture {
    pond_arena arena;
    char dir[64];
    char *pond;            // dir/pond
    pond_session *session; // one command's: open from begin() to end()
    pond_err err;
} fixture;

#define CHECK_OK(f, e)                                                                             \
    do {                                                                                           \
        if ((e) != POND_OK)                                                                        \
            fail_msg("%s: %s\n%s", #e, (f)->err.msg, (f)->err.detail);                             \
    } while (0)

static inline void begin(fixture *f, pond_txn_mode mode) {
    f->session = pond_session_new(&f->arena, pond_factory_open_stored);
    CHECK_OK(f, pond_session_open_pond(f->session, f->pond, mode, POND_SV("test"), &f->err));
}

static inline void end(fixture *f) {
    CHECK_OK(f, pond_session_commit(f->session, &f->err));
    pond_session_close(f->session, NULL);
}

static inline void setup_pond(fixture *f) {
    pond_arena_init(&f->arena);
    strcpy(f->dir, "/tmp/pond-factory-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->pond = pond_path_join(&f->arena, f->dir, "pond");
    CHECK_OK(f, pond_store_init(f->pond, "test", &f->err));
}

static inline void teardown_pond(fixture *f) {
    CHECK_OK(f, pond_remove_tree(f->dir, &f->err));
    pond_arena_deinit(&f->arena);
}

static inline pond_engine *engine_of(fixture *f) {
    pond_engine *engine;
    CHECK_OK(f, pond_session_engine(f->session, &engine, &f->err));
    return engine;
}

// Adds the rows of a SELECT to the series at `path` as a new version.
static inline void append_version(fixture *f, const char *path, pond_sv select) {
    pond_parquet_stats stats;
    pond_destination to = {
        .path = pond_sv_of(path), .type = POND_T_TABLE_SERIES, .source = pond_sv_of(path)};
    pond_ingested what;
    char *tmp = pond_store_tmp_name(pond_session_store(f->session), &f->arena, ".parquet");
    CHECK_OK(f, pond_engine_write_parquet(engine_of(f), select, tmp, &stats, &f->err));
    int fd = open(tmp, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    CHECK_OK(f, pond_ingest_parquet(f->session, &to, fd, &what, &f->err));
    close(fd);
    unlink(tmp);
}

static inline void make_node(fixture *f, const char *factory, const char *path, const char *yaml) {
    const pond_factory *made;
    CHECK_OK(f, pond_factory_get(pond_sv_of(factory), NULL, &made, &f->err));
    CHECK_OK(f, pond_fs_mknod(pond_session_fs(f->session), pond_sv_of(path), made->type,
                              pond_sv_of(factory), pond_sv_of(yaml), false, &f->err));
}

static inline pond_relation *relation_at(fixture *f, const char *path) {
    const pond_node *node;
    pond_relation *r;
    CHECK_OK(f,
             pond_fs_resolve(pond_session_fs(f->session), pond_sv_of(path), true, &node, &f->err));
    CHECK_OK(f, pond_relation_of(f->session, node, &r, &f->err));
    return r;
}

static inline void exec(fixture *f, const char *fmt, ...) {
    pond_buf sql = POND_BUF_EMPTY;
    va_list args;
    va_start(args, fmt);
    pond_buf_vprintf(&sql, fmt, args);
    va_end(args);
    CHECK_OK(f, pond_engine_exec(engine_of(f), pond_buf_view(&sql), &f->err));
    pond_buf_free(&sql);
}

static inline int64_t number(fixture *f, const char *fmt, ...) {
    int64_t n;
    pond_buf sql = POND_BUF_EMPTY;
    va_list args;
    va_start(args, fmt);
    pond_buf_vprintf(&sql, fmt, args);
    va_end(args);
    CHECK_OK(f, pond_engine_ints(engine_of(f), pond_buf_view(&sql), -1, &n, 1, &f->err));
    pond_buf_free(&sql);
    return n;
}

#endif
