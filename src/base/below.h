// below: files below an open directory.
//
// What a directory holds may have been put there by a stranger: names in a manifest, links in the
// place of directories. So a name is relative to an open directory, no part of it may be a symbolic
// link or lead out of the directory, and it is resolved once: an operation acts on the directory
// that was checked, even if somebody renames things meanwhile.
//
// Linux resolves a name so by itself (openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS, since
// 5.6). On an older kernel each directory of the name is opened in turn with O_NOFOLLOW.
#ifndef POND_BASE_BELOW_H
#define POND_BASE_BELOW_H

#include "base/file.h"
#include "base/sink.h"

struct stat;

// An open directory. `path` is for messages and borrowed.
typedef struct pond_below {
    int fd; // -1: not open
    const char *path;
} pond_below;
#define POND_BELOW_CLOSED ((pond_below){-1, NULL})

// Whether a text can be a name below a directory: relative, at most PATH_MAX - 1 bytes without NUL,
// and each part is 1 to 255 bytes and not "." or "..". All functions refuse other names, INVALID.
bool pond_below_is_name(pond_sv name);

// Whether a name is that of a directory, or of something in it.
bool pond_below_is_in(pond_sv name, pond_sv dir);

// Opens a directory. Links in `path` are followed, since it is the caller's own. NOT_FOUND.
pond_code pond_below_open(const char *path, pond_below *out, pond_err *err) POND_MUST;
// Opens a directory below `d`. Its path lives in `a`. NOT_FOUND.
pond_code pond_below_enter(const pond_below *d, pond_arena *a, const char *name, pond_below *out,
                           pond_err *err) POND_MUST;
void pond_below_close(pond_below *d); // does nothing if it is closed

// Opens a file: flags as for open(2), O_CREAT makes it with mode 0666. INVALID if it is not a
// regular file: nothing waits for a FIFO, and no device is read. The caller closes *fd.
pond_code pond_below_open_file(const pond_below *d, const char *name, int flags, int *fd,
                               pond_err *err) POND_MUST;
// Whole files, appended to *out.
pond_code pond_below_read(const pond_below *d, const char *name, pond_buf *out,
                          pond_err *err) POND_MUST;
// What is there, also a link. False with errno.
bool pond_below_stat(const pond_below *d, const char *name, struct stat *out);
bool pond_below_exists(const pond_below *d, const char *name);

typedef enum pond_sync {
    POND_SYNC,
    POND_NO_SYNC, // the caller syncs the file system
} pond_sync;

// Like mkdir -p, for the name and for the directories in it. Syncs the parent of each directory
// that it makes. EXISTS if something else has that name.
pond_code pond_below_mkdir(const pond_below *d, const char *name, pond_sync sync,
                           pond_err *err) POND_MUST;
// The same for the directories in the name, without its last part.
pond_code pond_below_mkdir_parent(const pond_below *d, const char *name, pond_sync sync,
                                  pond_err *err) POND_MUST;

// Renames; a file `to` is replaced. The names are below two directories, which may be the same.
pond_code pond_below_rename(const pond_below *from_dir, const char *from, const pond_below *to_dir,
                            const char *to, pond_err *err) POND_MUST;
// Renames unless `to` exists, which *is_taken tells.
pond_code pond_below_rename_new(const pond_below *from_dir, const char *from,
                                const pond_below *to_dir, const char *to, bool *is_taken,
                                pond_err *err) POND_MUST;
// Syncs a file or a directory; the name "." is the directory itself.
pond_code pond_below_sync(const pond_below *d, const char *name, pond_err *err) POND_MUST;
// Syncs the directory that holds the name.
pond_code pond_below_sync_parent(const pond_below *d, const char *name, pond_err *err) POND_MUST;
// Syncs `from`, renames it, and syncs the directory that it is in now.
pond_code pond_below_publish(const pond_below *from_dir, const char *from, const pond_below *to_dir,
                             const char *to, pond_err *err) POND_MUST;
// Makes a file, which replaces one of that name, or a link. It is not synced; after a failure it is
// removed.
pond_code pond_below_write(const pond_below *d, const char *name, pond_sv bytes,
                           pond_err *err) POND_MUST;
// What writes the bytes of a file piece by piece.
typedef struct pond_below_text {
    pond_code (*write)(void *user, pond_sink to, pond_err *err);
    void *user;
} pond_below_text;
// The same for bytes that are made piece by piece.
pond_code pond_below_write_by(const pond_below *d, const char *name, pond_below_text text,
                              pond_err *err) POND_MUST;
// Replaces a file atomically: writes `tmp` below tmp_dir and publishes it as `name` below d. The
// file `tmp` is removed after a failure.
typedef struct pond_below_tmp {
    const pond_below *dir; // on the same file system as `d`
    const char *name;      // a file of this name is replaced
} pond_below_tmp;
pond_code pond_below_replace(const pond_below *d, const char *name, pond_sv bytes,
                             pond_below_tmp tmp, pond_err *err) POND_MUST;

// Removes a file, or a link but not what it leads to. A missing one is success, also if what should
// be its directory is missing or is not a directory.
pond_code pond_below_remove(const pond_below *d, const char *name, pond_err *err) POND_MUST;
// Like rm -rf.
pond_code pond_below_remove_tree(const pond_below *d, const char *name, pond_err *err) POND_MUST;
// Removes the directories in the name, without its last part, that are empty: from the inside out.
void pond_below_prune(const pond_below *d, const char *name);
// The entries of a directory, sorted, as pond_dir_list; "." is the directory itself. NOT_FOUND.
pond_code pond_below_list(const pond_below *d, pond_arena *a, const char *name,
                          pond_dirent_vec *out, pond_err *err) POND_MUST;

#endif
