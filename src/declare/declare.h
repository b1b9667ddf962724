// declare: what a pond is to hold, as documents that people write, and making it so.
//
// A document names a node and says what it is: a directory, a copy of files of the host, or a dynamic
// node with its config. Applying documents makes what is missing, changes what differs and leaves the
// rest alone, in the transaction of the caller. A folder is applied as a whole: its documents, and the
// files below its `files/`, which are copied to the same paths of the pond. The pond remembers what
// a folder has made, so what the folder no longer has can be told, and removed.
//
//     documents   YAML -> items, all of them checked      documents.c, text.c
//     folders     which documents and files there are     folder.c, tree.c
//     work        items -> nodes                          work.c, copy.c
//     removal     what a folder no longer declares        prune.c
//     diffs       configs as people compare them          view.c
//
// Owns      the meaning of documents and folders.
// Includes  factory, relation, format, fs, store, value, base.
// Promises  nothing is written before all documents have been read and checked. What is equal
//           already gets no new version.
// Leaves    the transaction, and what is printed, to the command.
#ifndef POND_DECLARE_DECLARE_H
#define POND_DECLARE_DECLARE_H

#include "relation/session.h"

typedef struct pond_declare_options {
    const pond_sv *files; // of documents, on the host; "-" is standard input
    size_t n_files;
    const char *dir;      // a folder in place of files; else NULL
    pond_sv label;        // what the pond remembers the folder by; empty: its absolute path
    const char *host_dir; // the root of host URLs, "" for /
    // Of a folder: what it no longer declares is removed, also what others read if is_forced.
    bool is_prune, is_forced;
    bool is_dry_run; // finds out what would change; the caller does not commit
} pond_declare_options;

typedef enum pond_declare_status {
    POND_DECLARE_CREATED,
    POND_DECLARE_UPDATED,
    POND_DECLARE_UNCHANGED,
    POND_DECLARE_REMOVED,
    POND_DECLARE_KEPT,  // a directory that is no longer declared, but holds something
    POND_DECLARE_STALE, // no longer declared, and not removed
    POND_N_DECLARE_STATUSES
} pond_declare_status;
const char *pond_declare_word(pond_declare_status status); // "created"

typedef struct pond_declare_line {
    pond_declare_status status;
    pond_sv path;    // of the node
    bool is_file;    // it is below `files/`, and not a document
    pond_sv changes; // of a dry run: the hunks of a unified diff; empty if there are none to show
} pond_declare_line;

// What was done, in the order in which it was. Lives in the session's arena.
typedef struct pond_declare_result {
    POND_VEC(pond_declare_line) lines;
    size_t count[POND_N_DECLARE_STATUSES];
    bool is_changed; // there is something to commit
} pond_declare_result;

// In a write transaction. Errors name the document, as FILE[INDEX], counted from 0.
pond_code pond_declare(pond_session *s, const pond_declare_options *o, pond_declare_result *out,
                       pond_err *err) POND_MUST;

#endif
