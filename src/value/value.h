// value: the dynamic value that configs, templates and manifests share, and JSON.
//
// A pond_value is a tagged struct of 16 bytes. It is copied by assignment, and never changes once
// others can see it. Strings, items and entries are borrowed from the maker of the value, usually
// an arena; nothing is freed one by one. The entries of an object are sorted by the bytes of their
// keys, which are unique, so that a lookup is a binary search.
//
// Owns      nothing.
// Includes  base/* and, in the parsers, libfyaml and libyajl.
// Promises  a JSON integer that fits 64 bits, signed or unsigned, stays an integer; other numbers
//           are doubles, correctly rounded; 1 and 1.0 are different values.
// Leaves    the meaning of a value to tera, the factories and export.
#ifndef POND_VALUE_VALUE_H
#define POND_VALUE_VALUE_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

typedef enum pond_kind {
    POND_NULL,
    POND_BOOL,
    POND_INT,    // int64_t
    POND_UINT,   // uint64_t above INT64_MAX; others are POND_INT, so that an integer has one form
    POND_FLOAT,  // double
    POND_STRING, // UTF-8
    POND_ARRAY,
    POND_OBJECT,
} pond_kind;

typedef struct pond_value pond_value;
typedef struct pond_entry pond_entry;

struct pond_value {
    uint8_t kind;  // pond_kind
    uint8_t flags; // POND_HAS_ATTRS; the other bits are for the holder, and 0 in a new value
    uint16_t aux;  // for the holder, and 0 in a new value
    uint32_t n;    // bytes of a string, items of an array, entries of an object
    union {
        bool b;
        int64_t i;
        uint64_t u;
        double f;
        const char *s;
        const pond_value *items;
        const pond_entry *entries;
    };
};
_Static_assert(sizeof(pond_value) == 16, "values are passed in two registers");

struct pond_entry {
    pond_sv key;
    pond_value value;
};

// An array may have attributes, which are looked up by name as the members of an object are:
// items[-1] is then the object that holds them, and JSON shows that object instead of the array.
enum { POND_HAS_ATTRS = 1 };

// Making ------------------------------------------------------------------------------------------

static inline pond_value pond_null(void) {
    return (pond_value){.kind = POND_NULL};
}
static inline pond_value pond_bool(bool b) {
    return (pond_value){.kind = POND_BOOL, .b = b};
}
static inline pond_value pond_int(int64_t i) {
    return (pond_value){.kind = POND_INT, .i = i};
}
static inline pond_value pond_float(double f) {
    return (pond_value){.kind = POND_FLOAT, .f = f};
}
static inline pond_value pond_uint(uint64_t u) {
    return u <= INT64_MAX ? pond_int((int64_t)u) : (pond_value){.kind = POND_UINT, .u = u};
}
// Borrows. The text must be shorter than 4 GiB.
static inline pond_value pond_string(pond_sv s) {
    POND_DCHECK(s.n <= UINT32_MAX);
    return (pond_value){.kind = POND_STRING, .n = (uint32_t)s.n, .s = s.p};
}
static inline pond_value pond_string_lit(const char *text) {
    return pond_string(pond_sv_of(text));
}
static inline pond_value pond_array(const pond_value *items, size_t n) {
    return (pond_value){.kind = POND_ARRAY, .n = (uint32_t)n, .items = items};
}
// The entries must be sorted and unique already.
static inline pond_value pond_object(const pond_entry *entries, size_t n) {
    return (pond_value){.kind = POND_OBJECT, .n = (uint32_t)n, .entries = entries};
}
// An object over these entries, which are sorted in place; of equal keys the last wins.
pond_value pond_object_sorted(pond_entry *entries, size_t n);

// An object made member by member, in any order; of equal keys the last wins. Keys and values are
// borrowed.
//
//     pond_object_builder o = {.arena = a};
//     pond_object_put(&o, "rows", pond_int(n));
//     pond_object_put(&o, "file", pond_string(name));
//     pond_value v = pond_object_build(&o);    // {"file": …, "rows": …}; lives in `a`
typedef struct pond_object_builder {
    pond_arena *arena;
    POND_VEC(pond_entry) entries;
} pond_object_builder;
void pond_object_put(pond_object_builder *o, const char *key, pond_value v);
void pond_object_put_sv(pond_object_builder *o, pond_sv key, pond_value v);
pond_value pond_object_build(pond_object_builder *o); // the builder is empty afterwards

// An array with attributes. The items are copied; lives in `a`.
pond_value pond_array_with_attrs(pond_arena *a, const pond_value *items, size_t n,
                                 pond_value attrs);

// Looking -----------------------------------------------------------------------------------------

static inline pond_sv pond_value_sv(pond_value v) {
    return (pond_sv){v.s, v.n};
}
static inline bool pond_is_number(pond_value v) {
    return v.kind >= POND_INT && v.kind <= POND_FLOAT;
}
static inline bool pond_has_attrs(pond_value v) {
    return v.kind == POND_ARRAY && (v.flags & POND_HAS_ATTRS);
}
static inline pond_value pond_attrs(pond_value v) {
    return v.items[-1];
}
// A member of an object or an attribute of an array; NULL if there is none.
const pond_value *pond_get(pond_value v, pond_sv key);
const pond_value *pond_get_lit(pond_value v, const char *key);
// For values that somebody else wrote: a member of this kind only. NULL, false and `otherwise` if
// it is missing or of another kind.
const pond_value *pond_get_array(pond_value v, const char *key);
const pond_value *pond_get_object(pond_value v, const char *key);
bool pond_get_string(pond_value v, const char *key, pond_sv *out);
int64_t pond_get_int(pond_value v, const char *key, int64_t otherwise);
// Whether a member is this text.
bool pond_has_string(pond_value v, const char *key, pond_sv text);
double pond_number(pond_value v); // of an integer or float
// What error messages call it: null, bool, integer, float, string, array or object.
const char *pond_kind_name(pond_value v);
// The same kind and the same content. Integers and floats differ, NaN equals NaN.
bool pond_value_equal(pond_value a, pond_value b);

// JSON --------------------------------------------------------------------------------------------

enum { POND_JSON_MAX_DEPTH = 512 };
// Parses a text that holds one value. `name` is that of the file, for messages. Of equal keys in an
// object the last wins. Everything lives in `a`.
pond_code pond_json_parse(pond_arena *a, pond_sv text, const char *name, pond_value *out,
                          pond_err *err) POND_MUST;
// Appends a value as JSON. With indent 0 the form is compact, `{"a":1}`; else each level is
// indented by so many spaces, `"a": 1`, and empty collections are `[]` and `{}` (the pretty form of
// serde_json). Floats are written as pond_float_json does, so NaN and the infinities become null.
// Strings escape only what JSON requires.
void pond_json_write(pond_buf *out, pond_value v, int indent);
// The compact form of one of many values that share large objects, as the leaves of an export set share
// a schema. An object is written once as long as it is the one (the same entries) that was at its depth
// in the value before. A memo begins as {0}; what was written must live as long.
enum { POND_JSON_MEMO_DEPTH = 2 };
typedef struct pond_json_memo {
    struct {
        const pond_entry *entries; // of the last object at this depth
        size_t n;
        pond_buf text; // of it, once it has come twice
    } at[POND_JSON_MEMO_DEPTH];
} pond_json_memo;
void pond_json_write_like(pond_buf *out, pond_value v, pond_json_memo *memo);
void pond_json_memo_free(pond_json_memo *memo);
void pond_json_string(pond_buf *out, pond_sv s);

#endif
