// output: a file that an export makes.
//
// The record remains after the run: the manifest and the shard parts store it, pages see a part of
// it, a Delta log repeats it. The other fields say what happens to the file in this run.
#ifndef POND_EXPORT_OUTPUT_H
#define POND_EXPORT_OUTPUT_H

#include "base/below.h"
#include "base/hash.h"
#include "base/vec.h"
#include "export/export.h"
#include "value/pull.h"

// Whether a text can be the path of an output below DIR: pond_below_is_name, and not in DIR/.pond.
// What a manifest or a shard's part says is checked by it, since strangers may have written them.
bool export_is_output_name(pond_sv file);

typedef struct export_record {
    pond_sv file; // path below DIR; export_is_output_name
    pond_sv slot; // of a file that is planned for a Delta table: delta/slots.h; else empty
    uint64_t size_bytes;
    int64_t rows; // -1: the file holds bytes, not rows
    bool has_times;
    int64_t start_ms, end_ms; // of a partition its bounds (end excluded), else first and last time
    pond_sha256 checksum;     // of the file's bytes
    pond_sha256 fingerprint;  // of everything that the bytes depend on
    int64_t mtime_ns;         // of the file; 0: not known yet
} export_record;

typedef struct export_output {
    export_record record;
    const struct export_target *target; // NULL: a stale file
    pond_sv origin;                     // of a stale file: the target's path; empty: not known
    pond_export_state state;
    const char *why;      // of the state, for people
    const char *tmp_path; // where this run, or a shard, put the file; NULL: an earlier run made it
    bool is_there;        // a file with this name and these bytes is in place already
} export_output;

// Outputs live in the run's arena until the run ends. Units, targets and results hold pointers to
// them.
typedef POND_VEC(export_output *) export_outputs;

// A zeroed output, added to the list. Lives in `a`.
export_output *export_outputs_add(pond_arena *a, export_outputs *v);

// The rows of all of them.
int64_t export_outputs_rows(const export_outputs *v);

// The state of a file -----------------------------------------------------------------------------

// Whether a regular file with the recorded size has this name below `d`. *mtime_ns may be NULL.
// Only looks, and so may look through a link to a directory: with very many files most of the time
// goes into walking names, and this way is the fastest.
bool export_has_size(const export_record *r, const pond_below *d, const char *name,
                     int64_t *mtime_ns);
// Whether the file has the recorded size and checksum: reads all of it.
pond_code export_has_bytes(const export_record *r, const pond_below *d, const char *name,
                           bool *has_bytes, pond_err *err) POND_MUST;

// Records as JSON ---------------------------------------------------------------------------------

// False: `v` is not a record, or its file cannot be an output. The texts borrow from `v`.
bool export_record_read(pond_value v, export_record *out);
// The same for the next value of a file. The name lives in `a`, NUL-terminated.
bool export_record_pull(pond_pull *p, pond_arena *a, export_record *out);
// Appends the list of records, each on its own line.
void export_records_write(pond_buf *b, const export_outputs *v);
// Appends the hash as a member of an object. `key` is all that comes before it: ",\"sha256\":".
void export_hash_write(pond_buf *b, const char *key, const pond_sha256 *h);

#endif
