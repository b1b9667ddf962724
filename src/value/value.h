// value: the one dynamic value that config, templates and manifests share.
//
// A pond_value is a 16-byte tagged struct, copied by assignment and immutable once visible.
// Strings, items and entries are borrowed from whoever made the value, as a rule an arena; nothing
// is freed one by one. Objects are sorted by the bytes of their keys, keys are unique; lookups are
// binary searches.
//
// Owns      nothing. Includes base/* and, in the readers, libfyaml and libyajl.
// Promises  JSON integers that fit 64 bits signed or unsigned stay integers, other numbers are
// doubles correctly
//           rounded; 1 and 1.0 are different values.
// Leaves    what a value means to tera, export and the factories.
#ifndef POND_VALUE_VALUE_H
#define POND_VALUE_VALUE_H

#include "base/err.h"
#include "base/float.h"
#include "base/str.h"

typedef enum pond_kind {
    POND_NULL,
    POND_BOOL,
    POND_INT,    // int64_t
    POND_UINT,   // uint64_t above INT64_MAX; smaller ones are POND_INT, so that equal integers have
                 // one form
    POND_FLOAT,  // double
    POND_STRING, // UTF-8
    POND_ARRAY,
    POND_OBJECT,
} pond_kind;

typedef struct pond_value pond_value;
typedef struct pond_entry pond_entry;

struct pond_value {
    uint8_t kind; // pond_kind
    uint8_t
        flags; // POND_HAS_ATTRS; the rest belongs to whoever holds the value, and is 0 in a new one
    uint16_t aux; // likewise
    uint32_t n;   // bytes of a string, items of an array, entries of an object
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

// An array that also answers names (a leaf of an export set: iterates as its files, and has .files
// and .schema). items[-1] is then an object with those names; JSON shows that object in place of
// the array.
enum { POND_HAS_ATTRS = 1 };

// Making
// -------------------------------------------------------------------------------------------------------------

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
// Borrows; texts of 4 GiB and more are cut by nobody: they are asserted against.
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
// The entries must be sorted and unique already; pond_object_sorted does that.
static inline pond_value pond_object(const pond_entry *entries, size_t n) {
    return (pond_value){.kind = POND_OBJECT, .n = (uint32_t)n, .entries = entries};
}
// Sorts in place; of equal keys the last stays. Returns the object over those entries.
pond_value pond_object_sorted(pond_entry *entries, size_t n);
// An array with attributes: copies the items behind the attributes object. Lives in `a`.
pond_value pond_array_with_attrs(pond_arena *a, const pond_value *items, size_t n,
                                 pond_value attrs);

// Looking
// ------------------------------------------------------------------------------------------------------------

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
// The member of an object, or of the attributes of an array; NULL if there is none.
const pond_value *pond_get(pond_value v, pond_sv key);
const pond_value *pond_get_lit(pond_value v, const char *key);
double pond_number(pond_value v); // of an int, uint or float
// "null", "bool", "integer", "float", "string", "array", "object": what error messages call it.
const char *pond_kind_name(pond_value v);
// Same kind and same content (ints and floats differ), arrays and objects item by item.
bool pond_value_equal(pond_value a, pond_value b);
// A copy that shares nothing with the original. Lives in `a`.
pond_value pond_value_dup(pond_arena *a, pond_value v);

// JSON
// ---------------------------------------------------------------------------------------------------------------

enum { POND_JSON_MAX_DEPTH = 512 };
// One value and nothing behind it. `name` stands in error messages for the file. Objects come out
// sorted; of equal keys the last stays. Everything lives in `a`.
pond_code pond_json_parse(pond_arena *a, pond_sv text, const char *name, pond_value *out,
                          pond_err *err) POND_MUST;
// indent 0: compact, `{"a":1}`; else so many spaces a level, `"key": value`, `[]` and `{}` when
// empty (serde_json's pretty form). Floats in their shortest form that reads back, always with a
// fraction or an exponent; NaN and the infinities, which JSON has not, are null. Strings escape
// only what must be.
void pond_json_write(pond_buf *out, pond_value v, int indent);
void pond_json_string(pond_buf *out, pond_sv s);

#endif
