// fs: a tree of nodes, in which stored nodes, computed nodes and files of the host look the same.
//
// A pond_fs is the tree of a pond as one transaction sees it, or the tree of a directory of the
// host. Stored nodes come from the store, nodes of the host from the operating system. What a
// dynamic node does comes from its factory, through pond_dyn; the factory is called when the node
// is first listed or read, and not when it is only listed by its parent. So a directory of broken
// configs can be listed. In a tree of the host, dynamic nodes are mounted (pond_fs_mount), and see
// that tree with all that is mounted in it.
//
//     nodes, paths     fs.c, resolve.c, list.c          patterns      glob.c, expand.c, walk.c
//     where they come from (fs_source)                  stored.c, host.c, computed.c, source.c
//     changes          write.c, change.c                mounts        mount.c
//
// Owns      paths, walking, symlinks, and the nodes found so far (in the arena of the fs).
// Includes  base/*, value/*, store/store.h.
// Promises  a pond_node never changes and lives as long as its pond_fs; children are sorted by the
//           bytes of their names.
// Leaves    the contents of dynamic nodes to the factories, and rows to relations.
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
    pond_id id;            // of a computed node: a hash of its parent's id and its name
    pond_sv link;          // the target of a symlink
    int64_t version;       // of a computed node: 1
    int64_t size_bytes;    // -1: unknown until it is read
    int64_t modified_us;   // of a computed node: 0
    bool is_stored;        // it is a row of the store
    const char *host_path; // of a file or directory of the host: its absolute path there; else NULL
    pond_sv factory;       // of a dynamic node
    // What a dynamic node does. For a computed node, pond_fs_child sets both; for a stored one, the
    // hook does, when pond_fs_open_dynamic calls it.
    const pond_dyn *dyn;
    void *state;
};
typedef POND_VEC(const pond_node *) pond_node_vec;

// The functions of a dynamic node. What a factory does not support is NULL.
struct pond_dyn {
    // The children of a directory, in any order, made with pond_fs_child.
    pond_code (*list)(pond_fs *fs, const pond_node *dir, pond_node_vec *out, pond_err *err);
    // The bytes of a file that is not queryable. `context` comes from the caller of pond_fs_read;
    // the factory defines what it may be (factory/template.h), NULL is always allowed.
    pond_code (*read)(pond_fs *fs, const pond_node *file, const void *context, pond_buf *out,
                      pond_err *err);
    // Optional, with `fingerprint`: makes ready what files share. Once it has succeeded for several
    // files with a context, `read` and `fingerprint` may be called for them with that context by
    // several threads at a time, while no other thread uses the fs.
    pond_code (*prepare)(pond_fs *fs, const pond_node *file, const void *context, pond_err *err);
    // A hash of everything that the result of `read` depends on, for a caller that keeps results.
    // *is_known is false if there is no such hash (a page that prints the time).
    pond_code (*fingerprint)(pond_fs *fs, const pond_node *file, const void *context,
                             bool *is_known, pond_sha256 *out, pond_err *err);
    // How a queryable node becomes a relation: for the factories; fs does not use it.
    const void *relate;
};

// Sets node->dyn and node->state of a stored dynamic node, from the name of its factory and the
// text of its config.
typedef struct pond_fs_hook {
    pond_code (*open)(void *user, pond_fs *fs, pond_node *node, pond_sv config, pond_err *err);
    // Optional: takes what pond_fs_warn says.
    void (*warn)(void *user, pond_sv text);
    void *user;
} pond_fs_hook;

// The transaction must outlive the fs. Without a hook (NULL), dynamic nodes cannot be opened.
pond_fs *pond_fs_open(pond_store *store, pond_txn *txn, const pond_fs_hook *hook);
void pond_fs_close(pond_fs *fs);        // NULL is fine
pond_arena *pond_fs_arena(pond_fs *fs); // of the nodes and their states
const pond_node *pond_fs_root(pond_fs *fs);

