// conf: YAML configs as trees that know the place of every node, reading them into structs, and
// writing values as YAML.
//
// A config is read in two steps. pond_conf_parse makes a tree in which each node knows its file,
// line and column. Then a caller says with a table of options (value/option.h) what it expects, and
// pond_options_read_conf fills the caller's struct, or reports the first part that does not fit,
// with its place: an unknown key (and the nearest known one), a missing key, a wrong type.
//
// An alias refers to the nodes of its anchor, which are not copied. The limits on size and depth
// count what aliases repeat, so that they hold for every walk over the tree.
#ifndef POND_VALUE_CONF_H
#define POND_VALUE_CONF_H

#include "value/option.h"
#include "value/value.h"

struct pond_conf {
    pond_value value; // scalars; arrays and objects have their members below instead
    const char *file;
    uint32_t line, column; // of the value, from 1
    uint32_t width;        // in characters, of a scalar on one line; else 1
    uint32_t key_line, key_column;
    pond_sv key;            // of a member of a mapping
    pond_sv text;           // of a scalar, before it was typed: "007" of the integer 7
    const pond_conf *items; // members of a sequence or a mapping, in the order of the text
    size_t n;
    pond_sv source; // the whole text, for the caret line
};

enum { POND_CONF_MAX_DEPTH = 64, POND_CONF_MAX_NODES = 100000 }; // with aliases resolved

// Parses one YAML document (JSON is YAML too); an empty text is null. Plain scalars are typed by
// the core schema of YAML 1.2. Anchors, aliases and merge keys are resolved; duplicate keys are an
// error. Everything lives in `a`; `text` is copied.
pond_code pond_conf_parse(pond_arena *a, pond_sv text, const char *file, const pond_conf **out,
                          pond_err *err) POND_MUST;
// The same for a text of several documents: (*out)[i] is the root of the i-th.
pond_code pond_conf_parse_all(pond_arena *a, pond_sv text, const char *file,
                              const pond_conf *const **out, size_t *n, pond_err *err) POND_MUST;

// The member of a mapping, or NULL.
const pond_conf *pond_conf_get(const pond_conf *c, const char *key);
// The tree as a value, without places. Lives in `a`.
pond_value pond_conf_value(pond_arena *a, const pond_conf *c);
// Fails with POND_ERR_INVALID at the place of the node.
pond_code pond_conf_fail(const pond_conf *c, pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
// The same at the place of its key.
pond_code pond_conf_fail_key(const pond_conf *c, pond_err *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

// Appends a value as YAML for people: a line for each member, and texts of several lines as they are.
// A text that YAML cannot hold (a control character in a line of its own, say) may be read back as
// another one: who stores the result parses it and compares.
void pond_yaml_write(pond_buf *out, pond_value v);
// Appends "KEY: VALUE" with a newline, as a member of a mapping whose other lines are indented by so
// many spaces. The first line is begun already.
void pond_yaml_put_entry(pond_buf *out, pond_sv key, pond_value v, size_t indent);

// Fills the struct `out` from a mapping, by a table of options. INVALID, at the place in the text,
// for an unknown key (with the nearest known one), a missing required one, and a value that does
// not fit. Lists live in `a`, texts in the tree. An empty document counts as an empty mapping, and
// an optional key without a value as absent.
pond_code pond_options_read_conf(pond_arena *a, const pond_conf *c, const pond_options *t,
                                 void *out, pond_err *err) POND_MUST;

#endif
