// parsed: files of text as rows.
//
// Compressed files, files in another charset and pipes become plain UTF-8 in a file first, which is
// removed when the rows are released. The rows of a file of the host are read from that text; those
// of an object of the pond are kept as Parquet in the pond's cache, so that a second command parses
// nothing. Where rows of the host will be read by several engines, or several times, they are kept
// as Parquet until they are released.
#ifndef POND_RELATION_PARSED_H
#define POND_RELATION_PARSED_H

#include "format/format.h"
#include "relation/spool.h"

typedef struct pond_parsed {
    // Given:
    const pond_reader *reader;
    const char *path;          // of the file
    const char **parts;        // its pieces, which end within lines: `path` is the first of them
    size_t n_parts;            // 0: it is whole
    pond_sv name;              // in messages
    const pond_sha256 *object; // NULL: it is a file of the host
    pond_sv options;           // of the URL, for the key of the cache
    bool keeps_rows;           // of a file of the host, as Parquet
    bool may_start;            // a file of the host may be guessed: pond_text_start
    bool needs_order;
    bool is_warned; // what the translation leaves out was said before
    // Found:
    bool is_ready;
    pond_sv from; // what follows FROM in SQL
    pond_schema schema;
    bool *is_silent; // of each column: it has no value
    uint64_t rows;
    pond_sv kept;         // the Parquet file with the rows; empty: there is none
    pond_text *text;      // of a file of the host: what its reading found; else NULL
    pond_spooled spooled; // the file, if it was a pipe
    pond_translation translation;
    const char *made[5]; // files that were made on the way
} pond_parsed;

// A hash of the content and of all that decides how it becomes rows.
pond_sha256 pond_parsed_key(const pond_parsed *p, const pond_sha256 *content);
// Reads the file, unless it is ready. INVALID for what the text room refuses.
pond_code pond_parsed_ready(pond_session *s, pond_parsed *p, pond_err *err) POND_MUST;
// Only the first step: the path of a regular file with the plain text in UTF-8, valid until
// pond_parsed_release.
pond_code pond_parsed_plain(pond_session *s, pond_parsed *p, const char **out,
                            pond_err *err) POND_MUST;
// Whether the types are guessed, and the text is still read.
bool pond_parsed_is_started(const pond_parsed *p);
// Ends that, as pond_text_finish. What was found is now exact; `from` may be another one.
pond_code pond_parsed_finish(pond_session *s, pond_parsed *p, bool *is_as_guessed,
                             pond_err *err) POND_MUST;
// Removes the files that were made. The rows can be read again: they are made again.
void pond_parsed_release(pond_parsed *p);

#endif
