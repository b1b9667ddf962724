// recall: what an earlier run found out about files of the host.
//
// A file of the host has no catalog that says what is in it. An export reads it to know its hash and
// its columns, rows and times, and the next one would read it again only to find the same. So the
// session can be given what an earlier one wrote down:
//
//     files   path -> hash of the content, with the size, times and inode that the file had. Equal
//             ones mean equal content, as in Git's index. A file whose times are too recent to tell
//             (hostfile.c) is not written down.
//     rows    hash of the content and of how it is read -> what was measured (pond_measured)
//
// Everything here is a copy of what reading would give: losing it costs time and nothing else. The
// text is JSON, begins with its own checksum, and is ignored unless all of it is understood. It
// comes from a directory that strangers may write to, so types in it, which become SQL, are checked.
#ifndef POND_RELATION_RECALL_H
#define POND_RELATION_RECALL_H

#include "relation/facts.h"

#include <sys/stat.h>

// More bytes than this are neither written nor read: of some 100000 files.
enum { POND_RECALL_MAX_BYTES = 64 << 20 };

typedef struct pond_recall pond_recall;

// From now on the session uses what `text` has, and notes what it finds out. An empty text, or one
// that is damaged, has nothing. With hashes_all nothing is known of files by their times, so that
// each one is hashed.
void pond_recall_begin(pond_session *s, pond_sv text, bool hashes_all);
// What a later session can begin with, appended to *out; false, and nothing is appended, if this one
// has noted nothing new. Only after pond_hostfile_check: what was noted about a file that was
// changed meanwhile would be wrong. An entry that many such sessions have not used is left out.
bool pond_recall_write(pond_session *s, pond_buf *out);

// What the session had to do with files of the host.
typedef struct pond_recall_counts {
    uint64_t files;    // that it asked for
    uint64_t hashed;   // of these, read to be hashed
    uint64_t parsed;   // texts that were read as rows; twice, if in two ways
    uint64_t measured; // Parquet files whose times were read
} pond_recall_counts;
const pond_recall_counts *pond_recall_counted(pond_session *s);

// For the room's own files. All of them do nothing, and find nothing, unless the session has begun.

// The counts, to add to.
pond_recall_counts *relation_counts(pond_session *s);
// The hash of the file at an absolute path, if it still looks as it did.
bool relation_recall_hash(pond_session *s, pond_sv path, const struct stat *st, pond_sha256 *out);
void relation_note_hash(pond_session *s, pond_sv path, const struct stat *st,
                        const pond_sha256 *hash);
// What was measured, and what the reading had to say (empty: nothing). Lives in the session's arena.
typedef struct relation_known {
    pond_measured rows;
    pond_sv warning;
} relation_known;
const relation_known *relation_recall_rows(pond_session *s, const pond_sha256 *key);
// `known` outlives the session. What has a type with parameters other than DECIMAL is not noted.
void relation_note_rows(pond_session *s, const pond_sha256 *key, const relation_known *known);

#endif
