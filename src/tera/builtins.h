// builtins: the filters, tests and functions of Tera 1, as three tables that the compiler resolves
// names against.
//
// Every built-in is a pure function of its arguments (but now, get_random, get_env). Filters and
// functions have the same shape as those that a host registers, so nothing about a built-in is
// special to the renderer except `default` and `safe`/`escape`, whose laziness and escaping the
// compiler knows. The tables come from filters.def, tests.def and functions.def.
//
// `user` of a built-in's call points to the tera_env of the render; NULL means the defaults.
#ifndef POND_TERA_BUILTINS_H
#define POND_TERA_BUILTINS_H

#include "tera/tera.h"
#include "tera/zone.h"

typedef struct tera_env {
    uint64_t max_range; // items of range()
    tera_zones *zones;
} tera_env;

// `is_defined` is false, and `in` null, when the tested name is not.
typedef pond_code (*tera_test)(pond_tera_call *c, bool is_defined, pond_value in,
                               const pond_value *args, size_t n, bool *out);

typedef struct tera_filter_row {
    const char *name;
    const char *arguments;
    pond_tera_filter fn;
} tera_filter_row;
typedef struct tera_test_row {
    const char *name;
    const char *arguments;
    tera_test fn;
} tera_test_row;
typedef struct tera_function_row {
    const char *name;
    const char *arguments;
    pond_tera_function fn;
} tera_function_row;

// NULL when there is none of that name.
const tera_filter_row *tera_find_filter(pond_sv name);
const tera_test_row *tera_find_test(pond_sv name);
const tera_function_row *tera_find_function(pond_sv name);
// All names, sorted, for "did you mean". Static storage.
size_t tera_filter_names(const pond_sv **out);
size_t tera_test_names(const pond_sv **out);
size_t tera_function_names(const pond_sv **out);

// How a value prints in {{ }}, unescaped: floats without exponent, null as nothing, objects as
// `[object]`, arrays as `[a, b]`.
void tera_print(pond_buf *out, pond_value v);
// The same, but false with a partial text when it would be longer than max_bytes or is nested
// deeper than TERA_MAX_DEPTH: templates can make small values that print as endless ones ([a, a] of
// [b, b] of ...), and deep ones that would overflow the stack of whoever walks them.
bool tera_print_max(pond_buf *out, pond_value v, size_t max_bytes);
// Whether a walk over all of v ends soon: no deeper than TERA_MAX_DEPTH, and no more than max_nodes
// values, counted as often as they occur. To ask before pond_json_write, pond_value_equal and the
// like.
bool tera_is_walkable(pond_value v, size_t max_nodes);
// Whether the indented JSON of v is no deeper than that and about as short as max_bytes: values
// that share their parts can be small and have endless texts.
bool tera_json_fits(pond_value v, size_t max_bytes);
enum { TERA_MAX_DEPTH = 256, TERA_MAX_NODES = 50000000 };
// Decimal text of an integer (INT or UINT); returns its length.
size_t tera_int_text(pond_value v, char out[24]);
// & < > " ' / as entities.
void tera_escape(pond_buf *out, pond_sv s);
bool tera_is_truthy(pond_value v);
// == of the language: numbers compare as doubles whatever their kind. Values that are not walkable
// equal nothing.
bool tera_equal(pond_value a, pond_value b);
// A path with dots and indexes ("address.zip", "tags.0", `"a.b".c`) inside a value; NULL when it
// leads nowhere. The empty path leads to the value itself.
const pond_value *tera_get_path(const pond_value *v, pond_sv path);

// chrono's strftime over an instant: t_s seconds since 1970, up to 1e16 either way, and ns
// nanoseconds (from 1e9 on: within a leap second), `offset_s` east of UTC, `zone` the name that %Z
// prints. False, with the byte offset of the specifier in *bad_at and nothing appended, when a
// specifier is unknown.
typedef struct tera_instant {
    int64_t t_s;
    uint32_t ns;
    int32_t offset_s;
    pond_sv zone;
} tera_instant;
bool tera_strftime(pond_buf *out, pond_sv format, const tera_instant *t, size_t *bad_at);

#endif
