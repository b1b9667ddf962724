// file: paths, files and directories of the operating system. Every call is checked, and every
// error names the path.
#ifndef POND_BASE_FILE_H
#define POND_BASE_FILE_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

// Opens a regular file for reading. INVALID for anything else, such as a FIFO, which is not waited
// for, or a device. The caller closes *fd.
pond_code pond_file_open(const char *path, int *fd, pond_err *err) POND_MUST;
// Opens a file that a user named as input: also a FIFO, whose writer it waits for, and a pipe, a
// socket or a terminal that this process has open already, such as /dev/stdin. INVALID for other
// devices, which may never end.
pond_code pond_file_open_input(const char *path, int *fd, pond_err *err) POND_MUST;
// Makes a private file that is not there yet, for writing. The caller gives it to pond_file_made.
pond_code pond_file_make(const char *path, int *fd, pond_err *err) POND_MUST;
// Closes a file that was made, and returns `rc`, or the failure of close.
pond_code pond_file_made(int fd, const char *path, pond_code rc, pond_err *err) POND_MUST;
// Whether a path is /dev/stdin or another name of a descriptor that this process has open.
bool pond_path_is_descriptor(const char *path);

// Whole files, appended to *out. NOT_FOUND for a missing file, INVALID for one that is not regular,
// else IO. `name` is for messages.
pond_code pond_file_read(const char *path, pond_buf *out, pond_err *err) POND_MUST;
// The same for a file that the user names: it may be an open pipe, as /dev/stdin or /dev/fd/63.
pond_code pond_file_read_input(const char *path, pond_buf *out, pond_err *err) POND_MUST;
pond_code pond_fd_read_all(int fd, const char *name, pond_buf *out, pond_err *err) POND_MUST;
pond_code pond_fd_write_all(int fd, const char *name, const void *p, size_t n,
                            pond_err *err) POND_MUST;
// Has the system begin to write a file of this size to the disk, so that a sync later has less to
// wait for. Small files are left alone: many of them are written faster together. Promises nothing.
void pond_fd_write_back(int fd, uint64_t size_bytes);

// Replaces a file atomically: writes a temporary file beside it (".NAME.XXXXXX.tmp"), syncs it,
// renames it, and syncs the directory. A reader of `path` sees either the old bytes or the new
// ones. The temporary file is removed after a failure.
pond_code pond_file_replace(const char *path, pond_sv bytes, pond_err *err) POND_MUST;

pond_code pond_fsync_path(const char *path, pond_err *err) POND_MUST; // a file or a directory
pond_code pond_fsync_parent(const char *path, pond_err *err) POND_MUST;
// Like mkdir -p. Syncs the parent of each directory that it makes, so that a file published in it
// later survives a crash.
pond_code pond_mkdir_all(const char *path, pond_err *err) POND_MUST;
// Like rm -rf: a missing path is success. Symlinks are removed, not followed.
pond_code pond_remove_tree(const char *path, pond_err *err) POND_MUST;
// The same for a name in an open directory. `path` is for messages.
pond_code pond_remove_tree_at(int dir_fd, const char *name, const char *path,
                              pond_err *err) POND_MUST;
// Makes a private directory PREFIX-XXXXXX in TMPDIR, or in /tmp if that is no absolute path. Lives in
// `a`; the caller removes it.
pond_code pond_mkdir_temporary(pond_arena *a, const char *prefix, char **out,
                               pond_err *err) POND_MUST;
bool pond_path_exists(const char *path);
bool pond_path_is_dir(const char *path);

// Paths as text. The results live in `a`.
char *pond_path_join(pond_arena *a, const char *dir, const char *name); // "dir/name"
// "/a" for "/a/b", "." for "a", "/" for "/a".
char *pond_path_parent(pond_arena *a, const char *path);
// Shortens a relative path to the directory that it is in; false: it is in none.
bool pond_path_up(pond_sv *path);
// The part after the last '/', borrowed from `path`.
const char *pond_path_name(const char *path);
// Makes a path absolute, relative to the current directory, and resolves "." and "..", but no
// symlinks.
pond_code pond_path_absolute(pond_arena *a, const char *path, char **out, pond_err *err) POND_MUST;

typedef struct pond_dirent {
    pond_sv name;
    bool is_dir, is_file, is_symlink;
    uint64_t size_bytes;
    int64_t mtime_ns;
} pond_dirent;
typedef POND_VEC(pond_dirent) pond_dirent_vec;
// The entries of a directory without "." and "..", sorted by the bytes of their names. Symlinks are
// not followed. Lives in `a`.
pond_code pond_dir_list(pond_arena *a, const char *path, pond_dirent_vec *out,
                        pond_err *err) POND_MUST;
// The same for an open directory, which is closed. `path` is for messages.
pond_code pond_fd_list(pond_arena *a, int fd, const char *path, pond_dirent_vec *out,
                       pond_err *err) POND_MUST;

#endif
