// Nodes of the host: files and directories below a directory that was mounted.
#include "fs/fs_internal.h"

#include "base/file.h"
#include "base/time.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void fs_host_attach(pond_fs *fs, fs_node *node, const char *dir) {
    node->node.host_path = pond_cstr(&fs->arena, pond_sv_of(dir));
    node->mount = node;
}

pond_fs *pond_fs_open_host(const char *dir, const pond_fs_hook *hook) {
    pond_fs *fs = fs_new(hook);
    fs->root = fs_node_new(fs, NULL, POND_SV(""), POND_T_DIRECTORY, FS_HOST);
    fs_host_attach(fs, fs->root, dir);
    return fs;
}

// Whether an absolute path is `dir` or below it. *rest gets what follows `dir`.
static bool cut_dir(pond_sv path, pond_sv dir, pond_sv *rest) {
    if (!pond_sv_starts(path, dir) || (path.n > dir.n && path.p[dir.n] != '/'))
        return false;
    *rest = pond_sv_sub(path, dir.n, path.n);
    return true;
}

bool fs_host_is_below(const fs_node *mount, pond_sv path, pond_sv *rest) {
    const char *dir = mount->node.host_path;
    *rest = path;
    if (strcmp(dir, "/") == 0 || cut_dir(path, pond_sv_of(dir), rest))
        return true;
    char *real = realpath(dir, NULL); // targets of links often have no link in them
    bool is_below = real != NULL && cut_dir(path, pond_sv_of(real), rest);
    free(real);
    return is_below;
}

// Nodes -------------------------------------------------------------------------------------------

static pond_code read_target(pond_fs *fs, fs_node *n, bool *is_gone, pond_err *err) {
    char target[PATH_MAX];
    ssize_t got = readlink(n->node.host_path, target, sizeof target);
    *is_gone = got < 0 && (errno == ENOENT || errno == EINVAL); // it is no link any more
    if (*is_gone)
        return POND_OK;
    if (got < 0)
        return pond_fail_errno(err, "cannot read the link '%s'", n->node.host_path);
    n->node.link = pond_sv_dup(&fs->arena, (pond_sv){target, (size_t)got});
    return POND_OK;
}

// *out is NULL if the entry was removed meanwhile.
static pond_code make_child(pond_fs *fs, fs_node *dir, const pond_dirent *e, fs_node **out,
                            pond_err *err) {
    const char *path =
        pond_path_join(&fs->arena, dir->node.host_path, pond_cstr(&fs->arena, e->name));
    pond_type type = e->is_dir ? POND_T_DIRECTORY : e->is_symlink ? POND_T_SYMLINK : POND_T_DATA;
    fs_node *n = fs_node_new(fs, &dir->node, e->name, type, FS_HOST);
    n->node.host_path = path;
    n->node.size_bytes = type == POND_T_DATA ? (int64_t)e->size_bytes : 0;
    n->node.modified_us = e->mtime_ns / 1000;
    n->mount = dir->mount;
    bool is_gone = false;
    if (e->is_symlink)
        POND_TRY(read_target(fs, n, &is_gone, err));
    *out = is_gone ? NULL : n;
    return POND_OK;
}

static pond_code make_children(pond_fs *fs, fs_node *dir, const pond_dirent_vec *entries,
                               pond_node_vec *out, pond_err *err) {
    *out = (pond_node_vec){.items = POND_NEW_ARRAY(&fs->arena, const pond_node *, entries->n),
                           .cap = entries->n};
    for (size_t i = 0; i < entries->n; i++) {
        fs_node *child = fs_known_child(dir, entries->items[i].name);
        if (child == NULL)
            POND_TRY(make_child(fs, dir, &entries->items[i], &child, err));
        if (child != NULL)
            out->items[out->n++] = &child->node;
    }
    return POND_OK;
}

// A directory without a host_path holds mounts only.
static pond_code list_dir(pond_fs *fs, fs_node *dir, pond_node_vec *out, pond_err *err) {
    if (dir->node.host_path == NULL)
        return POND_OK;
    pond_arena scratch;
    pond_arena_init(&scratch);
    pond_dirent_vec entries = {0};
    pond_code rc = pond_dir_list(&scratch, dir->node.host_path, &entries, err);
    if (rc == POND_OK)
        rc = make_children(fs, dir, &entries, out, err);
    pond_arena_deinit(&scratch);
    return rc;
}

static pond_code find_entry(pond_fs *fs, fs_node *dir, pond_sv name, fs_node **out, pond_err *err) {
    struct stat st;
    *out = NULL;
    if (dir->node.host_path == NULL)
        return POND_OK;
    const char *path = pond_path_join(&fs->arena, dir->node.host_path, pond_cstr(&fs->arena, name));
    if (lstat(path, &st) != 0)
        return errno == ENOENT || errno == ENOTDIR
                   ? POND_OK
                   : pond_fail_errno(err, "cannot look at '%s'", path);
    const pond_dirent e = {.name = name,
                           .is_dir = S_ISDIR(st.st_mode),
                           .is_file = S_ISREG(st.st_mode),
                           .is_symlink = S_ISLNK(st.st_mode),
                           .size_bytes = (uint64_t)st.st_size,
                           .mtime_ns = pond_timespec_ns(st.st_mtim)};
    return make_child(fs, dir, &e, out, err);
}

// Bytes -------------------------------------------------------------------------------------------

static pond_code stream_file(pond_fs *fs, const pond_node *file, const void *context, pond_sink to,
                             pond_err *err) {
    (void)fs, (void)context;
    int fd;
    POND_TRY(pond_file_open(file->host_path, &fd, err));
    pond_code rc = pond_fd_read_to(fd, file->host_path, to, err);
    close(fd); // nothing was written
    return rc;
}

const fs_source fs_host = {.list = list_dir, .find = find_entry, .stream = stream_file};
