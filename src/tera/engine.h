// engine: what a pond_tera is made of, for the files of this room only.
//
//     parse.h     text --> tree.h      parse.c, parse_tag.c, parse_expr.c, parse_operand.c, lex.c
//     engine.c    the set of templates: add, find, intern
//     inherit.c   pond_tera_check: parents, imports, includes
//     render.h    tree.h --> output    render.c, eval.c, math.c, scope.c
//     diag.c      errors that point
//     lint.h      warnings of traps    lint.c, lint_expr.c
//     builtins.h  what templates can call; extras.c has what a pond adds to that
#ifndef POND_TERA_ENGINE_H
#define POND_TERA_ENGINE_H

#include "tera/tree.h"

typedef struct tera_registered {
    union {
        pond_tera_filter filter;
        pond_tera_function function;
    };
    const char *arguments;
    void *user;
} tera_registered;

struct pond_tera {
    pond_arena arena;
    pond_tera_options options;
    pond_map templates; // name --> tera_template *
    pond_map symbols;   // name --> index + 1
    pond_map filters;   // of the host: name --> tera_registered *
    pond_map functions;
    pond_tera_limits limits; // every one set
    tera_zones *zones;       // that were read; the one thing that changes while threads render
    uint32_t loop_symbol;    // of `loop`
};

// Engine (engine.c)
pond_tera_limits tera_limits_or(pond_tera_limits given, pond_tera_limits base);
uint32_t tera_intern(pond_tera *t, pond_sv name);
pond_sv tera_symbol_name(const pond_tera *t, uint32_t symbol);
const tera_template *tera_find(const pond_tera *t, pond_sv name); // NULL when there is none
// Asks the loader for a template that was not added; *out is NULL when there is none.
pond_code tera_load(pond_tera *t, pond_sv name, tera_template **out, pond_err *err) POND_MUST;

// Parsing (parse.c)
pond_code tera_parse(pond_tera *t, tera_template *tpl, pond_err *err) POND_MUST;

// A key as an index into an array: digits without a leading zero; else -1 (parse_expr.c).
int64_t tera_index_of(pond_sv key);
// Arithmetic on literals (math.c); false when it would fail.
bool tera_math_fold(const tera_expr *e, pond_value *out);

// Diagnostics (diag.c)
// Line and column, in characters from 1, of a byte offset.
pond_loc tera_locate(const tera_template *tpl, uint32_t at);
// The line of the source around a byte offset.
pond_sv tera_line_at(const tera_template *tpl, uint32_t at);
// Sets the place of an error that was raised without one and shows the line with a caret.
void tera_point(pond_err *err, const tera_template *tpl, tera_place place);
// ", did you mean 'x'?" or "" in the arena.
const char *tera_did_you_mean(pond_arena *a, pond_sv name, const pond_sv *names, size_t n);
// All names of filters (functions), the host's included. Lives in `a`.
size_t tera_all_names(pond_arena *a, const pond_map *host, const pond_sv *builtin, size_t n_builtin,
                      const pond_sv **out);

#endif
