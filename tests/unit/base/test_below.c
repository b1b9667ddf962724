// Files below an open directory: names, links in the way, and what is made, renamed and removed.
#include "base/below.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

// A directory `in` that is worked in, and beside it `out`, which nothing may touch.
typedef struct room {
    pond_arena a;
    char dir[32];
    pond_below below;
} room;

static char *path(room *r, const char *name) {
    return pond_path_join(&r->a, r->dir, name);
}

static void put(room *r, const char *name, const char *text) {
    assert_int_equal(pond_file_replace(path(r, name), pond_sv_of(text), NULL), POND_OK);
}

static void assert_holds(room *r, const char *name, const char *text) {
    pond_buf got = POND_BUF_EMPTY;
    assert_int_equal(pond_file_read(path(r, name), &got, NULL), POND_OK);
    assert_string_equal(got.p, text);
    pond_buf_free(&got);
}

static int enter(void **state) {
    room *r = pond_xmalloc(sizeof *r);
    pond_arena_init(&r->a);
    strcpy(r->dir, "/tmp/pond-below-XXXXXX");
    *state = r;
    if (mkdtemp(r->dir) == NULL || mkdir(path(r, "in"), 0777) != 0 ||
        mkdir(path(r, "out"), 0777) != 0)
        return 1;
    put(r, "out/kept", "kept");
    return pond_below_open(path(r, "in"), &r->below, NULL) != POND_OK;
}

static int leave(void **state) {
    room *r = *state;
    assert_holds(r, "out/kept", "kept");
    pond_below_close(&r->below);
    int failed = pond_remove_tree(r->dir, NULL) != POND_OK;
    pond_arena_deinit(&r->a);
    free(r);
    return failed;
}

// Names -------------------------------------------------------------------------------------------

static void only_relative_names_without_steps_are_names(void **state) {
    (void)state;
    static const char *const names[] = {"a", "a/b", "...", ".a", "a b", "year=2024/month=1/x"};
    static const char *const others[] = {"",     ".",      "..",   "/a",  "a/",  "a//b",
                                         "../a", "a/../b", "a/..", "./a", "a/.", "/"};
    char part[NAME_MAX + 2];
    memset(part, 'x', sizeof part);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(pond_below_is_name(pond_sv_of(names[i])));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(pond_below_is_name(pond_sv_of(others[i])));
    assert_true(pond_below_is_name((pond_sv){part, NAME_MAX}));
    assert_false(pond_below_is_name((pond_sv){part, NAME_MAX + 1}));
    assert_false(pond_below_is_name((pond_sv){"a\0b", 3}));
    pond_buf deep = POND_BUF_EMPTY;
    while (deep.n + 2 < PATH_MAX)
        pond_buf_str(&deep, deep.n == 0 ? "a" : "/a");
    assert_true(pond_below_is_name(pond_buf_view(&deep)));
    pond_buf_str(&deep, "/a");
    assert_false(pond_below_is_name(pond_buf_view(&deep)));
    pond_buf_free(&deep);
}

