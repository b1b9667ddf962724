// What the files about Delta Lake share. The protocol: github.com/delta-io/delta, PROTOCOL.md.
#ifndef POND_EXPORT_DELTA_H
#define POND_EXPORT_DELTA_H

#include "export/internal.h"

// delta_types.c
// --------------------------------------------------------------------------------------------------------------
// Appends Spark's JSON of the schema: the columns of the files, and those that are in the paths.
void delta_schema_json(pond_buf *b, pond_schema schema, int n_units);
// Appends a file's statistics, as an add action has them.
void delta_stats_json(pond_buf *b, pond_schema schema, const pond_file_stats *stats);

// delta_log.c
// --------------------------------------------------------------------------------------------------------------
// A table as its log tells it.
typedef struct delta_state {
    int64_t version;        // -1: there is no log
    int64_t checkpoint;     // the newest version that has one; -1: none
    int64_t reader, writer; // protocol versions; 0 before any is told
    pond_value metadata;    // of the last metaData action, null before there is one
    pond_map files;         // decoded path -> its add action (pond_value *), NULL once removed
    pond_map removed;       // decoded path -> its remove action, NULL once added again
} delta_state;
// Lives in `a`.
pond_code delta_log_read(pond_session *s, pond_arena *a, const char *log_dir, delta_state *out,
                         pond_err *err) POND_MUST;
// Writes a version that is not there yet. *is_taken: it is there; nothing was written.
pond_code delta_log_put(const export_run *run, pond_arena *a, const char *log_dir, int64_t version,
                        pond_sv actions, bool *is_taken, pond_err *err) POND_MUST;
// After a version was put behind `before`: writes down all that stands, if many versions were put
// since that was last done.
pond_code delta_log_checkpoint(export_run *run, pond_arena *a, const char *log_dir,
                               const delta_state *before, pond_err *err) POND_MUST;
char *delta_log_path(pond_arena *a, const char *log_dir, int64_t version);

#endif
