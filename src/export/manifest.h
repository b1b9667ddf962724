// manifest: what the last run made, DIR/.pond/manifest.json, and the journal of a run that was
// interrupted while it was publishing, DIR/.pond/journal.json.
//
//     {"version": 1, "pond": ID, "temporal": 2, "vars": {…},
//      "stages": [{"pattern": …, "export": export set,
//                  "targets": [{"path", "matched", "type", "captures", "place", "fingerprint",
//                               "inputs" or "asked", "files": [{"file", "size", "sha256", "rows", "start_time",
//                                          "end_time", "fingerprint", "mtime_ns"}]}]}],
//      "tables": [{"root", "version", "retain_ms"}],
//      "retained": [{"file", "removed_time"}],
//      "stale": [{"file", "size", "sha256", "mtime_ns"}], "origins": [PATH]}
//
// Strangers may write to DIR, so what is read here is checked: kinds, and names of files.
//
// docs/formats.md describes the keys.
#ifndef POND_EXPORT_MANIFEST_H
#define POND_EXPORT_MANIFEST_H

#include "export/run.h"

enum { MANIFEST_VERSION = 1 };

typedef struct manifest_file {
    export_output output; // the record as it was read; a file that stays is an output of this run
    bool is_claimed;      // this run makes the file, or keeps it
    bool is_superseded;   // this run makes another file in its slot
    // What stale_look_ahead saw on the disk.
    bool is_looked_at, is_as_recorded;
} manifest_file;

typedef struct manifest_target {
    pond_sv path, matched, place; // matched: NULL where it is the path
    pond_value inputs;
    pond_asked_vec asked;
    pond_sha256 fingerprint;
    manifest_file *files; // in time order
    size_t n_files;
} manifest_target;

typedef struct manifest_stage {
    pond_sv pattern; // NULL: none
    POND_VEC(manifest_target *) targets;
    pond_value set; // the export set; null unless manifest_read_sets has read it
} manifest_stage;

typedef struct manifest {
    bool is_there;
    pond_sv pond;     // NULL: none
    int64_t temporal; // -1: none
    bool has_vars;
    pond_value vars;
    POND_VEC(manifest_stage *) stages;
    manifest_file *stale;
    size_t n_stale;
    bool is_indexed;
    pond_map files;   // file -> manifest_file *, if is_indexed: of the stages and of the stale ones
    pond_map slots;   // slot -> manifest_file *, if has_slots; for delta/slots.c
    pond_map targets; // place -> manifest_target *
    pond_map tables;  // root -> export_table *, of the manifest and of the journal
    pond_map retained; // file -> export_retained *
    pond_map journal;  // file -> non-NULL: an interrupted run was publishing it
    bool has_slots;
} manifest;

// Reads both files in `meta` (DIR/.pond). A missing file is an empty one; CORRUPT when the manifest
// cannot be understood. Lives in `a`.
pond_code manifest_read(pond_arena *a, const pond_below *meta, manifest **out,
                        pond_err *err) POND_MUST;
// The same with the export sets, which are a third of the file.
pond_code manifest_read_sets(pond_arena *a, const pond_below *meta, manifest **out,
                             pond_err *err) POND_MUST;
// Fills `files`. A run that changes nothing needs no such map, which would take longer than reading
// the manifest.
void manifest_index(manifest *m);
// By its name, through the index.
manifest_file *manifest_find(manifest *m, pond_sv file);

// CONFLICT when another pond made the export that is there, unless --force.
pond_code manifest_check_pond(const export_run *run, pond_err *err) POND_MUST;

// The id of the run's tree, as manifests have it.
const char *manifest_pond_id(const export_run *run, char text[37]);

// Reads a JSON file below DIR/.pond; null when there is none. Lives in `a`.
pond_code manifest_read_json(pond_arena *a, const pond_below *meta, const char *name,
                             pond_value *out, pond_err *err) POND_MUST;

#endif
