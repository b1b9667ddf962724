// Finding the examples and making projects of them.
#include "declare/example.h"

#include "base/below.h"
#include "base/home.h"
#include "declare/internal.h"

#include <fcntl.h>
#include <unistd.h>

#define LIBRARIES "files/site/static/lib"

// Where the examples and the libraries of the browser are.
typedef struct place {
    const char *examples, *libraries;
} place;

static pond_code find_place(pond_arena *a, place *out, pond_err *err) {
    const char *bin = pond_home_bin(a), *checkout = pond_home_checkout(a);
    const char *shared = bin == NULL ? "." : pond_path_join(a, bin, "../share/pond");
    *out = (place){pond_path_join(a, shared, "examples"), pond_path_join(a, shared, "web")};
    if (!pond_path_is_dir(out->examples) && checkout != NULL)
        *out = (place){pond_path_join(a, checkout, "examples"),
                       pond_path_join(a, checkout, "third_party/web")};
    if (!pond_path_is_dir(out->examples))
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "the examples are not at '%s', where `make install` puts them",
                         out->examples);
    if (!pond_path_is_dir(out->libraries))
        return pond_fail(err, POND_ERR_NOT_FOUND,
                         "the libraries of the charts are not at '%s': run `make demo` in the "
                         "source tree, which fetches them",
                         out->libraries);
    return POND_OK;
}

// What can be made into a project is a directory with a Makefile.
static pond_code list_names(pond_arena *a, const char *examples, pond_sv *names, size_t room,
                            size_t *n, pond_err *err) {
    pond_dirent_vec all;
    *n = 0;
    POND_TRY(pond_dir_list(a, examples, &all, err));
    for (size_t i = 0; i < all.n && *n < room; i++) {
        const char *dir = pond_path_join(a, examples, pond_cstr(a, all.items[i].name));
        if (all.items[i].is_dir && pond_path_exists(pond_path_join(a, dir, "Makefile")))
            names[(*n)++] = all.items[i].name;
    }
    return POND_OK;
}

static pond_code check_name(pond_arena *a, const char *examples, pond_sv name, pond_err *err) {
    enum { ROOM = 64 };
    pond_sv names[ROOM];
    size_t n;
    POND_TRY(list_names(a, examples, names, ROOM, &n, err));
    for (size_t i = 0; i < n; i++)
        if (pond_sv_eq(names[i], name))
            return POND_OK;
    pond_sv near = pond_nearest(name, names, n);
    pond_fail(err, POND_ERR_NOT_FOUND, "there is no example '%.*s'%s%.*s%s", POND_SV_ARG(name),
              near.n > 0 ? ", did you mean '" : "", POND_SV_ARG(near), near.n > 0 ? "'?" : "");
    pond_buf list = POND_BUF_EMPTY;
    for (size_t i = 0; i < n; i++)
        pond_buf_printf(&list, "%s%.*s", i == 0 ? "" : ", ", POND_SV_ARG(names[i]));
    pond_err_detail(err, "  the examples are: %s", list.n == 0 ? "none" : list.p);
    pond_buf_free(&list);
    return POND_ERR_NOT_FOUND;
}

// Copying -----------------------------------------------------------------------------------------

static pond_code copy_file(const pond_below *to, const char *from, const char *name,
                           pond_err *err) {
    pond_buf bytes = POND_BUF_EMPTY;
    int fd = -1;
    pond_code rc = pond_file_read(from, &bytes, err);
    if (rc == POND_OK)
        rc = pond_below_mkdir_parent(to, name, POND_NO_SYNC, err);
    if (rc == POND_OK)
        rc = pond_below_open_file(to, name, O_WRONLY | O_CREAT | O_TRUNC, &fd, err);
    if (rc == POND_OK)
        rc = pond_file_made(fd, name, pond_fd_write_all(fd, name, bytes.p, bytes.n, err), err);
    pond_buf_free(&bytes);
    return rc;
}

// build.sh makes an example from a source tree, and is no part of a project.
static bool is_left_out(const char *path, pond_sv name) {
    (void)path;
    return pond_sv_is(name, "build.sh");
}

// Copies what is in a directory to `below` in another one.
static pond_code copy_dir(pond_arena *a, const char *from, const pond_below *to, const char *below,
                          pond_err *err) {
    declare_entry_vec all = {0};
    POND_TRY(declare_tree(a, from, is_left_out, &all, err));
    for (size_t i = 0; i < all.n; i++) {
        const char *name = pond_printf(a, "%s%s%.*s", below, below[0] == '\0' ? "" : "/",
                                       POND_SV_ARG(all.items[i].name));
        if (all.items[i].is_regular)
            POND_TRY(copy_file(to, all.items[i].path, name, err));
    }
    return POND_OK;
}

pond_code pond_example_make(pond_arena *a, pond_sv name, const char *dir, pond_err *err) {
    place from;
    pond_dirent_vec there;
    pond_below to;
    POND_TRY(find_place(a, &from, err));
    POND_TRY(check_name(a, from.examples, name, err));
    POND_TRY(pond_mkdir_all(dir, err));
    POND_TRY(pond_dir_list(a, dir, &there, err));
    if (there.n > 0)
        return pond_fail(err, POND_ERR_EXISTS,
                         "'%s' is not empty (it holds '%.*s'): a project needs a new or an empty "
                         "directory",
                         dir, POND_SV_ARG(there.items[0].name));
    POND_TRY(pond_below_open(dir, &to, err));
    const char *example = pond_path_join(a, from.examples, pond_cstr(a, name));
    pond_code rc = copy_dir(a, pond_path_join(a, from.examples, "kit"), &to, "", err);
    if (rc == POND_OK)
        rc = copy_dir(a, from.libraries, &to, LIBRARIES, err);
    if (rc == POND_OK)
        rc = copy_dir(a, example, &to, "", err); // last: its own files come before those of the kit
    // By which commands in the folder find its pond; names with a dot are left out above.
    const char *root = pond_path_join(a, example, ".pond-root");
    if (rc == POND_OK && pond_path_exists(root))
        rc = copy_file(&to, root, ".pond-root", err);
    pond_below_close(&to);
    return rc;
}
