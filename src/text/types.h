// types: what the counts of the first reading say about each column: its type, or what is wrong.
#ifndef POND_TEXT_TYPES_H
#define POND_TEXT_TYPES_H

#include "text/scan.h"

typedef struct text_findings {
    pond_text_column *columns;
    POND_VEC(pond_sv) notes;
} text_findings;

// Decides the types of all columns. INVALID: a column is nearly of one type, or does not have the
// times that the options say. Lives in the plan's arena.
pond_code text_types_find(text_plan *p, const text_scan *s, text_findings *out,
                          pond_err *err) POND_MUST;

#endif
