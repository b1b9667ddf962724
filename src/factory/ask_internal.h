// ask_internal: what the files of ask.h share.
#ifndef POND_FACTORY_ASK_INTERNAL_H
#define POND_FACTORY_ASK_INTERNAL_H

#include "factory/ask.h"

// Rows that templates ask for.
typedef struct ask_source {
    pond_asked asked;
    pond_relation *relation;
    pond_schema schema;
    pond_sv changing;
    bool has_stats;
    pond_value stats; // of each column by name, once they were asked for
} ask_source;

pond_session *ask_session(const pond_asker *asker);
// Opens the pond, if that is late.
pond_code ask_open(const pond_asker *asker, pond_err *err) POND_MUST;
// Finds a source, and notes that the render asked for it. NOT_FOUND for an exact path that does not
// exist. A pointer to the session's engine is no longer valid.
pond_code ask_find(pond_asks *asks, pond_sv from, bool is_node, ask_source **out,
                   pond_err *err) POND_MUST;
// The rows, or what is computed from them, may be others each time.
void ask_note_changing(pond_asks *asks, pond_sv changing);

// The functions rows and query (ask_rows.c).
pond_code ask_rows(pond_tera_call *c, const pond_tera_args *args, pond_value *out);
pond_code ask_query(pond_tera_call *c, const pond_tera_args *args, pond_value *out);
extern const char ask_rows_arguments[], ask_query_arguments[];

// A pond_tera_late (ask_stats.c).
bool ask_stat(void *host, pond_arena *a, pond_value field, pond_sv key, pond_value *out);

#endif