static void other_names_are_refused_by_all_operations(void **state) {
    room *r = *state;
    static const char *const names[] = {"../out/kept", "/etc/hostname", "a/../../out/kept", "..",
                                        ""};
    put(r, "in/own", "own");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *n = names[i];
        int fd;
        bool is_taken;
        struct stat st;
        pond_buf b = POND_BUF_EMPTY;
        pond_below inner;
        pond_dirent_vec list;
        assert_int_equal(pond_below_open_file(&r->below, n, O_RDONLY, &fd, NULL), POND_ERR_INVALID);
        assert_int_equal(fd, -1);
        assert_int_equal(pond_below_read(&r->below, n, &b, NULL), POND_ERR_INVALID);
        assert_false(pond_below_stat(&r->below, n, &st));
        assert_false(pond_below_exists(&r->below, n));
        assert_int_equal(pond_below_mkdir(&r->below, n, POND_SYNC, NULL), POND_ERR_INVALID);
        assert_int_equal(pond_below_mkdir_parent(&r->below, n, POND_SYNC, NULL), POND_ERR_INVALID);
        assert_int_equal(pond_below_rename(&r->below, "own", &r->below, n, NULL), POND_ERR_INVALID);
        assert_int_equal(pond_below_rename(&r->below, n, &r->below, "b", NULL), POND_ERR_INVALID);
        assert_int_equal(pond_below_rename_new(&r->below, "own", &r->below, n, &is_taken, NULL),
                         POND_ERR_INVALID);
        assert_int_equal(pond_below_remove(&r->below, n, NULL), POND_ERR_INVALID);
        assert_int_equal(pond_below_remove_tree(&r->below, n, NULL), POND_ERR_INVALID);
        assert_int_equal(pond_below_sync(&r->below, n, NULL), POND_ERR_INVALID);
        assert_int_equal(pond_below_list(&r->below, &r->a, n, &list, NULL), POND_ERR_INVALID);
        assert_int_equal(pond_below_enter(&r->below, &r->a, n, &inner, NULL), POND_ERR_INVALID);
        pond_below_prune(&r->below, n);
        pond_buf_free(&b);
    }
    assert_holds(r, "in/own", "own");
}

// Links -------------------------------------------------------------------------------------------

static void a_link_to_a_directory_is_never_followed(void **state) {
    room *r = *state;
    assert_int_equal(symlink("../out", path(r, "in/link")), 0);
    put(r, "in/own", "own");
    pond_err err = {0};
    pond_buf b = POND_BUF_EMPTY;
    pond_below inner;
    struct stat st;
    int fd;
    assert_int_equal(pond_below_read(&r->below, "link/kept", &b, &err), POND_ERR_CONFLICT);
    assert_non_null(strstr(err.msg, "symbolic link"));
    assert_int_equal(pond_below_open_file(&r->below, "link/new", O_WRONLY | O_CREAT, &fd, NULL),
                     POND_ERR_CONFLICT);
    assert_false(pond_below_stat(&r->below, "link/kept", &st));
    assert_int_equal(pond_below_mkdir(&r->below, "link/a/b", POND_SYNC, NULL), POND_ERR_CONFLICT);
    assert_int_equal(pond_below_mkdir(&r->below, "link", POND_SYNC, NULL), POND_ERR_CONFLICT);
    assert_int_equal(pond_below_rename(&r->below, "own", &r->below, "link/kept", NULL),
                     POND_ERR_CONFLICT);
    assert_int_equal(pond_below_remove(&r->below, "link/kept", NULL), POND_ERR_CONFLICT);
    assert_int_equal(pond_below_remove_tree(&r->below, "link/kept", NULL), POND_ERR_CONFLICT);
    assert_int_equal(pond_below_enter(&r->below, &r->a, "link", &inner, NULL), POND_ERR_CONFLICT);
    assert_false(pond_path_exists(path(r, "out/new")));
    assert_false(pond_path_exists(path(r, "out/a")));
    assert_holds(r, "in/own", "own");
    pond_buf_free(&b);
}

static void a_link_in_the_place_of_a_file_is_replaced_or_removed_itself(void **state) {
    room *r = *state;
    assert_int_equal(symlink("../out/kept", path(r, "in/link")), 0);
    put(r, "in/new", "new");
    pond_buf b = POND_BUF_EMPTY;
    struct stat st;
    assert_int_equal(pond_below_read(&r->below, "link", &b, NULL), POND_ERR_CONFLICT);
    assert_true(pond_below_stat(&r->below, "link", &st));
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(pond_below_rename(&r->below, "new", &r->below, "link", NULL), POND_OK);
    assert_holds(r, "in/link", "new");
    assert_int_equal(symlink("../out/kept", path(r, "in/other")), 0);
    assert_int_equal(pond_below_remove(&r->below, "other", NULL), POND_OK);
    assert_false(pond_below_exists(&r->below, "other"));
    assert_int_equal(mkdir(path(r, "in/tree"), 0777), 0);
    assert_int_equal(symlink("../../out", path(r, "in/tree/link")), 0);
    assert_int_equal(pond_below_remove_tree(&r->below, "tree", NULL), POND_OK);
    assert_false(pond_below_exists(&r->below, "tree"));
    pond_buf_free(&b);
}

