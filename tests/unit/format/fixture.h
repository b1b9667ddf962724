// A directory of its own for each test of the format room.
#ifndef POND_TESTS_FORMAT_FIXTURE_H
#define POND_TESTS_FORMAT_FIXTURE_H

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct fixture {
    pond_arena arena;
    pond_err err;
    char dir[32];
} fixture;

static inline int set_up(void **state) {
    fixture *f = pond_xmalloc(sizeof *f);
    pond_arena_init(&f->arena);
    strcpy(f->dir, "/tmp/pond-format-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    *state = f;
    return 0;
}

static inline int tear_down(void **state) {
    fixture *f = *state;
    assert_int_equal(pond_remove_tree(f->dir, &f->err), POND_OK);
    pond_arena_deinit(&f->arena);
    free(f);
    return 0;
}

static inline char *in_dir(fixture *f, const char *name) {
    return pond_path_join(&f->arena, f->dir, name);
}

#endif
