// conf: YAML configs with the place of every part, and their checked translation into C structs.
//
// A config is read twice: pond_conf_parse makes a tree that knows file, line and column of each
// node; a factory then says with a table of fields what it expects, and pond_conf_read fills its
// struct or names the first part that does not fit: unknown key (and the nearest known one),
// missing key, wrong type. An alias stands for the very nodes of its anchor, so a tree is not
// copied where it is used again; how large and how deep it is to whoever walks it has a bound.
#ifndef POND_VALUE_CONF_H
#define POND_VALUE_CONF_H

#include "value/value.h"

typedef struct pond_conf pond_conf;
struct pond_conf {
    pond_value value; // scalars; arrays and objects have their members below instead
    const char *file;
    uint32_t line, column; // of the value, from 1
    uint32_t width;        // of a scalar on one line, in characters; else 1
    uint32_t key_line, key_column;
    pond_sv key;            // when it is a member of a mapping
    pond_sv text;           // of a scalar, before it was typed: "007" of the integer 7
    const pond_conf *items; // members of a sequence or a mapping, in the order of the text
    size_t n;
    pond_sv source; // the whole text, for the caret line
};

enum { POND_CONF_MAX_DEPTH = 64, POND_CONF_MAX_NODES = 100000 }; // once aliases are resolved

// One YAML document (JSON is YAML too); an empty one is null. Plain scalars are typed by YAML 1.2's
// core schema. Anchors, aliases and merge keys are resolved; duplicate keys are an error.
// Everything lives in `a`; `text` is copied.
pond_code pond_conf_parse(pond_arena *a, pond_sv text, const char *file, const pond_conf **out,
                          pond_err *err) POND_MUST;
// All documents of a text, in order; (*out)[i] is the root of the i-th.
pond_code pond_conf_parse_all(pond_arena *a, pond_sv text, const char *file,
                              const pond_conf *const **out, size_t *n, pond_err *err) POND_MUST;

// The member of a mapping, or NULL.
const pond_conf *pond_conf_get(const pond_conf *c, const char *key);
// The whole tree as a value, without places. Lives in `a`.
pond_value pond_conf_value(pond_arena *a, const pond_conf *c);
// Raises POND_ERR_INVALID at the node, with its line and a caret.
pond_code pond_conf_fail(const pond_conf *c, pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// The same at the key of the node.
pond_code pond_conf_fail_key(const pond_conf *c, pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

typedef enum pond_conf_type {
    POND_CONF_STRING,  // pond_sv; numbers and booleans written without quotes count as their text,
                       // NUL-terminated
    POND_CONF_BOOL,    // bool
    POND_CONF_INT,     // int64_t
    POND_CONF_FLOAT,   // double; integers too
    POND_CONF_STRINGS, // pond_conf_strings: a sequence of strings
    POND_CONF_NODE,    // const pond_conf *: anything, read by the caller
    POND_CONF_LIST,    // const pond_conf *: a sequence
    POND_CONF_MAP,     // const pond_conf *: a mapping
} pond_conf_type;

typedef struct pond_conf_strings {
    const pond_sv *items;
    const pond_conf *const *places; // the node of each, for errors
    size_t n;
} pond_conf_strings;

typedef struct pond_conf_field {
    const char *key;
    pond_conf_type type;
    bool is_required;
    size_t offset;      // in the struct to fill; left alone when the key is absent
    size_t offset_node; // of a `const pond_conf *` that gets the node itself; SIZE_MAX for none
} pond_conf_field;

#define POND_CONF_FIELD(key, type, required, struct_type, member)                                  \
    { key, type, required, offsetof(struct_type, member), SIZE_MAX }
#define POND_CONF_FIELD_AT(key, type, required, struct_type, member, node)                         \
    { key, type, required, offsetof(struct_type, member), offsetof(struct_type, node) }

// `what` names the mapping in messages ("a temporal-reduce config"). out should be zeroed or hold
// the defaults. Strings live in `a` or in the tree. An empty document counts as an empty mapping,
// and an optional key with nothing behind it as absent.
pond_code pond_conf_read(pond_arena *a, const pond_conf *c, const char *what,
                         const pond_conf_field *fields, size_t n_fields, void *out,
                         pond_err *err) POND_MUST;

#endif
