// parts: what a shard writes down, for its next run and for the merge. See shard.c.
#ifndef POND_EXPORT_PARTS_H
#define POND_EXPORT_PARTS_H

#include "export/internal.h"

// A partition of a target, or a target that cannot be sliced.
typedef struct parts_unit {
    pond_sv key; // what it is, over runs and machines
    pond_sv place;
    int64_t start_us; // of the partition, EXPORT_WHOLE for a whole target
    pond_sha256 fingerprint;
    pond_output_vec outputs; // `made` says where each file waits
} parts_unit;

struct export_parts {
    int index, count;   // of this shard; a merge has index -1, and count 0 if there is no part
    const char *parked; // where the shard's files wait, and its lock is
    int lock_fd;
    pond_map known;              // key -> parts_unit *: run earlier
    pond_map run;                // key -> non-NULL: of this run
    POND_VEC(parts_unit *) made; // the same, in order
};

// Names. All live in the run's arena.
char *parts_dir(const export_run *run);                              // DIR/.pond/parts
char *parts_parked_dir(const export_run *run, int index, int count); // …/3-of-8
char *parts_path(const export_run *run, int index, int count);       // …/3-of-8.json
// By output and content: two runs that make the same file agree about the name, and a file that
// came out otherwise takes another.
char *parts_parked_path(pond_arena *a, const char *dir, const pond_output *o);
pond_sv parts_key(pond_arena *a, pond_sv place, int64_t start_us);
// Which shard runs a unit: the same on every machine, whatever else the export makes.
int parts_shard_of(pond_sv key, int count);

// What must be equal for shards to be parts of one export: pond, snapshot, versions, arguments.
pond_code parts_facts(const export_run *run, pond_value *out, pond_err *err) POND_MUST;
// The first fact in which a part differs, as a sentence without its subject; NULL: it fits.
char *parts_difference(pond_arena *a, pond_value theirs, pond_value ours);

// Null when the shard has written none.
pond_code parts_read(const export_run *run, int index, int count, pond_value *out,
                     pond_err *err) POND_MUST;
// Adds the units of a part that was read to those known.
pond_code parts_read_units(export_run *run, int index, int count, pond_value part,
                           pond_err *err) POND_MUST;
// Replaces this shard's part by what it made; the files are parked and on disk.
pond_code parts_write(export_run *run, pond_err *err) POND_MUST;

#endif
