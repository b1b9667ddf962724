// made: rows that the program has in memory, as a relation: what an API has answered, for ingest.
#ifndef POND_RELATION_MADE_H
#define POND_RELATION_MADE_H

#include "base/cells.h"
#include "relation/relation.h"

typedef struct pond_made_column {
    pond_column column; // of a type that pond_row_source allows
    pond_cells cells;   // of all rows
} pond_made_column;

// The columns and their cells are borrowed until the session closes. `name` is that of the rows in
// messages.
pond_code pond_made_relation(pond_session *s, pond_sv name, const pond_made_column *columns,
                             size_t n_columns, uint64_t rows, pond_relation **out,
                             pond_err *err) POND_MUST;

#endif
