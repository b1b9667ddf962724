// fs: a pond as a tree of nodes, stored and computed ones alike.
//
// A pond_fs is the tree as one transaction sees it. Stored nodes come from the store; a dynamic
// node's behaviour comes from a factory through pond_dyn, which is asked for when the node is first
// listed or read, never when it is merely met: listing a directory of broken configs works.
//
// Owns      paths, walking, symlinks, and the cache of nodes met so far (lives in the fs's own
// arena). Includes  base/*, value/*, store/store.h. Promises  a pond_node never changes and lives
// as long as its pond_fs; siblings come in byte order of their names. Leaves    what dynamic nodes
// contain to the factory room, and rows to whoever asks for a relation.
#ifndef POND_FS_FS_H
#define POND_FS_FS_H

#include "fs/glob.h"
#include "store/store.h"

typedef struct pond_fs pond_fs;
typedef struct pond_node pond_node;
typedef struct pond_dyn pond_dyn;

struct pond_node {
    const pond_node *parent; // NULL for the root
    pond_sv path;            // "/a/b"; the root is "/"
    pond_sv name;            // "" for the root
    pond_type type;
    pond_id id; // of a computed child: derived from its parent's id and its name (SHA-256), stable
    pond_sv link;        // target of a symlink
    int64_t version;     // computed: 1
    int64_t size_bytes;  // -1: unknown until read
    int64_t modified_us; // computed: 0
    bool is_stored;      // a row of the store stands behind it
    pond_sv factory;     // what makes a dynamic node
    // A computed child's behaviour is set by whoever made it; a stored dynamic node's by the
    // factory hook, once asked.
    const pond_dyn *dyn;
    void *state;
};
typedef POND_VEC(const pond_node *) pond_node_vec;

// The behaviour of a dynamic node. What a factory does not offer is NULL.
struct pond_dyn {
    // Children of a directory, in any order, made with pond_fs_child.
    pond_code (*list)(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err);
    // The bytes of a file that is not queryable.
    pond_code (*read)(pond_fs *fs, const pond_node *file, pond_buf *out, pond_err *err);
    // Optional: a hash of all that `read` would depend on, for those who keep what they read.
    // UNSUPPORTED, without a message, where that cannot be said (a page that prints the time).
    pond_code (*fingerprint)(pond_fs *fs, const pond_node *file, pond_sha256 *out, pond_err *err);
    // For the factory room's own use: how a queryable node becomes a relation. fs never calls it.
    const void *relate;
};

// Fills node->dyn and node->state of a stored dynamic node from its factory's name and its config
// text.
typedef struct pond_fs_hook {
    pond_code (*open)(void *user, pond_fs *fs, pond_node *node, pond_sv config, pond_err *err);
    void *user;
} pond_fs_hook;

// txn outlives the fs. hook may be NULL: dynamic nodes then cannot be opened.
pond_fs *pond_fs_open(pond_store *store, pond_txn *txn, const pond_fs_hook *hook);
void pond_fs_close(pond_fs *fs);        // NULL is fine
pond_arena *pond_fs_arena(pond_fs *fs); // where nodes and factories' states live
const pond_node *pond_fs_root(pond_fs *fs);

// A computed child of `parent`; name and factory are copied. Neither a symlink nor without a dyn.
const pond_node *pond_fs_child(pond_fs *fs, const pond_node *parent, pond_sv name, pond_type type,
                               pond_sv factory, const pond_dyn *dyn, void *state);
// Makes sure that a dynamic node's dyn is set (calls the hook). Context in the error names the
// path.
pond_code pond_fs_open_dynamic(pond_fs *fs, const pond_node *node, pond_err *err) POND_MUST;

// Paths are absolute ("a" is taken as "/a"); "." and ".." are resolved, ".." stops at the root;
// symlinks on the way are followed, 32 at most. `is_follow` follows one in final position too.
// NOT_FOUND: "path '/a/b' does not exist", with the nearest existing directory and a near name in
// the detail.
pond_code pond_fs_resolve(pond_fs *fs, pond_sv path, bool is_follow, const pond_node **out,
                          pond_err *err) POND_MUST;
// Sorted by name. A directory only. One that is being listed already (a factory that would enter
// itself) is empty. Computed directories are listed anew after a write.
pond_code pond_fs_list(pond_fs *fs, const pond_node *dir, pond_node_vec *out,
                       pond_err *err) POND_MUST;
// The nearest directory above or at `path` that exists: for messages.
pond_sv pond_fs_nearest_dir(pond_fs *fs, pond_sv path);

typedef struct pond_match {
    const pond_node *node;
    const pond_sv *captures;
    size_t n_captures;
} pond_match;
typedef POND_VEC(pond_match) pond_match_vec;
// All matches sorted by path; each node once (its first way). Lives in `a`. No match is success. A
// symlink in final position is itself the match. Directories match too; what to do with them is the
// caller's business.
pond_code pond_fs_glob(pond_fs *fs, pond_arena *a, const pond_glob *glob, pond_match_vec *out,
                       pond_err *err) POND_MUST;

// Appends the bytes of a file that is not queryable: latest version of data, all versions of
// data:series, computed ones; of a stored node whose factory reads nothing, its config. A symlink
// is INVALID: resolve it first.
pond_code pond_fs_read(pond_fs *fs, const pond_node *file, pond_buf *out, pond_err *err) POND_MUST;

// Writes ------------------------------------------------------------------------------------------
// The parent must be a stored directory; inside a computed one: READ_ONLY "… is read-only".
// A node made or changed is seen by the fs from then on; nodes given out before stay as they were.
pond_code pond_fs_mkdir(pond_fs *fs, pond_sv path, bool make_parents, pond_err *err) POND_MUST;
// Splits `path` into an existing stored directory and a new or existing name in it.
pond_code pond_fs_parent_of(pond_fs *fs, pond_sv path, const pond_node **dir, pond_sv *name,
                            pond_err *err) POND_MUST;
// Adds a version to the file at `path`, making it with `type` if it is missing; a directory there
// is CONFLICT, another type of file too.
pond_code pond_fs_write(pond_fs *fs, pond_sv path, pond_type type, const pond_version *v,
                        pond_err *err) POND_MUST;
// A dynamic node with its config as its content. EXISTS unless is_overwrite (then only over a
// dynamic node, which keeps its id).
pond_code pond_fs_mknod(pond_fs *fs, pond_sv path, pond_type type, pond_sv factory, pond_sv config,
                        bool is_overwrite, pond_err *err) POND_MUST;

#endif