static void the_directory_itself_may_be_reached_by_a_link(void **state) {
    room *r = *state;
    assert_int_equal(symlink("in", path(r, "alias")), 0);
    put(r, "in/own", "own");
    pond_below d;
    pond_buf b = POND_BUF_EMPTY;
    assert_int_equal(pond_below_open(path(r, "alias"), &d, NULL), POND_OK);
    assert_int_equal(pond_below_read(&d, "own", &b, NULL), POND_OK);
    assert_string_equal(b.p, "own");
    pond_below_close(&d);
    pond_buf_free(&b);
}

// Files and directories ---------------------------------------------------------------------------

static void only_regular_files_are_opened(void **state) {
    room *r = *state;
    int fd;
    pond_err err = {0};
    assert_int_equal(mkfifo(path(r, "in/fifo"), 0666), 0);
    assert_int_equal(mkdir(path(r, "in/dir"), 0777), 0);
    assert_int_equal(pond_below_open_file(&r->below, "fifo", O_RDONLY, &fd, &err),
                     POND_ERR_INVALID);
    assert_non_null(strstr(err.msg, "not a regular file"));
    assert_int_equal(pond_below_open_file(&r->below, "fifo", O_WRONLY, &fd, NULL),
                     POND_ERR_INVALID);
    assert_int_equal(pond_below_open_file(&r->below, "dir", O_RDONLY, &fd, NULL), POND_ERR_INVALID);
    assert_int_equal(pond_below_open_file(&r->below, "missing", O_RDONLY, &fd, NULL),
                     POND_ERR_NOT_FOUND);
    assert_int_equal(fd, -1);
}

static void directories_are_made_with_their_parents_and_pruned_when_empty(void **state) {
    room *r = *state;
    assert_int_equal(pond_below_mkdir_parent(&r->below, "a/b/c/file", POND_SYNC, NULL), POND_OK);
    assert_true(pond_path_is_dir(path(r, "in/a/b/c")));
    assert_int_equal(pond_below_mkdir(&r->below, "a/b/d", POND_SYNC, NULL), POND_OK);
    put(r, "in/a/b/own", "own");
    assert_int_equal(pond_below_mkdir(&r->below, "a/b/own/x", POND_SYNC, NULL), POND_ERR_EXISTS);
    pond_below_prune(&r->below, "a/b/c/file");
    assert_false(pond_path_exists(path(r, "in/a/b/c")));
    assert_int_equal(pond_below_remove(&r->below, "a/b/own", NULL), POND_OK);
    pond_below_prune(&r->below, "a/b/d/file");
    assert_false(pond_path_exists(path(r, "in/a")));
    assert_true(pond_path_is_dir(path(r, "in")));
}

static void a_file_is_replaced_by_way_of_a_temporary_one(void **state) {
    room *r = *state;
    assert_int_equal(pond_below_mkdir(&r->below, "tmp", POND_SYNC, NULL), POND_OK);
    pond_below tmp;
    assert_int_equal(pond_below_enter(&r->below, &r->a, "tmp", &tmp, NULL), POND_OK);
    put(r, "in/tmp/0", "left by a killed process");
    for (int i = 0; i < 2; i++) {
        const char *text = i == 0 ? "one" : "two";
        assert_int_equal(pond_below_replace(&r->below, "file", pond_sv_of(text),
                                            (pond_below_tmp){&tmp, "0"}, NULL),
                         POND_OK);
        assert_holds(r, "in/file", text);
        assert_false(pond_below_exists(&tmp, "0"));
    }
    assert_int_equal(mkdir(path(r, "in/dir"), 0777), 0);
    put(r, "in/dir/x", "x");
    assert_int_not_equal(
        pond_below_replace(&r->below, "dir", POND_SV("text"), (pond_below_tmp){&tmp, "0"}, NULL),
        POND_OK);
    assert_false(pond_below_exists(&tmp, "0"));
    pond_below_close(&tmp);
}

