// record: text with delimiters, cut into records and fields. RFC 4180, where it decides; line ends
// may be LF, CR LF or CR, and change within a file.
#ifndef POND_TEXT_RECORD_H
#define POND_TEXT_RECORD_H

#include "base/str.h"

typedef struct pond_record_form {
    char delimiter;  // 0: any number of blanks and tabs
    char quote;      // 0: none
    char escape;     // before a quote inside quotes; the same as `quote`: a quote is doubled
    pond_sv comment; // a record that begins so is no record; empty: none
    // A format wrote it: each record stands for one line, whatever its quotes hold, and blank lines
    // for themselves; the header stands for none, and a record that equals it is a row.
    bool is_translation;
} pond_record_form;

typedef struct pond_field {
    const char *p; // in the buffer, without its quotes
    uint32_t n;
    bool is_quoted;
} pond_field;

typedef struct pond_records {
    const pond_record_form *form;
    char *p, *end;      // what is left of the buffer; quoted fields are unescaped in place
    uint64_t line;      // of the next record; counts from where the caller set it
    pond_field *fields; // of the last record
    size_t n, cap;      // how many it has; fields beyond `cap` are counted, and not kept
    uint64_t at_line;   // of the last record
    size_t bad_column;  // POND_RECORD_BAD: of the field, from 1
} pond_records;

typedef enum pond_record_result {
    POND_RECORD,
    POND_RECORDS_END,
    POND_RECORD_OPEN, // the buffer ends inside quotes
    POND_RECORD_BAD,  // there is something between a closing quote and the next delimiter
} pond_record_result;

// The next record that is not blank and no comment. The buffer holds whole records; after its end
// are POND_RECORD_ROOM bytes more that may be read, of any value.
enum { POND_RECORD_ROOM = 8 };
pond_record_result pond_record_next(pond_records *r);

// Where the last record in the buffer ends, that is known to be whole although more bytes follow:
// 0 if there is none. The buffer begins with a record.
size_t pond_records_cut(const pond_record_form *form, const char *p, size_t n);

#endif
