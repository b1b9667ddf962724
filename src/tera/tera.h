// tera: the template language of Tera 1, as a library.
//
// A pond_tera holds a set of templates. Each is parsed once, when it is added. After
// pond_tera_check any number of threads may render from the set at the same time without locks,
// each with its own context and output. The only thing that still changes is an append-only list of
// the time zones that were read.
//
//     pond_tera *t = pond_tera_new(NULL);
//     POND_TRY(pond_tera_add(t, POND_SV("page.html"), source, &err));
//     POND_TRY(pond_tera_check(t, &err));
//     POND_TRY(pond_tera_render(t, POND_SV("page.html"), context, NULL, &out, &err));
//     pond_tera_free(t);
//
// Owns      the parsed templates. Borrows the context during a render.
// Includes  base/*, value/*, libunistring.
// Promises  the output of Tera 1, byte for byte; no template and no context can crash the program,
//           hang it or overflow its stack; an error names template, line and column, shows the line
//           with a caret, and lists the calls that led there.
// Leaves    files, ponds and schemas to the caller. The only files it reads are the system's time
//           zones.
//
// To write filters and functions of your own, see call.h.
#ifndef POND_TERA_TERA_H
#define POND_TERA_TERA_H

#include "value/value.h"

typedef struct pond_tera pond_tera;

// Filters and functions ---------------------------------------------------------------------------

// The named arguments of a call.
typedef struct pond_tera_args {
    const pond_sv *names;
    const pond_value *values;
    size_t n;
} pond_tera_args;

// What a filter or function gets from the renderer.
typedef struct pond_tera_call {
    pond_arena *arena;               // for results; lives as long as the render
    const char *kind;                // "filter", "function" or "test"
    pond_sv name;                    // the name in the template
    void *user;                      // from the definition
    bool is_escaped;                 // the page being rendered is escaped
    pond_err *err;                   // raise with pond_fail; the renderer adds the place
    const struct pond_tera_env *env; // of the render, for the functions of call.h; may be NULL
} pond_tera_call;

typedef pond_code (*pond_tera_function)(pond_tera_call *c, const pond_tera_args *args,
                                        pond_value *out);
typedef pond_code (*pond_tera_filter)(pond_tera_call *c, pond_value in, const pond_tera_args *args,
                                      pond_value *out);

// `arguments` are the names of all arguments, the optional ones in brackets: "from to [count]".
// pond_tera_lint warns about unknown and missing ones; NULL accepts any. The texts are borrowed.
typedef struct pond_tera_filter_def {
    const char *name;
    const char *arguments;
    pond_tera_filter fn;
    void *user;
    bool is_impure; // its result depends on more than its input and arguments
} pond_tera_filter_def;
typedef struct pond_tera_function_def {
    const char *name;
    const char *arguments;
    pond_tera_function fn;
    void *user;
    bool is_impure;
} pond_tera_function_def;

// An object with this flag has late members, too: members that the host makes when a template looks
// them up by name, by pond_tera_run.late. Whatever walks over the object (loops, JSON, `in`, `==`)
// does not see them, so what a page asked for is known exactly.
enum { POND_TERA_HAS_LATE = 2 };

// Gives a late member of an object; false when it has no such member. The result lives in `a`, or
// at least as long as the render. A failure is noted by the host, since a template may ask whether a
// member is defined: the render goes on as if there were none.
typedef bool (*pond_tera_late)(void *host, pond_arena *a, pond_value object, pond_sv key,
                               pond_value *out);

// Templates ---------------------------------------------------------------------------------------

// Finds the source of a template that was not added ("/site/base.html"). It must live as long as
// the pond_tera. Called by pond_tera_check for the names in include, import and extends.
// POND_ERR_NOT_FOUND means that there is no such template.
typedef pond_code (*pond_tera_loader)(void *user, pond_sv name, pond_sv *source, pond_err *err);

typedef struct pond_tera_limits { // 0: the default
    uint32_t max_nesting;         // of tags and expressions, while parsing; 256
    uint32_t max_call_depth;      // of macros, includes and blocks, while rendering; 256
    uint64_t max_output_bytes;    // 1 GiB
    uint64_t max_memory_bytes;    // of the values that a render makes; 1 GiB
    uint64_t max_steps;           // of a render: texts, tags, iterations; a billion
    uint64_t max_range;           // items of range(); 10 million
} pond_tera_limits;

// Whether a browser takes a file of this name for markup: the ending is html, svg, rss or the like,
// in any case. What is rendered to such a file has to be escaped.
bool pond_tera_is_markup(pond_sv name);

typedef struct pond_tera_options {
    // Templates whose names end in one of these are escaped. NULL: those of Tera 1, which are
    // ".html", ".htm" and ".xml" in lower case. The suffix "" matches every name; with n_autoescape
    // 0 no template is escaped.
    const char *const *autoescape;
    size_t n_autoescape;
    pond_tera_loader loader; // may be NULL
    void *loader_user;
    bool has_objects; // object literals, {"key": value, …}, which Tera 1 does not have
    pond_tera_limits limits;
} pond_tera_options;

pond_tera *pond_tera_new(const pond_tera_options *options); // NULL: the defaults
void pond_tera_free(pond_tera *t);

// Before the first template is added. A definition hides a built-in of the same name.
void pond_tera_add_filter(pond_tera *t, const pond_tera_filter_def *def);
void pond_tera_add_function(pond_tera *t, const pond_tera_function_def *def);

// Parses a template; copies both texts. The source must be UTF-8. On a syntax error, err->detail
// holds all syntax errors that were found, each with its line and caret.
pond_code pond_tera_add(pond_tera *t, pond_sv name, pond_sv source, pond_err *err) POND_MUST;
// After the last add: loads missing templates, links parents, imports and includes.
pond_code pond_tera_check(pond_tera *t, pond_err *err) POND_MUST;

// Reports what Tera 1 accepts but the author probably did not mean. Calls `warn` once for each
// such place, in the order of the text; after a hundred, once more with the number of the rest.
// Warnings that involve other templates need a successful pond_tera_check.
typedef void (*pond_tera_warning)(void *user, const pond_loc *where, const char *message,
                                  const char *line);
void pond_tera_lint(const pond_tera *t, pond_sv name, pond_tera_warning warn, void *user);

// Whether the output depends only on the context: neither the template nor any template that it
// extends, includes or imports calls an impure filter or function, such as now(), in any place,
// reached or not. (The system's time zone files count as constant.) After pond_tera_check. False
// for an unknown name.
bool pond_tera_is_pure(const pond_tera *t, pond_sv name);

// Rendering ---------------------------------------------------------------------------------------

typedef enum pond_tera_escape {
    POND_TERA_ESCAPE_AS_TEMPLATE, // as `autoescape` says of the template's name
    POND_TERA_ESCAPE_ON,
    POND_TERA_ESCAPE_OFF,
} pond_tera_escape;

typedef struct pond_tera_run {
    pond_tera_limits limits; // 0: those of t
    pond_tera_escape escape; // for output whose name is not that of the template
    void *host;              // for pond_tera_host, and of `late`
    pond_tera_late late;     // NULL: no object has late members
} pond_tera_run;
// Appends to *out. After a failure *out holds what was rendered before it. `run` may be NULL.
pond_code pond_tera_render(const pond_tera *t, pond_sv name, pond_value context,
                           const pond_tera_run *run, pond_buf *out, pond_err *err) POND_MUST;

// Whether a render failed because a name is not defined. *name is then that name, a view of *err;
// it may be NULL.
bool pond_tera_err_undefined(const pond_err *err, pond_sv *name);

#endif
