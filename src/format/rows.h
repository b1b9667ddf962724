// rows: the rows of a format as CSV, for the text room (translate in format.h).
//
// Texts are in quotes; numbers, times and truth values are not; NULL is nothing. Each record ends in
// a delimiter, or the row of one NULL would be a blank line, which is no record.
#ifndef POND_FORMAT_ROWS_H
#define POND_FORMAT_ROWS_H

#include "base/err.h"
#include "base/str.h"
#include "format/space.h"
#include "text/text.h"

typedef struct format_rows {
    int fd;
    const char *name; // in messages
    pond_buf bytes;
    uint64_t n_written;
    format_space space;
} format_rows;

// The only column of a file that has none, such as a log before its first line: no table is without
// columns, and such a file must not keep others from being united with it. CSV without a header
// calls its first column so.
#define FORMAT_ROWS_NO_NAME "column_1"

// How the CSV is laid out. `types` is borrowed, one for each column; NULL: they are found, and what
// is in quotes is text, or a time.
pond_text_options format_rows_layout(const pond_text_type *types);

// The same for types that are found, with what the options of a URL say about values.
pond_text_options format_rows_layout_with(const pond_text_options *options);

void format_rows_null(format_rows *r);
void format_rows_plain(format_rows *r, pond_sv cell); // as it is
void format_rows_int(format_rows *r, int64_t i);
void format_rows_time(format_rows *r, int64_t s, int32_t ns); // an instant, since 1970
// INVALID for a text with a NUL character.
pond_code format_rows_text(format_rows *r, pond_sv cell, pond_err *err) POND_MUST;
// After the cells of a row, or the names of the columns. Writes now and then.
pond_code format_rows_end(format_rows *r, pond_err *err) POND_MUST;
pond_code format_rows_flush(format_rows *r, pond_err *err) POND_MUST;
void format_rows_free(format_rows *r);

#endif
