// layout: where the rows of a file begin, and what its columns are called.
#ifndef POND_TEXT_LAYOUT_H
#define POND_TEXT_LAYOUT_H

#include "text/blocks.h"
#include "text/text.h"

// A column of the result: one field of a record, or several that are joined to a time.
typedef struct text_column {
    pond_sv name, unit;
    pond_sv bare;         // the name without the unit
    size_t field;         // of the record, from 0
    const size_t *joined; // all fields of a joined time; NULL: one field
    size_t n_joined;
} text_column;

typedef struct text_layout {
    text_column *columns;
    size_t n_columns;
    size_t n_fields;       // of a record
    bool may_have_more;    // the records may end in a delimiter: one more field, which is empty
    ptrdiff_t time;        // the column of times by option or by name; -1: none
    const pond_sv *header; // the names as they were; NULL: there is no header
    uint64_t offset, line; // of the first byte after the header
    POND_VEC(pond_sv) notes;
} text_layout;

// Reads the beginning of the file. Lives in `a`.
pond_code text_layout_find(pond_arena *a, const text_file *f, const pond_text_options *o,
                           text_layout *out, pond_err *err) POND_MUST;
// Adds the names of the columns to an error.
void text_layout_list(const text_layout *l, pond_err *err);

#endif
