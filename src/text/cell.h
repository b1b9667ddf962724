// cell: one field of a file, as a value.
#ifndef POND_TEXT_CELL_H
#define POND_TEXT_CELL_H

#include "text/text.h"
#include "text/when.h"

// What a field is by itself. The kinds of all fields of a column decide its type.
typedef enum text_kind {
    TEXT_IS_EMPTY,  // or blank
    TEXT_IS_MARKED, // a text for NULL
    TEXT_IS_BOOL,
    TEXT_IS_INT,   // at most 15 digits: a double holds it, too
    TEXT_IS_BIG,   // more digits, which 64 bits hold and a double may not
    TEXT_IS_FLOAT, // with a fraction or an exponent
    TEXT_IS_WORD,  // NaN or an infinity
    TEXT_IS_ID,    // digits that would be lost: leading zeros, or more than 64 bits hold
    TEXT_IS_DATE,
    TEXT_IS_LOCAL,
    TEXT_IS_ZONED,
    TEXT_IS_OTHER,
    TEXT_N_KINDS
} text_kind;

typedef struct text_null {
    pond_sv text;
    bool is_number;
    double value;
} text_null;

// How the fields of one column are read. Lives in an arena, and does not change.
typedef struct text_rule {
    pond_number_form number;
    const text_null *nulls;
    size_t n_nulls;
    bool has_number_null;
    bool is_empty_quoted_text, is_quoted_text;
    bool is_time; // the time column: what follows but the zone is for it
    const pond_when_format *const *formats;
    size_t n_formats;
    pond_text_epoch epoch;
    const pond_when_zone *zone; // NULL: none
    pond_text_dst dst;
} text_rule;

typedef struct text_cell {
    text_kind kind;
    pond_sv text; // without blanks around it
    bool has_plus;
    pond_clock clock; // of a time that was read in the rule's zone
    union {
        pond_written_number number; // INT, BIG, FLOAT, ID
        double word;
        bool truth;
        pond_when when;
    };
} text_cell;

// Reads the field of a column. `as` is what the last one was: it is tried first.
text_kind text_cell_read(const text_rule *r, pond_sv text, bool is_quoted, text_kind as,
                         text_cell *out);

// A cell as a value of the column's type. False: it does not fit.
typedef union text_value {
    pond_sv text;
    bool truth;
    int64_t integer;
    double real;
} text_value;
bool text_cell_convert(const text_rule *r, const text_cell *c, pond_text_type type,
                       text_value *out);

#endif
