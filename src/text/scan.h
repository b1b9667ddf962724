// scan: the first reading. Every field of every row is looked at; counts decide the types.
#ifndef POND_TEXT_SCAN_H
#define POND_TEXT_SCAN_H

#include "text/cell.h"
#include "text/layout.h"
#include "text/steps.h"

// A text that is not of the kind that most fields of its column are, and where it is.
typedef struct text_odd {
    pond_sv text; // cut to 64 bytes
    uint64_t count;
    size_t block; // and the line in it, counted from 0, of the first one
    uint64_t line;
} text_odd;
enum { TEXT_MOST_ODD = 12 };

typedef struct text_counts {
    uint64_t n[TEXT_N_KINDS];
    uint64_t n_blank;          // of the empty ones: fields of blanks
    uint64_t n_plus;           // whole numbers with a plus
    uint64_t n_twice, n_never; // times that the zone's clock showed twice, or never
    text_odd first_twice, first_never, first_id; // count is 0: none
    uint8_t digits;                              // of the longest fraction of a second
    text_odd odd[TEXT_MOST_ODD];
    size_t n_odd;
    uint64_t n_more_odd; // that had no room
} text_counts;

// The times of a block, in the order of its rows.
typedef POND_VEC(pond_text_days) text_days_vec;
typedef struct text_times {
    bool has_any, is_unordered, has_ties;
    bool has_many_days; // more runs than are worth keeping
    pond_when first, last, min, max;
    text_days_vec days; // runs of days; complete if the rows are in order
    text_steps steps;
} text_times;

typedef struct text_scan {
    uint64_t rows;
    uint64_t n_headers;  // rows that repeat the header, left out
    text_counts *counts; // of each column
    text_times times;    // of the time column
} text_scan;

// What the first and the second reading have in common.
typedef struct text_plan {
    pond_arena *arena; // of one thread
    text_file file;
    const pond_text_options *options;
    text_layout layout;
    text_rule *rules; // of each column
    text_block_vec blocks;
    int threads;
    pond_meter *meter; // or NULL
} text_plan;

// Reads all blocks of the plan, and fills their lines and rows. `kept` gets their values; it may be
// NULL. Only text_scan_run takes long. It may be called in a thread of its own, since it leaves the
// plan's arena alone; its failure is that of text_scan_end.
typedef struct text_kept text_kept; // kept.h
typedef struct text_scanning text_scanning;
pond_code text_scan_begin(text_plan *p, text_kept *kept, text_scanning **out,
                          pond_err *err) POND_MUST;
void text_scan_run(text_scanning *s);
// After text_scan_run; once. What was found lives in the plan's arena.
pond_code text_scan_end(text_scanning *s, text_scan *out, pond_err *err) POND_MUST;
// Only counts the first block, of which there must be one.
pond_code text_scan_first(text_plan *p, text_scan *out, pond_err *err) POND_MUST;

// The field of a column in a record, before it is read: of joined ones, the texts with blanks
// between them, in `room`; empty when one of them is.
pond_sv text_join_fields(const text_column *c, const pond_records *r, pond_buf *room);
static inline pond_sv text_field_of(const text_column *c, const pond_records *r, pond_buf *room,
                                    bool *is_quoted) {
    const pond_field *f = &r->fields[c->field];
    *is_quoted = f->is_quoted;
    return c->joined == NULL ? (pond_sv){f->p, f->n} : text_join_fields(c, r, room);
}
// Checks the number of fields. *is_header: the record repeats the header, and is no row.
pond_code text_check_record(const text_plan *p, const text_block *b, const pond_records *r,
                            pond_record_result result, bool *is_header, pond_err *err) POND_MUST;
// Compares instants.
int text_when_cmp(const pond_when *a, const pond_when *b);

#endif
