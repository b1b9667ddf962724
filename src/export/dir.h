// dir: the directory that an export writes to, and DIR/.pond in it.
//
//     DIR/.pond/manifest.json    what the last export made            manifest_write.c
//     DIR/.pond/host.json        what it knows of files of the host   remember.c
//     DIR/.pond/journal.json     while an export is publishing        manifest_write.c
//     DIR/.pond/lock             held while an export runs
//     DIR/.pond/tmp/             what an export is making
//     DIR/.pond/parts/           what shards made, until the merge    shard/
//
// This module knows the places, the lock and how to sync; it knows nothing of runs and shards.
#ifndef POND_EXPORT_DIR_H
#define POND_EXPORT_DIR_H

#include "base/below.h"
#include "base/task.h"

// Everything below DIR is reached without following links, by names that are relative to `root` or
// `meta`: strangers may write to DIR.
typedef struct export_dir {
    pond_arena *arena;
    const char *path;    // DIR, absolute
    const char *tmp;     // DIR/.pond/tmp, or a shard's own
    pond_below root;     // DIR
    pond_below meta;     // DIR/.pond
    pond_below drafts;   // tmp, once export_dir_make_tmp has made it
    int lock_fd;         // of DIR/.pond/lock; -1: not held
    bool is_new;         // this run made DIR
    bool is_meta_new;    // this run made DIR/.pond
    const char *above;   // the nearest directory above DIR that was there before
    uint64_t n_tmp;      // names below tmp given out so far
    const char *tmp_now; // where the last of them is: tmp, or a directory in it
    // export_sync_begin has started this, and it is not joined yet.
    bool is_syncing;
    pond_task sync;
    int sync_failure; // its errno, or 0
} export_dir;

// Fills in the paths; nothing is made or opened. `path` may be relative. Lives in `a`.
pond_code export_dir_init(export_dir *d, pond_arena *a, const char *path, pond_err *err) POND_MUST;
// Makes DIR and takes its lock, shared with other holders or alone. BUSY: an export is running.
pond_code export_dir_open(export_dir *d, bool is_shared, pond_err *err) POND_MUST;
// Releases the lock. A run that has left nothing in DIR/.pond, such as a dry run, also removes the
// directories that it made, DIR and those above it. False: DIR is new and could not be removed.
bool export_dir_close(export_dir *d);

// Makes the directory `name` and locks the file `lock` in it (operation: LOCK_SH or LOCK_EX). BUSY,
// without a message, when another process holds it.
pond_code export_lock(const pond_below *d, pond_arena *a, const char *name, int operation, int *fd,
                      pond_err *err) POND_MUST;

// Makes tmp, empty: a run that was killed may have left something there.
pond_code export_dir_make_tmp(export_dir *d, pond_err *err) POND_MUST;
// The absolute path of a file below tmp, which no other call has returned. Lives in the arena.
char *export_dir_tmp_path(export_dir *d, const char *suffix);
// The absolute path of a file below DIR, for the engine and for messages. Lives in `a`.
char *export_dir_file(const export_dir *d, pond_arena *a, pond_sv file);
// The name below DIR of an absolute path that one of these has returned.
const char *export_dir_name(const export_dir *d, const char *path);

// The open directory of an absolute path below DIR, for many files: tmp if it is below that, else
// DIR. *name is the path's name there.
const pond_below *export_dir_of(const export_dir *d, const char *path, const char **name);

// Replaces a file below DIR atomically, by way of tmp.
pond_code export_dir_replace(export_dir *d, const char *name, pond_sv bytes,
                             pond_err *err) POND_MUST;

// Up to so many files are synced one by one; for more it is faster to sync their whole file system.
enum { EXPORT_SYNC_EACH = 32 };
pond_code export_sync_fs(const export_dir *d, pond_err *err) POND_MUST;
// Begins to do that beside the caller, for all that is written until now. `d` must not move until
// export_sync_end, or export_dir_close, which waits for it.
void export_sync_begin(export_dir *d);
// Waits for what was begun, and syncs now if nothing was.
pond_code export_sync_end(export_dir *d, pond_err *err) POND_MUST;

#endif
