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

// Where the children of a directory and the bytes of a file come from. The rest of the room sees a
// source through these functions alone, so paths, patterns and walks are the same for all of them.
typedef enum fs_origin { FS_STORED, FS_HOST, FS_COMPUTED } fs_origin;
typedef struct fs_source {
    // All children of a directory, in any order. A child that is known already is the same node.
    pond_code (*list)(pond_fs *fs, fs_node *dir, pond_node_vec *out, pond_err *err);
    // One child that is not known yet; *out is NULL if there is none. NULL: the directory is listed.
    pond_code (*find)(pond_fs *fs, fs_node *dir, pond_sv name, fs_node **out, pond_err *err);
    pond_code (*stream)(pond_fs *fs, const pond_node *file, const void *context, pond_sink to,
                        pond_err *err);
    // NULL: what is streamed is read.
    pond_code (*read)(pond_fs *fs, const pond_node *file, const void *context, pond_buf *out,
                      pond_err *err);
} fs_source;
extern const fs_source fs_stored, fs_host, fs_computed;
const fs_source *fs_source_of(const pond_node *node);

// The children of a directory that are known: `all` while is_listed, and those that were found one
// by one, so that each name is looked up once. A listing has no map: in a large directory making
// one would take longer than everything else.
typedef struct fs_dir {
    pond_map found;    // name -> fs_node
    pond_node_vec all; // sorted by name, each name once
    bool is_listed;
    pond_node_vec mounts; // each hides the entry of its name
    // The rest is for computed directories, and explained in list.c.
    bool is_listing, is_cut;
    uint64_t n_writes, round; // of the fs, when it was listed
} fs_dir;

// Every pond_node is the first member of one of these.
struct fs_node {
    pond_node node;
    fs_origin origin;
    fs_dir *dir;    // of a directory, else NULL
    fs_node *mount; // of a node of the host: the directory that it was mounted with
    pond_sv config; // of a dynamic node that is mounted
    bool is_opening;
};

struct pond_fs {
    pond_arena arena;
    pond_store *store; // NULL in a tree of the host, as is txn
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
    pond_id keeper;           // pond_fs_keep: the directory whose factory writes below it
    bool has_keeper;
};

static inline fs_node *fs_of(const pond_node *node) {
    return (fs_node *)(uintptr_t)node;
}
static inline bool fs_is_computed(const pond_node *node) {
    return fs_of(node)->origin == FS_COMPUTED;
}
// Whether the children are rows of the store.
static inline bool fs_is_stored_dir(const pond_node *node) {
    return node->is_stored && node->type == POND_T_DIRECTORY;
}

// Whether users, or the factory that writes now, may change the children of a directory.
bool fs_is_open_dir(const pond_fs *fs, const pond_node *dir);

pond_fs *fs_new(const pond_fs_hook *hook); // without a root
fs_node *fs_node_new(pond_fs *fs, const pond_node *parent, pond_sv name, pond_type type,
                     fs_origin origin);
// The same each time that a child is made.
pond_id fs_derived_id(const pond_node *parent, pond_sv name);
// A child that was found before, or NULL.
fs_node *fs_known_child(const fs_node *dir, pond_sv name);
// The node of a row.
fs_node *fs_node_of_row(pond_fs *fs, const fs_node *dir, const pond_node_row *row);
// The child of a stored directory was made or changed: its row is read again when it is asked for.
// Pointers to the node of before stay valid.
void fs_forget_child(pond_fs *fs, const pond_node *dir, pond_sv name);
// Makes a directory node show a directory of the host.
void fs_host_attach(pond_fs *fs, fs_node *node, const char *dir);
// Whether an absolute path of the host is in the directory of a mount. *rest is what follows it.
bool fs_host_is_below(const fs_node *mount, pond_sv path, pond_sv *rest);
// The latest version of a stored node.
pond_code fs_stored_latest(pond_fs *fs, const pond_node *node, pond_buf *out,
                           pond_err *err) POND_MUST;
// Says that an error is about a node, as opposed to about the sink.
pond_code fs_fail_reading(const pond_node *node, pond_code rc, pond_err *err);
pond_code fs_fail_too_long(const pond_node *dir, pond_sv name, pond_err *err);
// Why an entry of the directory cannot have this name, as pond_name_flaw. Names of the host become
// parts of manifests, pages and queries, which are UTF-8.
const char *fs_name_flaw(const pond_node *dir, pond_sv name);
// That a node is no part of the stored tree, and who computes it. (write.c)
pond_code fs_fail_read_only(const pond_node *node, pond_err *err);
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
