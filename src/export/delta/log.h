// log: the files of a `_delta_log`, read and written. The protocol: github.com/delta-io/delta,
// PROTOCOL.md.
//
//     00000000000000000000.json              version 0: one action on each line
//     00000000000000000001.json              version 1
//     00000000000000000100.checkpoint.parquet
//                                            the state after version 100, as one file
//     00000000000000000100.checkpoint.0000000001.0000000003.parquet
//                                            the same in several files; this is the first of three
//     _last_checkpoint                       names the newest one, for stores that list slowly
//
// The state of a table is the newest complete checkpoint and the versions after it. Other engines
// may write checkpoints, too, and may remove the versions that those cover.
#ifndef POND_EXPORT_DELTA_LOG_H
#define POND_EXPORT_DELTA_LOG_H

#include "export/run.h"

// The log of one table, while it is worked with. It is reached from DIR, without following links.
typedef struct delta_log {
    const export_run *run;
    pond_arena *arena;
    const pond_below *root; // DIR
    const char *name;       // of the log's directory below DIR; it need not exist
    const char *dir;        // the same as an absolute path, for messages
} delta_log;

// A table as its log describes it.
typedef struct delta_state {
    int64_t version;        // -1: there is no log
    int64_t checkpoint;     // the newest version that has one; -1: none
    int64_t reader, writer; // protocol versions; 0: the log has none
    pond_value metadata;    // of the last metaData action; null: the log has none
    pond_map files;         // decoded path -> its add action (pond_value *), NULL once removed
    pond_map removed;       // decoded path -> its remove action, NULL once added again
    pond_map txns;          // application -> its last txn action
} delta_state;

delta_log delta_log_of(const export_run *run, pond_arena *a, pond_sv root);
// A file of a version, "json" or "checkpoint.parquet", as a name below DIR. Lives in the arena.
char *delta_log_file(const delta_log *log, int64_t version, const char *what);
// Takes "00000000000000000100.checkpoint.parquet" apart, 100 and ".checkpoint.parquet". False: no
// file of a version.
bool delta_log_parse_name(pond_sv name, int64_t *version, pond_sv *ending);
// Whether this is the newest version, seen without reading the log.
bool delta_log_is_at(const delta_log *log, int64_t version);

// Lives in the log's arena. CORRUPT: a version is missing, or an action cannot be understood.
pond_code delta_log_read(const delta_log *log, delta_state *s, pond_err *err) POND_MUST;
// Writes a version that does not exist yet. *is_taken: it exists, and nothing was written.
pond_code delta_log_put(const delta_log *log, int64_t version, pond_sv actions, bool *is_taken,
                        pond_err *err) POND_MUST;

#endif
