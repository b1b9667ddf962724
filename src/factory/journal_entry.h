// journal_entry: what journal-ingest has to know of an entry of the journal, of which systemd writes
// one as a line of JSON.
//
// The value of a field is a text; where it is not UTF-8, an array of its bytes; where an entry has
// the field several times, an array of such values; where it is very long, null.
#ifndef POND_FACTORY_JOURNAL_ENTRY_H
#define POND_FACTORY_JOURNAL_ENTRY_H

#include "base/err.h"
#include "base/str.h"

typedef struct journal_entry {
    pond_sv cursor; // empty: it has none
    pond_sv file;   // the name of the file that it belongs to
    bool has_time;
    int64_t time_us; // of the field that holds the time of entries
} journal_entry;

// False if the line is no JSON. JSON that is no object is an entry of other.jsonl. The texts live in
// `a`, or are static.
bool journal_entry_read(pond_arena *a, pond_sv line, pond_sv time_field, bool collects_kernel,
                        journal_entry *out);

// What follows `key=` in a cursor, "s=…;i=1f;b=…": a number in hex digits. False if there is none.
bool journal_cursor_number(pond_sv cursor, char key, uint64_t *out);
// Whether the second cursor is that of the entry that follows the first one in one journal.
bool journal_cursor_follows(pond_sv first, pond_sv second);

#endif
