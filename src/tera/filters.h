// filters: what the files of the built-ins share: reading arguments, room for results, their names.
//
// Arguments that are not there leave *out as it is, so the caller puts the default there first.
// Every failure is raised at once and says what was expected, and the value and its type.
#ifndef POND_TERA_FILTERS_H
#define POND_TERA_FILTERS_H

#include "tera/builtins.h"

#define FILTER(name, arguments)                                                                    \
    pond_code tera_filter_##name(pond_tera_call *c, pond_value in, const pond_tera_args *args,     \
                                 pond_value *out);
#include "tera/filters.def"
#undef FILTER
#define TEST(name, arguments)                                                                      \
    pond_code tera_test_##name(pond_tera_call *c, bool is_defined, pond_value in,                  \
                               const pond_value *args, size_t n, bool *out);
#include "tera/tests.def"
#undef TEST
#define FUNCTION(name, arguments)                                                                  \
    pond_code tera_function_##name(pond_tera_call *c, const pond_tera_args *args, pond_value *out);
#include "tera/functions.def"
#undef FUNCTION

// "filter 'round'". Where the caller did not say what it calls, the name of a built-in tells.
#define TERA_CALL_FMT "%s '%.*s'"
#define TERA_CALL_ARG(c) tera_call_noun(c), POND_SV_ARG((c)->name)
const char *tera_call_noun(const pond_tera_call *c);

// The kind of a value and its JSON, cut after 60 bytes: `string "abc"`. Lives in the call's arena.
const char *tera_describe(pond_tera_call *c, pond_value v);

// Fails unless the filter's input is of that kind.
pond_code tera_want(pond_tera_call *c, pond_value in, pond_kind kind) POND_MUST;
pond_code tera_bad_value(pond_tera_call *c, const char *expected, pond_value v) POND_MUST;
pond_code tera_bad_arg(pond_tera_call *c, const char *name, const char *expected,
                       pond_value v) POND_MUST;

pond_code tera_need(pond_tera_call *c, const pond_tera_args *args, const char *name,
                    pond_value *out) POND_MUST;
pond_code tera_arg_string(pond_tera_call *c, const pond_tera_args *args, const char *name,
                          pond_sv *out) POND_MUST;
pond_code tera_arg_bool(pond_tera_call *c, const pond_tera_args *args, const char *name,
                        bool *out) POND_MUST;
pond_code tera_arg_float(pond_tera_call *c, const pond_tera_args *args, const char *name,
                         double *out) POND_MUST;
// Integers, not floats that happen to be whole.
pond_code tera_arg_int(pond_tera_call *c, const pond_tera_args *args, const char *name, int64_t min,
                       int64_t max, int64_t *out) POND_MUST;
pond_code tera_arg_count(pond_tera_call *c, const pond_tera_args *args, const char *name,
                         uint64_t *out) POND_MUST;

// Room in the render's arena, for sizes that come from data: NULL when its budget is used up, which
// is then raised already. tera_has_room only asks.
void *tera_alloc(pond_tera_call *c, size_t count, size_t item_bytes);
pond_code tera_has_room(pond_tera_call *c, size_t count, size_t item_bytes) POND_MUST;
// A string value of what is in *b, which is freed.
pond_code tera_give(pond_tera_call *c, pond_buf *b, pond_value *out) POND_MUST;
// Fills in the offset and the name of a zone at t->t_s.
pond_code tera_time_in_zone(pond_tera_call *c, tera_zones *zones, pond_sv zone,
                            tera_instant *t) POND_MUST;
pond_code tera_time_text(pond_tera_call *c, pond_sv format, const tera_instant *t,
                         pond_value *out) POND_MUST;
// How long a text may still become.
size_t tera_room(const pond_tera_call *c);
// The JSON of a value, as a string value.
pond_code tera_json_text(pond_tera_call *c, pond_value v, int indent, pond_value *out) POND_MUST;
// Copies and returns the end of the copy.
static inline char *tera_put(char *to, pond_sv s) {
    return s.n == 0 ? to : (char *)memcpy(to, s.p, s.n) + s.n;
}
// The two characters \n and \t stand for newline and tab in some arguments.
pond_sv tera_unslash(pond_tera_call *c, pond_sv s);

#endif
