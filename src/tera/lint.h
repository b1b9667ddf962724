// lint: warnings about what Tera 1 accepts but authors do not mean ("traps").
//
// lint.c walks over the tags of a template, lint_expr.c over an expression. Each trap is one small
// function that looks at one node or expression. Warnings are collected and reported at the end, in
// the order of the text.
#ifndef POND_TERA_LINT_H
#define POND_TERA_LINT_H

#include "tera/engine.h"

typedef POND_VEC(uint32_t) tera_symbols;

typedef struct tera_linter {
    const pond_tera *t;
    const tera_template *tpl;
    pond_arena arena;
    POND_VEC(tera_trap) traps;

    uint32_t loops;   // how many are open
    tera_symbols set; // the names set so far whose scope is still open ...
    uint32_t *set_in; // ... and, by symbol, in how many loops; TERA_NO_SYMBOL: not set
    bool *is_outside; // by symbol, in a macro: set outside of macros and not in this one
} tera_linter;

// How an expression is used: as a value (set, arguments), printed by {{ }}, as a condition, as part
// of another expression, or as an argument in which \n and \t are escapes.
typedef enum tera_usage { AS_VALUE, AS_PRINTED, AS_CONDITION, AS_OPERAND, AS_UNSLASHED } tera_usage;

void tera_lint_warn(tera_linter *l, tera_place place, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void tera_lint_expr(tera_linter *l, const tera_expr *e, tera_usage as); // e may be NULL
// A call of a filter. `fails_softly`: an error makes a condition false instead of ending the
// render.
void tera_lint_filter(tera_linter *l, const tera_callee *c, bool fails_softly);

#endif
