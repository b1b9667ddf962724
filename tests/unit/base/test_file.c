// Files and directories, with real ones below /tmp.
#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct room {
    pond_arena a;
    char dir[32];
} room;

static int enter(void **state) {
    room *r = pond_xmalloc(sizeof *r);
    pond_arena_init(&r->a);
    strcpy(r->dir, "/tmp/pond-file-XXXXXX");
    *state = r;
    return mkdtemp(r->dir) == NULL;
}

static int leave(void **state) {
    room *r = *state;
    int failed = pond_remove_tree(r->dir, NULL) != POND_OK || pond_path_exists(r->dir);
    pond_arena_deinit(&r->a);
    free(r);
    return failed;
}

static char *in(room *r, const char *name) {
    return pond_path_join(&r->a, r->dir, name);
}

static void assert_holds(const char *path, const char *text) {
    pond_buf got = POND_BUF_EMPTY;
    assert_int_equal(pond_file_read(path, &got, NULL), POND_OK);
    assert_int_equal(got.n, strlen(text));
    assert_string_equal(got.p, text);
    pond_buf_free(&got);
}

static size_t n_entries(room *r, const char *dir) {
    pond_dirent_vec entries;
    assert_int_equal(pond_dir_list(&r->a, dir, &entries, NULL), POND_OK);
    return entries.n;
}

// Paths -------------------------------------------------------------------------------------------

static void paths_join_with_one_slash(void **state) {
    room *r = *state;
    assert_string_equal(pond_path_join(&r->a, "a", "b"), "a/b");
    assert_string_equal(pond_path_join(&r->a, "a/", "b"), "a/b");
    assert_string_equal(pond_path_join(&r->a, "/", "b"), "/b");
    assert_string_equal(pond_path_join(&r->a, "", "b"), "b");
}

static void a_path_has_a_parent_and_a_name(void **state) {
    room *r = *state;
    assert_string_equal(pond_path_parent(&r->a, "/a/b/c"), "/a/b");
    assert_string_equal(pond_path_parent(&r->a, "/a"), "/");
    assert_string_equal(pond_path_parent(&r->a, "a"), ".");
    assert_string_equal(pond_path_parent(&r->a, "a/b"), "a");
    assert_string_equal(pond_path_name("/a/b/c"), "c");
    assert_string_equal(pond_path_name("c"), "c");
    assert_string_equal(pond_path_name("/a/"), "");
}

static const char *absolute(room *r, const char *path) {
    char *out = NULL;
    assert_int_equal(pond_path_absolute(&r->a, path, &out, NULL), POND_OK);
    return out;
}

static void a_relative_path_goes_up_to_its_first_part(void **state) {
    (void)state;
    pond_sv path = POND_SV("a/b/c");
    assert_true(pond_path_up(&path));
    assert_true(pond_sv_is(path, "a/b"));
    assert_true(pond_path_up(&path));
    assert_true(pond_sv_is(path, "a"));
    assert_false(pond_path_up(&path));
    assert_true(pond_sv_is(path, "a"));
}

static void absolute_paths_have_no_dots(void **state) {
    room *r = *state;
    assert_string_equal(absolute(r, "/a/./b//c/../d/"), "/a/b/d");
    assert_string_equal(absolute(r, "/"), "/");
    assert_string_equal(absolute(r, "/.."), "/");
    assert_string_equal(absolute(r, "/../../a"), "/a");
    char *cwd = getcwd(NULL, 0);
    assert_string_equal(absolute(r, "x/../y"), pond_path_join(&r->a, cwd, "y"));
    assert_string_equal(absolute(r, ""), cwd);
    assert_string_equal(absolute(r, "."), cwd);
    assert_string_equal(absolute(r, ".."), pond_path_parent(&r->a, cwd));
    assert_int_equal(chdir("/"), 0);
    assert_string_equal(absolute(r, "x"), "/x");
    assert_string_equal(absolute(r, ".."), "/");
    assert_int_equal(chdir(cwd), 0);
    free(cwd);
}

// Whole files -------------------------------------------------------------------------------------

static void replace_makes_and_replaces_and_leaves_no_litter(void **state) {
    room *r = *state;
    char *path = in(r, "page.html");
    assert_int_equal(pond_file_replace(path, POND_SV("one"), NULL), POND_OK);
    assert_holds(path, "one");
    assert_int_equal(pond_file_replace(path, POND_SV(""), NULL), POND_OK);
    assert_holds(path, "");
    assert_int_equal(pond_file_replace(path, POND_SV("three"), NULL), POND_OK);
    assert_holds(path, "three");
    assert_int_equal(n_entries(r, r->dir), 1);
}

