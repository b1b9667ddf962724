// lines: the lines of a text file, one after the other, in bounded memory.
//
// The formats whose records are lines read them here, some of them twice. What is added to the file
// after it was opened is not seen, so that both readings have the same lines: logs grow.
#ifndef POND_FORMAT_LINES_H
#define POND_FORMAT_LINES_H

#include "base/err.h"
#include "base/meter.h"
#include "base/str.h"

typedef struct format_lines {
    pond_sv name; // in messages
    int fd;
    uint64_t size, offset; // of the file; of the next byte to read
    pond_buf window;
    size_t at;       // of the next line in the window
    uint64_t number; // of the last line, from 1
    bool is_open;    // the last line has no line end: the file may have been cut off in it
    uint64_t n_skipped;
    pond_meter *meter;
} format_lines;

// `meter` is NULL, or counts the bytes of each reading. The caller closes it, also after a failure.
pond_code format_lines_open(format_lines *l, const char *path, pond_sv name, pond_meter *meter,
                            pond_err *err) POND_MUST;
// To the beginning, for a second reading; nothing is skipped yet.
pond_code format_lines_rewind(format_lines *l, pond_err *err) POND_MUST;
// The next line without its end, borrowed until the next call; {NULL, 0} after the last one. It may
// be changed in place. INVALID for bytes that are not UTF-8, LIMIT for a line of more than 64 MB.
pond_code format_lines_next(format_lines *l, pond_sv *out, pond_err *err) POND_MUST;
void format_lines_close(format_lines *l);

// The line without NUL bytes, which a machine that lost its power leaves in files, and without
// blanks at both ends. Changes it in place.
pond_sv format_line_clean(pond_sv line);
// INVALID, with the place of the last line.
pond_code format_lines_fail(const format_lines *l, pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
