// ask_internal: what the files of ask.h share.
#ifndef POND_FACTORY_ASK_INTERNAL_H
#define POND_FACTORY_ASK_INTERNAL_H

#include "factory/ask.h"

// Statistics that are computed together (stats.def).
typedef enum ask_stat_group {
    ASK_STATS_VALUES,
    ASK_STATS_FIRST,
    ASK_STATS_LAST,
    ASK_N_STAT_GROUPS
} ask_stat_group;

// Rows that templates ask for.
typedef struct ask_source {
    pond_asked asked;
    pond_relation *relation;
    pond_schema schema;
    pond_sv changing;
    bool has_looked; // for its rows in files
    pond_sv files;   // a SELECT of them; empty: there are none
    // Of each column by name, a group of statistics each; null until one of the group was asked for.
    pond_value stats[ASK_N_STAT_GROUPS];
} ask_source;

pond_session *ask_session(const pond_asker *asker);
// Opens the pond, if that is late.
pond_code ask_open(const pond_asker *asker, pond_err *err) POND_MUST;
// Finds a source. NOT_FOUND for an exact path that does not exist. A pointer to the session's engine is
// no longer valid.
pond_code ask_get(pond_asker *asker, pond_sv from, bool is_node, ask_source **out,
                  pond_err *err) POND_MUST;
// The same, and notes that the render asked for it.
pond_code ask_find(pond_asks *asks, pond_sv from, bool is_node, ask_source **out,
                   pond_err *err) POND_MUST;
// Looks up the columns of a source, if that was not done yet.
pond_code ask_find_columns(const pond_asker *asker, ask_source *source, pond_err *err) POND_MUST;
// Appends a SELECT of the rows of a source, in no order: from files, if they are at hand. Not for
// sums of floats, which depend on the order of the rows.
pond_code ask_write_rows(const pond_asker *asker, ask_source *source, pond_buf *sql,
                         pond_err *err) POND_MUST;
// The rows, or what is computed from them, may be others each time.
void ask_note_changing(pond_asks *asks, pond_sv changing);

// The functions rows and query (ask_rows.c).
pond_code ask_rows(pond_tera_call *c, const pond_tera_args *args, pond_value *out);
pond_code ask_query(pond_tera_call *c, const pond_tera_args *args, pond_value *out);
extern const char ask_rows_arguments[], ask_query_arguments[];

// A pond_tera_late (ask_stats.c).
bool ask_stat(void *host, pond_arena *a, pond_value field, pond_sv key, pond_value *out);
// Sums up the statistics that the render asked for.
void ask_end_stats(pond_asks *asks);
// Computes statistics, {column: [name, …]}, and hashes their values. NOT_FOUND if the source has no
// such columns, or there are no such statistics.
pond_code ask_hash_stats(const pond_asker *asker, ask_source *source, pond_value stats,
                         pond_sha256 *out, pond_err *err) POND_MUST;

#endif
