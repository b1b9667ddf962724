// format: how the bytes of a file become rows.
//
// A URL says how the bytes of a file are read: `csv+gzip:///lookup/sites.csv?delimiter=;`. A format
// is one row of a table (formats.def) and one source file: its name, its options, the codecs that
// it supports, how its bytes are checked, and how they become rows: by SQL that reads the files, or
// as text (text room). A pond_reader is a format with the options of one URL.
//
// Owns      URLs, codecs, formats.
// Includes  fs (paths), engine (SQL that reads files), text, value, base.
// Promises  an unknown format, codec or option is refused here, with a list of the known ones.
// Leaves    which files are read, and what their rows mean, to the relation room.
#ifndef POND_FORMAT_FORMAT_H
#define POND_FORMAT_FORMAT_H

#include "format/url.h"
#include "text/text.h"

typedef struct pond_format pond_format;

typedef struct pond_reader {
    const pond_format *format;
    pond_compression compression; // of the files; all functions but one read unpacked ones
    // For text: its layout, and its charset (empty: UTF-8, or what a byte order mark says). NULL:
    // SQL reads the files.
    const pond_text_options *text;
    pond_sv encoding;
    pond_meter *meter; // set by whoever wants to see how far a file is read; else NULL
} pond_reader;

// An ending of the names of files in a format, and the options that it stands for.
typedef struct pond_ending {
    const char *text; // ".csv"
    pond_pairs options;
} pond_ending;

// What a format that is not CSV was translated to.
typedef struct pond_translation {
    pond_text_options text; // how the translation is laid out
    pond_sv warning;        // what was left out; empty: nothing
} pond_translation;

struct pond_format {
    const char *name; // as URLs write it
    const pond_ending *endings;
    size_t n_endings;
    const char *summary;
    bool has_lines;              // each line holds a record, or a part of one
    const char *content;         // what a file holds, for messages: "a valid Parquet file"
    const pond_options *options; // NULL: it takes none
    unsigned codecs;             // the supported ones: bits 1 << pond_compression
    // Reads the options of a URL; what out->text points to lives in `a`.
    pond_code (*read_options)(pond_arena *a, const pond_url *url, pond_reader *out, pond_err *err);
    // Optional: checks the first and last bytes of a file. *flaw says what is wrong; NULL: nothing.
    pond_code (*find_flaw)(const char *path, const char **flaw, pond_err *err);
    // Of a format whose rows are no records with delimiters: reads the plain file `path` and writes
    // its rows as CSV to `out`; text->types says what the columns are. `name` is the file in
    // messages. *to lives in `a`. NULL: the text of the files is read as it is.
    pond_code (*translate)(pond_arena *a, const pond_reader *reader, const char *path, pond_sv name,
                           int out, pond_translation *to, pond_err *err);
    // Appends `read_…(…)`, for use after FROM. NULL: the files are text, or are translated.
    void (*sql)(pond_buf *sql, const pond_sv *files, size_t n, const pond_reader *reader);
};

const pond_format *pond_format_find(pond_sv name); // NULL if there is none
// Sets format, compression and options of a URL by the ending of a file's name: ".csv.gz" is csv
// with gzip. Upper and lower case are the same. False if it is the ending of no format: then the
// URL stays as it is. Whether the format supports the compression, pond_reader_open says.
bool pond_format_by_ending(pond_sv file_name, pond_url *url);
size_t pond_format_count(void);
const pond_format *pond_format_at(size_t i); // in the order in which messages list them

// USAGE for an unknown format, INVALID for a codec that it does not support and for wrong options.
pond_code pond_reader_open(pond_arena *a, const pond_url *url, pond_reader *out,
                           pond_err *err) POND_MUST;
// For a reader with a compression: writes the plain bytes of a file to another one (pond_unpack).
pond_code pond_reader_unpack(const pond_reader *r, const char *path, pond_sv name, const char *to,
                             pond_err *err) POND_MUST;
// Checks the first and last bytes of a file. *flaw says what is wrong; NULL: nothing. *content is
// what the file should be: "a valid Parquet file".
pond_code pond_reader_find_flaw(const pond_reader *r, const char *path, const char **flaw,
                                const char **content, pond_err *err) POND_MUST;
// The same as an error, INVALID. `name` is the name of the file in the message.
pond_code pond_reader_check_ends(const pond_reader *r, const char *path, pond_sv name,
                                 pond_err *err) POND_MUST;
// Whether the files are read as text, maybe after a translation; else SQL reads them.
bool pond_reader_is_text(const pond_reader *r);
// Appends `read_…(…)`, for use after FROM. Not for text.
void pond_reader_sql(const pond_reader *r, const pond_sv *files, size_t n, pond_buf *sql);

#endif
