// Fetching, in a process of its own.
#include "net/git.h"

#include "base/file.h"
#include "base/time.h"
#include "net/libgit2.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// What the child works with.
typedef struct fetch {
    net_libgit2 git;
    git_repository *repository;
    git_remote *remote;
    uint64_t max_bytes;
    bool is_too_large;
} fetch;

// The copy ----------------------------------------------------------------------------------------

// What a fetch that was killed has left: nobody else is writing to the copy.
static bool is_left(pond_sv name) {
    return pond_sv_ends(name, POND_SV(".lock")) || pond_sv_starts(name, POND_SV("pack_"));
}

// Whether a directory holds links, at any depth, or borrows objects of another repository. Removes
// what a fetch has left.
static pond_code look_through(pond_arena *a, const char *dir, int depth, bool *is_foreign,
                              pond_err *err) {
    enum { MAX_DEPTH = 64 };
    pond_dirent_vec all = {0};
    POND_TRY(pond_dir_list(a, dir, &all, err));
    for (size_t i = 0; i < all.n && !*is_foreign; i++) {
        const pond_dirent *e = &all.items[i];
        const char *path = pond_path_join(a, dir, pond_cstr(a, e->name));
        *is_foreign =
            (!e->is_dir && !e->is_file) || depth == MAX_DEPTH || pond_sv_is(e->name, "alternates");
        if (e->is_file && is_left(e->name))
            POND_TRY(pond_remove_tree(path, err));
        else if (e->is_dir && !*is_foreign)
            POND_TRY(look_through(a, path, depth + 1, is_foreign, err));
    }
    return POND_OK;
}

// Makes the copy, or what it lacks. Its config may have come with a pond from a stranger, so it is
// written anew; and a copy with links is no copy of ours.
static pond_code prepare(pond_arena *a, const char *dir, pond_err *err) {
    bool is_foreign = false;
    struct {
        const char *name;
    } dirs[] = {{"objects/pack"}, {"objects/info"}, {"refs/heads"}, {"refs/tags"}};
    struct stat st;
    const char *above = pond_path_parent(a, dir);
    if (lstat(above, &st) != 0 || !S_ISDIR(st.st_mode))
        return pond_fail(err, POND_ERR_INVALID, "'%s' is not a directory, where copies are kept",
                         above);
    if (lstat(dir, &st) == 0 && !S_ISDIR(st.st_mode))
        POND_TRY(pond_remove_tree(dir, err));
    if (pond_path_is_dir(dir))
        POND_TRY(look_through(a, dir, 0, &is_foreign, err));
    if (is_foreign)
        POND_TRY(pond_remove_tree(dir, err));
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        POND_TRY(pond_mkdir_all(pond_path_join(a, dir, dirs[i].name), err));
    POND_TRY(
        pond_file_replace(pond_path_join(a, dir, "HEAD"), POND_SV("ref: refs/heads/main\n"), err));
    return pond_file_replace(pond_path_join(a, dir, "config"),
                             POND_SV("[core]\n\trepositoryformatversion = 0\n\tfilemode = "
                                     "true\n\tbare = true\n\tfsyncObjectFiles = true\n"),
                             err);
}

// The child ---------------------------------------------------------------------------------------

static int count_bytes(const git_indexer_progress *p, void *user) {
    fetch *f = user;
    f->is_too_large = p->received_bytes > f->max_bytes;
    return f->is_too_large ? -1 : 0;
}

// 0, or a failure of the library. Branches that are gone are removed first: "a" may be a directory
// of branches now.
static int bring(fetch *f, const char *dir, const char *url) {
    char heads[] = "+refs/heads/*:refs/heads/*", tags[] = "+refs/tags/*:refs/tags/*";
    char *specs[] = {heads, tags};
    const git_strarray all = {specs, 2};
    git_fetch_options options;
    int rc = f->git.fetch_options_init(&options, GIT_FETCH_OPTIONS_VERSION);
    options.callbacks.transfer_progress = count_bytes;
    options.callbacks.payload = f;
    options.proxy_opts.type = GIT_PROXY_AUTO;
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE; // they are among the names
    if (rc == 0)
        rc = f->git.repository_open_bare(&f->repository, dir);
    if (rc == 0)
        rc = f->git.remote_create_anonymous(&f->remote, f->repository, url);
    if (rc == 0)
        rc = f->git.remote_download(f->remote, &all, &options);
    if (rc == 0)
        rc = f->git.remote_prune(f->remote, &options.callbacks);
    if (rc == 0)
        rc = f->git.remote_update_tips(f->remote, &options.callbacks, 0,
                                       GIT_REMOTE_DOWNLOAD_TAGS_NONE, "fetch");
    return rc;
}

