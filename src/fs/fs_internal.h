// What the files of the fs room share.
#ifndef POND_FS_INTERNAL_H
#define POND_FS_INTERNAL_H

#include "base/map.h"
#include "fs/fs.h"

enum {
    FS_MAX_LINKS = 32,
    // Bytes. It also limits how deep a walk recurses, in stored and in computed directories.
    FS_MAX_PATH = 4096
};

typedef struct fs_node fs_node;

// The children of a directory that are known: `all` while is_listed, and those that were found one
// by one, so that each name is looked up once. A listing has no map: in a large directory making
// one would take longer than everything else.
typedef struct fs_dir {
    pond_map found;    // name -> fs_node
    pond_node_vec all; // sorted by name, each name once
    bool is_listed;
    // The rest is for computed directories, and explained in list.c.
    bool is_listing, is_cut;
    uint64_t n_writes, round; // of the fs, when it was listed
} fs_dir;

// Every pond_node is the first member of one of these.
struct fs_node {
    pond_node node;
    fs_dir *dir; // of a directory, else NULL
    bool is_opening;
};

struct pond_fs {
    pond_arena arena;
    pond_store *store;
    pond_txn *txn;
    pond_fs_hook hook;
    fs_node *root;
    uint64_t n_writes; // computed directories are listed again when it has changed
    fs_dir *listing;   // the innermost computed directory that is being listed
    // The child that was found missing last: who makes a file looks for its name several times.
    const fs_node *missed_in; // NULL: none
    pond_buf missed;          // its name
    uint64_t round;           // number of the listing that the outermost caller asked for
    pond_map warned;          // texts of warnings
};

static inline fs_node *fs_of(const pond_node *node) {
    return (fs_node *)(uintptr_t)node;
}
// Whether the children are rows of the store; those of any other directory are computed.
static inline bool fs_is_stored_dir(const pond_node *node) {
    return node->is_stored && node->type == POND_T_DIRECTORY;
}

fs_node *fs_node_new(pond_fs *fs, const pond_node *parent, pond_sv name, pond_type type);
// The node of a row.
fs_node *fs_node_of_row(pond_fs *fs, const fs_node *dir, const pond_node_row *row);
// The child of a stored directory was made or changed: its row is read again when it is asked for.
// Pointers to the node of before stay valid.
void fs_forget_child(pond_fs *fs, const pond_node *dir, pond_sv name);
pond_code fs_fail_too_long(const pond_node *dir, pond_sv name, pond_err *err);
// *out is NULL if the directory has no such child.
pond_code fs_find_child(pond_fs *fs, const pond_node *dir, pond_sv name, const pond_node **out,
                        pond_err *err) POND_MUST;
// The target of a symlink; for any other node, the node itself.
pond_code fs_follow(pond_fs *fs, const pond_node *node, const pond_node **out,
                    pond_err *err) POND_MUST;
// pond_fs_resolve whose messages call the path by another noun than "path".
pond_code fs_resolve_as(pond_fs *fs, const char *noun, pond_sv path, bool is_follow,
                        const pond_node **out, pond_err *err) POND_MUST;

#endif