// The tree of a host directory (absolute). Its files are `data`, their ids are zero; a link is a
// symlink, and can be followed to what is in the tree; a name that is not UTF-8 is not valid. A directory is read when it is first listed,
// and its listing is kept. Nothing in the tree can be written.
pond_fs *pond_fs_open_host(const char *dir, const pond_fs_hook *hook);
// Something that is shown in a tree of the host, and hides what the host has at its path.
typedef struct pond_mount {
    pond_sv path;    // "/computed"; directories on the way that are missing on the host are shown
    const char *dir; // a directory of the host (absolute); NULL: a dynamic node:
    pond_type type;
    pond_sv factory, config;
} pond_mount;
// Before the tree is listed, and each after those above it. INVALID for a path without a name,
// EXISTS for a path that is taken by a mount, CONFLICT for one below a file or a computed directory.
pond_code pond_fs_mount(pond_fs *fs, const pond_mount *m, pond_err *err) POND_MUST;

// Makes a computed child of `parent`, which is not a symlink and has a dyn. Name and factory are
// copied.
const pond_node *pond_fs_child(pond_fs *fs, const pond_node *parent, pond_sv name, pond_type type,
                               pond_sv factory, const pond_dyn *dyn, void *state);
// Passes a text on to hook.warn, each text once, since a directory may be listed several times.
void pond_fs_warn(pond_fs *fs, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// Makes sure that the dyn of a dynamic node is set, by the hook. Errors name the path.
pond_code pond_fs_open_dynamic(pond_fs *fs, const pond_node *node, pond_err *err) POND_MUST;

// Finds the node of a path. Paths are absolute ("a" means "/a"); "." and ".." are resolved, and the
// parent of the root is the root. Symlinks on the way are followed, at most 32; one at the end only
// if `is_follow`. The detail of a NOT_FOUND has the nearest directory and a similar name.
pond_code pond_fs_resolve(pond_fs *fs, pond_sv path, bool is_follow, const pond_node **out,
                          pond_err *err) POND_MUST;
// The children of a directory, sorted by name. A child without a valid name (pond_name_flaw) is
// left out with a warning: computed names come from data, and a catalog may be somebody else's. A
// directory that is being listed already, because a
// factory looks into it to compute it, appears empty to that factory. Computed directories are
// listed again after a write.
pond_code pond_fs_list(pond_fs *fs, const pond_node *dir, pond_node_vec *out,
                       pond_err *err) POND_MUST;
// Adds to the error of a pattern that matches nothing what a NOT_FOUND says of `path`, where its
// first wildcard is.
void pond_fs_explain_no_match(pond_fs *fs, pond_sv path, pond_err *err);
// The nearest existing directory at or above `path`, for messages.
pond_sv pond_fs_nearest_dir(pond_fs *fs, pond_sv path);

typedef struct pond_match {
    const pond_node *node;
    const pond_sv *captures;
    size_t n_captures;
} pond_match;
typedef POND_VEC(pond_match) pond_match_vec;
// What a search does with directories that cannot be looked into, since the config of a dynamic
// node is wrong or a link leads nowhere. Their matches are unknown.
typedef struct pond_fs_search {
    const pond_glob *glob;
    // NULL: the first one ends the search with its error. This is what a caller needs that would
    // take a missing match for one that is gone. Else it is told of each one and the search goes
    // on, for at most a hundred of them: for listings.
    void (*failed)(void *user, const pond_err *why);
    void *user;
    bool has_no_captures; // the matches get none: for a caller who only wants the nodes
} pond_fs_search;
// All nodes that match, sorted by path, directories included. No match is success. A node that
// matches in several ways is in the result once, with the captures of the first. A symlink at the
// end of a path is itself the match. Lives in `a`.
pond_code pond_fs_find(pond_fs *fs, pond_arena *a, const pond_fs_search *search,
                       pond_match_vec *out, pond_err *err) POND_MUST;
// The same without `failed`.
pond_code pond_fs_glob(pond_fs *fs, pond_arena *a, const pond_glob *glob, pond_match_vec *out,
                       pond_err *err) POND_MUST;

// Passes on the bytes of a file that is not queryable: the latest version of data, all versions of
// data:series, the computed bytes of a dynamic node, or its config if the factory computes none. A
// symlink is INVALID: resolve it first. `context` is passed on to pond_dyn.read, NULL for none.
// After an error some of the bytes may have been passed on.
pond_code pond_fs_stream(pond_fs *fs, const pond_node *file, const void *context, pond_sink to,
                         pond_err *err) POND_MUST;
// Appends them to a buffer. Computed files that pond_dyn.prepare has made ready may be read by
// several threads at a time.
pond_code pond_fs_read(pond_fs *fs, const pond_node *file, const void *context, pond_buf *out,
                       pond_err *err) POND_MUST;
// Appends the config of a stored dynamic node as it is stored: with the names of environment
// variables, and not their values. INVALID for a node that has no config of its own.
pond_code pond_fs_config(pond_fs *fs, const pond_node *node, pond_buf *out,
                         pond_err *err) POND_MUST;

// What the factory of a dynamic directory has stored below it: for its `list`. Empty for a directory
// that has none.
pond_code pond_fs_list_kept(pond_fs *fs, const pond_node *dir, pond_node_vec *out,
                            pond_err *err) POND_MUST;

// Writes ------------------------------------------------------------------------------------------
// A new node needs a stored directory as its parent; anything below a dynamic directory is
// READ_ONLY. The fs returns a new pond_node for a node that was changed; the old one stays as it
// is.
pond_code pond_fs_mkdir(pond_fs *fs, pond_sv path, bool make_parents, pond_err *err) POND_MUST;
// Splits `path` into an existing stored directory and a name, which may exist in it.
pond_code pond_fs_parent_of(pond_fs *fs, pond_sv path, const pond_node **dir, pond_sv *name,
                            pond_err *err) POND_MUST;
// Adds a version to the file at `path`, which is created with `type` if it is missing. CONFLICT if
// it is a directory, or a file of another type.
pond_code pond_fs_write(pond_fs *fs, pond_sv path, pond_type type, const pond_version *v,
                        pond_err *err) POND_MUST;
// Creates a dynamic node, whose content is its config. If the path exists the error is EXISTS, but
// with is_overwrite a dynamic node gets a new factory and config, and keeps its id.
pond_code pond_fs_mknod(pond_fs *fs, pond_sv path, pond_type type, pond_sv factory, pond_sv config,
                        bool is_overwrite, pond_err *err) POND_MUST;
// Creates a symlink; nothing need be at its target. EXISTS if the path is taken.
pond_code pond_fs_link(pond_fs *fs, pond_sv target, pond_sv path, pond_err *err) POND_MUST;
// For the factory of a dynamic directory: from now on it is written below `dir` as below a stored
// directory; NULL ends that. Everybody else gets READ_ONLY there.
void pond_fs_keep(pond_fs *fs, const pond_node *dir);
// All stored nodes at and below `node`, parents first: what pond_fs_remove would remove. READ_ONLY
// for a node that is not stored, INVALID for the root. Lives in the arena of the fs.
pond_code pond_fs_subtree(pond_fs *fs, const pond_node *node, pond_node_vec *out,
                          pond_err *err) POND_MUST;
// Removes a node; a directory must be empty, or is removed with all that is in it.
pond_code pond_fs_remove(pond_fs *fs, const pond_node *node, bool is_recursive,
                         pond_err *err) POND_MUST;
// Gives a node another path: `path` itself, or if that is a stored directory or ends in '/', the
// name of the node in it. Nothing is replaced: EXISTS or CONFLICT if the new path is taken.
// *moved is the node at its new path.
pond_code pond_fs_move(pond_fs *fs, const pond_node *node, pond_sv path, const pond_node **moved,
                       pond_err *err) POND_MUST;

#endif
