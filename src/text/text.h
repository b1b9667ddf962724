// text: how the bytes of a text file become typed columns.
//
// A text is read twice. The first reading looks at every field and decides the types of the
// columns; what does not fit is an error with its line, or is told. The second reading converts,
// or takes what the first one has converted already for a guess that turned out right (kept.h).
// So a type never depends on a sample, and nothing that was written is changed on the way: digits
// that a number would lose stay text, and times are times only when they say what they are.
//
// Owns      charsets, records and fields, numbers and times as people write them.
// Includes  value, base.
// Promises  every row of the file comes in, or none; a file that changes between the two readings
//           is an error.
// Leaves    URLs and their options to the format room, and where the rows go to relation.
#ifndef POND_TEXT_TEXT_H
#define POND_TEXT_TEXT_H

#include "base/cells.h"
#include "base/err.h"
#include "base/meter.h"
#include "text/number.h"
#include "text/record.h"
#include "value/option.h"

// Layout ------------------------------------------------------------------------------------------

typedef enum pond_text_dst { POND_DST_ERROR, POND_DST_FIRST, POND_DST_SECOND } pond_text_dst;
typedef enum pond_text_epoch {
    POND_EPOCH_NONE,
    POND_EPOCH_S,
    POND_EPOCH_MS,
    POND_EPOCH_US,
    POND_EPOCH_NS
} pond_text_epoch;

typedef enum pond_text_type {
    POND_TEXT_TEXT,
    POND_TEXT_BOOL,
    POND_TEXT_INT,     // 64 bits
    POND_TEXT_COUNT,   // the same without a sign; only where a format says so, as COUNT16
    POND_TEXT_COUNT16, // 16 bits without a sign
    POND_TEXT_FLOAT,   // double
    POND_TEXT_DATE,    // days since 1970-01-01, 32 bits
    POND_TEXT_TIME,    // microseconds since 1970-01-01 on some clock
    POND_TEXT_TIME_NS, // the same in nanoseconds; also instants, in UTC
    POND_TEXT_INSTANT, // microseconds since 1970-01-01T00:00:00Z
    POND_TEXT_N_TYPES
} pond_text_type;
const char *pond_text_type_sql(pond_text_type t); // "DOUBLE"

// How the text of a file is laid out, and what its fields mean.
typedef struct pond_text_options {
    pond_record_form form;
    pond_number_form number;
    bool has_header;           // the first record has the names of the columns
    int64_t skip;              // lines at the top that are no records
    int64_t header, units;     // the lines of the names and the units, from 1; 0: the first; none
    int64_t skip_after_header; // lines after the names and units that are no records
    bool may_be_short;         // a record with fewer fields than names has NULL in the last columns
    pond_texts columns;        // names, instead of those of the header
    pond_texts nulls;          // texts that are NULL, like the empty field; "COLUMN:TEXT" for one
    pond_texts texts;          // columns that stay text
    pond_sv time;              // the column of times, or several, joined by '+'; empty: by its name
    pond_texts time_formats;   // as pond_when_format_parse; tried in turn
    pond_sv zone;              // of times that do not say theirs; empty: none
    int dst;                   // pond_text_dst
    int epoch;                 // pond_text_epoch: the time column counts from 1970
    bool are_names_fixed;      // they are keys, which no option replaces
    bool names_have_units;     // a name is "Temp, °C (…)": it becomes "Temp.°C"
    // Types that are known, one for each column; NULL: they are found. A field that does not fit is
    // an error.
    const pond_text_type *types;
    bool is_empty_quoted_text; // "" is an empty text, and not NULL
    bool is_quoted_text;       // what is in quotes is no number and no truth value: text, or a time
} pond_text_options;

// Tables ------------------------------------------------------------------------------------------

typedef struct pond_text_column {
    pond_sv name, unit; // unit: empty if the file has none
    pond_text_type type;
    uint64_t n_nulls;  // all of them
    uint64_t n_marked; // those by a text of options.nulls
    uint64_t n_values; // rows - nulls
} pond_text_column;