static void replaced_files_follow_the_umask(void **state) {
    room *r = *state;
    char *path = in(r, "page.html");
    mode_t old = umask(022);
    assert_int_equal(pond_file_replace(path, POND_SV("x"), NULL), POND_OK);
    umask(old);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
}

static void a_failed_replace_leaves_the_old_and_no_litter(void **state) {
    room *r = *state;
    pond_err err;
    // The temporary file can be written, but not renamed over a directory that has entries.
    char *path = in(r, "taken");
    assert_int_equal(pond_mkdir_all(in(r, "taken/full"), NULL), POND_OK);
    assert_int_equal(pond_file_replace(path, POND_SV("x"), &err), POND_ERR_IO);
    assert_non_null(strstr(err.msg, "cannot rename '"));
    assert_non_null(strstr(err.msg, "/taken': Is a directory"));
    assert_int_equal(n_entries(r, r->dir), 1);
    assert_int_equal(pond_file_replace(in(r, "no/x"), POND_SV("x"), &err), POND_ERR_NOT_FOUND);
    assert_non_null(strstr(err.msg, "cannot create '"));
}

static void a_name_as_long_as_names_may_be_can_be_replaced(void **state) {
    room *r = *state;
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    assert_int_equal(pond_file_replace(in(r, name), POND_SV("long"), NULL), POND_OK);
    assert_holds(in(r, name), "long");
}

static void a_file_is_made_once_and_is_private(void **state) {
    room *r = *state;
    char *path = in(r, "part");
    pond_err err;
    struct stat st;
    int fd;
    assert_int_equal(pond_file_make(path, &fd, &err), POND_OK);
    assert_int_equal(pond_fd_write_all(fd, path, "x", 1, &err), POND_OK);
    assert_int_equal(pond_file_made(fd, path, POND_OK, &err), POND_OK);
    assert_holds(path, "x");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(pond_file_make(path, &fd, &err), POND_ERR_EXISTS);
    assert_non_null(strstr(err.msg, "cannot make '"));
    assert_holds(path, "x");
    assert_int_equal(pond_file_made(-1, path, POND_OK, &err), POND_ERR_IO);
    assert_non_null(strstr(err.msg, "cannot write '"));
    assert_int_equal(pond_file_made(-1, path, POND_ERR_LIMIT, &err), POND_ERR_LIMIT);
}

// Writing back is a hint: it changes no bytes, and what it cannot be given to is left to the sync.
static void writing_back_changes_nothing(void **state) {
    room *r = *state;
    enum { LARGE = 3 << 20 };
    char *path = in(r, "large");
    char *bytes = malloc(LARGE);
    struct stat st;
    pond_buf got = POND_BUF_EMPTY;
    int fd, ends[2];
    assert_non_null(bytes);
    memset(bytes, 'x', LARGE);
    assert_int_equal(pond_file_make(path, &fd, NULL), POND_OK);
    assert_int_equal(pond_fd_write_all(fd, path, bytes, LARGE, NULL), POND_OK);
    pond_fd_write_back(fd, 1);
    pond_fd_write_back(fd, LARGE);
    assert_int_equal(pond_file_made(fd, path, POND_OK, NULL), POND_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, LARGE);
    assert_int_equal(pond_file_read(path, &got, NULL), POND_OK);
    assert_int_equal(got.n, LARGE);
    assert_memory_equal(got.p, bytes, LARGE);
    assert_int_equal(pipe(ends), 0);
    pond_fd_write_back(ends[1], LARGE);
    close(ends[0]);
    close(ends[1]);
    pond_fd_write_back(-1, LARGE);
    pond_buf_free(&got);
    free(bytes);
}

