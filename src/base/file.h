// file: the operating system's files, every call checked.
#ifndef POND_BASE_FILE_H
#define POND_BASE_FILE_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

// Whole files, appended to *out. NOT_FOUND when missing, IO otherwise; the path is in the message.
pond_code pond_file_read(const char *path, pond_buf *out, pond_err *err) POND_MUST;
pond_code pond_fd_read_all(int fd, const char *name, pond_buf *out, pond_err *err) POND_MUST;
pond_code pond_fd_write_all(int fd, const char *name, const void *p, size_t n,
                            pond_err *err) POND_MUST;

// Written beside its place under a temporary name (".NAME.XXXXXX.tmp"), synced, renamed, and the
// directory synced: whoever reads `path` sees the old bytes or the new ones. The temporary file is
// removed on failure.
pond_code pond_file_replace(const char *path, pond_sv bytes, pond_err *err) POND_MUST;
// The last two steps for a file that somebody else wrote: fsync(tmp), rename(tmp, path),
// fsync(directory).
pond_code pond_file_publish(const char *tmp, const char *path, pond_err *err) POND_MUST;

pond_code pond_fsync_path(const char *path, pond_err *err) POND_MUST; // a file or a directory
pond_code pond_fsync_parent(const char *path, pond_err *err) POND_MUST;
// Like mkdir -p. Each directory made is synced into its parent, so that what is published in it
// later stays.
pond_code pond_mkdir_all(const char *path, pond_err *err) POND_MUST;
// Symlinks are removed, not followed.
pond_code pond_remove_tree(const char *path, pond_err *err) POND_MUST; // nothing there is success
bool pond_path_exists(const char *path);
bool pond_path_is_dir(const char *path);

// "dir/name"; an empty dir gives name. Lives in `a`.
char *pond_path_join(pond_arena *a, const char *dir, const char *name);
// The part before the last '/', "." or "/" where there is none.
char *pond_path_parent(pond_arena *a, const char *path);
const char *pond_path_name(const char *path);
// Absolute, without "." and "..", symlinks left alone; relative to the current directory. Lives in
// `a`.
pond_code pond_path_absolute(pond_arena *a, const char *path, char **out, pond_err *err) POND_MUST;

typedef struct pond_dirent {
    pond_sv name;
    bool is_dir, is_file, is_symlink;
} pond_dirent;
typedef POND_VEC(pond_dirent) pond_dirent_vec;
// Entries of a directory but "." and "..", sorted by the bytes of their names; symlinks are not
// followed. Lives in `a`.
pond_code pond_dir_list(pond_arena *a, const char *path, pond_dirent_vec *out,
                        pond_err *err) POND_MUST;

#endif
