// A pond in a directory of its own for each test of the store room.
#ifndef TESTS_STORE_ROOM_H
#define TESTS_STORE_ROOM_H

#include "base/file.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct room {
    pond_arena a;
    char dir[32];
    char *pond; // dir/pond
    pond_store *s;
    pond_err err;
} room;

static const pond_id root = {{0}};

static inline int enter_empty(void **state) {
    room *r = pond_xmalloc(sizeof *r);
    *r = (room){.dir = "/tmp/pond-store-XXXXXX"};
    pond_arena_init(&r->a);
    if (mkdtemp(r->dir) == NULL)
        return 1;
    r->pond = pond_path_join(&r->a, r->dir, "pond");
    *state = r;
    return 0;
}

static inline int enter(void **state) {
    if (enter_empty(state) != 0)
        return 1;
    room *r = *state;
    return pond_store_init(r->pond, "test", &r->err) != POND_OK ||
           pond_store_open(r->pond, &r->s, &r->err) != POND_OK;
}

static inline int leave(void **state) {
    room *r = *state;
    pond_store_close(r->s);
    int failed = pond_remove_tree(r->dir, NULL) != POND_OK;
    pond_arena_deinit(&r->a);
    free(r);
    return failed;
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, enter, leave)
#define IN_EMPTY_ROOM(test) cmocka_unit_test_setup_teardown(test, enter_empty, leave)

static inline char *below(room *r, const char *name) {
    return pond_path_join(&r->a, r->pond, name);
}

static inline void reopen(room *r) {
    pond_store_close(r->s);
    r->s = NULL;
    assert_int_equal(pond_store_open(r->pond, &r->s, &r->err), POND_OK);
}

static inline size_t n_below(room *r, const char *name) {
    pond_dirent_vec found;
    assert_int_equal(pond_dir_list(&r->a, below(r, name), &found, NULL), POND_OK);
    return found.n;
}

static inline pond_txn *begin(pond_store *s, pond_txn_mode mode, const char *command) {
    pond_txn *t = NULL;
    pond_err err;
    if (pond_txn_begin(s, mode, pond_sv_of(command), &t, &err) != POND_OK)
        fail_msg("cannot begin: %s", err.msg);
    return t;
}

static inline void commit(pond_txn *t) {
    pond_err err;
    if (pond_txn_commit(t, &err) != POND_OK)
        fail_msg("cannot commit: %s", err.msg);
    pond_txn_end(t, NULL);
}

static inline pond_id make(pond_txn *t, pond_id parent, const char *name, pond_type type) {
    pond_id id;
    pond_err err;
    const pond_new_node n = {.parent = parent, .name = pond_sv_of(name), .type = type};
    if (pond_store_create(t, &n, &id, &err) != POND_OK)
        fail_msg("cannot create '%s': %s", name, err.msg);
    return id;
}

static inline bool has(pond_txn *t, pond_arena *a, const char *name) {
    const pond_node_row *row;
    assert_int_equal(pond_store_lookup(t, a, root, pond_sv_of(name), &row, NULL), POND_OK);
    return row != NULL;
}

// Runs `body` in a child, which opens stores of its own: SQLite's do not survive a fork, so the
// room's is closed meanwhile. No transaction may be open.
static inline pid_t start_child(void (*body)(room *r), room *r) {
    bool was_open = r->s != NULL;
    pond_store_close(r->s);
    r->s = NULL;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        body(r);
        _exit(0);
    }
    assert_true(pid > 0);
    if (was_open)
        assert_int_equal(pond_store_open(r->pond, &r->s, &r->err), POND_OK);
    return pid;
}

static inline void expect_success(pid_t pid) {
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

// In a child, where cmocka's assertions would run the rest of the tests twice.
#define CHILD_CHECK(cond)                                                                          \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: in a child: %s\n", __FILE__, __LINE__, #cond);                 \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

#endif