static void a_file_is_written_anew_and_not_through_a_link(void **state) {
    room *r = *state;
    put(r, "in/file", "old");
    assert_int_equal(symlink("../out/kept", path(r, "in/link")), 0);
    assert_int_equal(pond_below_write(&r->below, "file", POND_SV("new"), NULL), POND_OK);
    assert_int_equal(pond_below_write(&r->below, "link", POND_SV("new"), NULL), POND_OK);
    assert_holds(r, "in/file", "new");
    assert_holds(r, "in/link", "new");
    assert_int_equal(pond_below_write(&r->below, "none/file", POND_SV("new"), NULL),
                     POND_ERR_NOT_FOUND);
}

static void a_new_name_is_given_only_once(void **state) {
    room *r = *state;
    bool is_taken = true;
    put(r, "in/one", "one");
    put(r, "in/two", "two");
    assert_int_equal(pond_below_rename_new(&r->below, "one", &r->below, "name", &is_taken, NULL),
                     POND_OK);
    assert_false(is_taken);
    assert_int_equal(pond_below_rename_new(&r->below, "two", &r->below, "name", &is_taken, NULL),
                     POND_OK);
    assert_true(is_taken);
    assert_holds(r, "in/name", "one");
    assert_holds(r, "in/two", "two");
}

static void what_is_missing_needs_no_removing(void **state) {
    room *r = *state;
    put(r, "in/own", "own");
    assert_int_equal(pond_below_remove(&r->below, "missing", NULL), POND_OK);
    assert_int_equal(pond_below_remove(&r->below, "missing/x", NULL), POND_OK);
    assert_int_equal(pond_below_remove(&r->below, "own/x", NULL), POND_OK);
    assert_int_equal(pond_below_remove_tree(&r->below, "missing/x", NULL), POND_OK);
    assert_holds(r, "in/own", "own");
}

static void entries_are_listed_in_order(void **state) {
    room *r = *state;
    pond_dirent_vec list;
    put(r, "in/b", "b");
    assert_int_equal(mkdir(path(r, "in/a"), 0777), 0);
    assert_int_equal(symlink("../out", path(r, "in/c")), 0);
    assert_int_equal(pond_below_list(&r->below, &r->a, ".", &list, NULL), POND_OK);
    assert_int_equal(list.n, 3);
    assert_true(pond_sv_is(list.items[0].name, "a") && list.items[0].is_dir);
    assert_true(pond_sv_is(list.items[1].name, "b") && list.items[1].is_file);
    assert_true(pond_sv_is(list.items[2].name, "c") && list.items[2].is_symlink);
    assert_int_equal(pond_below_list(&r->below, &r->a, "c", &list, NULL), POND_ERR_CONFLICT);
    assert_int_equal(pond_below_list(&r->below, &r->a, "d", &list, NULL), POND_ERR_NOT_FOUND);
}

// From now on openat2 fails as on a kernel that does not have it.
static int forbid_openat2(void **state) {
    (void)state;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0;
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, enter, leave)
    const struct CMUnitTest tests[] = {
        TEST(only_relative_names_without_steps_are_names),
        TEST(other_names_are_refused_by_all_operations),
        TEST(a_link_to_a_directory_is_never_followed),
        TEST(a_link_in_the_place_of_a_file_is_replaced_or_removed_itself),
        TEST(the_directory_itself_may_be_reached_by_a_link),
        TEST(only_regular_files_are_opened),
        TEST(directories_are_made_with_their_parents_and_pruned_when_empty),
        TEST(a_file_is_replaced_by_way_of_a_temporary_one),
        TEST(a_file_is_written_anew_and_not_through_a_link),
        TEST(a_new_name_is_given_only_once),
        TEST(what_is_missing_needs_no_removing),
        TEST(entries_are_listed_in_order),
    };
    int failed = cmocka_run_group_tests_name("base/below", tests, NULL, NULL);
    return failed +
           cmocka_run_group_tests_name("base/below, old kernel", tests, forbid_openat2, NULL);
}
