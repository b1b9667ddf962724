// engine: what a pond_tera consists of, for the files of this room only.
//
//     parse.h      text --> tree.h      parse.c, parse_head.c, parse_tag.c, parse_expr.c,
//                                       parse_operand.c; lex.c, diag.c, advice.c below them
//     engine.c     the set of templates; symbol.c its names
//     inherit.c    parents, imports, includes: pond_tera_check, pond_tera_is_pure
//     render.h     tree.h --> output    render.c, eval.c, scope.c, raise.c, math.c; out.h below them
//     lint.h       warnings             lint.c, lint_expr.c
//     builtins.h   what templates can call: builtins.c, call.c, filters_*.c, tests.c, functions.c
//
// Calls go from parse, inherit, render and lint down. Only two pairs of files call each other,
// since the language is recursive: parse_expr and parse_operand (an argument is an expression),
// eval and render (a macro call in an expression renders a body).
#ifndef POND_TERA_ENGINE_H
#define POND_TERA_ENGINE_H

#include "tera/tree.h"

struct pond_tera {
    pond_arena arena;
    pond_tera_options options;
    pond_map templates;      // name --> tera_template *
    pond_map symbols;        // name --> index + 1
    pond_map filters;        // of the host: name --> pond_tera_filter_def *
    pond_map functions;      // of the host: name --> pond_tera_function_def *
    pond_tera_limits limits; // none of them 0
    pond_zones *zones;       // the only thing that changes while threads render
    uint32_t loop_symbol;    // of `loop`
};

// The set of templates (engine.c) -----------------------------------------------------------------

// The limits of `given`, those of `base` where `given` has 0.
pond_tera_limits tera_limits_or(pond_tera_limits given, pond_tera_limits base);
const tera_template *tera_find(const pond_tera *t, pond_sv name); // NULL: there is none
// Adds a template from the loader; *out is NULL when it has none of that name.
pond_code tera_load(pond_tera *t, pond_sv name, tera_template **out, pond_err *err) POND_MUST;
// The detail of the loader's error about one that it does not have, lines for a message; may be
// empty. Lives as long as `t`.
pond_sv tera_why_missing(pond_tera *t, pond_sv name);

pond_code tera_parse(pond_tera *t, tera_template *tpl, pond_err *err) POND_MUST; // parse.c

// Names (symbol.c) --------------------------------------------------------------------------------

uint32_t tera_intern(pond_tera *t, pond_sv name);
pond_sv tera_symbol_name(const pond_tera *t, uint32_t symbol);
// ", did you mean 'x'?", or "" when no name is similar. Lives in `a`.
const char *tera_did_you_mean(pond_arena *a, pond_sv name, const pond_sv *names, size_t n);
// The names of the built-ins and those of the host. Lives in `a`.
size_t tera_all_names(pond_arena *a, const pond_map *host, const pond_sv *builtin, size_t n_builtin,
                      const pond_sv **out);

// Arithmetic on literals (math.c); false when it would fail.
bool tera_math_fold(const tera_expr *e, pond_value *out);

// Places (diag.c) ---------------------------------------------------------------------------------

// The line and column of a byte offset, both from 1; columns count characters.
pond_loc tera_locate(const tera_template *tpl, uint32_t at);
// The line of the source at a byte offset.
pond_sv tera_line_at(const tera_template *tpl, uint32_t at);
// Adds a place to an error that has none, and the line with a caret. `err` may be NULL.
void tera_point(pond_err *err, const tera_template *tpl, tera_place place);

#endif
