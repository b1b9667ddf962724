// What the files of the fs room share.
#ifndef POND_FS_INTERNAL_H
#define POND_FS_INTERNAL_H

#include "base/map.h"
#include "fs/fs.h"

enum {
    FS_MAX_LINKS = 32,
    // Bounds how deep a walk can recurse, whether the depth was stored or computed.
    FS_MAX_PATH = 4096
};

typedef struct fs_node fs_node;

// What is known of a directory's children. The map holds those met so far, so that a name is looked
// up once; `all` is right while is_listed.
typedef struct fs_dir {
    pond_map children; // name -> fs_node
    pond_node_vec all; // sorted by name
    bool is_listed;
    // The rest is for computed directories; list.c tells what it is good for.
    bool is_listing, is_cut;
    uint64_t n_writes, round; // the fs's counts when it was listed
} fs_dir;

// Every pond_node given out is the head of one of these.
struct fs_node {
    pond_node node;
    fs_dir *dir; // NULL unless a directory
    bool is_opening;
};

struct pond_fs {
    pond_arena arena;
    pond_store *store;
    pond_txn *txn;
    pond_fs_hook hook;
    fs_node *root;
    uint64_t n_writes; // computed directories are listed anew when it has moved
    fs_dir *listing;   // the innermost computed directory that is being listed
    uint64_t round;    // of listings, each with all those that it led to
};

static inline fs_node *fs_of(const pond_node *node) {
    return (fs_node *)(uintptr_t)node;
}
// Whether the store knows its children; those of any other directory are computed.
static inline bool fs_is_stored_dir(const pond_node *node) {
    return node->is_stored && node->type == POND_T_DIRECTORY;
}

fs_node *fs_node_new(pond_fs *fs, const pond_node *parent, pond_sv name, pond_type type);
// The node of a row, which is kept as the child of that name. A node met before is returned as it
// is, unless `is_changed`: then a new one takes its place, and whoever holds the old one may keep
// it.
fs_node *fs_adopt_row(pond_fs *fs, fs_node *dir, const pond_node_row *row, bool is_changed);
pond_code fs_fail_too_long(const pond_node *dir, pond_sv name, pond_err *err);
// *out is NULL when the directory has no such child.
pond_code fs_find_child(pond_fs *fs, const pond_node *dir, pond_sv name, const pond_node **out,
                        pond_err *err) POND_MUST;
// What a symlink leads to; any other node is its own target.
pond_code fs_follow(pond_fs *fs, const pond_node *node, const pond_node **out,
                    pond_err *err) POND_MUST;
// pond_fs_resolve for messages that speak of something more special than a "path".
pond_code fs_resolve_as(pond_fs *fs, const char *noun, pond_sv path, bool is_follow,
                        const pond_node **out, pond_err *err) POND_MUST;

#endif
