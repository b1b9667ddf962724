// tera: the template language of Tera 1, as a library that knows nothing of ponds.
//
// A pond_tera holds a set of templates, each lexed, parsed and compiled once. When all are added
// and checked any number of threads may render from it at the same time, each with its own output
// and context, without locks: nothing changes but the list of the time zones that were read.
//
//     pond_tera *t = pond_tera_new(NULL);
//     POND_TRY(pond_tera_add(t, POND_SV("page.html"), source, &err));
//     POND_TRY(pond_tera_check(t, &err));
//     POND_TRY(pond_tera_render(t, POND_SV("page.html"), context, NULL, &out, &err));
//     pond_tera_free(t);
//
// Owns      the compiled templates. Borrows the context for the time of a render.
// Includes  base/*, value/*, libunistring, libpcre2.
// Promises  what Tera 1 renders, to the byte; no template and no context can crash it, hang it or
// overflow its stack;
//           an error names template, line, column, shows the line with a caret, and the chain of
//           calls.
// Leaves    files, ponds and schemas to whoever calls; it reads no file but the system's time
// zones.
#ifndef POND_TERA_TERA_H
#define POND_TERA_TERA_H

#include "value/value.h"

typedef struct pond_tera pond_tera;

// A named argument list of a function or filter call.
typedef struct pond_tera_args {
    const pond_sv *names;
    const pond_value *values;
    size_t n;
} pond_tera_args;
const pond_value *pond_tera_arg(const pond_tera_args *args, const char *name); // NULL when absent

// What a function or filter may use: `arena` lives as long as the render.
typedef struct pond_tera_call {
    pond_arena *arena;
    const char *kind; // "filter", "function" or "test"
    pond_sv name;     // as which it was called
    void *user;       // as registered
    bool is_escaped;  // the template being rendered escapes its output
    pond_err *err;    // raise with pond_fail; the renderer adds the place
} pond_tera_call;

typedef pond_code (*pond_tera_function)(pond_tera_call *c, const pond_tera_args *args,
                                        pond_value *out);
typedef pond_code (*pond_tera_filter)(pond_tera_call *c, pond_value in, const pond_tera_args *args,
                                      pond_value *out);

// Finds the source of a template that was not added ("/site/base.html"); lives as long as the
// pond_tera. Called while adding and checking, for names in include, import and extends. NOT_FOUND
// means there is none.
typedef pond_code (*pond_tera_loader)(void *user, pond_sv name, pond_sv *source, pond_err *err);

typedef struct pond_tera_limits { // 0: the default
    uint32_t max_nesting;         // of tags and expressions, at parse time; default 256
    uint32_t max_call_depth;      // macros, includes, blocks, at render time; default 256
    uint64_t max_output_bytes;    // default 1 GiB
    uint64_t max_memory_bytes;    // of a render's intermediate values; default 1 GiB
    uint64_t max_steps;           // instructions executed ("fuel"); default 1e9
    uint64_t max_range;           // items of range(); default 10 million
} pond_tera_limits;

typedef struct pond_tera_options {
    const char *const
        *autoescape; // suffixes of the names that are escaped; NULL: ".html", ".htm", ".xml"
    size_t
        n_autoescape; // "" matches every name; autoescape non-NULL with 0 suffixes: none is escaped
    pond_tera_loader loader; // may be NULL
    void *loader_user;
    pond_tera_limits limits;
} pond_tera_options;

pond_tera *pond_tera_new(const pond_tera_options *options); // NULL for the defaults
void pond_tera_free(pond_tera *t);

// Before the first add. `arguments` are the names of those it knows, the optional ones in brackets:
// "from to [count]"; pond_tera_lint warns of others and of missing ones. NULL: it takes any. Both
// texts are borrowed and must outlive t.
void pond_tera_add_function(pond_tera *t, const char *name, const char *arguments,
                            pond_tera_function fn, void *user);
void pond_tera_add_filter(pond_tera *t, const char *name, const char *arguments,
                          pond_tera_filter fn, void *user);
// What the templates of a pond have beyond Tera 1: the function `group`, the filter `to_json`, and
// `timeformat` as both.
void pond_tera_add_extras(pond_tera *t);

// Compiles a template; both texts are copied. The source has to be UTF-8. A syntax error fails with
// its place; every syntax error of the template that could be found is in err->detail, each with
// line and caret.
pond_code pond_tera_add(pond_tera *t, pond_sv name, pond_sv source, pond_err *err) POND_MUST;
// After the last add: parents, imports, cycles.
pond_code pond_tera_check(pond_tera *t, pond_err *err) POND_MUST;

// What a template does that Tera 1 accepts and its author hardly means. Before pond_tera_check, or
// when that failed, what involves other templates is not told.
// `warn` is called once a trap, in the order of the text, with the place, what is wrong, and the
// line of the source; a hundred times, and once more to say how many are left.
typedef void (*pond_tera_warning)(void *user, const pond_loc *where, const char *message,
                                  const char *line);
void pond_tera_lint(const pond_tera *t, pond_sv name, pond_tera_warning warn, void *user);

// The text of the named templates that `name` refers to (include, import, extends) as far as they
// are literal: what its output depends on beside the context. Lives in `a`.
size_t pond_tera_references(const pond_tera *t, pond_arena *a, pond_sv name, const pond_sv **out);

// Appends to *out; on failure *out holds whatever was rendered before it.
typedef struct pond_tera_run {
    pond_tera_limits limits; // 0: those of t
} pond_tera_run;
pond_code pond_tera_render(const pond_tera *t, pond_sv name, pond_value context,
                           const pond_tera_run *run, pond_buf *out, pond_err *err) POND_MUST;

#endif
