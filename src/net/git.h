// git: repositories of others, as bare copies that this program keeps.
//
// A fetch brings what the copy lacks. It is done by a process of its own, which is ended when its
// time is over. A copy is a cache: one that somebody has put links into is made anew, and one that
// cannot be read (CORRUPT) can be removed. What a repository holds may come from anybody, so its names are given as they are, and
// sizes are known before bytes are read.
//
// Owns      libgit2, loaded by each call that opens a copy.
// Includes  base, libgit2.
// Promises  a fetch runs no program and no hook; objects that are read have the hash that names them.
// Leaves    which names are good, and where files go, to the caller.
#ifndef POND_NET_GIT_H
#define POND_NET_GIT_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

typedef struct pond_git_bounds {
    int64_t timeout_us;
    uint64_t max_bytes; // that one fetch may bring
    size_t max_entries; // of a tree, with what is in its directories
} pond_git_bounds;

// Brings all branches and tags of `url` into the bare copy `dir` (absolute), which is made if it is
// missing. Branches and tags that are gone there are gone in the copy. `shown` is what messages call
// the repository. IO if it cannot be reached in time, LIMIT if it is too large.
pond_code pond_git_fetch(const char *dir, pond_sv url, pond_sv shown, const pond_git_bounds *bounds,
                         pond_err *err) POND_MUST;

typedef struct pond_git pond_git;
typedef char pond_git_id[41]; // in hex
// Opens a copy for reading.
pond_code pond_git_open(const char *dir, const pond_git_bounds *bounds, pond_git **out,
                        pond_err *err) POND_MUST;
void pond_git_close(pond_git *g); // NULL is fine

// The commit that a branch, a tag, a full name of a reference or 40 digits mean, in this order.
// NOT_FOUND.
pond_code pond_git_find(pond_git *g, pond_sv ref, pond_git_id commit, pond_err *err) POND_MUST;

typedef enum pond_git_kind { POND_GIT_DIRECTORY, POND_GIT_FILE, POND_GIT_LINK } pond_git_kind;
typedef struct pond_git_entry {
    pond_sv path; // "a/b", below the prefix
    // The last part, which may be any bytes: "..", or "x/y" of somebody who wants to be elsewhere.
    pond_sv name;
    pond_git_kind kind;
    pond_git_id id;
} pond_git_entry;
typedef POND_VEC(pond_git_entry) pond_git_entry_vec;
// What a commit has below `prefix` (empty: all of it), directories before what is in them.
// Submodules are left out. NOT_FOUND for a prefix that is not there, LIMIT for too many entries.
pond_code pond_git_list(pond_git *g, pond_arena *a, const pond_git_id commit, pond_sv prefix,
                        pond_git_entry_vec *out, pond_err *err) POND_MUST;
// The size of a file or link.
pond_code pond_git_size(pond_git *g, const pond_git_id id, uint64_t *out, pond_err *err) POND_MUST;
// Appends its bytes.
pond_code pond_git_read(pond_git *g, const pond_git_id id, pond_buf *out, pond_err *err) POND_MUST;

#endif