// Writes what went wrong, and ends the process: 0, or the code of the failure.
static _Noreturn void fetch_and_exit(const char *dir, const char *url,
                                     const pond_git_bounds *bounds, int out) {
    pond_err err;
    pond_err_clear(&err);
    fetch f = {.max_bytes = bounds->max_bytes};
    signal(SIGALRM, SIG_DFL);
    alarm((unsigned)(bounds->timeout_us / POND_US_PER_S + 1));
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pond_code rc = net_libgit2_load(&f.git, &err);
    int brought = rc == POND_OK ? bring(&f, dir, url) : 0;
    if (f.is_too_large)
        rc = pond_fail(&err, POND_ERR_LIMIT, "it is larger than %llu bytes",
                       (unsigned long long)bounds->max_bytes);
    else if (brought == GIT_EAUTH)
        rc = pond_fail(&err, POND_ERR_IO,
                       "it asks who you are: its URL needs a user and a token, or has wrong ones");
    else if (brought != 0)
        rc = pond_fail(&err, POND_ERR_IO, "%s", net_libgit2_flaw(&f.git));
    if (rc != POND_OK)
        (void)!write(out, err.msg, strlen(err.msg));
    _exit((int)rc);
}

// The parent --------------------------------------------------------------------------------------

static pond_code take_result(pid_t pid, int in, pond_sv shown, const pond_git_bounds *bounds,
                             pond_err *err) {
    int status;
    pond_buf said = POND_BUF_EMPTY;
    pond_code rc = pond_fd_read_all(in, "the fetching process", &said, err);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            rc = pond_fail_errno(err, "cannot wait for the fetching process");
    if (rc == POND_OK && WIFSIGNALED(status))
        rc = WTERMSIG(status) == SIGALRM
                 ? pond_fail(err, POND_ERR_IO, "%.*s: the fetch did not end within %lld s",
                             POND_SV_ARG(shown), (long long)(bounds->timeout_us / POND_US_PER_S))
                 : pond_fail(err, POND_ERR_IO, "%.*s: the fetch was ended by signal %d",
                             POND_SV_ARG(shown), WTERMSIG(status));
    else if (rc == POND_OK && WEXITSTATUS(status) != 0)
        rc = pond_fail(err, (pond_code)WEXITSTATUS(status), "%.*s: %.*s", POND_SV_ARG(shown),
                       POND_SV_ARG(pond_buf_view(&said)));
    pond_buf_free(&said);
    return rc;
}

static pond_code fetch_apart(pond_arena *a, const char *dir, pond_sv url, pond_sv shown,
                             const pond_git_bounds *bounds, pond_err *err) {
    int ends[2];
    const char *from = pond_cstr(a, url);
    POND_TRY(prepare(a, dir, err));
    if (pipe2(ends, O_CLOEXEC) != 0)
        return pond_fail_errno(err, "cannot make a pipe");
    fflush(NULL); // else the child has it, too
    pid_t pid = fork();
    if (pid == 0)
        fetch_and_exit(dir, from, bounds, ends[1]);
    close(ends[1]);
    pond_code rc = pid < 0 ? pond_fail_errno(err, "cannot start a process for the fetch")
                           : take_result(pid, ends[0], shown, bounds, err);
    close(ends[0]);
    return rc;
}

pond_code pond_git_fetch(const char *dir, pond_sv url, pond_sv shown, const pond_git_bounds *bounds,
                         pond_err *err) {
    pond_arena a;
    pond_arena_init(&a);
    pond_code rc = fetch_apart(&a, dir, url, shown, bounds, err);
    pond_arena_deinit(&a);
    return rc;
}
