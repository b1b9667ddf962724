// text_options: what the formats of text have in common.
#ifndef POND_FORMAT_TEXT_OPTIONS_H
#define POND_FORMAT_TEXT_OPTIONS_H

#include "format/format.h"

// Text may be compressed in any way.
enum { FORMAT_ANY_CODEC = 1 << POND_GZIP | 1 << POND_ZSTD | 1 << POND_BZIP2 };

// read_options of a format that takes none.
pond_code format_read_no_options(pond_arena *a, const pond_url *url, pond_reader *out,
                                 pond_err *err) POND_MUST;

// Rows of tables of options, for a struct `type_` with a member `text_`, which is a
// pond_text_options: what is NULL, which columns are text, and what times are.
#define FORMAT_NULL_OPTION(type_, text_)                                                           \
    POND_OPTION("null", POND_OPT_TEXTS, type_, text_.nulls, .value = "TEXT",                       \
                .help = "text that is read as NULL, like an empty field; a number matches by its " \
                        "value; COLUMN:TEXT is for one column; repeatable")
#define FORMAT_TIME_OPTIONS(type_, text_)                                                          \
    POND_OPTION("text", POND_OPT_TEXTS, type_, text_.texts, .value = "COLUMN",                     \
                .help = "column that stays text, whatever it holds; repeatable"),                  \
        POND_OPTION(                                                                               \
            "time", POND_OPT_TEXT, type_, text_.time, .value = "COLUMN[+COLUMN…]",                 \
            .help = "the column of times, or several that are joined: it becomes `timestamp`"),    \
        POND_OPTION(                                                                               \
            "timeformat", POND_OPT_TEXTS, type_, text_.time_formats, .value = "FORMAT",            \
            .help = "how the times are written, as for strptime: `%d.%m.%Y %H:%M`; repeatable, "   \
                    "tried in turn (default: ISO 8601)"),                                          \
        POND_OPTION("timezone", POND_OPT_TEXT, type_, text_.zone, .value = "ZONE",                 \
                    .help =                                                                        \
                        "the zone of times that do not say theirs: `Europe/Berlin`, `-08:00`"),    \
        POND_OPTION(                                                                               \
            "dst", POND_OPT_CHOICE, type_, text_.dst, .value = "error|first|second",               \
            .help = "which offset to take for a time that the clocks of the zone showed twice, "   \
                    "or never (default: error)"),                                                  \
        POND_OPTION("epoch", POND_OPT_CHOICE, type_, text_.epoch, .value = "none|s|ms|us|ns",      \
                    .help = "the times are numbers of these units since 1970-01-01T00:00:00Z")

// INVALID for options that contradict each other.
pond_code format_check_text_options(const pond_url *url, const pond_text_options *o,
                                    pond_err *err) POND_MUST;

#endif
