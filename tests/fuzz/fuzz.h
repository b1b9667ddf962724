// fuzz: what the fuzz targets share.
//
// A target is a function that takes any bytes and uses them as the program uses input from a user.
// It aborts if a promise is broken: by a sanitizer, or by its own POND_ASSERT. Two programs call
// it: libFuzzer's (entry.c, `make fuzz`), which generates bytes, and replay.c, which `make test`
// runs over the seeds, with any compiler.
#ifndef POND_TESTS_FUZZ_H
#define POND_TESTS_FUZZ_H

#include "tera/tera.h"

#define TARGET(name) void fuzz_##name(pond_sv input);
#include "targets.def"
#undef TARGET

// Templates in one text, so that they can include, import and extend one another. A line
// `--- NAME` starts the template NAME; the text before the first such line is the template "main".
// The first template is rendered, with the part called "data" as context.
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
// milliseconds. The caller frees *out, even after a failure.
pond_code fuzz_load(const fuzz_parts *parts, pond_tera **out, pond_err *err) POND_MUST;
// The context: `data` parsed as JSON or, if it is not JSON, a value made from its bytes. Lives in
// `a`.
pond_value fuzz_context(pond_arena *a, const fuzz_parts *parts);

// Checks that an error has a message, and a place in a text of at most that many lines.
void fuzz_check_error(pond_code code, const pond_err *err);
void fuzz_check_place(const pond_loc *where, pond_sv text);
// Removes the first line of the input and returns it; without a newline, all of the input.
pond_sv fuzz_line(pond_sv *input);

#endif
