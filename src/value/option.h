// option: tables of typed options, for configs, URLs and command lines alike.
//
// A table has one row for each option: its name, the kind of its value, the member of a struct that
// receives the value, and the text that explains it. Everything else comes from the rows: reading a
// config (pond_options_read_conf in value/conf.h), the options of a URL (pond_options_read_pairs)
// or the words of a command line (the cli room), the errors of all three, and the help.
//
//     typedef struct settings { char delimiter; bool has_header; int64_t sample_rows; } settings;
//
//     static const pond_option rows[] = {
//         POND_OPTION("delimiter", POND_OPT_CHAR, settings, delimiter, .help = "between fields"),
//         POND_OPTION("has_header", POND_OPT_BOOL, settings, has_header,
//                     .help = "the first line holds the names of the columns"),
//         POND_OPTION("sample_rows", POND_OPT_INT, settings, sample_rows, .min = 1,
//                     .max = INT64_MAX, .value = "N", .help = "rows that decide the types"),
//     };
//     static const pond_options table = POND_OPTIONS("csv", rows);
//
// The caller fills the struct with its defaults first; an option that is absent leaves its member
// alone. Texts are borrowed from what was read, lists live in the arena of the call.
#ifndef POND_VALUE_OPTION_H
#define POND_VALUE_OPTION_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

typedef struct pond_conf pond_conf;

typedef enum pond_option_kind {
    POND_OPT_BOOL,     // bool; on a command line: a flag, which takes no value
    POND_OPT_TEXT,     // pond_sv; numbers and booleans of a config count as their text
    POND_OPT_TEXTS,    // pond_texts; a list in a config, a repeatable option elsewhere
    POND_OPT_INT,      // int64_t, between `min` and `max`
    POND_OPT_FLOAT,    // double
    POND_OPT_SIZE,     // uint64_t, bytes: "512MB"; above 0
    POND_OPT_DURATION, // int64_t, microseconds: "30s"; above 0
    POND_OPT_CHOICE,   // int: `min` + an index into the words of `value`, "auto|raw|table"
    POND_OPT_CHAR,     // char; "\t" may be written for a tab
    // Only in configs: a part of the tree, const pond_conf *.
    POND_OPT_ANY,  // any value, including null
    POND_OPT_LIST, // a sequence
    POND_OPT_MAP,  // a mapping
} pond_option_kind;

typedef struct pond_texts {
    pond_sv *items;
    size_t n, cap;
    const pond_conf *const *places; // of a config: where each item is, for errors; else NULL
} pond_texts;

typedef struct pond_option {
    const char *name;
    pond_option_kind kind;
    bool is_required;
    char letter;   // on a command line, "-p"; 0: none
    size_t offset; // of the member that receives the value
    size_t place;  // offset of a `const pond_conf *` that receives where the value is in a config;
                   // 0: none, so it must not be the first member
    int64_t min,
        max; // of a POND_OPT_INT; equal: no bounds. min: also the number of the first choice
    const char *value; // what help calls the value, or the choices; NULL: named after the kind
    const char *help;
} pond_option;

// A table. `what` names it in messages: "a template config", "csv".
typedef struct pond_options {
    const char *what;
    const pond_option *rows;
    size_t n;
} pond_options;

// A row; more members (.is_required, .letter, .place, .min, .max, .value, .help) follow by name.
#define POND_OPTION(name_, kind_, type_, member_, ...)                                             \
    { .name = (name_), .kind = (kind_), .offset = offsetof(type_, member_), __VA_ARGS__ }
#define POND_OPTIONS(what_, rows_)                                                                 \
    { .what = (what_), .rows = (rows_), .n = sizeof(rows_) / sizeof *(rows_) }

// The row of that name, or NULL.
const pond_option *pond_option_find(const pond_options *t, pond_sv name);
// Converts `text` by the kind of the row and stores it in the struct `out`; a POND_OPT_TEXTS gets
// one item more, which lives in `a`. False when the text does not fit: pond_option_expects says
// what would.
bool pond_option_set(pond_arena *a, const pond_option *o, pond_sv text, void *out);
// "a whole number from 1 to 8", "one of text, json": what the value must be, for the message about
// a `text` that is not. Lives in `a`.
const char *pond_option_expects(pond_arena *a, const pond_option *o, pond_sv text);
// Adds to the error about such a text the word that was meant, if there is a similar one.
void pond_option_advise(const pond_option *o, pond_sv text, pond_err *err);

// Adds "known NOUN: a, b, c" to an error.
void pond_options_list(const pond_options *t, const char *noun, pond_err *err);
// The name in the tables nearest to `name`, for "did you mean"; else empty.
pond_sv pond_options_nearest(const pond_options *const *tables, size_t n, pond_sv name);

typedef struct pond_pair {
    pond_sv key, value;
} pond_pair;
typedef struct pond_pairs {
    const pond_pair *items;
    size_t n;
    pond_sv where; // the whole text that they are from, for messages
} pond_pairs;
// Pairs of texts, as the query of a URL has them. INVALID for an unknown or missing option, a value
// that does not fit, and a second value for an option that is not a list.
pond_code pond_options_read_pairs(pond_arena *a, const pond_pairs *pairs, const pond_options *t,
                                  void *out, pond_err *err) POND_MUST;

// The table as help, a line for each row: "  -p, --pattern PATTERN    HELP" as the words of a
// command, "  delimiter CHARACTER    HELP" as the keys of a config or a URL.
typedef enum pond_option_style { POND_OPTIONS_AS_WORDS, POND_OPTIONS_AS_KEYS } pond_option_style;
void pond_options_help(const pond_options *t, pond_option_style style, pond_buf *out);

#endif
