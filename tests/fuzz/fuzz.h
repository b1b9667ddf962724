// fuzz: what the fuzz targets share.
//
// A target is a function that takes any bytes, does with them what a user's bytes would have done
// to us, and dies where a promise does not hold: by a sanitizer, or by a POND_ASSERT of its own.
// Two programs call it: libFuzzer's (entry.c, `make fuzz`), which makes up bytes, and replay.c,
// which `make test` runs over the seeds with any compiler.
#ifndef POND_TESTS_FUZZ_H
#define POND_TESTS_FUZZ_H

#include "tera/tera.h"

#define TARGET(name) void fuzz_##name(pond_sv input);
#include "targets.def"
#undef TARGET

// Templates in one text, so that they can include, import and extend one another. A line
// `--- NAME` starts the one called NAME; what stands before the first such line is called "main".
// The first is the one to render, and the part called "data" its context.
typedef struct fuzz_part {
    pond_sv name, text;
} fuzz_part;
enum { FUZZ_MAX_PARTS = 16 };
typedef struct fuzz_parts {
    fuzz_part items[FUZZ_MAX_PARTS];
    size_t n;
    pond_sv data; // .p is NULL when there is none
} fuzz_parts;
void fuzz_split(pond_sv input, fuzz_parts *out);

// An engine with all templates of the input, checked, and with limits that end a render in
// milliseconds. *out is to be freed even on failure.
pond_code fuzz_load(const fuzz_parts *parts, pond_tera **out, pond_err *err) POND_MUST;
// The context: data as JSON, or else a value grown from its bytes. Lives in `a`.
pond_value fuzz_context(pond_arena *a, const fuzz_parts *parts);

// An error says something, and where, in a text of that many lines at most.
void fuzz_check_error(pond_code code, const pond_err *err);
void fuzz_check_place(const pond_loc *where, pond_sv text);
// The input up to its next newline, cut off; the rest when there is none.
pond_sv fuzz_line(pond_sv *input);

#endif
