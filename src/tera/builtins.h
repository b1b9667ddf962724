// builtins: the filters, tests and functions of Tera 1, as three tables that the compiler resolves
// names against.
//
// Every built-in is a pure function of its arguments (but now, get_random, get_env). Filters and
// functions have the same shape as those that a host registers, so nothing about a built-in is
// special to the renderer except `default` and `safe`/`escape`, whose laziness and escaping the
// compiler knows.
#ifndef POND_TERA_BUILTINS_H
#define POND_TERA_BUILTINS_H

#include "tera/tera.h"

// `is_defined` is false, and `in` null, when the tested name is not.
typedef pond_code (*tera_test)(pond_tera_call *c, bool is_defined, pond_value in,
                               const pond_value *args, size_t n, bool *out);

typedef struct tera_filter_row {
    const char *name;
    pond_tera_filter fn;
} tera_filter_row;
typedef struct tera_test_row {
    const char *name;
    tera_test fn;
} tera_test_row;
typedef struct tera_function_row {
    const char *name;
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

// How a value prints in {{ }}, unescaped: floats without exponent, null as nothing, arrays as `[a,
// b]`.
void tera_print(pond_buf *out, pond_value v);
// & < > " ' / as entities.
void tera_escape(pond_buf *out, pond_sv s);
bool tera_is_truthy(pond_value v);
// == of the language: numbers compare as doubles whatever their kind.
bool tera_equal(pond_value a, pond_value b);
// A path with dots and indexes ("address.zip", "tags.0") inside a value; NULL when it leads
// nowhere.
const pond_value *tera_get_path(pond_value v, pond_sv path);

// chrono's strftime over an instant: `offset_s` east of UTC, `zone` the name that %Z prints. False
// with the byte offset of the specifier in *bad_at when one is unknown.
bool tera_strftime(pond_buf *out, pond_sv format, int64_t t_us, int32_t offset_s, pond_sv zone,
                   size_t *bad_at);
// Offset and abbreviation of an IANA zone at an instant, from the system's TZif files (RFC 8536);
// false if unknown.
bool tera_zone_offset(pond_sv zone, int64_t t_s, int32_t *offset_s, char abbreviation[16]);

#endif