// A FIFO and a pipe are read where a user named them as input, and nowhere else.
static void only_regular_files_and_named_pipes_are_read(void **state) {
    room *r = *state;
    int fd, ends[2];
    pond_err err = {0};
    pond_buf got = POND_BUF_EMPTY;
    assert_int_equal(mkfifo(in(r, "fifo"), 0666), 0);
    assert_int_equal(pond_file_open(in(r, "fifo"), &fd, &err), POND_ERR_INVALID);
    assert_string_equal(err.msg,
                        pond_printf(&r->a,
                                    "'%s' is not a regular file, and only those are read; write "
                                    "its content to a file first",
                                    in(r, "fifo")));
    int writer = open(in(r, "fifo"), O_RDWR); // so that nobody waits
    assert_int_equal(write(writer, "fifo ", 5), 5);
    assert_int_equal(pond_file_open_input(in(r, "fifo"), &fd, &err), POND_OK);
    close(writer);
    assert_int_equal(pond_fd_read_all(fd, "fifo", &got, NULL), POND_OK);
    close(fd);
    assert_int_equal(pond_file_open_input("/dev/zero", &fd, NULL), POND_ERR_INVALID);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "abc ", 4), 4);
    close(ends[1]);
    char *name = pond_printf(&r->a, "/dev/fd/%d", ends[0]);
    assert_int_equal(pond_file_open(name, &fd, NULL), POND_ERR_INVALID);
    assert_int_equal(pond_file_open_input(name, &fd, NULL), POND_OK);
    assert_int_equal(pond_fd_read_all(fd, name, &got, NULL), POND_OK);
    close(fd);
    close(ends[0]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[1], "socket", 6), 6);
    close(ends[1]);
    name = pond_printf(&r->a, "/proc/self/fd/%d", ends[0]);
    assert_int_equal(pond_file_open_input(name, &fd, NULL), POND_OK);
    assert_int_equal(pond_fd_read_all(fd, name, &got, NULL), POND_OK);
    assert_string_equal(got.p, "fifo abc socket");
    close(fd);
    close(ends[0]);
    pond_buf_free(&got);
    assert_true(pond_path_is_descriptor("/dev/stdin"));
    assert_true(pond_path_is_descriptor("/dev/fd/63"));
    assert_false(pond_path_is_descriptor("/dev/fd/x"));
    assert_false(pond_path_is_descriptor("/dev/null"));
}

static void reading_appends_and_says_what_is_missing(void **state) {
    room *r = *state;
    pond_err err;
    pond_buf got = POND_BUF_EMPTY;
    assert_int_equal(pond_file_replace(in(r, "f"), POND_SV("a\0b"), NULL), POND_OK);
    assert_int_equal(pond_file_read(in(r, "f"), &got, NULL), POND_OK);
    assert_int_equal(pond_file_read(in(r, "f"), &got, NULL), POND_OK);
    assert_int_equal(got.n, 6);
    assert_memory_equal(got.p, "a\0ba\0b", 7);
    assert_int_equal(pond_file_read(in(r, "g"), &got, &err), POND_ERR_NOT_FOUND);
    assert_string_equal(
        err.msg, pond_printf(&r->a, "cannot open '%s/g': No such file or directory", r->dir));
    assert_int_equal(pond_file_read(r->dir, &got, &err), POND_ERR_INVALID);
    assert_string_equal(err.msg, pond_printf(&r->a, "'%s' is a directory, not a file", r->dir));
    pond_buf_free(&got);
}

static void a_pipe_is_read_to_its_end(void **state) {
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(pond_fd_write_all(ends[1], "pipe", "hello", 5, NULL), POND_OK);
    close(ends[1]);
    pond_buf got = POND_BUF_EMPTY;
    assert_int_equal(pond_fd_read_all(ends[0], "pipe", &got, NULL), POND_OK);
    assert_string_equal(got.p, "hello");
    close(ends[0]);
    pond_buf_free(&got);
}

static void a_write_that_fails_names_the_file(void **state) {
    (void)state;
    pond_err err;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pond_fd_write_all(fd, "out.csv", "x", 1, &err), POND_ERR_IO);
    assert_string_equal(err.msg, "cannot write 'out.csv': No space left on device");
    close(fd);
}

// Directories -------------------------------------------------------------------------------------

static void mkdir_all_makes_what_is_missing(void **state) {
    room *r = *state;
    pond_err err;
    assert_int_equal(pond_mkdir_all(in(r, "a/b//c/"), NULL), POND_OK);
    assert_true(pond_path_is_dir(in(r, "a/b/c")));
    assert_int_equal(pond_mkdir_all(in(r, "a/b/c"), NULL), POND_OK);
    assert_int_equal(pond_mkdir_all("/", NULL), POND_OK);
    assert_int_equal(pond_file_replace(in(r, "f"), POND_SV("x"), NULL), POND_OK);
    assert_int_equal(pond_mkdir_all(in(r, "f"), &err), POND_ERR_EXISTS);
    assert_string_equal(
        err.msg,
        pond_printf(&r->a, "cannot make directory '%s/f': it exists and is not a directory",
                    r->dir));
    assert_int_equal(pond_mkdir_all(in(r, "f/g"), &err), POND_ERR_EXISTS);
    assert_false(pond_path_is_dir(in(r, "f")));
    assert_true(pond_path_exists(in(r, "f")));
}

