// part: the record of what one shard made, for the shard's next run and for the merge.
//
//     DIR/.pond/parts/3-of-8.json    {"version": 1, "shard": 3, "of": 8, "facts": {…},
//                                     "units": [{"place", "start", "fingerprint",
//                                                "files": [records as in the manifest]}]}
//     DIR/.pond/parts/3-of-8/…       the files, named by output and content
//
// The facts are what all shards of an export and its merge must agree about: pond and snapshot, or
// directory of the host and what is read there; versions and arguments.
#ifndef POND_EXPORT_SHARD_PART_H
#define POND_EXPORT_SHARD_PART_H

#include "export/units.h"

// Which shard of how many.
typedef struct part_id {
    int index, count;
} part_id;

// A unit that a shard ran.
typedef struct part_unit {
    pond_sv key; // names the unit, the same in all runs and on all machines
    pond_sv place;
    int64_t start_us; // of the partition; EXPORT_WHOLE for all of a target
    pond_sha256 fingerprint;
    export_outputs outputs; // tmp_path is where each file waits
    part_id part;           // that lists it
} part_unit;
typedef POND_VEC(part_unit *) part_units;

// Names below DIR/.pond. They live in the run's arena.
#define PART_ROOT "parts"
char *part_dir(const export_run *run, part_id id);  // "parts/3-of-8"
char *part_json(const export_run *run, part_id id); // "parts/3-of-8.json"
bool part_parse_name(pond_sv name, part_id *out);   // "3-of-8.json"
// The name of a parked file in the directory of its part. It depends on the output and the bytes,
// so two runs that make the same file give it the same name. Lives in `a`.
char *part_file(pond_arena *a, const export_record *r);
// The absolute path of a parked file. Lives in the run's arena.
char *part_file_path(const export_run *run, part_id id, const export_record *r);
pond_sv part_key(pond_arena *a, pond_sv place, int64_t start_us);

// Of a run that is planned, if its tree is a directory of the host.
pond_code part_facts(const export_run *run, pond_value *out, pond_err *err) POND_MUST;
// The first fact in which two shards differ, as a sentence without its subject; NULL: none.
char *part_difference(pond_arena *a, pond_value theirs, pond_value ours);

// Null when the shard has not finished a run.
pond_code part_read(const export_run *run, part_id id, pond_value *out, pond_err *err) POND_MUST;
// Adds the units of a part that was read: key -> part_unit *. CORRUPT: it cannot be understood.
pond_code part_read_units(const export_run *run, part_id id, pond_value part, pond_map *units,
                          pond_err *err) POND_MUST;
// Replaces the shard's part; the files are on disk under their names. Sorts the units.
pond_code part_write(export_run *run, part_id id, part_units *units, pond_err *err) POND_MUST;

#endif
