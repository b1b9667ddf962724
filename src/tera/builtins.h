// builtins: the filters, tests and functions of Tera 1, and how the language treats values.
//
// Built-ins are definitions like those of a host, in three tables that the parser looks names up
// in; filters.def, tests.def and functions.def list them. Only `default`, `safe` and `escape` are
// known to the parser and the renderer by name.
#ifndef POND_TERA_BUILTINS_H
#define POND_TERA_BUILTINS_H

#include "tera/call.h"
#include "value/zone.h"

// What a render offers to built-ins. A NULL env means the defaults.
struct pond_tera_env {
    uint64_t max_range; // items of range()
    pond_zones *zones;
    void *host; // of pond_tera_run, as the next one
    pond_tera_late late;
};

// `is_defined` is false, and `in` null, when the tested name is not defined.
typedef pond_code (*tera_test)(pond_tera_call *c, bool is_defined, pond_value in,
                               const pond_value *args, size_t n, bool *out);
typedef struct tera_test_def {
    const char *name;
    const char *arguments;
    tera_test fn;
} tera_test_def;

// NULL when there is no built-in of that name.
const pond_tera_filter_def *tera_find_filter(pond_sv name);
const tera_test_def *tera_find_test(pond_sv name);
const pond_tera_function_def *tera_find_function(pond_sv name);
// All names, sorted. Static storage.
size_t tera_filter_names(const pond_sv **out);
size_t tera_test_names(const pond_sv **out);
size_t tera_function_names(const pond_sv **out);

// Values (print.c) --------------------------------------------------------------------------------

// Templates can build small values with endless texts ([a, a] of [b, b] of ...) and values that are
// deep enough to overflow the stack of a recursive walk. These are the limits of a walk.
enum { TERA_MAX_DEPTH = 256, TERA_MAX_NODES = 50000000 };
// Whether v is not deeper than TERA_MAX_DEPTH and has at most max_nodes values, shared ones counted
// each time. Ask before pond_json_write, pond_value_equal and other walks.
bool tera_is_walkable(pond_value v, size_t max_nodes);
// Whether the indented JSON of v has about max_bytes at most and is not too deep.
bool tera_json_fits(pond_value v, size_t max_bytes);

// Appends v as {{ }} prints it, unescaped: floats without an exponent, null as nothing, arrays as
// `[a, b]`, objects as `[object]`.
void tera_print(pond_buf *out, pond_value v);
// The same. False, with a partial text, when it would exceed max_bytes or TERA_MAX_DEPTH.
bool tera_print_max(pond_buf *out, pond_value v, size_t max_bytes);
// The decimal digits of an INT or UINT; returns their length.
size_t tera_int_text(pond_value v, char out[24]);
// Appends s with & < > " ' / as entities.
void tera_escape(pond_buf *out, pond_sv s);

bool tera_is_truthy(pond_value v);
// The == of the language: numbers compare as doubles. Values that are not walkable equal nothing.
bool tera_equal(pond_value a, pond_value b);
// The same, but values of different kinds differ: 1 is not 1.0.
bool tera_same(pond_value a, pond_value b);

// A key as an index into an array: digits without a leading zero. -1 for other keys.
int64_t tera_index_of(pond_sv key);
// The value at a path of keys and indexes ("address.zip", "tags.0", `"a.b".c`), NULL when there is
// none. The empty path gives v itself.
const pond_value *tera_get_path(const pond_value *v, pond_sv path);
// The same, where the path may be the name of a late member, which is made in *room.
const pond_value *tera_get_attribute(pond_tera_call *c, const pond_value *v, pond_sv path,
                                     pond_value *room);
// A late member of an object; false if there is none.
bool tera_get_late(const struct pond_tera_env *env, pond_arena *a, pond_value object, pond_sv key,
                   pond_value *out);

// Times (strftime.c) ------------------------------------------------------------------------------

typedef struct tera_instant {
    int64_t t_s;      // seconds since 1970, up to 1e16 either way
    uint32_t ns;      // from 1e9 on: within a leap second
    int32_t offset_s; // east of UTC
    pond_sv zone;     // what %Z prints
} tera_instant;
// Appends an instant as chrono's strftime writes it. False when a specifier is unknown: *bad_at is
// then its byte offset in the format, and nothing is appended.
bool tera_strftime(pond_buf *out, pond_sv format, const tera_instant *t, size_t *bad_at);

#endif