static void a_listing_is_sorted_and_has_the_kind_of_each_entry(void **state) {
    room *r = *state;
    pond_dirent_vec entries;
    assert_int_equal(pond_mkdir_all(in(r, "b"), NULL), POND_OK);
    assert_int_equal(symlink("b", in(r, "c")), 0);
    assert_int_equal(pond_file_replace(in(r, "B"), POND_SV(""), NULL), POND_OK);
    assert_int_equal(pond_file_replace(in(r, ".a"), POND_SV(""), NULL), POND_OK);
    assert_int_equal(pond_dir_list(&r->a, r->dir, &entries, NULL), POND_OK);
    assert_int_equal(entries.n, 4);
    assert_true(pond_sv_is(entries.items[0].name, ".a") && entries.items[0].is_file);
    assert_true(pond_sv_is(entries.items[1].name, "B") && entries.items[1].is_file);
    assert_true(pond_sv_is(entries.items[2].name, "b") && entries.items[2].is_dir);
    const pond_dirent *link = &entries.items[3];
    assert_true(pond_sv_is(link->name, "c"));
    assert_true(link->is_symlink && !link->is_dir && !link->is_file);
    assert_int_equal(pond_dir_list(&r->a, in(r, "none"), &entries, NULL), POND_ERR_NOT_FOUND);
}

static void remove_tree_removes_links_but_not_what_they_point_to(void **state) {
    room *r = *state;
    assert_int_equal(pond_mkdir_all(in(r, "tree/x/y"), NULL), POND_OK);
    assert_int_equal(pond_mkdir_all(in(r, "kept"), NULL), POND_OK);
    assert_int_equal(pond_file_replace(in(r, "kept/f"), POND_SV("stays"), NULL), POND_OK);
    assert_int_equal(pond_file_replace(in(r, "tree/x/g"), POND_SV("goes"), NULL), POND_OK);
    assert_int_equal(symlink("../../kept", in(r, "tree/x/link")), 0);
    assert_int_equal(pond_remove_tree(in(r, "tree"), NULL), POND_OK);
    assert_false(pond_path_exists(in(r, "tree")));
    assert_holds(in(r, "kept/f"), "stays");
    assert_int_equal(pond_remove_tree(in(r, "tree"), NULL), POND_OK);
    assert_int_equal(pond_remove_tree(in(r, "kept/f"), NULL), POND_OK);
    assert_int_equal(n_entries(r, in(r, "kept")), 0);
}

static void files_and_directories_are_synced_by_path(void **state) {
    room *r = *state;
    pond_err err;
    assert_int_equal(pond_file_replace(in(r, "f"), POND_SV("old"), NULL), POND_OK);
    assert_int_equal(pond_fsync_path(in(r, "tmp"), &err), POND_ERR_NOT_FOUND);
    assert_string_equal(
        err.msg,
        pond_printf(&r->a, "cannot open '%s/tmp' to sync it: No such file or directory", r->dir));
    assert_int_equal(pond_fsync_path(r->dir, NULL), POND_OK);
    assert_int_equal(pond_fsync_parent(in(r, "f"), NULL), POND_OK);
    assert_int_equal(pond_fsync_parent(in(r, "none/f"), NULL), POND_ERR_NOT_FOUND);
}

#define IN_ROOM(test) cmocka_unit_test_setup_teardown(test, enter, leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        IN_ROOM(paths_join_with_one_slash),
        IN_ROOM(a_path_has_a_parent_and_a_name),
        IN_ROOM(a_relative_path_goes_up_to_its_first_part),
        IN_ROOM(absolute_paths_have_no_dots),
        IN_ROOM(replace_makes_and_replaces_and_leaves_no_litter),
        IN_ROOM(replaced_files_follow_the_umask),
        IN_ROOM(a_failed_replace_leaves_the_old_and_no_litter),
        IN_ROOM(a_name_as_long_as_names_may_be_can_be_replaced),
        IN_ROOM(a_file_is_made_once_and_is_private),
        IN_ROOM(writing_back_changes_nothing),
        IN_ROOM(only_regular_files_and_named_pipes_are_read),
        IN_ROOM(reading_appends_and_says_what_is_missing),
        IN_ROOM(a_pipe_is_read_to_its_end),
        IN_ROOM(a_write_that_fails_names_the_file),
        IN_ROOM(mkdir_all_makes_what_is_missing),
        IN_ROOM(a_listing_is_sorted_and_has_the_kind_of_each_entry),
        IN_ROOM(remove_tree_removes_links_but_not_what_they_point_to),
        IN_ROOM(files_and_directories_are_synced_by_path),
    };
    return cmocka_run_group_tests_name("base/file", tests, NULL, NULL);
}