typedef enum pond_text_order {
    POND_TEXT_UNORDERED,
    POND_TEXT_ASCENDING, // by time, with ties
    POND_TEXT_STRICT,    // by time, without ties
} pond_text_order;

// Days since 1970-01-01, both included.
typedef struct pond_text_days {
    int64_t first, last;
} pond_text_days;

// What the first reading found. Lives in the arena of pond_text_open.
typedef struct pond_text pond_text;
typedef struct pond_text_facts {
    const pond_text_column *columns;
    size_t n_columns;
    uint64_t rows;
    bool has_given_types;       // options.types: they are right without any row
    ptrdiff_t time_column;      // -1: no column with a time has a name for it
    int64_t t_min_us, t_max_us; // of the time column; t_min_us > t_max_us: no times
    pond_text_order order;      // of its rows, NULLs left out
    // Runs of days that have rows, in order; only of rows in order, and not if there are very many.
    bool has_days;
    const pond_text_days *days;
    size_t n_days;
    const pond_sv *notes; // what a user should know, one line each
    size_t n_notes;
} pond_text_facts;

// The names by which columns of times are known, best first; NULL after the last one.
const char *pond_text_time_name(size_t i);

// What reading may use.
typedef struct pond_text_means {
    int threads;
    // Where a file without a name may keep what was read, so that the rows of a long text are not
    // converted again; NULL: nowhere. It costs no memory, and the result does not depend on it.
    const char *dir;
    // The query that the rows are read for: of the columns, only those that it may mean are kept.
    // The others can be read, too: from the text. Empty: all are kept.
    pond_sv query;
    pond_meter *meter; // counts what is read, if somebody looks; or NULL
} pond_text_means;

// Reads the file `path`, which is plain UTF-8 (charset.h). `name` is the file in messages; it and
// the options are borrowed. INVALID with the line for what is malformed, and for a column that is
// nearly, but not all, of one type.
pond_code pond_text_open(pond_arena *a, const char *path, pond_sv name,
                         const pond_text_options *options, const pond_text_means *means,
                         pond_text **out, pond_err *err) POND_MUST;
// The same, but for a long text it returns when the types are guessed from its first block, and a
// thread reads on. Then the facts are the names and the guess alone, and the rows can be read once
// while the text is read: they fail with CONFLICT as soon as the guess turns out wrong, or, with
// needs_order, when the rows are out of the order of their times.
pond_code pond_text_start(pond_arena *a, const char *path, pond_sv name,
                          const pond_text_options *options, const pond_text_means *means,
                          bool needs_order, pond_text **out, pond_err *err) POND_MUST;
bool pond_text_is_started(const pond_text *t);
// Of a text that is started: waits until all of it was read. The facts and the error are those of
// pond_text_open. *is_as_guessed: rows that came meanwhile were right.
pond_code pond_text_finish(pond_text *t, bool *is_as_guessed, pond_err *err) POND_MUST;
// Releases the file of pond_text_means. The facts stay, and so do the rows, which are then read from
// the text. NULL is fine, and twice is, too.
void pond_text_close(pond_text *t);
const pond_text_facts *pond_text_facts_of(const pond_text *t);
// For the error that a table has no column of times: appends what the columns that look like times
// could be, ready to be written (when.h). Reads the file. *is_advice: there is something to say.
pond_code pond_text_advise_time(const pond_text *t, pond_buf *out, bool *is_advice,
                                pond_err *err) POND_MUST;

// Rows --------------------------------------------------------------------------------------------

typedef struct pond_text_rows pond_text_rows;
// Begins the second reading. is_wanted has an item for each column; others are not converted.
pond_code pond_text_rows_open(const pond_text *t, const bool *is_wanted, pond_text_rows **out,
                              pond_err *err) POND_MUST;
// The next rows, at most POND_BATCH_ROWS, valid until the next call; 0 at the end. `cells` has an
// item for each column; those of columns that are not wanted are all NULL.
pond_code pond_text_rows_next(pond_text_rows *r, pond_cells *cells, size_t *n,
                              pond_err *err) POND_MUST;
void pond_text_rows_close(pond_text_rows *r); // NULL is fine

#endif
