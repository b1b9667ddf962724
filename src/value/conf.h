// conf: YAML configs with the place of every part, and their checked translation into C structs.
//
// A config is read twice: pond_conf_parse makes a tree that knows file, line and column of each
// node; a factory then says with a table of fields what it expects, and pond_conf_read fills its
// struct or names the first part that does not fit: unknown key (and the nearest known one),
// missing key, wrong type. An alias stands for the very nodes of its anchor, so a tree is not
// copied where it is used again; how large and how deep it is to whoever walks it has a bound.
#ifndef POND_VALUE_CONF_H
#define POND_VALUE_CONF_H

#include "value/option.h"
#include "value/value.h"

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

// Fills the struct `out` from a mapping, by a table of options. INVALID, at the place in the text,
// for an unknown key (with the nearest known one), a missing required one, and a value that does not
// fit. Lists live in `a`, texts in the tree. An empty document counts as an empty mapping, and an
// optional key without a value as absent.
pond_code pond_options_read_conf(pond_arena *a, const pond_conf *c, const pond_options *t,
                                 void *out, pond_err *err) POND_MUST;

// Earlier names of the same, for callers that still use them.
typedef pond_option pond_conf_field;
typedef pond_texts pond_conf_strings;
#define POND_CONF_STRING POND_OPT_TEXT
#define POND_CONF_BOOL POND_OPT_BOOL
#define POND_CONF_INT POND_OPT_INT
#define POND_CONF_FLOAT POND_OPT_FLOAT
#define POND_CONF_STRINGS POND_OPT_TEXTS
#define POND_CONF_NODE POND_OPT_ANY
#define POND_CONF_LIST POND_OPT_LIST
#define POND_CONF_MAP POND_OPT_MAP
#define POND_CONF_FIELD(key, type, required, struct_type, member)                                  \
    POND_OPTION(key, type, struct_type, member, .is_required = (required))
#define POND_CONF_FIELD_AT(key, type, required, struct_type, member, node)                         \
    POND_OPTION(key, type, struct_type, member, .is_required = (required),                         \
                .place = offsetof(struct_type, node))
static inline POND_MUST pond_code pond_conf_read(pond_arena *a, const pond_conf *c,
                                                 const char *what, const pond_conf_field *fields,
                                                 size_t n_fields, void *out, pond_err *err) {
    return pond_options_read_conf(
        a, c, &(pond_options){.what = what, .rows = fields, .n = n_fields}, out, err);
}

#endif
