// call: what a filter or function needs: reading arguments, raising errors, memory for results.
//
// The built-ins are written with these functions, and so can those of a host be:
//
//     static pond_code stars(pond_tera_call *c, pond_value in, const pond_tera_args *args,
//                            pond_value *out) {
//         pond_sv sign = POND_SV("*");
//         uint64_t n = 1;
//         POND_TRY(pond_tera_want(c, in, POND_STRING));
//         POND_TRY(pond_tera_arg_string(c, args, "sign", &sign));
//         POND_TRY(pond_tera_arg_count(c, args, "n", &n));
//         ...
//
// When one of these functions fails, it has already raised the error, which says what was expected
// and shows the value. The arena has a limit: allocate what grows with the data by pond_tera_alloc.
#ifndef POND_TERA_CALL_H
#define POND_TERA_CALL_H

#include "tera/tera.h"

// What the caller of pond_tera_render gave as pond_tera_run.host, or NULL.
void *pond_tera_host(const pond_tera_call *c);

// Errors ------------------------------------------------------------------------------------------

// Begins a message: "filter 'round'".
#define POND_TERA_CALL_FMT "%s '%.*s'"
#define POND_TERA_CALL_ARG(c) pond_tera_call_kind(c), POND_SV_ARG((c)->name)
const char *pond_tera_call_kind(const pond_tera_call *c);

// The kind of a value and the start of its JSON: `string "abc"`. Lives in the call's arena.
const char *pond_tera_describe(pond_tera_call *c, pond_value v);
// "filter 'round': the value must be EXPECTED, got string "abc"".
pond_code pond_tera_bad_value(pond_tera_call *c, const char *expected, pond_value v) POND_MUST;
// "filter 'round': argument 'NAME' must be EXPECTED, got string "abc"".
pond_code pond_tera_bad_arg(pond_tera_call *c, const char *name, const char *expected,
                            pond_value v) POND_MUST;

// Fails unless the input of a filter is a POND_STRING or POND_ARRAY, as `kind` says.
pond_code pond_tera_want(pond_tera_call *c, pond_value in, pond_kind kind) POND_MUST;
pond_code pond_tera_want_number(pond_tera_call *c, pond_value in) POND_MUST;

// Arguments ---------------------------------------------------------------------------------------

const pond_value *pond_tera_arg(const pond_tera_args *args, const char *name); // NULL: not given
// Fails when the argument is missing.
pond_code pond_tera_need(pond_tera_call *c, const pond_tera_args *args, const char *name,
                         pond_value *out) POND_MUST;

// These leave *out unchanged when the argument is not given, so put the default there first.
pond_code pond_tera_arg_string(pond_tera_call *c, const pond_tera_args *args, const char *name,
                               pond_sv *out) POND_MUST;
pond_code pond_tera_arg_bool(pond_tera_call *c, const pond_tera_args *args, const char *name,
                             bool *out) POND_MUST;
pond_code pond_tera_arg_float(pond_tera_call *c, const pond_tera_args *args, const char *name,
                              double *out) POND_MUST;
// Integers only; a float such as 1.0 is an error.
typedef struct pond_tera_int_range {
    int64_t min, max;
} pond_tera_int_range;
pond_code pond_tera_arg_int(pond_tera_call *c, const pond_tera_args *args, const char *name,
                            pond_tera_int_range range, int64_t *out) POND_MUST;
// An integer of at least 0.
pond_code pond_tera_arg_count(pond_tera_call *c, const pond_tera_args *args, const char *name,
                              uint64_t *out) POND_MUST;

// Results -----------------------------------------------------------------------------------------

// Memory for `count` items in the arena. NULL, with the error raised, when that exceeds the limit.
void *pond_tera_alloc(pond_tera_call *c, size_t count, size_t item_bytes);
// Fails as pond_tera_alloc would, but allocates nothing.
pond_code pond_tera_check_room(pond_tera_call *c, size_t count, size_t item_bytes) POND_MUST;
// How many bytes a result may still take.
size_t pond_tera_room(const pond_tera_call *c);
// Makes a string value of what is in *b, and frees *b, also on failure.
pond_code pond_tera_give(pond_tera_call *c, pond_buf *b, pond_value *out) POND_MUST;

// A value as JSON text, indented by `indent` blanks; 0: on one line.
pond_code pond_tera_json_text(pond_tera_call *c, pond_value v, int indent,
                              pond_value *out) POND_MUST;
// An instant as text, by the strftime format of the filter `date`.
pond_code pond_tera_time_text(pond_tera_call *c, int64_t t_ms, pond_sv format, pond_sv zone,
                              pond_value *out) POND_MUST;

// An object of arrays: the items of an array by key, each array in the order of the items.
// `key_of` gives the key of an item, a string; or null, to leave the item out.
typedef pond_code (*pond_tera_key_of)(pond_tera_call *c, pond_value items, uint32_t i, pond_sv by,
                                      pond_value *key);
pond_code pond_tera_group(pond_tera_call *c, pond_value in, pond_tera_key_of key_of, pond_sv by,
                          pond_value *out) POND_MUST;

#endif
