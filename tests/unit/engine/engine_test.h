// What the tests of this room share: a temporary directory, and an engine that sees only that.
#ifndef POND_ENGINE_TEST_H
#define POND_ENGINE_TEST_H

#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

typedef struct fixture {
    char dir[64];  // the engine's only directory
    char away[64]; // one that it must not touch
    const char *dirs[1];
    pond_engine *e;
    pond_arena a;
    pond_err err;
} fixture;

static inline pond_engine *open_engine(fixture *f, uint64_t memory_bytes, const char *temp_dir) {
    pond_engine_options o = {.dirs = f->dirs, .n_dirs = 1};
    o.memory_bytes = memory_bytes;
    o.temp_dir = temp_dir;
    pond_engine *e = NULL;
    if (pond_engine_open(&o, &e, &f->err) != POND_OK)
        pond_err_print(&f->err, "test", stderr);
    assert_non_null(e);
    return e;
}

static inline int setup(void **state) {
    fixture *f = pond_xmalloc(sizeof *f);
    strcpy(f->dir, "/tmp/pond-engine-XXXXXX");
    strcpy(f->away, "/tmp/pond-away-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    assert_non_null(mkdtemp(f->away));
    f->dirs[0] = f->dir;
    pond_arena_init(&f->a);
    pond_err_clear(&f->err);
    f->e = open_engine(f, 0, NULL);
    *state = f;
    return 0;
}

static inline int teardown(void **state) {
    fixture *f = *state;
    pond_engine_close(f->e);
    assert_int_equal(pond_remove_tree(f->dir, NULL), POND_OK);
    assert_int_equal(pond_remove_tree(f->away, NULL), POND_OK);
    pond_arena_deinit(&f->a);
    free(f);
    return 0;
}

static inline char *path_in(fixture *f, const char *name) {
    return pond_path_join(&f->a, f->dir, name);
}

static inline char *write_file(fixture *f, const char *name, const char *text) {
    char *path = path_in(f, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
    return path;
}

static inline void assert_ok(fixture *f, pond_code rc) {
    if (rc != POND_OK)
        pond_err_print(&f->err, "test", stderr);
    assert_int_equal(rc, POND_OK);
}

// A failure with this code and this whole message.
static inline void assert_fails(fixture *f, pond_code rc, pond_code code, const char *msg) {
    assert_string_equal(f->err.msg, msg);
    assert_int_equal(rc, code);
    assert_int_equal(f->err.code, code);
}

// All rows as text: cells joined by '|', rows ended by '\n'. The code of the first failure.
static inline pond_code rows_text(fixture *f, pond_engine *e, const char *sql, pond_buf *out) {
    pond_rows *rows;
    pond_code rc = pond_engine_query(e, pond_sv_of(sql), &rows, &f->err);
    for (size_t row; pond_rows_each(rows, &row, &rc, &f->err);)
        for (size_t i = 0, n = pond_rows_schema(rows).n; i < n; i++) {
            pond_rows_cell(rows, i, row, out);
            pond_buf_char(out, i + 1 < n ? '|' : '\n');
        }
    pond_rows_close(rows);
    return rc;
}

static inline void assert_rows(fixture *f, const char *sql, const char *expected) {
    pond_buf out = POND_BUF_EMPTY;
    assert_ok(f, rows_text(f, f->e, sql, &out));
    assert_string_equal(out.p == NULL ? "" : out.p, expected);
    pond_buf_free(&out);
}

static inline void assert_query_fails(fixture *f, const char *sql, pond_code code,
                                      const char *msg) {
    pond_buf out = POND_BUF_EMPTY;
    assert_fails(f, rows_text(f, f->e, sql, &out), code, msg);
    pond_buf_free(&out);
}

#endif
